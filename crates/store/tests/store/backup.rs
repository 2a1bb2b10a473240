//! Backups are whole and private; going back to one is possible, said in the log, and nothing else is.

use crate::home::{Home, NOON, chance, make_one_of_each, make_row, shapes, stamp, wait, write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use store::backup::{BackupReport, Restore, RestoreReport, backup, restore};
use store::head::{self, HeadsDir, HeadsPlace, Why};
use store::stmt::Stmt;
use store::{DbUrl, StoreError, Val};

static SESSION: Stmt = Stmt::new(
    "SESSION",
    "INSERT INTO session (id, token_hash, staff_id, kind, created_at, seen_at, ends_at, device) VALUES (?1, ?2, 1, 'web', 0, 0, 99, 'd')",
    None,
);

fn quiet() -> impl FnMut(i64, i64) {
    |_, _| {}
}

fn take(home: &Home, name: &str) -> (PathBuf, BackupReport) {
    let to = home.dir.join(name);
    let report = backup(&home.db, &to, &mut quiet()).unwrap();
    (to, report)
}

fn go_back(home: &Home, from: &Path, replace: bool) -> Result<RestoreReport, StoreError> {
    let how = Restore {
        backup: from,
        into: &home.db,
        heads: &home.place,
        stamp: stamp(),
        machine_now: NOON,
        chance,
        replace,
        even_if_bad: false,
    };
    restore(&how, &mut quiet())
}

/// A store with one row of each noun, an open session and two heads; closed.
fn a_town(home: &Home) -> HeadsDir {
    let store = home.open();
    let heads = wait(head::open(&store, &home.place, chance)).unwrap();
    make_one_of_each(home, &store);
    write(&store, |tx| {
        let id = tx.id();
        Ok(tx.push(&SESSION, vec![id.into(), Val::Bytes(vec![id as u8; 32])])?)
    })
    .unwrap();
    wait(head::sign(&store, &heads, Why::Interval, NOON)).unwrap();
    make_row(&store, &shapes(home)[0], 20);
    store.close();
    heads
}

fn rows(home: &Home) -> Vec<(String, i64)> {
    let mut behind = home.behind();
    let tables = behind.tables();
    tables
        .into_iter()
        .map(|table| (table.clone(), behind.number(&format!("SELECT COUNT(*) FROM {table}"))))
        .collect()
}

on_both! {
    a_backup_is_a_store_of_its_own
    a_backup_is_taken_beside_a_server
    a_backup_of_a_wrong_store_is_kept_and_said
    a_restore_goes_on_where_the_backup_ended
    a_restore_is_said_in_the_log_and_vouched_for
    a_taken_place_is_refused_or_moved_aside
    a_place_that_a_server_holds_is_refused
    a_wrong_backup_is_refused_and_nothing_changed
    a_crash_before_the_head_went_outside_is_made_good
    a_lost_key_is_replaced_and_said
    restores_of_restores_verify
    a_backup_goes_to_the_other_database
}

fn a_backup_is_a_store_of_its_own(home: &Home) {
    a_town(home);
    let (file, report) = take(home, "backup.db");
    assert!(report.verify.ok, "{:?}", report.verify.first_bad);
    assert_eq!(report.entries, home.must_verify().entries);
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(report.bytes, std::fs::metadata(&file).unwrap().len());
    let mut copy = Home::sqlite("copy");
    copy.db = DbUrl::Sqlite(file.clone());
    assert_eq!(rows(home), rows(&copy));
    // Its guards are there as well.
    assert!(copy.behind().try_run("DELETE FROM entry").is_err());
    let words = backup(&home.db, &file, &mut quiet()).unwrap_err().to_string();
    assert!(words.contains("overwrites nothing"), "{words}");
    let left: Vec<_> = std::fs::read_dir(&home.dir).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().contains("part")), "{left:?}");
    assert!(left.iter().all(|name| !name.to_string_lossy().contains("backup.db-")), "{left:?}");
}

fn a_backup_is_taken_beside_a_server(home: &Home) {
    a_town(home);
    let store = home.open();
    let heads = wait(head::open(&store, &home.place, chance)).unwrap();
    let busy = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    let writer = std::thread::spawn({
        let (store, busy, shape) = (store.clone(), busy.clone(), shapes(home).remove(0));
        move || {
            let mut salt = 100;
            while busy.load(std::sync::atomic::Ordering::Relaxed) {
                make_row(&store, &shape, salt);
                wait(head::sign(&store, &heads, Why::Interval, NOON)).unwrap();
                salt += 1;
            }
        }
    });
    for n in 0..3 {
        let (_, report) = take(home, &format!("live-{n}.db"));
        assert!(report.verify.ok, "{:?}", report.verify.first_bad);
        assert_eq!(report.verify.entries, report.entries);
    }
    busy.store(false, std::sync::atomic::Ordering::Relaxed);
    writer.join().unwrap();
    store.close();
    drop(store);
    // One of them is a way back.
    let report = go_back(home, &home.dir.join("live-1.db"), true).unwrap();
    assert!(report.verify.ok, "{:?}", report.verify.first_bad);
}

fn a_backup_of_a_wrong_store_is_kept_and_said(home: &Home) {
    a_town(home);
    home.behind().run("UPDATE episode SET area_id = 5");
    let (file, report) = take(home, "wrong.db");
    assert!(file.exists());
    assert_eq!(report.verify.first_bad.unwrap().table, "episode");
}

fn a_restore_goes_on_where_the_backup_ended(home: &Home) {
    a_town(home);
    let before = rows(home);
    let (file, report) = take(home, "backup.db");
    let id = home.open().id().to_owned();
    let restored = go_back(home, &file, true).unwrap();
    assert!(restored.verify.ok, "{:?}", restored.verify.first_bad);
    assert_eq!(
        (restored.store_id.as_str(), restored.backup_seq, restored.epoch),
        (id.as_str(), report.entries, 2)
    );
    assert!(!restored.new_key);
    for ((table, had), (_, has)) in before.iter().zip(rows(home)) {
        let more = i64::from(["entry", "content", "signed_head"].contains(&table.as_str()));
        assert_eq!(has, had + more, "{table}");
    }
    assert_eq!(home.behind().number("SELECT COUNT(*) FROM session WHERE ended_at IS NULL"), 0);
    let store = home.open();
    assert_eq!(store.id(), id);
    wait(head::open(&store, &home.place, chance)).unwrap();
    make_row(&store, &shapes(home)[0], 30);
    store.close();
    drop(store);
    home.must_verify();
    // The restored store has its guards.
    assert!(home.behind().try_run("DELETE FROM entry").is_err());
}

fn a_restore_is_said_in_the_log_and_vouched_for(home: &Home) {
    let heads = a_town(home);
    let (file, taken) = take(home, "backup.db");
    let store = home.open();
    for salt in 40..45 {
        make_row(&store, &shapes(home)[0], salt);
        wait(head::sign(&store, &heads, Why::Interval, NOON)).unwrap();
    }
    let lost = store.committed().borrow().to_owned();
    store.close();
    drop(store);
    let restored = go_back(home, &file, true).unwrap();
    assert_eq!((restored.backup_seq, restored.known_seq), (taken.entries, lost));
    let report = home.must_verify();
    assert!(report.anchored);
    assert_eq!(report.anchored_seq, taken.entries + 1);
    let fact = &report.restored[0];
    assert_eq!((fact.seq, fact.epoch), (taken.entries + 1, 2));
    assert!(fact.backup_head.starts_with(&format!("{}.", taken.entries)));
    assert!(fact.known_head.starts_with(&format!("{lost}.")));
    // The heads of what was lost stay outside.
    let log = std::fs::read_to_string(heads.folder().join("heads.log")).unwrap();
    assert!(log.lines().any(|line| line.starts_with(&format!("{lost}\t"))));
    // The server starts, and grows past the old heads.
    let store = home.open();
    let heads = wait(head::open(&store, &home.place, chance)).unwrap();
    for salt in 50..60 {
        make_row(&store, &shapes(home)[0], salt);
    }
    wait(head::sign(&store, &heads, Why::Stop, NOON)).unwrap();
    store.close();
    drop(store);
    assert!(home.must_verify().entries > lost);
    // An inspector's old head says which epoch it is of: passed over, with the restore named.
    let key = heads.public_key();
    let old = home.dir.join("old.log");
    let line = log.lines().find(|line| line.starts_with(&format!("{lost}\t"))).unwrap();
    std::fs::write(&old, format!("{line}\n")).unwrap();
    let report = store::verify::verify_store(&home.db, None, Some(&old), Some(key), &mut |_, _| {}).unwrap();
    assert!(report.ok && !report.anchored, "{:?}", report.first_bad);
    assert_eq!(report.restored.len(), 1);
    // Without the key nobody vouches.
    let report = store::verify::verify_store(&home.db, None, Some(&old), None, &mut |_, _| {}).unwrap();
    assert!(!report.ok);
}

fn a_taken_place_is_refused_or_moved_aside(home: &Home) {
    a_town(home);
    let (file, _) = take(home, "backup.db");
    let before = rows(home);
    let words = go_back(home, &file, false).unwrap_err().to_string();
    assert!(words.contains("entries") && words.contains("--data"), "{words}");
    assert_eq!(rows(home), before);
    let first = go_back(home, &file, true).unwrap().moved_aside.expect("nothing was moved aside");
    let second = go_back(home, &file, true).unwrap().moved_aside.expect("nothing was moved aside");
    assert_ne!(first, second);
    // What was moved aside is whole.
    let mut aside = Home::sqlite("aside");
    aside.db = match &home.db {
        DbUrl::Sqlite(_) => DbUrl::Sqlite(PathBuf::from(&first)),
        DbUrl::Postgres { url, .. } => {
            DbUrl::Postgres { url: url.clone(), schema: first.strip_prefix("schema ").unwrap().to_owned() }
        }
    };
    assert_eq!(rows(&aside), before);
    let report = store::verify::verify_store(&aside.db, None, None, None, &mut |_, _| {}).unwrap();
    assert!(report.ok, "{:?}", report.first_bad);
}

fn a_place_that_a_server_holds_is_refused(home: &Home) {
    a_town(home);
    let (file, _) = take(home, "backup.db");
    let store = home.open();
    let words = go_back(home, &file, true).unwrap_err().to_string();
    assert!(words.contains("another process holds the store"), "{words}");
    make_row(&store, &shapes(home)[0], 30);
    store.close();
    drop(store);
    home.must_verify();
}

fn a_wrong_backup_is_refused_and_nothing_changed(home: &Home) {
    let heads = a_town(home);
    let (file, _) = take(home, "backup.db");
    let before = rows(home);
    let log = std::fs::read(heads.folder().join("heads.log")).unwrap();
    let refused = |file: &Path, word: &str| {
        let words = go_back(home, file, true).unwrap_err().to_string();
        assert!(words.contains(word), "{words}");
        assert_eq!(rows(home), before);
        assert_eq!(std::fs::read(heads.folder().join("heads.log")).unwrap(), log);
    };
    let wrong = home.dir.join("wrong.db");
    std::fs::copy(&file, &wrong).unwrap();
    rusqlite::Connection::open(&wrong).unwrap().execute_batch("UPDATE episode SET area_id = 5").unwrap();
    refused(&wrong, "does not verify");
    // A whole one, but of another past than what the heads outside know.
    let mut other = Home::sqlite("other");
    other.db = DbUrl::Sqlite(home.dir.join("other.db"));
    std::fs::copy(&file, home.dir.join("other.db")).unwrap();
    let mut behind = other.behind();
    behind.disarm();
    behind.run("UPDATE entry SET actor = 'staff:9' WHERE seq = 2; DELETE FROM signed_head");
    crate::tamper::hash_anew(&other, &mut behind);
    drop(behind);
    refused(&home.dir.join("other.db"), "does not verify");
    let empty = home.dir.join("empty.db");
    std::fs::write(&empty, "").unwrap();
    refused(&empty, "empty.db");
    let rubbish = home.dir.join("rubbish.db");
    std::fs::write(&rubbish, "rubbish".repeat(1000)).unwrap();
    refused(&rubbish, "rubbish.db");
    refused(&home.dir.join("nothing.db"), "nothing.db");
    std::fs::remove_file(heads.folder().join("key")).unwrap();
    refused(&file, "signing key");
}

fn a_crash_before_the_head_went_outside_is_made_good(home: &Home) {
    let heads = a_town(home);
    let (file, _) = take(home, "backup.db");
    let store = home.open();
    make_row(&store, &shapes(home)[0], 30);
    wait(head::sign(&store, &heads, Why::Interval, NOON)).unwrap();
    store.close();
    drop(store);
    go_back(home, &file, true).unwrap();
    let log = heads.folder().join("heads.log");
    let whole = std::fs::read_to_string(&log).unwrap();
    let without: Vec<&str> = whole.lines().collect();
    let without = without[..without.len() - 1].join("\n") + "\n";
    std::fs::write(&log, without).unwrap();
    let store = home.open();
    wait(head::open(&store, &home.place, chance)).unwrap();
    store.close();
    drop(store);
    assert_eq!(std::fs::read_to_string(&log).unwrap(), whole);
    home.must_verify();
}

fn a_lost_key_is_replaced_and_said(home: &Home) {
    let heads = a_town(home);
    let (file, _) = take(home, "backup.db");
    let old_key = heads.public_key();
    std::fs::remove_dir_all(&home.place.dir).unwrap();
    let restored = go_back(home, &file, true).unwrap();
    assert!(restored.new_key);
    assert!(restored.verify.ok, "{:?}", restored.verify.first_bad);
    let store = home.open();
    let heads = wait(head::open(&store, &home.place, chance)).unwrap();
    assert_ne!(heads.public_key(), old_key);
    make_row(&store, &shapes(home)[0], 30);
    wait(head::sign(&store, &heads, Why::Interval, NOON)).unwrap();
    store.close();
    drop(store);
    home.must_verify();
    // Whoever holds the old key sees that another one signs now.
    let report =
        store::verify::verify_store(&home.db, Some(&home.place.dir), None, Some(old_key), &mut |_, _| {})
            .unwrap();
    assert!(report.first_bad.unwrap().what.contains("another key"));
}

fn restores_of_restores_verify(home: &Home) {
    let heads = a_town(home);
    let (early, _) = take(home, "early.db");
    let grow = |from: i64| {
        let store = home.open();
        let heads = wait(head::open(&store, &home.place, chance)).unwrap();
        for salt in from..from + 3 {
            make_row(&store, &shapes(home)[0], salt);
            wait(head::sign(&store, &heads, Why::Interval, NOON)).unwrap();
        }
        store.close();
    };
    grow(100);
    go_back(home, &early, true).unwrap();
    grow(200);
    let (late, _) = take(home, "late.db");
    grow(300);
    assert_eq!(go_back(home, &late, true).unwrap().epoch, 3);
    grow(400);
    let report = home.must_verify();
    assert_eq!(report.restored.iter().map(|fact| fact.epoch).collect::<Vec<_>>(), [2, 3]);
    // Back behind the first restore: its entry is gone, its heads are passed over.
    let last = go_back(home, &early, true).unwrap();
    assert_eq!(last.epoch, 4);
    assert!(last.verify.ok, "{:?}", last.verify.first_bad);
    grow(500);
    let report = home.must_verify();
    assert_eq!(report.restored.iter().map(|fact| fact.epoch).collect::<Vec<_>>(), [4]);
    // Only heads of each epoch's own place are held against it.
    let lines = std::fs::read_to_string(heads.folder().join("heads.log")).unwrap().lines().count();
    assert_eq!(lines, 1 + 3 + 1 + 3 + 3 + 1 + 3 + 1 + 3);
}

fn a_backup_goes_to_the_other_database(home: &Home) {
    a_town(home);
    let (file, taken) = take(home, "backup.db");
    let mut other = match home.db {
        DbUrl::Sqlite(_) => Home::postgres("moved"),
        DbUrl::Postgres { .. } => Home::sqlite("moved"),
    };
    other.place = HeadsPlace { data: other.dir.join("data"), ..home.place.clone() };
    let restored = go_back(&other, &file, false).unwrap();
    assert!(restored.verify.ok, "{:?}", restored.verify.first_bad);
    assert_eq!(restored.moved_aside, None);
    assert_eq!(restored.backup_seq, taken.entries);
    let (again, report) = take(&other, "again.db");
    assert!(report.verify.ok, "{:?}", report.verify.first_bad);
    assert_eq!(report.entries, taken.entries + 1);
    drop(again);
    let store = other.open();
    wait(head::open(&store, &other.place, chance)).unwrap();
    make_row(&store, &shapes(&other)[0], 30);
    store.close();
    drop(store);
    other.must_verify();
}
