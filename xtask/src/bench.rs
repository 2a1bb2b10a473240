//! `cargo xtask bench`: the measurements against the budgets, printed as ratios by `crates/stories/src/bin/bench.rs`.

use anyhow::{Result, bail};

use crate::run;

const PROGRAM: &str = "crates/stories/src/bin/bench.rs";

pub fn bench() -> Result<bool> {
    if !run::root().join(PROGRAM).is_file() {
        bail!("there is nothing to measure yet: {PROGRAM} does not exist");
    }
    let rest = std::env::args().skip(2);
    run::must(
        run::cargo().args(["run", "--release", "--package", "stories", "--bin", "bench", "--"]).args(rest),
    )?;
    Ok(true)
}
