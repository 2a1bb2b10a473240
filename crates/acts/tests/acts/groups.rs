//! Groups and who looks after whom: leader, carers, the carer of each home, and the move of a home whose contact turned
//! case.

use crate::common::{Home, wrong_field};
use crate::town::{COMMUNE, Row, Town, homes};
use acts::end_episode::{self, Convert};
use acts::groups::{self, ASSIGNED_MAX};
use acts::{Desk, Mint};
use rules::{AreaLevel, Audience, EpisodeState, GroupId, Role, Uid};
use std::collections::BTreeSet;
use store::care_group::{self, GroupItem};
use store::staff::{self, Staff};
use store::{Stop, Tx, area, household};

on_both! {
    a_group_is_never_without_its_leader_and_keeps_its_carers
    many_homes_are_given_to_a_carer_at_once
    a_home_whose_contact_turned_case_moves_once
    a_group_that_serves_another_hamlet_has_its_carers
}

pub async fn act<T: Send + 'static>(
    town: &Town,
    desk: &Desk,
    act: impl FnMut(&mut Tx, &Desk, &mut Mint) -> Result<T, Stop> + Send + 'static,
) -> Result<T, Stop> {
    let desk = Desk { now: town.house.now(), ..desk.clone() };
    town.house.run(&desk, act).await
}

async fn group(town: &Town, id: GroupId) -> GroupItem {
    let read = town.house.store.read(move |r| {
        let commune = area::by_code(r, COMMUNE, None)?.unwrap();
        Ok(care_group::items(r, &commune.path, id.0 - 1, 1)?.remove(0))
    });
    read.await.unwrap()
}

/// Those who hold a role in the commune or in a hamlet of it.
pub async fn staff_of(town: &Town, role: Role) -> Vec<Staff> {
    let read = town.house.store.read(move |r| {
        let commune = area::by_code(r, COMMUNE, None)?.unwrap();
        let mut found = staff::with_role(r, commune.id, role)?;
        for hamlet in area::below(r, &commune.path, AreaLevel::Cluster)? {
            found.extend(staff::with_role(r, hamlet.id, role)?);
        }
        Ok(found)
    });
    let mut found = read.await.unwrap();
    found.sort_by_key(|s| s.id);
    found.dedup_by_key(|s| s.id);
    found
}

async fn a_group_is_never_without_its_leader_and_keeps_its_carers(home: &Home) {
    let town = Town::begin(home).await;
    town.import(&homes(20, 5)).await;
    let commune = town.area(COMMUNE).await;
    let station = town.desk(Role::StationLeader, &commune);
    let first = town.everybody().await[0].group_id.unwrap();
    let opened = group(&town, first).await;
    assert!(opened.leader.is_some(), "the head of the station leads what is opened");
    assert!(!opened.carers.is_empty(), "the hamlets' carers are in it");

    let carers = staff_of(&town, Role::Carer).await;
    let (new, stranger) = (carers[0].clone(), staff_of(&town, Role::CommuneLeader).await[0].clone());
    let uid = opened.uid;
    let lead =
        |who: Uid| move |tx: &mut Tx, desk: &Desk, _: &mut Mint| groups::set_leader(tx, desk, uid, who);
    act(&town, &station, lead(new.uid)).await.unwrap();
    assert_eq!(group(&town, first).await.leader.unwrap().name, new.full_name);
    // Whoever does not care for people leads nobody, and somebody unknown looks the same.
    for who in [stranger.uid, Uid([7; 16])] {
        assert_eq!(wrong_field(act(&town, &station, lead(who)).await), ("staff_id".to_owned(), "unknown"));
    }
    let set =
        |who: Vec<Uid>| move |tx: &mut Tx, desk: &Desk, _: &mut Mint| groups::set_carers(tx, desk, uid, &who);
    act(&town, &station, set(vec![carers[1].uid, carers[0].uid, carers[1].uid])).await.unwrap();
    let names: BTreeSet<String> = group(&town, first).await.carers.into_iter().map(|c| c.name).collect();
    assert_eq!(names, BTreeSet::from([carers[0].full_name.clone(), carers[1].full_name.clone()]));
    let clerk = town.desk(Role::Clerk, &commune);
    assert_eq!(crate::common::refused(act(&town, &clerk, set(vec![carers[0].uid])).await), "not_found");
    drop(town);
    home.must_verify();
}

async fn many_homes_are_given_to_a_carer_at_once(home: &Home) {
    let town = Town::begin(home).await;
    // Two people in each home.
    let rows: Vec<Row> = homes(60, 5)
        .into_iter()
        .enumerate()
        .map(|(n, row)| Row { address: format!("nhà {}", n / 2 + 1), cluster: 0, ..row })
        .collect();
    town.import(&rows).await;
    let commune = town.area(COMMUNE).await;
    let station = town.desk(Role::StationLeader, &commune);
    let carer = staff_of(&town, Role::Carer).await[0].clone();
    let everybody = town.everybody().await;
    let assign = |who: Vec<Uid>, carer: Uid| {
        move |tx: &mut Tx, desk: &Desk, _: &mut Mint| groups::assign(tx, desk, &who, carer)
    };
    // One of each home is named: the home is given, not the person.
    let half: Vec<Uid> = everybody.iter().step_by(2).map(|item| item.uid).collect();
    let given = act(&town, &station, assign(half.clone(), carer.uid)).await.unwrap();
    assert_eq!(given.households, 30);
    let with_carer = town.everybody().await.iter().filter(|i| i.carer_id == Some(carer.id)).count();
    assert_eq!(with_carer, 60);
    // All or nobody: somebody of elsewhere among them, and nothing is given.
    let other = staff_of(&town, Role::Carer).await[1].clone();
    let mixed = [half[..3].to_vec(), vec![Uid([9; 16])]].concat();
    assert_eq!(crate::common::refused(act(&town, &station, assign(mixed, other.uid)).await), "not_found");
    assert_eq!(wrong_field(act(&town, &station, assign(Vec::new(), other.uid)).await).1, "required");
    let too_many = vec![half[0]; ASSIGNED_MAX + 1];
    assert_eq!(wrong_field(act(&town, &station, assign(too_many, other.uid)).await).1, "too_many");
    assert!(town.everybody().await.iter().all(|item| item.carer_id == Some(carer.id)));
    // All homes of one carer, by whoever assigns carers there.
    let area = commune.id;
    let moved = |from: Uid, to: Uid| {
        move |tx: &mut Tx, desk: &Desk, _: &mut Mint| groups::move_homes(tx, desk, area, Some(from), to)
    };
    let stranger = town.desk(Role::StationLeader, &town.area("03408").await);
    let tried = act(&town, &stranger, moved(carer.uid, other.uid)).await;
    assert_eq!(crate::common::refused(tried), "not_found");
    let same = act(&town, &station, moved(carer.uid, carer.uid)).await;
    assert_eq!(wrong_field(same), ("to".to_owned(), "same"));
    let nobody = Uid([9; 16]);
    let read = town.house.store.read(|r| {
        let elsewhere = area::by_code(r, "03408", None)?.unwrap();
        Ok(staff::with_role(r, elsewhere.id, Role::StationLeader)?.remove(0).uid)
    });
    let elsewhere = read.await.unwrap();
    let tried = [
        (nobody, other.uid, "from"),
        (carer.uid, nobody, "to"),
        (elsewhere, other.uid, "from"),
        (carer.uid, elsewhere, "to"),
    ];
    for (from, to, field) in tried {
        assert_eq!(wrong_field(act(&town, &station, moved(from, to)).await), (field.to_owned(), "unknown"));
    }
    assert_eq!(act(&town, &station, moved(carer.uid, other.uid)).await.unwrap().households, 30);
    assert!(town.everybody().await.iter().all(|item| item.carer_id == Some(other.id)));
    assert_eq!(act(&town, &station, moved(carer.uid, other.uid)).await.unwrap().households, 0);
    // A home that nobody has by name, and no other.
    let (home_id, to) = (everybody[0].household_id, carer.uid);
    let freed = move |tx: &mut Tx, desk: &Desk, _: &mut Mint| {
        household::set_carer(tx, home_id, None)?;
        tx.log(&desk.stamp(), "store", "test", "", "")?;
        Ok(())
    };
    act(&town, &station, freed).await.unwrap();
    let given = move |tx: &mut Tx, desk: &Desk, _: &mut Mint| groups::move_homes(tx, desk, area, None, to);
    assert_eq!(act(&town, &station, given).await.unwrap().households, 1);
    for item in town.everybody().await {
        let wanted = if item.household_id == home_id { carer.id } else { other.id };
        assert_eq!(item.carer_id, Some(wanted));
    }
    drop(town);
    home.must_verify();
}

async fn a_home_whose_contact_turned_case_moves_once(home: &Home) {
    let town = Town::begin(home).await;
    let contacts: Vec<Row> = homes(12, 5).into_iter().map(|row| Row { kind: "F1", ..row }).collect();
    town.import(&contacts).await;
    let commune = town.area(COMMUNE).await;
    let station = town.desk(Role::StationLeader, &commune);
    let before = town.everybody().await[0].clone();
    let first = before.group_id.unwrap();
    assert_eq!(group(&town, first).await.audience, Audience::F1);
    let convert = Convert { episode: before.uid, detected_at: None, detected_on: None };
    act(&town, &station, move |tx, desk, mint| end_episode::convert(tx, desk, mint, &convert)).await.unwrap();
    let now = town.everybody().await;
    let case =
        now.iter().rfind(|i| i.person_id == before.person_id && i.state == EpisodeState::Open).unwrap();
    let second = case.group_id.unwrap();
    assert_eq!(group(&town, second).await.audience, Audience::F0);
    assert_eq!(group(&town, first).await.households, 11);
    assert_eq!(group(&town, second).await.households, 1);
    // Everybody else stayed where they were.
    let stayed = now.iter().filter(|i| i.group_id == Some(first) && i.state == EpisodeState::Open).count();
    assert_eq!(stayed, 11);
    let id = before.household_id;
    let moves = town.house.store.read(move |r| household::memberships(r, id)).await.unwrap();
    let history: Vec<(GroupId, bool)> =
        moves.iter().map(|m| (m.care_group_id, m.left_at.is_some())).collect();
    assert_eq!(history, [(first, true), (second, false)]);
    drop(town);
    home.must_verify();
}

async fn a_group_that_serves_another_hamlet_has_its_carers(home: &Home) {
    let town = Town::begin(home).await;
    let carers = staff_of(&town, Role::Carer).await;
    // Where each of two carers works, by its place in the town.
    let mut hamlets = Vec::new();
    for carer in &carers[..2] {
        let id = carer.id;
        let held = town.house.store.read(move |r| staff::grants_of(r, id)).await.unwrap().remove(0);
        hamlets.push(town.clusters.iter().position(|name| *name == held.area_name).unwrap());
    }
    let at = |hamlet: usize, rows: Vec<Row>| -> Vec<Row> {
        rows.into_iter().map(|row| Row { cluster: hamlet, ..row }).collect()
    };
    town.import(&at(hamlets[0], homes(5, 1))).await;
    let first = town.everybody().await[0].group_id.unwrap();
    let names = |group: GroupItem| group.carers.into_iter().map(|c| c.name).collect::<BTreeSet<String>>();
    let before = names(group(&town, first).await);
    assert!(before.contains(&carers[0].full_name) && !before.contains(&carers[1].full_name), "{before:?}");
    // The next ones come by a list, and one by one.
    let more = homes(7, 1).split_off(5);
    town.import(&at(hamlets[1], more)).await;
    assert_eq!(town.groups().await.len(), 1);
    let after = names(group(&town, first).await);
    assert!(after.is_superset(&before) && after.contains(&carers[1].full_name), "{after:?}");
    drop(town);
    home.must_verify();
}
