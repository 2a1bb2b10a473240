//! Forward-only migrations: numbered files, one text for both databases, each run in a transaction of its own and
//! remembered with its checksum. A store made by a newer program, or by files that were edited, is refused.

use crate::error::StoreError;
use crate::log::hex;
use crate::tx::{Db, Reader};
use sha2::{Digest, Sha256};

const FILES: &[(i64, &str, &str)] = &[
    (1, "0001_foundation", include_str!("../migrations/0001_foundation.sql")),
    (2, "0002_roll_up", include_str!("../migrations/0002_roll_up.sql")),
    (3, "0003_home_by_home", include_str!("../migrations/0003_home_by_home.sql")),
    (4, "0004_care_at_home", include_str!("../migrations/0004_care_at_home.sql")),
    (5, "0005_whose_alarm", include_str!("../migrations/0005_whose_alarm.sql")),
    (6, "0006_heard_of", include_str!("../migrations/0006_heard_of.sql")),
    (7, "0007_round", include_str!("../migrations/0007_round.sql")),
    (8, "0008_last_dose", include_str!("../migrations/0008_last_dose.sql")),
    (9, "0009_household_link", include_str!("../migrations/0009_household_link.sql")),
    (10, "0010_thread", include_str!("../migrations/0010_thread.sql")),
    (11, "0011_task", include_str!("../migrations/0011_task.sql")),
    (12, "0012_test_voided", include_str!("../migrations/0012_test_voided.sql")),
];
const GUARDS_LITE: &str = include_str!("../migrations/guards.sqlite.sql");
const GUARDS_PG: &str = include_str!("../migrations/guards.postgres.sql");

/// The tables that only ever grow, each with what SQLite's INSERT OR REPLACE would have to clash with.
const APPEND_ONLY: &[(&str, &str)] = &[
    (
        "entry",
        "seq = NEW.seq OR prev_hash = NEW.prev_hash OR (stream = NEW.stream AND stream_seq = NEW.stream_seq)",
    ),
    ("content", "seq = NEW.seq"),
    ("signed_head", "seq = NEW.seq"),
];

/// How many migrations this program knows.
pub(crate) fn known() -> usize {
    FILES.len()
}

/// The role that the server works under on PostgreSQL, beside the schema's name.
pub(crate) fn app_role(schema: &str) -> String {
    format!("keben_app_{schema}")
}

fn ddl(db: &Db, text: &str) -> String {
    let (pk, i64_, bytes, strict) = match db {
        Db::Lite(_) => ("INTEGER PRIMARY KEY", "INTEGER", "BLOB", " STRICT"),
        Db::Pg(_) => ("BIGINT PRIMARY KEY", "BIGINT", "BYTEA", ""),
    };
    text.replace("{pk}", pk).replace("{i64}", i64_).replace("{bytes}", bytes).replace("{strict}", strict)
}

fn batch(db: &mut Db, text: &str) -> Result<(), StoreError> {
    match db {
        Db::Lite(conn) => conn.execute_batch(text).map_err(|e| crate::tx::lite_error("migration", e)),
        Db::Pg(session) => session.batch(text),
    }
}

/// Brings the store to the newest schema and puts the guards in place.
pub(crate) fn migrate(db: Db) -> Result<(), StoreError> {
    let mut reader = Reader { db };
    steps(&mut reader, FILES.len())?;
    guard(&mut reader.db)
}

/// Makes the schema of the first `count` migrations, without guards: for a copy that is still being filled.
pub(crate) fn migrate_to(db: Db, count: usize) -> Result<(), StoreError> {
    steps(&mut Reader { db }, count.min(FILES.len()))
}

/// The migrations that a store was made with, as it remembers them.
pub(crate) fn remembered(reader: &mut Reader) -> Result<Vec<(i64, String)>, StoreError> {
    let rows = reader.query_text("SELECT number, checksum FROM migration ORDER BY number", &[])?;
    rows.into_iter().map(|mut row| Ok((row.i64()?, row.text()?))).collect()
}

/// Refuses a store of a newer program, or of files that were edited since.
pub(crate) fn check(done: &[(i64, String)]) -> Result<(), StoreError> {
    if done.len() > FILES.len() {
        return Err(StoreError::Start(format!(
            "this store was made by a newer program (schema {}); use that one",
            done.len()
        )));
    }
    for ((had, sum), (number, name, text)) in done.iter().zip(FILES) {
        if had != number || *sum != hex(&Sha256::digest(text.as_bytes())) {
            return Err(StoreError::Start(format!(
                "migration {name} is not the one this store was made with"
            )));
        }
    }
    Ok(())
}

fn steps(reader: &mut Reader, count: usize) -> Result<(), StoreError> {
    let create = ddl(
        &reader.db,
        "CREATE TABLE IF NOT EXISTS migration (number {pk}, name TEXT NOT NULL, checksum TEXT NOT NULL){strict}",
    );
    batch(&mut reader.db, &create)?;
    let done = remembered(reader)?;
    check(&done)?;
    for (number, name, text) in FILES.iter().take(count).skip(done.len()) {
        let body = ddl(&reader.db, text);
        let sum = hex(&Sha256::digest(text.as_bytes()));
        // The name and the checksum are the program's own words: no quoting is needed.
        let mark =
            format!("INSERT INTO migration (number, name, checksum) VALUES ({number}, '{name}', '{sum}')");
        batch(&mut reader.db, "BEGIN")?;
        let ran = batch(&mut reader.db, &body).and_then(|()| batch(&mut reader.db, &mark));
        match ran {
            Ok(()) => batch(&mut reader.db, "COMMIT")?,
            Err(error) => {
                batch(&mut reader.db, "ROLLBACK")?;
                return Err(error);
            }
        }
    }
    Ok(())
}

fn guard(db: &mut Db) -> Result<(), StoreError> {
    let guards = match db {
        Db::Lite(_) => GUARDS_LITE,
        Db::Pg(_) => GUARDS_PG,
    };
    for (table, clash) in APPEND_ONLY {
        batch(db, &guards.replace("{table}", table).replace("{clash}", clash))?;
    }
    Ok(())
}

/// On PostgreSQL the server works under a role that may not change what is append-only. Where the owner may not
/// make roles, the triggers alone guard and the operator is told.
pub(crate) fn use_app_role(session: &mut crate::tx::PgSession, schema: &str) -> Result<(), StoreError> {
    let role = app_role(schema);
    let grants = format!(
        "GRANT USAGE ON SCHEMA {schema} TO {role}; \
         GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}; \
         REVOKE UPDATE, DELETE, TRUNCATE ON {schema}.entry, {schema}.content, {schema}.signed_head, {schema}.migration FROM {role}"
    );
    let made = session.batch(&format!(
        "DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{role}') THEN \
         CREATE ROLE {role} NOLOGIN; END IF; END $$"
    ));
    match made.and_then(|()| session.batch(&grants)).and_then(|()| session.batch(&format!("SET ROLE {role}")))
    {
        Ok(()) => Ok(()),
        Err(error) => {
            tracing::warn!(%error, "no separate database role could be made: append-only rests on triggers alone");
            Ok(())
        }
    }
}
