//! Recording how somebody is (khai báo sức khoẻ): the danger signs by name, what was measured, what else they feel; and
//! what that means by the protocol in force. Every number and every sign on these pages comes from the protocol (P-13).

use crate::pages::contact::Responsible;
use crate::{Choice, EmergencyNumber, Form, PersonHead, PhoneLine, Shell, Tone, When};

/// | action | method | fields |
/// |---|---|---|
/// | `/people/{episode}/checkin` | POST | `answered_by` (`self`, `relative`, `carer`, `staff`), `answerer` (name, for a relative), `red_flags` (any number of the protocol's), `none` (`1` = none of them), a field per measurement of the protocol (comma or point), `spo2_second` (when measured again), `symptoms` (any number), `made_at` (moment; empty = now) |
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "checkin.html")]
pub struct CheckinPage {
    pub shell: Shell,
    pub person: PersonHead,
    /// Default before the first post: `answered_by` = `carer`.
    pub form: Form,
    /// Nobody has adopted a protocol here: nothing can be recorded.
    pub no_protocol: bool,
    pub red_flags: Vec<Choice>,
    pub symptoms: Vec<Choice>,
    pub measures: Vec<Measure>,
    /// Something stands in a folded part, or is wrong there.
    pub measures_open: bool,
    pub symptoms_open: bool,
    pub emergency: Vec<EmergencyNumber>,
}

impl CheckinPage {
    pub fn ways(&self) -> Vec<Choice> {
        crate::parts::choices::<rules::AnsweredBy>(self.shell.lang)
    }
}

/// Something that may be measured.
#[derive(Clone, Debug, Default)]
pub struct Measure {
    pub name: String,
    /// "SpO2 (%)"
    pub label: String,
    /// "50 đến 100"
    pub range: String,
}

/// What an answer means.
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "checkin_result.html")]
pub struct CheckinResult {
    pub shell: Shell,
    pub person: PersonHead,
    /// "cấp cứu"
    pub level: String,
    pub tone: Tone,
    /// What to do now, in a sentence.
    pub now: String,
    /// Somebody has to be called: the numbers stand large.
    pub is_call: bool,
    pub emergency: Vec<EmergencyNumber>,
    pub phones: Vec<PhoneLine>,
    /// Who answers for the home: to be called first where it is no emergency.
    pub responsible: Option<Responsible>,
    /// "Trưởng nhóm phải nhận trước 08:25."
    pub alarm: Option<String>,
    /// The rules that fired, the gravest first.
    pub reasons: Vec<Reason>,
    /// What was measured and ticked, label and value.
    pub said: Vec<Said>,
    /// "chưa đo: huyết áp, mạch"
    pub unknown: Option<String>,
    /// "theo COVID-19 (covid19-vn-2022 1.1.0)"
    pub protocol: String,
    /// Who answered, and when.
    pub who: String,
    pub made: When,
    pub late: Option<String>,
    /// Measured again: the answers of the first time, and until when.
    pub again: Option<Again>,
}

#[derive(Clone, Debug, Default)]
pub struct Reason {
    pub what: String,
    pub source: String,
}

#[derive(Clone, Debug, Default)]
pub struct Said {
    pub label: String,
    pub value: String,
}

/// The small form of a second reading.
#[derive(Clone, Debug, Default)]
pub struct Again {
    /// Everything that was said the first time, as fields.
    pub kept: Vec<(String, String)>,
    /// The field of the second reading.
    pub name: String,
    /// "SpO2 lần hai (%)"
    pub label: String,
    pub until: When,
}
