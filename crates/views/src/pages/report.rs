//! One report: figures that can each be followed to their people, the two signatures, the lock, and what came after
//! (LC-2, LC-4, LC-5, P-20 to P-25).

use crate::pages::person::Step;
use crate::{Choice, Form, Link, Shell, When};

/// | action | method | fields |
/// |---|---|---|
/// | `/reports/{id}/confirm` | POST | none |
/// | `/reports/{id}/submit` | POST | `narrative` |
/// | `/reports/{id}/zero` | POST | none |
/// | `/reports/{id}/supplement` | POST | none |
/// | `/reports/{id}/substitute` | POST | `as` (`system`, `by_phone`), `who`, `at` (`10:40`), and per indicator `figure_<indicator>` (only `by_phone`, empty = as the system has it) |
/// | `/reports/{id}/correct` | POST | `indicator`, `value`, `reason` |
/// | `/reports/{id}.xlsx` | GET | |
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "report.html")]
pub struct ReportPage {
    pub shell: Shell,
    pub id: String,
    pub area: String,
    pub crumbs: Vec<Link>,
    /// "thứ Tư 16/3/2022"
    pub day: String,
    /// "từ 12:00 15/3 đến 12:00 16/3"
    pub window: String,
    /// The word of `ReportState`.
    pub state: String,
    pub state_label: String,
    /// nháp, trạm xác nhận, ký gửi, chốt
    pub steps: Vec<Step>,
    pub clock: Option<DeadlineClock>,
    /// "chậm 4 phút", "chưa gửi": in words, if so.
    pub late: Option<String>,
    /// What stands for this report, in words.
    pub substitute: Option<String>,
    /// Page 1: at most twelve columns.
    pub table: FigureTable,
    /// Everything else, by subject.
    pub annex: Vec<FigureGroup>,
    pub balances: Vec<Balance>,
    /// Named lists that are always asked for: new F0, deaths, transfers.
    pub lists: Vec<NamedList>,
    pub narrative: String,
    pub form: Form,
    pub can: ReportActs,
    pub supplement: Option<Supplement>,
    pub corrections: Vec<Correction>,
    /// Indicators that can be corrected or given by phone.
    pub indicators: Vec<Choice>,
    /// Reports of the areas below that are late or missing.
    pub behind: Vec<crate::pages::reports::ReportLine>,
    /// "101/106 xã đã gửi"
    pub below_summary: Option<String>,
    /// At most 15 lines; made by `rules::report::zalo_text` with [`indicator_name`].
    pub zalo: String,
    pub xlsx_href: String,
    /// Fingerprint of the store's signing key, once locked.
    pub fingerprint: Option<String>,
    pub printed_by: String,
    /// Not confirmed by the station: signing says so.
    pub unconfirmed: bool,
    /// A level above a commune, which signs what the lock froze.
    pub is_compiled: bool,
}

impl ReportPage {
    pub fn substitutes(&self) -> Vec<Choice> {
        crate::parts::choices::<rules::Substitute>(self.shell.lang)
    }

    /// The field of an indicator's figure given by phone.
    pub fn figure_field(&self, choice: &Choice) -> String {
        format!("figure_{}", choice.value)
    }
}

#[derive(Clone, Debug, Default)]
pub struct ReportActs {
    pub confirm: bool,
    pub submit: bool,
    pub zero: bool,
    pub supplement: bool,
    pub substitute: bool,
    pub correct: bool,
}

/// One row per unit: a commune's report has one, a district's one per commune and the sum.
#[derive(Clone, Debug, Default)]
pub struct FigureTable {
    pub unit_label: String,
    pub columns: Vec<Column>,
    pub rows: Vec<FigureRow>,
    pub total: Option<FigureRow>,
}

#[derive(Clone, Debug, Default)]
pub struct Column {
    /// Short, for the head of the column.
    pub short: String,
    /// In full, for reading aloud and on paper.
    pub full: String,
}

/// Indicators of page 1, in order: F0 start to end, then F1, then what worries.
pub const PAGE_ONE: &[&str] = &[
    "f0_start",
    "f0_new",
    "f0_in",
    "f0_recovered",
    "f0_out",
    "f0_died",
    "f0_adjusted",
    "f0_end",
    "f1_end",
    "groups",
    "not_contacted",
    "unmanaged",
];

impl Column {
    /// The columns of page 1.
    pub fn page_one(lang: crate::Lang) -> Vec<Column> {
        PAGE_ONE
            .iter()
            .map(|indicator| Column {
                short: crate::t(lang, &format!("indicator-{indicator}-short")),
                full: indicator_name(lang, indicator),
            })
            .collect()
    }
}

/// The full name of an indicator.
pub fn indicator_name(lang: crate::Lang, indicator: &str) -> String {
    crate::t(lang, &format!("indicator-{indicator}"))
}

#[derive(Clone, Debug, Default)]
pub struct FigureRow {
    pub unit: String,
    pub href: Option<String>,
    /// "xã chưa gửi", "nhập thay"
    pub note: Option<String>,
    pub cells: Vec<Figure>,
}

/// A number and the way to its people.
#[derive(Clone, Debug, Default)]
pub struct Figure {
    pub indicator: String,
    pub label: String,
    /// Formatted.
    pub value: String,
    /// `/figures?area=&on=&indicator=`; `None` for those who may not see people.
    pub href: Option<String>,
    /// The value before a correction.
    pub before: Option<String>,
    /// "trên 88 F0"
    pub of: Option<String>,
}

#[derive(Clone, Debug, Default)]
pub struct FigureGroup {
    pub title: String,
    pub figures: Vec<Figure>,
}

/// "88 = 90 + 6 + 0 − 7 − 1 − 0 + 0"
#[derive(Clone, Debug, Default)]
pub struct Balance {
    pub label: String,
    pub sum: String,
    pub is_right: bool,
}

#[derive(Clone, Debug, Default)]
pub struct NamedList {
    pub title: String,
    pub n: String,
    pub href: String,
    /// The first few, in words.
    pub names: Vec<String>,
}

#[derive(Clone, Debug, Default)]
pub struct Supplement {
    /// Which figures changed between signing and lock.
    pub figures: Vec<Change>,
    /// Who confirmed and when; `None` = "hệ thống bổ sung, xã chưa xác nhận".
    pub confirmed: Option<String>,
}

#[derive(Clone, Debug, Default)]
pub struct Change {
    pub label: String,
    pub before: String,
    pub after: String,
}

#[derive(Clone, Debug, Default)]
pub struct Correction {
    pub label: String,
    pub before: String,
    pub after: String,
    pub reason: String,
    pub who: String,
    pub when: When,
}

/// The day's clock: the marks stand at equal steps, so that an hour between two of them has room for its words on a
/// phone; now stands between its neighbours by time. Made by [`DeadlineClock::of`].
#[derive(Clone, Debug, Default)]
pub struct DeadlineClock {
    /// "11:42"
    pub now: String,
    /// In thousandths of the line; `None` when now is another day.
    pub now_at: Option<u32>,
    pub marks: Vec<Mark>,
    /// The whole in one sentence.
    pub words: String,
}

#[derive(Clone, Debug, Default)]
pub struct Mark {
    pub time: String,
    pub label: String,
    pub at: u32,
    pub is_past: bool,
}

impl DeadlineClock {
    /// The clock of a day: `marks` are (minute of the day, its words) in order; `now` is the minute of the day, `None`
    /// on another day. The line begins four hours before the first mark and ends an hour after the last.
    pub fn of(lang: crate::Lang, now: Option<i64>, marks: &[(i64, String)]) -> DeadlineClock {
        let start = marks.first().map_or(0, |(minute, _)| minute - 240);
        let end = marks.last().map_or(1_440, |(minute, _)| minute + 60);
        let stops: Vec<i64> =
            std::iter::once(start).chain(marks.iter().map(|(minute, _)| *minute)).chain([end]).collect();
        let place = |minute: i64| {
            let steps = stops.len() as i64 - 1;
            let gone = stops.windows(2).map(|pair| match pair {
                [from, to] => (minute.clamp(*from, *to) - from) * 1_000 / (to - from).max(1),
                _ => 0,
            });
            u32::try_from(gone.sum::<i64>() / steps).unwrap_or(0)
        };
        let clock = |minute: i64| format!("{:02}:{:02}", minute / 60, minute % 60);
        let said: Vec<String> =
            marks.iter().map(|(minute, words)| format!("{} {words}", clock(*minute))).collect();
        let said = said.join(", ");
        DeadlineClock {
            now: now.map(clock).unwrap_or_default(),
            now_at: now.map(place),
            words: match now {
                Some(now) => {
                    crate::t_args(lang, "report-clock-now", &[("now", &clock(now)), ("marks", &said)])
                }
                None => said,
            },
            marks: marks
                .iter()
                .map(|(minute, words)| Mark {
                    time: clock(*minute),
                    label: words.clone(),
                    at: place(*minute),
                    is_past: now.is_none_or(|now| now >= *minute),
                })
                .collect(),
        }
    }

    /// A place on the drawn line, in percent.
    pub fn x(&self, at: &u32) -> String {
        let tenths = 20 + at * 96 / 100;
        format!("{}.{}", tenths / 10, tenths % 10)
    }
}
