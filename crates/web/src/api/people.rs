//! People: corrections and merging. Nothing vanishes: a correction is an entry of its own.

use super::call::{patch, post};
use super::{Answer, created, ok, uid, uid_field};
use crate::gate::Call;
use crate::routes::{Access, Route};
use acts::edit_person::{self, EditPerson};
use axum::extract::Path;
use rules::permission::Verb;
use serde::Deserialize;
use serde_json::json;

pub fn routes() -> Vec<Route> {
    vec![
        Route {
            method: "PATCH",
            path: "/api/v1/people/{id}",
            access: Access::Verb(Verb::EditPerson),
            summary: "Correct a person",
            handler: patch(edit),
        },
        Route {
            method: "POST",
            path: "/api/v1/people/{id}/merge",
            access: Access::Verb(Verb::MergePeople),
            summary: "Join a double into the person it is",
            handler: post(merge),
        },
    ]
}

async fn edit(Path(id): Path<String>, call: Call) -> Answer {
    let person = uid(&id)?;
    let body: EditPerson = call.json()?;
    let once = call.once_for("PATCH /people/{id}", &id)?;
    let done = call
        .app
        .house
        .once(&call.desk, once, move |tx, desk, _| edit_person::edit_person(tx, desk, person, &body))
        .await?;
    ok(json!({ "id": done.id }))
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct MergeBody {
    into: String,
    reason: String,
}

async fn merge(Path(id): Path<String>, call: Call) -> Answer {
    let from = uid(&id)?;
    let body: MergeBody = call.json()?;
    let into = uid_field("into", &body.into)?;
    let once = call.once_for("POST /people/{id}/merge", &id)?;
    let done = call
        .app
        .house
        .once(&call.desk, once, move |tx, desk, _| edit_person::merge(tx, desk, from, into, &body.reason))
        .await?;
    created(json!({ "id": done.id }))
}
