//! What only a demo has: everybody's log-ins and the training clock. Elsewhere these do not exist.

use super::{Answer, ok, rfc3339, time_field};
use crate::app::App;
use crate::gate;
use crate::routes::{Access, Route};
use acts::demo::story::{self, Step};
use acts::sign_in;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::routing::get;
use rules::Refusal;
use serde::Deserialize;
use serde_json::{Value, json};
use store::Stop;

pub fn routes() -> Vec<Route> {
    vec![
        Route {
            method: "GET",
            path: "/api/v1/demo/logins",
            access: Access::Demo,
            summary: "Log-ins of the made-up staff",
            handler: get(logins),
        },
        Route {
            method: "GET",
            path: "/api/v1/demo/clock",
            access: Access::Demo,
            summary: "The training clock",
            handler: get(clock),
        },
        Route {
            method: "POST",
            path: "/api/v1/demo/clock",
            access: Access::Demo,
            summary: "Move the training clock forward",
            handler: axum::routing::post(move_clock),
        },
        Route {
            method: "POST",
            path: "/api/v1/demo/step",
            access: Access::Demo,
            summary: "Play the next step of the story",
            handler: axum::routing::post(step),
        },
    ]
}

async fn logins(State(app): State<App>, headers: HeaderMap) -> Answer {
    let found = app.house.store.read(acts::demo::logins).await?;
    let mut items: Vec<Value> = Vec::new();
    for login in found {
        let signed_in = sign_in::session_for(&app.house, login.staff, "demo").await?;
        items.push(json!({
            "role": login.role.word(), "area_code": login.area_code, "area_name": login.area_name,
            "login": login.login, "token": signed_in.token, "name": login.name,
        }));
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let scheme = if app.secure { "https" } else { "http" };
    let homes = app.house.store.read(acts::demo::linked_homes).await?;
    let patients: Vec<Value> = homes
        .iter()
        .map(|home| {
            let link = format!("{scheme}://{host}/h/{}", home.token);
            json!({ "name": home.name, "area_code": home.area_code, "link": link })
        })
        .collect();
    ok(json!({ "items": items, "patients": patients }))
}

async fn clock(State(app): State<App>) -> Answer {
    ok(json!({ "now": rfc3339(Some(app.house.now())) }))
}

#[derive(Deserialize)]
struct ClockBody {
    to: String,
}

async fn move_clock(State(app): State<App>, request: Request) -> Answer {
    let body: ClockBody = gate::object(request).await?;
    let to = time_field("to", &body.to)?;
    let training = app.training.clone().ok_or_else(Refusal::not_found)?;
    let now = training.advance(&app.house, to).await?;
    ok(json!({ "now": rfc3339(Some(now)) }))
}

async fn step(State(app): State<App>) -> Answer {
    let played = tell(&app).await?.ok_or_else(|| Refusal::conflict("story_over"))?;
    ok(json!({ "step": played.word(), "now": rfc3339(Some(app.house.now())) }))
}

/// Plays the next step of the story at its time; `None` when all is told.
pub async fn tell(app: &App) -> Result<Option<Step>, Stop> {
    let training = app.training.clone().ok_or_else(Refusal::not_found)?;
    let now = app.house.now();
    let Some((step, at)) = app.house.store.read(move |r| story::next(r, now)).await? else { return Ok(None) };
    if at > now {
        training.advance(&app.house, at).await?;
    }
    story::play(&app.house, step).await?;
    Ok(Some(step))
}
