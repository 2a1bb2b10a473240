//! Reports of a day: one's own, and those of the areas below with who is late and who is missing (LC-4).

use crate::pages::report::DeadlineClock;
use crate::{Link, Shell};

/// `GET /reports?area=&on=`
///
/// | action | method | fields |
/// |---|---|---|
/// | `/reports` | GET | `area`, `on` |
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "reports.html")]
pub struct ReportsPage {
    pub shell: Shell,
    pub area: String,
    pub area_code: String,
    pub crumbs: Vec<Link>,
    /// "thứ Tư 16/3/2022", and as `2022-03-16` for the field.
    pub day: String,
    pub on: String,
    pub previous_href: String,
    pub next_href: Option<String>,
    pub clock: Option<DeadlineClock>,
    pub own: Option<ReportLine>,
    /// "101/106 xã gửi trước 11:00"
    pub summary: Option<String>,
    /// Late or missing, the worst first.
    pub behind: Vec<ReportLine>,
    /// The rest.
    pub below: Vec<ReportLine>,
    /// Own reports of the days before.
    pub history: Vec<ReportLine>,
}

impl ReportsPage {
    /// Before the time of the communes most of them are drafts, which is not late.
    pub fn is_all_sent(&self) -> bool {
        self.below.iter().all(|line| line.state == "submitted" || line.state == "locked")
    }
}

#[derive(Clone, Debug, Default)]
pub struct ReportLine {
    pub href: String,
    /// The area, or the day in a history.
    pub name: String,
    /// The word of `ReportState`.
    pub state: String,
    /// In words.
    pub state_label: String,
    /// "10:58, Nguyễn Văn A ký"
    pub detail: String,
    pub is_late: bool,
    pub is_missing: bool,
    /// What stands for it, in words (P-22).
    pub substitute: Option<String>,
    pub f0_end: String,
    pub f0_new: String,
    pub f1_end: String,
}
