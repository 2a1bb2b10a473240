//! What ought to be true after everything that was done: a second telling of the rules, from what the simulation did and
//! from nothing that the program keeps. It is written as plainly as it can be and shares no judgement with `rules`.

use super::alarms::Alarm;
use super::deeds::{Answer, Deed, Health, Said, Sent, Unit, What};
use super::world::{Member, World};
use rules::first_contact::Ticks;
use rules::release::TestNeeded;
use rules::time::{HOUR, MINUTE};
use rules::{At, AttemptOutcome, EpisodeKind, GapKind, Level, Outcome, Severity, Uid, Zone};
use std::collections::{BTreeMap, HashMap};

/// Something that must never be.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Violation {
    /// Which invariant, by a word of ours.
    pub invariant: &'static str,
    pub detail: String,
}

pub(super) fn broken<T>(invariant: &'static str, detail: impl Into<String>) -> Result<T, Violation> {
    Err(Violation { invariant, detail: detail.into() })
}

/// Nobody is released of whom nobody heard for longer than this.
const HEARD_WITHIN: i64 = 24 * HOUR;

pub(super) struct Person {
    pub uid: Uid,
    /// The first episode of the same person: this one, or that of the contact who turned case.
    pub first: usize,
    pub home: usize,
    pub kind: EpisodeKind,
    pub severity: Severity,
    pub registered_at: At,
    pub due_at: At,
    pub ticks: Ticks,
    /// When staff last heard of them.
    pub heard_at: Option<At>,
    /// From when on silence is a gap.
    pub expected_by: At,
    pub is_open: bool,
    pub doses: i64,
    /// When they were found ill, or in touch with somebody ill.
    pub found: At,
    pub checkins: i64,
    pub attempts: i64,
    /// Of each test the day, whether it was negative, and whether staff watched it.
    pub tests: Vec<(i64, bool, bool)>,
    /// The figure that counted them in, and the day it stands in.
    start: (&'static str, i64),
    end: Option<(&'static str, i64, i64)>,
    /// A low reading that waits for a second one.
    pub second_until: Option<At>,
}

pub(super) struct Home {
    pub uid: Option<Uid>,
    pub commune: usize,
    pub address: String,
    pub cluster: Option<String>,
    pub phone: Option<String>,
    pub visitors: u8,
    pub members: Vec<usize>,
    /// What is kept of the link, once it was handed over.
    pub link: Option<String>,
    pub wants_link: bool,
    pub silent_until: At,
    /// Since when they wait for an answer.
    pub waiting: Option<At>,
    /// Everything said in the home's thread by people, in order.
    pub messages: Vec<Uid>,
    pub alarms: Vec<Alarm>,
    pub task: Task,
}

/// Whose the home's work of today is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Task {
    Nobodys,
    /// Somebody's, on a day.
    Of(Member, i64),
    /// Its owner went: a colleague's who is there, or nobody's where nobody is.
    Passed(i64),
}

/// Somebody who is about to be registered.
pub(super) struct Draft {
    pub home: usize,
    pub kind: EpisodeKind,
    pub doses: i64,
    pub found: At,
    /// By when they are to be contacted first.
    pub due_at: At,
    pub is_registered: bool,
}

#[derive(Default)]
pub(super) struct Model {
    pub people: Vec<Person>,
    pub homes: Vec<Home>,
    pub drafts: Vec<Draft>,
    pub by_uid: HashMap<Uid, usize>,
    /// By commune, day and indicator.
    pub books: HashMap<(usize, i64, &'static str), i64>,
    pub submitted: HashMap<(Unit, i64), At>,
    /// The first reporting day that is locked.
    pub first_day: i64,
    /// The simulated time, in milliseconds UTC.
    pub now_ms: i64,
    pub tally: BTreeMap<&'static str, i64>,
    /// Minutes from an alarm to whoever took it.
    pub minutes_to_take: Vec<i64>,
    /// Minutes that homes waited for their answer.
    pub minutes_to_answer: Vec<i64>,
}

/// The number of a local day, for arithmetic.
pub(super) fn day_number(at: At, zone: &Zone) -> i64 {
    at.day(zone).since(At(0).day(zone))
}

impl Model {
    pub fn count(&mut self, what: &'static str, amount: i64) {
        *self.tally.entry(what).or_default() += amount;
    }

    /// The reporting day that something belongs to which happens at `at`: what happens at the lock belongs to the next.
    pub fn report_day(at: At, world: &World) -> i64 {
        day_number(at, &world.zone) + i64::from(at.minute_of_day(&world.zone) >= world.lock_minute)
    }

    fn book(&mut self, commune: usize, day: i64, indicator: &'static str, amount: i64) {
        *self.books.entry((commune, day, indicator)).or_default() += amount;
    }

    pub fn commune_of(&self, person: usize) -> usize {
        self.homes[self.people[person].home].commune
    }

    pub fn open_members(&self, home: usize) -> Vec<usize> {
        self.homes[home].members.iter().copied().filter(|p| self.people[*p].is_open).collect()
    }

    /// From when on silence is a gap, for whoever was last heard of at `last`: the end of the first part of a day that
    /// begins after it, and what the protocol allows beyond.
    fn expected(&self, world: &World, person: usize, last: At) -> At {
        let Some(times) = world.protocol.checkin.as_ref().map(|c| &c.slots) else { return At(i64::MAX) };
        let of = match self.people[person].kind {
            EpisodeKind::Case => &times.case,
            EpisodeKind::Contact => &times.contact,
        };
        let mut day = last.day(&world.zone);
        loop {
            for slot in &of.slots {
                if day.at_minute(slot.from, &world.zone) > last {
                    let end = day.at_minute(slot.to, &world.zone);
                    let late = end.plus(of.late_after * MINUTE);
                    if self.homes[self.people[person].home].visitors == 0 {
                        return late;
                    }
                    // Whoever goes there is missed sooner, but not before the part of the day is over.
                    let missed = last.plus(times.visitor_silent_after * MINUTE);
                    return if missed > end { late.min(missed) } else { end };
                }
            }
            day = day.plus(1);
        }
    }

    /// Staff heard of somebody.
    fn heard(&mut self, world: &World, person: usize, at: At) {
        if !self.people[person].is_open || self.people[person].heard_at.is_some_and(|before| before >= at) {
            return;
        }
        self.spoke(world, person, at);
        self.people[person].heard_at = Some(at);
    }

    /// Somebody answered for them.
    fn spoke(&mut self, world: &World, person: usize, at: At) {
        if self.people[person].is_open {
            let by = self.expected(world, person, at);
            let person = &mut self.people[person];
            person.expected_by = person.expected_by.max(by);
        }
    }

    /// Everything that is missing from somebody's care.
    pub fn gaps(&self, world: &World, person: usize, now: At) -> Vec<GapKind> {
        let who = &self.people[person];
        let home = &self.homes[who.home];
        let silent = who.expected_by <= now;
        let ringing = home
            .alarms
            .iter()
            .any(|alarm| alarm.named == person && alarm.taken_by.is_none() && alarm.acknowledge_by <= now);
        let waited = home.waiting.is_some_and(|since| since.plus(world.answer_minutes * MINUTE) <= now);
        let no_phone = home.phone.is_none();
        let advised = who.ticks.has(Ticks::ALL);
        [
            (GapKind::NobodyOnDuty, !world.attended(home.commune)),
            (GapKind::Unreachable, no_phone && home.visitors == 0),
            (GapKind::NoSecondVisitor, no_phone && home.visitors == 1),
            (GapKind::AlarmUnacknowledged, ringing),
            (GapKind::Unanswered, waited),
            (GapKind::FirstContactOverdue, !advised && who.due_at <= now),
            (GapKind::Silent, silent && home.visitors == 0),
            (GapKind::VisitorSilent, silent && home.visitors > 0),
            (GapKind::NoCluster, home.cluster.is_none()),
        ]
        .into_iter()
        .filter(|(_, is_missing)| *is_missing)
        .map(|(kind, _)| kind)
        .collect()
    }

    /// Takes in what the program answered.
    pub fn take(
        &mut self,
        world: &mut World,
        deed: &Deed,
        answers: &[Answer],
        now: At,
    ) -> Result<(), Violation> {
        self.now_ms = now.0;
        let Some(first) = answers.first() else { return broken("one_effect", "no answer at all") };
        if deed.sent == Sent::Twice {
            self.count("sent twice", 1);
        }
        if deed.sent == Sent::AgainUnanswered {
            self.count("answers lost", 1);
        }
        if answers.iter().any(|answer| answer != first) {
            return broken("one_effect", format!("{:?} sent twice: {answers:?}", deed.what));
        }
        let forbidden = self.forbidden(world, deed);
        match (first, forbidden) {
            (Err(code), Some(wanted)) if *code == wanted => {
                match wanted {
                    "not_found" => self.count("strangers turned away", 1),
                    "possible_duplicate" | "alert_taken" | "task_taken" => {
                        self.count("second ones turned away", 1)
                    }
                    _ => self.count("came too late", 1),
                }
                Ok(())
            }
            (answer, Some(wanted)) => {
                let invariant = if wanted == "not_found" { "only_their_own" } else { "refused_when_wrong" };
                broken(invariant, format!("{:?} had to be refused with {wanted}: {answer:?}", deed.what))
            }
            (Err(code), None) => self.refused(world, deed, code, now),
            (Ok(said), None) => self.done(world, deed, said, now),
        }
    }

    fn done(&mut self, world: &mut World, deed: &Deed, said: &Said, now: At) -> Result<(), Violation> {
        let today = Model::report_day(now, world);
        match (&deed.what, said) {
            (What::Register { draft, .. }, Said::Registered { episode, home }) => {
                self.registered(world, *draft, *episode, *home, now)
            }
            (What::Contact { person, outcome, ticks, whole_home }, _) => {
                self.contacted(world, *person, *outcome, *ticks, *whole_home, now);
                Ok(())
            }
            (What::Answer { person, health, by_link }, Said::Answered { level, alarm, names_protocol }) => {
                if !names_protocol {
                    return broken("named_rules", format!("a judgement of {level} names no protocol"));
                }
                self.answered(world, *person, *health, *by_link, (level, *alarm), now)
            }
            (What::Write { home, .. }, Said::Written(uid)) => {
                self.homes[*home].messages.push(*uid);
                self.homes[*home].waiting.get_or_insert(now);
                self.count("messages of homes", 1);
                Ok(())
            }
            (What::Reply { home, .. }, Said::Written(uid)) => {
                self.homes[*home].messages.push(*uid);
                self.replied(*home, now);
                self.count("messages of teams", 1);
                Ok(())
            }
            (What::Settle { home }, _) => {
                self.replied(*home, now);
                Ok(())
            }
            (What::Take { home, alarm }, _) => {
                let found = self.homes[*home].alarms.iter_mut().find(|there| there.uid == *alarm);
                if let Some(there) = found {
                    let is_first = there.taken_by.is_none();
                    there.taken_by = Some(deed.by);
                    let minutes = (now.0 - there.raised_at.0) / MINUTE;
                    if is_first {
                        self.minutes_to_take.push(minutes);
                    }
                }
                Ok(())
            }
            (What::Close { home, alarm }, _) => {
                let home = &mut self.homes[*home];
                if let Some(there) = home.alarms.iter().find(|there| there.uid == *alarm)
                    && there.taken_by.is_none()
                {
                    self.minutes_to_take.push((now.0 - there.raised_at.0) / MINUTE);
                }
                home.alarms.retain(|there| there.uid != *alarm);
                self.count("alarms closed", 1);
                Ok(())
            }
            (What::Duty { on }, _) => {
                let today = day_number(now, &world.zone);
                for home in &mut self.homes {
                    if !on && home.task == Task::Of(deed.by, today) {
                        home.task = Task::Passed(today);
                    }
                }
                world.staff[deed.by].on = *on;
                // Where nobody is there at that moment, what was passed on so far is nobody's.
                for home in &mut self.homes {
                    if home.task == Task::Passed(today) && world.there(home.commune).is_empty() {
                        home.task = Task::Nobodys;
                    }
                }
                Ok(())
            }
            (What::Visitors { person, count }, _) => {
                let home = self.people[*person].home;
                self.homes[home].visitors = *count;
                for member in self.open_members(home) {
                    let who = &self.people[member];
                    let last = who.heard_at.unwrap_or(who.registered_at).max(who.registered_at);
                    self.people[member].expected_by = self.expected(world, member, last);
                }
                Ok(())
            }
            (What::Test { person, is_negative, is_watched }, _) => {
                if *is_watched {
                    self.heard(world, *person, now);
                }
                let day = day_number(now, &world.zone);
                self.people[*person].tests.push((day, *is_negative, *is_watched));
                self.count("tests", 1);
                Ok(())
            }
            (What::Release { person, .. }, _) => self.released(world, *person, now),
            (What::Convert { person }, Said::Converted(uid)) => self.converted(world, *person, *uid, now),
            (What::End { person, outcome }, _) => {
                let (indicator, amount) = match (self.people[*person].kind, outcome) {
                    (EpisodeKind::Case, Outcome::Died) => ("f0_died", 1),
                    (EpisodeKind::Case, Outcome::Left) => ("f0_adjusted", -1),
                    (EpisodeKind::Contact, Outcome::Left) => ("f1_adjusted", -1),
                    (EpisodeKind::Case, _) => ("f0_out", 1),
                    (EpisodeKind::Contact, _) => ("f1_out", 1),
                };
                self.closed(*person, today, indicator, amount);
                self.end_alarms(*person);
                match outcome {
                    Outcome::Died => self.count("died", 1),
                    Outcome::Hospital => self.count("to hospital", 1),
                    _ => self.count("left or moved", 1),
                }
                Ok(())
            }
            (What::Void { person }, _) => {
                let (indicator, day) = self.people[*person].start;
                let adjusted = self.adjusted(*person);
                let indicator = if day == today { indicator } else { adjusted };
                self.closed(*person, today, indicator, -1);
                self.end_alarms(*person);
                self.count("entered in error", 1);
                Ok(())
            }
            (What::Reopen { person }, _) => {
                let commune = self.commune_of(*person);
                let adjusted = self.adjusted(*person);
                if let Some((indicator, amount, day)) = self.people[*person].end.take() {
                    if day == today {
                        self.book(commune, today, indicator, -amount);
                    } else {
                        self.book(commune, today, adjusted, 1);
                    }
                }
                self.people[*person].is_open = true;
                self.people[*person].expected_by = self.expected(world, *person, now);
                self.count("opened again", 1);
                Ok(())
            }
            (What::Severity { person, level }, _) => {
                self.people[*person].severity = *level;
                Ok(())
            }
            (What::Own { home, .. }, _) => {
                self.homes[*home].task = Task::Of(deed.by, day_number(now, &world.zone));
                self.count("homes taken on", 1);
                Ok(())
            }
            (What::PutOff { .. }, _) => {
                self.count("homes put off", 1);
                Ok(())
            }
            (What::GiveBack { home }, _) => {
                self.homes[*home].task = Task::Nobodys;
                Ok(())
            }
            (What::Link { home }, _) => {
                self.homes[*home].link = Some(link_hash(*home));
                Ok(())
            }
            (What::Confirm { .. } | What::Supplement { .. }, _) => Ok(()),
            (What::Submit { unit, .. }, Said::Sent { is_late, .. }) => {
                let day = match unit {
                    Unit::Commune(_) => today,
                    Unit::District(_) | Unit::Province => today - 1,
                };
                self.submitted.insert((*unit, day), now);
                self.count("reports sent", 1);
                if let Unit::Commune(_) = unit {
                    let late = now.minute_of_day(&world.zone) >= world.due_minute
                        && day_number(now, &world.zone) == day;
                    if late != *is_late {
                        return broken("by_the_clock", format!("late is {is_late} at {}", now.0));
                    }
                }
                Ok(())
            }
            (What::Correct { .. }, Said::Sent { was_frozen, .. }) => {
                self.count("corrections", 1);
                if *was_frozen { Ok(()) } else { broken("locked_figures", "a correction of an open report") }
            }
            (what, said) => broken("one_effect", format!("{what:?} was answered with {said:?}")),
        }
    }

    fn adjusted(&self, person: usize) -> &'static str {
        match self.people[person].kind {
            EpisodeKind::Case => "f0_adjusted",
            EpisodeKind::Contact => "f1_adjusted",
        }
    }

    fn closed(&mut self, person: usize, today: i64, indicator: &'static str, amount: i64) {
        let commune = self.commune_of(person);
        self.book(commune, today, indicator, amount);
        let who = &mut self.people[person];
        who.is_open = false;
        who.end = Some((indicator, amount, today));
        who.second_until = None;
    }

    fn registered(
        &mut self,
        world: &World,
        draft: usize,
        episode: Uid,
        home_uid: Uid,
        now: At,
    ) -> Result<(), Violation> {
        let from = &mut self.drafts[draft];
        from.is_registered = true;
        let (home, kind, doses, found, due_at) = (from.home, from.kind, from.doses, from.found, from.due_at);
        if self.homes[home].uid.is_some_and(|known| known != home_uid) {
            return broken("one_effect", format!("{} became two homes", self.homes[home].address));
        }
        self.homes[home].uid = Some(home_uid);
        let day = Model::report_day(now, world);
        let indicator = match kind {
            EpisodeKind::Case => "f0_new",
            EpisodeKind::Contact => "f1_new",
        };
        self.add(world, episode, home, kind, (doses, found, due_at), indicator, now);
        self.book(self.homes[home].commune, day, indicator, 1);
        self.count("registered", 1);
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "what is known of somebody new")]
    fn add(
        &mut self,
        world: &World,
        uid: Uid,
        home: usize,
        kind: EpisodeKind,
        (doses, found, due_at): (i64, At, At),
        indicator: &'static str,
        now: At,
    ) {
        let number = self.people.len();
        self.people.push(Person {
            uid,
            first: number,
            home,
            kind,
            severity: Severity::Unassessed,
            registered_at: now,
            due_at,
            ticks: Ticks::NONE,
            heard_at: None,
            expected_by: At(0),
            is_open: true,
            doses,
            found,
            checkins: 0,
            attempts: 0,
            tests: Vec::new(),
            start: (indicator, Model::report_day(now, world)),
            end: None,
            second_until: None,
        });
        self.by_uid.insert(uid, number);
        self.homes[home].members.push(number);
        self.people[number].expected_by = self.expected(world, number, now);
    }

    fn contacted(
        &mut self,
        world: &World,
        person: usize,
        outcome: AttemptOutcome,
        ticks: Ticks,
        whole_home: bool,
        now: At,
    ) {
        let home = self.people[person].home;
        let reached = if whole_home { self.open_members(home) } else { vec![person] };
        for member in reached {
            self.people[member].attempts += 1;
            if outcome == AttemptOutcome::Reached {
                self.people[member].ticks = self.people[member].ticks.and(ticks);
                self.heard(world, member, now);
            }
        }
        match outcome {
            AttemptOutcome::Reached => self.replied(home, now),
            AttemptOutcome::WrongNumber => {
                if self.homes[home].phone.take().is_some() {
                    self.count("numbers that were somebody else's", 1);
                }
            }
            AttemptOutcome::NoAnswer | AttemptOutcome::Refused => {}
        }
        self.count("calls", 1);
    }

    fn replied(&mut self, home: usize, now: At) {
        if let Some(since) = self.homes[home].waiting.take() {
            self.minutes_to_answer.push((now.0 - since.0) / MINUTE);
        }
    }

    fn answered(
        &mut self,
        world: &World,
        person: usize,
        health: Health,
        by_link: bool,
        (level, alarm): (&str, Option<Uid>),
        now: At,
    ) -> Result<(), Violation> {
        self.people[person].checkins += 1;
        self.count("check-ins", 1);
        if by_link {
            self.spoke(world, person, now);
        } else {
            self.heard(world, person, now);
        }
        let (wanted, raises) = match health {
            Health::Well => ("routine", None),
            Health::Breathless => ("urgent", Some(Level::Urgent)),
            Health::Drowsy => ("emergency", Some(Level::Emergency)),
            Health::LowSpo2 => ("repeat", None),
        };
        if level != wanted {
            return broken("danger_is_seen", format!("{health:?} was judged {level}"));
        }
        if health == Health::LowSpo2 {
            let minutes = world.protocol.second_within_minutes().map_or(0, i64::from);
            self.people[person].second_until = Some(now.plus(minutes * MINUTE));
        }
        match (raises, alarm) {
            (None, None) => Ok(()),
            (Some(level), Some(uid)) => self.ring(world, person, level, uid, now),
            (None, Some(_)) => broken("danger_is_seen", format!("{health:?} raised an alarm")),
            (Some(_), None) => broken("danger_is_seen", format!("{health:?} raised no alarm")),
        }
    }

    /// Somebody was released: then they had been heard of, no alarm about them ran, and it was not too early.
    fn released(&mut self, world: &World, person: usize, now: At) -> Result<(), Violation> {
        let who = &self.people[person];
        if !who.is_open {
            return broken("never_on_silence", "somebody was released whose care had ended");
        }
        if who.heard_at.is_none_or(|at| now.0 - at.0 > HEARD_WITHIN) {
            let detail = format!("{} was released, last heard of {:?}", who.uid, who.heard_at);
            return broken("never_on_silence", detail);
        }
        if self.homes[who.home].alarms.iter().any(|a| a.about.iter().any(|(of, _)| *of == person)) {
            return broken("never_on_silence", format!("{} was released while an alarm ran", who.uid));
        }
        // A contact's days may count from later on; then they are longer than these.
        let found = day_number(who.found, &world.zone);
        let day = day_number(now, &world.zone) - found;
        let clauses = world.protocol.release.as_ref().map_or(&[][..], |rules| rules.of(who.kind));
        let is_open = clauses.iter().any(|clause| {
            let is_tested = |needed: &TestNeeded| match who.tests.last() {
                Some((on, is_negative, is_watched)) => {
                    *is_negative && *is_watched && on - found >= needed.from_day
                }
                None => false,
            };
            day >= clause.from_day
                && clause.doses.is_none_or(|doses| who.doses >= i64::from(doses))
                && clause.test.as_ref().is_none_or(is_tested)
        });
        if !is_open {
            let detail = format!("{} was released on day {day} with tests {:?}", who.uid, who.tests);
            return broken("never_on_silence", detail);
        }
        let (kind, today) = (who.kind, Model::report_day(now, world));
        if kind == EpisodeKind::Contact {
            if who.tests.iter().any(|(_, is_negative, _)| !is_negative) {
                return broken("never_on_silence", format!("{} is a case and was released", who.uid));
            }
            let cases =
                self.open_members(who.home).into_iter().filter(|p| self.people[*p].kind == EpisodeKind::Case);
            if cases.count() > 0 {
                return broken("never_on_silence", format!("{} lives with a case and was released", who.uid));
            }
        }
        let indicator = match kind {
            EpisodeKind::Case => "f0_recovered",
            EpisodeKind::Contact => "f1_completed",
        };
        self.closed(person, today, indicator, 1);
        self.end_alarms(person);
        self.count("released", 1);
        Ok(())
    }

    /// A contact turned case, in the same home and in the same thread.
    fn converted(&mut self, world: &World, person: usize, uid: Uid, now: At) -> Result<(), Violation> {
        let today = Model::report_day(now, world);
        self.closed(person, today, "f1_became_f0", 1);
        let who = &self.people[person];
        let (home, doses, heard, from) = (who.home, who.doses, who.heard_at, who.registered_at);
        let due = now.plus(world.hours * HOUR);
        self.add(world, uid, home, EpisodeKind::Case, (doses, now, due), "f0_new", now);
        let case = self.people.len() - 1;
        self.people[case].first = self.people[person].first;
        self.people[case].heard_at = heard;
        self.people[case].expected_by = self.expected(world, case, heard.unwrap_or(now).max(from));
        for alarm in &mut self.homes[home].alarms {
            for (of, _) in &mut alarm.about {
                if *of == person {
                    *of = case;
                }
            }
            if alarm.named == person {
                alarm.named = case;
            }
        }
        self.book(self.homes[home].commune, today, "f0_new", 1);
        self.count("contacts turned cases", 1);
        Ok(())
    }
}

/// What a simulated home's link is kept as.
pub(super) fn link_hash(home: usize) -> String {
    crate::household_link::hash_of(&format!("simulated home {home}"))
}
