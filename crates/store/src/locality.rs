//! A locality: the rules of a root area (group sizes, hours to first contact, the report's clock), the emergency
//! numbers of its areas and the titles by which its offices know each role. All of it is data (P-12, practice.md).

use crate::error::StoreError;
use crate::stmt::{change, row, select};
use crate::tx::{Reader, Tx};
use rules::{AreaId, At, Role};

/// Numbers that one area may list, in the order to be dialled.
pub const EMERGENCY_NUMBERS_MAX: usize = 12;
/// Levels times numbers.
const NUMBERS_READ_MAX: i64 = 200;
const LOCALITIES_MAX: i64 = 100;
const TITLES_READ_MAX: i64 = 500;
/// Numbers that one area listed at any time.
const NUMBERS_KEPT_MAX: i64 = 10_000;

row! {
    /// The rules of a root area. Minutes are counted from local midnight.
    pub struct Locality(LOCALITY = "locality", i64) {
        /// The root.
        area_id: AreaId,
        /// The name of the blueprint that it was made from.
        blueprint: String,
        /// Unset until an administrator says it: then nobody is timed, and a gap says so.
        first_contact_hours: Option<i64>,
        group_min: i64,
        group_max: i64,
        /// F0 and F1 in groups of their own (LC-15).
        separate_audiences: bool,
        commune_due_minute: i64,
        lock_minute: i64,
        district_due_minute: i64,
        commune_recipient: String,
        district_recipient: String,
    }
}

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

select! {
    OF_PATH: LOCALITY = "JOIN area ON area.id = locality.area_id
        WHERE substr(?1, 1, length(area.path)) = area.path ORDER BY length(area.path) DESC LIMIT 1";
    ALL: LOCALITY = "WHERE locality.id > 0 ORDER BY locality.id LIMIT ?1";
    // The nearest area first, then the order in which to dial.
    NUMBERS_UP: EMERGENCY_NUMBER = "JOIN area ON area.id = emergency_number.area_id
        WHERE substr(?1, 1, length(area.path)) = area.path AND emergency_number.removed_at IS NULL
        ORDER BY length(area.path) DESC, emergency_number.rank, emergency_number.id LIMIT ?2";
    NUMBERS_OF: EMERGENCY_NUMBER = "WHERE emergency_number.area_id = ?1
        ORDER BY emergency_number.rank, emergency_number.id LIMIT ?2";
    TITLES_UP: ROLE_TITLE = "JOIN area ON area.id = role_title.area_id
        WHERE substr(?1, 1, length(area.path)) = area.path ORDER BY length(area.path) DESC, role_title.role LIMIT ?2";
    TITLE_OF: ROLE_TITLE = "WHERE role_title.area_id = ?1 AND role_title.role = ?2";
}

change! {
    SET_HOURS: LOCALITY = "SET first_contact_hours = ?2 WHERE id = ?1";
    SET_RULES: LOCALITY = "SET blueprint = ?2, group_min = ?3, group_max = ?4, separate_audiences = ?5,
        commune_due_minute = ?6, lock_minute = ?7, district_due_minute = ?8, commune_recipient = ?9,
        district_recipient = ?10 WHERE id = ?1";
    SET_NUMBER: EMERGENCY_NUMBER = "SET label = ?2, removed_at = ?3 WHERE id = ?1";
    SET_TITLE: ROLE_TITLE = "SET title = ?2 WHERE id = ?1";
}

impl Locality {
    /// Hours to first contact, if set.
    pub fn hours(&self) -> Option<u16> {
        self.first_contact_hours.and_then(|hours| u16::try_from(hours).ok())
    }
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
    reader.row(&OF_PATH, &[path.into()])
}

pub fn all(reader: &mut Reader) -> Result<Vec<Locality>, StoreError> {
    reader.rows(&ALL, &[LOCALITIES_MAX.into()])
}

/// Changes everything but the hours to first contact, which are the administrator's.
pub fn set_rules(tx: &mut Tx, to: &Locality) -> Result<(), StoreError> {
    tx.change_one(
        &SET_RULES,
        &[
            to.id.into(),
            to.blueprint.as_str().into(),
            to.group_min.into(),
            to.group_max.into(),
            to.separate_audiences.into(),
            to.commune_due_minute.into(),
            to.lock_minute.into(),
            to.district_due_minute.into(),
            to.commune_recipient.as_str().into(),
            to.district_recipient.as_str().into(),
        ],
    )
}

pub fn set_first_contact_hours(tx: &mut Tx, id: i64, hours: Option<i64>) -> Result<(), StoreError> {
    tx.change_one(&SET_HOURS, &[id.into(), hours.into()])
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
                    tx.change_one(&SET_NUMBER, &[had.id.into(), want.label.as_str().into(), None::<At>.into()])?;
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
