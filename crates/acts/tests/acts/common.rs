//! A house of a test's own on either database, with clocks that the test moves. PostgreSQL comes from
//! `KEBEN_TEST_PG`, which `cargo xtask test` sets; each test has a schema of its own there.

use acts::{Clock, Desk, House};
use rules::At;
use sha2::{Digest, Sha256};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use store::verify::VerifyReport;
use store::{DbUrl, Open, Store, StoreError};

/// Wednesday 16/3/2022, 07:30 in Lai Châu.
pub const MORNING: &str = "2022-03-16T07:30:00+07:00";

/// Runs each named async function as a test on SQLite and as one on PostgreSQL.
macro_rules! on_both {
    ($($name:ident)+) => {
        mod sqlite {
            $(#[tokio::test] async fn $name() { super::$name(&crate::common::Home::sqlite(stringify!($name))).await; })+
        }
        mod postgres {
            $(#[tokio::test] async fn $name() { super::$name(&crate::common::Home::postgres(stringify!($name))).await; })+
        }
    };
}

static DRAWN: AtomicU64 = AtomicU64::new(0);

/// Chance that differs at each draw and between processes.
pub fn chance(bytes: &mut [u8]) {
    for chunk in bytes.chunks_mut(32) {
        let drawn = DRAWN.fetch_add(1, Ordering::Relaxed);
        let hash: [u8; 32] = Sha256::digest(format!("{}-{drawn}", std::process::id()).as_bytes()).into();
        chunk.copy_from_slice(&hash[..chunk.len()]);
    }
}

/// The two clocks, each moved by hand.
pub struct Clocks {
    care: AtomicI64,
    machine: AtomicI64,
}

impl Clock for Clocks {
    fn now(&self) -> At {
        At(self.care.load(Ordering::Relaxed))
    }

    fn machine_now(&self) -> At {
        At(self.machine.load(Ordering::Relaxed))
    }
}

impl Clocks {
    /// Moves the clock of care, and nothing else: no duty runs.
    pub fn set_care(&self, at: At) {
        self.care.store(at.0, Ordering::Relaxed);
    }

    pub fn pass(&self, ms: i64) {
        self.machine.fetch_add(ms, Ordering::Relaxed);
    }
}

pub struct Home {
    dir: PathBuf,
    db: DbUrl,
}

/// An open house on a [`Home`]; dropping it closes the store.
pub struct OpenHouse {
    pub house: House,
    pub clocks: Arc<Clocks>,
}

impl Drop for OpenHouse {
    fn drop(&mut self) {
        self.house.store.close();
    }
}

impl std::ops::Deref for OpenHouse {
    type Target = House;
    fn deref(&self) -> &House {
        &self.house
    }
}

impl OpenHouse {
    /// The operator at the command line.
    pub fn operator(&self) -> Desk {
        Desk::operator(self.house.now(), "cli")
    }

    /// Waits until writes that nobody waits for are done: they are queued when this runs for the second time.
    pub async fn settle(&self) {
        for _ in 0..2 {
            tokio::task::yield_now().await;
            self.house.store.write(|_| Ok(())).await.unwrap();
        }
    }

    /// The number of the newest entry.
    pub fn entries(&self) -> i64 {
        *self.house.store.committed().borrow()
    }
}

impl Home {
    pub fn sqlite(name: &str) -> Home {
        let dir = Home::folder(name);
        let db = DbUrl::Sqlite(dir.join("keben.db"));
        Home { dir, db }
    }

    pub fn postgres(name: &str) -> Home {
        let url = std::env::var("KEBEN_TEST_PG")
            .expect("KEBEN_TEST_PG is not set: run through `cargo xtask test`, which starts a PostgreSQL");
        let schema = format!("a{}_{}", std::process::id(), DRAWN.fetch_add(1, Ordering::Relaxed));
        Home { dir: Home::folder(name), db: DbUrl::Postgres { url, schema } }
    }

    fn folder(name: &str) -> PathBuf {
        let drawn = DRAWN.fetch_add(1, Ordering::Relaxed);
        let dir = std::env::temp_dir().join(format!("keben-acts-{}-{drawn}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::create_dir_all(&dir).unwrap();
        dir
    }

    /// Opens the real thing.
    pub fn open(&self) -> OpenHouse {
        self.open_as(false)
    }

    /// Opens a training store.
    pub fn open_demo(&self) -> OpenHouse {
        self.open_as(true)
    }

    fn open_as(&self, demo: bool) -> OpenHouse {
        let morning = At::parse(MORNING).unwrap().0;
        let clocks = Arc::new(Clocks { care: morning.into(), machine: (morning + 86_400_000).into() });
        let store = self.open_store().unwrap();
        OpenHouse { house: House::new(store, clocks.clone(), chance, demo), clocks }
    }

    pub fn open_store(&self) -> Result<Store, StoreError> {
        Store::open(Open { db: self.db.clone(), chance, readers: 1 })
    }

    /// A new one of the same kind.
    pub fn another(&self) -> Home {
        match &self.db {
            DbUrl::Sqlite(_) => Home::sqlite("another"),
            DbUrl::Postgres { .. } => Home::postgres("another"),
        }
    }

    pub fn verify(&self) -> Result<VerifyReport, StoreError> {
        // A thread of its own: a PostgreSQL session brings its own runtime.
        let verify = || store::verify::verify_store(&self.db, None, None, None, &mut |_, _| {});
        std::thread::scope(|scope| scope.spawn(verify).join()).unwrap()
    }

    /// Fails the test unless the chain holds and every row is as its last entry left it.
    pub fn must_verify(&self) {
        let report = self.verify().unwrap();
        assert!(report.ok, "{:?}", report.first_bad);
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = std::fs::remove_dir_all(&self.dir);
        }
    }
}

/// The code of a refusal; anything else fails the test.
pub fn refused<T: std::fmt::Debug>(answer: Result<T, store::Stop>) -> &'static str {
    match answer {
        Err(store::Stop::Refused(refusal)) => refusal.code,
        other => panic!("not refused: {other:?}"),
    }
}

/// The first wrong field of a refusal, with its code.
pub fn wrong_field<T: std::fmt::Debug>(answer: Result<T, store::Stop>) -> (String, &'static str) {
    match answer {
        Err(store::Stop::Refused(refusal)) if !refusal.fields.is_empty() => {
            (refusal.fields[0].field.clone(), refusal.fields[0].code)
        }
        other => panic!("no field is refused: {other:?}"),
    }
}
