//! Pieces that several pages show.

use crate::words::{Lang, Word, name};

/// The colour of a mark. Colour never stands alone: words always say the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    #[default]
    Plain,
    Danger,
    Warn,
    Ok,
    Info,
    Brand,
}

impl Tone {
    pub fn class(self) -> &'static str {
        match self {
            Tone::Plain => "plain",
            Tone::Danger => "danger",
            Tone::Warn => "warn",
            Tone::Ok => "ok",
            Tone::Info => "info",
            Tone::Brand => "brand",
        }
    }

    pub fn icon(self) -> &'static str {
        match self {
            Tone::Plain | Tone::Brand | Tone::Info => "info",
            Tone::Danger | Tone::Warn => "alert",
            Tone::Ok => "checkc",
        }
    }
}

/// A moment as people read it: exact and relative together. Made by `formats::when`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct When {
    /// RFC 3339, for `<time datetime>`.
    pub iso: String,
    /// `08:02`, or `15/3, 17:40` on another day.
    pub exact: String,
    /// `8 phút trước`.
    pub relative: String,
}

/// A clock that runs towards a due time. Made by `formats::countdown`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Countdown {
    /// The due time, RFC 3339.
    pub iso: String,
    /// `14:00`.
    pub exact: String,
    /// `còn 0:48` or `quá 1:20`.
    pub text: String,
    pub late: bool,
    /// Less than an hour left.
    pub soon: bool,
}

impl Countdown {
    pub fn class(&self) -> &'static str {
        if self.late {
            "danger"
        } else if self.soon {
            "warn"
        } else {
            "plain"
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Link {
    pub href: String,
    pub label: String,
}

/// One answer of a select, a radio group or a row of checkboxes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    pub value: String,
    pub label: String,
    pub hint: Option<String>,
}

impl Choice {
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Choice {
        Choice { value: value.into(), label: label.into(), hint: None }
    }
}

/// All members of a closed list as choices.
pub fn choices<W: Word>(lang: Lang) -> Vec<Choice> {
    some_choices(lang, W::MEMBERS)
}

/// These members of a closed list as choices.
pub fn some_choices<W: Word>(lang: Lang, members: &[W]) -> Vec<Choice> {
    members.iter().map(|word| Choice::new(word.as_word(), name(lang, *word))).collect()
}

/// Yes and no as `1` and `0`.
pub fn yes_no(lang: Lang) -> Vec<Choice> {
    vec![Choice::new("1", crate::t(lang, "form-yes")), Choice::new("0", crate::t(lang, "form-no"))]
}

/// Fifty a page; the end of a list is known only when it is reached, so no page numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Paging {
    /// In words: "Người 51 đến 100".
    pub words: String,
    pub previous: Option<String>,
    pub next: Option<String>,
}

/// A phone number of a person or household.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PhoneLine {
    /// `0912 345 678`
    pub shown: String,
    /// `+84912345678`
    pub e164: String,
    /// The state in words ("đang dùng", "sai số").
    pub state: String,
    pub is_wrong: bool,
    /// "có Zalo, kiểm tra 12/3", whose phone it is.
    pub note: Option<String>,
}

/// One of the area's own emergency numbers, in the area's order (P-12).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EmergencyNumber {
    pub label: String,
    pub shown: String,
    /// For `tel:`.
    pub dial: String,
}

/// Who this is about: stands on top of every page about one person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonHead {
    /// The episode's id as in the URL.
    pub episode: String,
    pub name: String,
    /// "82 tuổi"; empty if unknown.
    pub age: String,
    /// "nữ"; empty if unknown.
    pub sex: String,
    /// "F0 · ngày 5", made by `formats::day_tag`.
    pub tag: String,
    /// "đang theo dõi", or how it ended.
    pub state: String,
    pub is_open: bool,
    pub is_case: bool,
    /// In words; `None` for F1.
    pub severity: Option<String>,
    /// The severity's word (`mild`), for its colour.
    pub severity_word: String,
    /// "nhà 73, bản Nậm Hãn"
    pub address: String,
    /// "xã Mường Tè"
    pub area: String,
}

impl PersonHead {
    /// Two letters for the round mark beside the name.
    pub fn initials(&self) -> String {
        initials(&self.name)
    }
}

/// First letters of the family name and of the given name, which is last: the middle name of most women is Thị.
pub fn initials(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    let family = words.first().filter(|_| words.len() > 1);
    let ends = family.into_iter().chain(words.last());
    ends.filter_map(|word| word.chars().next()).flat_map(char::to_uppercase).collect()
}
