//! Weeks of a province in minutes: people who fall ill, answer, fall silent and recover, staff who come and do not come,
//! dead telephones, two people at once, answers that are lost, a program that is ended and started again, and the edges of
//! the report day. Everything goes through the acts of real work on a clock that is moved; after each step what the program
//! keeps is held against what ought to be true ([`model`], [`check`]). A seed tells the same story again (design.md §8).

mod alarms;
mod check;
mod deeds;
mod model;
mod people;
mod refusals;
pub mod scenario;
mod world;

pub use scenario::Scenario;

use crate::demo::names::Dice;
use crate::duties;
use crate::ending::{self, Place};
use crate::house::{Clock, House};
use deeds::{About, Deed, Sent, What};
use futures_util::FutureExt;
use futures_util::future::join_all;
use model::{Model, Violation, link_hash};
use rules::report::Figures;
use rules::time::{DAY, MINUTE};
use rules::{AreaId, At, HouseholdId, Refusal, Uid, Zone};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use store::verify::VerifyReport;
use store::{Stop, Store, StoreError, area, household};
use world::World;

/// Tuesday 15/3/2022, 12:30 in Lai Châu: the first day's window has just opened.
const BEGINS: &str = "2022-03-15T12:30:00+07:00";
/// Commands that are under way at once.
const AT_ONCE: usize = 64;
/// The edges of the report day, in milliseconds after local midnight: the last moment that is on time, the first that is
/// late, the last before the lock, the lock, the first of the next day, and the districts' hour.
const EDGES: &[i64] = &[
    11 * 60 * MINUTE - 1,
    11 * 60 * MINUTE,
    12 * 60 * MINUTE - 1,
    12 * 60 * MINUTE,
    12 * 60 * MINUTE + 1,
    15 * 60 * MINUTE - 1,
    15 * 60 * MINUTE,
];
/// From the last moment before the lock, when the program may not run.
const DOWN: std::ops::Range<i64> = 12 * 60 * MINUTE - 1..13 * 60 * MINUTE;
/// Hours at which something is done once a day.
const HOURS: &[i64] = &[6, 9, 10, 13, 14];
/// When everybody goes whom the list of endings lets go, in minutes after local midnight.
const RELEASES_AT: i64 = 15 * 60 + 30;

/// The clock of a simulation: it moves when it is told to.
#[derive(Default)]
pub struct SimulatedClock(AtomicI64);

impl Clock for SimulatedClock {
    fn now(&self) -> At {
        At(self.0.load(Ordering::SeqCst))
    }

    fn machine_now(&self) -> At {
        self.now()
    }
}

impl SimulatedClock {
    fn set(&self, at: At) {
        self.0.store(at.0, Ordering::SeqCst);
    }
}

/// What a simulation needs of the outside.
pub struct Outside<'a> {
    /// Opens the store, again after each restart.
    pub open: &'a (dyn Fn() -> Result<Store, StoreError> + Sync),
    /// Verifies the whole store against its log.
    pub verify: &'a (dyn Fn() -> Result<VerifyReport, StoreError> + Sync),
    pub chance: store::Chance,
    /// Told at each local midnight: the day, and the steps so far.
    pub progress: &'a (dyn Fn(i64, usize) + Sync),
}

/// What happened, in figures.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Played {
    pub seed: u64,
    pub steps: usize,
    /// Days that somebody was under care.
    pub person_days: i64,
    /// Entries of the log, all of which verify.
    pub entries: i64,
    pub counts: BTreeMap<&'static str, i64>,
    /// Minutes until somebody took an alarm: the middle one, and the longest.
    pub minutes_to_take: (i64, i64),
    /// Minutes until a home was answered: the middle one, and the longest.
    pub minutes_to_answer: (i64, i64),
}

/// A simulation that came upon something that must never be.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Broken {
    pub seed: u64,
    pub step: usize,
    /// By the simulated clock.
    pub at: String,
    pub invariant: &'static str,
    pub detail: String,
}

/// Plays a scenario in an empty store.
///
/// # Errors
/// The store's; a refusal, where the scenario asks for more than the province has. What the program did wrong is no error
/// but the answer.
pub async fn simulate(
    outside: &Outside<'_>,
    scenario: &Scenario,
    seed: u64,
) -> Result<Result<Played, Broken>, Stop> {
    let clock = Arc::new(SimulatedClock::default());
    let begins = At::parse(BEGINS).ok_or_else(|| StoreError::Shape("no beginning".to_owned()))?;
    clock.set(begins);
    let house = House::new((outside.open)()?, clock.clone(), outside.chance, true);
    if !house.store.read(area::roots).await?.is_empty() {
        house.store.close();
        return Err(Refusal::conflict("store_not_empty").into());
    }
    let mut dice = Dice(seed);
    let world = World::build(&house, scenario, &mut dice).await?;
    let first_day = model::day_number(begins, &world.zone) + 1;
    let model = Model { first_day, ..Model::default() };
    let mut play = Play {
        outside,
        scenario,
        clock,
        house,
        world,
        model,
        dice,
        frozen: BTreeMap::new(),
        home_ids: HashMap::new(),
        step: 0,
        person_days: 0,
    };
    let played = play.run(begins).await;
    play.house.store.close();
    let at = play.clock.now().rfc3339(&play.world.zone);
    match played? {
        Ok(()) => {}
        Err(Violation { invariant, detail }) => {
            return Ok(Err(Broken { seed, step: play.step, at, invariant, detail }));
        }
    }
    let report = (outside.verify)()?;
    if let Some(bad) = &report.first_bad {
        let detail = format!("{} at entry {:?}: {}", bad.table, bad.seq, bad.what);
        return Ok(Err(Broken { seed, step: play.step, at, invariant: "log_verifies", detail }));
    }
    Ok(Ok(Played {
        seed,
        steps: play.step,
        person_days: play.person_days,
        entries: report.entries,
        counts: play.model.tally,
        minutes_to_take: middle_and_longest(play.model.minutes_to_take),
        minutes_to_answer: middle_and_longest(play.model.minutes_to_answer),
    }))
}

fn middle_and_longest(mut minutes: Vec<i64>) -> (i64, i64) {
    minutes.sort_unstable();
    let middle = minutes.get(minutes.len() / 2).copied().unwrap_or(0);
    (middle, minutes.last().copied().unwrap_or(0))
}

/// The steps of a local day, in milliseconds after its midnight.
fn steps_of_day(step_minutes: i64) -> Vec<i64> {
    let mut steps: Vec<i64> =
        (0..DAY / MINUTE).step_by(step_minutes.max(1) as usize).map(|m| m * MINUTE).collect();
    steps.extend(EDGES);
    steps.extend(HOURS.iter().map(|hour| hour * 60 * MINUTE));
    steps.push(RELEASES_AT * MINUTE);
    steps.sort_unstable();
    steps.dedup();
    steps
}

struct Play<'a> {
    outside: &'a Outside<'a>,
    scenario: &'a Scenario,
    clock: Arc<SimulatedClock>,
    house: House,
    world: World,
    model: Model,
    dice: Dice,
    /// Figures of locked days, by the id of the day.
    frozen: BTreeMap<i64, HashMap<AreaId, Figures>>,
    /// What homes are called inside, for their own desks.
    home_ids: HashMap<usize, HouseholdId>,
    step: usize,
    person_days: i64,
}

impl Play<'_> {
    async fn run(&mut self, begins: At) -> Result<Result<(), Violation>, Stop> {
        let zone: Zone = self.world.zone.clone();
        let (first, mut before) = (begins.day(&zone), begins);
        let moments = steps_of_day(self.scenario.step_minutes);
        for day in 0..=self.scenario.days {
            let midnight = first.plus(day).at_minute(0, &zone);
            let is_down = self.dice.below(1_000) < self.scenario.per_mille.down_over_lock;
            for moment in &moments {
                let now = midnight.plus(*moment);
                // The last day ends when the districts have signed.
                let is_over = day == self.scenario.days && *moment > 15 * 60 * MINUTE;
                if now <= before || is_over || (is_down && DOWN.contains(moment)) {
                    continue;
                }
                let was_down = is_down && *moment >= DOWN.end && before < midnight.plus(DOWN.start);
                if let Err(violation) = self.one_step(before, now, was_down).await? {
                    return Ok(Err(violation));
                }
                before = now;
            }
        }
        let checks = [
            check::locked_figures(&self.house, &self.frozen).await?,
            check::nothing_lost(&self.house, &self.model).await?,
        ];
        Ok(checks.into_iter().collect())
    }

    /// One step. `was_down` = the program did not run since the step before.
    async fn one_step(&mut self, before: At, now: At, was_down: bool) -> Result<Result<(), Violation>, Stop> {
        self.step += 1;
        let clock = self.clock.clone();
        let ran = if was_down {
            self.model.count("times down over a lock", 1);
            self.house.store.close();
            clock.set(now);
            self.house = House::new((self.outside.open)()?, clock, self.outside.chance, true);
            duties::run_due(&self.house).await?
        } else {
            duties::advance_clock(&self.house, now, |at| clock.set(at)).await?
        };
        self.model.count("reminders", ran.reminders as i64);
        let checked = check::after_step(
            &self.house,
            &self.world,
            &mut self.model,
            check::Ran { locks: &ran.locks, was_down },
            &mut self.frozen,
            now,
        );
        if let Err(violation) = checked.await? {
            return Ok(Err(violation));
        }
        if check::is_new_day(before, now, &self.world) {
            self.person_days += self.model.people.iter().filter(|person| person.is_open).count() as i64;
            (self.outside.progress)(
                model::day_number(now, &self.world.zone) - self.model.first_day,
                self.step,
            );
            let checks = [
                check::locked_figures(&self.house, &self.frozen).await?,
                check::groups(&self.house, &self.world).await?,
            ];
            if let Err(violation) = checks.into_iter().collect::<Result<(), Violation>>() {
                return Ok(Err(violation));
            }
        }
        let step = people::Step {
            scenario: self.scenario,
            world: &self.world,
            model: &mut self.model,
            dice: &mut self.dice,
            now,
            passed: now.0 - before.0,
            number: self.step,
            deeds: Vec::new(),
        };
        let mut deeds = step.plan();
        if now.minute_of_day(&self.world.zone) == RELEASES_AT {
            deeds.extend(self.listed(now).await?);
        }
        if let Err(violation) = self.act(&deeds).await? {
            return Ok(Err(violation));
        }
        // Once more: what was done now must be seen now.
        let nothing = check::Ran { locks: &[], was_down: false };
        let frozen = &mut self.frozen;
        Ok(check::after_step(&self.house, &self.world, &mut self.model, nothing, frozen, now).await?)
    }

    /// Whom the list of endings lets go: each of them is released, and nobody may stand in the way.
    async fn listed(&self, now: At) -> Result<Vec<Deed>, Stop> {
        let mut deeds = Vec::new();
        for commune in &self.world.communes {
            if !self.world.staff[commune.station].on {
                continue;
            }
            let (path, zone) = (commune.area.path.clone(), self.world.zone.clone());
            let shelf = self.house.shelf.clone();
            let read = move |r: &mut store::Reader| {
                let place = Place { path: &path, commune_path: &path, zone: &zone };
                Ok(ending::list(r, &shelf, place, now))
            };
            for ending in self.house.store.read(read).await??.endings {
                let person = self.model.by_uid.get(&ending.item.uid).copied();
                let Some(person) = person.filter(|_| ending.is_open()) else { continue };
                let key = format!("{}-listed-{}", self.step, deeds.len());
                let what = What::Release { person, is_listed: true };
                deeds.push(Deed { what, by: commune.station, sent: Sent::Once, key });
            }
        }
        Ok(deeds)
    }

    /// Does what was planned, many things at once and in order.
    async fn act(&mut self, deeds: &[Deed]) -> Result<Result<(), Violation>, Stop> {
        let restarts = self.scenario.restarts_a_day;
        let mut rest = deeds;
        while !rest.is_empty() {
            let (some, others) = rest.split_at(rest.len().min(AT_ONCE));
            let restart = self.dice.below(DAY / MINUTE / self.scenario.step_minutes.max(1)) < restarts
                && self.dice.below(((deeds.len() / AT_ONCE) + 1) as i64) == 0;
            if restart && let Err(violation) = self.end_in_the_middle(&some[0]).await? {
                return Ok(Err(violation));
            }
            let some = if restart { &some[1..] } else { some };
            let mut asked = Vec::new();
            for deed in some {
                asked.push(self.about(deed).await?);
            }
            // In the order in which they were planned: each is in the writer's queue before the next is asked.
            let acts =
                some.iter().zip(asked).map(|(deed, about)| deeds::act(&self.house, &self.world, deed, about));
            let answers = join_all(acts).await;
            for (deed, answers) in some.iter().zip(answers) {
                let answers = answers?;
                if let Err(violation) = self.model.take(&mut self.world, deed, &answers, self.clock.now()) {
                    return Ok(Err(violation));
                }
            }
            rest = others;
        }
        Ok(Ok(()))
    }

    /// The program is ended when a command was done and its answer not yet given; it is started again, and whoever waited
    /// sends the command once more.
    async fn end_in_the_middle(&mut self, deed: &Deed) -> Result<Result<(), Violation>, Stop> {
        let about = self.about(deed).await?;
        drop(Box::pin(deeds::act(&self.house, &self.world, deed, about)).now_or_never());
        self.house.store.close();
        let store = (self.outside.open)()?;
        self.house = House::new(store, self.clock.clone(), self.outside.chance, true);
        self.model.count("restarts", 1);
        let about = self.about(deed).await?;
        let answers = deeds::act(&self.house, &self.world, deed, about).await?;
        Ok(self.model.take(&mut self.world, deed, &answers, self.clock.now()))
    }

    /// Whom a deed is about, by the names that the program gave them.
    async fn about(&mut self, deed: &Deed) -> Result<About, StoreError> {
        let person = deed.what.person();
        let home = person.map(|person| self.model.people[person].home).or(deed.what.home());
        let home_uid = home.and_then(|home| self.model.homes[home].uid);
        let home_id = match (home, home_uid) {
            (Some(home), Some(uid)) if deed.what.is_by_home() => Some(self.home_id(home, uid).await?),
            _ => None,
        };
        Ok(About {
            episode: person.map(|person| self.model.people[person].uid),
            home: home_uid,
            members: home.map_or_else(Vec::new, |home| {
                self.model.open_members(home).iter().map(|p| self.model.people[*p].uid).collect()
            }),
            link: home.map(link_hash),
            home_id,
        })
    }

    async fn home_id(&mut self, home: usize, uid: Uid) -> Result<HouseholdId, StoreError> {
        if let Some(id) = self.home_ids.get(&home) {
            return Ok(*id);
        }
        let found = self.house.store.read(move |r| household::by_uid(r, uid)).await?;
        let id = found.ok_or_else(|| StoreError::Shape(format!("the home {uid} is gone")))?.id;
        self.home_ids.insert(home, id);
        Ok(id)
    }
}
