//! What opens an account: the password's hash, the second factor, the one-time link, and the sessions. None of it is
//! chained: the log must stay readable by people who may not sign in as others. Of a token only its SHA-256 is kept.

use crate::error::StoreError;
use crate::staff::{GRANTS_MAX, HeldRole, held, held_columns};
use crate::stmt::stmt;
use crate::tx::{Reader, Tx};
use crate::val::Row;
use rules::{At, StaffId, Uid};
use sha2::{Digest, Sha256};

/// Sessions of one person shown in the list of devices.
const SESSIONS_SHOWN_MAX: i64 = 100;

pub type TokenHash = [u8; 32];

/// What is kept of a token.
pub fn token_hash(token: &str) -> TokenHash {
    Sha256::digest(token.as_bytes()).into()
}

stmt! {
    // One question per request: the session, its holder and the roles held now.
    FIND = concat!("SELECT x.id, x.kind, x.created_at, x.seen_at, x.ends_at, s.id, s.uid, s.login, s.full_name, s.on_duty,
            g.id IS NOT NULL, ", held_columns!(), "
        FROM session x JOIN staff s ON s.id = x.staff_id
        LEFT JOIN staff_grant g ON g.staff_id = s.id AND g.revoked_at IS NULL
        LEFT JOIN area a ON a.id = g.area_id
        LEFT JOIN area p ON p.id = a.parent_id
        WHERE x.token_hash = ?1 AND x.ended_at IS NULL AND s.ended_at IS NULL
        ORDER BY length(a.path), g.id LIMIT ?2");
    CREATE = "INSERT INTO session (id, token_hash, staff_id, kind, created_at, seen_at, ends_at, ended_at, device)
        VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, NULL, ?7)";
    TOUCH = "UPDATE session SET seen_at = ?2 WHERE id = ?1 AND seen_at < ?2";
    END = "UPDATE session SET ended_at = ?2 WHERE token_hash = ?1 AND ended_at IS NULL";
    END_ALL_OF = "UPDATE session SET ended_at = ?2 WHERE staff_id = ?1 AND ended_at IS NULL";
    END_ALL = "UPDATE session SET ended_at = ?1 WHERE ended_at IS NULL";
    OF_STAFF = "SELECT id, kind, created_at, seen_at, ends_at, device FROM session
        WHERE staff_id = ?1 AND ended_at IS NULL AND ends_at > ?2 ORDER BY seen_at DESC, id DESC LIMIT ?3";
    LAST_SEEN = "SELECT MAX(seen_at) FROM session WHERE staff_id = ?1";
    KNOWS_DEVICE = "SELECT COUNT(*) FROM session WHERE staff_id = ?1 AND device = ?2 AND kind <> ?3";
    FORGET_OLD = "DELETE FROM session WHERE ends_at < ?1";
    CREDENTIAL = "SELECT password_hash, totp_secret, totp_confirmed_at, totp_last_step, first_link_hash, first_link_until
        FROM credential WHERE staff_id = ?1";
    BY_LINK = "SELECT c.staff_id FROM credential c JOIN staff s ON s.id = c.staff_id
        WHERE c.first_link_hash = ?1 AND c.first_link_until > ?2 AND s.ended_at IS NULL";
    SET_PASSWORD = "INSERT INTO credential (staff_id, password_hash, changed_at) VALUES (?1, ?2, ?3)
        ON CONFLICT (staff_id) DO UPDATE SET password_hash = excluded.password_hash,
            first_link_hash = NULL, first_link_until = NULL, changed_at = excluded.changed_at";
    // A reset account opens by its link alone: password and second factor go.
    SET_LINK = "INSERT INTO credential (staff_id, first_link_hash, first_link_until, changed_at) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (staff_id) DO UPDATE SET password_hash = NULL, totp_secret = NULL, totp_confirmed_at = NULL,
            totp_last_step = NULL, first_link_hash = excluded.first_link_hash,
            first_link_until = excluded.first_link_until, changed_at = excluded.changed_at";
    OFFER_TOTP = "UPDATE credential SET totp_secret = ?2, changed_at = ?3
        WHERE staff_id = ?1 AND totp_confirmed_at IS NULL";
    USE_TOTP = "UPDATE credential SET totp_confirmed_at = COALESCE(totp_confirmed_at, ?3), totp_last_step = ?2
        WHERE staff_id = ?1 AND totp_secret IS NOT NULL AND (totp_last_step IS NULL OR totp_last_step < ?2)";
    CLOSE_CREDENTIAL = "DELETE FROM credential WHERE staff_id = ?1";
    HAS_CODE = "SELECT COUNT(*) FROM credential WHERE staff_id = ?1 AND totp_confirmed_at IS NOT NULL";
}

/// A session as a request finds it.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    pub id: i64,
    pub kind: String,
    pub created_at: At,
    pub seen_at: At,
    pub ends_at: At,
    pub staff_id: StaffId,
    pub staff_uid: Uid,
    pub login: String,
    pub full_name: String,
    pub on_duty: bool,
    pub roles: Vec<HeldRole>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct NewSession<'a> {
    pub token_hash: TokenHash,
    pub staff_id: StaffId,
    pub kind: &'a str,
    pub now: At,
    pub ends_at: At,
    pub device: &'a str,
}

/// An open session in the list of devices.
#[derive(Clone, Debug, PartialEq)]
pub struct Device {
    pub id: i64,
    pub kind: String,
    pub created_at: At,
    pub seen_at: At,
    pub ends_at: At,
    pub device: String,
}

/// The session of a token: not ended, its holder still on the staff. Its limits in time are the caller's to judge.
pub fn find(reader: &mut Reader, hash: &TokenHash) -> Result<Option<Found>, StoreError> {
    let rows = reader.query(&FIND, &[hash.as_slice().into(), (GRANTS_MAX as i64).into()])?;
    let mut found: Option<Found> = None;
    for mut row in rows {
        let head = head(&mut row)?;
        let found = found.get_or_insert(head);
        if row.flag()? {
            found.roles.push(held(&mut row)?);
        }
    }
    Ok(found)
}

fn head(row: &mut Row) -> Result<Found, StoreError> {
    Ok(Found {
        id: row.i64()?,
        kind: row.text()?,
        created_at: row.at()?,
        seen_at: row.at()?,
        ends_at: row.at()?,
        staff_id: StaffId(row.i64()?),
        staff_uid: row.uid()?,
        login: row.text()?,
        full_name: row.text()?,
        on_duty: row.flag()?,
        roles: Vec::new(),
    })
}

pub fn create(tx: &mut Tx, new: &NewSession) -> Result<(), StoreError> {
    let id = tx.id();
    tx.push(
        &CREATE,
        vec![
            id.into(),
            new.token_hash.as_slice().into(),
            new.staff_id.into(),
            new.kind.into(),
            new.now.into(),
            new.ends_at.into(),
            new.device.into(),
        ],
    )
}

/// Remembers that the session was used.
pub fn touch(tx: &mut Tx, id: i64, now: At) -> Result<(), StoreError> {
    tx.push(&TOUCH, vec![id.into(), now.into()])
}

/// Ends one session. Says whether it was open.
pub fn end(tx: &mut Tx, hash: &TokenHash, now: At) -> Result<bool, StoreError> {
    Ok(tx.exec(&END, &[hash.as_slice().into(), now.into()])? > 0)
}

/// Ends every session of one person and returns how many were open.
pub fn end_all_of(tx: &mut Tx, staff: StaffId, now: At) -> Result<u64, StoreError> {
    tx.exec(&END_ALL_OF, &[staff.into(), now.into()])
}

/// Ends every session there is: after a restore.
pub fn end_all(tx: &mut Tx, now: At) -> Result<u64, StoreError> {
    tx.exec(&END_ALL, &[now.into()])
}

/// The open sessions of one person, the last used first.
pub fn devices(reader: &mut Reader, staff: StaffId, now: At) -> Result<Vec<Device>, StoreError> {
    let rows = reader.query(&OF_STAFF, &[staff.into(), now.into(), SESSIONS_SHOWN_MAX.into()])?;
    rows.into_iter()
        .map(|mut row| {
            Ok(Device {
                id: row.i64()?,
                kind: row.text()?,
                created_at: row.at()?,
                seen_at: row.at()?,
                ends_at: row.at()?,
                device: row.text()?,
            })
        })
        .collect()
}

/// When somebody last used any of their sessions, by the machine's clock.
pub fn last_seen(reader: &mut Reader, staff: StaffId) -> Result<Option<At>, StoreError> {
    match reader.one(&LAST_SEEN, &[staff.into()])? {
        Some(mut row) => row.opt_at(),
        None => Ok(None),
    }
}

/// Whether somebody has had a session on such a device before, of any kind but `but`.
pub fn knows_device(
    reader: &mut Reader,
    staff: StaffId,
    device: &str,
    but: &str,
) -> Result<bool, StoreError> {
    Ok(reader.number(&KNOWS_DEVICE, &[staff.into(), device.into(), but.into()])? > 0)
}

/// Removes sessions that ran out before `before`, ended or not.
pub fn forget_old(tx: &mut Tx, before: At) -> Result<u64, StoreError> {
    tx.exec(&FORGET_OLD, &[before.into()])
}

/// What opens one account.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Credential {
    pub password_hash: Option<String>,
    /// Base32, as authenticator programs take it; in force once confirmed.
    pub totp_secret: Option<String>,
    pub totp_confirmed_at: Option<At>,
    /// The last time step whose code was used; no code of it or before is taken again.
    pub totp_last_step: Option<i64>,
    pub first_link_hash: Option<Vec<u8>>,
    pub first_link_until: Option<At>,
}

pub fn credential(reader: &mut Reader, staff: StaffId) -> Result<Option<Credential>, StoreError> {
    let Some(mut row) = reader.one(&CREDENTIAL, &[staff.into()])? else { return Ok(None) };
    Ok(Some(Credential {
        password_hash: row.opt_text()?,
        totp_secret: row.opt_text()?,
        totp_confirmed_at: row.opt_at()?,
        totp_last_step: row.opt_i64()?,
        first_link_hash: row.opt_bytes()?,
        first_link_until: row.opt_at()?,
    }))
}

/// Whose one-time link this is, if it still opens.
pub fn by_link(reader: &mut Reader, hash: &TokenHash, now: At) -> Result<Option<StaffId>, StoreError> {
    let row = reader.one(&BY_LINK, &[hash.as_slice().into(), now.into()])?;
    row.map(|mut row| row.i64().map(StaffId)).transpose()
}

/// Sets the password; a one-time link that led here opens nothing any more.
pub fn set_password(tx: &mut Tx, staff: StaffId, hash: &str, now: At) -> Result<(), StoreError> {
    tx.exec(&SET_PASSWORD, &[staff.into(), hash.into(), now.into()]).map(|_| ())
}

/// Makes a one-time link the only way in: password and second factor are forgotten.
pub fn set_link(tx: &mut Tx, staff: StaffId, link: &TokenHash, until: At, now: At) -> Result<(), StoreError> {
    tx.exec(&SET_LINK, &[staff.into(), link.as_slice().into(), until.into(), now.into()]).map(|_| ())
}

/// Keeps a secret that is not in force until a code of it was given. Says whether it was taken: not when one is in
/// force already.
pub fn offer_totp(tx: &mut Tx, staff: StaffId, secret: &str, now: At) -> Result<bool, StoreError> {
    Ok(tx.exec(&OFFER_TOTP, &[staff.into(), secret.into(), now.into()])? > 0)
}

/// Uses up the code of a time step, which confirms a new secret. Says whether the step was still unused.
pub fn use_totp_step(tx: &mut Tx, staff: StaffId, step: i64, now: At) -> Result<bool, StoreError> {
    Ok(tx.exec(&USE_TOTP, &[staff.into(), step.into(), now.into()])? > 0)
}

/// Whether a second factor is in force.
pub fn has_second_factor(reader: &mut Reader, staff: StaffId) -> Result<bool, StoreError> {
    Ok(reader.number(&HAS_CODE, &[staff.into()])? > 0)
}

/// Forgets everything that opened the account of somebody who left.
pub fn close_credential(tx: &mut Tx, staff: StaffId) -> Result<(), StoreError> {
    tx.exec(&CLOSE_CREDENTIAL, &[staff.into()]).map(|_| ())
}
