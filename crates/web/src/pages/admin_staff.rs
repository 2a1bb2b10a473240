//! Accounts: adding somebody with a role, a link for whoever lost the way in, and taking roles away. A link is shown
//! once, on the page that answers the form.

use super::frame::role_title;
use super::pen::Pen;
use super::show::{
    PAGE, Shown, ask, cut, form_one, page, page_again, refused, renamed, route, see_done, settle, uid, view,
};
use crate::app::App;
use crate::gate::{PathId, Posted, Seat};
use crate::problem::Problem;
use crate::routes::{Access, Route};
use acts::Desk;
use acts::staff::{self as act, AddStaff, NewRole, OneTime};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use axum::response::Response;
use axum::routing::post;
use rules::permission::{Verb, may};
use rules::time::HOUR;
use rules::{AreaLevel, At, Refusal, Role, Uid};
use store::area::{self, Area};
use store::staff::{self, Staff};
use store::{Reader, Stop, StoreError, organisation, session};
use views::pages::admin::{OneTime as HandedOver, StaffLine, StaffPage};
use views::parts::choices;
use views::shell::Nav;
use views::{Choice, Form, formats};

/// The longest search, in characters.
const Q_MAX: usize = 100;

pub fn routes() -> Vec<Route> {
    let manage = Access::Verb(Verb::ManageStaff);
    vec![
        route("GET", "/admin/staff", manage, view(list)),
        route("POST", "/admin/staff", manage, post(add)),
        route("POST", "/admin/staff/{id}/reset", manage, post(reset)),
        route("POST", "/admin/staff/{id}/revoke", manage, form_one(revoke)),
    ]
}

/// Where an administrator may give roles: their areas and what lies below, down to the commune; the clusters too
/// where that is not too many.
fn areas(r: &mut Reader, desk: &Desk) -> Result<Vec<Area>, StoreError> {
    let mut found: Vec<Area> = Vec::new();
    for grant in desk.grants.iter().filter(|g| may(g.role, Verb::ManageStaff)) {
        let levels: &[AreaLevel] = match grant.level {
            AreaLevel::Province => &[AreaLevel::Province, AreaLevel::District, AreaLevel::Commune],
            AreaLevel::District => &[AreaLevel::District, AreaLevel::Commune],
            AreaLevel::Commune | AreaLevel::Cluster => &[AreaLevel::Commune, AreaLevel::Cluster],
        };
        for level in levels {
            for area in area::below(r, &grant.path, *level)? {
                if found.iter().all(|had| had.id != area.id) {
                    found.push(area);
                }
            }
        }
    }
    let today = desk.now.day(&rules::Zone::default());
    found.retain(|a| a.is_in_force(today));
    Ok(found)
}

fn line(
    r: &mut Reader,
    desk: &Desk,
    pen: &Pen,
    machine_now: At,
    member: &Staff,
) -> Result<StaffLine, StoreError> {
    let mut grants = Vec::new();
    for held in staff::grants_of(r, member.id)? {
        let title = role_title(r, pen.lang, held.role, &held.path)?;
        let organisation = match held.organisation_id {
            Some(id) => organisation::by_id(r, id)?.map(|o| o.name),
            None => None,
        };
        // Where the role holds, then for whom: a carer of three hamlets has three lines.
        let seat = format!("{title}, {}", held.area_name);
        grants.push(organisation.map_or(seat.clone(), |name| format!("{seat} · {name}")));
    }
    let last_seen = session::last_seen(r, member.id)?;
    Ok(StaffLine {
        id: member.uid.to_string(),
        name: member.full_name.clone(),
        login: member.login.clone(),
        grants,
        has_code: session::has_second_factor(r, member.id)?,
        is_revoked: member.ended_at.is_some(),
        // Sessions live by the machine's clock.
        last_seen: last_seen.map(|at| formats::when(pen.lang, at, machine_now, &pen.zone)),
        can_change: member.ended_at.is_none() && desk.staff != Some(member.id),
    })
}

struct Found {
    staff: Vec<StaffLine>,
    next: Option<String>,
    areas: Vec<Choice>,
    organisations: Vec<Choice>,
}

fn find(
    r: &mut Reader,
    desk: &Desk,
    pen: &Pen,
    machine_now: At,
    (q, cursor): (&str, &str),
) -> Result<Found, Stop> {
    let home = desk.home(Verb::ManageStaff).ok_or_else(Refusal::not_found)?.path.clone();
    let (members, more) = if q.is_empty() {
        let mut members = staff::list_all_below(r, &home, cursor, PAGE as i64 + 1)?;
        let more = cut(&mut members);
        (members, more)
    } else {
        (staff::search_below(r, &home, q, PAGE)?, false)
    };
    let organisations = organisation::below(r, &home)?;
    let areas = areas(r, desk)?;
    Ok(Found {
        next: if more { members.last().map(|m| m.login.clone()) } else { None },
        staff: members.iter().map(|m| line(r, desk, pen, machine_now, m)).collect::<Result<_, _>>()?,
        areas: areas.iter().map(|a| Choice::new(a.code.clone(), a.full_name())).collect(),
        organisations: organisations.into_iter().map(|o| Choice::new(o.uid.to_string(), o.name)).collect(),
    })
}

async fn shown(seat: &Seat, form: Form, once: Option<HandedOver>) -> Result<StaffPage, Problem> {
    let pen = Pen::of(seat);
    let machine_now = seat.app.house.clock.machine_now();
    let q: String = seat.param("q").trim().chars().take(Q_MAX).collect();
    let cursor = seat.param("cursor").to_owned();
    let (asked, words, after) = (pen.clone(), q.clone(), cursor.clone());
    let found = ask(seat, move |r, desk| find(r, desk, &asked, machine_now, (&words, &after))).await?;
    let at = |cursor: &str| seat.with_query(&[("q", &q), ("cursor", cursor)]);
    let paging = pen.next_only(found.next.as_deref().map(&at), (!cursor.is_empty()).then(|| at("")));
    Ok(StaffPage {
        shell: seat.shell(Nav::Admin, "staff-title").await?,
        staff: found.staff,
        paging,
        form,
        organisations: found.organisations,
        areas: found.areas,
        roles: choices::<Role>(seat.lang),
        once,
        q,
    })
}

async fn list(seat: Seat) -> Shown {
    page(&shown(&seat, Form::default(), None).await?)
}

/// The link as it is handed over: with the address under which this page was opened.
fn handed_over(pen: &Pen, app: &App, headers: &HeaderMap, made: OneTime) -> HandedOver {
    let host = headers.get(header::HOST).and_then(|v| v.to_str().ok()).unwrap_or("");
    let scheme = if app.secure { "https" } else { "http" };
    let now = app.house.clock.machine_now();
    HandedOver {
        name: made.name,
        login: made.login,
        link: made.token.map(|token| format!("{scheme}://{host}/first?token={token}")),
        password: None,
        // A few seconds ago it was three days: said in whole hours.
        until: formats::duration(pen.lang, (made.until.0 - now.0 + HOUR - 1) / HOUR * HOUR),
    }
}

fn command(posted: &Posted) -> Result<AddStaff, Refusal> {
    let role = match posted.value("role") {
        "" => return Err(Refusal::field("role", "required")),
        word => Role::parse(word).ok_or_else(|| Refusal::field("role", "unknown_word"))?,
    };
    let organisation = match posted.some("organisation") {
        None => None,
        Some(id) => Some(Uid::parse(&id).ok_or_else(|| Refusal::field("organisation", "unknown"))?),
    };
    let area_code = posted.some("area").ok_or_else(|| Refusal::field("area", "required"))?;
    Ok(AddStaff {
        login: posted.value("login").to_owned(),
        full_name: posted.value("name").to_owned(),
        phone: posted.some("phone"),
        licence: posted.some("licence"),
        roles: vec![NewRole { role, area_code, organisation }],
        made_up: false,
    })
}

async fn add(seat: Seat, headers: HeaderMap, request: Request) -> Response {
    let answer = match Posted::from_request(request, &seat.app).await {
        Ok(posted) => add_by_form(&seat, &headers, &posted).await,
        Err(problem) => Err(problem),
    };
    settle(&seat, answer).await
}

async fn add_by_form(seat: &Seat, headers: &HeaderMap, posted: &Posted) -> Shown {
    let done = match command(posted) {
        Err(refusal) => Err(Stop::Refused(refusal)),
        Ok(cmd) => {
            let once = posted.once("POST /admin/staff", "");
            act::add_with_link(&seat.app.house, seat.desk()?, once, cmd).await
        }
    };
    match done {
        Ok(made) => {
            let once = handed_over(&Pen::of(seat), &seat.app, headers, made);
            page(&shown(seat, Form::default(), Some(once)).await?)
        }
        Err(stop) => {
            let refusal = renamed(refused(stop)?, &[("full_name", "name")]);
            let form = Form::of(posted.0.clone()).refuse(seat.lang, &refusal);
            page_again(&refusal, &shown(seat, form, None).await?)
        }
    }
}

async fn reset(seat: Seat, PathId(id): PathId, headers: HeaderMap, request: Request) -> Response {
    let seat = seat.at("/admin/staff");
    let answer = match Posted::from_request(request, &seat.app).await {
        Ok(posted) => reset_by_form(&seat, &id, &headers, &posted).await,
        Err(problem) => Err(problem),
    };
    settle(&seat, answer).await
}

async fn reset_by_form(seat: &Seat, id: &str, headers: &HeaderMap, posted: &Posted) -> Shown {
    let once = posted.once("POST /admin/staff/{id}/reset", id);
    match act::reset_with_link(&seat.app.house, seat.desk()?, once, uid(id)?).await {
        Ok(made) => {
            let once = handed_over(&Pen::of(seat), &seat.app, headers, made);
            page(&shown(seat, Form::default(), Some(once)).await?)
        }
        Err(stop) => again(seat, refused(stop)?).await,
    }
}

async fn revoke(seat: Seat, id: String, posted: Posted) -> Shown {
    let member = uid(&id)?;
    let seat = seat.at("/admin/staff");
    let machine_now = seat.app.house.clock.machine_now();
    let once = posted.once("POST /admin/staff/{id}/revoke", &id);
    let take =
        move |tx: &mut store::Tx, desk: &Desk, _: &mut acts::Mint| act::revoke(tx, desk, member, machine_now);
    match seat.app.house.once(seat.desk()?, once, take).await {
        Ok(_) => see_done("/admin/staff", "revoked"),
        Err(stop) => again(&seat, refused(stop)?).await,
    }
}

async fn again(seat: &Seat, refusal: Refusal) -> Shown {
    let form = Form::default().refuse(seat.lang, &refusal);
    page_again(&refusal, &shown(seat, form, None).await?)
}
