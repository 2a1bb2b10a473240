//! The pages behind a home's own link (trust.md, "The patient's link", tier 0): any device may say how somebody is, and sees
//! nothing of what is stored. They need no script and fetch nothing but the stylesheet. What a bound device reads is in
//! [`own_thread`].

use super::checkin;
use super::own_thread;
use super::pen::Pen;
use super::show::{Shown, form, form_one, refused, route, see, view, view_one, with_cookie};
use crate::api;
use crate::assets;
use crate::gate::{self, Posted, Seat};
use crate::problem::{self, Problem};
use crate::routes::{Access, Route};
use acts::Desk;
use acts::household_link::{self, AnswerByLink, Member, Opened};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse};
use rules::checkin::SECOND;
use rules::{AnsweredBy, Level};
use store::{Stop, care_group, household, locality, staff};
use views::pages::own::{OwnAgain, OwnCheckin, OwnDoor, OwnFrame, OwnHome, OwnResult};
use views::{Form, Page};

/// How long a phone of the home stays inside; the link itself ends when staff revoke it.
const COOKIE_SECONDS: i64 = 30 * 24 * 3_600;

pub fn routes() -> Vec<Route> {
    vec![
        route("GET", "/h/{token}", Access::Public, view_one(door)),
        route("POST", "/h/{token}", Access::Public, form_one(enter)),
        route("GET", "/own", Access::Public, view(home)),
        route("GET", "/own/checkin", Access::Public, view(sheet)),
        route("POST", "/own/checkin", Access::Public, form(record)),
    ]
}

/// What leaves from here tells nobody where it came from.
pub(super) fn quiet(answer: Shown) -> Shown {
    let mut answer = answer?;
    answer.headers_mut().insert("referrer-policy", HeaderValue::from_static("no-referrer"));
    Ok(answer)
}

pub(super) fn quiet_page(status: StatusCode, shown: &impl Page) -> Shown {
    quiet(Ok((status, Html(shown.render())).into_response()))
}

pub(super) fn frame(seat: &Seat) -> OwnFrame {
    OwnFrame {
        lang: seat.lang,
        css: assets::css_href().to_owned(),
        form_key: household_link::token_of(seat.app.house.secret()),
        is_demo: seat.app.house.demo,
        ..OwnFrame::default()
    }
}

/// The same for every token: a preview learns and does nothing.
async fn door(seat: Seat, _: String) -> Shown {
    quiet_page(StatusCode::OK, &OwnDoor { frame: frame(&seat), is_shut: false })
}

pub(super) fn cookie_name(seat: &Seat) -> &'static str {
    if seat.app.secure { gate::HOME_COOKIE_SECURE } else { gate::HOME_COOKIE }
}

/// The token goes into a cookie and out of the address.
async fn enter(seat: Seat, token: String, _: Posted) -> Shown {
    let (hash, now) = (household_link::hash_of(&token), seat.app.house.now());
    let opened = api::read(&seat.app.house.store, move |r| Ok(household_link::open(r, &hash, now)?)).await?;
    if opened.is_none() {
        return quiet_page(StatusCode::NOT_FOUND, &OwnDoor { frame: frame(&seat), is_shut: true });
    }
    let secure = if seat.app.secure { "; Secure" } else { "" };
    let name = cookie_name(&seat);
    let cookie = format!("{name}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={COOKIE_SECONDS}{secure}");
    quiet(Ok(with_cookie(see("/own")?, &cookie)))
}

/// What the phone's link opens, and what stands around its pages.
pub(super) struct Inside {
    pub hash: String,
    pub opened: Opened,
    pub frame: OwnFrame,
    /// What is kept of this device's own token, if the home bound it.
    pub device: Option<String>,
}

pub(super) async fn inside(seat: &Seat) -> Result<Option<Inside>, Problem> {
    let Some(token) = seat.home_token.clone() else { return Ok(None) };
    let (hash, mut frame, pen) = (household_link::hash_of(&token), frame(seat), Pen::of(seat));
    let asked = hash.clone();
    let device = seat.device_token.as_deref().map(household_link::hash_of);
    let found = api::read(&seat.app.house.store, move |r| {
        let Some(opened) = household_link::open(r, &asked, pen.now)? else { return Ok(None) };
        frame.emergency = pen.emergency(&locality::emergency_numbers(r, &opened.path)?);
        let home = household::by_id(r, opened.home.id)?;
        let leader = match home.as_ref().and_then(|home| home.care_group_id) {
            Some(id) => care_group::by_id(r, id)?.and_then(|group| group.leader_id),
            None => None,
        };
        if let Some(id) = home.and_then(|home| home.carer_id).or(leader)
            && let Some(member) = staff::by_id(r, id)?
            && let Some(phone) = member.phone.as_deref()
        {
            frame.team = Some((member.full_name, pen.phone(phone)));
        }
        let is_bound = opened.is_bound(r, device.as_deref())?;
        Ok(Some((opened, frame, device.filter(|_| is_bound))))
    })
    .await?;
    let other = format!("/lang?to={}&back=/own", seat.lang.other().code());
    Ok(found.map(|(opened, frame, device)| {
        let frame = OwnFrame { lang_href: other, ..frame };
        Inside { hash, opened, frame, device }
    }))
}

pub(super) fn shut(seat: &Seat) -> Shown {
    quiet_page(StatusCode::NOT_FOUND, &OwnDoor { frame: frame(seat), is_shut: true })
}

impl Inside {
    /// Each member's number and the home's own word; somebody who came later has none yet.
    pub(super) fn words(&self, pen: &Pen) -> Vec<(usize, String)> {
        let other = |n: usize| pen.t1("own-member", "n", &(n + 1).to_string());
        let word = |member: &Member| member.word.clone().unwrap_or_else(|| other(member.number));
        self.opened.members.iter().map(|member| (member.number, word(member))).collect()
    }

    fn word(&self, pen: &Pen, who: usize) -> Option<String> {
        self.words(pen).into_iter().find(|(number, _)| *number == who).map(|(_, word)| word)
    }
}

async fn home(seat: Seat) -> Shown {
    let Some(inside) = inside(&seat).await? else { return shut(&seat) };
    let (shelf, path) = (seat.app.house.shelf.clone(), inside.opened.path.clone());
    let protocol = api::read(&seat.app.house.store, move |r| Ok(shelf.in_force(r, &path)?)).await?;
    let members = inside.words(&Pen::of(&seat));
    let has_news = match inside.device {
        None => false,
        Some(_) => own_thread::has_news(&seat, inside.opened.home.id).await?,
    };
    quiet_page(
        StatusCode::OK,
        &OwnHome { frame: inside.frame, members, no_protocol: protocol.is_none(), has_news },
    )
}

async fn shown(seat: &Seat, inside: Inside, who: usize, form: Form) -> Result<Option<OwnCheckin>, Problem> {
    let pen = Pen::of(seat);
    let Some(word) = inside.word(&pen, who) else { return Ok(None) };
    let (shelf, path) = (seat.app.house.shelf.clone(), inside.opened.path.clone());
    let found = api::read(&seat.app.house.store, move |r| Ok(shelf.in_force(r, &path)?)).await?;
    let Some((_, protocol)) = found else { return Ok(None) };
    let measures = checkin::measures(&pen, &protocol, &form);
    Ok(Some(OwnCheckin {
        who,
        word,
        red_flags: checkin::choices(pen.lang, &protocol.red_flags),
        measures_open: measures.iter().any(|m| !form.value(&m.name).is_empty() || form.is_bad(&m.name)),
        measures,
        form,
        frame: inside.frame,
    }))
}

async fn sheet(seat: Seat) -> Shown {
    let Some(inside) = inside(&seat).await? else { return shut(&seat) };
    let who = seat.param("who").parse().unwrap_or(usize::MAX);
    match shown(&seat, inside, who, Form::default()).await? {
        Some(page) => quiet_page(StatusCode::OK, &page),
        None => quiet(see("/own")),
    }
}

async fn record(seat: Seat, posted: Posted) -> Shown {
    let Some(inside) = inside(&seat).await? else { return shut(&seat) };
    let (pen, who) = (Pen::of(&seat), posted.value("who").parse().unwrap_or(usize::MAX));
    let (shelf, path) = (seat.app.house.shelf.clone(), inside.opened.path.clone());
    let asked = shelf.clone();
    let found = api::read(&seat.app.house.store, move |r| Ok(asked.in_force(r, &path)?)).await?;
    let Some((_, protocol)) = found else { return quiet(see("/own")) };
    let answered_by = match posted.value("answered_by") {
        "relative" => AnsweredBy::Relative,
        _ => AnsweredBy::Oneself,
    };
    let said = checkin::answers_of(&posted, &protocol);
    let done = match said {
        Err(refusal) => Err(Stop::Refused(refusal)),
        Ok(answers) => {
            let cmd = AnswerByLink {
                token_hash: inside.hash.clone(),
                who,
                answered_by,
                answerer: posted.some("answerer"),
                answers,
            };
            let desk = Desk::household(inside.opened.home.id, seat.app.house.now());
            let once = posted.once("POST /own/checkin", "");
            let act = move |tx: &mut store::Tx, desk: &Desk, mint: &mut acts::Mint| {
                household_link::answer(tx, desk, mint, &shelf, &cmd)
            };
            seat.app.house.once(&desk, once, act).await
        }
    };
    match done {
        Ok(done) => {
            let level = Level::parse(&done.level).unwrap_or(Level::Urgent);
            let word = inside.word(&pen, who).unwrap_or_default();
            quiet_page(StatusCode::OK, &result(&pen, inside.frame, word, level, &posted))
        }
        Err(stop) => {
            let refusal = refused(stop)?;
            let form = Form::of(posted.0).refuse(seat.lang, &refusal);
            match shown(&seat, inside, who, form).await? {
                Some(page) => quiet_page(problem::status(&refusal), &page),
                None => quiet(see("/own")),
            }
        }
    }
}

/// What was just said means: nothing that was stored before.
fn result(pen: &Pen, frame: OwnFrame, word: String, level: Level, posted: &Posted) -> OwnResult {
    let again = (level == Level::Repeat).then(|| {
        let kept = posted.0.iter().filter(|(name, _)| !matches!(name.as_str(), "key" | SECOND));
        OwnAgain {
            kept: kept.cloned().collect(),
            name: SECOND.to_owned(),
            label: pen.t1("checkin-second", "label", "SpO2 (%)"),
        }
    });
    OwnResult {
        frame,
        word,
        headline: pen.t(&format!("own-head-{level}")),
        tone: checkin::tone(level),
        now: pen.t(&format!("own-now-{level}")),
        is_call: matches!(level, Level::Emergency | Level::Urgent),
        again,
    }
}
