//! `cargo xtask test`: everything a change must pass, in one command. It finds or installs what the tests need,
//! runs every step even if an earlier one failed, and ends with a table of steps and one line that says how it went.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::needs::{self, Needs};
use crate::postgres::Postgres;
use crate::run;

#[derive(Default)]
struct Steps {
    done: Vec<(&'static str, f64, Option<String>)>,
}

impl Steps {
    /// Runs one step and notes how long it took and how it ended. `None` if it failed.
    fn step<T>(&mut self, name: &'static str, work: impl FnOnce() -> Result<T>) -> Option<T> {
        println!("\n=== {name}");
        let start = Instant::now();
        let answer = work();
        let fault = answer.as_ref().err().map(|fault| format!("{fault:#}"));
        if let Some(fault) = &fault {
            println!("--- {name} failed: {fault}");
        }
        self.done.push((name, start.elapsed().as_secs_f64(), fault));
        answer.ok()
    }

    fn skip(&mut self, name: &'static str, why: &str) {
        self.done.push((name, 0.0, Some(format!("not run: {why}"))));
    }

    /// Prints the table; whether every step passed.
    fn sum_up(&self) -> bool {
        println!("\n=== summary");
        for (name, seconds, fault) in &self.done {
            let first_line = fault.as_deref().map(|fault| fault.lines().next().unwrap_or(""));
            println!("{seconds:8.1} s  {name:<16} {}", first_line.unwrap_or("ok"));
        }
        let total: f64 = self.done.iter().map(|step| step.1).sum();
        let failed = self.done.iter().filter(|step| step.2.is_some()).count();
        match failed {
            0 => println!("all {} steps passed in {total:.0} s", self.done.len()),
            _ => println!("FAILED: {failed} of {} steps, after {total:.0} s", self.done.len()),
        }
        failed == 0
    }
}

/// Tests that need PostgreSQL read it here and fail without it.
const TEST_DATABASE: &str = "KEBEN_TEST_PG";
const BROWSER_TESTS: &str = "xtask/browser";
/// A browser test that never ends fails by its name after this many milliseconds, on a slow machine too.
const TEST_MS_MAX: u32 = 15 * 60 * 1000;

pub fn test() -> Result<bool> {
    let mut steps = Steps::default();
    let needs = steps.step("what is needed", find_needs);
    steps.step("format", || run::must(run::cargo().args(["fmt", "--all", "--check"])));
    steps.step("clippy", || {
        let arguments = ["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"];
        run::must(run::cargo().args(arguments))
    });
    match needs {
        Some(needs) => with_needs(&mut steps, &needs),
        None => {
            for name in ["postgresql", "tests", "program", "whole program"] {
                steps.skip(name, "something needed is missing");
            }
        }
    }
    Ok(steps.sum_up())
}

fn find_needs() -> Result<Needs> {
    let needs = needs::find_or_install()?;
    run::npm_ci(&run::root().join(BROWSER_TESTS))?;
    println!("PostgreSQL in {}, Chromium {}", needs.postgres.display(), needs.chromium.display());
    Ok(needs)
}

fn with_needs(steps: &mut Steps, needs: &Needs) {
    let postgres = steps.step("postgresql", || Postgres::start(&needs.postgres));
    match &postgres {
        Some(postgres) => {
            steps.step("tests", || {
                let mut command = run::cargo();
                command.args(["test", "--workspace", "--no-fail-fast"]);
                command.env(TEST_DATABASE, postgres.url()).env("TMPDIR", run::scratch());
                run::must(&mut command)
            });
        }
        None => steps.skip("tests", "PostgreSQL did not start"),
    }
    match (steps.step("program", build_program), &postgres) {
        (Some(program), Some(postgres)) => {
            steps.step("whole program", || whole_program(needs, &program, postgres));
        }
        _ => steps.skip("whole program", "the program or PostgreSQL is missing"),
    }
}

/// Builds the program as the browser tests run it; cargo itself says where it put the file.
fn build_program() -> Result<PathBuf> {
    let said = run::output(run::cargo().args([
        "build",
        "--workspace",
        "--bin",
        "keben",
        "--message-format=json-render-diagnostics",
    ]))?;
    let file = said
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter_map(|message| message["executable"].as_str().map(PathBuf::from))
        .next_back();
    file.context("cargo built no program")
}

/// The program as people meet it: its interface and commands on both databases, its pages in a browser.
fn whole_program(needs: &Needs, program: &Path, postgres: &Postgres) -> Result<()> {
    // Named one by one: what a bare folder means to node differs between its versions.
    let folder = run::root().join(BROWSER_TESTS);
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .with_context(|| format!("cannot read {}", folder.display()))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|file| file.to_string_lossy().ends_with(".test.mjs"))
        .collect();
    files.sort();
    if files.is_empty() {
        bail!("{BROWSER_TESTS} holds no tests");
    }
    run::must(
        Command::new("node")
            .arg("--test")
            .arg("--test-concurrency=1")
            .arg(format!("--test-timeout={TEST_MS_MAX}"))
            .args(files)
            .current_dir(run::root())
            .env("KEBEN_BIN", program)
            .env("CHROMIUM", &needs.chromium)
            .env(TEST_DATABASE, postgres.url())
            .env("TMPDIR", run::scratch()),
    )
}
