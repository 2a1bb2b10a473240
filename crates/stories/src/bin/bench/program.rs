//! The program that is measured: its release build, run as anybody runs it, in a folder that is gone afterwards.

use crate::http::Client;
use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a server may take to stop before it is ended.
const STOP_WAIT_MAX: Duration = Duration::from_secs(60);
const STOP_ASKED_EVERY: Duration = Duration::from_millis(10);
/// What a folder of ours begins with; then comes the process.
const SCRATCH_NAME: &str = "keben-bench-";
/// Ticks in which the system counts processor time; the same for all programs on Linux.
const TICKS_PER_SECOND: f64 = 100.0;
const READY: &str = "listening on http://";

/// A folder in the temporary folder, removed at the end.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn make() -> Result<Scratch> {
        let above = std::env::temp_dir();
        sweep(&above);
        let dir = above.join(format!("{SCRATCH_NAME}{}", std::process::id()));
        std::fs::create_dir(&dir).with_context(|| format!("creating {}", dir.display()))?;
        Ok(Scratch(dir))
    }

    pub fn dir(&self) -> &Path {
        &self.0
    }

    /// A folder of that name for one store; an earlier one of that name is gone.
    pub fn place(&self, name: &str) -> Result<Place> {
        let dir = self.0.join(name);
        if dir.exists() {
            std::fs::remove_dir_all(&dir)?;
        }
        std::fs::create_dir(&dir)?;
        Ok(Place { dir })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            eprintln!("bench: {} could not be removed: {error}", self.0.display());
        }
    }
}

/// Removes what runs that were broken off left behind.
fn sweep(above: &Path) {
    let Ok(entries) = std::fs::read_dir(above) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let process = name.to_str().and_then(|name| name.strip_prefix(SCRATCH_NAME));
        let process = process.and_then(|process| process.parse::<u32>().ok());
        if let Some(process) = process
            && !Path::new("/proc").join(process.to_string()).exists()
        {
            // Somebody else's stays.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// Where one store is kept: data, heads, and what the program says. Gone when it is dropped.
pub struct Place {
    pub dir: PathBuf,
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.dir) {
            eprintln!("bench: {} could not be removed: {error}", self.dir.display());
        }
    }
}

pub struct Program {
    pub file: PathBuf,
}

impl Program {
    /// The words come first: without a command before them, options are those of the demo.
    fn command(&self, place: &Place, words: &[&str]) -> Command {
        let mut command = Command::new(&self.file);
        command.stdin(Stdio::null()).env_remove("KEBEN_LOG").args(words);
        command.arg("--data").arg(place.dir.join("data")).arg("--heads").arg(place.dir.join("heads"));
        command
    }

    /// Starts a demo and waits until it listens. `people` limits a new one.
    pub fn demo(&self, place: &Place, people: Option<usize>) -> Result<Server> {
        let errors = std::fs::File::create(place.dir.join("errors"))?;
        let mut command = self.command(place, &["demo", "--listen", "127.0.0.1:0"]);
        command.stdout(Stdio::piped()).stderr(errors);
        if let Some(people) = people {
            command.arg("--people").arg(people.to_string());
        }
        let begun = Instant::now();
        let mut child = command.spawn().with_context(|| format!("starting {}", self.file.display()))?;
        let out = child.stdout.take().ok_or_else(|| anyhow!("a program without output"))?;
        let mut server = Server { child, address: String::new(), started_in: Duration::ZERO, _out: None };
        let mut out = BufReader::new(out);
        let mut line = String::new();
        loop {
            line.clear();
            if out.read_line(&mut line)? == 0 {
                let said = std::fs::read_to_string(place.dir.join("errors")).unwrap_or_default();
                bail!("the demo ended before it listened: {}", said.trim_end());
            }
            if let Some(address) = line.trim_end().strip_prefix(READY) {
                server.started_in = begun.elapsed();
                address.clone_into(&mut server.address);
                server._out = Some(out);
                return Ok(server);
            }
        }
    }

    /// Runs a command to its end and reads the JSON it answers; also says how long it took.
    pub fn ask(&self, place: &Place, arguments: &[&str]) -> Result<(Value, Duration)> {
        let mut command = self.command(place, arguments);
        let begun = Instant::now();
        let out = command.output().with_context(|| format!("starting {}", self.file.display()))?;
        let took = begun.elapsed();
        if !out.status.success() {
            let said = String::from_utf8_lossy(&out.stderr);
            bail!("keben {}: {}: {}", arguments.join(" "), out.status, said.trim_end());
        }
        let answer = serde_json::from_slice(&out.stdout)
            .with_context(|| format!("keben {}: no JSON", arguments.join(" ")))?;
        Ok((answer, took))
    }
}

/// A demo that serves.
pub struct Server {
    child: Child,
    /// Host and port.
    pub address: String,
    /// From its start until it listened.
    pub started_in: Duration,
    /// Kept open: a program whose output nobody takes would stumble over it.
    _out: Option<BufReader<ChildStdout>>,
}

/// A log-in of the demo.
pub struct Login {
    pub role: String,
    pub area_code: String,
    pub token: String,
}

impl Server {
    /// Everybody that one may sit down as.
    pub fn logins(&self) -> Result<Vec<Login>> {
        let answer = Client::connect(&self.address, None)?.get_json("/api/v1/demo/logins")?;
        let items = answer["items"].as_array().cloned().unwrap_or_default();
        let text = |item: &Value, name: &str| item[name].as_str().unwrap_or_default().to_owned();
        Ok(items
            .iter()
            .map(|i| Login {
                role: text(i, "role"),
                area_code: text(i, "area_code"),
                token: text(i, "token"),
            })
            .collect())
    }

    /// A connection of somebody with that role in that area.
    pub fn client(&self, role: &str, area_code: &str) -> Result<Client> {
        let logins = self.logins()?;
        let login = logins.iter().find(|l| l.role == role && l.area_code == area_code);
        let login = login.ok_or_else(|| anyhow!("the demo has no {role} of {area_code}"))?;
        Client::connect(&self.address, Some(&login.token))
    }

    /// Processor time used so far, by it and the system for it.
    pub fn processor_time(&self) -> Result<Duration> {
        let stat = self.proc("stat")?;
        // The name in brackets may hold spaces; what follows it begins with the third field.
        let rest = stat.rsplit_once(") ").map(|(_, rest)| rest).unwrap_or_default();
        let fields: Vec<&str> = rest.split(' ').collect();
        let ticks = |n: usize| fields.get(n - 3).and_then(|f| f.parse::<f64>().ok());
        match (ticks(14), ticks(15)) {
            (Some(own), Some(system)) => Ok(Duration::from_secs_f64((own + system) / TICKS_PER_SECOND)),
            _ => bail!("no times in {stat:?}"),
        }
    }

    /// Memory that is really in use, in bytes.
    pub fn memory(&self) -> Result<u64> {
        let status = self.proc("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes =
            line.and_then(|line| line.split_whitespace().next()).and_then(|n| n.parse::<u64>().ok());
        kilobytes.map(|n| n * 1024).ok_or_else(|| anyhow!("no VmRSS for the program"))
    }

    fn proc(&self, name: &str) -> Result<String> {
        let file = Path::new("/proc").join(self.child.id().to_string()).join(name);
        std::fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))
    }

    /// Stops it as an operator does, and waits for it.
    pub fn stop(mut self) -> Result<()> {
        let process = self.child.id().to_string();
        let told = Command::new("sh").args(["-c", "kill -TERM \"$0\"", &process]).status()?;
        if !told.success() {
            bail!("the program could not be told to stop");
        }
        let begun = Instant::now();
        while begun.elapsed() < STOP_WAIT_MAX {
            if self.child.try_wait()?.is_some() {
                return Ok(());
            }
            std::thread::sleep(STOP_ASKED_EVERY);
        }
        bail!("the program did not stop within {} s", STOP_WAIT_MAX.as_secs())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
