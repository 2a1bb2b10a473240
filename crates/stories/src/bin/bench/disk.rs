//! What the disk gives by itself: room, syncs, and SQLite without anything around it. The peers of the durable writes,
//! measured in the same folder and the same run.

use anyhow::{Context, Result, anyhow};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// A page of a database file.
const BLOCK_BYTES: usize = 4_096;
/// The file that is written over and over, as a write-ahead log is: its size does not change.
const BLOCKS: u64 = 1_024;
/// Rows that share a sync in the bare database, as the writes of 64 clients may.
const ROWS_PER_COMMIT: u64 = 64;

pub struct Room {
    pub free_bytes: u64,
    pub file_system: String,
}

impl Room {
    /// Whether a sync means nothing there.
    pub fn is_memory(&self) -> bool {
        matches!(self.file_system.as_str(), "tmpfs" | "ramfs" | "devtmpfs")
    }
}

/// The room in a folder, as `df` tells it.
pub fn room(dir: &Path) -> Result<Room> {
    let out = Command::new("df").arg("-PTk").arg(dir).output().context("asking df for the free space")?;
    let said = String::from_utf8_lossy(&out.stdout);
    let unclear = || anyhow!("df -PTk {} says {said:?}", dir.display());
    let line = said.lines().nth(1).ok_or_else(unclear)?;
    let words: Vec<&str> = line.split_whitespace().collect();
    // File system, type, blocks, used, available, part, mounted on.
    let (Some(kind), Some(free)) = (words.get(1), words.get(4)) else { return Err(unclear()) };
    let kilobytes: u64 = free.parse().map_err(|_| unclear())?;
    Ok(Room { free_bytes: kilobytes * 1024, file_system: (*kind).to_owned() })
}

/// Something done again and again, and how long that took.
#[derive(Clone, Copy, Default)]
pub struct Done {
    pub count: u64,
    pub took: Duration,
}

impl Done {
    pub fn and(self, other: Done) -> Done {
        Done { count: self.count + other.count, took: self.took + other.took }
    }

    pub fn rate(self) -> f64 {
        crate::table::rate(self.count, self.took)
    }
}

/// Writes a block and syncs it, one after the other, for as long as said.
pub fn syncs(dir: &Path, lasting: Duration) -> Result<Done> {
    let path = dir.join("syncs");
    let file = File::create(&path).with_context(|| format!("creating {}", path.display()))?;
    let block = [0x5a; BLOCK_BYTES];
    for n in 0..BLOCKS {
        file.write_all_at(&block, n * BLOCK_BYTES as u64)?;
    }
    file.sync_all()?;
    let begun = Instant::now();
    let mut count = 0;
    while begun.elapsed() < lasting {
        file.write_all_at(&block, (count % BLOCKS) * BLOCK_BYTES as u64)?;
        file.sync_data().context("syncing")?;
        count += 1;
    }
    let took = begun.elapsed();
    std::fs::remove_file(&path)?;
    Ok(Done { count, took })
}

/// Rows into a table with one index, some dozens to a synced transaction, for as long as said: SQLite as our store
/// sets it, with nothing of ours around it.
pub fn bare_rows(dir: &Path, lasting: Duration) -> Result<Done> {
    let path = dir.join("bare.db");
    let conn = rusqlite::Connection::open(&path)?;
    conn.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536;
         CREATE TABLE bare (id INTEGER PRIMARY KEY, uid BLOB NOT NULL UNIQUE, words TEXT NOT NULL) STRICT;",
    )?;
    let words = "x".repeat(200);
    let begun = Instant::now();
    let mut count = 0u64;
    while begun.elapsed() < lasting {
        conn.execute_batch("BEGIN IMMEDIATE")?;
        let mut insert = conn.prepare_cached("INSERT INTO bare (id, uid, words) VALUES (?1, ?2, ?3)")?;
        for _ in 0..ROWS_PER_COMMIT {
            count += 1;
            insert.execute((count as i64, count.to_be_bytes().as_slice(), words.as_str()))?;
        }
        conn.execute_batch("COMMIT")?;
    }
    let took = begun.elapsed();
    drop(conn);
    for end in ["", "-wal", "-shm"] {
        let file = dir.join(format!("bare.db{end}"));
        if file.exists() {
            std::fs::remove_file(file)?;
        }
    }
    Ok(Done { count, took })
}
