//! What a home and its team say to each other: nothing changes it, nobody waits unseen, and only the home's devices read.

use crate::care::why;
use crate::common::Home;
use crate::household_link::Family;
use crate::report_world::{at, on};
use acts::bound_device::{self, BindDevice, Bound};
use acts::household_link::{self as link};
use acts::record_contact::{self, RecordContact};
use acts::settings::{self, SetAnswerMinutes};
use acts::thread::{self, WriteByLink, WriteMessage, Written};
use acts::{Desk, Mint};
use rules::first_contact::Ticks;
use rules::permission::Verb;
use rules::{
    AttemptOutcome, ContactBy, EpisodeId, GapKind, GapLevel, LinkDelivery, MessageId, Role, Settled, StaffId,
    Uid,
};
use store::thread::{Line, SeenBy};
use store::{Stop, Tx, household, thread as rows};

on_both! {
    a_home_that_writes_waits_until_somebody_answers
    reaching_somebody_at_home_answers_what_was_written_before
    nobody_else_reads_or_writes
    what_was_said_stays_and_is_put_right_beside_it
    the_first_device_comes_in_at_once_and_others_by_a_code
    a_code_is_guessed_by_nobody
    a_wrong_number_ends_the_link_that_was_sent_to_it
    who_has_seen_how_far_is_kept
    guidance_says_its_own_words_with_its_document
    nobody_floods_the_thread
}

impl Family {
    async fn write(&self, desk: &Desk, text: &str) -> Result<Written, Stop> {
        self.write_with(desk, text, |_| {}).await
    }

    async fn write_with(
        &self,
        desk: &Desk,
        text: &str,
        set: impl Fn(&mut WriteMessage),
    ) -> Result<Written, Stop> {
        let mut cmd = WriteMessage {
            home: self.uid,
            text: text.to_owned(),
            quotes: None,
            corrects: None,
            guidance: None,
        };
        set(&mut cmd);
        let shelf = self.care.w.house.shelf.clone();
        let act =
            move |tx: &mut Tx, desk: &Desk, mint: &mut Mint| thread::write(tx, desk, mint, &shelf, &cmd);
        self.care.act(desk, act).await
    }

    async fn home_writes(&self, cmd: WriteByLink) -> Result<Written, Stop> {
        let act =
            move |tx: &mut Tx, desk: &Desk, mint: &mut Mint| thread::write_by_link(tx, desk, mint, &cmd);
        self.care.act(&self.itself(), act).await
    }

    fn itself(&self) -> Desk {
        Desk::household(self.home, self.care.w.house.now())
    }

    async fn home_says(&self, token: &str, text: &str) -> Result<Written, Stop> {
        let cmd =
            WriteByLink { token_hash: link::hash_of(token), text: text.to_owned(), ..WriteByLink::default() };
        self.home_writes(cmd).await
    }

    async fn home_says_from(&self, token: &str, device: &str, text: &str) -> Result<Written, Stop> {
        self.home_writes(WriteByLink {
            token_hash: link::hash_of(token),
            device_hash: Some(link::hash_of(device)),
            text: text.to_owned(),
            ..WriteByLink::default()
        })
        .await
    }

    async fn lines(&self) -> Vec<Line> {
        let home = self.home;
        self.care
            .w
            .ask(move |r| {
                let Some(conversation) = rows::of_home(r, home)? else { return Ok(Vec::new()) };
                rows::after(r, conversation.id, MessageId(0), 500)
            })
            .await
    }

    async fn texts(&self) -> Vec<String> {
        self.lines().await.into_iter().map(|line| line.message.text).collect()
    }

    /// Since when the home waits, and by when it is answered.
    async fn waits(&self) -> Option<(rules::At, Option<rules::At>)> {
        let home = self.home;
        let found = self.care.w.ask(move |r| rows::of_home(r, home)).await;
        found.and_then(|c| c.waiting()).map(|w| (w.since, w.answer_by))
    }

    async fn answer_within(&self, minutes: i64) {
        let cmd = SetAnswerMinutes { area_code: "12".to_owned(), minutes: Some(minutes) };
        let operator = self.care.w.operator();
        let act = move |tx: &mut Tx, desk: &Desk, _: &mut Mint| settings::set_answer_minutes(tx, desk, &cmd);
        assert!(self.care.act(&operator, act).await.unwrap().changed);
    }

    async fn settle(&self, desk: &Desk, how: Settled) -> Result<Written, Stop> {
        let uid = self.uid;
        self.care
            .act(desk, move |tx: &mut Tx, desk: &Desk, mint: &mut Mint| {
                thread::settle(tx, desk, mint, uid, how)
            })
            .await
    }

    async fn bind(&self, token: &str, device: &str, code: &str) -> Result<Bound, Stop> {
        let cmd = BindDevice {
            token_hash: link::hash_of(token),
            device_hash: link::hash_of(device),
            name: "Chrome, Android".to_owned(),
            code: code.to_owned(),
        };
        let act = move |tx: &mut Tx, desk: &Desk, mint: &mut Mint| bound_device::bind(tx, desk, mint, &cmd);
        self.care.act(&self.itself(), act).await
    }

    async fn code(&self, desk: &Desk, code: &'static str, called: bool) -> Result<bound_device::Done, Stop> {
        let uid = self.uid;
        let act = move |tx: &mut Tx, desk: &Desk, _: &mut Mint| {
            bound_device::give_code(tx, desk, uid, code, called)
        };
        self.care.act(desk, act).await
    }

    async fn reads(&self, token: &str, device: &str) -> bool {
        let (token, device, now) = (link::hash_of(token), link::hash_of(device), self.care.w.house.now());
        self.care
            .w
            .ask(move |r| match link::open(r, &token, now)? {
                Some(opened) => opened.is_bound(r, Some(&device)),
                None => Ok(false),
            })
            .await
    }

    async fn contact(&self, by: ContactBy, outcome: AttemptOutcome, made: rules::At) {
        let first = self.members[0];
        let uid = self.care.w.ask(move |r| Ok(store::episode::by_id(r, first)?.unwrap().uid)).await;
        let cmd = RecordContact {
            episode: uid,
            by,
            outcome,
            at: Some(made),
            household: true,
            ticks: Ticks::default(),
            phone: None,
        };
        let act = move |tx: &mut Tx, desk: &Desk, mint: &mut Mint| {
            record_contact::record_contact(tx, desk, mint, &cmd)
        };
        self.care.act(&self.care.carer(), act).await.unwrap();
    }

    /// What the board says is missing from the care of each member.
    async fn lacks(&self) -> Vec<Vec<GapKind>> {
        let (path, now) = (self.care.w.province.path.clone(), self.care.w.house.now());
        let read = move |r: &mut store::Reader| store::gap::board(r, &path, &path, now, EpisodeId(0), 1_000);
        let board = self.care.w.ask(read).await;
        let of = |id: &EpisodeId| board.iter().find(|item| item.id == *id);
        let kinds = |id| of(id).map_or_else(Vec::new, |item| item.gaps.iter().map(|gap| gap.kind).collect());
        self.members.iter().map(kinds).collect()
    }

    async fn unanswered(&self) -> Vec<(EpisodeId, rules::At, GapLevel)> {
        self.care.gaps(GapKind::Unanswered).await
    }
}

async fn begin(home: &Home) -> Family {
    let family = Family::begin(home).await;
    family.hand_out(&family.care.carer(), "t1", &["Bà", "Bé"]).await.unwrap();
    family
}

fn uid_of(written: &Written) -> Uid {
    Uid::parse(&written.id).unwrap()
}

async fn a_home_that_writes_waits_until_somebody_answers(home: &Home) {
    let family = begin(home).await;
    let w = &family.care.w;
    assert_eq!((family.waits().await, family.texts().await.len()), (None, 0));
    w.lead_the_group().await;
    let (home_id, group) = (family.home, w.group);
    let place = move |tx: &mut Tx, desk: &Desk, _: &mut Mint| {
        let home = household::by_id(tx, home_id)?.unwrap();
        household::place(tx, &home, Some(group), "test", desk.now)?;
        tx.log(&desk.stamp(), "store", "home_placed", "", "")?;
        Ok(())
    };
    family.care.act(&family.care.carer(), place).await.unwrap();
    assert_eq!(family.lacks().await, vec![vec![], vec![]], "nothing else is missing here");
    assert_eq!(
        family.home_says("t1", "Bà mệt").await.unwrap().answer_by,
        None,
        "nobody said how long it may take"
    );
    w.go_to(at("08:10:00")).await;
    family.home_says("t1", "Bà không ăn").await.unwrap();
    assert_eq!(family.waits().await, Some((at("08:00:00"), None)));
    assert_eq!(family.unanswered().await, []);

    // A time that is set later counts from when the home wrote.
    family.answer_within(30).await;
    assert_eq!(family.waits().await, Some((at("08:00:00"), Some(at("08:30:00")))));
    w.go_to(at("08:29:59")).await;
    assert_eq!(family.unanswered().await, []);
    w.go_to(at("08:30:00")).await;
    let both: Vec<_> = family.members.iter().map(|id| (*id, at("08:30:00"), GapLevel::Leader)).collect();
    assert_eq!(family.unanswered().await, both, "everybody of the home, and nobody else");
    assert_eq!(family.lacks().await, vec![vec![GapKind::Unanswered], vec![GapKind::Unanswered]]);
    let path = w.province.path.clone();
    let now = w.house.now();
    assert_eq!(w.ask(move |r| rows::count_waiting(r, &path, now, 10)).await, (1, 1));

    family.write(&family.care.carer(), "Chị gọi ngay đây").await.unwrap();
    assert_eq!((family.unanswered().await, family.waits().await), (vec![], None));
    let again = family.home_says("t1", "Cảm ơn chị").await.unwrap();
    assert_eq!(again.answer_by, Some(at("09:00:00").0));
    let carer = family.care.carer();
    family.settle(&carer, Settled::NoNeed).await.unwrap();
    assert_eq!(family.waits().await, None);
    assert_eq!(why(family.settle(&carer, Settled::NoNeed).await), "nothing_waits");
    let texts = family.texts().await;
    assert_eq!(texts, ["Bà mệt", "Bà không ăn", "Chị gọi ngay đây", "Cảm ơn chị", "settled_no_need"]);
    drop(family);
    home.must_verify();
}

async fn reaching_somebody_at_home_answers_what_was_written_before(home: &Home) {
    let family = begin(home).await;
    let w = &family.care.w;
    w.go_to(at("08:20:00")).await;
    family.home_says("t1", "Bà mệt").await.unwrap();
    w.go_to(at("08:40:00")).await;
    family.contact(ContactBy::Phone, AttemptOutcome::Reached, at("08:19:59")).await;
    family.contact(ContactBy::Phone, AttemptOutcome::NoAnswer, at("08:40:00")).await;
    assert!(family.waits().await.is_some(), "a call from before, and one that nobody took, answer nothing");
    family.contact(ContactBy::Visit, AttemptOutcome::Reached, at("08:40:00")).await;
    assert_eq!(family.waits().await, None);
    assert_eq!(family.texts().await, ["Bà mệt", "settled_met"]);
    family.contact(ContactBy::Phone, AttemptOutcome::Reached, at("08:40:00")).await;
    assert_eq!(family.texts().await.len(), 2, "nothing waited");
    drop(family);
    home.must_verify();
}

async fn nobody_else_reads_or_writes(home: &Home) {
    let family = begin(home).await;
    let w = &family.care.w;
    family.home_says("t1", "Bà mệt").await.unwrap();
    let elsewhere = w.desk(Role::Carer, &w.communes[1]);
    let commune = &w.communes[0];
    for desk in [
        elsewhere,
        w.desk(Role::Police, commune),
        w.desk(Role::Clerk, commune),
        w.desk(Role::Adviser, commune),
        w.officer(),
        family.itself(),
    ] {
        assert_eq!(why(family.write(&desk, "Chào").await), "not_found");
        assert_eq!(why(family.settle(&desk, Settled::Called).await), "not_found");
        let (asking, uid) = (desk.clone(), family.uid);
        let found = w.ask(move |r| Ok(thread::load(r, &asking, Verb::ReadThread, uid).is_ok())).await;
        assert!(!found, "{:?}", desk.grants);
    }
    // The inspector reads and says nothing.
    let inspector = w.desk(Role::Inspector, &w.province);
    assert_eq!(why(family.write(&inspector, "Chào").await), "not_found");
    let uid = family.uid;
    assert!(w.ask(move |r| Ok(thread::load(r, &inspector, Verb::ReadThread, uid).is_ok())).await);

    let stranger = family.care.somebody().await;
    let theirs = w.ask(move |r| Ok(store::episode::by_id(r, stranger)?.unwrap().household_id)).await;
    let cmd =
        WriteByLink { token_hash: link::hash_of("t1"), text: "Chào".to_owned(), ..WriteByLink::default() };
    let act = move |tx: &mut Tx, desk: &Desk, mint: &mut Mint| thread::write_by_link(tx, desk, mint, &cmd);
    assert_eq!(why(family.care.act(&Desk::household(theirs, at("08:00:00")), act).await), "not_found");
    assert_eq!(why(family.home_says("t2", "Chào").await), "not_found");
    assert_eq!(why(family.home_says("t1", " \n").await), "text:required");
    assert_eq!(why(family.write(&family.care.carer(), &"ă".repeat(2_001)).await), "text:too_long");
    assert_eq!(family.texts().await, ["Bà mệt"]);
    drop(family);
    home.must_verify();
}

async fn what_was_said_stays_and_is_put_right_beside_it(home: &Home) {
    let family = begin(home).await;
    let carer = family.care.carer();
    let other = Desk { staff: Some(StaffId(carer.staff.unwrap().0 + 1)), ..family.care.station() };
    let asked = uid_of(&family.home_says("t1", "Bà uống thuốc gì?").await.unwrap());
    let wrong = family.write_with(&carer, "Hai viên", |cmd| cmd.quotes = Some(asked)).await.unwrap();
    let wrong = uid_of(&wrong);
    assert_eq!(
        why(family.write_with(&other, "Một viên", |cmd| cmd.corrects = Some(wrong)).await),
        "corrects:unknown"
    );
    assert_eq!(
        why(family.write_with(&carer, "Một viên", |cmd| cmd.corrects = Some(asked)).await),
        "corrects:unknown",
        "the home's own words"
    );
    let right = family.write_with(&carer, "Một viên", |cmd| cmd.corrects = Some(wrong)).await.unwrap();
    assert_eq!(
        why(family.write_with(&carer, "Ba viên", |cmd| cmd.corrects = Some(wrong)).await),
        "already_corrected"
    );
    // Nothing of another home's thread is pointed at.
    let nobody = Uid([7; 16]);
    assert_eq!(why(family.write_with(&carer, "?", |cmd| cmd.quotes = Some(nobody)).await), "quotes:unknown");
    let lines = family.lines().await;
    let said: Vec<&str> = lines.iter().map(|line| line.message.text.as_str()).collect();
    assert_eq!(said, ["Bà uống thuốc gì?", "Hai viên", "Một viên"]);
    assert_eq!(lines[1].quoted, Some((asked, "Bà uống thuốc gì?".to_owned())));
    assert_eq!((lines[1].corrected_by, lines[2].corrects), (Some(uid_of(&right)), Some(wrong)));
    assert_eq!((lines[0].message.is_verified, lines[0].message.staff_id), (false, None));
    assert_eq!(lines[1].message.role, Some(Role::Carer));
    drop(family);
    home.must_verify();
}

async fn the_first_device_comes_in_at_once_and_others_by_a_code(home: &Home) {
    let family = begin(home).await;
    let w = &family.care.w;
    let carer = family.care.carer();
    assert!(!family.reads("t1", "d1").await);
    assert_eq!(family.bind("t1", "d1", "").await.unwrap(), Bound::Yes);
    assert_eq!(family.bind("t1", "d1", "").await.unwrap(), Bound::Yes, "the same device twice is one");
    assert!(family.reads("t1", "d1").await && !family.reads("t1", "d2").await);
    assert_eq!(why(family.bind("t1", "d2", "").await), "code:required", "the first one came");
    family.home_says("t1", "từ máy lạ").await.unwrap();
    family.home_says_from("t1", "d1", "từ máy nhà").await.unwrap();
    let verified: Vec<bool> = family.lines().await.iter().map(|line| line.message.is_verified).collect();
    assert_eq!(verified, [true, false, true], "the program's own line first");

    assert_eq!(why(family.code(&carer, "012345", false).await), "called:required");
    assert_eq!(why(family.code(&w.desk(Role::Carer, &w.communes[1]), "012345", true).await), "not_found");
    family.code(&carer, "012345", true).await.unwrap();
    assert_eq!(family.bind("t1", "d2", "012 345").await.unwrap(), Bound::Yes);
    assert_eq!(why(family.bind("t1", "d3", "012345").await), "code:code_over", "a code lets in once");
    // A bound device lets one more in, an unbound one does not.
    let from = |device: &'static str| {
        move |tx: &mut Tx, desk: &Desk, _: &mut Mint| {
            bound_device::give_code_from_device(
                tx,
                desk,
                &link::hash_of("t1"),
                &link::hash_of(device),
                "777777",
            )
        }
    };
    assert_eq!(why(family.care.act(&family.itself(), from("d3")).await), "not_found");
    family.care.act(&family.itself(), from("d2")).await.unwrap();
    assert_eq!(family.bind("t1", "d3", "777777").await.unwrap(), Bound::Yes);

    // Staff end one, the home another; the rest goes with the link.
    let home_id = family.home;
    let uids = w
        .ask(move |r| {
            let link = store::household_link::of_home(r, home_id)?.unwrap();
            Ok(bound_device::running(r, link.id)?.into_iter().map(|device| device.uid).collect::<Vec<_>>())
        })
        .await;
    let (uid, first, second) = (family.uid, uids[0], uids[1]);
    let end = move |tx: &mut Tx, desk: &Desk, mint: &mut Mint| bound_device::end(tx, desk, mint, uid, first);
    assert_eq!(why(family.care.act(&w.desk(Role::Carer, &w.communes[1]), end).await), "not_found");
    family.care.act(&carer, end).await.unwrap();
    let end = move |tx: &mut Tx, desk: &Desk, mint: &mut Mint| {
        let (token, device) = (link::hash_of("t1"), link::hash_of("d3"));
        bound_device::end_from_device(tx, desk, mint, &token, &device, second)
    };
    family.care.act(&family.itself(), end).await.unwrap();
    let reading =
        [family.reads("t1", "d1").await, family.reads("t1", "d2").await, family.reads("t1", "d3").await];
    assert_eq!(reading, [false, false, true]);
    family.home_says_from("t1", "d1", "máy cũ").await.unwrap();
    assert!(!family.lines().await.last().unwrap().message.is_verified, "writing is never locked");
    family.hand_out(&carer, "t2", &["Bà", "Bé"]).await.unwrap();
    assert!(!family.reads("t1", "d3").await && !family.reads("t2", "d3").await, "a new link begins anew");
    w.go_to(on("2022-03-19", "08:00:00")).await;
    assert_eq!(why(family.bind("t2", "d4", "").await), "code:required", "three days are over");
    let texts = family.texts().await;
    assert_eq!(texts.iter().filter(|text| *text == "device_bound").count(), 3);
    assert_eq!(texts.iter().filter(|text| *text == "device_ended").count(), 2);
    drop(family);
    home.must_verify();
}

async fn a_code_is_guessed_by_nobody(home: &Home) {
    let mut family = Family::begin(home).await;
    family.delivery = LinkDelivery::Other;
    let carer = family.care.carer();
    assert_eq!(why(family.code(&carer, "111111", true).await), "no_link");
    family.hand_out(&carer, "t1", &["Bà", "Bé"]).await.unwrap();
    assert_eq!(why(family.bind("t1", "d1", "").await), "code:required", "handed over to nobody we know of");
    assert_eq!(why(family.bind("t1", "d1", "111111").await), "code:code_over");
    family.code(&carer, "111111", true).await.unwrap();
    for left in (0..5).rev() {
        assert_eq!(family.bind("t1", "d1", "222222").await.unwrap(), Bound::WrongCode { left });
    }
    assert_eq!(why(family.bind("t1", "d1", "111111").await), "code:code_over", "five tries");
    assert!(family.home_says("t1", "vẫn nhắn được").await.is_ok());
    family.code(&carer, "333333", true).await.unwrap();
    family.care.w.go_to(at("08:15:00")).await;
    assert_eq!(why(family.bind("t1", "d1", "333333").await), "code:code_over", "a quarter of an hour");
    family.code(&carer, "444444", true).await.unwrap();
    assert_eq!(family.bind("t1", "d1", "444444").await.unwrap(), Bound::Yes);
    drop(family);
    home.must_verify();
}

async fn a_wrong_number_ends_the_link_that_was_sent_to_it(home: &Home) {
    let mut family = begin(home).await;
    family.contact(ContactBy::Phone, AttemptOutcome::WrongNumber, at("08:00:00")).await;
    assert!(family.home_says("t1", "vẫn đây").await.is_ok(), "it was put into their hands");
    family.delivery = LinkDelivery::ToNumber;
    family.hand_out(&family.care.carer(), "t2", &["Bà", "Bé"]).await.unwrap();
    let home_id = family.home;
    let add = move |tx: &mut Tx, desk: &Desk, _: &mut Mint| {
        household::add_phone(tx, home_id, None, "+84912345678", true, desk.now)?;
        tx.log(&desk.stamp(), "store", "phones_added", "", "")?;
        Ok(())
    };
    family.care.act(&family.care.carer(), add).await.unwrap();
    family.contact(ContactBy::Phone, AttemptOutcome::WrongNumber, at("08:00:00")).await;
    assert_eq!(why(family.home_says("t2", "ai đấy?").await), "not_found");
    drop(family);
    home.must_verify();
}

async fn who_has_seen_how_far_is_kept(home: &Home) {
    let family = begin(home).await;
    let (w, carer) = (&family.care.w, family.care.carer());
    family.bind("t1", "d1", "").await.unwrap();
    let first = uid_of(&family.home_says("t1", "một").await.unwrap());
    let second = uid_of(&family.write(&carer, "hai").await.unwrap());
    let uid = family.uid;
    let see = |upto: Uid| move |tx: &mut Tx, desk: &Desk, _: &mut Mint| thread::see(tx, desk, uid, upto);
    family.care.act(&carer, see(second)).await.unwrap();
    let entries = *w.house.store.committed().borrow();
    family.care.act(&carer, see(first)).await.unwrap();
    assert_eq!(*w.house.store.committed().borrow(), entries, "nobody unsees");
    assert_eq!(why(family.care.act(&w.desk(Role::Carer, &w.communes[1]), see(first)).await), "not_found");
    let at_home = |device: &'static str| {
        move |tx: &mut Tx, desk: &Desk, _: &mut Mint| {
            thread::see_by_home(tx, desk, &link::hash_of("t1"), &link::hash_of(device), second)
        }
    };
    assert_eq!(why(family.care.act(&family.itself(), at_home("d2")).await), "not_found");
    family.care.act(&family.itself(), at_home("d1")).await.unwrap();
    let home_id = family.home;
    let seen: Vec<SeenBy> = w
        .ask(move |r| {
            let conversation = rows::of_home(r, home_id)?.unwrap();
            rows::seen_by(r, conversation.id, 10)
        })
        .await;
    assert_eq!((seen.len(), seen[0].staff.is_some(), seen[1].staff.is_none()), (2, true, true));
    assert_eq!(seen[0].message_id, seen[1].message_id);
    assert!(seen[0].has_seen_all && seen[1].has_seen_all);
    family.home_says("t1", "ba").await.unwrap();
    let seen = w
        .ask(move |r| {
            let conversation = rows::of_home(r, home_id)?.unwrap();
            rows::seen_by(r, conversation.id, 10)
        })
        .await;
    assert_eq!(
        (seen[0].has_seen_all, seen[1].has_seen_all),
        (false, true),
        "the team has something new, the home has not"
    );
    drop(family);
    home.must_verify();
}

async fn guidance_says_its_own_words_with_its_document(home: &Home) {
    let family = begin(home).await;
    let carer = family.care.carer();
    let guided = |id: &'static str| move |cmd: &mut WriteMessage| cmd.guidance = Some(id.to_owned());
    assert_eq!(why(family.write_with(&carer, "", guided("miracle")).await), "guidance:unknown");
    assert_eq!(
        why(family.write_with(&carer, "Uống nước lá", guided("danger_signs")).await),
        "guidance:other_words"
    );
    family.write_with(&carer, "", guided("danger_signs")).await.unwrap();
    let line = family.lines().await.pop().unwrap();
    assert_eq!(line.message.guidance.as_deref(), Some("covid19-vn-2022 1.2.0 danger_signs 261/QĐ-BYT"));
    assert!(
        line.message.text.starts_with("Thấy một trong các dấu hiệu này thì gọi ngay"),
        "{}",
        line.message.text
    );
    drop(family);
    home.must_verify();
}

async fn nobody_floods_the_thread(home: &Home) {
    let family = begin(home).await;
    for n in 0..thread::HOME_MESSAGES_PER_HOUR_MAX {
        family.home_says("t1", &n.to_string()).await.unwrap();
    }
    assert_eq!(why(family.home_says("t1", "thêm").await), "too_many_messages");
    // Whoever floods by the link does not take the home's own device away.
    family.bind("t1", "d1", "").await.unwrap();
    family.home_says_from("t1", "d1", "máy nhà vẫn nhắn được").await.unwrap();
    family.care.w.go_to(at("09:00:00")).await;
    family.home_says("t1", "sau một giờ").await.unwrap();
    drop(family);
    home.must_verify();
}
