//! Alarms (LC-10, LC-17): who is in danger in one's area, why, and whose it is by now. Calling is acting: one button takes
//! the alarm and leads to the sheet after the call (P-10). Somebody's alarm is a part of their record: opening it is
//! written down.

use super::about::{self, Record};
use super::answers::{self, Judged};
use super::pen::Pen;
use super::person;
use super::places;
use super::show::{
    PAGE, Shown, ask, cut, form_one, page, page_again, refused, route, see, see_done, uid, view, view_one,
};
use super::work::worth_knowing;
use crate::api::{self, Scope};
use crate::gate::{Posted, Seat};
use crate::problem::Problem;
use crate::routes::{Access, Route};
use acts::adopt_protocol::Shelf;
use acts::{Desk, alerts};
use rules::permission::Verb;
use rules::{
    AlertEnd, AlertId, AlertState, AreaLevel, CheckinId, EpisodeId, EpisodeState, GapLevel, Level, Refusal,
    StaffId, Uid,
};
use std::collections::HashMap;
use store::alert::{self, Alert, Subject};
use store::checkin;
use store::episode::{self, EpisodeItem};
use store::timeline::{self, Line};
use store::{Reader, Stop, StoreError, locality, protocol, staff};
use views::pages::alerts::{
    AlertCard, AlertOther, AlertPage, AlertStamp, AlertsPage, AnswerCard, level_tone,
};
use views::shell::{Nav, encoded};
use views::{Form, Link, Paging, Tone};

/// Alarms looked at for one page of the list; whatever is beyond is less grave than all of them.
const LOOKED_AT_MAX: usize = 2_000;
/// Alarms counted for the headline; more are shown as "999+".
const COUNTED_MAX: i64 = 1_000;
/// Entries of one alarm's life.
const STAMPS_MAX: i64 = 200;
/// Alarms on top of the worklist; the others are one link away.
pub const ON_TOP_MAX: i64 = 4;

pub fn routes() -> Vec<Route> {
    let (read, take) = (Access::Verb(Verb::ReadAlerts), Access::Verb(Verb::TakeAlert));
    vec![
        route("GET", "/alerts", read, view(list)),
        route("GET", "/alerts/{id}", read, view_one(one)),
        route("POST", "/alerts/{id}/call", take, form_one(call)),
        route("POST", "/alerts/{id}/take", take, form_one(take_it)),
        route("POST", "/alerts/{id}/close", take, form_one(close)),
    ]
}

/// What is asked for many alarms of a page and read once.
pub struct Around<'a> {
    desk: &'a Desk,
    pen: &'a Pen,
    names: HashMap<StaffId, String>,
    people: HashMap<EpisodeId, EpisodeItem>,
    subjects: Vec<Subject>,
    answers: HashMap<CheckinId, Judged>,
}

impl<'a> Around<'a> {
    /// Everything about `rows` that their cards say.
    pub fn of(
        r: &mut Reader,
        desk: &'a Desk,
        pen: &'a Pen,
        shelf: &Shelf,
        rows: &[Alert],
    ) -> Result<Around<'a>, StoreError> {
        let subjects = alert::subjects(r, rows)?;
        let mut ids: Vec<EpisodeId> = subjects.iter().map(|subject| subject.episode_id).collect();
        ids.sort_unstable();
        ids.dedup();
        let people = episode::items_by_ids(r, &ids)?.into_iter().map(|item| (item.id, item)).collect();
        let said: Vec<CheckinId> = rows.iter().map(|row| row.checkin_id).collect();
        let said = checkin::by_ids(r, &said)?;
        let answers =
            answers::judged(r, shelf, said)?.into_iter().map(|judged| (judged.row.id, judged)).collect();
        Ok(Around { desk, pen, names: HashMap::new(), people, subjects, answers })
    }

    fn name(&mut self, r: &mut Reader, id: StaffId) -> Result<String, StoreError> {
        if let Some(known) = self.names.get(&id) {
            return Ok(known.clone());
        }
        let name = staff::by_id(r, id)?.map(|s| s.full_name).unwrap_or_default();
        self.names.insert(id, name.clone());
        Ok(name)
    }

    /// The rules that fired, in the protocol's words, and what was said: danger signs and values.
    fn why(&self, row: &Alert) -> (Vec<String>, Vec<String>) {
        let pen = self.pen;
        let Some(judged) = self.answers.get(&row.checkin_id) else {
            return (vec![pen.t("alarm-reason-unknown")], Vec::new());
        };
        let reasons: Vec<String> = judged.reasons(pen).into_iter().map(|reason| reason.what).collect();
        let mut told = judged.flags(pen);
        told.extend(judged.numbers(pen).iter().map(|said| format!("{} {}", said.label, said.value)));
        (if reasons.is_empty() { vec![pen.t("alarm-reason-unknown")] } else { reasons }, told)
    }

    /// The others at home whom the alarm is about, while they are under care.
    fn others(&self, row: &Alert) -> Vec<AlertOther> {
        let others = self.subjects.iter().filter(|s| s.alert_id == row.id && s.episode_id != row.episode_id);
        let other = |subject: &Subject| {
            let item = self.people.get(&subject.episode_id)?;
            (item.state == EpisodeState::Open).then(|| AlertOther {
                episode: item.uid.to_string(),
                name: item.full_name.clone(),
                level: self.pen.name(subject.level),
            })
        };
        others.filter_map(other).collect()
    }

    fn card(
        &mut self,
        r: &mut Reader,
        row: &Alert,
        item: &EpisodeItem,
        with_area: bool,
    ) -> Result<AlertCard, StoreError> {
        let pen = self.pen;
        let is_over = row.state == AlertState::Closed;
        let is_mine = row.acknowledged_by.is_some() && row.acknowledged_by == self.desk.staff;
        let may_take = !is_over && self.desk.can(Verb::TakeAlert, &item.path);
        let holder = match (row.acknowledged_by, row.acknowledged_at) {
            (Some(_), Some(at)) if is_mine => Some(pen.t1("alarm-holder-me", "time", &pen.exact(at))),
            (Some(id), Some(at)) => {
                let name = self.name(r, id)?;
                Some(pen.t2("alarm-holder", ("name", &name), ("time", &pen.exact(at))))
            }
            (_, _) => None,
        };
        let ending = match (row.closed_at, row.ending) {
            (Some(at), Some(how)) => {
                Some(pen.t2("alarm-ended", ("time", &pen.exact(at)), ("how", &pen.name(how))))
            }
            (_, _) => None,
        };
        let (reasons, said) = self.why(row);
        let dial = item.phones.first().filter(|_| may_take).cloned();
        let (with_phone, without) = match (row.state, is_mine) {
            (AlertState::Acknowledged, true) => ("alarm-call-again", "alarm-visit-again"),
            (AlertState::Acknowledged, false) => ("alarm-over-call", "alarm-over-visit"),
            (AlertState::Open | AlertState::Closed, _) => ("alarm-take-call", "alarm-take-visit"),
        };
        Ok(AlertCard {
            id: row.uid.to_string(),
            episode: item.uid.to_string(),
            name: item.full_name.clone(),
            age: pen.age(item.birth_date),
            tag: about::tag(pen, item),
            address: about::address(item),
            area: with_area.then(|| item.area_name.clone()),
            level: pen.name(row.level),
            tone: if is_over { Tone::Plain } else { level_tone(row.level) },
            reasons,
            said,
            others: self.others(row),
            since: pen.when(row.raised_at),
            due: (row.state == AlertState::Open).then(|| pen.due(row.acknowledge_by)),
            whose: pen.t(match row.told {
                GapLevel::Leader => "alarm-whose-leader",
                GapLevel::Commune => "alarm-whose-commune",
                GapLevel::District => "alarm-whose-district",
            }),
            holder,
            is_over,
            ending,
            call: may_take.then(|| pen.t(if dial.is_some() { with_phone } else { without })),
            sheet: after_taking(self.desk, row, item),
            dial,
        })
    }

    /// The cards of these alarms, in their order.
    pub fn cards(
        &mut self,
        r: &mut Reader,
        rows: &[Alert],
        with_area: bool,
    ) -> Result<Vec<AlertCard>, StoreError> {
        let mut cards = Vec::new();
        for row in rows {
            if let Some(item) = self.people.get(&row.episode_id).cloned() {
                cards.push(self.card(r, row, &item, with_area)?);
            }
        }
        Ok(cards)
    }
}

/// Where whoever takes an alarm goes on: to the sheet after the call, or to the alarm if they keep no contacts there.
fn after_taking(desk: &Desk, row: &Alert, item: &EpisodeItem) -> String {
    let alarm = format!("/alerts/{}", row.uid);
    if !desk.can(Verb::RecordContact, &item.path) {
        return format!("{alarm}?done=alarm_taken");
    }
    let way = if item.phones.is_empty() { "by=visit" } else { "after=call" };
    format!("/people/{}/contact?{way}&next={}", item.uid, encoded(&alarm))
}

/// What one's scope has of running alarms, for the pages that show a few of them: their number and the first.
pub fn on_top(
    r: &mut Reader,
    desk: &Desk,
    pen: &Pen,
    shelf: &Shelf,
) -> Result<(alert::Running, Vec<AlertCard>), Stop> {
    if !desk.can_anywhere(Verb::ReadAlerts) {
        return Ok((alert::Running::default(), Vec::new()));
    }
    let scope = api::scope(r, desk, Verb::ReadAlerts, None)?;
    let running = alert::count_running(r, &scope.path, COUNTED_MAX)?;
    let rows = alert::gravest(r, &scope.path, ON_TOP_MAX)?;
    Ok((running, Around::of(r, desk, pen, shelf, &rows)?.cards(r, &rows, spans(&scope))?))
}

fn spans(scope: &Scope) -> bool {
    matches!(scope.area.level, AreaLevel::Province | AreaLevel::District)
}

/// "12", "999+"
pub fn counted(pen: &Pen, n: i64) -> String {
    if n < COUNTED_MAX { pen.n(n) } else { format!("{}+", pen.n(COUNTED_MAX - 1)) }
}

/// What is asked for in the address.
#[derive(Clone)]
struct Wanted {
    area: String,
    is_closed: bool,
    /// The page of those that run.
    number: usize,
    /// Of those that are over, the last one of the page before.
    cursor: Option<Uid>,
}

struct Found {
    page: AlertsPage,
    more: bool,
    last: Option<String>,
}

fn find(r: &mut Reader, desk: &Desk, pen: &Pen, shelf: &Shelf, wanted: &Wanted) -> Result<Found, Stop> {
    let code = Some(wanted.area.as_str()).filter(|code| !code.is_empty());
    let scope = api::scope(r, desk, Verb::ReadAlerts, code)?;
    let (rows, more) = if wanted.is_closed {
        let before = match wanted.cursor {
            Some(uid) => {
                alerts::reached(r, &scope.path, uid)?.ok_or_else(|| Refusal::field("cursor", "unknown"))?
            }
            None => AlertId(i64::MAX),
        };
        let mut rows = alert::latest_closed(r, &scope.path, before, PAGE as i64 + 1)?;
        let more = cut(&mut rows);
        (rows, more)
    } else {
        let upto = (wanted.number * PAGE + 1).min(LOOKED_AT_MAX);
        let rows = alert::gravest(r, &scope.path, upto as i64)?;
        let mut rows: Vec<Alert> = rows.into_iter().skip((wanted.number - 1) * PAGE).collect();
        let more = cut(&mut rows);
        (rows, more)
    };
    let running = alert::count_running(r, &scope.path, COUNTED_MAX)?;
    let area = match scope.cluster {
        Some(_) => desk.home(Verb::ReadAlerts).map(|g| g.area_name.clone()),
        None => None,
    };
    let page = AlertsPage {
        area: area.unwrap_or_else(|| scope.area.full_name()),
        crumbs: places::crumbs(r, desk, Verb::ReadAlerts, &scope.area, |a| {
            format!("/alerts?area={}", encoded(&a.code))
        })?,
        running: counted(pen, running.all),
        is_closed: wanted.is_closed,
        cards: Around::of(r, desk, pen, shelf, &rows)?.cards(r, &rows, spans(&scope))?,
        no_protocol: protocol::holding(r, &scope.path)?.is_none(),
        ..AlertsPage::default()
    };
    Ok(Found { page, more, last: rows.last().map(|row| row.uid.to_string()) })
}

async fn list(seat: Seat) -> Shown {
    let pen = Pen::of(&seat);
    let wanted = Wanted {
        area: seat.param("area").to_owned(),
        is_closed: seat.param("state") == "closed",
        number: seat.param("page").parse().unwrap_or(1).clamp(1, LOOKED_AT_MAX / PAGE),
        cursor: Uid::parse(seat.param("cursor")),
    };
    let (asked, want, shelf) = (pen.clone(), wanted.clone(), seat.app.house.shelf.clone());
    let found = ask(&seat, move |r, desk| find(r, desk, &asked, &shelf, &want)).await?;
    let mut shown = found.page;
    let at = |state: &str, number: usize, cursor: &str| {
        let number = if number > 1 { number.to_string() } else { String::new() };
        let area = wanted.area.as_str();
        seat.with_query(&[("area", area), ("state", state), ("page", &number), ("cursor", cursor)])
    };
    let link = |state: &str, key: &str| Link { href: at(state, 1, ""), label: pen.t(key) };
    shown.states = vec![link("", "alarm-running"), link("closed", "alarm-closed")];
    shown.paging = if wanted.is_closed {
        let next = found.more.then_some(found.last).flatten().map(|last| at("closed", 1, &last));
        pen.next_only(next, wanted.cursor.map(|_| at("closed", 1, "")))
    } else {
        let previous = (wanted.number > 1).then(|| at("", wanted.number - 1, ""));
        let next = found.more.then(|| at("", wanted.number + 1, ""));
        let from = (wanted.number - 1) * PAGE;
        let (first, last) = (pen.n(from as i64 + 1), pen.n((from + shown.cards.len()) as i64));
        (previous.is_some() || next.is_some()).then(|| Paging {
            words: pen.t2("alarm-range", ("from", &first), ("to", &last)),
            previous,
            next,
        })
    };
    shown.shell = seat.shell(Nav::Alerts, "nav-alerts").await?;
    page(&shown)
}

/// The answer that raised an alarm.
fn answer(r: &mut Reader, around: &Around<'_>, row: &Alert) -> Result<Option<AnswerCard>, StoreError> {
    let pen = around.pen;
    let Some(judged) = around.answers.get(&row.checkin_id) else { return Ok(None) };
    Ok(Some(AnswerCard {
        made: pen.when(judged.row.made_at),
        late: judged.late(pen),
        who: judged.who(r, pen)?,
        said: judged.said(pen),
        unknown: judged.unknown(pen),
        protocol: judged.by_protocol(pen),
    }))
}

/// `alert=12 level=urgent told=commune` as words.
fn header_word<'a>(line: &'a Line, name: &str) -> &'a str {
    line.header
        .split(' ')
        .filter_map(|pair| pair.split_once('='))
        .find(|(key, _)| *key == name)
        .map_or("", |p| p.1)
}

/// The alarm's life: what the log says of it, and its end by its row, because an alarm may end with the person's care.
fn stamps(r: &mut Reader, around: &mut Around<'_>, row: &Alert) -> Result<Vec<AlertStamp>, StoreError> {
    let pen = around.pen;
    let mut stamps = Vec::new();
    for line in timeline::of_alert(r, row, STAMPS_MAX)? {
        let level = Level::parse(header_word(&line, "level")).unwrap_or(row.level);
        let (what, tone) = match line.kind.as_str() {
            "alert_raised" => (pen.t1("alarm-stamp-raised", "level", &pen.name(level)), level_tone(level)),
            "alert_joined" => (pen.t1("alarm-stamp-joined", "level", &pen.name(level)), level_tone(level)),
            "alert_passed_on" => {
                (pen.t1("alarm-stamp-passed-on", "level", &pen.name(level)), level_tone(level))
            }
            "alert_escalated" if header_word(&line, "told") == GapLevel::Commune.word() => {
                (pen.t("alarm-stamp-up-commune"), Tone::Warn)
            }
            "alert_escalated" => (pen.t("alarm-stamp-up-district"), Tone::Warn),
            "alert_acknowledged" => (pen.t("alarm-stamp-taken"), Tone::Ok),
            // Its end is told by the row below.
            _ => continue,
        };
        let who = line.actor_name.unwrap_or_default();
        stamps.push(AlertStamp { when: pen.when(line.at), what, who, tone });
    }
    if let (Some(at), Some(how)) = (row.closed_at, row.ending) {
        let who = match row.closed_by {
            Some(id) => around.name(r, id)?,
            None => String::new(),
        };
        let what = pen.t1("alarm-stamp-closed", "how", &pen.name(how));
        stamps.push(AlertStamp { when: pen.when(at), what, who, tone: Tone::Brand });
    }
    Ok(stamps)
}

fn fill(
    r: &mut Reader,
    desk: &Desk,
    pen: &Pen,
    shelf: &Shelf,
    record: &Record,
    id: Uid,
) -> Result<AlertPage, Stop> {
    let (row, item) = alerts::load(r, desk, Verb::ReadAlerts, id)?;
    let mut around = Around::of(r, desk, pen, shelf, std::slice::from_ref(&row))?;
    let card = around.card(r, &row, &item, false)?;
    let may_take = card.call.is_some();
    let is_mine = row.acknowledged_by.is_some() && row.acknowledged_by == desk.staff;
    let take = match (row.state, is_mine) {
        (AlertState::Open, _) => Some("alarm-take"),
        (AlertState::Acknowledged, false) => Some("alarm-over"),
        (AlertState::Acknowledged, true) | (AlertState::Closed, _) => None,
    };
    let next_up = match (row.due_at, row.told) {
        (Some(at), GapLevel::Leader) => Some(pen.t1("alarm-next-commune", "time", &pen.exact(at))),
        (Some(at), GapLevel::Commune) => Some(pen.t1("alarm-next-district", "time", &pen.exact(at))),
        (Some(_), GapLevel::District) | (None, _) => None,
    };
    let phones = person::phones(r, pen, record)?;
    let home = &record.home;
    let visitors = [&home.visitor, &home.second_visitor].into_iter().flatten().cloned().collect();
    let choice = |how: AlertEnd| {
        let hint = match how {
            AlertEnd::Hospital => Some(pen.t("alarm-hospital-hint")),
            AlertEnd::Mistaken => Some(pen.t("alarm-mistaken-hint")),
            AlertEnd::Advised | AlertEnd::Visited | AlertEnd::Ended => None,
        };
        views::Choice {
            hint,
            ..views::Choice::new(how.word(), views::events::first_letter_up(&pen.name(how)))
        }
    };
    // An alarm ends with the person's care by itself; nobody chooses that.
    let ends = AlertEnd::ALL.iter().filter(|how| **how != AlertEnd::Ended);
    Ok(AlertPage {
        person: about::head(pen, record),
        next_up,
        note: row.note.clone(),
        phones,
        visitors,
        facts: worth_knowing(pen, &record.person),
        take: take.filter(|_| may_take).map(|key| pen.t(key)),
        answer: answer(r, &around, &row)?,
        stamps: stamps(r, &mut around, &row)?,
        can_close: may_take,
        ends: ends.map(|how| choice(*how)).collect(),
        emergency: pen.emergency(&locality::emergency_numbers(r, &item.path)?),
        card,
        ..AlertPage::default()
    })
}

/// Whose alarm it is. What is shown of it is a part of their record: see [`about::open`].
async fn episode_of(seat: &Seat, verb: Verb, id: Uid) -> Result<EpisodeItem, Problem> {
    ask(seat, move |r, desk| Ok(alerts::load(r, desk, verb, id)?.1)).await
}

async fn shown(seat: &Seat, id: Uid, form: Form) -> Result<AlertPage, Problem> {
    let (pen, shelf) = (Pen::of(seat), seat.app.house.shelf.clone());
    let item = episode_of(seat, Verb::ReadAlerts, id).await?;
    let record = about::open(seat, Verb::ReadAlerts, item.uid).await?;
    let mut page = ask(seat, move |r, desk| fill(r, desk, &pen, &shelf, &record, id)).await?;
    page.shell = seat.shell(Nav::Alerts, "alarm-all").await?;
    page.form = form;
    Ok(page)
}

async fn one(seat: Seat, id: String) -> Shown {
    page(&shown(&seat, uid(&id)?, Form::default()).await?)
}

/// The alarm again, with why it could not be done.
async fn again(seat: Seat, id: Uid, posted: Posted, stop: Stop) -> Shown {
    let refusal = refused(stop)?;
    let seat = seat.at(format!("/alerts/{id}"));
    let form = Form::of(posted.0).refuse(seat.lang, &refusal);
    page_again(&refusal, &shown(&seat, id, form).await?)
}

async fn take(seat: &Seat, posted: &Posted, route: &'static str, id: Uid, over: bool) -> Result<(), Stop> {
    let once = posted.once_each(route, &id.to_string());
    let act =
        move |tx: &mut store::Tx, desk: &Desk, _: &mut acts::Mint| alerts::acknowledge(tx, desk, id, over);
    let desk = seat.desk().map_err(|_| Refusal::unauthenticated("signed_out"))?;
    seat.app.house.once(desk, once, act).await.map(|_| ())
}

async fn call(seat: Seat, id: String, posted: Posted) -> Shown {
    let id = uid(&id)?;
    let next = ask(&seat, move |r, desk| {
        let (row, item) = alerts::load(r, desk, Verb::TakeAlert, id)?;
        Ok(after_taking(desk, &row, &item))
    })
    .await?;
    match take(&seat, &posted, "POST /alerts/{id}/call", id, true).await {
        Ok(()) => see(&next),
        Err(stop) => again(seat, id, posted, stop).await,
    }
}

async fn take_it(seat: Seat, id: String, posted: Posted) -> Shown {
    let id = uid(&id)?;
    match take(&seat, &posted, "POST /alerts/{id}/take", id, posted.on("over")).await {
        Ok(()) => see_done(&format!("/alerts/{id}"), "alarm_taken"),
        Err(stop) => again(seat, id, posted, stop).await,
    }
}

async fn close(seat: Seat, id: String, posted: Posted) -> Shown {
    let id = uid(&id)?;
    let how = match posted.value("how") {
        "" => Err(Refusal::field("how", "required")),
        word => AlertEnd::parse(word).ok_or_else(|| Refusal::field("how", "unknown_word")),
    };
    let done = match how {
        Err(refusal) => Err(Stop::Refused(refusal)),
        Ok(how) => {
            let once = posted.once_each("POST /alerts/{id}/close", &id.to_string());
            let note = posted.value("note").to_owned();
            let act = move |tx: &mut store::Tx, desk: &Desk, _: &mut acts::Mint| {
                alerts::close(tx, desk, id, how, &note)
            };
            seat.app.house.once(seat.desk()?, once, act).await
        }
    };
    match done {
        Ok(_) => see_done(&format!("/alerts/{id}"), "alarm_closed"),
        Err(stop) => again(seat, id, posted, stop).await,
    }
}
