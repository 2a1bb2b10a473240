//! How soon the program answers, and what it takes while nobody asks.

use crate::Bench;
use crate::table::{count, median, time};
use anyhow::{Context, Result};
use std::time::Duration;

/// The demo's own size.
const PEOPLE: usize = 35_200;
const PEOPLE_QUICK: usize = 3_500;
const TIMES: usize = 5;
const TIMES_QUICK: usize = 2;
const FIRST_START_BUDGET: Duration = Duration::from_secs(5);
const START_BUDGET: Duration = Duration::from_millis(300);
const IDLE_BUDGET: u64 = 40 * 1024 * 1024;
/// Without PDF.
const PROGRAM_BUDGET: u64 = 25_000_000;
/// How long it is left alone before its memory is read.
const IDLE_FOR: Duration = Duration::from_secs(3);

pub fn measure(bench: &Bench) -> Result<()> {
    let place = bench.scratch.place("start")?;
    let people = bench.size.of(PEOPLE, PEOPLE_QUICK);
    let first = bench.program.demo(&place, Some(people))?;
    let seen = format!("{} people made", count(people as u64));
    bench.table.time("first start of the demo", first.started_in, &seen, FIRST_START_BUDGET);
    let just_made = first.memory()?;
    first.stop()?;
    let mut took = Vec::new();
    let mut idle = 0;
    for _ in 0..bench.size.of(TIMES, TIMES_QUICK) {
        let server = bench.program.demo(&place, None)?;
        took.push(server.started_in);
        if took.len() == 1 {
            std::thread::sleep(IDLE_FOR);
            idle = server.memory()?;
        }
        server.stop()?;
    }
    let slowest = took.iter().max().copied().unwrap_or_default();
    let seen = format!("slowest {}", time(slowest));
    bench.table.time("start on a store that is there", median(&mut took), &seen, START_BUDGET);
    bench.table.size("memory, idle after such a start", idle, IDLE_BUDGET);
    bench.table.size("memory, right after the first start", just_made, IDLE_BUDGET);
    let file = std::fs::metadata(&bench.program.file).context("reading the program's size")?;
    bench.table.size("the program's file", file.len(), PROGRAM_BUDGET);
    Ok(())
}
