//! The worklist: whom to see to today, by urgency, with the reason in words (LC-9, P-6).

use super::about;
use super::alerts;
use super::ending;
use super::languages;
use super::pen::Pen;
use super::show::{PAGE, Shown, ask, page, route, view};
use super::task;
use super::threads;
use crate::api;
use crate::gate::Seat;
use crate::routes::{Access, Route};
use acts::Desk;
use acts::adopt_protocol::Shelf;
use acts::demo::story;
use rules::first_contact::Ticks;
use rules::permission::Verb;
use rules::time::HOUR;
use rules::{AttemptOutcome, FirstContact, GapKind, Risk};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use store::episode::{self, ContactCounts, EpisodeItem};
use store::task::Held;
use store::{Reader, Stop, StoreError, attempt, locality, person, staff, task as tasks};
use views::events::first_letter_up;
use views::pages::alerts::AlertCard;
use views::pages::contact::Tick;
use views::pages::thread::ThreadRow;
use views::pages::work::{Counter, TaskLine, Urgency, Why, WorkCard, WorkPage, WorkSection};
use views::shell::Nav;
use views::{Link, formats};

/// Homes shown that wait for an answer; the others have a page of their own.
const THREADS_SHOWN_MAX: i64 = 5;
/// People looked at for one page of the list; whoever is beyond is less urgent than all of them.
const LOOKED_AT_MAX: i64 = 2_000;
/// Attempts of one person that the reason is told from.
const ATTEMPTS_MAX: i64 = 200;

pub fn routes() -> Vec<Route> {
    vec![route("GET", "/work", Access::Verb(Verb::RecordContact), view(list))]
}

/// What the store says, in the order of urgency.
struct Found {
    area: String,
    hours: Option<i64>,
    counts: ContactCounts,
    silent: i64,
    later: Later,
    /// Homes that are one's own today.
    own: usize,
    endings: Option<Link>,
    /// Whether they assign carers.
    leads: bool,
    alerts: Vec<AlertCard>,
    running: i64,
    cards: Vec<(Urgency, WorkCard)>,
    from: usize,
    more: bool,
    off_duty: bool,
    story_waits: bool,
    threads: Vec<ThreadRow>,
}

/// People whose home was put off, by where they would stand otherwise.
#[derive(Clone, Copy, Default)]
struct Later {
    soon: i64,
    waiting: i64,
    without_phone: i64,
}

impl Later {
    fn all(self) -> i64 {
        self.soon + self.waiting
    }
}

/// What a page of the list is asked for.
#[derive(Clone, Copy)]
struct Asked {
    show: Option<Urgency>,
    only_own: bool,
    /// From 1 on.
    number: usize,
}

async fn list(seat: Seat) -> Shown {
    let pen = Pen::of(&seat);
    let show = Urgency::parse(seat.param("show"));
    let number: usize = seat.param("page").parse().unwrap_or(1).clamp(1, LOOKED_AT_MAX as usize / PAGE);
    let only_own = seat.param("own") == "1";
    let (asked, shelf) = (pen.clone(), seat.app.house.shelf.clone());
    let is_demo = seat.app.house.demo;
    let mut found =
        ask(&seat, move |r, desk| find(r, desk, &asked, &shelf, Asked { show, only_own, number })).await?;
    if is_demo && found.cards.is_empty() {
        found.story_waits = seat.app.house.store.read(story::told).await? == 0;
    }
    let shell = seat.shell(Nav::Work, "nav-work").await?;
    let word = show.map_or("", Urgency::word);
    let at = |n: usize| {
        let (own, n) = (if only_own { "1" } else { "" }, if n > 1 { n.to_string() } else { String::new() });
        seat.with_query(&[("show", word), ("own", own), ("page", &n)])
    };
    let is_offered =
        |u: &&Urgency| **u != Urgency::Later || found.later.all() > 0 || show == Some(Urgency::Later);
    let shown = Urgency::ALL.iter().filter(is_offered);
    let counters = shown.map(|u| counter(&pen, *u, &found, show)).collect();
    let count = found.cards.len();
    let paging = pen.paging(
        found.from,
        count,
        (number > 1).then(|| at(number - 1)),
        found.more.then(|| at(number + 1)),
    );
    let mut sections: Vec<WorkSection> = Vec::new();
    for (urgency, card) in found.cards {
        match sections.last_mut() {
            Some(section) if section.urgency == urgency => section.cards.push(card),
            _ => sections.push(WorkSection { urgency, cards: vec![card] }),
        }
    }
    page(&WorkPage {
        day: first_letter_up(&formats::weekday_date(pen.lang, pen.today())),
        area: found.area,
        left: u64::try_from(found.counts.waiting + found.silent).unwrap_or(0),
        hours: found.hours.map(|h| pen.n(h)),
        own: own_link(&pen, found.own, only_own),
        endings: found.endings,
        team: found.leads.then(|| Link { href: "/team".to_owned(), label: pen.t("team-title") }),
        counters,
        more_alerts: (found.running > found.alerts.len() as i64).then(|| Link {
            href: "/alerts".to_owned(),
            label: pen.t1("alarm-see-all", "n", &alerts::counted(&pen, found.running)),
        }),
        alerts: found.alerts,
        threads: found.threads,
        sections,
        paging,
        off_duty: found.off_duty,
        story_waits: found.story_waits,
        printed_by: shell
            .who
            .as_ref()
            .map(|w| format!("{}, {}", w.name, formats::clock(pen.lang, pen.now, &pen.zone)))
            .unwrap_or_default(),
        shell,
    })
}

/// To one's own homes, or back to everybody's.
fn own_link(pen: &Pen, own: usize, only_own: bool) -> Option<Link> {
    if only_own {
        return Some(Link { href: "/work".to_owned(), label: pen.t("work-all-homes") });
    }
    let label = pen.t1("work-own-homes", "n", &pen.n(own as i64));
    (own > 0).then(|| Link { href: "/work?own=1".to_owned(), label })
}

fn counter(pen: &Pen, urgency: Urgency, found: &Found, show: Option<Urgency>) -> Counter {
    let (counts, later) = (&found.counts, &found.later);
    let n = match urgency {
        Urgency::Overdue => counts.overdue,
        Urgency::Silent => found.silent,
        Urgency::Soon => counts.due_soon - later.soon,
        Urgency::Waiting => counts.waiting - counts.overdue - counts.due_soon - later.waiting,
        Urgency::Visit => counts.without_phone - later.without_phone,
        Urgency::Later => later.all(),
    };
    let is_current = show == Some(urgency);
    let href = if is_current { "/work".to_owned() } else { format!("/work?show={}", urgency.word()) };
    Counter { urgency, n: pen.n(n), href, is_current }
}

/// How urgent somebody is by the clock; who has time left and no phone is to be visited.
fn urgency(pen: &Pen, item: &EpisodeItem) -> Urgency {
    match item.due_at {
        // Whoever was advised is on the list because nobody has heard of them since.
        _ if item.first_contact == FirstContact::Advised => Urgency::Silent,
        Some(due) if due <= pen.now => Urgency::Overdue,
        Some(due) if due.0 - pen.now.0 <= HOUR => Urgency::Soon,
        Some(_) | None if item.phones.is_empty() => Urgency::Visit,
        Some(_) | None => Urgency::Waiting,
    }
}

/// Whether a home was put off, and nothing there is overdue: what is overdue stands where it stands, whoever has it.
fn is_later(pen: &Pen, item: &EpisodeItem, held: Option<&Held>) -> bool {
    let waits = held.is_some_and(|held| held.standing().waits(pen.today(), pen.now));
    waits && !matches!(urgency(pen, item), Urgency::Overdue | Urgency::Silent)
}

/// Whether somebody is shown under a filter; the numbers of the counters are these.
fn is_shown(pen: &Pen, item: &EpisodeItem, held: Option<&Held>, show: Option<Urgency>) -> bool {
    let (by_clock, is_later) = (urgency(pen, item), is_later(pen, item, held));
    match show {
        None => true,
        Some(Urgency::Later) => is_later,
        Some(_) if is_later => false,
        Some(Urgency::Visit) => item.phones.is_empty() && by_clock != Urgency::Silent,
        Some(Urgency::Waiting) => matches!(by_clock, Urgency::Waiting | Urgency::Visit),
        Some(wanted @ (Urgency::Overdue | Urgency::Silent | Urgency::Soon)) => by_clock == wanted,
    }
}

fn find(
    r: &mut Reader,
    desk: &Desk,
    pen: &Pen,
    shelf: &Shelf,
    Asked { show, only_own, number }: Asked,
) -> Result<Found, Stop> {
    let (running, alerts) = alerts::on_top(r, desk, pen, shelf)?;
    let scope = api::scope(r, desk, Verb::RecordContact, None)?;
    let counts =
        episode::to_contact_counts(r, &scope.path, &scope.commune_path, pen.now, pen.now.plus(HOUR))?;
    let from = (number - 1) * PAGE;
    let silent = episode::count_silent(r, &scope.path, &scope.commune_path, pen.now)?;
    let mut items = episode::to_contact(r, &scope.path, &scope.commune_path, LOOKED_AT_MAX)?;
    items.extend(episode::silent(r, &scope.path, &scope.commune_path, pen.now, LOOKED_AT_MAX)?);
    let held: HashMap<i64, Held> = tasks::at(r, &scope.path, pen.today(), LOOKED_AT_MAX)?
        .into_iter()
        .filter(|held| held.standing().holds(pen.today()))
        .map(|held| (held.task.household_id.0, held))
        .collect();
    let of = |item: &EpisodeItem| held.get(&item.household_id.0);
    let is_own = |held: &Held| desk.staff == Some(held.task.owner_id);
    let mut later = Later::default();
    for item in items.iter().filter(|item| is_later(pen, item, of(item))) {
        later.without_phone += i64::from(item.phones.is_empty());
        match urgency(pen, item) {
            Urgency::Soon => later.soon += 1,
            _ => later.waiting += 1,
        }
    }
    items.retain(|i| is_shown(pen, i, of(i), show) && (!only_own || of(i).is_some_and(is_own)));
    let ranked = |i: &EpisodeItem| match show {
        Some(wanted) => wanted,
        None if is_later(pen, i, of(i)) => Urgency::Later,
        None => urgency(pen, i),
    };
    // Within one urgency what a colleague took on comes last; else the order of the store stays: soonest due first.
    items.sort_by_key(|i| (ranked(i), of(i).is_some_and(|held| !is_own(held))));
    let more = items.len() > from + PAGE;
    let home_counts = items.iter().fold(HashMap::<i64, usize>::new(), |mut homes, i| {
        *homes.entry(i.household_id.0).or_default() += 1;
        homes
    });
    let mut names: HashMap<i64, String> = HashMap::new();
    let mut cards = Vec::new();
    for item in items.iter().skip(from).take(PAGE) {
        let others = home_counts.get(&item.household_id.0).map_or(0, |n| n - 1);
        let mut card = card(r, pen, item, others, &mut names)?;
        card.task = of(item).map_or(TaskLine::Nobodys, |held| task_line(pen, desk, held));
        cards.push((ranked(item), card));
    }
    let hours = locality::of_path(r, &scope.commune_path)?.and_then(|l| l.first_contact_hours);
    let off_duty = match desk.staff {
        Some(id) if desk.can_anywhere(Verb::GoOnDuty) => staff::by_id(r, id)?.is_some_and(|s| !s.on_duty),
        Some(_) | None => false,
    };
    let area = match scope.cluster {
        // A hamlet's carer sees the hamlet, though the scope names the commune.
        Some(_) => {
            desk.home(Verb::RecordContact).map_or_else(|| scope.area.full_name(), |g| g.area_name.clone())
        }
        None => scope.area.full_name(),
    };
    Ok(Found {
        area,
        hours,
        counts,
        silent,
        later,
        own: held.values().filter(|held| is_own(held)).count(),
        endings: ending::link(r, desk, pen, shelf)?,
        leads: desk.can_anywhere(Verb::AssignCarer),
        alerts,
        running: running.all,
        cards,
        from,
        more,
        off_duty,
        story_waits: false,
        threads: threads::longest_waiting(r, desk, pen, THREADS_SHOWN_MAX)?,
    })
}

/// Whose a home is, and until when they put it off.
fn task_line(pen: &Pen, desk: &Desk, held: &Held) -> TaskLine {
    let mut words = task::whose(pen, desk, held);
    if let Some(until) = held.task.put_off_until.filter(|until| *until > pen.now) {
        words = format!("{words} · {}", pen.t1("task-until", "time", &pen.exact(until)));
    }
    if desk.staff == Some(held.task.owner_id) { TaskLine::Mine(words) } else { TaskLine::Theirs(words) }
}

fn card(
    r: &mut Reader,
    pen: &Pen,
    item: &EpisodeItem,
    others: usize,
    names: &mut HashMap<i64, String>,
) -> Result<WorkCard, StoreError> {
    let who = person::by_id(r, item.person_id)?;
    let carer = match item.carer_id {
        None => None,
        Some(id) => {
            let name = match names.entry(id.0) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => {
                    new.insert(staff::by_id(r, id)?.map(|s| s.full_name).unwrap_or_default())
                }
            };
            Some(pen.known("work-carer", &[("name", name.as_str())]).unwrap_or_else(|| name.clone()))
                .filter(|words| !words.is_empty())
        }
    };
    let detected = match (item.detected_at, item.detected_on) {
        (Some(at), _) => Some(pen.when(at)),
        (None, Some(day)) => Some(pen.when_day(day)),
        (None, None) => Some(pen.when(item.registered_at)),
    };
    let due = match item.first_contact {
        FirstContact::Advised => item.next_contact_at,
        FirstContact::Waiting | FirstContact::Reached => item.due_at,
    };
    Ok(WorkCard {
        episode: item.uid.to_string(),
        name: item.full_name.clone(),
        age: pen.age(item.birth_date),
        tag: about::tag(pen, item),
        why: reasons(r, pen, item)?.iter().map(|why| why.words(pen.lang)).collect(),
        detected,
        due: due.map(|at| pen.due(at)),
        address: about::address(item),
        others: (others > 0).then(|| pen.known("work-others", &[("n", &others.to_string())])).flatten(),
        phone: item.phones.first().map(|p| pen.phone(p)),
        carer,
        task: TaskLine::Nobodys,
        facts: who.map(|p| worth_knowing(pen, &p)).unwrap_or_default(),
    })
}

/// Why somebody is on the list, the weightiest first.
pub fn reasons(r: &mut Reader, pen: &Pen, item: &EpisodeItem) -> Result<Vec<Why>, StoreError> {
    let attempts = attempt::attempts(r, item.id, 0, ATTEMPTS_MAX)?;
    let mut why = match (item.first_contact, attempts.last()) {
        (FirstContact::Advised, _) => vec![Why::Silent(item.heard_at.map(|at| pen.exact(at)))],
        (FirstContact::Reached, _) => {
            vec![Why::NotAdvised { missing: missing_ticks(pen, item.ticks) }]
        }
        (FirstContact::Waiting, None) => vec![Why::NobodyTried],
        (FirstContact::Waiting, Some(last)) => {
            vec![Why::Tried { times: u32::try_from(attempts.len()).unwrap_or(u32::MAX), last: last.outcome }]
        }
    };
    let wrong = attempts.last().is_some_and(|a| a.outcome == AttemptOutcome::WrongNumber);
    if item.phones.is_empty() && !wrong {
        why.push(Why::NoPhone);
    }
    match (item.group_id, item.leader_id) {
        (None, _) => why.push(Why::Gap(GapKind::Unplaced)),
        (Some(_), None) => why.push(Why::Gap(GapKind::NoLeader)),
        (Some(_), Some(_)) => {}
    }
    Ok(why)
}

/// What is still to be said, of the four.
pub fn missing_ticks(pen: &Pen, bits: i64) -> Vec<String> {
    let unsaid = Ticks::from_bits(bits).missing();
    Tick::ALL.iter().filter(|t| unsaid.contains(&t.field())).map(|t| t.missing(pen.lang)).collect()
}

/// What whoever calls should know before.
pub fn worth_knowing(pen: &Pen, who: &person::Person) -> Vec<String> {
    let mut facts: Vec<String> =
        who.risks.split(' ').filter_map(Risk::parse).map(|risk| pen.name(risk)).collect();
    if let Some(language) = who.language.as_deref().filter(|l| *l != "vi") {
        let shown = languages::shown(language);
        facts.push(pen.known("work-speaks", &[("language", &shown)]).unwrap_or(shown));
    }
    facts
}
