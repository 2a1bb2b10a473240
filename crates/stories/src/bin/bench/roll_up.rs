//! A province's day at a glance: its report summed up from every open episode, and the board of gaps.

use crate::Bench;
use crate::http::Client;
use crate::table::{count, median};
use anyhow::Result;
use serde_json::Value;
use std::time::{Duration, Instant};

const PEOPLE: usize = 60_000;
const PEOPLE_QUICK: usize = 6_000;
const TIMES: usize = 5;
/// Roll-up of a province.
const REPORT_BUDGET: Duration = Duration::from_millis(100);
/// Lists.
const LIST_BUDGET: Duration = Duration::from_millis(100);

const PROVINCE: &str = "12";
const DAY: &str = "2022-03-16";

pub fn measure(bench: &Bench) -> Result<()> {
    let place = bench.scratch.place("roll-up")?;
    let server = bench.program.demo(&place, Some(bench.size.of(PEOPLE, PEOPLE_QUICK)))?;
    let mut client = server.client("province_officer", PROVINCE)?;
    let report = format!("/api/v1/reports?area_code={PROVINCE}&on={DAY}");
    let gaps = format!("/api/v1/gaps?area_code={PROVINCE}");
    let shown = client.get_json(&report)?;
    let figures = &shown["items"][0]["figures"];
    let open: u64 = ["f0_end", "f1_end"].iter().filter_map(|name| figures[name].as_u64()).sum();
    let took = timed(&mut client, &report, TIMES)?;
    let seen = format!("{} open episodes", count(open));
    bench.table.time("the province's report, open day", took, &seen, REPORT_BUDGET);
    let shown = client.get_json(&format!("{report}&below=1&limit=500"))?;
    let took = timed(&mut client, &format!("{report}&below=1&limit=500"), TIMES)?;
    let seen = format!("{} reports", count(length(&shown)));
    bench.table.time("  with those of every unit below", took, &seen, LIST_BUDGET);
    let shown = client.get_json(&gaps)?;
    let took = timed(&mut client, &gaps, TIMES)?;
    let seen = format!("first {} gaps", count(length(&shown)));
    bench.table.time("the province's board of gaps", took, &seen, LIST_BUDGET);
    server.stop()
}

/// How many items a list gave.
pub fn length(list: &Value) -> u64 {
    list["items"].as_array().map_or(0, |items| items.len() as u64)
}

/// The median of asking so many times; the answers are read, and must be answers.
pub fn timed(client: &mut Client, path: &str, times: usize) -> Result<Duration> {
    let mut took = Vec::with_capacity(times);
    for _ in 0..times {
        let begun = Instant::now();
        client.get_json(path)?;
        took.push(begun.elapsed());
    }
    Ok(median(&mut took))
}
