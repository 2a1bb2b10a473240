//! The HTTP interface under `/api/v1`, by `docs/api.md`: the same acts as the pages, one file per noun.

pub mod areas;
pub mod call;
pub mod care;
pub mod demo;
pub mod episodes;
pub mod gaps;
pub mod groups;
pub mod imports;
pub mod openapi;
pub mod people;
pub mod reports;
pub mod sessions;
pub mod threads;

use crate::gate::Call;
use crate::problem::Problem;
use crate::routes::Route;
use acts::Desk;
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use rules::permission::Verb;
use rules::{AreaId, AreaLevel, At, Refusal, Uid, Zone};
use serde_json::{Value, json};
use store::area::{self, Area};
use store::{Reader, Stop, StoreError};

/// Items of a list when nothing is said, and at most.
pub const LIMIT_DEFAULT: i64 = 50;
pub const LIMIT_MAX: i64 = 500;

pub type Answer = Result<Response, Problem>;

pub fn routes() -> Vec<Route> {
    let mut routes = Vec::new();
    routes.extend(sessions::routes());
    routes.extend(areas::routes());
    routes.extend(episodes::routes());
    routes.extend(care::routes());
    routes.extend(threads::routes());
    routes.extend(people::routes());
    routes.extend(groups::routes());
    routes.extend(imports::routes());
    routes.extend(gaps::routes());
    routes.extend(reports::routes());
    routes.extend(demo::routes());
    routes.extend(openapi::routes());
    routes
}

pub fn created(body: Value) -> Answer {
    Ok((StatusCode::CREATED, Json(body)).into_response())
}

pub fn ok(body: Value) -> Answer {
    Ok(Json(body).into_response())
}

pub fn page(items: Vec<Value>, next: Option<String>) -> Answer {
    ok(json!({ "items": items, "next": next }))
}

/// An id of the path; one that is no id is no record either.
pub fn uid(text: &str) -> Result<Uid, Problem> {
    Uid::parse(text).ok_or_else(|| Refusal::not_found().into())
}

/// An id of the body.
pub fn uid_field(field: &str, text: &str) -> Result<Uid, Problem> {
    Uid::parse(text).ok_or_else(|| Refusal::field(field, "unknown").into())
}

/// A word of a closed list in the body.
pub fn word<T>(field: &str, text: &str, parse: fn(&str) -> Option<T>) -> Result<T, Problem> {
    parse(text).ok_or_else(|| Refusal::field(field, "unknown_word").into())
}

pub fn time_field(field: &str, text: &str) -> Result<At, Problem> {
    At::parse(text).ok_or_else(|| Refusal::field(field, "bad_time").into())
}

pub fn rfc3339(at: Option<At>) -> Value {
    at.map_or(Value::Null, |at| json!(at.rfc3339(&Zone::default())))
}

/// The query's pairs.
pub struct Query(pub Vec<(String, String)>);

impl Query {
    pub fn of(parts: &axum::http::request::Parts) -> Query {
        Query(crate::gate::pairs(parts.uri.query().unwrap_or("").as_bytes()))
    }

    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
    }

    pub fn some(&self, name: &str) -> Option<&str> {
        Some(self.get(name).trim()).filter(|v| !v.is_empty())
    }

    pub fn limit(&self) -> i64 {
        let asked = self.some("limit").and_then(|l| l.parse::<i64>().ok()).unwrap_or(LIMIT_DEFAULT);
        asked.clamp(1, LIMIT_MAX)
    }

    pub fn on(&self, name: &str) -> bool {
        matches!(self.get(name), "1" | "true")
    }

    /// A word of a closed list; an unknown one is refused.
    pub fn word<T>(&self, name: &str, parse: fn(&str) -> Option<T>) -> Result<Option<T>, Problem> {
        match self.some(name) {
            None => Ok(None),
            Some(text) => word(name, text, parse).map(Some),
        }
    }
}

/// Where a list looks: an area and what lies below it, within what the desk may see.
#[derive(Clone, Debug)]
pub struct Scope {
    pub area: Area,
    /// What records are checked against: the area's path, or the cluster's of somebody who works in one.
    pub path: String,
    /// The commune above a cluster, or `path` itself.
    pub commune_path: String,
    pub cluster: Option<AreaId>,
}

/// The scope for `verb`: the area of that code, or where the desk is at home. A hamlet carer names the commune and
/// sees the hamlet.
pub fn scope(reader: &mut Reader, desk: &Desk, verb: Verb, code: Option<&str>) -> Result<Scope, Stop> {
    let area = match code {
        Some(code) => area::by_code(reader, code, None)?,
        None => {
            let home = desk.home(verb).ok_or_else(Refusal::not_found)?;
            area::by_id(reader, home.area_id)?
        }
    };
    let area = area.ok_or_else(Refusal::not_found)?;
    if desk.can(verb, &area.path) {
        let cluster = (area.level == AreaLevel::Cluster).then_some(area.id);
        let commune_path = match (cluster, area.parent_id) {
            (Some(_), Some(parent)) => area::by_id(reader, parent)?.ok_or_else(Refusal::not_found)?.path,
            (Some(_), None) | (None, _) => area.path.clone(),
        };
        return Ok(Scope { path: area.path.clone(), commune_path, cluster, area });
    }
    let below = desk.grants.iter().find(|g| {
        g.level == AreaLevel::Cluster
            && g.path.starts_with(&area.path)
            && g.area_code == area.code
            && rules::permission::may(g.role, verb)
    });
    let grant = below.ok_or_else(Refusal::not_found)?;
    Ok(Scope {
        path: grant.path.clone(),
        commune_path: area.path.clone(),
        cluster: Some(grant.area_id),
        area,
    })
}

/// Runs a question that may be refused.
pub async fn ask<T, F>(call: &Call, question: F) -> Result<T, Problem>
where
    T: Send + 'static,
    F: FnOnce(&mut Reader, &Desk) -> Result<T, Stop> + Send + 'static,
{
    let desk = call.desk.clone();
    read(&call.app.house.store, move |r| question(r, &desk)).await.map_err(Problem::from)
}

/// A question of a closure that may refuse, over [`store::Store::read`], which only fails.
pub async fn read<T, F>(store: &store::Store, question: F) -> Result<T, Stop>
where
    T: Send + 'static,
    F: FnOnce(&mut Reader) -> Result<T, Stop> + Send + 'static,
{
    let answer = store
        .read(move |r| match question(r) {
            Ok(answer) => Ok(Ok(answer)),
            Err(Stop::Refused(refusal)) => Ok(Err(refusal)),
            Err(Stop::Store(error)) => Err(error),
        })
        .await;
    match answer {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(refusal)) => Err(refusal.into()),
        Err(error) => Err(error.into()),
    }
}

pub fn shape(text: &str) -> StoreError {
    StoreError::Shape(text.to_owned())
}
