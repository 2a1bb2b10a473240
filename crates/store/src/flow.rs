//! What the day's figures count: one row per change that an indicator counts. A row's day is decided by the seq of
//! the entry that sealed it, never by a clock that can step back (trust.md, "The log").
//!
//! Flows are booked to the area that the episode lies in, a commune; sums above it are made when they are asked for.

use crate::error::StoreError;
use crate::stmt::{noun, stmt};
use crate::tx::{Reader, Tx};
use crate::val::Row;
use rules::report::{Flow, Indicator};
use rules::{AreaId, At, EpisodeId, EpisodeKind};

/// Bookings that one episode can have: it is registered, ended and reopened by people.
const FLOWS_OF_EPISODE_MAX: i64 = 1_000;

noun!(pub FLOW = "flow" ["episode_id", "area_id", "kind", "indicator", "amount", "seq", "at"]);

stmt! {
    OF_EPISODE = "SELECT kind, indicator, amount, seq FROM flow WHERE episode_id = ?1 ORDER BY id LIMIT ?2";
}

/// Counts one change; the entry that the act logs next seals it.
pub fn add(
    tx: &mut Tx,
    episode: EpisodeId,
    area: AreaId,
    kind: EpisodeKind,
    indicator: &str,
    amount: i64,
    at: At,
) -> Result<(), StoreError> {
    let (id, seq) = (tx.id(), tx.next_seq());
    tx.insert(
        &FLOW,
        id,
        vec![
            episode.into(),
            area.into(),
            kind.into(),
            indicator.into(),
            amount.into(),
            seq.into(),
            at.into(),
        ],
    )
}

/// Books a change as the rules give it.
pub fn book(tx: &mut Tx, episode: EpisodeId, area: AreaId, flow: &Flow, at: At) -> Result<(), StoreError> {
    add(tx, episode, area, flow.kind, flow.indicator, flow.amount, at)
}

/// Everything booked for one episode, oldest first, with the entry that sealed it.
pub fn of_episode(reader: &mut Reader, episode: EpisodeId) -> Result<Vec<(Flow, i64)>, StoreError> {
    let rows = reader.query(&OF_EPISODE, &[episode.into(), FLOWS_OF_EPISODE_MAX.into()])?;
    rows.into_iter().map(|mut row| Ok((read(&mut row)?, row.i64()?))).collect()
}

/// The columns `kind, indicator, amount` of a row.
fn read(row: &mut Row) -> Result<Flow, StoreError> {
    let (kind, indicator, amount) = (row.word()?, row.text()?, row.i64()?);
    let known = Indicator::parse(&indicator)
        .ok_or_else(|| StoreError::Shape(format!("a flow of the unknown indicator {indicator:?}")))?;
    Ok(Flow { kind, indicator: known.id, amount })
}
