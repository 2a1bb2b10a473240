//! Signing in: name and password, then a code where the role needs one; setting the code up; the one-time link of
//! the first administrator.

use crate::{Form, Shell};

/// | action | method | fields |
/// |---|---|---|
/// | `/login` | POST | `login`, `password`, `next` (path to come back to) |
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "login.html")]
pub struct LoginPage {
    pub shell: Shell,
    pub form: Form,
    /// Why the page is shown ("Phiên làm việc đã hết…"), if not by own will.
    pub notice: Option<String>,
    /// The path to come back to, empty for the role's first page.
    pub next: String,
    /// Seconds to wait after too many tries.
    pub wait: Option<String>,
}

/// | action | method | fields |
/// |---|---|---|
/// | `/login/code` | POST | `code` (six digits, blanks allowed), `next` |
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "login_code.html")]
pub struct CodePage {
    pub shell: Shell,
    pub form: Form,
    pub next: String,
}

/// | action | method | fields |
/// |---|---|---|
/// | `/login/enrol` | POST | `code`, `next` |
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "login_enrol.html")]
pub struct EnrolPage {
    pub shell: Shell,
    pub form: Form,
    /// The `otpauth://` address; the page draws it (`qr::svg`).
    pub uri: String,
    /// The secret for typing in; shown in groups of four.
    pub secret: String,
    pub next: String,
}

impl EnrolPage {
    pub fn qr(&self) -> String {
        crate::qr::svg(&self.uri, &self.shell.t("enrol-qr-alt"))
    }

    pub fn secret_in_fours(&self) -> String {
        let letters: Vec<char> = self.secret.chars().collect();
        letters.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
    }
}

/// The one-time link: the first administrator (or a reset account) sets name and password.
///
/// | action | method | fields |
/// |---|---|---|
/// | `/first` | POST | `token`, `name`, `login`, `password`, `again` |
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "first.html")]
pub struct FirstPage {
    pub shell: Shell,
    pub form: Form,
    pub token: String,
    /// False: the link was used or has run out; no form is shown.
    pub is_valid: bool,
    /// A new account asks for name and login; a reset one shows the login only.
    pub asks_name: bool,
    /// The login of a reset account.
    pub login: String,
    /// Least length of the password, in words ("12").
    pub length_min: String,
}
