//! What everybody in a simulation decides to do in a step: who falls ill, who answers, who calls, who does not come, and
//! what goes wrong. Every decision is rolled, so that a seed tells the whole story again.

use super::deeds::{Deed, Health, Sent, Unit, What};
use super::model::{Draft, Home, Model, Task, day_number};
use super::scenario::Scenario;
use super::world::{Member, World};
use crate::demo::names::{self, Dice};
use rules::first_contact::Ticks;
use rules::registration::{NewHousehold, NewPerson, RegisterEpisode};
use rules::time::{DAY, HOUR, MINUTE};
use rules::{At, AttemptOutcome, Day, EpisodeKind, Outcome, Severity};

/// What somebody of the staff gets done in an hour.
const DONE_IN_AN_HOUR: i64 = 24;
/// Steps of a working day in which something that happens once a day may happen.
const CHANCES_A_DAY: i64 = 2;

pub(super) struct Step<'a> {
    pub scenario: &'a Scenario,
    pub world: &'a World,
    pub model: &'a mut Model,
    pub dice: &'a mut Dice,
    pub now: At,
    /// How long since the step before, in milliseconds.
    pub passed: i64,
    pub number: usize,
    pub deeds: Vec<Deed>,
}

/// At whose desk a home's own deeds are done: nobody's.
const NOBODY: Member = 0;

impl Step<'_> {
    /// Everything that is done in this step, in order.
    pub fn plan(mut self) -> Vec<Deed> {
        let minute = self.now.minute_of_day(&self.world.zone);
        let communes = self.world.communes.len();
        // Once in the morning and once in the afternoon, whatever the length of a step.
        let is_round = [9 * 60, 14 * 60].contains(&minute) && self.now.0 % MINUTE == 0;
        for commune in 0..communes {
            // In the morning, and some go home early.
            if minute == 6 * 60 || minute == 13 * 60 {
                self.come_or_not(commune);
            }
            self.register(commune, minute);
            if (6 * 60..22 * 60).contains(&minute) {
                self.homes_speak(commune, minute);
            }
            self.work(commune, minute);
            if is_round {
                self.courses(commune);
            }
            self.reports(commune, minute);
        }
        self.reports_above(minute);
        self.strangers();
        self.deeds
    }

    fn chance(&mut self, per_mille: i64) -> bool {
        self.dice.below(1_000) < per_mille
    }

    fn will(&mut self, by: Member, what: What) {
        let p = &self.scenario.per_mille;
        let (repeated, lost) = (p.repeated, p.reply_lost);
        let sent = if self.chance(repeated) {
            Sent::Twice
        } else if self.chance(lost) {
            Sent::AgainUnanswered
        } else {
            Sent::Once
        };
        let key = format!("{}-{}", self.number, self.deeds.len());
        self.deeds.push(Deed { what, by, sent, key });
    }

    /// Two members of staff do the same at the same moment.
    fn perhaps_two(&mut self, by: Member, other: Option<Member>, what: What) {
        let chance = self.scenario.per_mille.two_at_once;
        let second = other.filter(|_| self.chance(chance));
        self.will(by, what.clone());
        if let Some(other) = second {
            self.will(other, what);
        }
    }

    /// Who stays away or goes, and who comes again.
    fn come_or_not(&mut self, commune: usize) {
        let place = &self.world.communes[commune];
        let everybody: Vec<Member> = place.carers.iter().chain([&place.station]).copied().collect();
        for member in everybody {
            let on = self.world.staff[member].on;
            let absent = self.scenario.per_mille.absent;
            if on && self.chance(absent) {
                self.will(member, What::Duty { on: false });
            } else if !on && self.dice.percent(60) {
                self.will(member, What::Duty { on: true });
            }
        }
    }

    /// New homes: in the hours of work, and at each edge of the report day.
    fn register(&mut self, commune: usize, minute: i64) {
        let is_edge = self.passed < MINUTE || self.now.0 % MINUTE != 0;
        let mut count = 0;
        if is_edge {
            count += i64::from(self.dice.below(self.world.communes.len() as i64) == commune as i64);
        } else if (7 * 60..17 * 60).contains(&minute) {
            // So many in ten hours.
            let wanted = self.scenario.homes_a_day * self.passed;
            count += wanted / (10 * HOUR) + i64::from(self.dice.below(10 * HOUR) < wanted % (10 * HOUR));
        }
        for _ in 0..count {
            self.new_home(commune);
        }
    }

    fn new_home(&mut self, commune: usize) {
        let p = self.scenario.per_mille.clone();
        let place = &self.world.communes[commune];
        let (clerk, code) = (place.clerk, place.area.code.clone());
        let other = place.carers.first().copied().unwrap_or(place.station);
        let cluster = place.clusters.get(self.dice.below(place.clusters.len() as i64) as usize).cloned();
        let number = self.model.homes.len();
        let cluster = cluster.filter(|_| !self.chance(p.without_cluster));
        let phone = (!self.chance(p.without_phone)).then(|| format!("096{number:07}"));
        let wants_link = phone.is_some() && self.chance(p.with_link);
        self.model.homes.push(Home {
            uid: None,
            commune,
            address: format!("nhà {number}"),
            cluster: cluster.clone(),
            phone: phone.clone(),
            visitors: 0,
            members: Vec::new(),
            link: None,
            wants_link,
            silent_until: At(0),
            waiting: None,
            messages: Vec::new(),
            alarms: Vec::new(),
            task: Task::Nobodys,
        });
        let size = 1 + self.dice.below(4);
        let with_case = self.dice.percent(70);
        for n in 0..size {
            let kind = if with_case && (n == 0 || self.dice.percent(20)) {
                EpisodeKind::Case
            } else {
                EpisodeKind::Contact
            };
            let found = self.now.plus(-self.dice.below(5 * HOUR));
            // A list often knows the day alone; then the hours run from the registration.
            let knows_hour = self.dice.percent(60);
            let hours = self.world.hours * HOUR;
            let due_at = if knows_hour { found.plus(hours) } else { self.now.plus(hours) };
            let (full_name, _) = names::person(self.dice, true);
            let doses = self.dice.below(4);
            let zone = &self.world.zone;
            let sent = RegisterEpisode {
                area_code: code.clone(),
                cluster: cluster.clone(),
                kind: kind.word().to_owned(),
                detected_at: knows_hour.then(|| found.rfc3339(zone)),
                detected_on: (!knows_hour).then(|| found.day(zone).to_string()),
                source: Some("community".to_owned()),
                person: NewPerson {
                    full_name,
                    birth_date: Some((1940 + 20 * n + self.dice.below(15)).to_string()),
                    phone: phone.clone().filter(|_| n == 0),
                    doses: Some(doses),
                    ..NewPerson::default()
                },
                household: NewHousehold {
                    address: Some(format!("nhà {number}")), ..NewHousehold::default()
                },
                ..RegisterEpisode::default()
            };
            // RFC 3339 of the program has milliseconds: the model counts from the same moment.
            let draft = self.model.drafts.len();
            self.model.drafts.push(Draft { home: number, kind, doses, found, due_at, is_registered: false });
            let what = What::Register { draft, sent: Box::new(sent) };
            self.perhaps_two(clerk, Some(other), what);
        }
    }

    /// What homes do by themselves: they answer in the parts of the day, they write, or they fall silent.
    fn homes_speak(&mut self, commune: usize, minute: i64) {
        let p = self.scenario.per_mille.clone();
        let slots = self.world.protocol.checkin.as_ref().map(|c| c.slots.clone());
        for home in 0..self.model.homes.len() {
            if self.model.homes[home].commune != commune || self.model.homes[home].uid.is_none() {
                continue;
            }
            let members = self.model.open_members(home);
            if members.is_empty() {
                continue;
            }
            if minute == 6 * 60 && self.model.homes[home].silent_until <= self.now && self.chance(p.silent) {
                let days = 1 + self.dice.below(3);
                self.model.homes[home].silent_until = self.now.plus(days * DAY);
            }
            if self.model.homes[home].silent_until > self.now || self.model.homes[home].link.is_none() {
                continue;
            }
            for person in members {
                let who = &self.model.people[person];
                let of = slots.as_ref().map(|slots| slots.of(who.kind).slots.as_slice());
                let in_slot = of.is_some_and(|all| all.iter().any(|s| (s.from..s.to).contains(&minute)));
                // Whoever answered is expected later than this day's part lasts.
                let is_asked = in_slot && who.expected_by.0 - self.now.0 < 8 * HOUR;
                if is_asked && self.dice.below(4 * HOUR) < self.passed * 2 {
                    let health = self.health(person);
                    self.will(NOBODY, What::Answer { person, health, by_link: true });
                }
            }
            if self.chance(p.writes) {
                let text = format!("Nhà con hỏi lần {}", self.model.homes[home].messages.len() + 1);
                self.will(NOBODY, What::Write { home, text });
            }
        }
    }

    fn health(&mut self, person: usize) -> Health {
        let p = self.scenario.per_mille.clone();
        if self.chance(p.danger) {
            return if self.dice.percent(30) { Health::Drowsy } else { Health::Breathless };
        }
        if self.chance(p.low_spo2) && self.model.people[person].second_until.is_none() {
            return Health::LowSpo2;
        }
        Health::Well
    }

    /// What whoever is on duty gets done: alarms first, then those who wait, those to be contacted, those who are silent.
    fn work(&mut self, commune: usize, minute: i64) {
        let mut hands = self.world.there(commune);
        let is_day = (7 * 60..20 * 60).contains(&minute);
        if !is_day {
            // One of them can be woken.
            hands.truncate(1);
        }
        if hands.is_empty() {
            return;
        }
        let inattention = self.scenario.per_mille.inattention;
        let mut left = (DONE_IN_AN_HOUR * self.passed / HOUR).max(1) * hands.len() as i64;
        let (now, mut turn) = (self.now, 0);
        let homes: Vec<usize> = (0..self.model.homes.len())
            .filter(|home| {
                self.model.homes[*home].commune == commune && self.model.homes[*home].uid.is_some()
            })
            .collect();
        for home in &homes {
            let alarms: Vec<_> =
                self.model.homes[*home].alarms.iter().map(|a| (a.uid, a.taken_by, a.raised_at)).collect();
            for (alarm, taken_by, raised_at) in alarms {
                if left == 0 || self.chance(inattention) || raised_at == now {
                    continue;
                }
                (left, turn) = (left - 1, turn + 1);
                let by = hands[turn % hands.len()];
                let other = hands.get((turn + 1) % hands.len()).copied().filter(|other| *other != by);
                match taken_by {
                    None => self.perhaps_two(by, other, What::Take { home: *home, alarm }),
                    Some(holder) => {
                        let what = What::Close { home: *home, alarm };
                        self.perhaps_two(holder, other, what);
                    }
                }
            }
        }
        for home in &homes {
            if left == 0 || self.model.homes[*home].waiting.is_none() || self.chance(inattention) {
                continue;
            }
            (left, turn) = (left - 1, turn + 1);
            let by = hands[turn % hands.len()];
            if self.dice.percent(80) {
                let text = format!("Trạm trả lời lúc {minute}");
                self.will(by, What::Reply { home: *home, text });
            } else {
                self.will(by, What::Settle { home: *home });
            }
        }
        if !is_day {
            return;
        }
        for home in &homes {
            if !self.dice.percent(4) || self.model.open_members(*home).is_empty() {
                continue;
            }
            let by = hands[self.dice.below(hands.len() as i64) as usize];
            let other = hands.iter().copied().find(|other| *other != by);
            match self.model.owner(self.world, *home) {
                Some(owner) => match self.dice.below(3) {
                    0 => self.will(owner, What::PutOff { home: *home }),
                    1 => self.will(owner, What::GiveBack { home: *home }),
                    _ => {
                        let over = self.dice.percent(50);
                        self.will(by, What::Own { home: *home, over });
                    }
                },
                None => self.perhaps_two(by, other, What::Own { home: *home, over: false }),
            }
        }
        for home in homes {
            if left == 0 {
                break;
            }
            let members = self.model.open_members(home);
            let Some(first) = members.first().copied() else { continue };
            left -= i64::from(self.attend(home, first, &members, hands[turn % hands.len()]));
            turn += 1;
        }
    }

    /// What a home needs next, if anything; whether that took somebody's time.
    fn attend(&mut self, home: usize, first: usize, members: &[usize], by: Member) -> bool {
        let p = self.scenario.per_mille.clone();
        let there = &self.model.homes[home];
        let (has_phone, visitors) = (there.phone.is_some(), there.visitors);
        if there.link.is_none() && there.wants_link {
            self.model.homes[home].wants_link = false;
            self.will(by, What::Link { home });
            return true;
        }
        if !has_phone && visitors < 2 {
            if self.dice.percent(25) {
                let count = if self.dice.percent(70) { 2 } else { 1 };
                self.will(by, What::Visitors { person: first, count });
                return true;
            }
            return false;
        }
        let new = members.iter().any(|person| !self.model.people[*person].ticks.has(Ticks::ALL));
        if new {
            if has_phone && self.chance(p.dead_phone) {
                let (outcome, ticks) = (AttemptOutcome::WrongNumber, Ticks::NONE);
                self.will(by, What::Contact { person: first, outcome, ticks, whole_home: true });
                return true;
            }
            if self.dice.percent(35) {
                let (outcome, ticks) = (AttemptOutcome::NoAnswer, Ticks::NONE);
                self.will(by, What::Contact { person: first, outcome, ticks, whole_home: true });
                return true;
            }
            let ticks = if self.dice.percent(80) { Ticks::ALL } else { Ticks::DANGER_SIGNS };
            let whole_home = self.dice.percent(85);
            let waits = |person: &&usize| !self.model.people[**person].ticks.has(Ticks::ALL);
            let person = members.iter().find(waits).copied().unwrap_or(first);
            let outcome = AttemptOutcome::Reached;
            self.will(by, What::Contact { person, outcome, ticks, whole_home });
            return true;
        }
        // Somebody who is silent, or about to be: a call or a visit, where they can be met.
        let soon = self.now.plus(2 * HOUR);
        let quiet = members.iter().copied().find(|person| self.model.people[*person].expected_by <= soon);
        let Some(person) = quiet else { return false };
        let is_silent = self.model.homes[home].silent_until > self.now;
        if is_silent && self.dice.percent(70) {
            let (outcome, ticks) = (AttemptOutcome::NoAnswer, Ticks::NONE);
            self.will(by, What::Contact { person, outcome, ticks, whole_home: true });
            return true;
        }
        for person in members.iter().copied() {
            let health = self.health(person);
            self.will(by, What::Answer { person, health, by_link: false });
        }
        true
    }

    /// What becomes of people: twice a day.
    fn courses(&mut self, commune: usize) {
        let p = self.scenario.per_mille.clone();
        let place = &self.world.communes[commune];
        let (station, clerk) = (place.station, place.clerk);
        let station = if self.world.staff[station].on { station } else { clerk };
        let is_clinician = station != clerk;
        let chance = |step: &mut Self, per_mille: i64| step.dice.below(1_000 * CHANCES_A_DAY) < per_mille;
        for person in 0..self.model.people.len() {
            if self.model.commune_of(person) != commune {
                continue;
            }
            let who = &self.model.people[person];
            let (kind, is_open, severity) = (who.kind, who.is_open, who.severity);
            let zone = &self.world.zone;
            let today = day_number(self.now, zone);
            let day = today - day_number(who.found, zone);
            let tested_on = who.tests.last().map(|(on, _, _)| *on);
            let positive = who.tests.iter().any(|(_, is_negative, _)| !is_negative);
            if !is_open {
                if day < 3 && chance(self, p.reopened) {
                    self.will(station, What::Reopen { person });
                }
                continue;
            }
            // Whoever an alarm is about is found to be a case, or is taken to hospital, more often than others: also before
            // anybody took the alarm.
            let home = &self.model.homes[self.model.people[person].home];
            let is_in_danger =
                home.alarms.iter().any(|alarm| alarm.about.iter().any(|(of, _)| *of == person));
            let turns = positive || (is_in_danger && self.dice.percent(20)) || chance(self, p.converted);
            if kind == EpisodeKind::Contact && turns {
                self.will(station, What::Convert { person });
                continue;
            }
            if kind == EpisodeKind::Case
                && severity == Severity::Unassessed
                && is_clinician
                && self.dice.percent(40)
            {
                let level = match self.dice.below(10) {
                    0..=3 => Severity::Asymptomatic,
                    4..=8 => Severity::Mild,
                    _ => Severity::Moderate,
                };
                self.will(station, What::Severity { person, level });
            }
            let endings = [
                (p.hospital, Outcome::Hospital),
                (p.died, Outcome::Died),
                (p.left / 2, Outcome::Left),
                (p.left - p.left / 2, Outcome::Moved),
            ];
            let mut ended = is_in_danger && self.dice.percent(20);
            if ended {
                self.will(station, What::End { person, outcome: Outcome::Hospital });
            }
            for (per_mille, outcome) in endings {
                let can = outcome != Outcome::Died || kind == EpisodeKind::Case;
                if !ended && can && chance(self, per_mille) {
                    self.will(station, What::End { person, outcome });
                    ended = true;
                }
            }
            if ended {
                continue;
            }
            if day < 1 && chance(self, p.voided) {
                self.will(clerk, What::Void { person });
                continue;
            }
            // Hopes are earlier than the protocol.
            let due_for_test = day >= 4;
            if due_for_test && tested_on != Some(today) && self.dice.percent(30) {
                let is_negative = self.dice.percent(if kind == EpisodeKind::Case { 80 } else { 97 });
                let is_watched = self.dice.percent(90);
                self.will(station, What::Test { person, is_negative, is_watched });
            }
            // The paper is often written a day or two later, and then somebody has to have heard of them again.
            let may_be_over = due_for_test && tested_on.is_some_and(|on| on < today) && self.dice.percent(60);
            if may_be_over || chance(self, p.hopeless_release) {
                self.will(station, What::Release { person, is_listed: false });
            }
        }
    }

    /// The station head confirms, the leader signs: early, at the last moment, late, or not at all.
    fn reports(&mut self, commune: usize, minute: i64) {
        let place = &self.world.communes[commune];
        let (station, leader) = (place.station, place.leader);
        let unit = Unit::Commune(commune);
        let on = self.now.day(&self.world.zone);
        let is_whole = self.now.0 % MINUTE == 0;
        // The same habit all day, another one every day.
        let day = day_number(self.now, &self.world.zone);
        let mut habit = Dice((day as u64) << 20 ^ (commune as u64) << 4 ^ self.scenario.homes_a_day as u64);
        let (kind, misses) = (habit.below(4), habit.below(1_000) < self.scenario.per_mille.report_missing);
        let due = self.world.due_minute;
        if minute == 10 * 60 && is_whole && self.dice.percent(85) && self.world.staff[station].on {
            self.will(station, What::Confirm { unit, on });
        }
        let last_moment = self.now == self.now_at(on, due).plus(-1);
        let signs = match kind {
            0 => minute == 10 * 60 && is_whole && self.passed >= MINUTE,
            1 => last_moment,
            2 => minute == due && is_whole,
            _ => self.now == self.now_at(on, self.world.lock_minute).plus(-1),
        };
        if signs && !misses {
            self.will(leader, What::Submit { unit, on });
        }
        let before_lock = self.now == self.now_at(on, self.world.lock_minute).plus(-1);
        if before_lock && kind < 3 && self.dice.percent(50) {
            self.will(leader, What::Supplement { unit, on });
        }
    }

    fn now_at(&self, on: Day, minute: i64) -> At {
        on.at_minute(minute, &self.world.zone)
    }

    /// Districts and the province sign what was frozen; somebody corrects a locked figure.
    fn reports_above(&mut self, minute: i64) {
        let on = self.now.day(&self.world.zone);
        let day = day_number(self.now, &self.world.zone);
        if self.now.0 % MINUTE != 0 || minute != 15 * 60 || day < self.first_locked_day() {
            return;
        }
        for district in 0..self.world.districts.len() {
            let by = self.world.districts[district].1;
            self.will(by, What::Submit { unit: Unit::District(district), on });
        }
        self.will(self.world.officer, What::Submit { unit: Unit::Province, on });
        let commune = self.dice.below(self.world.communes.len() as i64) as usize;
        let by = self.world.communes[commune].leader;
        let value = 500 + self.dice.below(100);
        self.will(by, What::Correct { unit: Unit::Commune(commune), on, value });
    }

    /// The simulation begins after the lock of its first day.
    fn first_locked_day(&self) -> i64 {
        self.model.first_day
    }

    /// Somebody of another commune tries their luck.
    fn strangers(&mut self) {
        let (communes, chance) = (self.world.communes.len(), self.scenario.per_mille.intruder);
        if communes < 2 || !self.chance(chance) || self.model.people.is_empty() {
            return;
        }
        let person = self.dice.below(self.model.people.len() as i64) as usize;
        let commune = self.model.commune_of(person);
        let elsewhere = (commune + 1 + self.dice.below(communes as i64 - 1) as usize) % communes;
        let place = &self.world.communes[elsewhere];
        let by = [place.station, place.leader, place.clerk][self.dice.below(3) as usize];
        let home = self.model.people[person].home;
        let what = match self.dice.below(5) {
            0 => What::Answer { person, health: Health::Well, by_link: false },
            1 => What::Release { person, is_listed: false },
            2 => What::Reply { home, text: "không phải của tôi".to_owned() },
            3 => What::Void { person },
            _ => What::Link { home },
        };
        self.will(by, what);
    }
}
