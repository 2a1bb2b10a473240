//! Whose work a home is today: one person's at a time, never put off beyond what is due, and never lost with whoever goes.

use crate::common::{Home, refused, wrong_field};
use crate::groups::{act, staff_of};
use crate::report_world::at;
use crate::town::{Town, homes};
use acts::task::{self, Done};
use acts::{Desk, duties, duty};
use rules::{Role, StaffId, Uid};
use store::episode::EpisodeItem;
use store::staff::{self, Staff};
use store::task::Held;
use store::{Stop, area, task as rows};

on_both! {
    a_home_is_taken_by_one_and_handed_on
    nothing_urgent_is_put_off_and_what_was_put_off_comes_back
    the_work_of_who_goes_is_passed_on
    another_day_is_nobodys_and_another_commune_sees_nothing
}

/// Fifteen homes in the hamlets of one commune, everybody on duty, at ten past eight.
struct Day {
    town: Town,
    station: Staff,
    carers: Vec<Staff>,
    people: Vec<EpisodeItem>,
}

impl Day {
    async fn begin(home: &Home) -> Day {
        let town = Town::begin(home).await;
        town.import(&homes(15, 5)).await;
        let station = staff_of(&town, Role::StationLeader).await.remove(0);
        let carers = staff_of(&town, Role::Carer).await;
        let (people, day) = (town.everybody().await, Day { town, station, carers, people: Vec::new() });
        for member in day.carers.iter().chain([&day.station]) {
            day.duty(member, true).await;
        }
        day.go_to("08:10:00").await;
        Day { people, ..day }
    }

    async fn go_to(&self, time: &str) {
        let clocks = self.town.house.clocks.clone();
        duties::advance_clock(&self.town.house, at(time), move |at| clocks.set_care(at)).await.unwrap();
    }

    /// Somebody's desk, where they work.
    async fn desk(&self, member: &Staff) -> Desk {
        let id = member.id;
        let held = self.town.house.store.read(move |r| staff::grants_of(r, id)).await.unwrap().remove(0);
        let role = held.role;
        let place = self.town.house.store.read(move |r| area::by_id(r, held.area_id)).await.unwrap().unwrap();
        Desk { staff: Some(id), now: self.town.house.now(), ..self.town.desk(role, &place) }
    }

    async fn duty(&self, member: &Staff, on: bool) {
        let desk = self.desk(member).await;
        act(&self.town, &desk, move |tx, desk, _| duty::set_duty(tx, desk, on)).await.unwrap();
    }

    async fn take(&self, member: &Staff, home: Uid, over: bool) -> Result<Done, Stop> {
        let desk = self.desk(member).await;
        act(&self.town, &desk, move |tx, desk, mint| task::take(tx, desk, mint, home, over)).await
    }

    async fn hand(&self, member: &Staff, home: Uid, to: Option<&Staff>) -> Result<Done, Stop> {
        let (desk, to) = (self.desk(member).await, to.map(|to| to.uid));
        act(&self.town, &desk, move |tx, desk, mint| task::hand(tx, desk, mint, home, to, " nói tiếng Thái "))
            .await
    }

    async fn later(&self, member: &Staff, home: Uid, minutes: i64) -> Result<Done, Stop> {
        let desk = self.desk(member).await;
        act(&self.town, &desk, move |tx, desk, _| task::put_off(tx, desk, home, minutes, "")).await
    }

    async fn back(&self, member: &Staff, home: Uid) -> Result<Done, Stop> {
        let desk = self.desk(member).await;
        act(&self.town, &desk, move |tx, desk, _| task::give_back(tx, desk, home)).await
    }

    /// A home in the hamlet where somebody works.
    fn home_of(&self, path: &str) -> &EpisodeItem {
        self.people.iter().find(|item| item.path == path).unwrap()
    }

    async fn held(&self, item: &EpisodeItem) -> Option<Held> {
        let home = item.household_id;
        self.town.house.store.read(move |r| rows::of_home(r, home)).await.unwrap()
    }

    /// Whose the home is today.
    async fn owner(&self, item: &EpisodeItem) -> Option<StaffId> {
        let desk = self.desk(&self.station).await;
        let home = item.household_uid;
        let read = self.town.house.store.read(move |r| {
            let scene = task::load(r, &desk, home);
            Ok(scene.ok().and_then(|scene| scene.running().map(|held| held.task.owner_id)))
        });
        read.await.unwrap()
    }
}

async fn a_home_is_taken_by_one_and_handed_on(home: &Home) {
    let day = Day::begin(home).await;
    let carer = day.carers[0].clone();
    let path = day.desk(&carer).await.grants[0].path.clone();
    let item = day.home_of(&path).clone();
    let house = item.household_uid;
    assert_eq!(day.owner(&item).await, None);
    assert_eq!(refused(day.hand(&carer, house, Some(&day.station)).await), "task_nobodys");
    assert_eq!(refused(day.back(&carer, house).await), "task_nobodys");
    day.take(&carer, house, false).await.unwrap();
    assert_eq!(day.owner(&item).await, Some(carer.id));
    // Who is not on duty takes nothing on.
    day.duty(&day.station, false).await;
    assert_eq!(refused(day.take(&day.station, house, true).await), "task_off_duty");
    day.duty(&day.station, true).await;
    // Taking it again changes nothing; a colleague has to say that they take it over.
    let entries = day.town.house.entries();
    day.take(&carer, house, false).await.unwrap();
    assert_eq!(day.town.house.entries(), entries);
    assert_eq!(refused(day.take(&day.station, house, false).await), "task_taken");
    assert_eq!(refused(day.later(&day.station, house, 30).await), "task_not_yours");
    day.take(&day.station, house, true).await.unwrap();
    assert_eq!(day.owner(&item).await, Some(day.station.id));
    // What is the station head's, the carer may not give away; the head may give to whoever works there and is there.
    assert_eq!(refused(day.hand(&carer, house, Some(&carer)).await), "task_not_yours");
    let hand = |to| day.hand(&day.station, house, to);
    assert_eq!(wrong_field(hand(None).await), ("to".to_owned(), "required"));
    let elsewhere = day.carers.iter().find(|other| other.id != carer.id).unwrap();
    assert_ne!(day.desk(elsewhere).await.grants[0].path, path);
    assert_eq!(wrong_field(hand(Some(elsewhere)).await), ("to".to_owned(), "unknown"));
    day.duty(&carer, false).await;
    assert_eq!(wrong_field(hand(Some(&carer)).await), ("to".to_owned(), "off_duty"));
    day.duty(&carer, true).await;
    hand(Some(&carer)).await.unwrap();
    let held = day.held(&item).await.unwrap();
    assert_eq!((held.task.owner_id, held.task.given_by), (carer.id, Some(day.station.id)));
    assert_eq!(held.task.note.as_deref(), Some("nói tiếng Thái"));
    // The head gives it back for the carer.
    day.back(&day.station, house).await.unwrap();
    assert_eq!(day.owner(&item).await, None);
    // Whoever assigns carers may give out what is nobody's.
    hand(Some(&carer)).await.unwrap();
    assert_eq!(day.owner(&item).await, Some(carer.id));
    drop(day);
    home.must_verify();
}

async fn nothing_urgent_is_put_off_and_what_was_put_off_comes_back(home: &Home) {
    let day = Day::begin(home).await;
    let item = day.people[0].clone();
    let house = item.household_uid;
    // Registered at 07:30 with six hours to first contact: due at 13:30.
    assert_eq!(item.due_at, Some(at("13:30:00")));
    day.take(&day.station, house, false).await.unwrap();
    let later = |minutes| day.later(&day.station, house, minutes);
    assert_eq!(wrong_field(later(0).await), ("until".to_owned(), "in_past"));
    assert_eq!(wrong_field(later(241).await), ("until".to_owned(), "too_late"));
    later(240).await.unwrap();
    assert!(
        day.held(&item)
            .await
            .unwrap()
            .standing()
            .waits(at("08:10:00").day(&Default::default()), at("12:09:59"))
    );
    assert!(
        !day.held(&item)
            .await
            .unwrap()
            .standing()
            .waits(at("08:10:00").day(&Default::default()), at("12:10:00"))
    );
    day.go_to("10:00:00").await;
    assert_eq!(wrong_field(day.later(&day.station, house, 211).await), ("until".to_owned(), "after_due"));
    day.later(&day.station, house, 210).await.unwrap();
    // What is overdue is not put off.
    day.go_to("13:30:00").await;
    assert_eq!(refused(day.later(&day.station, house, 30).await), "task_urgent");
    drop(day);
    home.must_verify();
}

async fn the_work_of_who_goes_is_passed_on(home: &Home) {
    let day = Day::begin(home).await;
    let carer = day.carers[0].clone();
    let path = day.desk(&carer).await.grants[0].path.clone();
    let of_hamlet: Vec<EpisodeItem> = day.people.iter().filter(|item| item.path == path).cloned().collect();
    assert_eq!(of_hamlet.len(), 3);
    for item in &of_hamlet {
        day.take(&carer, item.household_uid, false).await.unwrap();
    }
    day.duty(&carer, false).await;
    for item in &of_hamlet {
        let owner = day.owner(item).await.expect("somebody of the group is there");
        assert_ne!(owner, carer.id);
        let place = day.desk(day.carers.iter().chain([&day.station]).find(|m| m.id == owner).unwrap()).await;
        assert!(item.path.starts_with(&place.grants[0].path), "who stands in works where the home is");
        let (home, stand_in) = (item.household_id, owner);
        let group = item.group_id.unwrap();
        let read = day.town.house.store.read(move |r| {
            let carers = store::care_group::carers_of(r, group)?;
            let told = store::thread::told_since(r, 0, 10_000)?;
            let last = told.into_iter().rfind(|told| told.stream == format!("household:{}", home.0));
            Ok((carers.iter().any(|c| c.staff_id == stand_in), last.map(|told| told.kind)))
        });
        let (is_of_group, last) = read.await.unwrap();
        assert!(is_of_group || owner == day.station.id);
        assert_eq!(last.as_deref(), Some("task_passed_on"));
    }
    // Whose account ends leaves nothing behind either.
    let ended = of_hamlet[0].household_uid;
    day.take(&day.station, ended, true).await.unwrap();
    day.duty(&carer, true).await;
    let (operator, gone, now) = (day.town.house.operator(), day.station.uid, day.town.house.now());
    let end =
        move |tx: &mut store::Tx, desk: &Desk, _: &mut acts::Mint| acts::staff::revoke(tx, desk, gone, now);
    act(&day.town, &operator, end).await.unwrap();
    let read = day.town.house.store.read({
        let home = of_hamlet[0].household_id;
        move |r| rows::of_home(r, home)
    });
    assert_eq!(read.await.unwrap().map(|held| held.task.owner_id), Some(carer.id));
    // When the last one goes, what they have is nobody's, and the group a gap.
    for member in &day.carers {
        day.duty(member, false).await;
    }
    for item in &of_hamlet {
        assert_eq!(day.held(item).await, None, "it ended");
    }
    drop(day);
    home.must_verify();
}

async fn another_day_is_nobodys_and_another_commune_sees_nothing(home: &Home) {
    let day = Day::begin(home).await;
    let item = day.people[0].clone();
    let house = item.household_uid;
    day.take(&day.station, house, false).await.unwrap();
    let other = day.town.area("03408").await;
    let stranger = day.town.desk(Role::StationLeader, &other);
    let tried =
        act(&day.town, &stranger, move |tx, desk, mint| task::take(tx, desk, mint, house, true)).await;
    assert_eq!(refused(tried), "not_found");
    let clocks = day.town.house.clocks.clone();
    let tomorrow = crate::report_world::on("2022-03-17", "00:00:00");
    duties::advance_clock(&day.town.house, tomorrow, move |at| clocks.set_care(at)).await.unwrap();
    assert_eq!(day.owner(&item).await, None);
    assert_eq!(refused(day.later(&day.station, house, 30).await), "task_nobodys");
    day.take(&day.station, house, false).await.unwrap();
    let held = day.held(&item).await.unwrap();
    assert_eq!((held.task.taken_at, held.task.on_day.to_string().as_str()), (tomorrow, "2022-03-17"));
    drop(day);
    home.must_verify();
}
