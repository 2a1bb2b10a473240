//! A locality as data (BH-9): which units it has, its clusters, organisations, offices and titles, the rules for
//! groups and first contact, the emergency numbers, and the clock of its reports. Two come with the program, one
//! per letter, and `blueprints/blank.toml` is a form for any other place.
//!
//! [`read`] checks everything that can be checked without a store, and says every fault with its line. Each item has
//! a stable key (an area's code, an organisation's key, a member of staff's login …), so that applying a blueprint
//! twice changes nothing. What stands here only as an example (`made_up`) must not be mistaken for the real thing: a
//! reader of a real locality's file is warned about it.
//!
//! It deliberately holds no disease: thresholds, days and check-ins belong to the protocol.

mod read;

use crate::{AreaLevel, Day, OrganisationKind, Role};

pub use read::read;

/// The blueprints that come with the program.
pub const LAI_CHAU_2022: &str = include_str!("../../../blueprints/lai-chau-2022.toml");
pub const BIEN_HOA_2021: &str = include_str!("../../../blueprints/bien-hoa-2021.toml");
pub const BLANK: &str = include_str!("../../../blueprints/blank.toml");

/// One fault or one warning: where it stands, the key of its words, and the value it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlueprintError {
    pub line: usize,
    pub code: &'static str,
    pub detail: String,
}

impl std::fmt::Display for BlueprintError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}: {}", self.line, self.code, self.detail)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Blueprint {
    /// The blueprint's own name, also the key under which it was applied.
    pub key: String,
    pub title: String,
    /// The documents it follows.
    pub sources: Vec<String>,
    /// The protocol that its cases follow, by the name of its file.
    pub protocol: Option<String>,
    pub time_zone: String,
    /// The first is the root; a parent stands before its children. Key: `code`.
    pub units: Vec<Unit>,
    /// Clusters of residents below the communes. Key: `code`.
    pub clusters: Vec<Cluster>,
    /// Key: `key`. What the file says once for every commune is written out here for each.
    pub organisations: Vec<Organisation>,
    /// What people call an office, by role and organisation; the first that fits is the usual one.
    pub titles: Vec<Title>,
    /// Staff-only groups that run and answer for the care groups below (LC-1, LC-3, LC-12). Key: `key`.
    pub operating_groups: Vec<OperatingGroup>,
    pub groups: GroupRules,
    pub first_contact: FirstContactRules,
    pub gaps: GapRules,
    pub threads: ThreadRules,
    /// In the order in which people should call them (P-12).
    pub emergency: Vec<EmergencyNumber>,
    pub schedule: Schedule,
    /// Key: `login`.
    pub staff: Vec<Staff>,
    /// What is allowed but should not stay: no hours set, numbers and people that are only examples.
    pub warnings: Vec<BlueprintError>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    pub code: String,
    /// Without the word for its kind ("Mường Tè"); [`crate::areas::full_name`] puts it in front.
    pub name: String,
    pub kind: String,
    pub level: AreaLevel,
    /// `None` for the root, whatever stands above it in the country.
    pub parent_code: Option<String>,
    pub valid_from: Option<Day>,
    pub valid_to: Option<Day>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    pub code: String,
    pub parent_code: String,
    /// As people say it, with the word for its kind: "Bản Nậm Hãn", "Khu phố 3".
    pub name: String,
    pub kind: String,
    pub household_count: Option<u32>,
    /// Trưởng bản, trưởng khu phố.
    pub head_name: Option<String>,
    /// Codes of the clusters next to it; if A names B, B names A here.
    pub neighbours: Vec<String>,
    pub made_up: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organisation {
    pub key: String,
    pub kind: OrganisationKind,
    pub name: String,
    pub area_code: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Title {
    pub role: Role,
    pub organisation: OrganisationKind,
    /// The level of the organisation's area.
    pub level: AreaLevel,
    pub words: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatingGroup {
    pub key: String,
    pub area_code: String,
    pub name: String,
    /// Who leads it by office; a group cannot exist without a leader.
    pub leader: Role,
    pub members: Vec<Role>,
}

/// LC-14, LC-15.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupRules {
    pub households_target_min: u32,
    pub households_max: u32,
    pub separate_f0_f1: bool,
    /// Who leads a care group by office (LC-13).
    pub leader: Role,
}

/// LC-9.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstContactRules {
    /// N. The letter left it blank: without it there is no clock, and every new episode shows the gap `no_hours_set`.
    pub hours: Option<u32>,
    pub note: Option<String>,
    /// After how many hundredths of N the carer is reminded.
    pub reminders_percent: Vec<u32>,
}

/// How homes that write are answered.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ThreadRules {
    /// Within how many minutes; without it nobody is timed.
    pub answer_minutes: Option<u32>,
}

/// When a gap that its leader has not closed passes to the levels above.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GapRules {
    pub commune_after_minutes: u32,
    pub district_after_minutes: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmergencyNumber {
    /// The area whose list this is; it holds for everything below that has no list of its own.
    pub area_code: String,
    pub label: String,
    /// As it is dialled; short numbers such as 115 too.
    pub number: String,
    pub made_up: bool,
}

/// The day of reports (LC-4, LC-5, LC-17). Minutes since local midnight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// When the day's figures freeze.
    pub lock_minute: i64,
    /// From the lowest level up.
    pub steps: Vec<ReportStep>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportStep {
    /// Who reports.
    pub level: AreaLevel,
    /// The last moment that is on time lies just before it.
    pub due_minute: i64,
    /// The key of the receiving organisation, or of one that each area above has; see [`Blueprint::recipient`].
    pub to: String,
    /// By which way it goes today, in the office's words ("nhóm Zalo …").
    pub via: Option<String>,
    /// Who confirms the care groups' figures (P-20).
    pub confirmed_by: Option<Role>,
    /// Who signs and sends.
    pub submitted_by: Role,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staff {
    pub login: String,
    pub name: String,
    pub role: Role,
    pub title: String,
    pub organisation_key: String,
    pub area_code: String,
    /// Codes of the clusters this person looks after; empty for the whole area.
    pub cluster_codes: Vec<String>,
    pub phone: Option<String>,
    /// Number of the licence to practise, for clinicians.
    pub licence: Option<String>,
    pub made_up: bool,
}

impl Blueprint {
    /// The area that everything else lies in.
    pub fn root(&self) -> Option<&Unit> {
        self.units.first()
    }

    pub fn unit(&self, code: &str) -> Option<&Unit> {
        self.units.iter().find(|unit| unit.code == code)
    }

    /// The area itself (a unit or a cluster's commune) and the units above it, the nearest first.
    pub fn upwards(&self, code: &str) -> impl Iterator<Item = &Unit> {
        let start = self.clusters.iter().find(|cluster| cluster.code == code);
        let start = start.map_or(code, |cluster| &cluster.parent_code);
        upwards(&self.units, start)
    }

    pub fn organisation(&self, key: &str) -> Option<&Organisation> {
        self.organisations.iter().find(|organisation| organisation.key == key)
    }

    /// The numbers to show in this area: its own list, or the nearest above it that has one.
    pub fn emergency_numbers(&self, area_code: &str) -> Vec<&EmergencyNumber> {
        self.upwards(area_code)
            .map(|unit| self.emergency.iter().filter(|n| n.area_code == unit.code).collect::<Vec<_>>())
            .find(|list| !list.is_empty())
            .unwrap_or_default()
    }

    pub fn report_step(&self, level: AreaLevel) -> Option<&ReportStep> {
        self.schedule.steps.iter().find(|step| step.level == level)
    }

    /// The organisation that receives this area's daily report.
    pub fn recipient(&self, area_code: &str) -> Option<&Organisation> {
        let step = self.report_step(self.unit(area_code)?.level)?;
        recipient(&self.organisations, &self.units, &step.to, area_code)
    }

    /// What this role is usually called in an organisation of this kind at this level.
    pub fn title(&self, role: Role, organisation: OrganisationKind, level: AreaLevel) -> Option<&str> {
        titles(&self.titles, role, organisation, level).next()
    }
}

fn upwards<'a>(units: &'a [Unit], code: &str) -> impl Iterator<Item = &'a Unit> + use<'a> {
    let find = |code: &str| units.iter().find(|unit| unit.code == code);
    std::iter::successors(find(code), move |unit| find(unit.parent_code.as_deref()?))
}

/// The one organisation of this key, or the one that the nearest area above has under `key-code`.
fn recipient<'a>(
    organisations: &'a [Organisation],
    units: &[Unit],
    key: &str,
    area_code: &str,
) -> Option<&'a Organisation> {
    let find = |key: &str| organisations.iter().find(|organisation| organisation.key == key);
    find(key).or_else(|| upwards(units, area_code).skip(1).find_map(|unit| find(&each_key(key, &unit.code))))
}

/// The key of what the file says once for each area of a level.
fn each_key(key: &str, area_code: &str) -> String {
    format!("{key}-{area_code}")
}

fn titles(
    titles: &[Title],
    role: Role,
    organisation: OrganisationKind,
    level: AreaLevel,
) -> impl Iterator<Item = &str> {
    titles
        .iter()
        .filter(move |title| title.role == role && title.organisation == organisation && title.level == level)
        .map(|title| title.words.as_str())
}

#[cfg(test)]
mod tests;
