//! Correcting a person's record. What stood before stays in the log.

use super::about::{self, Record};
use super::languages;
use super::pen::Pen;
use super::places;
use super::show::{Shown, ask, form_one, page, page_again, refused, route, see_done, uid, view_one};
use crate::gate::{Posted, Seat};
use crate::problem::Problem;
use crate::routes::{Access, Route};
use acts::Desk;
use acts::edit_person::{self, EditPerson};
use acts::end_episode::Done;
use acts::scene;
use rules::permission::Verb;
use rules::{PointState, Refusal};
use store::household;
use store::{Reader, Stop, episode};
use views::pages::person_edit::EditPage;
use views::shell::Nav;
use views::{Form, formats};

pub fn routes() -> Vec<Route> {
    let verb = Access::Verb(Verb::EditPerson);
    vec![
        route("GET", "/people/{episode}/edit", verb, view_one(edit)),
        route("POST", "/people/{episode}/edit", verb, form_one(save)),
    ]
}

/// The record as the form shows it, and what it is compared with when it comes back.
struct Kept {
    record: Record,
    phones: Vec<String>,
}

fn kept(r: &mut Reader, record: Record) -> Result<Kept, Stop> {
    let mut points = household::points(r, record.home.id)?;
    points.retain(|p| p.kind == "phone" && p.state == PointState::Active);
    Ok(Kept { phones: points.into_iter().map(|p| p.value).collect(), record })
}

fn values(kept: &Kept) -> Form {
    let (who, home) = (&kept.record.person, &kept.record.home);
    let phones: Vec<String> = kept.phones.iter().map(|p| formats::phone(p)).collect();
    let mut form = Form::default()
        .with("full_name", who.full_name.clone())
        .with("birth_date", who.birth_date.map(formats::birth).unwrap_or_default())
        .with("sex", who.sex.word())
        .with("phone", phones.join("\n"))
        .with("cluster", kept.record.item.cluster.clone().unwrap_or_default())
        .with("address", home.address.clone())
        .with("household_kind", home.kind.word())
        .with("doses", who.doses.map(|d| d.to_string()).unwrap_or_default())
        .with("last_dose_on", who.last_dose_on.map(formats::date).unwrap_or_default())
        .with("language", who.language.as_deref().map(languages::shown).unwrap_or_default())
        .with("can_read", who.can_read.map_or("", |yes| if yes { "1" } else { "0" }));
    for risk in who.risks.split(' ').filter(|r| !r.is_empty()) {
        form = form.with("risks", risk);
    }
    form
}

/// The page around a form; whether the day in which the person entered the figures is locked by now.
fn fill(r: &mut Reader, desk: &Desk, pen: &Pen, record: &Record) -> Result<EditPage, Stop> {
    let clusters = places::clusters(r, desk, Verb::EditPerson, &record.area)?;
    let place = scene::place(r, record.area.clone())?;
    let opened = episode::by_id(r, record.item.id)?.map_or(0, |e| e.opened_seq);
    Ok(EditPage {
        person: about::head(pen, record),
        clusters: places::cluster_choices(&clusters),
        after_lock: opened < place.first_seq,
        ..EditPage::default()
    })
}

async fn shown(seat: &Seat, record: Record, form: Form) -> Result<EditPage, Problem> {
    let pen = Pen::of(seat);
    let mut page = ask(seat, move |r, desk| fill(r, desk, &pen, &record)).await?;
    page.shell = seat.shell(Nav::People, "edit-title").await?;
    page.form = form;
    Ok(page)
}

async fn edit(seat: Seat, id: String) -> Shown {
    let record = about::open(&seat, Verb::EditPerson, uid(&id)?).await?;
    let asked = record.clone();
    let kept = ask(&seat, move |r, _| kept(r, asked)).await?;
    page(&shown(&seat, record, values(&kept)).await?)
}

/// What the form changes. A field left as it was is no correction.
fn command(posted: &Posted, kept: &Kept) -> Result<EditPerson, Refusal> {
    let now = values(kept);
    let changed = |field: &str| {
        let typed = posted.value(field).trim();
        (typed != now.value(field).trim()).then(|| typed.to_owned())
    };
    let risks: Vec<String> = posted.all("risks").into_iter().map(str::to_owned).collect();
    let doses = match changed("doses") {
        None => None,
        Some(text) => Some(text.parse::<i64>().map_err(|_| Refusal::field("doses", "out_of_range"))?),
    };
    // A move to another house is no correction of this one.
    for field in ["address", "household_kind"] {
        if changed(field).is_some() {
            return Err(Refusal::field(field, "not_changed_here"));
        }
    }
    Ok(EditPerson {
        full_name: changed("full_name"),
        sex: changed("sex"),
        birth_date: changed("birth_date").map(|text| written_birth(&text)),
        phone: phone_to_call(posted, kept),
        doses,
        last_dose_on: changed("last_dose_on").map(|text| written_birth(&text)),
        risks: Some(risks),
        can_read: match posted.value("can_read") {
            "1" => Some(true),
            "0" => Some(false),
            _ => None,
        },
        // A list's own word for a language becomes a tag when the record is next corrected.
        language: languages::tag(posted.value("language")),
        cluster: changed("cluster"),
    })
}

/// A birth date as the rules read it; what is none stays as typed and is refused by its name.
pub fn written_birth(text: &str) -> String {
    formats::read_birth(text).map_or_else(|| text.trim().to_owned(), |b| b.to_string())
}

/// A day as the rules read it; what is none stays as typed and is refused by its name.
pub fn written_day(text: &str) -> String {
    formats::read_date(text).map_or_else(|| text.trim().to_owned(), |d| d.to_string())
}

/// The number on the first line, unless it is the one that is called first already and stays so.
fn phone_to_call(posted: &Posted, kept: &Kept) -> Option<String> {
    let first = posted.value("phone").lines().map(str::trim).find(|line| !line.is_empty())?;
    let read = rules::phone::parse(first).ok().map(|p| p.into_string());
    let is_kept = read.is_some() && read.as_ref() == kept.phones.first();
    // Numbers that are added go in front; the one to call is put there last.
    (!is_kept || !more_phones(posted, kept).is_empty()).then(|| first.to_owned())
}

/// The numbers beside the first one that the home does not have yet, in their order.
fn more_phones(posted: &Posted, kept: &Kept) -> Vec<String> {
    let lines = posted.value("phone").lines().map(str::trim).filter(|line| !line.is_empty()).skip(1);
    lines
        .filter(|line| {
            let read = rules::phone::parse(line).ok().map(|p| p.into_string());
            read.is_none_or(|read| !kept.phones.contains(&read))
        })
        .map(str::to_owned)
        .collect()
}

async fn save(seat: Seat, id: String, posted: Posted) -> Shown {
    let at = uid(&id)?;
    let (record, kept) = ask(&seat, move |r, desk| {
        let record = about::load(r, desk, Verb::EditPerson, at)?;
        Ok((record.clone(), kept(r, record)?))
    })
    .await?;
    let person = record.person.uid;
    let done = match command(&posted, &kept) {
        Err(refusal) => Err(Stop::Refused(refusal)),
        Ok(edit) => {
            let once = posted.once("POST /people/{episode}/edit", &id);
            let more = more_phones(&posted, &kept);
            let act = move |tx: &mut store::Tx, desk: &Desk, _: &mut acts::Mint| -> Result<Done, Stop> {
                for phone in more.iter().rev() {
                    let added = EditPerson { phone: Some(phone.clone()), ..EditPerson::default() };
                    edit_person::edit_person(tx, desk, person, &added)?;
                }
                edit_person::edit_person(tx, desk, person, &edit)
            };
            seat.app.house.once(seat.desk()?, once, act).await
        }
    };
    match done {
        Ok(_) => see_done(&record.page(), "edited"),
        Err(stop) => {
            let refusal = refused(stop)?;
            let form = Form::of(posted.0.clone()).refuse(seat.lang, &refusal);
            page_again(&refusal, &shown(&seat, record, form).await?)
        }
    }
}
