//! Answers about somebody's health, and how each was judged. An answer never changes; only how grave it turned out and
//! whether a second reading is awaited are kept up to date beside it.

use crate::error::StoreError;
use crate::stmt::{MARKS, change, marks_50, row, select, stmt};
use crate::tx::{Reader, Tx};
use crate::val::Val;
use rules::{AdoptionId, AnsweredBy, At, CheckinId, EpisodeId, JudgementId, Level, StaffId, Uid};

row! {
    /// `answers` is the JSON of [`rules::checkin::Answers`].
    pub struct Checkin(CHECKIN = "checkin", CheckinId) {
        uid: Uid,
        episode_id: EpisodeId,
        answered_by: AnsweredBy,
        answerer: Option<String>,
        answers: String,
        made_at: At,
        received_at: At,
        staff_id: Option<StaffId>,
        level: Level,
        /// Until when a second reading is awaited.
        repeat_until: Option<At>,
    }
}

row! {
    /// `unknown` and `rules` are words joined by spaces.
    pub struct Judgement(JUDGEMENT = "judgement", JudgementId) {
        checkin_id: CheckinId,
        adoption_id: AdoptionId,
        protocol: String,
        version: String,
        level: Level,
        unknown: String,
        rules: String,
        at: At,
    }
}

select! {
    OF_EPISODE: CHECKIN = "WHERE checkin.episode_id = ?1 AND checkin.id > ?2 ORDER BY checkin.id LIMIT ?3";
    NEWEST: CHECKIN = "WHERE checkin.episode_id = ?1 AND checkin.made_at <= ?2
        ORDER BY checkin.made_at DESC, checkin.id DESC LIMIT ?3";
    BY_ID: CHECKIN = "WHERE checkin.id = ?1";
    BY_UID: CHECKIN = "WHERE checkin.uid = ?1";
    WAITING: CHECKIN = "WHERE checkin.episode_id = ?1 AND checkin.repeat_until IS NOT NULL ORDER BY checkin.id LIMIT 20";
    REPEAT_DUE: CHECKIN = "WHERE checkin.repeat_until IS NOT NULL AND checkin.repeat_until <= ?1
        ORDER BY checkin.repeat_until, checkin.id LIMIT ?2";
    BY_IDS: CHECKIN = concat!("WHERE checkin.id IN (", marks_50!(), ") ORDER BY checkin.id LIMIT 50");
    JUDGEMENTS: JUDGEMENT = concat!("WHERE judgement.checkin_id IN (", marks_50!(), ") ORDER BY judgement.id LIMIT 1000");
}

change! {
    SETTLE: CHECKIN = "SET level = ?2, repeat_until = NULL WHERE id = ?1 AND repeat_until IS NOT NULL";
}

stmt! {
    HEARD = "SELECT heard.at FROM (
          SELECT checkin.made_at AS at FROM checkin WHERE checkin.episode_id = ?1 AND checkin.made_at >= ?2
          UNION ALL SELECT contact_attempt.at AS at FROM contact_attempt
            WHERE contact_attempt.episode_id = ?1 AND contact_attempt.at >= ?2 AND contact_attempt.outcome = 'reached'
          UNION ALL SELECT test.taken_at AS at FROM test
            WHERE test.episode_id = ?1 AND test.taken_at >= ?2 AND test.witness <> 'none' AND test.voided_at IS NULL) AS heard
        ORDER BY heard.at LIMIT ?3";
    NEXT_REPEAT = "SELECT MIN(repeat_until) FROM checkin WHERE repeat_until IS NOT NULL";
}

pub fn by_id(reader: &mut Reader, id: CheckinId) -> Result<Option<Checkin>, StoreError> {
    reader.row(&BY_ID, &[id.into()])
}

pub fn by_uid(reader: &mut Reader, uid: Uid) -> Result<Option<Checkin>, StoreError> {
    reader.row(&BY_UID, &[uid.into()])
}

/// In the order in which they arrived.
pub fn of_episode(
    reader: &mut Reader,
    episode: EpisodeId,
    after: i64,
    limit: i64,
) -> Result<Vec<Checkin>, StoreError> {
    reader.rows(&OF_EPISODE, &[episode.into(), after.into(), limit.into()])
}

/// The newest by when they were made, none of them after `until`.
pub fn newest(
    reader: &mut Reader,
    episode: EpisodeId,
    until: At,
    limit: i64,
) -> Result<Vec<Checkin>, StoreError> {
    reader.rows(&NEWEST, &[episode.into(), until.into(), limit.into()])
}

/// Those of an episode that await a second reading.
pub fn waiting(reader: &mut Reader, episode: EpisodeId) -> Result<Vec<Checkin>, StoreError> {
    reader.rows(&WAITING, &[episode.into()])
}

/// Those whose second reading did not come in time, the longest overdue first.
pub fn repeat_due(reader: &mut Reader, until: At, limit: i64) -> Result<Vec<Checkin>, StoreError> {
    reader.rows(&REPEAT_DUE, &[until.into(), limit.into()])
}

/// When somebody under care was heard of since `since`, in order: an answer, a call or visit that reached them, a test that
/// staff watched.
pub fn heard(reader: &mut Reader, episode: EpisodeId, since: At, limit: i64) -> Result<Vec<At>, StoreError> {
    let rows = reader.query(&HEARD, &[episode.into(), since.into(), limit.into()])?;
    rows.into_iter().map(|mut row| row.at()).collect()
}

/// When the next awaited reading is overdue.
pub fn next_repeat(reader: &mut Reader) -> Result<Option<At>, StoreError> {
    Ok(match reader.one(&NEXT_REPEAT, &[])? {
        Some(mut row) => row.opt_at()?,
        None => None,
    })
}

/// A second reading came, or will not come any more.
pub fn settle(tx: &mut Tx, id: CheckinId, level: Level) -> Result<(), StoreError> {
    tx.change_one(&SETTLE, &[id.into(), level.into()])
}

/// How an answer was judged, the last one holds.
pub fn judgements(reader: &mut Reader, id: CheckinId) -> Result<Vec<Judgement>, StoreError> {
    judgements_of(reader, &[id])
}

/// How some answers were judged, in order: of each, the last one holds.
pub fn judgements_of(reader: &mut Reader, ids: &[CheckinId]) -> Result<Vec<Judgement>, StoreError> {
    let mut found = Vec::new();
    for part in ids.chunks(MARKS) {
        found.extend(reader.rows(&JUDGEMENTS, &marked(part))?);
    }
    Ok(found)
}

/// Some answers, in the order of their ids.
pub fn by_ids(reader: &mut Reader, ids: &[CheckinId]) -> Result<Vec<Checkin>, StoreError> {
    let mut found = Vec::new();
    for part in ids.chunks(MARKS) {
        found.extend(reader.rows(&BY_IDS, &marked(part))?);
    }
    Ok(found)
}

/// At most [`MARKS`] ids as the parameters of one statement.
fn marked(ids: &[CheckinId]) -> Vec<Val> {
    let mut params: Vec<Val> = ids.iter().map(|id| Val::from(*id)).collect();
    // No row has the number 0.
    params.resize(MARKS, Val::from(0_i64));
    params
}
