//! Devices of a home that may read its thread (trust.md, "The patient's link", tier 1), and the code that lets one more in.
//! Of a device's token only its SHA-256 is kept. A device lives as long as the link that it came by.

use crate::error::StoreError;
use crate::stmt::{change, row, select, stmt};
use crate::tx::{Reader, Tx};
use rules::{At, DeviceBinding, DeviceId, HouseholdId, LinkId, StaffId, Uid};

row! {
    pub struct BoundDevice(BOUND_DEVICE = "bound_device", DeviceId) {
        uid: Uid,
        link_id: LinkId,
        household_id: HouseholdId,
        /// SHA-256 of the token, in hexadecimal digits.
        token_hash: String,
        /// What the browser says of itself, in short: "Chrome, Android".
        name: String,
        how: DeviceBinding,
        bound_at: At,
        ended_at: Option<At>,
        /// `None` if the home itself ended it.
        ended_by: Option<StaffId>,
    }
}

/// A code that waits to be typed.
#[derive(Clone, Debug, PartialEq)]
pub struct Code {
    /// SHA-256 of the link's id and the code.
    pub hash: String,
    pub ends_at: At,
    /// How often another code was typed.
    pub failures: i64,
}

select! {
    BY_HASH: BOUND_DEVICE = "WHERE bound_device.token_hash = ?1 AND bound_device.ended_at IS NULL";
    BY_UID: BOUND_DEVICE = "WHERE bound_device.uid = ?1";
    OF_LINK: BOUND_DEVICE = "WHERE bound_device.link_id = ?1 ORDER BY bound_device.id LIMIT ?2";
}

change! {
    END: BOUND_DEVICE = "SET ended_at = ?2, ended_by = ?3 WHERE id = ?1 AND ended_at IS NULL";
}

stmt! {
    CODE = "SELECT code_hash, ends_at, failures FROM device_code WHERE link_id = ?1";
    SET_CODE = "INSERT INTO device_code (link_id, code_hash, ends_at, failures) VALUES (?1, ?2, ?3, 0)
        ON CONFLICT (link_id) DO UPDATE SET code_hash = excluded.code_hash, ends_at = excluded.ends_at, failures = 0";
    FAILED = "UPDATE device_code SET failures = failures + 1 WHERE link_id = ?1";
    FORGET_CODE = "DELETE FROM device_code WHERE link_id = ?1";
}

/// The device that a token belongs to, while nobody ended it.
pub fn by_hash(reader: &mut Reader, hash: &str) -> Result<Option<BoundDevice>, StoreError> {
    reader.row(&BY_HASH, &[hash.into()])
}

pub fn by_uid(reader: &mut Reader, uid: Uid) -> Result<Option<BoundDevice>, StoreError> {
    reader.row(&BY_UID, &[uid.into()])
}

/// Every device that came by a link, also those that were ended.
pub fn of_link(reader: &mut Reader, link: LinkId, limit: i64) -> Result<Vec<BoundDevice>, StoreError> {
    reader.rows(&OF_LINK, &[link.into(), limit.into()])
}

/// It reads nothing any more; says whether it did until now.
pub fn end(tx: &mut Tx, id: DeviceId, by: Option<StaffId>, at: At) -> Result<bool, StoreError> {
    Ok(tx.change(&END, &[id.into(), at.into(), by.into()])? > 0)
}

pub fn code(reader: &mut Reader, link: LinkId) -> Result<Option<Code>, StoreError> {
    match reader.one(&CODE, &[link.into()])? {
        Some(mut row) => Ok(Some(Code { hash: row.text()?, ends_at: row.at()?, failures: row.i64()? })),
        None => Ok(None),
    }
}

/// A link has one code at a time.
pub fn set_code(tx: &mut Tx, link: LinkId, hash: &str, ends_at: At) -> Result<(), StoreError> {
    tx.exec(&SET_CODE, &[link.into(), hash.into(), ends_at.into()]).map(|_| ())
}

pub fn failed(tx: &mut Tx, link: LinkId) -> Result<(), StoreError> {
    tx.exec(&FAILED, &[link.into()]).map(|_| ())
}

pub fn forget_code(tx: &mut Tx, link: LinkId) -> Result<(), StoreError> {
    tx.exec(&FORGET_CODE, &[link.into()]).map(|_| ())
}
