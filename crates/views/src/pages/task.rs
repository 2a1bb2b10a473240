//! Whose work a home is today: taking it on, handing it over, seeing to it later, giving it back.

use crate::{Choice, Form, PersonHead, Shell};

/// | action | method | fields |
/// |---|---|---|
/// | `/people/{episode}/task/take` | POST | `over` (`1`, if a colleague has it), `next` |
/// | `/people/{episode}/task/hand` | POST | `to` (staff id), `note` |
/// | `/people/{episode}/task/later` | POST | `minutes`, `why` |
/// | `/people/{episode}/task/back` | POST | none |
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "task.html")]
pub struct TaskPage {
    pub shell: Shell,
    pub person: PersonHead,
    pub form: Form,
    /// "nhà 73, bản Nậm Hãn"
    pub address: String,
    /// Everybody under care there: name, and what there is to do about them.
    pub members: Vec<TaskMember>,
    /// "Lò Thị Xoan nhận lúc 08:12"; `None` while it is nobody's.
    pub whose: Option<String>,
    /// Until when it was put off, in words.
    pub later: Option<String>,
    /// What whoever handed it over or put it off said.
    pub note: Option<String>,
    pub is_own: bool,
    /// One's own, or one assigns carers.
    pub can_give: bool,
    /// Colleagues who are on duty and work there.
    pub colleagues: Vec<Choice>,
    /// For how long it can be put off; empty while something is urgent.
    pub minutes: Vec<Choice>,
}

#[derive(Clone, Debug, Default)]
pub struct TaskMember {
    pub href: String,
    pub name: String,
    pub tag: String,
    pub why: Vec<String>,
}
