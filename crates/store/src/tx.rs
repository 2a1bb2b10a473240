//! A transaction over either database. This file alone knows which one it is.
//!
//! [`Reader`] asks; [`Tx`] also changes, and turns every change of a noun into an after-image that the next
//! [`Tx::log`] seals. A job that changed a noun and logged nothing is refused by the writer.

use crate::error::StoreError;
use crate::log::{Entry, Frontier, GENESIS, Hash, Image, commitment, encode_content};
use crate::stmt::{Noun, Stmt, stmt};
use crate::val::{Row, Val};
use rules::At;
use std::collections::HashMap;
use std::ops::{Deref, DerefMut};

/// Streams whose last number is remembered between jobs.
const STREAM_CACHE_MAX: usize = 100_000;
/// Deferred PostgreSQL statements before they are sent on.
const PIPELINE_MAX: usize = 4_096;

pub(crate) enum Db<'a> {
    Lite(&'a rusqlite::Connection),
    Pg(&'a mut PgSession),
}

/// Questions to the store.
pub struct Reader<'a> {
    pub(crate) db: Db<'a>,
}

impl Reader<'_> {
    /// Runs a query and returns all its rows; every list says its own LIMIT.
    pub fn query(&mut self, stmt: &'static Stmt, params: &[Val]) -> Result<Vec<Row>, StoreError> {
        match &mut self.db {
            Db::Lite(conn) => lite_query(conn, stmt.name, stmt.lite(), params),
            Db::Pg(session) => session.query(stmt.name, stmt.pg(), params),
        }
    }

    /// The first row of a query, if there is one.
    pub fn one(&mut self, stmt: &'static Stmt, params: &[Val]) -> Result<Option<Row>, StoreError> {
        Ok(self.query(stmt, params)?.into_iter().next())
    }

    /// Whole rows of a noun, by a `select!`.
    pub fn rows<T: crate::val::FromRow>(
        &mut self,
        stmt: &'static Stmt,
        params: &[Val],
    ) -> Result<Vec<T>, StoreError> {
        self.query(stmt, params)?.iter_mut().map(T::from_row).collect()
    }

    /// The first whole row of a noun.
    pub fn row<T: crate::val::FromRow>(
        &mut self,
        stmt: &'static Stmt,
        params: &[Val],
    ) -> Result<Option<T>, StoreError> {
        self.one(stmt, params)?.as_mut().map(T::from_row).transpose()
    }

    /// The single number that a query answers; 0 when it answers no row or NULL.
    pub fn number(&mut self, stmt: &'static Stmt, params: &[Val]) -> Result<i64, StoreError> {
        match self.one(stmt, params)? {
            Some(mut row) => Ok(row.opt_i64()?.unwrap_or(0)),
            None => Ok(0),
        }
    }

    /// Runs a text that is no static: for `verify`, which builds one SELECT per noun from its declared columns.
    pub(crate) fn query_text(&mut self, text: &str, params: &[Val]) -> Result<Vec<Row>, StoreError> {
        match &mut self.db {
            Db::Lite(conn) => lite_query(conn, "verify", text, params),
            Db::Pg(session) => session.query_once("verify", &text.replace('?', "$"), params),
        }
    }

    pub(crate) fn is_sqlite(&self) -> bool {
        matches!(self.db, Db::Lite(_))
    }

    /// Prepares a statement without running it and returns its number of columns.
    pub fn prepare(&mut self, stmt: &'static Stmt) -> Result<usize, StoreError> {
        match &mut self.db {
            Db::Lite(conn) => {
                let prepared = conn.prepare(stmt.lite()).map_err(|e| lite_error(stmt.name, e))?;
                Ok(prepared.column_count())
            }
            Db::Pg(session) => session.prepare(stmt.name, stmt.pg()).map(|s| s.columns().len()),
        }
    }
}

/// Who did it, when by the care clock, and from where; it goes into every entry.
#[derive(Clone, Debug)]
pub struct Stamp {
    pub at: At,
    /// `staff:12`, `clock`, `import:5` …: an id, never a name.
    pub actor: String,
    /// `web`, `api`, `cli`, `import`, `clock`, `demo`.
    pub origin: &'static str,
}

/// The end of the chain, kept in memory by the writer and in the `head` row by the database.
#[derive(Clone, Debug)]
pub(crate) struct Chain {
    pub seq: i64,
    pub hash: Hash,
    pub next_id: i64,
    pub epoch: i64,
    pub frontier: Frontier,
}

impl Chain {
    pub fn empty() -> Chain {
        Chain { seq: 0, hash: GENESIS, next_id: 1, epoch: 1, frontier: Frontier::default() }
    }
}

pub(crate) struct Log {
    pub chain: Chain,
    /// The first id of this batch: a stream named after it or a later one cannot exist yet.
    pub fresh_from: i64,
    pub streams: HashMap<String, i64>,
    pub chance: crate::Chance,
}

impl Log {
    /// Asks the database again for the end of every stream, also of those that this batch began.
    pub fn forget_streams(&mut self) {
        self.streams.clear();
        self.fresh_from = self.chain.next_id;
    }
}

stmt! {
    STREAM_END = "SELECT MAX(stream_seq) FROM entry WHERE stream = ?1";
    INSERT_ENTRY = "INSERT INTO entry (seq, stream, stream_seq, at, actor, origin, kind, header, commitment, prev_hash, hash)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
    INSERT_CONTENT = "INSERT INTO content (seq, salt, body) VALUES (?1, ?2, ?3)";
}

/// A change of the store. All of it becomes durable together, or none.
pub struct Tx<'a> {
    reader: Reader<'a>,
    pub(crate) log: &'a mut Log,
    pub(crate) images: Vec<Image>,
    pub(crate) dirty: bool,
    /// A write failed: whatever the job makes of that, nothing of it is taken, for its image may have no row.
    pub(crate) failed: bool,
}

impl<'a> Deref for Tx<'a> {
    type Target = Reader<'a>;
    fn deref(&self) -> &Reader<'a> {
        &self.reader
    }
}

impl DerefMut for Tx<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.reader
    }
}

impl<'a> Tx<'a> {
    pub(crate) fn new(db: Db<'a>, log: &'a mut Log) -> Tx<'a> {
        Tx { reader: Reader { db }, log, images: Vec::new(), dirty: false, failed: false }
    }

    /// The next number for a row; ids of all nouns come from one counter.
    pub fn id(&mut self) -> i64 {
        let id = self.log.chain.next_id;
        self.log.chain.next_id += 1;
        id
    }

    /// The end of the log as this job sees it.
    pub(crate) fn chain(&self) -> &Chain {
        &self.log.chain
    }

    /// The seq that the next [`Tx::log`] of this job will have.
    pub fn next_seq(&self) -> i64 {
        self.log.chain.seq + 1
    }

    /// Inserts a row of a noun; `vals` are its record columns in declared order.
    pub fn insert(&mut self, noun: &'static Noun, id: i64, vals: Vec<Val>) -> Result<(), StoreError> {
        if vals.len() != noun.record.len() {
            return Err(StoreError::Shape(format!("{}: {} values", noun.table, vals.len())));
        }
        let columns = noun.record.iter().map(|c| (*c).to_owned()).zip(vals.iter().cloned()).collect();
        self.images.push(Image { table: noun.table.to_owned(), id, columns });
        let mut params = Vec::with_capacity(1 + vals.len() + noun.derived.len());
        params.push(Val::I64(id));
        params.extend(vals);
        params.extend(noun.derived.iter().map(|d| Val::I64(d.initial)));
        self.dirty = true;
        let ran = match &mut self.reader.db {
            Db::Lite(conn) => lite_exec(conn, noun.table, noun.insert_lite(), &params).map(|_| ()),
            Db::Pg(session) => session.push(noun.table, noun.insert_pg(), params),
        };
        self.ran(ran)
    }

    fn ran<T>(&mut self, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
        self.failed |= outcome.is_err();
        outcome
    }

    /// Runs a `change!` and returns how many rows it changed; each changed row's image is kept for the log.
    pub fn change(&mut self, stmt: &'static Stmt, params: &[Val]) -> Result<usize, StoreError> {
        let Some(noun) = stmt.noun() else {
            return Err(StoreError::Shape(format!("{} changes no noun", stmt.name)));
        };
        self.dirty = true;
        let rows = self.reader.query(stmt, params);
        let rows = self.ran(rows)?;
        let count = rows.len();
        for row in rows {
            let mut vals = row.vals.into_iter();
            let Some(Val::I64(id)) = vals.next() else {
                return Err(StoreError::Shape(format!("{} returned no id", stmt.name)));
            };
            let columns = noun.record.iter().map(|c| (*c).to_owned()).zip(vals).collect();
            self.images.push(Image { table: noun.table.to_owned(), id, columns });
        }
        Ok(count)
    }

    /// Runs a `change!` that must change exactly one row.
    pub fn change_one(&mut self, stmt: &'static Stmt, params: &[Val]) -> Result<(), StoreError> {
        match self.change(stmt, params)? {
            1 => Ok(()),
            n => Err(StoreError::Torn(format!("{} changed {n} rows", stmt.name))),
        }
    }

    /// Runs a write to a table that is no noun, or to a derived column, and returns the rows affected.
    pub fn exec(&mut self, stmt: &'static Stmt, params: &[Val]) -> Result<u64, StoreError> {
        self.dirty = true;
        let ran = match &mut self.reader.db {
            Db::Lite(conn) => lite_exec(conn, stmt.name, stmt.lite(), params),
            Db::Pg(session) => session.exec(stmt.name, stmt.pg(), params),
        };
        self.ran(ran)
    }

    /// Like [`Tx::exec`] without an answer: PostgreSQL sends it along with what follows.
    pub fn push(&mut self, stmt: &'static Stmt, params: Vec<Val>) -> Result<(), StoreError> {
        self.dirty = true;
        let ran = match &mut self.reader.db {
            Db::Lite(conn) => lite_exec(conn, stmt.name, stmt.lite(), &params).map(|_| ()),
            Db::Pg(session) => session.push(stmt.name, stmt.pg(), params),
        };
        self.ran(ran)
    }

    /// Chains one entry that seals every row changed since the last one. `header` holds ids and codes only,
    /// `note` the words that were said or given as a reason. Returns the entry's seq.
    pub fn log(
        &mut self,
        stamp: &Stamp,
        stream: &str,
        kind: &'static str,
        header: &str,
        note: &str,
    ) -> Result<i64, StoreError> {
        let images = std::mem::take(&mut self.images);
        let body = encode_content(&images, note);
        let mut salt = [0u8; 32];
        (self.log.chance)(&mut salt);
        let stream_seq = self.stream_end(stream)? + 1;
        let entry = Entry {
            seq: self.log.chain.seq + 1,
            stream: stream.to_owned(),
            stream_seq,
            at: stamp.at.0,
            actor: stamp.actor.clone(),
            origin: stamp.origin.to_owned(),
            kind: kind.to_owned(),
            header: header.to_owned(),
            commitment: commitment(&salt, &body),
            prev_hash: self.log.chain.hash,
        };
        let hash = entry.hash();
        let seq = entry.seq;
        self.push(
            &INSERT_ENTRY,
            vec![
                seq.into(),
                entry.stream.into(),
                stream_seq.into(),
                entry.at.into(),
                entry.actor.into(),
                entry.origin.into(),
                entry.kind.into(),
                entry.header.into(),
                entry.commitment.to_vec().into(),
                entry.prev_hash.to_vec().into(),
                hash.to_vec().into(),
            ],
        )?;
        self.push(&INSERT_CONTENT, vec![seq.into(), salt.to_vec().into(), body.into()])?;
        self.log.chain.seq = seq;
        self.log.chain.hash = hash;
        self.log.chain.frontier.push(&hash);
        if self.log.streams.len() >= STREAM_CACHE_MAX {
            self.log.forget_streams();
        }
        self.log.streams.insert(stream.to_owned(), stream_seq);
        Ok(seq)
    }

    fn stream_end(&mut self, stream: &str) -> Result<i64, StoreError> {
        if let Some(end) = self.log.streams.get(stream) {
            return Ok(*end);
        }
        let number = stream.rsplit(':').next().and_then(|n| n.parse::<i64>().ok());
        if number.is_some_and(|n| n >= self.log.fresh_from) {
            return Ok(0);
        }
        self.reader.number(&STREAM_END, &[stream.into()])
    }

    /// Sends what is still deferred; its failures are this job's failures.
    pub(crate) fn flush(&mut self) -> Result<(), StoreError> {
        match &mut self.reader.db {
            Db::Lite(_) => Ok(()),
            Db::Pg(session) => session.flush(),
        }
    }
}

pub(crate) fn lite_error(what: &str, source: rusqlite::Error) -> StoreError {
    match source.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DiskFull) => StoreError::Full,
        _ => StoreError::Lite { what: what.to_owned(), source },
    }
}

pub(crate) fn lite_query(
    conn: &rusqlite::Connection,
    name: &str,
    text: &str,
    params: &[Val],
) -> Result<Vec<Row>, StoreError> {
    use rusqlite::types::ValueRef;
    let fail = |e| lite_error(name, e);
    let mut prepared = conn.prepare_cached(text).map_err(fail)?;
    let width = prepared.column_count();
    let mut rows = prepared.query(rusqlite::params_from_iter(params)).map_err(fail)?;
    let mut out = Vec::new();
    while let Some(row) = rows.next().map_err(fail)? {
        let mut vals = Vec::with_capacity(width);
        for i in 0..width {
            vals.push(match row.get_ref(i).map_err(fail)? {
                ValueRef::Null => Val::Null,
                ValueRef::Integer(v) => Val::I64(v),
                ValueRef::Text(v) => Val::Text(String::from_utf8_lossy(v).into_owned()),
                ValueRef::Blob(v) => Val::Bytes(v.to_vec()),
                ValueRef::Real(_) => return Err(StoreError::Shape(format!("{name}: a real number"))),
            });
        }
        out.push(Row::new(vals));
    }
    Ok(out)
}

pub(crate) fn lite_exec(
    conn: &rusqlite::Connection,
    name: &str,
    text: &str,
    params: &[Val],
) -> Result<u64, StoreError> {
    let fail = |e| lite_error(name, e);
    let mut prepared = conn.prepare_cached(text).map_err(fail)?;
    prepared.execute(rusqlite::params_from_iter(params)).map(|n| n as u64).map_err(fail)
}

/// One PostgreSQL connection with a runtime of its own, so that no statement waits for another thread to wake.
pub(crate) struct PgSession {
    runtime: tokio::runtime::Runtime,
    client: tokio_postgres::Client,
    prepared: HashMap<usize, tokio_postgres::Statement>,
    queue: Vec<(&'static str, tokio_postgres::Statement, Vec<Val>)>,
}

impl PgSession {
    pub fn connect(config: &tokio_postgres::Config, schema: &str) -> Result<PgSession, StoreError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|source| StoreError::File { what: "starting a database thread".to_owned(), source })?;
        let (client, connection) =
            runtime.block_on(config.connect(tokio_postgres::NoTls)).map_err(|e| pg_error("connect", e))?;
        runtime.spawn(async move {
            if let Err(error) = connection.await {
                tracing::warn!(%error, "a PostgreSQL connection ended");
            }
        });
        let mut session = PgSession { runtime, client, prepared: HashMap::new(), queue: Vec::new() };
        session.batch(&format!(
            "SET search_path TO {schema}; SET statement_timeout = '60s'; SET lock_timeout = '30s'; \
             SET idle_in_transaction_session_timeout = '60s'; SET client_min_messages = 'warning'"
        ))?;
        Ok(session)
    }

    pub fn batch(&mut self, text: &str) -> Result<(), StoreError> {
        self.runtime.block_on(self.client.batch_execute(text)).map_err(|e| pg_error("batch", e))
    }

    fn prepare(&mut self, name: &str, text: &str) -> Result<tokio_postgres::Statement, StoreError> {
        // Statement texts are statics, so their address names them.
        let key = text.as_ptr() as usize;
        if let Some(statement) = self.prepared.get(&key) {
            return Ok(statement.clone());
        }
        let statement = self.runtime.block_on(self.client.prepare(text)).map_err(|e| pg_error(name, e))?;
        self.prepared.insert(key, statement.clone());
        Ok(statement)
    }

    pub fn query(&mut self, name: &str, text: &'static str, params: &[Val]) -> Result<Vec<Row>, StoreError> {
        self.flush()?;
        let statement = self.prepare(name, text)?;
        self.run(name, &statement, params)
    }

    /// A text that is run once and not kept prepared.
    pub fn query_once(&mut self, name: &str, text: &str, params: &[Val]) -> Result<Vec<Row>, StoreError> {
        self.flush()?;
        let statement = self.runtime.block_on(self.client.prepare(text)).map_err(|e| pg_error(name, e))?;
        self.run(name, &statement, params)
    }

    fn run(
        &mut self,
        name: &str,
        statement: &tokio_postgres::Statement,
        params: &[Val],
    ) -> Result<Vec<Row>, StoreError> {
        let params: Vec<&(dyn tokio_postgres::types::ToSql + Sync)> = params.iter().map(|p| p as _).collect();
        let rows =
            self.runtime.block_on(self.client.query(statement, &params)).map_err(|e| pg_error(name, e))?;
        rows.iter().map(|row| pg_row(name, row)).collect()
    }

    pub fn exec(&mut self, name: &str, text: &'static str, params: &[Val]) -> Result<u64, StoreError> {
        self.flush()?;
        let statement = self.prepare(name, text)?;
        let params: Vec<&(dyn tokio_postgres::types::ToSql + Sync)> = params.iter().map(|p| p as _).collect();
        self.runtime.block_on(self.client.execute(&statement, &params)).map_err(|e| pg_error(name, e))
    }

    pub fn push(
        &mut self,
        name: &'static str,
        text: &'static str,
        params: Vec<Val>,
    ) -> Result<(), StoreError> {
        let statement = self.prepare(name, text)?;
        self.queue.push((name, statement, params));
        if self.queue.len() >= PIPELINE_MAX { self.flush() } else { Ok(()) }
    }

    /// Like [`PgSession::push`] for a text that is no static; the caller keeps what [`PgSession::prepare_once`] gave.
    pub fn push_prepared(
        &mut self,
        name: &'static str,
        statement: &tokio_postgres::Statement,
        params: Vec<Val>,
    ) -> Result<(), StoreError> {
        self.queue.push((name, statement.clone(), params));
        if self.queue.len() >= PIPELINE_MAX { self.flush() } else { Ok(()) }
    }

    pub fn prepare_once(&mut self, name: &str, text: &str) -> Result<tokio_postgres::Statement, StoreError> {
        self.runtime.block_on(self.client.prepare(text)).map_err(|e| pg_error(name, e))
    }

    /// Sends every deferred statement without waiting in between, then reads all their answers.
    pub fn flush(&mut self) -> Result<(), StoreError> {
        if self.queue.is_empty() {
            return Ok(());
        }
        let queue = std::mem::take(&mut self.queue);
        let client = &self.client;
        self.runtime.block_on(async {
            let params: Vec<Vec<&(dyn tokio_postgres::types::ToSql + Sync)>> =
                queue.iter().map(|(_, _, p)| p.iter().map(|v| v as _).collect()).collect();
            // A statement is sent when its future is first polled; polling each once, in order, sends them in order.
            let mut waiting = Vec::with_capacity(queue.len());
            let mut first_error = None;
            for ((name, statement, _), params) in queue.iter().zip(&params) {
                let mut answer = Box::pin(client.execute(statement, params));
                match std::future::poll_fn(|cx| std::task::Poll::Ready(answer.as_mut().poll(cx))).await {
                    std::task::Poll::Pending => waiting.push((name, answer)),
                    std::task::Poll::Ready(Ok(_)) => {}
                    std::task::Poll::Ready(Err(e)) => {
                        first_error.get_or_insert(pg_error(name, e));
                    }
                }
            }
            for (name, answer) in waiting {
                if let Err(e) = answer.await {
                    first_error.get_or_insert(pg_error(name, e));
                }
            }
            first_error.map_or(Ok(()), Err)
        })
    }

    pub fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    pub fn drop_queue(&mut self) {
        self.queue.clear();
    }
}

pub(crate) fn pg_error(what: &str, source: tokio_postgres::Error) -> StoreError {
    let full = source.code() == Some(&tokio_postgres::error::SqlState::DISK_FULL);
    if full { StoreError::Full } else { StoreError::Pg { what: what.to_owned(), source } }
}

fn pg_row(name: &str, row: &tokio_postgres::Row) -> Result<Row, StoreError> {
    use tokio_postgres::types::Type;
    let fail = |e| pg_error(name, e);
    let mut vals = Vec::with_capacity(row.len());
    for (i, column) in row.columns().iter().enumerate() {
        let ty = column.type_();
        vals.push(if *ty == Type::INT8 {
            row.try_get::<_, Option<i64>>(i).map_err(fail)?.into()
        } else if *ty == Type::INT4 {
            row.try_get::<_, Option<i32>>(i).map_err(fail)?.map(i64::from).into()
        } else if *ty == Type::BOOL {
            row.try_get::<_, Option<bool>>(i).map_err(fail)?.into()
        } else if *ty == Type::BYTEA {
            row.try_get::<_, Option<Vec<u8>>>(i).map_err(fail)?.into()
        } else if *ty == Type::TEXT || *ty == Type::VARCHAR || *ty == Type::NAME {
            row.try_get::<_, Option<String>>(i).map_err(fail)?.into()
        } else {
            return Err(StoreError::Shape(format!("{name}: column {} is {ty}", column.name())));
        });
    }
    Ok(Row::new(vals))
}
