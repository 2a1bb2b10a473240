//! The village round (P-8): what is said of a home is an answer of each member.

use crate::care::{Care, WELL, said, why};
use crate::common::Home;
use crate::report_world::{Somebody, at};
use acts::Desk;
use acts::record_round::{self, RecordRound, Rounded};
use rules::{AnsweredBy, EpisodeId, Level, Outcome, Role, RoundOutcome, Uid};
use store::{Stop, attempt, checkin, episode};

on_both! {
    everybody_is_well_is_an_answer_of_each_by_name
    who_is_not_well_is_left_to_be_asked
    a_home_where_nobody_was_met_was_tried_and_not_heard_of
    only_who_may_says_it_of_a_home
}

struct House {
    care: Care,
    uid: Uid,
    members: Vec<EpisodeId>,
}

impl House {
    async fn begin(home: &Home) -> House {
        let care = Care::begin(home).await;
        care.w.go_to(at("08:00:00")).await;
        let first = care.somebody().await;
        let id = care.w.ask(move |r| Ok(episode::by_id(r, first)?.unwrap().household_id)).await;
        let mut members = vec![first];
        for _ in 0..2 {
            members.push(care.w.register(Somebody { home: Some(id), ..care.well() }).await);
        }
        care.w.go_to(at("08:10:00")).await;
        let uid = care.w.ask(move |r| Ok(store::household::by_id(r, id)?.unwrap().uid)).await;
        House { care, uid, members }
    }

    async fn tell(&self, desk: &Desk, cmd: RecordRound) -> Result<Rounded, Stop> {
        let shelf = self.care.w.house.shelf.clone();
        let act = move |tx: &mut store::Tx, desk: &Desk, mint: &mut acts::Mint| {
            record_round::record_round(tx, desk, mint, &shelf, &cmd)
        };
        self.care.act(desk, act).await
    }

    fn says(&self, how: RoundOutcome) -> RecordRound {
        let signs_asked = how == RoundOutcome::AllWell;
        RecordRound { household: self.uid, how, unwell: Vec::new(), signs_asked, made_at: None }
    }

    async fn answers(&self, id: EpisodeId) -> Vec<checkin::Checkin> {
        self.care.w.ask(move |r| checkin::of_episode(r, id, 0, 10)).await
    }

    async fn uid_of(&self, id: EpisodeId) -> Uid {
        self.care.w.ask(move |r| Ok(episode::by_id(r, id)?.unwrap().uid)).await
    }
}

async fn everybody_is_well_is_an_answer_of_each_by_name(home: &Home) {
    let house = House::begin(home).await;
    let carer = house.care.carer();
    let unasked = RecordRound { signs_asked: false, ..house.says(RoundOutcome::AllWell) };
    assert_eq!(why(house.tell(&carer, unasked).await), "signs_asked:danger_unasked");
    let early = RecordRound { made_at: Some(at("08:05:00")), ..house.says(RoundOutcome::AllWell) };
    let done = house.tell(&carer, early).await.unwrap();
    assert_eq!((done.checkins.len(), done.came_late), (3, false));
    for id in &house.members {
        let rows = house.answers(*id).await;
        assert_eq!(rows.len(), 1);
        assert_eq!((rows[0].level, rows[0].answered_by), (Level::Routine, AnsweredBy::Carer));
        assert_eq!((rows[0].made_at, rows[0].received_at), (at("08:05:00"), at("08:10:00")));
        let judged = house.care.w.ask({
            let id = rows[0].id;
            move |r| checkin::judgements(r, id)
        });
        // Nothing was measured: unknown, and not normal.
        assert_eq!(judged.await[0].unknown, "bp pulse rr spo2 temp");
    }
    assert_eq!(house.care.running().await, []);
    drop(house);
    home.must_verify();
}

async fn who_is_not_well_is_left_to_be_asked(home: &Home) {
    let house = House::begin(home).await;
    let carer = house.care.carer();
    let [grandmother, son, wife] = house.members[..] else { panic!("three members") };
    let nobody = house.says(RoundOutcome::SomeUnwell);
    assert_eq!(why(house.tell(&carer, nobody.clone()).await), "unwell:required");
    let stranger = house.care.somebody().await;
    let stranger = RecordRound { unwell: vec![house.uid_of(stranger).await], ..nobody.clone() };
    assert_eq!(why(house.tell(&carer, stranger).await), "unwell:unknown");

    let one = RecordRound { unwell: vec![house.uid_of(grandmother).await], ..nobody };
    let done = house.tell(&carer, one.clone()).await.unwrap();
    assert_eq!((done.unwell, done.checkins.len()), (vec![house.uid_of(grandmother).await.to_string()], 0));
    // Only who was asked is said to be well.
    let done = house.tell(&carer, RecordRound { signs_asked: true, ..one }).await.unwrap();
    assert_eq!(done.checkins.len(), 2);
    for (id, answers) in [(grandmother, 0), (son, 1), (wife, 1)] {
        assert_eq!(house.answers(id).await.len(), answers);
    }
    let answered = house.care.answer(grandmother, said(&[("rr", 28.0)], Some(&["drowsy"]))).await;
    assert_eq!(answered.level, "emergency");
    drop(house);
    home.must_verify();
}

async fn a_home_where_nobody_was_met_was_tried_and_not_heard_of(home: &Home) {
    let house = House::begin(home).await;
    house.tell(&house.care.carer(), house.says(RoundOutcome::NotMet)).await.unwrap();
    for id in house.members.clone() {
        let (tried, heard) = house
            .care
            .w
            .ask(move |r| Ok((attempt::attempts(r, id, 0, 10)?, episode::by_id(r, id)?.unwrap().heard_at)))
            .await;
        assert_eq!((tried.len(), tried[0].outcome.word(), heard), (1, "no_answer", None));
        assert!(house.answers(id).await.is_empty());
    }
    drop(house);
    home.must_verify();
}

async fn only_who_may_says_it_of_a_home(home: &Home) {
    let house = House::begin(home).await;
    let elsewhere = house.care.w.desk(Role::Carer, &house.care.w.communes[1]);
    let inspector = house.care.w.desk(Role::Inspector, &house.care.w.province);
    for desk in [&elsewhere, &inspector] {
        for how in [RoundOutcome::AllWell, RoundOutcome::NotMet] {
            assert_eq!(why(house.tell(desk, house.says(how)).await), "not_found");
        }
    }
    // Who left is not said to be well, and a home without anybody under care is none.
    for (n, id) in house.members.clone().into_iter().enumerate() {
        let end = acts::end_episode::EndEpisode {
            episode: house.uid_of(id).await,
            outcome: Outcome::Hospital,
            at: at("08:10:00"),
            place: Some("Trung tâm Y tế".to_owned()),
            reason: None,
        };
        let act =
            move |tx: &mut store::Tx, desk: &Desk, _: &mut acts::Mint| acts::end_episode::end(tx, desk, &end);
        house.care.act(&house.care.station(), act).await.unwrap();
        let told = house.tell(&house.care.carer(), house.says(RoundOutcome::AllWell)).await;
        if n < 2 {
            assert_eq!(told.unwrap().checkins.len(), 2 - n);
        } else {
            assert_eq!(why(told), "nobody_under_care");
        }
    }
    let cmd = house.care.command(house.members[0], said(&[], WELL)).await;
    assert_eq!(why(house.care.record(&house.care.carer(), cmd).await), "already_closed");
    drop(house);
    home.must_verify();
}
