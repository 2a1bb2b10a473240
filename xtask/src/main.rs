//! `cargo xtask VERB`: the one place for development commands. One file per verb; what two verbs share is in
//! `run.rs`. Nothing here is part of the product.

// A development command speaks to the person who typed it.
#![allow(clippy::print_stdout)]

mod areas;
mod audit;
mod bench;
mod needs;
mod postgres;
mod run;
mod test;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask VERB

  test    everything a change must pass: format, clippy, all tests on both databases, browser tests;
          installs what it needs where it may
  audit   licences and banned crates, offline
  bench   the measurements, as ratios
  areas   rebuild data/areas-2021.csv from its source
";

fn main() -> ExitCode {
    let verb = std::env::args().nth(1);
    let answer = match verb.as_deref() {
        Some("test") => test::test(),
        Some("audit") => audit::audit(),
        Some("bench") => bench::bench(),
        Some("areas") => areas::areas(),
        None | Some("help" | "-h" | "--help") => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Some(other) => {
            eprint!("unknown verb {other:?}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    match answer {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(fault) => {
            eprintln!("cargo xtask: {fault:#}");
            ExitCode::FAILURE
        }
    }
}
