//! A locality: the rules of a root area (group sizes, hours to first contact, the report's clock), the emergency
//! numbers of its areas and the titles by which its offices know each role. All of it is data (P-12, practice.md).

use crate::episode::{EPISODE, Episode};
use crate::error::StoreError;
use crate::stmt::{change, noun, row, select, stmt};
use crate::tx::{Reader, Tx};
use crate::val::Row;
use rules::{AreaId, At, EpisodeId, Role, Zone};

/// Numbers that one area may list, in the order to be dialled.
pub const EMERGENCY_NUMBERS_MAX: usize = 12;
/// Levels times numbers.
const NUMBERS_READ_MAX: i64 = 200;
const LOCALITIES_MAX: i64 = 100;
const TITLES_READ_MAX: i64 = 500;
/// Numbers that one area listed at any time.
const NUMBERS_KEPT_MAX: i64 = 10_000;

noun!(pub LOCALITY = "locality" [
    "area_id", "blueprint", "first_contact_hours", "group_min", "group_max", "separate_audiences",
    "commune_due_minute", "lock_minute", "district_due_minute", "commune_recipient", "district_recipient", "answer_minutes",
]);

row! {
    /// One line of the numbers that an area lists or listed.
    pub struct KeptNumber(EMERGENCY_NUMBER = "emergency_number", i64) {
        area_id: AreaId,
        rank: i64,
        label: String,
        number: String,
        removed_at: Option<At>,
    }
}

row! {
    /// What an area's offices call a role.
    pub struct RoleTitle(ROLE_TITLE = "role_title", i64) {
        area_id: AreaId,
        role: Role,
        title: String,
    }
}

macro_rules! locality {
    ($tail:literal) => {
        concat!(
            "SELECT locality.id, locality.area_id, area.path, area.time_zone, locality.first_contact_hours,
               locality.blueprint, locality.group_min, locality.group_max, locality.separate_audiences,
               locality.commune_due_minute, locality.lock_minute, locality.district_due_minute,
               locality.commune_recipient, locality.district_recipient, locality.answer_minutes
             FROM locality JOIN area ON area.id = locality.area_id ",
            $tail
        )
    };
}

stmt! {
    OF_PATH = locality!("WHERE substr(?1, 1, length(area.path)) = area.path ORDER BY length(area.path) DESC LIMIT 1");
    ALL = locality!("ORDER BY locality.id LIMIT ?1");
}

select! {
    // The nearest area first, then the order in which to dial.
    NUMBERS_UP: EMERGENCY_NUMBER = "JOIN area ON area.id = emergency_number.area_id
        WHERE substr(?1, 1, length(area.path)) = area.path AND emergency_number.removed_at IS NULL
        ORDER BY length(area.path) DESC, emergency_number.rank, emergency_number.id LIMIT ?2";
    NUMBERS_OF: EMERGENCY_NUMBER = "WHERE emergency_number.area_id = ?1
        ORDER BY emergency_number.rank, emergency_number.id LIMIT ?2";
    TITLES_UP: ROLE_TITLE = "JOIN area ON area.id = role_title.area_id
        WHERE substr(?1, 1, length(area.path)) = area.path ORDER BY length(area.path) DESC, role_title.role LIMIT ?2";
    // Open, not yet advised, and without a time by which they must be: registered while the hours were unset.
    WITHOUT_CLOCK: EPISODE = "WHERE episode.state = 'open' AND episode.first_contact <> 'advised'
          AND episode.first_contact_due_at IS NULL AND episode.id > ?2
          AND episode.area_id IN (SELECT scope.id FROM area AS scope WHERE substr(scope.path, 1, length(?1)) = ?1)
        ORDER BY episode.id LIMIT ?3";
    TITLE_OF: ROLE_TITLE = "WHERE role_title.area_id = ?1 AND role_title.role = ?2";
}

change! {
    SET_HOURS: LOCALITY = "SET first_contact_hours = ?2 WHERE id = ?1";
    SET_ANSWER_MINUTES: LOCALITY = "SET answer_minutes = ?2 WHERE id = ?1";
    SET_RULES: LOCALITY = "SET blueprint = ?2, group_min = ?3, group_max = ?4, separate_audiences = ?5,
        commune_due_minute = ?6, lock_minute = ?7, district_due_minute = ?8, commune_recipient = ?9,
        district_recipient = ?10 WHERE id = ?1";
    SET_NUMBER: EMERGENCY_NUMBER = "SET label = ?2, removed_at = ?3 WHERE id = ?1";
    SET_TITLE: ROLE_TITLE = "SET title = ?2 WHERE id = ?1";
}

/// What a locality keeps to, as its blueprint says it. Minutes are counted from local midnight.
#[derive(Clone, Debug, PartialEq)]
pub struct LocalityRules {
    /// The name of the blueprint.
    pub blueprint: String,
    pub group_min: i64,
    pub group_max: i64,
    /// F0 and F1 in groups of their own (LC-15).
    pub separate_audiences: bool,
    pub commune_due_minute: i64,
    pub lock_minute: i64,
    pub district_due_minute: i64,
    pub commune_recipient: String,
    pub district_recipient: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Locality {
    pub id: i64,
    /// The root.
    pub area_id: AreaId,
    /// The root's path.
    pub path: String,
    pub time_zone: String,
    /// Unset until an administrator says it: then nobody is timed, and a gap says so.
    pub first_contact_hours: Option<i64>,
    pub rules: LocalityRules,
    /// Within how many minutes a home that writes is answered; unset until somebody says it: then nobody is timed.
    pub answer_minutes: Option<i64>,
}

impl Locality {
    pub fn zone(&self) -> Zone {
        Zone::named(&self.time_zone)
    }
}

fn locality(mut row: Row) -> Result<Locality, StoreError> {
    Ok(Locality {
        id: row.get()?,
        area_id: row.get()?,
        path: row.get()?,
        time_zone: row.get()?,
        first_contact_hours: row.get()?,
        rules: LocalityRules {
            blueprint: row.get()?,
            group_min: row.get()?,
            group_max: row.get()?,
            separate_audiences: row.get()?,
            commune_due_minute: row.get()?,
            lock_minute: row.get()?,
            district_due_minute: row.get()?,
            commune_recipient: row.get()?,
            district_recipient: row.get()?,
        },
        answer_minutes: row.get()?,
    })
}

/// One number of an area's own ordered list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmergencyNumber {
    pub label: String,
    pub number: String,
}

impl From<KeptNumber> for EmergencyNumber {
    fn from(kept: KeptNumber) -> EmergencyNumber {
        EmergencyNumber { label: kept.label, number: kept.number }
    }
}

/// The locality in which the area of `path` lies.
pub fn of_path(reader: &mut Reader, path: &str) -> Result<Option<Locality>, StoreError> {
    reader.one(&OF_PATH, &[path.into()])?.map(locality).transpose()
}

pub fn all(reader: &mut Reader) -> Result<Vec<Locality>, StoreError> {
    reader.query(&ALL, &[LOCALITIES_MAX.into()])?.into_iter().map(locality).collect()
}

pub fn insert(
    tx: &mut Tx,
    root: AreaId,
    rules: &LocalityRules,
    first_contact_hours: Option<i64>,
    answer_minutes: Option<i64>,
) -> Result<(), StoreError> {
    let id = tx.id();
    tx.insert(
        &LOCALITY,
        id,
        vec![
            root.into(),
            rules.blueprint.as_str().into(),
            first_contact_hours.into(),
            rules.group_min.into(),
            rules.group_max.into(),
            rules.separate_audiences.into(),
            rules.commune_due_minute.into(),
            rules.lock_minute.into(),
            rules.district_due_minute.into(),
            rules.commune_recipient.as_str().into(),
            rules.district_recipient.as_str().into(),
            answer_minutes.into(),
        ],
    )
}

pub fn set_answer_minutes(tx: &mut Tx, id: i64, minutes: Option<i64>) -> Result<(), StoreError> {
    tx.change_one(&SET_ANSWER_MINUTES, &[id.into(), minutes.into()])
}

/// Changes everything but the hours to first contact, which are the administrator's.
pub fn set_rules(tx: &mut Tx, id: i64, rules: &LocalityRules) -> Result<(), StoreError> {
    tx.change_one(
        &SET_RULES,
        &[
            id.into(),
            rules.blueprint.as_str().into(),
            rules.group_min.into(),
            rules.group_max.into(),
            rules.separate_audiences.into(),
            rules.commune_due_minute.into(),
            rules.lock_minute.into(),
            rules.district_due_minute.into(),
            rules.commune_recipient.as_str().into(),
            rules.district_recipient.as_str().into(),
        ],
    )
}

pub fn set_first_contact_hours(tx: &mut Tx, id: i64, hours: Option<i64>) -> Result<(), StoreError> {
    tx.change_one(&SET_HOURS, &[id.into(), hours.into()])
}

/// Episodes of the locality that wait for first contact without a clock, after the id `after`.
pub fn without_clock(
    reader: &mut Reader,
    path: &str,
    after: EpisodeId,
    limit: i64,
) -> Result<Vec<Episode>, StoreError> {
    reader.rows(&WITHOUT_CLOCK, &[path.into(), after.into(), limit.into()])
}

/// The numbers to dial in the area of `path`: the list of the nearest area, itself or above, that has one.
pub fn emergency_numbers(reader: &mut Reader, path: &str) -> Result<Vec<EmergencyNumber>, StoreError> {
    let rows: Vec<KeptNumber> = reader.rows(&NUMBERS_UP, &[path.into(), NUMBERS_READ_MAX.into()])?;
    let nearest = rows.first().map(|n| n.area_id);
    Ok(rows.into_iter().take_while(|n| Some(n.area_id) == nearest).map(EmergencyNumber::from).collect())
}

/// The list of this area alone; empty where it uses the one above.
pub fn own_emergency_numbers(reader: &mut Reader, area: AreaId) -> Result<Vec<EmergencyNumber>, StoreError> {
    let kept = kept_numbers(reader, area)?;
    Ok(kept.into_iter().filter(|n| n.removed_at.is_none()).map(EmergencyNumber::from).collect())
}

/// Whether this area has a list of its own or had one that was taken away.
pub fn had_emergency_numbers(reader: &mut Reader, area: AreaId) -> Result<bool, StoreError> {
    Ok(!kept_numbers(reader, area)?.is_empty())
}

fn kept_numbers(reader: &mut Reader, area: AreaId) -> Result<Vec<KeptNumber>, StoreError> {
    reader.rows(&NUMBERS_OF, &[area.into(), NUMBERS_KEPT_MAX.into()])
}

/// Makes `wanted` the area's own list, in this order; what it no longer names stays on record as removed. Says
/// whether anything changed.
pub fn set_emergency_numbers(
    tx: &mut Tx,
    area: AreaId,
    wanted: &[EmergencyNumber],
    now: At,
) -> Result<bool, StoreError> {
    let mut kept = kept_numbers(tx, area)?;
    let mut changed = false;
    for (rank, want) in (1i64..).zip(wanted) {
        match kept.iter().position(|k| k.rank == rank && k.number == want.number) {
            Some(at) => {
                let had = kept.swap_remove(at);
                if had.removed_at.is_some() || had.label != want.label {
                    tx.change_one(
                        &SET_NUMBER,
                        &[had.id.into(), want.label.as_str().into(), None::<At>.into()],
                    )?;
                    changed = true;
                }
            }
            None => {
                let (id, label, number) = (tx.id(), want.label.clone(), want.number.clone());
                KeptNumber { id, area_id: area, rank, label, number, removed_at: None }.insert(tx)?;
                changed = true;
            }
        }
    }
    for gone in kept.into_iter().filter(|k| k.removed_at.is_none()) {
        tx.change_one(&SET_NUMBER, &[gone.id.into(), gone.label.into(), now.into()])?;
        changed = true;
    }
    Ok(changed)
}

/// What each role is called in the area of `path`; the nearest area's word wins. Roles without one are left out.
pub fn role_titles(reader: &mut Reader, path: &str) -> Result<Vec<(Role, String)>, StoreError> {
    let mut titles: Vec<(Role, String)> = Vec::new();
    for line in reader.rows::<RoleTitle>(&TITLES_UP, &[path.into(), TITLES_READ_MAX.into()])? {
        if titles.iter().all(|(had, _)| *had != line.role) {
            titles.push((line.role, line.title));
        }
    }
    Ok(titles)
}

/// Sets an area's word for a role. Says whether anything changed.
pub fn set_role_title(tx: &mut Tx, area: AreaId, role: Role, title: &str) -> Result<bool, StoreError> {
    let had: Option<RoleTitle> = tx.row(&TITLE_OF, &[area.into(), role.into()])?;
    match had {
        Some(had) if had.title == title => return Ok(false),
        Some(had) => tx.change_one(&SET_TITLE, &[had.id.into(), title.into()])?,
        None => RoleTitle { id: tx.id(), area_id: area, role, title: title.to_owned() }.insert(tx)?,
    }
    Ok(true)
}
