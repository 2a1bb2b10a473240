//! The demo's own page: the story of "Bà Chản, nhà 73", log-ins per role, the training clock, and the proof that a
//! changed record is found. 404 outside the demo.

use crate::{Link, Shell};

/// | action | method | fields |
/// |---|---|---|
/// | `/demo/enter` | POST | `login`, `go` (path to open, may be empty) |
/// | `/demo/clock` | POST | `to` (RFC 3339) |
/// | `/demo/tamper` | POST | none |
/// | `/demo/step` | POST | none (only when [`DemoPage::story`] is set) |
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "demo.html")]
pub struct DemoPage {
    pub shell: Shell,
    /// "07:30"
    pub clock: String,
    /// "thứ Tư 16/3/2022"
    pub day: String,
    pub moves: Vec<ClockMove>,
    /// Side by side.
    pub devices: Vec<Device>,
    pub logins: Vec<DemoArea>,
    /// Phones of made-up homes: whose, and the home's own link.
    pub homes: Vec<Link>,
    pub tamper: Option<Tamper>,
    pub story: Option<Story>,
    /// "107.412 người, 106 xã": what the demo holds.
    pub holds: String,
}

#[derive(Clone, Debug, Default)]
pub struct ClockMove {
    /// RFC 3339.
    pub to: String,
    /// "10:58", "+1 giờ", "07:30 hôm sau"
    pub label: String,
    /// What happens there ("xã ký báo cáo"); may be empty.
    pub what: String,
    /// The clock never goes back.
    pub is_past: bool,
}

/// A phone, tablet or desktop of the story with what stands on it now.
#[derive(Clone, Debug, Default)]
pub struct Device {
    /// "Cảnh 1"
    pub scene: String,
    /// "07:30"
    pub time: String,
    /// "Văn thư xã nhập danh sách"
    pub title: String,
    /// Whose device: "chị Lan, văn phòng UBND xã"
    pub who: String,
    /// What it shows now, a few lines with their values.
    pub lines: Vec<DeviceLine>,
    pub login: String,
    pub go: String,
    pub action: String,
    /// `phone`, `tablet`, `desk`
    pub shape: String,
    /// The last act: its button is the tamper form.
    pub is_tamper: bool,
}

#[derive(Clone, Debug, Default)]
pub struct DeviceLine {
    pub label: String,
    pub value: String,
    pub tone: crate::Tone,
}

#[derive(Clone, Debug, Default)]
pub struct DemoArea {
    /// "Xã Mường Tè, Lai Châu"
    pub area: String,
    pub logins: Vec<DemoLogin>,
}

#[derive(Clone, Debug, Default)]
pub struct DemoLogin {
    pub login: String,
    pub role: String,
    pub name: String,
}

/// The copy of the store was changed in one place; both were verified.
#[derive(Clone, Debug, Default)]
pub struct Tamper {
    /// "sổ gốc"
    pub original: Verified,
    pub altered: Verified,
    /// What was changed, before and after, in words.
    pub before: String,
    pub after: String,
    /// "bảng contact_attempt, mục 1.204"
    pub place: String,
}

#[derive(Clone, Debug, Default)]
pub struct Verified {
    pub is_whole: bool,
    /// Formatted.
    pub entries: String,
    /// The first fault in words.
    pub first_bad: Option<String>,
    pub head: String,
}

#[derive(Clone, Debug, Default)]
pub struct Story {
    pub done: String,
    pub of: String,
    /// What the next step shows.
    pub next: Option<String>,
}
