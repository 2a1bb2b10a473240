//! Registering a whole household at once: the F0 and, by "Còn ai trong nhà?", the F1s around them (P-3).

use crate::{Choice, Form, Shell};

/// | action | method | fields |
/// |---|---|---|
/// | `/register/household` | POST | `area_code`, `cluster`, `address`, `household_kind`, `phone`, `detected_on`, `source`, `household_id` (joining one), and per row i = 1..rows: `full_name_i`, `birth_i`, `sex_i`, `kind_i` (`case`, `contact`; from row 2 `contact` is preset), `phone_i`, `doses_i`; `rows` (how many rows the form has); `more` (`1` when the button "Thêm dòng" was pressed: show again with three more rows, save nothing); `confirm_new` |
///
/// Empty rows are passed over. Faults: fields `full_name_2`, `birth_2` ….
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "household.html")]
pub struct HouseholdPage {
    pub shell: Shell,
    pub form: Form,
    pub areas: Vec<Choice>,
    pub clusters: Vec<Choice>,
    /// At least 4, at most 40.
    pub rows: usize,
    pub candidates: Vec<crate::pages::register::Candidate>,
    /// The household to add to, if it is known already, and who is in it.
    pub household: Option<Choice>,
    pub members: Vec<String>,
}

/// A row of the grid with its field names and faults.
#[derive(Clone, Debug, Default)]
pub struct MemberRow {
    pub i: usize,
    pub full_name: String,
    pub birth: String,
    pub sex: String,
    pub kind: String,
    pub phone: String,
    pub doses: String,
    /// Faults of this row, in words.
    pub faults: Vec<crate::Fault>,
}

impl HouseholdPage {
    pub fn grid(&self) -> Vec<MemberRow> {
        (1..=self.rows.clamp(4, 40))
            .map(|i| {
                let value = |field: &str| self.form.value(&format!("{field}_{i}")).to_owned();
                let kind = value("kind");
                let ending = format!("_{i}");
                MemberRow {
                    i,
                    full_name: value("full_name"),
                    birth: value("birth"),
                    sex: value("sex"),
                    kind: match (kind.is_empty(), i) {
                        (false, _) => kind,
                        (true, 1) if self.household.is_none() => "case".to_owned(),
                        (true, _) => "contact".to_owned(),
                    },
                    phone: value("phone"),
                    doses: value("doses"),
                    faults: self.form.faults.iter().filter(|f| f.field.ends_with(&ending)).cloned().collect(),
                }
            })
            .collect()
    }

    pub fn row_count(&self) -> usize {
        self.rows.clamp(4, 40)
    }

    pub fn sexes(&self) -> Vec<Choice> {
        crate::parts::choices::<rules::Sex>(self.shell.lang)
    }

    pub fn sources(&self) -> Vec<Choice> {
        crate::parts::choices::<rules::DetectionSource>(self.shell.lang)
    }

    pub fn household_kinds(&self) -> Vec<Choice> {
        crate::parts::choices::<rules::HouseholdKind>(self.shell.lang)
    }
}

impl MemberRow {
    pub fn wrong(&self, field: &str) -> Option<&str> {
        let name = format!("{field}_{}", self.i);
        self.faults.iter().find(|fault| fault.field == name).map(|fault| fault.words.as_str())
    }
}
