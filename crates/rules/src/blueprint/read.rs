//! Reads a blueprint. The text is parsed section by section, so that one fault does not hide the next; what is wrong
//! is named with its line. Unknown keys are refused: a misspelled rule must not be a silent default.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::{
    Blueprint, BlueprintError, Cluster, EmergencyNumber, FirstContactRules, GapRules, GroupRules,
    OperatingGroup, Organisation, ReportStep, Schedule, Staff, ThreadRules, Title, Unit, each_key, recipient,
    titles, upwards,
};
use crate::areas::{self, checked_code};
use crate::fold::{fold, nfc};
use crate::{AreaLevel, Day, OrganisationKind, Role, Zone};

/// A province with every cluster of every commune stays far below it.
pub const TEXT_BYTES_MAX: usize = 4 << 20;
pub const WORDS_CHARS_MAX: usize = 200;
pub const KEY_CHARS_MAX: usize = 60;
pub const HOUSEHOLDS_PER_GROUP_MAX: u32 = 500;
/// Two weeks: longer is a slip of the pen.
pub const HOURS_MAX: u32 = 14 * 24;
pub const MINUTES_MAX: u32 = HOURS_MAX * 60;
pub const REMINDERS_MAX: usize = 10;
pub const HOUSEHOLDS_PER_CLUSTER_MAX: u32 = 100_000;

/// The word that stands for the list in `data/areas-2021.csv`.
const OFFICIAL_LIST: &str = "official-2021";
const OWN_LIST: &str = "own";

type Text = Spanned<String>;
type Count = Spanned<u32>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawHead {
    key: Text,
    title: Text,
    #[serde(default)]
    sources: Vec<Text>,
    protocol: Option<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRoot {
    code: Text,
    time_zone: Text,
    units: Text,
    valid_from: Option<Text>,
    valid_to: Option<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawUnit {
    code: Text,
    name: Text,
    kind: Text,
    parent: Option<Text>,
    valid_from: Option<Text>,
    valid_to: Option<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCluster {
    code: Text,
    parent: Text,
    name: Text,
    kind: Text,
    households: Option<Count>,
    head: Option<Text>,
    #[serde(default)]
    neighbours: Vec<Text>,
    #[serde(default)]
    made_up: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawOrganisation {
    key: Text,
    kind: Text,
    name: Text,
    area: Option<Text>,
    each: Option<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTitle {
    role: Text,
    organisation: Text,
    /// Every level where such an office stands, if none is named.
    level: Option<Text>,
    words: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawOperatingGroup {
    key: Text,
    name: Text,
    area: Option<Text>,
    each: Option<Text>,
    leader: Text,
    #[serde(default)]
    members: Vec<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGroups {
    households_target_min: Count,
    households_max: Count,
    separate_f0_f1: bool,
    leader: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFirstContact {
    hours: Option<Count>,
    note: Option<Text>,
    #[serde(default)]
    reminders_percent: Vec<Count>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawThreads {
    answer_minutes: Option<Count>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGaps {
    commune_after_minutes: Count,
    district_after_minutes: Count,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEmergency {
    label: Text,
    number: Text,
    area: Option<Text>,
    #[serde(default)]
    made_up: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSchedule {
    lock: Text,
    step: Vec<RawStep>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStep {
    level: Text,
    due: Text,
    to: Text,
    via: Option<Text>,
    confirmed_by: Option<Text>,
    submitted_by: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStaff {
    login: Text,
    name: Text,
    role: Text,
    organisation: Text,
    area: Text,
    #[serde(default)]
    clusters: Vec<Text>,
    title: Option<Text>,
    phone: Option<Text>,
    licence: Option<Text>,
    #[serde(default)]
    made_up: bool,
}

/// Reads and checks a blueprint; every fault is named, by line.
pub fn read(text: &str) -> Result<Blueprint, Vec<BlueprintError>> {
    if text.len() > TEXT_BYTES_MAX {
        let detail = format!("more than {TEXT_BYTES_MAX} bytes");
        return Err(vec![BlueprintError { line: 1, code: "too_long", detail }]);
    }
    let mut reader = Reader { text, errors: Vec::new(), warnings: Vec::new(), broken: BTreeSet::new() };
    let (table, faults) = DeTable::parse_recoverable(text);
    if !faults.is_empty() {
        for fault in faults {
            let at = fault.span().map_or(0, |span| span.start);
            reader.fault(at, "bad_toml", fault.message());
        }
        return Err(reader.sorted_errors());
    }
    let blueprint = reader.blueprint(Sections(table.into_inner()));
    match blueprint {
        Some(blueprint) if reader.errors.is_empty() => Ok(blueprint),
        Some(_) | None => Err(reader.sorted_errors()),
    }
}

/// The sections of the file that have not been read yet.
struct Sections<'t>(DeTable<'t>);

impl<'t> Sections<'t> {
    fn take(&mut self, name: &str) -> Option<Spanned<DeValue<'t>>> {
        self.0.remove(name)
    }
}

struct Reader<'t> {
    text: &'t str,
    errors: Vec<BlueprintError>,
    warnings: Vec<BlueprintError>,
    /// Sections with faults; see [`CONSEQUENCES`].
    broken: BTreeSet<&'static str>,
}

/// Faults that are not worth saying while one of these sections has faults of its own: they may only follow from it.
const CONSEQUENCES: &[(&str, &[&str])] = &[
    ("unknown_organisation", &["organisation"]),
    ("title_without_office", &["organisation"]),
    ("no_title", &["organisation", "title"]),
    ("unknown_title", &["organisation", "title"]),
    ("unknown_cluster", &["cluster"]),
    ("unknown_neighbour", &["cluster"]),
];

impl Reader<'_> {
    fn blueprint(&mut self, mut sections: Sections) -> Option<Blueprint> {
        let head = self.section::<RawHead>(&mut sections, "blueprint");
        let root = self.section::<RawRoot>(&mut sections, "root");
        let units = self.items(&mut sections, "unit");
        let clusters = self.items(&mut sections, "cluster");
        let organisations = self.items(&mut sections, "organisation");
        let title_items = self.items(&mut sections, "title");
        let operating_groups = self.items(&mut sections, "operating_group");
        let groups = self.section::<RawGroups>(&mut sections, "groups");
        let first_contact = self.section::<RawFirstContact>(&mut sections, "first_contact");
        let gaps = self.section::<RawGaps>(&mut sections, "gaps");
        let threads = sections.take("threads").and_then(|value| self.shaped::<RawThreads>(value));
        let emergency: Vec<Spanned<RawEmergency>> = self.items(&mut sections, "emergency");
        let schedule = self.section::<RawSchedule>(&mut sections, "schedule");
        let staff = self.items(&mut sections, "staff");
        for (name, _) in sections.0 {
            self.fault(name.span().start, "unknown_key", format!("no section is called {}", name.get_ref()));
        }

        if emergency.is_empty() {
            self.fault(0, "no_emergency_number", "[[emergency]] must name at least one number for the root");
        }
        let head = head.map(|head| self.head(head.into_inner()));
        let root = root?.into_inner();
        let time_zone = self.time_zone(&root.time_zone);
        let units = self.units(&root, units)?;
        let clusters = self.checked("cluster", |reader| reader.clusters(clusters, &units));
        let organisations =
            self.checked("organisation", |reader| reader.organisations(organisations, &units));
        let titles = self.checked("title", |reader| reader.titles(title_items, &organisations, &units));
        let places =
            Places { units: &units, clusters: &clusters, organisations: &organisations, titles: &titles };
        let operating_groups = self.operating_groups(operating_groups, &places);
        let groups = groups.and_then(|groups| self.groups(groups.into_inner(), &places));
        let first_contact = first_contact.map(|first_contact| self.first_contact(first_contact));
        let gaps = gaps.map(|gaps| self.gaps(gaps.get_ref()));
        let threads = self.threads(threads);
        let emergency = self.emergency(emergency, &places);
        let schedule = schedule.and_then(|schedule| self.schedule(schedule.into_inner(), &places));
        let staff = self.staff(staff, &places);

        let (key, title, sources, protocol) = head?;
        Some(Blueprint {
            key,
            title,
            sources,
            protocol,
            time_zone,
            operating_groups,
            groups: groups?,
            first_contact: first_contact?,
            gaps: gaps?,
            threads,
            emergency,
            schedule: schedule?,
            staff,
            units,
            clusters,
            organisations,
            titles,
            warnings: std::mem::take(&mut self.warnings),
        })
    }

    // ---- sections -------------------------------------------------------------------------------------------

    fn head(&mut self, head: RawHead) -> (String, String, Vec<String>, Option<String>) {
        (
            self.key(&head.key),
            self.words(&head.title),
            head.sources.iter().map(|source| self.words(source)).collect(),
            head.protocol.map(|protocol| self.key(&protocol)),
        )
    }

    fn time_zone(&mut self, name: &Text) -> String {
        if !Zone::exists(name.get_ref()) {
            self.fault_at(name, "unknown_time_zone", name.get_ref());
        }
        name.get_ref().clone()
    }

    fn units(&mut self, root: &RawRoot, own: Vec<Spanned<RawUnit>>) -> Option<Vec<Unit>> {
        let (valid_from, valid_to) = self.validity(root.valid_from.as_ref(), root.valid_to.as_ref());
        let code = root.code.get_ref();
        let mut units: Vec<Unit> = match root.units.get_ref().as_str() {
            OFFICIAL_LIST => {
                let official = areas::subtree(code);
                if official.is_empty() {
                    self.fault_at(
                        &root.code,
                        "unknown_area",
                        format!("{code:?} is not in the official list"),
                    );
                    return None;
                }
                let unit = |(at, unit): (usize, &areas::OfficialUnit)| Unit {
                    code: unit.code.to_owned(),
                    name: unit.name.to_owned(),
                    kind: unit.kind.to_owned(),
                    level: unit.level,
                    parent_code: unit.parent_code.filter(|_| at > 0).map(str::to_owned),
                    valid_from,
                    valid_to,
                };
                official.iter().enumerate().map(unit).collect()
            }
            OWN_LIST => Vec::new(),
            other => {
                let detail = format!("{other:?}; one of: {OFFICIAL_LIST}, {OWN_LIST}");
                self.fault_at(&root.units, "unknown_list", detail);
                return None;
            }
        };
        let own: Vec<(usize, Unit)> = own.into_iter().filter_map(|unit| self.unit(unit)).collect();
        // Higher levels first, so that a parent is there before its child whatever the order in the file.
        for level in AreaLevel::ALL {
            for (at, unit) in own.iter().filter(|(_, unit)| unit.level == *level) {
                self.add_unit(&mut units, code, *at, unit);
            }
        }
        if units.first().is_none_or(|first| first.code != *code) {
            self.fault_at(&root.code, "unknown_area", format!("no [[unit]] has the root's code {code:?}"));
            return None;
        }
        Some(units)
    }

    fn unit(&mut self, raw: Spanned<RawUnit>) -> Option<(usize, Unit)> {
        let at = raw.span().start;
        let raw = raw.into_inner();
        let (valid_from, valid_to) = self.validity(raw.valid_from.as_ref(), raw.valid_to.as_ref());
        let kind = self.unit_kind(&raw.kind)?;
        if kind.level == AreaLevel::Cluster {
            self.fault_at(&raw.kind, "kind_of_other_level", "clusters stand in [[cluster]]");
            return None;
        }
        let code = match checked_code(raw.code.get_ref(), kind.level) {
            Ok(code) => code,
            Err(detail) => {
                self.fault_at(&raw.code, "bad_code", detail);
                return None;
            }
        };
        Some((
            at,
            Unit {
                code,
                name: self.words(&raw.name),
                kind: kind.word.to_owned(),
                level: kind.level,
                parent_code: raw.parent.map(|parent| parent.into_inner()),
                valid_from,
                valid_to,
            },
        ))
    }

    fn add_unit(&mut self, units: &mut Vec<Unit>, root: &str, at: usize, unit: &Unit) {
        let code = &unit.code;
        if units.iter().any(|known| known.code == *code) {
            self.fault(at, "duplicate_code", code);
            return;
        }
        if code == root {
            let root = Unit { parent_code: None, ..unit.clone() };
            units.insert(0, root);
            return;
        }
        let parent = unit.parent_code.as_deref().unwrap_or("");
        match units.iter().find(|known| known.code == parent) {
            None => self.fault(at, "unknown_area", format!("{code} lies in {parent:?}, which is not here")),
            Some(above) if above.level >= unit.level => {
                let detail = format!("{code} is a {}, {parent} a {}", unit.level, above.level);
                self.fault(at, "parent_not_above", detail);
            }
            Some(_) => units.push(unit.clone()),
        }
    }

    fn clusters(&mut self, raw: Vec<Spanned<RawCluster>>, units: &[Unit]) -> Vec<Cluster> {
        let faults_before = self.errors.len();
        let mut clusters: Vec<Cluster> = Vec::new();
        // (commune, folded name) and code of each, for neighbours and duplicates.
        let mut codes: BTreeSet<String> = BTreeSet::new();
        let mut by_name: HashMap<(String, String), String> = HashMap::new();
        let mut neighbours: Vec<(String, Vec<Text>)> = Vec::new();
        let mut made_up = Examples::default();
        for item in raw {
            let at = item.span().start;
            let raw = item.into_inner();
            let name = self.words(&raw.name);
            let parent = self.area(&raw.parent, units, Some(AreaLevel::Commune));
            let kind = self.unit_kind(&raw.kind);
            if kind.is_some_and(|kind| kind.level != AreaLevel::Cluster) {
                self.fault_at(&raw.kind, "kind_of_other_level", raw.kind.get_ref());
            }
            if let Err(detail) = checked_code(raw.code.get_ref(), AreaLevel::Cluster) {
                self.fault_at(&raw.code, "bad_code", detail);
            }
            if let Some(households) = &raw.households {
                self.in_range(households, 0, HOUSEHOLDS_PER_CLUSTER_MAX);
            }
            let head_name = raw.head.as_ref().map(|head| self.words(head));
            let code = raw.code.get_ref().clone();
            if units.iter().any(|unit| unit.code == code) || !codes.insert(code.clone()) {
                self.fault_at(&raw.code, "duplicate_code", code);
                continue;
            }
            let (Some(parent), Some(kind)) = (parent, kind) else { continue };
            if by_name.insert((parent.clone(), fold(&name)), code.clone()).is_some() {
                self.fault_at(&raw.name, "duplicate_name", format!("{name} in {parent}"));
                continue;
            }
            made_up.note(at, raw.made_up);
            neighbours.push((code.clone(), raw.neighbours));
            clusters.push(Cluster {
                code,
                parent_code: parent,
                name,
                kind: kind.word.to_owned(),
                household_count: raw.households.map(Spanned::into_inner),
                head_name,
                neighbours: Vec::new(),
                made_up: raw.made_up,
            });
        }
        self.warn_made_up(&made_up, "clusters with made-up heads and counts");

        if self.errors.len() > faults_before {
            return clusters;
        }
        let mut pairs: BTreeSet<(String, String)> = BTreeSet::new();
        for ((code, list), cluster) in neighbours.iter().zip(&clusters) {
            for neighbour in list {
                let said = neighbour.get_ref();
                let key = (cluster.parent_code.clone(), fold(said));
                match codes.get(said).or_else(|| by_name.get(&key)) {
                    Some(other) if other != code => {
                        pairs.insert((code.clone(), other.clone()));
                        pairs.insert((other.clone(), code.clone()));
                    }
                    Some(_) | None => self.fault_at(neighbour, "unknown_neighbour", said),
                }
            }
        }
        for cluster in &mut clusters {
            let mine = pairs.iter().filter(|(from, _)| *from == cluster.code);
            cluster.neighbours = mine.map(|(_, to)| to.clone()).collect();
        }
        clusters
    }

    fn organisations(&mut self, raw: Vec<Spanned<RawOrganisation>>, units: &[Unit]) -> Vec<Organisation> {
        let mut organisations: Vec<Organisation> = Vec::new();
        for item in raw {
            let at = item.span().start;
            let raw = item.into_inner();
            let kind = self.word(&raw.kind, "unknown_kind", OrganisationKind::ALL, OrganisationKind::word);
            let key = self.key(&raw.key);
            let places = self.places(at, raw.area.as_ref(), raw.each.as_ref(), units);
            let (Some(kind), Some(places)) = (kind, places) else { continue };
            for (unit, each) in places {
                let key = if each { each_key(&key, &unit.code) } else { key.clone() };
                if organisations.iter().any(|known| known.key == key) {
                    self.fault_at(&raw.key, "duplicate_key", key);
                    break;
                }
                let Some(name) = self.filled(&raw.name, unit, units) else { break };
                organisations.push(Organisation { key, kind, name, area_code: unit.code.clone() });
            }
        }
        organisations
    }

    fn titles(&mut self, raw: Vec<Spanned<RawTitle>>, there: &[Organisation], units: &[Unit]) -> Vec<Title> {
        let mut titles: Vec<Title> = Vec::new();
        let level_of = |code: &str| units.iter().find(|unit| unit.code == code).map(|unit| unit.level);
        let offices: BTreeSet<(OrganisationKind, AreaLevel)> = there
            .iter()
            .filter_map(|organisation| Some((organisation.kind, level_of(&organisation.area_code)?)))
            .collect();
        for item in raw {
            let at = item.span().start;
            let raw = item.into_inner();
            let role = self.role(&raw.role);
            let organisation =
                self.word(&raw.organisation, "unknown_kind", OrganisationKind::ALL, OrganisationKind::word);
            let level = match &raw.level {
                None => Some(None),
                Some(said) => self.level(said).map(Some),
            };
            let words = self.words(&raw.words);
            let (Some(role), Some(organisation), Some(level)) = (role, organisation, level) else { continue };
            let wanted =
                |at: &AreaLevel| offices.contains(&(organisation, *at)) && level.is_none_or(|l| l == *at);
            let levels: Vec<AreaLevel> = AreaLevel::ALL.iter().copied().filter(wanted).collect();
            if levels.is_empty() {
                let place = level.map(|level| format!(" at level {level}")).unwrap_or_default();
                let said_at = raw.level.as_ref().map_or(at, |said| said.span().start);
                self.fault(said_at, "title_without_office", format!("there is no {organisation}{place}"));
            }
            for level in levels {
                let title = Title { role, organisation, level, words: words.clone() };
                if titles.contains(&title) {
                    self.fault(at, "duplicate_title", &title.words);
                } else {
                    titles.push(title);
                }
            }
        }
        titles
    }

    fn operating_groups(
        &mut self,
        raw: Vec<Spanned<RawOperatingGroup>>,
        known: &Places,
    ) -> Vec<OperatingGroup> {
        let mut groups: Vec<OperatingGroup> = Vec::new();
        for item in raw {
            let at = item.span().start;
            let raw = item.into_inner();
            let key = self.key(&raw.key);
            let leader = self.held_role(&raw.leader, known);
            let members: Vec<Role> =
                raw.members.iter().filter_map(|member| self.held_role(member, known)).collect();
            let places = self.places(at, raw.area.as_ref(), raw.each.as_ref(), known.units);
            let (Some(leader), Some(places)) = (leader, places) else { continue };
            for (unit, each) in places {
                let key = if each { each_key(&key, &unit.code) } else { key.clone() };
                if groups.iter().any(|group| group.key == key) {
                    self.fault_at(&raw.key, "duplicate_key", key);
                    break;
                }
                let Some(name) = self.filled(&raw.name, unit, known.units) else { break };
                let (area_code, members) = (unit.code.clone(), members.clone());
                groups.push(OperatingGroup { key, area_code, name, leader, members });
            }
        }
        groups
    }

    fn groups(&mut self, raw: RawGroups, known: &Places) -> Option<GroupRules> {
        self.in_range(&raw.households_max, 1, HOUSEHOLDS_PER_GROUP_MAX);
        let (min, max) = (*raw.households_target_min.get_ref(), *raw.households_max.get_ref());
        if min > max {
            self.fault_at(&raw.households_target_min, "min_above_max", format!("{min} > {max}"));
        }
        Some(GroupRules {
            households_target_min: min,
            households_max: max,
            separate_f0_f1: raw.separate_f0_f1,
            leader: self.held_role(&raw.leader, known)?,
        })
    }

    fn first_contact(&mut self, raw: Spanned<RawFirstContact>) -> FirstContactRules {
        let at = raw.span().start;
        let raw = raw.into_inner();
        match &raw.hours {
            Some(hours) => self.in_range(hours, 1, HOURS_MAX),
            None => self.warn(at, "no_hours_set", "no hours are named: nothing will be overdue"),
        }
        if let Some(extra) = raw.reminders_percent.get(REMINDERS_MAX) {
            self.fault_at(extra, "too_many", format!("more than {REMINDERS_MAX}"));
        }
        for reminder in &raw.reminders_percent {
            self.in_range(reminder, 1, 100);
        }
        for pair in raw.reminders_percent.windows(2) {
            if pair[1].get_ref() <= pair[0].get_ref() {
                let detail = format!("{} after {}", pair[1].get_ref(), pair[0].get_ref());
                self.fault_at(&pair[1], "not_in_order", detail);
            }
        }
        FirstContactRules {
            hours: raw.hours.map(Spanned::into_inner),
            note: raw.note.map(|note| self.words(&note)),
            reminders_percent: raw.reminders_percent.into_iter().map(Spanned::into_inner).collect(),
        }
    }

    /// The section may be left out: nobody is timed then.
    fn threads(&mut self, raw: Option<RawThreads>) -> ThreadRules {
        let Some(minutes) = raw.and_then(|raw| raw.answer_minutes) else { return ThreadRules::default() };
        let bounds = crate::thread::ANSWER_MINUTES;
        let bound = |minutes: &i64| u32::try_from(*minutes).unwrap_or(u32::MAX);
        self.in_range(&minutes, bound(bounds.start()), bound(bounds.end()));
        ThreadRules { answer_minutes: Some(minutes.into_inner()) }
    }

    fn gaps(&mut self, raw: &RawGaps) -> GapRules {
        let (commune, district) = (&raw.commune_after_minutes, &raw.district_after_minutes);
        self.in_range(commune, 0, MINUTES_MAX);
        self.in_range(district, 0, MINUTES_MAX);
        if district.get_ref() < commune.get_ref() {
            self.fault_at(
                district,
                "not_in_order",
                format!("{} < {}", district.get_ref(), commune.get_ref()),
            );
        }
        GapRules { commune_after_minutes: *commune.get_ref(), district_after_minutes: *district.get_ref() }
    }

    fn emergency(&mut self, raw: Vec<Spanned<RawEmergency>>, known: &Places) -> Vec<EmergencyNumber> {
        let root = known.units.first().map(|unit| unit.code.clone()).unwrap_or_default();
        let mut numbers: Vec<EmergencyNumber> = Vec::new();
        let mut made_up = Examples::default();
        for item in raw {
            let at = item.span().start;
            let raw = item.into_inner();
            let area = match &raw.area {
                Some(area) => self.area(area, known.units, None),
                None => Some(root.clone()),
            };
            let label = self.words(&raw.label);
            let number = raw.number.get_ref().trim().to_owned();
            if !is_dialable(&number) {
                self.fault_at(&raw.number, "bad_number", &number);
                continue;
            }
            let Some(area_code) = area else { continue };
            if numbers.iter().any(|known| known.area_code == area_code && known.number == number) {
                self.fault_at(&raw.number, "duplicate_number", number);
                continue;
            }
            made_up.note(at, raw.made_up);
            numbers.push(EmergencyNumber { area_code, label, number, made_up: raw.made_up });
        }
        if !self.errors.iter().any(|error| EMERGENCY_FAULTS.contains(&error.code))
            && !numbers.iter().any(|number| number.area_code == root)
        {
            self.fault(0, "no_emergency_number", format!("none of the numbers is for the root {root}"));
        }
        self.warn_made_up(&made_up, "made-up emergency numbers");
        numbers
    }

    fn schedule(&mut self, raw: RawSchedule, known: &Places) -> Option<Schedule> {
        let lock = self.minute(&raw.lock);
        let mut steps: Vec<ReportStep> = Vec::new();
        for raw in raw.step {
            let level = self.level(&raw.level);
            let due = self.minute(&raw.due);
            let confirmed_by = raw.confirmed_by.as_ref().and_then(|role| self.held_role(role, known));
            let submitted_by = self.held_role(&raw.submitted_by, known);
            let via = raw.via.as_ref().map(|via| self.words(via));
            let to = self.key(&raw.to);
            let (Some(level), Some(due_minute), Some(submitted_by)) = (level, due, submitted_by) else {
                continue;
            };
            self.check_recipient(&raw, level, known);
            if let Some(lock) = lock {
                self.check_due(&raw.due, due_minute, lock, steps.last());
            }
            if let Some(below) = steps.last()
                && below.level <= level
            {
                let detail = format!("{level} after {}: the lowest level stands first", below.level);
                self.fault_at(&raw.level, "not_in_order", detail);
            }
            steps.push(ReportStep { level, due_minute, to, via, confirmed_by, submitted_by });
        }
        if steps.is_empty() && self.errors.is_empty() {
            self.fault_at(&raw.lock, "no_step", "[[schedule.step]] must say who reports");
        }
        Some(Schedule { lock_minute: lock?, steps })
    }

    /// Every area of the level must find the organisation that receives its report.
    fn check_recipient(&mut self, step: &RawStep, level: AreaLevel, known: &Places) {
        let mut reporting = known.units.iter().filter(|unit| unit.level == level).peekable();
        if reporting.peek().is_none() {
            self.fault_at(&step.level, "unknown_level", format!("there is no {level} here"));
            return;
        }
        let to = step.to.get_ref();
        if let Some(unit) =
            reporting.find(|unit| recipient(known.organisations, known.units, to, &unit.code).is_none())
        {
            self.fault_at(&step.to, "unknown_organisation", format!("{to} for {} {}", level, unit.code));
        }
    }

    /// The lowest level reports before the lock, every level above after it and after those below.
    fn check_due(&mut self, due: &Text, minute: i64, lock: i64, below: Option<&ReportStep>) {
        let said = due.get_ref();
        match below {
            None if minute > lock => self.fault_at(due, "due_after_lock", said),
            Some(_) if minute <= lock => self.fault_at(due, "due_before_lock", said),
            Some(below) if minute <= below.due_minute => self.fault_at(due, "not_in_order", said),
            None | Some(_) => {}
        }
    }

    fn staff(&mut self, raw: Vec<Spanned<RawStaff>>, known: &Places) -> Vec<Staff> {
        let mut staff: Vec<Staff> = Vec::new();
        let mut lines: BTreeMap<String, usize> = BTreeMap::new();
        let mut made_up = Examples::default();
        for item in raw {
            let at = item.span().start;
            let raw = item.into_inner();
            let login = self.login(&raw.login);
            if let Some(first) = lines.insert(login.clone(), self.line(at)) {
                self.fault_at(&raw.login, "duplicate_login", format!("{login} is in line {first}"));
                continue;
            }
            let name = self.words(&raw.name);
            let role = self.role(&raw.role);
            let area = self.area(&raw.area, known.units, None);
            let organisation = known.organisations.iter().find(|o| o.key == *raw.organisation.get_ref());
            if organisation.is_none() {
                self.fault_at(&raw.organisation, "unknown_organisation", raw.organisation.get_ref());
            }
            let phone = raw.phone.as_ref().map(|phone| phone.get_ref().trim().to_owned());
            if let (Some(number), Some(said)) = (&phone, &raw.phone)
                && !is_dialable(number)
            {
                self.fault_at(said, "bad_number", number);
            }
            let (Some(role), Some(area), Some(organisation)) = (role, area, organisation) else { continue };
            let cluster_codes: Vec<String> = raw
                .clusters
                .iter()
                .filter_map(|cluster| self.cluster(cluster, &area, known.clusters))
                .collect();
            let Some(title) = self.staff_title(&raw, role, organisation, known) else { continue };
            made_up.note(at, raw.made_up);
            staff.push(Staff {
                login,
                name,
                role,
                title,
                organisation_key: organisation.key.clone(),
                area_code: area,
                cluster_codes,
                phone,
                licence: raw.licence.as_ref().map(|licence| self.words(licence)),
                made_up: raw.made_up,
            });
        }
        self.warn_made_up(&made_up, "made-up members of staff");
        staff
    }

    /// The title given, if the blueprint has it for this office, else the usual one.
    fn staff_title(
        &mut self,
        raw: &RawStaff,
        role: Role,
        organisation: &Organisation,
        known: &Places,
    ) -> Option<String> {
        let level = upwards(known.units, &organisation.area_code).next()?.level;
        let mut fitting = titles(known.titles, role, organisation.kind, level);
        match &raw.title {
            None => {
                let usual = fitting.next().map(str::to_owned);
                if usual.is_none() {
                    let detail = format!("{role} in {}, level {level}", organisation.kind);
                    self.fault_at(&raw.role, "no_title", detail);
                }
                usual
            }
            Some(said) => {
                let wanted = nfc(said.get_ref());
                let found = fitting.any(|title| title == wanted);
                if !found {
                    self.fault_at(said, "unknown_title", &wanted);
                }
                found.then_some(wanted)
            }
        }
    }

    // ---- values ---------------------------------------------------------------------------------------------

    /// Words that people read: NFC, not empty, not endless.
    fn words(&mut self, said: &Text) -> String {
        let words = nfc(said.get_ref());
        if words.is_empty() {
            self.fault_at(said, "empty", "a text is missing");
        } else if words.chars().count() > WORDS_CHARS_MAX {
            self.fault_at(said, "too_long", format!("more than {WORDS_CHARS_MAX} letters"));
        }
        words
    }

    /// Small letters, digits and hyphens.
    fn key(&mut self, said: &Text) -> String {
        self.plain(said, "bad_key", |c| c == '-')
    }

    fn login(&mut self, said: &Text) -> String {
        self.plain(said, "bad_login", |c| matches!(c, '-' | '.' | '_'))
    }

    fn plain(&mut self, said: &Text, code: &'static str, also: fn(char) -> bool) -> String {
        let text = said.get_ref();
        let good = text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || also(c));
        if !good || text.is_empty() || text.len() > KEY_CHARS_MAX {
            self.fault_at(said, code, format!("{text:?}: 1 to {KEY_CHARS_MAX} of a-z, 0-9 and hyphens"));
        }
        text.clone()
    }

    /// A word of a closed list.
    fn word<T: Copy>(
        &mut self,
        said: &Text,
        code: &'static str,
        all: &[T],
        word: fn(T) -> &'static str,
    ) -> Option<T> {
        let found = all.iter().copied().find(|one| word(*one) == said.get_ref());
        if found.is_none() {
            let list: Vec<&str> = all.iter().map(|one| word(*one)).collect();
            self.fault_at(said, code, format!("{:?}; one of: {}", said.get_ref(), list.join(", ")));
        }
        found
    }

    fn role(&mut self, said: &Text) -> Option<Role> {
        self.word(said, "unknown_role", Role::ALL, Role::word)
    }

    fn level(&mut self, said: &Text) -> Option<AreaLevel> {
        self.word(said, "unknown_level", AreaLevel::ALL, AreaLevel::word)
    }

    /// A role that somebody can hold here: it has a title in some office.
    fn held_role(&mut self, said: &Text, known: &Places) -> Option<Role> {
        let role = self.role(said)?;
        if !known.titles.iter().any(|title| title.role == role) {
            self.fault_at(said, "no_title", format!("{role} has no [[title]]"));
        }
        Some(role)
    }

    fn unit_kind(&mut self, said: &Text) -> Option<&'static areas::Kind> {
        let kind = areas::kind(said.get_ref());
        if kind.is_none() {
            let list: Vec<&str> = areas::KINDS.iter().map(|kind| kind.word).collect();
            self.fault_at(said, "unknown_kind", format!("{:?}; one of: {}", said.get_ref(), list.join(", ")));
        }
        kind
    }

    /// The code of an area of this blueprint, of a certain level if one is asked for.
    fn area(&mut self, said: &Text, units: &[Unit], level: Option<AreaLevel>) -> Option<String> {
        let code = said.get_ref();
        match units.iter().find(|unit| unit.code == *code) {
            Some(unit) if level.is_none_or(|level| level == unit.level) => Some(code.clone()),
            Some(unit) => {
                self.fault_at(said, "area_of_other_level", format!("{code} is a {}", unit.level));
                None
            }
            None => {
                self.fault_at(said, "unknown_area", format!("{code:?} does not lie in the root"));
                None
            }
        }
    }

    /// A cluster by its code, or by its name within the commune.
    fn cluster(&mut self, said: &Text, commune: &str, clusters: &[Cluster]) -> Option<String> {
        let name = fold(said.get_ref());
        let found = clusters
            .iter()
            .filter(|cluster| cluster.parent_code == commune)
            .find(|cluster| cluster.code == *said.get_ref() || fold(&cluster.name) == name);
        if found.is_none() {
            self.fault_at(said, "unknown_cluster", format!("{} in {commune}", said.get_ref()));
        }
        found.map(|cluster| cluster.code.clone())
    }

    /// Where an item stands: in one area (the root if none is named), or in each area of a level (`true`).
    fn places<'u>(
        &mut self,
        at: usize,
        area: Option<&Text>,
        each: Option<&Text>,
        units: &'u [Unit],
    ) -> Option<Vec<(&'u Unit, bool)>> {
        match (area, each) {
            (Some(_), Some(_)) => {
                self.fault(at, "area_and_each", "either area or each, not both");
                None
            }
            (None, Some(each)) => {
                let level = self.level(each)?;
                let there: Vec<(&Unit, bool)> =
                    units.iter().filter(|unit| unit.level == level).map(|unit| (unit, true)).collect();
                if there.is_empty() {
                    self.fault_at(each, "unknown_level", format!("there is no {level} here"));
                }
                Some(there)
            }
            (Some(area), None) => {
                let code = self.area(area, units, None)?;
                Some(units.iter().filter(|unit| unit.code == code).map(|unit| (unit, false)).collect())
            }
            (None, None) => Some(units.iter().take(1).map(|unit| (unit, false)).collect()),
        }
    }

    /// A name with its gaps filled: `{name}` "Mường Tè", `{unit}` "xã Mường Tè", `{parent}` "huyện Mường Tè",
    /// `{code}` "03445".
    fn filled(&mut self, said: &Text, unit: &Unit, units: &[Unit]) -> Option<String> {
        let parent = unit.parent_code.as_deref().and_then(|code| upwards(units, code).next());
        let spoken = |unit: &Unit| areas::spoken_name(&unit.kind, &unit.name);
        let filled = self
            .words(said)
            .replace("{name}", &unit.name)
            .replace("{unit}", &spoken(unit))
            .replace("{parent}", &parent.map(spoken).unwrap_or_default())
            .replace("{code}", &unit.code);
        if filled.contains(['{', '}']) {
            let detail = format!("{:?}; known: {{name}}, {{unit}}, {{parent}}, {{code}}", said.get_ref());
            self.fault_at(said, "unknown_gap", detail);
            return None;
        }
        Some(nfc(&filled))
    }

    fn validity(&mut self, from: Option<&Text>, to: Option<&Text>) -> (Option<Day>, Option<Day>) {
        let (first, last) = (self.day(from), self.day(to));
        if let (Some(first), Some(last), Some(said)) = (first, last, to)
            && last < first
        {
            self.fault_at(said, "not_in_order", format!("{first} to {last}"));
        }
        (first, last)
    }

    fn day(&mut self, said: Option<&Text>) -> Option<Day> {
        let said = said?;
        let day = Day::parse(said.get_ref());
        if day.is_none() {
            self.fault_at(said, "bad_date", said.get_ref());
        }
        day
    }

    /// "11:00" in minutes since midnight.
    fn minute(&mut self, said: &Text) -> Option<i64> {
        let minute = minute_of(said.get_ref());
        if minute.is_none() {
            self.fault_at(
                said,
                "bad_time",
                format!("{:?}: a time is written 00:00 to 23:59", said.get_ref()),
            );
        }
        minute
    }

    fn in_range(&mut self, said: &Count, min: u32, max: u32) {
        let value = *said.get_ref();
        if !(min..=max).contains(&value) {
            self.fault_at(said, "out_of_range", format!("{value}: from {min} to {max}"));
        }
    }

    // ---- sections of the file -------------------------------------------------------------------------------

    /// Does the work and notes whether this section has faults.
    fn checked<T>(&mut self, section: &'static str, work: impl FnOnce(&mut Self) -> T) -> T {
        let faults_before = self.errors.len();
        let answer = work(self);
        if self.errors.len() > faults_before {
            self.broken.insert(section);
        }
        answer
    }

    /// A section that must be there once.
    fn section<T: DeserializeOwned>(&mut self, sections: &mut Sections, name: &str) -> Option<Spanned<T>> {
        match sections.take(name) {
            Some(value) => {
                let span = value.span();
                self.shaped(value).map(|raw| Spanned::new(span, raw))
            }
            None => {
                self.fault(0, "missing_section", format!("[{name}]"));
                None
            }
        }
    }

    /// A section that may be there any number of times.
    fn items<T: DeserializeOwned>(&mut self, sections: &mut Sections, name: &'static str) -> Vec<Spanned<T>> {
        self.checked(name, |reader| reader.items_of(sections, name))
    }

    fn items_of<T: DeserializeOwned>(&mut self, sections: &mut Sections, name: &str) -> Vec<Spanned<T>> {
        let Some(value) = sections.take(name) else { return Vec::new() };
        let at = value.span().start;
        let DeValue::Array(items) = value.into_inner() else {
            self.fault(at, "wrong_type", format!("write [[{name}]]"));
            return Vec::new();
        };
        let item = |value: Spanned<DeValue>| {
            let span = value.span();
            self.shaped(value).map(|raw| Spanned::new(span, raw))
        };
        items.into_iter().filter_map(item).collect()
    }

    fn shaped<T: DeserializeOwned>(&mut self, value: Spanned<DeValue>) -> Option<T> {
        let at = value.span().start;
        match T::deserialize(ValueDeserializer::from(value)) {
            Ok(raw) => Some(raw),
            Err(fault) => {
                let message = fault.message();
                let code = match message {
                    _ if message.starts_with("unknown field") => "unknown_key",
                    _ if message.starts_with("missing field") => "missing_key",
                    _ => "wrong_type",
                };
                self.fault(fault.span().map_or(at, |span| span.start), code, message);
                None
            }
        }
    }

    // ---- faults ---------------------------------------------------------------------------------------------

    fn line(&self, at: usize) -> usize {
        let before = self.text.as_bytes().iter().take(at);
        before.filter(|byte| **byte == b'\n').count() + 1
    }

    fn fault(&mut self, at: usize, code: &'static str, detail: impl Into<String>) {
        let causes = CONSEQUENCES.iter().find(|(consequence, _)| *consequence == code);
        if causes.is_some_and(|(_, sections)| sections.iter().any(|section| self.broken.contains(section))) {
            return;
        }
        let line = self.line(at);
        self.errors.push(BlueprintError { line, code, detail: detail.into() });
    }

    fn fault_at<T>(&mut self, said: &Spanned<T>, code: &'static str, detail: impl Into<String>) {
        self.fault(said.span().start, code, detail);
    }

    fn warn(&mut self, at: usize, code: &'static str, detail: impl Into<String>) {
        let line = self.line(at);
        self.warnings.push(BlueprintError { line, code, detail: detail.into() });
    }

    fn warn_made_up(&mut self, examples: &Examples, what: &str) {
        if let Some(first) = examples.first {
            self.warn(first, "made_up", format!("{} {what}", examples.count));
        }
    }

    fn sorted_errors(mut self) -> Vec<BlueprintError> {
        self.errors.sort_by_key(|error| error.line);
        self.errors
    }
}

/// Faults after which the root's list of numbers may lack one that was meant to be there.
const EMERGENCY_FAULTS: [&str; 3] = ["no_emergency_number", "bad_number", "unknown_area"];

/// What later sections refer to.
struct Places<'a> {
    units: &'a [Unit],
    clusters: &'a [Cluster],
    organisations: &'a [Organisation],
    titles: &'a [Title],
}

/// How many items are only examples, and where the first of them stands.
#[derive(Default)]
struct Examples {
    count: usize,
    first: Option<usize>,
}

impl Examples {
    fn note(&mut self, at: usize, made_up: bool) {
        if made_up {
            self.count += 1;
            self.first.get_or_insert(at);
        }
    }
}

/// "11:00" -> 660.
fn minute_of(text: &str) -> Option<i64> {
    let (hour, minute) = text.split_once(':')?;
    let two_digits = |part: &str, max: i64| {
        let digits = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        part.parse::<i64>().ok().filter(|value| digits && *value <= max)
    };
    Some(two_digits(hour, 23)? * 60 + two_digits(minute, 59)?)
}

/// A number that a telephone can dial, short ones included.
fn is_dialable(number: &str) -> bool {
    let digits = number.chars().filter(char::is_ascii_digit).count();
    let rest = number.strip_prefix('+').unwrap_or(number);
    (3..=15).contains(&digits) && rest.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '.' | '-'))
}
