//! One function per command. Messages go to standard error, what a program reads to standard output; the exit code is
//! 0 done, 1 the answer is "no", 2 wrong use.

use crate::cli::{self, Cli, Command, StoreArgs};
use crate::clock::{chance, machine_now};
use crate::paths::{self, Places};
use crate::serve::{self, Opened};
use crate::simulate;
use acts::import_list::{self, ImportList};
use acts::{Desk, House};
use anyhow::{Context, anyhow};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::verify::VerifyReport;
use store::{DbUrl, StoreError, backup, verify};
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Done, and the answer is "no".
pub const NO: i32 = 1;
const WRONG_USE: i32 = 2;

pub async fn run(cli: Cli) -> i32 {
    start_logging();
    let done = match cli.command {
        Command::Demo(args) => serve::demo(&args, &cli.store).await.map(|()| 0),
        Command::Serve { config, listen } => match config.as_deref().map(serve::read_config).transpose() {
            Ok(config) => serve::serve(config.unwrap_or_default(), listen, &cli.store).await.map(|()| 0),
            Err(error) => Err(error),
        },
        Command::Import { what } => import(what, &cli.store).await,
        Command::Protocol { what: cli::Protocol::Check { file, json } } => check_protocol(&file, json),
        Command::Blueprint { what } => blueprint(what, &cli.store).await,
        Command::Verify { head, public, json } => verify_store(&cli.store, head, public, json).await,
        Command::Staff { what } => staff(what, &cli.store).await,
        Command::Backup { file } => back_up(&cli.store, &file).await,
        Command::Restore { file } => restore(&cli.store, &file).await,
        Command::Simulate { scenario, seed, json } => {
            simulate::simulate(&scenario, seed, json, &cli.store).await
        }
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("keben: {error:#}");
            WRONG_USE
        }
    }
}

/// What `KEBEN_LOG` asks for (`info`, or `warn,store=debug`); warnings where it is absent or cannot be read.
fn start_logging() {
    let usual = Targets::new().with_default(LevelFilter::WARN);
    let filter = match std::env::var("KEBEN_LOG").ok().filter(|wanted| !wanted.is_empty()) {
        None => usual,
        Some(wanted) => wanted.parse().unwrap_or_else(|error| {
            eprintln!("keben: KEBEN_LOG: {error}; example: KEBEN_LOG=warn,store=debug");
            usual
        }),
    };
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_filter(filter);
    // A second subscriber can only be set by a test in the same process.
    let _ = tracing_subscriber::registry().with(lines).try_init();
}

/// One JSON value, alone on standard output.
pub fn print_json(value: &Value) {
    println!("{value}");
}

/// The places of a store that commands work on: the given ones, or the real thing's defaults.
fn places(args: &StoreArgs) -> anyhow::Result<Places> {
    paths::of(args, "keben").map_err(|e| anyhow!(e))
}

/// A store opened for a command that writes, with the clock it is kept by.
async fn open_house(args: &StoreArgs) -> anyhow::Result<(House, Opened)> {
    let opened = serve::open(places(args)?).await?;
    let (clock, training) = serve::clock_of(&opened.store, None, false).await?;
    let house = House::new(opened.store.clone(), clock, chance, training.is_some());
    Ok((house, opened))
}

/// Ends a command that wrote: what it wrote is signed and taken outside.
async fn close(opened: Opened) -> anyhow::Result<()> {
    store::head::sign(&opened.store, &opened.heads, store::head::Why::Stop, machine_now()).await?;
    tokio::task::spawn_blocking(move || opened.store.close()).await?;
    Ok(())
}

/// A refusal in words, for the terminal.
pub fn in_words(stop: store::Stop) -> anyhow::Error {
    match stop {
        store::Stop::Refused(refusal) => {
            let fields: Vec<String> =
                refusal.fields.iter().map(|f| format!("{}: {}", f.field, f.code)).collect();
            let known = fields.iter().any(|f| f == "area_code: unknown_area");
            let hint =
                if known { "; set the locality up first: keben blueprint apply lai-chau-2022" } else { "" };
            anyhow!("{}{hint}", if fields.is_empty() { refusal.to_string() } else { fields.join(", ") })
        }
        store::Stop::Store(error) => error.into(),
    }
}

async fn import(what: cli::Import, args: &StoreArgs) -> anyhow::Result<i32> {
    match what {
        cli::Import::Episodes { file, area, dry_run, contacted, strict, json } => {
            let bytes = read_file(&file)?;
            let name = file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            let (house, opened) = open_house(args).await?;
            let desk = Desk::operator(house.now(), "cli");
            let list =
                ImportList { area_code: area, file_name: name, bytes: Arc::new(bytes), dry_run, contacted };
            let done = import_list::import_list(&house, &desk, &list).await;
            let mut result = match done {
                Ok(result) => result,
                Err(stop) => {
                    close(opened).await?;
                    return Err(in_words(stop));
                }
            };
            if !result.refused.is_empty() {
                let uid = result.id.as_deref().and_then(rules::Uid::parse);
                let sheet = opened
                    .store
                    .read(move |r| {
                        match uid.map(|uid| store::import::by_uid(r, uid)).transpose()?.flatten() {
                            Some(row) => store::import::refused(r, row.id),
                            None => Ok(None),
                        }
                    })
                    .await?;
                if let Some(sheet) = sheet {
                    let path = refused_path(&file);
                    std::fs::write(&path, sheet).with_context(|| format!("writing {}", path.display()))?;
                    result.file = Some(path.to_string_lossy().into_owned());
                }
            }
            close(opened).await?;
            if json {
                print_json(&serde_json::to_value(&result)?);
            } else {
                println!(
                    "{} people in {} households; created {}, updated {}; refused {}, asked {}",
                    result.people,
                    result.households,
                    result.created,
                    result.updated,
                    result.refused.len(),
                    result.asked.len()
                );
                for row in &result.refused {
                    println!("  row {}: {} ({})", row.row, row.reason, row.code);
                }
                if let Some(file) = &result.file {
                    println!("  the refused rows are in {file}");
                }
            }
            Ok(if strict && !result.refused.is_empty() { NO } else { 0 })
        }
        cli::Import::Areas { file, json } => {
            let text = read_text(&file)?;
            let (house, opened) = open_house(args).await?;
            let desk = Desk::operator(house.now(), "cli");
            let done = acts::import_areas::import_areas(&house, &desk, &text).await;
            close(opened).await?;
            let done = done.map_err(in_words)?;
            say(json, &serde_json::to_value(&done)?)
        }
        cli::Import::Staff { file, json } => {
            let text = read_text(&file)?;
            let (house, opened) = open_house(args).await?;
            let desk = Desk::operator(house.now(), "cli");
            let done = acts::import_staff::import_staff(&house, &desk, &text).await;
            close(opened).await?;
            let done = done.map_err(in_words)?;
            say(json, &serde_json::to_value(&done)?)
        }
    }
}

/// Prints what a command did: as JSON, or name by name.
fn say(as_json: bool, value: &Value) -> anyhow::Result<i32> {
    if as_json {
        print_json(value);
    } else if let Some(object) = value.as_object() {
        for (name, value) in object {
            println!("{name}: {value}");
        }
    }
    let refused = value.get("refused").and_then(Value::as_array).is_some_and(|r| !r.is_empty());
    Ok(if refused { NO } else { 0 })
}

fn refused_path(file: &Path) -> PathBuf {
    let stem = file.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    file.with_file_name(format!("{stem}.refused.xlsx"))
}

/// Files larger than this are not read at all.
const FILE_MAX: u64 = 64 * 1024 * 1024;

fn read_file(path: &Path) -> anyhow::Result<Vec<u8>> {
    let size = std::fs::metadata(path).with_context(|| format!("reading {}", path.display()))?.len();
    if size > FILE_MAX {
        return Err(anyhow!(
            "{} is larger than {} MB: split the list",
            path.display(),
            FILE_MAX / 1024 / 1024
        ));
    }
    std::fs::read(path).with_context(|| format!("reading {}", path.display()))
}

pub fn read_text(path: &Path) -> anyhow::Result<String> {
    String::from_utf8(read_file(path)?).map_err(|_| anyhow!("{} is not UTF-8 text", path.display()))
}

/// A blueprint by file, or one that comes along by name.
fn blueprint_text(file: &Path) -> anyhow::Result<String> {
    if !file.exists() {
        let name = file.to_string_lossy();
        match name.trim_end_matches(".toml").rsplit('/').next() {
            Some("lai-chau-2022") => return Ok(rules::blueprint::LAI_CHAU_2022.to_owned()),
            Some("bien-hoa-2021") => return Ok(rules::blueprint::BIEN_HOA_2021.to_owned()),
            Some(_) | None => {}
        }
    }
    read_text(file)
}

/// Reads a protocol by file, or one that comes along by name, and says every fault with its line. Expected answers that
/// lie beside it (`NAME.expected.toml`) are held against it.
fn check_protocol(file: &Path, json: bool) -> anyhow::Result<i32> {
    let name = file.to_string_lossy();
    let shipped = name.trim_end_matches(".toml").rsplit('/').next().and_then(rules::protocol::shipped);
    let beside = file.with_extension("expected.toml");
    let (text, expected) = match shipped.filter(|_| !file.exists()) {
        Some(text) => (text.to_owned(), Some(rules::protocol::COVID19_VN_2022_EXPECTED.to_owned())),
        None => (read_text(file)?, beside.exists().then(|| read_text(&beside)).transpose()?),
    };
    let read = match rules::protocol::read(&text) {
        Ok(read) => read,
        Err(faults) => return Ok(tell_faults(file, &faults, json)),
    };
    let held = expected.as_deref().map(|text| rules::protocol::expected::hold(&read, text)).transpose();
    match held {
        Err(faults) => return Ok(tell_faults(&beside, &faults, json)),
        Ok(cases) if json => print_json(&json!({
            "ok": true, "errors": [], "protocol": read.id, "version": read.version, "rules": read.rules.len(),
            "expected": cases,
        })),
        Ok(cases) => {
            println!("{} {}: {} rules: fine", read.id, read.version, read.rules.len());
            match cases {
                Some(cases) => println!("{cases} expected answers: fine"),
                None => println!("no expected answers beside it ({})", beside.display()),
            }
        }
    }
    Ok(0)
}

/// Every fault of a file with its line.
fn tell_faults(file: &Path, faults: &[rules::protocol::Fault], json: bool) -> i32 {
    if json {
        let lines: Vec<Value> = faults
            .iter()
            .map(|f| {
                json!({ "file": file.display().to_string(), "line": f.line, "code": f.code, "detail": f.detail })
            })
            .collect();
        print_json(&json!({ "ok": false, "errors": lines }));
    } else {
        for fault in faults {
            println!("{}:{}: {} ({})", file.display(), fault.line, fault.detail, fault.code);
        }
    }
    NO
}

async fn blueprint(what: cli::Blueprint, args: &StoreArgs) -> anyhow::Result<i32> {
    let (file, json, apply) = match what {
        cli::Blueprint::Check { file, json } => (file, json, false),
        cli::Blueprint::Apply { file, json } => (file, json, true),
    };
    let text = blueprint_text(&file)?;
    let read = match rules::blueprint::read(&text) {
        Ok(read) => read,
        Err(errors) => {
            let lines: Vec<Value> = errors
                .iter()
                .map(|e| json!({ "line": e.line, "code": e.code, "detail": e.detail }))
                .collect();
            if json {
                print_json(&json!({ "ok": false, "errors": lines }));
            } else {
                for e in &errors {
                    println!("{}:{}: {} ({})", file.display(), e.line, e.detail, e.code);
                }
            }
            return Ok(NO);
        }
    };
    for warning in &read.warnings {
        eprintln!("{}:{}: {} ({})", file.display(), warning.line, warning.detail, warning.code);
    }
    if !apply {
        if json {
            print_json(&json!({ "ok": true, "errors": [], "warnings": read.warnings.len() }));
        } else {
            println!("{}: {} units, {} clusters: fine", read.title, read.units.len(), read.clusters.len());
        }
        return Ok(0);
    }
    let (house, opened) = open_house(args).await?;
    let desk = Desk::operator(house.now(), "cli");
    let applied = async {
        let applied = acts::apply_blueprint::apply_blueprint(&house, &desk, &read).await?;
        acts::report::open_days::open_days(&house, &desk).await?;
        Ok::<_, store::Stop>(applied)
    }
    .await;
    close(opened).await?;
    let applied = applied.map_err(in_words)?;
    say(json, &serde_json::to_value(&applied)?)
}

fn report_json(report: &VerifyReport) -> Value {
    json!({
        "ok": report.ok,
        "entries": report.entries,
        "head": report.head.as_ref().map(|h| json!({
            "seq": h.seq, "hash": h.hash, "signed_at": h.signed_at.rfc3339(&rules::Zone::default()), "key": h.key,
        })),
        "anchored": report.anchored,
        "erased": report.erased,
        "restored": report.restored.iter().map(|r| json!({ "seq": r.seq, "epoch": r.epoch })).collect::<Vec<_>>(),
        "first_bad": report.first_bad.as_ref().map(|b| json!({ "seq": b.seq, "table": b.table, "what": b.what })),
    })
}

async fn verify_store(
    args: &StoreArgs,
    head: Option<PathBuf>,
    public: Option<String>,
    json: bool,
) -> anyhow::Result<i32> {
    let places = places(args)?;
    let key = match public {
        None => None,
        Some(text) => {
            // A file with the key, or the key itself.
            let text = if Path::new(&text).exists() { read_text(Path::new(&text))? } else { text };
            Some(
                store::head::PublicKey::parse(&text)
                    .ok_or_else(|| anyhow!("--pub: this is no public key"))?,
            )
        }
    };
    let report = tokio::task::spawn_blocking(move || {
        verify::verify_store(&places.db, Some(&places.heads), head.as_deref(), key, &mut |_, _| {})
    })
    .await??;
    if json {
        print_json(&report_json(&report));
    } else if report.ok {
        let anchored =
            if report.anchored { "with a head kept outside" } else { "without a head kept outside" };
        println!("{} entries: nothing was changed ({anchored})", report.entries);
    } else if let Some(bad) = &report.first_bad {
        println!(
            "changed: {} at entry {}: {}",
            bad.table,
            bad.seq.map_or("-".to_owned(), |s| s.to_string()),
            bad.what
        );
    }
    Ok(if report.ok { 0 } else { NO })
}

async fn staff(what: cli::Staff, args: &StoreArgs) -> anyhow::Result<i32> {
    let (house, opened) = open_house(args).await?;
    let desk = Desk::operator(house.now(), "cli");
    let (done, json) = match what {
        cli::Staff::Add { login, name, role, area, json } => {
            (acts::first_admin::add_by_operator(&house, &desk, &login, &name, &role, &area).await, json)
        }
        cli::Staff::Reset { login, json } => {
            (acts::first_admin::reset_by_operator(&house, &desk, &login).await, json)
        }
    };
    close(opened).await?;
    let token = done.map_err(in_words)?;
    let path = format!("/first?token={token}");
    if json {
        print_json(&json!({ "link": path }));
    } else {
        println!("one-time link (put the server's address before it): {path}");
    }
    Ok(0)
}

async fn back_up(args: &StoreArgs, file: &Path) -> anyhow::Result<i32> {
    let places = places(args)?;
    let file = file.to_owned();
    let shown = file.clone();
    tokio::task::spawn_blocking(move || backup::backup(&places.db, &file, &mut |_, _| {})).await??;
    println!(
        "{}: written and verified; it holds health records in plain, keep it where nobody else reads",
        shown.display()
    );
    Ok(0)
}

async fn restore(args: &StoreArgs, file: &Path) -> anyhow::Result<i32> {
    let places = places(args)?;
    let place = store::head::HeadsPlace {
        dir: places.heads.clone(),
        key_file: places.key.clone(),
        data: places.data.clone(),
    };
    let (opened_clock, stamp_at) = (machine_now(), machine_now());
    let stamp = store::Stamp { at: stamp_at, actor: "operator".to_owned(), origin: "cli" };
    let (file, db) = (file.to_owned(), places.db.clone());
    let done = tokio::task::spawn_blocking(move || {
        let order = backup::Restore {
            backup: &file,
            into: &db,
            heads: &place,
            stamp,
            machine_now: opened_clock,
            chance,
            replace: true,
            even_if_bad: false,
        };
        backup::restore(&order, &mut |_, _| {})
    })
    .await??;
    if let Some(aside) = &done.moved_aside {
        println!("the store that was there is kept at {aside}");
    }
    println!(
        "restored to entry {} (epoch {}); the newest entry known was {}, what lies between is lost to this store",
        done.backup_seq, done.epoch, done.known_seq
    );
    Ok(0)
}

/// Copies a store, changes one entry's words in the copy behind the program's back, and verifies both.
pub fn tamper(db: &DbUrl, dir: &Path, heads: &Path, id: &str) -> Result<web::Tampered, StoreError> {
    let copy = dir.join(format!("tampered-{}.db", &id[..8.min(id.len())]));
    let file = |source| StoreError::File { what: "copying the store".to_owned(), source };
    if copy.exists() {
        std::fs::remove_file(&copy).map_err(file)?;
    }
    let original = verify::verify_store(db, Some(heads), None, None, &mut |_, _| {})?;
    backup::backup(db, &copy, &mut |_, _| {})?;
    let changed = backup::alter_one(&copy)?;
    let altered =
        verify::verify_store(&DbUrl::Sqlite(copy.clone()), Some(heads), None, None, &mut |_, _| {})?;
    for end in ["", "-wal", "-shm"] {
        let mut path = copy.as_os_str().to_owned();
        path.push(end);
        let _ = std::fs::remove_file(path);
    }
    let bad = altered.first_bad;
    Ok(web::Tampered {
        entries: original.entries,
        original_ok: original.ok,
        copy_ok: altered.ok,
        seq: bad.as_ref().and_then(|b| b.seq).unwrap_or(0),
        table: bad.as_ref().map(|b| b.table.clone()).unwrap_or_default(),
        what: bad.map(|b| b.what).unwrap_or_default(),
        before: changed.0.rfc3339(&rules::Zone::default()),
        after: changed.1.rfc3339(&rules::Zone::default()),
    })
}
