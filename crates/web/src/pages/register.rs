//! Registering one person by hand. A likely duplicate is asked about before anything is kept (P-7).

use super::about;
use super::languages;
use super::pen::Pen;
use super::person_edit::{written_birth, written_day};
use super::person_merge::candidates;
use super::places;
use super::show::{Shown, ask, form, page, page_again, refused, route, see, see_done, view, with_param};
use crate::gate::{Posted, Seat};
use crate::problem::Problem;
use crate::routes::{Access, Route};
use acts::{Desk, register_episode};
use rules::permission::Verb;
use rules::registration::{NewHousehold, NewPerson, RegisterEpisode};
use rules::{HouseholdKind, Refusal, Sex, Uid};
use store::area::{self, Area};
use store::household::{self, Household};
use store::{Reader, Stop, StoreError};
use views::pages::register::{Candidate, RegisterPage};
use views::shell::Nav;
use views::{Choice, Form, formats};

pub fn routes() -> Vec<Route> {
    let verb = Access::Verb(Verb::RegisterEpisode);
    vec![
        route("GET", "/register", verb, view(register_page)),
        route("POST", "/register", verb, form(register)),
    ]
}

/// A home to join, with where it lies.
#[derive(Clone)]
pub struct Home {
    pub home: Household,
    pub commune: Area,
    pub label: String,
}

/// The home of that id, where the desk registers; anybody else's does not exist.
pub fn home_to_join(r: &mut Reader, desk: &Desk, id: &str) -> Result<Option<Home>, Stop> {
    if id.is_empty() {
        return Ok(None);
    }
    let uid = Uid::parse(id).ok_or_else(Refusal::not_found)?;
    let home = household::by_uid(r, uid)?.ok_or_else(Refusal::not_found)?;
    let torn = || StoreError::Shape(format!("household {} lies nowhere", home.id.0));
    let commune = area::by_id(r, home.area_id)?.ok_or_else(torn)?;
    let cluster = match home.cluster_id {
        Some(id) => area::by_id(r, id)?,
        None => None,
    };
    let path = cluster.as_ref().map_or(&commune.path, |c| &c.path);
    desk.may(Verb::RegisterEpisode, path)?;
    let label = about::written_address(&home.address, cluster.as_ref().map(|c| c.name.as_str()));
    Ok(Some(Home { home, commune, label }))
}

/// What every form of a registration offers to choose from.
pub struct Offers {
    pub areas: Vec<Choice>,
    pub clusters: Vec<Choice>,
    pub area_code: String,
    pub household: Option<Home>,
}

pub fn offers(r: &mut Reader, desk: &Desk, area_code: &str, household_id: &str) -> Result<Offers, Stop> {
    let household = home_to_join(r, desk, household_id)?;
    let communes = places::communes(r, desk, Verb::RegisterEpisode)?;
    let wanted = household.as_ref().map_or(area_code, |h| h.commune.code.as_str());
    let chosen = places::chosen(&communes, wanted);
    let clusters = match chosen {
        // With several communes to choose from, their clusters are typed.
        Some(commune) if communes.len() == 1 || commune.code == wanted => {
            places::clusters(r, desk, Verb::RegisterEpisode, commune)?
        }
        Some(_) | None => Vec::new(),
    };
    Ok(Offers {
        area_code: chosen.map(|c| c.code.clone()).unwrap_or_default(),
        areas: places::area_choices(&communes),
        clusters: places::cluster_choices(&clusters),
        household,
    })
}

/// What the form says, as `POST /episodes` takes it.
fn command(posted: &Posted, area_code: &str) -> Result<RegisterEpisode, Refusal> {
    let doses = match posted.some("doses") {
        None => None,
        Some(text) => Some(text.parse::<i64>().map_err(|_| Refusal::field("doses", "out_of_range"))?),
    };
    Ok(RegisterEpisode {
        area_code: area_code.to_owned(),
        cluster: posted.some("cluster"),
        kind: posted.value("kind").to_owned(),
        detected_at: None,
        detected_on: posted.some("detected_on").map(|text| written_day(&text)),
        source: posted.some("source"),
        person: NewPerson {
            full_name: posted.value("full_name").to_owned(),
            sex: posted.some("sex"),
            birth_date: posted.some("birth_date").map(|text| written_birth(&text)),
            phone: posted.some("phone"),
            doses,
            last_dose_on: posted.some("last_dose_on").map(|text| written_day(&text)),
            risks: Some(posted.all("risks").into_iter().map(str::to_owned).collect()),
            can_read: match posted.value("can_read") {
                "1" => Some(true),
                "0" => Some(false),
                _ => None,
            },
            language: languages::tag(posted.value("language")),
        },
        household: NewHousehold {
            id: posted.some("household_id"),
            address: posted.some("address"),
            kind: posted.some("household_kind"),
        },
        contacted: Some(posted.on("contacted")),
        confirm_new: Some(posted.on("confirm_new")),
    })
}

/// A day that was not given is missing under the name that the form has for it.
pub fn day_field(refusal: Refusal) -> Refusal {
    super::show::renamed(refusal, &[("detected_at", "detected_on")])
}

async fn shown(
    seat: &Seat,
    offers: Offers,
    form: Form,
    candidates: Vec<Candidate>,
) -> Result<RegisterPage, Problem> {
    Ok(RegisterPage {
        shell: seat.shell(Nav::Register, "register-title").await?,
        form,
        areas: offers.areas,
        clusters: offers.clusters,
        candidates,
        household: offers.household.map(|h| Choice::new(h.home.uid.to_string(), h.label)),
    })
}

async fn register_page(seat: Seat) -> Shown {
    let (code, home) = (seat.param("area").to_owned(), seat.param("household_id").to_owned());
    let offers = ask(&seat, move |r, desk| offers(r, desk, &code, &home)).await?;
    let form = Form::of([
        ("detected_on", formats::date(Pen::of(&seat).today())),
        ("area_code", offers.area_code.clone()),
        ("household_kind", HouseholdKind::House.word().to_owned()),
        ("sex", Sex::Unknown.word().to_owned()),
        ("kind", seat.param("kind").to_owned()),
    ]);
    page(&shown(&seat, offers, form, Vec::new()).await?)
}

async fn register(seat: Seat, posted: Posted) -> Shown {
    let (code, home) = (posted.value("area_code").to_owned(), posted.value("household_id").to_owned());
    let offers = ask(&seat, move |r, desk| offers(r, desk, &code, &home)).await?;
    // A home to join says itself in which commune it lies.
    let area_code = match &offers.household {
        Some(home) => home.commune.code.clone(),
        None => posted.value("area_code").to_owned(),
    };
    let sent = command(&posted, &area_code);
    let done = match sent.clone() {
        Err(refusal) => Err(Stop::Refused(refusal)),
        Ok(cmd) => {
            let once = posted.once("POST /register", "");
            let act = move |tx: &mut store::Tx, desk: &Desk, mint: &mut acts::Mint| {
                register_episode::register_episode(tx, desk, mint, &cmd)
            };
            seat.app.house.once(seat.desk()?, once, act).await
        }
    };
    match done {
        Ok(_) if posted.value("then") == "another" => {
            let area = if offers.areas.len() > 1 { area_code } else { String::new() };
            let again =
                if area.is_empty() { "/register".to_owned() } else { with_param("/register", "area", &area) };
            see_done(&again, "registered")
        }
        Ok(registered) => {
            let person = format!("/people/{}", registered.id);
            if seat.desk()?.can_anywhere(Verb::RecordContact) && posted.value("then") == "contact" {
                return see(&with_param(
                    &with_param(&format!("{person}/contact"), "next", &person),
                    "done",
                    "registered",
                ));
            }
            see_done(&person, "registered")
        }
        Err(stop) => {
            let refusal = refused(stop)?;
            let found = match sent {
                Ok(cmd) if refusal.code == "possible_duplicate" => {
                    let pen = Pen::of(&seat);
                    ask(&seat, move |r, desk| {
                        let alike = register_episode::alike(r, desk, &cmd)?;
                        candidates(r, &pen, &alike)
                    })
                    .await?
                }
                Ok(_) | Err(_) => Vec::new(),
            };
            let refusal = day_field(refusal);
            let form = Form::of(posted.0.clone()).refuse(seat.lang, &refusal);
            page_again(&refusal, &shown(&seat, offers, form, found).await?)
        }
    }
}
