//! `cargo xtask bench`: what the program costs, measured on the release build of it and printed against the budgets,
//! as ratios wherever a peer or a limit can be measured in the same run (`docs/benchmarks.md`).
//!
//! It never fails because something is slow: what a figure means is for a person to say. It fails when something could
//! not be measured.

#![expect(clippy::print_stdout, reason = "the figures are its answer")]

mod disk;
mod http;
mod import;
mod log;
mod people;
mod post;
mod program;
mod roll_up;
mod search;
mod start;
mod stillness;
mod streams;
mod table;

use anyhow::{Context, Result, anyhow, bail};
use program::{Program, Scratch};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;
use table::Table;

/// Free space without which nothing is begun.
const FREE_BYTES_MIN: u64 = 2 * 1024 * 1024 * 1024;

/// The release build of the program; `cargo xtask bench` builds it and says where it is.
const PROGRAM_VARIABLE: &str = "KEBEN_BIN";

const HELP: &str = "\
cargo xtask bench [--only NAME] [--quick] [--million]

  --only NAME   one of: post, import, roll-up, search, log, streams, start
  --quick       smaller sizes: whether it runs, not what it costs
  --million     the search among 1,000,000 people; making them takes minutes

Works in the system's temporary folder (TMPDIR); that folder has to be on a disk, with 2 GiB free.
";

/// How much is measured.
#[derive(Clone, Copy)]
pub struct Size {
    pub quick: bool,
    pub million: bool,
}

impl Size {
    /// The full size, or the smaller one.
    pub fn of<T>(self, full: T, quick: T) -> T {
        if self.quick { quick } else { full }
    }
}

/// What every measurement works with.
pub struct Bench {
    pub program: Program,
    pub scratch: Scratch,
    pub table: Table,
    pub size: Size,
}

type Measure = fn(&Bench) -> Result<()>;

/// In the order in which they run.
const MEASUREMENTS: &[(&str, Measure)] = &[
    ("post", post::measure),
    ("import", import::measure),
    ("roll-up", roll_up::measure),
    ("search", search::measure),
    ("log", log::measure),
    ("streams", streams::measure),
    ("start", start::measure),
];

struct Arguments {
    only: Option<String>,
    size: Size,
}

fn arguments() -> Result<Option<Arguments>> {
    let mut read = Arguments { only: None, size: Size { quick: false, million: false } };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--only" => {
                let name = words.next().context("--only needs a name")?;
                if !MEASUREMENTS.iter().any(|(known, _)| *known == name) {
                    let known: Vec<&str> = MEASUREMENTS.iter().map(|(known, _)| *known).collect();
                    bail!("--only {name}: known are {}", known.join(", "));
                }
                read.only = Some(name);
            }
            "--quick" => read.size.quick = true,
            "--million" => read.size.million = true,
            "-h" | "--help" => return Ok(None),
            other => bail!("unknown word {other:?}\n\n{HELP}"),
        }
    }
    Ok(Some(read))
}

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(fault) => {
            eprintln!("bench: {fault:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether everything could be measured.
fn run() -> Result<bool> {
    let Some(arguments) = arguments()? else {
        print!("{HELP}");
        return Ok(true);
    };
    let file = std::env::var_os(PROGRAM_VARIABLE).map(PathBuf::from).filter(|file| file.is_file());
    let file = file.ok_or_else(|| {
        anyhow!("{PROGRAM_VARIABLE} names no file: run `cargo xtask bench`, which builds the program first")
    })?;
    let scratch = Scratch::make()?;
    let room = disk::room(scratch.dir())?;
    if room.free_bytes < FREE_BYTES_MIN {
        bail!(
            "{} has {} MiB free, and {} MiB are needed: set TMPDIR to a folder with more room",
            scratch.dir().display(),
            room.free_bytes / 1024 / 1024,
            FREE_BYTES_MIN / 1024 / 1024
        );
    }
    if room.is_memory() {
        eprintln!(
            "bench: {} is kept in memory ({}): its syncs cost nothing, so nothing here says what durable writes \
             cost; set TMPDIR to a folder on a disk",
            scratch.dir().display(),
            room.file_system
        );
    }
    let bench = Bench { program: Program { file }, scratch, table: Table::begin(), size: arguments.size };
    let begun = Instant::now();
    let mut failed = 0;
    for (name, measure) in MEASUREMENTS {
        if arguments.only.as_deref().is_some_and(|only| only != *name) {
            continue;
        }
        bench.table.heading(name);
        let watch = stillness::Watch::begin();
        if let Err(fault) = measure(&bench) {
            failed += 1;
            println!("could not be measured: {fault:#}");
        }
        bench.table.figure(
            "  meanwhile the machine stood still for",
            &format!("{:.0} % of the time", watch.end() * 100.0),
        );
    }
    println!("\nmeasured in {:.0} s", begun.elapsed().as_secs_f64());
    Ok(failed == 0)
}
