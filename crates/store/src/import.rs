//! Imports of lists: the file as it came, how far it got, what it gave.

use crate::error::StoreError;
use crate::stmt::{change, row, select, stmt};
use crate::tx::{Reader, Tx};
use rules::{AreaId, At, ImportId, ImportState, StaffId, Uid};

row! {
    /// `result` is the JSON that the command line prints.
    pub struct Import(IMPORT = "import", ImportId) {
        uid: Uid,
        area_id: AreaId,
        file_name: String,
        file_hash: Vec<u8>,
        dry_run: bool,
        contacted: bool,
        state: ImportState,
        done: i64,
        total: i64,
        result: Option<String>,
        staff_id: Option<StaffId>,
        created_at: At,
        undone_at: Option<At>,
    }
}

select! {
    BY_UID: IMPORT = "WHERE import.uid = ?1";
    BY_ID: IMPORT = "WHERE import.id = ?1";
    OF_AREA: IMPORT = "JOIN area ON area.id = import.area_id WHERE substr(area.path, 1, length(?1)) = ?1
        ORDER BY import.id DESC LIMIT ?2";
    RUNNING: IMPORT = "WHERE import.state = 'running' ORDER BY import.id LIMIT 100";
}

change! {
    PROGRESS: IMPORT = "SET done = ?2, total = ?3 WHERE id = ?1";
    FINISH: IMPORT = "SET state = ?2, result = ?3, done = total WHERE id = ?1";
    UNDO: IMPORT = "SET state = 'undone', undone_at = ?2 WHERE id = ?1 AND state = 'done'";
}

stmt! {
    KEEP_FILE = "INSERT INTO import_file (import_id, bytes, refused) VALUES (?1, ?2, NULL)";
    KEEP_REFUSED = "UPDATE import_file SET refused = ?2 WHERE import_id = ?1";
    FILE = "SELECT bytes FROM import_file WHERE import_id = ?1";
    REFUSED = "SELECT refused FROM import_file WHERE import_id = ?1";
}

pub fn by_uid(reader: &mut Reader, uid: Uid) -> Result<Option<Import>, StoreError> {
    reader.row(&BY_UID, &[uid.into()])
}

pub fn by_id(reader: &mut Reader, id: ImportId) -> Result<Option<Import>, StoreError> {
    reader.row(&BY_ID, &[id.into()])
}

pub fn of_area(reader: &mut Reader, path: &str, limit: i64) -> Result<Vec<Import>, StoreError> {
    reader.rows(&OF_AREA, &[path.into(), limit.into()])
}

/// Imports that a stop of the program interrupted.
pub fn running(reader: &mut Reader) -> Result<Vec<Import>, StoreError> {
    reader.rows(&RUNNING, &[])
}

pub fn keep_file(tx: &mut Tx, import: ImportId, bytes: &[u8]) -> Result<(), StoreError> {
    tx.push(&KEEP_FILE, vec![import.into(), bytes.into()])
}

pub fn file(reader: &mut Reader, import: ImportId) -> Result<Option<Vec<u8>>, StoreError> {
    reader.one(&FILE, &[import.into()])?.map(|mut r| r.bytes()).transpose()
}

/// The rows handed back, as a sheet; `None` when none were, or not yet.
pub fn refused(reader: &mut Reader, import: ImportId) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(reader.one(&REFUSED, &[import.into()])?.map(|mut r| r.opt_bytes()).transpose()?.flatten())
}

pub fn progress(tx: &mut Tx, import: ImportId, done: i64, total: i64) -> Result<(), StoreError> {
    tx.change_one(&PROGRESS, &[import.into(), done.into(), total.into()])
}

pub fn finish(
    tx: &mut Tx,
    import: ImportId,
    state: ImportState,
    result: &str,
    refused: Option<&[u8]>,
) -> Result<(), StoreError> {
    if let Some(sheet) = refused {
        tx.exec(&KEEP_REFUSED, &[import.into(), sheet.into()])?;
    }
    tx.change_one(&FINISH, &[import.into(), state.into(), result.into()])
}

pub fn undo(tx: &mut Tx, import: ImportId, at: At) -> Result<(), StoreError> {
    tx.change_one(&UNDO, &[import.into(), at.into()])
}
