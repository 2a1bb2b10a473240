//! `cargo xtask bench`: builds the program as the first command does and the measurements (`crates/stories/src/bin/bench/main.rs`),
//! and runs these with whatever words follow the verb.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::run;

/// Where the measurements look for the program.
const PROGRAM_VARIABLE: &str = "KEBEN_BIN";

pub fn bench() -> Result<bool> {
    let built = build()?;
    let words = std::env::args().skip(2);
    run::must(
        Command::new(named(&built, "bench")?).args(words).env(PROGRAM_VARIABLE, named(&built, "keben")?),
    )?;
    Ok(true)
}

/// Builds both in one go, so that they share what they use; cargo itself says where it put the files.
fn build() -> Result<Vec<PathBuf>> {
    let mut command = run::cargo();
    command.args([
        "build",
        "--release",
        "--workspace",
        "--bin=keben",
        "--bin=bench",
        "--message-format=json-render-diagnostics",
    ]);
    // The build takes minutes: cargo's own progress is shown.
    let out = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output().context("cannot start cargo")?;
    if !out.status.success() {
        bail!("the release build failed: {}", out.status);
    }
    let said = String::from_utf8(out.stdout).context("cargo printed something that is not UTF-8")?;
    let messages = said.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    Ok(messages.filter_map(|message| message["executable"].as_str().map(PathBuf::from)).collect())
}

fn named<'a>(built: &'a [PathBuf], name: &str) -> Result<&'a Path> {
    let found = built.iter().find(|file| file.file_stem().is_some_and(|stem| stem == name));
    found.map(PathBuf::as_path).with_context(|| format!("cargo built no {name}"))
}
