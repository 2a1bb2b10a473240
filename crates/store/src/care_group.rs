//! Care groups: leader, carers, the clusters they cover, and how many homes they hold (LC-13, LC-14).

use crate::error::StoreError;
use crate::stmt::{change, row, select, stmt};
use crate::tx::{Reader, Tx};
use rules::{AreaId, At, Audience, GroupId, StaffId, Uid};

stmt! {
    WRONG_TOTAL = "SELECT care_group.id FROM care_group WHERE care_group.household_total <>
        (SELECT COUNT(*) FROM household WHERE household.care_group_id = care_group.id) ORDER BY care_group.id LIMIT 1";
}

row! {
    /// A group of at most 100 households. `household_total` beside it is derived.
    pub struct CareGroup(CARE_GROUP = "care_group", GroupId) {
        uid: Uid,
        area_id: AreaId,
        number: i64,
        name: String,
        audience: Audience,
        leader_id: Option<StaffId>,
        leader_changed_at: At,
        created_at: At,
    } derived ["household_total" = 0, WRONG_TOTAL]
}

row! {
    pub struct GroupCluster(CARE_GROUP_CLUSTER = "care_group_cluster", i64) {
        care_group_id: GroupId,
        cluster_id: AreaId,
    }
}

row! {
    pub struct GroupCarer(CARE_GROUP_CARER = "care_group_carer", i64) {
        care_group_id: GroupId,
        staff_id: StaffId,
        since: At,
        until: Option<At>,
    }
}

select! {
    BY_ID: CARE_GROUP = "WHERE care_group.id = ?1";
    BY_UID: CARE_GROUP = "WHERE care_group.uid = ?1";
    OF_AREA: CARE_GROUP = "WHERE care_group.area_id = ?1 ORDER BY care_group.audience, care_group.number LIMIT 500";
    LED_BY: CARE_GROUP = "WHERE care_group.leader_id = ?1 ORDER BY care_group.id LIMIT 500";
    CLUSTERS_OF_AREA: CARE_GROUP_CLUSTER = "JOIN care_group ON care_group.id = care_group_cluster.care_group_id
        WHERE care_group.area_id = ?1 ORDER BY care_group_cluster.id LIMIT 5000";
    CARERS_OF: CARE_GROUP_CARER = "WHERE care_group_carer.care_group_id = ?1 AND care_group_carer.until IS NULL
        ORDER BY care_group_carer.id LIMIT 200";
}

change! {
    SET_LEADER: CARE_GROUP = "SET leader_id = ?2, leader_changed_at = ?3 WHERE id = ?1";
    END_CARER: CARE_GROUP_CARER = "SET until = ?3 WHERE care_group_id = ?1 AND staff_id = ?2 AND until IS NULL";
}

stmt! {
    TOTALS = "SELECT id, household_total FROM care_group WHERE area_id = ?1 ORDER BY id LIMIT 500";
    LAST_NUMBER = "SELECT MAX(number) FROM care_group WHERE area_id = ?1 AND audience = ?2";
    ITEMS = "SELECT care_group.id, care_group.uid, care_group.name, care_group.audience, area.code, area.name,
          care_group.household_total, leader.uid, leader.full_name, leader.on_duty, care_group.leader_id,
          (SELECT COUNT(*) FROM episode JOIN household ON household.id = episode.household_id
            WHERE household.care_group_id = care_group.id AND episode.state = 'open'),
          care_group.created_at, care_group.area_id, area.path
        FROM care_group JOIN area ON area.id = care_group.area_id LEFT JOIN staff AS leader ON leader.id = care_group.leader_id
        WHERE substr(area.path, 1, length(?1)) = ?1 AND care_group.id > ?2 ORDER BY care_group.id LIMIT ?3";
    CARER_ITEMS = "SELECT care_group_carer.care_group_id, staff.uid, staff.full_name, staff.on_duty, staff.id
        FROM care_group_carer JOIN care_group ON care_group.id = care_group_carer.care_group_id
          JOIN area ON area.id = care_group.area_id JOIN staff ON staff.id = care_group_carer.staff_id
        WHERE substr(area.path, 1, length(?1)) = ?1 AND care_group_carer.until IS NULL
          AND care_group.id > ?2 AND care_group.id <= ?3 ORDER BY care_group_carer.id LIMIT 5000";
    CLUSTER_ITEMS = "SELECT care_group_cluster.care_group_id, cluster.name
        FROM care_group_cluster JOIN care_group ON care_group.id = care_group_cluster.care_group_id
          JOIN area ON area.id = care_group.area_id JOIN area AS cluster ON cluster.id = care_group_cluster.cluster_id
        WHERE substr(area.path, 1, length(?1)) = ?1 AND care_group.id > ?2 AND care_group.id <= ?3
        ORDER BY care_group_cluster.id LIMIT 5000";
}

/// A person of the care team as lists show them.
#[derive(Clone, Debug, PartialEq)]
pub struct TeamMember {
    pub id: StaffId,
    pub uid: Uid,
    pub name: String,
    pub on_duty: bool,
}

/// A group as lists show it.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupItem {
    pub id: GroupId,
    pub uid: Uid,
    pub name: String,
    pub audience: Audience,
    pub area_id: AreaId,
    pub area_path: String,
    pub area_code: String,
    pub area_name: String,
    pub households: i64,
    pub people: i64,
    pub leader: Option<TeamMember>,
    pub carers: Vec<TeamMember>,
    pub clusters: Vec<String>,
    pub created_at: At,
}

impl GroupItem {
    /// How many of leader and carers are on duty; one person in both parts counts once.
    pub fn on_duty(&self) -> i64 {
        let mut ids: Vec<i64> =
            self.leader.iter().chain(&self.carers).filter(|m| m.on_duty).map(|m| m.id.0).collect();
        ids.sort_unstable();
        ids.dedup();
        ids.len() as i64
    }
}

pub fn by_id(reader: &mut Reader, id: GroupId) -> Result<Option<CareGroup>, StoreError> {
    reader.row(&BY_ID, &[id.into()])
}

pub fn by_uid(reader: &mut Reader, uid: Uid) -> Result<Option<CareGroup>, StoreError> {
    reader.row(&BY_UID, &[uid.into()])
}

pub fn of_area(reader: &mut Reader, area: AreaId) -> Result<Vec<CareGroup>, StoreError> {
    reader.rows(&OF_AREA, &[area.into()])
}

pub fn led_by(reader: &mut Reader, staff: StaffId) -> Result<Vec<CareGroup>, StoreError> {
    reader.rows(&LED_BY, &[staff.into()])
}

pub fn clusters_of_area(reader: &mut Reader, area: AreaId) -> Result<Vec<GroupCluster>, StoreError> {
    reader.rows(&CLUSTERS_OF_AREA, &[area.into()])
}

pub fn carers_of(reader: &mut Reader, group: GroupId) -> Result<Vec<GroupCarer>, StoreError> {
    reader.rows(&CARERS_OF, &[group.into()])
}

/// Homes per group of a commune.
pub fn totals(reader: &mut Reader, area: AreaId) -> Result<Vec<(GroupId, i64)>, StoreError> {
    reader.query(&TOTALS, &[area.into()])?.iter_mut().map(|r| Ok((GroupId(r.i64()?), r.i64()?))).collect()
}

pub fn last_number(reader: &mut Reader, area: AreaId, audience: Audience) -> Result<i64, StoreError> {
    reader.number(&LAST_NUMBER, &[area.into(), audience.into()])
}

/// Groups in the area and below after the id `after`, oldest first, with leader, carers and clusters.
pub fn items(reader: &mut Reader, path: &str, after: i64, limit: i64) -> Result<Vec<GroupItem>, StoreError> {
    let mut items = Vec::new();
    for mut row in reader.query(&ITEMS, &[path.into(), after.into(), limit.into()])? {
        let id = GroupId(row.i64()?);
        let (uid, name, audience) = (row.uid()?, row.text()?, row.word()?);
        let (area_code, area_name, households) = (row.text()?, row.text()?, row.i64()?);
        let (leader_uid, leader_name) = (row.opt_uid()?, row.opt_text()?);
        let (leader_duty, leader_id) = (row.opt_i64()?, row.opt_i64()?);
        let leader = match (leader_uid, leader_name, leader_id) {
            (Some(uid), Some(name), Some(id)) => {
                Some(TeamMember { id: StaffId(id), uid, name, on_duty: leader_duty == Some(1) })
            }
            _ => None,
        };
        let (people, created_at) = (row.i64()?, row.at()?);
        let (area_id, area_path) = (AreaId(row.i64()?), row.text()?);
        items.push(GroupItem {
            id,
            uid,
            name,
            audience,
            area_id,
            area_path,
            area_code,
            area_name,
            households,
            people,
            leader,
            carers: Vec::new(),
            clusters: Vec::new(),
            created_at,
        });
    }
    let Some(last) = items.last().map(|g| g.id) else { return Ok(items) };
    let range = [path.into(), after.into(), last.into()];
    for mut row in reader.query(&CARER_ITEMS, &range)? {
        let group = GroupId(row.i64()?);
        let (uid, name, on_duty, id) = (row.uid()?, row.text()?, row.flag()?, StaffId(row.i64()?));
        if let Some(item) = items.iter_mut().find(|g| g.id == group) {
            item.carers.push(TeamMember { id, uid, name, on_duty });
        }
    }
    for mut row in reader.query(&CLUSTER_ITEMS, &range)? {
        let (group, name) = (GroupId(row.i64()?), row.text()?);
        if let Some(item) = items.iter_mut().find(|g| g.id == group) {
            item.clusters.push(name);
        }
    }
    Ok(items)
}

pub fn set_leader(tx: &mut Tx, group: GroupId, leader: Option<StaffId>, at: At) -> Result<(), StoreError> {
    tx.change_one(&SET_LEADER, &[group.into(), leader.into(), at.into()])
}

pub fn add_cluster(tx: &mut Tx, group: GroupId, cluster: AreaId) -> Result<(), StoreError> {
    let id = tx.id();
    GroupCluster { id, care_group_id: group, cluster_id: cluster }.insert(tx)
}

pub fn add_carer(tx: &mut Tx, group: GroupId, staff: StaffId, at: At) -> Result<(), StoreError> {
    let id = tx.id();
    GroupCarer { id, care_group_id: group, staff_id: staff, since: at, until: None }.insert(tx)
}

pub fn end_carer(tx: &mut Tx, group: GroupId, staff: StaffId, at: At) -> Result<(), StoreError> {
    tx.change(&END_CARER, &[group.into(), staff.into(), at.into()]).map(|_| ())
}
