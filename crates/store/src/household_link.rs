//! The links that are a home's own (trust.md, "The patient's link"). Of a token only its SHA-256 is kept; a home has one that
//! runs, and the index of the table sees to it.

use crate::error::StoreError;
use crate::stmt::{change, row, select};
use crate::tx::{Reader, Tx};
use rules::{At, HouseholdId, LinkDelivery, LinkId, StaffId, Uid};

row! {
    pub struct HouseholdLink(HOUSEHOLD_LINK = "household_link", LinkId) {
        uid: Uid,
        household_id: HouseholdId,
        /// SHA-256 of the token, in hexadecimal digits.
        token_hash: String,
        /// The JSON of the words by which the home calls its members, by episode.
        words: String,
        made_at: At,
        /// `None` for those of a demo.
        made_by: Option<StaffId>,
        revoked_at: Option<At>,
        revoked_by: Option<StaffId>,
        /// How it was handed out; `None` for links from before that was asked.
        delivery: Option<LinkDelivery>,
    }
}

select! {
    RUNNING: HOUSEHOLD_LINK = "WHERE household_link.token_hash = ?1 AND household_link.revoked_at IS NULL";
    OF_HOME: HOUSEHOLD_LINK = "WHERE household_link.household_id = ?1 AND household_link.revoked_at IS NULL";
    MADE_UP: HOUSEHOLD_LINK = "WHERE household_link.made_by IS NULL AND household_link.revoked_at IS NULL
        ORDER BY household_link.id LIMIT ?1";
}

change! {
    REVOKE: HOUSEHOLD_LINK = "SET revoked_at = ?2, revoked_by = ?3 WHERE household_id = ?1 AND revoked_at IS NULL";
}

/// The link that a token opens, while it runs.
pub fn by_hash(reader: &mut Reader, hash: &str) -> Result<Option<HouseholdLink>, StoreError> {
    reader.row(&RUNNING, &[hash.into()])
}

/// The link of a home that runs.
pub fn of_home(reader: &mut Reader, home: HouseholdId) -> Result<Option<HouseholdLink>, StoreError> {
    reader.row(&OF_HOME, &[home.into()])
}

/// Links that nobody handed out: those of a demo.
pub fn made_up(reader: &mut Reader, limit: i64) -> Result<Vec<HouseholdLink>, StoreError> {
    reader.rows(&MADE_UP, &[limit.into()])
}

/// Nobody comes in by it any more; says whether there was one.
pub fn revoke(tx: &mut Tx, home: HouseholdId, by: Option<StaffId>, at: At) -> Result<bool, StoreError> {
    Ok(tx.change(&REVOKE, &[home.into(), at.into(), by.into()])? > 0)
}
