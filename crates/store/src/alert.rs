//! Alarms: whom they are about, who has them, how they ended. A home has one of a cause at a time that nobody has, and
//! the index of the table sees to it.

use crate::error::StoreError;
use crate::stmt::{MARKS, change, marks_50, row, select, stmt};
use crate::tx::{Reader, Tx};
use crate::val::Val;
use rules::alert::Standing;
use rules::{
    AlertCause, AlertEnd, AlertId, AlertState, AlertSubjectId, At, CheckinId, EpisodeId, GapLevel,
    HouseholdId, Level, StaffId, Uid,
};

row! {
    pub struct Alert(ALERT = "alert", AlertId) {
        uid: Uid,
        household_id: HouseholdId,
        /// Who needs it most: whose answer raised it last.
        episode_id: EpisodeId,
        checkin_id: CheckinId,
        cause: AlertCause,
        level: Level,
        state: AlertState,
        /// Whose it is by now.
        told: GapLevel,
        /// Minutes that each level has to take it.
        minutes: i64,
        raised_at: At,
        /// When somebody had to have taken it.
        acknowledge_by: At,
        /// When it goes one level up.
        due_at: Option<At>,
        acknowledged_at: Option<At>,
        acknowledged_by: Option<StaffId>,
        closed_at: Option<At>,
        closed_by: Option<StaffId>,
        ending: Option<AlertEnd>,
        note: Option<String>,
    }
}

row! {
    /// Somebody whom an alarm is about, with the gravest of the answers that they gave to it.
    pub struct Subject(ALERT_SUBJECT = "alert_subject", AlertSubjectId) {
        alert_id: AlertId,
        episode_id: EpisodeId,
        checkin_id: CheckinId,
        level: Level,
        at: At,
    }
}

select! {
    SUBJECTS: ALERT_SUBJECT = concat!("WHERE alert_subject.alert_id IN (", marks_50!(), ")
        ORDER BY alert_subject.alert_id, alert_subject.id LIMIT 2000");
    BY_UID: ALERT = "WHERE alert.uid = ?1";
    BY_ID: ALERT = "WHERE alert.id = ?1";
    RUNNING: ALERT = "WHERE alert.household_id = ?1 AND alert.state <> 'closed' ORDER BY alert.id LIMIT 20";
    OF_EPISODE: ALERT = "WHERE alert.episode_id = ?1 ORDER BY alert.id DESC LIMIT ?2";
    DUE: ALERT = "WHERE alert.due_at IS NOT NULL AND alert.due_at <= ?1 ORDER BY alert.due_at, alert.id LIMIT ?2";
    LIST_RUNNING: ALERT = "JOIN episode ON episode.id = alert.episode_id JOIN area ON area.id = episode.area_id
          LEFT JOIN area AS cluster ON cluster.id = episode.cluster_id
        WHERE alert.state <> 'closed' AND alert.id > ?2
          AND substr(COALESCE(cluster.path, area.path), 1, length(?1)) = ?1
        ORDER BY alert.id LIMIT ?3";
    LIST_CLOSED: ALERT = "JOIN episode ON episode.id = alert.episode_id JOIN area ON area.id = episode.area_id
          LEFT JOIN area AS cluster ON cluster.id = episode.cluster_id
        WHERE alert.state = 'closed' AND alert.id > ?2
          AND substr(COALESCE(cluster.path, area.path), 1, length(?1)) = ?1
        ORDER BY alert.id LIMIT ?3";
    GRAVEST: ALERT = "JOIN episode ON episode.id = alert.episode_id JOIN area ON area.id = episode.area_id
          LEFT JOIN area AS cluster ON cluster.id = episode.cluster_id
        WHERE alert.state <> 'closed' AND alert.id > 0
          AND substr(COALESCE(cluster.path, area.path), 1, length(?1)) = ?1
        ORDER BY CASE alert.level WHEN 'emergency' THEN 0 WHEN 'urgent' THEN 1 ELSE 2 END,
          CASE alert.state WHEN 'open' THEN 0 ELSE 1 END, alert.raised_at, alert.id LIMIT ?2";
    LATEST_CLOSED: ALERT = "JOIN episode ON episode.id = alert.episode_id JOIN area ON area.id = episode.area_id
          LEFT JOIN area AS cluster ON cluster.id = episode.cluster_id
        WHERE alert.state = 'closed' AND alert.id < ?2
          AND substr(COALESCE(cluster.path, area.path), 1, length(?1)) = ?1
        ORDER BY alert.id DESC LIMIT ?3";
}

change! {
    RAISE: ALERT = "SET episode_id = ?2, checkin_id = ?3, level = ?4, state = ?5, told = ?6, minutes = ?7, raised_at = ?8,
        acknowledge_by = ?9, due_at = ?9, acknowledged_at = NULL, acknowledged_by = NULL WHERE id = ?1 AND state <> 'closed'";
    ESCALATE: ALERT = "SET told = ?2, due_at = ?3 WHERE id = ?1 AND state = 'open'";
    ACKNOWLEDGE: ALERT = "SET state = 'acknowledged', due_at = NULL, acknowledged_at = ?2, acknowledged_by = ?3
        WHERE id = ?1 AND state = 'open'";
    TAKE_OVER: ALERT = "SET acknowledged_by = ?2 WHERE id = ?1 AND state = 'acknowledged'";
    PASS_ON: ALERT = "SET episode_id = ?2, checkin_id = ?3, level = ?4 WHERE id = ?1 AND state <> 'closed'";
    GRAVER: ALERT_SUBJECT = "SET checkin_id = ?2, level = ?3, at = ?4 WHERE id = ?1";
    FOLLOW_SUBJECT: ALERT_SUBJECT = "SET episode_id = ?2 WHERE episode_id = ?1 AND EXISTS (
        SELECT 1 FROM alert WHERE alert.id = alert_subject.alert_id AND alert.state <> 'closed')";
    FOLLOW: ALERT = "SET episode_id = ?2 WHERE episode_id = ?1 AND state <> 'closed'";
    CLOSE: ALERT = "SET state = 'closed', due_at = NULL, closed_at = ?2, closed_by = ?3, ending = ?4, note = ?5
        WHERE id = ?1 AND state <> 'closed'";
}

stmt! {
    NEXT_DUE = "SELECT MIN(due_at) FROM alert WHERE due_at IS NOT NULL";
    COUNT_RUNNING = "SELECT COUNT(*), COUNT(CASE WHEN running.state = 'open' THEN 1 END) FROM (
        SELECT alert.state FROM alert JOIN episode ON episode.id = alert.episode_id JOIN area ON area.id = episode.area_id
          LEFT JOIN area AS cluster ON cluster.id = episode.cluster_id
        WHERE alert.state <> 'closed' AND alert.id > 0
          AND substr(COALESCE(cluster.path, area.path), 1, length(?1)) = ?1 LIMIT ?2) AS running";
}

impl Alert {
    pub fn standing(&self) -> Standing {
        Standing {
            state: self.state,
            level: self.level,
            raised_at: self.raised_at,
            due_at: self.due_at,
            told: self.told,
        }
    }
}

pub fn by_uid(reader: &mut Reader, uid: Uid) -> Result<Option<Alert>, StoreError> {
    reader.row(&BY_UID, &[uid.into()])
}

pub fn by_id(reader: &mut Reader, id: AlertId) -> Result<Option<Alert>, StoreError> {
    reader.row(&BY_ID, &[id.into()])
}

/// The alarms of a home that are not over.
pub fn running(reader: &mut Reader, home: HouseholdId) -> Result<Vec<Alert>, StoreError> {
    reader.rows(&RUNNING, &[home.into()])
}

/// Whom some alarms are about: for each one the gravest first. An alarm of an older program names one person alone.
pub fn subjects(reader: &mut Reader, alerts: &[Alert]) -> Result<Vec<Subject>, StoreError> {
    let mut subjects: Vec<Subject> = Vec::new();
    for some in alerts.chunks(MARKS) {
        let mut ids: Vec<Val> = some.iter().map(|alert| Val::from(alert.id)).collect();
        // No alarm has the number 0.
        ids.resize(MARKS, Val::from(0_i64));
        subjects.extend(reader.rows::<Subject>(&SUBJECTS, &ids)?);
    }
    for alert in alerts {
        if !subjects.iter().any(|s| s.alert_id == alert.id && s.episode_id == alert.episode_id) {
            subjects.push(Subject {
                id: AlertSubjectId(0),
                alert_id: alert.id,
                episode_id: alert.episode_id,
                checkin_id: alert.checkin_id,
                level: alert.level,
                at: alert.raised_at,
            });
        }
    }
    subjects.sort_by_key(|s| (s.alert_id, s.level, s.at, s.id));
    Ok(subjects)
}

/// Alarms that an episode raised, newest first.
pub fn of_episode(reader: &mut Reader, episode: EpisodeId, limit: i64) -> Result<Vec<Alert>, StoreError> {
    reader.rows(&OF_EPISODE, &[episode.into(), limit.into()])
}

/// Alarms that nobody took in time, the longest overdue first.
pub fn due(reader: &mut Reader, until: At, limit: i64) -> Result<Vec<Alert>, StoreError> {
    reader.rows(&DUE, &[until.into(), limit.into()])
}

/// When the next alarm goes up.
pub fn next_due(reader: &mut Reader) -> Result<Option<At>, StoreError> {
    Ok(match reader.one(&NEXT_DUE, &[])? {
        Some(mut row) => row.opt_at()?,
        None => None,
    })
}

/// Alarms of the area (or cluster) at `path` and below that are over, or that are not, in the order in which they were
/// raised first.
pub fn list(
    reader: &mut Reader,
    path: &str,
    closed: bool,
    after: AlertId,
    limit: i64,
) -> Result<Vec<Alert>, StoreError> {
    let statement = if closed { &LIST_CLOSED } else { &LIST_RUNNING };
    reader.rows(statement, &[path.into(), after.into(), limit.into()])
}

/// Alarms of the area (or cluster) at `path` and below that are not over: the gravest first, of those the ones that
/// nobody has, then the oldest.
pub fn gravest(reader: &mut Reader, path: &str, limit: i64) -> Result<Vec<Alert>, StoreError> {
    reader.rows(&GRAVEST, &[path.into(), limit.into()])
}

/// Alarms of the area (or cluster) at `path` and below that are over, the last raised first.
pub fn latest_closed(
    reader: &mut Reader,
    path: &str,
    before: AlertId,
    limit: i64,
) -> Result<Vec<Alert>, StoreError> {
    reader.rows(&LATEST_CLOSED, &[path.into(), before.into(), limit.into()])
}

/// How many alarms there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Running {
    pub all: i64,
    /// Of those, the ones that nobody has taken.
    pub untaken: i64,
}

/// How many alarms are not over at `path` and below, counted up to `limit`.
pub fn count_running(reader: &mut Reader, path: &str, limit: i64) -> Result<Running, StoreError> {
    Ok(match reader.one(&COUNT_RUNNING, &[path.into(), limit.into()])? {
        Some(mut row) => Running { all: row.i64()?, untaken: row.i64()? },
        None => Running::default(),
    })
}

/// Raises it again, for a graver answer.
pub fn raise(
    tx: &mut Tx,
    id: AlertId,
    episode: EpisodeId,
    checkin: CheckinId,
    minutes: i64,
    to: &Standing,
) -> Result<(), StoreError> {
    let params = [
        id.into(),
        episode.into(),
        checkin.into(),
        to.level.into(),
        to.state.into(),
        to.told.into(),
        minutes.into(),
        to.raised_at.into(),
        to.due_at.unwrap_or(to.raised_at).into(),
    ];
    tx.change_one(&RAISE, &params)
}

pub fn escalate(tx: &mut Tx, id: AlertId, to: &Standing) -> Result<(), StoreError> {
    tx.change_one(&ESCALATE, &[id.into(), to.told.into(), to.due_at.into()])
}

pub fn acknowledge(tx: &mut Tx, id: AlertId, by: StaffId, at: At) -> Result<(), StoreError> {
    tx.change_one(&ACKNOWLEDGE, &[id.into(), at.into(), by.into()])
}

/// Somebody else has it now.
pub fn take_over(tx: &mut Tx, id: AlertId, by: StaffId) -> Result<(), StoreError> {
    tx.change_one(&TAKE_OVER, &[id.into(), by.into()])
}

/// The person's care goes on in another episode, and what runs about them with it.
pub fn follow(tx: &mut Tx, from: EpisodeId, to: EpisodeId) -> Result<(), StoreError> {
    tx.change(&FOLLOW, &[from.into(), to.into()])?;
    tx.change(&FOLLOW_SUBJECT, &[from.into(), to.into()])?;
    Ok(())
}

/// The alarm is now first of all about somebody else whom it was about already.
pub fn pass_on(tx: &mut Tx, id: AlertId, to: &Subject) -> Result<(), StoreError> {
    tx.change_one(&PASS_ON, &[id.into(), to.episode_id.into(), to.checkin_id.into(), to.level.into()])
}

/// A graver answer of somebody whom an alarm is about already.
pub fn graver(
    tx: &mut Tx,
    id: AlertSubjectId,
    checkin: CheckinId,
    level: Level,
    at: At,
) -> Result<(), StoreError> {
    tx.change_one(&GRAVER, &[id.into(), checkin.into(), level.into(), at.into()])
}

pub fn close(
    tx: &mut Tx,
    id: AlertId,
    by: Option<StaffId>,
    how: AlertEnd,
    note: Option<&str>,
    at: At,
) -> Result<(), StoreError> {
    let note = note.map(str::to_owned);
    tx.change_one(&CLOSE, &[id.into(), at.into(), by.into(), how.into(), note.into()])
}
