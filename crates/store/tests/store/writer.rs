//! The writer: an answer means that it is kept, a failure takes nothing with it and leaves nothing behind.

use crate::home::{Behind, Home, NOON, made_up, make_row, shapes, stamp, wait, write};
use rules::Refusal;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use store::command::{self, CommandKey, Earlier};
use store::flow::FLOW;
use store::stmt::Stmt;
use store::{DbUrl, Stop, Store, StoreError, Tx, Val};

static COUNT: Stmt = Stmt::new("COUNT", "SELECT COUNT(*) FROM flow", None);
static MORE: Stmt = Stmt::new("MORE", "SET amount = amount + ?2 WHERE id = ?1", Some(&FLOW));
static NO_SUCH: Stmt = Stmt::new("NO_SUCH", "SELECT amount FROM flow WHERE no_such_column = 1", None);
static AGAIN: Stmt = Stmt::new("AGAIN", "INSERT INTO meta (name, value) VALUES ('store_id', 'x')", None);

fn flow(tx: &mut Tx, amount: i64) -> Result<i64, StoreError> {
    let id = tx.id();
    let seq = tx.next_seq();
    let vals: Vec<Val> =
        vec![1.into(), 2.into(), "case".into(), "f0_new".into(), amount.into(), seq.into(), NOON.into()];
    tx.insert(&FLOW, id, vals)?;
    Ok(id)
}

fn logged_flow(tx: &mut Tx, amount: i64) -> Result<i64, StoreError> {
    let id = flow(tx, amount)?;
    tx.log(&stamp(), &format!("flow:{id}"), "counted", "", "")?;
    Ok(id)
}

/// A job that holds the writer until it is told to go on, so that what comes after forms one batch.
struct Gate {
    open: Sender<()>,
    answer: std::thread::JoinHandle<()>,
}

impl Gate {
    fn shut(store: &Store) -> Gate {
        let (open, wait_for) = channel::<()>();
        let (inside_tx, inside): (Sender<()>, Receiver<()>) = channel();
        let wait_for = Arc::new(Mutex::new(wait_for));
        let store = store.clone();
        let answer = std::thread::spawn(move || {
            write(&store, move |_| {
                let _ = inside_tx.send(());
                let _ = wait_for.lock().unwrap().recv();
                Ok(())
            })
            .unwrap();
        });
        inside.recv().unwrap();
        Gate { open, answer }
    }

    fn open(self) {
        self.open.send(()).unwrap();
        self.answer.join().unwrap();
    }
}

on_both! {
    an_answer_comes_after_the_commit
    what_waits_together_is_committed_together
    a_refused_act_takes_nothing_with_it
    a_panicking_act_takes_nothing_with_it
    a_failing_statement_takes_only_its_act_with_it
    an_act_that_hides_a_failed_write_is_not_taken
    an_act_that_hides_a_failed_question_takes_nobody_with_it
    a_change_without_an_entry_is_refused
    numbers_have_no_gaps_after_failures
    a_stream_goes_on_after_a_neighbour_failed
    a_full_queue_is_busy_and_loses_nothing
    a_repeated_command_has_one_effect_and_one_answer
    a_second_process_is_refused
    a_store_reopens_where_it_ended
    a_closed_store_says_so
}

fn an_answer_comes_after_the_commit(home: &Home) {
    let store = home.open();
    let mut behind = home.behind();
    for n in 1..=20 {
        write(&store, |tx| Ok(logged_flow(tx, 1)?)).unwrap();
        assert_eq!(behind.number("SELECT COUNT(*) FROM flow"), n);
        assert_eq!(behind.number("SELECT seq FROM head"), n);
    }
    assert_eq!(*store.committed().borrow(), 20);
}

fn what_waits_together_is_committed_together(home: &Home) {
    let store = home.open();
    let gate = Gate::shut(&store);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let behind = Arc::new(Mutex::new(home.behind()));
    let writers: Vec<_> = (0..8)
        .map(|_| {
            let (store, seen, behind) = (store.clone(), seen.clone(), behind.clone());
            // The job is queued before the thread ends: its answer comes through the handle.
            let (queued_tx, queued) = channel();
            let handle = std::thread::spawn(move || {
                let write = store.write(move |tx| {
                    logged_flow(tx, 1)?;
                    let inside = tx.number(&COUNT, &[])?;
                    let outside = behind.lock().unwrap().number("SELECT COUNT(*) FROM flow");
                    seen.lock().unwrap().push((inside, outside));
                    Ok(())
                });
                let mut write = Box::pin(write);
                wait(async {
                    let first =
                        std::future::poll_fn(|cx| std::task::Poll::Ready(write.as_mut().poll(cx))).await;
                    assert!(first.is_pending());
                    queued_tx.send(()).unwrap();
                    write.await.unwrap();
                });
            });
            queued.recv().unwrap();
            handle
        })
        .collect();
    gate.open();
    writers.into_iter().for_each(|writer| writer.join().unwrap());
    let seen = seen.lock().unwrap();
    assert_eq!(*seen, (1..=8).map(|inside| (inside, 0)).collect::<Vec<_>>());
    drop(store);
    home.must_verify();
}

/// Runs good acts around a bad one in one batch and looks at what is left.
fn beside_good_ones(home: &Home, bad: impl Fn(&mut Tx) -> Result<(), Stop> + Send + Sync + 'static) -> Stop {
    let store = home.open();
    let before = write(&store, |tx| Ok(logged_flow(tx, 1)?)).unwrap();
    let bad = Arc::new(bad);
    let mut stopped = None;
    for round in 0..3 {
        let gate = Gate::shut(&store);
        let stop = wait(async {
            let good = |store: &Store| {
                let store = store.clone();
                async move { store.write(|tx| Ok(logged_flow(tx, 10)?)).await }
            };
            let bad = bad.clone();
            let (first, wrong, last) = (good(&store), store.write(move |tx| bad(tx)), good(&store));
            let opened = async { gate.open() };
            let (first, wrong, last, ()) = tokio::join!(first, wrong, last, opened);
            let (first, last) = (first.unwrap(), last.unwrap());
            assert_eq!((first, last), (before + round * 2 + 1, before + round * 2 + 2));
            wrong.expect_err("the bad act was taken")
        });
        stopped = Some(stop);
    }
    store.close();
    assert_eq!(home.behind().number("SELECT COUNT(*) FROM flow"), 7);
    assert_eq!(home.must_verify().entries, 7);
    stopped.unwrap()
}

fn a_refused_act_takes_nothing_with_it(home: &Home) {
    let stop = beside_good_ones(home, |_| Err(Refusal::conflict("example").into()));
    assert!(matches!(stop, Stop::Refused(refusal) if refusal.code == "example"));
    // Also when it had written before it was refused, and drawn a number.
    let other = fresh_like(home);
    let stop = beside_good_ones(&other, |tx| {
        logged_flow(tx, 500)?;
        tx.id();
        Err(Refusal::conflict("example").into())
    });
    assert!(matches!(stop, Stop::Refused(refusal) if refusal.code == "example"));
}

fn fresh_like(home: &Home) -> Home {
    match home.db {
        DbUrl::Sqlite(_) => Home::sqlite("again"),
        DbUrl::Postgres { .. } => Home::postgres("again"),
    }
}

fn a_panicking_act_takes_nothing_with_it(home: &Home) {
    let stop = beside_good_ones(home, |tx| {
        logged_flow(tx, 500)?;
        panic!("on purpose");
    });
    assert!(matches!(stop, Stop::Store(StoreError::Panicked)));
}

fn a_failing_statement_takes_only_its_act_with_it(home: &Home) {
    let stop = beside_good_ones(home, |tx| {
        logged_flow(tx, 500)?;
        tx.push(&AGAIN, vec![])?;
        Ok(())
    });
    assert!(matches!(stop, Stop::Store(_)));
}

fn an_act_that_hides_a_failed_write_is_not_taken(home: &Home) {
    let stop = beside_good_ones(home, |tx| {
        let _ = tx.exec(&AGAIN, &[]);
        logged_flow(tx, 500)?;
        Ok(())
    });
    assert!(matches!(stop, Stop::Store(_)));
}

/// On PostgreSQL a failed question spoils the transaction; on SQLite it does not.
fn an_act_that_hides_a_failed_question_takes_nobody_with_it(home: &Home) {
    let store = home.open();
    let gate = Gate::shut(&store);
    let hidden = wait(async {
        let hidden = store.write(|tx| {
            let _ = tx.query(&NO_SUCH, &[]);
            Ok(())
        });
        let good = store.write(|tx| Ok(logged_flow(tx, 10)?));
        let opened = async { gate.open() };
        let (hidden, good, ()) = tokio::join!(hidden, good, opened);
        good.unwrap();
        hidden
    });
    assert_eq!(hidden.is_ok(), matches!(home.db, DbUrl::Sqlite(_)));
    drop(store);
    home.must_verify();
}

fn a_change_without_an_entry_is_refused(home: &Home) {
    let stop = beside_good_ones(home, |tx| {
        flow(tx, 500)?;
        Ok(())
    });
    assert!(matches!(&stop, Stop::Store(StoreError::Shape(words)) if words.contains("flow")), "{stop}");
    let other = fresh_like(home);
    let stop = beside_good_ones(&other, |tx| {
        tx.change_one(&MORE, &[1.into(), 5.into()])?;
        Ok(())
    });
    assert!(matches!(&stop, Stop::Store(StoreError::Shape(words)) if words.contains("flow")), "{stop}");
}

fn numbers_have_no_gaps_after_failures(home: &Home) {
    let store = home.open();
    wait(async {
        let mut waiting = Vec::new();
        for n in 0..200i64 {
            let store = store.clone();
            waiting.push(tokio::spawn(async move {
                let done = store
                    .write(move |tx| match n % 5 {
                        1 => Err(Refusal::conflict("example").into()),
                        2 => {
                            logged_flow(tx, n)?;
                            Err(Refusal::conflict("example").into())
                        }
                        3 => {
                            logged_flow(tx, n)?;
                            tx.push(&AGAIN, vec![])?;
                            Ok(())
                        }
                        _ => Ok(logged_flow(tx, n).map(|_| ())?),
                    })
                    .await;
                assert_eq!(done.is_ok(), matches!(n % 5, 0 | 4), "{n}: {done:?}");
            }));
        }
        for task in waiting {
            task.await.unwrap();
        }
    });
    store.close();
    let mut behind = home.behind();
    assert_eq!(behind.number("SELECT COUNT(*) FROM entry"), 80);
    assert_eq!(behind.number("SELECT MAX(seq) FROM entry"), 80);
    assert_eq!(behind.number("SELECT MAX(id) FROM flow"), 80);
    assert_eq!(behind.number("SELECT COUNT(*) FROM flow"), 80);
    home.must_verify();
}

/// A stream begun in this batch is known to have begun, whatever happened in between.
fn a_stream_goes_on_after_a_neighbour_failed(home: &Home) {
    let store = home.open();
    let gate = Gate::shut(&store);
    wait(async {
        let first = store.write(|tx| Ok(logged_flow(tx, 1)?));
        let wrong = store.write(|tx| {
            logged_flow(tx, 1)?;
            Err::<(), _>(Refusal::conflict("example").into())
        });
        let second = store.write(|tx| {
            tx.change_one(&MORE, &[1.into(), 5.into()])?;
            Ok(tx.log(&stamp(), "flow:1", "counted", "", "")?)
        });
        let opened = async { gate.open() };
        let (first, wrong, second, ()) = tokio::join!(first, wrong, second, opened);
        assert_eq!(first.unwrap(), 1);
        assert!(wrong.is_err());
        assert_eq!(second.unwrap(), 2);
    });
    drop(store);
    home.must_verify();
}

fn a_full_queue_is_busy_and_loses_nothing(home: &Home) {
    let store = home.open();
    let gate = Gate::shut(&store);
    let kept = wait(async {
        let mut waiting = Vec::new();
        let mut busy = 0;
        for _ in 0..store::WRITE_QUEUE_MAX + 10 {
            let mut write = Box::pin(store.write(|tx| Ok(logged_flow(tx, 1)?)));
            match std::future::poll_fn(|cx| std::task::Poll::Ready(write.as_mut().poll(cx))).await {
                std::task::Poll::Pending => waiting.push(write),
                std::task::Poll::Ready(answer) => {
                    assert!(matches!(answer, Err(Stop::Store(StoreError::Busy))), "{answer:?}");
                    busy += 1;
                }
            }
        }
        assert_eq!(busy, 10);
        gate.open();
        let mut kept = 0;
        for write in waiting {
            write.await.unwrap();
            kept += 1;
        }
        kept
    });
    assert_eq!(kept, i64::try_from(store::WRITE_QUEUE_MAX).unwrap());
    assert_eq!(home.behind().number("SELECT COUNT(*) FROM flow"), kept);
}

fn a_repeated_command_has_one_effect_and_one_answer(home: &Home) {
    let store = home.open();
    let key = |body: &str| CommandKey {
        principal: "staff:1".to_owned(),
        route: "POST /example",
        key: "k1".to_owned(),
        body_hash: {
            let mut hash = [0; 32];
            hash[..body.len()].copy_from_slice(body.as_bytes());
            hash
        },
    };
    let run = |body: &str| {
        let key = key(body);
        write(&store, move |tx| {
            match command::find(tx, &key)? {
                Some(Earlier::Answered { answer, allowed }) => {
                    assert_eq!(allowed, "read_person /1/");
                    return Ok(answer);
                }
                Some(Earlier::OtherBody) => return Err(Refusal::invalid("idempotency_key_reused").into()),
                None => {}
            }
            let answer = format!("{}", logged_flow(tx, 1)?);
            command::keep(tx, &key, &answer, "read_person /1/", NOON)?;
            Ok(answer)
        })
    };
    let first = run("a").unwrap();
    assert_eq!(run("a").unwrap(), first);
    assert!(matches!(run("b"), Err(Stop::Refused(_))));
    let gate = Gate::shut(&store);
    let (one, two) = wait(async {
        let again = |name: &'static str| {
            let key = CommandKey { key: name.to_owned(), ..key("c") };
            store.write(move |tx| match command::find(tx, &key)? {
                Some(Earlier::Answered { answer, .. }) => Ok(answer),
                _ => {
                    let answer = format!("{}", logged_flow(tx, 1)?);
                    command::keep(tx, &key, &answer, "", NOON)?;
                    Ok(answer)
                }
            })
        };
        let opened = async { gate.open() };
        let (one, two, ()) = tokio::join!(again("twice"), again("twice"), opened);
        (one.unwrap(), two.unwrap())
    });
    assert_eq!(one, two);
    assert_eq!(home.behind().number("SELECT COUNT(*) FROM flow"), 2);
}

fn a_second_process_is_refused(home: &Home) {
    let store = home.open();
    let words = home.try_open().err().expect("a second writer was let in").to_string();
    assert!(words.contains("another process holds the store"), "{words}");
    write(&store, |tx| Ok(logged_flow(tx, 1)?)).unwrap();
    store.close();
    drop(store);
    // Whoever comes next takes over.
    write(&home.open(), |tx| Ok(logged_flow(tx, 1)?)).unwrap();
    home.must_verify();
}

fn a_store_reopens_where_it_ended(home: &Home) {
    let store = home.open();
    assert!(store.is_new());
    let id = store.id().to_owned();
    let shape = shapes(home).remove(0);
    make_row(&store, &shape, 1);
    store.close();
    drop(store);
    let store = home.open();
    assert!(!store.is_new());
    assert_eq!(store.id(), id);
    assert_eq!(make_row(&store, &shape, 2), (2, 2));
    // The same stream, after the writer forgot it.
    write(&store, move |tx| {
        tx.insert(shape.noun, 3, made_up(&shape.kinds, 3))?;
        tx.id();
        Ok(tx.log(&stamp(), &format!("{}:1", shape.noun.table), "made", "", "")?)
    })
    .unwrap();
    drop(store);
    home.must_verify();
}

fn a_closed_store_says_so(home: &Home) {
    let store = home.open();
    store.close();
    let stop = write(&store, |tx| Ok(logged_flow(tx, 1)?)).unwrap_err();
    assert!(matches!(stop, Stop::Store(StoreError::Stopped)));
}

static JOURNAL: Stmt = Stmt::new("JOURNAL", "PRAGMA journal_mode", None);
static SYNC: Stmt = Stmt::new("SYNC", "PRAGMA synchronous", None);
static DELETES: Stmt = Stmt::new("DELETES", "PRAGMA secure_delete", None);

#[test]
fn the_writer_syncs_before_it_answers_on_sqlite() {
    let home = Home::sqlite("pragmas");
    let store = home.open();
    let (mode, sync, deletes) = write(&store, |tx| {
        let mode = tx.one(&JOURNAL, &[])?.unwrap().text()?;
        Ok((mode, tx.number(&SYNC, &[])?, tx.number(&DELETES, &[])?))
    })
    .unwrap();
    assert_eq!((mode.as_str(), sync, deletes), ("wal", 2, 1));
}

static SYNC_PG: Stmt = Stmt::new("SYNC_PG", "SELECT current_setting('synchronous_commit')", None);

#[test]
fn a_postgres_that_would_lose_answers_is_refused() {
    let home = Home::postgres("settings");
    let store = home.open();
    let sync = write(&store, |tx| Ok(tx.one(&SYNC_PG, &[])?.unwrap().text()?)).unwrap();
    assert_eq!(sync, "on");
    store.close();
    let DbUrl::Postgres { url, schema } = &home.db else { unreachable!() };
    let options = "options=-csynchronous_commit%3Doff";
    let mut unsafe_home = Home::sqlite("unsafe");
    unsafe_home.db = DbUrl::Postgres { url: format!("{url}?{options}"), schema: schema.clone() };
    let words = unsafe_home.try_open().err().expect("opened").to_string();
    assert!(words.contains("synchronous_commit = off"), "{words}");
}

#[test]
fn a_migration_that_was_edited_is_refused() {
    for home in [Home::sqlite("edited"), Home::postgres("edited")] {
        home.open().close();
        let mut behind = home.behind();
        behind.run("UPDATE migration SET checksum = 'x' WHERE number = 1");
        let words = home.try_open().err().expect("opened").to_string();
        assert!(words.contains("not the one this store was made with"), "{words}");
        behind.run("INSERT INTO migration (number, name, checksum) VALUES (9999, 'later', 'x')");
        let newer = home.try_open().err().expect("opened").to_string();
        assert!(newer.contains("newer program"), "{newer}");
        if let Behind::Lite(conn) = behind {
            conn.close().unwrap();
        }
    }
}
