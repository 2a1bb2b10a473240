//! People come into the register, are corrected and found, joined, ended and taken up again.

use crate::common::{Home, refused};
use crate::town::{COMMUNE, Town};
use acts::edit_person::{self, EditPerson};
use acts::end_episode::{self, EndEpisode, RecordTest, Release};
use acts::record_contact::{self, RecordContact};
use acts::register_episode::{self, Registered};
use acts::{Desk, Mint, Once};
use rules::first_contact::Ticks;
use rules::registration::{NewHousehold, NewPerson, RegisterEpisode};
use rules::{
    At, AttemptOutcome, ContactBy, EpisodeKind, EpisodeState, GapKind, Outcome, Role, TestKind, TestResult,
    TestWitness, Uid,
};
use store::episode::{self, EpisodeItem, Filter};
use store::{Stop, Tx, area, gap, household, person};

on_both! {
    one_address_is_one_home_and_one_group
    who_is_there_already_is_not_registered_twice
    two_clerks_at_once_register_one_person
    the_same_key_has_one_effect
    an_answer_is_repeated_only_to_whoever_may_still_ask
    nothing_is_said_about_people_elsewhere
    a_corrected_person_is_found_by_the_new_words_alone
    any_form_of_a_number_finds_its_home
    two_records_of_one_person_become_one
    every_ending_asks_for_what_it_needs
    release_names_what_is_missing
    who_is_taken_up_again_has_a_group_and_a_clock
}

const SCOPE: &str = "12";

fn asked(name: &str, birth: &str, phone: Option<&str>, address: &str) -> RegisterEpisode {
    RegisterEpisode {
        area_code: COMMUNE.to_owned(),
        cluster: None,
        kind: "case".to_owned(),
        detected_at: None,
        detected_on: Some("2022-03-15".to_owned()),
        source: None,
        person: NewPerson {
            full_name: name.to_owned(),
            birth_date: Some(birth.to_owned()),
            phone: phone.map(str::to_owned),
            ..NewPerson::default()
        },
        household: NewHousehold { address: Some(address.to_owned()), ..NewHousehold::default() },
        contacted: None,
        confirm_new: None,
    }
}

/// A commune with the desk of its clerk and of its station's head.
struct Place {
    town: Town,
    clerk: Desk,
    station: Desk,
}

impl Place {
    async fn begin(home: &Home) -> Place {
        let town = Town::begin(home).await;
        let commune = town.area(COMMUNE).await;
        let (clerk, station) = (town.desk(Role::Clerk, &commune), town.desk(Role::StationLeader, &commune));
        Place { town, clerk, station }
    }

    async fn act<T: Send + 'static>(
        &self,
        desk: &Desk,
        act: impl FnMut(&mut Tx, &Desk, &mut Mint) -> Result<T, Stop> + Send + 'static,
    ) -> Result<T, Stop> {
        let desk = Desk { now: self.town.house.now(), ..desk.clone() };
        self.town.house.run(&desk, act).await
    }

    async fn register(&self, asked: RegisterEpisode) -> Result<Registered, Stop> {
        let clerk = self.clerk.clone();
        self.act(&clerk, move |tx, desk, mint| register_episode::register_episode(tx, desk, mint, &asked))
            .await
    }

    async fn item(&self, id: &str) -> EpisodeItem {
        let uid = Uid::parse(id).unwrap();
        self.town.house.store.read(move |r| episode::item_by_uid(r, uid)).await.unwrap().unwrap()
    }

    async fn found(&self, name: &'static str) -> Vec<String> {
        let read = self.town.house.store.read(move |r| {
            let root = area::by_code(r, SCOPE, None)?.unwrap();
            episode::search_name(r, &root.path, &rules::fold::fold(name), &Filter::default(), 50)
        });
        read.await.unwrap().into_iter().map(|item| item.full_name).collect()
    }

    async fn found_by_number(&self, written: &str) -> Vec<String> {
        let phone = rules::phone::parse(written).unwrap_or_else(|_| panic!("{written} is no number"));
        let read = self.town.house.store.read(move |r| {
            let root = area::by_code(r, SCOPE, None)?.unwrap();
            episode::search_phone(r, &root.path, phone.as_str(), &Filter::default(), 50)
        });
        read.await.unwrap().into_iter().map(|item| item.full_name).collect()
    }

    async fn end(
        &self,
        desk: &Desk,
        id: &str,
        outcome: Outcome,
        place: Option<&str>,
        reason: Option<&str>,
    ) -> Result<end_episode::Done, Stop> {
        let end = EndEpisode {
            episode: Uid::parse(id).unwrap(),
            outcome,
            at: self.town.house.now(),
            place: place.map(str::to_owned),
            reason: reason.map(str::to_owned),
        };
        self.act(desk, move |tx, desk, _| end_episode::end(tx, desk, &end)).await
    }

    async fn reach(&self, id: &str) {
        let cmd = RecordContact {
            episode: Uid::parse(id).unwrap(),
            by: ContactBy::Phone,
            outcome: AttemptOutcome::Reached,
            at: None,
            household: false,
            ticks: Ticks::NONE,
            phone: None,
        };
        let act = move |tx: &mut Tx, desk: &Desk, mint: &mut Mint| {
            record_contact::record_contact(tx, desk, mint, &cmd)
        };
        self.act(&self.station, act).await.unwrap();
    }

    fn clock(&self, to: &str) {
        self.town.house.clocks.set_care(At::parse(to).unwrap());
    }

    async fn gaps(&self, id: &str) -> Vec<GapKind> {
        let (item, now) = (self.item(id).await, self.town.house.now());
        self.town.house.store.read(move |r| gap::of_episode(r, item.id, now)).await.unwrap()
    }
}

/// The code of a refusal, with its first field and that one's code if it names one.
fn why<T: std::fmt::Debug>(answer: Result<T, Stop>) -> String {
    match answer {
        Err(Stop::Refused(refusal)) => match refusal.fields.first() {
            Some(field) => format!("{} {}:{}", refusal.code, field.field, field.code),
            None => refusal.code.to_owned(),
        },
        other => panic!("not refused: {other:?}"),
    }
}

async fn one_address_is_one_home_and_one_group(home: &Home) {
    let place = Place::begin(home).await;
    let first = place.register(asked("Lỳ Thị Chản", "1942", None, "Nhà 73, bản trên")).await.unwrap();
    let second =
        place.register(asked("Lỳ Gó Xè", "1970", Some("0912345678"), "nhà 73 bản trên")).await.unwrap();
    assert_eq!(second.household_id, first.household_id, "written otherwise, the same address");
    assert_eq!(second.care_group_id, first.care_group_id);
    assert!(first.gaps.contains(&"unreachable".to_owned()), "{:?}", first.gaps);
    assert!(!second.gaps.contains(&"unreachable".to_owned()), "the home has a number now");
    assert!(!place.gaps(&first.id).await.contains(&GapKind::Unreachable));
    let housemate = RegisterEpisode {
        kind: "contact".to_owned(),
        household: NewHousehold { id: Some(first.household_id.clone()), ..NewHousehold::default() },
        ..asked("Pờ Mý Lế", "1999", None, "")
    };
    let third = place.register(housemate).await.unwrap();
    let item = place.item(&third.id).await;
    assert_eq!(
        (item.kind, third.care_group_id),
        (EpisodeKind::Contact, first.care_group_id),
        "one home, one group"
    );
    let wrong = RegisterEpisode { kind: "f2".to_owned(), ..asked("", "2049", Some("12"), "") };
    let refusal = match place.register(wrong).await {
        Err(Stop::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    };
    let fields: Vec<&str> = refusal.fields.iter().map(|f| f.field.as_str()).collect();
    for field in ["kind", "person.full_name", "person.birth_date", "person.phone", "household.address"] {
        assert!(fields.contains(&field), "{field} of {fields:?}");
    }
    drop(place);
    home.must_verify();
}

async fn who_is_there_already_is_not_registered_twice(home: &Home) {
    let place = Place::begin(home).await;
    let known = asked("Vàng Thị Mỷ", "1985", Some("0912 111 222"), "nhà 5");
    let first = place.register(known.clone()).await.unwrap();
    let same = asked("vàng thị mỷ", "1985-04-01", Some("+84912111222"), "nhà 9");
    let refusal = match place.register(same.clone()).await {
        Err(Stop::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    };
    assert_eq!(refusal.code, "possible_duplicate");
    assert_eq!(refusal.args, [("candidates", first.person_id.clone())]);
    // Another name at the same number, and the same name without anything in common, are others.
    place.register(asked("Vàng A Sử", "1985", Some("0912111222"), "nhà 5")).await.unwrap();
    place.register(asked("Vàng Thị Mỷ", "1985", Some("0912999888"), "nhà 40")).await.unwrap();
    let on_purpose = RegisterEpisode { confirm_new: Some(true), ..same };
    place.register(on_purpose).await.unwrap();
    assert_eq!(place.found("vang thi my").await.len(), 3);
    drop(place);
    home.must_verify();
}

async fn two_clerks_at_once_register_one_person(home: &Home) {
    let place = Place::begin(home).await;
    let sent = asked("Giàng A Páo", "1990", Some("0987654321"), "nhà 12");
    let (one, other) = tokio::join!(place.register(sent.clone()), place.register(sent));
    let made = [one, other];
    assert_eq!(made.iter().filter(|answer| answer.is_ok()).count(), 1, "{made:?}");
    for answer in made.into_iter().filter(Result::is_err) {
        assert_eq!(refused(answer), "possible_duplicate");
    }
    assert_eq!(place.found("giang a pao").await.len(), 1);
    drop(place);
    home.must_verify();
}

async fn the_same_key_has_one_effect(home: &Home) {
    let place = Place::begin(home).await;
    let send = async |asked: RegisterEpisode, key: &str| {
        let body = format!("{asked:?}").into_bytes();
        let once = Once { route: "POST /episodes", key: Some(key.to_owned()), body };
        let act = move |tx: &mut Tx, desk: &Desk, mint: &mut Mint| {
            register_episode::register_episode(tx, desk, mint, &asked)
        };
        place.town.house.once(&place.clerk, once, act).await
    };
    let sent = asked("Lò Văn Páng", "1961", None, "nhà 1");
    let first = send(sent.clone(), "k1").await.unwrap();
    assert_eq!(send(sent.clone(), "k1").await.unwrap().id, first.id);
    let other = asked("Lò Văn Pín", "1961", None, "nhà 1");
    assert_eq!(refused(send(other.clone(), "k1").await), "idempotency_key_reused");
    // A refusal is not kept: what was in its way may have gone.
    assert_eq!(refused(send(sent.clone(), "k2").await), "possible_duplicate");
    let confirmed = RegisterEpisode { confirm_new: Some(true), ..sent };
    assert_ne!(send(confirmed, "k2").await.unwrap().id, first.id);
    drop(place);
    home.must_verify();
}

async fn an_answer_is_repeated_only_to_whoever_may_still_ask(home: &Home) {
    let place = Place::begin(home).await;
    let sent = asked("Lò Văn Páng", "1961", None, "nhà 1");
    let send = async |desk: &Desk| {
        let asked = sent.clone();
        let once = Once { route: "POST /episodes", key: Some("k1".to_owned()), body: vec![1] };
        let act = move |tx: &mut Tx, desk: &Desk, mint: &mut Mint| {
            register_episode::register_episode(tx, desk, mint, &asked)
        };
        place.town.house.once(desk, once, act).await
    };
    let first = send(&place.clerk).await.unwrap();
    assert_eq!(send(&place.clerk).await.unwrap().id, first.id);
    // The same member of staff, who is clerk of another commune by now, or of none, or only looks on.
    let elsewhere = place.town.area("03433").await;
    let commune = place.town.area(COMMUNE).await;
    let moved = place.town.desk(Role::Clerk, &elsewhere);
    let looks_on = place.town.desk(Role::Inspector, &commune);
    let dismissed = Desk { grants: Vec::new(), ..place.clerk.clone() };
    for desk in [moved, looks_on, dismissed] {
        assert_eq!(desk.staff, place.clerk.staff);
        assert_eq!(refused(send(&desk).await), "not_found");
    }
    // Another role that may do the same is as good.
    assert_eq!(send(&place.station).await.unwrap().id, first.id);
    drop(place);
    home.must_verify();
}

async fn nothing_is_said_about_people_elsewhere(home: &Home) {
    let place = Place::begin(home).await;
    let known = place.register(asked("Tẩn A Sài", "1950", Some("0912333444"), "nhà 7")).await.unwrap();
    let other = place.town.area("03433").await;
    let clerk = place.town.desk(Role::Clerk, &other);
    let there = RegisterEpisode {
        area_code: "03433".to_owned(),
        ..asked("Tẩn A Sài", "1950", Some("0912333444"), "nhà 7")
    };
    let asked_there = there.clone();
    let alike = place.town.house.store.read({
        let clerk = clerk.clone();
        move |r| match register_episode::alike(r, &clerk, &asked_there) {
            Ok(found) => Ok(found.len()),
            Err(Stop::Store(error)) => Err(error),
            Err(Stop::Refused(refusal)) => panic!("{refusal}"),
        }
    });
    assert_eq!(alike.await.unwrap(), 0);
    let act = move |tx: &mut Tx, desk: &Desk, mint: &mut Mint| {
        register_episode::register_episode(tx, desk, mint, &there)
    };
    place.act(&clerk, act).await.unwrap();
    let edit = EditPerson { full_name: Some("Ai Đó".to_owned()), ..EditPerson::default() };
    let (person_id, edit_) = (Uid::parse(&known.person_id).unwrap(), edit.clone());
    let answer =
        place.act(&clerk, move |tx, desk, _| edit_person::edit_person(tx, desk, person_id, &edit_)).await;
    assert_eq!(refused(answer), "not_found");
    assert_eq!(why(place.end(&clerk, &known.id, Outcome::Left, None, Some("x")).await), "not_found");
    let registering = asked("Tẩn A Mới", "1951", None, "nhà 8");
    let answer = place
        .act(&clerk, move |tx, desk, mint| register_episode::register_episode(tx, desk, mint, &registering))
        .await;
    assert_eq!(refused(answer), "not_found");
    drop(place);
    home.must_verify();
}

async fn a_corrected_person_is_found_by_the_new_words_alone(home: &Home) {
    let place = Place::begin(home).await;
    let made = place.register(asked("Sùng Thị Giống", "1977", Some("0912555666"), "nhà 3")).await.unwrap();
    assert_eq!(place.found("sung thi giong").await, ["Sùng Thị Giống"]);
    assert_eq!(place.found("giong").await.len(), 1);
    let edit = EditPerson {
        full_name: Some("Sùng Thị Dống".to_owned()),
        birth_date: Some("1977-08-09".to_owned()),
        phone: Some("0912 777 888".to_owned()),
        ..EditPerson::default()
    };
    let uid = Uid::parse(&made.person_id).unwrap();
    place.act(&place.clerk, move |tx, desk, _| edit_person::edit_person(tx, desk, uid, &edit)).await.unwrap();
    assert_eq!(place.found("giong").await, Vec::<String>::new());
    assert_eq!(place.found("SUNG thi đong").await, ["Sùng Thị Dống"]);
    let item = place.item(&made.id).await;
    assert_eq!(item.birth_date.unwrap().to_string(), "1977-08-09");
    assert_eq!(place.found_by_number("0912777888").await, ["Sùng Thị Dống"]);
    assert_eq!(item.phones[0], "+84912777888", "the new number is called first: {:?}", item.phones);
    let future = EditPerson { birth_date: Some("2031".to_owned()), ..EditPerson::default() };
    let answer =
        place.act(&place.clerk, move |tx, desk, _| edit_person::edit_person(tx, desk, uid, &future)).await;
    assert!(why(answer).contains("birth_date"));
    drop(place);
    home.must_verify();
}

async fn any_form_of_a_number_finds_its_home(home: &Home) {
    let place = Place::begin(home).await;
    place.register(asked("Chang A Lù", "1966", Some("0976.123.456"), "nhà 2")).await.unwrap();
    for written in
        ["0976123456", "+84 976 123 456", "84976123456", "0976-123-456", "(+84) 976123456", "976123456"]
    {
        assert_eq!(place.found_by_number(written).await, ["Chang A Lù"], "{written}");
    }
    assert_eq!(place.found_by_number("0976123457").await, Vec::<String>::new());
    drop(place);
    home.must_verify();
}

async fn two_records_of_one_person_become_one(home: &Home) {
    let place = Place::begin(home).await;
    let kept = place.register(asked("Hạng Thị Xuya", "1988", Some("0912000777"), "nhà 31")).await.unwrap();
    let double = place.register(asked("Hạng Thị Xua", "1988", None, "nhà 32")).await.unwrap();
    let merge = async |from: &str, into: &str, reason: &'static str| {
        let (from, into) = (Uid::parse(from).unwrap(), Uid::parse(into).unwrap());
        place.act(&place.clerk, move |tx, desk, _| edit_person::merge(tx, desk, from, into, reason)).await
    };
    assert!(why(merge(&kept.person_id, &kept.person_id, "x").await).contains("same_person"));
    assert!(why(merge(&double.person_id, &kept.person_id, " ").await).contains("reason_required"));
    merge(&double.person_id, &kept.person_id, "viết sai tên").await.unwrap();
    let gone = place.item(&double.id).await;
    assert_eq!((gone.state, gone.outcome), (EpisodeState::Closed, Some(Outcome::Void)));
    assert_eq!(place.found("hang thi").await, ["Hạng Thị Xuya"]);
    assert!(place.town.groups().await.values().sum::<usize>() == 1, "the double's home left its group");

    let lived = place.register(asked("Hạng Thị Sua", "1988", None, "nhà 33")).await.unwrap();
    place.reach(&lived.id).await;
    assert_eq!(
        refused(merge(&lived.person_id, &kept.person_id, "cũng là một người").await),
        "has_later_records"
    );
    drop(place);
    home.must_verify();
}

async fn every_ending_asks_for_what_it_needs(home: &Home) {
    let place = Place::begin(home).await;
    let commune = place.town.area(COMMUNE).await;
    let carer = place.town.desk(Role::Carer, &commune);
    let register = async |n: usize| {
        place.register(asked(&format!("Người Thứ {n}"), "1980", None, &format!("nhà {n}"))).await.unwrap().id
    };
    // Outcome, place, reason, refused as; carers only send to hospital.
    type Case = (Outcome, Option<&'static str>, Option<&'static str>, Option<&'static str>);
    let cases: [Case; 7] = [
        (Outcome::Hospital, None, None, None),
        (Outcome::Hospital, Some("TTYT Mường Tè"), None, None),
        (Outcome::Moved, None, None, Some("place_required")),
        (Outcome::Moved, Some("xã Bum Nưa"), None, None),
        (Outcome::Left, None, None, Some("reason_required")),
        (Outcome::Left, None, Some("bỏ đi đêm qua"), None),
        (Outcome::Died, None, None, None),
    ];
    for (n, (outcome, to, reason, refused_as)) in cases.into_iter().enumerate() {
        let id = register(n).await;
        if outcome != Outcome::Hospital {
            assert_eq!(why(place.end(&carer, &id, outcome, to, reason).await), "not_found", "{outcome}");
        }
        let answer = place.end(&place.clerk, &id, outcome, to, reason).await;
        match refused_as {
            Some(code) => {
                assert!(why(answer).contains(code), "{outcome}");
                assert_eq!(place.item(&id).await.state, EpisodeState::Open);
            }
            None => {
                answer.unwrap();
                let item = place.item(&id).await;
                assert_eq!((item.state, item.outcome), (EpisodeState::Closed, Some(outcome)));
                assert_eq!(item.group_id, None, "the home left its group");
                assert_eq!(why(place.end(&place.clerk, &id, outcome, to, reason).await), "already_closed");
            }
        }
    }
    let wrong = register(90).await;
    assert!(
        why(place.end(&place.clerk, &wrong, Outcome::Recovered, None, None).await)
            .contains("outcome:unknown_word")
    );
    let uid = Uid::parse(&wrong).unwrap();
    let void = |reason: &'static str| {
        move |tx: &mut Tx, desk: &Desk, _: &mut Mint| end_episode::void(tx, desk, uid, reason)
    };
    assert!(why(place.act(&place.clerk, void("")).await).contains("reason_required"));
    assert_eq!(why(place.act(&carer, void("nhầm")).await), "not_found");
    place.act(&place.clerk, void("nhập nhầm")).await.unwrap();
    assert_eq!(place.item(&wrong).await.outcome, Some(Outcome::Void));
    drop(place);
    home.must_verify();
}

async fn release_names_what_is_missing(home: &Home) {
    let place = Place::begin(home).await;
    let made = place.register(asked("Lò Thị Đợi", "1970", None, "nhà 50")).await.unwrap();
    let uid = Uid::parse(&made.id).unwrap();
    let release = async |test: Option<Uid>, outcome: Outcome, by: Option<&str>| {
        let cmd = Release { episode: uid, outcome, test, certified_by: by.map(str::to_owned), reason: None };
        let shelf = place.town.house.shelf.clone();
        let act = move |tx: &mut Tx, desk: &Desk, _: &mut Mint| end_episode::release(tx, desk, &shelf, &cmd);
        place.act(&place.station, act).await
    };
    place.clock("2022-03-24T08:00:00+07:00");
    let refusal = match release(None, Outcome::Recovered, None).await {
        Err(Stop::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    };
    let said = format!("{refusal} {:?}", refusal.args);
    for missing in ["release_unreached", "release_needs_test"] {
        assert!(said.contains(missing), "{missing} in {said}");
    }
    place.reach(&made.id).await;
    let test = RecordTest {
        episode: uid,
        kind: TestKind::Rapid,
        result: TestResult::Negative,
        taken_at: place.town.house.now(),
        witness: TestWitness::Staff,
    };
    let done = place
        .act(&place.station, move |tx, desk, mint| end_episode::record_test(tx, desk, mint, &test))
        .await
        .unwrap();
    let test = Uid::parse(&done.id);
    assert!(why(release(test, Outcome::Completed, Some("BS Tâm")).await).contains("wrong_kind"));
    release(test, Outcome::Recovered, Some("BS Tâm")).await.unwrap();
    assert_eq!(place.item(&made.id).await.outcome, Some(Outcome::Recovered));
    // Nobody is released on silence.
    let silent = place.register(asked("Lò Thị Im", "1970", None, "nhà 51")).await.unwrap();
    place.reach(&silent.id).await;
    place.clock("2022-04-04T08:00:00+07:00");
    let cmd = Release {
        episode: Uid::parse(&silent.id).unwrap(),
        outcome: Outcome::Recovered,
        test: None,
        certified_by: Some("BS Tâm".to_owned()),
        reason: Some("đủ ngày".to_owned()),
    };
    let shelf = place.town.house.shelf.clone();
    let act = move |tx: &mut Tx, desk: &Desk, _: &mut Mint| end_episode::release(tx, desk, &shelf, &cmd);
    let answer = place.act(&place.station, act).await;
    let refusal = match answer {
        Err(Stop::Refused(refusal)) => format!("{refusal} {:?}", refusal.args),
        other => panic!("{other:?}"),
    };
    assert!(refusal.contains("release_not_recent"), "{refusal}");
    drop(place);
    home.must_verify();
}

async fn who_is_taken_up_again_has_a_group_and_a_clock(home: &Home) {
    let place = Place::begin(home).await;
    let made = place.register(asked("Ma Thị Về", "1991", Some("0912123123"), "nhà 60")).await.unwrap();
    place.end(&place.clerk, &made.id, Outcome::Left, None, Some("đi chợ tỉnh")).await.unwrap();
    assert_eq!(place.gaps(&made.id).await, [], "nothing is missing from a closed record");
    let uid = Uid::parse(&made.id).unwrap();
    let reopen = |reason: &'static str| {
        move |tx: &mut Tx, desk: &Desk, mint: &mut Mint| end_episode::reopen(tx, desk, mint, uid, reason)
    };
    assert!(why(place.act(&place.clerk, reopen("")).await).contains("reason_required"));
    place.act(&place.clerk, reopen("đã quay về")).await.unwrap();
    let item = place.item(&made.id).await;
    assert_eq!((item.state, item.outcome), (EpisodeState::Open, None));
    assert!(item.group_id.is_some() && item.due_at.is_some(), "group and clock");
    assert_eq!(why(place.act(&place.clerk, reopen("lần nữa")).await), "already_open");
    let history = place.town.house.store.read(move |r| {
        let home = household::by_id(r, item.household_id)?.unwrap();
        let people = person::of_household(r, home.id)?;
        Ok((home.care_group_id, people.len()))
    });
    let (group, people) = history.await.unwrap();
    assert!(group.is_some());
    assert_eq!(people, 1);
    drop(place);
    home.must_verify();
}
