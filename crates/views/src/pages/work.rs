//! The worklist of a carer or station head: whom to see to today, by urgency, the reason in words (LC-9, P-6, P-8).

use crate::pages::alerts::AlertCard;
use crate::pages::contact::Tick;
use crate::pages::thread::ThreadRow;
use crate::words::{name, t, t_args};
use crate::{Countdown, Lang, Link, Paging, PhoneLine, Shell, Tone, When};
use rules::{AttemptOutcome, GapKind};

/// Filters: `GET /work?show=overdue|silent|soon|waiting|visit|later`, `&own=1` and `&page=`.
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "work.html")]
pub struct WorkPage {
    pub shell: Shell,
    /// "thứ Tư 16/3/2022"
    pub day: String,
    /// "bản Nậm Hãn, xã Mường Tè"
    pub area: String,
    /// How many people the whole list holds (not only this page or filter).
    pub left: u64,
    /// The hours to first contact, formatted ("6"); `None` = not set, the page says so.
    pub hours: Option<String>,
    pub counters: Vec<Counter>,
    /// Only one's own homes, or back to all.
    pub own: Option<Link>,
    /// To those who are far enough for a test or a release.
    pub endings: Option<Link>,
    /// To the leader's board, for whoever assigns carers.
    pub team: Option<Link>,
    /// Alarms that are not over, the gravest first; they stand before everything else. At most a handful.
    pub alerts: Vec<AlertCard>,
    /// Where the others are ("Xem cả 12 báo động").
    pub more_alerts: Option<Link>,
    /// Homes that wrote and wait for an answer, the longest first; at most a handful.
    pub threads: Vec<ThreadRow>,
    /// By urgency; empty ones may be left out.
    pub sections: Vec<WorkSection>,
    pub paging: Option<Paging>,
    /// One's own duty is off: the page offers to go on duty.
    pub off_duty: bool,
    /// The demo's story has not brought its list yet: an empty list says what comes next.
    pub story_waits: bool,
    /// For the printed list: who printed it.
    pub printed_by: String,
}

impl WorkPage {
    pub fn headline(&self) -> String {
        match self.left {
            0 if !self.threads.is_empty() => self.shell.t("work-answers-left"),
            0 => self.shell.t("work-none-left"),
            1 => self.shell.t("work-one-left"),
            n => self.shell.t1("work-left", "n", crate::formats::number(n as i64)),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.sections.iter().all(|section| section.cards.is_empty())
    }

    pub fn is_filtered(&self) -> bool {
        self.counters.iter().any(|counter| counter.is_current)
    }
}

/// The kinds of urgency, worst first; each is a counter, a filter and a section.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// First contact is past its time.
    Overdue,
    /// Advised, and not heard of by the time they were to be.
    Silent,
    /// Due within the hour.
    Soon,
    /// Not yet contacted and advised; time left (or no hours set).
    #[default]
    Waiting,
    /// No phone that works: somebody has to go there.
    Visit,
    /// Whoever took the home on sees to it later today.
    Later,
}

impl Urgency {
    pub const ALL: &'static [Urgency] =
        &[Urgency::Overdue, Urgency::Silent, Urgency::Soon, Urgency::Waiting, Urgency::Visit, Urgency::Later];

    /// The value of `?show=`.
    pub fn word(self) -> &'static str {
        match self {
            Urgency::Overdue => "overdue",
            Urgency::Silent => "silent",
            Urgency::Soon => "soon",
            Urgency::Waiting => "waiting",
            Urgency::Visit => "visit",
            Urgency::Later => "later",
        }
    }

    pub fn parse(word: &str) -> Option<Urgency> {
        Urgency::ALL.iter().copied().find(|urgency| urgency.word() == word)
    }

    pub fn tone(self) -> Tone {
        match self {
            Urgency::Overdue | Urgency::Silent => Tone::Danger,
            Urgency::Soon => Tone::Warn,
            Urgency::Waiting | Urgency::Later => Tone::Info,
            Urgency::Visit => Tone::Brand,
        }
    }

    pub fn icon(self) -> &'static str {
        match self {
            Urgency::Overdue => "alert",
            Urgency::Silent => "eye",
            Urgency::Soon | Urgency::Later => "clock",
            Urgency::Waiting => "phone",
            Urgency::Visit => "pin",
        }
    }

    /// Under the number of the counter ("quá hạn liên lạc").
    pub fn counter_words(self, lang: impl std::borrow::Borrow<Lang>) -> String {
        t(*lang.borrow(), &format!("work-counter-{}", self.word()))
    }

    pub fn title(self, lang: impl std::borrow::Borrow<Lang>) -> String {
        t(*lang.borrow(), &format!("work-title-{}", self.word()))
    }

    pub fn hint(self, lang: impl std::borrow::Borrow<Lang>) -> String {
        t(*lang.borrow(), &format!("work-hint-{}", self.word()))
    }
}

#[derive(Clone, Debug, Default)]
pub struct Counter {
    pub urgency: Urgency,
    /// Formatted.
    pub n: String,
    /// The filter, or back to all when it is current.
    pub href: String,
    pub is_current: bool,
}

impl WorkSection {
    /// What is written down of these people is how they are.
    pub fn is_answered(&self) -> bool {
        self.urgency == Urgency::Silent
    }
}

#[derive(Clone, Debug, Default)]
pub struct WorkSection {
    pub urgency: Urgency,
    pub cards: Vec<WorkCard>,
}

/// Posts nothing itself: "Gọi" is a `tel:` link whose return sheet is `/people/{episode}/contact?after=call&next=…`,
/// "Ghi lại" links to `/people/{episode}/contact?next=…`.
#[derive(Clone, Debug, Default)]
pub struct WorkCard {
    pub episode: String,
    pub name: String,
    /// "82 tuổi"
    pub age: String,
    /// "F0 · ngày 5", made by `formats::day_tag`.
    pub tag: String,
    /// Reasons in words, the weightiest first; made by [`Why::words`].
    pub why: Vec<String>,
    /// When it was found or registered, if it is to be shown.
    pub detected: Option<When>,
    pub due: Option<Countdown>,
    /// "nhà 73, bản Nậm Hãn"
    pub address: String,
    /// Others of the household on the list, in words ("và 2 người cùng nhà").
    pub others: Option<String>,
    /// The number to call first.
    pub phone: Option<PhoneLine>,
    /// The home's carer ("anh Đức phụ trách").
    pub carer: Option<String>,
    pub task: TaskLine,
    /// Worth knowing before one calls: "nói tiếng Mông", "tiểu đường".
    pub facts: Vec<String>,
}

/// Whose the home is today.
#[derive(Clone, Debug, Default)]
pub enum TaskLine {
    #[default]
    Nobodys,
    /// "Tôi nhận lúc 08:12", and until when it was put off.
    Mine(String),
    /// "Lò Thị Xoan nhận lúc 08:12"
    Theirs(String),
}

impl TaskLine {
    pub fn words(&self) -> Option<&str> {
        match self {
            TaskLine::Nobodys => None,
            TaskLine::Mine(words) | TaskLine::Theirs(words) => Some(words),
        }
    }

    pub fn is_nobodys(&self) -> bool {
        matches!(self, TaskLine::Nobodys)
    }

    pub fn is_mine(&self) -> bool {
        matches!(self, TaskLine::Mine(_))
    }
}

/// Why somebody is on the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// Nobody has tried yet.
    NobodyTried,
    /// Tried `times`, last with this outcome (`Reached` only if not all four things were explained).
    Tried {
        times: u32,
        last: AttemptOutcome,
    },
    /// Reached, but these of the four are missing (their words, see `contact::Tick`).
    NotAdvised {
        missing: Vec<String>,
    },
    /// When they were last heard of, in words; `None` if never.
    Silent(Option<String>),
    NoPhone,
    Gap(GapKind),
    /// The list of origin says contacted, the four are unknown.
    DeclaredByList,
    /// A risk condition or age, in words.
    Risk(String),
}

impl Why {
    pub fn words(&self, lang: Lang) -> String {
        match self {
            Why::NobodyTried => t(lang, "why-nobody-tried"),
            Why::Tried { times: 1, last } => {
                t_args(lang, "why-tried-once", &[("outcome", &name(lang, *last))])
            }
            Why::Tried { times, last } => {
                t_args(lang, "why-tried", &[("times", &times.to_string()), ("outcome", &name(lang, *last))])
            }
            Why::NotAdvised { missing } if missing.len() == Tick::ALL.len() => t(lang, "why-nothing-advised"),
            Why::NotAdvised { missing } => {
                t_args(lang, "why-not-advised", &[("missing", &missing.join(", "))])
            }
            Why::Silent(Some(since)) => t_args(lang, "why-silent", &[("since", since)]),
            Why::Silent(None) => t(lang, "why-never-heard"),
            Why::NoPhone => t(lang, "why-no-phone"),
            Why::Gap(kind) => name(lang, *kind),
            Why::DeclaredByList => t(lang, "why-declared"),
            Why::Risk(words) => words.clone(),
        }
    }
}
