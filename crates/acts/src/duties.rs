//! Timed work: what falls due by the clock and nobody's hand. Report days lock at their own time (LC-5); first
//! contacts that are not made are reminded of and passed upwards (LC-9, LC-10).
//!
//! Every duty reads a due column, does what is due, and moves the column on in the same transaction: it needs no
//! input, may run at any time and again after a crash, and does nothing twice. Locks that were missed while the
//! server was down run one by one, each at its own time, before anything else. What ran last is kept under
//! [`LAST_RUN`], for the operator.

use crate::alerts;
use crate::desk::Desk;
use crate::house::{House, by_clock};
use crate::next_contact;
use crate::report::lock::{self, Locked};
use rules::first_contact::{self, Stage};
use rules::gap::ESCALATION_HOURS_UNSET;
use rules::time::MINUTE;
use rules::{At, EpisodeId, Refusal};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::pin::Pin;
use store::locality::{self, Locality};
use store::reminder::{self, DueReminder};
use store::report::{self, ReportDay};
use store::{Reader, Stop, StoreError, Tx, episode, meta_get, meta_set};

/// Reminders in one transaction.
pub const REMINDERS_MAX: usize = 200;
/// Locks that one run makes up for: ten years of days.
const LOCKS_PER_RUN_MAX: usize = 3_660;
/// The name in `meta` under which the last run stands, as milliseconds UTC by the care clock.
pub const LAST_RUN: &str = "duties_run_at";
/// A run that found nothing to do is noted this often.
const NOTED_EVERY: i64 = 5 * MINUTE;

/// What the caller does after each lock: it signs a head of the log (trust.md).
pub type AfterLock<'a> =
    dyn Fn(Locked) -> Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send + 'a>> + Send + Sync + 'a;

/// What one run did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ran {
    pub locks: Vec<Locked>,
    pub reminders: usize,
    /// Alarms that went up a level, and readings that were awaited in vain.
    pub alarms: usize,
    /// People of whom it was said by when they are to be heard of.
    pub expected: usize,
}

/// When the next duty falls due.
pub fn next_due(reader: &mut Reader) -> Result<Option<At>, StoreError> {
    let lock = report::next_to_lock(reader)?.map(|day| day.lock_at);
    let due = [lock, reminder::next(reader)?, alerts::next(reader)?];
    Ok(due.into_iter().flatten().min())
}

/// When duties last ran, by the care clock.
pub fn last_run(reader: &mut Reader) -> Result<Option<At>, StoreError> {
    Ok(meta_get(reader, LAST_RUN)?.and_then(|text| text.parse().ok()).map(At))
}

/// Does everything that is due by the care clock.
pub async fn run_due(house: &House) -> Result<Ran, Stop> {
    run_due_then(house, house.now(), &|_| Box::pin(async { Ok(()) })).await
}

/// Does everything that is due at `now`: locks at their own times, then reminders, each level told once however
/// long the server was down.
pub async fn run_due_then(house: &House, now: At, after_lock: &AfterLock<'_>) -> Result<Ran, Stop> {
    let mut ran = Ran::default();
    for _ in 0..LOCKS_PER_RUN_MAX {
        let Some(day) = lock_due(house, now).await? else { break };
        if let Some(locked) = lock_one(house, &day).await? {
            after_lock(locked).await?;
            ran.locks.push(locked);
        }
    }
    while house.store.read(reminder::next).await?.is_some_and(|at| at <= now) {
        let (told, _) = remind(house, now, Told::Now(now)).await?;
        ran.reminders += told;
        if told < REMINDERS_MAX {
            break;
        }
    }
    while house.store.read(alerts::next).await?.is_some_and(|at| at <= now) {
        ran.alarms += attend(house, now, now).await?;
    }
    ran.expected = expect_everybody(house, now).await?;
    note(house, now, ran != Ran::default()).await?;
    Ok(ran)
}

/// Says by when everybody is to be heard of of whom nobody said it, because a protocol came into force after they did.
async fn expect_everybody(house: &House, now: At) -> Result<usize, Stop> {
    let mut count = 0;
    if !house.store.read(next_contact::is_wanting).await? {
        return Ok(count);
    }
    let desk = Desk::operator(now, "clock");
    let mut after = Some(EpisodeId(0));
    while let Some(last) = after {
        let (next, made) = house.run(&desk, move |tx, desk, _| next_contact::make_up(tx, desk, last)).await?;
        (after, count) = (next, count + made);
    }
    Ok(count)
}

/// Moves the training clock to `to` and does on the way everything that falls due, in order and at its own time. No
/// lock is skipped, however far the clock goes. `set` moves the clock that everybody else reads.
pub async fn advance_clock(house: &House, to: At, set: impl Fn(At) + Send + Sync) -> Result<Ran, Stop> {
    advance_clock_then(house, to, set, &|_| Box::pin(async { Ok(()) })).await
}

/// Like [`advance_clock`], with something to do after each lock.
pub async fn advance_clock_then(
    house: &House,
    to: At,
    set: impl Fn(At) + Send + Sync,
    after_lock: &AfterLock<'_>,
) -> Result<Ran, Stop> {
    let from = house.now();
    if to < from {
        return Err(Refusal::conflict("clock_goes_back").into());
    }
    let mut ran = Ran { expected: expect_everybody(house, from).await?, ..Ran::default() };
    loop {
        let lock = lock_due(house, to).await?;
        // What falls due with the lock itself belongs to the next day.
        let until = lock.as_ref().map_or(to, |day| day.lock_at.plus(-1));
        loop {
            let (told, last) = remind(house, until, Told::InTurn { not_before: from }).await?;
            ran.reminders += told;
            if let Some(last) = last {
                set(last);
            }
            if told < REMINDERS_MAX {
                break;
            }
        }
        while house.store.read(alerts::next).await?.is_some_and(|at| at <= until) {
            ran.alarms += attend(house, until, from).await?;
        }
        let Some(day) = lock else { break };
        set(day.lock_at.max(from));
        if let Some(locked) = lock_one(house, &day).await? {
            after_lock(locked).await?;
            ran.locks.push(locked);
        }
    }
    set(to);
    note(house, to, true).await?;
    Ok(ran)
}

/// Passes alarms upwards that nobody took, and settles readings that were awaited in vain.
async fn attend(house: &House, until: At, not_before: At) -> Result<usize, Stop> {
    let (desk, shelf) = (Desk::operator(until, "clock"), house.shelf.clone());
    house.run(&desk, move |tx, _, mint| alerts::attend(tx, mint, &shelf, until, not_before)).await
}

/// The next day whose time to lock has come.
async fn lock_due(house: &House, now: At) -> Result<Option<ReportDay>, StoreError> {
    Ok(house.store.read(report::next_to_lock).await?.filter(|day| day.lock_at <= now))
}

/// Locks a day at its own time; `None` if somebody else did it meanwhile.
async fn lock_one(house: &House, day: &ReportDay) -> Result<Option<Locked>, Stop> {
    let (id, desk) = (day.id, Desk::operator(day.lock_at, "clock"));
    house.run(&desk, move |tx, _, mint| lock::lock(tx, mint, id)).await
}

/// By which time a reminder is told.
#[derive(Clone, Copy, Debug)]
enum Told {
    /// All of them now: the furthest stage each has reached.
    Now(At),
    /// Each at its own time, one after another.
    InTurn { not_before: At },
}

/// Tells at most [`REMINDERS_MAX`] of the reminders that have come by `until`. Says how many, and when the last was.
async fn remind(house: &House, until: At, told: Told) -> Result<(usize, Option<At>), Stop> {
    let desk = Desk::operator(until, "clock");
    house.run(&desk, move |tx, _, _| remind_some(tx, until, told)).await
}

fn remind_some(tx: &mut Tx, until: At, told: Told) -> Result<(usize, Option<At>), Stop> {
    let rows = reminder::due(tx, until, REMINDERS_MAX as i64)?;
    let places = locality::all(tx)?;
    // Beyond the last row that was read there may be others that come first.
    let bound = rows.last().filter(|_| rows.len() == REMINDERS_MAX).map_or(until, |row| row.reminder_at);
    let mut waiting: HashMap<EpisodeId, DueReminder> = HashMap::new();
    let mut order = BinaryHeap::new();
    for row in rows {
        order.push(Reverse((row.reminder_at.0, row.id.0)));
        waiting.insert(row.id, row);
    }
    let (mut count, mut last) = (0, None);
    while let Some(Reverse((due, id))) = order.pop() {
        if count == REMINDERS_MAX {
            break;
        }
        let at = match told {
            Told::Now(now) => now,
            Told::InTurn { not_before } => At(due).max(not_before),
        };
        let Some(row) = waiting.get_mut(&EpisodeId(id)) else { continue };
        let next = remind_one(tx, row, hours_of(&places, &row.path), at)?;
        (count, last) = (count + 1, Some(at));
        if let Some(next) = next.filter(|next| *next <= bound) {
            order.push(Reverse((next.0, id)));
        }
    }
    Ok((count, last))
}

fn hours_of(places: &[Locality], path: &str) -> u16 {
    places
        .iter()
        .find(|place| path.starts_with(&place.path))
        .and_then(|place| place.first_contact_hours)
        .and_then(|hours| first_contact::check_hours(hours).ok())
        .unwrap_or(ESCALATION_HOURS_UNSET)
}

/// Tells whoever is next of one first contact, and says when the one after that is to be told.
fn remind_one(tx: &mut Tx, row: &mut DueReminder, hours: u16, at: At) -> Result<Option<At>, Stop> {
    let done =
        usize::try_from(row.stage).ok().and_then(|n| Stage::ALL.get(n)).copied().unwrap_or(Stage::Started);
    let stage = row.due_at.and_then(|due| first_contact::step_now(due, row.registered_at, hours, done, at));
    let reached = stage.unwrap_or(done);
    let next = row
        .due_at
        .and_then(|due| first_contact::next_step_at(due, row.registered_at, hours, reached))
        .map(|(_, at)| at);
    let place = Stage::ALL.iter().position(|s| *s == reached).unwrap_or(0) as i64;
    episode::set_due(tx, row.id, row.due_at, place, next)?;
    let told = reached.told().map_or("nobody", |level| level.word());
    // A row without anything to tell had an outdated due column: the entry seals that it was put right.
    let kind = if stage.is_some() { "first_contact_reminded" } else { "reminder_moved" };
    let header = format!("stage={} told={told}", reached.word());
    tx.log(&by_clock(at), &format!("episode:{}", row.id.0), kind, &header, "")?;
    (row.stage, row.reminder_at) = (place, next.unwrap_or(row.reminder_at));
    Ok(next)
}

/// Keeps when duties ran, at once if they did something and otherwise from time to time.
async fn note(house: &House, now: At, did_something: bool) -> Result<(), Stop> {
    let noted = house.store.read(last_run).await?;
    let is_recent = noted.is_some_and(|at| at <= now && now.0 - at.0 < NOTED_EVERY);
    if did_something || !is_recent {
        let text = now.0.to_string();
        house.store.write(move |tx| Ok(meta_set(tx, LAST_RUN, &text)?)).await?;
    }
    Ok(())
}
