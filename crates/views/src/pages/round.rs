//! The village round (vòng bản, P-8): home after home, three answers; only "somebody is not well" opens the people. It is
//! one page that goes on without a signal, prints with numbers, and takes a sheet of paper back.

use crate::{Choice, EmergencyNumber, Form, Link, Paging, PhoneLine, Shell};

/// `GET /round?of=&page=&paper=1`.
///
/// | action | method | fields |
/// |---|---|---|
/// | `/round/{household}` | POST | `how` (`all_well`, `some_unwell`, `not_met`), `unwell` (any number of episodes), `signs_asked` (`1` = those who are not named were asked about the danger signs and have none), `made_at` (moment; empty = now) |
/// | `/round` | POST | the sheet of paper: `how.{household}` for each home, `signs_asked`, `made_at`, `of` |
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "round.html")]
pub struct RoundPage {
    pub shell: Shell,
    /// "Bản Nậm Hãn, xã Mường Tè"
    pub place: String,
    /// "Buổi sáng, 06:00–10:00"; empty where no protocol says when.
    pub slot: String,
    /// One's own homes, and the clusters; one alone is not shown.
    pub places: Vec<Link>,
    /// Which of them is shown.
    pub current: usize,
    pub homes: Vec<RoundHome>,
    /// Homes of this place, and those of which everybody was heard of this time.
    pub total: String,
    pub done: String,
    /// The danger signs that are asked about, by the protocol.
    pub signs: Vec<Choice>,
    /// What may be measured, for somebody who is not well.
    pub measures: Vec<RoundMeasure>,
    pub emergency: Vec<EmergencyNumber>,
    pub no_protocol: bool,
    /// The sheet of paper is written back.
    pub is_paper: bool,
    pub paper: Link,
    pub form: Form,
    pub paging: Option<Paging>,
    /// Whose records the phone keeps until there is a signal.
    pub author: String,
    /// "07:30", when this page was made.
    pub made: String,
    pub printed_by: String,
}

impl RoundPage {
    /// The signs in one line, to be asked in one breath.
    pub fn signs_line(&self) -> String {
        let names: Vec<String> =
            self.signs.iter().map(|sign| crate::events::first_letter_down(&sign.label)).collect();
        names.join("; ")
    }

    pub fn is_current(&self, place: &usize) -> bool {
        *place == self.current
    }

    /// What the sheet says of a home already.
    pub fn is_told(&self, home: &str, word: &str) -> bool {
        self.form.is(&format!("how.{home}"), word)
    }

    pub fn current_label(&self) -> &str {
        self.places.get(self.current).map_or("", |link| link.label.as_str())
    }
}

#[derive(Clone, Debug, Default)]
pub struct RoundMeasure {
    pub name: String,
    /// "SpO2 (%)"
    pub label: String,
}

#[derive(Clone, Debug, Default)]
pub struct RoundHome {
    pub id: String,
    /// Its number on the printed round.
    pub number: String,
    pub address: String,
    pub members: Vec<RoundMember>,
    pub phone: Option<PhoneLine>,
    pub visitor: Option<String>,
    /// Everybody was heard of this time.
    pub is_done: bool,
    /// An alarm of this home that is not over.
    pub alarm: Option<String>,
}

#[derive(Clone, Debug, Default)]
pub struct RoundMember {
    pub episode: String,
    pub name: String,
    pub age: String,
    /// "F0 · ngày 5"
    pub tag: String,
    /// "nghe tin 07:12", or that they were not.
    pub heard: String,
    pub is_done: bool,
}

/// `GET /round/{household}`: who of the home is still to be asked, one by one.
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "round_home.html")]
pub struct RoundHomePage {
    pub shell: Shell,
    pub address: String,
    /// Those who are not well first.
    pub unwell: Vec<RoundMember>,
    pub others: Vec<RoundMember>,
    pub emergency: Vec<EmergencyNumber>,
    pub back: String,
}
