//! Recording how somebody is, and what that means. Signs, measurements and their limits come from the protocol in
//! force; the act judges, the page says it in words.

use super::about::{self, Record};
use super::answers::{self, Judged};
use super::pen::Pen;
use super::person;
use super::show::{Shown, ask, form_one, page, page_again, refused, route, see, uid, view_one};
use crate::gate::{Posted, Seat};
use crate::problem::Problem;
use crate::routes::{Access, Route};
use acts::Desk;
use acts::adopt_protocol::Shelf;
use acts::record_checkin::{self, RecordCheckin};
use rules::checkin::{Answers, REPEATED, SECOND};
use rules::permission::Verb;
use rules::protocol::{self, Protocol};
use rules::{AnsweredBy, At, EpisodeId, Level, Refusal, Uid};
use store::{Reader, Stop, StoreError, alert, checkin as rows, episode, locality, staff};
use views::conditions::spoken;
use views::pages::checkin::{Again, CheckinPage, CheckinResult, Measure};
use views::pages::contact::Responsible;
use views::pages::person::{AlarmBanner, CheckinLine};
use views::shell::Nav;
use views::{Choice, Form, Lang, Tone};

/// Answers shown on somebody's page.
const LATEST_MAX: i64 = 8;

pub fn routes() -> Vec<Route> {
    let verb = Access::Verb(Verb::RecordCheckin);
    vec![
        route("GET", "/people/{episode}/checkin", verb, view_one(sheet)),
        route("POST", "/people/{episode}/checkin", verb, form_one(record)),
        route("GET", "/checkins/{id}", Access::Verb(Verb::ReadPerson), view_one(result)),
    ]
}

pub fn tone(level: Level) -> Tone {
    match level {
        Level::Emergency | Level::Urgent => Tone::Danger,
        Level::Watch | Level::Repeat => Tone::Warn,
        Level::Routine => Tone::Ok,
    }
}

pub fn choices(lang: Lang, all: &[protocol::Choice]) -> Vec<Choice> {
    all.iter().map(|choice| Choice::new(&choice.id, spoken(lang, &choice.words))).collect()
}

/// "SpO2 (%)"
pub fn label(lang: Lang, field: &protocol::Field) -> String {
    format!("{} ({})", spoken(lang, &field.words), field.unit)
}

pub fn measures(pen: &Pen, protocol: &Protocol, form: &Form) -> Vec<Measure> {
    let mut measures = Vec::new();
    for field in &protocol.fields {
        let range = pen.t2("checkin-range", ("from", &pen.n(field.min)), ("to", &pen.n(field.max)));
        let (name, label) = (field.id.clone(), label(pen.lang, field));
        let second = format!("{name}_second");
        let is_second_asked = !form.value(&second).is_empty() || form.is_bad(&second);
        let again = pen.t1("checkin-second", "label", &label);
        measures.push(Measure { name, label, range: range.clone() });
        if is_second_asked {
            measures.push(Measure { name: second, label: again, range });
        }
    }
    measures
}

async fn shown(seat: &Seat, record: Record, form: Form) -> Result<CheckinPage, Problem> {
    let (pen, shelf) = (Pen::of(seat), seat.app.house.shelf.clone());
    let mut page = ask(seat, move |r, _| {
        let protocol = shelf.in_force(r, &record.item.path)?.map(|(_, protocol)| protocol);
        let mut page = CheckinPage {
            person: about::head(&pen, &record),
            no_protocol: protocol.is_none(),
            emergency: pen.emergency(&locality::emergency_numbers(r, &record.item.path)?),
            ..CheckinPage::default()
        };
        if let Some(protocol) = protocol {
            page.red_flags = choices(pen.lang, &protocol.red_flags);
            page.symptoms = choices(pen.lang, &protocol.symptoms);
            page.measures = measures(&pen, &protocol, &form);
            page.measures_open =
                page.measures.iter().any(|m| !form.value(&m.name).is_empty() || form.is_bad(&m.name));
            page.symptoms_open = !form.value("symptoms").is_empty() || form.is_bad("symptoms");
        }
        page.form = form;
        Ok(page)
    })
    .await?;
    page.shell = seat.shell(Nav::Work, "checkin-title").await?;
    Ok(page)
}

async fn sheet(seat: Seat, id: String) -> Shown {
    let record = about::open(&seat, Verb::RecordCheckin, uid(&id)?).await?;
    page(&shown(&seat, record, Form::of([("answered_by", AnsweredBy::Carer.word())])).await?)
}

/// A number as people write it: a comma or a point.
fn number(text: &str) -> Option<f64> {
    text.trim().replace(',', ".").parse().ok()
}

/// When it was, if the form says so: as people write it, or as a phone sends it.
///
/// # Errors
/// `made_at` with `bad_date`.
pub fn moment(posted: &Posted, pen: &Pen) -> Result<Option<At>, Refusal> {
    let Some(text) = posted.some("made_at") else { return Ok(None) };
    let read = At::parse(&text).or_else(|| pen.read_moment(&text));
    read.map(Some).ok_or_else(|| Refusal::field("made_at", "bad_date"))
}

/// What was said, by the form. The danger signs must have been asked about: a box of them, or "none".
///
/// # Errors
/// `red_flags` with `danger_unasked` or `danger_and_none`; a measurement with `not_a_number`.
pub fn answers_of(posted: &Posted, protocol: &Protocol) -> Result<Answers, Refusal> {
    let mut refusal = Refusal::invalid("invalid");
    let owned = |words: Vec<&str>| -> Vec<String> { words.into_iter().map(str::to_owned).collect() };
    let flags = owned(posted.all("red_flags"));
    match (posted.on("none"), flags.is_empty()) {
        (false, true) => refusal = refusal.and_field("red_flags", "danger_unasked"),
        (true, false) => refusal = refusal.and_field("red_flags", "danger_and_none"),
        (true, true) | (false, false) => {}
    }
    let symptoms = owned(posted.all("symptoms"));
    let mut answers = Answers {
        red_flags: Some(flags),
        symptoms: (!symptoms.is_empty()).then_some(symptoms),
        ..Answers::default()
    };
    let seconds = protocol.fields.iter().map(|field| format!("{}_second", field.id));
    for name in protocol.fields.iter().map(|field| field.id.clone()).chain(seconds) {
        let Some(written) = posted.some(&name) else { continue };
        match number(&written) {
            Some(number) => {
                answers.numbers.insert(name, number);
            }
            None => refusal = refusal.and_field(&name, "not_a_number"),
        }
    }
    if refusal.fields.is_empty() { Ok(answers) } else { Err(refusal) }
}

/// What the form says, as the act takes it.
fn command(
    posted: &Posted,
    record: &Record,
    protocol: &Protocol,
    pen: &Pen,
) -> Result<RecordCheckin, Refusal> {
    let (answers, mut refusal) = match answers_of(posted, protocol) {
        Ok(answers) => (answers, Refusal::invalid("invalid")),
        Err(refusal) => (Answers::default(), refusal),
    };
    let made_at = match moment(posted, pen) {
        Ok(made_at) => made_at,
        Err(_) => {
            refusal = refusal.and_field("made_at", "bad_date");
            None
        }
    };
    let answered_by = AnsweredBy::parse(posted.value("answered_by"));
    if answered_by.is_none() {
        refusal = refusal.and_field("answered_by", "required");
    }
    match answered_by {
        Some(answered_by) if refusal.fields.is_empty() => Ok(RecordCheckin {
            episode: record.item.uid,
            made_at,
            answered_by,
            answerer: posted.some("answerer"),
            answers,
        }),
        Some(_) | None => Err(refusal),
    }
}

async fn record(seat: Seat, id: String, posted: Posted) -> Shown {
    let id_ = uid(&id)?;
    let (shelf, pen) = (seat.app.house.shelf.clone(), Pen::of(&seat));
    let asked = shelf.clone();
    let (record, protocol) = ask(&seat, move |r: &mut Reader, desk: &Desk| {
        let record = about::load(r, desk, Verb::RecordCheckin, id_)?;
        let protocol = asked.in_force(r, &record.item.path)?.map(|(_, protocol)| protocol);
        Ok((record, protocol))
    })
    .await?;
    let command = match &protocol {
        Some(protocol) => command(&posted, &record, protocol, &pen),
        None => Err(Refusal::conflict("no_protocol")),
    };
    let done = match command {
        Err(refusal) => Err(Stop::Refused(refusal)),
        Ok(cmd) => {
            let once = posted.once("POST /people/{episode}/checkin", &id);
            let act = move |tx: &mut store::Tx, desk: &Desk, mint: &mut acts::Mint| {
                record_checkin::record_checkin(tx, desk, mint, &shelf, &cmd)
            };
            seat.app.house.once(seat.desk()?, once, act).await
        }
    };
    match done {
        Ok(done) => see(&format!("/checkins/{}", done.id)),
        Err(stop) => {
            let refusal = refused(stop)?;
            let form = Form::of(posted.0.clone()).refuse(seat.lang, &refusal);
            page_again(&refusal, &shown(&seat, record, form).await?)
        }
    }
}

/// The answers of the first time, for the form of the second reading.
fn again(pen: &Pen, judged: &Judged) -> Option<Again> {
    let until = judged.row.repeat_until?;
    let field = judged.protocol.field(REPEATED)?;
    let mut kept = vec![("answered_by".to_owned(), judged.row.answered_by.word().to_owned())];
    kept.extend(judged.row.answerer.clone().map(|name| ("answerer".to_owned(), name)));
    for (name, number) in &judged.answers.numbers {
        kept.push((name.clone(), format!("{number}")));
    }
    let answers = &judged.answers;
    for (name, said) in [("red_flags", &answers.red_flags), ("symptoms", &answers.symptoms)] {
        kept.extend(said.iter().flatten().map(|word| (name.to_owned(), word.clone())));
    }
    if answers.red_flags.as_ref().is_none_or(Vec::is_empty) {
        kept.push(("none".to_owned(), "1".to_owned()));
    }
    let label = pen.t1("checkin-second", "label", &label(pen.lang, field));
    Some(Again { kept, name: SECOND.to_owned(), label, until: pen.when(until) })
}

async fn result(seat: Seat, id: String) -> Shown {
    let id: Uid = uid(&id)?;
    let episode = ask(&seat, move |r, desk| {
        let row = rows::by_uid(r, id)?.ok_or_else(Refusal::not_found)?;
        let item = episode::items_by_ids(r, &[row.episode_id])?.into_iter().next();
        let item = item.ok_or_else(Refusal::not_found)?;
        desk.may(Verb::ReadPerson, &item.path)?;
        Ok(item.uid)
    })
    .await?;
    let record = about::open(&seat, Verb::ReadPerson, episode).await?;
    let (pen, shelf) = (Pen::of(&seat), seat.app.house.shelf.clone());
    let mut shown = ask(&seat, move |r, _| {
        let row = rows::by_uid(r, id)?.ok_or_else(Refusal::not_found)?;
        let judged = answers::judged(r, &shelf, vec![row])?.pop().ok_or_else(Refusal::not_found)?;
        shown_result(r, &pen, &record, &judged)
    })
    .await?;
    shown.shell = seat.shell(Nav::Work, "checkin-result").await?;
    page(&shown)
}

fn shown_result(r: &mut Reader, pen: &Pen, record: &Record, judged: &Judged) -> Result<CheckinResult, Stop> {
    let row = &judged.row;
    let level = row.level;
    // The alarm that this answer raised, or joined because somebody else at home had raised it.
    let running = alert::running(r, record.item.household_id)?;
    let subjects = alert::subjects(r, &running)?;
    let asked = subjects.iter().find(|subject| subject.checkin_id == row.id).map(|subject| subject.alert_id);
    let alarm = match running.iter().find(|alarm| Some(alarm.id) == asked) {
        None => None,
        Some(alarm) => match alarm.acknowledged_by {
            Some(by) => staff::by_id(r, by)?.map(|s| pen.t1("checkin-alarm-held", "name", &s.full_name)),
            None => {
                let (told, time) = (pen.name(alarm.told), pen.exact(alarm.acknowledge_by));
                Some(pen.t2("checkin-alarm", ("told", &told), ("time", &time)))
            }
        },
    };
    Ok(CheckinResult {
        person: about::head(pen, record),
        level: views::events::first_letter_up(&pen.name(level)),
        tone: tone(level),
        now: pen.t(&format!("checkin-now-{level}")),
        is_call: matches!(level, Level::Emergency | Level::Urgent),
        emergency: pen.emergency(&locality::emergency_numbers(r, &record.item.path)?),
        phones: person::phones(r, pen, record)?,
        responsible: person::responsible(r, pen, record)?.map(|(member, role)| Responsible {
            name: member.full_name,
            role,
            phone: member.phone.as_deref().map(|p| pen.phone(p)),
        }),
        alarm,
        reasons: judged.reasons(pen),
        said: judged.said(pen),
        unknown: judged.unknown(pen),
        protocol: judged.by_protocol(pen),
        who: judged.who(r, pen)?,
        made: pen.when(row.made_at),
        late: judged.late(pen),
        again: again(pen, judged),
        ..CheckinResult::default()
    })
}

/// The last answers of an episode, for the person's page.
pub fn latest(
    r: &mut Reader,
    pen: &Pen,
    shelf: &Shelf,
    episode: EpisodeId,
) -> Result<Vec<CheckinLine>, StoreError> {
    let mut lines = Vec::new();
    let newest = rows::newest(r, episode, pen.now, LATEST_MAX)?;
    for judged in answers::judged(r, shelf, newest)? {
        let values: Vec<String> =
            judged.numbers(pen).into_iter().map(|said| format!("{} {}", said.label, said.value)).collect();
        let reasons: Vec<String> = judged.reasons(pen).into_iter().map(|reason| reason.what).collect();
        lines.push(CheckinLine {
            href: format!("/checkins/{}", judged.row.uid),
            when: pen.when(judged.row.made_at),
            level: pen.name(judged.row.level),
            tone: tone(judged.row.level),
            values: values.join(" · "),
            reasons: reasons.join("; "),
            who: pen.name(judged.row.answered_by),
        });
    }
    Ok(lines)
}

/// The alarm of the home that is not over, for the person's page.
pub fn alarm(
    r: &mut Reader,
    desk: &Desk,
    pen: &Pen,
    record: &Record,
) -> Result<Option<AlarmBanner>, StoreError> {
    if !desk.can(Verb::ReadAlerts, &record.item.path) {
        return Ok(None);
    }
    let running = alert::running(r, record.item.household_id)?;
    let Some(alarm) = running.into_iter().min_by_key(|a| (a.level, a.raised_at)) else { return Ok(None) };
    let Some(whose) = episode::items_by_ids(r, &[alarm.episode_id])?.into_iter().next() else {
        return Ok(None);
    };
    let holder = match alarm.acknowledged_by {
        Some(by) => staff::by_id(r, by)?.map(|member| member.full_name),
        None => None,
    };
    Ok(Some(AlarmBanner {
        id: alarm.uid.to_string(),
        level: views::events::first_letter_up(&pen.name(alarm.level)),
        sheet: format!("/people/{}/contact?after=call&next=/alerts/{}", whose.uid, alarm.uid),
        dial: whose.phones.into_iter().next(),
        name: whose.full_name,
        since: pen.when(alarm.raised_at),
        holder,
        can_take: desk.can(Verb::TakeAlert, &record.item.path),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_with_a_comma_or_a_point() {
        assert_eq!(number(" 39,2 "), Some(39.2));
        assert_eq!(number("39.2"), Some(39.2));
        assert_eq!(number("96%"), None);
    }
}
