//! Ending, releasing, reopening and voiding: acts that close or open somebody's care. Each page names its effect.

use crate::{Choice, Form, PersonHead, Shell};

/// | action | method | fields |
/// |---|---|---|
/// | `/people/{episode}/end` | POST | `outcome` (`died`, `hospital`, `moved`, `left`), `at` (`16/3/2022 10:05` or ISO), `place`, `reason` |
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "person_end.html")]
pub struct EndPage {
    pub shell: Shell,
    pub person: PersonHead,
    /// Default `at` = now.
    pub form: Form,
    /// Which outcomes this person may record (carers only `hospital`); made by `parts::some_choices`.
    pub outcomes: Vec<Choice>,
}

/// | action | method | fields |
/// |---|---|---|
/// | `/people/{episode}/release` | POST | `test_id` (a recorded test) or `test_kind`, `test_result`, `test_taken_at`, `test_witness` (a new one; all empty = none), `certified_by`, `reason` |
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "person_release.html")]
pub struct ReleasePage {
    pub shell: Shell,
    pub person: PersonHead,
    pub form: Form,
    /// "ngày 7, 16/3/2022": what the protocol asks for, in words.
    pub rule: Vec<String>,
    /// The ways out by the protocol in force.
    pub ways: Vec<ReleaseWay>,
    /// What is still missing, in words; empty: may be released.
    pub missing: Vec<String>,
    /// Recorded tests.
    pub tests: Vec<Choice>,
    /// Who may certify.
    pub certifiers: Vec<Choice>,
}

/// One way out, and what is missing on it.
#[derive(Clone, Debug, Default)]
pub struct ReleaseWay {
    /// In the protocol's words.
    pub what: String,
    pub source: String,
    /// The earliest day, as far as days go.
    pub from: String,
    /// In words; empty: this way is open.
    pub missing: Vec<String>,
}

impl ReleasePage {
    pub fn test_kinds(&self) -> Vec<Choice> {
        crate::parts::choices::<rules::TestKind>(self.shell.lang)
    }

    pub fn test_results(&self) -> Vec<Choice> {
        crate::parts::choices::<rules::TestResult>(self.shell.lang)
    }

    pub fn test_witnesses(&self) -> Vec<Choice> {
        crate::parts::choices::<rules::TestWitness>(self.shell.lang)
    }
}

/// | action | method | fields |
/// |---|---|---|
/// | `/people/{episode}/reopen` | POST | `reason` |
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "person_reopen.html")]
pub struct ReopenPage {
    pub shell: Shell,
    pub person: PersonHead,
    pub form: Form,
    /// How and when it was closed, in words.
    pub closed: String,
}

/// | action | method | fields |
/// |---|---|---|
/// | `/people/{episode}/void` | POST | `reason` |
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "person_void.html")]
pub struct VoidPage {
    pub shell: Shell,
    pub person: PersonHead,
    pub form: Form,
}
