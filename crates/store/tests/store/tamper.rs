//! Whoever has the database, all rights on it and no key: what he changes is found, and the first of it is named.

use crate::heads::{keep_copy, put_back};
use crate::home::{Behind, Home, Kind, NOON, chance, make_one_of_each, make_row, shapes, stamp, wait, write};
use store::head::{self, HeadsDir, Why};
use store::log::{Entry, Frontier, GENESIS, commitment};
use store::stmt::Stmt;
use store::verify::{FirstBad, VerifyReport};
use store::{DbUrl, Store};

static ALL: Stmt = Stmt::new(
    "ALL",
    "SELECT e.seq, e.stream, e.stream_seq, e.at, e.actor, e.origin, e.kind, e.header, c.salt, c.body
     FROM entry e JOIN content c ON c.seq = e.seq ORDER BY e.seq",
    None,
);

/// A store with a few rows of each noun, changed once, and heads signed along the way.
struct Town {
    heads: HeadsDir,
}

fn a_town(home: &Home) -> Town {
    let store = home.open();
    let heads = wait(head::open(&store, &home.place, chance)).unwrap();
    for shape in shapes(home) {
        for salt in 0..2 {
            make_row(&store, &shape, 100 + salt);
        }
    }
    wait(head::sign(&store, &heads, Why::Interval, NOON)).unwrap();
    make_one_of_each(home, &store);
    wait(head::sign(&store, &heads, Why::Stop, NOON)).unwrap();
    store.close();
    drop(store);
    let report = home.must_verify();
    assert!(report.anchored);
    Town { heads }
}

fn first_bad(home: &Home) -> FirstBad {
    let report = home.verify();
    assert!(!report.ok);
    report.first_bad.expect("not ok, and nothing named")
}

/// Without anything from outside: what the store alone can show.
fn verify_alone(home: &Home) -> VerifyReport {
    store::verify::verify_store(&home.db, None, None, None, &mut |_, _| {}).unwrap()
}

fn armless(home: &Home) -> Behind {
    let mut behind = home.behind();
    behind.disarm();
    behind
}

on_both! {
    an_untouched_store_verifies
    every_column_of_every_noun_is_watched
    a_removed_or_added_row_is_found
    every_field_of_an_entry_is_watched
    a_changed_content_is_found
    a_removed_entry_is_found
    swapped_entries_are_found
    inserted_entries_are_found
    a_replaced_entry_is_found
    a_cut_tail_is_found_by_the_head_outside
    a_chain_hashed_anew_is_found_by_the_signed_heads
    a_restore_that_no_key_vouches_for_is_found
    an_older_copy_is_found
    changed_heads_are_found
    a_changed_end_is_found
    the_first_of_several_is_named
    types_and_tables_that_should_not_be_are_findings
    a_single_note_anchors_too
    verify_runs_beside_a_server
    a_column_that_came_later_is_no_change
}

fn an_untouched_store_verifies(home: &Home) {
    let town = a_town(home);
    let report = home.must_verify();
    let entries = home.behind().number("SELECT COUNT(*) FROM entry");
    assert_eq!(report.entries, entries);
    assert_eq!(report.anchored_seq, entries);
    assert_eq!(report.head.unwrap().key, Some(town.heads.public_key().fingerprint()));
    assert_eq!((report.erased, report.restored.len()), (0, 0));
    let alone = verify_alone(home);
    assert!(alone.ok && !alone.anchored);
}

fn every_column_of_every_noun_is_watched(home: &Home) {
    let store = home.open();
    let rows = make_one_of_each(home, &store);
    store.close();
    drop(store);
    home.must_verify();
    let mut behind = armless(home);
    assert!(!rows.is_empty());
    for (shape, id, seq) in rows {
        let table = shape.noun.table;
        for (column, kind) in shape.noun.record.iter().zip(&shape.kinds) {
            let other = match kind {
                Kind::Number => format!("{column} + 1"),
                Kind::Text => format!("{column} || '.'"),
                Kind::Bytes => behind.bytes(b"sixteen new byte"),
            };
            behind
                .run(&format!("CREATE TABLE before AS SELECT {column} AS was FROM {table} WHERE id = {id}"));
            behind.run(&format!("UPDATE {table} SET {column} = {other} WHERE id = {id}"));
            let bad = first_bad(home);
            assert_eq!((bad.seq, bad.table.as_str()), (Some(seq), table), "{column}: {}", bad.what);
            assert!(bad.what.ends_with(&format!("changed: {column}")), "{table}: {}", bad.what);
            behind.run(&format!("UPDATE {table} SET {column} = (SELECT was FROM before) WHERE id = {id}"));
            behind.run("DROP TABLE before");
        }
        // Nothing is not the same as something.
        if let Some((column, ..)) =
            behind.columns(table).into_iter().find(|c| c.2 && shape.noun.record.contains(&c.0.as_str()))
        {
            behind
                .run(&format!("CREATE TABLE before AS SELECT {column} AS was FROM {table} WHERE id = {id}"));
            behind.run(&format!("UPDATE {table} SET {column} = NULL WHERE id = {id}"));
            let bad = first_bad(home);
            assert_eq!((bad.seq, bad.table.as_str()), (Some(seq), table));
            behind.run(&format!("UPDATE {table} SET {column} = (SELECT was FROM before) WHERE id = {id}"));
            behind.run("DROP TABLE before");
        }
        for derived in shape.noun.derived {
            behind.run(&format!("UPDATE {table} SET {0} = {0} + 1 WHERE id = {id}", derived.column));
            let bad = first_bad(home);
            assert_eq!(bad.table, table);
            assert!(bad.what.contains(derived.column), "{}", bad.what);
            behind.run(&format!("UPDATE {table} SET {0} = {0} - 1 WHERE id = {id}", derived.column));
        }
    }
    home.must_verify();
}

fn a_removed_or_added_row_is_found(home: &Home) {
    let store = home.open();
    let rows = make_one_of_each(home, &store);
    store.close();
    drop(store);
    let mut behind = armless(home);
    for (shape, id, seq) in rows {
        let table = shape.noun.table;
        behind.run(&format!("CREATE TABLE before AS SELECT * FROM {table} WHERE id = {id}"));
        behind.run(&format!("DELETE FROM {table} WHERE id = {id}"));
        let bad = first_bad(home);
        assert_eq!((bad.seq, bad.table.as_str()), (Some(seq), table));
        assert!(bad.what.contains("missing"), "{}", bad.what);
        // The row again under another number: one is missing and one was never logged.
        behind.run("UPDATE before SET id = 77777");
        behind.run(&format!("INSERT INTO {table} SELECT * FROM before"));
        assert_eq!(first_bad(home).seq, Some(seq));
        behind.run(&format!("UPDATE {table} SET id = {id} WHERE id = 77777"));
        home.must_verify();
        // One more that nobody logged.
        behind.run(&format!("DELETE FROM {table} WHERE id = {id}; UPDATE before SET id = {id}"));
        behind.run(&format!("INSERT INTO {table} SELECT * FROM before"));
        for column in shape.noun.record.iter().zip(&shape.kinds) {
            let other = match column.1 {
                Kind::Number => format!("{} + 1", column.0),
                Kind::Text => format!("{} || '.'", column.0),
                Kind::Bytes => behind.bytes(b"sixteen new byte"),
            };
            behind.run(&format!("UPDATE before SET {} = {other}", column.0));
        }
        behind.run("UPDATE before SET id = 77777");
        behind.run(&format!("INSERT INTO {table} SELECT * FROM before"));
        let bad = first_bad(home);
        assert_eq!((bad.seq, bad.table.as_str()), (None, table));
        assert!(bad.what.contains("never logged"), "{}", bad.what);
        behind.run(&format!("DELETE FROM {table} WHERE id = 77777; DROP TABLE before"));
    }
    home.must_verify();
}

fn every_field_of_an_entry_is_watched(home: &Home) {
    a_town(home);
    let mut behind = armless(home);
    let hash = behind.bytes(&[7; 32]);
    let short = behind.bytes(&[7; 8]);
    for (column, other) in [
        ("stream", "stream || 'x'"),
        ("stream_seq", "stream_seq + 1"),
        ("at", "at + 1"),
        ("actor", "'staff:9'"),
        ("origin", "'api'"),
        ("kind", "'unmade'"),
        ("header", "'area=9'"),
        ("commitment", hash.as_str()),
        ("commitment", short.as_str()),
        ("prev_hash", hash.as_str()),
        ("hash", hash.as_str()),
        ("hash", short.as_str()),
    ] {
        behind.run(&format!("CREATE TABLE before AS SELECT {column} AS was FROM entry WHERE seq = 3"));
        behind.run(&format!("UPDATE entry SET {column} = {other} WHERE seq = 3"));
        let bad = first_bad(home);
        assert_eq!((bad.seq, bad.table.as_str()), (Some(3), "entry"), "{column}: {}", bad.what);
        behind.run(&format!("UPDATE entry SET {column} = (SELECT was FROM before) WHERE seq = 3"));
        behind.run("DROP TABLE before");
    }
    behind.run("UPDATE entry SET seq = -3 WHERE seq = 3");
    assert_eq!(first_bad(home).table, "entry");
    behind.run("UPDATE entry SET seq = 3 WHERE seq = -3");
    home.must_verify();
}

fn a_changed_content_is_found(home: &Home) {
    a_town(home);
    let mut behind = armless(home);
    let other = behind.bytes(&[9; 32]);
    let nothing = behind.bytes(&[]);
    for (column, other) in [("salt", &other), ("body", &other), ("salt", &nothing), ("body", &nothing)] {
        behind.run(&format!("CREATE TABLE before AS SELECT {column} AS was FROM content WHERE seq = 4"));
        behind.run(&format!("UPDATE content SET {column} = {other} WHERE seq = 4"));
        let bad = first_bad(home);
        assert_eq!((bad.seq, bad.table.as_str()), (Some(4), "content"), "{column}");
        behind.run(&format!("UPDATE content SET {column} = (SELECT was FROM before) WHERE seq = 4"));
        behind.run("DROP TABLE before");
    }
    behind
        .run("CREATE TABLE before AS SELECT * FROM content WHERE seq = 4; DELETE FROM content WHERE seq = 4");
    let bad = first_bad(home);
    assert_eq!((bad.seq, bad.table.as_str()), (Some(4), "content"));
    behind.run("INSERT INTO content SELECT * FROM before; UPDATE before SET seq = 5000");
    behind.run("INSERT INTO content SELECT * FROM before");
    let bad = first_bad(home);
    assert_eq!((bad.seq, bad.table.as_str()), (Some(5000), "content"));
}

fn a_removed_entry_is_found(home: &Home) {
    a_town(home);
    let mut behind = armless(home);
    behind.run("DELETE FROM entry WHERE seq = 5; DELETE FROM content WHERE seq = 5");
    let bad = first_bad(home);
    assert_eq!((bad.seq, bad.table.as_str()), (Some(5), "entry"));
    assert!(bad.what.contains("missing"));
    // Closing the gap does not help.
    behind.run("UPDATE entry SET seq = -seq WHERE seq > 5; UPDATE entry SET seq = -seq - 1 WHERE seq < 0");
    behind
        .run("UPDATE content SET seq = -seq WHERE seq > 5; UPDATE content SET seq = -seq - 1 WHERE seq < 0");
    let bad = first_bad(home);
    assert_eq!((bad.seq, bad.table.as_str()), (Some(5), "entry"));
}

fn swapped_entries_are_found(home: &Home) {
    a_town(home);
    let mut behind = armless(home);
    for table in ["entry", "content"] {
        behind.run(&format!(
            "UPDATE {table} SET seq = -1 WHERE seq = 3; UPDATE {table} SET seq = 3 WHERE seq = 4"
        ));
        behind.run(&format!("UPDATE {table} SET seq = 4 WHERE seq = -1"));
    }
    let bad = first_bad(home);
    assert_eq!((bad.seq, bad.table.as_str()), (Some(3), "entry"));
    // Only what was said, with its salt.
    behind.run("UPDATE entry SET seq = -1 WHERE seq = 3; UPDATE entry SET seq = 3 WHERE seq = 4");
    behind.run("UPDATE entry SET seq = 4 WHERE seq = -1");
    let bad = first_bad(home);
    assert_eq!((bad.seq, bad.table.as_str()), (Some(3), "content"));
}

const COLUMNS: &str = "stream, stream_seq, at, actor, origin, kind, header, commitment, prev_hash, hash";

fn inserted_entries_are_found(home: &Home) {
    a_town(home);
    let mut behind = armless(home);
    let end = behind.number("SELECT MAX(seq) FROM entry");
    let other = behind.bytes(&[5; 32]);
    let body = "INSERT INTO content (seq, salt, body) SELECT {n}, salt, body FROM content WHERE seq = 3";
    for n in [0, end + 1, end + 10] {
        behind.run(&format!(
            "INSERT INTO entry (seq, {COLUMNS}) SELECT {n}, 'forged', 1, at, actor, origin, kind, header, commitment, {other}, {other} FROM entry WHERE seq = 3"
        ));
        behind.run(&body.replace("{n}", &n.to_string()));
        let bad = first_bad(home);
        assert_eq!(bad.table, "entry", "{n}: {}", bad.what);
        assert_eq!(bad.seq, Some(n.min(end + 1)), "{n}: {}", bad.what);
        behind.run(&format!("DELETE FROM entry WHERE seq = {n}; DELETE FROM content WHERE seq = {n}"));
    }
    // In the middle, with what follows moved on.
    behind.run("UPDATE entry SET seq = -seq WHERE seq > 3; UPDATE entry SET seq = -seq + 1 WHERE seq < 0");
    behind
        .run("UPDATE content SET seq = -seq WHERE seq > 3; UPDATE content SET seq = -seq + 1 WHERE seq < 0");
    behind.run(&format!(
        "INSERT INTO entry (seq, {COLUMNS}) SELECT 4, 'forged', 1, at, actor, origin, kind, header, commitment, {other}, {other} FROM entry WHERE seq = 3"
    ));
    behind.run(&body.replace("{n}", "4"));
    let bad = first_bad(home);
    assert_eq!((bad.seq, bad.table.as_str()), (Some(4), "entry"));
}

fn a_replaced_entry_is_found(home: &Home) {
    a_town(home);
    let mut behind = armless(home);
    behind.run("CREATE TABLE before AS SELECT * FROM entry WHERE seq = 6; DELETE FROM entry WHERE seq = 6");
    behind.run("UPDATE before SET kind = 'unmade', header = 'area=8'");
    behind.run("INSERT INTO entry SELECT * FROM before");
    let bad = first_bad(home);
    assert_eq!((bad.seq, bad.table.as_str()), (Some(6), "entry"));
}

/// Computes the whole chain anew over what now stands there, as somebody would who knows this program but not the key.
pub fn hash_anew(home: &Home, behind: &mut Behind) {
    let store = home.open();
    let rows = wait(store.read(|reader| reader.query(&ALL, &[]))).unwrap();
    store.close();
    drop(store);
    // Opening put the guards back.
    behind.disarm();
    let (mut prev, mut frontier, mut seq) = (GENESIS, Frontier::default(), 0);
    behind.run(
        "CREATE TABLE anew (seq BIGINT, c BLOB_, p BLOB_, h BLOB_)"
            .replace("BLOB_", bytes_type(home))
            .as_str(),
    );
    for mut row in rows {
        let mut take = || {
            Ok::<_, store::StoreError>((
                row.i64()?,
                row.text()?,
                row.i64()?,
                row.i64()?,
                row.text()?,
                row.text()?,
                row.text()?,
                row.text()?,
                row.bytes()?,
                row.bytes()?,
            ))
        };
        let (n, stream, stream_seq, at, actor, origin, kind, header, salt, body) = take().unwrap();
        let entry = Entry {
            seq: n,
            stream,
            stream_seq,
            at,
            actor,
            origin,
            kind,
            header,
            commitment: commitment(&salt, &body),
            prev_hash: prev,
        };
        let hash = entry.hash();
        let (c, p, h) = (behind.bytes(&entry.commitment), behind.bytes(&prev), behind.bytes(&hash));
        behind.run(&format!("INSERT INTO anew VALUES ({n}, {c}, {p}, {h})"));
        frontier.push(&hash);
        (prev, seq) = (hash, n);
    }
    // The new hashes must not clash with the old ones on their way in.
    behind.run(&format!("UPDATE entry SET prev_hash = CAST(hash || prev_hash AS {})", bytes_type(home)));
    behind.run(
        "UPDATE entry SET commitment = (SELECT c FROM anew WHERE anew.seq = entry.seq),
         prev_hash = (SELECT p FROM anew WHERE anew.seq = entry.seq), hash = (SELECT h FROM anew WHERE anew.seq = entry.seq)",
    );
    behind.run("DROP TABLE anew");
    let (h, f) = (behind.bytes(&prev), behind.bytes(&frontier.to_bytes()));
    behind.run(&format!("UPDATE head SET seq = {seq}, hash = {h}, frontier = {f}"));
}

fn bytes_type(home: &Home) -> &'static str {
    match home.db {
        DbUrl::Sqlite(_) => "BLOB",
        DbUrl::Postgres { .. } => "BYTEA",
    }
}

fn cut_tail(behind: &mut Behind, last: i64) {
    behind.run(&format!(
        "DELETE FROM entry WHERE seq > {last}; DELETE FROM content WHERE seq > {last}; DELETE FROM signed_head WHERE seq > {last}"
    ));
}

fn a_cut_tail_is_found_by_the_head_outside(home: &Home) {
    let store = home.open();
    let heads = wait(head::open(&store, &home.place, chance)).unwrap();
    let shape = shapes(home).remove(0);
    let (mut last_id, mut last) = (0, 0);
    for salt in 0..6 {
        (last_id, last) = make_row(&store, &shape, salt);
        wait(head::sign(&store, &heads, Why::Interval, NOON)).unwrap();
    }
    store.close();
    drop(store);
    let mut behind = armless(home);
    cut_tail(&mut behind, last - 1);
    behind.run(&format!("DELETE FROM {} WHERE id = {last_id}", shape.noun.table));
    hash_anew(home, &mut behind);
    // The store alone cannot show it; the docs say so.
    let alone = verify_alone(home);
    assert!(alone.ok && !alone.anchored, "{:?}", alone.first_bad);
    let bad = first_bad(home);
    assert_eq!((bad.seq, bad.table.as_str()), (Some(last), "entry"));
    assert!(bad.what.contains("cut off"), "{}", bad.what);
}

fn a_chain_hashed_anew_is_found_by_the_signed_heads(home: &Home) {
    a_town(home);
    let mut behind = armless(home);
    behind.run("UPDATE entry SET actor = 'staff:9' WHERE seq = 3");
    hash_anew(home, &mut behind);
    // By the heads inside, which carry roots.
    let alone = verify_alone(home);
    assert_eq!(alone.first_bad.unwrap().table, "signed_head");
    // Without those, by what stands outside.
    behind.run("DELETE FROM signed_head");
    assert!(verify_alone(home).ok, "the store alone cannot show it");
    let bad = first_bad(home);
    assert_eq!(bad.table, "entry");
    assert!(bad.what.contains("not what a head outside says"), "{}", bad.what);
}

/// A restore is how heads are lawfully passed over; only who has the key may say that there was one.
fn a_restore_that_no_key_vouches_for_is_found(home: &Home) {
    let store = home.open();
    let heads = wait(head::open(&store, &home.place, chance)).unwrap();
    let shape = shapes(home).remove(0);
    let mut made = (0, 0);
    for salt in 0..6 {
        made = make_row(&store, &shape, salt);
        wait(head::sign(&store, &heads, Why::Interval, NOON)).unwrap();
    }
    store.close();
    drop(store);
    let mut behind = armless(home);
    cut_tail(&mut behind, made.1 - 1);
    behind.run(&format!("DELETE FROM {} WHERE id = {}", shape.noun.table, made.0));
    hash_anew(home, &mut behind);
    let hash = match &mut behind {
        Behind::Lite(_) => behind.texts("SELECT lower(hex(hash)) FROM head"),
        Behind::Pg(..) => behind.texts("SELECT encode(hash, 'hex') FROM head"),
    };
    let header = format!("backup_head={}.{} known_head=0 epoch=2", made.1 - 1, hash[0]);
    let store = home.open();
    write(&store, move |tx| Ok(tx.log(&stamp(), "store", "restored", &header, "")?)).unwrap();
    store.close();
    drop(store);
    behind.run("UPDATE head SET epoch = 2");
    assert!(verify_alone(home).ok);
    let bad = first_bad(home);
    assert_eq!((bad.seq, bad.table.as_str()), (Some(made.1), "entry"));
    assert!(bad.what.contains("vouches"), "{}", bad.what);
    let store = home.open();
    let words = wait(head::open(&store, &home.place, chance)).err().expect("started").to_string();
    assert!(words.contains("keben restore"), "{words}");
    // Nor does a head help that another key signed.
    let other = head::HeadsPlace { dir: home.dir.join("other"), ..home.place.clone() };
    let other = HeadsDir::open(&other, store.id(), true, chance).unwrap();
    wait(head::sign(&store, &other, Why::Restore, NOON)).unwrap();
    assert!(wait(head::open(&store, &home.place, chance)).is_err());
    drop(store);
    assert!(!home.verify().ok);
}

fn an_older_copy_is_found(home: &Home) {
    let store = home.open();
    let heads = wait(head::open(&store, &home.place, chance)).unwrap();
    make_one_of_each(home, &store);
    wait(head::sign(&store, &heads, Why::Interval, NOON)).unwrap();
    store.close();
    drop(store);
    keep_copy(home);
    let store = home.open();
    let (_, seq) = make_row(&store, &shapes(home)[0], 50);
    wait(head::sign(&store, &heads, Why::Stop, NOON)).unwrap();
    store.close();
    drop(store);
    put_back(home);
    let bad = first_bad(home);
    assert_eq!((bad.seq, bad.table.as_str()), (Some(seq), "entry"));
}

fn changed_heads_are_found(home: &Home) {
    a_town(home);
    let mut behind = armless(home);
    let other = behind.bytes(&[7; 32]);
    for (column, other) in [
        ("root", other.as_str()),
        ("signed_at", "signed_at + 1000"),
        ("note", "replace(note, 'epoch 1', 'epoch 2')"),
        ("note", "replace(note, 'signed_at 2022', 'signed_at 2021')"),
        ("note", "''"),
        ("seq", "seq - 1"),
    ] {
        behind.run("CREATE TABLE before AS SELECT * FROM signed_head");
        behind.run(&format!("UPDATE signed_head SET {column} = {other}"));
        let bad = first_bad(home);
        assert_eq!(bad.table, "signed_head", "{column}: {}", bad.what);
        behind
            .run("DELETE FROM signed_head; INSERT INTO signed_head SELECT * FROM before; DROP TABLE before");
    }
    behind.run("CREATE TABLE before AS SELECT * FROM signed_head; DELETE FROM signed_head");
    let bad = first_bad(home);
    assert_eq!(bad.table, "signed_head");
    assert!(bad.what.contains("missing"), "{}", bad.what);
    behind.run("INSERT INTO signed_head SELECT * FROM before");
    home.must_verify();
    // A head for what is not there.
    behind.run("UPDATE before SET seq = seq + 1000");
    behind.run("INSERT INTO signed_head SELECT * FROM before");
    assert_eq!(first_bad(home).table, "signed_head");
}

fn a_changed_end_is_found(home: &Home) {
    a_town(home);
    let mut behind = armless(home);
    let other = behind.bytes(&[7; 32]);
    for (column, other) in [
        ("seq", "seq + 1"),
        ("seq", "seq - 1"),
        ("hash", other.as_str()),
        ("next_id", "2"),
        ("epoch", "2"),
        ("frontier", other.as_str()),
    ] {
        behind.run("CREATE TABLE before AS SELECT * FROM head");
        behind.run(&format!("UPDATE head SET {column} = {other}"));
        assert_eq!(first_bad(home).table, "head", "{column}");
        behind.run("DELETE FROM head; INSERT INTO head SELECT * FROM before; DROP TABLE before");
    }
    behind.run("CREATE TABLE before AS SELECT * FROM head; DELETE FROM head");
    assert_eq!(first_bad(home).table, "head");
    behind
        .run("INSERT INTO head SELECT * FROM before; UPDATE meta SET value = 'abcd' WHERE name = 'store_id'");
    let own = verify_alone(home).first_bad.expect("another store's id");
    assert_eq!(own.table, "signed_head");
}

fn the_first_of_several_is_named(home: &Home) {
    let store = home.open();
    let rows = make_one_of_each(home, &store);
    store.close();
    drop(store);
    let mut behind = armless(home);
    // From the last noun to the first: the one that the log described first is named.
    for (shape, id, seq) in rows.iter().rev() {
        let column =
            shape.noun.record.iter().zip(&shape.kinds).find(|(_, kind)| **kind == Kind::Number).unwrap().0;
        behind.run(&format!("UPDATE {} SET {column} = {column} + 7 WHERE id = {id}", shape.noun.table));
        let bad = first_bad(home);
        assert_eq!((bad.seq, bad.table.as_str()), (Some(*seq), shape.noun.table));
    }
    behind.run("UPDATE entry SET header = 'x' WHERE seq = 4; UPDATE entry SET header = 'x' WHERE seq = 2");
    let bad = first_bad(home);
    assert_eq!((bad.seq, bad.table.as_str()), (Some(2), "entry"));
}

fn types_and_tables_that_should_not_be_are_findings(home: &Home) {
    a_town(home);
    let mut behind = armless(home);
    let turned = |behind: &mut Behind, table: &str, column: &str, sql_lite: &str, sql_pg: &str| match behind {
        Behind::Lite(_) => {
            // Without its declared types a column takes anything.
            behind.run(&format!("CREATE TABLE loose AS SELECT * FROM {table}; DROP TABLE {table}"));
            behind.run(&format!(
                "ALTER TABLE loose RENAME TO {table}; UPDATE {table} SET {column} = {sql_lite}"
            ));
        }
        Behind::Pg(..) => {
            behind.run(&format!("ALTER TABLE {table} ALTER COLUMN {column} TYPE {sql_pg}"));
        }
    };
    turned(&mut behind, "flow", "amount", "1.5", "double precision");
    assert_eq!(first_bad(home).table, "flow");
    turned(&mut behind, "flow", "at", "'text'", "text USING 'text'");
    assert_eq!(first_bad(home).table, "flow");
    turned(&mut behind, "entry", "at", "x'00'", "text USING 'text'");
    let bad = first_bad(home);
    assert_eq!((bad.table.as_str(), bad.seq), ("entry", Some(1)));
    behind.run("DROP TABLE flow");
    assert_eq!(first_bad(home).table, "flow");
    behind.run("DROP TABLE signed_head");
    assert!(!home.verify().ok);
    behind.run("DROP TABLE meta");
    assert!(!home.verify().ok);
    behind.run("DROP TABLE entry");
    assert_eq!(first_bad(home).table, "entry");
}

fn a_single_note_anchors_too(home: &Home) {
    let store = home.open();
    let heads = wait(head::open(&store, &home.place, chance)).unwrap();
    let shape = shapes(home).remove(0);
    make_row(&store, &shape, 1);
    let signed = wait(head::sign(&store, &heads, Why::Lock, NOON)).unwrap().unwrap();
    make_row(&store, &shape, 2);
    store.close();
    drop(store);
    let note = home.dir.join("note.txt");
    std::fs::write(&note, &signed.note).unwrap();
    let with = |key| store::verify::verify_store(&home.db, None, Some(&note), key, &mut |_, _| {}).unwrap();
    for report in [with(None), with(Some(heads.public_key()))] {
        assert!(report.ok && report.anchored, "{:?}", report.first_bad);
        assert_eq!(report.anchored_seq, 1);
    }
    // A note that was changed, and one of another store.
    std::fs::write(&note, signed.note.replace("epoch 1", "epoch 3")).unwrap();
    assert!(!with(Some(heads.public_key())).ok);
    std::fs::write(&note, signed.note.replace(store_id(&signed.note), "0123")).unwrap();
    assert!(!with(None).ok);
    std::fs::write(&note, "no head at all\n").unwrap();
    assert_eq!(with(None).first_bad.unwrap().table, "heads.log");
}

fn store_id(note: &str) -> &str {
    note.lines().next().unwrap().strip_prefix("keben/").unwrap()
}

fn verify_runs_beside_a_server(home: &Home) {
    let store = home.open();
    let heads = wait(head::open(&store, &home.place, chance)).unwrap();
    let shape = shapes(home).remove(0);
    make_row(&store, &shape, 0);
    // Rows to be made during each look: as many as a fast disk takes would be a store that takes longer with every look.
    let (ask, asked) = std::sync::mpsc::channel::<i64>();
    let writer = std::thread::spawn({
        let (store, heads) = (store.clone(), heads.clone());
        move || {
            let mut salt = 1;
            for rows in asked {
                for _ in 0..rows {
                    make_row(&store, &shape, salt);
                    if salt % 20 == 0 {
                        wait(head::sign(&store, &heads, Why::Interval, NOON)).unwrap();
                    }
                    salt += 1;
                }
            }
            salt
        }
    });
    let mut seen = 0;
    for _ in 0..20 {
        ask.send(30).unwrap();
        let report = home.must_verify();
        assert!(report.entries >= seen);
        seen = report.entries;
    }
    drop(ask);
    let made = writer.join().unwrap();
    drop(store);
    assert_eq!(home.must_verify().entries, made);
}

/// Rows logged before a migration added a column to their noun still equal their images, while it is empty.
fn a_column_that_came_later_is_no_change(home: &Home) {
    let store: Store = home.open();
    let shape = shapes(home).into_iter().find(|shape| shape.noun.table == "episode").unwrap();
    let nullable: Vec<String> =
        home.behind().columns("episode").into_iter().filter(|c| c.2).map(|c| c.0).collect();
    let at = shape.noun.record.iter().position(|c| nullable.iter().any(|n| n == c)).unwrap();
    let column = shape.noun.record[at];
    let mut vals = crate::home::made_up(&shape.kinds, 1);
    vals[at] = store::Val::Null;
    write(&store, move |tx| {
        let id = tx.id();
        tx.insert(shape.noun, id, vals.clone())?;
        Ok(tx.log(&stamp(), "episode:1", "made", "", "")?)
    })
    .unwrap();
    store.close();
    drop(store);
    home.must_verify();
    let mut behind = armless(home);
    let kind = behind.columns("episode").into_iter().find(|c| c.0 == column).unwrap().1;
    let value = match kind {
        Kind::Number => "1".to_owned(),
        Kind::Text => "'x'".to_owned(),
        Kind::Bytes => behind.bytes(b"x"),
    };
    behind.run(&format!("UPDATE episode SET {column} = {value}"));
    assert!(first_bad(home).what.ends_with(column));
}

#[test]
fn a_damaged_file_is_a_finding_or_a_clear_error() {
    let home = Home::sqlite("damaged");
    a_town(&home);
    let DbUrl::Sqlite(path) = &home.db else { unreachable!() };
    // The write-ahead log is folded into the file, whoever is just letting go of it.
    let mut behind = home.behind();
    behind.run("PRAGMA wal_checkpoint(TRUNCATE)");
    drop(behind);
    let whole = std::fs::read(path).unwrap();
    type Harm = Box<dyn Fn(&mut Vec<u8>)>;
    let damage: [(&str, Harm); 5] = [
        ("cut", Box::new(|bytes| bytes.truncate(bytes.len() / 2))),
        ("header", Box::new(|bytes| bytes[..100].fill(0x55))),
        ("schema", Box::new(|bytes| bytes[100..4000].fill(0x55))),
        (
            "middle",
            Box::new(|bytes| {
                let at = bytes.len() / 2;
                bytes[at..at + 40_000].fill(0x55);
            }),
        ),
        ("no database", Box::new(|bytes| *bytes = b"rubbish".repeat(1000))),
    ];
    for (what, harm) in damage {
        let mut bytes = whole.clone();
        harm(&mut bytes);
        std::fs::write(path, &bytes).unwrap();
        let _ = std::fs::remove_file(path.with_extension("db-wal"));
        let _ = std::fs::remove_file(path.with_extension("db-shm"));
        match store::verify::verify_store(&home.db, Some(&home.place.dir), None, None, &mut |_, _| {}) {
            Ok(report) => assert!(!report.ok, "{what} passed"),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
    std::fs::write(path, &whole).unwrap();
    home.must_verify();
    std::fs::remove_file(path).unwrap();
    let words =
        store::verify::verify_store(&home.db, None, None, None, &mut |_, _| {}).unwrap_err().to_string();
    assert!(words.contains("no store"), "{words}");
}

/// An index that leaves a row out hides a person from every list while the row itself is whole.
#[test]
fn an_index_that_hides_a_row_is_found() {
    let home = Home::sqlite("index");
    a_town(&home);
    let mut behind = home.behind();
    behind.run(
        "PRAGMA writable_schema = ON;
         UPDATE sqlite_master SET sql = 'CREATE INDEX flow_episode ON flow (episode_id) WHERE episode_id < 0' WHERE name = 'flow_episode'",
    );
    drop(behind);
    let mut behind = home.behind();
    behind.run("REINDEX flow_episode; PRAGMA writable_schema = ON;
         UPDATE sqlite_master SET sql = 'CREATE INDEX flow_episode ON flow (episode_id)' WHERE name = 'flow_episode'");
    drop(behind);
    // Counting goes by the index too, and may notice first.
    let table = first_bad(&home).table;
    assert!(["sqlite", "flow"].contains(&table.as_str()), "{table}");
}
