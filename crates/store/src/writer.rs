//! One writer, group commit: whatever is queued while the last sync ran becomes one transaction, is made durable
//! once, and only then is anybody answered (invariant 3; trust.md, "The commit").

use crate::error::{Stop, StoreError};
use crate::log::Frontier;
use crate::migrate;
use crate::stmt::stmt;
use crate::tx::{Chain, Db, Log, PgSession, Reader, Tx, lite_error};
use crate::val::Val;
use std::any::Any;
use std::collections::HashMap;
use std::os::unix::fs::OpenOptionsExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot, watch};

/// Writes that may wait; one more is answered 503.
pub const WRITE_QUEUE_MAX: usize = 4_096;
/// Writes that share one sync.
const BATCH_MAX: usize = 512;
/// Reads that may wait; one more is answered 503.
const READ_QUEUE_MAX: usize = 4_096;
const STATEMENT_CACHE: usize = 512;
/// How long PostgreSQL may take to notice that the process before us is gone.
const LOCK_WAIT_SECONDS: u32 = 3;

stmt! {
    HEAD = "SELECT seq, hash, next_id, epoch, frontier FROM head WHERE id = 1";
    HEAD_FIRST = "INSERT INTO head (id, seq, hash, next_id, epoch, frontier) VALUES (1, ?1, ?2, ?3, ?4, ?5)";
    HEAD_MOVE = "UPDATE head SET seq = ?2, hash = ?3, next_id = ?4, epoch = ?5, frontier = ?6 WHERE id = 1 AND seq = ?1 RETURNING seq";
    META_GET = "SELECT value FROM meta WHERE name = ?1";
    META_SET = "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
}

/// Where a store is.
#[derive(Clone, Debug, PartialEq)]
pub enum DbUrl {
    Sqlite(PathBuf),
    Postgres { url: String, schema: String },
}

impl DbUrl {
    /// Reads `sqlite:PATH` or `postgres://…?schema=NAME` (default schema `keben`).
    pub fn parse(text: &str) -> Result<DbUrl, String> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            return if path.is_empty() {
                Err("sqlite: needs a path".to_owned())
            } else {
                Ok(DbUrl::Sqlite(path.into()))
            };
        }
        if !(text.starts_with("postgres://") || text.starts_with("postgresql://")) {
            return Err(format!("{text:?} is neither sqlite:PATH nor postgres://…"));
        }
        let (base, query) = text.split_once('?').unwrap_or((text, ""));
        let mut schema = "keben".to_owned();
        let mut rest = Vec::new();
        for pair in query.split('&').filter(|p| !p.is_empty()) {
            match pair.split_once('=') {
                Some(("schema", name)) => name.clone_into(&mut schema),
                _ => rest.push(pair),
            }
        }
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if schema.is_empty()
            || schema.len() > 40
            || !schema.chars().all(plain)
            || schema.starts_with(|c: char| c.is_ascii_digit())
        {
            return Err(format!("schema {schema:?}: use a-z, 0-9 and _, at most 40"));
        }
        let url = if rest.is_empty() { base.to_owned() } else { format!("{base}?{}", rest.join("&")) };
        Ok(DbUrl::Postgres { url, schema })
    }
}

/// How to open a store.
pub struct Open {
    pub db: DbUrl,
    pub chance: crate::Chance,
    /// Threads that answer questions.
    pub readers: usize,
}

/// What a closure made, on its way back to whoever gave it. One type for all of them: what the writer and the readers
/// do around a closure is compiled once, not once for each.
type Out = Box<dyn Any + Send>;

fn unpacked<T: 'static>(out: Out) -> Result<T, StoreError> {
    let typed = out.downcast::<T>().map_err(|_| StoreError::Shape("an answer of another type".to_owned()))?;
    Ok(*typed)
}

type Act = dyn FnMut(&mut Tx) -> Result<Out, Stop> + Send;

struct Job {
    act: Box<Act>,
    out: Option<Out>,
    reply: oneshot::Sender<Result<Out, Stop>>,
}

impl Job {
    fn run(&mut self, tx: &mut Tx) -> Result<(), Stop> {
        self.out = Some((self.act)(tx)?);
        Ok(())
    }

    fn answer(self, stopped: Option<Stop>) {
        let answer = match (stopped, self.out) {
            (Some(stop), _) => Err(stop),
            (None, Some(out)) => Ok(out),
            (None, None) => Err(StoreError::Stopped.into()),
        };
        // Whoever asked may have gone; what is committed stays committed.
        let _ = self.reply.send(answer);
    }
}

type Ask = dyn FnOnce(&mut Reader) -> Result<Out, StoreError> + Send;
/// A question by whoever waits for the answer in the same thread.
type AskHere<'a> = dyn FnOnce(&mut Reader) -> Result<Out, StoreError> + 'a;

struct Question {
    ask: Box<Ask>,
    reply: oneshot::Sender<Result<Out, StoreError>>,
}

enum ReadConn {
    Lite(rusqlite::Connection),
    Pg(PgSession),
}

/// An open store. Dropping the last handle ends the writer after what is queued.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    jobs: Mutex<Option<mpsc::Sender<Job>>>,
    questions: std::sync::mpsc::SyncSender<Question>,
    committed: watch::Receiver<i64>,
    db: DbUrl,
    id: String,
    new: bool,
    writer: Mutex<Option<std::thread::JoinHandle<()>>>,
}

impl Store {
    /// Opens (and if need be creates) a store, as the one active process of it.
    ///
    /// # Errors
    /// [`StoreError::Start`] in words for the operator: held by another process, unsafe settings, newer schema.
    pub fn open(open: Open) -> Result<Store, StoreError> {
        let (jobs, inbox) = mpsc::channel(WRITE_QUEUE_MAX);
        let (committed_tx, committed) = watch::channel(0);
        let (ready_tx, ready) = std::sync::mpsc::sync_channel(1);
        let db = open.db.clone();
        let chance = open.chance;
        let writer = std::thread::Builder::new()
            .name("writer".to_owned())
            .spawn(move || match start(&db, chance) {
                Ok((engine, log, id, new)) => {
                    let seq = log.chain.seq;
                    let _ = committed_tx.send(seq);
                    let _ = ready_tx.send(Ok((id, new)));
                    write_loop(engine, log, inbox, &committed_tx);
                }
                Err(error) => {
                    let _ = ready_tx.send(Err(error));
                }
            })
            .map_err(|source| StoreError::File { what: "starting the writer".to_owned(), source })?;
        let (id, new) = ready.recv().map_err(|_| StoreError::Stopped)??;
        let questions = start_readers(&open.db, open.readers.max(1))?;
        Ok(Store {
            inner: Arc::new(Inner {
                jobs: Mutex::new(Some(jobs)),
                questions,
                committed,
                db: open.db,
                id,
                new,
                writer: Mutex::new(Some(writer)),
            }),
        })
    }

    /// The store's own id, made once; `heads.log` and the signing key are kept under it.
    pub fn id(&self) -> &str {
        &self.inner.id
    }

    /// Whether this opening created the store.
    pub fn is_new(&self) -> bool {
        self.inner.new
    }

    pub fn db(&self) -> &DbUrl {
        &self.inner.db
    }

    /// The seq of the newest durable entry; changes after each commit.
    pub fn committed(&self) -> watch::Receiver<i64> {
        self.inner.committed.clone()
    }

    /// Runs `act` in a transaction and answers when it is on the disk. `act` may run more than once, so ids,
    /// times and chance are made before it.
    pub async fn write<T, F>(&self, act: F) -> Result<T, Stop>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx) -> Result<T, Stop> + Send + 'static,
    {
        let mut act = act;
        unpacked(self.written(Box::new(move |tx| Ok(Box::new(act(tx)?) as Out))).await?).map_err(Stop::Store)
    }

    async fn written(&self, act: Box<Act>) -> Result<Out, Stop> {
        let (reply, answer) = oneshot::channel();
        let sender = match self.inner.jobs.lock() {
            Ok(jobs) => jobs.clone(),
            Err(_) => None,
        };
        let sender = sender.ok_or(StoreError::Stopped)?;
        sender.try_send(Job { act, out: None, reply }).map_err(|e| match e {
            mpsc::error::TrySendError::Full(_) => StoreError::Busy,
            mpsc::error::TrySendError::Closed(_) => StoreError::Stopped,
        })?;
        answer.await.map_err(|_| Stop::Store(StoreError::Stopped))?
    }

    /// Asks the store; everything asked in one closure sees one state. Never waits for a write.
    pub async fn read<T, F>(&self, ask: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Reader) -> Result<T, StoreError> + Send + 'static,
    {
        unpacked(self.asked(Box::new(move |reader| Ok(Box::new(ask(reader)?) as Out))).await?)
    }

    async fn asked(&self, ask: Box<Ask>) -> Result<Out, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.inner.questions.try_send(Question { ask, reply }).map_err(|e| match e {
            std::sync::mpsc::TrySendError::Full(_) => StoreError::Busy,
            std::sync::mpsc::TrySendError::Disconnected(_) => StoreError::Stopped,
        })?;
        answer.await.map_err(|_| StoreError::Stopped)?
    }

    /// Ends the writer after what is queued and waits for it.
    pub fn close(&self) {
        if let Ok(mut jobs) = self.inner.jobs.lock() {
            jobs.take();
        }
        let handle = self.inner.writer.lock().ok().and_then(|mut w| w.take());
        if let Some(handle) = handle {
            // A writer that panicked has said so already.
            let _ = handle.join();
        }
    }
}

/// A word about the store itself (its id, its mode, the training clock); not part of the record.
pub fn meta_get(reader: &mut Reader, name: &str) -> Result<Option<String>, StoreError> {
    reader.one(&META_GET, &[name.into()])?.map(|mut row| row.text()).transpose()
}

pub fn meta_set(tx: &mut Tx, name: &str, value: &str) -> Result<(), StoreError> {
    tx.exec(&META_SET, &[name.into(), value.into()]).map(|_| ())
}

/// Answers questions from a store that another process may hold: for `verify`, `export` and `backup`.
pub fn read_beside<T>(
    db: &DbUrl,
    ask: impl FnOnce(&mut Reader) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    if let DbUrl::Sqlite(path) = db
        && !path.exists()
    {
        return Err(StoreError::Start(format!("there is no store at {}", path.display())));
    }
    let mut found = None;
    let ask = |reader: &mut Reader| {
        found = Some(ask(reader)?);
        Ok(Box::new(()) as Out)
    };
    in_snapshot(&mut open_reader(db), Box::new(ask))?;
    found.ok_or(StoreError::Stopped)
}

fn in_snapshot(conn: &mut Result<ReadConn, StoreError>, ask: Box<AskHere<'_>>) -> Result<Out, StoreError> {
    let conn = match conn {
        Ok(conn) => conn,
        Err(error) => return Err(StoreError::Start(error.to_string())),
    };
    let ran = catch_unwind(AssertUnwindSafe(|| match conn {
        ReadConn::Lite(conn) => {
            conn.execute_batch("BEGIN").map_err(|e| lite_error("begin", e))?;
            let answer = ask(&mut Reader { db: Db::Lite(conn) });
            conn.execute_batch("COMMIT").map_err(|e| lite_error("commit", e))?;
            answer
        }
        ReadConn::Pg(session) => {
            session.batch("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
            let answer = ask(&mut Reader { db: Db::Pg(session) });
            session.batch(if answer.is_ok() { "COMMIT" } else { "ROLLBACK" })?;
            answer
        }
    }));
    ran.unwrap_or_else(|_| {
        if let ReadConn::Lite(conn) = conn
            && !conn.is_autocommit()
        {
            let _ = conn.execute_batch("ROLLBACK");
        }
        Err(StoreError::Panicked)
    })
}

fn start_readers(db: &DbUrl, count: usize) -> Result<std::sync::mpsc::SyncSender<Question>, StoreError> {
    let (sender, receiver) = std::sync::mpsc::sync_channel::<Question>(READ_QUEUE_MAX);
    let receiver = Arc::new(Mutex::new(receiver));
    for n in 0..count {
        let (receiver, db) = (receiver.clone(), db.clone());
        std::thread::Builder::new()
            .name(format!("reader-{n}"))
            .spawn(move || {
                let mut conn = open_reader(&db);
                loop {
                    let question = match receiver.lock() {
                        Ok(receiver) => receiver.recv(),
                        Err(_) => break,
                    };
                    let Ok(question) = question else { break };
                    let lost = match &conn {
                        Ok(ReadConn::Pg(session)) => session.is_closed(),
                        Ok(ReadConn::Lite(_)) => false,
                        Err(_) => true,
                    };
                    if lost {
                        conn = open_reader(&db);
                    }
                    // Whoever asked may have gone.
                    let _ = question.reply.send(in_snapshot(&mut conn, question.ask));
                }
            })
            .map_err(|source| StoreError::File { what: "starting a reader".to_owned(), source })?;
    }
    Ok(sender)
}

fn open_reader(db: &DbUrl) -> Result<ReadConn, StoreError> {
    match db {
        DbUrl::Sqlite(path) => {
            let conn = open_lite(path)?;
            conn.execute_batch(
                "PRAGMA query_only = 1; PRAGMA busy_timeout = 5000; PRAGMA cache_size = -16384;",
            )
            .map_err(|e| lite_error("open", e))?;
            Ok(ReadConn::Lite(conn))
        }
        DbUrl::Postgres { url, schema } => {
            let config: tokio_postgres::Config = url
                .parse()
                .map_err(|e| StoreError::Pg { what: "reading the address".to_owned(), source: e })?;
            PgSession::connect(&config, schema).map(ReadConn::Pg)
        }
    }
}

/// The one connection that writes.
pub(crate) enum Engine {
    Lite { conn: rusqlite::Connection, _lock: std::fs::File },
    Pg { session: PgSession },
}

impl Engine {
    pub(crate) fn db(&mut self) -> Db<'_> {
        match self {
            Engine::Lite { conn, .. } => Db::Lite(conn),
            Engine::Pg { session } => Db::Pg(session),
        }
    }
}

type Started = (Engine, Log, String, bool);

fn start(db: &DbUrl, chance: crate::Chance) -> Result<Started, StoreError> {
    let mut engine = match db {
        DbUrl::Sqlite(path) => start_lite(path)?,
        DbUrl::Postgres { url, schema } => start_pg(url, schema)?,
    };
    migrate::migrate(engine.db())?;
    if let (Engine::Pg { session }, DbUrl::Postgres { schema, .. }) = (&mut engine, db) {
        migrate::use_app_role(session, schema)?;
    }
    let mut log = Log { chain: Chain::empty(), fresh_from: 1, streams: HashMap::new(), chance };
    let found = load_chain(&mut Reader { db: engine.db() })?;
    let new = found.is_none();
    let id = match found {
        Some((chain, id)) => {
            log.chain = chain;
            id
        }
        None => {
            let mut bytes = [0u8; 16];
            chance(&mut bytes);
            let id = crate::log::hex(&bytes);
            begin(&mut engine)?;
            let mut tx = Tx::new(engine.db(), &mut log);
            let chain = Chain::empty();
            tx.exec(
                &HEAD_FIRST,
                &[
                    chain.seq.into(),
                    chain.hash.to_vec().into(),
                    chain.next_id.into(),
                    chain.epoch.into(),
                    chain.frontier.to_bytes().into(),
                ],
            )?;
            meta_set(&mut tx, "store_id", &id)?;
            match &mut engine {
                Engine::Lite { conn, .. } => {
                    conn.execute_batch("COMMIT").map_err(|e| lite_error("commit", e))?
                }
                Engine::Pg { session } => session.batch("COMMIT")?,
            }
            id
        }
    };
    Ok((engine, log, id, new))
}

/// The end of the log as the store has it, and the store's id; `None` where no log was begun.
pub(crate) fn load_chain(reader: &mut Reader) -> Result<Option<(Chain, String)>, StoreError> {
    let Some(mut row) = reader.one(&HEAD, &[])? else { return Ok(None) };
    let (seq, hash, next_id, epoch, frontier) =
        (row.i64()?, row.bytes()?, row.i64()?, row.i64()?, row.bytes()?);
    let torn = || StoreError::Start("the head of the log is damaged; run keben verify".to_owned());
    let chain = Chain {
        seq,
        hash: hash.try_into().map_err(|_| torn())?,
        next_id,
        epoch,
        frontier: Frontier::from_bytes(&frontier).ok_or_else(torn)?,
    };
    Ok(Some((chain, meta_get(reader, "store_id")?.ok_or_else(torn)?)))
}

/// How long a store that somebody holds is waited for, and how often it is looked at meanwhile.
const LOCK_WAIT: Duration = Duration::from_millis(500);
const LOCK_LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Takes the place of the one active process of the store at `path`, until the file is dropped.
pub(crate) fn lock_lite(path: &Path) -> Result<std::fs::File, StoreError> {
    let file = |what: &str| {
        let what = what.to_owned();
        move |source| StoreError::File { what, source }
    };
    if let Some(dir) = path.parent().filter(|d| !d.as_os_str().is_empty()) {
        std::fs::create_dir_all(dir).map_err(file("creating the data directory"))?;
    }
    let mut lock_path = path.as_os_str().to_owned();
    lock_path.push(".lock");
    let lock = std::fs::File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(lock_path)
        .map_err(file("opening the lock file"))?;
    // A program that is just ending, or a child of it that has not yet become another program, lets go in a moment.
    let until = Instant::now() + LOCK_WAIT;
    while lock.try_lock().is_err() {
        if Instant::now() >= until {
            return Err(StoreError::Start(format!(
                "another process holds the store at {}; stop it first",
                path.display()
            )));
        }
        std::thread::sleep(LOCK_LOOK_AGAIN);
    }
    Ok(lock)
}

/// A connection that plans each statement once, whatever is bound to it: otherwise those with a bound LIKE or range are
/// parsed and planned again at each new value, which was a quarter of a registration.
fn open_lite(path: &Path) -> Result<rusqlite::Connection, StoreError> {
    let conn = rusqlite::Connection::open(path).map_err(|e| lite_error("open", e))?;
    conn.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
    conn.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .map_err(|e| lite_error("open", e))?;
    Ok(conn)
}

fn start_lite(path: &Path) -> Result<Engine, StoreError> {
    let lock = lock_lite(path)?;
    // Its first opening makes the file, for its owner alone; the log beside it takes over the rights.
    std::fs::File::options()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
        .map_err(|source| StoreError::File { what: format!("opening {}", path.display()), source })?;
    let conn = open_lite(path)?;
    let fail = |e| lite_error("pragma", e);
    // A checkpoint every 16 MiB: a page that many writes touch goes home once, and a start after a crash stays short.
    conn.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536; PRAGMA busy_timeout = 5000; \
         PRAGMA secure_delete = ON; PRAGMA foreign_keys = ON; PRAGMA journal_size_limit = 67108864; \
         PRAGMA temp_store = MEMORY; \
         PRAGMA wal_autocheckpoint = 4000;",
    )
    .map_err(fail)?;
    let mode: String = conn.query_row("PRAGMA journal_mode", [], |r| r.get(0)).map_err(fail)?;
    let sync: i64 = conn.query_row("PRAGMA synchronous", [], |r| r.get(0)).map_err(fail)?;
    if mode != "wal" || sync < 2 {
        return Err(StoreError::Start(format!(
            "SQLite would not keep what it acknowledges (journal_mode {mode}, synchronous {sync})"
        )));
    }
    Ok(Engine::Lite { conn, _lock: lock })
}

fn start_pg(url: &str, schema: &str) -> Result<Engine, StoreError> {
    let config: tokio_postgres::Config =
        url.parse().map_err(|e| StoreError::Pg { what: "reading the address".to_owned(), source: e })?;
    let mut session = PgSession::connect(&config, schema)?;
    check_settings(&mut session)?;
    session.batch(&format!("CREATE SCHEMA IF NOT EXISTS {schema}"))?;
    lock_pg(&mut session, schema)?;
    Ok(Engine::Pg { session })
}

/// A server that answers before it has synced is refused.
pub(crate) fn check_settings(session: &mut PgSession) -> Result<(), StoreError> {
    for setting in ["fsync", "full_page_writes", "synchronous_commit"] {
        let rows = session.query_once("settings", &format!("SHOW {setting}"), &[])?;
        let value = rows.into_iter().next().map(|mut r| r.text()).transpose()?.unwrap_or_default();
        if value == "off" {
            return Err(StoreError::Start(format!(
                "PostgreSQL has {setting} = off: it would lose what it acknowledges"
            )));
        }
    }
    Ok(())
}

/// Takes the place of the one active process. A process that was just killed is given a moment to be noticed.
pub(crate) fn lock_pg(session: &mut PgSession, schema: &str) -> Result<(), StoreError> {
    let lock = format!(
        "SET lock_timeout = '{LOCK_WAIT_SECONDS}s'; SELECT pg_advisory_lock(hashtextextended('keben:{schema}', 0)); \
         SET lock_timeout = '30s'"
    );
    match session.batch(&lock) {
        Err(StoreError::Pg { source, .. })
            if source.code() == Some(&tokio_postgres::error::SqlState::LOCK_NOT_AVAILABLE) =>
        {
            Err(StoreError::Start(format!(
                "another process holds the store in schema {schema}; stop it first"
            )))
        }
        answer => answer,
    }
}

fn write_loop(
    mut engine: Engine,
    mut log: Log,
    mut inbox: mpsc::Receiver<Job>,
    committed: &watch::Sender<i64>,
) {
    while let Some(first) = inbox.blocking_recv() {
        let mut jobs = vec![first];
        while jobs.len() < BATCH_MAX {
            match inbox.try_recv() {
                Ok(job) => jobs.push(job),
                Err(_) => break,
            }
        }
        let outcomes = run_batch(&mut engine, &mut log, &mut jobs);
        let _ = committed.send_if_modified(|seq| std::mem::replace(seq, log.chain.seq) != log.chain.seq);
        for (job, outcome) in jobs.into_iter().zip(outcomes) {
            job.answer(outcome);
        }
    }
}

/// Runs the jobs in one transaction and returns, job by job, why it stopped (`None`: committed).
fn run_batch(engine: &mut Engine, log: &mut Log, jobs: &mut [Job]) -> Vec<Option<Stop>> {
    let before = log.chain.clone();
    log.fresh_from = before.next_id;
    let ran = match run_optimistic(engine, log, jobs, &before) {
        Ok(outcomes) => Ok(outcomes),
        Err(_) => {
            forget(log, &before);
            run_guarded(engine, log, jobs, &before)
        }
    };
    match ran {
        Ok(outcomes) => outcomes,
        Err(error) => {
            forget(log, &before);
            if rollback(engine).is_err() {
                give_up(&error);
            }
            tracing::error!(%error, "a batch of writes was not taken");
            let full = matches!(error, StoreError::Full);
            let text = error.to_string();
            jobs.iter()
                .map(|_| {
                    Some(Stop::Store(if full { StoreError::Full } else { StoreError::Torn(text.clone()) }))
                })
                .collect()
        }
    }
}

fn forget(log: &mut Log, before: &Chain) {
    log.chain = before.clone();
    log.forget_streams();
}

fn rollback(engine: &mut Engine) -> Result<(), StoreError> {
    match engine {
        Engine::Lite { conn, .. } if conn.is_autocommit() => Ok(()),
        Engine::Lite { conn, .. } => conn.execute_batch("ROLLBACK").map_err(|e| lite_error("rollback", e)),
        Engine::Pg { session } => {
            session.drop_queue();
            session.batch("ROLLBACK")
        }
    }
}

/// Nobody may be answered when it is unknown whether the disk has it: the process ends, and the retry with the
/// same key finds out.
fn give_up(error: &StoreError) -> ! {
    tracing::error!(%error, "the outcome of a commit is unknown: stopping at once");
    std::process::abort()
}

pub(crate) fn begin(engine: &mut Engine) -> Result<(), StoreError> {
    match engine {
        Engine::Lite { conn, .. } => crate::tx::lite_exec(conn, "begin", "BEGIN IMMEDIATE", &[]).map(|_| ()),
        Engine::Pg { session } => session.batch("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"),
    }
}

/// Every job in a savepoint of its own: one that stops takes nothing with it.
fn run_guarded(
    engine: &mut Engine,
    log: &mut Log,
    jobs: &mut [Job],
    before: &Chain,
) -> Result<Vec<Option<Stop>>, StoreError> {
    begin(engine)?;
    let mut outcomes = Vec::with_capacity(jobs.len());
    for job in jobs.iter_mut() {
        let start = log.chain.clone();
        savepoint(engine, "SAVEPOINT job")?;
        let mut stopped = run_job(engine, log, job, true).err().map(|(stop, _)| stop);
        if let Engine::Lite { conn, .. } = engine
            && conn.is_autocommit()
        {
            // SQLite rolled the whole transaction back by itself: the disk is full.
            return Err(StoreError::Full);
        }
        if stopped.is_none() {
            // PostgreSQL refuses here what a question that failed has spoilt, however the act took it.
            stopped = savepoint(engine, "RELEASE SAVEPOINT job").err().map(Stop::Store);
        }
        if stopped.is_some() {
            if let Engine::Pg { session } = engine {
                session.drop_queue();
            }
            savepoint(engine, "ROLLBACK TO SAVEPOINT job")?;
            forget(log, &start);
            savepoint(engine, "RELEASE SAVEPOINT job")?;
        }
        outcomes.push(stopped);
    }
    finish(engine, log, before)?;
    Ok(outcomes)
}

/// No savepoints, for each of which SQLite copies every page that is changed, and with PostgreSQL no waiting in
/// between. Any failure, or a refusal after a write, means another way: everything is taken back and run guarded.
fn run_optimistic(
    engine: &mut Engine,
    log: &mut Log,
    jobs: &mut [Job],
    before: &Chain,
) -> Result<Vec<Option<Stop>>, StoreError> {
    begin(engine)?;
    let mut outcomes = Vec::with_capacity(jobs.len());
    let mut failed = false;
    for job in jobs.iter_mut() {
        let next_id = log.chain.next_id;
        match run_job(engine, log, job, false) {
            Ok(()) => outcomes.push(None),
            Err((Stop::Refused(refusal), false)) => {
                log.chain.next_id = next_id;
                outcomes.push(Some(Stop::Refused(refusal)));
            }
            Err(_) => failed = true,
        }
        // SQLite rolled the whole transaction back by itself: what came next would be kept piece by piece.
        failed = failed || matches!(engine, Engine::Lite { conn, .. } if conn.is_autocommit());
        if failed {
            break;
        }
    }
    if let Engine::Pg { session } = engine {
        failed = failed || session.flush().is_err();
    }
    if failed {
        rollback(engine)?;
        return Err(StoreError::Torn("run again one by one".to_owned()));
    }
    match finish(engine, log, before) {
        Ok(()) => Ok(outcomes),
        Err(error) => {
            rollback(engine)?;
            Err(error)
        }
    }
}

fn savepoint(engine: &mut Engine, text: &'static str) -> Result<(), StoreError> {
    match engine {
        Engine::Lite { conn, .. } => crate::tx::lite_exec(conn, text, text, &[]).map(|_| ()),
        Engine::Pg { session } => session.batch(text),
    }
}

/// Runs one job; on a stop also says whether it had already written something.
fn run_job(engine: &mut Engine, log: &mut Log, job: &mut Job, settle: bool) -> Result<(), Stopped> {
    let mut tx = Tx::new(engine.db(), log);
    let ran = catch_unwind(AssertUnwindSafe(|| job.run(&mut tx)));
    let dirty = tx.dirty;
    let outcome = match ran {
        Err(_) => Err(Stop::Store(StoreError::Panicked)),
        Ok(Err(stop)) => Err(stop),
        Ok(Ok(())) if tx.failed => {
            Err(Stop::Store(StoreError::Torn("the act went on after a write that failed".to_owned())))
        }
        Ok(Ok(())) if !tx.images.is_empty() => {
            let tables: Vec<&str> = tx.images.iter().map(|i| i.table.as_str()).collect();
            Err(Stop::Store(StoreError::Shape(format!("changed without an entry: {}", tables.join(", ")))))
        }
        Ok(Ok(())) if settle => tx.flush().map_err(Stop::Store),
        Ok(Ok(())) => Ok(()),
    };
    if let Err(Stop::Store(error)) = &outcome {
        tracing::error!(%error, "a write failed");
    }
    outcome.map_err(|stop| (stop, dirty))
}

type Stopped = (Stop, bool);

/// Moves the head and commits. After this returns `Ok`, the batch is on the disk.
pub(crate) fn finish(engine: &mut Engine, log: &Log, before: &Chain) -> Result<(), StoreError> {
    let chain = &log.chain;
    if chain.seq != before.seq || chain.next_id != before.next_id || chain.epoch != before.epoch {
        let params: Vec<Val> = vec![
            before.seq.into(),
            chain.seq.into(),
            chain.hash.to_vec().into(),
            chain.next_id.into(),
            chain.epoch.into(),
            chain.frontier.to_bytes().into(),
        ];
        // PostgreSQL answers a COMMIT of a failed transaction without error: this answer must come first.
        let moved = Reader { db: engine.db() }.query(&HEAD_MOVE, &params)?;
        if moved.len() != 1 {
            return Err(StoreError::Torn("the head of the log moved by another hand".to_owned()));
        }
    } else if let Engine::Pg { session } = engine {
        // Nothing was logged, so nothing has asked yet whether the transaction still stands.
        session.batch("SELECT 1")?;
    }
    match engine {
        Engine::Lite { conn, .. } => match crate::tx::lite_exec(conn, "commit", "COMMIT", &[]) {
            Ok(_) => Ok(()),
            // A full disk refuses before the commit record is complete: nothing of it is there.
            Err(StoreError::Full) => Err(StoreError::Full),
            Err(error) => give_up(&error),
        },
        Engine::Pg { session } => match session.batch("COMMIT") {
            Ok(()) => Ok(()),
            Err(error) => give_up(&error),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::{Connection, StatementStatus};

    /// How often a statement was planned again while other values were bound to it.
    fn planned_again(conn: &Connection) -> i32 {
        conn.execute_batch("CREATE TABLE t (name TEXT PRIMARY KEY)").unwrap();
        let mut statement = conn.prepare("SELECT COUNT(*) FROM t WHERE name LIKE ?1").unwrap();
        for pattern in ["a%", "b%", "%c"] {
            assert_eq!(statement.query_row([pattern], |row| row.get::<_, i64>(0)).unwrap(), 0);
        }
        statement.get_status(StatementStatus::RePrepare)
    }

    #[test]
    fn a_statement_is_planned_once_whatever_is_bound() {
        let path = std::env::temp_dir().join(format!("keben-plan-{}.db", std::process::id()));
        let _ = std::fs::remove_file(&path);
        assert_eq!(planned_again(&open_lite(&path).unwrap()), 0);
        assert!(planned_again(&Connection::open_in_memory().unwrap()) > 0, "SQLite as it comes does");
        std::fs::remove_file(&path).unwrap();
    }
}
