//! Recording that somebody was reached, or was not. The same page is the sheet after a call (P-10).

use super::about::{self, Record};
use super::pen::Pen;
use super::person;
use super::show::{
    Shown, ask, form_one, local, page, page_again, refused, renamed, route, see_done, uid, view_one,
};
use crate::gate::{Posted, Seat};
use crate::problem::Problem;
use crate::routes::{Access, Route};
use acts::Desk;
use acts::record_contact::{self, RecordContact};
use rules::first_contact::Ticks;
use rules::permission::Verb;
use rules::{AttemptOutcome, ContactBy, FirstContact, Refusal};
use store::{Reader, Stop, attempt, locality};
use views::Form;
use views::pages::contact::{ContactPage, Responsible};
use views::shell::Nav;

/// Attempts that the four ticks are told from.
const ATTEMPTS_MAX: i64 = 500;

pub fn routes() -> Vec<Route> {
    let verb = Access::Verb(Verb::RecordContact);
    vec![
        route("GET", "/people/{episode}/contact", verb, view_one(sheet)),
        route("POST", "/people/{episode}/contact", verb, form_one(record)),
    ]
}

fn fill(r: &mut Reader, pen: &Pen, record: &Record) -> Result<ContactPage, Stop> {
    let item = &record.item;
    let attempts = attempt::attempts(r, item.id, 0, ATTEMPTS_MAX)?;
    let names = person::names_of(r, &attempts)?;
    let responsible = person::responsible(r, pen, record)?;
    let who = responsible.as_ref().map(|(member, _)| member.full_name.clone());
    Ok(ContactPage {
        person: about::head(pen, record),
        phones: person::phones(r, pen, record)?,
        household: about::others_at_home(r, item)?.iter().map(|o| about::in_short(pen, o)).collect(),
        ticks: person::ticks(pen, &attempts, &names),
        responsible: responsible.map(|(member, role)| Responsible {
            name: member.full_name,
            role,
            phone: member.phone.as_deref().map(|p| pen.phone(p)),
        }),
        emergency: pen.emergency(&locality::emergency_numbers(r, &item.path)?),
        promise: person::promise(pen, record, &who),
        ..ContactPage::default()
    })
}

async fn shown(seat: &Seat, record: Record, form: Form, next: String) -> Result<ContactPage, Problem> {
    let pen = Pen::of(seat);
    let mut page = ask(seat, move |r, _| fill(r, &pen, &record)).await?;
    page.shell = seat.shell(Nav::Work, "contact-title").await?;
    page.form = form;
    page.next = next;
    Ok(page)
}

async fn sheet(seat: Seat, id: String) -> Shown {
    let record = about::open(&seat, Verb::RecordContact, uid(&id)?).await?;
    let by = match ContactBy::parse(seat.param("by")) {
        Some(by) => by,
        None if record.item.phones.is_empty() => ContactBy::Visit,
        None => ContactBy::Phone,
    };
    let form = Form::of([("by", by.word()), ("household", "1")]);
    let next = local(seat.param("next")).unwrap_or_default();
    let mut shown = shown(&seat, record, form, next).await?;
    shown.after_call = seat.param("after") == "call";
    page(&shown)
}

/// What the form says, as the act takes it. What was said before stays ticked on the page; it is not said again to
/// somebody who did not answer.
fn command(posted: &Posted, record: &Record) -> Result<RecordContact, Refusal> {
    let word = |field: &str| match posted.value(field) {
        "" => Err(Refusal::field(field, "required")),
        word => Ok(word.to_owned()),
    };
    let unknown = |field: &'static str| move || Refusal::field(field, "unknown_word");
    let outcome = AttemptOutcome::parse(&word("outcome")?).ok_or_else(unknown("outcome"))?;
    let by = ContactBy::parse(&word("by")?).ok_or_else(unknown("by"))?;
    let ticked = Ticks::of(
        posted.on("danger_signs"),
        posted.on("number"),
        posted.on("how_to_report"),
        posted.on("responsible"),
    );
    let ticks = match outcome {
        AttemptOutcome::Reached => ticked,
        AttemptOutcome::NoAnswer | AttemptOutcome::WrongNumber | AttemptOutcome::Refused => {
            Ticks::from_bits(ticked.bits() & !record.item.ticks)
        }
    };
    Ok(RecordContact {
        episode: record.item.uid,
        by,
        outcome,
        at: None,
        household: posted.on("household"),
        ticks,
        phone: posted.some("phone"),
    })
}

async fn record(seat: Seat, id: String, posted: Posted) -> Shown {
    let id_ = uid(&id)?;
    let record =
        ask(&seat, move |r: &mut Reader, desk: &Desk| about::load(r, desk, Verb::RecordContact, id_)).await?;
    let done = match command(&posted, &record) {
        Err(refusal) => Err(Stop::Refused(refusal)),
        Ok(cmd) => {
            let once = posted.once("POST /people/{episode}/contact", &id);
            let act = move |tx: &mut store::Tx, desk: &Desk, mint: &mut acts::Mint| {
                record_contact::record_contact(tx, desk, mint, &cmd)
            };
            seat.app.house.once(seat.desk()?, once, act).await
        }
    };
    match done {
        Ok(done) => {
            // All four were said: that is more than one more attempt.
            let closes = record.item.first_contact != FirstContact::Advised
                && FirstContact::parse(&done.state) == Some(FirstContact::Advised);
            let next = local(posted.value("next")).unwrap_or_else(|| record.page());
            see_done(&next, if closes { "advised" } else { "contact" })
        }
        Err(stop) => {
            let refusal = renamed(refused(stop)?, &[("advised", "danger_signs")]);
            let form = Form::of(posted.0.clone()).refuse(seat.lang, &refusal);
            let next = local(posted.value("next")).unwrap_or_default();
            page_again(&refusal, &shown(&seat, record, form, next).await?)
        }
    }
}
