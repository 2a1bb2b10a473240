//! What homes and their care team say to each other, for other programs: a conversation goes by the id of its home.

use super::call::{get, post};
use super::{Answer, Query, ask, created, ok, page, rfc3339, scope, uid, uid_field, word};
use crate::app::App;
use crate::gate::Call;
use crate::live::{self, Happened, Piece, Place, Viewer};
use crate::pages::threads::still_reads;
use crate::routes::{Access, Route};
use acts::edit_person;
use acts::thread::{self, WriteMessage};
use axum::extract::Path;
use rules::permission::Verb;
use rules::{MessageId, MessageKind, Refusal, Settled, StaffId, Uid};
use serde::Deserialize;
use serde_json::{Value, json};
use std::pin::Pin;
use std::sync::Arc;
use store::thread::{self as rows, Line, Listed};

pub fn routes() -> Vec<Route> {
    let verb = Access::Verb;
    let row = |method, path, access, summary, handler| Route { method, path, access, summary, handler };
    vec![
        row(
            "GET",
            "/api/v1/conversations",
            verb(Verb::ReadThread),
            "Threads of an area and below: with `waiting=1` those that wait for an answer",
            get(list),
        ),
        row(
            "GET",
            "/api/v1/conversations/{id}/messages",
            verb(Verb::ReadThread),
            "Messages of a thread, the oldest first",
            get(messages),
        ),
        row(
            "POST",
            "/api/v1/conversations/{id}/messages",
            verb(Verb::WriteMessage),
            "Write to a home; it is answered",
            post(write),
        ),
        row(
            "POST",
            "/api/v1/conversations/{id}/settle",
            verb(Verb::WriteMessage),
            "The home was answered otherwise, or asks for nothing",
            post(settle),
        ),
        row(
            "POST",
            "/api/v1/conversations/{id}/seen",
            verb(Verb::ReadThread),
            "Seen up to a message",
            post(seen),
        ),
        row(
            "GET",
            "/api/v1/conversations/{id}/stream",
            verb(Verb::ReadThread),
            "What is said, as server-sent events; resumes by Last-Event-ID",
            get(stream),
        ),
    ]
}

/// A message as other programs see it.
fn message(line: &Line) -> Value {
    let m = &line.message;
    let side = match (m.kind, m.household_id.is_some()) {
        (MessageKind::System, _) => "system",
        (MessageKind::Text, true) => "home",
        (MessageKind::Text, false) => "team",
    };
    json!({
        "id": m.uid.to_string(),
        "kind": m.kind.word(),
        "author": {
            "side": side,
            "name": line.author,
            "role": m.role.map(rules::Role::word),
            "licensed": line.is_licensed,
            "word": m.word,
            "verified": m.is_verified,
        },
        "text": m.text,
        "quotes": line.quoted.as_ref().map(|(uid, _)| uid.to_string()),
        "corrects": line.corrects.map(|uid| uid.to_string()),
        "corrected_by": line.corrected_by.map(|uid| uid.to_string()),
        "guidance": m.guidance,
        "at": rfc3339(Some(m.at)),
    })
}

fn waiting(waiting: Option<rules::thread::Waiting>) -> Value {
    match waiting {
        None => Value::Null,
        Some(waiting) => {
            json!({ "since": rfc3339(Some(waiting.since)), "answer_by": rfc3339(waiting.answer_by) })
        }
    }
}

fn item(listed: &Listed) -> Value {
    let conversation = &listed.conversation;
    json!({
        "id": conversation.uid.to_string(),
        "household_id": conversation.uid.to_string(),
        "address": listed.address,
        "cluster": listed.cluster,
        "waiting": waiting(conversation.waiting()),
        "last_message_at": rfc3339(Some(listed.last.at)),
        "seen": listed.is_seen,
    })
}

async fn list(query: Query, call: Call) -> Answer {
    let limit = query.limit();
    let only_waiting = query.on("waiting");
    let code = query.some("area_code").map(str::to_owned);
    let before = match query.some("cursor") {
        None => i64::MAX,
        Some(text) => text.parse().map_err(|_| Refusal::field("cursor", "unknown"))?,
    };
    let (found, more) = ask(&call, move |r, desk| {
        let scope = scope(r, desk, Verb::ReadThread, code.as_deref())?;
        let asker = desk.staff.unwrap_or(StaffId(0));
        let mut found = match only_waiting {
            // Who waits is few, or something else is wrong: the longest are given, without a next page.
            true => rows::waiting(r, &scope.path, asker, limit)?,
            false => rows::newest(r, &scope.path, asker, MessageId(before), limit + 1)?,
        };
        let more = found.len() as i64 > limit;
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok((found, more))
    })
    .await?;
    let next = found.last().filter(|_| more).map(|last| last.conversation.last_message_id.0.to_string());
    page(found.iter().map(item).collect(), next)
}

async fn messages(Path(id): Path<String>, query: Query, call: Call) -> Answer {
    let (home, limit) = (uid(&id)?, query.limit());
    let after = query.some("cursor").map(|text| uid_field("cursor", text)).transpose()?;
    let (read, mut found) = ask(&call, move |r, desk| {
        let found = thread::load(r, desk, Verb::ReadThread, home)?;
        let Some(conversation) = &found.conversation else { return Ok((found.members, Vec::new())) };
        let from = match after {
            None => MessageId(0),
            Some(after) => {
                let known = rows::message_by_uid(r, after)?.filter(|m| m.conversation_id == conversation.id);
                known.ok_or_else(|| Refusal::field("cursor", "unknown"))?.id
            }
        };
        let lines = rows::after(r, conversation.id, from, limit + 1)?;
        Ok((found.members, lines))
    })
    .await?;
    call.app
        .house
        .run(&call.desk, move |tx, desk, _| {
            for item in &read {
                edit_person::note_reading(tx, desk, item)?;
            }
            Ok(())
        })
        .await?;
    let more = found.len() as i64 > limit;
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next = found.last().filter(|_| more).map(|last| last.message.uid.to_string());
    page(found.iter().map(message).collect(), next)
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WriteBody {
    text: String,
    quotes: Option<String>,
    /// Another word for `quotes`.
    reply_to: Option<String>,
    corrects: Option<String>,
    guidance: Option<String>,
}

async fn write(Path(id): Path<String>, call: Call) -> Answer {
    let body: WriteBody = call.json()?;
    let pointing =
        |field: &str, text: &Option<String>| text.as_deref().map(|text| uid_field(field, text)).transpose();
    let quotes = match pointing("quotes", &body.quotes)? {
        Some(quotes) => Some(quotes),
        None => pointing("reply_to", &body.reply_to)?,
    };
    let cmd = WriteMessage {
        home: uid(&id)?,
        text: body.text.clone(),
        quotes,
        corrects: pointing("corrects", &body.corrects)?,
        guidance: body.guidance.clone(),
    };
    let once = call.once_for("POST /conversations/{id}/messages", &id)?;
    let shelf = call.app.house.shelf.clone();
    let act = move |tx: &mut store::Tx, desk: &acts::Desk, mint: &mut acts::Mint| {
        thread::write(tx, desk, mint, &shelf, &cmd)
    };
    let done = call.app.house.once(&call.desk, once, act).await?;
    created(json!({ "id": done.id }))
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct SettleBody {
    how: String,
}

async fn settle(Path(id): Path<String>, call: Call) -> Answer {
    let body: SettleBody = call.json()?;
    let (home, how) = (uid(&id)?, word("how", &body.how, Settled::parse)?);
    let once = call.once_for("POST /conversations/{id}/settle", &id)?;
    let act = move |tx: &mut store::Tx, desk: &acts::Desk, mint: &mut acts::Mint| {
        thread::settle(tx, desk, mint, home, how)
    };
    let done = call.app.house.once(&call.desk, once, act).await?;
    ok(json!({ "id": done.id }))
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct SeenBody {
    message_id: String,
}

async fn seen(Path(id): Path<String>, call: Call) -> Answer {
    let body: SeenBody = call.json()?;
    let (home, upto) = (uid(&id)?, uid_field("message_id", &body.message_id)?);
    call.app.house.run(&call.desk, move |tx, desk, _| thread::see(tx, desk, home, upto)).await?;
    ok(json!({ "message_id": upto.to_string() }))
}

/// A program that follows a thread.
struct Program {
    token: String,
    home: Uid,
}

/// Beside the kinds of pages in `pages::threads` and `pages::own_thread`.
const AS_JSON: u8 = 9;

impl Viewer for Program {
    fn may<'a>(&'a self, app: &'a App) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>> {
        Box::pin(async move { still_reads(app, &self.token, "api", self.home).await })
    }

    fn show(&self, happened: &Happened) -> Arc<Vec<Piece>> {
        happened.shown(AS_JSON, || {
            let mut pieces = Vec::new();
            if let Some(line) = &happened.line {
                pieces.push(Piece { name: "message", data: message(line).to_string() });
            }
            let seen: Vec<Value> = happened
                .seen
                .iter()
                .map(|one| {
                    json!({
                        "by": if one.staff.is_some() { "team" } else { "home" }, "name": one.name,
                        "at": rfc3339(Some(one.at)), "all": one.has_seen_all,
                    })
                })
                .collect();
            let stand = json!({ "waiting": waiting(happened.waiting), "seen": seen });
            pieces.push(Piece { name: "stand", data: stand.to_string() });
            pieces
        })
    }
}

async fn stream(Path(id): Path<String>, query: Query, call: Call) -> Answer {
    let home = uid(&id)?;
    let read = ask(&call, move |r, desk| thread::load(r, desk, Verb::ReadThread, home)).await?;
    let household = read.home.id;
    call.app
        .house
        .run(&call.desk, move |tx, desk, _| {
            for item in &read.members {
                edit_person::note_reading(tx, desk, item)?;
            }
            Ok(())
        })
        .await?;
    let from = call.last_event.as_deref().and_then(Place::parse).or_else(|| Place::parse(query.get("after")));
    live::stream(&call.app, household, from, live::STREAMS_MAX, Program { token: call.token.clone(), home })
        .await
}
