//! Homes and lodgings, and the numbers that reach them. One household has one group, one care team (P-3).

use crate::error::StoreError;
use crate::stmt::{change, row, select, stmt};
use crate::tx::{Reader, Tx};
use rules::placement::Unplaced;
use rules::{AreaId, At, Audience, GroupId, HouseholdId, HouseholdKind, PersonId, PointState, StaffId, Uid};

row! {
    /// `phones` are the numbers that still reach it, E.164, first the one to call, joined by spaces.
    pub struct Household(HOUSEHOLD = "household", HouseholdId) {
        uid: Uid,
        area_id: AreaId,
        cluster_id: Option<AreaId>,
        address: String,
        address_key: String,
        kind: HouseholdKind,
        phones: String,
        care_group_id: Option<GroupId>,
        placed_at: Option<At>,
        carer_id: Option<StaffId>,
        visitor: Option<String>,
        visitor_phone: Option<String>,
        second_visitor: Option<String>,
        second_visitor_phone: Option<String>,
        visitor_at: Option<At>,
        created_at: At,
    }
}

row! {
    /// A number (or Zalo user) that reaches a household; several people may share it.
    pub struct AddressPoint(ADDRESS_POINT = "address_point", i64) {
        household_id: HouseholdId,
        person_id: Option<PersonId>,
        kind: String,
        value: String,
        rank: i64,
        state: PointState,
        changed_at: At,
        verified_at: Option<At>,
        verified_by: Option<StaffId>,
    }
}

row! {
    /// A household's stay in a group.
    pub struct Membership(MEMBERSHIP = "membership", i64) {
        household_id: HouseholdId,
        care_group_id: GroupId,
        joined_at: At,
        left_at: Option<At>,
        why: String,
    }
}

select! {
    BY_ID: HOUSEHOLD = "WHERE household.id = ?1";
    BY_UID: HOUSEHOLD = "WHERE household.uid = ?1";
    AT_ADDRESS: HOUSEHOLD = "WHERE household.area_id = ?1 AND household.address_key = ?2
        AND COALESCE(household.cluster_id, 0) = ?3 ORDER BY household.id LIMIT 20";
    POINTS: ADDRESS_POINT = "WHERE address_point.household_id = ?1 ORDER BY address_point.rank, address_point.id LIMIT 50";
    MEMBERSHIPS: MEMBERSHIP = "WHERE membership.household_id = ?1 ORDER BY membership.id LIMIT 200";
}

change! {
    SET_PHONES: HOUSEHOLD = "SET phones = ?2 WHERE id = ?1";
    SET_CLUSTER: HOUSEHOLD = "SET cluster_id = ?2 WHERE id = ?1";
    SET_GROUP: HOUSEHOLD = "SET care_group_id = ?2, placed_at = ?3 WHERE id = ?1";
    SET_CARER: HOUSEHOLD = "SET carer_id = ?2 WHERE id = ?1";
    SET_VISITORS: HOUSEHOLD = "SET visitor = ?2, visitor_phone = ?3, second_visitor = ?4, second_visitor_phone = ?5,
        visitor_at = ?6 WHERE id = ?1";
    SET_POINT_STATE: ADDRESS_POINT = "SET state = ?2, changed_at = ?3 WHERE id = ?1";
    SET_POINT_RANK: ADDRESS_POINT = "SET rank = ?2, changed_at = ?3 WHERE id = ?1";
    LEAVE: MEMBERSHIP = "SET left_at = ?2 WHERE household_id = ?1 AND left_at IS NULL";
}

stmt! {
    UNPLACED = "SELECT household.id, household.cluster_id, MAX(CASE WHEN episode.kind = 'case' THEN 1 ELSE 0 END)
        FROM household JOIN episode ON episode.household_id = household.id AND episode.state = 'open'
        WHERE household.area_id = ?1 AND household.care_group_id IS NULL
        GROUP BY household.id, household.cluster_id ORDER BY household.cluster_id, household.id LIMIT ?2";
    OPEN_CASES = "SELECT COUNT(*) FROM episode WHERE household_id = ?1 AND state = 'open' AND kind = 'case'";
    OPEN_EPISODES = "SELECT COUNT(*) FROM episode WHERE household_id = ?1 AND state = 'open'";
    GROUP_GAINS = "UPDATE care_group SET household_total = household_total + ?2 WHERE id = ?1";
}

pub fn by_id(reader: &mut Reader, id: HouseholdId) -> Result<Option<Household>, StoreError> {
    reader.row(&BY_ID, &[id.into()])
}

pub fn by_uid(reader: &mut Reader, uid: Uid) -> Result<Option<Household>, StoreError> {
    reader.row(&BY_UID, &[uid.into()])
}

/// The households at one written address of a cluster, oldest first.
pub fn at_address(
    reader: &mut Reader,
    area: AreaId,
    cluster: Option<AreaId>,
    address_key: &str,
) -> Result<Vec<Household>, StoreError> {
    reader.rows(&AT_ADDRESS, &[area.into(), address_key.into(), cluster.map_or(0, |c| c.0).into()])
}

/// Homes of a commune with an open episode and no group, cluster by cluster, each with whom its group must look
/// after (P-3).
pub fn unplaced(reader: &mut Reader, area: AreaId, limit: i64) -> Result<Vec<Unplaced>, StoreError> {
    let rows = reader.query(&UNPLACED, &[area.into(), limit.into()])?;
    rows.into_iter()
        .map(|mut row| {
            let (household, cluster, has_case) = (row.get()?, row.get()?, row.i64()?);
            let audience = if has_case == 1 { Audience::F0 } else { Audience::F1 };
            Ok(Unplaced { household, cluster, audience })
        })
        .collect()
}

/// Whom the household's group must look after: any open case makes it an F0 home (P-3). `None` when nobody there
/// is under care.
pub fn audience(reader: &mut Reader, id: HouseholdId) -> Result<Option<Audience>, StoreError> {
    if reader.number(&OPEN_CASES, &[id.into()])? > 0 {
        return Ok(Some(Audience::F0));
    }
    Ok((reader.number(&OPEN_EPISODES, &[id.into()])? > 0).then_some(Audience::F1))
}

pub fn points(reader: &mut Reader, id: HouseholdId) -> Result<Vec<AddressPoint>, StoreError> {
    reader.rows(&POINTS, &[id.into()])
}

pub fn memberships(reader: &mut Reader, id: HouseholdId) -> Result<Vec<Membership>, StoreError> {
    reader.rows(&MEMBERSHIPS, &[id.into()])
}

/// Adds a number after those that are there; one that is there already is made active again. Returns whether
/// anything changed.
pub fn add_phone(
    tx: &mut Tx,
    household: HouseholdId,
    person: Option<PersonId>,
    phone: &str,
    first: bool,
    at: At,
) -> Result<bool, StoreError> {
    let points = points(tx, household)?;
    let lowest = points.iter().map(|p| p.rank).min().unwrap_or(0);
    let rank = if first { lowest - 1 } else { points.iter().map(|p| p.rank).max().map_or(1, |r| r + 1) };
    match points.iter().find(|p| p.kind == "phone" && p.value == phone) {
        Some(p) if p.state == PointState::Active && (!first || p.rank == lowest) => return Ok(false),
        Some(p) => {
            if p.state != PointState::Active {
                tx.change_one(&SET_POINT_STATE, &[p.id.into(), PointState::Active.into(), at.into()])?;
            }
            if first {
                tx.change_one(&SET_POINT_RANK, &[p.id.into(), rank.into(), at.into()])?;
            }
        }
        None => {
            let id = tx.id();
            AddressPoint {
                id,
                household_id: household,
                person_id: person,
                kind: "phone".to_owned(),
                value: phone.to_owned(),
                rank,
                state: PointState::Active,
                changed_at: at,
                verified_at: None,
                verified_by: None,
            }
            .insert(tx)?;
        }
    }
    refresh_phones(tx, household)?;
    Ok(true)
}

/// A number that turned out to be somebody else's: it stays in the record and is no longer called.
pub fn mark_wrong(tx: &mut Tx, household: HouseholdId, phone: &str, at: At) -> Result<bool, StoreError> {
    let found = points(tx, household)?
        .into_iter()
        .find(|p| p.kind == "phone" && p.value == phone && p.state == PointState::Active);
    let Some(point) = found else { return Ok(false) };
    tx.change_one(&SET_POINT_STATE, &[point.id.into(), PointState::Wrong.into(), at.into()])?;
    refresh_phones(tx, household)?;
    Ok(true)
}

fn refresh_phones(tx: &mut Tx, household: HouseholdId) -> Result<(), StoreError> {
    let active: Vec<String> = points(tx, household)?
        .into_iter()
        .filter(|p| p.kind == "phone" && p.state == PointState::Active)
        .map(|p| p.value)
        .collect();
    tx.change_one(&SET_PHONES, &[household.into(), active.join(" ").into()])
}

pub fn set_cluster(tx: &mut Tx, household: HouseholdId, cluster: Option<AreaId>) -> Result<(), StoreError> {
    tx.change_one(&SET_CLUSTER, &[household.into(), cluster.into()])
}

pub fn set_carer(tx: &mut Tx, household: HouseholdId, carer: Option<StaffId>) -> Result<(), StoreError> {
    tx.change_one(&SET_CARER, &[household.into(), carer.into()])
}

pub fn set_visitors(
    tx: &mut Tx,
    household: HouseholdId,
    first: Option<(&str, Option<&str>)>,
    second: Option<(&str, Option<&str>)>,
    at: At,
) -> Result<(), StoreError> {
    let name = |v: Option<(&str, Option<&str>)>| v.map(|v| v.0.to_owned());
    let phone = |v: Option<(&str, Option<&str>)>| v.and_then(|v| v.1.map(str::to_owned));
    let params = [
        household.into(),
        name(first).into(),
        phone(first).into(),
        name(second).into(),
        phone(second).into(),
        at.into(),
    ];
    tx.change_one(&SET_VISITORS, &params)
}

/// Moves a household from the group it is in (if any) to another (or to none), with its history.
pub fn place(
    tx: &mut Tx,
    household: &Household,
    group: Option<GroupId>,
    why: &str,
    at: At,
) -> Result<(), StoreError> {
    if household.care_group_id == group {
        return Ok(());
    }
    if let Some(old) = household.care_group_id {
        tx.change(&LEAVE, &[household.id.into(), at.into()])?;
        tx.push(&GROUP_GAINS, vec![old.into(), (-1i64).into()])?;
    }
    if let Some(new) = group {
        let id = tx.id();
        Membership {
            id,
            household_id: household.id,
            care_group_id: new,
            joined_at: at,
            left_at: None,
            why: why.to_owned(),
        }
        .insert(tx)?;
        tx.push(&GROUP_GAINS, vec![new.into(), 1i64.into()])?;
    }
    tx.change_one(&SET_GROUP, &[household.id.into(), group.into(), group.map(|_| at).into()])
}
