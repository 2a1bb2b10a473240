//! Registering one person, by hand, with the faults beside the fields and likely duplicates asked about.

use crate::{Choice, Form, Shell};

/// | action | method | fields |
/// |---|---|---|
/// | `/register` | POST | `area_code`, `full_name`, `kind` (`case`, `contact`), `birth_date` (`1940`, `2/3/1940` or `1940-03-02`), `sex`, `phone`, `cluster`, `address`, `household_kind`, `detected_on` (`16/3/2022` or ISO), `source`, `doses`, `last_dose_on` (date), `risks` (repeated), `language`, `can_read` (`1`, `0` or empty), `contacted` (`1`), `confirm_new` (`1` only by the second button), `then` (`contact` = go on to the contact page, `another` = an empty form again) |
///
/// A possible duplicate: 409 with [`RegisterPage::candidates`] filled.
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "register.html")]
pub struct RegisterPage {
    pub shell: Shell,
    /// Defaults before the first post: `detected_on` = today, `area_code`, `household_kind` = `house`.
    pub form: Form,
    /// Communes one may register in; with one alone no choice is shown.
    pub areas: Vec<Choice>,
    /// Clusters of the area; empty: a free field.
    pub clusters: Vec<Choice>,
    pub candidates: Vec<Candidate>,
    /// A household to join, when one came from its page ("nhà 73, bản Nậm Hãn"): posts `household_id` in place of the address.
    pub household: Option<Choice>,
}

impl RegisterPage {
    pub fn sexes(&self) -> Vec<Choice> {
        crate::parts::choices::<rules::Sex>(self.shell.lang)
    }

    pub fn sources(&self) -> Vec<Choice> {
        crate::parts::choices::<rules::DetectionSource>(self.shell.lang)
    }

    pub fn household_kinds(&self) -> Vec<Choice> {
        crate::parts::choices::<rules::HouseholdKind>(self.shell.lang)
    }

    pub fn risks(&self) -> Vec<Choice> {
        crate::parts::choices::<rules::Risk>(self.shell.lang)
    }

    pub fn kinds(&self) -> Vec<Choice> {
        crate::parts::choices::<rules::EpisodeKind>(self.shell.lang)
    }

    pub fn readings(&self) -> Vec<Choice> {
        crate::parts::yes_no(self.shell.lang)
    }
}

/// Somebody in scope who may be the same person.
#[derive(Clone, Debug, Default)]
pub struct Candidate {
    pub episode: String,
    pub name: String,
    /// "82 tuổi, nữ · nhà 73, bản Nậm Hãn · F0, đang theo dõi"
    pub facts: String,
    /// Why we think so, in words: see [`reason`].
    pub reasons: Vec<String>,
}

/// Why a record looks like another, in words.
pub fn reason(lang: crate::Lang, reason: rules::registration::Reason) -> String {
    crate::t(lang, &format!("duplicate-{}", reason.word()))
}
