//! The command line, as `docs/command-line.md` describes it.

use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// Kề Bên: home isolation and home care in an outbreak, with nobody forgotten.
#[derive(Parser)]
#[command(name = "keben", version, about, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub store: StoreArgs,
}

/// `keben` alone is `keben demo`.
pub fn arguments() -> Vec<std::ffi::OsString> {
    let mut given: Vec<std::ffi::OsString> = std::env::args_os().collect();
    let first = given.get(1).map(|a| a.to_string_lossy().into_owned());
    let is_demo = match first.as_deref() {
        None => true,
        Some("-h" | "--help" | "-V" | "--version") => false,
        Some(word) => word.starts_with('-'),
    };
    if is_demo {
        given.insert(1.min(given.len()), "demo".into());
    }
    given
}

/// Where the store is. Every command takes these.
#[derive(Args, Clone, Debug, Default)]
pub struct StoreArgs {
    /// Data directory (made if absent) [default: $XDG_DATA_HOME/keben, for the demo keben-demo]
    #[arg(long, global = true, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// sqlite:PATH or postgres://…?schema=NAME [default: DIR/keben.db]
    #[arg(long, global = true, value_name = "URL")]
    pub db: Option<String>,
    /// Signed log heads, outside the data directory [default: a folder under $XDG_STATE_HOME/keben]
    #[arg(long, global = true, value_name = "DIR")]
    pub heads: Option<PathBuf>,
    /// The store's signing key, if it is not kept with the heads
    #[arg(long, global = true, value_name = "FILE")]
    pub key: Option<PathBuf>,
}

#[derive(Args, Clone, Debug)]
pub struct DemoArgs {
    /// Where the training clock stands at first; on an existing store it only moves forward
    #[arg(long, value_name = "RFC3339")]
    pub clock: Option<String>,
    /// The same number gives the same made-up people
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Address to listen on; port 0 picks a free one
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDR")]
    pub listen: String,
    /// Let the training clock run
    #[arg(long)]
    pub tick: bool,
    /// Limit the made-up province
    #[arg(long, value_name = "N")]
    pub people: Option<usize>,
}

#[derive(Subcommand)]
pub enum Command {
    /// The demo: made-up people, a training clock, one-click log-ins (the default)
    Demo(DemoArgs),
    /// The real thing
    Serve {
        /// A TOML file: listen, data, db, heads, key, secure
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
        /// Address to listen on; port 0 picks a free one [default: 127.0.0.1:8080]
        #[arg(long, value_name = "ADDR")]
        listen: Option<String>,
    },
    /// Bring in lists
    Import {
        #[command(subcommand)]
        what: Import,
    },
    /// Check or apply a locality's blueprint
    Blueprint {
        #[command(subcommand)]
        what: Blueprint,
    },
    /// Check a medical protocol
    Protocol {
        #[command(subcommand)]
        what: Protocol,
    },
    /// Check the whole store against its log
    Verify {
        /// A head kept elsewhere: a signed note or a heads.log
        #[arg(long, value_name = "FILE")]
        head: Option<PathBuf>,
        /// The public key, if it is not found with the heads
        #[arg(long = "pub", value_name = "KEY")]
        public: Option<String>,
        #[arg(long)]
        json: bool,
    },
    /// Staff, from the machine itself
    Staff {
        #[command(subcommand)]
        what: Staff,
    },
    /// Write a copy of the store that verifies by itself
    Backup { file: PathBuf },
    /// Put a backup in place
    Restore { file: PathBuf },
    /// Play weeks of a made-up province with every fault, and check after each step what must always hold
    ///
    /// In a store of its own that is taken away afterwards, or in the empty one that --db or --data names. Exit 1 when
    /// something was found that must never be; the seed and the step say where.
    Simulate {
        /// A TOML file, or the name of a scenario that comes along: quick, week, province
        scenario: PathBuf,
        /// The same number tells the same story
        #[arg(long, default_value_t = 1)]
        seed: u64,
        #[arg(long)]
        json: bool,
    },
}

#[derive(Subcommand)]
pub enum Protocol {
    /// Say every fault with its line, or that it is fine
    Check {
        file: PathBuf,
        #[arg(long)]
        json: bool,
    },
}

#[derive(Subcommand)]
pub enum Import {
    /// A commune's list of cases and contacts (XLSX, CSV)
    Episodes {
        file: PathBuf,
        /// The commune's official code
        #[arg(long, value_name = "CODE")]
        area: String,
        #[arg(long)]
        dry_run: bool,
        /// Everybody on the list has been contacted
        #[arg(long)]
        contacted: bool,
        /// Exit 1 when rows were refused
        #[arg(long)]
        strict: bool,
        #[arg(long)]
        json: bool,
    },
    /// Areas (CSV)
    Areas {
        file: PathBuf,
        #[arg(long)]
        json: bool,
    },
    /// Staff (CSV)
    Staff {
        file: PathBuf,
        #[arg(long)]
        json: bool,
    },
}

#[derive(Subcommand)]
pub enum Blueprint {
    /// Say what is wrong with a file, by line
    Check {
        file: PathBuf,
        #[arg(long)]
        json: bool,
    },
    /// Set a locality up; a second time changes nothing
    Apply {
        /// A file, or the name of one that comes along: lai-chau-2022, bien-hoa-2021
        file: PathBuf,
        #[arg(long)]
        json: bool,
    },
}

#[derive(Subcommand)]
pub enum Staff {
    /// Add somebody and print their one-time link
    Add {
        #[arg(long)]
        login: String,
        #[arg(long)]
        name: String,
        #[arg(long)]
        role: String,
        /// The official code of the area
        #[arg(long)]
        area: String,
        #[arg(long)]
        json: bool,
    },
    /// End somebody's sessions and print a new one-time link
    Reset {
        #[arg(long)]
        login: String,
        #[arg(long)]
        json: bool,
    },
}
