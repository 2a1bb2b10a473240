//! Repeated commands: one effect and the same answer, however late the repetition comes (invariant 3).

use crate::error::StoreError;
use crate::stmt::stmt;
use crate::tx::{Reader, Tx};
use rules::At;

stmt! {
    FIND = "SELECT body_hash, answer, allowed FROM command WHERE principal = ?1 AND route = ?2 AND idem_key = ?3";
    KEEP = "INSERT INTO command (id, principal, route, idem_key, body_hash, answer, at, allowed)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
}

/// Who repeats what: the key is the member of staff's (not the session's), per route.
#[derive(Clone, Debug)]
pub struct CommandKey {
    pub principal: String,
    pub route: &'static str,
    pub key: String,
    pub body_hash: [u8; 32],
}

pub enum Earlier {
    /// The same command was answered before: its answer (JSON), and what it was allowed by, in the words of the acts.
    Answered { answer: String, allowed: String },
    /// The key was used with another body.
    OtherBody,
}

pub fn find(reader: &mut Reader, key: &CommandKey) -> Result<Option<Earlier>, StoreError> {
    let params = [key.principal.as_str().into(), key.route.into(), key.key.as_str().into()];
    let Some(mut row) = reader.one(&FIND, &params)? else { return Ok(None) };
    let same = row.bytes()? == key.body_hash;
    Ok(Some(if same {
        Earlier::Answered { answer: row.text()?, allowed: row.text()? }
    } else {
        Earlier::OtherBody
    }))
}

pub fn keep(tx: &mut Tx, key: &CommandKey, answer: &str, allowed: &str, at: At) -> Result<(), StoreError> {
    let id = tx.id();
    tx.push(
        &KEEP,
        vec![
            id.into(),
            key.principal.as_str().into(),
            key.route.into(),
            key.key.as_str().into(),
            key.body_hash.to_vec().into(),
            answer.into(),
            at.into(),
            allowed.into(),
        ],
    )
}
