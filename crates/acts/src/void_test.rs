//! A test that was entered in error: it stays on record with the reason, and decides nothing any more.

use crate::desk::Desk;
use crate::end_episode::Done;
use crate::next_contact;
use crate::scene;
use rules::episode::REASON_MAX;
use rules::permission::Verb;
use rules::{EpisodeState, Refusal, TestWitness, Uid};
use store::{Stop, Tx, attempt, episode};

/// Takes a test back. Whoever was heard of by it alone was not heard of.
///
/// # Errors
/// Not found; `already_voided`; `reason` with `required`, `too_long`.
pub fn void_test(tx: &mut Tx, desk: &Desk, test: Uid, reason: &str) -> Result<Done, Stop> {
    let test = attempt::test_by_uid(tx, test)?.ok_or_else(Refusal::not_found)?;
    let owner = episode::by_id(tx, test.episode_id)?.ok_or_else(Refusal::not_found)?;
    let scene = scene::load(tx, desk, Verb::RecordTest, owner.uid)?;
    if test.voided_at.is_some() {
        return Err(Refusal::conflict("already_voided").into());
    }
    let reason = rules::fold::nfc(reason.trim());
    if reason.is_empty() {
        return Err(Refusal::field("reason", "required").into());
    }
    if reason.chars().count() > REASON_MAX {
        return Err(Refusal::field("reason", "too_long").into());
    }
    attempt::void_test(tx, test.id, desk.now, desk.staff, &reason)?;
    // Whose care ended is expected by nobody.
    let is_open = owner.state == EpisodeState::Open;
    if is_open && test.witness != TestWitness::None && owner.heard_at == Some(test.taken_at) {
        let heard = attempt::last_heard(tx, owner.id)?;
        let last = heard.unwrap_or(owner.registered_at).max(owner.registered_at);
        let next = next_contact::expected(tx, &owner, last)?;
        episode::set_heard_again(tx, owner.id, heard, next)?;
    }
    let header = format!("kind={} result={}", test.kind, test.result);
    tx.log(&desk.stamp(), &scene.stream(), "test_voided", &header, &reason)?;
    Ok(Done { id: test.uid.to_string() })
}
