//! A locality is set up from its blueprint (BH-9): areas, clusters and their neighbours, organisations, titles, the
//! rules, the emergency numbers, the staff. Applying it again changes nothing, and what people have changed since
//! stays: the file fills what is missing. Only the locality's rules follow the file, since nothing else sets them.
//!
//! What the file marks as made up is for a training store. The real thing gets none of it: no invented number to
//! dial, no invented head of a hamlet, nobody who can sign in.

use crate::desk::Desk;
use crate::first_admin;
use crate::house::{House, Mint};
use crate::import_areas::{CHUNK_MAX, Described, Known, Put, codes, join, put};
use crate::settings::put_numbers;
use crate::staff::{AddStaff, Ensured, NewRole, ensure};
use rules::blueprint::{Blueprint, Cluster, Organisation, Staff, Unit};
use rules::permission::Verb;
use rules::{AreaLevel, Refusal, Role};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use store::area::Area;
use store::locality::{self, EmergencyNumber, LocalityRules};
use store::{Stop, StoreError, Tx, organisation};

/// What changed; all of it 0 when the blueprint was applied before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Applied {
    pub areas: usize,
    pub clusters: usize,
    pub neighbours: usize,
    pub organisations: usize,
    pub titles: usize,
    /// Localities made, or whose rules changed.
    pub localities: usize,
    /// Areas that got a list of emergency numbers.
    pub emergency_lists: usize,
    pub staff: usize,
    /// Made-up things of the file that a real store does not get.
    pub left_out: usize,
    /// Nothing was changed: it was all there.
    pub unchanged: bool,
}

impl Applied {
    fn add(&mut self, part: &Applied) {
        self.areas += part.areas;
        self.clusters += part.clusters;
        self.neighbours += part.neighbours;
        self.organisations += part.organisations;
        self.titles += part.titles;
        self.localities += part.localities;
        self.emergency_lists += part.emergency_lists;
        self.staff += part.staff;
    }
}

/// One thing to make, in the order in which they need each other.
#[derive(Clone, Debug)]
enum Step {
    Unit { unit: Unit, time_zone: Option<String> },
    Rules { root: String, rules: LocalityRules, hours: Option<i64>, answer_minutes: Option<i64> },
    Cluster(Cluster),
    Neighbours(Cluster),
    Organisation(Organisation),
    Title { area_code: String, role: Role, words: String },
    Numbers { area_code: String, numbers: Vec<EmergencyNumber> },
    Staff { staff: Staff, organisation: Option<Organisation> },
}

/// Applies the blueprint in chunks; one that was interrupted is completed by applying it again.
pub async fn apply_blueprint(house: &House, desk: &Desk, blueprint: &Blueprint) -> Result<Applied, Stop> {
    let root = blueprint.root().ok_or_else(|| Refusal::invalid("blueprint_without_root"))?;
    let (steps, left_out) = steps(blueprint, root, house.demo);
    let mut applied = Applied::default();
    for chunk in steps.chunks(CHUNK_MAX) {
        let chunk = chunk.to_vec();
        let part = house.run(desk, move |tx, desk, mint| take(tx, desk, mint, &chunk)).await?;
        applied.add(&part);
    }
    applied.unchanged = applied == Applied::default();
    applied.left_out = left_out;
    Ok(applied)
}

/// Everything to make, and how much that is made up was left out.
fn steps(blueprint: &Blueprint, root: &Unit, with_made_up: bool) -> (Vec<Step>, usize) {
    let mut steps: Vec<Step> = Vec::new();
    let mut left_out = 0;
    for unit in &blueprint.units {
        let time_zone = unit.parent_code.is_none().then(|| blueprint.time_zone.clone());
        steps.push(Step::Unit { unit: unit.clone(), time_zone });
    }
    let hours = blueprint.first_contact.hours.map(i64::from);
    let answer_minutes = blueprint.threads.answer_minutes.map(i64::from);
    steps.push(Step::Rules { root: root.code.clone(), rules: rules_of(blueprint), hours, answer_minutes });
    for cluster in &blueprint.clusters {
        let mut cluster = cluster.clone();
        if cluster.made_up && !with_made_up {
            // The cluster is there; who heads it and how many live there, the locality says.
            left_out += usize::from(cluster.head_name.is_some() || cluster.household_count.is_some());
            cluster.head_name = None;
            cluster.household_count = None;
        }
        steps.push(Step::Cluster(cluster));
    }
    steps.extend(
        blueprint.clusters.iter().filter(|c| !c.neighbours.is_empty()).cloned().map(Step::Neighbours),
    );
    steps.extend(blueprint.organisations.iter().cloned().map(Step::Organisation));
    steps.extend(titles(blueprint));
    let mut lists: BTreeMap<&str, Vec<EmergencyNumber>> = BTreeMap::new();
    for line in &blueprint.emergency {
        if line.made_up && !with_made_up {
            left_out += 1;
            continue;
        }
        let number = EmergencyNumber { label: line.label.clone(), number: line.number.clone() };
        lists.entry(&line.area_code).or_default().push(number);
    }
    let numbers =
        lists.into_iter().map(|(code, numbers)| Step::Numbers { area_code: code.to_owned(), numbers });
    steps.extend(numbers);
    for staff in &blueprint.staff {
        if staff.made_up && !with_made_up {
            left_out += 1;
            continue;
        }
        let organisation = blueprint.organisation(&staff.organisation_key).cloned();
        steps.push(Step::Staff { staff: staff.clone(), organisation });
    }
    (steps, left_out)
}

fn rules_of(blueprint: &Blueprint) -> LocalityRules {
    let due = |level| blueprint.report_step(level).map(|step| step.due_minute);
    let lock = blueprint.schedule.lock_minute;
    LocalityRules {
        blueprint: blueprint.key.clone(),
        group_min: i64::from(blueprint.groups.households_target_min),
        group_max: i64::from(blueprint.groups.households_max),
        separate_audiences: blueprint.groups.separate_f0_f1,
        commune_due_minute: due(AreaLevel::Commune).unwrap_or(lock),
        lock_minute: lock,
        district_due_minute: due(AreaLevel::District).or(due(AreaLevel::Province)).unwrap_or(lock),
        commune_recipient: recipient(blueprint, AreaLevel::Commune),
        district_recipient: recipient(blueprint, AreaLevel::District),
    }
}

/// Who receives a level's report, in the words of the offices: the one organisation, the way it goes, or both.
fn recipient(blueprint: &Blueprint, level: AreaLevel) -> String {
    let Some(step) = blueprint.report_step(level) else { return String::new() };
    let name = blueprint.organisation(&step.to).map(|o| o.name.clone());
    match (name, &step.via) {
        (Some(name), Some(via)) => format!("{name} ({via})"),
        (Some(name), None) => name,
        (None, Some(via)) => via.clone(),
        (None, None) => String::new(),
    }
}

/// What each role is usually called, level by level: written down where it differs from what holds above.
fn titles(blueprint: &Blueprint) -> Vec<Step> {
    let mut steps = Vec::new();
    for role in Role::ALL {
        let mut above: HashMap<&str, &str> = HashMap::new();
        for level in [AreaLevel::Province, AreaLevel::District, AreaLevel::Commune] {
            let mine = |t: &&rules::blueprint::Title| t.role == *role && t.level == level;
            let words = blueprint.titles.iter().find(mine).map(|t| t.words.as_str());
            for unit in blueprint.units.iter().filter(|u| u.level == level) {
                let inherited = unit.parent_code.as_deref().and_then(|p| above.get(p)).copied();
                if let Some(words) = words
                    && inherited != Some(words)
                {
                    let (area_code, words) = (unit.code.clone(), words.to_owned());
                    steps.push(Step::Title { area_code, role: *role, words });
                }
                if let Some(holds) = words.or(inherited) {
                    above.insert(&unit.code, holds);
                }
            }
        }
    }
    steps
}

fn take(tx: &mut Tx, desk: &Desk, mint: &mut Mint, steps: &[Step]) -> Result<Applied, Stop> {
    let mut codes = codes(tx)?;
    let mut applied = Applied::default();
    for step in steps {
        match step {
            Step::Unit { unit, time_zone } => {
                let row = Described {
                    code: unit.code.clone(),
                    name: unit.name.clone(),
                    kind: unit.kind.clone(),
                    level: unit.level,
                    parent_code: unit.parent_code.clone(),
                    valid_from: unit.valid_from,
                    valid_to: unit.valid_to,
                    time_zone: time_zone.clone(),
                    household_count: None,
                    head_name: None,
                };
                let made = put(tx, desk, mint, &mut codes, &row, Known::Keep)
                    .map_err(|stop| at(stop, &unit.code))?;
                applied.areas += usize::from(made != Put::Same);
                if unit.parent_code.is_none() && made == Put::Created {
                    first_admin::answer_for(tx, desk, mint, found(&codes, &unit.code)?.id)?;
                }
            }
            Step::Rules { root, rules, hours, answer_minutes } => {
                applied.localities +=
                    usize::from(put_rules(tx, desk, found(&codes, root)?, rules, *hours, *answer_minutes)?);
            }
            Step::Cluster(cluster) => {
                let row = Described {
                    code: cluster.code.clone(),
                    name: cluster.name.clone(),
                    kind: cluster.kind.clone(),
                    level: AreaLevel::Cluster,
                    parent_code: Some(cluster.parent_code.clone()),
                    valid_from: None,
                    valid_to: None,
                    time_zone: None,
                    household_count: cluster.household_count.map(i64::from),
                    head_name: cluster.head_name.clone(),
                };
                let made = put(tx, desk, mint, &mut codes, &row, Known::Keep)
                    .map_err(|stop| at(stop, &cluster.code))?;
                applied.clusters += usize::from(made != Put::Same);
            }
            Step::Neighbours(cluster) => {
                applied.neighbours += join(tx, desk, &codes, &cluster.code, &cluster.neighbours)?;
            }
            Step::Organisation(wanted) => {
                let place = found(&codes, &wanted.area_code)?;
                applied.organisations += usize::from(put_organisation(tx, desk, mint, place, wanted)?);
            }
            Step::Title { area_code, role, words } => {
                let place = found(&codes, area_code)?;
                desk.may(Verb::ManageSettings, &place.path)?;
                if locality::set_role_title(tx, place.id, *role, words)? {
                    let header = format!("area={} role={role}", place.id.0);
                    tx.log(&desk.stamp(), &format!("area:{}", place.id.0), "role_titled", &header, "")?;
                    applied.titles += 1;
                }
            }
            Step::Numbers { area_code, numbers } => {
                let place = found(&codes, area_code)?;
                desk.may(Verb::ManageSettings, &place.path)?;
                if !locality::had_emergency_numbers(tx, place.id)? {
                    applied.emergency_lists += usize::from(put_numbers(tx, desk, place, numbers)?);
                }
            }
            Step::Staff { staff, organisation } => {
                let cmd = account(tx, &codes, staff, organisation.as_ref())?;
                match ensure(tx, desk, mint, &cmd, false).map_err(|stop| at(stop, &staff.login))? {
                    Ensured::Created(_) | Ensured::Changed => applied.staff += 1,
                    Ensured::Same => {}
                }
            }
        }
    }
    Ok(applied)
}

/// A refusal, with what of the blueprint it is about.
fn at(stop: Stop, what: &str) -> Stop {
    match stop {
        Stop::Refused(refusal) => Stop::Refused(refusal.with("what", what)),
        Stop::Store(error) => Stop::Store(error),
    }
}

fn found<'a>(codes: &'a crate::import_areas::Codes, code: &str) -> Result<&'a Area, Stop> {
    Ok(codes.get(code).ok_or_else(|| StoreError::Shape(format!("the blueprint names no area {code}")))?)
}

fn put_rules(
    tx: &mut Tx,
    desk: &Desk,
    root: &Area,
    rules: &LocalityRules,
    hours: Option<i64>,
    answer_minutes: Option<i64>,
) -> Result<bool, Stop> {
    desk.may(Verb::ManageSettings, &root.path)?;
    let had = locality::of_path(tx, &root.path)?.filter(|l| l.area_id == root.id);
    match had {
        Some(had) if had.rules == *rules => return Ok(false),
        Some(had) => locality::set_rules(tx, had.id, rules)?,
        None => locality::insert(tx, root.id, rules, hours, answer_minutes)?,
    }
    let header = format!("area={} blueprint={}", root.id.0, rules.blueprint);
    tx.log(&desk.stamp(), &format!("area:{}", root.id.0), "locality_set", &header, "")?;
    Ok(true)
}

fn put_organisation(
    tx: &mut Tx,
    desk: &Desk,
    mint: &mut Mint,
    place: &Area,
    wanted: &Organisation,
) -> Result<bool, Stop> {
    desk.may(Verb::ManageAreas, &place.path)?;
    if organisation::by_name(tx, place.id, wanted.kind, &wanted.name)?.is_some() {
        return Ok(false);
    }
    let new = organisation::Organisation {
        id: rules::OrganisationId(tx.id()),
        uid: mint.uid(desk.now),
        area_id: place.id,
        kind: wanted.kind,
        name: wanted.name.clone(),
    };
    new.insert(tx)?;
    let header = format!("area={} organisation={} kind={}", place.id.0, new.id.0, new.kind);
    tx.log(&desk.stamp(), &format!("area:{}", place.id.0), "organisation_added", &header, "")?;
    Ok(true)
}

/// A hamlet's carer holds the role in each of their clusters, everybody else in their area.
fn account(
    tx: &mut Tx,
    codes: &crate::import_areas::Codes,
    staff: &Staff,
    organisation: Option<&Organisation>,
) -> Result<AddStaff, Stop> {
    let organisation = match organisation {
        None => None,
        Some(wanted) => {
            let place = found(codes, &wanted.area_code)?;
            organisation::by_name(tx, place.id, wanted.kind, &wanted.name)?.map(|o| o.uid)
        }
    };
    let areas = if staff.role == Role::Carer && !staff.cluster_codes.is_empty() {
        staff.cluster_codes.clone()
    } else {
        vec![staff.area_code.clone()]
    };
    let roles = areas.into_iter().map(|area_code| NewRole { role: staff.role, area_code, organisation });
    Ok(AddStaff {
        login: staff.login.clone(),
        full_name: staff.name.clone(),
        phone: staff.phone.clone(),
        licence: staff.licence.clone(),
        roles: roles.collect(),
        made_up: staff.made_up,
    })
}
