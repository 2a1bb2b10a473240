//! What a home sees of its own link (trust.md, tier 0): a button, whom to call, and how to say how somebody is. Nothing that is
//! stored about anybody stands on these pages; no script, no web font, a few kilobytes (ux.md §1).

use crate::pages::checkin::Measure;
use crate::{Choice, EmergencyNumber, Form, Lang, PhoneLine, Tone};

/// What every page of a home has around it.
#[derive(Clone, Debug, Default)]
pub struct OwnFrame {
    pub lang: Lang,
    /// The stylesheet's address.
    pub css: String,
    /// `/lang?to=en&back=/own`; empty where going back would show the link.
    pub lang_href: String,
    pub form_key: String,
    /// Whom to call in danger, in the area's order.
    pub emergency: Vec<EmergencyNumber>,
    /// Who answers for the home, with their number.
    pub team: Option<(String, PhoneLine)>,
    pub is_demo: bool,
}

impl OwnFrame {
    pub fn t(&self, key: &str) -> String {
        crate::t(self.lang, key)
    }

    pub fn t1(&self, key: &str, name: &str, value: &str) -> String {
        crate::t_args(self.lang, key, &[(name, value)])
    }
}

/// `GET /h/{token}`: the same for every token, so that a preview learns and does nothing. Its form posts to itself.
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "own_door.html")]
pub struct OwnDoor {
    pub frame: OwnFrame,
    /// It was pressed, and the link opens nothing (any more).
    pub is_shut: bool,
}

/// `GET /home`: one link to `/own/checkin?who=N` for each member.
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "own_home.html")]
pub struct OwnHome {
    pub frame: OwnFrame,
    /// Each member's number, and the home's own word.
    pub members: Vec<(usize, String)>,
    pub no_protocol: bool,
    /// The team wrote something that this home, whose device this is, has not seen.
    pub has_news: bool,
}

/// | action | method | fields |
/// |---|---|---|
/// | `/own/checkin` | POST | `who` (the member's place), `answered_by` (`self`, `relative`), `answerer`, `red_flags` (any number), `none` (`1`), a field per measurement, `spo2_second` |
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "own_checkin.html")]
pub struct OwnCheckin {
    pub frame: OwnFrame,
    pub who: usize,
    /// "Bà"
    pub word: String,
    pub form: Form,
    pub red_flags: Vec<Choice>,
    pub measures: Vec<Measure>,
    pub measures_open: bool,
}

/// What was just said means; nothing else.
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "own_result.html")]
pub struct OwnResult {
    pub frame: OwnFrame,
    pub word: String,
    pub headline: String,
    pub tone: Tone,
    pub now: String,
    /// Call now: the numbers stand first and large.
    pub is_call: bool,
    /// The answers again, for a second reading.
    pub again: Option<OwnAgain>,
}

#[derive(Clone, Debug, Default)]
pub struct OwnAgain {
    /// What was said the first time, as fields.
    pub kept: Vec<(String, String)>,
    /// The field of the second reading.
    pub name: String,
    pub label: String,
}
