//! Protocols that were adopted, each with its whole text: what a judgement was made by can be read again years later.

use crate::error::StoreError;
use crate::stmt::{row, select, stmt};
use crate::tx::Reader;
use rules::slots::Slots;
use rules::{AdoptionId, AreaId, At, StaffId, Uid};

row! {
    /// The newest of an area holds there and below, unless a smaller unit adopted one of its own.
    pub struct Adoption(PROTOCOL_ADOPTION = "protocol_adoption", AdoptionId) {
        uid: Uid,
        area_id: AreaId,
        protocol: String,
        version: String,
        body: String,
        note: String,
        staff_id: Option<StaffId>,
        adopted_at: At,
        /// The JSON of [`rules::slots::Slots`]: when one is to be heard of, to be read without the whole text.
        slots: Option<String>,
    }
}

select! {
    BY_ID: PROTOCOL_ADOPTION = "WHERE protocol_adoption.id = ?1";
    OF_AREA: PROTOCOL_ADOPTION = "WHERE protocol_adoption.area_id = ?1 ORDER BY protocol_adoption.id DESC LIMIT ?2";
    HOLDING: PROTOCOL_ADOPTION = "JOIN area ON area.id = protocol_adoption.area_id
        WHERE substr(?1, 1, length(area.path)) = area.path ORDER BY length(area.path) DESC, protocol_adoption.id DESC LIMIT 1";
}

stmt! {
    HOLDING_ID = "SELECT protocol_adoption.id FROM protocol_adoption JOIN area ON area.id = protocol_adoption.area_id
        WHERE substr(?1, 1, length(area.path)) = area.path ORDER BY length(area.path) DESC, protocol_adoption.id DESC LIMIT 1";
    HOLDING_SLOTS = "SELECT protocol_adoption.slots FROM protocol_adoption JOIN area ON area.id = protocol_adoption.area_id
        WHERE substr(?1, 1, length(area.path)) = area.path ORDER BY length(area.path) DESC, protocol_adoption.id DESC LIMIT 1";
    ANY_SLOTS = "SELECT COUNT(*) FROM protocol_adoption WHERE slots IS NOT NULL";
}

pub fn by_id(reader: &mut Reader, id: AdoptionId) -> Result<Option<Adoption>, StoreError> {
    reader.row(&BY_ID, &[id.into()])
}

/// What an area adopted, newest first.
pub fn of_area(reader: &mut Reader, area: AreaId, limit: i64) -> Result<Vec<Adoption>, StoreError> {
    reader.rows(&OF_AREA, &[area.into(), limit.into()])
}

/// What holds at a path: the newest adoption of the nearest unit above that has one.
pub fn holding(reader: &mut Reader, path: &str) -> Result<Option<Adoption>, StoreError> {
    reader.row(&HOLDING, &[path.into()])
}

/// Which adoption holds at a path, for those who have its text.
pub fn holding_id(reader: &mut Reader, path: &str) -> Result<Option<AdoptionId>, StoreError> {
    Ok(match reader.one(&HOLDING_ID, &[path.into()])? {
        Some(mut row) => Some(row.get()?),
        None => None,
    })
}

/// When one is to be heard of by what holds at a path; `None` if nothing does or it says nothing of it.
pub fn slots(reader: &mut Reader, path: &str) -> Result<Option<Slots>, StoreError> {
    let Some(mut row) = reader.one(&HOLDING_SLOTS, &[path.into()])? else { return Ok(None) };
    let Some(text) = row.opt_text()? else { return Ok(None) };
    let torn = |e: serde_json::Error| StoreError::Shape(format!("the slots of an adoption: {e}"));
    Ok(Some(serde_json::from_str(&text).map_err(torn)?))
}

/// Whether any adopted protocol says when people are to be heard of.
pub fn has_slots(reader: &mut Reader) -> Result<bool, StoreError> {
    Ok(match reader.one(&ANY_SLOTS, &[])? {
        Some(mut row) => row.i64()? > 0,
        None => false,
    })
}
