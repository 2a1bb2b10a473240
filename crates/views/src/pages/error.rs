//! Pages that say what went wrong and what to do next. Nobody is blamed.

use crate::Shell;

#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "error.html")]
pub struct ErrorPage {
    pub shell: Shell,
    pub status: u16,
    /// The refusal in words; `None` = the status's own words.
    pub words: Option<String>,
    /// Seconds, formatted, for 503.
    pub retry_after: Option<String>,
    /// The log's reference for 500, so that the operator finds it.
    pub reference: Option<String>,
    /// Where to go on; empty = home.
    pub back: String,
}

impl ErrorPage {
    fn kind(&self) -> &'static str {
        match self.status {
            401 => "401",
            404 => "404",
            409 => "409",
            413 => "413",
            422 => "422",
            429 => "429",
            503 => "503",
            _ => "500",
        }
    }

    pub fn icon(&self) -> &'static str {
        match self.status {
            401 => "lock",
            404 => "search",
            429 | 503 => "clock",
            _ => "alert",
        }
    }

    pub fn heading(&self) -> String {
        self.shell.t(&format!("error-{}", self.kind()))
    }

    pub fn body(&self) -> String {
        self.words.clone().unwrap_or_else(|| self.shell.t(&format!("error-{}-words", self.kind())))
    }
}
