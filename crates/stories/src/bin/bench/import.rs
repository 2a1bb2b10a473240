//! A long list of one commune comes in by the command line: read, checked for doubles, taken, placed in groups.

use crate::Bench;
use crate::people;
use crate::table::{count, per_second, rate};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::fmt::Write;
use std::time::Duration;

const ROWS: usize = 10_000;
const ROWS_QUICK: usize = 1_000;
/// For the full number of rows; fewer have their share of it.
const BUDGET: Duration = Duration::from_secs(5);
const PEOPLE: usize = 300;

const COMMUNE: &str = "03445";
const CLUSTERS: &[&str] = &["Bản Nậm Củm", "Bản Nậm Hãn", "Bản Giẳng", "Bản Pắc Ma", "Bản Bó"];
/// The columns as a commune of the province keeps them.
const HEADER: &str = "\u{feff}STT;Họ và tên;Năm sinh Nam;Năm sinh Nữ;Địa chỉ;Bản;Số ĐT;Ngày XN (+);Loại XN;Số mũi VX;Bệnh nền;Zalo;F0/F1;Ghi chú";

fn list(rows: usize) -> Result<String> {
    let mut text = format!("{HEADER}\r\n");
    for n in 0..rows {
        let home = n / people::PER_HOME;
        let (name, year, address) = (people::name(n), people::birth_year(n), people::address(home));
        let (male, female) =
            if n % 2 == 0 { (year.to_string(), String::new()) } else { (String::new(), year.to_string()) };
        let cluster = CLUSTERS.get(home % CLUSTERS.len()).copied().unwrap_or_default();
        let first = people::has_phone(n);
        let phone = if first { people::phone(home) } else { String::new() };
        let (test, kind) = if first { ("Test nhanh", "F0") } else { ("", "F1") };
        let day = 9 + home % 6;
        write!(
            text,
            "{};{name};{male};{female};{address};{cluster};{phone};{day:02}/03/2022;{test};2;;có;{kind};\r\n",
            n + 1
        )?;
    }
    Ok(text)
}

pub fn measure(bench: &Bench) -> Result<()> {
    let rows = bench.size.of(ROWS, ROWS_QUICK);
    let place = bench.scratch.place("import")?;
    bench.program.demo(&place, Some(PEOPLE))?.stop()?;
    let file = place.dir.join("list.csv");
    std::fs::write(&file, list(rows)?).with_context(|| format!("writing {}", file.display()))?;
    let file = file.to_string_lossy();
    let arguments = ["import", "episodes", &file, "--area", COMMUNE, "--json"];
    let (first, first_took) = bench.program.ask(&place, &arguments)?;
    taken(&first, rows, rows)?;
    let (again, again_took) = bench.program.ask(&place, &arguments)?;
    taken(&again, rows, 0)?;
    let budget = BUDGET.mul_f64(rows as f64 / ROWS as f64);
    for (what, took) in [("import of", first_took), ("the same list again:", again_took)] {
        let what = format!("{what} {} rows", count(rows as u64));
        bench.table.time(&what, took, &format!("{} rows", per_second(rate(rows as u64, took))), budget);
    }
    Ok(())
}

/// Whether everybody of the list was taken, and so many of them are new.
fn taken(result: &Value, rows: usize, created: usize) -> Result<()> {
    let refused = result["refused"].as_array().map_or(0, Vec::len);
    let of = |name: &str| result[name].as_u64().unwrap_or_default() as usize;
    if refused > 0 || of("people") != rows || of("created") != created {
        let first = &result["refused"][0];
        bail!(
            "of {rows} rows {} were taken, {} are new, {refused} were refused ({first})",
            of("people"),
            of("created")
        );
    }
    Ok(())
}
