//! One person's page: who, where, how to reach, what is missing, what was done, and everything that happened. That
//! somebody read it is written down before it leaves (invariant 8).

use super::about::{self, Record};
use super::checkin;
use super::languages;
use super::pen::Pen;
use super::places;
use super::show::{Shown, ask, page, route, uid, view_one};
use super::slots;
use super::work::missing_ticks;
use crate::gate::Seat;
use crate::routes::{Access, Route};
use acts::Desk;
use rules::first_contact::Ticks;
use rules::permission::Verb;
use rules::{
    Arrangement, AttemptOutcome, EpisodeKind, EpisodeState, FirstContact, GapKind, PointState, Risk, StaffId,
};
use std::collections::HashMap;
use store::attempt::{self, ContactAttempt};
use store::care_group::{self, GroupItem};
use store::episode::{self, Episode, EpisodeItem};
use store::gap::{self, EpisodeGaps};
use store::household;
use store::person;
use store::staff::{self, Staff};
use store::timeline::{self, Line};
use store::{Reader, Stop, StoreError, locality};
use views::pages::contact::{Promise, Tick, TickLine};
use views::pages::person::{
    Fact, FirstContactCard, GapLine, GroupCard, HouseholdCard, Member, PersonActs, PersonPage, Step,
    TimelineLine,
};
use views::shell::Nav;
use views::{Link, PhoneLine, Tone, events, formats};

/// Lines of the diary on the page.
const TIMELINE_MAX: i64 = 300;
/// Attempts that the page looks back on.
const ATTEMPTS_MAX: i64 = 500;

pub fn routes() -> Vec<Route> {
    vec![route("GET", "/people/{episode}", Access::Verb(Verb::ReadPerson), view_one(one))]
}

async fn one(seat: Seat, id: String) -> Shown {
    let record = about::open(&seat, Verb::ReadPerson, uid(&id)?).await?;
    let pen = Pen::of(&seat);
    let shell = seat.shell(Nav::People, "person-facts").await?;
    let shelf = seat.app.house.shelf.clone();
    let mut shown = ask(&seat, move |r, desk| {
        let mut page = shown(r, desk, &pen, &record)?;
        page.checkins = checkin::latest(r, &pen, &shelf, record.item.id)?;
        page.slots = slots::card(r, &pen, &record)?;
        page.alarm = checkin::alarm(r, desk, &pen, &record)?;
        Ok(page)
    })
    .await?;
    shown.shell = shell;
    page(&shown)
}

/// What the page needs of the store beside the record, gathered once.
struct Around {
    episode: Episode,
    attempts: Vec<ContactAttempt>,
    names: HashMap<i64, String>,
    group: Option<GroupItem>,
    carer: Option<Staff>,
}

fn around(r: &mut Reader, record: &Record) -> Result<Around, Stop> {
    let item = &record.item;
    let torn = || StoreError::Shape(format!("episode {} is gone", item.id.0));
    let attempts = attempt::attempts(r, item.id, 0, ATTEMPTS_MAX)?;
    let names = names_of(r, &attempts)?;
    let carer = match record.home.carer_id {
        Some(id) => staff::by_id(r, id)?,
        None => None,
    };
    Ok(Around {
        episode: episode::by_id(r, item.id)?.ok_or_else(torn)?,
        attempts,
        names,
        group: group_of(r, record)?,
        carer,
    })
}

/// Who made these attempts, by name.
pub fn names_of(r: &mut Reader, attempts: &[ContactAttempt]) -> Result<HashMap<i64, String>, StoreError> {
    let mut ids: Vec<StaffId> = attempts.iter().map(|a| a.staff_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut names = HashMap::new();
    for id in ids {
        if let Some(member) = staff::by_id(r, id)? {
            names.insert(id.0, member.full_name);
        }
    }
    Ok(names)
}

/// The group of the home with its team, as lists know it.
pub fn group_of(r: &mut Reader, record: &Record) -> Result<Option<GroupItem>, StoreError> {
    let Some(id) = record.home.care_group_id else { return Ok(None) };
    let found = care_group::items(r, &record.area.path, id.0 - 1, 1)?;
    Ok(found.into_iter().find(|g| g.id == id))
}

fn shown(r: &mut Reader, desk: &Desk, pen: &Pen, record: &Record) -> Result<PersonPage, Stop> {
    let around = around(r, record)?;
    let item = &record.item;
    let gaps = if record.is_open() { gap::episode_gaps(r, item.id, pen.now)? } else { None };
    let owners = gap::Owners::load(r)?;
    let hours = locality::of_path(r, &record.area.path)?.and_then(|l| l.first_contact_hours);
    let merged_into = match item.merged_into {
        None => None,
        Some(id) => {
            episode::items_of_person(r, id)?.first().map(|kept| link_to(kept, kept.full_name.clone()))
        }
    };
    let lines = timeline::of_person(r, item.person_id, item.household_id, TIMELINE_MAX)?;
    Ok(PersonPage {
        person: about::head(pen, record),
        facts: facts(pen, record, &around.episode),
        first_contact: first_contact(pen, record, &around, hours.is_none()),
        promise: promise(pen, record, &responsible_name(&around)),
        gaps: gaps.map(|g| gap_lines(pen, desk, record, &owners, &g)).unwrap_or_default(),
        phones: phones(r, pen, record)?,
        arrangement: match item.arrangement {
            Arrangement::None => None,
            kind @ (Arrangement::InGroup | Arrangement::Visitor) => Some(pen.name(kind)),
        },
        visitors: visitors(record),
        household: home(r, desk, pen, record)?,
        group: around.group.as_ref().map(|g| group_card(pen, g, around.carer.as_ref())),
        acts: acts_offered(desk, item),
        timeline: lines.iter().map(|line| timeline_line(pen, line, &around.attempts)).collect(),
        timeline_paging: None,
        others: others(r, pen, record)?,
        closed: closed(pen, item, &around.episode),
        merged_into,
        ..PersonPage::default()
    })
}

fn link_to(item: &EpisodeItem, label: String) -> Link {
    Link { href: format!("/people/{}", item.uid), label }
}

fn facts(pen: &Pen, record: &Record, episode: &Episode) -> Vec<Fact> {
    let who = &record.person;
    let risks: Vec<String> =
        who.risks.split(' ').filter_map(Risk::parse).map(|risk| pen.name(risk)).collect();
    let found = match (episode.detected_at, episode.detected_on) {
        (Some(at), _) => Some(pen.moment(at)),
        (None, Some(day)) => Some(formats::date(day)),
        (None, None) => None,
    };
    let yes_no = |yes: bool| pen.t(if yes { "form-yes" } else { "form-no" });
    let lines = [
        ("person-birth", who.birth_date.map(formats::birth)),
        ("person-detected-on", found),
        ("person-source", episode.source.map(|s| pen.name(s))),
        ("person-registered", Some(pen.moment(episode.registered_at))),
        ("person-doses", who.doses.map(|d| pen.n(d))),
        ("person-last-dose", who.last_dose_on.map(formats::date)),
        ("person-risks", Some(risks.join(", ")).filter(|r| !r.is_empty())),
        ("person-language", who.language.as_deref().map(languages::shown)),
        ("person-can-read", who.can_read.map(yes_no)),
    ];
    lines.into_iter().filter_map(|(key, words)| Some(Fact { label: pen.t(key), words: words? })).collect()
}

/// Who said which of the four, and when; for a list's "already contacted" nobody knows.
pub fn ticks(pen: &Pen, attempts: &[ContactAttempt], names: &HashMap<i64, String>) -> Vec<TickLine> {
    Tick::lines(pen.lang, |tick| {
        let bit = Ticks::NAMED.iter().find(|(_, name)| *name == tick.field()).map(|(bit, _)| *bit)?;
        let said = attempts
            .iter()
            .filter(|a| a.outcome == AttemptOutcome::Reached && Ticks::from_bits(a.ticks).has(bit))
            .min_by_key(|a| a.at)?;
        let who = names.get(&said.staff_id.0).map(String::as_str).unwrap_or_default();
        Some(if who.is_empty() { pen.exact(said.at) } else { format!("{who}, {}", pen.exact(said.at)) })
    })
}

fn first_contact(pen: &Pen, record: &Record, around: &Around, no_hours: bool) -> FirstContactCard {
    let item = &record.item;
    let is_advised = item.first_contact == FirstContact::Advised;
    let is_placed = item.group_id.is_some();
    let is_in = item.arrangement != Arrangement::None;
    let advised = match (item.first_contact, item.contact_at) {
        (FirstContact::Waiting, _) | (FirstContact::Advised | FirstContact::Reached, None) => String::new(),
        (FirstContact::Reached, Some(at)) => {
            format!(
                "{}, {}: {}",
                pen.name(FirstContact::Reached),
                pen.exact(at),
                missing_ticks(pen, item.ticks).join(", ")
            )
        }
        (FirstContact::Advised, Some(at)) => pen.exact(at),
    };
    let way = match item.arrangement {
        Arrangement::None => String::new(),
        kind @ (Arrangement::InGroup | Arrangement::Visitor) => pen.name(kind),
    };
    let step = |key: &str, detail: String, is_done: bool, is_current: bool| Step {
        label: pen.t(key),
        detail,
        is_done,
        is_current,
    };
    let open = record.is_open();
    FirstContactCard {
        steps: vec![
            step(
                "person-step-placed",
                item.group_name.clone().unwrap_or_default(),
                is_placed,
                open && !is_placed,
            ),
            step("person-step-in", way, is_in, open && is_placed && !is_in),
            step("person-step-advised", advised, is_advised, open && is_placed && is_in && !is_advised),
        ],
        due: about::is_waited_for(item).then_some(item.due_at).flatten().map(|at| pen.due(at)),
        ticks: ticks(pen, &around.attempts, &around.names),
        is_advised,
        declared_by_list: item.declared && item.ticks == 0,
        no_hours: no_hours && open,
    }
}

/// Who answers for the home: its carer, or else the group's leader.
fn responsible_name(around: &Around) -> Option<String> {
    let leader = || around.group.as_ref().and_then(|g| g.leader.as_ref()).map(|l| l.name.clone());
    around.carer.as_ref().map(|c| c.full_name.clone()).or_else(leader)
}

/// "Chị Lế sẽ gặp bà trước 14:00" (P-16), while that still has to happen.
pub fn promise(pen: &Pen, record: &Record, who: &Option<String>) -> Option<Promise> {
    let item = &record.item;
    let due = item.due_at.filter(|_| about::is_waited_for(item))?;
    let age = item.birth_date.map(|b| b.age_on(pen.today()));
    Some(Promise {
        who: who.clone()?,
        whom: formats::kinship(pen.lang, age, item.sex),
        before: pen.when(due),
        is_late: due <= pen.now,
    })
}

fn gap_lines(
    pen: &Pen,
    desk: &Desk,
    record: &Record,
    owners: &gap::Owners,
    gaps: &EpisodeGaps,
) -> Vec<GapLine> {
    gaps.gaps
        .iter()
        .map(|found| GapLine {
            what: pen.name(found.kind),
            since: pen.when(found.since),
            owner: owners.of(gaps, found).map_or_else(|| pen.name(found.level), |(_, name)| name),
            mend: mend(pen, desk, found.kind, &record.page(), gaps),
        })
        .collect()
}

/// What mends a gap, for those who may.
pub fn mend(pen: &Pen, desk: &Desk, kind: GapKind, page: &str, gaps: &EpisodeGaps) -> Option<Link> {
    let link = |verb: Verb, href: String, key: &str| {
        desk.can(verb, &gaps.path).then(|| Link { href, label: pen.t(key) })
    };
    let group = gaps.group_uid.map(|g| format!("/groups/{g}"));
    match kind {
        GapKind::Unplaced | GapKind::NoCluster => link(Verb::EditPerson, format!("{page}/edit"), "act-edit"),
        GapKind::NoLeader => group.and_then(|href| link(Verb::SetGroupLeader, href, "groups-set-leader")),
        GapKind::NobodyOnDuty => group.and_then(|href| link(Verb::ReadGroups, href, "person-group")),
        GapKind::Unreachable | GapKind::NoSecondVisitor => {
            link(Verb::SetArrangement, format!("{page}/arrangement"), "arrangement-title")
        }
        GapKind::Unanswered => link(Verb::ReadThread, format!("{page}/thread"), "thread-open"),
        GapKind::AlarmUnacknowledged => link(Verb::TakeAlert, page.to_owned(), "person-alarm"),
        GapKind::FirstContactOverdue => link(Verb::RecordContact, format!("{page}/contact"), "act-record"),
        GapKind::Silent | GapKind::VisitorSilent => {
            link(Verb::RecordCheckin, format!("{page}/checkin"), "checkin-record")
        }
        GapKind::NextContactMissing => link(Verb::ReadProtocol, "/protocol".to_owned(), "protocol-title"),
        GapKind::NoHoursSet => desk
            .can_anywhere(Verb::ManageSettings)
            .then(|| Link { href: "/admin/settings".to_owned(), label: pen.t("settings-title") }),
    }
}

/// The numbers of the home in the order to be called, those that were wrong last.
pub fn phones(r: &mut Reader, pen: &Pen, record: &Record) -> Result<Vec<PhoneLine>, StoreError> {
    let mut points = household::points(r, record.home.id)?;
    points.retain(|p| p.kind == "phone");
    points.sort_by_key(|p| (p.state == PointState::Wrong, p.rank));
    let mut lines = Vec::new();
    for point in points {
        let whose = match point.person_id {
            Some(id) if id != record.person.id => person::by_id(r, id)?.map(|p| p.full_name),
            Some(_) | None => None,
        };
        lines.push(PhoneLine {
            shown: formats::phone(&point.value),
            e164: point.value,
            state: pen.name(point.state),
            is_wrong: point.state == PointState::Wrong,
            note: whose,
        });
    }
    Ok(lines)
}

fn visitors(record: &Record) -> Vec<String> {
    let home = &record.home;
    let named = |name: &Option<String>, phone: &Option<String>| {
        let name = name.clone()?;
        Some(match phone {
            Some(phone) => format!("{name}, {}", formats::phone(phone)),
            None => name,
        })
    };
    let first = named(&home.visitor, &home.visitor_phone);
    first.into_iter().chain(named(&home.second_visitor, &home.second_visitor_phone)).collect()
}

fn home(r: &mut Reader, desk: &Desk, pen: &Pen, record: &Record) -> Result<HouseholdCard, StoreError> {
    let item = &record.item;
    let mut members = Vec::new();
    let mut shown: Vec<rules::PersonId> = Vec::new();
    for other in episode::items_of_household(r, item.household_id)? {
        let is_here = other.id == item.id;
        // Each person once: the open episode comes first.
        if (other.person_id == item.person_id && !is_here) || shown.contains(&other.person_id) {
            continue;
        }
        shown.push(other.person_id);
        let (state, tone) = match (other.state, other.kind) {
            (EpisodeState::Open, EpisodeKind::Case) => {
                (pen.name(other.severity), about::severity_tone(other.severity))
            }
            (EpisodeState::Open, EpisodeKind::Contact) | (EpisodeState::Closed, _) => {
                (about::state(pen, &other), Tone::Plain)
            }
        };
        members.push(Member {
            href: (!is_here).then(|| format!("/people/{}", other.uid)),
            name: other.full_name.clone(),
            age: pen.age(other.birth_date),
            tag: about::tag(pen, &other),
            tone,
            state,
        });
    }
    let adds = desk.can(Verb::RegisterEpisode, &item.path);
    Ok(HouseholdCard {
        address: about::address(item),
        kind: pen.name(record.home.kind),
        members,
        add_href: adds.then(|| format!("/register/household?household_id={}", record.home.uid)),
    })
}

fn group_card(pen: &Pen, group: &GroupItem, carer: Option<&Staff>) -> GroupCard {
    GroupCard {
        href: format!("/groups/{}", group.uid),
        name: group.name.clone(),
        leader: group.leader.as_ref().map(|l| l.name.clone()),
        carer: carer.map(|c| c.full_name.clone()),
        on_duty: match group.on_duty() {
            0 => pen.t("groups-nobody-on-duty"),
            n => pen.t1("groups-on-duty", "n", &pen.n(n)),
        },
    }
}

fn acts_offered(desk: &Desk, item: &EpisodeItem) -> PersonActs {
    let can = |verb| desk.can(verb, &item.path);
    let open = item.state == EpisodeState::Open;
    let whole = item.merged_into.is_none();
    let is_case = item.kind == EpisodeKind::Case;
    PersonActs {
        contact: open && can(Verb::RecordContact),
        checkin: open && can(Verb::RecordCheckin),
        edit: whole && can(Verb::EditPerson),
        severity: open && is_case && can(Verb::SetSeverity),
        arrangement: open && can(Verb::SetArrangement),
        convert: open && !is_case && can(Verb::ConvertToCase),
        release: open && can(Verb::ReleaseEpisode),
        test: open && can(Verb::RecordTest),
        end: open && (can(Verb::EndEpisode) || can(Verb::EndToHospital)),
        reopen: !open && whole && can(Verb::ReopenEpisode),
        void: open && can(Verb::VoidEpisode),
        merge: whole && can(Verb::MergePeople),
        looked: can(Verb::ReadAccessLog),
        link: open && can(Verb::ManageLink),
        thread: can(Verb::ReadThread),
    }
}

fn others(r: &mut Reader, pen: &Pen, record: &Record) -> Result<Vec<Link>, StoreError> {
    let mut all = episode::items_of_person(r, record.item.person_id)?;
    all.retain(|other| other.id != record.item.id);
    Ok(all
        .iter()
        .map(|other| {
            let since = about::found_on(pen, other).map(formats::date).unwrap_or_default();
            link_to(other, format!("{} {since}, {}", pen.name(other.kind), about::state(pen, other)))
        })
        .collect())
}

/// "chuyển tuyến (đi viện), 16/3/2022 10:05, Bệnh viện huyện"
pub fn closed(pen: &Pen, item: &EpisodeItem, episode: &Episode) -> Option<String> {
    if item.state == EpisodeState::Open {
        return None;
    }
    let parts = [
        Some(about::state(pen, item)),
        episode.ended_at.map(|at| pen.moment(at)),
        episode.end_place.clone(),
        episode.end_reason.clone(),
        episode.certified_by.as_ref().map(|who| format!("{}: {who}", pen.t("release-certified"))),
    ];
    let words: Vec<String> = parts.into_iter().flatten().filter(|p| !p.is_empty()).collect();
    Some(events::first_letter_up(&words.join(" · ")))
}

fn timeline_line(pen: &Pen, line: &Line, attempts: &[ContactAttempt]) -> TimelineLine {
    let (what, told) = events::describe(pen.lang, &line.kind, &line.header);
    // What was entered late is shown with both its times.
    let late = line.header.split(' ').any(|pair| pair == "late=1");
    let made =
        late.then(|| attempts.iter().find(|a| a.received_at == line.at && a.at != a.received_at)).flatten();
    let note = Some(line.note.clone()).filter(|n| !n.is_empty());
    TimelineLine {
        when: pen.when(line.at),
        day: events::first_letter_up(&formats::weekday_date(pen.lang, line.at.day(&pen.zone))),
        what,
        detail: match (told, note) {
            (Some(told), Some(note)) => Some(format!("{told}. {note}")),
            (told, note) => told.or(note),
        },
        who: line.actor_name.clone().unwrap_or_else(|| events::origin(pen.lang, &line.actor)),
        origin: if line.actor_name.is_some() {
            events::origin(pen.lang, &line.origin)
        } else {
            String::new()
        },
        tone: tone(&line.kind, &line.header),
        late: made.map(|a| {
            pen.t2("event-late", ("made", &pen.exact(a.at)), ("received", &pen.exact(a.received_at)))
        }),
    }
}

fn tone(kind: &str, header: &str) -> Tone {
    match kind {
        "contact_attempted" if header.contains("outcome=reached") => Tone::Ok,
        "contact_attempted" | "phone_wrong" => Tone::Warn,
        "episode_registered" | "episode_reopened" => Tone::Info,
        "alert_raised" | "alert_escalated" => Tone::Danger,
        "alert_acknowledged" | "alert_closed" => Tone::Ok,
        "episode_ended" => Tone::Brand,
        _ => Tone::Plain,
    }
}

/// Who answers for a home, for the page from which they are read out.
pub fn responsible(
    r: &mut Reader,
    pen: &Pen,
    record: &Record,
) -> Result<Option<(Staff, String)>, StoreError> {
    let leader = match record.home.carer_id {
        Some(_) => None,
        None => group_of(r, record)?.and_then(|g| g.leader).map(|l| l.id),
    };
    let id: Option<StaffId> = record.home.carer_id.or(leader);
    let Some(member) = id.map(|id| staff::by_id(r, id)).transpose()?.flatten() else { return Ok(None) };
    let role = places::work_of(r, pen.lang, member.id, &record.area.path)?;
    Ok(Some((member, role)))
}
