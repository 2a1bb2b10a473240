//! `cargo xtask test`: everything a change must pass, in one command. It finds or installs what the tests need,
//! runs every step even if an earlier one failed, and ends with a table of steps and one line that says how it went.

use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result};

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

/// The packages whose tests this command runs.
const TESTED: &[&str] = &["rules", "exchange", "stories", "xtask"];

pub fn test() -> Result<bool> {
    let mut steps = Steps::default();
    steps.step("format", || run::must(run::cargo().args(["fmt", "--all", "--check"])));
    steps.step("tests", || {
        let mut command = run::cargo();
        command.args(["test", "--no-fail-fast"]);
        for package in TESTED {
            command.args(["--package", package]);
        }
        run::must(&mut command)
    });
    if let Some(program) = steps.step("program", build_program) {
        steps.step("the demo's story", || story(&program));
    } else {
        steps.skip("the demo's story", "the program was not built");
    }
    Ok(steps.sum_up())
}

/// Plays the main job against the program itself: a demo is made, stopped, a list is imported, the log verified.
fn story(program: &PathBuf) -> Result<()> {
    run::must(Command::new("python3").arg(run::root().join("xtask/story.py")).env("KEBEN_BIN", program))
}

/// Builds the program as the browser tests run it; cargo itself says where it put the file.
fn build_program() -> Result<PathBuf> {
    let said = run::output(run::cargo().args([
        "build",
        "--package",
        "keben",
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
