//! First contacts whose next reminder has come: what the clock's duty reads by one due column and its index (LC-9).

use crate::error::StoreError;
use crate::stmt::stmt;
use crate::tx::Reader;
use rules::{At, EpisodeId};

stmt! {
    DUE = "SELECT episode.id, area.path, episode.first_contact_due_at, episode.registered_at, episode.reminder_stage,
          episode.reminder_at
        FROM episode JOIN area ON area.id = episode.area_id
        WHERE episode.reminder_at IS NOT NULL AND episode.reminder_at <= ?1
        ORDER BY episode.reminder_at, episode.id LIMIT ?2";
    NEXT = "SELECT MIN(reminder_at) FROM episode WHERE reminder_at IS NOT NULL";
}

/// An episode of which somebody is to be reminded.
#[derive(Clone, Debug, PartialEq)]
pub struct DueReminder {
    pub id: EpisodeId,
    /// Where the episode's area stands in the tree.
    pub path: String,
    pub due_at: Option<At>,
    pub registered_at: At,
    /// The place of the last stage in `rules::first_contact::Stage::ALL`.
    pub stage: i64,
    pub reminder_at: At,
}

/// The reminders that have come by `until`, the oldest first.
pub fn due(reader: &mut Reader, until: At, limit: i64) -> Result<Vec<DueReminder>, StoreError> {
    let rows = reader.query(&DUE, &[until.into(), limit.into()])?;
    rows.into_iter()
        .map(|mut row| {
            Ok(DueReminder {
                id: row.get()?,
                path: row.get()?,
                due_at: row.get()?,
                registered_at: row.get()?,
                stage: row.get()?,
                reminder_at: row.get()?,
            })
        })
        .collect()
}

/// When the next reminder comes.
pub fn next(reader: &mut Reader) -> Result<Option<At>, StoreError> {
    Ok(match reader.one(&NEXT, &[])? {
        Some(mut row) => row.opt_at()?,
        None => None,
    })
}
