//! A PostgreSQL server of our own for the tests: a new cluster in a temporary folder, reachable by a Unix socket in
//! that folder and a free port of the loopback address, stopped and removed when [`Postgres`] is dropped.
//!
//! It keeps `fsync` on: what the tests prove about durability must be true of it. The server is our direct child,
//! so Ctrl-C in the terminal reaches it too; where `setpriv` exists, it also ends when we are killed.

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::needs::is_root;
use crate::run;

const START_SECONDS_MAX: u64 = 60;
const POLL: Duration = Duration::from_millis(100);
/// Tests run side by side, each with connections of its own.
const CONNECTIONS_MAX: u32 = 300;
/// PostgreSQL refuses to run as root; this is the account that Debian's package makes.
const ACCOUNT: &str = "postgres";
/// How much of the server's own words a failure shows.
const LOG_LINES_SHOWN: usize = 20;

/// The folder's name, but for the number of the process that made it.
const FOLDER: &str = "keben-test-pg-";

pub struct Postgres {
    programs: PathBuf,
    folder: PathBuf,
    server: Child,
    port: u16,
    as_root: bool,
}

impl Postgres {
    pub fn start(programs: &Path) -> Result<Postgres> {
        let as_root = is_root();
        sweep();
        let folder = run::scratch().join(format!("{FOLDER}{}", std::process::id()));
        std::fs::create_dir(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
        // From here on whatever fails must not leave the folder behind.
        let started = Postgres::start_in(programs, &folder, as_root);
        if started.is_err() {
            let _ = std::fs::remove_dir_all(&folder);
        }
        started
    }

    fn start_in(programs: &Path, folder: &Path, as_root: bool) -> Result<Postgres> {
        if as_root {
            run::must(Command::new("chown").arg(format!("{ACCOUNT}:")).arg(folder))?;
        }
        let data = folder.join("data");
        run::output(
            as_account(&programs.join("initdb"), as_root, folder)
                .args(["--locale=C.UTF-8", "--encoding=UTF8", "--auth=trust", "--username=postgres"])
                .arg("--pgdata")
                .arg(&data),
        )?;

        let port =
            TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).context("no free port")?.port();
        let log = File::create(folder.join("server.log")).context("cannot create the server's log")?;
        let log_too = log.try_clone().context("cannot open the server's log twice")?;
        let server = as_account(&programs.join("postgres"), as_root, folder)
            .arg("-D")
            .arg(&data)
            .args(["-p", &port.to_string(), "-c", "listen_addresses=127.0.0.1", "-c"])
            .arg(format!("unix_socket_directories={}", folder.display()))
            .args(["-c", &format!("max_connections={CONNECTIONS_MAX}"), "-c", "fsync=on"])
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(log_too)
            .spawn()
            .context("cannot start PostgreSQL")?;
        let mut postgres =
            Postgres { programs: programs.to_owned(), folder: folder.to_owned(), server, port, as_root };
        postgres.wait_until_ready()?;
        Ok(postgres)
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let deadline = Instant::now() + Duration::from_secs(START_SECONDS_MAX);
        // pg_ctl reads the state that the server itself writes into its folder.
        let data = self.folder.join("data");
        while Instant::now() < deadline {
            if let Some(status) = self.server.try_wait().context("cannot ask after PostgreSQL")? {
                bail!("PostgreSQL ended ({status}):\n{}", self.last_words());
            }
            let pid_file = std::fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
            if pid_file.lines().any(|line| line.trim() == "ready") {
                return Ok(());
            }
            std::thread::sleep(POLL);
        }
        bail!("PostgreSQL was not ready after {START_SECONDS_MAX} s:\n{}", self.last_words())
    }

    fn last_words(&self) -> String {
        let log = std::fs::read_to_string(self.folder.join("server.log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(LOG_LINES_SHOWN)..].join("\n")
    }

    /// What the tests find in `KEBEN_TEST_PG`: a superuser, who may create databases and roles.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let stopped = run::output(
            as_account(&self.programs.join("pg_ctl"), self.as_root, &self.folder)
                .args(["stop", "--mode=fast", "--wait", "--pgdata"])
                .arg(self.folder.join("data")),
        );
        if stopped.is_err() {
            let _ = self.server.kill();
        }
        let _ = self.server.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Removes what an earlier run left behind when it was killed: its process is gone, and its server with it.
fn sweep() {
    let Ok(entries) = std::fs::read_dir(run::scratch()) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let process =
            name.to_str().and_then(|name| name.strip_prefix(FOLDER)).map(|id| Path::new("/proc").join(id));
        if process.is_some_and(|process| !process.exists()) && Path::new("/proc/self").exists() {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// The program, run as an account that PostgreSQL accepts and in a folder that this account may enter.
fn as_account(program: &Path, as_root: bool, folder: &Path) -> Command {
    let mut command = match (run::which("setpriv"), as_root) {
        (Some(setpriv), true) => {
            let mut command = Command::new(setpriv);
            command.args([
                "--reuid",
                ACCOUNT,
                "--regid",
                ACCOUNT,
                "--init-groups",
                "--pdeathsig",
                "INT",
                "--",
            ]);
            command.arg(program);
            command
        }
        (Some(setpriv), false) => {
            let mut command = Command::new(setpriv);
            command.args(["--pdeathsig", "INT", "--"]).arg(program);
            command
        }
        (None, true) => {
            let mut command = Command::new("runuser");
            command.args(["-u", ACCOUNT, "--"]).arg(program);
            command
        }
        (None, false) => Command::new(program),
    };
    command.current_dir(folder);
    command
}
