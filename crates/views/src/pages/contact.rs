//! Recording that somebody was reached, or was not: by what, how it went, the four things of P-6, the whole house in
//! one call. The same page is the sheet after a call.

use crate::words::t;
use crate::{Choice, EmergencyNumber, Form, Lang, PersonHead, PhoneLine, Shell, When};

/// | action | method | fields |
/// |---|---|---|
/// | `/people/{episode}/contact` | POST | `outcome` (`reached`, `no_answer`, `wrong_number`, `refused`), `by` (`phone`, `visit`, `zalo`, `sms`, `web`), `danger_signs`, `number`, `how_to_report`, `responsible` (each `1` if ticked), `household` (`1` = counts for everybody at home), `phone` (e164 that was called, optional), `next` (path to come back to) |
///
/// `GET ?after=call` (the return sheet) sets [`ContactPage::after_call`].
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "contact.html")]
pub struct ContactPage {
    pub shell: Shell,
    pub person: PersonHead,
    /// Defaults before the first post: `by` = `phone` (or `visit` without a phone), `household` = `1`.
    pub form: Form,
    /// True: came back from a call, the three answers stand first and big.
    pub after_call: bool,
    pub phones: Vec<PhoneLine>,
    /// The others at home with an open episode, in words ("Vàng A Sử, 12 tuổi, F1"). Empty: no "cả nhà".
    pub household: Vec<String>,
    /// The four, in their order ([`Tick::ALL`]), with what was explained before.
    pub ticks: Vec<TickLine>,
    /// To be read out: who is responsible, and the number to call.
    pub responsible: Option<Responsible>,
    pub emergency: Vec<EmergencyNumber>,
    /// The promise the family holds (P-16).
    pub promise: Option<Promise>,
    pub next: String,
}

impl ContactPage {
    pub fn outcomes(&self) -> Vec<Choice> {
        crate::parts::choices::<rules::AttemptOutcome>(self.shell.lang)
    }

    pub fn ways(&self) -> Vec<Choice> {
        crate::parts::choices::<rules::ContactBy>(self.shell.lang)
    }
}

/// The four things that close the first contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tick {
    DangerSigns,
    Number,
    HowToReport,
    Responsible,
}

impl Tick {
    pub const ALL: &'static [Tick] = &[Tick::DangerSigns, Tick::Number, Tick::HowToReport, Tick::Responsible];

    /// The form's field and the API's.
    pub fn field(self) -> &'static str {
        match self {
            Tick::DangerSigns => "danger_signs",
            Tick::Number => "number",
            Tick::HowToReport => "how_to_report",
            Tick::Responsible => "responsible",
        }
    }

    /// "đã dặn dấu hiệu nguy hiểm"
    pub fn words(self, lang: Lang) -> String {
        t(lang, &format!("tick-{}", self.field()))
    }

    /// What to say, in one plain sentence.
    pub fn hint(self, lang: Lang) -> String {
        t(lang, &format!("tick-{}-say", self.field()))
    }

    /// What is still missing, in a few words ("số cần gọi").
    pub fn missing(self, lang: Lang) -> String {
        t(lang, &format!("tick-{}-missing", self.field()))
    }

    /// The four as lines; `done` says which were explained before and when.
    pub fn lines(lang: Lang, done: impl Fn(Tick) -> Option<String>) -> Vec<TickLine> {
        Tick::ALL
            .iter()
            .map(|tick| TickLine {
                field: tick.field().to_owned(),
                words: tick.words(lang),
                say: tick.hint(lang),
                done: done(*tick),
            })
            .collect()
    }
}

#[derive(Clone, Debug, Default)]
pub struct TickLine {
    pub field: String,
    pub words: String,
    pub say: String,
    /// "chị Lế đã dặn, 08:24": stays ticked.
    pub done: Option<String>,
}

#[derive(Clone, Debug, Default)]
pub struct Responsible {
    /// "chị Pờ Lế"
    pub name: String,
    /// "y tế thôn bản"
    pub role: String,
    pub phone: Option<PhoneLine>,
}

/// "Chị Lế sẽ gặp bà trước 14:00."
#[derive(Clone, Debug, Default)]
pub struct Promise {
    pub who: String,
    /// Form of address ("bà"), made by `formats::kinship`.
    pub whom: String,
    pub before: When,
    pub is_late: bool,
}
