//! Staff: whoever signs in, and the roles they hold in an area and all below it. What opens their account (password,
//! second factor, sessions) is in `session.rs` and is no part of the record.

use crate::error::StoreError;
use crate::stmt::{change, row, select, stmt};
use crate::tx::{Reader, Tx};
use crate::val::Row;
use rules::fold::fold;
use rules::{AreaId, AreaLevel, At, GrantId, OrganisationId, Role, StaffId, Uid};

/// Roles that one member of staff may hold at a time.
pub const GRANTS_MAX: usize = 64;
/// Staff in one answer that is not paged.
pub const STAFF_MAX: i64 = 20_000;

row! {
    pub struct Staff(STAFF = "staff", StaffId) {
        uid: Uid,
        /// In lower case; never used again by somebody else.
        login: String,
        full_name: String,
        phone: Option<String>,
        /// Number of the licence to practise, for clinicians.
        licence: Option<String>,
        on_duty: bool,
        duty_changed_at: At,
        /// A made-up person of the demo.
        made_up: bool,
        created_at: At,
        /// When the account ended; what its holder did stays.
        ended_at: Option<At>,
    }
}

row! {
    pub struct StaffGrant(STAFF_GRANT = "staff_grant", GrantId) {
        uid: Uid,
        staff_id: StaffId,
        organisation_id: Option<OrganisationId>,
        area_id: AreaId,
        role: Role,
        granted_at: At,
        revoked_at: Option<At>,
    }
}

/// A cluster's carer works under the commune's code.
macro_rules! held_columns {
    () => {
        "g.id, g.staff_id, g.role, g.organisation_id, g.area_id, a.path, a.level, \
         CASE WHEN a.level = 'cluster' THEN COALESCE(p.code, a.code) ELSE a.code END, a.kind, a.name"
    };
}
pub(crate) use held_columns;

macro_rules! holds_below {
    () => {
        "EXISTS (SELECT 1 FROM staff_grant JOIN area ON area.id = staff_grant.area_id
            WHERE staff_grant.staff_id = staff.id AND staff_grant.revoked_at IS NULL
              AND substr(area.path, 1, length(?1)) = ?1)"
    };
}

select! {
    BY_ID: STAFF = "WHERE staff.id = ?1";
    BY_UID: STAFF = "WHERE staff.uid = ?1";
    BY_LOGIN: STAFF = "WHERE staff.login = ?1";
    LIST_BELOW: STAFF = concat!("WHERE staff.ended_at IS NULL AND staff.login > ?2 AND ", holds_below!(),
        " ORDER BY staff.login LIMIT ?3");
    // With those who left: what they did stays theirs.
    LIST_ALL_BELOW: STAFF = "WHERE staff.login > ?2
        AND EXISTS (SELECT 1 FROM staff_grant JOIN area ON area.id = staff_grant.area_id
            WHERE staff_grant.staff_id = staff.id AND substr(area.path, 1, length(?1)) = ?1)
        ORDER BY staff.login LIMIT ?3";
    WITH_ROLE: STAFF = "WHERE staff.ended_at IS NULL AND EXISTS (SELECT 1 FROM staff_grant
            WHERE staff_grant.staff_id = staff.id AND staff_grant.revoked_at IS NULL
              AND staff_grant.area_id = ?1 AND staff_grant.role = ?2)
        ORDER BY staff.id LIMIT ?3";
    WITH_ROLE_BELOW: STAFF = "WHERE staff.ended_at IS NULL
        AND EXISTS (SELECT 1 FROM staff_grant JOIN area ON area.id = staff_grant.area_id
            WHERE staff_grant.staff_id = staff.id AND staff_grant.revoked_at IS NULL
              AND staff_grant.role = ?2 AND substr(area.path, 1, length(?1)) = ?1)
        ORDER BY staff.id LIMIT ?3";
    MADE_UP: STAFF = "WHERE staff.ended_at IS NULL AND staff.made_up = 1 ORDER BY staff.id LIMIT ?1";
}

stmt! {
    HELD_BY = concat!("SELECT ", held_columns!(), " FROM staff_grant g JOIN area a ON a.id = g.area_id
        LEFT JOIN area p ON p.id = a.parent_id
        WHERE g.staff_id = ?1 AND g.revoked_at IS NULL ORDER BY length(a.path), g.id LIMIT ?2");
    HELD_BELOW = concat!("SELECT ", held_columns!(), " FROM staff_grant g JOIN area a ON a.id = g.area_id
        JOIN staff s ON s.id = g.staff_id LEFT JOIN area p ON p.id = a.parent_id
        WHERE g.revoked_at IS NULL AND s.ended_at IS NULL AND substr(a.path, 1, length(?1)) = ?1
        ORDER BY g.staff_id, g.id LIMIT ?2");
    ON_DUTY_BELOW = concat!("SELECT COUNT(*) FROM staff WHERE staff.ended_at IS NULL AND staff.on_duty = 1 AND ",
        holds_below!());
    COUNT_BELOW = concat!("SELECT COUNT(*) FROM staff WHERE staff.ended_at IS NULL AND ", holds_below!());
    COUNT = "SELECT COUNT(*) FROM staff";
    HAS_ROLE = "SELECT COUNT(*) FROM staff_grant g JOIN area a ON a.id = g.area_id
        WHERE g.staff_id = ?1 AND g.role = ?2 AND g.revoked_at IS NULL AND substr(?3, 1, length(a.path)) = a.path";
}

change! {
    SET_DUTY: STAFF = "SET on_duty = ?2, duty_changed_at = ?3 WHERE id = ?1";
    SET_NAME: STAFF = "SET login = ?2, full_name = ?3 WHERE id = ?1";
    SET_DETAILS: STAFF = "SET full_name = ?2, phone = ?3, licence = ?4 WHERE id = ?1";
    SET_ENDED: STAFF = "SET ended_at = ?2, on_duty = 0, duty_changed_at = ?2 WHERE id = ?1 AND ended_at IS NULL";
    REVOKE: STAFF_GRANT = "SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL";
}

/// A role that is held now, with its area.
#[derive(Clone, Debug, PartialEq)]
pub struct HeldRole {
    pub id: GrantId,
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

/// Reads the columns of `held_columns!` from where the row stands.
pub(crate) fn held(row: &mut Row) -> Result<HeldRole, StoreError> {
    Ok(HeldRole {
        id: GrantId(row.i64()?),
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
    reader.row(&BY_ID, &[id.into()])
}

pub fn by_uid(reader: &mut Reader, uid: Uid) -> Result<Option<Staff>, StoreError> {
    reader.row(&BY_UID, &[uid.into()])
}

/// Logins are kept in lower case; those of people who left included.
pub fn by_login(reader: &mut Reader, login: &str) -> Result<Option<Staff>, StoreError> {
    reader.row(&BY_LOGIN, &[login.into()])
}

/// The roles a member of staff holds now, the highest area first.
pub fn grants_of(reader: &mut Reader, id: StaffId) -> Result<Vec<HeldRole>, StoreError> {
    reader.query(&HELD_BY, &[id.into(), (GRANTS_MAX as i64).into()])?.iter_mut().map(held).collect()
}

/// Every role held in the area of `path` and below, by member of staff.
pub fn grants_below(reader: &mut Reader, path: &str) -> Result<Vec<HeldRole>, StoreError> {
    reader.query(&HELD_BELOW, &[path.into(), STAFF_MAX.into()])?.iter_mut().map(held).collect()
}

/// One page of those with a role in the area of `path` or below, by login, after the login `after` (empty: from the
/// start).
pub fn list_below(
    reader: &mut Reader,
    path: &str,
    after: &str,
    limit: i64,
) -> Result<Vec<Staff>, StoreError> {
    reader.rows(&LIST_BELOW, &[path.into(), after.into(), limit.into()])
}

/// Like [`list_below`], with those who held a role and left.
pub fn list_all_below(
    reader: &mut Reader,
    path: &str,
    after: &str,
    limit: i64,
) -> Result<Vec<Staff>, StoreError> {
    reader.rows(&LIST_ALL_BELOW, &[path.into(), after.into(), limit.into()])
}

/// Those whose name or login contains every word of `words`, with or without marks.
pub fn search_below(
    reader: &mut Reader,
    path: &str,
    words: &str,
    limit: usize,
) -> Result<Vec<Staff>, StoreError> {
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
    reader.rows(&WITH_ROLE, &[area.into(), role.into(), STAFF_MAX.into()])
}

/// Those who hold `role` in the area of `path` or anywhere below.
pub fn with_role_below(reader: &mut Reader, path: &str, role: Role) -> Result<Vec<Staff>, StoreError> {
    reader.rows(&WITH_ROLE_BELOW, &[path.into(), role.into(), STAFF_MAX.into()])
}

/// Whether somebody holds `role` for the area of `path`, there or above.
pub fn has_role(reader: &mut Reader, id: StaffId, role: Role, path: &str) -> Result<bool, StoreError> {
    Ok(reader.number(&HAS_ROLE, &[id.into(), role.into(), path.into()])? > 0)
}

/// The made-up people of a demo, in the order in which they were made.
pub fn made_up(reader: &mut Reader) -> Result<Vec<Staff>, StoreError> {
    reader.rows(&MADE_UP, &[STAFF_MAX.into()])
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

/// Somebody as they are added: off duty and without a role.
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

pub fn insert(tx: &mut Tx, new: &NewStaff, now: At) -> Result<StaffId, StoreError> {
    let member = Staff {
        id: StaffId(tx.id()),
        uid: new.uid,
        login: new.login.clone(),
        full_name: new.full_name.clone(),
        phone: new.phone.clone(),
        licence: new.licence.clone(),
        on_duty: false,
        duty_changed_at: now,
        made_up: new.made_up,
        created_at: now,
        ended_at: None,
    };
    member.insert(tx)?;
    Ok(member.id)
}

pub fn insert_grant(tx: &mut Tx, staff: StaffId, new: &NewGrant, now: At) -> Result<GrantId, StoreError> {
    let grant = StaffGrant {
        id: GrantId(tx.id()),
        uid: new.uid,
        staff_id: staff,
        organisation_id: new.organisation_id,
        area_id: new.area_id,
        role: new.role,
        granted_at: now,
        revoked_at: None,
    };
    grant.insert(tx)?;
    Ok(grant.id)
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
    Ok(tx.change(&REVOKE, &[id.into(), now.into()])? > 0)
}
