//! A commune's list comes in: once, whole, undone, interrupted, and with more homes than a group holds.

use crate::common::{Home, refused};
use crate::town::{COMMUNE, Row, Town, homes, row};
use acts::end_episode::{self, Done, EndEpisode};
use acts::import_list::{self, ImportList, ImportResult};
use acts::record_contact::{self, RecordContact};
use acts::register_episode::register_episode;
use acts::{Desk, Mint, Once};
use rules::first_contact::Ticks;
use rules::registration::{NewHousehold, NewPerson, RegisterEpisode};
use rules::{AttemptOutcome, ContactBy, EpisodeState, ImportState, Outcome, Role, Uid};
use std::collections::BTreeSet;
use std::sync::Arc;
use store::episode::EpisodeItem;
use store::{Stop, Tx, household, import};

on_both! {
    the_same_list_twice_creates_nobody
    two_clerks_who_bring_the_same_list_at_once_bring_everybody_once
    who_is_registered_by_hand_while_the_list_comes_in_is_there_once
    a_trial_writes_nobody
    as_many_namesakes_as_a_ward_has_are_told_apart
    a_new_number_is_added_and_who_fell_ill_again_is_cared_for_again
    an_import_is_undone_until_somebody_was_contacted
    an_interrupted_import_goes_on
    every_home_finds_its_group_however_many_come_at_once
    a_small_village_and_a_large_one_are_both_placed
    only_who_may_imports_and_nothing_is_said_about_elsewhere
}

async fn the_same_list_twice_creates_nobody(home: &Home) {
    let town = Town::begin(home).await;
    let mut rows = homes(30, 5);
    rows.push(row("", "nhà 99", 0));
    rows.push(row("Lò Văn An", "nhà 1", 0));
    let first = town.import(&rows).await;
    assert_eq!((first.people, first.created, first.updated), (30, 30, 0));
    let codes = |result: &ImportResult| -> Vec<(i64, String)> {
        result.refused.iter().map(|row| (row.row, row.code.clone())).collect()
    };
    assert_eq!(codes(&first), [(32, "no_name".to_owned()), (33, "duplicate".to_owned())]);
    let before = town.everybody().await;
    let second = town.import(&rows).await;
    assert_eq!((second.people, second.created, second.updated), (30, 0, 0));
    assert_eq!(codes(&second), codes(&first));
    assert_eq!(town.everybody().await, before);
    drop(town);
    home.must_verify();
}

async fn two_clerks_who_bring_the_same_list_at_once_bring_everybody_once(home: &Home) {
    let town = Town::begin(home).await;
    let rows = homes(230, 5);
    let (one, other) = tokio::join!(town.import(&rows), town.import(&rows));
    assert_eq!((one.people, other.people), (230, 230));
    assert_eq!(one.created + other.created, 230);
    assert_eq!(town.everybody().await.len(), 230);
    town.groups().await;
    drop(town);
    home.must_verify();
}

/// The last of a long list is registered by hand after the list was read and before their row is taken.
async fn who_is_registered_by_hand_while_the_list_comes_in_is_there_once(home: &Home) {
    let town = Town::begin(home).await;
    let rows = homes(900, 5);
    let last = rows[899].clone();
    let operator = town.house.operator();
    let list = town.list(&rows);
    let uid = import_list::begin(&town.house, &operator, &list).await.unwrap();
    let by_hand = async {
        while town.house.store.read(move |r| import::by_uid(r, uid)).await.unwrap().unwrap().done == 0 {
            tokio::task::yield_now().await;
        }
        let sent = RegisterEpisode {
            area_code: COMMUNE.to_owned(),
            cluster: Some(town.clusters[last.cluster].clone()),
            kind: "case".to_owned(),
            detected_on: Some("2022-03-15".to_owned()),
            person: NewPerson {
                full_name: last.name.clone(),
                birth_date: Some(last.year.to_string()),
                ..NewPerson::default()
            },
            household: NewHousehold { address: Some(last.address.clone()), ..NewHousehold::default() },
            ..RegisterEpisode::default()
        };
        let act = move |tx: &mut Tx, desk: &Desk, mint: &mut Mint| register_episode(tx, desk, mint, &sent);
        town.house.run(&operator, act).await.unwrap();
    };
    let (taken, ()) = tokio::join!(import_list::finish(&town.house, &operator, &list, uid), by_hand);
    let taken = taken.unwrap();
    assert_eq!(taken.created, 899);
    let codes: Vec<&str> = taken.refused.iter().map(|row| row.code.as_str()).collect();
    assert_eq!(codes, ["duplicate"]);
    assert_eq!(town.everybody().await.len(), 900);
    drop(town);
    home.must_verify();
}

async fn a_trial_writes_nobody(home: &Home) {
    let town = Town::begin(home).await;
    let list = ImportList { dry_run: true, ..town.list(&homes(12, 5)) };
    let tried = import_list::import_list(&town.house, &town.house.operator(), &list).await.unwrap();
    assert_eq!((tried.people, tried.households, tried.created), (12, 12, 0));
    assert_eq!(town.everybody().await, []);
    assert_eq!(town.import(&homes(12, 5)).await.created, 12);
    drop(town);
    home.must_verify();
}

/// More people of one name and year than one question brings, in homes of their own.
async fn as_many_namesakes_as_a_ward_has_are_told_apart(home: &Home) {
    let town = Town::begin(home).await;
    let rows: Vec<Row> = (0..520).map(|n| row("Nguyễn Thị Lan", &format!("nhà {}", n + 1), n % 5)).collect();
    assert_eq!(town.import(&rows).await.created, 520);
    let again = town.import(&rows).await;
    assert_eq!((again.people, again.created, again.refused.len()), (520, 0, 0));
    let one_more = [rows.clone(), vec![row("Nguyễn Thị Lan", "nhà 521", 0)]].concat();
    assert_eq!(town.import(&one_more).await.created, 1);
    town.groups().await;
    drop(town);
    home.must_verify();
}

async fn a_new_number_is_added_and_who_fell_ill_again_is_cared_for_again(home: &Home) {
    let town = Town::begin(home).await;
    let mut rows = homes(3, 5);
    town.import(&rows).await;
    rows[0].phone = "0912 345 678".to_owned();
    let second = town.import(&rows).await;
    assert_eq!((second.created, second.updated), (0, 1));
    let everybody = town.everybody().await;
    assert_eq!(everybody[0].phones, ["+84912345678"]);

    // Somebody who moved away, and stands on a list of the days after.
    let commune = town.area(COMMUNE).await;
    let clerk = town.desk(Role::Clerk, &commune);
    let end = EndEpisode {
        episode: everybody[1].uid,
        outcome: Outcome::Left,
        at: town.house.now(),
        place: None,
        reason: Some("đi làm xa".to_owned()),
    };
    town.house.run(&clerk, move |tx, desk, _| end_episode::end(tx, desk, &end)).await.unwrap();
    assert_eq!(town.import(&rows).await.created, 0, "found before it ended");
    town.house.clocks.set_care(rules::At::parse("2022-03-20T08:00:00+07:00").unwrap());
    let mut list = town.list(&rows);
    let later = String::from_utf8(list.bytes.to_vec()).unwrap().replace("15/03/2022", "19/03/2022");
    list.bytes = Arc::new(later.into_bytes());
    let third = import_list::import_list(&town.house, &town.house.operator(), &list).await.unwrap();
    assert_eq!(third.created, 1);
    let open: Vec<EpisodeItem> =
        town.everybody().await.into_iter().filter(|item| item.state == EpisodeState::Open).collect();
    assert_eq!(open.len(), 3);
    assert_eq!(open.iter().filter(|item| item.person_id == everybody[1].person_id).count(), 1);
    drop(town);
    home.must_verify();
}

async fn undo(town: &Town, desk: &Desk, uid: Uid) -> Result<Done, Stop> {
    let once = Once { route: "undo", key: None, body: Vec::new() };
    import_list::undo(&town.house, desk, once, uid).await
}

async fn an_import_is_undone_until_somebody_was_contacted(home: &Home) {
    let town = Town::begin(home).await;
    let first = town.import(&homes(8, 5)).await;
    let commune = town.area(COMMUNE).await;
    let clerk = town.desk(Role::Clerk, &commune);
    let uid = Uid::parse(first.id.as_deref().unwrap()).unwrap();
    undo(&town, &clerk, uid).await.unwrap();
    let everybody = town.everybody().await;
    assert!(everybody.iter().all(|item| item.outcome == Some(Outcome::Void)), "entered in error");
    assert_eq!(town.groups().await.len(), 0);
    assert_eq!(refused(undo(&town, &clerk, uid).await), "already_undone");

    let second = town.import(&homes(8, 4)).await;
    let uid = Uid::parse(second.id.as_deref().unwrap()).unwrap();
    let reached = town.everybody().await.into_iter().rfind(|item| item.state == EpisodeState::Open).unwrap();
    let attempt = RecordContact {
        episode: reached.uid,
        by: ContactBy::Visit,
        outcome: AttemptOutcome::Reached,
        at: None,
        household: false,
        ticks: Ticks::NONE,
        phone: None,
    };
    town.house
        .run(&clerk, move |tx, desk, mint| record_contact::record_contact(tx, desk, mint, &attempt))
        .await
        .unwrap();
    assert_eq!(refused(undo(&town, &clerk, uid).await), "has_later_records");
    drop(town);
    home.must_verify();
}

/// The server stopped after the first rows were taken: the next start takes the rest, and nobody twice.
async fn an_interrupted_import_goes_on(home: &Home) {
    let town = Town::begin(home).await;
    let rows = homes(450, 5);
    let operator = town.house.operator();
    // What the first half of a run leaves behind: some people, and a second import of the whole that is "running".
    town.import(&rows[..230]).await;
    let uid = import_list::begin(&town.house, &operator, &town.list(&rows)).await.unwrap();
    let state = async || town.house.store.read(move |r| import::by_uid(r, uid)).await.unwrap().unwrap().state;
    assert_eq!(state().await, ImportState::Running);
    import_list::resume(&town.house, &operator).await.unwrap();
    assert_eq!(state().await, ImportState::Done);
    let everybody = town.everybody().await;
    let people: BTreeSet<i64> = everybody.iter().map(|item| item.person_id.0).collect();
    let names: BTreeSet<&str> = everybody.iter().map(|item| item.full_name.as_str()).collect();
    assert_eq!((everybody.len(), people.len(), names.len()), (450, 450, 450));
    town.groups().await;
    import_list::resume(&town.house, &operator).await.unwrap();
    assert_eq!(town.everybody().await.len(), 450);
    drop(town);
    home.must_verify();
}

async fn every_home_finds_its_group_however_many_come_at_once(home: &Home) {
    let town = Town::begin(home).await;
    town.import(&homes(150, 5)).await;
    let sizes: Vec<usize> = town.groups().await.into_values().collect();
    assert_eq!(sizes.iter().sum::<usize>(), 150);
    assert!(sizes.len() <= 3 && sizes.iter().all(|size| *size >= 50), "{sizes:?}");
    // 401 homes of another kind of group, all at once.
    let contacts: Vec<Row> = homes(401, 5)
        .into_iter()
        .map(|row| Row { kind: "F1", address: format!("xóm {}", row.address), ..row })
        .collect();
    town.import(&contacts).await;
    let groups = town.groups().await;
    let of_contacts: Vec<usize> =
        groups.iter().filter(|(name, _)| name.starts_with("F1")).map(|(_, size)| *size).collect();
    assert_eq!(of_contacts.iter().sum::<usize>(), 401);
    assert!(of_contacts.len() <= 8 && of_contacts.iter().all(|size| *size >= 50), "{of_contacts:?}");
    drop(town);
    home.must_verify();
}

async fn a_small_village_and_a_large_one_are_both_placed(home: &Home) {
    let town = Town::begin(home).await;
    let village = |count: usize, cluster: usize| -> Vec<Row> {
        let at = |row: Row| Row { cluster, address: format!("bản {cluster}, {}", row.address), ..row };
        homes(count, 1).into_iter().map(at).collect()
    };
    let rows = [village(3, 0), village(400, 1)].concat();
    let result = town.import(&rows).await;
    assert_eq!((result.people, result.created), (403, 403));
    let groups = town.groups().await;
    assert_eq!(groups.values().sum::<usize>(), 403);
    assert!(groups.len() <= 8, "{groups:?}");
    // The small village is not torn apart.
    let mut of_small: BTreeSet<Option<String>> = BTreeSet::new();
    for item in town.everybody().await.iter().filter(|item| item.address.starts_with("bản 0")) {
        of_small.insert(item.group_name.clone());
    }
    assert_eq!(of_small.len(), 1, "{of_small:?}");
    drop(town);
    home.must_verify();
}

async fn only_who_may_imports_and_nothing_is_said_about_elsewhere(home: &Home) {
    let town = Town::begin(home).await;
    let (mine, other) = (town.area(COMMUNE).await, town.area("03433").await);
    let list = town.list(&homes(2, 5));
    for desk in
        [town.desk(Role::Clerk, &other), town.desk(Role::Carer, &mine), town.desk(Role::Inspector, &mine)]
    {
        let answer: Result<ImportResult, Stop> = import_list::import_list(&town.house, &desk, &list).await;
        assert_eq!(refused(answer), "not_found");
    }
    assert_eq!(town.everybody().await, []);
    let left = town.house.store.read(import::running).await.unwrap();
    assert_eq!(left.len(), 0, "nothing begun is left behind");
    let unplaced = town.house.store.read(move |r| household::unplaced(r, mine.id, 10)).await.unwrap();
    assert_eq!(unplaced.len(), 0);
    drop(town);
    home.must_verify();
}
