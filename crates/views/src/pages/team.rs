//! The leader's board of a commune: who is silent, getting worse or waiting for an answer, and how much each carer has.

use crate::{Choice, Form, Shell, When};

/// | action | method | fields |
/// |---|---|---|
/// | `/team/move` | POST | `from` (a staff id, or `nobody`), `to` (a staff id) |
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "team.html")]
pub struct TeamPage {
    pub shell: Shell,
    pub form: Form,
    /// "xã Mường Tè"
    pub area: String,
    /// People who were to be heard of by now.
    pub silent: u64,
    /// Homes that wait for an answer.
    pub unanswered: u64,
    /// Alarms that nobody has.
    pub ringing: u64,
    /// Homes in nobody's care by name.
    pub uncared: u64,
    pub worse: Vec<WorseLine>,
    pub carers: Vec<LoadLine>,
    pub can_move: bool,
    /// Whose homes can be moved.
    pub from: Vec<Choice>,
    /// To whom.
    pub to: Vec<Choice>,
}

#[derive(Clone, Debug, Default)]
pub struct WorseLine {
    pub episode: String,
    pub name: String,
    pub age: String,
    pub tag: String,
    /// "từ bình thường thành khẩn cấp"
    pub words: String,
    pub made_at: When,
    pub address: String,
}

#[derive(Clone, Debug, Default)]
pub struct LoadLine {
    pub name: String,
    pub work: String,
    pub on_duty: bool,
    /// "12 nhà", "nhận 3 việc hôm nay", "giữ 1 báo động"
    pub has: Vec<String>,
    /// "4 người quá giờ"
    pub overdue: Option<String>,
}
