//! Care at home ends by a clause of the protocol in force, never on silence, and the record says by which.

use crate::care::{Care, WELL, said};
use crate::common::Home;
use crate::report_world::{Somebody, at, on};
use acts::edit_person::{self, EditPerson};
use acts::end_episode::{self, RecordTest, Release};
use acts::ending::{self, Place};
use acts::void_test;
use acts::{Desk, Mint};
use rules::{
    AlertEnd, EpisodeId, EpisodeState, Outcome, Refusal, Role, TestKind, TestResult, TestWitness, Uid, Zone,
};
use store::{Stop, Tx, episode};

on_both! {
    a_case_goes_with_a_watched_test_from_day_seven
    still_positive_it_is_the_doses_and_the_days
    nobody_goes_while_an_alarm_runs_or_on_silence
    a_contact_goes_with_a_test_on_their_last_day
    a_contact_with_a_positive_test_is_a_case
    who_lives_with_a_case_counts_from_when_that_ends
    whoever_is_far_enough_is_listed_until_they_go
    a_test_entered_in_error_decides_nothing
}

struct Course {
    care: Care,
    id: EpisodeId,
    uid: Uid,
}

impl Course {
    /// Somebody found on 16 March: that is day 0.
    async fn begin(home: &Home, contact: bool) -> Course {
        let care = Care::begin(home).await;
        care.w.go_to(at("08:00:00")).await;
        let commune = &care.w.communes[0];
        let who = if contact { Somebody::f1(commune) } else { Somebody::f0(commune) };
        let id = care.w.register(Somebody { cluster: Some(care.w.cluster.id), ..who }).await;
        let uid = care.w.ask(move |r| Ok(episode::by_id(r, id)?.unwrap().uid)).await;
        Course { care, id, uid }
    }

    async fn heard(&self) {
        self.care.answer(self.id, said(&[], WELL)).await;
    }

    async fn test(&self, result: TestResult, witness: TestWitness) {
        let taken_at = self.care.w.house.now();
        let cmd = RecordTest { episode: self.uid, kind: TestKind::Rapid, result, taken_at, witness };
        let act =
            move |tx: &mut Tx, desk: &Desk, mint: &mut Mint| end_episode::record_test(tx, desk, mint, &cmd);
        self.care.act(&self.care.station(), act).await.unwrap();
    }

    async fn release(&self, desk: &Desk, outcome: Outcome, by: Option<&str>) -> Result<(), Refusal> {
        let cmd = Release {
            episode: self.uid,
            outcome,
            test: None,
            certified_by: by.map(str::to_owned),
            reason: Some("đủ điều kiện".to_owned()),
        };
        let shelf = self.care.w.house.shelf.clone();
        let act = move |tx: &mut Tx, desk: &Desk, _: &mut Mint| end_episode::release(tx, desk, &shelf, &cmd);
        match self.care.act(desk, act).await {
            Ok(_) => Ok(()),
            Err(Stop::Refused(refusal)) => Err(refusal),
            Err(Stop::Store(error)) => panic!("{error}"),
        }
    }

    /// What the refusal names as missing, and from when on it may be.
    async fn missing(&self, outcome: Outcome) -> (String, String) {
        let refusal = self.release(&self.care.station(), outcome, None).await.unwrap_err();
        let arg = |name: &str| {
            refusal.args.iter().find(|(key, _)| *key == name).map(|(_, v)| v.clone()).unwrap_or_default()
        };
        (arg("missing"), arg("earliest"))
    }

    async fn ended_by(&self) -> String {
        let told = self.care.told(self.id).await;
        told.into_iter().find(|(kind, _)| kind == "episode_ended").unwrap().1
    }
}

async fn a_case_goes_with_a_watched_test_from_day_seven(home: &Home) {
    let course = Course::begin(home, false).await;
    course.care.w.go_to(on("2022-03-22", "23:59:59")).await;
    course.heard().await;
    course.test(TestResult::Negative, TestWitness::Staff).await;
    // A reason does not stand for a day.
    let early = ("release_needs_test,release_too_early".to_owned(), "2022-03-23".to_owned());
    assert_eq!(course.missing(Outcome::Recovered).await, early);
    course.care.w.go_to(on("2022-03-23", "00:00:00")).await;
    assert_eq!(course.missing(Outcome::Recovered).await.0, "release_needs_test", "of the day before");
    course.care.w.go_to(on("2022-03-23", "08:00:00")).await;
    course.test(TestResult::Negative, TestWitness::None).await;
    assert_eq!(course.missing(Outcome::Recovered).await.0, "release_needs_test", "nobody saw it");
    course.care.w.go_to(on("2022-03-23", "08:30:00")).await;
    course.test(TestResult::Negative, TestWitness::StaffRemote).await;
    let clerk = course.care.w.desk(Role::Clerk, &course.care.w.communes[0]);
    let refusal = course.release(&clerk, Outcome::Recovered, None).await.unwrap_err();
    assert_eq!(refusal.code, "release_needs_certifier");
    course.release(&clerk, Outcome::Recovered, Some("BS. Vàng")).await.unwrap();
    let by = course.ended_by().await;
    assert_eq!(by, "outcome=recovered protocol=covid19-vn-2022 version=1.2.0 clause=tested day=7");
    drop(course);
    home.must_verify();
}

async fn still_positive_it_is_the_doses_and_the_days(home: &Home) {
    let course = Course::begin(home, false).await;
    course.care.w.go_to(on("2022-03-26", "09:00:00")).await;
    course.heard().await;
    course.test(TestResult::Positive, TestWitness::Staff).await;
    assert_eq!(course.missing(Outcome::Recovered).await.0, "release_needs_test");
    let person = course.care.person(course.id).await;
    let doses = EditPerson { doses: Some(2), ..EditPerson::default() };
    let edit =
        move |tx: &mut Tx, desk: &Desk, _: &mut Mint| edit_person::edit_person(tx, desk, person, &doses);
    course.care.act(&course.care.station(), edit).await.unwrap();
    course.release(&course.care.station(), Outcome::Recovered, None).await.unwrap();
    assert!(course.ended_by().await.ends_with("clause=vaccinated day=10"));
    drop(course);
    home.must_verify();
}

async fn nobody_goes_while_an_alarm_runs_or_on_silence(home: &Home) {
    let course = Course::begin(home, false).await;
    course.care.w.go_to(on("2022-03-30", "09:00:00")).await;
    assert_eq!(course.missing(Outcome::Recovered).await.0, "release_unreached");
    // What the person answered is being heard of, and no longer a day later.
    course.heard().await;
    course.care.w.go_to(on("2022-03-31", "09:00:01")).await;
    assert_eq!(course.missing(Outcome::Recovered).await.0, "release_not_recent");
    let raised = course.care.answer(course.id, said(&[], Some(&["feels_wrong"]))).await.alert_id.unwrap();
    assert_eq!(course.missing(Outcome::Recovered).await.0, "release_alarm_open");
    let (station, alarm) = (course.care.station(), Uid::parse(&raised).unwrap());
    course.care.close(&station, alarm, AlertEnd::Visited, "đã khám, ổn").await.unwrap();
    course.release(&station, Outcome::Recovered, None).await.unwrap();
    assert!(course.ended_by().await.ends_with("clause=time day=15"));
    drop(course);
    home.must_verify();
}

async fn a_contact_goes_with_a_test_on_their_last_day(home: &Home) {
    let course = Course::begin(home, true).await;
    course.care.w.go_to(on("2022-03-22", "09:00:00")).await;
    course.heard().await;
    assert_eq!(course.missing(Outcome::Completed).await.0, "release_needs_test,release_too_early");
    course.care.w.go_to(on("2022-03-23", "08:00:00")).await;
    assert_eq!(course.missing(Outcome::Completed).await.0, "release_needs_test");
    course.test(TestResult::Negative, TestWitness::Staff).await;
    course.release(&course.care.station(), Outcome::Completed, None).await.unwrap();
    assert!(course.ended_by().await.ends_with("clause=other day=7"));
    drop(course);
    home.must_verify();
}

async fn a_contact_with_a_positive_test_is_a_case(home: &Home) {
    let course = Course::begin(home, true).await;
    course.care.w.go_to(on("2022-03-19", "08:00:00")).await;
    course.test(TestResult::Positive, TestWitness::None).await;
    course.care.w.go_to(on("2022-03-23", "08:00:00")).await;
    course.test(TestResult::Negative, TestWitness::Staff).await;
    let refusal = course.release(&course.care.station(), Outcome::Completed, None).await.unwrap_err();
    assert_eq!(refusal.code, "became_a_case");
    drop(course);
    home.must_verify();
}

async fn who_lives_with_a_case_counts_from_when_that_ends(home: &Home) {
    let course = Course::begin(home, true).await;
    let (w, contact) = (&course.care.w, course.id);
    let shared = w.ask(move |r| Ok(episode::by_id(r, contact)?.unwrap().household_id)).await;
    let case = w.register(Somebody { home: Some(shared), ..course.care.well() }).await;
    w.go_to(on("2022-03-23", "08:00:00")).await;
    course.test(TestResult::Negative, TestWitness::Staff).await;
    // By the day on which they were found this would be their last one.
    let missing = "release_needs_test,release_lives_with_case,release_too_early".to_owned();
    assert_eq!(course.missing(Outcome::Completed).await, (missing, "2022-03-30".to_owned()));
    let uid = w.ask(move |r| Ok(episode::by_id(r, case)?.unwrap().uid)).await;
    let gone = end_episode::EndEpisode {
        episode: uid,
        outcome: Outcome::Hospital,
        at: on("2022-03-23", "08:00:00"),
        place: Some("Trung tâm Y tế".to_owned()),
        reason: None,
    };
    let end = move |tx: &mut Tx, desk: &Desk, _: &mut Mint| end_episode::end(tx, desk, &gone);
    course.care.act(&course.care.station(), end).await.unwrap();
    let early = ("release_needs_test,release_too_early".to_owned(), "2022-03-30".to_owned());
    assert_eq!(course.missing(Outcome::Completed).await, early);
    w.go_to(on("2022-03-30", "08:00:00")).await;
    course.test(TestResult::Negative, TestWitness::Staff).await;
    course.release(&course.care.station(), Outcome::Completed, None).await.unwrap();
    assert!(course.ended_by().await.ends_with("clause=other day=7"));
    drop(course);
    home.must_verify();
}

/// Whom the list names: whether they may go, and whether a test is what they need.
async fn listed(course: &Course, path: &str) -> Vec<(EpisodeId, bool, bool)> {
    let (path, shelf) = (path.to_owned(), course.care.w.house.shelf.clone());
    let (commune, now) = (course.care.w.communes[0].path.clone(), course.care.w.house.now());
    let read = course.care.w.house.store.read(move |r| {
        let zone = Zone::default();
        let place = Place { path: &path, commune_path: &commune, zone: &zone };
        let Ok(list) = ending::list(r, &shelf, place, now) else { panic!("no list") };
        let Ok(count) = ending::count(r, &shelf, place, now) else { panic!("no count") };
        assert_eq!(count, list.endings.len() as i64, "the count is what is listed");
        Ok(list.endings.iter().map(|e| (e.item.id, e.is_open(), e.needs_test())).collect())
    });
    read.await.unwrap()
}

async fn whoever_is_far_enough_is_listed_until_they_go(home: &Home) {
    let course = Course::begin(home, false).await;
    let (commune, cluster) = (course.care.w.communes[0].path.clone(), course.care.w.cluster.path.clone());
    course.care.w.go_to(on("2022-03-22", "23:59:59")).await;
    assert_eq!(listed(&course, &commune).await, [], "day 6");
    course.care.w.go_to(on("2022-03-23", "00:00:00")).await;
    for path in [&commune, &cluster] {
        assert_eq!(listed(&course, path).await, [(course.id, false, true)], "a test, and a word from them");
    }
    assert_eq!(listed(&course, &course.care.w.communes[1].path.clone()).await, []);
    course.care.w.go_to(on("2022-03-23", "08:00:00")).await;
    course.test(TestResult::Positive, TestWitness::Staff).await;
    assert_eq!(listed(&course, &commune).await, [(course.id, false, true)]);
    course.care.w.go_to(on("2022-03-23", "08:30:00")).await;
    course.test(TestResult::Negative, TestWitness::Staff).await;
    assert_eq!(listed(&course, &commune).await, [(course.id, true, false)]);
    // Somebody found a day later comes after, when their day comes; an alarm stands in the way of both ways.
    let somebody =
        Somebody { cluster: Some(course.care.w.cluster.id), ..Somebody::f0(&course.care.w.communes[0]) };
    let other = course.care.w.register(somebody).await;
    course.care.answer(course.id, said(&[], Some(&["drowsy"]))).await;
    assert_eq!(listed(&course, &commune).await, [(course.id, false, false)]);
    course.care.w.go_to(on("2022-03-30", "08:00:00")).await;
    assert_eq!(listed(&course, &commune).await, [(other, false, true), (course.id, false, false)]);
    for alarm in course.care.running().await {
        course.care.close(&course.care.station(), alarm.uid, AlertEnd::Advised, "").await.unwrap();
    }
    course.heard().await;
    assert_eq!(course.release(&course.care.station(), Outcome::Recovered, None).await, Ok(()));
    assert_eq!(listed(&course, &commune).await, [(other, false, true)]);
    drop(course);
    home.must_verify();
}

async fn a_test_entered_in_error_decides_nothing(home: &Home) {
    let course = Course::begin(home, true).await;
    let (care, id) = (&course.care, course.id);
    care.w.go_to(on("2022-03-23", "07:00:00")).await;
    course.heard().await;
    care.w.go_to(on("2022-03-23", "08:00:00")).await;
    course.test(TestResult::Positive, TestWitness::Staff).await;
    care.w.go_to(on("2022-03-23", "09:00:00")).await;
    course.test(TestResult::Negative, TestWitness::Staff).await;
    let station = care.station();
    let why = course.release(&station, Outcome::Completed, None).await.unwrap_err();
    assert_eq!(why.code, "became_a_case");
    let tests = care.w.ask(move |r| store::attempt::tests(r, id, 0, 10)).await;
    let (wrong, right) = (tests[0].uid, tests[1].uid);
    let void = async |desk: &Desk, test: Uid, reason: &'static str| {
        let act = move |tx: &mut Tx, desk: &Desk, _: &mut Mint| void_test::void_test(tx, desk, test, reason);
        match care.act(desk, act).await {
            Ok(_) => None,
            Err(Stop::Refused(refusal)) => Some(refusal.fields.first().map_or(refusal.code, |f| f.code)),
            Err(Stop::Store(error)) => panic!("{error}"),
        }
    };
    let stranger = care.w.desk(Role::StationLeader, &care.w.communes[2]);
    assert_eq!(void(&stranger, wrong, "nhầm người").await, Some("not_found"));
    assert_eq!(void(&station, Uid([9; 16]), "nhầm người").await, Some("not_found"));
    assert_eq!(void(&station, wrong, "  ").await, Some("required"));
    assert_eq!(void(&station, wrong, "ghi nhầm sang người cùng nhà").await, None);
    assert_eq!(void(&station, wrong, "lần nữa").await, Some("already_voided"));
    // The negative one decides now; taken back as well, there is none, and what was heard before holds.
    assert_eq!(listed(&course, &care.w.communes[0].path.clone()).await, [(id, true, false)]);
    assert_eq!(void(&station, right, "chưa làm").await, None);
    let row = care.w.ask(move |r| Ok(episode::by_id(r, id)?.unwrap())).await;
    assert_eq!(row.heard_at, Some(on("2022-03-23", "07:00:00")));
    assert_eq!(row.next_contact_at, Some(on("2022-03-24", "22:00:00")));
    assert_eq!(listed(&course, &care.w.communes[0].path.clone()).await, [(id, false, true)]);
    let why = course.release(&station, Outcome::Completed, None).await.unwrap_err();
    assert_eq!(why.code, "release_needs_test");
    assert_eq!(care.w.ask(move |r| store::attempt::tests(r, id, 0, 10)).await.len(), 2, "both are on record");
    // Whoever was released by it stays released, and is expected by nobody.
    care.w.go_to(on("2022-03-23", "10:00:00")).await;
    course.test(TestResult::Negative, TestWitness::Staff).await;
    assert_eq!(course.release(&station, Outcome::Completed, None).await, Ok(()));
    let last = care.w.ask(move |r| store::attempt::tests(r, id, 0, 10)).await[2].uid;
    assert_eq!(void(&station, last, "ghi nhầm").await, None);
    let row = care.w.ask(move |r| Ok(episode::by_id(r, id)?.unwrap())).await;
    assert_eq!((row.state, row.next_contact_at), (EpisodeState::Closed, None));
    drop(course);
    home.must_verify();
}
