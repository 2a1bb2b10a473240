//! Homes find their group: every home with somebody under care is in a group of its commune, by cluster, never more
//! than a hundred together, nobody moved needlessly (LC-9, LC-14, LC-15, P-3).

use crate::desk::Desk;
use crate::house::Mint;
use crate::scene::Place;
use rules::placement::{self, ClusterInfo, GroupState, NewGroup, Slot, Unplaced};
use rules::{AreaId, AreaLevel, At, Audience, GroupId, HouseholdId, Role, StaffId};
use std::collections::HashSet;
use store::area::{self, Area};
use store::care_group::{self, CareGroup};
use store::{Reader, Stop, StoreError, Tx, household, staff};

/// Homes placed in one transaction; the last group is filled, so it may be as many as one group more.
pub const PLACED_AT_ONCE: usize = 200;
/// Homes without a group that one plan looks at.
const PLANNED_MAX: i64 = 20_000;

/// The groups of a commune as the rule sees them, with how many homes each holds.
pub fn group_states(reader: &mut Reader, commune: AreaId) -> Result<Vec<GroupState>, StoreError> {
    let totals = care_group::totals(reader, commune)?;
    let clusters = care_group::clusters_of_area(reader, commune)?;
    let groups = care_group::of_area(reader, commune)?;
    Ok(groups
        .into_iter()
        .map(|g| GroupState {
            id: g.id,
            audience: g.audience,
            clusters: clusters.iter().filter(|c| c.care_group_id == g.id).map(|c| c.cluster_id).collect(),
            households: totals
                .iter()
                .find(|(id, _)| *id == g.id)
                .map_or(0, |(_, n)| usize::try_from(*n).unwrap_or(0)),
        })
        .collect())
}

/// The clusters of a commune and what lies beside each.
pub fn clusters(reader: &mut Reader, commune: &Area) -> Result<Vec<ClusterInfo>, StoreError> {
    let pairs = area::neighbours_within(reader, &commune.path)?;
    Ok(area::below(reader, &commune.path, AreaLevel::Cluster)?
        .into_iter()
        .map(|c| ClusterInfo {
            id: c.id,
            neighbours: pairs.iter().filter(|(a, _)| *a == c.id).map(|(_, b)| *b).collect(),
        })
        .collect())
}

/// Places about [`PLACED_AT_ONCE`] of the commune's homes without a group; returns how many are still without one.
/// The plan looks at all of them, so that 401 homes become five even groups and not four full ones and a rest.
pub fn place_waiting(tx: &mut Tx, desk: &Desk, mint: &mut Mint, place: &Place) -> Result<i64, Stop> {
    let unplaced = household::unplaced(tx, place.area.id, PLANNED_MAX)?;
    if unplaced.is_empty() {
        return Ok(0);
    }
    let groups = group_states(tx, place.area.id)?;
    let clusters = clusters(tx, &place.area)?;
    let plan = placement::plan(&unplaced, &groups, &clusters, place.group_rules());
    let mut opened: Vec<Option<GroupId>> = vec![None; plan.new_groups.len()];
    let mut filled = HashSet::new();
    let mut placed = 0;
    for (id, slot) in plan.beginning(PLACED_AT_ONCE) {
        let Some(home) = household::by_id(tx, *id)? else { continue };
        let group = match slot {
            Slot::Existing(group) => *group,
            Slot::New(n) => match (opened.get(*n).copied().flatten(), plan.new_groups.get(*n)) {
                (Some(group), _) => group,
                (None, Some(new)) => {
                    let group = open_group(tx, desk, mint, place, new)?;
                    if let Some(slot) = opened.get_mut(*n) {
                        *slot = Some(group);
                    }
                    group
                }
                (None, None) => return Err(StoreError::Shape("a plan without its group".to_owned()).into()),
            },
        };
        household::place(tx, &home, Some(group), "placed", desk.now)?;
        filled.insert(group);
        placed += 1;
    }
    for (group, cluster) in plan.served.iter().filter(|(group, _)| filled.contains(group)) {
        serve(tx, *group, *cluster, desk.now)?;
    }
    let header = format!("homes={placed}");
    tx.log(&desk.stamp(), &format!("area:{}", place.area.id.0), "homes_placed", &header, "")?;
    Ok(unplaced.len() as i64 - placed)
}

/// Places one home, or moves it when it needs another kind of group (an F1 turned F0). A home that may stay stays.
pub fn rehome(
    tx: &mut Tx,
    desk: &Desk,
    mint: &mut Mint,
    id: HouseholdId,
    why: &str,
) -> Result<Option<GroupId>, Stop> {
    let torn = || StoreError::Shape(format!("household {} is gone", id.0));
    let home = household::by_id(tx, id)?.ok_or_else(torn)?;
    let Some(audience) = household::audience(tx, id)? else { return Ok(home.care_group_id) };
    let commune = area::by_id(tx, home.area_id)?.ok_or_else(torn)?;
    let place = crate::scene::place(tx, commune)?;
    let groups = group_states(tx, place.area.id)?;
    let clusters = clusters(tx, &place.area)?;
    let wanted = Unplaced { household: id, cluster: home.cluster_id, audience };
    let Some(moved) =
        placement::move_home(wanted, home.care_group_id, &groups, &clusters, place.group_rules())
    else {
        return Ok(home.care_group_id);
    };
    let group = match (moved.to, moved.opens) {
        (Slot::Existing(group), _) => group,
        (Slot::New(_), Some(new)) => open_group(tx, desk, mint, &place, &new)?,
        (Slot::New(_), None) => return Err(StoreError::Shape("a move without its group".to_owned()).into()),
    };
    if let Some((group, cluster)) = moved.served {
        serve(tx, group, cluster, desk.now)?;
    }
    let from = home.care_group_id;
    household::place(tx, &home, Some(group), why, desk.now)?;
    let header = match from {
        Some(from) => format!("group={} from={} why={why}", group.0, from.0),
        None => format!("group={} why={why}", group.0),
    };
    tx.log(&desk.stamp(), &format!("household:{}", id.0), "home_placed", &header, "")?;
    Ok(Some(group))
}

/// A group serves one more cluster: the carers of that cluster belong to it from now on.
fn serve(tx: &mut Tx, group: GroupId, cluster: AreaId, at: At) -> Result<(), Stop> {
    care_group::add_cluster(tx, group, cluster)?;
    let had: Vec<StaffId> = care_group::carers_of(tx, group)?.into_iter().map(|c| c.staff_id).collect();
    for carer in staff::with_role(tx, cluster, Role::Carer)? {
        if !had.contains(&carer.id) {
            care_group::add_carer(tx, group, carer.id, at)?;
        }
    }
    Ok(())
}

/// Opens a group with the station's head as its leader and the clusters' carers in it. Where the commune has no
/// station head yet, the group stands without a leader, and that is a gap until somebody is named.
fn open_group(
    tx: &mut Tx,
    desk: &Desk,
    mint: &mut Mint,
    place: &Place,
    new: &NewGroup,
) -> Result<GroupId, Stop> {
    let commune = &place.area;
    let number = care_group::last_number(tx, commune.id, new.audience)? + 1;
    let leader = staff::with_role(tx, commune.id, Role::StationLeader)?.into_iter().next();
    let id = GroupId(tx.id());
    let label = match new.audience {
        Audience::F0 => "F0",
        Audience::F1 => "F1",
        Audience::Mixed => "F0-F1",
    };
    CareGroup {
        id,
        uid: mint.uid(desk.now),
        area_id: commune.id,
        number,
        name: format!("{label} {} {number}", commune.name),
        audience: new.audience,
        leader_id: leader.map(|s| s.id),
        leader_changed_at: desk.now,
        created_at: desk.now,
    }
    .insert(tx)?;
    let mut carers: Vec<StaffId> = Vec::new();
    for cluster in &new.clusters {
        care_group::add_cluster(tx, id, *cluster)?;
        carers.extend(staff::with_role(tx, *cluster, Role::Carer)?.into_iter().map(|s| s.id));
    }
    // A carer granted for the whole commune belongs to every group of it.
    carers.extend(staff::with_role(tx, commune.id, Role::Carer)?.into_iter().map(|s| s.id));
    carers.sort_unstable();
    carers.dedup();
    for carer in carers {
        care_group::add_carer(tx, id, carer, desk.now)?;
    }
    let header = format!("area={} audience={}", commune.id.0, new.audience);
    tx.log(&desk.stamp(), &format!("group:{}", id.0), "group_opened", &header, "")?;
    Ok(id)
}
