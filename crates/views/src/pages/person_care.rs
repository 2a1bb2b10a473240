//! Care decisions about one person: level, way of keeping in touch, F1 who turned F0.

use crate::{Choice, Form, PersonHead, Shell};

/// | action | method | fields |
/// |---|---|---|
/// | `/people/{episode}/severity` | POST | `level`, `reason` |
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "person_severity.html")]
pub struct SeverityPage {
    pub shell: Shell,
    pub person: PersonHead,
    pub form: Form,
}

impl SeverityPage {
    pub fn levels(&self) -> Vec<Choice> {
        let lang = self.shell.lang;
        rules::Severity::ALL
            .iter()
            .map(|level| Choice {
                value: level.word().to_owned(),
                label: crate::name(lang, *level),
                hint: Some(crate::t(lang, &format!("severity-{}-hint", level.word()))),
            })
            .collect()
    }
}

/// How the person is kept in touch; without a phone a visitor and a second one (P-5).
///
/// | action | method | fields |
/// |---|---|---|
/// | `/people/{episode}/arrangement` | POST | `kind` (`in_group`, `visitor`), `visitor`, `second` (staff ids), `visitor_name`, `visitor_phone`, `second_name`, `second_phone` (people outside the staff list), `household` (`1` = for everybody at home) |
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "person_arrangement.html")]
pub struct ArrangementPage {
    pub shell: Shell,
    pub person: PersonHead,
    pub form: Form,
    /// Staff and village team members who may visit.
    pub visitors: Vec<Choice>,
    /// Others at home, in words.
    pub household: Vec<String>,
    pub group: Option<String>,
}

/// | action | method | fields |
/// |---|---|---|
/// | `/people/{episode}/convert` | POST | `detected_on` (`16/3/2022` or ISO), `test_kind` (optional) |
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "person_convert.html")]
pub struct ConvertPage {
    pub shell: Shell,
    pub person: PersonHead,
    /// Default `detected_on` = today.
    pub form: Form,
    /// What follows, in words (the household moves to this F0 group, the others stay F1 …).
    pub effects: Vec<String>,
}

impl ConvertPage {
    pub fn test_kinds(&self) -> Vec<Choice> {
        crate::parts::choices::<rules::TestKind>(self.shell.lang)
    }
}
