//! Handing out a home's own link (trust.md, "The patient's link"): the words by which the home calls its members, and the link
//! itself, shown once.

use crate::pages::thread::DeviceLine;
use crate::{Choice, Form, PersonHead, Shell};

/// | action | method | fields |
/// |---|---|---|
/// | `/people/{episode}/link` | POST | `delivery` (`in_person`, `to_number`, `other`), `word.{n}` with `episode.{n}` for each member who is under care |
/// | `/people/{episode}/link/revoke` | POST | none |
/// | `/people/{episode}/link/code` | POST | `called` (`1`) |
/// | `/people/{episode}/link/end-device` | POST | `device` |
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "household_link.html")]
pub struct HouseholdLinkPage {
    pub shell: Shell,
    pub person: PersonHead,
    pub form: Form,
    pub members: Vec<LinkMember>,
    /// Since when a link runs, in words.
    pub running: Option<String>,
    pub deliveries: Vec<Choice>,
    /// Devices of the home that may read what is said.
    pub devices: Vec<DeviceLine>,
    /// A code for one more, once.
    pub code: Option<String>,
    /// The link, once: it is kept nowhere.
    pub made: Option<MadeLink>,
}

#[derive(Clone, Debug, Default)]
pub struct LinkMember {
    pub episode: String,
    pub name: String,
    /// "word.0"
    pub field: String,
}

#[derive(Clone, Debug, Default)]
pub struct MadeLink {
    pub address: String,
}

impl HouseholdLinkPage {
    pub fn qr(&self) -> String {
        match &self.made {
            Some(made) => crate::qr::svg(&made.address, &self.shell.t("link-qr")),
            None => String::new(),
        }
    }
}
