//! Care groups: the list, and one group with its leader, carers, clusters and households (LC-13, LC-14).

use crate::{Choice, Form, Link, Paging, PhoneLine, Shell, Tone};

/// `GET /groups?area=`
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "groups.html")]
pub struct GroupsPage {
    pub shell: Shell,
    pub area: String,
    pub groups: Vec<GroupLine>,
    pub paging: Option<Paging>,
    /// Areas below to look into (for districts and above).
    pub areas: Vec<Link>,
}

#[derive(Clone, Debug, Default)]
pub struct GroupLine {
    pub href: String,
    pub name: String,
    /// "F0" or "F1"
    pub audience: String,
    /// "xã Mường Tè"; empty if clear.
    pub area: String,
    /// In words.
    pub clusters: String,
    pub households: u64,
    /// The most households of a group.
    pub capacity: u64,
    pub people: String,
    /// `None` is shown in red: a group cannot do without a leader.
    pub leader: Option<String>,
    pub carers: String,
    pub on_duty: u64,
}

impl GroupLine {
    pub fn is_full(&self) -> bool {
        self.households >= self.capacity
    }
}

/// | action | method | fields |
/// |---|---|---|
/// | `/groups/{id}/leader` | POST | `staff_id` |
/// | `/groups/{id}/carers` | POST | `staff_id` (repeated: everybody who is to be a carer) |
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "group.html")]
pub struct GroupPage {
    pub shell: Shell,
    pub id: String,
    pub group: GroupLine,
    pub leader: Option<StaffCard>,
    pub carers: Vec<StaffCard>,
    pub cluster_names: Vec<String>,
    /// Open gaps of the group itself, in words.
    pub gaps: Vec<String>,
    pub can_set: bool,
    pub form: Form,
    /// Who may lead; who may care (chosen ones are those in `carers`).
    pub leader_choices: Vec<Choice>,
    pub carer_choices: Vec<CarerChoice>,
    pub people: Vec<GroupPerson>,
    pub people_paging: Option<Paging>,
}

#[derive(Clone, Debug, Default)]
pub struct StaffCard {
    pub id: String,
    pub name: String,
    pub role: String,
    pub phone: Option<PhoneLine>,
    pub on_duty: bool,
    /// "3 nhóm, 118 hộ"
    pub load: Option<String>,
}

impl StaffCard {
    pub fn initials(&self) -> String {
        crate::parts::initials(&self.name)
    }
}

#[derive(Clone, Debug, Default)]
pub struct CarerChoice {
    pub value: String,
    pub label: String,
    pub hint: String,
    pub is_chosen: bool,
}

#[derive(Clone, Debug, Default)]
pub struct GroupPerson {
    pub href: String,
    pub name: String,
    pub age: String,
    pub tag: String,
    pub address: String,
    /// First contact in words.
    pub state: String,
    pub tone: Tone,
}
