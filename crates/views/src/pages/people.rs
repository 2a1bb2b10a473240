//! The list of people: search without marks or by phone, filters in the address, fifty a page.

use crate::{Choice, Countdown, Paging, Shell, Tone};

/// | action | method | fields |
/// |---|---|---|
/// | `/people` | GET | `q`, `area` (code), `cluster`, `kind` (`case`, `contact`), `state` (`open`, `closed`, `all`), `show` (`waiting`, `unassessed`, `no_phone`), `cursor` |
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "people.html")]
pub struct PeoplePage {
    pub shell: Shell,
    pub filter: PeopleFilter,
    /// Areas one may choose; with one alone no choice is shown.
    pub areas: Vec<Choice>,
    pub clusters: Vec<Choice>,
    pub people: Vec<PersonRow>,
    pub paging: Option<Paging>,
    /// "88 người" where it is cheap to know.
    pub count: Option<String>,
    pub can_register: bool,
}

impl PeoplePage {
    pub fn kinds(&self) -> Vec<Choice> {
        vec![
            Choice::new("", self.shell.t("form-all")),
            Choice::new("case", "F0"),
            Choice::new("contact", "F1"),
        ]
    }

    /// `open` is the value without a choice.
    pub fn states(&self) -> Vec<Choice> {
        ["open", "closed", "all"]
            .iter()
            .map(|w| Choice::new(*w, self.shell.t(&format!("people-state-{w}"))))
            .collect()
    }

    pub fn shows(&self) -> Vec<Choice> {
        let mut choices = vec![Choice::new("", self.shell.t("people-show-all"))];
        choices.extend(
            ["waiting", "unassessed", "no_phone"]
                .iter()
                .map(|word| Choice::new(*word, self.shell.t(&format!("people-show-{word}")))),
        );
        choices
    }
}

/// As it stands in the address; empty = no filter.
#[derive(Clone, Debug, Default)]
pub struct PeopleFilter {
    pub q: String,
    pub area: String,
    pub cluster: String,
    pub kind: String,
    pub state: String,
    pub show: String,
}

impl PeopleFilter {
    pub fn is_narrow(&self) -> bool {
        !self.q.is_empty()
            || !self.cluster.is_empty()
            || !self.kind.is_empty()
            || !self.show.is_empty()
            || !matches!(self.state.as_str(), "" | "open")
    }
}

#[derive(Clone, Debug, Default)]
pub struct PersonRow {
    pub episode: String,
    pub name: String,
    pub age: String,
    pub tag: String,
    pub address: String,
    /// Only when the list spans several communes.
    pub area: Option<String>,
    pub phone: String,
    /// Severity or state in words.
    pub state: String,
    pub tone: Tone,
    /// First contact still running.
    pub due: Option<Countdown>,
    /// "2 việc chưa quản lý"
    pub gaps: Option<String>,
}
