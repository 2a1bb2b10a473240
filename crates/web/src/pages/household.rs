//! Registering a whole household at once: the F0 and everybody else at home, all of them or none (P-3).

use super::about;
use super::pen::Pen;
use super::person_edit::{written_birth, written_day};
use super::person_merge::candidates;
use super::register::{Offers, day_field, offers};
use super::show::{Shown, ask, form, page, page_again, refused, route, see_done, view};
use crate::gate::{Posted, Seat};
use crate::problem::Problem;
use crate::routes::{Access, Route};
use acts::edit_person::{self, EditPerson};
use acts::register_episode::{self, Registered};
use acts::{Desk, Mint};
use rules::permission::Verb;
use rules::registration::{self, NewHousehold, NewPerson, RegisterEpisode};
use rules::{EpisodeKind, EpisodeState, HouseholdKind, Refusal, Uid};
use store::{Reader, Stop, Tx, episode};
use views::pages::household::HouseholdPage;
use views::pages::register::Candidate;
use views::shell::Nav;
use views::{Choice, Form, formats};

const ROWS_MIN: usize = 4;
const ROWS_MAX: usize = 40;
const ROWS_MORE: usize = 3;

pub fn routes() -> Vec<Route> {
    let verb = Access::Verb(Verb::RegisterEpisode);
    vec![
        route("GET", "/register/household", verb, view(household_page)),
        route("POST", "/register/household", verb, form(register)),
    ]
}

/// Who is at home already, in words.
fn members(r: &mut Reader, pen: &Pen, offers: &Offers) -> Result<Vec<String>, Stop> {
    let Some(home) = &offers.household else { return Ok(Vec::new()) };
    let mut items = episode::items_of_household(r, home.home.id)?;
    items.retain(|i| i.state == EpisodeState::Open);
    Ok(items.iter().map(|i| about::in_short(pen, i)).collect())
}

struct Around {
    offers: Offers,
    members: Vec<String>,
}

async fn around(seat: &Seat, area: &str, home: &str) -> Result<Around, Problem> {
    let (area, home, pen) = (area.to_owned(), home.to_owned(), Pen::of(seat));
    ask(seat, move |r, desk| {
        let offers = offers(r, desk, &area, &home)?;
        Ok(Around { members: members(r, &pen, &offers)?, offers })
    })
    .await
}

async fn shown(
    seat: &Seat,
    around: Around,
    form: Form,
    candidates: Vec<Candidate>,
) -> Result<HouseholdPage, Problem> {
    let rows = form.value("rows").parse().unwrap_or(ROWS_MIN).clamp(ROWS_MIN, ROWS_MAX);
    Ok(HouseholdPage {
        shell: seat.shell(Nav::Register, "household-title").await?,
        form,
        areas: around.offers.areas,
        clusters: around.offers.clusters,
        rows,
        candidates,
        household: around.offers.household.map(|h| Choice::new(h.home.uid.to_string(), h.label)),
        members: around.members,
    })
}

async fn household_page(seat: Seat) -> Shown {
    let around = around(&seat, seat.param("area"), seat.param("household_id")).await?;
    let form = Form::of([
        ("detected_on", formats::date(Pen::of(&seat).today())),
        ("area_code", around.offers.area_code.clone()),
        ("household_kind", HouseholdKind::House.word().to_owned()),
        ("rows", ROWS_MIN.to_string()),
    ]);
    page(&shown(&seat, around, form, Vec::new()).await?)
}

/// One written row: its number and the registration.
#[derive(Clone)]
struct Row {
    i: usize,
    sent: RegisterEpisode,
}

/// The fields of one row as the rules name them, and as the form does.
fn in_row(i: usize, refusal: Refusal) -> Refusal {
    let mut refusal = day_field(refusal);
    for error in &mut refusal.fields {
        error.field = match error.field.as_str() {
            "person.full_name" => format!("full_name_{i}"),
            "person.birth_date" => format!("birth_{i}"),
            "person.sex" => format!("sex_{i}"),
            "person.phone" => format!("phone_{i}"),
            "person.doses" => format!("doses_{i}"),
            "kind" => format!("kind_{i}"),
            _ => continue,
        };
    }
    refusal
}

/// The rows with anything in them.
fn rows(posted: &Posted, area_code: &str) -> Result<Vec<Row>, Refusal> {
    let count = posted.value("rows").parse().unwrap_or(ROWS_MIN).clamp(ROWS_MIN, ROWS_MAX);
    let mut wrong = Refusal::invalid("invalid");
    let mut rows: Vec<Row> = Vec::new();
    for i in 1..=count {
        let cell = |field: &str| posted.some(&format!("{field}_{i}"));
        if cell("full_name").is_none() && cell("birth").is_none() && cell("phone").is_none() {
            continue;
        }
        let doses = cell("doses").map(|text| text.parse::<i64>());
        if matches!(doses, Some(Err(_))) {
            wrong = wrong.and_field(&format!("doses_{i}"), "out_of_range");
        }
        let sent = RegisterEpisode {
            area_code: area_code.to_owned(),
            cluster: posted.some("cluster"),
            kind: cell("kind").unwrap_or_else(|| EpisodeKind::Contact.word().to_owned()),
            detected_at: None,
            detected_on: posted.some("detected_on").map(|text| written_day(&text)),
            source: posted.some("source"),
            person: NewPerson {
                full_name: cell("full_name").unwrap_or_default(),
                sex: cell("sex"),
                birth_date: cell("birth").map(|text| written_birth(&text)),
                phone: cell("phone"),
                doses: doses.and_then(Result::ok),
                ..NewPerson::default()
            },
            household: NewHousehold {
                id: posted.some("household_id"),
                address: posted.some("address"),
                kind: posted.some("household_kind"),
            },
            contacted: None,
            confirm_new: Some(posted.on("confirm_new")),
        };
        rows.push(Row { i, sent });
    }
    if rows.is_empty() {
        wrong = wrong.and_field("full_name_1", "required");
    }
    if wrong.fields.is_empty() { Ok(rows) } else { Err(wrong) }
}

/// Every fault of every row at once, so that the form comes back only once for them.
fn faults(rows: &[Row], pen: &Pen) -> Option<Refusal> {
    let mut all = Refusal::invalid("invalid");
    for row in rows {
        if let Err(refusal) = registration::check(&row.sent, pen.now, &pen.zone) {
            for error in in_row(row.i, refusal).fields {
                if all.fields.iter().all(|had| had.field != error.field) {
                    all.fields.push(error);
                }
            }
        }
    }
    (!all.fields.is_empty()).then_some(all)
}

/// Registers the rows in one transaction: the first makes or finds the home, the others join it.
fn register_all(
    tx: &mut Tx,
    desk: &Desk,
    mint: &mut Mint,
    rows: &[Row],
    home_phone: Option<&str>,
) -> Result<Registered, Stop> {
    // Asked before anybody is written: siblings of the form are no doubles of each other. Asked in the transaction:
    // somebody else may be registering the same home.
    for row in rows {
        if row.sent.confirm_new != Some(true) && !register_episode::alike(tx, desk, &row.sent)?.is_empty() {
            return Err(Refusal::conflict("possible_duplicate").into());
        }
    }
    let mut first: Option<Registered> = None;
    for row in rows {
        let mut sent = row.sent.clone();
        if let Some(first) = &first {
            sent.household = NewHousehold { id: Some(first.household_id.clone()), address: None, kind: None };
            sent.confirm_new = Some(true);
        }
        let done = register_episode::register_episode(tx, desk, mint, &sent).map_err(|stop| match stop {
            Stop::Refused(refusal) => Stop::Refused(in_row(row.i, refusal)),
            Stop::Store(error) => Stop::Store(error),
        })?;
        first.get_or_insert(done);
    }
    let first = first.ok_or_else(|| Refusal::field("full_name_1", "required"))?;
    if let (Some(phone), Some(person)) = (home_phone, Uid::parse(&first.person_id)) {
        // The number that reaches the home is the one to call first.
        let edit = EditPerson { phone: Some(phone.to_owned()), ..EditPerson::default() };
        edit_person::edit_person(tx, desk, person, &edit)?;
    }
    Ok(first)
}

async fn register(seat: Seat, mut posted: Posted) -> Shown {
    let around = around(&seat, posted.value("area_code"), posted.value("household_id")).await?;
    if posted.on("more") {
        let rows = posted.value("rows").parse().unwrap_or(ROWS_MIN).min(ROWS_MAX) + ROWS_MORE;
        posted.0.retain(|(name, _)| name != "rows" && name != "more");
        posted.0.push(("rows".to_owned(), rows.min(ROWS_MAX).to_string()));
        return page(&shown(&seat, around, Form::of(posted.0.clone()), Vec::new()).await?);
    }
    let area_code = match &around.offers.household {
        Some(home) => home.commune.code.clone(),
        None => posted.value("area_code").to_owned(),
    };
    let pen = Pen::of(&seat);
    let read = rows(&posted, &area_code).and_then(|rows| match faults(&rows, &pen) {
        None => Ok(rows),
        Some(refusal) => Err(refusal),
    });
    let phone = posted.some("phone");
    let bad_phone = phone.as_deref().is_some_and(|p| rules::phone::parse(p).is_err());
    let read = if bad_phone { Err(Refusal::field("phone", "bad_phone")) } else { read };
    let sent = read.as_ref().ok().cloned();
    let done = match read {
        Err(refusal) => Err(Stop::Refused(refusal)),
        Ok(rows) => {
            let once = posted.once("POST /register/household", "");
            let act = move |tx: &mut Tx, desk: &Desk, mint: &mut Mint| {
                register_all(tx, desk, mint, &rows, phone.as_deref())
            };
            seat.app.house.once(seat.desk()?, once, act).await
        }
    };
    match done {
        Ok(first) => see_done(&format!("/people/{}", first.id), "household"),
        Err(stop) => {
            let refusal = refused(stop)?;
            let found = match sent {
                Some(rows) if refusal.code == "possible_duplicate" => alike(&seat, rows).await?,
                Some(_) | None => Vec::new(),
            };
            let form = Form::of(posted.0.clone()).refuse(seat.lang, &refusal);
            page_again(&refusal, &shown(&seat, around, form, found).await?)
        }
    }
}

/// The likely doubles of everybody on the form.
async fn alike(seat: &Seat, rows: Vec<Row>) -> Result<Vec<Candidate>, Problem> {
    let pen = Pen::of(seat);
    ask(seat, move |r, desk| {
        let mut found: Vec<Candidate> = Vec::new();
        for row in &rows {
            let like = register_episode::alike(r, desk, &row.sent)?;
            for candidate in candidates(r, &pen, &like)? {
                if found.iter().all(|had| had.episode != candidate.episode) {
                    found.push(candidate);
                }
            }
        }
        Ok(found)
    })
    .await
}
