//! Whose care may end, or would if something were done; and the sheet on which a test is written down.

use crate::{Choice, Form, Paging, PersonHead, Shell};

#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "ending.html")]
pub struct EndingPage {
    pub shell: Shell,
    /// "xã Mường Tè"
    pub area: String,
    /// No protocol in force says when care may end.
    pub no_rules: bool,
    /// How many were looked at, where there are more.
    pub only: Option<String>,
    /// In the order of [`EndingKind`]; empty ones are left out.
    pub sections: Vec<EndingSection>,
    pub paging: Option<Paging>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EndingKind {
    /// Nothing is missing but who certifies.
    #[default]
    Open,
    /// A test is missing.
    Test,
    /// Something else is.
    Other,
}

impl EndingKind {
    /// The key of its words.
    pub fn word(self) -> &'static str {
        match self {
            EndingKind::Open => "open",
            EndingKind::Test => "test",
            EndingKind::Other => "other",
        }
    }
}

#[derive(Clone, Debug, Default)]
pub struct EndingSection {
    pub kind: EndingKind,
    pub lines: Vec<EndingLine>,
}

#[derive(Clone, Debug, Default)]
pub struct EndingLine {
    pub episode: String,
    pub name: String,
    /// "82 tuổi"
    pub age: String,
    /// "F0 · ngày 8"
    pub tag: String,
    pub address: String,
    /// The clause that decides, in the protocol's words.
    pub way: String,
    /// What is missing, in words.
    pub missing: Vec<String>,
    /// "từ 23/3/2022", where it is not open yet.
    pub from: Option<String>,
    pub can_release: bool,
}

/// | action | method | fields |
/// |---|---|---|
/// | `/people/{episode}/test` | POST | `test_kind`, `test_result`, `test_taken_at` (`16/3/2022 10:05` or ISO), `test_witness`, `next` |
/// | `/people/{episode}/test/void` | POST | `test` (a recorded one), `reason` |
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "person_test.html")]
pub struct TestPage {
    pub shell: Shell,
    pub person: PersonHead,
    /// Default `test_taken_at` = now.
    pub form: Form,
    /// Where to go back to.
    pub next: String,
    /// Tests on record, the newest first, in words.
    pub tests: Vec<TestLine>,
}

#[derive(Clone, Debug, Default)]
pub struct TestLine {
    pub id: String,
    /// "16/3/2022 07:10: test nhanh, âm tính; nhân viên y tế làm"
    pub words: String,
    /// When and why it was taken back.
    pub voided: Option<String>,
}

impl TestPage {
    pub fn kinds(&self) -> Vec<Choice> {
        crate::parts::choices::<rules::TestKind>(self.shell.lang)
    }

    pub fn results(&self) -> Vec<Choice> {
        crate::parts::choices::<rules::TestResult>(self.shell.lang)
    }

    pub fn witnesses(&self) -> Vec<Choice> {
        crate::parts::choices::<rules::TestWitness>(self.shell.lang)
    }
}
