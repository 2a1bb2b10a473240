//! Whoever signed in and has no page of their own yet: who they are here, and whom to ask.

use crate::Shell;

/// `GET /` of a role without pages.
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "waiting.html")]
pub struct WaitingPage {
    pub shell: Shell,
}

impl WaitingPage {
    pub fn greeting(&self) -> String {
        let name = self.shell.who.as_ref().map(|who| who.name.as_str()).unwrap_or_default();
        self.shell.t1("waiting-greeting", "name", name)
    }

    /// "công an xã, Xã Mường Tè"
    pub fn seat(&self) -> String {
        let Some(who) = &self.shell.who else { return String::new() };
        let parts = [who.role_label.as_str(), who.area_label.as_str()];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
    }
}
