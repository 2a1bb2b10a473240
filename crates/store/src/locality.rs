//! A locality: the rules of a root area (group sizes, hours to first contact, the report's clock), the emergency
//! numbers of its areas and the titles by which its offices know each role. All of it is data (P-12, practice.md).

use crate::error::StoreError;
use crate::stmt::{change, noun, stmt};
use crate::tx::{Reader, Tx};
use crate::val::Row;
use rules::{AreaId, At, Role, Zone};

/// Numbers that one area may list, in the order to be dialled.
pub const EMERGENCY_NUMBERS_MAX: usize = 12;
/// Levels times numbers.
const NUMBERS_READ_MAX: i64 = 200;
const LOCALITIES_MAX: i64 = 100;
const TITLES_READ_MAX: i64 = 500;

noun!(pub LOCALITY = "locality" [
    "area_id", "blueprint", "first_contact_hours", "group_min", "group_max", "separate_audiences",
    "commune_due_minute", "lock_minute", "district_due_minute", "commune_recipient", "district_recipient",
]);
noun!(pub EMERGENCY_NUMBER = "emergency_number" ["area_id", "rank", "label", "number", "removed_at"]);
noun!(pub ROLE_TITLE = "role_title" ["area_id", "role", "title"]);

macro_rules! columns {
    () => {
        "l.id, l.area_id, l.blueprint, l.first_contact_hours, l.group_min, l.group_max, l.separate_audiences, \
         l.commune_due_minute, l.lock_minute, l.district_due_minute, l.commune_recipient, l.district_recipient, \
         a.path, a.time_zone"
    };
}

stmt! {
    OF_PATH = concat!("SELECT ", columns!(), " FROM locality l JOIN area a ON a.id = l.area_id
        WHERE substr(?1, 1, length(a.path)) = a.path ORDER BY length(a.path) DESC LIMIT 1");
    ALL = concat!("SELECT ", columns!(), " FROM locality l JOIN area a ON a.id = l.area_id ORDER BY l.id LIMIT ?1");
    NUMBERS_UP = "SELECT n.area_id, n.rank, n.label, n.number
        FROM emergency_number n JOIN area a ON a.id = n.area_id
        WHERE substr(?1, 1, length(a.path)) = a.path AND n.removed_at IS NULL
        ORDER BY length(a.path) DESC, n.rank, n.id LIMIT ?2";
    NUMBERS_OF = "SELECT id, rank, label, number, removed_at FROM emergency_number WHERE area_id = ?1
        ORDER BY rank, id LIMIT ?2";
    TITLES_UP = "SELECT t.role, t.title FROM role_title t JOIN area a ON a.id = t.area_id
        WHERE substr(?1, 1, length(a.path)) = a.path ORDER BY length(a.path) DESC, t.role LIMIT ?2";
    TITLE_OF = "SELECT id, title FROM role_title WHERE area_id = ?1 AND role = ?2";
}

change! {
    SET_HOURS: LOCALITY = "SET first_contact_hours = ?2 WHERE id = ?1";
    SET_RULES: LOCALITY = "SET blueprint = ?2, group_min = ?3, group_max = ?4, separate_audiences = ?5,
        commune_due_minute = ?6, lock_minute = ?7, district_due_minute = ?8, commune_recipient = ?9,
        district_recipient = ?10 WHERE id = ?1";
    SET_NUMBER: EMERGENCY_NUMBER = "SET label = ?2, removed_at = ?3 WHERE id = ?1";
    SET_TITLE: ROLE_TITLE = "SET title = ?2 WHERE id = ?1";
}

/// What a locality is asked to keep to.
#[derive(Clone, Debug, PartialEq)]
pub struct LocalityRules {
    /// The name of the blueprint they come from.
    pub blueprint: String,
    pub group_min: i64,
    pub group_max: i64,
    /// F0 and F1 in groups of their own (LC-15).
    pub separate_audiences: bool,
    /// Minutes after local midnight.
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
}

impl Locality {
    pub fn zone(&self) -> Zone {
        Zone::named(&self.time_zone)
    }
}

/// One number of an area's own ordered list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmergencyNumber {
    pub label: String,
    pub number: String,
}

fn locality(mut row: Row) -> Result<Locality, StoreError> {
    let (id, area_id) = (row.i64()?, AreaId(row.i64()?));
    let blueprint = row.text()?;
    let first_contact_hours = row.opt_i64()?;
    let rules = LocalityRules {
        blueprint,
        group_min: row.i64()?,
        group_max: row.i64()?,
        separate_audiences: row.flag()?,
        commune_due_minute: row.i64()?,
        lock_minute: row.i64()?,
        district_due_minute: row.i64()?,
        commune_recipient: row.text()?,
        district_recipient: row.text()?,
    };
    Ok(Locality { id, area_id, first_contact_hours, rules, path: row.text()?, time_zone: row.text()? })
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
) -> Result<i64, StoreError> {
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
        ],
    )?;
    Ok(id)
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

/// The numbers to dial in the area of `path`: the list of the nearest area, itself or above, that has one.
pub fn emergency_numbers(reader: &mut Reader, path: &str) -> Result<Vec<EmergencyNumber>, StoreError> {
    let rows = reader.query(&NUMBERS_UP, &[path.into(), NUMBERS_READ_MAX.into()])?;
    let mut nearest = None;
    let mut numbers = Vec::new();
    for mut row in rows {
        let (area, _rank) = (row.i64()?, row.i64()?);
        if *nearest.get_or_insert(area) != area {
            break;
        }
        numbers.push(EmergencyNumber { label: row.text()?, number: row.text()? });
    }
    Ok(numbers)
}

/// The list of this area alone; empty where it uses the one above.
pub fn own_emergency_numbers(reader: &mut Reader, area: AreaId) -> Result<Vec<EmergencyNumber>, StoreError> {
    let kept = kept_numbers(reader, area)?;
    let listed = kept.into_iter().filter(|n| n.removed_at.is_none());
    Ok(listed.map(|n| EmergencyNumber { label: n.label, number: n.number }).collect())
}

struct KeptNumber {
    id: i64,
    rank: i64,
    label: String,
    number: String,
    removed_at: Option<At>,
}

fn kept_numbers(reader: &mut Reader, area: AreaId) -> Result<Vec<KeptNumber>, StoreError> {
    let rows = reader.query(&NUMBERS_OF, &[area.into(), NUMBERS_KEPT_MAX.into()])?;
    rows.into_iter()
        .map(|mut row| {
            Ok(KeptNumber {
                id: row.i64()?,
                rank: row.i64()?,
                label: row.text()?,
                number: row.text()?,
                removed_at: row.opt_at()?,
            })
        })
        .collect()
}

/// Numbers that one area listed at any time.
const NUMBERS_KEPT_MAX: i64 = 10_000;

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
                    tx.change_one(&SET_NUMBER, &[had.id.into(), want.label.as_str().into(), None::<At>.into()])?;
                    changed = true;
                }
            }
            None => {
                let id = tx.id();
                let (label, number) = (want.label.as_str().into(), want.number.as_str().into());
                tx.insert(&EMERGENCY_NUMBER, id, vec![area.into(), rank.into(), label, number, None::<At>.into()])?;
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
    for mut row in reader.query(&TITLES_UP, &[path.into(), TITLES_READ_MAX.into()])? {
        let (role, title) = (row.word()?, row.text()?);
        if titles.iter().all(|(had, _)| *had != role) {
            titles.push((role, title));
        }
    }
    Ok(titles)
}

/// Sets an area's word for a role. Says whether anything changed.
pub fn set_role_title(tx: &mut Tx, area: AreaId, role: Role, title: &str) -> Result<bool, StoreError> {
    match tx.one(&TITLE_OF, &[area.into(), role.into()])? {
        None => {
            let id = tx.id();
            tx.insert(&ROLE_TITLE, id, vec![area.into(), role.into(), title.into()])?;
            Ok(true)
        }
        Some(mut row) => {
            let (id, had) = (row.i64()?, row.text()?);
            if had == title {
                return Ok(false);
            }
            tx.change_one(&SET_TITLE, &[id.into(), title.into()])?;
            Ok(true)
        }
    }
}
