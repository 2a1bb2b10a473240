//! Care groups: who is in which, who leads, who cares, and who is on duty.

use super::call::{get, post, put};
use super::{Answer, Query, ask, created, ok, page, scope, uid, uid_field};
use crate::body;
use crate::gate::Call;
use crate::problem::Problem;
use crate::routes::{Access, Route};
use acts::{duty, groups};
use axum::extract::Path;
use rules::permission::Verb;
use rules::{Refusal, Uid};
use serde::Deserialize;
use serde_json::{Value, json};
use store::area;
use store::care_group::{self, GroupItem, TeamMember};

pub fn routes() -> Vec<Route> {
    let row = |method, path, verb, summary, handler| Route {
        method,
        path,
        access: Access::Verb(verb),
        summary,
        handler,
    };
    vec![
        row("GET", "/api/v1/care-groups", Verb::ReadGroups, "Care groups of an area and below", get(list)),
        row(
            "PUT",
            "/api/v1/care-groups/{id}/leader",
            Verb::SetGroupLeader,
            "Name the leader of a group",
            put(leader),
        ),
        row(
            "PUT",
            "/api/v1/care-groups/{id}/carers",
            Verb::SetGroupCarers,
            "Set the carers of a group",
            put(carers),
        ),
        row("POST", "/api/v1/duty", Verb::GoOnDuty, "Go on or off duty", post(go_on_duty)),
        row("POST", "/api/v1/assignments", Verb::AssignCarer, "Give homes to a carer", post(assign)),
    ]
}

fn member_json(m: &TeamMember) -> Value {
    json!({ "id": m.uid.to_string(), "name": m.name, "on_duty": m.on_duty })
}

pub fn group_json(g: &GroupItem) -> Value {
    json!({
        "id": g.uid.to_string(), "name": g.name, "audience": g.audience.word(), "area_code": g.area_code,
        "clusters": g.clusters, "households": g.households, "people": g.people,
        "leader": g.leader.as_ref().map(member_json),
        "carers": g.carers.iter().map(member_json).collect::<Vec<_>>(), "on_duty": g.on_duty(),
    })
}

async fn list(query: Query, call: Call) -> Answer {
    let limit = query.limit();
    let code = query.some("area_code").map(str::to_owned);
    let cursor = query.some("cursor").map(str::to_owned);
    let items = ask(&call, move |r, desk| {
        let scope = scope(r, desk, Verb::ReadGroups, code.as_deref())?;
        let unknown = || Refusal::field("cursor", "unknown");
        let after = match cursor {
            None => 0,
            Some(text) => {
                let uid = Uid::parse(&text).ok_or_else(unknown)?;
                let group = care_group::by_uid(r, uid)?.ok_or_else(unknown)?;
                // A group that lies elsewhere does not exist.
                let area = area::by_id(r, group.area_id)?;
                area.filter(|a| a.path.starts_with(&scope.commune_path)).ok_or_else(unknown)?;
                group.id.0
            }
        };
        Ok(care_group::items(r, &scope.commune_path, after, limit + 1)?)
    })
    .await?;
    let more = items.len() as i64 > limit;
    let shown: Vec<_> = items.into_iter().take(limit as usize).collect();
    let next = if more { shown.last().map(|g| g.uid.to_string()) } else { None };
    page(shown.iter().map(group_json).collect(), next)
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct LeaderBody {
    staff_id: String,
}

async fn leader(Path(id): Path<String>, call: Call) -> Answer {
    let group = uid(&id)?;
    let body: LeaderBody = call.json()?;
    let staff = uid_field("staff_id", &body.staff_id)?;
    let once = call.once_for("PUT /care-groups/{id}/leader", &id)?;
    let done = call
        .app
        .house
        .once(&call.desk, once, move |tx, desk, _| groups::set_leader(tx, desk, group, staff))
        .await?;
    ok(json!({ "id": done.id }))
}

/// `[id, …]` or `{carers: [id, …]}`.
#[derive(Deserialize)]
#[serde(untagged)]
enum CarersBody {
    List(Vec<String>),
    Named {
        #[serde(alias = "staff_ids")]
        carers: Vec<String>,
    },
}

async fn carers(Path(id): Path<String>, call: Call) -> Answer {
    let group = uid(&id)?;
    let ids = match body::value::<CarersBody>(&call.body)? {
        CarersBody::List(ids) | CarersBody::Named { carers: ids } => ids,
    };
    let carers: Vec<Uid> = ids.iter().map(|id| uid_field("carers", id)).collect::<Result<_, Problem>>()?;
    let once = call.once_for("PUT /care-groups/{id}/carers", &id)?;
    let done = call
        .app
        .house
        .once(&call.desk, once, move |tx, desk, _| groups::set_carers(tx, desk, group, &carers))
        .await?;
    ok(json!({ "id": done.id }))
}

#[derive(Deserialize)]
struct DutyBody {
    on: bool,
}

async fn go_on_duty(call: Call) -> Answer {
    let body: DutyBody = call.json()?;
    let once = call.once("POST /duty")?;
    let on = body.on;
    call.app.house.once(&call.desk, once, move |tx, desk, _| duty::set_duty(tx, desk, on)).await?;
    ok(json!({ "on": on }))
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct AssignBody {
    episode_ids: Vec<String>,
    carer_id: String,
}

async fn assign(call: Call) -> Answer {
    let body: AssignBody = call.json()?;
    let episodes: Vec<Uid> =
        body.episode_ids.iter().map(|id| uid_field("episode_ids", id)).collect::<Result<_, Problem>>()?;
    let carer = uid_field("carer_id", &body.carer_id)?;
    let once = call.once("POST /assignments")?;
    let done = call
        .app
        .house
        .once(&call.desk, once, move |tx, desk, _| groups::assign(tx, desk, &episodes, carer))
        .await?;
    created(json!({ "households": done.households }))
}
