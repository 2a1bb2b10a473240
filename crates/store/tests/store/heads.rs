//! Signed heads: made once per seq, kept outside, and a start that they contradict is refused.

use crate::home::{Home, NOON, chance, make_row, shapes, stamp, wait};
use rules::At;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use store::head::{self, HeadsDir, HeadsPlace, OutsideHeads, PublicKey, SignedHead, Why};
use store::stmt::Stmt;
use store::{DbUrl, Store, StoreError};

static ENTRIES: Stmt =
    Stmt::new("ENTRIES", "SELECT kind, stream, header FROM entry ORDER BY seq LIMIT 100", None);

fn open_heads(home: &Home, store: &Store) -> Result<HeadsDir, StoreError> {
    wait(head::open(store, &home.place, chance))
}

fn sign(store: &Store, heads: &HeadsDir, why: Why) -> SignedHead {
    wait(head::sign(store, heads, why, NOON)).unwrap().expect("the log is empty")
}

fn log_file(home: &Home, store_id: &str) -> PathBuf {
    home.place.dir.join(store_id).join("heads.log")
}

/// Keeps a copy of every row aside, as a backup of the database's files would.
pub fn keep_copy(home: &Home) {
    let mut behind = home.behind();
    for table in behind.tables() {
        behind.run(&format!("CREATE TABLE kept_{table} AS SELECT * FROM {table}"));
    }
}

/// Puts the copy in place of what is there now.
pub fn put_back(home: &Home) {
    let mut behind = home.behind();
    behind.disarm();
    let tables = behind.tables();
    for table in tables.iter().filter(|table| !table.starts_with("kept_")) {
        behind.run(&format!("DELETE FROM {table}; INSERT INTO {table} SELECT * FROM kept_{table}"));
    }
    for table in tables.iter().filter(|table| table.starts_with("kept_")) {
        behind.run(&format!("DROP TABLE {table}"));
    }
}

on_both! {
    the_key_is_made_once_for_its_owner_alone
    a_store_without_its_key_is_refused_in_words
    another_key_is_refused_in_words
    a_head_is_signed_once_and_kept_outside
    an_older_copy_is_refused_at_start
    another_history_is_refused_at_start
    a_head_that_a_crash_kept_inside_goes_outside_at_start
    a_forged_line_outside_is_refused_at_start
    the_store_says_when_it_started_ran_and_stopped
}

fn the_key_is_made_once_for_its_owner_alone(home: &Home) {
    let store = home.open();
    let heads = open_heads(home, &store).unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&heads.folder().join("key")), 0o600);
    assert_eq!(mode(heads.folder()), 0o700);
    assert_eq!(heads.folder(), home.place.dir.join(store.id()));
    let written = std::fs::read_to_string(heads.folder().join("key.pub")).unwrap();
    assert!(written.starts_with(&format!("keben/{}+", store.id())), "{written}");
    assert_eq!(PublicKey::parse(&written), Some(heads.public_key()));
    let again = open_heads(home, &store).unwrap();
    assert_eq!(again.public_key(), heads.public_key());
    assert_eq!(heads.public_key().fingerprint().len(), 39);
}

fn a_store_without_its_key_is_refused_in_words(home: &Home) {
    let store = home.open();
    let heads = open_heads(home, &store).unwrap();
    make_row(&store, &shapes(home)[0], 1);
    sign(&store, &heads, Why::Interval);
    std::fs::remove_file(heads.folder().join("key")).unwrap();
    let words = open_heads(home, &store).err().expect("opened").to_string();
    assert!(words.contains("signing key") && words.contains("missing"), "{words}");
    // Nor is a new key made where the whole folder is gone: the store knows that it was signed.
    std::fs::remove_dir_all(&home.place.dir).unwrap();
    let words = open_heads(home, &store).err().expect("opened").to_string();
    assert!(words.contains("missing"), "{words}");
}

fn another_key_is_refused_in_words(home: &Home) {
    let store = home.open();
    let heads = open_heads(home, &store).unwrap();
    let other = HeadsPlace { dir: home.dir.join("other"), ..home.place.clone() };
    let other = HeadsDir::open(&other, store.id(), true, chance).unwrap();
    std::fs::copy(other.folder().join("key"), heads.folder().join("key")).unwrap();
    let words = open_heads(home, &store).err().expect("opened").to_string();
    assert!(words.contains("not the key that this store signs with"), "{words}");
}

fn a_head_is_signed_once_and_kept_outside(home: &Home) {
    let store = home.open();
    let heads = open_heads(home, &store).unwrap();
    assert_eq!(wait(head::sign(&store, &heads, Why::Interval, NOON)).unwrap(), None, "nothing to sign yet");
    let shape = &shapes(home)[0];
    make_row(&store, shape, 1);
    let first = sign(&store, &heads, Why::Interval);
    assert_eq!((first.seq, first.epoch, first.signed_at), (1, 1, NOON));
    // Once more without anything new: the same head, at whatever time.
    let again = wait(head::sign(&store, &heads, Why::Lock, NOON.plus(5_000))).unwrap().unwrap();
    assert_eq!(again, first);
    make_row(&store, shape, 2);
    let second = wait(head::sign(&store, &heads, Why::Lock, NOON.plus(5_123))).unwrap().unwrap();
    assert_eq!(second.seq, 2);
    let log = log_file(home, store.id());
    let text = std::fs::read_to_string(&log).unwrap();
    let fields: Vec<Vec<&str>> = text.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(fields.len(), 2);
    assert_eq!(fields[1][0], "2");
    assert_eq!(fields[1][1], store::log::hex(&second.root));
    assert_eq!(At::parse(fields[1][2]), Some(NOON.plus(5_123)));
    assert_eq!(fields[1][3], store::log::hex(&second.entry_hash));
    let lines: Vec<&str> = second.note.lines().collect();
    assert_eq!(lines[0], format!("keben/{}", store.id()));
    assert_eq!((lines[1], lines[3], lines[5]), ("2", "epoch 1", ""));
    assert!(lines[6].starts_with(&format!("— keben/{} ", store.id())));
    assert_eq!(OutsideHeads::read(&log).unwrap().heads.len(), 2);
    assert_eq!(OutsideHeads::parse(&second.note).heads[0].root, second.root);
    assert_eq!(home.behind().texts("SELECT why FROM signed_head ORDER BY seq"), ["interval", "lock"]);
    drop(store);
    let report = home.must_verify();
    assert!(report.anchored);
    assert_eq!(report.anchored_seq, 2);
    let head = report.head.unwrap();
    assert_eq!((head.seq, head.hash), (2, store::log::hex(&second.root)));
    assert_eq!(head.key, Some(heads.public_key().fingerprint()));
}

fn an_older_copy_is_refused_at_start(home: &Home) {
    let store = home.open();
    let heads = open_heads(home, &store).unwrap();
    let shape = &shapes(home)[0];
    make_row(&store, shape, 1);
    sign(&store, &heads, Why::Interval);
    store.close();
    drop(store);
    keep_copy(home);
    let store = home.open();
    make_row(&store, shape, 2);
    sign(&store, &heads, Why::Stop);
    store.close();
    drop(store);
    put_back(home);
    let store = home.open();
    let words = open_heads(home, &store).err().expect("an older copy was taken").to_string();
    assert!(words.contains("keben restore") && words.contains("older"), "{words}");
    drop(store);
    let report = home.verify();
    let bad = report.first_bad.expect("an older copy verifies");
    assert_eq!((bad.seq, bad.table.as_str()), (Some(2), "entry"));
    assert!(bad.what.contains("cut off"), "{}", bad.what);
    assert_eq!(report.entries, 1);
}

/// As long as what was signed, and another.
fn another_history_is_refused_at_start(home: &Home) {
    let store = home.open();
    let heads = open_heads(home, &store).unwrap();
    let shape = &shapes(home)[0];
    make_row(&store, shape, 1);
    store.close();
    drop(store);
    keep_copy(home);
    let store = home.open();
    make_row(&store, shape, 2);
    sign(&store, &heads, Why::Stop);
    store.close();
    drop(store);
    put_back(home);
    let store = home.open();
    for salt in 3..6 {
        make_row(&store, shape, salt);
    }
    let words = open_heads(home, &store).err().expect("another history was taken").to_string();
    assert!(words.contains("keben restore"), "{words}");
    drop(store);
    let bad = home.verify().first_bad.expect("another history verifies");
    assert_eq!((bad.seq, bad.table.as_str()), (Some(2), "entry"));
}

fn a_head_that_a_crash_kept_inside_goes_outside_at_start(home: &Home) {
    let store = home.open();
    let heads = open_heads(home, &store).unwrap();
    let shape = &shapes(home)[0];
    for salt in 1..4 {
        make_row(&store, shape, salt);
        sign(&store, &heads, Why::Interval);
    }
    let log = log_file(home, store.id());
    let whole = std::fs::read_to_string(&log).unwrap();
    let first_line = whole.lines().next().unwrap().to_owned() + "\n";
    std::fs::write(&log, format!("{first_line}2\tab")).unwrap();
    open_heads(home, &store).unwrap();
    assert_eq!(std::fs::read_to_string(&log).unwrap(), whole);
    // Opened again, nothing is added.
    open_heads(home, &store).unwrap();
    assert_eq!(std::fs::read_to_string(&log).unwrap(), whole);
}

fn a_forged_line_outside_is_refused_at_start(home: &Home) {
    let store = home.open();
    let heads = open_heads(home, &store).unwrap();
    make_row(&store, &shapes(home)[0], 1);
    sign(&store, &heads, Why::Interval);
    let other = HeadsPlace { dir: home.dir.join("other"), ..home.place.clone() };
    let other = HeadsDir::open(&other, store.id(), true, chance).unwrap();
    make_row(&store, &shapes(home)[0], 2);
    // Signed by another key, as somebody would who has the database and the folder but not the key.
    wait(head::sign(&store, &other, Why::Interval, NOON)).unwrap();
    let forged = std::fs::read_to_string(other.folder().join("heads.log")).unwrap();
    let log = log_file(home, store.id());
    let genuine = std::fs::read_to_string(&log).unwrap();
    std::fs::write(&log, format!("{genuine}{forged}")).unwrap();
    let words = open_heads(home, &store).err().expect("a forged head was taken").to_string();
    assert!(words.contains("not signed by this store"), "{words}");
    let bad = home.verify().first_bad.expect("a forged head verifies");
    assert!(bad.what.contains("another key"), "{}", bad.what);
}

fn the_store_says_when_it_started_ran_and_stopped(home: &Home) {
    let store = home.open();
    wait(head::started(&store, stamp(), NOON)).unwrap();
    wait(head::heartbeat(&store, stamp(), NOON.plus(60_000))).unwrap();
    wait(head::stopped(&store, stamp(), NOON.plus(61_000))).unwrap();
    let said = wait(store.read(|reader| {
        let mut said = Vec::new();
        for mut row in reader.query(&ENTRIES, &[])? {
            said.push(format!("{} {} {}", row.text()?, row.text()?, row.text()?));
        }
        Ok(said)
    }))
    .unwrap();
    assert_eq!(
        said,
        [
            "started store machine_at=2022-03-16T05:00:00Z",
            "heartbeat store machine_at=2022-03-16T05:01:00Z",
            "stopped store machine_at=2022-03-16T05:01:01Z",
        ]
    );
    drop(store);
    home.must_verify();
}

#[test]
fn heads_and_key_are_never_kept_in_the_data_directory() {
    let home = Home::sqlite("inside");
    let store = home.open();
    let data = home.place.data.clone();
    let link = home.dir.join("link");
    std::os::unix::fs::symlink(&data, &link).unwrap();
    let places = [
        HeadsPlace { dir: data.join("heads"), ..home.place.clone() },
        HeadsPlace { dir: data.clone(), ..home.place.clone() },
        HeadsPlace { dir: link.join("not/yet/there"), ..home.place.clone() },
        HeadsPlace { dir: home.dir.join("heads/../data/x"), ..home.place.clone() },
        HeadsPlace { key_file: Some(data.join("key")), ..home.place.clone() },
    ];
    for place in places {
        let words = HeadsDir::open(&place, store.id(), true, chance).err().expect("opened").to_string();
        assert!(words.contains("data directory"), "{words}");
    }
    assert!(!data.join("key").exists() && !data.join("heads").exists());
    // A neighbour whose name begins alike is not inside.
    let beside = HeadsPlace { dir: home.dir.join("data-heads"), ..home.place.clone() };
    HeadsDir::open(&beside, store.id(), true, chance).unwrap();
    assert!(matches!(home.db, DbUrl::Sqlite(_)));
}

#[test]
fn a_key_file_of_ones_own_is_used() {
    let home = Home::sqlite("keyfile");
    let store = home.open();
    let key_file = home.dir.join("credential/signing");
    std::fs::create_dir_all(key_file.parent().unwrap()).unwrap();
    let place = HeadsPlace { key_file: Some(key_file.clone()), ..home.place.clone() };
    let heads = wait(head::open(&store, &place, chance)).unwrap();
    assert!(key_file.exists() && !heads.folder().join("key").exists());
    make_row(&store, &shapes(&home)[0], 1);
    sign(&store, &heads, Why::Interval);
    let again = wait(head::open(&store, &place, chance)).unwrap();
    assert_eq!(again.public_key(), heads.public_key());
}
