//! Backups and going back to one. A backup is itself a store in SQLite, whichever database it was taken from: one
//! file, made from one snapshot beside a serving process, verified after it was written.
//!
//! Going back to one is the only way to begin again from an earlier entry, and says so in the log: a `restored` entry
//! with what was known before, a new epoch, a new signed head, all sessions ended. What stood in the place before is
//! moved aside, never deleted. The signing key is in no backup.

use crate::error::StoreError;
use crate::head::{self, HeadsDir, HeadsPlace, OutsideHeads, SignedHead, Why, file, sync_dir};
use crate::log::hex;
use crate::migrate;
use crate::session;
use crate::tx::{Chain, Db, Log, PgSession, Reader, Stamp, Tx, lite_error, lite_exec};
use crate::val::Val;
use crate::verify::{Against, VerifyReport, verify, verify_store};
use crate::writer::{self, DbUrl, Engine, load_chain, read_beside};
use rules::At;
use std::collections::HashMap;
use std::fs::File;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// What one page of a copy may hold in memory, about.
const PAGE_BYTES: usize = 8 << 20;
const PAGE_ROWS_FIRST: i64 = 16;
const PAGE_ROWS_MAX: i64 = 5_000;
/// Stores moved aside in one place before somebody must tidy up.
const ASIDE_MAX: u32 = 1_000;

#[derive(Debug)]
pub struct BackupReport {
    pub entries: i64,
    pub bytes: u64,
    /// What `verify` says of the finished file. A store with a wrong row is backed up all the same.
    pub verify: VerifyReport,
}

/// Writes a backup of `from`, which another process may be serving, to the new file `to`.
pub fn backup(
    from: &DbUrl,
    to: &Path,
    progress: &mut dyn FnMut(i64, i64),
) -> Result<BackupReport, StoreError> {
    let taken =
        || StoreError::Start(format!("{} is there already: a backup overwrites nothing", to.display()));
    if to.exists() {
        return Err(taken());
    }
    let part = Part::beside(to)?;
    {
        let conn = open_bulk(&part.path)?;
        read_beside(from, |reader| copy(reader, Db::Lite(&conn), progress))?;
        migrate::migrate(Db::Lite(&conn))?;
        close_bulk(conn, &part.path)?;
    }
    let entries = read_beside(&DbUrl::Sqlite(part.path.clone()), |reader| {
        Ok(load_chain(reader)?.map_or(0, |c| c.0.seq))
    })?;
    let verify = verify_store(&DbUrl::Sqlite(part.path.clone()), None, None, None, &mut |_, _| {})?;
    if to.exists() {
        return Err(taken());
    }
    std::fs::rename(&part.path, to).map_err(file("putting the backup in its place"))?;
    sync_dir(to.parent().unwrap_or(Path::new(".")))?;
    let bytes = std::fs::metadata(to).map_err(file("reading the backup"))?.len();
    Ok(BackupReport { entries, bytes, verify })
}

/// A file that is not finished: removed again unless it is renamed.
struct Part {
    path: PathBuf,
}

impl Part {
    fn beside(to: &Path) -> Result<Part, StoreError> {
        let name =
            to.file_name().ok_or_else(|| StoreError::Start(format!("{} names no file", to.display())))?;
        let path = to.with_file_name(format!(".{}.{}.part", name.to_string_lossy(), std::process::id()));
        Part::at(path)
    }

    fn at(path: PathBuf) -> Result<Part, StoreError> {
        let part = Part { path };
        part.remove();
        File::options().write(true).create_new(true).mode(0o600).open(&part.path).map_err(|source| {
            StoreError::File { what: format!("creating {}", part.path.display()), source }
        })?;
        Ok(part)
    }

    fn remove(&self) {
        for end in ["", "-journal", "-wal", "-shm"] {
            let _ = std::fs::remove_file(with_end(&self.path, end));
        }
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        self.remove();
    }
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

/// A connection for filling a new file: nothing of it counts before it is whole.
fn open_bulk(path: &Path) -> Result<rusqlite::Connection, StoreError> {
    let conn = rusqlite::Connection::open(path).map_err(|e| lite_error("open", e))?;
    conn.execute_batch("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536;")
        .map_err(|e| lite_error("open", e))?;
    Ok(conn)
}

fn close_bulk(conn: rusqlite::Connection, path: &Path) -> Result<(), StoreError> {
    conn.execute_batch("PRAGMA journal_mode = DELETE;").map_err(|e| lite_error("close", e))?;
    conn.close().map_err(|(_, e)| lite_error("close", e))?;
    File::open(path).and_then(|file| file.sync_all()).map_err(file("making the copy durable"))
}

/// Copies every row of every table into an empty place, at the schema that the source has.
fn copy(from: &mut Reader, mut to: Db, progress: &mut dyn FnMut(i64, i64)) -> Result<(), StoreError> {
    let made_with = migrate::remembered(from)?;
    migrate::check(&made_with)?;
    match &mut to {
        Db::Lite(conn) => migrate::migrate_to(Db::Lite(conn), made_with.len())?,
        Db::Pg(session) => migrate::migrate_to(Db::Pg(session), made_with.len())?,
    }
    let tables = tables(&mut to)?;
    let mut counts = Vec::with_capacity(tables.len());
    for table in &tables {
        counts.push(count(from, &table.name)?);
    }
    let total = counts.iter().sum();
    let mut done = 0;
    begin_bulk(&mut to)?;
    for (table, expected) in tables.iter().zip(counts) {
        let copied = copy_table(from, &mut to, table, &mut |rows| {
            done += rows;
            progress(done, total);
        })?;
        if copied != expected {
            return Err(StoreError::Torn(format!("{}: {copied} rows copied of {expected}", table.name)));
        }
    }
    match to {
        Db::Lite(conn) => lite_exec(conn, "commit", "COMMIT", &[]).map(|_| ()),
        Db::Pg(session) => {
            session.flush()?;
            session.batch("COMMIT")
        }
    }
}

fn begin_bulk(to: &mut Db) -> Result<(), StoreError> {
    match to {
        Db::Lite(conn) => lite_exec(conn, "begin", "BEGIN", &[]).map(|_| ()),
        Db::Pg(session) => session.batch("BEGIN"),
    }
}

struct Table {
    name: String,
    columns: Vec<String>,
    /// The column that tells the rows apart.
    key: String,
}

/// The tables to copy, as the place they go to has them. The migrations are remembered there already.
fn tables(to: &mut Db) -> Result<Vec<Table>, StoreError> {
    let text = match to {
        Db::Lite(_) => {
            "SELECT t.name, c.name, c.pk > 0 FROM sqlite_schema t, pragma_table_info(t.name) c
             WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY t.name, c.cid"
        }
        Db::Pg(_) => {
            "SELECT c.table_name::text, c.column_name::text, k.column_name IS NOT NULL
             FROM information_schema.columns c
             LEFT JOIN information_schema.table_constraints p ON p.table_schema = c.table_schema
               AND p.table_name = c.table_name AND p.constraint_type = 'PRIMARY KEY'
             LEFT JOIN information_schema.key_column_usage k ON k.constraint_schema = p.constraint_schema
               AND k.constraint_name = p.constraint_name AND k.table_name = c.table_name AND k.column_name = c.column_name
             WHERE c.table_schema = current_schema() ORDER BY c.table_name, c.ordinal_position"
        }
    };
    let rows = match to {
        Db::Lite(conn) => Reader { db: Db::Lite(conn) }.query_text(text, &[])?,
        Db::Pg(session) => Reader { db: Db::Pg(session) }.query_text(text, &[])?,
    };
    let mut tables: Vec<Table> = Vec::new();
    for mut row in rows {
        let (name, column, is_key) = (row.text()?, row.text()?, row.flag()?);
        if tables.last().is_none_or(|table| table.name != name) {
            tables.push(Table { name, columns: Vec::new(), key: String::new() });
        }
        if let Some(table) = tables.last_mut() {
            if is_key {
                table.key.clone_from(&column);
            }
            table.columns.push(column);
        }
    }
    tables.retain(|table| table.name != "migration");
    match tables.iter().find(|table| table.key.is_empty()) {
        Some(table) => Err(StoreError::Shape(format!("{} has no key to copy by", table.name))),
        None => Ok(tables),
    }
}

fn count(from: &mut Reader, table: &str) -> Result<i64, StoreError> {
    let rows = from.query_text(&format!("SELECT COUNT(*) FROM {table}"), &[])?;
    rows.into_iter().next().map_or(Ok(0), |mut row| row.i64())
}

fn copy_table(
    from: &mut Reader,
    to: &mut Db,
    table: &Table,
    progress: &mut dyn FnMut(i64),
) -> Result<i64, StoreError> {
    let columns = table.columns.join(", ");
    let marks: Vec<String> = (1..=table.columns.len()).map(|n| format!("?{n}")).collect();
    let insert = format!("INSERT INTO {} ({columns}) VALUES ({})", table.name, marks.join(", "));
    let prepared = match to {
        Db::Lite(_) => None,
        Db::Pg(session) => Some(session.prepare_once("copy", &insert.replace('?', "$"))?),
    };
    let key = table.columns.iter().position(|column| *column == table.key).unwrap_or(0);
    let first = format!("SELECT {columns} FROM {} ORDER BY {} LIMIT ?1", table.name, table.key);
    let next =
        format!("SELECT {columns} FROM {0} WHERE {1} > ?2 ORDER BY {1} LIMIT ?1", table.name, table.key);
    let (mut last, mut limit, mut copied) = (None::<Val>, PAGE_ROWS_FIRST, 0);
    loop {
        let page = match last.take() {
            None => from.query_text(&first, &[limit.into()])?,
            Some(last) => from.query_text(&next, &[limit.into(), last])?,
        };
        let Some(end) = page.last() else { return Ok(copied) };
        last = end.vals.get(key).cloned();
        let rows = page.len();
        let bytes: usize = page.iter().flat_map(|row| &row.vals).map(size).sum();
        for row in page {
            match (&mut *to, &prepared) {
                (Db::Lite(conn), _) => lite_exec(conn, "copy", &insert, &row.vals).map(|_| ())?,
                (Db::Pg(session), Some(prepared)) => session.push_prepared("copy", prepared, row.vals)?,
                (Db::Pg(_), None) => {}
            }
        }
        // A list as it arrived may be large: what waits for PostgreSQL is sent before the next page comes.
        if let Db::Pg(session) = to {
            session.flush()?;
        }
        copied += rows as i64;
        progress(rows as i64);
        limit = i64::try_from(PAGE_BYTES / (bytes / rows).max(1)).unwrap_or(1).clamp(1, PAGE_ROWS_MAX);
    }
}

fn size(val: &Val) -> usize {
    match val {
        Val::Null | Val::I64(_) => 8,
        Val::Text(text) => 8 + text.len(),
        Val::Bytes(bytes) => 8 + bytes.len(),
    }
}

/// How to go back to a backup.
pub struct Restore<'a> {
    pub backup: &'a Path,
    pub into: &'a DbUrl,
    pub heads: &'a HeadsPlace,
    /// Who does it, by the care clock.
    pub stamp: Stamp,
    pub machine_now: At,
    pub chance: crate::Chance,
    /// Whether a store that is in the place may be moved aside.
    pub replace: bool,
    /// Whether a backup with findings may be used: some record is better than none.
    pub even_if_bad: bool,
}

#[derive(Debug)]
pub struct RestoreReport {
    pub store_id: String,
    /// The backup's last entry.
    pub backup_seq: i64,
    /// The newest entry that was known, here or outside; what lies between is lost to the store.
    pub known_seq: i64,
    pub epoch: i64,
    /// Where the store went that was in the place before.
    pub moved_aside: Option<String>,
    /// Whether a new signing key had to be made: heads under the old one can no longer be continued.
    pub new_key: bool,
    /// What `verify` says of the restored store.
    pub verify: VerifyReport,
}

/// The end of a log that somebody knows of.
#[derive(Clone, Copy)]
struct Known {
    epoch: i64,
    seq: i64,
    hash: crate::log::Hash,
}

impl std::fmt::Display for Known {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.seq, hex(&self.hash))
    }
}

/// Puts the store of a backup in the place of `into`.
///
/// # Errors
/// In words, with nothing changed: the place is taken, a process holds it, the backup is none or does not verify, the
/// signing key is missing.
pub fn restore(restore: &Restore, progress: &mut dyn FnMut(i64, i64)) -> Result<RestoreReport, StoreError> {
    let source = DbUrl::Sqlite(restore.backup.to_owned());
    let shown = restore.backup.display();
    let found = read_beside(&source, load_chain)
        .map_err(|error| StoreError::Start(format!("{shown} cannot be read as a backup: {error}")))?;
    let Some((chain, store_id)) = found else {
        return Err(StoreError::Start(format!("{shown} is no backup: it holds no log")));
    };
    let (outside, key) = OutsideHeads::find(&restore.heads.dir, &store_id)?;
    let new_key = outside.is_none() && key.is_none();
    // Of the heads outside those count that the backup should contain. The one of its very end may have been signed
    // after it was taken.
    let outside = match outside {
        None => None,
        Some(mut outside) => {
            let end = outside.heads.iter().find(|head| (head.epoch, head.seq) == (chain.epoch, chain.seq));
            if end.and_then(|head| head.entry_hash).is_some_and(|hash| hash != chain.hash) {
                return Err(StoreError::Start(format!(
                    "the backup {shown} does not end as a head outside says"
                )));
            }
            outside.heads.retain(|head| head.seq < chain.seq && head.epoch <= chain.epoch);
            Some(outside)
        }
    };
    let checked = read_beside(&source, |reader| Ok(verify(reader, &Against { outside, key }, progress)))?;
    if let Some(bad) = checked.first_bad.filter(|_| !restore.even_if_bad) {
        let seq = bad.seq.map_or(String::new(), |seq| format!(" at entry {seq}"));
        return Err(StoreError::Start(format!(
            "the backup {shown} does not verify: {}{seq} {}",
            bad.table, bad.what
        )));
    }
    let mut place = Place::take(restore.into, restore.replace)?;
    let heads = HeadsDir::open(restore.heads, &store_id, true, restore.chance)?;
    let outside =
        heads.newest()?.map(|head| Known { epoch: head.epoch, seq: head.seq, hash: head.entry_hash });
    let here = place.known.take().filter(|(_, id)| *id == store_id).map(|(known, _)| known);
    let known = [outside, here].into_iter().flatten().max_by_key(|known| (known.epoch, known.seq));
    let epoch = known.map_or(0, |known| known.epoch).max(chain.epoch) + 1;
    let known_seq = known.map_or(0, |known| known.seq);

    let mut engine = place.stage()?;
    read_beside(&source, |reader| copy(reader, engine.db(), progress))?;
    migrate::migrate(engine.db())?;
    let backup_seq = chain.seq;
    let head = begin_epoch(&mut engine, chain, epoch, known, &heads, restore)?;
    let moved_aside = place.swap(engine)?;
    heads.append(&head)?;
    drop(place);
    let verify = verify_store(restore.into, Some(&restore.heads.dir), None, None, &mut |_, _| {})?;
    Ok(RestoreReport { store_id, backup_seq, known_seq, epoch, moved_aside, new_key, verify })
}

/// The first entry after the backup's last, and the head that vouches for it, in one transaction.
fn begin_epoch(
    engine: &mut Engine,
    before: Chain,
    epoch: i64,
    known: Option<Known>,
    heads: &HeadsDir,
    restore: &Restore,
) -> Result<SignedHead, StoreError> {
    let mut log = Log {
        fresh_from: before.next_id,
        chain: before.clone(),
        streams: HashMap::new(),
        chance: restore.chance,
    };
    let backup_head = Known { epoch: before.epoch, seq: before.seq, hash: before.hash };
    let known_head = known.map_or("0".to_owned(), |known| known.to_string());
    writer::begin(engine)?;
    let mut tx = Tx::new(engine.db(), &mut log);
    tx.log.chain.epoch = epoch;
    session::end_all(&mut tx, restore.machine_now)?;
    let header = format!("backup_head={backup_head} known_head={known_head} epoch={epoch}");
    tx.log(&restore.stamp, head::STREAM, head::RESTORED, &header, "")?;
    let signed = head::sign_in(&mut tx, heads, Why::Restore, restore.machine_now)?;
    tx.flush()?;
    drop(tx);
    let Some((head, _)) = signed else {
        return Err(StoreError::Shape("a log without its last entry".to_owned()));
    };
    writer::finish(engine, &log, &before)?;
    Ok(head)
}

/// The place that a backup goes to, held against every other process until it is dropped.
struct Place<'a> {
    into: &'a DbUrl,
    held: Held,
    /// What is in the place now: the end of its log, and whose it is.
    known: Option<(Known, String)>,
}

enum Held {
    Lite { lock: Option<File>, part: Option<Part> },
    Pg { session: Option<Box<PgSession>>, there: bool },
}

impl Place<'_> {
    fn take(into: &DbUrl, replace: bool) -> Result<Place<'_>, StoreError> {
        let (held, there) = match into {
            DbUrl::Sqlite(path) => {
                let lock = writer::lock_lite(path)?;
                let there = std::fs::metadata(path).is_ok_and(|meta| meta.len() > 0);
                (Held::Lite { lock: Some(lock), part: None }, there)
            }
            DbUrl::Postgres { url, schema } => {
                let config: tokio_postgres::Config = url
                    .parse()
                    .map_err(|e| StoreError::Pg { what: "reading the address".to_owned(), source: e })?;
                let mut session = PgSession::connect(&config, schema)?;
                writer::check_settings(&mut session)?;
                writer::lock_pg(&mut session, schema)?;
                let tables = format!("SELECT COUNT(*) FROM pg_tables WHERE schemaname = '{schema}'");
                let there = Reader { db: Db::Pg(&mut session) }
                    .query_text(&tables, &[])?
                    .into_iter()
                    .next()
                    .map_or(Ok(0), |mut row| row.i64())?
                    > 0;
                (Held::Pg { session: Some(Box::new(session)), there }, there)
            }
        };
        // What cannot be read is no empty place.
        let found = if there { read_beside(into, load_chain).map_err(Some) } else { Ok(None) };
        let empty = !there || matches!(&found, Ok(Some((chain, _))) if chain.seq == 0);
        if !empty && !replace {
            let holds = match &found {
                Ok(Some((chain, _))) => format!("holds a store with {} entries", chain.seq),
                Ok(None) | Err(_) => "is not empty".to_owned(),
            };
            return Err(StoreError::Start(format!(
                "{} {holds}: name the place with --data to have it moved aside, or restore into an empty one",
                shown(into)
            )));
        }
        let known = match found {
            Ok(Some((chain, id))) if chain.seq > 0 => {
                Some((Known { epoch: chain.epoch, seq: chain.seq, hash: chain.hash }, id))
            }
            _ => None,
        };
        Ok(Place { into, held, known })
    }

    /// An empty store beside the place, to be filled.
    fn stage(&mut self) -> Result<Engine, StoreError> {
        match (&mut self.held, self.into) {
            (Held::Lite { lock, part }, DbUrl::Sqlite(path)) => {
                let made = part.insert(Part::at(with_end(path, ".restoring"))?);
                let conn = open_bulk(&made.path)?;
                let lock = lock.take().ok_or(StoreError::Stopped)?;
                Ok(Engine::Lite { conn, _lock: lock })
            }
            (Held::Pg { session, .. }, DbUrl::Postgres { schema, .. }) => {
                let mut session = session.take().ok_or(StoreError::Stopped)?;
                // What an earlier restore left unfinished is ours, and no store yet.
                session.batch(&format!(
                    "DROP SCHEMA IF EXISTS {schema}_restoring CASCADE; CREATE SCHEMA {schema}_restoring; \
                     SET search_path TO {schema}_restoring"
                ))?;
                Ok(Engine::Pg { session: *session })
            }
            _ => Err(StoreError::Stopped),
        }
    }

    /// Moves what was there aside and the filled store in its place. Returns where the old one went.
    fn swap(&mut self, engine: Engine) -> Result<Option<String>, StoreError> {
        match (&mut self.held, self.into, engine) {
            (Held::Lite { lock, part: Some(part) }, DbUrl::Sqlite(path), Engine::Lite { conn, _lock }) => {
                *lock = Some(_lock);
                close_bulk(conn, &part.path)?;
                let aside = move_aside(path)?;
                std::fs::rename(&part.path, path).map_err(file("putting the store in its place"))?;
                sync_dir(path.parent().unwrap_or(Path::new(".")))?;
                Ok(aside.map(|aside| aside.display().to_string()))
            }
            (
                Held::Pg { session: held, there },
                DbUrl::Postgres { schema, .. },
                Engine::Pg { mut session },
            ) => {
                let mut aside = None;
                let mut batch = "BEGIN; ".to_owned();
                if *there {
                    let free = free_name(|n| {
                        let name = format!("{schema}_before_{n}");
                        let text = format!("SELECT COUNT(*) FROM pg_namespace WHERE nspname = '{name}'");
                        let rows = session.query_once("restore", &text, &[])?;
                        let taken = rows.into_iter().next().map_or(Ok(0), |mut row| row.i64())? > 0;
                        Ok((!taken).then_some(name))
                    })?;
                    batch.push_str(&format!("ALTER SCHEMA {schema} RENAME TO {free}; "));
                    aside = Some(format!("schema {free}"));
                } else {
                    batch.push_str(&format!("DROP SCHEMA IF EXISTS {schema}; "));
                }
                batch.push_str(&format!("ALTER SCHEMA {schema}_restoring RENAME TO {schema}; COMMIT"));
                session.batch(&batch)?;
                *held = Some(Box::new(session));
                Ok(aside)
            }
            _ => Err(StoreError::Stopped),
        }
    }
}

fn shown(db: &DbUrl) -> String {
    match db {
        DbUrl::Sqlite(path) => path.display().to_string(),
        DbUrl::Postgres { schema, .. } => format!("schema {schema}"),
    }
}

fn free_name<T>(mut is_free: impl FnMut(u32) -> Result<Option<T>, StoreError>) -> Result<T, StoreError> {
    for n in 1..=ASIDE_MAX {
        if let Some(name) = is_free(n)? {
            return Ok(name);
        }
    }
    Err(StoreError::Start(format!("{ASIDE_MAX} stores were moved aside here already: tidy up first")))
}

/// Gives the old file another name before the place is taken, with what SQLite keeps beside it.
fn move_aside(path: &Path) -> Result<Option<PathBuf>, StoreError> {
    if !path.exists() {
        return Ok(None);
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let end = path.extension().map_or(String::new(), |end| format!(".{}", end.to_string_lossy()));
    let aside = free_name(|n| {
        let aside = path.with_file_name(format!("{stem}.before-restore-{n}{end}"));
        Ok((!aside.exists()).then_some(aside))
    })?;
    let fail =
        |source| StoreError::File { what: format!("moving the old store to {}", aside.display()), source };
    // Until the new file takes the name over, the old one has both: at no moment is there no store.
    if std::fs::hard_link(path, &aside).is_err() {
        std::fs::rename(path, &aside).map_err(fail)?;
    }
    for end in ["-wal", "-shm"] {
        let beside = with_end(path, end);
        if beside.exists() {
            std::fs::rename(&beside, with_end(&aside, end)).map_err(fail)?;
        }
    }
    sync_dir(path.parent().unwrap_or(Path::new(".")))?;
    Ok(Some(aside))
}

/// Changes one entry of a copy as an insider with the file in hand would: the guards are dropped first, then the
/// newest entry about a person is dated an hour earlier. For the demonstration that this does not go unseen; returns
/// the moment that stood there and the one that stands there now.
///
/// # Errors
/// When the file is no store, or holds no entry.
pub fn alter_one(copy: &Path) -> Result<(At, At), StoreError> {
    const EARLIER: i64 = 3_600_000;
    let fail = |e| crate::tx::lite_error("altering the copy", e);
    let conn = rusqlite::Connection::open(copy).map_err(fail)?;
    conn.execute_batch("DROP TRIGGER IF EXISTS entry_no_update").map_err(fail)?;
    let (seq, at): (i64, i64) = conn
        .query_row(
            "SELECT seq, at FROM entry WHERE stream LIKE 'episode:%' OR stream LIKE 'household:%' ORDER BY seq DESC LIMIT 1",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .map_err(fail)?;
    conn.execute("UPDATE entry SET at = ?2 WHERE seq = ?1", [seq, at - EARLIER]).map_err(fail)?;
    Ok((At(at), At(at - EARLIER)))
}
