//! What the tests need besides Rust: PostgreSQL, Chromium, strace, Node.js. As root on Debian the missing packages are
//! installed; elsewhere we say exactly what is missing and stop.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::run;

/// The first Node.js whose test runner we rely on.
const NODE_MAJOR_MIN: u32 = 20;
const CHROMIUM_NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

pub struct Needs {
    /// The folder with `initdb`, `postgres` and `pg_ctl`.
    pub postgres: PathBuf,
    pub chromium: PathBuf,
}

/// Finds everything, installing what is missing where we may.
pub fn find_or_install() -> Result<Needs> {
    let node = node_problem();
    let mut packages = Vec::new();
    if find_postgres().is_none() {
        packages.push("postgresql");
    }
    if find_chromium().is_none() {
        packages.push("chromium");
    }
    if run::which("strace").is_none() {
        packages.push("strace");
    }
    if !packages.is_empty() {
        install(&packages, node.as_deref())?;
    }
    if let Some(problem) = node {
        bail!("{problem}");
    }
    Ok(Needs {
        postgres: find_postgres().context("PostgreSQL is installed, but initdb cannot be found")?,
        chromium: find_chromium().context("Chromium is installed, but cannot be found")?,
    })
}

fn install(packages: &[&str], other_problem: Option<&str>) -> Result<()> {
    let wanted = packages.join(" ");
    if !is_root() || run::which("apt-get").is_none() {
        let other = other_problem.map(|text| format!("\n  {text}")).unwrap_or_default();
        bail!(
            "the tests need more than is here. Missing: {wanted}\n  \
             on Debian or Ubuntu, as root: apt-get update && apt-get install {wanted}\n  \
             elsewhere: PostgreSQL's initdb on the PATH, and Chromium on the PATH or named by CHROMIUM{other}"
        );
    }
    println!("installing Debian packages: {wanted}");
    let apt = || {
        let mut command = Command::new("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive").arg("-q");
        command
    };
    run::must(apt().arg("update"))?;
    run::must(apt().args(["install", "--yes", "--no-install-recommends"]).args(packages))
}

/// Whether this process is root, without a system call of our own.
pub fn is_root() -> bool {
    run::output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

/// Where PostgreSQL keeps its server programs; Debian leaves them off the PATH.
fn find_postgres() -> Option<PathBuf> {
    let complete = |folder: &Path| ["initdb", "postgres", "pg_ctl"].iter().all(|p| folder.join(p).is_file());
    // A link on the PATH is followed: the programs look for their siblings beside the real file.
    let on_path = run::which("initdb")
        .and_then(|file| file.canonicalize().ok())
        .and_then(|file| file.parent().map(Path::to_owned));
    let by_config = || {
        let said = run::output(Command::new("pg_config").arg("--bindir")).ok()?;
        Some(PathBuf::from(said.trim()))
    };
    on_path.filter(|f| complete(f)).or_else(|| by_config().filter(|f| complete(f))).or_else(|| {
        let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
        let folders = versions.filter_map(|entry| Some(entry.ok()?.path().join("bin")));
        let version = |f: &PathBuf| {
            f.parent().and_then(Path::file_name).and_then(|v| v.to_str()?.parse::<u32>().ok()).unwrap_or(0)
        };
        folders.filter(|f| complete(f)).max_by_key(version)
    })
}

fn find_chromium() -> Option<PathBuf> {
    let named = std::env::var_os("CHROMIUM").map(PathBuf::from).filter(|file| file.is_file());
    named.or_else(|| CHROMIUM_NAMES.iter().find_map(|name| run::which(name)))
}

/// What is wrong with Node.js and npm, if anything. We do not install them: their versions are a person's choice.
fn node_problem() -> Option<String> {
    let need = format!("Node.js {NODE_MAJOR_MIN} or later, with npm");
    if run::which("npm").is_none() {
        return Some(format!("npm is missing: install {need}"));
    }
    let Ok(version) = run::output(Command::new("node").arg("--version")) else {
        return Some(format!("node is missing: install {need}"));
    };
    let version = version.trim();
    let major = version.trim_start_matches('v').split('.').next().and_then(|n| n.parse::<u32>().ok());
    (major.unwrap_or(0) < NODE_MAJOR_MIN).then(|| format!("node is {version}: install {need}"))
}
