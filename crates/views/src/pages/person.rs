//! One person's page: who, where, how to reach, what is missing, what was done, and everything that happened.

use crate::pages::contact::{Promise, TickLine};
use crate::{Countdown, Link, Paging, PersonHead, PhoneLine, Shell, Tone, When};

/// Links to the pages of the acts; posts nothing itself.
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "person.html")]
pub struct PersonPage {
    pub shell: Shell,
    pub person: PersonHead,
    /// Lines of facts, label and words: birth date, doses, risks, language, source, day 0, planned end, clinician.
    pub facts: Vec<Fact>,
    pub first_contact: FirstContactCard,
    pub promise: Option<Promise>,
    pub gaps: Vec<GapLine>,
    pub phones: Vec<PhoneLine>,
    /// How this person is kept in touch, in words; `None` = nothing named yet.
    pub arrangement: Option<String>,
    /// Visitor and second visitor, in words.
    pub visitors: Vec<String>,
    pub household: HouseholdCard,
    pub group: Option<GroupCard>,
    pub acts: PersonActs,
    pub timeline: Vec<TimelineLine>,
    pub timeline_paging: Option<Paging>,
    /// An alarm of this home that is not over.
    pub alarm: Option<AlarmBanner>,
    /// When they were heard of, and by when they are to be; `None` where nothing says so.
    pub slots: Option<SlotsCard>,
    /// The last answers about health, newest first.
    pub checkins: Vec<CheckinLine>,
    /// Other episodes of the same person.
    pub others: Vec<Link>,
    /// Closed: how and when, in words.
    pub closed: Option<String>,
    /// This record was joined into another one.
    pub merged_into: Option<Link>,
}

#[derive(Clone, Debug, Default)]
pub struct Fact {
    pub label: String,
    pub words: String,
}

/// `POST /alerts/{id}/call` takes it and leads to the call (P-10).
#[derive(Clone, Debug, Default)]
pub struct AlarmBanner {
    pub id: String,
    /// "Cấp cứu"
    pub level: String,
    /// Whose answer raised it.
    pub name: String,
    pub since: When,
    pub holder: Option<String>,
    pub can_take: bool,
    /// The number that is dialled where a script runs, and the sheet that waits on return.
    pub dial: Option<String>,
    pub sheet: String,
}

/// When somebody was heard of, slot by slot.
#[derive(Clone, Debug, Default)]
pub struct SlotsCard {
    pub heard: Option<When>,
    /// By when they are to be heard of next.
    pub next: Option<Countdown>,
    pub is_silent: bool,
    /// The last days, oldest first.
    pub days: Vec<SlotDay>,
}

#[derive(Clone, Debug, Default)]
pub struct SlotDay {
    /// "16/3"
    pub day: String,
    pub marks: Vec<SlotMark>,
}

/// One slot: when they were heard of in it, or that they were not.
#[derive(Clone, Debug, Default)]
pub struct SlotMark {
    /// "06:00–10:00"
    pub hours: String,
    /// "07:12", "không có tin"
    pub words: String,
    pub tone: Tone,
}

#[derive(Clone, Debug, Default)]
pub struct CheckinLine {
    pub href: String,
    pub when: When,
    pub level: String,
    pub tone: Tone,
    /// "SpO2 96 % · Nhiệt độ 38,5 °C"
    pub values: String,
    /// The rules that fired.
    pub reasons: String,
    pub who: String,
}

/// The three states of P-6.
#[derive(Clone, Debug, Default)]
pub struct FirstContactCard {
    /// Three steps: placed in a group, in the group or a named way, contacted and advised.
    pub steps: Vec<Step>,
    pub due: Option<Countdown>,
    pub ticks: Vec<TickLine>,
    pub is_advised: bool,
    /// "theo danh sách gửi đến": the four are unknown.
    pub declared_by_list: bool,
    /// The hours are not set: there is no clock.
    pub no_hours: bool,
}

/// A step of a stepper, also of a report.
#[derive(Clone, Debug, Default)]
pub struct Step {
    pub label: String,
    /// Who and when, in words; empty if not yet.
    pub detail: String,
    pub is_done: bool,
    pub is_current: bool,
}

#[derive(Clone, Debug, Default)]
pub struct GapLine {
    /// The kind in words ("chưa có nhóm").
    pub what: String,
    pub since: When,
    /// Whose it is, in words.
    pub owner: String,
    /// What mends it.
    pub mend: Option<Link>,
}

#[derive(Clone, Debug, Default)]
pub struct HouseholdCard {
    pub address: String,
    pub kind: String,
    pub members: Vec<Member>,
    /// `/register/household?household_id=…`
    pub add_href: Option<String>,
}

#[derive(Clone, Debug, Default)]
pub struct Member {
    /// `None` for the person of this page.
    pub href: Option<String>,
    pub name: String,
    pub age: String,
    pub tag: String,
    pub tone: Tone,
    pub state: String,
}

#[derive(Clone, Debug, Default)]
pub struct GroupCard {
    pub href: String,
    pub name: String,
    pub leader: Option<String>,
    pub carer: Option<String>,
    /// "2 người đang trực"
    pub on_duty: String,
}

/// Which acts are offered; each is a page of its own under `/people/{episode}/…`.
#[derive(Clone, Debug, Default)]
pub struct PersonActs {
    pub contact: bool,
    pub checkin: bool,
    pub edit: bool,
    pub severity: bool,
    pub arrangement: bool,
    pub convert: bool,
    pub release: bool,
    pub test: bool,
    pub end: bool,
    pub reopen: bool,
    pub void: bool,
    pub merge: bool,
    pub looked: bool,
    /// The home's own link.
    pub link: bool,
    /// What is said between the home and its team.
    pub thread: bool,
}

/// Something that happened: who, when, from where, in words.
#[derive(Clone, Debug, Default)]
pub struct TimelineLine {
    pub when: When,
    /// The day it stands under ("thứ Tư 16/3/2022"); the same words as the line before give no new heading.
    pub day: String,
    pub what: String,
    pub detail: Option<String>,
    pub who: String,
    /// "trên web", "nhập danh sách", "đồng hồ"
    pub origin: String,
    pub tone: Tone,
    /// Made earlier than it was received: "lập 08:12, nhận 08:24".
    pub late: Option<String>,
}

impl PersonPage {
    /// The number to call first.
    pub fn first_phone(&self) -> Option<&PhoneLine> {
        self.phones.iter().find(|phone| !phone.is_wrong)
    }

    /// Lines under their days.
    pub fn days(&self) -> Vec<(&str, Vec<&TimelineLine>)> {
        let mut days: Vec<(&str, Vec<&TimelineLine>)> = Vec::new();
        for line in &self.timeline {
            match days.last_mut() {
                Some((day, lines)) if *day == line.day => lines.push(line),
                _ => days.push((&line.day, vec![line])),
            }
        }
        days
    }
}
