//! What the day's figures count: one row per change that an indicator counts. A row's day is decided by the seq of
//! the entry that sealed it, never by a clock that can step back (trust.md, "The log").

use crate::error::StoreError;
use crate::stmt::noun;
use crate::tx::Tx;
use rules::{AreaId, At, EpisodeId, EpisodeKind};

noun!(pub FLOW = "flow" ["episode_id", "area_id", "kind", "indicator", "amount", "seq", "at"]);

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
