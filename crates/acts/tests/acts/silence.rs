//! By when each person is to be heard of, and what silence beyond it is (X-3, invariants 1 and 7, P-5).

use crate::care::{Care, WELL, said, why};
use crate::common::Home;
use crate::report_world::{DAY, Somebody, at, day, on, value, world};
use acts::end_episode::{self, Convert, EndEpisode, RecordTest, SetArrangement};
use acts::record_checkin::RecordCheckin;
use acts::record_contact::{self, RecordContact};
use rules::first_contact::Ticks;
use rules::protocol::COVID19_VN_2022;
use rules::{
    Arrangement, At, AttemptOutcome, ContactBy, EpisodeId, GapKind, GapLevel, Outcome, TestKind, TestResult,
    TestWitness,
};
use store::episode;

on_both! {
    silence_beyond_the_time_is_a_gap_and_an_answer_ends_it
    whoever_reaches_the_person_has_heard_of_them
    what_comes_late_is_heard_when_it_was_said
    a_visitor_who_is_silent_is_named
    nobody_is_expected_before_a_protocol_says_so_and_everybody_after
    who_is_not_under_care_is_not_expected_and_who_comes_back_is
    two_days_of_silence_are_never_health
}

/// By when they are to be heard of next.
async fn next(care: &Care, id: EpisodeId) -> Option<At> {
    care.w.ask(move |r| Ok(episode::by_id(r, id)?.unwrap().next_contact_at)).await
}

/// Somebody of whom it was said at eight in the morning.
async fn expected(care: &Care) -> EpisodeId {
    care.w.go_to(at("08:00:00")).await;
    let id = care.somebody().await;
    care.w.go_to(at("08:00:00")).await;
    assert_eq!(next(care, id).await, Some(at("20:00:00")));
    id
}

async fn silence_beyond_the_time_is_a_gap_and_an_answer_ends_it(home: &Home) {
    let care = Care::begin(home).await;
    care.w.lead_the_group().await;
    let id = expected(&care).await;
    care.w.go_to(at("19:59:59")).await;
    assert_eq!(care.gaps(GapKind::Silent).await, []);
    care.w.go_to(at("20:00:00")).await;
    assert_eq!(care.gaps(GapKind::Silent).await, [(id, at("20:00:00"), GapLevel::Leader)]);
    let path = care.w.province.path.clone();
    let listed = care.w.ask(move |r| {
        let count = episode::count_silent(r, &path, &path, at("20:00:00"))?;
        Ok((episode::silent(r, &path, &path, at("20:00:00"), 10)?, count))
    });
    let (listed, count) = listed.await;
    assert_eq!((listed.len(), listed[0].id, count), (1, id, 1));
    assert_eq!(value(&care.w.report(&care.w.province, "2022-03-17").await.figures, "unmanaged"), 1);

    care.w.go_to(at("21:00:00")).await;
    care.answer(id, said(&[], WELL)).await;
    assert_eq!(care.gaps(GapKind::Silent).await, []);
    assert_eq!(next(&care, id).await, Some(on("2022-03-17", "12:00:00")));
    // Silent again: the longer, the higher up.
    for (time, level) in
        [("12:00:00", GapLevel::Leader), ("15:00:00", GapLevel::Commune), ("18:00:00", GapLevel::District)]
    {
        care.w.go_to(on("2022-03-17", time)).await;
        let since = on("2022-03-17", "12:00:00");
        assert_eq!(care.gaps(GapKind::Silent).await, [(id, since, level)], "{time}");
    }
    drop(care);
    home.must_verify();
}

async fn whoever_reaches_the_person_has_heard_of_them(home: &Home) {
    let care = Care::begin(home).await;
    let id = expected(&care).await;
    let uid = care.w.ask(move |r| Ok(episode::by_id(r, id)?.unwrap().uid)).await;
    let call = async |outcome, household, time: &str| {
        let cmd = RecordContact {
            episode: uid,
            by: ContactBy::Phone,
            outcome,
            at: Some(at(time)),
            household,
            ticks: Ticks::default(),
            phone: None,
        };
        care.act(&care.carer(), move |tx, desk, mint| record_contact::record_contact(tx, desk, mint, &cmd))
            .await
            .unwrap();
    };
    care.w.go_to(at("14:30:00")).await;
    for outcome in [AttemptOutcome::NoAnswer, AttemptOutcome::Refused] {
        call(outcome, false, "14:30:00").await;
        assert_eq!(next(&care, id).await, Some(at("20:00:00")), "{outcome}: nobody was heard of");
    }
    // One call counts for everybody in the home.
    let house = care.w.ask(move |r| Ok(episode::by_id(r, id)?.unwrap().household_id)).await;
    let child = care.w.register(Somebody { home: Some(house), ..care.well() }).await;
    call(AttemptOutcome::Reached, true, "14:30:00").await;
    for id in [id, child] {
        assert_eq!(next(&care, id).await, Some(on("2022-03-17", "12:00:00")));
    }
    // A test that staff watched, and not one that nobody saw.
    care.w.go_to(on("2022-03-17", "07:00:00")).await;
    for (witness, by) in [(TestWitness::None, "12:00:00"), (TestWitness::StaffRemote, "20:00:00")] {
        let cmd = RecordTest {
            episode: uid,
            kind: TestKind::Rapid,
            result: TestResult::Negative,
            taken_at: on("2022-03-17", "07:00:00"),
            witness,
        };
        care.act(&care.carer(), move |tx, desk, mint| end_episode::record_test(tx, desk, mint, &cmd))
            .await
            .unwrap();
        assert_eq!(next(&care, id).await, Some(on("2022-03-17", by)), "{witness}");
    }
    drop(care);
    home.must_verify();
}

async fn what_comes_late_is_heard_when_it_was_said(home: &Home) {
    let care = Care::begin(home).await;
    let id = expected(&care).await;
    let well = care.command(id, said(&[], WELL)).await;
    let made = |time| RecordCheckin { made_at: Some(time), ..well.clone() };
    // Back in reach after a night without signal: what was said at nine in the morning says nothing of the afternoon.
    care.w.go_to(on("2022-03-17", "06:30:00")).await;
    care.record(&care.carer(), made(at("09:00:00"))).await.unwrap();
    assert_eq!(next(&care, id).await, Some(at("20:00:00")));
    assert_eq!(care.gaps(GapKind::Silent).await.len(), 1);
    care.record(&care.carer(), made(at("15:00:00"))).await.unwrap();
    assert_eq!(next(&care, id).await, Some(on("2022-03-17", "12:00:00")));
    assert_eq!(care.gaps(GapKind::Silent).await, []);
    // And what is brought after that from before it changes nothing.
    care.record(&care.carer(), made(at("10:00:00"))).await.unwrap();
    assert_eq!(next(&care, id).await, Some(on("2022-03-17", "12:00:00")));
    let heard = care.w.ask(move |r| Ok(episode::by_id(r, id)?.unwrap().heard_at)).await;
    assert_eq!(heard, Some(at("15:00:00")));
    drop(care);
    home.must_verify();
}

async fn a_visitor_who_is_silent_is_named(home: &Home) {
    let care = Care::begin(home).await;
    let id = expected(&care).await;
    let uid = care.w.ask(move |r| Ok(episode::by_id(r, id)?.unwrap().uid)).await;
    let cmd = SetArrangement {
        episode: uid,
        kind: Arrangement::Visitor,
        visitor: Some(("Lò Văn Sơn".to_owned(), None)),
        second: Some(("Lò Thị Mai".to_owned(), None)),
    };
    care.act(&care.carer(), move |tx, desk, _| end_episode::set_arrangement(tx, desk, &cmd)).await.unwrap();
    care.answer(id, said(&[], WELL)).await;
    assert_eq!(next(&care, id).await, Some(at("20:00:00")), "twelve hours");
    care.w.go_to(at("15:00:00")).await;
    care.answer(id, said(&[], WELL)).await;
    // In the night nobody is looked for; by the end of the morning's round they are.
    assert_eq!(next(&care, id).await, Some(on("2022-03-17", "10:00:00")));
    care.w.go_to(on("2022-03-17", "10:00:00")).await;
    assert_eq!(care.gaps(GapKind::Silent).await, []);
    let found = care.gaps(GapKind::VisitorSilent).await;
    assert_eq!(found, [(id, on("2022-03-17", "10:00:00"), GapLevel::Leader)]);
    drop(care);
    home.must_verify();
}

async fn nobody_is_expected_before_a_protocol_says_so_and_everybody_after(home: &Home) {
    let care = Care { w: world(home).await };
    care.w.go_to(at("08:00:00")).await;
    for _ in 0..3 {
        care.somebody().await;
    }
    assert_eq!(care.w.go_to(at("09:00:00")).await.expected, 0);
    assert_eq!(care.gaps(GapKind::NextContactMissing).await, []);
    // An older file says nothing of when.
    let (before, after) = COVID19_VN_2022.split_once("[checkin]").unwrap();
    let older = format!("{before}{}", &after[after.find("# A rule names").unwrap()..]);
    care.adopt(&care.w.officer(), &older).await.unwrap();
    assert_eq!(care.w.go_to(at("10:00:00")).await.expected, 0);
    assert_eq!(care.gaps(GapKind::NextContactMissing).await, []);

    care.adopt(&care.w.officer(), COVID19_VN_2022).await.unwrap();
    assert_eq!(care.gaps(GapKind::NextContactMissing).await.len(), 3, "until the clock's duty ran");
    assert_eq!(care.w.go_to(at("10:00:00")).await.expected, 3);
    assert_eq!(care.gaps(GapKind::NextContactMissing).await, []);
    assert_eq!(care.w.go_to(at("10:00:00")).await.expected, 0, "nothing is done twice");
    care.w.go_to(at("20:00:00")).await;
    assert_eq!(care.gaps(GapKind::Silent).await.len(), 3);
    drop(care);
    home.must_verify();
}

async fn who_is_not_under_care_is_not_expected_and_who_comes_back_is(home: &Home) {
    let care = Care::begin(home).await;
    let id = expected(&care).await;
    let contact = Somebody { cluster: Some(care.w.cluster.id), ..Somebody::f1(&care.w.communes[0]) };
    let contact = care.w.register(contact).await;
    care.w.go_to(at("08:00:00")).await;
    assert_eq!(next(&care, contact).await, Some(on("2022-03-17", "22:00:00")), "once a day");
    let uid = async |id| care.w.ask(move |r| Ok(episode::by_id(r, id)?.unwrap().uid)).await;
    // A contact who turned case is heard of as often as a case.
    let convert = Convert { episode: uid(contact).await, detected_at: None, detected_on: Some(day(DAY)) };
    let station = care.station();
    let case = care
        .act(&station, move |tx, desk, mint| end_episode::convert(tx, desk, mint, &convert))
        .await
        .unwrap();
    let case = rules::Uid::parse(&case.id).unwrap();
    let case = care.w.ask(move |r| Ok(episode::by_uid(r, case)?.unwrap().id)).await;
    assert_eq!((next(&care, contact).await, next(&care, case).await), (None, Some(at("20:00:00"))));

    let left = EndEpisode {
        episode: uid(id).await,
        outcome: Outcome::Left,
        at: at("08:00:00"),
        place: None,
        reason: Some("đi làm xa".to_owned()),
    };
    care.act(&station, move |tx, desk, _| end_episode::end(tx, desk, &left)).await.unwrap();
    assert_eq!(next(&care, id).await, None);
    care.w.go_to(at("21:00:00")).await;
    assert_eq!(care.gaps(GapKind::Silent).await.len(), 1, "the case alone");
    let again = uid(id).await;
    care.act(&station, move |tx, desk, mint| end_episode::reopen(tx, desk, mint, again, "về lại"))
        .await
        .unwrap();
    assert_eq!(next(&care, id).await, Some(on("2022-03-17", "12:00:00")));
    drop(care);
    home.must_verify();
}

async fn two_days_of_silence_are_never_health(home: &Home) {
    let care = Care::begin(home).await;
    let id = expected(&care).await;
    care.answer(id, said(&[], WELL)).await;
    care.w.go_to(on("2022-03-18", "08:00:00")).await;
    assert_eq!(care.gaps(GapKind::Silent).await, [(id, at("20:00:00"), GapLevel::District)]);
    let uid = care.w.ask(move |r| Ok(episode::by_id(r, id)?.unwrap().uid)).await;
    let release = end_episode::Release {
        episode: uid,
        outcome: Outcome::Recovered,
        test: None,
        certified_by: Some("BS. Vàng".to_owned()),
        reason: Some("hết ngày cách ly".to_owned()),
    };
    let shelf = care.w.house.shelf.clone();
    let act = move |tx: &mut store::Tx, desk: &acts::Desk, _: &mut acts::Mint| {
        end_episode::release(tx, desk, &shelf, &release)
    };
    let refused = care.act(&care.station(), act).await;
    assert!(why(refused).starts_with("release_"));
    drop(care);
    home.must_verify();
}
