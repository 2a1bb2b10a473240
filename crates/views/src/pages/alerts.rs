//! Alarms: who is in danger, why, since when, whose it is by now, who has it. Calling is acting: one button takes the
//! alarm and leads to the sheet after the call (P-10).

use crate::pages::checkin::Said;
use crate::{
    Choice, Countdown, EmergencyNumber, Form, Link, Paging, PersonHead, PhoneLine, Shell, Tone, When,
};
use rules::Level;

/// `GET /alerts?area=&state=closed&page=`; those that are over are paged by `cursor`.
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "alerts.html")]
pub struct AlertsPage {
    pub shell: Shell,
    pub area: String,
    pub crumbs: Vec<Link>,
    /// All that run, formatted ("12", "99+").
    pub running: String,
    pub is_closed: bool,
    /// "Đang có", then "Đã xong".
    pub states: Vec<Link>,
    /// Running: the gravest first. Over: the last raised first.
    pub cards: Vec<AlertCard>,
    pub paging: Option<Paging>,
    /// Nobody has adopted a protocol here, so no answer raises an alarm.
    pub no_protocol: bool,
}

impl AlertsPage {
    pub fn headline(&self) -> String {
        if self.is_closed {
            return self.shell.t("alarm-closed-title");
        }
        match self.running.as_str() {
            "" | "0" => self.shell.t("alarm-none"),
            "1" => self.shell.t("alarm-one"),
            n => self.shell.t1("alarm-n", "n", n),
        }
    }
}

/// | action | method | fields |
/// |---|---|---|
/// | `/alerts/{id}/call` | POST | none: takes it, also from a colleague, and leads to the sheet after the call |
#[derive(Clone, Debug, Default)]
pub struct AlertCard {
    pub id: String,
    pub episode: String,
    pub name: String,
    pub age: String,
    /// "F0 · ngày 5"
    pub tag: String,
    pub address: String,
    /// Where the list spans more than one commune.
    pub area: Option<String>,
    /// In words.
    pub level: String,
    pub tone: Tone,
    /// The rules that fired, in the protocol's words, the gravest first.
    pub reasons: Vec<String>,
    /// What was ticked and measured: "Lơ mơ, ngủ li bì", "SpO2 89%".
    pub said: Vec<String>,
    /// Whom else at home it is about.
    pub others: Vec<AlertOther>,
    pub since: When,
    /// By when somebody has to have taken it; `None` once somebody did.
    pub due: Option<Countdown>,
    /// Whose it is by now ("Đang chờ trưởng nhóm").
    pub whose: String,
    /// "Pờ Thị Lế đã nhận lúc 07:36"
    pub holder: Option<String>,
    pub is_over: bool,
    /// "Đã xong lúc 08:10: đã gọi và dặn"
    pub ending: Option<String>,
    /// The words of the button that takes it; `None` for those who only see it, and once it is over.
    pub call: Option<String>,
    /// The number that the button dials, E.164; `None` in a home without a phone.
    pub dial: Option<String>,
    /// Where the button leads.
    pub sheet: String,
}

impl AlertCard {
    /// The gravest reason; the others are in [`AlertCard::more`].
    pub fn reason(&self) -> &str {
        self.reasons.first().map_or("", String::as_str)
    }

    pub fn more(&self) -> String {
        self.reasons.get(1..).unwrap_or_default().join(" · ")
    }

    /// Nobody has it.
    pub fn is_open(&self) -> bool {
        self.due.is_some()
    }
}

/// Somebody else at home whom an alarm is about.
#[derive(Clone, Debug, Default)]
pub struct AlertOther {
    pub episode: String,
    pub name: String,
    /// How grave it is for them, in words.
    pub level: String,
}

pub fn level_tone(level: Level) -> Tone {
    match level {
        Level::Emergency => Tone::Danger,
        Level::Urgent | Level::Repeat => Tone::Warn,
        Level::Watch => Tone::Info,
        Level::Routine => Tone::Plain,
    }
}

/// | action | method | fields |
/// |---|---|---|
/// | `/alerts/{id}/call` | POST | none |
/// | `/alerts/{id}/take` | POST | `over` (`1` = also from the colleague who has it) |
/// | `/alerts/{id}/close` | POST | `how` (`advised`, `visited`, `hospital`, `mistaken`), `note` |
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "alert.html")]
pub struct AlertPage {
    pub shell: Shell,
    pub person: PersonHead,
    pub card: AlertCard,
    /// When it goes one level up if nobody takes it, in words.
    pub next_up: Option<String>,
    pub note: Option<String>,
    pub phones: Vec<PhoneLine>,
    /// Who goes there, in a home without a phone.
    pub visitors: Vec<String>,
    /// Worth knowing before one calls.
    pub facts: Vec<String>,
    /// The words of the button that takes it without calling.
    pub take: Option<String>,
    pub answer: Option<AnswerCard>,
    /// Raised, passed up, taken, closed; in order.
    pub stamps: Vec<AlertStamp>,
    pub can_close: bool,
    pub ends: Vec<Choice>,
    pub form: Form,
    /// The area's own numbers, in its order (P-12).
    pub emergency: Vec<EmergencyNumber>,
}

/// The answer that raised an alarm.
#[derive(Clone, Debug, Default)]
pub struct AnswerCard {
    pub made: When,
    /// "lập 08:12, nhận 08:24"
    pub late: Option<String>,
    /// "người chăm sóc hỏi · Pờ Thị Lế"
    pub who: String,
    /// What was measured and ticked.
    pub said: Vec<Said>,
    /// "Chưa biết: huyết áp, mạch"
    pub unknown: Option<String>,
    /// "Theo phác đồ COVID-19 (covid19-vn-2022 1.1.0)"
    pub protocol: String,
}

#[derive(Clone, Debug, Default)]
pub struct AlertStamp {
    pub when: When,
    pub what: String,
    pub who: String,
    pub tone: Tone,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Lang, Page};

    fn card() -> AlertCard {
        AlertCard {
            id: "a1".into(),
            name: "Tẩn Mý Chản".into(),
            level: "cấp cứu".into(),
            tone: level_tone(Level::Emergency),
            reasons: vec!["Co giật, tím tái hoặc lơ mơ".into()],
            due: Some(Countdown { exact: "07:35".into(), text: "còn 0:05".into(), ..Countdown::default() }),
            whose: "Đang chờ trưởng nhóm".into(),
            call: Some("Nhận và gọi".into()),
            dial: Some("+84912345678".into()),
            sheet: "/people/e1/contact".into(),
            ..AlertCard::default()
        }
    }

    fn shell() -> Shell {
        Shell { lang: Lang::Vi, ..Shell::default() }
    }

    #[test]
    fn an_alarm_says_why_and_whose_it_is_and_its_button_posts() {
        let page =
            AlertsPage { shell: shell(), running: "1".into(), cards: vec![card()], ..AlertsPage::default() };
        let html = page.render();
        for part in [
            "Có 1 báo động",
            "Co giật, tím tái hoặc lơ mơ",
            "Đang chờ trưởng nhóm",
            "07:35",
            "action=\"/alerts/a1/call\"",
            "name=\"key\"",
            "Nhận và gọi",
        ] {
            assert!(html.contains(part), "{part}");
        }
    }

    #[test]
    fn who_may_only_see_it_gets_no_button_and_no_alarm_is_said_in_words() {
        let seen = AlertCard { call: None, ..card() };
        let html = AlertsPage { shell: shell(), cards: vec![seen], ..AlertsPage::default() }.render();
        assert!(!html.contains("/call"));
        let none = AlertsPage { shell: shell(), ..AlertsPage::default() }.render();
        assert!(none.contains("Không có báo động nào"));
    }
}
