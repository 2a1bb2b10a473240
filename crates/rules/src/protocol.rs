//! A disease as data: what is asked and measured, which values are dangerous at which age, and how fast an alarm must be
//! taken. Every number has its document; the program has none of its own. One protocol comes with it, as a
//! reference: nothing is judged by it until an organisation has adopted it on record.
//!
//! The conditions are CEL over the names of an answer. They are checked when the file is read: every name is known, and
//! nothing but comparisons and their combination is allowed. Sources: domain.md §1 and §2, LC-6, P-13.

pub mod expected;
mod judge;
mod read;

use crate::release::ReleaseRules;
use crate::slots::Slots;
use crate::{Day, Level};

pub use judge::{Age, Before, Judgement, judge};
pub use read::read;

/// The protocols that come with the program.
pub const COVID19_VN_2022: &str = include_str!("../../../protocols/covid19-vn-2022.toml");

/// What [`COVID19_VN_2022`] has to answer.
pub const COVID19_VN_2022_EXPECTED: &str = include_str!("../../../protocols/covid19-vn-2022.expected.toml");

/// The protocol with this id among those that come with the program.
pub fn shipped(id: &str) -> Option<&'static str> {
    match id {
        "covid19-vn-2022" => Some(COVID19_VN_2022),
        _ => None,
    }
}

/// One fault of a file: where it stands, the key of its words, and the value it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub line: usize,
    pub code: &'static str,
    pub detail: String,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}: {}", self.line, self.code, self.detail)
    }
}

/// What something is called in the languages of the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    pub vi: String,
    pub en: String,
}

#[derive(Debug)]
pub struct Protocol {
    pub id: String,
    pub version: String,
    /// ICD-10.
    pub icd10: String,
    pub name: Words,
    pub valid_from: Day,
    pub valid_to: Option<Day>,
    /// The documents it follows.
    pub sources: Vec<String>,
    /// Documents that it should follow and that nobody has read.
    pub missing: Vec<String>,
    /// From the youngest on; the last has no end.
    pub bands: Vec<Band>,
    pub fields: Vec<Field>,
    pub red_flags: Vec<Choice>,
    pub symptoms: Vec<Choice>,
    pub rules: Vec<Rule>,
    /// What a care team tells homes again and again, each with the document that says so (LC-16).
    pub guidance: Vec<Guidance>,
    /// When one is to be heard of; `None` in a file that says nothing of it.
    pub checkin: Option<CheckinTimes>,
    /// When care may end; `None` in a file that says nothing of it.
    pub release: Option<ReleaseRules>,
    /// Minutes within which an alarm of a level must be acknowledged; levels without one raise no alarm.
    pub acknowledge_within: Vec<(Level, u32)>,
}

/// An age band, in completed months up to but not including `to_months`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Band {
    pub id: String,
    pub to_months: Option<i64>,
    pub words: Words,
}

/// Something that may be measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    pub id: String,
    pub unit: String,
    /// What the program takes; outside it asks again.
    pub min: i64,
    pub max: i64,
    /// Digits after the point.
    pub decimals: u32,
    /// Abnormal alone, it is measured again; without a second reading the first counts after this many minutes.
    pub repeat_within_minutes: Option<u32>,
    /// Asked only after another answer: its absence is not unknown.
    pub follow_up: bool,
    pub words: Words,
}

/// A sign or a complaint that is ticked or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub id: String,
    pub words: Words,
}

/// Words of advice that a document stands behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guidance {
    pub id: String,
    /// What it is about, for whoever chooses it.
    pub title: Words,
    pub words: Words,
    pub source: String,
}

/// At which times of day one is to be heard of, and by which document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckinTimes {
    pub slots: Slots,
    pub source: String,
    /// As in [`Rule::proposed`].
    pub proposed: bool,
}

#[derive(Debug)]
pub struct Rule {
    pub id: String,
    /// The condition as it stands in the file.
    pub when: String,
    /// The bands in which it holds, as places in [`Protocol::bands`], each with the value of `t` there.
    pub bands: Vec<(usize, Option<i64>)>,
    pub level: Level,
    /// The documents it follows; empty if none does.
    pub source: String,
    /// The documents leave something open: this is how we propose to read it, for a doctor to decide.
    pub proposed: bool,
    pub words: Words,
    condition: cel::Program,
    /// The names that the condition asks for, without `t`.
    names: Vec<String>,
}

impl Protocol {
    pub fn field(&self, id: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.id == id)
    }

    pub fn guidance(&self, id: &str) -> Option<&Guidance> {
        self.guidance.iter().find(|guidance| guidance.id == id)
    }

    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == id)
    }

    /// Minutes within which an alarm of `level` must be acknowledged; `None` if the level raises none.
    pub fn acknowledge_within(&self, level: Level) -> Option<u32> {
        self.acknowledge_within.iter().find(|(of, _)| *of == level).map(|(_, minutes)| *minutes)
    }

    /// Minutes that a second SpO2 is awaited after an abnormal one; `None` if the first counts at once.
    pub fn second_within_minutes(&self) -> Option<u32> {
        self.field(crate::checkin::REPEATED).and_then(|field| field.repeat_within_minutes)
    }

    /// Whether it may be used on `day`.
    pub fn is_valid_on(&self, day: Day) -> bool {
        self.valid_from <= day && self.valid_to.is_none_or(|last| day <= last)
    }
}
