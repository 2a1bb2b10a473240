//! Correcting a person's record, and joining two records of one person. Nothing vanishes: both are entries in the log.

use crate::{Choice, Form, PersonHead, Shell};

/// | action | method | fields |
/// |---|---|---|
/// | `/people/{episode}/edit` | POST | `full_name`, `birth_date`, `sex`, `phone` (several lines = several numbers), `cluster`, `address`, `household_kind`, `doses`, `last_dose_on` (date), `risks` (repeated), `language`, `can_read`, `reason` |
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "person_edit.html")]
pub struct EditPage {
    pub shell: Shell,
    pub person: PersonHead,
    pub form: Form,
    pub clusters: Vec<Choice>,
    /// A report of this day is locked: what changes is counted as an adjustment of the open day.
    pub after_lock: bool,
}

impl EditPage {
    pub fn sexes(&self) -> Vec<Choice> {
        crate::parts::choices::<rules::Sex>(self.shell.lang)
    }

    pub fn household_kinds(&self) -> Vec<Choice> {
        crate::parts::choices::<rules::HouseholdKind>(self.shell.lang)
    }

    pub fn risks(&self) -> Vec<Choice> {
        crate::parts::choices::<rules::Risk>(self.shell.lang)
    }

    pub fn readings(&self) -> Vec<Choice> {
        crate::parts::yes_no(self.shell.lang)
    }
}

/// | action | method | fields |
/// |---|---|---|
/// | `/people/{episode}/merge` | GET | `q` (search for the other record) |
/// | `/people/{episode}/merge` | POST | `into` (the other person's episode id, which stays), `reason` |
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "person_merge.html")]
pub struct MergePage {
    pub shell: Shell,
    pub person: PersonHead,
    pub form: Form,
    pub q: String,
    /// Likely ones first, then what the search found.
    pub found: Vec<crate::pages::register::Candidate>,
}
