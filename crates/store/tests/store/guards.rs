//! The databases themselves refuse to change what only grows.

use crate::home::{Behind, Home, make_row, shapes};
use store::head::{self, Why};
use store::stmt::Stmt;

static WHO: Stmt = Stmt::new("WHO", "SELECT current_user", None);

const APPEND_ONLY: [(&str, &str); 3] = [("entry", "header"), ("content", "salt"), ("signed_head", "why")];

fn a_store_with_a_row(home: &Home) -> store::Store {
    let store = home.open();
    let shape = shapes(home).remove(0);
    make_row(&store, &shape, 1);
    let heads = crate::home::wait(head::open(&store, &home.place, crate::home::chance)).unwrap();
    crate::home::wait(head::sign(&store, &heads, Why::Start, crate::home::NOON)).unwrap();
    store
}

fn refused(behind: &mut Behind, sql: &str) {
    match behind.try_run(sql) {
        Ok(()) => panic!("not refused: {sql}"),
        Err(words) => assert!(words.contains("append-only"), "{sql}: {words}"),
    }
}

on_both! { update_and_delete_are_refused }

fn update_and_delete_are_refused(home: &Home) {
    let store = a_store_with_a_row(home);
    let mut behind = home.behind();
    for (table, column) in APPEND_ONLY {
        refused(&mut behind, &format!("UPDATE {table} SET {column} = {column}"));
        refused(&mut behind, &format!("UPDATE {table} SET seq = seq + 10"));
        refused(&mut behind, &format!("DELETE FROM {table}"));
        refused(&mut behind, &format!("DELETE FROM {table} WHERE seq = 1"));
    }
    drop(store);
    home.must_verify();
}

#[test]
fn insert_or_replace_is_refused_on_sqlite() {
    let home = Home::sqlite("replace");
    let store = a_store_with_a_row(&home);
    let mut behind = home.behind();
    for (table, _) in APPEND_ONLY {
        refused(&mut behind, &format!("INSERT OR REPLACE INTO {table} SELECT * FROM {table} WHERE seq = 1"));
        refused(&mut behind, &format!("REPLACE INTO {table} SELECT * FROM {table} WHERE seq = 1"));
    }
    // By way of the other unique columns: another seq, the same place in the chain or in its stream.
    refused(
        &mut behind,
        "INSERT OR REPLACE INTO entry (seq, stream, stream_seq, at, actor, origin, kind, header, commitment, prev_hash, hash)
         SELECT 99, 'other', 1, at, actor, origin, kind, header, commitment, prev_hash, hash FROM entry WHERE seq = 1",
    );
    refused(
        &mut behind,
        "INSERT OR REPLACE INTO entry (seq, stream, stream_seq, at, actor, origin, kind, header, commitment, prev_hash, hash)
         SELECT 99, stream, stream_seq, at, actor, origin, kind, header, commitment, hash, hash FROM entry WHERE seq = 1",
    );
    drop(store);
    home.must_verify();
}

#[test]
fn truncate_and_the_replication_role_are_refused_on_postgres() {
    let home = Home::postgres("replica");
    let store = a_store_with_a_row(&home);
    let mut owner = home.behind();
    for (table, column) in APPEND_ONLY {
        refused(&mut owner, &format!("TRUNCATE {table}"));
        // Ordinary triggers sleep under this setting; ours do not.
        refused(
            &mut owner,
            &format!("SET session_replication_role = replica; UPDATE {table} SET {column} = {column}"),
        );
        refused(&mut owner, &format!("SET session_replication_role = replica; DELETE FROM {table}"));
        refused(&mut owner, &format!("SET session_replication_role = replica; TRUNCATE {table}"));
    }
    drop(store);
    home.must_verify();
}

#[test]
fn the_server_works_under_a_role_that_cannot_take_the_guards_away() {
    let home = Home::postgres("role");
    let store = a_store_with_a_row(&home);
    let store::DbUrl::Postgres { schema, .. } = &home.db else { unreachable!() };
    let mut behind = home.behind();
    let role = format!("keben_app_{schema}");
    let works_as = crate::home::write(&store, |tx| Ok(tx.one(&WHO, &[])?.unwrap().text()?)).unwrap();
    assert_eq!(works_as, role);
    behind.run(&format!("SET ROLE {role}"));
    for (table, column) in APPEND_ONLY {
        for sql in [
            format!("UPDATE {table} SET {column} = {column}"),
            format!("DELETE FROM {table}"),
            format!("TRUNCATE {table}"),
            format!("DROP TABLE {table}"),
            format!("ALTER TABLE {table} DISABLE TRIGGER ALL"),
            "SET session_replication_role = replica".to_owned(),
        ] {
            let words = behind.try_run(&sql).expect_err(&sql);
            assert!(words.contains("permission denied") || words.contains("must be owner"), "{sql}: {words}");
        }
    }
    drop(store);
}
