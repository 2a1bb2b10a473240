//! A store of a test's own, on either database, and a way to it behind the program's back.

use rules::At;
use sha2::{Digest, Sha256};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use store::head::HeadsPlace;
use store::stmt::{Noun, all_nouns};
use store::verify::VerifyReport;
use store::{DbUrl, Open, Stamp, Stop, Store, StoreError, Tx, Val};

pub const NOON: At = At(1_647_406_800_000);

static DRAWN: AtomicU64 = AtomicU64::new(0);

/// Chance that differs at each draw and between processes.
pub fn chance(bytes: &mut [u8]) {
    for chunk in bytes.chunks_mut(32) {
        let drawn = DRAWN.fetch_add(1, Ordering::Relaxed);
        let seed = format!("{}-{drawn}", std::process::id());
        let hash: [u8; 32] = Sha256::digest(seed.as_bytes()).into();
        chunk.copy_from_slice(&hash[..chunk.len()]);
    }
}

pub fn stamp() -> Stamp {
    Stamp { at: NOON, actor: "clock".to_owned(), origin: "clock" }
}

pub fn wait<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

pub fn write<T: Send + 'static>(
    store: &Store,
    act: impl FnMut(&mut Tx) -> Result<T, Stop> + Send + 'static,
) -> Result<T, Stop> {
    wait(store.write(act))
}

pub struct Home {
    pub dir: PathBuf,
    pub db: DbUrl,
    pub place: HeadsPlace,
    schema: Option<String>,
}

impl Home {
    pub fn sqlite(name: &str) -> Home {
        let dir = Home::folder(name);
        let db = DbUrl::Sqlite(dir.join("data/keben.db"));
        Home::at(dir, db, None)
    }

    pub fn postgres(name: &str) -> Home {
        let url = std::env::var("KEBEN_TEST_PG")
            .expect("KEBEN_TEST_PG is not set: run through `cargo xtask test`, which starts a PostgreSQL");
        // Of fixed width, so that no test's name begins another's.
        let schema = format!("t{}_{:06}", std::process::id(), DRAWN.fetch_add(1, Ordering::Relaxed));
        let db = DbUrl::Postgres { url, schema: schema.clone() };
        let home = Home::at(Home::folder(name), db, Some(schema));
        home.drop_schemas();
        home
    }

    fn folder(name: &str) -> PathBuf {
        let drawn = DRAWN.fetch_add(1, Ordering::Relaxed);
        let dir = std::env::temp_dir().join(format!("keben-store-{}-{drawn}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::create_dir_all(&dir).unwrap();
        dir
    }

    fn at(dir: PathBuf, db: DbUrl, schema: Option<String>) -> Home {
        let place = HeadsPlace { dir: dir.join("heads"), key_file: None, data: dir.join("data") };
        Home { dir, db, place, schema }
    }

    pub fn try_open(&self) -> Result<Store, StoreError> {
        Store::open(Open { db: self.db.clone(), chance, readers: 1 })
    }

    pub fn open(&self) -> Store {
        self.try_open().unwrap()
    }

    /// The way past the program: the database itself, with the owner's rights.
    pub fn behind(&self) -> Behind {
        match &self.db {
            DbUrl::Sqlite(path) => Behind::Lite(rusqlite::Connection::open(path).unwrap()),
            DbUrl::Postgres { url, schema } => {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                let (client, connection) =
                    runtime.block_on(tokio_postgres::connect(url, tokio_postgres::NoTls)).unwrap();
                runtime.spawn(connection);
                runtime.block_on(client.batch_execute(&format!("SET search_path TO {schema}"))).unwrap();
                Behind::Pg(runtime, client)
            }
        }
    }

    pub fn verify(&self) -> VerifyReport {
        store::verify::verify_store(&self.db, Some(&self.place.dir), None, None, &mut |_, _| {}).unwrap()
    }

    /// Fails the test with what is wrong, if anything is.
    pub fn must_verify(&self) -> VerifyReport {
        let report = self.verify();
        assert!(report.ok, "{:?}", report.first_bad);
        report
    }

    fn drop_schemas(&self) {
        let Some(schema) = &self.schema else { return };
        let mut behind = self.behind();
        let like = format!("SELECT nspname FROM pg_namespace WHERE nspname LIKE '{schema}%'");
        for name in behind.texts(&like) {
            behind.run(&format!("DROP SCHEMA IF EXISTS {name} CASCADE"));
        }
        for role in
            behind.texts(&format!("SELECT rolname FROM pg_roles WHERE rolname LIKE 'keben_app_{schema}%'"))
        {
            behind.run(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
        }
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.drop_schemas();
            let _ = std::fs::remove_dir_all(&self.dir);
        }
    }
}

pub enum Behind {
    Lite(rusqlite::Connection),
    Pg(tokio::runtime::Runtime, tokio_postgres::Client),
}

impl Behind {
    pub fn try_run(&mut self, sql: &str) -> Result<(), String> {
        match self {
            Behind::Lite(conn) => conn.execute_batch(sql).map_err(|e| e.to_string()),
            Behind::Pg(runtime, client) => runtime
                .block_on(client.batch_execute(sql))
                .map_err(|e| e.as_db_error().map_or_else(|| e.to_string(), |e| e.message().to_owned())),
        }
    }

    pub fn run(&mut self, sql: &str) {
        self.try_run(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    pub fn texts(&mut self, sql: &str) -> Vec<String> {
        match self {
            Behind::Lite(conn) => {
                let mut prepared = conn.prepare(sql).unwrap();
                prepared.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
            }
            Behind::Pg(runtime, client) => {
                runtime.block_on(client.query(sql, &[])).unwrap().iter().map(|row| row.get(0)).collect()
            }
        }
    }

    pub fn number(&mut self, sql: &str) -> i64 {
        match self {
            Behind::Lite(conn) => conn.query_row(sql, [], |row| row.get(0)).unwrap(),
            Behind::Pg(runtime, client) => runtime.block_on(client.query_one(sql, &[])).unwrap().get(0),
        }
    }

    /// How SQLite would go about a statement, step by step.
    pub fn plan(&mut self, sql: &str) -> Vec<String> {
        let Behind::Lite(conn) = self else { panic!("only SQLite says it this way") };
        let mut prepared = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let mut rows = prepared.raw_query();
        let mut steps = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            steps.push(row.get(3).unwrap());
        }
        steps
    }

    /// Bytes as a literal of the database.
    pub fn bytes(&self, bytes: &[u8]) -> String {
        let hex = store::log::hex(bytes);
        match self {
            Behind::Lite(_) => format!("x'{hex}'"),
            Behind::Pg(..) => format!("'\\x{hex}'::bytea"),
        }
    }

    /// Takes the guards away, as an insider with the owner's rights would.
    pub fn disarm(&mut self) {
        match self {
            Behind::Lite(_) => {
                for name in self.texts("SELECT name FROM sqlite_master WHERE type = 'trigger'") {
                    self.run(&format!("DROP TRIGGER {name}"));
                }
            }
            Behind::Pg(..) => {
                for table in ["entry", "content", "signed_head"] {
                    self.run(&format!("ALTER TABLE {table} DISABLE TRIGGER ALL"));
                }
            }
        }
    }

    pub fn tables(&mut self) -> Vec<String> {
        match self {
            Behind::Lite(_) => {
                self.texts("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
            }
            Behind::Pg(..) => self.texts(
                "SELECT table_name::text FROM information_schema.tables WHERE table_schema = current_schema() ORDER BY 1",
            ),
        }
    }

    /// The columns of a table as `name kind nullable`, in order; `kind` is number, text or bytes.
    pub fn columns(&mut self, table: &str) -> Vec<(String, Kind, bool)> {
        let texts = match self {
            Behind::Lite(_) => self.texts(&format!(
                "SELECT name || ' ' || type || ' ' || (\"notnull\" = 0 AND pk = 0) FROM pragma_table_info('{table}') ORDER BY cid"
            )),
            Behind::Pg(..) => self.texts(&format!(
                "SELECT column_name || ' ' || data_type || ' ' || CASE is_nullable WHEN 'YES' THEN '1' ELSE '0' END \
                 FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = '{table}' \
                 ORDER BY ordinal_position"
            )),
        };
        let read = |text: String| {
            let parts: Vec<&str> = text.split(' ').collect();
            let kind = match parts[1] {
                "INTEGER" | "bigint" => Kind::Number,
                "TEXT" | "text" => Kind::Text,
                "BLOB" | "bytea" => Kind::Bytes,
                other => panic!("{table}.{}: {other}", parts[0]),
            };
            (parts[0].to_owned(), kind, parts[2] == "1")
        };
        texts.into_iter().map(read).collect()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Number,
    Text,
    Bytes,
}

/// Values that no other row has and that mean nothing.
pub fn made_up(kinds: &[Kind], salt: i64) -> Vec<Val> {
    let mut n = 1_000_000_000 + salt * 1_000;
    let mut next = || {
        n += 1;
        n
    };
    kinds
        .iter()
        .map(|kind| match kind {
            Kind::Number => Val::I64(next()),
            Kind::Text => Val::Text(format!("chữ {}", next())),
            Kind::Bytes => Val::Bytes(next().to_be_bytes().repeat(2)),
        })
        .collect()
}

/// What is needed to make rows of a noun that mean nothing.
#[derive(Clone)]
pub struct Shape {
    pub noun: &'static Noun,
    pub kinds: Vec<Kind>,
}

pub fn shapes(home: &Home) -> Vec<Shape> {
    let mut behind = home.behind();
    all_nouns()
        .into_iter()
        .map(|noun| {
            let columns = behind.columns(noun.table);
            let kind = |name: &&str| columns.iter().find(|c| c.0 == **name).unwrap().1;
            Shape { noun, kinds: noun.record.iter().map(kind).collect() }
        })
        .collect()
}

/// Writes one row of a noun in an act of its own; returns the row's id and the entry's seq.
pub fn make_row(store: &Store, shape: &Shape, salt: i64) -> (i64, i64) {
    let shape = shape.clone();
    write(store, move |tx| {
        let id = tx.id();
        tx.insert(shape.noun, id, made_up(&shape.kinds, salt))?;
        let seq = tx.log(&stamp(), &format!("{}:{id}", shape.noun.table), "made", "", "lời dặn")?;
        Ok((id, seq))
    })
    .unwrap()
}

/// One row of every noun.
pub fn make_one_of_each(home: &Home, store: &Store) -> Vec<(Shape, i64, i64)> {
    let shapes = shapes(home);
    shapes
        .into_iter()
        .enumerate()
        .map(|(n, shape)| {
            let (id, seq) = make_row(store, &shape, n as i64);
            (shape, id, seq)
        })
        .collect()
}
