//! The worklist: whom to see to today, by urgency, with the reason in words (LC-9, P-6).

use super::about;
use super::alerts;
use super::languages;
use super::pen::Pen;
use super::show::{PAGE, Shown, ask, page, route, view};
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
use store::{Reader, Stop, StoreError, attempt, locality, person, staff};
use views::events::first_letter_up;
use views::pages::alerts::AlertCard;
use views::pages::contact::Tick;
use views::pages::thread::ThreadRow;
use views::pages::work::{Counter, Urgency, Why, WorkCard, WorkPage, WorkSection};
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
    alerts: Vec<AlertCard>,
    running: i64,
    cards: Vec<(Urgency, WorkCard)>,
    from: usize,
    more: bool,
    off_duty: bool,
    story_waits: bool,
    threads: Vec<ThreadRow>,
}

async fn list(seat: Seat) -> Shown {
    let pen = Pen::of(&seat);
    let show = Urgency::parse(seat.param("show"));
    let number: usize = seat.param("page").parse().unwrap_or(1).clamp(1, LOOKED_AT_MAX as usize / PAGE);
    let (asked, shelf) = (pen.clone(), seat.app.house.shelf.clone());
    let is_demo = seat.app.house.demo;
    let mut found = ask(&seat, move |r, desk| find(r, desk, &asked, &shelf, show, number)).await?;
    if is_demo && found.cards.is_empty() {
        found.story_waits = seat.app.house.store.read(story::told).await? == 0;
    }
    let shell = seat.shell(Nav::Work, "nav-work").await?;
    let word = show.map_or("", Urgency::word);
    let at = |n: usize| {
        seat.with_query(&[("show", word), ("page", &if n > 1 { n.to_string() } else { String::new() })])
    };
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
        counters: Urgency::ALL.iter().map(|u| counter(&pen, *u, &found.counts, found.silent, show)).collect(),
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

fn counter(
    pen: &Pen,
    urgency: Urgency,
    counts: &ContactCounts,
    silent: i64,
    show: Option<Urgency>,
) -> Counter {
    let n = match urgency {
        Urgency::Overdue => counts.overdue,
        Urgency::Silent => silent,
        Urgency::Soon => counts.due_soon,
        Urgency::Waiting => counts.waiting - counts.overdue - counts.due_soon,
        Urgency::Visit => counts.without_phone,
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

/// Whether somebody is shown under a filter; the numbers of the counters are these.
fn is_shown(pen: &Pen, item: &EpisodeItem, show: Option<Urgency>) -> bool {
    let by_clock = urgency(pen, item);
    match show {
        None => true,
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
    show: Option<Urgency>,
    number: usize,
) -> Result<Found, Stop> {
    let (running, alerts) = alerts::on_top(r, desk, pen, shelf)?;
    let scope = api::scope(r, desk, Verb::RecordContact, None)?;
    let counts =
        episode::to_contact_counts(r, &scope.path, &scope.commune_path, pen.now, pen.now.plus(HOUR))?;
    let from = (number - 1) * PAGE;
    let silent = episode::count_silent(r, &scope.path, &scope.commune_path, pen.now)?;
    let mut items = episode::to_contact(r, &scope.path, &scope.commune_path, LOOKED_AT_MAX)?;
    items.extend(episode::silent(r, &scope.path, &scope.commune_path, pen.now, LOOKED_AT_MAX)?);
    items.retain(|i| is_shown(pen, i, show));
    let ranked = |i: &EpisodeItem| show.unwrap_or_else(|| urgency(pen, i));
    // Within one urgency the order of the store stays: soonest due first.
    items.sort_by_key(ranked);
    let more = items.len() > from + PAGE;
    let home_counts = items.iter().fold(HashMap::<i64, usize>::new(), |mut homes, i| {
        *homes.entry(i.household_id.0).or_default() += 1;
        homes
    });
    let mut names: HashMap<i64, String> = HashMap::new();
    let mut cards = Vec::new();
    for item in items.iter().skip(from).take(PAGE) {
        let others = home_counts.get(&item.household_id.0).map_or(0, |n| n - 1);
        cards.push((ranked(item), card(r, pen, item, others, &mut names)?));
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

fn card(
    r: &mut Reader,
    pen: &Pen,
    item: &EpisodeItem,
    others: usize,
    names: &mut HashMap<i64, String>,
) -> Result<WorkCard, StoreError> {
    let who = person::by_id(r, item.person_id)?;
    let taken_by = match item.carer_id {
        None => None,
        Some(id) => {
            let name = match names.entry(id.0) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => {
                    new.insert(staff::by_id(r, id)?.map(|s| s.full_name).unwrap_or_default())
                }
            };
            Some(pen.known("work-taken", &[("name", name.as_str())]).unwrap_or_else(|| name.clone()))
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
        taken_by,
        facts: who.map(|p| worth_knowing(pen, &p)).unwrap_or_default(),
    })
}

/// Why somebody is on the list, the weightiest first.
fn reasons(r: &mut Reader, pen: &Pen, item: &EpisodeItem) -> Result<Vec<Why>, StoreError> {
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
