//! What is checked after each step: what the program keeps, against what ought to be true.

use super::deeds::Unit;
use super::model::{Model, Task, Violation, broken, day_number};
use super::world::World;
use crate::house::House;
use crate::report::lock::Locked;
use rules::report::Figures;
use rules::{
    AlertId, AlertState, AreaId, At, Day, EpisodeId, EpisodeKind, EpisodeState, GapKind, HouseholdId, Level,
    StaffId, Uid,
};
use std::collections::{BTreeMap, HashMap, HashSet};
use store::gap::{self, Owners};
use store::{
    Reader, StoreError, alert, attempt, care_group, checkin, episode, household, report, task, thread,
};

/// Rows read in one question.
const PAGE: i64 = 5_000;
/// Alarms, waiting homes and messages of one home that a check reads.
const READ_MAX: i64 = 100_000;

/// What a check found, or that the store failed.
pub(super) type Checked = Result<Result<(), Violation>, StoreError>;

/// An alarm as the program keeps it.
struct Ringing {
    uid: Uid,
    level: Level,
    is_taken: bool,
    episode: EpisodeId,
}

/// The state of everybody under care, as the program keeps it.
struct Kept {
    /// Everybody who is open, with what is missing from their care.
    open: HashMap<Uid, Vec<GapKind>>,
    ids: HashMap<EpisodeId, Uid>,
    /// The board: whoever lacks something.
    board: HashMap<Uid, Vec<GapKind>>,
    unowned: Vec<(Uid, GapKind)>,
    alarms: Vec<Ringing>,
    waiting: HashSet<Uid>,
    /// Whose homes are.
    tasks: HashMap<HouseholdId, StaffId>,
    /// The home of each episode.
    households: HashMap<Uid, HouseholdId>,
    at: At,
}

fn kept(reader: &mut Reader, path: &str, asker: StaffId, today: Day, now: At) -> Result<Kept, StoreError> {
    let owners = Owners::load(reader)?;
    let mut kept = Kept {
        open: HashMap::new(),
        ids: HashMap::new(),
        board: HashMap::new(),
        unowned: Vec::new(),
        alarms: Vec::new(),
        waiting: HashSet::new(),
        tasks: HashMap::new(),
        households: HashMap::new(),
        at: now,
    };
    let mut after = EpisodeId(0);
    loop {
        let rows = gap::recompute(reader, path, now, after, PAGE)?;
        let Some(last) = rows.last() else { break };
        after = last.id;
        for row in rows {
            kept.ids.insert(row.id, row.uid);
            kept.households.insert(row.uid, HouseholdId(row.household_id));
            kept.open.insert(row.uid, row.gaps.iter().map(|gap| gap.kind).collect());
        }
    }
    let mut after = EpisodeId(0);
    loop {
        let rows = gap::board(reader, path, path, now, after, PAGE)?;
        let Some(last) = rows.last() else { break };
        after = last.id;
        for row in rows {
            for gap in row.gaps.iter().filter(|gap| owners.of(&row, gap).is_none()) {
                kept.unowned.push((row.uid, gap.kind));
            }
            kept.board.insert(row.uid, row.gaps.iter().map(|gap| gap.kind).collect());
        }
    }
    for row in alert::list(reader, path, false, AlertId(0), READ_MAX)? {
        let is_taken = row.state == AlertState::Acknowledged;
        kept.alarms.push(Ringing { uid: row.uid, level: row.level, is_taken, episode: row.episode_id });
    }
    for held in task::at(reader, path, today, READ_MAX)? {
        if held.standing().holds(today) {
            kept.tasks.insert(held.task.household_id, held.task.owner_id);
        }
    }
    for listed in thread::waiting(reader, path, asker, READ_MAX)? {
        kept.waiting.insert(listed.conversation.uid);
    }
    Ok(kept)
}

/// What the clock did on the way to a step.
pub(super) struct Ran<'a> {
    pub locks: &'a [Locked],
    /// It did so late, when the program ran again.
    pub was_down: bool,
}

/// Everything that is looked at after each step.
pub(super) async fn after_step(
    house: &House,
    world: &World,
    model: &mut Model,
    ran: Ran<'_>,
    frozen: &mut BTreeMap<i64, HashMap<AreaId, Figures>>,
    now: At,
) -> Checked {
    let (path, asker) = (world.province.path.clone(), world.staff[world.officer].id);
    let today = now.day(&world.zone);
    let kept = house.store.read(move |r| kept(r, &path, asker, today, now)).await?;
    model.now_ms = now.0;
    // Whatever was late, the day is locked first and at its own time; what else fell due meanwhile is done now.
    let mut checked = if ran.was_down { Ok(()) } else { second_readings(world, model, &kept, None) };
    for lock in ran.locks {
        if checked.is_ok() {
            checked = figures(house, world, model, lock, frozen).await?;
        }
    }
    if ran.was_down {
        checked = checked.and_then(|()| second_readings(world, model, &kept, Some(now)));
    }
    Ok(checked.and_then(|()| compare(world, model, &kept, now)))
}

/// Low readings that nobody took again count by now: their alarms ring.
fn second_readings(world: &World, model: &mut Model, kept: &Kept, late: Option<At>) -> Result<(), Violation> {
    let now = kept.at;
    let mut due: Vec<(At, usize)> = Vec::new();
    for (number, person) in model.people.iter().enumerate() {
        due.extend(person.second_until.filter(|until| *until <= now).map(|until| (until, number)));
    }
    due.sort_unstable();
    for (until, person) in due {
        model.people[person].second_until = None;
        let home = model.people[person].home;
        let known: Vec<Uid> = model.homes[home].alarms.iter().map(|alarm| alarm.uid).collect();
        let of_home = |ringing: &&Ringing| {
            let named = kept.ids.get(&ringing.episode).and_then(|uid| model.by_uid.get(uid));
            named.is_some_and(|named| model.people[*named].home == home)
        };
        let there: Vec<Uid> = kept.alarms.iter().filter(of_home).map(|ringing| ringing.uid).collect();
        let new = there.iter().copied().find(|uid| !known.contains(uid));
        match model.alarm_for(person, Level::Urgent).or(new) {
            Some(uid) => model.ring(world, person, Level::Urgent, uid, late.unwrap_or(until))?,
            None => return broken("danger_is_seen", "a low reading that nobody took again rang nowhere"),
        }
        model.count("low readings that counted", 1);
    }
    Ok(())
}

fn compare(world: &World, model: &mut Model, kept: &Kept, now: At) -> Result<(), Violation> {
    let mut open = 0;
    for (number, person) in model.people.iter().enumerate() {
        if !person.is_open {
            continue;
        }
        open += 1;
        let Some(found) = kept.open.get(&person.uid) else {
            return broken(
                "nobody_forgotten",
                format!("{} is under care and nowhere in the register", person.uid),
            );
        };
        let wanted = model.gaps(world, number, now);
        if *found != wanted {
            let detail = format!("{}: missing {wanted:?}, the program says {found:?}", person.uid);
            return broken("nobody_unmanaged", detail);
        }
        let shown = kept.board.get(&person.uid).map_or(&[][..], Vec::as_slice);
        if shown != wanted {
            let detail = format!("{}: missing {wanted:?}, the board shows {shown:?}", person.uid);
            return broken("nobody_unmanaged", detail);
        }
    }
    if kept.open.len() != open {
        let detail = format!("{} are open in the register, {open} are under care", kept.open.len());
        return broken("nobody_forgotten", detail);
    }
    if let Some((uid, kind)) = kept.unowned.first() {
        return broken("nobody_unmanaged", format!("{uid}: nobody owns {kind}"));
    }
    let gaps: usize = kept.board.values().map(Vec::len).sum();
    model.count("gaps seen", gaps as i64);
    model.count("people looked at", open as i64);
    alarms(model, kept)?;
    tasks(world, model, kept)?;
    for (number, home) in model.homes.iter().enumerate() {
        let waits = home.uid.is_some_and(|uid| kept.waiting.contains(&uid));
        if home.waiting.is_some() && !waits && !model.open_members(number).is_empty() {
            return broken("nobody_unanswered", format!("{} waits and is on no list", home.address));
        }
        if home.waiting.is_none() && waits {
            return broken(
                "nobody_unanswered",
                format!("{} was answered and is still waiting", home.address),
            );
        }
    }
    Ok(())
}

fn alarms(model: &Model, kept: &Kept) -> Result<(), Violation> {
    let known: usize = model.homes.iter().map(|home| home.alarms.len()).sum();
    if known != kept.alarms.len() {
        return broken(
            "danger_is_seen",
            format!("{known} alarms run, the program has {}", kept.alarms.len()),
        );
    }
    let by_uid: HashMap<Uid, &Ringing> = kept.alarms.iter().map(|ringing| (ringing.uid, ringing)).collect();
    for alarm in model.homes.iter().flat_map(|home| &home.alarms) {
        let Some(there) = by_uid.get(&alarm.uid) else {
            return broken("danger_is_seen", format!("the alarm {} is gone", alarm.uid));
        };
        let named = kept.ids.get(&there.episode).and_then(|uid| model.by_uid.get(uid));
        if there.level != alarm.level
            || there.is_taken != alarm.taken_by.is_some()
            || named != Some(&alarm.named)
        {
            let detail = format!("the alarm {} is {} and taken {}", alarm.uid, there.level, there.is_taken);
            return broken("danger_is_seen", detail);
        }
    }
    Ok(())
}

/// Whose each home's work is; what somebody left is a colleague's who is there, or nobody's where nobody is.
fn tasks(world: &World, model: &mut Model, kept: &Kept) -> Result<(), Violation> {
    let today = day_number(kept.at, &world.zone);
    for home in 0..model.homes.len() {
        let first = model.open_members(home).into_iter().next();
        let Some(first) = first else { continue };
        let household = kept.households.get(&model.people[first].uid);
        let found = household.and_then(|household| kept.tasks.get(household)).copied();
        if model.homes[home].task == Task::Passed(today) {
            let there = world.there(model.homes[home].commune);
            let stand_in = found.and_then(|id| there.iter().copied().find(|m| world.staff[*m].id == id));
            if stand_in.is_some() == there.is_empty() {
                let detail =
                    format!("{} was left behind, {} are there", model.homes[home].address, there.len());
                return broken("nobody_unmanaged", detail);
            }
            model.homes[home].task = stand_in.map_or(Task::Nobodys, |member| Task::Of(member, today));
            model.count("homes passed on", 1);
        }
        let wanted = model.owner(world, home).map(|owner| world.staff[owner].id);
        if found != wanted {
            let detail =
                format!("the work of {} is {found:?}'s, not {wanted:?}'s", model.homes[home].address);
            return broken("one_effect", detail);
        }
    }
    Ok(())
}

/// The figures of a day that was locked: what happened in each commune, and their sums above.
async fn figures(
    house: &House,
    world: &World,
    model: &mut Model,
    lock: &Locked,
    frozen: &mut BTreeMap<i64, HashMap<AreaId, Figures>>,
) -> Checked {
    let now = lock.on.at_minute(world.lock_minute, &world.zone);
    let (root, on) = (world.province.id, lock.on);
    let read = move |r: &mut Reader| {
        let Some(day) = report::day_on(r, root, on)? else { return Ok(None) };
        Ok(Some((day.id, report::frozen(r, day.id)?)))
    };
    let Some((day, figures)) = house.store.read(read).await? else {
        return Ok(broken("by_the_clock", format!("the day {on} was locked and is not there")));
    };
    let number = on.since(At(0).day(&world.zone));
    let compared = compare_figures(world, model, &figures, number, lock, now);
    frozen.insert(day, figures);
    model.count("days locked", 1);
    Ok(compared)
}

/// The figures that the model tells of one commune.
fn told(world: &World, model: &Model, commune: usize, day: i64, now: At) -> BTreeMap<&'static str, i64> {
    let mut told = BTreeMap::new();
    for ((of, on, indicator), amount) in &model.books {
        if *of == commune && *on == day {
            *told.entry(*indicator).or_default() += amount;
        }
    }
    let mut homes = HashSet::new();
    for (number, person) in model.people.iter().enumerate() {
        if !person.is_open || model.commune_of(number) != commune {
            continue;
        }
        homes.insert(person.home);
        let mut one = |indicator| *told.entry(indicator).or_default() += 1;
        match person.kind {
            EpisodeKind::Case => {
                one("f0_end");
                one(person.severity.indicator());
            }
            EpisodeKind::Contact => one("f1_end"),
        }
        let gaps = model.gaps(world, number, now);
        if gaps.contains(&GapKind::FirstContactOverdue) {
            one("not_contacted");
        }
        if !gaps.is_empty() {
            one("unmanaged");
        }
    }
    told.insert("households", homes.len() as i64);
    told
}

/// Figures that this telling does not know by itself.
const UNTOLD: &[&str] = &["f0_start", "f1_start", "groups", "without_zalo"];

fn compare_figures(
    world: &World,
    model: &Model,
    frozen: &HashMap<AreaId, Figures>,
    day: i64,
    lock: &Locked,
    now: At,
) -> Result<(), Violation> {
    let mut above: HashMap<AreaId, BTreeMap<&'static str, i64>> = HashMap::new();
    let mut all: Vec<(AreaId, String, BTreeMap<&'static str, i64>)> = Vec::new();
    for (number, commune) in world.communes.iter().enumerate() {
        let told = told(world, model, number, day, now);
        for unit in [world.province.id, world.districts[commune.district].0.id] {
            let sum = above.entry(unit).or_default();
            for (indicator, amount) in &told {
                *sum.entry(*indicator).or_default() += amount;
            }
        }
        all.push((commune.area.id, commune.area.name.clone(), told));
    }
    all.extend(above.into_iter().map(|(unit, told)| (unit, format!("area {}", unit.0), told)));
    for (unit, name, told) in all {
        let Some(figures) = frozen.get(&unit) else {
            return broken("figures_true", format!("{name} has no figures for {}", lock.on));
        };
        for (indicator, figure) in figures.iter().filter(|(of, _)| !UNTOLD.contains(&of.id)) {
            let wanted = told.get(indicator.id).copied().unwrap_or(0);
            if figure != wanted {
                let detail = format!("{name}, {}: {} is {figure}, it was {wanted}", lock.on, indicator.id);
                return broken("figures_true", detail);
            }
        }
    }
    let sent = (0..world.communes.len()).filter(|n| model.submitted.contains_key(&(Unit::Commune(*n), day)));
    let missing = world.communes_count - sent.count();
    if lock.missing != missing {
        return broken(
            "figures_true",
            format!("{missing} communes sent nothing, {} are missing", lock.missing),
        );
    }
    if lock.wrong > 0 {
        return broken("figures_true", format!("{} units whose sums do not come out", lock.wrong));
    }
    Ok(())
}

/// No locked figure has changed.
pub(super) async fn locked_figures(
    house: &House,
    frozen: &BTreeMap<i64, HashMap<AreaId, Figures>>,
) -> Checked {
    for (day, figures) in frozen {
        let day = *day;
        let now = house.store.read(move |r| report::frozen(r, day)).await?;
        if now != *figures {
            return Ok(broken("locked_figures", format!("figures of the locked day {day} changed")));
        }
    }
    Ok(Ok(()))
}

/// Groups are no larger than a leader can know (LC-14).
pub(super) async fn groups(house: &House, world: &World) -> Checked {
    let (path, max) = (world.province.path.clone(), world.group_max);
    let items = house.store.read(move |r| care_group::items(r, &path, 0, READ_MAX)).await?;
    Ok(match items.iter().find(|group| group.households > max) {
        Some(group) => broken("bounded", format!("{} has {} homes", group.name, group.households)),
        None => Ok(()),
    })
}

/// Everything that was ever said and done is there, once and in order.
pub(super) async fn nothing_lost(house: &House, model: &Model) -> Checked {
    for person in &model.people {
        let uid = person.uid;
        let read = move |r: &mut Reader| {
            let Some(row) = episode::by_uid(r, uid)? else { return Ok(None) };
            let checkins = checkin::of_episode(r, row.id, 0, READ_MAX)?.len() as i64;
            let attempts = attempt::attempts(r, row.id, 0, READ_MAX)?.len() as i64;
            Ok(Some((checkins, attempts, row.state == EpisodeState::Open)))
        };
        let found = house.store.read(read).await?;
        if found != Some((person.checkins, person.attempts, person.is_open)) {
            let wanted = (person.checkins, person.attempts, person.is_open);
            return Ok(broken("nothing_lost", format!("{uid}: {wanted:?} became {found:?}")));
        }
    }
    for home in &model.homes {
        let Some(uid) = home.uid else { continue };
        let read = move |r: &mut Reader| {
            let Some(row) = household::by_uid(r, uid)? else { return Ok(Vec::new()) };
            let Some(conversation) = thread::of_home(r, row.id)? else { return Ok(Vec::new()) };
            let lines = thread::after(r, conversation.id, rules::MessageId(0), READ_MAX)?;
            let texts = lines.into_iter().map(|line| line.message);
            let texts = texts.filter(|message| message.kind == rules::MessageKind::Text);
            Ok(texts.map(|message| message.uid).collect())
        };
        if house.store.read(read).await? != home.messages {
            return Ok(broken("nothing_lost", format!("the thread of {} is another", home.address)));
        }
    }
    Ok(Ok(()))
}

/// The local midnight is over: days of people under care.
pub(super) fn is_new_day(before: At, now: At, world: &World) -> bool {
    day_number(now, &world.zone) > day_number(before, &world.zone)
}
