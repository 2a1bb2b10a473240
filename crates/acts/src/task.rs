//! Whose work a home is today: taken, handed over, put off, given back; and passed on when its owner goes off duty. What
//! has to be done stands on the worklist whoever's it is.

use crate::desk::Desk;
use crate::house::Mint;
use crate::record_round;
use rules::permission::Verb;
use rules::task::{self as rule, Taking, Waiting};
use rules::time::MINUTE;
use rules::{At, Day, FirstContact, Refusal, Role, StaffId, TaskId, Uid};
use serde::{Deserialize, Serialize};
use store::area::Area;
use store::episode::EpisodeItem;
use store::household::Household;
use store::task::{self, Held, Task};
use store::{Reader, Stop, Tx, alert, area, household, staff};

/// Tasks that one member of staff has on a day, and carers of one group, as far as a hand-over looks.
const LOOKED_AT_MAX: i64 = 500;
/// Minutes for which the page offers to put a home off.
pub const PUT_OFF_MINUTES: &[i64] = &[30, 60, 120, 240];

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Done {
    /// The home's id.
    pub household: String,
}

/// What became of the work of somebody who goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PassedOn {
    /// Homes that are a colleague's now.
    pub passed: usize,
    /// Homes that are nobody's, because nobody of their group is there.
    pub left: usize,
}

/// A home, what it lacks today, and whose it is.
pub struct Scene {
    pub home: Household,
    pub members: Vec<EpisodeItem>,
    pub commune: Area,
    pub today: Day,
    pub held: Option<Held>,
}

/// The home's work, for whoever may do it; not found otherwise.
///
/// # Errors
/// `nobody_under_care`.
pub fn load(reader: &mut Reader, desk: &Desk, home: Uid) -> Result<Scene, Stop> {
    let (home, members) = record_round::load(reader, desk, Verb::RecordContact, home)?;
    if members.is_empty() {
        return Err(Refusal::conflict("nobody_under_care").into());
    }
    let commune = area::by_id(reader, home.area_id)?.ok_or_else(Refusal::not_found)?;
    let today = desk.now.day(&commune.zone());
    let held = task::of_home(reader, home.id)?;
    Ok(Scene { home, members, commune, today, held })
}

impl Scene {
    /// The task that holds today.
    pub fn running(&self) -> Option<&Held> {
        self.held.as_ref().filter(|held| held.standing().holds(self.today))
    }

    /// Until when the home may be put off at most; `None` while something there is urgent.
    pub fn latest(&self, reader: &mut Reader, now: At) -> Result<Option<At>, Stop> {
        let waiting = self.waiting(reader)?;
        let end = now.plus(rule::PUT_OFF_MAX);
        let latest = waiting.due_at.map_or(end, |due| due.min(end));
        Ok(Some(latest).filter(|_| !waiting.has_alarm).filter(|latest| *latest > now))
    }

    /// What is due there, and whether an alarm runs.
    fn waiting(&self, reader: &mut Reader) -> Result<Waiting, Stop> {
        let due = |item: &EpisodeItem| match item.first_contact {
            FirstContact::Advised => item.next_contact_at,
            FirstContact::Waiting | FirstContact::Reached => {
                item.due_at.into_iter().chain(item.next_contact_at).min()
            }
        };
        let has_alarm = !alert::running(reader, self.home.id)?.is_empty();
        Ok(Waiting { has_alarm, due_at: self.members.iter().filter_map(due).min() })
    }

    fn stream(&self) -> String {
        format!("household:{}", self.home.id.0)
    }

    fn done(&self) -> Done {
        Done { household: self.home.uid.to_string() }
    }

    /// The running task, if it is the desk's own or the desk may give others' work to others.
    ///
    /// # Errors
    /// `task_not_yours`; `task_nobodys`.
    fn theirs(&self, desk: &Desk) -> Result<&Held, Refusal> {
        let held = self.running().ok_or_else(|| Refusal::conflict("task_nobodys"))?;
        let is_own = desk.staff == Some(held.task.owner_id);
        if is_own || desk.can(Verb::AssignCarer, &self.commune.path) {
            Ok(held)
        } else {
            Err(Refusal::conflict("task_not_yours"))
        }
    }
}

fn me(desk: &Desk) -> Result<StaffId, Refusal> {
    desk.staff.ok_or_else(Refusal::not_found)
}

/// What is said with it, as it is kept.
fn noted(note: &str) -> Result<Option<String>, Refusal> {
    let note = rules::fold::nfc(note.trim());
    if note.chars().count() > rule::NOTE_MAX {
        return Err(Refusal::field("note", "too_long"));
    }
    Ok(Some(note).filter(|note| !note.is_empty()))
}

/// Somebody takes a home's work of today on. `over` = also if a colleague has it.
///
/// # Errors
/// `task_off_duty`; `task_taken`; what [`load`] refuses.
pub fn take(tx: &mut Tx, desk: &Desk, mint: &mut Mint, home: Uid, over: bool) -> Result<Done, Stop> {
    let (scene, me) = (load(tx, desk, home)?, me(desk)?);
    // What somebody takes on who is not there would be nobody's at once.
    if !staff::by_id(tx, me)?.is_some_and(|member| member.on_duty) {
        return Err(Refusal::conflict("task_off_duty").into());
    }
    let standing = scene.held.as_ref().map(Held::standing);
    let header = match rule::take(standing.as_ref(), me, scene.today, over)? {
        Taking::Theirs => return Ok(scene.done()),
        Taking::New => format!("owner={}", me.0),
        Taking::Over(from) => format!("owner={} from={}", me.0, from.0),
    };
    give_to(tx, desk, mint, &scene, me, None, None)?;
    tx.log(&desk.stamp(), &scene.stream(), "task_taken", &header, "")?;
    Ok(scene.done())
}

/// The home is `to`'s from now on: by the task that runs today, or by a new one.
fn give_to(
    tx: &mut Tx,
    desk: &Desk,
    mint: &mut Mint,
    scene: &Scene,
    to: StaffId,
    by: Option<StaffId>,
    note: Option<&str>,
) -> Result<(), Stop> {
    match &scene.held {
        Some(held) if held.task.on_day == scene.today => {
            task::give(tx, held.task.id, to, desk.now, by, note)?;
            return Ok(());
        }
        // What was taken on another day is over.
        Some(held) => task::end(tx, held.task.id, desk.now)?,
        None => {}
    }
    Task {
        id: TaskId(tx.id()),
        uid: mint.uid(desk.now),
        household_id: scene.home.id,
        owner_id: to,
        on_day: scene.today,
        taken_at: desk.now,
        given_by: by,
        put_off_until: None,
        note: note.map(str::to_owned),
        ended_at: None,
    }
    .insert(tx)?;
    Ok(())
}

/// A home's work is given to a colleague who is there: by its owner, or by whoever assigns carers.
///
/// # Errors
/// `task_nobodys` for who does not assign carers, `task_not_yours`; `to` with `required`, `unknown`, `off_duty`; `note` with `too_long`;
/// what [`load`] refuses.
pub fn hand(
    tx: &mut Tx,
    desk: &Desk,
    mint: &mut Mint,
    home: Uid,
    to: Option<Uid>,
    note: &str,
) -> Result<Done, Stop> {
    let (scene, by) = (load(tx, desk, home)?, me(desk)?);
    // Whoever assigns carers may give away what is nobody's yet.
    if scene.running().is_some() || !desk.can(Verb::AssignCarer, &scene.commune.path) {
        scene.theirs(desk)?;
    }
    let note = noted(note)?;
    let to = to.ok_or_else(|| Refusal::field("to", "required"))?;
    let unknown = || Refusal::field("to", "unknown");
    let colleague = staff::by_uid(tx, to)?.filter(|s| s.ended_at.is_none()).ok_or_else(unknown)?;
    let path = scene.members.first().map_or(scene.commune.path.as_str(), |item| item.path.as_str());
    if !works_at(tx, colleague.id, path)? {
        return Err(unknown().into());
    }
    if !colleague.on_duty {
        return Err(Refusal::field("to", "off_duty").into());
    }
    give_to(tx, desk, mint, &scene, colleague.id, Some(by), note.as_deref())?;
    let header = format!("owner={} by={}", colleague.id.0, by.0);
    tx.log(&desk.stamp(), &scene.stream(), "task_handed", &header, "")?;
    Ok(scene.done())
}

/// The owner sees to a home later, `minutes` from now.
///
/// # Errors
/// `task_nobodys`, `task_not_yours`, `task_urgent`; `until` as in [`rule::put_off`]; `note` with `too_long`; what [`load`] refuses.
pub fn put_off(tx: &mut Tx, desk: &Desk, home: Uid, minutes: i64, note: &str) -> Result<Done, Stop> {
    let (scene, me) = (load(tx, desk, home)?, me(desk)?);
    let held = scene.theirs(desk)?;
    if held.task.owner_id != me {
        return Err(Refusal::conflict("task_not_yours").into());
    }
    let note = noted(note)?;
    let until = desk.now.plus(minutes.saturating_mul(MINUTE));
    let until = rule::put_off(until, scene.waiting(tx)?, desk.now)?;
    task::put_off(tx, held.task.id, until, note.as_deref())?;
    let header = format!("owner={} minutes={minutes}", me.0);
    tx.log(&desk.stamp(), &scene.stream(), "task_put_off", &header, "")?;
    Ok(scene.done())
}

/// A home's work is nobody's again.
///
/// # Errors
/// `task_nobodys`, `task_not_yours`; what [`load`] refuses.
pub fn give_back(tx: &mut Tx, desk: &Desk, home: Uid) -> Result<Done, Stop> {
    let scene = load(tx, desk, home)?;
    let held = scene.theirs(desk)?;
    task::end(tx, held.task.id, desk.now)?;
    let header = format!("owner={}", held.task.owner_id.0);
    tx.log(&desk.stamp(), &scene.stream(), "task_given_back", &header, "")?;
    Ok(scene.done())
}

/// Somebody goes off duty or leaves: what they took on for today is passed on within each home's group, to whoever has
/// least ([`rule::backup`]).
pub(crate) fn pass_on(tx: &mut Tx, desk: &Desk, gone: StaffId) -> Result<PassedOn, Stop> {
    let mut done = PassedOn::default();
    for zone in zones_of(tx, gone)? {
        let today = desk.now.day(&zone);
        for row in task::of_owner(tx, gone, today, LOOKED_AT_MAX)? {
            let Some(home) = household::by_id(tx, row.household_id)? else { continue };
            let (mut carers, mut leader) = match home.care_group_id {
                Some(group) => task::candidates(tx, group, today, LOOKED_AT_MAX)?,
                None => (Vec::new(), None),
            };
            // Who does not work where the home is could not even open it.
            let path = area::by_id(tx, home.cluster_id.unwrap_or(home.area_id))?.map(|area| area.path);
            let path = path.unwrap_or_default();
            let mut able = Vec::new();
            for candidate in carers.iter().chain(&leader) {
                if candidate.staff != gone && works_at(tx, candidate.staff, &path)? {
                    able.push(candidate.staff);
                }
            }
            carers.retain(|candidate| able.contains(&candidate.staff));
            leader = leader.filter(|candidate| able.contains(&candidate.staff));
            let stream = format!("household:{}", home.id.0);
            match rule::backup(&carers, leader) {
                Some(to) => {
                    task::give(tx, row.id, to, desk.now, None, row.note.as_deref())?;
                    let header = format!("owner={} from={}", to.0, gone.0);
                    tx.log(&desk.stamp(), &stream, "task_passed_on", &header, "")?;
                    done.passed += 1;
                }
                None => {
                    task::end(tx, row.id, desk.now)?;
                    let header = format!("owner={}", gone.0);
                    tx.log(&desk.stamp(), &stream, "task_left", &header, "")?;
                    done.left += 1;
                }
            }
        }
    }
    Ok(done)
}

/// Whether somebody cares for homes at a path.
pub fn works_at(reader: &mut Reader, who: StaffId, path: &str) -> Result<bool, Stop> {
    let cares = |role| matches!(role, Role::Carer | Role::StationLeader);
    let grants = staff::grants_of(reader, who)?;
    Ok(grants.iter().any(|grant| cares(grant.role) && path.starts_with(&grant.path)))
}

/// The time zones that somebody works in.
fn zones_of(reader: &mut Reader, who: StaffId) -> Result<Vec<rules::Zone>, Stop> {
    let mut names: Vec<String> = Vec::new();
    for grant in staff::grants_of(reader, who)? {
        let area = area::by_id(reader, grant.area_id)?;
        names.extend(area.map(|area| area.time_zone));
    }
    names.sort_unstable();
    names.dedup();
    Ok(names.iter().map(|name| rules::Zone::named(name)).collect())
}
