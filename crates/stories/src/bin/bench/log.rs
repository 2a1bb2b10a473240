//! What the log costs: the same rows into the same table of a store, each sealed by an entry of its own, and not.

use crate::Bench;
use crate::disk::Done;
use crate::table::{per_second, time};
use anyhow::{Context, Result, anyhow};
use rules::At;
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use store::household::HOUSEHOLD;
use store::stmt::Stmt;
use store::{DbUrl, Open, Stamp, Stop, Store, Tx, Val};

/// Rows of one transaction: so many that its sync weighs little.
const ROWS_PER_COMMIT: usize = 500;
/// Transactions of a round; rounds with and without the log take turns, because the table grows.
const COMMITS_PER_ROUND: usize = 10;
const ROUNDS: usize = 6;
const ROUNDS_QUICK: usize = 2;

/// When the rows are written: 16/3/2022, 07:30 in Lai Châu.
const NOW: At = At(1_647_390_600_000);

pub fn measure(bench: &Bench) -> Result<()> {
    let place = bench.scratch.place("log")?;
    let db = DbUrl::Sqlite(place.dir.join("keben.db"));
    let store = Store::open(Open { db, chance, readers: 1 }).context("opening a store")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (mut logged, mut bare) = (Done::default(), Done::default());
    // One round of each that is not counted.
    for round in 0..=bench.size.of(ROUNDS, ROUNDS_QUICK) {
        let with = runtime.block_on(write(&store, insert_logged))?;
        let without = runtime.block_on(write(&store, insert_bare))?;
        if round > 0 {
            (logged, bare) = (logged.and(with), bare.and(without));
        }
    }
    store.close();
    let per_row = |done: Done| done.took.as_secs_f64() / done.count.max(1) as f64;
    let cost = Duration::from_secs_f64((per_row(logged) - per_row(bare)).max(0.0));
    let table = &bench.table;
    table.figure("rows into the store without the log", &per_second(bare.rate()));
    table.peer(
        "rows into the store, each with its entry",
        &per_second(logged.rate()),
        "",
        logged.rate() / bare.rate(),
        "those without",
    );
    table.figure("  an entry", &time(cost));
    Ok(())
}

/// Chance as the program takes it: salting an entry is part of what it costs.
fn chance(bytes: &mut [u8]) {
    if let Err(error) = getrandom::fill(bytes) {
        eprintln!("bench: the operating system gives no chance: {error}");
        std::process::abort();
    }
}

/// Writes a round's rows, one transaction after the other.
async fn write(store: &Store, insert: fn(&mut Tx) -> Result<(), Stop>) -> Result<Done> {
    let begun = Instant::now();
    for _ in 0..COMMITS_PER_ROUND {
        let done = store
            .write(move |tx| {
                for _ in 0..ROWS_PER_COMMIT {
                    insert(tx)?;
                }
                Ok(())
            })
            .await;
        done.map_err(|stop| anyhow!("a write was not taken: {stop}"))?;
    }
    Ok(Done { count: (COMMITS_PER_ROUND * ROWS_PER_COMMIT) as u64, took: begun.elapsed() })
}

/// A home as a list brings it, without its id.
fn home(id: i64) -> Vec<Val> {
    let mut uid = [0u8; 16];
    uid[..8].copy_from_slice(&id.to_be_bytes());
    let address = format!("nhà {id}");
    vec![
        uid.as_slice().into(),
        1i64.into(),
        1i64.into(),
        address.as_str().into(),
        address.as_str().into(),
        "house".into(),
        "+84970000001".into(),
        Val::Null,
        Val::Null,
        Val::Null,
        Val::Null,
        Val::Null,
        Val::Null,
        Val::Null,
        Val::Null,
        NOW.into(),
    ]
}

fn insert_logged(tx: &mut Tx) -> Result<(), Stop> {
    let id = tx.id();
    tx.insert(&HOUSEHOLD, id, home(id))?;
    let stamp = Stamp { at: NOW, actor: "staff:1".to_owned(), origin: "api" };
    tx.log(&stamp, &format!("household:{id}"), "household_added", "area=1 cluster=1", "")?;
    Ok(())
}

/// The same statement, past the log.
fn insert_bare(tx: &mut Tx) -> Result<(), Stop> {
    static INSERT: OnceLock<Stmt> = OnceLock::new();
    let insert = INSERT.get_or_init(|| Stmt::new("household", HOUSEHOLD.insert_lite(), None));
    let id = tx.id();
    let mut values = vec![Val::I64(id)];
    values.extend(home(id));
    tx.exec(insert, &values)?;
    Ok(())
}
