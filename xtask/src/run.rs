//! Running other programs: where the repository is, which program is where, and what a failure says.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// The repository's root: the folder above this crate.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// The cargo that runs us.
pub fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// A program on the search path.
pub fn which(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// A folder of the system that is kept in memory.
const IN_MEMORY: &str = "/dev/shm";
/// With less room than this, memory is left alone, KiB.
const SCRATCH_KIB_MIN: u64 = 3 * 1024 * 1024;

/// Where tests put what they make: where `TMPDIR` says, or in memory where there is room, or the usual folder. Tests
/// wait for thousands of syncs; each is still made, and what a test proves of them does not depend on a disk's speed.
pub fn scratch() -> PathBuf {
    let mounts = std::fs::read_to_string("/proc/mounts").unwrap_or_default();
    let room = || free_kib(IN_MEMORY).is_some_and(|free| free >= SCRATCH_KIB_MIN);
    match std::env::var_os("TMPDIR") {
        None if runs_programs(&mounts, IN_MEMORY) && room() => IN_MEMORY.into(),
        _ => std::env::temp_dir(),
    }
}

/// Whether a folder is mounted so that programs in it may run: examples in documentation are built and run where
/// tests put what they make, and containers often mount their memory without that.
fn runs_programs(mounts: &str, folder: &str) -> bool {
    let options = mounts.lines().rev().find_map(|line| {
        let mut words = line.split_whitespace().skip(1);
        (words.next() == Some(folder)).then(|| words.nth(1)).flatten()
    });
    options.is_some_and(|options| options.split(',').all(|option| option != "noexec"))
}

/// Free room in a folder, KiB; `None` if there is no such folder.
fn free_kib(folder: &str) -> Option<u64> {
    let said = output(Command::new("df").args(["-Pk", folder])).ok()?;
    said.lines().last()?.split_whitespace().nth(3)?.parse().ok()
}

/// Runs to the end with our own output; an exit code other than 0 is a fault that names the command.
pub fn must(command: &mut Command) -> Result<()> {
    let shown = show(command);
    let status = command.stdin(Stdio::null()).status().with_context(|| format!("cannot start {shown}"))?;
    if !status.success() {
        bail!("{shown}: {status}");
    }
    Ok(())
}

/// What it prints on standard output; an exit code other than 0 is a fault that carries its standard error.
pub fn output(command: &mut Command) -> Result<String> {
    let shown = show(command);
    let out = command.stdin(Stdio::null()).output().with_context(|| format!("cannot start {shown}"))?;
    if !out.status.success() {
        bail!("{shown}: {}\n{}", out.status, String::from_utf8_lossy(&out.stderr).trim_end());
    }
    String::from_utf8(out.stdout).with_context(|| format!("{shown} printed something that is not UTF-8"))
}

/// The command as a person would type it.
fn show(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// Installs a folder's npm packages exactly as its lock file says, unless they already are.
pub fn npm_ci(folder: &Path) -> Result<()> {
    if which("npm").is_none() {
        bail!("npm is missing: install Node.js 20 or later with npm");
    }
    let lock = folder.join("package-lock.json");
    // npm writes this file at the end of an installation.
    let installed = folder.join("node_modules/.package-lock.json");
    let modified = |file: &Path| file.metadata().and_then(|meta| meta.modified());
    if let (Ok(lock), Ok(installed)) = (modified(&lock), modified(&installed))
        && installed >= lock
    {
        return Ok(());
    }
    must(Command::new("npm").args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_used_only_where_programs_may_run() {
        let open = "tmpfs /dev/shm tmpfs rw,nosuid,nodev,size=24G 0 0\n";
        let shut = "shm /dev/shm tmpfs rw,nosuid,nodev,noexec,relatime,size=65536k 0 0\n";
        assert!(runs_programs(open, IN_MEMORY));
        assert!(!runs_programs(shut, IN_MEMORY));
        assert!(!runs_programs(&format!("{open}{shut}"), IN_MEMORY), "what is mounted last is on top");
        assert!(!runs_programs("tmpfs /tmp tmpfs rw 0 0\n", IN_MEMORY), "not mounted");
    }
}
