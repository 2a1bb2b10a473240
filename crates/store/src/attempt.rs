//! Attempts to reach people, tests, and assessed severities: what was done for an episode, each a row of its own.

use crate::error::StoreError;
use crate::stmt::{row, select};
use crate::tx::Reader;
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
    TEST_BY_UID: TEST = "WHERE test.uid = ?1";
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

/// The tests recorded last, the newest first.
pub fn newest_tests(reader: &mut Reader, episode: EpisodeId, limit: i64) -> Result<Vec<Test>, StoreError> {
    reader.rows(&NEWEST_TESTS, &[episode.into(), limit.into()])
}

pub fn test_by_uid(reader: &mut Reader, uid: Uid) -> Result<Option<Test>, StoreError> {
    reader.row(&TEST_BY_UID, &[uid.into()])
}
