//! An organisation adopts a medical protocol, on record and with its whole text: until then nothing is judged (LC-6,
//! P-14). What was judged names the protocol it was judged by, and the text can be read again.

use crate::desk::Desk;
use crate::house::Mint;
use rules::permission::Verb;
use rules::protocol::{self, Protocol};
use rules::{AdoptionId, Refusal};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use store::protocol::Adoption;
use store::{Reader, Stop, StoreError, Tx, area};

/// The longest reason, in characters.
pub const NOTE_MAX: usize = 500;
/// Adoptions that are kept read; a province has one or two.
const KEPT_MAX: usize = 64;

/// Adopted protocols that were read already: reading compiles every condition.
#[derive(Clone, Default)]
pub struct Shelf(Arc<Mutex<HashMap<AdoptionId, Arc<Protocol>>>>);

impl Shelf {
    fn kept(&self, id: AdoptionId) -> Option<Arc<Protocol>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    /// The protocol of an adoption.
    pub fn of(&self, adoption: &Adoption) -> Result<Arc<Protocol>, StoreError> {
        if let Some(read) = self.kept(adoption.id) {
            return Ok(read);
        }
        let read = protocol::read(&adoption.body).map_err(|faults| {
            let first = faults.first().map(ToString::to_string).unwrap_or_default();
            StoreError::Shape(format!("the adopted protocol {}: {first}", adoption.protocol))
        })?;
        let read = Arc::new(read);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        kept.insert(adoption.id, read.clone());
        Ok(read)
    }

    /// The protocol by which something was judged.
    pub fn by_id(&self, reader: &mut Reader, id: AdoptionId) -> Result<Arc<Protocol>, StoreError> {
        if let Some(read) = self.kept(id) {
            return Ok(read);
        }
        let torn = || StoreError::Shape(format!("adoption {} is not there", id.0));
        self.of(&store::protocol::by_id(reader, id)?.ok_or_else(torn)?)
    }

    /// What is in force at a path, if anything is.
    pub fn in_force(
        &self,
        reader: &mut Reader,
        path: &str,
    ) -> Result<Option<(AdoptionId, Arc<Protocol>)>, StoreError> {
        match store::protocol::holding_id(reader, path)? {
            Some(id) => Ok(Some((id, self.by_id(reader, id)?))),
            None => Ok(None),
        }
    }

    /// What holds at a path.
    ///
    /// # Errors
    /// `no_protocol` where nobody has adopted one.
    pub fn holding(&self, reader: &mut Reader, path: &str) -> Result<(AdoptionId, Arc<Protocol>), Stop> {
        Ok(self.in_force(reader, path)?.ok_or_else(|| Refusal::conflict("no_protocol"))?)
    }
}

#[derive(Clone, Debug)]
pub struct AdoptProtocol {
    pub area_code: String,
    /// The text of the file.
    pub body: String,
    pub note: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Adopted {
    pub id: String,
    pub protocol: String,
    pub version: String,
}

/// Adopts a protocol for an area and everything below it.
///
/// # Errors
/// `area_code:unknown_area`, `body:bad_protocol` (with the first fault), `body:protocol_expired`, `note:required`, `note:too_long`,
/// `already_adopted`.
pub fn adopt(tx: &mut Tx, desk: &Desk, mint: &mut Mint, cmd: &AdoptProtocol) -> Result<Adopted, Stop> {
    let area = area::by_code(tx, cmd.area_code.trim(), None)?
        .filter(|area| desk.can(Verb::AdoptProtocol, &area.path))
        .ok_or_else(|| Refusal::field("area_code", "unknown_area"))?;
    let read = protocol::read(&cmd.body).map_err(|faults| {
        let first = faults.first().map(ToString::to_string).unwrap_or_default();
        Refusal::field("body", "bad_protocol").with("fault", first)
    })?;
    if read.valid_to.is_some_and(|last| desk.now.day(&area.zone()) > last) {
        return Err(Refusal::field("body", "protocol_expired").into());
    }
    let note = rules::fold::nfc(cmd.note.trim());
    if note.is_empty() {
        return Err(Refusal::field("note", "required").into());
    }
    if note.chars().count() > NOTE_MAX {
        return Err(Refusal::field("note", "too_long").into());
    }
    let newest = store::protocol::of_area(tx, area.id, 1)?.into_iter().next();
    if newest.is_some_and(|newest| newest.body == cmd.body) {
        return Err(Refusal::conflict("already_adopted").into());
    }
    let adoption = Adoption {
        id: AdoptionId(tx.id()),
        uid: mint.uid(desk.now),
        area_id: area.id,
        protocol: read.id.clone(),
        version: read.version.clone(),
        body: cmd.body.clone(),
        note,
        staff_id: desk.staff,
        adopted_at: desk.now,
        slots: slots_of(&read)?,
    };
    adoption.insert(tx)?;
    let header = format!("protocol={} version={}", read.id, read.version);
    tx.log(&desk.stamp(), &format!("area:{}", area.id.0), "protocol_adopted", &header, "")?;
    Ok(Adopted { id: adoption.uid.to_string(), protocol: read.id, version: read.version })
}

/// When one is to be heard of, as an adoption keeps it beside the text.
pub(crate) fn slots_of(read: &Protocol) -> Result<Option<String>, StoreError> {
    let said = read.checkin.as_ref().map(|times| serde_json::to_string(&times.slots));
    said.transpose().map_err(|e| StoreError::Shape(e.to_string()))
}
