//! Devices of a home that may read its thread (trust.md, "The patient's link", tier 1): the first one within three days after
//! the link was handed over, later ones by a code that a bound device shows or that staff say on the telephone, after calling
//! the number on record. Failures lock reading, never writing or calling.

use crate::desk::Desk;
use crate::house::Mint;
use crate::household_link::{self, Opened};
use crate::record_round;
use crate::thread;
use rules::household_link as rule;
use rules::permission::Verb;
use rules::{DeviceBinding, DeviceId, LinkId, Refusal, Uid};
use serde::{Deserialize, Serialize};
use store::bound_device::{self as rows, BoundDevice};
use store::{Stop, StoreError, Tx, household_link as links};

/// Devices of one link that are looked at.
pub const DEVICES_READ_MAX: i64 = 100;
/// The longest name of a device, in characters.
pub const NAME_MAX: usize = 60;

/// What is kept of a code.
fn hash_of_code(link: LinkId, code: &str) -> String {
    household_link::hash_of(&format!("{}:{code}", link.0))
}

/// A code from chance.
pub fn code_of(chance: [u8; 8]) -> String {
    format!("{:06}", u64::from_be_bytes(chance) % 1_000_000)
}

#[derive(Clone, Debug)]
pub struct BindDevice {
    pub token_hash: String,
    /// What is kept of the device's new token.
    pub device_hash: String,
    pub name: String,
    /// Digits, with or without spaces; empty for the first device after the link was handed over.
    pub code: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Bound {
    Yes,
    /// The code is another one; so many tries are left.
    WrongCode {
        left: i64,
    },
}

/// A device of the home may read from now on.
///
/// # Errors
/// Not found, once the link is revoked; `code` with `required` where the first device came already or too late, with `code_over`
/// where none waits; `too_many_devices`.
pub fn bind(tx: &mut Tx, desk: &Desk, mint: &mut Mint, cmd: &BindDevice) -> Result<Bound, Stop> {
    let opened = opened(tx, desk, &cmd.token_hash)?;
    let devices = rows::of_link(tx, opened.link, DEVICES_READ_MAX)?;
    if devices.iter().any(|device| device.token_hash == cmd.device_hash) {
        return Ok(Bound::Yes);
    }
    if devices.iter().filter(|device| device.ended_at.is_none()).count() >= rule::DEVICES_MAX {
        return Err(Refusal::conflict("too_many_devices").into());
    }
    let code: String = cmd.code.chars().filter(char::is_ascii_digit).collect();
    let how = if code.is_empty() {
        let came = devices.iter().any(|device| device.how == DeviceBinding::HandedOver);
        if !rule::first_may_bind(opened.delivery, opened.made_at, came, desk.now) {
            return Err(Refusal::field("code", "required").into());
        }
        DeviceBinding::HandedOver
    } else {
        let over = || Refusal::field("code", "code_over");
        let waits = rows::code(tx, opened.link)?.ok_or_else(over)?;
        if waits.ends_at <= desk.now || waits.failures >= rule::CODE_TRIES_MAX {
            return Err(over().into());
        }
        if waits.hash != hash_of_code(opened.link, &code) {
            rows::failed(tx, opened.link)?;
            return Ok(Bound::WrongCode { left: rule::CODE_TRIES_MAX - waits.failures - 1 });
        }
        rows::forget_code(tx, opened.link)?;
        DeviceBinding::Code
    };
    let row = BoundDevice {
        id: DeviceId(tx.id()),
        uid: mint.uid(desk.now),
        link_id: opened.link,
        household_id: opened.home.id,
        token_hash: cmd.device_hash.clone(),
        name: cmd.name.chars().take(NAME_MAX).collect(),
        how,
        bound_at: desk.now,
        ended_at: None,
        ended_by: None,
    };
    row.insert(tx)?;
    let header = format!("device={} how={how}", row.id.0);
    tx.log(&desk.stamp(), &format!("household:{}", opened.home.id.0), "device_bound", &header, "")?;
    thread::note(tx, desk, mint, &opened.home, "device_bound")?;
    Ok(Bound::Yes)
}

fn opened(tx: &mut Tx, desk: &Desk, token_hash: &str) -> Result<Opened, Stop> {
    let opened = household_link::open(tx, token_hash, desk.now)?.ok_or_else(Refusal::not_found)?;
    if desk.household != Some(opened.home.id) {
        return Err(Refusal::not_found().into());
    }
    Ok(opened)
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Done {}

/// Staff let one more device in: they called the number on record and spoke with somebody of the home.
///
/// # Errors
/// `called` with `required`; `no_link`.
pub fn give_code(tx: &mut Tx, desk: &Desk, home: Uid, code: &str, called: bool) -> Result<Done, Stop> {
    let (home, _) = record_round::load(tx, desk, Verb::ManageLink, home)?;
    if !called {
        return Err(Refusal::field("called", "required").into());
    }
    let link = links::of_home(tx, home.id)?.ok_or_else(|| Refusal::conflict("no_link"))?;
    keep_code(tx, desk, link.id, home.id.0, code)
}

/// A bound device lets one more in.
pub fn give_code_from_device(
    tx: &mut Tx,
    desk: &Desk,
    token_hash: &str,
    device_hash: &str,
    code: &str,
) -> Result<Done, Stop> {
    let opened = opened(tx, desk, token_hash)?;
    if !opened.is_bound(tx, Some(device_hash))? {
        return Err(Refusal::not_found().into());
    }
    keep_code(tx, desk, opened.link, opened.home.id.0, code)
}

fn keep_code(tx: &mut Tx, desk: &Desk, link: LinkId, home: i64, code: &str) -> Result<Done, Stop> {
    rows::set_code(tx, link, &hash_of_code(link, code), desk.now.plus(rule::CODE_FOR))?;
    tx.log(&desk.stamp(), &format!("household:{home}"), "device_code_given", "", "")?;
    Ok(Done {})
}

/// A device of the home reads nothing any more: ended by staff of the area.
pub fn end(tx: &mut Tx, desk: &Desk, mint: &mut Mint, home: Uid, device: Uid) -> Result<Done, Stop> {
    let (home, _) = record_round::load(tx, desk, Verb::ManageLink, home)?;
    let device = rows::by_uid(tx, device)?.filter(|device| device.household_id == home.id);
    ended(tx, desk, mint, &home, device)
}

/// A device of the home reads nothing any more: ended from a bound one, perhaps itself.
pub fn end_from_device(
    tx: &mut Tx,
    desk: &Desk,
    mint: &mut Mint,
    token_hash: &str,
    device_hash: &str,
    device: Uid,
) -> Result<Done, Stop> {
    let opened = opened(tx, desk, token_hash)?;
    if !opened.is_bound(tx, Some(device_hash))? {
        return Err(Refusal::not_found().into());
    }
    let device = rows::by_uid(tx, device)?.filter(|device| device.link_id == opened.link);
    ended(tx, desk, mint, &opened.home, device)
}

fn ended(
    tx: &mut Tx,
    desk: &Desk,
    mint: &mut Mint,
    home: &store::household::Household,
    device: Option<BoundDevice>,
) -> Result<Done, Stop> {
    let device = device.ok_or_else(Refusal::not_found)?;
    if rows::end(tx, device.id, desk.staff, desk.now)? {
        let header = format!("device={}", device.id.0);
        tx.log(&desk.stamp(), &format!("household:{}", home.id.0), "device_ended", &header, "")?;
        thread::note(tx, desk, mint, home, "device_ended")?;
    }
    Ok(Done {})
}

/// The home's devices that may read now.
pub fn running(reader: &mut store::Reader, link: LinkId) -> Result<Vec<BoundDevice>, StoreError> {
    let mut found = rows::of_link(reader, link, DEVICES_READ_MAX)?;
    found.retain(|device| device.ended_at.is_none());
    Ok(found)
}
