//! The reporting day as the letter orders it (LC-4, LC-5, LC-17): due at eleven, locked at twelve, compiled by
//! three; and what may never happen to a locked figure (invariant 5).

use crate::common::{Home, refused};
use crate::report_world::*;
use acts::report::show::ListReports;
use acts::report::{confirm, correct, substitute, supplement, zero};
use acts::{Desk, duties, end_episode};
use rules::report::SubstituteRequest;
use rules::{AreaLevel, FirstContact, Role, Substitute, Uid};
use store::{Stop, episode, report};

on_both! {
    a_commune_is_on_time_until_eleven_and_late_until_twelve
    the_lock_freezes_every_unit_and_the_next_day_begins_with_its_end
    a_lock_while_writes_queue_puts_each_change_in_one_day
    a_day_locks_once
    locks_missed_while_the_server_was_down_run_at_their_own_times
    a_correction_enters_no_sum
    what_is_voided_after_the_lock_is_an_adjustment_of_the_open_day
    a_missing_commune_is_not_missing_people
    zero_is_refused_while_somebody_is_cared_for
    a_signed_figure_is_not_changed_behind_the_signer
    everybody_does_only_what_their_role_may
    first_contacts_are_reminded_of_in_turn
    a_server_that_was_down_tells_each_level_once
    a_list_is_paged_and_narrowed
}

async fn a_commune_is_on_time_until_eleven_and_late_until_twelve(home: &Home) {
    let w = world(home).await;
    let flags = async |n: usize| {
        let r = w.report(&w.communes[n], DAY).await;
        (r.on_time, r.late, r.missing)
    };
    w.clock(at("10:59:59.999"));
    assert_eq!(flags(0).await, (false, false, false), "nothing is due yet");
    let sent = w.submit(&w.leader(0), &w.communes[0]).await.unwrap();
    assert!(sent.on_time && !sent.late && !sent.missing);
    assert!(sent.without_confirmation, "nobody confirmed");
    assert_eq!(sent.submitted_at.as_deref(), Some("2022-03-16T10:59:59.999+07:00"));
    assert_eq!((sent.state.as_str(), sent.narrative.as_deref()), ("submitted", Some("Ổn định.")));

    w.clock(at("11:00:00"));
    assert_eq!(flags(1).await, (false, true, false), "late from eleven on");
    let sent = w.submit(&w.leader(1), &w.communes[1]).await.unwrap();
    assert!(sent.late && !sent.on_time);
    w.clock(at("11:59:59.999"));
    assert_eq!(flags(2).await, (false, true, false));
    assert!(w.submit(&w.leader(2), &w.communes[2]).await.unwrap().late);
    // The clock decides, even before the duty that locks has run.
    w.clock(at("12:00:00"));
    assert_eq!(refused(w.submit(&w.leader(3), &w.communes[3]).await), "locked");
    w.clock(at("11:59:59.999"));
    w.go_to(at("12:00:00")).await;
    assert_eq!(flags(0).await, (true, false, false));
    assert_eq!(flags(1).await, (false, true, false));
    assert_eq!(flags(3).await, (false, false, true), "missing is shown as missing");
    assert_eq!(refused(w.submit(&w.leader(3), &w.communes[3]).await), "locked");
    assert_eq!(w.report(&w.communes[3], DAY).await.state, "locked");
    let next = w.report(&w.communes[3], NEXT_DAY).await;
    assert_eq!((next.state.as_str(), next.late, next.missing), ("draft", false, false));
    home.must_verify();
}

async fn the_lock_freezes_every_unit_and_the_next_day_begins_with_its_end(home: &Home) {
    let w = world(home).await;
    let first = w.register_many(&Somebody::f0(&w.communes[0]), 3).await;
    w.register_many(&Somebody::f1(&w.communes[1]), 2).await;
    w.register(Somebody::f0(&w.communes[2])).await;
    w.go_to(at("11:59:59.999")).await;
    let before = w.report(&w.communes[0], DAY).await;
    assert_eq!(before.frozen_figures, None);
    assert_eq!(pick(&before.figures, &["f0_start", "f0_new", "f0_end", "f0_unassessed"]), [0, 3, 3, 3]);

    let ran = w.go_to(at("12:00:00")).await;
    assert_eq!(ran.locks.len(), 1);
    assert_eq!((ran.locks[0].missing, ran.locks[0].wrong), (4, 0));
    for area in w.communes.iter().chain([&w.east, &w.west, &w.province]) {
        let r = w.report(area, DAY).await;
        assert_eq!(r.frozen_figures, Some(r.figures), "{}", area.code);
        assert_eq!(r.state, "locked");
        assert_eq!(r.locked_at.as_deref(), Some("2022-03-16T12:00:00+07:00"));
    }
    let province = w.report(&w.province, DAY).await;
    assert_eq!(pick(&province.figures, &["f0_new", "f0_end", "f1_new", "f1_end"]), [4, 4, 2, 2]);

    // What is recorded now is the next day's, whatever its own time says.
    w.register(Somebody::f0(&w.communes[0])).await;
    w.release(first[0]).await;
    let next = w.report(&w.communes[0], NEXT_DAY).await;
    let ids = ["f0_start", "f0_new", "f0_recovered", "f0_end", "f0_unassessed"];
    assert_eq!(pick(&next.figures, &ids), [3, 1, 1, 3, 3]);
    let locked = w.report(&w.communes[0], DAY).await;
    assert_eq!(locked, w.report(&w.communes[0], DAY).await);
    assert_eq!(pick(&locked.figures, &ids), [0, 3, 0, 3, 3], "a locked figure stays");

    w.go_to(on(NEXT_DAY, "12:00:00")).await;
    for area in w.communes.iter().chain([&w.east, &w.west, &w.province]) {
        let (first, next) = (w.report(area, DAY).await, w.report(area, NEXT_DAY).await);
        for (start, end) in [("f0_start", "f0_end"), ("f1_start", "f1_end")] {
            assert_eq!(value(&next.figures, start), value(&first.figures, end), "{} {start}", area.code);
        }
        assert_eq!(next.figures.balance(), Vec::new());
    }
    w.must_balance().await;
    home.must_verify();
}

/// Sends registrations without waiting for them, as many people at their desks do.
async fn send_registrations(w: &World, count: usize) -> Vec<tokio::task::JoinHandle<Result<(), Stop>>> {
    let mut sent = Vec::new();
    for _ in 0..count {
        let (store, desk, who) = (w.house.store.clone(), w.operator(), Somebody::f0(&w.communes[0]));
        sent.push(tokio::spawn(async move {
            store.write(move |tx| register_in(tx, &desk, &who).map(|_| ())).await
        }));
        tokio::task::yield_now().await;
    }
    sent
}

async fn a_lock_while_writes_queue_puts_each_change_in_one_day(home: &Home) {
    const WRITES: usize = 60;
    let w = world(home).await;
    w.clock(at("11:59:59.999"));
    let mut sent = send_registrations(&w, WRITES / 2).await;
    w.clock(at("12:00:00"));
    let (ran, more) = tokio::join!(duties::run_due(&w.house), send_registrations(&w, WRITES / 2));
    sent.extend(more);
    for write in sent {
        write.await.unwrap().unwrap();
    }
    let ran = ran.unwrap();
    assert_eq!(ran.locks.len(), 1);
    let lock_seq = ran.locks[0].seq;
    let frozen = value(&w.report(&w.communes[0], DAY).await.figures, "f0_new");
    let after = value(&w.report(&w.communes[0], NEXT_DAY).await.figures, "f0_new");
    assert_eq!(frozen + after, WRITES as i64, "each change is in one day");
    let path = w.province.path.clone();
    let by_seq = w.ask(move |r| store::figure::ever(r, &path, "f0_new", lock_seq)).await;
    assert_eq!(frozen, by_seq, "the day is the entries before the lock");
    w.must_balance().await;
}

async fn a_day_locks_once(home: &Home) {
    let w = world(home).await;
    w.register(Somebody::f0(&w.communes[0])).await;
    w.clock(at("12:00:00"));
    let (a, b) = tokio::join!(duties::run_due(&w.house), duties::run_due(&w.house));
    assert_eq!(a.unwrap().locks.len() + b.unwrap().locks.len(), 1);
    let before = w.report(&w.province, DAY).await;
    assert_eq!(duties::run_due(&w.house).await.unwrap().locks, Vec::new());
    let root = w.province.id;
    let locked = w.ask(move |r| report::day_on(r, root, day(DAY))).await.unwrap();
    let again =
        w.house.run(&w.operator(), move |tx, _, mint| acts::report::lock::lock(tx, mint, locked.id)).await;
    assert_eq!(again.unwrap(), None);
    assert_eq!(before, w.report(&w.province, DAY).await);
    assert_eq!(w.ask(report::locks_count).await, 1);
}

async fn locks_missed_while_the_server_was_down_run_at_their_own_times(home: &Home) {
    let w = world(home).await;
    w.register(Somebody::f0(&w.communes[0])).await;
    w.clock(on("2022-03-19", "09:00:00"));
    let ran = duties::run_due(&w.house).await.unwrap();
    let days: Vec<String> = ran.locks.iter().map(|l| l.on.to_string()).collect();
    assert_eq!(days, ["2022-03-16", "2022-03-17", "2022-03-18"]);
    for day in days {
        let r = w.report(&w.communes[0], &day).await;
        assert_eq!(r.locked_at, Some(format!("{day}T12:00:00+07:00")));
        assert_eq!(value(&r.figures, "f0_end"), 1);
    }
    assert_eq!(w.report(&w.communes[0], "2022-03-19").await.state, "draft");
    assert_eq!(w.ask(duties::last_run).await, Some(on("2022-03-19", "09:00:00")));
    assert_eq!(w.ask(duties::next_due).await, Some(on("2022-03-19", "12:00:00")));
    home.must_verify();
}

async fn a_correction_enters_no_sum(home: &Home) {
    let w = world(home).await;
    w.register_many(&Somebody::f0(&w.communes[0]), 2).await;
    let report = w.uid_of(&w.communes[0], DAY).await;
    let correct = async |value: i64, reason: &str| {
        let (desk, reason) = (w.leader(0), reason.to_owned());
        w.house
            .run(&desk, move |tx, desk, _| correct::correct(tx, desk, report, "f0_new", value, &reason))
            .await
    };
    assert_eq!(refused(correct(3, "sót").await), "not_locked");
    w.go_to(at("12:07:00")).await;
    let before = w.report(&w.province, DAY).await;
    assert_eq!(refused(correct(2, "sót").await), "nothing_changed");
    assert_eq!(refused(correct(3, " ").await), "reason_required");
    let corrected = correct(3, "sót một người").await.unwrap();
    assert_eq!(corrected.corrections.len(), 1);
    let note = &corrected.corrections[0];
    assert_eq!((note.indicator.as_str(), note.was, note.value), ("f0_new", 2, 3));
    assert_eq!(value(&corrected.figures, "f0_new"), 2, "the locked figure stays");
    assert_eq!(corrected.frozen_figures, Some(corrected.figures));
    let after = w.report(&w.province, DAY).await;
    assert_eq!(before, after, "and no sum above it changes");
    assert_eq!(value(&w.report(&w.communes[0], NEXT_DAY).await.figures, "f0_start"), 2);
    home.must_verify();
}

async fn what_is_voided_after_the_lock_is_an_adjustment_of_the_open_day(home: &Home) {
    let w = world(home).await;
    let ids = w.register_many(&Somebody::f0(&w.communes[0]), 3).await;
    let void = async |id| {
        let uid = w.ask(move |r| episode::by_id(r, id)).await.unwrap().uid;
        let desk = w.operator();
        w.house.run(&desk, move |tx, desk, _| end_episode::void(tx, desk, uid, "nhập nhầm")).await.unwrap();
    };
    let ids_of = ["f0_start", "f0_new", "f0_adjusted", "f0_end"];
    void(ids[0]).await;
    let open = w.report(&w.communes[0], DAY).await;
    assert_eq!(pick(&open.figures, &ids_of), [0, 2, 0, 2], "in the same day it never was");
    w.go_to(at("12:00:00")).await;
    void(ids[1]).await;
    let locked = w.report(&w.communes[0], DAY).await;
    assert_eq!(pick(&locked.figures, &ids_of), [0, 2, 0, 2]);
    let next = w.report(&w.communes[0], NEXT_DAY).await;
    assert_eq!(pick(&next.figures, &ids_of), [2, 0, -1, 1]);
    w.must_balance().await;
    home.must_verify();
}

async fn a_missing_commune_is_not_missing_people(home: &Home) {
    let w = world(home).await;
    w.register_many(&Somebody::f0(&w.communes[0]), 2).await;
    w.register_many(&Somebody::f0(&w.communes[1]), 5).await;
    let district = w.desk(Role::DistrictOfficer, &w.east);
    w.clock(at("10:30:00"));
    w.submit(&w.leader(0), &w.communes[0]).await.unwrap();
    assert_eq!(refused(w.submit(&district, &w.east).await), "figures_open");
    w.go_to(at("12:00:00")).await;

    let east = w.report(&w.east, DAY).await;
    assert_eq!(value(&east.figures, "f0_end"), 7, "whoever did not report is in the sum");
    let compiled = east.compiled.unwrap();
    assert_eq!(compiled.signed, ["03433"]);
    assert_eq!(compiled.unconfirmed, ["03445"]);
    assert_eq!(value(&compiled.figures, "f0_end"), 7);

    let missing = w.uid_of(&w.communes[1], DAY).await;
    let stand_in = async |request: SubstituteRequest| {
        let desk = w.desk(Role::DistrictOfficer, &w.east);
        w.house.run(&desk, move |tx, desk, _| substitute::substitute(tx, desk, missing, &request)).await
    };
    let system = SubstituteRequest { stands: Substitute::System, figures: Vec::new(), who: None, at: None };
    assert_eq!(stand_in(system).await.unwrap().substitute.as_deref(), Some("system"));
    let said = SubstituteRequest {
        stands: Substitute::ByPhone,
        figures: vec![("f0_new".to_owned(), 6), ("f0_end".to_owned(), 6), ("f0_unassessed".to_owned(), 6)],
        who: Some("chị Lế".to_owned()),
        at: Some(at("11:50:00")),
    };
    let stood_in = stand_in(said).await.unwrap();
    assert!(stood_in.missing, "a substitute does not make a missing report present");
    assert_eq!(value(&stood_in.figures, "f0_end"), 5, "the system's figures stay");
    let detail = stood_in.substituted.unwrap();
    assert_eq!((detail.who.as_deref(), detail.imbalances.len()), (Some("chị Lế"), 0));

    w.go_to(at("14:52:00")).await;
    let sent = w.submit(&district, &w.east).await.unwrap();
    assert!(sent.on_time);
    assert_eq!((sent.state.as_str(), sent.without_confirmation), ("locked", false));
    assert_eq!(
        value(&sent.submitted_figures.unwrap(), "f0_end"),
        8,
        "what was said by telephone is compiled"
    );
    assert_eq!(value(&sent.figures, "f0_end"), 7, "and the frozen sum stays");
    assert_eq!(sent.compiled.unwrap().by_phone, ["03445"]);
    assert_eq!(refused(w.submit(&district, &w.east).await), "already_submitted");

    let west = w.desk(Role::DistrictOfficer, &w.west);
    assert!(!w.report(&w.west, DAY).await.late);
    w.go_to(at("15:00:00")).await;
    assert!(w.report(&w.west, DAY).await.late);
    let province = w.report(&w.province, DAY).await.compiled.unwrap();
    assert_eq!((province.signed, value(&province.figures, "f0_end")), (vec!["107".to_owned()], 8));
    w.go_to(on(NEXT_DAY, "11:59:59.999")).await;
    assert!(w.submit(&west, &w.west).await.unwrap().late, "late, and still accepted");
    w.go_to(on(NEXT_DAY, "12:00:00")).await;
    assert_eq!(refused(w.submit(&w.officer(), &w.province).await), "locked");
    home.must_verify();
}

async fn zero_is_refused_while_somebody_is_cared_for(home: &Home) {
    let w = world(home).await;
    w.register(Somebody::f1(&w.communes[0])).await;
    w.clock(at("10:00:00"));
    let zero_of = async |n: usize| {
        let report = w.uid_of(&w.communes[n], DAY).await;
        w.house.run(&w.leader(n), move |tx, desk, _| zero::zero(tx, desk, report)).await
    };
    assert_eq!(refused(zero_of(0).await), "not_zero");
    let sent = zero_of(1).await.unwrap();
    assert!(sent.zero && sent.on_time && sent.submitted_figures.unwrap().is_zero());
    assert_eq!(refused(zero_of(1).await), "already_submitted");
    w.go_to(at("12:00:00")).await;
    assert!(!w.report(&w.communes[1], DAY).await.missing, "zero is a report");
}

async fn a_signed_figure_is_not_changed_behind_the_signer(home: &Home) {
    let w = world(home).await;
    let add = async |n: usize| w.register(Somebody::f0(&w.communes[n])).await;
    for n in 0..3 {
        add(n).await;
    }
    w.clock(at("10:40:00"));
    let report = w.uid_of(&w.communes[0], DAY).await;
    let station = w.desk(Role::StationLeader, &w.communes[0]);
    let confirmed =
        w.house.run(&station, move |tx, desk, _| confirm::confirm(tx, desk, report)).await.unwrap();
    assert_eq!(confirmed.state, "confirmed");
    for n in 0..3 {
        let sent = w.submit(&w.leader(n), &w.communes[n]).await.unwrap();
        assert_eq!(sent.without_confirmation, n != 0);
        assert_eq!(sent.supplement, None);
    }
    let tap = async |n: usize| {
        let report = w.uid_of(&w.communes[n], DAY).await;
        w.house.run(&w.leader(n), move |tx, desk, _| supplement::supplement(tx, desk, report)).await
    };
    assert_eq!(refused(tap(0).await), "nothing_to_supplement");
    w.clock(at("11:40:00"));
    add(0).await;
    add(1).await;
    let live = w.report(&w.communes[0], DAY).await;
    let added = live.supplement.unwrap();
    assert_eq!((value(&added.figures, "f0_new"), added.confirmed), (1, false));
    assert_eq!(value(&live.submitted_figures.unwrap(), "f0_new"), 1, "what was signed stays signed");
    assert!(tap(0).await.unwrap().supplement.unwrap().confirmed);
    assert!(tap(1).await.unwrap().supplement.unwrap().confirmed);
    // One more, and the confirmation is of something else.
    add(1).await;
    assert!(!w.report(&w.communes[1], DAY).await.supplement.unwrap().confirmed);
    w.go_to(at("12:00:00")).await;
    for (n, expected) in [(0, Some((1, true))), (1, Some((2, false))), (2, None)] {
        let r = w.report(&w.communes[n], DAY).await;
        let got = r.supplement.as_ref().map(|s| (value(&s.figures, "f0_new"), s.confirmed));
        assert_eq!(got, expected, "commune {n}");
        let (frozen, signed) = (r.frozen_figures.unwrap(), r.submitted_figures.unwrap());
        let added = r.supplement.map(|s| s.figures).unwrap_or_default();
        assert_eq!(frozen.minus(&signed), added, "signed and supplement make the locked figures");
    }
    assert_eq!(refused(tap(0).await), "locked");
    home.must_verify();
}

async fn everybody_does_only_what_their_role_may(home: &Home) {
    let w = world(home).await;
    w.clock(at("10:00:00"));
    let report = w.uid_of(&w.communes[0], DAY).await;
    let clerk = w.desk(Role::Clerk, &w.communes[0]);
    let other = w.leader(1);
    let district = w.desk(Role::DistrictOfficer, &w.east);
    for desk in [&clerk, &other, &district, &w.officer()] {
        assert_eq!(refused(w.submit(desk, &w.communes[0]).await), "not_found", "{}", desk.name);
        let confirm = w.house.run(desk, move |tx, desk, _| confirm::confirm(tx, desk, report)).await;
        assert_eq!(refused(confirm), "not_found");
    }
    let request = SubstituteRequest { stands: Substitute::System, figures: Vec::new(), who: None, at: None };
    let own = w.leader(0);
    let stand_in =
        w.house.run(&own, move |tx, desk, _| substitute::substitute(tx, desk, report, &request)).await;
    assert_eq!(refused(stand_in), "not_found", "nobody stands in for themselves");
    // A clerk reads; a neighbour does not, and cannot tell whether there is anything.
    let own =
        ListReports { area_code: Some("03433".to_owned()), on: Some(day(DAY)), ..ListReports::default() };
    assert_eq!(w.list(&clerk, own.clone()).await.unwrap().items.len(), 1);
    assert_eq!(refused(w.list(&other, own).await), "not_found");
    let nowhere = ListReports { area_code: Some("99999".to_owned()), ..ListReports::default() };
    assert_eq!(refused(w.list(&other, nowhere).await), "not_found");
    let unknown = w.house.run(&w.leader(0), |tx, desk, _| confirm::confirm(tx, desk, Uid([9; 16]))).await;
    assert_eq!(refused(unknown), "not_found");
}

/// Registered at 07:30 with six hours: half at 10:30, near the end at 12:30, due at 13:30, the district's at 16:30.
async fn waiting(w: &World) -> rules::EpisodeId {
    let due = at("13:30:00");
    w.register(Somebody {
        first_contact: FirstContact::Waiting,
        due_at: Some(due),
        reminder_at: Some(at("10:30:00")),
        ..Somebody::f0(&w.communes[0])
    })
    .await
}

async fn first_contacts_are_reminded_of_in_turn(home: &Home) {
    let w = world(home).await;
    let id = waiting(&w).await;
    let ran = w.go_to(at("10:29:59.999")).await;
    assert_eq!(ran.reminders, 0);
    assert_eq!(w.ask(duties::next_due).await, Some(at("10:30:00")));
    let ran = w.go_to(on(NEXT_DAY, "08:00:00")).await;
    assert_eq!((ran.reminders, ran.locks.len()), (4, 1));
    let row = w.ask(move |r| episode::by_id(r, id)).await.unwrap();
    assert_eq!((row.reminder_stage, row.reminder_at), (4, None));
    let lines = w.ask(move |r| store::timeline::of_person(r, row.person_id, row.household_id, 100)).await;
    let told: Vec<(String, String)> = lines
        .into_iter()
        .rev()
        .filter(|line| line.kind == "first_contact_reminded")
        .map(|line| (line.header, line.at.rfc3339(&rules::Zone::default())))
        .collect();
    let expected = [
        ("stage=half told=leader", "2022-03-16T10:30:00+07:00"),
        ("stage=near_end told=leader", "2022-03-16T12:30:00+07:00"),
        ("stage=due told=commune", "2022-03-16T13:30:00+07:00"),
        ("stage=district told=district", "2022-03-16T16:30:00+07:00"),
    ];
    assert_eq!(told, expected.map(|(header, at)| (header.to_owned(), at.to_owned())));
    assert_eq!(w.go_to(on(NEXT_DAY, "09:00:00")).await.reminders, 0);
    home.must_verify();
}

async fn a_server_that_was_down_tells_each_level_once(home: &Home) {
    let w = world(home).await;
    for _ in 0..3 {
        waiting(&w).await;
    }
    w.clock(at("14:00:00"));
    let ran = duties::run_due(&w.house).await.unwrap();
    assert_eq!((ran.reminders, ran.locks.len()), (3, 1), "the furthest level, once each");
    assert_eq!(duties::run_due(&w.house).await.unwrap(), duties::Ran::default());
    w.clock(at("16:30:00"));
    assert_eq!(duties::run_due(&w.house).await.unwrap().reminders, 3);
    assert_eq!(refused(duties::advance_clock(&w.house, at("16:29:59"), |_| {}).await), "clock_goes_back");
}

async fn a_list_is_paged_and_narrowed(home: &Home) {
    let w = world(home).await;
    w.clock(at("10:00:00"));
    w.submit(&w.leader(0), &w.communes[0]).await.unwrap();
    w.go_to(at("11:30:00")).await;
    let officer = w.officer();
    let all = ListReports {
        area_code: Some("12".to_owned()),
        on: Some(day(DAY)),
        below: true,
        ..ListReports::default()
    };
    let codes = |listed: &acts::report::show::Listed| {
        listed.items.iter().map(|r| r.area_code.clone()).collect::<Vec<_>>()
    };
    let listed = w.list(&officer, all.clone()).await.unwrap();
    assert_eq!(codes(&listed), ["12", "107", "108", "03433", "03445", "03460", "03470"]);
    assert_eq!(listed.next, None);
    let late = w.list(&officer, ListReports { late: true, ..all.clone() }).await.unwrap();
    assert_eq!(codes(&late), ["03445", "03460", "03470"]);
    let sent = ListReports { state: Some(rules::ReportState::Submitted), ..all.clone() };
    assert_eq!(codes(&w.list(&officer, sent).await.unwrap()), ["03433"]);

    let mut seen = Vec::new();
    let mut cursor = None;
    loop {
        let page = ListReports { limit: 3, cursor, on: None, ..all.clone() };
        let page = w.list(&officer, page).await.unwrap();
        seen.extend(page.items.iter().map(|r| (r.on.clone(), r.area_code.clone())));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 14, "today and tomorrow, each unit once");
    assert_eq!((seen[0].0.as_str(), seen[13].0.as_str()), (NEXT_DAY, DAY));
    w.go_to(at("12:00:00")).await;
    let officer = w.officer();
    let missing = w.list(&officer, ListReports { missing: true, ..all.clone() }).await.unwrap();
    assert_eq!(codes(&missing), ["03445", "03460", "03470"]);
    let own = ListReports { below: false, area_code: None, ..all };
    assert_eq!(codes(&w.list(&officer, own).await.unwrap()), ["12"]);
    let desk = Desk { grants: Vec::new(), ..officer };
    assert_eq!(refused(w.list(&desk, ListReports::default()).await), "not_found");
    assert_eq!(w.province.level, AreaLevel::Province);
}
