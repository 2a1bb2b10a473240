//! Reaching somebody, or trying to: one attempt, perhaps for the whole home, with what was explained (P-6, P-10).

use crate::desk::Desk;
use crate::house::Mint;
use crate::household_link;
use crate::next_contact;
use crate::scene;
use crate::thread;
use rules::first_contact::{self, Attempt, Stage, Ticks, next_step_at};
use rules::permission::Verb;
use rules::{At, AttemptId, AttemptOutcome, ContactBy, FirstContact, Refusal, Uid};
use serde::{Deserialize, Serialize};
use store::attempt::{self, ContactAttempt};
use store::episode::{self, ContactStand, Episode};
use store::{Stop, Tx, household};

/// Attempts of one episode that its state is computed from.
const ATTEMPTS_MAX: i64 = 2_000;

#[derive(Clone, Debug)]
pub struct RecordContact {
    pub episode: Uid,
    pub by: ContactBy,
    pub outcome: AttemptOutcome,
    /// When it was made; now, if nothing is said.
    pub at: Option<At>,
    /// One call that counts for everybody under care in the home.
    pub household: bool,
    pub ticks: Ticks,
    /// The number that was dialled, for "wrong number".
    pub phone: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Recorded {
    pub id: String,
    pub state: String,
    pub entered_late: bool,
}

pub fn record_contact(
    tx: &mut Tx,
    desk: &Desk,
    mint: &mut Mint,
    cmd: &RecordContact,
) -> Result<Recorded, Stop> {
    let scene = scene::load(tx, desk, Verb::RecordContact, cmd.episode)?;
    let staff = desk.staff.ok_or_else(Refusal::not_found)?;
    if scene.episode.state == rules::EpisodeState::Closed {
        return Err(Refusal::conflict("already_closed").into());
    }
    let at = cmd.at.unwrap_or(desk.now);
    let made = Attempt { at, outcome: cmd.outcome, ticks: cmd.ticks };
    let from = scene.detected().earliest(&scene.place.zone);
    let recorded = first_contact::check_attempt(made, from, desk.now)?;
    let open = episode::open_of_household(tx, scene.home.id)?;
    let ids: Vec<_> = open.iter().map(|e| e.id).collect();
    let mut first = None;
    for id in first_contact::counts_for(scene.episode.id, cmd.household, &ids) {
        let Some(target) = open.iter().find(|e| e.id == id) else { continue };
        let (row_id, uid) = (AttemptId(tx.id()), mint.uid(desk.now));
        ContactAttempt {
            id: row_id,
            uid,
            episode_id: id,
            staff_id: staff,
            made_by: cmd.by,
            outcome: cmd.outcome,
            whole_household: cmd.household,
            ticks: cmd.ticks.bits(),
            at,
            received_at: desk.now,
        }
        .insert(tx)?;
        let state = refresh(tx, target, scene.place.hours())?;
        if cmd.outcome == AttemptOutcome::Reached {
            next_contact::heard(tx, id, at)?;
        }
        let late = if recorded.entered_late { " late=1" } else { "" };
        let header =
            format!("by={} outcome={} ticks={} state={state}{late}", cmd.by, cmd.outcome, cmd.ticks.bits());
        tx.log(&desk.stamp(), &format!("episode:{}", id.0), "contact_attempted", &header, "")?;
        first.get_or_insert((uid, state));
    }
    if cmd.outcome == AttemptOutcome::WrongNumber {
        mark_wrong(tx, desk, &scene, cmd.phone.as_deref())?;
    }
    if thread::answers(cmd.outcome) {
        thread::reached(tx, desk, mint, &scene.home, &scene.item.path, cmd.by, at)?;
    }
    let (uid, state) = first.ok_or_else(Refusal::not_found)?;
    Ok(Recorded { id: uid.to_string(), state: state.to_string(), entered_late: recorded.entered_late })
}

/// A wrong number is not called again; the home then has one number less, or none (a gap).
fn mark_wrong(tx: &mut Tx, desk: &Desk, scene: &scene::Scene, dialled: Option<&str>) -> Result<(), Stop> {
    let number = match dialled.map(str::trim).filter(|p| !p.is_empty()) {
        Some(p) => rules::phone::parse(p).map_err(|_| Refusal::field("phone", "bad_phone"))?.into_string(),
        None => match scene.item.phones.first() {
            Some(first) => first.clone(),
            None => return Ok(()),
        },
    };
    if household::mark_wrong(tx, scene.home.id, &number, desk.now)? {
        tx.log(&desk.stamp(), &format!("household:{}", scene.home.id.0), "phone_wrong", "", "")?;
        household_link::wrong_number(tx, desk, scene.home.id)?;
    }
    Ok(())
}

/// Recomputes where an episode's first contact stands from all its attempts, in whatever order they arrived.
pub(crate) fn refresh(tx: &mut Tx, target: &Episode, hours: Option<u16>) -> Result<FirstContact, Stop> {
    let attempts: Vec<Attempt> = attempt::attempts(tx, target.id, 0, ATTEMPTS_MAX)?
        .into_iter()
        .map(|a| Attempt { at: a.at, outcome: a.outcome, ticks: Ticks::from_bits(a.ticks) })
        .collect();
    let declared = target.first_contact_declared.then_some(target.registered_at);
    let progress = first_contact::progress(declared, &attempts);
    let stage = usize::try_from(target.reminder_stage).ok().and_then(|n| Stage::ALL.get(n)).copied();
    let reminder_at = match progress.state {
        FirstContact::Advised => None,
        FirstContact::Waiting | FirstContact::Reached => {
            target.first_contact_due_at.zip(hours).and_then(|(due, hours)| {
                next_step_at(due, target.registered_at, hours, stage.unwrap_or(Stage::Started)).map(|s| s.1)
            })
        }
    };
    let stand = ContactStand {
        state: progress.state,
        at: progress.advised_at.or(progress.reached_at),
        ticks: progress.ticks.bits(),
        reminder_stage: target.reminder_stage,
        reminder_at,
    };
    episode::set_contact(tx, target.id, &stand)?;
    Ok(progress.state)
}
