//! Imports of lists: started with an upload, run to their end by themselves, looked at whenever one likes.

use super::call::{self, get};
use super::{Answer, ask, ok, uid};
use crate::app::{App, UPLOAD_MAX};
use crate::body::{self, Unread};
use crate::gate::{Call, without_nul};
use crate::problem::Problem;
use crate::routes::{Access, Route};
use acts::import_list::{self, ImportList};
use acts::{Desk, Once};
use axum::Json;
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Path, Request, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::post;
use rules::permission::Verb;
use rules::{Refusal, Uid};
use serde_json::{Value, json};
use std::sync::Arc;
use store::import;

pub fn routes() -> Vec<Route> {
    let row = |method, path, verb, summary, handler| Route {
        method,
        path,
        access: Access::Verb(verb),
        summary,
        handler,
    };
    vec![
        row(
            "POST",
            "/api/v1/imports",
            Verb::ImportEpisodes,
            "Import a commune's list",
            post(start).layer(DefaultBodyLimit::max(UPLOAD_MAX)),
        ),
        row(
            "GET",
            "/api/v1/imports/{id}",
            Verb::ImportEpisodes,
            "How far an import is, and its result",
            get(one),
        ),
        row("POST", "/api/v1/imports/{id}/undo", Verb::UndoImport, "Take an import back", call::post(undo)),
    ]
}

/// The fields of an upload, by page or by API.
#[derive(Default)]
pub struct Upload {
    pub file_name: String,
    pub bytes: Vec<u8>,
    pub fields: Vec<(String, String)>,
}

impl Upload {
    pub async fn read(request: Request, app: &App) -> Result<Upload, Problem> {
        let broken = |_| Problem::from(Refusal::field("file", "file_broken"));
        let (head, whole) = request.into_parts();
        let whole = body::read(whole, UPLOAD_MAX).await.map_err(|unread| match unread {
            Unread::TooLong => Refusal::field("file", "file_too_big"),
            Unread::Broken => Refusal::field("file", "file_broken"),
        })?;
        let mut parts = Multipart::from_request(Request::from_parts(head, whole.into()), app)
            .await
            .map_err(|_| Problem::from(Refusal::field("file", "required")))?;
        let mut upload = Upload::default();
        while let Some(field) = parts.next_field().await.map_err(broken)? {
            let name = field.name().unwrap_or("").to_owned();
            if name == "file" {
                upload.file_name = without_nul(field.file_name().unwrap_or("").to_owned());
                let too_big = |_| Problem::from(Refusal::field("file", "file_too_big"));
                upload.bytes = field.bytes().await.map_err(too_big)?.to_vec();
            } else {
                let text = field.text().await.map_err(broken)?;
                upload.fields.push((name, without_nul(text)));
            }
        }
        Ok(upload)
    }

    pub fn value(&self, name: &str) -> &str {
        self.fields.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
    }

    pub fn on(&self, name: &str) -> bool {
        matches!(self.value(name), "1" | "true" | "on" | "yes")
    }

    pub fn list(&self) -> Result<ImportList, Problem> {
        if self.bytes.is_empty() {
            return Err(Refusal::field("file", "required").into());
        }
        Ok(ImportList {
            area_code: self.value("area_code").to_owned(),
            file_name: self.file_name.clone(),
            bytes: Arc::new(self.bytes.clone()),
            dry_run: self.on("dry_run"),
            contacted: self.on("contacted"),
        })
    }
}

/// Starts an import and lets it run to its end, whoever waits.
pub async fn begin(app: &App, desk: &Desk, once: Once, list: ImportList) -> Result<Uid, Problem> {
    let (uid, is_first) = import_list::begin_once(&app.house, desk, once, &list).await?;
    if is_first {
        let (app, desk) = (app.clone(), desk.clone());
        tokio::spawn(async move {
            if let Err(stop) = import_list::finish(&app.house, &desk, &list, uid).await {
                tracing::warn!(%stop, "an import did not finish");
            }
        });
    }
    Ok(uid)
}

async fn start(State(app): State<App>, request: Request) -> Answer {
    let (parts, body) = request.into_parts();
    let key = parts.headers.get("idempotency-key").and_then(|v| v.to_str().ok()).map(str::to_owned);
    let desk = crate::gate::desk_of(&parts).ok_or_else(|| Refusal::unauthenticated("signed_out"))?;
    let upload = Upload::read(Request::from_parts(parts, body), &app).await?;
    let list = upload.list()?;
    let once = Once { route: "POST /imports", key, body: import_list::fingerprint(&list) };
    let id = begin(&app, &desk, once, list).await?;
    Ok((StatusCode::ACCEPTED, Json(json!({ "id": id.to_string() }))).into_response())
}

async fn one(Path(id): Path<String>, call: Call) -> Answer {
    let id = uid(&id)?;
    let row = ask(&call, move |r, desk| {
        let row = import::by_uid(r, id)?.ok_or_else(Refusal::not_found)?;
        let area = store::area::by_id(r, row.area_id)?.ok_or_else(Refusal::not_found)?;
        desk.may(Verb::ImportEpisodes, &area.path)?;
        Ok(row)
    })
    .await?;
    let result: Value =
        row.result.as_deref().and_then(|t| serde_json::from_str(t).ok()).unwrap_or(Value::Null);
    ok(json!({
        "id": row.uid.to_string(), "state": row.state.word(), "done": row.done, "total": row.total,
        "dry_run": row.dry_run, "result": result,
    }))
}

async fn undo(Path(id): Path<String>, call: Call) -> Answer {
    let import = uid(&id)?;
    let once = call.once_for("POST /imports/{id}/undo", &id)?;
    let done = import_list::undo(&call.app.house, &call.desk, once, import).await?;
    ok(json!({ "id": done.id }))
}
