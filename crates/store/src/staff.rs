//! Staff: whoever signs in, and the roles they hold in an area and all below it. What opens their account (password,
//! second factor, sessions) is in `session.rs` and is no part of the record.

use crate::error::StoreError;
use crate::stmt::{change, noun, stmt};
use crate::tx::{Reader, Tx};
use crate::val::Row;
use rules::fold::fold;
use rules::{AreaId, AreaLevel, At, GrantId, OrganisationId, Role, StaffId, Uid};

/// Roles that one member of staff may hold at a time.
pub const GRANTS_MAX: usize = 64;
/// Staff in one answer that is not paged.
pub const STAFF_MAX: i64 = 20_000;

noun!(pub STAFF = "staff" [
    "uid", "login", "full_name", "phone", "licence", "on_duty", "duty_changed_at", "made_up", "created_at", "ended_at",
]);
noun!(pub STAFF_GRANT = "staff_grant" [
    "uid", "staff_id", "organisation_id", "area_id", "role", "granted_at", "revoked_at",
]);

macro_rules! columns {
    () => {
        "s.id, s.uid, s.login, s.full_name, s.phone, s.licence, s.on_duty, s.duty_changed_at, s.made_up, s.created_at, \
         s.ended_at"
    };
}

/// A cluster's carer works under the commune's code.
macro_rules! grant_columns {
    () => {
        "g.id, g.uid, g.staff_id, g.role, g.organisation_id, g.area_id, a.path, a.level, \
         CASE WHEN a.level = 'cluster' THEN COALESCE(p.code, a.code) ELSE a.code END, a.kind, a.name"
    };
}
pub(crate) use grant_columns;

macro_rules! holds_below {
    () => {
        "EXISTS (SELECT 1 FROM staff_grant g JOIN area a ON a.id = g.area_id
            WHERE g.staff_id = s.id AND g.revoked_at IS NULL AND substr(a.path, 1, length(?1)) = ?1)"
    };
}

stmt! {
    BY_ID = concat!("SELECT ", columns!(), " FROM staff s WHERE s.id = ?1");
    BY_UID = concat!("SELECT ", columns!(), " FROM staff s WHERE s.uid = ?1");
    BY_LOGIN = concat!("SELECT ", columns!(), " FROM staff s WHERE s.login = ?1");
    GRANTS_OF = concat!("SELECT ", grant_columns!(), " FROM staff_grant g JOIN area a ON a.id = g.area_id
        LEFT JOIN area p ON p.id = a.parent_id
        WHERE g.staff_id = ?1 AND g.revoked_at IS NULL ORDER BY length(a.path), g.id LIMIT ?2");
    GRANTS_BELOW = concat!("SELECT ", grant_columns!(), " FROM staff_grant g JOIN area a ON a.id = g.area_id
        JOIN staff s ON s.id = g.staff_id LEFT JOIN area p ON p.id = a.parent_id
        WHERE g.revoked_at IS NULL AND s.ended_at IS NULL AND substr(a.path, 1, length(?1)) = ?1
        ORDER BY g.staff_id, g.id LIMIT ?2");
    LIST_BELOW = concat!("SELECT ", columns!(), " FROM staff s
        WHERE s.ended_at IS NULL AND s.login > ?2 AND ", holds_below!(), " ORDER BY s.login LIMIT ?3");
    // With those who left: what they did stays theirs.
    LIST_ALL_BELOW = concat!("SELECT ", columns!(), " FROM staff s
        WHERE s.login > ?2 AND EXISTS (SELECT 1 FROM staff_grant g JOIN area a ON a.id = g.area_id
            WHERE g.staff_id = s.id AND substr(a.path, 1, length(?1)) = ?1)
        ORDER BY s.login LIMIT ?3");
    WITH_ROLE = concat!("SELECT ", columns!(), " FROM staff s WHERE s.ended_at IS NULL
        AND EXISTS (SELECT 1 FROM staff_grant g
            WHERE g.staff_id = s.id AND g.revoked_at IS NULL AND g.area_id = ?1 AND g.role = ?2)
        ORDER BY s.id LIMIT ?3");
    WITH_ROLE_BELOW = concat!("SELECT ", columns!(), " FROM staff s WHERE s.ended_at IS NULL
        AND EXISTS (SELECT 1 FROM staff_grant g JOIN area a ON a.id = g.area_id
            WHERE g.staff_id = s.id AND g.revoked_at IS NULL AND g.role = ?2
              AND substr(a.path, 1, length(?1)) = ?1)
        ORDER BY s.id LIMIT ?3");
    ON_DUTY_BELOW = concat!("SELECT COUNT(*) FROM staff s WHERE s.ended_at IS NULL AND s.on_duty = 1 AND ", holds_below!());
    COUNT_BELOW = concat!("SELECT COUNT(*) FROM staff s WHERE s.ended_at IS NULL AND ", holds_below!());
    COUNT = "SELECT COUNT(*) FROM staff";
    HAS_ROLE = "SELECT COUNT(*) FROM staff_grant g JOIN area a ON a.id = g.area_id
        WHERE g.staff_id = ?1 AND g.role = ?2 AND g.revoked_at IS NULL AND substr(?3, 1, length(a.path)) = a.path";
    MADE_UP = concat!("SELECT ", columns!(), " FROM staff s WHERE s.ended_at IS NULL AND s.made_up = 1 ORDER BY s.id LIMIT ?1");
}

change! {
    SET_DUTY: STAFF = "SET on_duty = ?2, duty_changed_at = ?3 WHERE id = ?1";
    SET_NAME: STAFF = "SET login = ?2, full_name = ?3 WHERE id = ?1";
    SET_DETAILS: STAFF = "SET full_name = ?2, phone = ?3, licence = ?4 WHERE id = ?1";
    SET_ENDED: STAFF = "SET ended_at = ?2, on_duty = 0, duty_changed_at = ?2 WHERE id = ?1 AND ended_at IS NULL";
    REVOKE_ONE: STAFF_GRANT = "SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL";
}

#[derive(Clone, Debug, PartialEq)]
pub struct Staff {
    pub id: StaffId,
    pub uid: Uid,
    pub login: String,
    pub full_name: String,
    pub phone: Option<String>,
    pub licence: Option<String>,
    pub on_duty: bool,
    pub duty_changed_at: At,
    /// A made-up person of the demo.
    pub made_up: bool,
    pub created_at: At,
    /// When the account ended; the person's deeds stay.
    pub ended_at: Option<At>,
}

/// A role with the area it is held in.
#[derive(Clone, Debug, PartialEq)]
pub struct StaffGrant {
    pub id: GrantId,
    pub uid: Uid,
    pub staff_id: StaffId,
    pub role: Role,
    pub organisation_id: Option<OrganisationId>,
    pub area_id: AreaId,
    pub path: String,
    pub level: AreaLevel,
    /// The official code that the holder works under: for a cluster, its commune's.
    pub area_code: String,
    /// "Xã Mường Tè".
    pub area_name: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct NewStaff {
    pub uid: Uid,
    pub login: String,
    pub full_name: String,
    pub phone: Option<String>,
    pub licence: Option<String>,
    pub made_up: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct NewGrant {
    pub uid: Uid,
    pub role: Role,
    pub area_id: AreaId,
    pub organisation_id: Option<OrganisationId>,
}

fn staff(mut row: Row) -> Result<Staff, StoreError> {
    Ok(Staff {
        id: StaffId(row.i64()?),
        uid: row.uid()?,
        login: row.text()?,
        full_name: row.text()?,
        phone: row.opt_text()?,
        licence: row.opt_text()?,
        on_duty: row.flag()?,
        duty_changed_at: row.at()?,
        made_up: row.flag()?,
        created_at: row.at()?,
        ended_at: row.opt_at()?,
    })
}

fn all(rows: Vec<Row>) -> Result<Vec<Staff>, StoreError> {
    rows.into_iter().map(staff).collect()
}

/// Reads the columns of `grant_columns!` from where the row stands.
pub(crate) fn grant(row: &mut Row) -> Result<StaffGrant, StoreError> {
    Ok(StaffGrant {
        id: GrantId(row.i64()?),
        uid: row.uid()?,
        staff_id: StaffId(row.i64()?),
        role: row.word()?,
        organisation_id: row.opt_i64()?.map(OrganisationId),
        area_id: AreaId(row.i64()?),
        path: row.text()?,
        level: row.word()?,
        area_code: row.text()?,
        area_name: rules::areas::full_name(&row.text()?, &row.text()?),
    })
}

pub fn by_id(reader: &mut Reader, id: StaffId) -> Result<Option<Staff>, StoreError> {
    reader.one(&BY_ID, &[id.into()])?.map(staff).transpose()
}

pub fn by_uid(reader: &mut Reader, uid: Uid) -> Result<Option<Staff>, StoreError> {
    reader.one(&BY_UID, &[uid.into()])?.map(staff).transpose()
}

/// Logins are kept in lower case; those of people who left included.
pub fn by_login(reader: &mut Reader, login: &str) -> Result<Option<Staff>, StoreError> {
    reader.one(&BY_LOGIN, &[login.into()])?.map(staff).transpose()
}

/// The roles a member of staff holds now, the highest area first.
pub fn grants_of(reader: &mut Reader, id: StaffId) -> Result<Vec<StaffGrant>, StoreError> {
    let rows = reader.query(&GRANTS_OF, &[id.into(), (GRANTS_MAX as i64).into()])?;
    rows.into_iter().map(|mut row| grant(&mut row)).collect()
}

/// Every role held in the area of `path` and below, by member of staff.
pub fn grants_below(reader: &mut Reader, path: &str) -> Result<Vec<StaffGrant>, StoreError> {
    let rows = reader.query(&GRANTS_BELOW, &[path.into(), STAFF_MAX.into()])?;
    rows.into_iter().map(|mut row| grant(&mut row)).collect()
}

/// One page of those with a role in the area of `path` or below, by login, after the login `after` (empty: from the
/// start).
pub fn list_below(reader: &mut Reader, path: &str, after: &str, limit: i64) -> Result<Vec<Staff>, StoreError> {
    all(reader.query(&LIST_BELOW, &[path.into(), after.into(), limit.into()])?)
}

/// Like [`list_below`], with those who held a role and left.
pub fn list_all_below(reader: &mut Reader, path: &str, after: &str, limit: i64) -> Result<Vec<Staff>, StoreError> {
    all(reader.query(&LIST_ALL_BELOW, &[path.into(), after.into(), limit.into()])?)
}

/// Those whose name or login contains every word of `words`, with or without marks.
pub fn search_below(reader: &mut Reader, path: &str, words: &str, limit: usize) -> Result<Vec<Staff>, StoreError> {
    let words = fold(words);
    let mut found = list_all_below(reader, path, "", STAFF_MAX)?;
    found.retain(|s| {
        let text = format!("{} {}", fold(&s.full_name), s.login);
        words.split(' ').all(|word| text.contains(word))
    });
    found.truncate(limit);
    Ok(found)
}

/// Those who hold `role` in this very area: the station's leader of a commune, its clerk.
pub fn with_role(reader: &mut Reader, area: AreaId, role: Role) -> Result<Vec<Staff>, StoreError> {
    all(reader.query(&WITH_ROLE, &[area.into(), role.into(), STAFF_MAX.into()])?)
}

/// Those who hold `role` in the area of `path` or anywhere below.
pub fn with_role_below(reader: &mut Reader, path: &str, role: Role) -> Result<Vec<Staff>, StoreError> {
    all(reader.query(&WITH_ROLE_BELOW, &[path.into(), role.into(), STAFF_MAX.into()])?)
}

/// Whether somebody holds `role` for the area of `path`, there or above.
pub fn has_role(reader: &mut Reader, id: StaffId, role: Role, path: &str) -> Result<bool, StoreError> {
    Ok(reader.number(&HAS_ROLE, &[id.into(), role.into(), path.into()])? > 0)
}

/// The made-up people of a demo, in the order in which they were made.
pub fn made_up(reader: &mut Reader) -> Result<Vec<Staff>, StoreError> {
    all(reader.query(&MADE_UP, &[STAFF_MAX.into()])?)
}

/// Everybody with a role in the area of `path` or below.
pub fn count_below(reader: &mut Reader, path: &str) -> Result<i64, StoreError> {
    reader.number(&COUNT_BELOW, &[path.into()])
}

pub fn on_duty_below(reader: &mut Reader, path: &str) -> Result<i64, StoreError> {
    reader.number(&ON_DUTY_BELOW, &[path.into()])
}

/// Every account there is or was.
pub fn count(reader: &mut Reader) -> Result<i64, StoreError> {
    reader.number(&COUNT, &[])
}

/// Adds somebody, off duty and without a role.
pub fn insert(tx: &mut Tx, new: &NewStaff, now: At) -> Result<StaffId, StoreError> {
    let id = tx.id();
    tx.insert(
        &STAFF,
        id,
        vec![
            new.uid.into(),
            new.login.as_str().into(),
            new.full_name.as_str().into(),
            new.phone.clone().into(),
            new.licence.clone().into(),
            false.into(),
            now.into(),
            new.made_up.into(),
            now.into(),
            None::<At>.into(),
        ],
    )?;
    Ok(StaffId(id))
}

pub fn insert_grant(tx: &mut Tx, staff: StaffId, new: &NewGrant, now: At) -> Result<GrantId, StoreError> {
    let id = tx.id();
    tx.insert(
        &STAFF_GRANT,
        id,
        vec![
            new.uid.into(),
            staff.into(),
            new.organisation_id.into(),
            new.area_id.into(),
            new.role.into(),
            now.into(),
            None::<At>.into(),
        ],
    )?;
    Ok(GrantId(id))
}

pub fn set_duty(tx: &mut Tx, id: StaffId, on: bool, now: At) -> Result<(), StoreError> {
    tx.change_one(&SET_DUTY, &[id.into(), on.into(), now.into()])
}

/// The first administrator chooses a login and a name.
pub fn set_name(tx: &mut Tx, id: StaffId, login: &str, full_name: &str) -> Result<(), StoreError> {
    tx.change_one(&SET_NAME, &[id.into(), login.into(), full_name.into()])
}

pub fn set_details(
    tx: &mut Tx,
    id: StaffId,
    full_name: &str,
    phone: Option<&str>,
    licence: Option<&str>,
) -> Result<(), StoreError> {
    tx.change_one(&SET_DETAILS, &[id.into(), full_name.into(), phone.into(), licence.into()])
}

/// Ends the account and takes its holder off duty. Says whether it was still open.
pub fn end(tx: &mut Tx, id: StaffId, now: At) -> Result<bool, StoreError> {
    Ok(tx.change(&SET_ENDED, &[id.into(), now.into()])? > 0)
}

/// Takes one role away. Says whether it was still held.
pub fn revoke_grant(tx: &mut Tx, id: GrantId, now: At) -> Result<bool, StoreError> {
    Ok(tx.change(&REVOKE_ONE, &[id.into(), now.into()])? > 0)
}
