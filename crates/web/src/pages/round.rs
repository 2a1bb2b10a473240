//! The village round (P-8): the homes of a hamlet or of a carer, one after another. A page that was opened goes on without
//! a signal: the script keeps what is written down and sends it later; without script each home is a form of its own.

use super::about;
use super::checkin;
use super::pen::Pen;
use super::show::{
    PAGE, Shown, ask, form, form_one, page, page_again, refused, route, see, see_done, uid, view, view_one,
};
use crate::api::{self, Scope};
use crate::gate::{Posted, Seat};
use crate::problem::Problem;
use crate::routes::{Access, Route};
use acts::record_round::{self, HOMES_MAX, RecordRound, Rounded};
use acts::{Desk, Once};
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use rules::permission::Verb;
use rules::slots::Slots;
use rules::{AreaLevel, At, EpisodeState, HouseholdId, Refusal, RoundOutcome, StaffId, Uid};
use std::collections::HashMap;
use store::alert::Alert;
use store::area;
use store::episode::{self, EpisodeItem, Filter, Within};
use store::{Reader, Stop, alert, locality, protocol};
use views::pages::round::{RoundHome, RoundHomePage, RoundMeasure, RoundMember, RoundPage};
use views::shell::{Nav, encoded};
use views::{Form, Link, formats};

/// People of one place looked at for its round; more live in no hamlet.
const PEOPLE_MAX: i64 = 2_000;
/// Alarms of a commune that are looked at for its round.
const ALARMS_MAX: i64 = 500;
/// One's own homes, in the address.
const MINE: &str = "mine";

pub fn routes() -> Vec<Route> {
    let verb = Access::Verb(Verb::RecordCheckin);
    vec![
        route("GET", "/round", verb, view(round)),
        route("POST", "/round", verb, form(paper)),
        route("GET", "/round/{household}", verb, view_one(home)),
        route("POST", "/round/{household}", verb, form_one(record)),
        route("GET", "/sw.js", Access::Public, get(worker)),
    ]
}

/// What keeps the round of a phone without a signal: the page as it was, for half a day, and what it needs.
async fn worker() -> impl IntoResponse {
    let text = include_str!("../../assets/sw.js")
        .replace("{css}", crate::assets::css_href())
        .replace("{js}", crate::assets::js_href());
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")], text)
}

/// Where a round goes.
#[derive(Clone, Debug, PartialEq)]
enum Of {
    Mine(StaffId),
    Cluster(area::Area),
    Commune(area::Area),
}

/// The places whose round a desk may go, each with its link's word.
fn places(r: &mut Reader, desk: &Desk, pen: &Pen, scope: &Scope) -> Result<Vec<(Of, String, String)>, Stop> {
    let mut places = Vec::new();
    if let Some(staff) = desk.staff {
        let any = episode::list(r, Within::Carer(staff), &open(), rules::EpisodeId(0), 1)?;
        if any.iter().any(|item| desk.can(Verb::RecordCheckin, &item.path)) {
            places.push((Of::Mine(staff), MINE.to_owned(), pen.t("round-mine")));
        }
    }
    match scope.cluster {
        Some(id) => {
            if let Some(own) = area::by_id(r, id)? {
                places.push((Of::Cluster(own.clone()), own.uid.to_string(), own.name));
            }
        }
        None => {
            let clusters = area::below(r, &scope.area.path, AreaLevel::Cluster)?;
            if clusters.is_empty() {
                let own = scope.area.clone();
                places.push((Of::Commune(own.clone()), own.uid.to_string(), own.full_name()));
            }
            for cluster in clusters {
                places.push((Of::Cluster(cluster.clone()), cluster.uid.to_string(), cluster.name));
            }
        }
    }
    Ok(places)
}

fn open() -> Filter {
    Filter { state: Some(EpisodeState::Open), ..Filter::default() }
}

/// The people of a place, home by home as one walks: by address, "nhà 7" before "nhà 73".
fn homes_of(r: &mut Reader, desk: &Desk, of: &Of) -> Result<Vec<Vec<EpisodeItem>>, Stop> {
    let within = match of {
        Of::Mine(staff) => Within::Carer(*staff),
        Of::Cluster(cluster) => Within::Cluster(cluster.id),
        Of::Commune(commune) => Within::Commune(commune.id),
    };
    let mut people = episode::list(r, within, &open(), rules::EpisodeId(0), PEOPLE_MAX)?;
    people.retain(|item| desk.can(Verb::RecordCheckin, &item.path));
    let mut homes: HashMap<HouseholdId, Vec<EpisodeItem>> = HashMap::new();
    for item in people {
        homes.entry(item.household_id).or_default().push(item);
    }
    let mut homes: Vec<Vec<EpisodeItem>> = homes.into_values().collect();
    homes.sort_by_cached_key(|home| {
        let first = home.first();
        (
            first.and_then(|item| item.cluster.clone()),
            natural(first.map_or("", |item| item.address.as_str())),
            first.map_or(0, |item| item.household_id.0),
        )
    });
    Ok(homes)
}

/// An address with its numbers as numbers.
fn natural(address: &str) -> Vec<(String, u64)> {
    let mut parts = Vec::new();
    let (mut word, mut digits) = (String::new(), String::new());
    for c in rules::fold::fold(address).chars().chain(['\0']) {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        if !digits.is_empty() {
            parts.push((std::mem::take(&mut word), digits.parse().unwrap_or(u64::MAX)));
            digits.clear();
        }
        word.push(c);
    }
    parts.push((word, 0));
    parts
}

/// When this time's round began for somebody: the last slot that has begun, or the day.
fn began(pen: &Pen, slots: Option<&Slots>, item: &EpisodeItem) -> At {
    let today = pen.now.day(&pen.zone);
    let begun = slots.and_then(|slots| {
        slots
            .of_day(item.kind, today, &pen.zone)
            .into_iter()
            .map(|due| due.from)
            .rfind(|from| *from <= pen.now)
    });
    begun.unwrap_or_else(|| today.start(&pen.zone))
}

fn member(pen: &Pen, slots: Option<&Slots>, item: &EpisodeItem) -> RoundMember {
    let heard = item.heard_at.filter(|at| *at >= began(pen, slots, item));
    RoundMember {
        episode: item.uid.to_string(),
        name: item.full_name.clone(),
        age: pen.age(item.birth_date),
        tag: about::tag(pen, item),
        heard: match heard {
            Some(at) => pen.t1("round-heard", "time", &formats::time(at, &pen.zone)),
            None => pen.t("round-not-heard"),
        },
        is_done: heard.is_some(),
    }
}

/// What is asked for in the address.
#[derive(Clone, Debug)]
struct Wanted {
    of: String,
    number: usize,
    is_paper: bool,
}

/// Homes of the page, and how many there are.
struct Found {
    page: RoundPage,
    of: String,
    more: bool,
    from: usize,
}

fn find(
    r: &mut Reader,
    desk: &Desk,
    pen: &Pen,
    shelf: &acts::adopt_protocol::Shelf,
    wanted: &Wanted,
) -> Result<Found, Stop> {
    let scope = api::scope(r, desk, Verb::RecordCheckin, None)?;
    let places = places(r, desk, pen, &scope)?;
    let current = match wanted.of.as_str() {
        "" => 0,
        word => places.iter().position(|(_, of, _)| of == word).ok_or_else(Refusal::not_found)?,
    };
    let (of, word, _) = places.get(current).ok_or_else(Refusal::not_found)?;
    let homes = homes_of(r, desk, of)?;
    let slots = protocol::slots(r, &scope.path)?;
    let in_force = shelf.in_force(r, &scope.path)?.map(|(_, protocol)| protocol);
    let is_done = |home: &Vec<EpisodeItem>| home.iter().all(|item| member(pen, slots.as_ref(), item).is_done);
    let done = homes.iter().filter(|home| is_done(home)).count();
    let from = (wanted.number - 1) * PAGE;
    let running = alert::gravest(r, &scope.path, ALARMS_MAX)?;
    let mut shown = Vec::new();
    for (n, home) in homes.iter().enumerate().skip(from).take(PAGE) {
        let mut shown_home = card(pen, slots.as_ref(), &running, n + 1, home);
        if let (Of::Cluster(_), Some(first)) = (of, home.first().filter(|item| !item.address.is_empty())) {
            // The hamlet stands above the list.
            shown_home.address = first.address.clone();
        }
        shown.push(shown_home);
    }
    let zone = &pen.zone;
    let slot = slots.as_ref().and_then(|slots| {
        let begun = slots.of_day(rules::EpisodeKind::Case, pen.now.day(zone), zone);
        let due = begun.into_iter().rfind(|due| due.from <= pen.now)?;
        let hours = format!("{}–{}", formats::time(due.from, zone), formats::time(due.to, zone));
        Some(pen.t1("round-slot", "hours", &hours))
    });
    let place = match of {
        Of::Mine(_) => scope.area.full_name(),
        Of::Cluster(cluster) => {
            let commune = match cluster.parent_id {
                Some(parent) => area::by_id(r, parent)?.map(|commune| commune.full_name()),
                None => None,
            };
            [Some(cluster.name.clone()), commune].into_iter().flatten().collect::<Vec<_>>().join(", ")
        }
        Of::Commune(commune) => commune.full_name(),
    };
    let page = RoundPage {
        place,
        slot: slot.unwrap_or_default(),
        places: places
            .iter()
            .map(|(_, of, label)| Link { href: format!("/round?of={}", encoded(of)), label: label.clone() })
            .collect(),
        current,
        homes: shown,
        total: pen.n(homes.len() as i64),
        done: pen.n(done as i64),
        no_protocol: in_force.is_none(),
        signs: in_force.iter().flat_map(|protocol| checkin::choices(pen.lang, &protocol.red_flags)).collect(),
        measures: in_force
            .iter()
            .flat_map(|protocol| &protocol.fields)
            .map(|field| RoundMeasure { name: field.id.clone(), label: checkin::label(pen.lang, field) })
            .collect(),
        emergency: pen.emergency(&locality::emergency_numbers(r, &scope.commune_path)?),
        author: desk.actor(),
        made: formats::time(pen.now, zone),
        ..RoundPage::default()
    };
    Ok(Found { page, of: word.clone(), more: homes.len() > from + PAGE, from })
}

fn card(
    pen: &Pen,
    slots: Option<&Slots>,
    running: &[Alert],
    number: usize,
    home: &[EpisodeItem],
) -> RoundHome {
    let members: Vec<RoundMember> = home.iter().map(|item| member(pen, slots, item)).collect();
    let first = home.first();
    let alarm = first.and_then(|item| running.iter().find(|alarm| alarm.household_id == item.household_id));
    RoundHome {
        id: first.map(|item| item.household_uid.to_string()).unwrap_or_default(),
        number: number.to_string(),
        address: first.map(about::address).unwrap_or_default(),
        phone: first.and_then(|item| item.phones.first()).map(|number| pen.phone(number)),
        visitor: first.and_then(|item| item.visitor.clone()),
        is_done: members.iter().all(|member| member.is_done),
        alarm: alarm.map(|alarm| pen.t1("round-alarm", "level", &pen.name(alarm.level))),
        members,
    }
}

async fn shown(seat: &Seat, wanted: Wanted, form: Form) -> Result<RoundPage, Problem> {
    let (pen, shelf) = (Pen::of(seat), seat.app.house.shelf.clone());
    let (asked, want) = (pen.clone(), wanted.clone());
    let found = ask(seat, move |r, desk| find(r, desk, &asked, &shelf, &want)).await?;
    let mut page = found.page;
    let link = |number: usize, paper: bool| {
        let number = if number > 1 { number.to_string() } else { String::new() };
        let paper = if paper { "1" } else { "" };
        let pairs = [("of", found.of.as_str()), ("page", &number), ("paper", paper)];
        let query: Vec<String> =
            pairs.iter().filter(|(_, v)| !v.is_empty()).map(|(k, v)| format!("{k}={}", encoded(v))).collect();
        format!("/round?{}", query.join("&"))
    };
    page.paging = pen.paging(
        found.from,
        page.homes.len(),
        (wanted.number > 1).then(|| link(wanted.number - 1, wanted.is_paper)),
        found.more.then(|| link(wanted.number + 1, wanted.is_paper)),
    );
    page.is_paper = wanted.is_paper;
    page.paper = Link {
        href: link(wanted.number, !wanted.is_paper),
        label: pen.t(if wanted.is_paper { "round-paper-leave" } else { "round-paper" }),
    };
    page.shell = seat.shell(Nav::Round, "nav-round").await?;
    page.printed_by = page
        .shell
        .who
        .as_ref()
        .map(|who| format!("{}, {}", who.name, formats::clock(pen.lang, pen.now, &pen.zone)))
        .unwrap_or_default();
    page.form = form;
    page.form.set("of", &found.of);
    Ok(page)
}

fn number_of(text: &str) -> usize {
    text.parse().unwrap_or(1).clamp(1, PEOPLE_MAX as usize / PAGE)
}

async fn round(seat: Seat) -> Shown {
    let wanted = Wanted {
        of: seat.param("of").to_owned(),
        number: number_of(seat.param("page")),
        is_paper: seat.param("paper") == "1",
    };
    page(&shown(&seat, wanted, Form::default()).await?)
}

/// What the form of one home says.
fn command(posted: &Posted, household: Uid, pen: &Pen) -> Result<RecordRound, Refusal> {
    let how = match posted.value("how") {
        "" => return Err(Refusal::field("how", "required")),
        word => RoundOutcome::parse(word).ok_or_else(|| Refusal::field("how", "unknown_word"))?,
    };
    let mut unwell = Vec::new();
    for id in posted.all("unwell") {
        unwell.push(Uid::parse(id).ok_or_else(|| Refusal::field("unwell", "unknown"))?);
    }
    Ok(RecordRound {
        household,
        how,
        unwell,
        // The button that says everybody is well says that all were asked.
        signs_asked: posted.on("signs_asked") || how == RoundOutcome::AllWell,
        made_at: checkin::moment(posted, pen)?,
    })
}

async fn record(seat: Seat, id: String, posted: Posted) -> Shown {
    let household = uid(&id)?;
    let (pen, shelf) = (Pen::of(&seat), seat.app.house.shelf.clone());
    let done = match command(&posted, household, &pen) {
        Err(refusal) => Err(Stop::Refused(refusal)),
        Ok(cmd) => {
            let mut once = posted.once("POST /round/{household}", &id);
            // A page has one key and a form for each of several homes.
            let of_one = |key: String| format!("{id} {key}").chars().take(Once::KEY_MAX).collect();
            once.key = once.key.map(of_one);
            let act = move |tx: &mut store::Tx, desk: &Desk, mint: &mut acts::Mint| {
                record_round::record_round(tx, desk, mint, &shelf, &cmd)
            };
            seat.app.house.once(seat.desk()?, once, act).await
        }
    };
    match done {
        Ok(done) if done.unwell.is_empty() => see_done("/round", "round"),
        Ok(done) => see(&format!("/round/{id}?unwell={}", done.unwell.join(","))),
        Err(stop) => {
            let refusal = refused(stop)?;
            let form = Form::of(posted.0.clone()).refuse(seat.lang, &refusal);
            let wanted = Wanted { of: String::new(), number: 1, is_paper: false };
            page_again(&refusal, &shown(&seat, wanted, form).await?)
        }
    }
}

async fn home(seat: Seat, id: String) -> Shown {
    let household = uid(&id)?;
    let pen = Pen::of(&seat);
    let asked: Vec<String> = seat.param("unwell").split(',').map(str::to_owned).collect();
    let mut shown = ask(&seat, move |r, desk| {
        let (home, members) = record_round::load(r, desk, Verb::RecordCheckin, household)?;
        let scope = members.first().map(|item| item.path.clone()).unwrap_or_default();
        let slots = protocol::slots(r, &scope)?;
        let (unwell, others): (Vec<_>, Vec<_>) = members
            .iter()
            .map(|item| member(&pen, slots.as_ref(), item))
            .partition(|member| asked.contains(&member.episode));
        Ok(RoundHomePage {
            address: members.first().map_or(home.address.clone(), about::address),
            unwell,
            others,
            emergency: pen.emergency(&locality::emergency_numbers(r, &scope)?),
            back: "/round".to_owned(),
            ..RoundHomePage::default()
        })
    })
    .await?;
    shown.shell = seat.shell(Nav::Round, "nav-round").await?;
    page(&shown)
}

/// The sheet of paper: every home that was ticked, all or none.
async fn paper(seat: Seat, posted: Posted) -> Shown {
    let (pen, shelf) = (Pen::of(&seat), seat.app.house.shelf.clone());
    let done = match sheet(&posted, &pen) {
        Err(refusal) => Err(Stop::Refused(refusal)),
        Ok((homes, left)) => {
            let once = posted.once("POST /round", "");
            let act = move |tx: &mut store::Tx, desk: &Desk, mint: &mut acts::Mint| {
                let done: Result<Vec<Rounded>, Stop> = homes
                    .iter()
                    .map(|home| record_round::record_round(tx, desk, mint, &shelf, home))
                    .collect();
                done
            };
            seat.app.house.once(seat.desk()?, once, act).await.map(|_| left)
        }
    };
    let of = posted.value("of").to_owned();
    match done {
        Ok(left) if left.is_empty() => see_done(&format!("/round?of={}", encoded(&of)), "round"),
        Ok(left) => see(&format!("/round/{}", left[0])),
        Err(stop) => {
            let refusal = refused(stop)?;
            let form = Form::of(posted.0.clone()).refuse(seat.lang, &refusal);
            page_again(&refusal, &shown(&seat, Wanted { of, number: 1, is_paper: true }, form).await?)
        }
    }
}

/// The homes of a sheet, and those of which each member is still to be asked.
fn sheet(posted: &Posted, pen: &Pen) -> Result<(Vec<RecordRound>, Vec<String>), Refusal> {
    let made_at = checkin::moment(posted, pen)?;
    let (mut homes, mut left) = (Vec::new(), Vec::new());
    for (name, word) in &posted.0 {
        let Some(id) = name.strip_prefix("how.") else { continue };
        let household = Uid::parse(id).ok_or_else(Refusal::not_found)?;
        let how = RoundOutcome::parse(word).ok_or_else(|| Refusal::field(name, "unknown_word"))?;
        if how == RoundOutcome::SomeUnwell {
            left.push(id.to_owned());
            continue;
        }
        let signs_asked = posted.on("signs_asked");
        homes.push(RecordRound { household, how, unwell: Vec::new(), signs_asked, made_at });
    }
    if homes.is_empty() && left.is_empty() {
        return Err(Refusal::field("how", "required"));
    }
    if homes.len() + left.len() > HOMES_MAX {
        return Err(Refusal::field("how", "too_many"));
    }
    Ok((homes, left))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn homes_stand_in_the_order_of_their_numbers() {
        let mut addresses = ["nhà 73", "nhà 7b", "Nhà 7", "nhà 100", "cuối bản", ""];
        addresses.sort_by_cached_key(|address| natural(address));
        assert_eq!(addresses, ["", "cuối bản", "Nhà 7", "nhà 7b", "nhà 73", "nhà 100"]);
    }
}
