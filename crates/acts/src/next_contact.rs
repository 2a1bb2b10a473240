//! By when somebody is to be heard of next: set when their care begins, moved on when they were heard of, and made up for
//! when a protocol that says so comes into force (LC-10, invariants 1 and 7). Silence beyond it is a gap.

use crate::desk::Desk;
use rules::slots::Slots;
use rules::{Arrangement, At, EpisodeId, EpisodeKind, EpisodeState, Zone};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use store::episode::{self, Episode};
use store::household::{self, Household};
use store::{Reader, Stop, StoreError, Tx, area, protocol};

/// Episodes in one transaction of the clock's duty.
pub const EXPECTED_MAX: usize = 200;

/// Whether a home lives by visits: somebody is named who goes there.
pub(crate) fn is_visited(home: &Household, arrangement: Arrangement) -> bool {
    home.visitor.is_some() || arrangement == Arrangement::Visitor
}

/// By when somebody whose care begins at `from` is to be heard of first.
pub(crate) fn first(
    slots: Option<&Slots>,
    kind: EpisodeKind,
    is_visited: bool,
    from: At,
    zone: &Zone,
) -> Option<At> {
    slots.and_then(|slots| slots.next_contact_at(kind, is_visited, from, zone))
}

/// Somebody was heard of at `at`. What is reported late never makes them look heard of later than they were. The entry
/// that follows seals the change.
pub(crate) fn heard(tx: &mut Tx, id: EpisodeId, at: At) -> Result<(), Stop> {
    let torn = || StoreError::Shape(format!("episode {} hangs in the air", id.0));
    let row = episode::by_id(tx, id)?.ok_or_else(torn)?;
    if row.state != EpisodeState::Open || row.heard_at.is_some_and(|before| before >= at) {
        return Ok(());
    }
    let next = expected(tx, &row, at)?;
    // Whoever begins later than that is expected later already.
    episode::set_heard(tx, id, at, next.max(row.next_contact_at))?;
    Ok(())
}

/// Somebody answered for the home, and nobody knows who: they are expected for the next time, but were not heard of.
pub(crate) fn answered(tx: &mut Tx, id: EpisodeId, at: At) -> Result<(), Stop> {
    let torn = || StoreError::Shape(format!("episode {} hangs in the air", id.0));
    let row = episode::by_id(tx, id)?.ok_or_else(torn)?;
    let next = expected(tx, &row, at)?;
    if row.state == EpisodeState::Open && next > row.next_contact_at {
        episode::set_next_contact(tx, id, next)?;
    }
    Ok(())
}

/// By when the person of an episode is to be heard of next, counted from `last`.
pub(crate) fn expected(reader: &mut Reader, row: &Episode, last: At) -> Result<Option<At>, StoreError> {
    let torn = || StoreError::Shape(format!("episode {} hangs in the air", row.id.0));
    let area = area::by_id(reader, row.area_id)?.ok_or_else(torn)?;
    let home = household::by_id(reader, row.household_id)?.ok_or_else(torn)?;
    let slots = protocol::slots(reader, &area.path)?;
    Ok(first(slots.as_ref(), row.kind, is_visited(&home, row.arrangement), last, &area.zone()))
}

/// Says it again for everybody under care in a home, after its way of being kept in touch changed: from when they were
/// heard of last, or from when their care began.
pub(crate) fn refresh_home(tx: &mut Tx, home: &Household) -> Result<(), Stop> {
    for row in episode::open_of_household(tx, home.id)? {
        let last = row.heard_at.unwrap_or(row.registered_at).max(row.registered_at);
        let next = expected(tx, &row, last)?;
        if next != row.next_contact_at {
            episode::set_next_contact(tx, row.id, next)?;
        }
    }
    Ok(())
}

/// Whether somebody under care is expected by nobody although a protocol says when.
pub(crate) fn is_wanting(reader: &mut Reader) -> Result<bool, StoreError> {
    Ok(protocol::has_slots(reader)? && !episode::unexpected(reader, EpisodeId(0), 1)?.is_empty())
}

/// Part of the clock's duty: says it for those of whom nobody said it yet, because the protocol came into force later.
/// They are expected from now on. Gives the last one it looked at, `None` when it looked at all, and how many it was said of.
pub(crate) fn make_up(
    tx: &mut Tx,
    desk: &Desk,
    after: EpisodeId,
) -> Result<(Option<EpisodeId>, usize), Stop> {
    let rows = episode::unexpected(tx, after, EXPECTED_MAX as i64)?;
    let mut places: HashMap<_, (Option<Slots>, Zone)> = HashMap::new();
    let mut count = 0;
    for row in &rows {
        let (slots, zone) = match places.entry(row.area_id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let torn = || StoreError::Shape(format!("episode {} hangs in the air", row.id.0));
                let area = area::by_id(tx, row.area_id)?.ok_or_else(torn)?;
                new.insert((protocol::slots(tx, &area.path)?, area.zone()))
            }
        };
        let Some(slots) = slots else { continue };
        let home = household::by_id(tx, row.household_id)?;
        let visited = home.is_some_and(|home| is_visited(&home, row.arrangement));
        if let Some(next) = slots.next_contact_at(row.kind, visited, desk.now, zone) {
            episode::set_next_contact(tx, row.id, Some(next))?;
            count += 1;
        }
    }
    if count > 0 {
        tx.log(&desk.stamp(), "store", "next_contacts_set", &format!("episodes={count}"), "")?;
    }
    Ok((rows.last().filter(|_| rows.len() == EXPECTED_MAX).map(|row| row.id), count))
}
