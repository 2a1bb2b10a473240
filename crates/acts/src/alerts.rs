//! Alarms: raised by a judgement, taken by whoever calls (P-10), closed with a reason, passed upwards by the clock when
//! nobody takes them (LC-10, LC-17).

use crate::adopt_protocol::Shelf;
use crate::desk::Desk;
use crate::house::Mint;
use rules::alert::{self as rule, Raising, Running, Standing};
use rules::permission::Verb;
use rules::protocol::Protocol;
use rules::{
    AlertCause, AlertEnd, AlertId, AlertState, AlertSubjectId, At, CheckinId, EpisodeId, EpisodeState,
    HouseholdId, Level, Refusal, StaffId, Uid,
};
use serde::{Deserialize, Serialize};
use store::alert::{self, Alert, Subject};
use store::episode::{self, EpisodeItem};
use store::{Reader, Stamp, Stop, StoreError, Tx, checkin};

/// The longest note on how an alarm ended, in characters.
pub const NOTE_MAX: usize = 500;
/// Alarms and awaited readings in one transaction.
pub const ATTENDED_MAX: usize = 200;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Done {
    pub id: String,
    /// A word of [`AlertState`].
    pub state: String,
}

/// Raises the home's alarm if the level asks for one; `None` if it does not.
pub(crate) fn raise(
    tx: &mut Tx,
    stamp: &Stamp,
    mint: &mut Mint,
    item: &EpisodeItem,
    checkin: CheckinId,
    level: Level,
    protocol: &Protocol,
) -> Result<Option<Uid>, Stop> {
    let Some(minutes) = protocol.acknowledge_within(level) else { return Ok(None) };
    let now = stamp.at;
    let mut running = alert::running(tx, item.household_id)?;
    running.retain(|alarm| alarm.cause == AlertCause::Health);
    let subjects = alert::subjects(tx, &running)?;
    let of_them =
        |alarm: &Alert| subjects.iter().find(|s| s.alert_id == alarm.id && s.episode_id == item.id).cloned();
    let standings: Vec<Running> = running
        .iter()
        .map(|alarm| Running { standing: alarm.standing(), of_them: of_them(alarm).map(|s| s.level) })
        .collect();
    let (id, uid, kind) = match rule::raise(&standings, level, minutes, now) {
        Raising::Known(place) => return Ok(Some(running[place].uid)),
        Raising::Joins(place) => {
            let there = &running[place];
            if of_them(there).is_some_and(|known| known.level <= level) {
                return Ok(Some(there.uid));
            }
            (there.id, there.uid, "alert_joined")
        }
        Raising::Again(place, to) => {
            let there = &running[place];
            alert::raise(tx, there.id, item.id, checkin, i64::from(minutes), &to)?;
            (there.id, there.uid, "alert_raised")
        }
        Raising::New(to) => {
            let row = Alert {
                id: AlertId(tx.id()),
                uid: mint.uid(now),
                household_id: item.household_id,
                episode_id: item.id,
                checkin_id: checkin,
                cause: AlertCause::Health,
                level,
                state: to.state,
                told: to.told,
                minutes: i64::from(minutes),
                raised_at: now,
                acknowledge_by: to.due_at.unwrap_or(now),
                due_at: to.due_at,
                acknowledged_at: None,
                acknowledged_by: None,
                closed_at: None,
                closed_by: None,
                ending: None,
                note: None,
            };
            row.insert(tx)?;
            (row.id, row.uid, "alert_raised")
        }
    };
    let known = running.iter().find(|alarm| alarm.id == id).and_then(of_them).filter(|s| s.id.0 > 0);
    match known {
        Some(before) if level < before.level => alert::graver(tx, before.id, checkin, level, now)?,
        Some(_) => {}
        None => {
            let id_of_subject = AlertSubjectId(tx.id());
            Subject {
                id: id_of_subject,
                alert_id: id,
                episode_id: item.id,
                checkin_id: checkin,
                level,
                at: now,
            }
            .insert(tx)?;
        }
    }
    let told = if kind == "alert_raised" { " told=leader" } else { "" };
    let header = format!("alert={} level={level}{told}", id.0);
    tx.log(stamp, &stream(item.id), kind, &header, "")?;
    Ok(Some(uid))
}

fn stream(episode: EpisodeId) -> String {
    format!("episode:{}", episode.0)
}

/// Loads an alarm for `verb`; not found, if the desk may not.
pub fn load(reader: &mut Reader, desk: &Desk, verb: Verb, uid: Uid) -> Result<(Alert, EpisodeItem), Stop> {
    let row = alert::by_uid(reader, uid)?.ok_or_else(Refusal::not_found)?;
    let item = episode::items_by_ids(reader, &[row.episode_id])?.into_iter().next();
    let item = item.ok_or_else(|| StoreError::Shape(format!("alarm {} has no episode", row.id.0)))?;
    desk.may(verb, &item.path)?;
    Ok((row, item))
}

/// The alarm that a list has reached, if it lies at `path` or below: one that lies elsewhere does not exist.
pub fn reached(reader: &mut Reader, path: &str, uid: Uid) -> Result<Option<AlertId>, StoreError> {
    let Some(row) = alert::by_uid(reader, uid)? else { return Ok(None) };
    let item = episode::items_by_ids(reader, &[row.episode_id])?.into_iter().next();
    Ok(item.filter(|item| item.path.starts_with(path)).map(|_| row.id))
}

fn staff(desk: &Desk) -> Result<StaffId, Refusal> {
    desk.staff.ok_or_else(Refusal::not_found)
}

/// Somebody has seen it and it is theirs. `take` = also if a colleague has it already.
///
/// # Errors
/// `alert_closed`; `alert_taken` if a colleague has it and `take` is not set.
pub fn acknowledge(tx: &mut Tx, desk: &Desk, uid: Uid, take: bool) -> Result<Done, Stop> {
    let (row, item) = load(tx, desk, Verb::TakeAlert, uid)?;
    let by = staff(desk)?;
    let to: Standing = rule::acknowledged(row.standing())?;
    let done = Done { id: uid.to_string(), state: to.state.word().to_owned() };
    match (row.state, row.acknowledged_by) {
        (AlertState::Acknowledged, Some(holder)) if holder == by => return Ok(done),
        (AlertState::Acknowledged, _) if !take => return Err(Refusal::conflict("alert_taken").into()),
        (AlertState::Acknowledged, _) => alert::take_over(tx, row.id, by)?,
        (AlertState::Open | AlertState::Closed, _) => alert::acknowledge(tx, row.id, by, desk.now)?,
    }
    let seconds = (desk.now.0 - row.raised_at.0) / 1000;
    let header = format!("alert={} level={} after_s={seconds}", row.id.0, row.level);
    tx.log(&desk.stamp(), &stream(item.id), "alert_acknowledged", &header, "")?;
    Ok(done)
}

/// It is over. Who closes it has it, too.
///
/// # Errors
/// `alert_closed`; `how` with `unknown_word` for an ending that only the program gives; `note` with `required` for a
/// mistake, `too_long`.
pub fn close(tx: &mut Tx, desk: &Desk, uid: Uid, how: AlertEnd, note: &str) -> Result<Done, Stop> {
    let (row, item) = load(tx, desk, Verb::TakeAlert, uid)?;
    let by = staff(desk)?;
    let to = rule::closed(row.standing())?;
    let note = rules::fold::nfc(note.trim());
    if how == AlertEnd::Ended {
        return Err(Refusal::field("how", "unknown_word").into());
    }
    if how == AlertEnd::Mistaken && note.is_empty() {
        return Err(Refusal::field("note", "required").into());
    }
    if note.chars().count() > NOTE_MAX {
        return Err(Refusal::field("note", "too_long").into());
    }
    if row.state == AlertState::Open {
        alert::acknowledge(tx, row.id, by, desk.now)?;
    }
    alert::close(
        tx,
        row.id,
        Some(by),
        how,
        Some(&note).filter(|n| !n.is_empty()).map(String::as_str),
        desk.now,
    )?;
    let header = format!("alert={} level={} how={how}", row.id.0, row.level);
    tx.log(&desk.stamp(), &stream(item.id), "alert_closed", &header, &note)?;
    Ok(Done { id: uid.to_string(), state: to.state.word().to_owned() })
}

/// Whether an alarm about somebody runs.
pub(crate) fn is_about(reader: &mut Reader, item: &EpisodeItem) -> Result<bool, StoreError> {
    let running = alert::running(reader, item.household_id)?;
    let subjects = alert::subjects(reader, &running)?;
    Ok(subjects.iter().any(|subject| subject.episode_id == item.id))
}

/// The person's care ended: so do the alarms about them alone. One that is about others at home, too, is now first of
/// all about the one of them who needs it most.
pub(crate) fn end_with_episode(
    tx: &mut Tx,
    desk: &Desk,
    episode: EpisodeId,
    home: HouseholdId,
) -> Result<(), Stop> {
    let mut running = alert::running(tx, home)?;
    // A person who moved may have left one at another home.
    for row in alert::of_episode(tx, episode, ATTENDED_MAX as i64)? {
        if row.state != AlertState::Closed && running.iter().all(|there| there.id != row.id) {
            running.push(row);
        }
    }
    let subjects = alert::subjects(tx, &running)?;
    for row in running.iter().filter(|row| row.episode_id == episode) {
        let mut next = None;
        for other in subjects.iter().filter(|s| s.alert_id == row.id && s.episode_id != episode) {
            if episode::by_id(tx, other.episode_id)?.is_some_and(|e| e.state == EpisodeState::Open) {
                next = Some(other);
                break;
            }
        }
        match next {
            None => alert::close(tx, row.id, desk.staff, AlertEnd::Ended, None, desk.now)?,
            Some(other) => {
                alert::pass_on(tx, row.id, other)?;
                let header = format!("alert={} level={}", row.id.0, other.level);
                tx.log(&desk.stamp(), &stream(other.episode_id), "alert_passed_on", &header, "")?;
            }
        }
    }
    Ok(())
}

/// A contact turned case: the alarm goes on in the new episode.
pub(crate) fn follow(tx: &mut Tx, from: EpisodeId, to: EpisodeId) -> Result<(), Stop> {
    alert::follow(tx, from, to)?;
    Ok(())
}

/// When the next alarm goes up or an awaited reading is overdue.
pub(crate) fn next(reader: &mut Reader) -> Result<Option<At>, StoreError> {
    let (alarm, reading) = (alert::next_due(reader)?, checkin::next_repeat(reader)?);
    Ok(match (alarm, reading) {
        (Some(alarm), Some(reading)) => Some(alarm.min(reading)),
        (alarm, reading) => alarm.or(reading),
    })
}

/// Does what is due by `until`, the oldest first: each at its own time, but not before `not_before`. Says how many.
pub(crate) fn attend(
    tx: &mut Tx,
    mint: &mut Mint,
    shelf: &Shelf,
    until: At,
    not_before: At,
) -> Result<usize, Stop> {
    for count in 0..ATTENDED_MAX {
        let alarm = alert::due(tx, until, 1)?.into_iter().next();
        let reading = checkin::repeat_due(tx, until, 1)?.into_iter().next();
        let due = |at: Option<At>| at.unwrap_or(until).max(not_before);
        match (alarm, reading) {
            (None, None) => return Ok(count),
            (Some(alarm), reading) if reading.as_ref().is_none_or(|r| r.repeat_until >= alarm.due_at) => {
                escalate(tx, &alarm, due(alarm.due_at))?;
            }
            (_, Some(reading)) => {
                crate::record_checkin::settle(tx, mint, shelf, &reading, due(reading.repeat_until))?;
            }
            (Some(alarm), None) => escalate(tx, &alarm, due(alarm.due_at))?,
        }
    }
    Ok(ATTENDED_MAX)
}

/// Nobody took it in time.
fn escalate(tx: &mut Tx, row: &Alert, at: At) -> Result<(), Stop> {
    let minutes = u32::try_from(row.minutes).unwrap_or(0);
    let to = rule::escalated(row.standing(), minutes, at);
    alert::escalate(tx, row.id, &to)?;
    let header = format!("alert={} level={} told={}", row.id.0, row.level, to.told);
    tx.log(&crate::by_clock(at), &stream(row.episode_id), "alert_escalated", &header, "")?;
    Ok(())
}
