//! Who somebody is and how they are, in words: what the lists and every page about one person say alike.

use super::pen::{Pen, masked};
use super::show::ask;
use crate::gate::Seat;
use crate::problem::Problem;
use acts::{Desk, edit_person};
use rules::permission::Verb;
use rules::{Day, EpisodeKind, EpisodeState, FirstContact, Refusal, Severity, Uid};
use store::area::{self, Area};
use store::episode::{self, EpisodeItem};
use store::household::{self, Household};
use store::person::{self, Person};
use store::{Reader, Stop, StoreError};
use views::pages::people::PersonRow;
use views::{PersonHead, Tone, formats};

/// An episode with what its pages need beside it.
#[derive(Clone, Debug)]
pub struct Record {
    pub item: EpisodeItem,
    pub person: Person,
    pub home: Household,
    pub area: Area,
}

impl Record {
    pub fn is_open(&self) -> bool {
        self.item.state == EpisodeState::Open
    }

    pub fn page(&self) -> String {
        format!("/people/{}", self.item.uid)
    }
}

/// The record behind a page, if the desk may `verb` there; a missing permission looks like a missing record.
pub fn load(r: &mut Reader, desk: &Desk, verb: Verb, id: Uid) -> Result<Record, Stop> {
    let item = episode::item_by_uid(r, id)?.ok_or_else(Refusal::not_found)?;
    desk.may(verb, &item.path)?;
    let torn = || StoreError::Shape(format!("episode {} hangs in the air", item.id.0));
    let person = person::by_id(r, item.person_id)?.ok_or_else(torn)?;
    let home = household::by_id(r, item.household_id)?.ok_or_else(torn)?;
    let area = area::by_id(r, item.area_id)?.ok_or_else(torn)?;
    Ok(Record { item, person, home, area })
}

/// [`load`] for a page that shows the record: that somebody looked is written down before the page leaves.
pub async fn open(seat: &Seat, verb: Verb, id: Uid) -> Result<Record, Problem> {
    let record = ask(seat, move |r, desk| load(r, desk, verb, id)).await?;
    let read = record.item.clone();
    seat.app.house.run(seat.desk()?, move |tx, desk, _| edit_person::note_reading(tx, desk, &read)).await?;
    Ok(record)
}

pub fn found_on(pen: &Pen, item: &EpisodeItem) -> Option<Day> {
    item.detected_on.or_else(|| item.detected_at.map(|at| at.day(&pen.zone)))
}

/// "F0 · ngày 5"; who is no longer under care has no day.
pub fn tag(pen: &Pen, item: &EpisodeItem) -> String {
    let day = match item.state {
        EpisodeState::Open => found_on(pen, item).map(|found| pen.today().since(found)),
        EpisodeState::Closed => None,
    };
    formats::day_tag(pen.lang, item.kind, day)
}

/// "nhà 73, Bản Nậm Hãn"
pub fn address(item: &EpisodeItem) -> String {
    written_address(&item.address, item.cluster.as_deref())
}

pub fn written_address(address: &str, cluster: Option<&str>) -> String {
    match (address.is_empty(), cluster) {
        (_, None) => address.to_owned(),
        (true, Some(cluster)) => cluster.to_owned(),
        (false, Some(cluster)) => format!("{address}, {cluster}"),
    }
}

/// "đang theo dõi", or how it ended.
pub fn state(pen: &Pen, item: &EpisodeItem) -> String {
    match (item.state, item.outcome) {
        (EpisodeState::Open, _) | (EpisodeState::Closed, None) => pen.name(item.state),
        (EpisodeState::Closed, Some(outcome)) => pen.name(outcome),
    }
}

pub fn sex(pen: &Pen, item: &EpisodeItem) -> String {
    match item.sex {
        rules::Sex::Unknown => String::new(),
        rules::Sex::Male | rules::Sex::Female => pen.name(item.sex),
    }
}

pub fn head(pen: &Pen, record: &Record) -> PersonHead {
    let item = &record.item;
    let is_case = item.kind == EpisodeKind::Case;
    PersonHead {
        episode: item.uid.to_string(),
        name: item.full_name.clone(),
        age: pen.age(item.birth_date),
        sex: sex(pen, item),
        tag: tag(pen, item),
        state: state(pen, item),
        is_open: record.is_open(),
        is_case,
        severity: is_case.then(|| pen.name(item.severity)),
        severity_word: item.severity.word().to_owned(),
        address: address(item),
        area: rules::areas::spoken_name(&record.area.kind, &record.area.name),
    }
}

pub fn severity_tone(severity: Severity) -> Tone {
    match severity {
        Severity::Severe | Severity::Critical => Tone::Danger,
        Severity::Moderate => Tone::Warn,
        Severity::Asymptomatic | Severity::Mild => Tone::Ok,
        Severity::Unassessed => Tone::Plain,
    }
}

/// A line of a list. Numbers are whole for those who call people there; everybody else opens the record, and that is
/// written down.
pub fn row(pen: &Pen, desk: &Desk, item: &EpisodeItem, with_area: bool) -> PersonRow {
    let (state, tone) = match (item.state, item.kind) {
        (EpisodeState::Closed, _) => (state(pen, item), Tone::Plain),
        (EpisodeState::Open, EpisodeKind::Case) => (pen.name(item.severity), severity_tone(item.severity)),
        (EpisodeState::Open, EpisodeKind::Contact) => (String::new(), Tone::Plain),
    };
    let calls = desk.can(Verb::RecordContact, &item.path);
    let phone = item.phones.first().map(|p| if calls { formats::phone(p) } else { masked(p) });
    PersonRow {
        episode: item.uid.to_string(),
        name: item.full_name.clone(),
        age: pen.age(item.birth_date),
        tag: tag(pen, item),
        address: address(item),
        area: with_area.then(|| item.area_name.clone()),
        phone: phone.unwrap_or_default(),
        state,
        tone,
        due: is_waited_for(item).then_some(item.due_at).flatten().map(|at| pen.due(at)),
        gaps: None,
    }
}

/// Whether first contact still has to be made.
pub fn is_waited_for(item: &EpisodeItem) -> bool {
    match (item.state, item.first_contact) {
        (EpisodeState::Open, FirstContact::Waiting | FirstContact::Reached) => true,
        (EpisodeState::Open, FirstContact::Advised) | (EpisodeState::Closed, _) => false,
    }
}

/// "Vàng A Sử, 12 tuổi, F1"
pub fn in_short(pen: &Pen, item: &EpisodeItem) -> String {
    let age = pen.age(item.birth_date);
    let kind = pen.name(item.kind);
    if age.is_empty() {
        format!("{}, {kind}", item.full_name)
    } else {
        format!("{}, {age}, {kind}", item.full_name)
    }
}

/// Everybody else at home who is under care.
pub fn others_at_home(r: &mut Reader, item: &EpisodeItem) -> Result<Vec<EpisodeItem>, StoreError> {
    let mut others = episode::items_of_household(r, item.household_id)?;
    others.retain(|o| o.state == EpisodeState::Open && o.id != item.id);
    Ok(others)
}

/// "82 tuổi, nữ · nhà 73, Bản Nậm Hãn · F0, đang theo dõi"
pub fn facts(pen: &Pen, item: &EpisodeItem) -> String {
    let who: Vec<String> =
        [pen.age(item.birth_date), sex(pen, item)].into_iter().filter(|w| !w.is_empty()).collect();
    let stands = format!("{}, {}", pen.name(item.kind), state(pen, item));
    [who.join(", "), address(item), stands]
        .into_iter()
        .filter(|w| !w.is_empty())
        .collect::<Vec<_>>()
        .join(" · ")
}
