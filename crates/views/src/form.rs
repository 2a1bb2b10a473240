//! What was typed and what was wrong with it. A form keeps what was typed and puts the fault beside the field.
//!
//! Handlers hand in the posted pairs and, after a refusal, the refusal; templates ask by field name.

use rules::Refusal;

use crate::words::{self, Lang};

/// One wrong field: the element's id is the field's name, the words stand in the summary and beside the field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fault {
    pub field: String,
    pub words: String,
}

#[derive(Clone, Debug, Default)]
pub struct Form {
    values: Vec<(String, String)>,
    pub faults: Vec<Fault>,
    /// Words about the whole form (a refusal that names no field).
    pub refused: Option<String>,
}

/// What a field is called on its form, for a summary whose faults stand away from their fields.
fn label(lang: Lang, field: &str) -> Option<String> {
    let (base, row) = match field.rsplit_once('_') {
        Some((base, n)) if !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()) => (base, Some(n)),
        Some(_) | None => (field, None),
    };
    let key = match base {
        "full_name" | "name" => "person-full-name",
        "birth_date" | "birth" => "person-birth",
        "sex" => "person-sex",
        "kind" => "register-kind",
        "phone" => "person-phone",
        "cluster" => "person-cluster",
        "address" => "person-address",
        "area" | "area_code" => "register-area",
        "detected_on" => "person-detected-on",
        "source" => "person-source",
        "doses" => "person-doses",
        "outcome" => "contact-how",
        "reason" => "form-reason",
        "from" => "team-from",
        "to" => "task-to",
        "minutes" => "task-later-for",
        "note" => "task-note",
        "why" => "task-why",
        "test_kind" => "test-kind",
        "test_result" => "test-result",
        "test_taken_at" => "test-taken",
        "test_witness" => "test-witness",
        "role" => "staff-role",
        "organisation" => "staff-organisation",
        "indicator" => "report-indicator",
        "value" => "report-right-value",
        _ => return None,
    };
    // A row of a household grid names its row, and a field whose name asks is not a name.
    let name = words::t(lang, key).trim_end_matches('?').to_owned();
    Some(match row {
        Some(n) => format!("{}, {}", words::t_args(lang, "household-row", &[("n", n)]), name.to_lowercase()),
        None => name,
    })
}

/// The form's name of a field of the API (`person.full_name` is `full_name`, `household.kind` is `household_kind`).
pub fn field_name(field: &str) -> String {
    match field {
        "household.kind" => "household_kind".to_owned(),
        "household.id" => "household_id".to_owned(),
        other => other.rsplit('.').next().unwrap_or(other).to_owned(),
    }
}

impl Fault {
    /// The fault with its field, unless its words name the field themselves.
    pub fn in_summary(&self, lang: impl std::borrow::Borrow<Lang>) -> String {
        match label(*lang.borrow(), &self.field) {
            Some(label) if !self.words.to_lowercase().starts_with(&label.to_lowercase()) => {
                format!("{label}: {}", crate::events::first_letter_down(&self.words))
            }
            Some(_) | None => self.words.clone(),
        }
    }
}

impl Form {
    /// A form with these values, as posted or as stored.
    pub fn of<K: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (K, V)>) -> Form {
        Form {
            values: pairs.into_iter().map(|(key, value)| (key.into(), value.into())).collect(),
            ..Form::default()
        }
    }

    /// Adds a value; an empty one of the same field gives way.
    pub fn with(mut self, field: &str, value: impl Into<String>) -> Form {
        self.values.retain(|(key, have)| key != field || !have.is_empty());
        self.values.push((field.to_owned(), value.into()));
        self
    }

    /// Marks the fields that a refusal names; without fields its words stand at the top.
    pub fn refuse(mut self, lang: Lang, refusal: &Refusal) -> Form {
        for error in &refusal.fields {
            self = self.fault(&field_name(&error.field), words::fault(lang, error.code, &[]));
        }
        if refusal.fields.is_empty() {
            self.refused = Some(words::refusal(lang, refusal));
        }
        self
    }

    pub fn fault(mut self, field: &str, words: impl Into<String>) -> Form {
        self.faults.push(Fault { field: field.to_owned(), words: words.into() });
        self
    }

    /// The value of a field, empty if none.
    pub fn value(&self, field: &str) -> &str {
        self.values.iter().find(|(key, _)| key == field).map(|(_, value)| value.as_str()).unwrap_or("")
    }

    /// Gives a field a value, if it has none.
    pub fn set(&mut self, field: &str, value: &str) {
        if self.value(field).is_empty() {
            self.values.push((field.to_owned(), value.to_owned()));
        }
    }

    /// Whether a field (radio, checkbox, select) has this value.
    pub fn is(&self, field: &str, value: &str) -> bool {
        self.values.iter().any(|(key, have)| key == field && have == value)
    }

    /// Whether a checkbox of its own is on.
    pub fn on(&self, field: &str) -> bool {
        !matches!(self.value(field), "" | "0" | "false" | "off")
    }

    /// The words of a field's fault, if it has one.
    pub fn wrong(&self, field: &str) -> Option<&str> {
        self.faults.iter().find(|fault| fault.field == field).map(|fault| fault.words.as_str())
    }

    pub fn is_bad(&self, field: &str) -> bool {
        self.wrong(field).is_some()
    }

    pub fn has_faults(&self) -> bool {
        !self.faults.is_empty() || self.refused.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_names_the_fields() {
        let fault = |field: &str, words: &str| {
            Fault { field: field.to_owned(), words: words.to_owned() }.in_summary(Lang::Vi)
        };
        assert_eq!(fault("address", "Cần điền chỗ này."), "Địa chỉ: cần điền chỗ này.");
        assert_eq!(fault("full_name_2", "Cần điền chỗ này."), "Người thứ 2, họ và tên: cần điền chỗ này.");
        let phone = "Số điện thoại phải có 10 chữ số.";
        assert_eq!(fault("phone", phone), phone, "words that name the field stay");
        assert_eq!(fault("login", "Tên hoặc mật khẩu chưa đúng."), "Tên hoặc mật khẩu chưa đúng.");
    }

    #[test]
    fn an_empty_value_gives_way_and_a_written_one_stays() {
        let form =
            Form::of([("area_code", ""), ("name", "Chản")]).with("area_code", "03445").with("name", "Xè");
        assert_eq!(form.value("area_code"), "03445");
        assert_eq!(form.value("name"), "Chản");
        assert!(form.is("name", "Xè"), "a field may have several values");
    }
}
