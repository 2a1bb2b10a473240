//! Groups and who looks after whom: leader, carers, and the carer of each home (LC-13, BH-6).

use crate::desk::Desk;
use crate::end_episode::Done;
use rules::permission::Verb;
use rules::{AreaId, Refusal, Role, StaffId, Uid};
use serde::{Deserialize, Serialize};
use store::care_group::{self, CareGroup};
use store::staff::{self, Staff};
use store::{Reader, Stop, StoreError, Tx, area, episode, household, workload};

/// Carers of one group.
pub const CARERS_MAX: usize = 100;
/// Episodes in one assignment.
pub const ASSIGNED_MAX: usize = 500;

fn group(reader: &mut Reader, desk: &Desk, verb: Verb, uid: Uid) -> Result<(CareGroup, String), Stop> {
    let group = care_group::by_uid(reader, uid)?.ok_or_else(Refusal::not_found)?;
    let area = area::by_id(reader, group.area_id)?.ok_or_else(Refusal::not_found)?;
    desk.may(verb, &area.path)?;
    Ok((group, area.path))
}

/// Somebody who works in the commune (or in one of its clusters) in a caring role; nobody else is named to exist.
fn caring(reader: &mut Reader, commune_path: &str, field: &str, uid: Uid) -> Result<Staff, Stop> {
    let refused = || Refusal::field(field, "unknown");
    let member = staff::by_uid(reader, uid)?.filter(|s| s.ended_at.is_none()).ok_or_else(refused)?;
    let grants = staff::grants_of(reader, member.id)?;
    let cares = grants.iter().any(|g| {
        matches!(g.role, Role::Carer | Role::StationLeader)
            && (g.path.starts_with(commune_path) || commune_path.starts_with(&g.path))
    });
    if cares { Ok(member) } else { Err(refused().into()) }
}

/// Names the group's leader; one person may lead many (LC-13).
pub fn set_leader(tx: &mut Tx, desk: &Desk, uid: Uid, leader: Uid) -> Result<Done, Stop> {
    let (group, path) = group(tx, desk, Verb::SetGroupLeader, uid)?;
    let leader = caring(tx, &path, "staff_id", leader)?;
    care_group::set_leader(tx, group.id, Some(leader.id), desk.now)?;
    let header = format!("leader={}", leader.id.0);
    tx.log(&desk.stamp(), &format!("group:{}", group.id.0), "group_leader_set", &header, "")?;
    Ok(Done { id: group.uid.to_string() })
}

/// Sets the group's carers to exactly these.
pub fn set_carers(tx: &mut Tx, desk: &Desk, uid: Uid, carers: &[Uid]) -> Result<Done, Stop> {
    let (group, path) = group(tx, desk, Verb::SetGroupCarers, uid)?;
    if carers.len() > CARERS_MAX {
        return Err(Refusal::field("carers", "too_many").into());
    }
    let mut wanted: Vec<StaffId> = Vec::new();
    for carer in carers {
        wanted.push(caring(tx, &path, "carers", *carer)?.id);
    }
    wanted.sort_unstable();
    wanted.dedup();
    let had: Vec<StaffId> = care_group::carers_of(tx, group.id)?.into_iter().map(|c| c.staff_id).collect();
    for gone in had.iter().filter(|id| !wanted.contains(id)) {
        care_group::end_carer(tx, group.id, *gone, desk.now)?;
    }
    for new in wanted.iter().filter(|id| !had.contains(id)) {
        care_group::add_carer(tx, group.id, *new, desk.now)?;
    }
    let header = format!("carers={}", wanted.len());
    tx.log(&desk.stamp(), &format!("group:{}", group.id.0), "group_carers_set", &header, "")?;
    Ok(Done { id: group.uid.to_string() })
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Assigned {
    pub households: i64,
}

/// Gives the homes of these episodes to a carer: the whole home, since one home has one carer (P-3).
pub fn assign(tx: &mut Tx, desk: &Desk, episodes: &[Uid], carer: Uid) -> Result<Assigned, Stop> {
    if episodes.is_empty() {
        return Err(Refusal::field("episode_ids", "required").into());
    }
    if episodes.len() > ASSIGNED_MAX {
        return Err(Refusal::field("episode_ids", "too_many").into());
    }
    let mut homes = Vec::new();
    for uid in episodes {
        let item = episode::item_by_uid(tx, *uid)?.ok_or_else(Refusal::not_found)?;
        desk.may(Verb::AssignCarer, &item.path)?;
        let commune = area::by_id(tx, item.area_id)?.ok_or_else(Refusal::not_found)?;
        let member = caring(tx, &commune.path, "carer_id", carer)?;
        homes.push((item.household_id, member.id));
    }
    homes.sort_unstable();
    homes.dedup();
    for (home, member) in &homes {
        household::set_carer(tx, *home, Some(*member))?;
        let header = format!("carer={}", member.0);
        tx.log(&desk.stamp(), &format!("household:{}", home.0), "home_assigned", &header, "")?;
    }
    Ok(Assigned { households: homes.len() as i64 })
}

/// Gives every home in somebody's care to a colleague, at most [`ASSIGNED_MAX`] at once: for a leave, or for good. `from` =
/// whose; `None` = the homes that are in nobody's care by name.
///
/// # Errors
/// Not found, unless the desk assigns carers in the commune; `from`, `to` with `unknown`; `to` with `same`.
pub fn move_homes(
    tx: &mut Tx,
    desk: &Desk,
    commune: AreaId,
    from: Option<Uid>,
    to: Uid,
) -> Result<Assigned, Stop> {
    let commune = area::by_id(tx, commune)?.ok_or_else(Refusal::not_found)?;
    desk.may(Verb::AssignCarer, &commune.path)?;
    let unknown = || Refusal::field("from", "unknown");
    let owner = match from {
        Some(uid) => Some(staff::by_uid(tx, uid)?.ok_or_else(unknown)?),
        None => None,
    };
    let homes = workload::of_carer(tx, commune.id, owner.as_ref().map(|o| o.id), ASSIGNED_MAX as i64)?;
    // Whoever left may still have homes here; nobody of elsewhere is named to exist.
    if let Some(uid) = from.filter(|_| homes.is_empty())
        && caring(tx, &commune.path, "from", uid).is_err()
    {
        return Err(unknown().into());
    }
    let to = caring(tx, &commune.path, "to", to)?;
    let was = match owner {
        Some(owner) if owner.id == to.id => return Err(Refusal::field("to", "same").into()),
        Some(owner) => format!(" from={}", owner.id.0),
        None => String::new(),
    };
    let households = homes.len() as i64;
    for id in homes {
        let torn = || StoreError::Shape(format!("episode {} is gone", id.0));
        let home = episode::by_id(tx, id)?.ok_or_else(torn)?.household_id;
        household::set_carer(tx, home, Some(to.id))?;
        let header = format!("carer={}{was}", to.id.0);
        tx.log(&desk.stamp(), &format!("household:{}", home.0), "home_assigned", &header, "")?;
    }
    Ok(Assigned { households })
}
