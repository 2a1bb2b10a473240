//! Answers about health, how they are judged, and the alarms they raise.

use crate::common::Home;
use crate::report_world::{DAY, Somebody, World, at, day, value, world};
use acts::adopt_protocol::{self, AdoptProtocol, Adopted};
use acts::alerts;
use acts::end_episode::{self, Convert, EndEpisode};
use acts::record_checkin::{self, Answered, RecordCheckin};
use acts::{Desk, Mint};
use rules::checkin::Answers;
use rules::protocol::COVID19_VN_2022;
use rules::{
    AlertEnd, AlertState, AnsweredBy, At, EpisodeId, EpisodeState, GapKind, GapLevel, Level, Outcome,
    Refusal, Role, Uid,
};
use store::alert::Alert;
use store::gap::EpisodeGaps;
use store::{Stop, Tx, alert, checkin, episode, gap, household};

on_both! {
    nothing_is_judged_before_a_protocol_is_adopted
    a_home_has_one_alarm_and_the_gravest_answer_holds
    an_alarm_that_nobody_takes_goes_up_and_is_a_gap
    a_reading_alone_is_taken_again_before_anybody_is_alarmed
    a_second_reading_that_does_not_come_makes_the_first_count
    only_who_may_answers_takes_and_closes
    what_came_late_says_so
    earlier_answers_are_looked_at
    an_alarm_ends_with_the_care_and_goes_on_with_the_case
    an_alarm_about_two_goes_on_for_the_one_who_stays
    anothers_danger_rings_anew_after_somebody_took_the_first
    a_low_reading_that_comes_late_counts_at_once
}

pub fn refused<T>(answer: Result<T, Stop>) -> Refusal {
    match answer {
        Err(Stop::Refused(refusal)) => refusal,
        Err(Stop::Store(error)) => panic!("{error}"),
        Ok(_) => panic!("it was done"),
    }
}

/// The code of a refusal, or its first field and that one's code.
pub fn why<T>(answer: Result<T, Stop>) -> String {
    let refusal = refused(answer);
    match refusal.fields.first() {
        Some(field) => format!("{}:{}", field.field, field.code),
        None => refusal.code.to_owned(),
    }
}

pub fn said(numbers: &[(&str, f64)], flags: Option<&[&str]>) -> Answers {
    Answers {
        numbers: numbers.iter().map(|(name, number)| ((*name).to_owned(), *number)).collect(),
        red_flags: flags.map(|flags| flags.iter().map(|flag| (*flag).to_owned()).collect()),
        symptoms: None,
    }
}

pub const WELL: Option<&[&str]> = Some(&[]);

pub struct Care {
    pub w: World,
}

impl Care {
    /// The province with the protocol adopted.
    pub async fn begin(home: &Home) -> Care {
        let care = Care { w: world(home).await };
        care.adopt(&care.w.officer(), COVID19_VN_2022).await.unwrap();
        care
    }

    pub async fn act<T: Send + 'static>(
        &self,
        desk: &Desk,
        act: impl FnMut(&mut Tx, &Desk, &mut Mint) -> Result<T, Stop> + Send + 'static,
    ) -> Result<T, Stop> {
        let desk = Desk { now: self.w.house.now(), ..desk.clone() };
        self.w.house.run(&desk, act).await
    }

    pub async fn adopt(&self, desk: &Desk, body: &str) -> Result<Adopted, Stop> {
        let cmd = AdoptProtocol {
            area_code: "12".to_owned(),
            body: body.to_owned(),
            note: "Công văn 12/SYT".to_owned(),
        };
        self.act(desk, move |tx, desk, mint| adopt_protocol::adopt(tx, desk, mint, &cmd)).await
    }

    pub fn carer(&self) -> Desk {
        self.w.desk(Role::Carer, &self.w.communes[0])
    }

    pub fn station(&self) -> Desk {
        self.w.desk(Role::StationLeader, &self.w.communes[0])
    }

    pub async fn somebody(&self) -> EpisodeId {
        self.w.register(self.well()).await
    }

    pub fn well(&self) -> Somebody {
        Somebody { cluster: Some(self.w.cluster.id), ..Somebody::f0(&self.w.communes[0]) }
    }

    pub async fn record(&self, desk: &Desk, cmd: RecordCheckin) -> Result<Answered, Stop> {
        let shelf = self.w.house.shelf.clone();
        self.act(desk, move |tx, desk, mint| record_checkin::record_checkin(tx, desk, mint, &shelf, &cmd))
            .await
    }

    pub async fn command(&self, id: EpisodeId, answers: Answers) -> RecordCheckin {
        let uid = self.w.ask(move |r| Ok(episode::by_id(r, id)?.unwrap().uid)).await;
        RecordCheckin { episode: uid, made_at: None, answered_by: AnsweredBy::Carer, answerer: None, answers }
    }

    pub async fn answer(&self, id: EpisodeId, answers: Answers) -> Answered {
        let cmd = self.command(id, answers).await;
        self.record(&self.carer(), cmd).await.unwrap()
    }

    pub async fn person(&self, id: EpisodeId) -> Uid {
        let read = self.w.ask(move |r| {
            let person = episode::by_id(r, id)?.unwrap().person_id;
            Ok(store::person::by_id(r, person)?.unwrap().uid)
        });
        read.await
    }

    /// The alarms of the province that are not over.
    pub async fn running(&self) -> Vec<Alert> {
        let path = self.w.province.path.clone();
        self.w.ask(move |r| alert::list(r, &path, false, rules::AlertId(0), 100)).await
    }

    pub async fn acknowledge(&self, desk: &Desk, uid: Uid, take: bool) -> Result<alerts::Done, Stop> {
        self.act(desk, move |tx, desk, _| alerts::acknowledge(tx, desk, uid, take)).await
    }

    pub async fn close(
        &self,
        desk: &Desk,
        uid: Uid,
        how: AlertEnd,
        note: &'static str,
    ) -> Result<alerts::Done, Stop> {
        self.act(desk, move |tx, desk, _| alerts::close(tx, desk, uid, how, note)).await
    }

    /// The gaps of this kind on the board, which equals its recomputation.
    pub async fn gaps(&self, kind: GapKind) -> Vec<(EpisodeId, At, GapLevel)> {
        let (path, now) = (self.w.province.path.clone(), self.w.house.now());
        let (board, whole) = self
            .w
            .ask(move |r| {
                let board = gap::board(r, &path, &path, now, EpisodeId(0), 1_000)?;
                Ok((board, gap::recompute(r, &path, now, EpisodeId(0), 1_000)?))
            })
            .await;
        let lacking = |all: &[EpisodeGaps]| -> Vec<EpisodeGaps> {
            all.iter().filter(|item| !item.gaps.is_empty()).cloned().collect()
        };
        assert_eq!(lacking(&board), lacking(&whole), "the board and its recomputation");
        let of_kind = |item: &EpisodeGaps| {
            item.gaps.iter().find(|found| found.kind == kind).map(|f| (item.id, f.since, f.level))
        };
        board.iter().filter_map(of_kind).collect()
    }

    /// What the timeline of an episode says, oldest first.
    pub async fn told(&self, id: EpisodeId) -> Vec<(String, String)> {
        let lines = self
            .w
            .ask(move |r| {
                let found = episode::by_id(r, id)?.unwrap();
                store::timeline::of_person(r, found.person_id, found.household_id, 100)
            })
            .await;
        lines.into_iter().rev().map(|line| (line.kind, line.header)).collect()
    }
}

async fn nothing_is_judged_before_a_protocol_is_adopted(home: &Home) {
    let care = Care { w: world(home).await };
    let id = care.somebody().await;
    let cmd = care.command(id, said(&[], WELL)).await;
    assert_eq!(why(care.record(&care.carer(), cmd.clone()).await), "no_protocol");
    assert_eq!(why(care.adopt(&care.station(), COVID19_VN_2022).await), "area_code:unknown_area");
    let broken = COVID19_VN_2022.replacen("spo2 <= 96", "spo3 <= 96", 1);
    let refusal = refused(care.adopt(&care.w.officer(), &broken).await);
    assert_eq!(refusal.fields[0].code, "bad_protocol");
    assert!(refusal.args[0].1.contains("spo3"), "{:?}", refusal.args);

    let adopted = care.adopt(&care.w.officer(), COVID19_VN_2022).await.unwrap();
    assert_eq!((adopted.protocol.as_str(), adopted.version.as_str()), ("covid19-vn-2022", "1.2.0"));
    assert_eq!(why(care.adopt(&care.w.officer(), COVID19_VN_2022).await), "already_adopted");
    let done = care.record(&care.carer(), cmd.clone()).await.unwrap();
    assert_eq!((done.level.as_str(), done.protocol.as_str()), ("routine", "covid19-vn-2022"));
    assert_eq!(done.unknown, ["bp", "pulse", "rr", "spo2", "temp"], "nobody knows the age");

    // A new version holds from now on; what was judged keeps the one it was judged by.
    let newer = COVID19_VN_2022.replacen("version = \"1.2.0\"", "version = \"1.3.0\"", 1).replacen(
        "spo2 <= 96",
        "spo2 <= 94",
        1,
    );
    care.adopt(&care.w.officer(), &newer).await.unwrap();
    let low = said(&[("spo2", 95.0), ("spo2_second", 95.0)], WELL);
    let done = care.answer(id, low).await;
    assert_eq!((done.level.as_str(), done.version.as_str()), ("routine", "1.3.0"));
    let versions = care
        .w
        .ask(move |r| {
            let mut versions = Vec::new();
            for row in checkin::of_episode(r, id, 0, 10)? {
                for judged in checkin::judgements(r, row.id)? {
                    let adoption = store::protocol::by_id(r, judged.adoption_id)?.unwrap();
                    assert_eq!(adoption.version, judged.version);
                    versions.push(judged.version);
                }
            }
            Ok(versions)
        })
        .await;
    assert_eq!(versions, ["1.2.0", "1.3.0"]);
    care.w.clock(At::parse("2022-04-15T08:00:00+07:00").unwrap());
    assert_eq!(why(care.adopt(&care.w.officer(), COVID19_VN_2022).await), "body:protocol_expired");
    drop(care);
    home.must_verify();
}

async fn a_home_has_one_alarm_and_the_gravest_answer_holds(home: &Home) {
    let care = Care::begin(home).await;
    care.w.clock(at("08:10:00"));
    let grandmother = care.somebody().await;
    let house = care.w.ask(move |r| Ok(episode::by_id(r, grandmother)?.unwrap().household_id)).await;
    let grandson = care.w.register(Somebody { home: Some(house), ..care.well() }).await;
    let first = care.answer(grandson, said(&[], Some(&["breathless"]))).await;
    assert_eq!((first.level.as_str(), &first.rules[..]), ("urgent", &["flags_urgent".to_owned()][..]));
    let running = care.running().await;
    assert_eq!(running.len(), 1);
    assert_eq!(running[0].uid.to_string(), first.alert_id.clone().unwrap());
    assert_eq!(running[0].acknowledge_by, at("08:25:00"));

    care.w.clock(at("08:12:00"));
    let again = care.answer(grandson, said(&[], Some(&["breathless"]))).await;
    assert_eq!(again.alert_id, first.alert_id);
    assert_eq!(care.running().await, running, "as grave as before changes nothing");
    let graver = care.answer(grandmother, said(&[("rr", 28.0)], Some(&["drowsy"]))).await;
    assert_eq!((graver.level.as_str(), &graver.alert_id), ("emergency", &first.alert_id));
    let running = care.running().await;
    assert_eq!(running.len(), 1);
    assert_eq!((running[0].level, running[0].episode_id), (Level::Emergency, grandmother));
    assert_eq!((running[0].raised_at, running[0].acknowledge_by), (at("08:12:00"), at("08:17:00")));
    let calm = care.answer(grandmother, said(&[], WELL)).await;
    assert_eq!((calm.level.as_str(), calm.alert_id), ("routine", None));
    assert_eq!(care.running().await, running, "no machine lowers an alarm");

    // Another home has an alarm of its own.
    let neighbour = care.somebody().await;
    care.answer(neighbour, said(&[], Some(&["feels_wrong"]))).await;
    assert_eq!(care.running().await.len(), 2);
    drop(care);
    home.must_verify();
}

async fn an_alarm_that_nobody_takes_goes_up_and_is_a_gap(home: &Home) {
    let care = Care::begin(home).await;
    care.w.lead_the_group().await;
    care.w.go_to(at("08:10:00")).await;
    let id = care.somebody().await;
    let group = care.w.group;
    let place = move |tx: &mut Tx, desk: &Desk, _: &mut Mint| {
        let home = episode::by_id(tx, id)?.unwrap().household_id;
        let home = household::by_id(tx, home)?.unwrap();
        household::place(tx, &home, Some(group), "placed", desk.now)?;
        tx.log(&desk.stamp(), "store", "placed", "", "")?;
        Ok(())
    };
    care.act(&care.w.operator(), place).await.unwrap();
    let raised = care.answer(id, said(&[], Some(&["chest_pain"]))).await;
    let uid = Uid::parse(&raised.alert_id.unwrap()).unwrap();
    let kind = GapKind::AlarmUnacknowledged;
    care.w.go_to(at("08:24:59")).await;
    assert_eq!(care.gaps(kind).await, []);
    let unmanaged = async || value(&care.w.report(&care.w.province, DAY).await.figures, "unmanaged");
    assert_eq!(unmanaged().await, 0);
    let ran = care.w.go_to(at("08:25:00")).await;
    assert_eq!(ran.alarms, 1);
    assert_eq!(care.gaps(kind).await, [(id, at("08:25:00"), GapLevel::Commune)]);
    assert_eq!(unmanaged().await, 1);
    care.w.go_to(at("08:40:00")).await;
    assert_eq!(care.gaps(kind).await, [(id, at("08:25:00"), GapLevel::District)]);
    // Nothing is left to pass on, and nothing is forgotten.
    let ran = care.w.go_to(at("11:00:00")).await;
    assert_eq!((ran.alarms, care.gaps(kind).await.len()), (0, 1));
    let district = care.w.desk(Role::DistrictOfficer, &care.w.east);
    assert_eq!(care.acknowledge(&district, uid, false).await.unwrap().state, "acknowledged");
    assert_eq!(care.gaps(kind).await, []);
    assert_eq!(unmanaged().await, 0);
    let told: Vec<_> =
        care.told(id).await.into_iter().filter(|(kind, _)| kind.starts_with("alert")).collect();
    let alarm = care.running().await[0].id.0;
    let expected = [
        ("alert_raised", "level=urgent told=leader"),
        ("alert_escalated", "level=urgent told=commune"),
        ("alert_escalated", "level=urgent told=district"),
        ("alert_acknowledged", "level=urgent after_s=10200"),
    ];
    assert_eq!(told, expected.map(|(kind, header)| (kind.to_owned(), format!("alert={alarm} {header}"))));
    drop(care);
    home.must_verify();
}

async fn a_reading_alone_is_taken_again_before_anybody_is_alarmed(home: &Home) {
    let care = Care::begin(home).await;
    care.w.go_to(at("08:00:00")).await;
    let id = care.somebody().await;
    let first = care.answer(id, said(&[("spo2", 96.0)], WELL)).await;
    assert_eq!((first.level.as_str(), first.alert_id), ("repeat", None));
    let second = care.answer(id, said(&[("spo2", 96.0), ("spo2_second", 97.0)], WELL)).await;
    assert_eq!((second.level.as_str(), second.alert_id), ("routine", None));
    care.w.go_to(at("09:00:00")).await;
    assert_eq!(care.running().await, [], "the second reading settled it");

    // Measured anew instead of answering the question: that is the second reading too.
    care.answer(id, said(&[("spo2", 95.0)], WELL)).await;
    let again = care.answer(id, said(&[("spo2", 95.0)], WELL)).await;
    assert_eq!(again.level, "urgent");
    assert_eq!(care.running().await.len(), 1);
    let rows = care.w.ask(move |r| checkin::of_episode(r, id, 0, 10)).await;
    let levels: Vec<Level> = rows.iter().map(|row| row.level).collect();
    assert_eq!(levels, [Level::Routine, Level::Routine, Level::Urgent, Level::Urgent]);
    assert!(rows.iter().all(|row| row.repeat_until.is_none()));
    drop(care);
    home.must_verify();
}

async fn a_second_reading_that_does_not_come_makes_the_first_count(home: &Home) {
    let care = Care::begin(home).await;
    care.w.go_to(at("08:00:00")).await;
    let id = care.somebody().await;
    care.answer(id, said(&[("spo2", 89.0)], WELL)).await;
    care.w.go_to(at("08:09:59")).await;
    assert_eq!(care.running().await, []);
    // The clock passes by: both the missing reading and the alarm that follows from it.
    let ran = care.w.go_to(at("08:16:00")).await;
    assert_eq!(ran.alarms, 2);
    let running = care.running().await;
    assert_eq!(running.len(), 1);
    assert_eq!((running[0].level, running[0].raised_at), (Level::Emergency, at("08:10:00")));
    assert_eq!((running[0].told, running[0].due_at), (GapLevel::Commune, Some(at("08:20:00"))));
    let judged = care
        .w
        .ask(move |r| {
            let row = checkin::of_episode(r, id, 0, 10)?.remove(0);
            checkin::judgements(r, row.id)
        })
        .await;
    let levels: Vec<Level> = judged.iter().map(|judgement| judgement.level).collect();
    assert_eq!(levels, [Level::Repeat, Level::Emergency]);
    assert_eq!(care.w.go_to(at("08:16:00")).await.alarms, 0, "nothing is done twice");
    drop(care);
    home.must_verify();
}

async fn only_who_may_answers_takes_and_closes(home: &Home) {
    let care = Care::begin(home).await;
    let id = care.somebody().await;
    let cmd = care.command(id, said(&[], Some(&["convulsion"]))).await;
    let elsewhere = care.w.desk(Role::Carer, &care.w.communes[1]);
    assert_eq!(why(care.record(&elsewhere, cmd.clone()).await), "not_found");
    let inspector = care.w.desk(Role::Inspector, &care.w.province);
    assert_eq!(why(care.record(&inspector, cmd.clone()).await), "not_found");
    let relative = RecordCheckin { answered_by: AnsweredBy::Relative, ..cmd.clone() };
    assert_eq!(why(care.record(&care.carer(), relative).await), "answerer:required");
    let odd = RecordCheckin { answers: said(&[("spo2", 970.0)], WELL), ..cmd.clone() };
    assert_eq!(why(care.record(&care.carer(), odd).await), "answers.spo2:out_of_range");

    let clerk = care.w.desk(Role::Clerk, &care.w.communes[0]);
    let raised = care.record(&clerk, cmd).await.unwrap();
    let uid = Uid::parse(&raised.alert_id.unwrap()).unwrap();
    for desk in [&elsewhere, &inspector, &clerk] {
        assert_eq!(why(care.acknowledge(desk, uid, true).await), "not_found");
        assert_eq!(why(care.close(desk, uid, AlertEnd::Advised, "").await), "not_found");
    }
    let (carer, station) = (care.carer(), care.station());
    assert_eq!(care.acknowledge(&carer, uid, false).await.unwrap().state, "acknowledged");
    assert_eq!(care.acknowledge(&carer, uid, false).await.unwrap().state, "acknowledged");
    assert_eq!(why(care.acknowledge(&station, uid, false).await), "alert_taken");
    care.acknowledge(&station, uid, true).await.unwrap();
    assert_eq!(care.running().await[0].acknowledged_by, station.staff);
    assert_eq!(why(care.close(&station, uid, AlertEnd::Mistaken, " ").await), "note:required");
    assert_eq!(why(care.close(&station, uid, AlertEnd::Ended, "").await), "how:unknown_word");
    care.close(&station, uid, AlertEnd::Mistaken, "Bấm nhầm, đã gọi lại.").await.unwrap();
    assert_eq!(why(care.close(&station, uid, AlertEnd::Advised, "").await), "alert_closed");
    assert_eq!(why(care.acknowledge(&carer, uid, true).await), "alert_closed");
    // What was answered holds its person: their record is not joined into another one.
    let other = care.somebody().await;
    let (from, into) = (care.person(id).await, care.person(other).await);
    let merge = move |tx: &mut Tx, desk: &Desk, _: &mut Mint| {
        acts::edit_person::merge(tx, desk, from, into, "cùng một người")
    };
    assert_eq!(why(care.act(&station, merge).await), "has_later_records");
    // The next one of the home is a new alarm.
    let next = care.answer(id, said(&[], Some(&["convulsion"]))).await;
    assert_ne!(next.alert_id, Some(uid.to_string()));
    drop(care);
    home.must_verify();
}

async fn what_came_late_says_so(home: &Home) {
    let care = Care::begin(home).await;
    care.w.go_to(at("08:00:00")).await;
    let id = care.somebody().await;
    care.w.go_to(at("11:00:00")).await;
    let cmd = care.command(id, said(&[], WELL)).await;
    let made = |time: &str| RecordCheckin { made_at: Some(at(time)), ..cmd.clone() };
    assert!(care.record(&care.carer(), made("08:30:00")).await.unwrap().came_late);
    assert!(!care.record(&care.carer(), made("10:30:00")).await.unwrap().came_late);
    assert_eq!(why(care.record(&care.carer(), made("07:59:59")).await), "made_at:before_detection");
    assert_eq!(why(care.record(&care.carer(), made("11:10:00")).await), "made_at:in_future");
    let told: Vec<_> =
        care.told(id).await.into_iter().filter(|(kind, _)| kind == "checkin_recorded").collect();
    assert_eq!(told[0].1, "level=routine by=carer late=1");
    assert_eq!(told[1].1, "level=routine by=carer");
    let rows = care.w.ask(move |r| checkin::of_episode(r, id, 0, 10)).await;
    assert_eq!((rows[0].made_at, rows[0].received_at), (at("08:30:00"), at("11:00:00")));
    drop(care);
    home.must_verify();
}

async fn earlier_answers_are_looked_at(home: &Home) {
    let care = Care::begin(home).await;
    care.w.go_to(at("08:00:00")).await;
    let id = care.somebody().await;
    // Nobody knows the age, so what holds for a small child is looked at too.
    assert_eq!(care.answer(id, said(&[("temp", 39.5)], WELL)).await.level, "routine");
    care.w.go_to(at("10:00:00")).await;
    let still = care.answer(id, said(&[("temp", 39.4)], WELL)).await;
    assert_eq!((still.level.as_str(), &still.rules[..]), ("urgent", &["fever_child".to_owned()][..]));
    // Another's fever says nothing.
    let other = care.somebody().await;
    assert_eq!(care.answer(other, said(&[("temp", 39.4)], WELL)).await.level, "routine");
    drop(care);
    home.must_verify();
}

async fn an_alarm_ends_with_the_care_and_goes_on_with_the_case(home: &Home) {
    let care = Care::begin(home).await;
    care.w.go_to(at("08:00:00")).await;
    let contact = care
        .w
        .register(Somebody { cluster: Some(care.w.cluster.id), ..Somebody::f1(&care.w.communes[0]) })
        .await;
    care.answer(contact, said(&[], Some(&["breathless"]))).await;
    // Nobody knows the age: a small child's second high fever counts, across the change, too.
    care.answer(contact, said(&[("temp", 39.5)], WELL)).await;
    let uid = care.w.ask(move |r| Ok(episode::by_id(r, contact)?.unwrap().uid)).await;
    let convert = Convert { episode: uid, detected_at: None, detected_on: Some(day(DAY)) };
    let station = care.station();
    let case = care
        .act(&station, move |tx, desk, mint| end_episode::convert(tx, desk, mint, &convert))
        .await
        .unwrap();
    let case = Uid::parse(&case.id).unwrap();
    let id = care.w.ask(move |r| Ok(episode::by_uid(r, case)?.unwrap().id)).await;
    let running = care.running().await;
    assert_eq!((running.len(), running[0].episode_id, running[0].state), (1, id, AlertState::Open));

    care.w.go_to(at("08:01:00")).await;
    let hot = care.answer(id, said(&[("temp", 39.4)], WELL)).await;
    assert_eq!((hot.level.as_str(), &hot.rules[..]), ("urgent", &["fever_child".to_owned()][..]));
    let end = EndEpisode {
        episode: case,
        outcome: Outcome::Hospital,
        at: at("08:00:00"),
        place: Some("Trung tâm Y tế huyện".to_owned()),
        reason: None,
    };
    care.act(&station, move |tx, desk, _| end_episode::end(tx, desk, &end)).await.unwrap();
    assert_eq!(care.running().await, []);
    let path = care.w.province.path.clone();
    let over = care.w.ask(move |r| alert::list(r, &path, true, rules::AlertId(0), 10)).await;
    assert_eq!((over.len(), over[0].ending), (1, Some(AlertEnd::Ended)));
    let cmd = care.command(id, said(&[], WELL)).await;
    assert_eq!(why(care.record(&care.carer(), cmd).await), "already_closed");
    let closed = care.w.ask(move |r| Ok(episode::by_id(r, id)?.unwrap().state)).await;
    assert_eq!(closed, EpisodeState::Closed);
    drop(care);
    home.must_verify();
}

/// Somebody goes to the district hospital.
async fn to_hospital(care: &Care, id: EpisodeId, time: &'static str) {
    let uid = care.w.ask(move |r| Ok(episode::by_id(r, id)?.unwrap().uid)).await;
    let end = EndEpisode {
        episode: uid,
        outcome: Outcome::Hospital,
        at: at(time),
        place: Some("Trung tâm Y tế huyện".to_owned()),
        reason: None,
    };
    care.act(&care.station(), move |tx, desk, _| end_episode::end(tx, desk, &end)).await.unwrap();
}

async fn an_alarm_about_two_goes_on_for_the_one_who_stays(home: &Home) {
    let care = Care::begin(home).await;
    care.w.go_to(at("08:10:00")).await;
    let grandmother = care.somebody().await;
    let house = care.w.ask(move |r| Ok(episode::by_id(r, grandmother)?.unwrap().household_id)).await;
    let son = care.w.register(Somebody { home: Some(house), ..care.well() }).await;
    let wife = care.w.register(Somebody { home: Some(house), ..care.well() }).await;
    let first = care.answer(grandmother, said(&[], Some(&["drowsy"]))).await;
    care.w.go_to(at("08:11:00")).await;
    for (who, flag, level) in [(wife, "feels_wrong", "urgent"), (son, "cyanosis", "emergency")] {
        let joined = care.answer(who, said(&[], Some(&[flag]))).await;
        assert_eq!((joined.level.as_str(), &joined.alert_id), (level, &first.alert_id));
    }
    let running = care.running().await;
    assert_eq!((running.len(), running[0].episode_id), (1, grandmother));
    let about = running.clone();
    let about = care.w.ask(move |r| alert::subjects(r, &about)).await;
    let about: Vec<_> = about.iter().map(|subject| (subject.episode_id, subject.level)).collect();
    let expected = [(grandmother, Level::Emergency), (son, Level::Emergency), (wife, Level::Urgent)];
    assert_eq!(about, expected);

    // Whoever it is first of all about leaves: it is about the next one, and its time goes on.
    to_hospital(&care, grandmother, "08:11:00").await;
    let left = care.running().await;
    assert_eq!((left.len(), left[0].uid, left[0].episode_id), (1, running[0].uid, son));
    assert_eq!((left[0].level, left[0].due_at), (Level::Emergency, running[0].due_at));
    let alarm = left[0].id.0;
    let last = care.told(son).await.pop().unwrap();
    assert_eq!(last, ("alert_passed_on".to_owned(), format!("alert={alarm} level=emergency")));
    care.w.go_to(at("08:16:00")).await;
    let kind = GapKind::AlarmUnacknowledged;
    assert_eq!(care.gaps(kind).await, [(son, at("08:15:00"), GapLevel::Commune)]);
    // It never says of somebody what was said of another.
    to_hospital(&care, son, "08:16:00").await;
    let left = care.running().await;
    assert_eq!((left.len(), left[0].episode_id, left[0].level), (1, wife, Level::Urgent));
    // A person of whom it was, but not first of all, changes nothing; the last one ends it.
    to_hospital(&care, wife, "08:16:00").await;
    assert_eq!(care.running().await, []);
    drop(care);
    home.must_verify();
}

async fn anothers_danger_rings_anew_after_somebody_took_the_first(home: &Home) {
    let care = Care::begin(home).await;
    care.w.go_to(at("08:10:00")).await;
    let grandmother = care.somebody().await;
    let house = care.w.ask(move |r| Ok(episode::by_id(r, grandmother)?.unwrap().household_id)).await;
    let son = care.w.register(Somebody { home: Some(house), ..care.well() }).await;
    let first = care.answer(grandmother, said(&[], Some(&["drowsy"]))).await.alert_id.unwrap();
    care.acknowledge(&care.carer(), Uid::parse(&first).unwrap(), false).await.unwrap();
    care.w.go_to(at("08:20:00")).await;
    // What whoever took it knows does not ring again.
    let again = care.answer(grandmother, said(&[], Some(&["drowsy"]))).await;
    assert_eq!((again.alert_id.as_ref(), care.running().await.len()), (Some(&first), 1));

    let second = care.answer(son, said(&[], Some(&["chest_pain"]))).await.alert_id.unwrap();
    assert_ne!(second, first, "nobody has the son's danger yet");
    let running = care.running().await;
    let seen: Vec<_> = running.iter().map(|a| (a.episode_id, a.state, a.level)).collect();
    let expected =
        [(grandmother, AlertState::Acknowledged, Level::Emergency), (son, AlertState::Open, Level::Urgent)];
    assert_eq!(seen, expected);
    let ran = care.w.go_to(at("08:35:00")).await;
    assert_eq!((ran.alarms, care.gaps(GapKind::AlarmUnacknowledged).await.len()), (1, 1));
    // And nothing is new of the first person, though another alarm rings.
    let third = care.answer(grandmother, said(&[], Some(&["feels_wrong"]))).await;
    assert_eq!(third.alert_id.as_ref(), Some(&first));
    care.close(&care.station(), Uid::parse(&first).unwrap(), AlertEnd::Visited, "").await.unwrap();
    assert_eq!(care.running().await.len(), 1);
    drop(care);
    home.must_verify();
}

async fn a_low_reading_that_comes_late_counts_at_once(home: &Home) {
    let care = Care::begin(home).await;
    care.w.go_to(at("08:00:00")).await;
    let id = care.somebody().await;
    care.w.go_to(at("09:00:00")).await;
    let low = care.command(id, said(&[("spo2", 95.0)], WELL)).await;
    let made = |time: &str| RecordCheckin { made_at: Some(at(time)), ..low.clone() };
    // Measured while there was no signal: whoever waits for a second reading waits from then on.
    let late = care.record(&care.carer(), made("08:20:00")).await.unwrap();
    assert_eq!((late.level.as_str(), late.alert_id.is_some()), ("urgent", true));
    let other = care.somebody().await;
    let low = care.command(other, said(&[("spo2", 95.0)], WELL)).await;
    let made = |time: &str| RecordCheckin { made_at: Some(at(time)), ..low.clone() };
    let fresh = care.record(&care.carer(), made("09:00:00")).await.unwrap();
    assert_eq!(fresh.level, "repeat");
    let rows = care.w.ask(move |r| checkin::of_episode(r, other, 0, 10)).await;
    assert_eq!(rows[0].repeat_until, Some(at("09:10:00")));
    care.w.go_to(at("09:05:00")).await;
    // What was measured before it is not its second reading.
    let well = RecordCheckin { answers: said(&[("spo2", 98.0)], WELL), ..made("09:00:00") };
    let earlier = RecordCheckin { made_at: Some(At(at("09:00:00").0 - 1)), ..well.clone() };
    assert_eq!(why(care.record(&care.carer(), earlier).await), "made_at:before_detection");
    assert_eq!(care.record(&care.carer(), well).await.unwrap().level, "routine");
    let rows = care.w.ask(move |r| checkin::of_episode(r, other, 0, 10)).await;
    assert!(rows.iter().all(|row| row.repeat_until.is_none()));
    drop(care);
    home.must_verify();
}
