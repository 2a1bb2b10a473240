//! The demo's story, told to its end through the real acts.

use crate::common::{Home, OpenHouse};
use acts::demo;
use acts::demo::story::{self, Step};
use acts::duties::advance_clock;
use acts::report::submit::submit;
use rules::{AlertId, AlertState, AreaLevel, Day, EpisodeId, EpisodeState, GapKind, Level, Role};
use store::episode::{self, EpisodeItem, Filter, Within};
use store::report::{self, Report};
use store::{Reader, area, gap};

on_both! {
    a_visitor_sits_down_where_there_is_something_to_do
    the_story_is_told_to_its_end
    what_was_done_by_hand_is_left
    people_are_found_by_their_numbers
    a_list_holds_everybody_of_its_unit_once
}

async fn province(home: &Home) -> OpenHouse {
    let house = home.open_demo();
    demo::seed(&house, 130, 1).await.unwrap();
    house
}

/// Tells the next step as the demo's page does: the clock first, then what people do.
async fn tell(house: &OpenHouse) -> Option<Step> {
    let now = house.now();
    let (step, at) = house.store.read(move |r| story::next(r, now)).await.unwrap()?;
    advance_clock(house, at, |to| house.clocks.set_care(to)).await.unwrap();
    story::play(house, step).await.unwrap();
    Some(step)
}

async fn tell_until(house: &OpenHouse, last: Step) {
    while tell(house).await.unwrap() != last {}
}

/// The day's reports of Lai Châu at one level.
async fn reports(house: &OpenHouse, level: AreaLevel) -> Vec<Report> {
    let all = house
        .store
        .read(|r| {
            let root = area::by_code(r, "12", None)?.unwrap();
            let day = report::day_on(r, root.id, Day::new(2022, 3, 16).unwrap())?.unwrap();
            report::of_day(r, day.id, &root.path)
        })
        .await
        .unwrap();
    all.into_iter().filter(|found| found.level == level).collect()
}

fn unsigned(reports: &[Report]) -> usize {
    reports.iter().filter(|found| found.submitted_at.is_none()).count()
}

/// Who of Mường Tè cannot be reached.
async fn unreachable(house: &OpenHouse) -> usize {
    let now = house.now();
    let rows = house
        .store
        .read(move |r| {
            let path = area::by_code(r, story::COMMUNE, None)?.unwrap().path;
            gap::board(r, &path, &path, now, EpisodeId(0), 1_000)
        })
        .await
        .unwrap();
    rows.iter().filter(|row| row.gaps.iter().any(|gap| gap.kind == GapKind::Unreachable)).count()
}

/// Who of Mường Tè waits for the first contact, and how many of them past their time.
async fn to_contact(house: &OpenHouse) -> (usize, usize) {
    let now = house.now();
    let rows = house
        .store
        .read(|r| {
            let path = area::by_code(r, story::COMMUNE, None)?.unwrap().path;
            episode::to_contact(r, &path, &path, 1_000)
        })
        .await
        .unwrap();
    let overdue = rows.iter().filter(|item| item.due_at.is_some_and(|due| due <= now)).count();
    (rows.len(), overdue)
}

async fn under_care(house: &OpenHouse) -> i64 {
    house.store.read(|r| demo::open_in(r, story::COMMUNE)).await.unwrap()
}

/// Communes with a whole staff and what stands above them; the staff that only signs is not offered.
/// Alarms of the province that are not over.
async fn alarms(house: &OpenHouse) -> Vec<store::alert::Alert> {
    let read = house.store.read(|r| {
        let root = area::by_code(r, "12", None)?.unwrap();
        store::alert::list(r, &root.path, false, AlertId(0), 50)
    });
    read.await.unwrap()
}

async fn a_visitor_sits_down_where_there_is_something_to_do(home: &Home) {
    let house = province(home).await;
    let logins = house.store.read(demo::logins).await.unwrap();
    let of = |role: Role| -> Vec<&str> {
        let mut codes: Vec<&str> =
            logins.iter().filter(|l| l.role == role).map(|l| l.area_code.as_str()).collect();
        codes.sort_unstable();
        codes
    };
    assert_eq!(of(Role::DistrictOfficer), ["105", "107", "731"]);
    assert_eq!(of(Role::CommuneLeader), ["03408", "03445", "26020"]);
    assert_eq!(of(Role::ProvinceOfficer), ["12"]);
}

async fn the_story_is_told_to_its_end(home: &Home) {
    let house = province(home).await;
    let before = under_care(&house).await;
    tell_until(&house, Step::List).await;
    assert!(under_care(&house).await >= before + 60, "the list is in");
    assert!(unreachable(&house).await > 0, "the story needs a home that nobody can reach");
    tell_until(&house, Step::Visitors).await;
    assert_eq!(unreachable(&house).await, 0);

    tell_until(&house, Step::Round).await;
    let raised = alarms(&house).await;
    assert_eq!(raised.len(), 1, "{raised:?}");
    assert_eq!((raised[0].level, raised[0].state), (Level::Emergency, AlertState::Open));
    tell_until(&house, Step::Taken).await;
    assert_eq!(alarms(&house).await[0].state, AlertState::Acknowledged);

    let (waiting, _) = to_contact(&house).await;
    tell_until(&house, Step::Calls).await;
    let (unanswered, _) = to_contact(&house).await;
    assert!(
        unanswered > 0 && unanswered * 4 < waiting,
        "of {waiting} waiting {unanswered} are left: nearly all were reached"
    );

    tell_until(&house, Step::Car).await;
    assert_eq!(alarms(&house).await, []);

    tell_until(&house, Step::Due).await;
    let communes = reports(&house, AreaLevel::Commune).await;
    assert_eq!(communes.len(), 106);
    assert_eq!(unsigned(&communes), 5, "five communes are late");
    let on_time = communes.iter().filter_map(|found| found.submitted_at).all(|at| at < house.now());
    assert!(on_time);

    tell_until(&house, Step::Supplement).await;
    let communes = reports(&house, AreaLevel::Commune).await;
    let silent: Vec<&Report> = communes.iter().filter(|found| found.submitted_at.is_none()).collect();
    assert_eq!(silent.len(), 1, "one commune is still without power");
    assert!(silent[0].substitute.is_some(), "and the district wrote down what it said");

    tell_until(&house, Step::Lock).await;
    assert!(reports(&house, AreaLevel::Commune).await.iter().all(|found| found.frozen_figures.is_some()));
    tell_until(&house, Step::Correction).await;
    let corrected = house
        .store
        .read(|r| {
            let root = area::by_code(r, "12", None)?.unwrap();
            let day = report::day_on(r, root.id, Day::new(2022, 3, 16).unwrap())?.unwrap();
            report::corrections_of_day(r, day.id)
        })
        .await
        .unwrap();
    assert_eq!(corrected.len(), 1);
    assert_eq!(corrected[0].value, corrected[0].was + 1);

    tell_until(&house, Step::Districts).await;
    assert_eq!(unsigned(&reports(&house, AreaLevel::District).await), 0);
    tell_until(&house, Step::Province).await;
    assert_eq!(unsigned(&reports(&house, AreaLevel::Province).await), 0);
    assert_eq!(tell(&house).await, None, "all is told");
    let (_, overdue) = to_contact(&house).await;
    assert!(
        overdue <= unanswered + 1,
        "{overdue} overdue at the end: who did not answer, and the case of the day"
    );
}

/// A visitor who signed by hand finds their own signature afterwards.
async fn what_was_done_by_hand_is_left(home: &Home) {
    let house = province(home).await;
    tell_until(&house, Step::Others).await;
    let now = house.now();
    let (uid, desk) = house
        .store
        .read(move |r| {
            let commune = area::by_code(r, story::COMMUNE, None)?.unwrap();
            let root = area::by_code(r, "12", None)?.unwrap();
            let day = report::day_on(r, root.id, Day::new(2022, 3, 16).unwrap())?.unwrap();
            let found = report::of_area(r, day.id, commune.id)?.unwrap();
            let leader = story::desk_at(r, now, &commune, Role::CommuneLeader)?.unwrap();
            Ok((found.uid, leader))
        })
        .await
        .unwrap();
    house.run(&desk, move |tx, desk, _| submit(tx, desk, uid, "ký tay")).await.unwrap();
    assert_eq!(tell(&house).await, Some(Step::Signature));
    let own = reports(&house, AreaLevel::Commune).await.into_iter().find(|found| found.uid == uid).unwrap();
    assert_eq!(own.narrative.as_deref(), Some("ký tay"));
    assert_eq!(own.submitted_at, Some(now));
}

/// More than are asked for at once, in another order than they are kept in, and one who is not there.
async fn people_are_found_by_their_numbers(home: &Home) {
    let house = province(home).await;
    let (mut listed, found) = house
        .store
        .read(|r| {
            let root = area::by_code(r, "12", None)?.unwrap();
            let listed = episode::list(r, Within::area(&root), &Filter::default(), EpisodeId(0), 500)?;
            let mut ids: Vec<EpisodeId> = listed.iter().rev().map(|item| item.id).collect();
            ids.insert(60, EpisodeId(i64::MAX));
            let found = episode::items_by_ids(r, &ids)?;
            Ok((listed, found))
        })
        .await
        .unwrap();
    assert!(listed.len() > 60, "{} people", listed.len());
    listed.reverse();
    assert_eq!(found, listed);
}

/// Walks a list to its end, seven at a time.
fn walk(reader: &mut Reader, within: Within<'_>) -> Vec<EpisodeItem> {
    let mut found: Vec<EpisodeItem> = Vec::new();
    loop {
        let after = found.last().map_or(EpisodeId(0), |item| item.id);
        let page = episode::list(reader, within, &Filter::default(), after, 7).unwrap();
        if page.is_empty() {
            return found;
        }
        found.extend(page);
    }
}

async fn a_list_holds_everybody_of_its_unit_once(home: &Home) {
    let house = province(home).await;
    let read = house.store.read(|r| {
        let root = area::by_code(r, "12", None)?.unwrap();
        let everybody = walk(r, Within::area(&root));
        assert!(everybody.windows(2).all(|pair| pair[0].id < pair[1].id));
        let of = |belongs: &dyn Fn(&EpisodeItem) -> bool| -> Vec<EpisodeItem> {
            everybody.iter().filter(|item| belongs(item)).cloned().collect()
        };
        let mut looked_at = 0;
        for level in [AreaLevel::District, AreaLevel::Commune, AreaLevel::Cluster] {
            for unit in area::below(r, &root.path, level)? {
                let listed = walk(r, Within::area(&unit));
                assert_eq!(listed, of(&|item| item.path.starts_with(&unit.path)), "{}", unit.name);
                looked_at += usize::from(!listed.is_empty());
            }
        }
        for commune in area::below(r, &root.path, AreaLevel::Commune)? {
            for group in store::care_group::of_area(r, commune.id)? {
                let listed = walk(r, Within::Group(group.id));
                assert_eq!(listed, of(&|item| item.group_id == Some(group.id)), "{}", group.name);
                looked_at += usize::from(!listed.is_empty());
            }
            for (cluster, open) in episode::open_by_cluster(r, commune.id)? {
                let is_open = |item: &EpisodeItem| item.state == EpisodeState::Open;
                let people = of(&|item| item.cluster_id == Some(cluster) && is_open(item));
                assert_eq!(people.len() as i64, open, "cluster {}", cluster.0);
            }
        }
        Ok((everybody.len(), looked_at))
    });
    let (people, looked_at) = read.await.unwrap();
    assert!(people > 60 && looked_at > 10, "{people} people, {looked_at} units");
}
