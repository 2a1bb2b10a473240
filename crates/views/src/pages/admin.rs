//! Administration: people and their roles, hours and numbers of an area, its clusters.

use crate::{Choice, Form, Link, Paging, Shell, When};

#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "admin.html")]
pub struct AdminPage {
    pub shell: Shell,
    /// What must be set up yet, with the way to it.
    pub warnings: Vec<Link>,
    pub staff_count: String,
    pub cluster_count: String,
    /// "6 giờ"; `None` = not set.
    pub hours: Option<String>,
    pub numbers_count: String,
    /// "Bản 1.1.0", or that there is none; `None` for those who may not read it.
    pub protocol: Option<String>,
    /// Head of the log: entry, hash, when signed.
    pub log_head: Option<LogHead>,
}

#[derive(Clone, Debug, Default)]
pub struct LogHead {
    pub seq: String,
    pub hash: String,
    pub signed: Option<When>,
    pub key: String,
}

/// | action | method | fields |
/// |---|---|---|
/// | `/admin/staff` | GET | `q`, `cursor` |
/// | `/admin/staff` | POST | `name`, `login`, `phone`, `role`, `organisation` (id), `area` (code), `licence` (for clinicians) |
/// | `/admin/staff/{id}/reset` | POST | none |
/// | `/admin/staff/{id}/revoke` | POST | none |
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "admin_staff.html")]
pub struct StaffPage {
    pub shell: Shell,
    pub q: String,
    pub staff: Vec<StaffLine>,
    pub paging: Option<Paging>,
    pub form: Form,
    pub organisations: Vec<Choice>,
    pub areas: Vec<Choice>,
    /// Roles this administrator may give; made by `parts::choices`.
    pub roles: Vec<Choice>,
    /// Shown once after adding or resetting.
    pub once: Option<OneTime>,
}

#[derive(Clone, Debug, Default)]
pub struct StaffLine {
    pub id: String,
    pub name: String,
    pub login: String,
    /// "trưởng trạm Y tế · trạm Y tế xã · xã Mường Tè", one per grant.
    pub grants: Vec<String>,
    pub has_code: bool,
    pub is_revoked: bool,
    pub last_seen: Option<When>,
    /// Not oneself.
    pub can_change: bool,
}

#[derive(Clone, Debug, Default)]
pub struct OneTime {
    pub name: String,
    pub login: String,
    /// A link to set the password, or the password itself.
    pub link: Option<String>,
    pub password: Option<String>,
    /// "đến 17:30 hôm nay"
    pub until: String,
}

/// | action | method | fields |
/// |---|---|---|
/// | `/admin/clusters` | GET | `area` |
/// | `/admin/clusters` | POST | `area`, `name`, `kind` (bản, khu phố, thôn, tổ, ấp: free text), `head`, `head_phone`, `households` |
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "admin_clusters.html")]
pub struct ClustersPage {
    pub shell: Shell,
    pub area: String,
    pub area_code: String,
    pub areas: Vec<Choice>,
    pub clusters: Vec<ClusterLine>,
    pub form: Form,
}

#[derive(Clone, Debug, Default)]
pub struct ClusterLine {
    pub name: String,
    pub kind: String,
    pub head: String,
    pub households: String,
    pub people: String,
    pub group: Option<Link>,
}

/// | action | method | fields |
/// |---|---|---|
/// | `/admin/settings` | POST | `area`, `hours` (1 to 72, empty = not set), `answer_minutes` (1 to 1440, empty = not set), and `number_label_i`, `number_i` for i = 1..rows in the order to be dialled |
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "admin_settings.html")]
pub struct SettingsPage {
    pub shell: Shell,
    pub area: String,
    pub area_code: String,
    pub areas: Vec<Choice>,
    pub form: Form,
    /// Rows for emergency numbers; at least 4.
    pub rows: usize,
    /// Not set: people are not timed, the page warns.
    pub hours_missing: bool,
    pub numbers_missing: bool,
    /// "do Nguyễn Văn A đặt, 15/3 08:10"
    pub hours_by: Option<String>,
}

#[derive(Clone, Debug, Default)]
pub struct NumberRow {
    pub i: usize,
    pub label: String,
    pub number: String,
    pub wrong: Option<String>,
}

impl SettingsPage {
    pub fn numbers(&self) -> Vec<NumberRow> {
        (1..=self.rows.clamp(4, 12))
            .map(|i| NumberRow {
                i,
                label: self.form.value(&format!("number_label_{i}")).to_owned(),
                number: self.form.value(&format!("number_{i}")).to_owned(),
                wrong: self.form.wrong(&format!("number_{i}")).map(str::to_owned),
            })
            .collect()
    }
}
