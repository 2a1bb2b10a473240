//! Who looked at this person's record: reading health data is recorded too.

use crate::{Paging, PersonHead, Shell, When};

#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "looked.html")]
pub struct LookedPage {
    pub shell: Shell,
    pub person: PersonHead,
    pub lines: Vec<LookedLine>,
    pub paging: Option<Paging>,
}

#[derive(Clone, Debug, Default)]
pub struct LookedLine {
    pub when: When,
    pub who: String,
    pub role: String,
    pub area: String,
    /// What was seen: "trang hồ sơ", "danh sách", "báo cáo".
    pub what: String,
}
