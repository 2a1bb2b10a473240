//! Finding somebody in a large province, by name without marks and by number, and a page of the list.

use crate::Bench;
use crate::roll_up::{length, timed};
use crate::table::{count, per_second, rate, time};
use anyhow::{Context, Result};
use std::time::Duration;

const PEOPLE: usize = 200_000;
const PEOPLE_QUICK: usize = 20_000;
const PEOPLE_MILLION: usize = 1_000_000;
const TIMES: usize = 9;
/// Name search, at 1,000,000 people.
const SEARCH_BUDGET: Duration = Duration::from_millis(10);
/// Lists, at 1,000,000 people.
const LIST_BUDGET: Duration = Duration::from_millis(100);

const PROVINCE: &str = "12";
/// What is searched, as it is typed: a name that nobody bears though its words are frequent, one that many bear, and
/// one word alone.
const NAMES: &[&str] = &["lo+thi+xuan", "lo+thi+xoan", "xuan"];

pub fn measure(bench: &Bench) -> Result<()> {
    let people = if bench.size.million { PEOPLE_MILLION } else { bench.size.of(PEOPLE, PEOPLE_QUICK) };
    let place = bench.scratch.place("search")?;
    let server = bench.program.demo(&place, Some(people))?;
    let made = format!(
        "{} ({} people)",
        time(server.started_in),
        per_second(rate(people as u64, server.started_in))
    );
    bench.table.figure(&format!("a demo of {} people, made", count(people as u64)), &made);
    let mut client = server.client("province_officer", PROVINCE)?;
    let list = format!("/api/v1/episodes?area_code={PROVINCE}&limit=50");
    let first_page = client.get_json(&list)?;
    for name in NAMES {
        let path = format!("{list}&q={name}");
        let found = length(&client.get_json(&path)?);
        let took = timed(&mut client, &path, TIMES)?;
        let what = format!("search for {:?}", name.replace('+', " "));
        bench.table.time(&what, took, &format!("{found} found"), SEARCH_BUDGET);
    }
    let items = first_page["items"].as_array().cloned().unwrap_or_default();
    let phone = items.iter().find_map(|item| item["person"]["phones"][0].as_str());
    // As a list writes it: 0…, not +84….
    let phone =
        phone.and_then(|phone| phone.strip_prefix("+84")).context("nobody on the list has a number")?;
    let path = format!("{list}&q=0{phone}");
    let found = length(&client.get_json(&path)?);
    let took = timed(&mut client, &path, TIMES)?;
    bench.table.time("search for a number", took, &format!("{found} found"), SEARCH_BUDGET);
    let took = timed(&mut client, &list, TIMES)?;
    bench.table.time("the first 50 of the province's list", took, "", LIST_BUDGET);
    server.stop()
}
