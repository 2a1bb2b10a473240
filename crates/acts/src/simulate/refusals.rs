//! What the program has to refuse, and what it may.

use super::deeds::{Deed, What};
use super::model::{Model, Task, Violation, broken, day_number};
use super::world::{Member, World};
use rules::At;
use rules::first_contact::Ticks;
use rules::time::MINUTE;

impl Model {
    /// The home that staff do something with.
    fn target(&self, what: &What) -> Option<usize> {
        let home = what.person().map(|person| self.people[person].home).or(what.home());
        home.filter(|_| !what.is_by_home())
    }

    /// The refusal that a deed has to meet; `None` if it has to be done.
    pub fn forbidden(&self, world: &World, deed: &Deed) -> Option<&'static str> {
        if let Some(home) = self.target(&deed.what) {
            let place = &world.communes[self.homes[home].commune].area.path;
            let desk = &world.staff[deed.by].desk;
            if !desk.grants.iter().any(|grant| place.starts_with(&grant.path)) {
                return Some("not_found");
            }
        }
        let closed = |person: &usize| !self.people[*person].is_open;
        match &deed.what {
            What::Register { draft, .. } => self.drafts[*draft].is_registered.then_some("possible_duplicate"),
            What::Answer { person, by_link: true, .. } => closed(person).then_some("not_found"),
            What::Contact { person, .. }
            | What::Answer { person, by_link: false, .. }
            | What::Convert { person }
            | What::End { person, .. }
            | What::Void { person }
            | What::Severity { person, .. } => closed(person).then_some("already_closed"),
            What::Reopen { person } => {
                if !closed(person) {
                    return Some("already_open");
                }
                let first = self.people[*person].first;
                let has_other = self.people.iter().any(|other| other.first == first && other.is_open);
                has_other.then_some("other_episode_open")
            }
            What::Settle { home } => self.homes[*home].waiting.is_none().then_some("nothing_waits"),
            What::Take { home, alarm } => match self.alarm(*home, *alarm) {
                None => Some("alert_closed"),
                Some(there) => there.taken_by.filter(|by| *by != deed.by).map(|_| "alert_taken"),
            },
            What::Close { home, alarm } => self.alarm(*home, *alarm).is_none().then_some("alert_closed"),
            What::Link { home } => self.open_members(*home).is_empty().then_some("nobody_under_care"),
            What::Own { home, .. } | What::PutOff { home } | What::GiveBack { home }
                if self.open_members(*home).is_empty() =>
            {
                Some("nobody_under_care")
            }
            // Whose it is by now the program has to say; the step's end checks it.
            What::Own { home, .. } | What::PutOff { home } | What::GiveBack { home }
                if matches!(self.homes[*home].task, Task::Passed(_)) =>
            {
                None
            }
            What::Own { home, over } => match self.owner(world, *home) {
                _ if !world.staff[deed.by].on => Some("task_off_duty"),
                Some(owner) if owner != deed.by && !over => Some("task_taken"),
                Some(_) | None => None,
            },
            What::GiveBack { home } => self.not_theirs(world, *home, deed.by),
            What::PutOff { home } => self.not_theirs(world, *home, deed.by).or_else(|| {
                let home = &self.homes[*home];
                // What is due within half an hour may be refused by its time; what is overdue is refused at once.
                let is_urgent = !home.alarms.is_empty()
                    || home.members.iter().any(|p| self.people[*p].is_open && self.due(*p).0 <= self.now_ms);
                is_urgent.then_some("task_urgent")
            }),
            What::Write { .. }
            | What::Reply { .. }
            | What::Duty { .. }
            | What::Visitors { .. }
            | What::Test { .. }
            | What::Release { .. }
            | What::Confirm { .. }
            | What::Submit { .. }
            | What::Supplement { .. }
            | What::Correct { .. } => None,
        }
    }

    /// Whose a home's work is today, while they are on duty.
    pub fn owner(&self, world: &World, home: usize) -> Option<Member> {
        let today = day_number(At(self.now_ms), &world.zone);
        match self.homes[home].task {
            Task::Of(owner, day) if day == today && world.staff[owner].on => Some(owner),
            Task::Of(..) | Task::Nobodys | Task::Passed(_) => None,
        }
    }

    fn not_theirs(&self, world: &World, home: usize, by: Member) -> Option<&'static str> {
        match self.owner(world, home) {
            None => Some("task_nobodys"),
            Some(owner) if owner != by => Some("task_not_yours"),
            Some(_) => None,
        }
    }

    /// By when something is due about somebody: their first contact, or a word of them.
    pub fn due(&self, person: usize) -> At {
        let who = &self.people[person];
        if who.ticks.has(Ticks::ALL) { who.expected_by } else { who.due_at.min(who.expected_by) }
    }

    /// What may be refused for reasons that this telling does not know.
    pub fn refused(
        &mut self,
        world: &World,
        deed: &Deed,
        code: &'static str,
        now: At,
    ) -> Result<(), Violation> {
        match &deed.what {
            What::Release { is_listed: false, .. } => {
                self.count("releases refused", 1);
                Ok(())
            }
            What::Own { home, .. } | What::PutOff { home } | What::GiveBack { home }
                if matches!(self.homes[*home].task, Task::Passed(_)) && code.starts_with("task_") =>
            {
                Ok(())
            }
            // Something falls due within the half hour.
            What::PutOff { home } if code == "after_due" => {
                let soon = now.plus(30 * MINUTE);
                let is_due = self.open_members(*home).into_iter().any(|person| self.due(person) < soon);
                if is_due { Ok(()) } else { broken("done_when_right", "a home could not be put off") }
            }
            What::Supplement { unit, .. } => {
                let day = Model::report_day(now, world);
                match (code, self.submitted.get(&(*unit, day))) {
                    ("nothing_to_supplement", Some(_)) | ("not_submitted", None) => Ok(()),
                    (code, _) => broken("refused_when_wrong", format!("a supplement of {unit:?}: {code}")),
                }
            }
            what => broken("done_when_right", format!("{what:?} was refused with {code}")),
        }
    }
}
