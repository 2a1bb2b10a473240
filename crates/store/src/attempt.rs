//! Attempts to reach people, tests, and assessed severities: what was done for an episode, each a row of its own.

use crate::error::StoreError;
use crate::stmt::{change, row, select, stmt};
use crate::tx::{Reader, Tx};
use rules::{
    At, AttemptId, AttemptOutcome, ContactBy, EpisodeId, Severity, StaffId, TestId, TestKind, TestResult,
    TestWitness, Uid,
};

row! {
    pub struct ContactAttempt(CONTACT_ATTEMPT = "contact_attempt", AttemptId) {
        uid: Uid,
        episode_id: EpisodeId,
        staff_id: StaffId,
        made_by: ContactBy,
        outcome: AttemptOutcome,
        whole_household: bool,
        ticks: i64,
        at: At,
        received_at: At,
    }
}

row! {
    pub struct Test(TEST = "test", TestId) {
        uid: Uid,
        episode_id: EpisodeId,
        kind: TestKind,
        result: TestResult,
        taken_at: At,
        witness: TestWitness,
        staff_id: Option<StaffId>,
        received_at: At,
        /// When it turned out to be entered in error: it decides nothing.
        voided_at: Option<At>,
        voided_by: Option<StaffId>,
        void_reason: Option<String>,
    }
}

row! {
    pub struct SeverityChange(SEVERITY_CHANGE = "severity_change", i64) {
        episode_id: EpisodeId,
        level: Severity,
        reason: String,
        staff_id: Option<StaffId>,
        at: At,
        seq: i64,
    }
}

select! {
    ATTEMPTS: CONTACT_ATTEMPT = "WHERE contact_attempt.episode_id = ?1 AND contact_attempt.id > ?2
        ORDER BY contact_attempt.id LIMIT ?3";
    TESTS: TEST = "WHERE test.episode_id = ?1 AND test.id > ?2 ORDER BY test.id LIMIT ?3";
    NEWEST_TESTS: TEST = "WHERE test.episode_id = ?1 ORDER BY test.id DESC LIMIT ?2";
    DECIDING_TESTS: TEST = "WHERE test.episode_id = ?1 AND test.voided_at IS NULL ORDER BY test.id DESC LIMIT ?2";
    TEST_BY_UID: TEST = "WHERE test.uid = ?1";
}

change! {
    VOID_TEST: TEST = "SET voided_at = ?2, voided_by = ?3, void_reason = ?4 WHERE id = ?1 AND voided_at IS NULL";
}

stmt! {
    LAST_HEARD = "SELECT MAX(heard.at) FROM (
          SELECT checkin.made_at AS at FROM checkin WHERE checkin.episode_id = ?1 AND checkin.staff_id IS NOT NULL
          UNION ALL SELECT contact_attempt.at AS at FROM contact_attempt
            WHERE contact_attempt.episode_id = ?1 AND contact_attempt.outcome = 'reached'
          UNION ALL SELECT test.taken_at AS at FROM test
            WHERE test.episode_id = ?1 AND test.witness <> 'none' AND test.voided_at IS NULL) AS heard";
}

pub fn attempts(
    reader: &mut Reader,
    episode: EpisodeId,
    after: i64,
    limit: i64,
) -> Result<Vec<ContactAttempt>, StoreError> {
    reader.rows(&ATTEMPTS, &[episode.into(), after.into(), limit.into()])
}

pub fn tests(
    reader: &mut Reader,
    episode: EpisodeId,
    after: i64,
    limit: i64,
) -> Result<Vec<Test>, StoreError> {
    reader.rows(&TESTS, &[episode.into(), after.into(), limit.into()])
}

/// The newest tests that were not entered in error.
pub fn deciding_tests(reader: &mut Reader, episode: EpisodeId, limit: i64) -> Result<Vec<Test>, StoreError> {
    reader.rows(&DECIDING_TESTS, &[episode.into(), limit.into()])
}

/// It was entered in error.
pub fn void_test(
    tx: &mut Tx,
    id: TestId,
    at: At,
    by: Option<StaffId>,
    reason: &str,
) -> Result<(), StoreError> {
    tx.change(&VOID_TEST, &[id.into(), at.into(), by.into(), reason.into()])?;
    Ok(())
}

/// When staff last heard of the person of an episode, by everything on record about it.
pub fn last_heard(reader: &mut Reader, episode: EpisodeId) -> Result<Option<At>, StoreError> {
    match reader.one(&LAST_HEARD, &[episode.into()])? {
        Some(mut row) => row.opt_at(),
        None => Ok(None),
    }
}

/// The tests recorded last, the newest first.
pub fn newest_tests(reader: &mut Reader, episode: EpisodeId, limit: i64) -> Result<Vec<Test>, StoreError> {
    reader.rows(&NEWEST_TESTS, &[episode.into(), limit.into()])
}

pub fn test_by_uid(reader: &mut Reader, uid: Uid) -> Result<Option<Test>, StoreError> {
    reader.row(&TEST_BY_UID, &[uid.into()])
}
