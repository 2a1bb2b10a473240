//! A home's own link: who hands it out, what whoever has it may say, and that it lowers nothing.

use crate::care::{Care, WELL, said, why};
use crate::common::Home;
use crate::report_world::{Somebody, at, day, on};
use acts::end_episode::{self, Convert};
use acts::household_link::{self as link, AnswerByLink, MakeLink};
use acts::record_checkin::Answered;
use acts::{Desk, Mint};
use rules::checkin::Answers;
use rules::{AnsweredBy, EpisodeId, GapKind, HouseholdId, Level, LinkDelivery, Role, Uid};
use store::{Stop, Tx, checkin, episode};

on_both! {
    staff_of_the_area_hand_out_the_link_and_nobody_else
    a_link_opens_until_it_is_revoked_or_replaced
    a_home_says_how_its_members_are_and_no_others
    what_nobody_verified_raises_an_alarm_and_lowers_nothing
}

pub struct Family {
    pub care: Care,
    pub home: HouseholdId,
    pub uid: Uid,
    pub members: Vec<EpisodeId>,
    /// How links are handed out here.
    pub delivery: LinkDelivery,
}

impl Family {
    pub async fn begin(home: &Home) -> Family {
        let care = Care::begin(home).await;
        care.w.go_to(at("08:00:00")).await;
        let first = care.somebody().await;
        let id = care.w.ask(move |r| Ok(episode::by_id(r, first)?.unwrap().household_id)).await;
        let contact = Somebody::f1(&care.w.communes[0]);
        let contact = Somebody { home: Some(id), cluster: Some(care.w.cluster.id), ..contact };
        let second = care.w.register(contact).await;
        care.w.go_to(at("08:00:00")).await;
        let uid = care.w.ask(move |r| Ok(store::household::by_id(r, id)?.unwrap().uid)).await;
        Family { care, home: id, uid, members: vec![first, second], delivery: LinkDelivery::InPerson }
    }

    pub async fn hand_out(&self, desk: &Desk, token: &str, words: &[&str]) -> Result<link::Done, Stop> {
        let mut chosen = Vec::new();
        for (id, word) in self.members.iter().zip(words) {
            let id = *id;
            let uid = self.care.w.ask(move |r| Ok(episode::by_id(r, id)?.unwrap().uid)).await;
            chosen.push((uid, (*word).to_owned()));
        }
        let cmd = MakeLink {
            household: self.uid,
            token_hash: link::hash_of(token),
            words: chosen,
            delivery: self.delivery,
        };
        self.care
            .act(desk, move |tx: &mut Tx, desk: &Desk, mint: &mut Mint| link::make(tx, desk, mint, &cmd))
            .await
    }

    async fn opens(&self, token: &str) -> Option<Vec<(usize, Option<String>)>> {
        let (hash, now) = (link::hash_of(token), self.care.w.house.now());
        let opened = self.care.w.ask(move |r| {
            let opened = link::open(r, &hash, now)?;
            Ok(opened.map(|opened| opened.members.into_iter().map(|m| (m.number, m.word)).collect()))
        });
        opened.await
    }

    async fn says_as(&self, desk: Desk, token: &str, who: usize, answers: Answers) -> Result<Answered, Stop> {
        let cmd = AnswerByLink {
            token_hash: link::hash_of(token),
            who,
            answered_by: AnsweredBy::Oneself,
            answerer: None,
            answers,
        };
        let shelf = self.care.w.house.shelf.clone();
        let act = move |tx: &mut Tx, desk: &Desk, mint: &mut Mint| link::answer(tx, desk, mint, &shelf, &cmd);
        self.care.act(&desk, act).await
    }

    async fn says(&self, token: &str, who: usize, answers: Answers) -> Result<Answered, Stop> {
        self.says_as(Desk::household(self.home, at("08:00:00")), token, who, answers).await
    }
}

async fn staff_of_the_area_hand_out_the_link_and_nobody_else(home: &Home) {
    let family = Family::begin(home).await;
    let w = &family.care.w;
    let elsewhere = w.desk(Role::Carer, &w.communes[1]);
    let home_itself = Desk::household(family.home, at("08:00:00"));
    assert_eq!(home_itself.actor(), format!("household:{}", family.home.0));
    for desk in [elsewhere, w.desk(Role::Police, &w.communes[0]), w.officer(), home_itself] {
        assert_eq!(why(family.hand_out(&desk, "t1", &["Bà", "Bé"]).await), "not_found");
    }
    let carer = family.care.carer();
    assert_eq!(why(family.hand_out(&carer, "t1", &["Bà", "bà"]).await), "word.1:said_twice");
    family.hand_out(&carer, "t1", &["Bà", "Bé"]).await.unwrap();
    let told = family.care.told(family.members[0]).await;
    assert!(told.iter().any(|(kind, _)| kind == "link_made"));
    drop(family);
    home.must_verify();
}

async fn a_link_opens_until_it_is_revoked_or_replaced(home: &Home) {
    let family = Family::begin(home).await;
    let carer = family.care.carer();
    assert_eq!(family.opens("t1").await, None);
    family.hand_out(&carer, "t1", &["Bà", "Bé"]).await.unwrap();
    let words = [(0, Some("Bà".to_owned())), (1, Some("Bé".to_owned()))];
    assert_eq!(family.opens("t1").await.unwrap(), words);
    family.hand_out(&carer, "t2", &["Bà"]).await.unwrap();
    assert_eq!(family.opens("t1").await, None, "the one before opens nothing");
    assert_eq!(family.opens("t2").await.unwrap()[1], (1, None));
    let uid = family.uid;
    let revoke = move |tx: &mut Tx, desk: &Desk, _: &mut Mint| link::revoke(tx, desk, uid);
    family.care.act(&carer, revoke).await.unwrap();
    assert_eq!(family.opens("t2").await, None);
    assert_eq!(why(family.says("t2", 0, said(&[], WELL)).await), "not_found");
    drop(family);
    home.must_verify();
}

async fn a_home_says_how_its_members_are_and_no_others(home: &Home) {
    let family = Family::begin(home).await;
    let care = &family.care;
    let stranger = care.somebody().await;
    let theirs = care.w.ask(move |r| Ok(episode::by_id(r, stranger)?.unwrap().household_id)).await;
    family.hand_out(&care.carer(), "t1", &["Bà", "Bé"]).await.unwrap();
    assert_eq!(why(family.says("t1", 2, said(&[], WELL)).await), "who:unknown");
    let other = Desk::household(theirs, at("08:00:00"));
    assert_eq!(why(family.says_as(other, "t1", 0, said(&[], WELL)).await), "not_found");
    assert_eq!(why(family.says("t1", 0, said(&[("spo2", 970.0)], WELL)).await), "answers.spo2:out_of_range");
    family.says("t1", 1, said(&[], WELL)).await.unwrap();
    let second = family.members[1];
    let rows = care.w.ask(move |r| checkin::of_episode(r, second, 0, 10)).await;
    assert_eq!((rows.len(), rows[0].staff_id), (1, None), "marked as written by nobody of the staff");

    // A contact who turned case keeps number and word, and nobody takes the number of whoever left.
    let uid = care.w.ask(move |r| Ok(episode::by_id(r, second)?.unwrap().uid)).await;
    let convert = Convert { episode: uid, detected_at: None, detected_on: Some(day("2022-03-16")) };
    let act = move |tx: &mut Tx, desk: &Desk, mint: &mut Mint| end_episode::convert(tx, desk, mint, &convert);
    let case = care.act(&care.station(), act).await.unwrap().id;
    let case = Uid::parse(&case).unwrap();
    let first = family.members[0];
    let gone = care.w.ask(move |r| Ok(episode::by_id(r, first)?.unwrap().uid)).await;
    let left = end_episode::EndEpisode {
        episode: gone,
        outcome: rules::Outcome::Hospital,
        at: at("08:00:00"),
        place: Some("Trung tâm Y tế".to_owned()),
        reason: None,
    };
    care.act(&care.station(), move |tx, desk, _| end_episode::end(tx, desk, &left)).await.unwrap();
    assert_eq!(family.opens("t1").await.unwrap(), [(1, Some("Bé".to_owned()))]);
    assert_eq!(why(family.says("t1", 0, said(&[], WELL)).await), "who:unknown");
    family.says("t1", 1, said(&[], WELL)).await.unwrap();
    let rows = care.w.ask(move |r| {
        let id = episode::by_uid(r, case)?.unwrap().id;
        checkin::of_episode(r, id, 0, 10)
    });
    assert_eq!(rows.await.len(), 1);
    // A week after the last care the link is over.
    let left = end_episode::EndEpisode {
        episode: case,
        outcome: rules::Outcome::Hospital,
        at: at("08:00:00"),
        place: Some("Trung tâm Y tế".to_owned()),
        reason: None,
    };
    care.act(&care.station(), move |tx, desk, _| end_episode::end(tx, desk, &left)).await.unwrap();
    care.w.go_to(on("2022-03-23", "07:59:59")).await;
    assert_eq!(family.opens("t1").await.unwrap(), []);
    care.w.go_to(on("2022-03-23", "08:00:00")).await;
    assert_eq!(family.opens("t1").await, None);
    drop(family);
    home.must_verify();
}

async fn what_nobody_verified_raises_an_alarm_and_lowers_nothing(home: &Home) {
    let family = Family::begin(home).await;
    let care = &family.care;
    let id = family.members[0];
    family.hand_out(&care.carer(), "t1", &["Bà", "Bé"]).await.unwrap();
    // A low reading that staff took is not settled by a number that anybody may have typed.
    care.answer(id, said(&[("spo2", 95.0)], WELL)).await;
    assert_eq!(family.says("t1", 0, said(&[("spo2", 99.0)], WELL)).await.unwrap().level, "routine");
    let waits = care.w.ask(move |r| checkin::waiting(r, id)).await;
    assert_eq!((waits.len(), waits[0].level), (1, Level::Repeat));
    care.w.go_to(at("08:10:00")).await;
    assert_eq!(care.running().await[0].level, Level::Urgent, "the first reading counts in the end");

    // Danger rings as ever, and "well" after it takes nothing back.
    let danger = family.says("t1", 0, said(&[], Some(&["cyanosis"]))).await.unwrap();
    assert_eq!(danger.level, "emergency");
    assert_eq!(family.says("t1", 0, said(&[], WELL)).await.unwrap().alert_id, None);
    let running = care.running().await;
    assert_eq!((running.len(), running[0].level), (1, Level::Emergency));

    // Somebody answered: the home is not silent. But nobody was heard of, so nobody is released on it.
    let heard = care.w.ask(move |r| Ok(episode::by_id(r, id)?.unwrap())).await;
    assert_eq!(heard.heard_at, Some(at("08:00:00")), "by the carer");
    care.w.go_to(at("15:00:00")).await;
    family.says("t1", 0, said(&[], WELL)).await.unwrap();
    care.w.go_to(at("20:30:00")).await;
    let silent: Vec<EpisodeId> = care.gaps(GapKind::Silent).await.into_iter().map(|gap| gap.0).collect();
    assert!(!silent.contains(&id));
    let after = care.w.ask(move |r| Ok(episode::by_id(r, id)?.unwrap().heard_at)).await;
    assert_eq!(after, heard.heard_at);
    drop(family);
    home.must_verify();
}
