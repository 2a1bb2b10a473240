//! The medical protocol in force, as a doctor reads it: which values raise an alarm at which age and by which document,
//! who adopted it, and for the province's officer the form that adopts one (LC-6, P-13, P-14).

use crate::{Choice, Form, Link, Shell, Tone, When};

/// | action | method | fields |
/// |---|---|---|
/// | `/protocol` | POST, multipart | `area_code`, `which` (the id of one that comes with the program, or `own`), `file`, `body` (without a file), `note` |
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "protocol.html")]
pub struct ProtocolPage {
    pub shell: Shell,
    pub area: String,
    pub crumbs: Vec<Link>,
    pub in_force: Option<InForce>,
    /// For those who may adopt.
    pub adopt: Option<Adopt>,
    pub history: Vec<AdoptionLine>,
}

#[derive(Clone, Debug, Default)]
pub struct InForce {
    pub name: String,
    pub id: String,
    pub version: String,
    pub icd10: String,
    /// "từ 21/2/2022 đến 14/4/2022"
    pub valid: String,
    /// Its last day, if that is over.
    pub over: Option<String>,
    pub sources: Vec<String>,
    pub missing: Vec<String>,
    pub adopted: When,
    /// "Hoàng Thị Nga cho tỉnh Lai Châu"
    pub by: String,
    pub note: String,
    pub levels: Vec<LevelRules>,
    /// When care may end: for whom, and any one of these clauses.
    pub release: Vec<(String, Vec<ClauseLine>)>,
    /// When one is to be heard of: whom, and at which times of day.
    pub slots: Vec<(String, String)>,
    /// The document of the times.
    pub slots_source: String,
    pub fields: Vec<FieldLine>,
    pub red_flags: Vec<String>,
    pub symptoms: Vec<String>,
    /// The file's text.
    pub body: String,
}

/// The rules of one level.
#[derive(Clone, Debug, Default)]
pub struct LevelRules {
    pub word: String,
    pub label: String,
    pub tone: Tone,
    /// "phải có người nhận trong 5 phút"
    pub within: String,
    pub rules: Vec<RuleLine>,
}

#[derive(Clone, Debug, Default)]
pub struct RuleLine {
    pub label: String,
    /// In words.
    pub when: String,
    /// "Chỉ áp dụng: từ 12 tuổi"
    pub only: Option<String>,
    /// Age band and its threshold; empty where all ages have the same.
    pub thresholds: Vec<(String, String)>,
    pub thresholds_title: String,
    pub source: String,
}

/// A clause by which care may end.
#[derive(Clone, Debug, Default)]
pub struct ClauseLine {
    pub what: String,
    /// The test it asks for, in words.
    pub test: Option<String>,
    pub source: String,
}

#[derive(Clone, Debug, Default)]
pub struct FieldLine {
    pub label: String,
    pub unit: String,
    /// "50 đến 100"
    pub range: String,
    pub hint: String,
}

#[derive(Clone, Debug, Default)]
pub struct Adopt {
    pub area: String,
    pub area_code: String,
    pub form: Form,
    /// Those that come with the program, then one's own.
    pub which: Vec<Choice>,
    pub faults: Vec<FaultLine>,
}

impl Adopt {
    pub fn is_own(&self) -> bool {
        self.form.is("which", "own")
    }
}

/// One fault of a file.
#[derive(Clone, Debug, Default)]
pub struct FaultLine {
    /// "Dòng 12"
    pub line: String,
    pub words: String,
    /// What it is about, as it is written in the file.
    pub detail: String,
}

#[derive(Clone, Debug, Default)]
pub struct AdoptionLine {
    /// "covid19-vn-2022, bản 1.1.0"
    pub what: String,
    pub when: When,
    pub by: String,
    pub note: String,
    pub is_current: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::fault_words;
    use crate::{Lang, Page};

    #[test]
    fn a_faulty_file_is_said_line_by_line_and_stays_in_the_form() {
        let adopt = Adopt {
            form: Form::of([("which", "own"), ("body", "[rule.x]")]),
            faults: vec![FaultLine {
                line: "Dòng 12".into(),
                words: fault_words(Lang::Vi, "unknown_name"),
                detail: "spo3".into(),
            }],
            ..Adopt::default()
        };
        let page = ProtocolPage {
            shell: Shell { lang: Lang::Vi, ..Shell::default() },
            adopt: Some(adopt),
            ..ProtocolPage::default()
        };
        let html = page.render();
        for part in
            ["Dòng 12", "Không có chỉ số này trong tệp", "spo3", "[rule.x]", "Chưa áp dụng phác đồ nào"]
        {
            assert!(html.contains(part), "{part}");
        }
    }
}
