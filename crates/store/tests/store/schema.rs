//! Both databases are one store: the same tables, the same columns, every statement understood by both.

use crate::home::Home;
use std::collections::BTreeSet;
use store::stmt::{all_nouns, all_statements};

#[test]
fn every_statement_prepares_on_both_with_as_many_columns() {
    let (lite, pg) = (Home::sqlite("statements"), Home::postgres("statements"));
    let (on_lite, on_pg) = (lite.open(), pg.open());
    let statements: Vec<_> = all_statements().collect();
    assert!(statements.len() > 20, "{} statements registered", statements.len());
    for stmt in statements {
        let ask = |store: &store::Store| {
            crate::home::wait(store.read(move |reader| reader.prepare(stmt)))
                .unwrap_or_else(|error| panic!("{}: {error}\n{}", stmt.name, stmt.lite()))
        };
        assert_eq!(ask(&on_lite), ask(&on_pg), "columns of {}", stmt.name);
    }
}

/// The tables that grow with people and days, by name or by the alias that statements give them.
const LARGE: &[&str] = &[
    "address_point",
    "alert",
    "alert_subject",
    "checkin",
    "contact_attempt",
    "content",
    "e",
    "entry",
    "episode",
    "flow",
    "h",
    "household",
    "judgement",
    "membership",
    "name_word",
    "p",
    "person",
    "severity_change",
    "test",
];

/// A statement that reads a large table whole for one answer is quick in a trial and dead in an outbreak.
#[test]
fn no_statement_reads_a_large_table_whole() {
    let home = Home::sqlite("plans");
    home.open().close();
    let mut behind = home.behind();
    let mut found = Vec::new();
    for stmt in all_statements() {
        for step in behind.plan(stmt.lite()) {
            let scans = step.strip_prefix("SCAN ").and_then(|rest| rest.split(' ').next());
            // From some row on to the end of the table is the whole table too.
            let onward = step
                .strip_suffix(" USING INTEGER PRIMARY KEY (rowid>?)")
                .and_then(|rest| rest.strip_prefix("SEARCH "));
            // Alarms that nobody has taken are few however many there were.
            if step.ends_with("INDEX alert_open") {
                continue;
            }
            // Half of all episodes are open: who starts from there for one home has read them all.
            if scans.or(onward).is_some_and(|table| LARGE.contains(&table)) || step.ends_with("(state=?)") {
                found.push(format!("{}: {step}", stmt.name));
            }
        }
    }
    // Everything booked before the first day of a unit: asked until its first lock. The list of a province: it stops
    // when its page is full. The newest entries of the log: a tailer reads on from the last one it knows.
    let allowed = [
        "FLOWS_BEFORE: SCAN flow USING COVERING INDEX flow_area",
        "LIST_TREE: SEARCH episode USING INTEGER PRIMARY KEY (rowid>?)",
        "TOLD: SEARCH entry USING INTEGER PRIMARY KEY (rowid>?)",
    ];
    found.sort_unstable();
    assert_eq!(found, allowed);
}

#[test]
fn both_databases_end_with_the_same_tables_and_columns() {
    let (lite, pg) = (Home::sqlite("tables"), Home::postgres("tables"));
    lite.open().close();
    pg.open().close();
    let (mut lite, mut pg) = (lite.behind(), pg.behind());
    let tables = lite.tables();
    assert_eq!(tables, pg.tables());
    for table in &tables {
        assert_eq!(lite.columns(table), pg.columns(table), "{table}");
    }
}

#[test]
fn every_noun_declares_each_column_of_its_table_once() {
    let home = Home::sqlite("nouns");
    home.open().close();
    let mut behind = home.behind();
    let tables = behind.tables();
    let nouns = all_nouns();
    let names: BTreeSet<&str> = nouns.iter().map(|noun| noun.table).collect();
    assert_eq!(names.len(), nouns.len(), "a table is declared twice");
    for noun in nouns {
        assert!(tables.iter().any(|table| table == noun.table), "no table {}", noun.table);
        let mut declared: Vec<&str> = vec!["id"];
        declared.extend(noun.record);
        declared.extend(noun.derived.iter().map(|derived| derived.column));
        let columns = behind.columns(noun.table);
        let stored: Vec<&str> = columns.iter().map(|column| column.0.as_str()).collect();
        let sorted = |mut names: Vec<&'static str>| {
            names.sort_unstable();
            names
        };
        let mut stored_sorted = stored.clone();
        stored_sorted.sort_unstable();
        assert_eq!(sorted(declared), stored_sorted, "{}: a column neither recorded nor derived", noun.table);
    }
}

/// What is in no noun is not chained. A new table must be named here or become a noun.
#[test]
fn every_table_is_a_noun_or_is_known_not_to_be_one() {
    let home = Home::sqlite("unchained");
    home.open().close();
    let nouns: BTreeSet<&str> = all_nouns().iter().map(|noun| noun.table).collect();
    let unchained: Vec<String> =
        home.behind().tables().into_iter().filter(|table| !nouns.contains(table.as_str())).collect();
    let known = [
        "command",
        "content",
        "credential",
        "device_code",
        "entry",
        "head",
        "import_file",
        "meta",
        "migration",
        "name_word",
        "session",
        "signed_head",
    ];
    assert_eq!(unchained, known);
}
