//! The figures: they balance whatever happens (P-23), they are the sum of what lies below (LC-2), and behind each
//! stand the people it counts.

use crate::common::{Home, refused};
use crate::report_world::*;
use acts::report::figures::{self, AskFigure, FigureView};
use acts::{Desk, end_episode};
use proptest::prelude::*;
use rules::{EpisodeId, FirstContact, GapKind, Outcome, Role, Severity, Uid};
use store::{Stop, attempt, episode};

on_both! {
    the_figures_of_the_watch_are_the_gaps_of_the_board
    behind_a_figure_stand_its_people
    a_figure_says_what_it_is_part_of
    without_hours_everybody_lacks_a_clock
}

async fn ask(w: &World, desk: &Desk, asked: AskFigure) -> Result<FigureView, Stop> {
    let desk = desk.clone();
    let read = w.house.store.read(move |r| match figures::figure(r, &desk, &asked) {
        Err(Stop::Store(error)) => Err(error),
        other => Ok(other),
    });
    read.await.unwrap()
}

/// Everybody behind a figure, page by page.
async fn people(w: &World, desk: &Desk, asked: &AskFigure) -> Result<Vec<EpisodeId>, Stop> {
    let (mut after, mut found) = (EpisodeId(0), Vec::new());
    loop {
        let (desk, asked) = (Desk { now: w.house.now(), ..desk.clone() }, asked.clone());
        let read = w.house.store.read(move |r| match figures::people(r, &desk, &asked, after, 2) {
            Err(Stop::Store(error)) => Err(error),
            other => Ok(other),
        });
        let page = read.await.unwrap()?;
        found.extend(page.items.iter().map(|item| item.id));
        match page.next {
            Some(next) => after = next,
            None => return Ok(found),
        }
    }
}

fn asked(area: &str, on: &str, indicator: &str) -> AskFigure {
    AskFigure { area_code: Some(area.to_owned()), on: Some(day(on)), indicator: indicator.to_owned() }
}

/// The episodes with a gap, as the board of gaps finds them.
async fn on_the_board(w: &World) -> Vec<EpisodeId> {
    let (path, now) = (w.province.path.clone(), w.house.now());
    let found = w.ask(move |r| store::gap::board(r, &path, &path, now, EpisodeId(0), 1_000)).await;
    found.into_iter().filter(|item| !item.gaps.is_empty()).map(|item| item.id).collect()
}

async fn the_figures_of_the_watch_are_the_gaps_of_the_board(home: &Home) {
    let w = world(home).await;
    let commune = w.communes[0].clone();
    let well = Somebody { cluster: Some(w.cluster.id), group: Some(w.group), ..Somebody::f0(&commune) };
    let overdue =
        Somebody { first_contact: FirstContact::Reached, due_at: Some(at("07:30:00")), ..well.clone() };
    w.register_many(&well, 2).await;
    w.register(Somebody { zalo: true, ..well.clone() }).await;
    let late = w.register(overdue.clone()).await;
    w.register(Somebody { due_at: Some(at("13:00:00")), ..overdue }).await;
    let alone = w.register(Somebody { group: None, ..well.clone() }).await;
    let silent = w.register(Somebody { phone: false, ..well.clone() }).await;
    let nowhere = w.register(Somebody { cluster: None, ..Somebody::f1(&w.communes[2]) }).await;

    let value_of = async |id: &str| value(&w.report(&w.province, DAY).await.figures, id);
    // Nobody leads the group yet: whoever is in it has a gap.
    assert_eq!(value_of("unmanaged").await, 8);
    assert_eq!(on_the_board(&w).await.len(), 8);
    w.lead_the_group().await;
    let with_gap = [late, alone, silent, nowhere];
    assert_eq!(on_the_board(&w).await, with_gap);
    for (id, expected) in [
        ("unmanaged", 4),
        ("not_contacted", 1),
        ("without_zalo", 7),
        ("households", 8),
        ("groups", 1),
        ("f0_end", 7),
        ("f1_end", 1),
    ] {
        assert_eq!(value_of(id).await, expected, "{id}");
    }
    let officer = w.officer();
    assert_eq!(people(&w, &officer, &asked("12", DAY, "unmanaged")).await.unwrap(), with_gap);
    assert_eq!(people(&w, &officer, &asked("12", DAY, "not_contacted")).await.unwrap(), [late]);
    assert_eq!(people(&w, &officer, &asked("12", DAY, "without_zalo")).await.unwrap().len(), 7);
    assert_eq!(people(&w, &officer, &asked("12", DAY, "groups")).await.unwrap().len(), 6);
    assert_eq!(people(&w, &officer, &asked("107", DAY, "households")).await.unwrap().len(), 7);
    // At the lock the figures of the watch stay as numbers; their people change with every call.
    w.go_to(at("12:00:00")).await;
    assert_eq!(value_of("unmanaged").await, 4);
    assert_eq!(refused(people(&w, &officer, &asked("12", DAY, "unmanaged")).await), "people_not_kept");
    assert_eq!(
        w.ask(move |r| store::gap::of_episode(r, late, at("12:00:00"))).await,
        [GapKind::FirstContactOverdue]
    );
}

async fn set_severity(w: &World, id: EpisodeId, level: Severity) {
    let desk = w.operator();
    w.house
        .run(&desk, move |tx, desk, _| {
            attempt::SeverityChange {
                id: tx.id(),
                episode_id: id,
                level,
                reason: String::new(),
                staff_id: None,
                at: desk.now,
                seq: tx.next_seq(),
            }
            .insert(tx)?;
            episode::set_severity(tx, id, level)?;
            tx.log(&desk.stamp(), &format!("episode:{}", id.0), "severity_set", "", "")?;
            Ok(())
        })
        .await
        .unwrap();
}

async fn behind_a_figure_stand_its_people(home: &Home) {
    let w = world(home).await;
    let officer = w.officer();
    let east = w.register_many(&Somebody::f0(&w.communes[0]), 3).await;
    let west = w.register_many(&Somebody::f0(&w.communes[2]), 2).await;
    w.register(Somebody::f1(&w.communes[1])).await;
    set_severity(&w, east[0], Severity::Mild).await;
    set_severity(&w, east[1], Severity::Severe).await;
    w.release(east[2]).await;
    let all: Vec<EpisodeId> = east.iter().chain(&west).copied().collect();
    let open: Vec<EpisodeId> = east[..2].iter().chain(&west).copied().collect();
    let check = async |expected: [(&str, &str, &[EpisodeId]); 7]| {
        for (area, id, episodes) in expected {
            let found = people(&w, &officer, &asked(area, DAY, id)).await.unwrap();
            assert_eq!(found, episodes, "{id} of {area}");
        }
    };
    let expected: [(&str, &str, &[EpisodeId]); 7] = [
        ("12", "f0_new", &all),
        ("108", "f0_new", &west),
        ("12", "f0_end", &open),
        ("12", "f0_recovered", &east[2..]),
        ("107", "f0_mild", &east[..1]),
        ("12", "f0_unassessed", &west),
        ("12", "f0_start", &[]),
    ];
    check(expected).await;
    w.go_to(at("12:00:00")).await;
    // Whatever happens afterwards, the locked day is the same people.
    set_severity(&w, east[0], Severity::Critical).await;
    set_severity(&w, west[0], Severity::Mild).await;
    w.release(east[1]).await;
    check(expected).await;
    assert_eq!(people(&w, &officer, &asked("12", NEXT_DAY, "f0_start")).await.unwrap(), open);
    assert_eq!(people(&w, &officer, &asked("12", NEXT_DAY, "f0_critical")).await.unwrap(), &east[..1]);
    for (id, count) in [("f0_new", 5), ("f0_end", 4), ("f0_unassessed", 2)] {
        let figure = ask(&w, &officer, asked("12", DAY, id)).await.unwrap();
        assert_eq!((figure.value, figure.locked), (count, true), "{id}");
    }
    let carer = w.desk(Role::Carer, &w.communes[0]);
    assert_eq!(refused(people(&w, &carer, &asked("03433", DAY, "f0_new")).await), "not_found");
    let commander = w.desk(Role::Commander, &w.province);
    assert!(ask(&w, &commander, asked("12", DAY, "f0_new")).await.is_ok());
    assert_eq!(refused(people(&w, &commander, &asked("12", DAY, "f0_new")).await), "not_found");
}

async fn a_figure_says_what_it_is_part_of(home: &Home) {
    let w = world(home).await;
    let officer = w.officer();
    let ids = w.register_many(&Somebody::f0(&w.communes[0]), 4).await;
    set_severity(&w, ids[0], Severity::Mild).await;
    let mild = ask(&w, &officer, asked("107", DAY, "f0_mild")).await.unwrap();
    assert_eq!((mild.value, mild.numerator, mild.denominator), (1, Some(1), Some(4)));
    assert!(!mild.definition.is_empty() && !mild.locked);
    w.go_to(at("12:00:00")).await;
    w.register(Somebody::f0(&w.communes[0])).await;
    let new = ask(&w, &officer, asked("12", NEXT_DAY, "f0_new")).await.unwrap();
    assert_eq!((new.value, new.denominator, new.cumulative), (1, None, Some(5)));
    let locked = ask(&w, &officer, asked("12", DAY, "f0_new")).await.unwrap();
    assert_eq!((locked.value, locked.cumulative), (4, Some(4)));
    let unknown = ask(&w, &officer, asked("12", DAY, "f2_new")).await;
    assert_eq!(crate::common::wrong_field(unknown), ("indicator".to_owned(), "unknown_word"));
    assert_eq!(refused(ask(&w, &officer, asked("12", "2021-01-01", "f0_new")).await), "not_found");
}

async fn without_hours_everybody_lacks_a_clock(home: &Home) {
    let w = world_with(home, None).await;
    let well = Somebody { cluster: Some(w.cluster.id), group: Some(w.group), ..Somebody::f0(&w.communes[0]) };
    w.register_many(&well, 2).await;
    let r = w.report(&w.province, DAY).await;
    assert_eq!(pick(&r.figures, &["unmanaged", "not_contacted"]), [2, 0]);
    assert_eq!(on_the_board(&w).await.len(), 2);
}

/// What may happen to somebody, or to the day.
#[derive(Clone, Copy, Debug)]
enum Event {
    Register { commune: usize, contact: bool },
    Died(usize),
    Hospital(usize),
    Left(usize),
    Convert(usize),
    Void(usize),
    Reopen(usize),
    Lock,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        5 => (0..4usize, any::<bool>()).prop_map(|(commune, contact)| Event::Register { commune, contact }),
        1 => any::<usize>().prop_map(Event::Died),
        1 => any::<usize>().prop_map(Event::Hospital),
        1 => any::<usize>().prop_map(Event::Left),
        1 => any::<usize>().prop_map(Event::Convert),
        2 => any::<usize>().prop_map(Event::Void),
        2 => any::<usize>().prop_map(Event::Reopen),
        2 => Just(Event::Lock),
    ]
}

/// Lets it happen through the real acts; what the rules refuse does not happen.
async fn happen(w: &World, event: Event, ids: &mut Vec<Uid>) {
    let chosen = |n: usize| ids.get(n.checked_rem(ids.len())?).copied();
    let (desk, mut new) = (w.operator(), None);
    let at = desk.now;
    let ended = |outcome| {
        move |uid| end_episode::EndEpisode {
            episode: uid,
            outcome,
            at,
            place: Some("BV tỉnh".to_owned()),
            reason: Some("vì".to_owned()),
        }
    };
    let end = match event {
        Event::Died(n) => chosen(n).map(ended(Outcome::Died)),
        Event::Hospital(n) => chosen(n).map(ended(Outcome::Hospital)),
        Event::Left(n) => chosen(n).map(ended(Outcome::Left)),
        Event::Register { .. } | Event::Convert(_) | Event::Void(_) | Event::Reopen(_) | Event::Lock => None,
    };
    let done = match event {
        Event::Register { commune, contact } => {
            let who =
                if contact { Somebody::f1(&w.communes[commune]) } else { Somebody::f0(&w.communes[commune]) };
            let id = w.register(who).await;
            new = w.ask(move |r| episode::by_id(r, id)).await.map(|e| e.uid);
            Ok(())
        }
        Event::Lock => {
            let noon = store::report::next_to_lock;
            let lock_at = w.ask(noon).await.unwrap().lock_at;
            w.go_to(lock_at).await;
            Ok(())
        }
        Event::Died(_) | Event::Hospital(_) | Event::Left(_) => match end {
            Some(cmd) => {
                w.house.run(&desk, move |tx, desk, _| end_episode::end(tx, desk, &cmd)).await.map(|_| ())
            }
            None => Ok(()),
        },
        Event::Convert(n) => match chosen(n) {
            Some(uid) => {
                let cmd = end_episode::Convert { episode: uid, detected_at: None, detected_on: None };
                let done = w
                    .house
                    .run(&desk, move |tx, desk, mint| end_episode::convert(tx, desk, mint, &cmd))
                    .await;
                done.map(|done| new = Uid::parse(&done.id))
            }
            None => Ok(()),
        },
        Event::Void(n) => match chosen(n) {
            Some(uid) => {
                let voided =
                    w.house.run(&desk, move |tx, desk, _| end_episode::void(tx, desk, uid, "nhầm")).await;
                voided.map(|_| ())
            }
            None => Ok(()),
        },
        Event::Reopen(n) => match chosen(n) {
            Some(uid) => w
                .house
                .run(&desk, move |tx, desk, mint| end_episode::reopen(tx, desk, mint, uid, "nhầm"))
                .await
                .map(|_| ()),
            None => Ok(()),
        },
    };
    match done {
        Ok(()) | Err(Stop::Refused(_)) => {}
        Err(stop) => panic!("{event:?}: {stop}"),
    }
    ids.extend(new);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn the_figures_balance_whatever_happens(events in proptest::collection::vec(event(), 1..30)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let home = Home::sqlite("balance");
            let w = world(&home).await;
            let mut ids = Vec::new();
            for event in events {
                happen(&w, event, &mut ids).await;
                w.must_balance().await;
            }
            // Every locked day still balances, is the sum of its parts, and begins where the day before ended.
            let root = w.province.id;
            let days = w.ask(move |r| store::report::days_until(r, root, day("9999-12-31"), 100)).await;
            let locked: Vec<String> =
                days.iter().rev().filter(|d| d.lock_seq.is_some()).map(|d| d.on_day.to_string()).collect();
            let mut ended = None;
            for on in locked {
                let r = w.report(&w.province, &on).await;
                assert_eq!(r.figures.balance(), Vec::new(), "{on}");
                let mut parts = Vec::new();
                for commune in &w.communes {
                    parts.push(w.report(commune, &on).await.figures);
                }
                assert_eq!(rules::report::Figures::sum(&parts), r.figures, "{on} is the sum of its communes");
                let starts = pick(&r.figures, &["f0_start", "f1_start"]);
                if let Some(ended) = ended {
                    assert_eq!(starts, ended, "{on}");
                }
                ended = Some(pick(&r.figures, &["f0_end", "f1_end"]));
            }
            home.must_verify();
        });
    }
}
