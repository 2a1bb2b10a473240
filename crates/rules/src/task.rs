//! Whose work a home is today (việc). What has to be done is computed from the facts each time, so nobody can mislay it; a
//! task only says who took it on. It holds for one local day and while its owner is on duty: what was taken yesterday, or
//! by somebody who went home, is nobody's. Putting it off never hides what is overdue or in danger (invariants 1 and 7).

use crate::time::HOUR;
use crate::{At, Day, Refusal, StaffId};

/// The longest that work may be put off, in milliseconds.
pub const PUT_OFF_MAX: i64 = 4 * HOUR;
/// The longest note to whoever takes it over, in characters.
pub const NOTE_MAX: usize = 200;

/// A task as its rules see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub owner: StaffId,
    /// The local day for which it was taken on.
    pub on: Day,
    /// Whether the owner is on duty.
    pub is_owner_there: bool,
    pub put_off_until: Option<At>,
}

impl Standing {
    /// Whether the home is somebody's by it.
    pub fn holds(&self, today: Day) -> bool {
        self.on == today && self.is_owner_there
    }

    /// Whether it waits until later.
    pub fn waits(&self, today: Day, now: At) -> bool {
        self.holds(today) && self.put_off_until.is_some_and(|until| until > now)
    }
}

/// What taking a home on does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taking {
    /// It is theirs already.
    Theirs,
    /// It was nobody's.
    New,
    /// It was somebody else's.
    Over(StaffId),
}

/// Somebody takes a home on. `over` = also if a colleague has it.
///
/// # Errors
/// `task_taken` if a colleague who is on duty has it and `over` is not set.
pub fn take(running: Option<&Standing>, me: StaffId, today: Day, over: bool) -> Result<Taking, Refusal> {
    match running.filter(|task| task.holds(today)) {
        None => Ok(Taking::New),
        Some(task) if task.owner == me => Ok(Taking::Theirs),
        Some(_) if !over => Err(Refusal::conflict("task_taken")),
        Some(task) => Ok(Taking::Over(task.owner)),
    }
}

/// What stands at a home when somebody wants to see to it later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    pub has_alarm: bool,
    /// The first time by which something at the home is due: a first contact, or a word of somebody.
    pub due_at: Option<At>,
}

/// Somebody sees to it later, at `until`.
///
/// # Errors
/// `task_urgent` while an alarm runs at the home or something is overdue; `until` with `in_past`, `too_late` beyond
/// [`PUT_OFF_MAX`], `after_due` beyond what is due first.
pub fn put_off(until: At, waiting: Waiting, now: At) -> Result<At, Refusal> {
    if waiting.has_alarm || waiting.due_at.is_some_and(|due| due <= now) {
        return Err(Refusal::conflict("task_urgent"));
    }
    if until <= now {
        return Err(Refusal::field("until", "in_past"));
    }
    if until.0 - now.0 > PUT_OFF_MAX {
        return Err(Refusal::field("until", "too_late"));
    }
    if waiting.due_at.is_some_and(|due| until > due) {
        return Err(Refusal::field("until", "after_due"));
    }
    Ok(until)
}

/// Somebody who could stand in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub staff: StaffId,
    pub is_there: bool,
    /// Homes that are theirs today.
    pub tasks: i64,
}

/// Who stands in for somebody who goes: of the group's carers who are there whoever has least, else its leader; `None`
/// where nobody is there, which is a gap of its own.
pub fn backup(carers: &[Candidate], leader: Option<Candidate>) -> Option<StaffId> {
    let there = |candidate: &&Candidate| candidate.is_there;
    let least = carers.iter().filter(there).min_by_key(|candidate| (candidate.tasks, candidate.staff));
    least.or(leader.as_ref().filter(there)).map(|candidate| candidate.staff)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ME: StaffId = StaffId(1);
    const OTHER: StaffId = StaffId(2);
    const NOW: At = At(100 * HOUR);

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    fn today() -> Day {
        day("2022-03-16")
    }

    fn of(owner: StaffId) -> Standing {
        Standing { owner, on: today(), is_owner_there: true, put_off_until: None }
    }

    #[test]
    fn a_home_is_taken_once_unless_somebody_says_so() {
        assert_eq!(take(None, ME, today(), false), Ok(Taking::New));
        assert_eq!(take(Some(&of(ME)), ME, today(), false), Ok(Taking::Theirs));
        assert_eq!(take(Some(&of(OTHER)), ME, today(), false).unwrap_err().code, "task_taken");
        assert_eq!(take(Some(&of(OTHER)), ME, today(), true), Ok(Taking::Over(OTHER)));
        let gone = Standing { is_owner_there: false, ..of(OTHER) };
        let old = Standing { on: day("2022-03-15"), ..of(OTHER) };
        for free in [gone, old] {
            assert_eq!(take(Some(&free), ME, today(), false), Ok(Taking::New), "{free:?}");
        }
    }

    #[test]
    fn nothing_urgent_is_put_off_and_nothing_beyond_its_time() {
        let quiet = Waiting { has_alarm: false, due_at: None };
        let why = |until: At, waiting| {
            let refusal = put_off(until, waiting, NOW).unwrap_err();
            refusal.fields.first().map_or(refusal.code, |field| field.code)
        };
        let soon = NOW.plus(HOUR);
        assert_eq!(put_off(soon, quiet, NOW), Ok(soon));
        assert_eq!(put_off(NOW.plus(PUT_OFF_MAX), quiet, NOW), Ok(NOW.plus(PUT_OFF_MAX)));
        assert_eq!(why(NOW.plus(PUT_OFF_MAX + 1), quiet), "too_late");
        assert_eq!(why(NOW, quiet), "in_past");
        assert_eq!(why(soon, Waiting { has_alarm: true, ..quiet }), "task_urgent");
        assert_eq!(why(soon, Waiting { due_at: Some(NOW), ..quiet }), "task_urgent");
        let due = Waiting { due_at: Some(soon), ..quiet };
        assert_eq!(put_off(soon, due, NOW), Ok(soon));
        assert_eq!(why(soon.plus(1), due), "after_due");
    }

    #[test]
    fn whoever_has_least_stands_in_and_the_leader_last() {
        let one = |id, is_there, tasks| Candidate { staff: StaffId(id), is_there, tasks };
        let leader = Some(one(9, true, 0));
        assert_eq!(backup(&[one(3, true, 5), one(4, true, 2), one(5, false, 0)], leader), Some(StaffId(4)));
        assert_eq!(backup(&[one(3, true, 2), one(2, true, 2)], leader), Some(StaffId(2)));
        assert_eq!(backup(&[one(5, false, 0)], leader), Some(StaffId(9)));
        assert_eq!(backup(&[one(5, false, 0)], Some(one(9, false, 0))), None);
        assert_eq!(backup(&[], None), None);
    }

    proptest! {
        #[test]
        fn what_waits_is_never_overdue_when_its_time_comes(until: i32, due in proptest::option::of(any::<i32>())) {
            let waiting = Waiting { has_alarm: false, due_at: due.map(|ms| NOW.plus(ms.into())) };
            if let Ok(until) = put_off(NOW.plus(until.into()), waiting, NOW) {
                prop_assert!(until > NOW && waiting.due_at.is_none_or(|due| until <= due));
            }
        }
    }
}
