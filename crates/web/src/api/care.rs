//! Care at home: answers about somebody's health, alarms, the protocol in force.

use super::call::{get, post};
use super::{Answer, Query, ask, created, ok, page, rfc3339, scope, time_field, uid, uid_field, word};
use crate::gate::Call;
use crate::routes::{Access, Route};
use acts::adopt_protocol::{self, AdoptProtocol};
use acts::alerts;
use acts::record_checkin::{self, RecordCheckin};
use acts::record_round::{self, RecordRound};
use axum::extract::Path;
use rules::checkin::Answers;
use rules::permission::Verb;
use rules::{AlertEnd, AlertId, AnsweredBy, CheckinId, EpisodeId, Refusal, RoundOutcome, StaffId};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use store::alert::{self, Alert, Subject};
use store::checkin::{self, Checkin, Judgement};
use store::episode::{self, EpisodeItem};
use store::staff::{self, Staff};
use store::{Reader, StoreError};

pub fn routes() -> Vec<Route> {
    let verb = Access::Verb;
    let row = |method, path, access, summary, handler| Route { method, path, access, summary, handler };
    vec![
        row(
            "GET",
            "/api/v1/episodes/{id}/checkins",
            verb(Verb::ReadPerson),
            "Answers about the person's health",
            get(checkins),
        ),
        row(
            "POST",
            "/api/v1/episodes/{id}/checkins",
            verb(Verb::RecordCheckin),
            "Record an answer; it is judged by the protocol in force",
            post(record),
        ),
        row(
            "POST",
            "/api/v1/households/{id}/rounds",
            verb(Verb::RecordCheckin),
            "One home of the village round: everybody is well, somebody is not, or nobody was met",
            post(round),
        ),
        row("GET", "/api/v1/alerts", verb(Verb::ReadAlerts), "Alarms of an area and below", get(list)),
        row(
            "POST",
            "/api/v1/alerts/{id}/acknowledge",
            verb(Verb::TakeAlert),
            "Seen, and mine",
            post(acknowledge),
        ),
        row(
            "POST",
            "/api/v1/alerts/{id}/take",
            verb(Verb::TakeAlert),
            "Mine, also if a colleague has it",
            post(take),
        ),
        row("POST", "/api/v1/alerts/{id}/close", verb(Verb::TakeAlert), "Over", post(close)),
        row("GET", "/api/v1/protocol", verb(Verb::ReadProtocol), "The protocol in force", get(protocol)),
        row("POST", "/api/v1/protocol", verb(Verb::AdoptProtocol), "Adopt a protocol", post(adopt)),
    ]
}

/// The answers of a body: numbers by name, blood pressure as a pair, two lists.
pub fn answers(sent: &Map<String, Value>) -> Result<Answers, Refusal> {
    let mut answers = Answers::default();
    let mut refusal = Refusal::invalid("invalid");
    for (name, value) in sent {
        let field = format!("answers.{name}");
        match (name.as_str(), value) {
            (_, Value::Null) => {}
            ("red_flags" | "symptoms", Value::Array(words)) => {
                let words: Option<Vec<String>> =
                    words.iter().map(|word| word.as_str().map(str::to_owned)).collect();
                match (name.as_str(), words) {
                    ("red_flags", Some(words)) => answers.red_flags = Some(words),
                    (_, Some(words)) => answers.symptoms = Some(words),
                    (_, None) => refusal = refusal.and_field(&field, "unknown_word"),
                }
            }
            ("bp", Value::Object(pair)) => {
                for (part, number) in pair {
                    match number.as_f64() {
                        Some(number) => {
                            answers.numbers.insert(format!("bp_{part}"), number);
                        }
                        None if number.is_null() => {}
                        None => refusal = refusal.and_field(&format!("{field}.{part}"), "not_a_number"),
                    }
                }
            }
            (name, Value::Number(number)) => {
                answers.numbers.insert(name.to_owned(), number.as_f64().unwrap_or(f64::NAN));
            }
            _ => refusal = refusal.and_field(&field, "not_a_number"),
        }
    }
    if refusal.fields.is_empty() { Ok(answers) } else { Err(refusal) }
}

/// The answers as they were sent.
fn answers_json(answers: &Answers) -> Value {
    let mut out = Map::new();
    let mut pair = Map::new();
    for (name, number) in &answers.numbers {
        let number = if number.fract() == 0.0 { json!(*number as i64) } else { json!(number) };
        match name.strip_prefix("bp_") {
            Some(part) => pair.insert(part.to_owned(), number),
            None => out.insert(name.clone(), number),
        };
    }
    if !pair.is_empty() {
        out.insert("bp".to_owned(), Value::Object(pair));
    }
    for (name, words) in [("red_flags", &answers.red_flags), ("symptoms", &answers.symptoms)] {
        if let Some(words) = words {
            out.insert(name.to_owned(), json!(words));
        }
    }
    Value::Object(out)
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct CheckinBody {
    made_at: Option<String>,
    answered_by: String,
    answerer: Option<String>,
    answers: Map<String, Value>,
}

async fn record(Path(id): Path<String>, call: Call) -> Answer {
    let body: CheckinBody = call.json()?;
    let cmd = RecordCheckin {
        episode: uid(&id)?,
        made_at: body.made_at.as_deref().map(|t| time_field("made_at", t)).transpose()?,
        answered_by: word("answered_by", &body.answered_by, AnsweredBy::parse)?,
        answerer: body.answerer,
        answers: answers(&body.answers)?,
    };
    let once = call.once_for("POST /episodes/{id}/checkins", &id)?;
    let shelf = call.app.house.shelf.clone();
    let done = call
        .app
        .house
        .once(&call.desk, once, move |tx, desk, mint| {
            record_checkin::record_checkin(tx, desk, mint, &shelf, &cmd)
        })
        .await?;
    created(json!({
        "id": done.id,
        "judgement": {
            "level": done.level, "unknown": done.unknown, "rules": done.rules, "protocol": done.protocol,
            "version": done.version,
        },
        "alert_id": done.alert_id,
        "came_late": done.came_late,
    }))
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct RoundBody {
    how: String,
    unwell: Vec<String>,
    signs_asked: bool,
    made_at: Option<String>,
}

async fn round(Path(id): Path<String>, call: Call) -> Answer {
    let body: RoundBody = call.json()?;
    let cmd = RecordRound {
        household: uid(&id)?,
        how: word("how", &body.how, RoundOutcome::parse)?,
        unwell: body.unwell.iter().map(|id| uid_field("unwell", id)).collect::<Result<_, _>>()?,
        signs_asked: body.signs_asked,
        made_at: body.made_at.as_deref().map(|t| time_field("made_at", t)).transpose()?,
    };
    let once = call.once_for("POST /households/{id}/rounds", &id)?;
    let shelf = call.app.house.shelf.clone();
    let act = move |tx: &mut store::Tx, desk: &acts::Desk, mint: &mut acts::Mint| {
        record_round::record_round(tx, desk, mint, &shelf, &cmd)
    };
    let done = call.app.house.once(&call.desk, once, act).await?;
    created(json!({
        "household_id": done.household, "how": done.how, "checkins": done.checkins, "unwell": done.unwell,
        "came_late": done.came_late,
    }))
}

fn words(text: &str) -> Vec<&str> {
    text.split(' ').filter(|word| !word.is_empty()).collect()
}

fn checkin_json(row: &Checkin, judged: Option<&Judgement>) -> Result<Value, StoreError> {
    Ok(json!({
        "id": row.uid.to_string(),
        "answered_by": row.answered_by.word(),
        "answerer": row.answerer,
        "verified": row.staff_id.is_some(),
        "answers": answers_json(&record_checkin::read_answers(row)?),
        "made_at": rfc3339(Some(row.made_at)),
        "received_at": rfc3339(Some(row.received_at)),
        "repeat_until": rfc3339(row.repeat_until),
        "judgement": judged.map(|j| json!({
            "level": row.level.word(), "unknown": words(&j.unknown), "rules": words(&j.rules),
            "protocol": j.protocol, "version": j.version,
        })),
    }))
}

async fn checkins(Path(id): Path<String>, query: Query, call: Call) -> Answer {
    let (id, limit) = (uid(&id)?, query.limit());
    let after = query.some("cursor").and_then(|c| c.parse().ok()).unwrap_or(0);
    let (items, next) = ask(&call, move |r, desk| {
        let item = episode::item_by_uid(r, id)?.ok_or_else(Refusal::not_found)?;
        desk.may(Verb::ReadPerson, &item.path)?;
        let mut rows = checkin::of_episode(r, item.id, after, limit + 1)?;
        let more = rows.len() as i64 > limit;
        rows.truncate(usize::try_from(limit).unwrap_or(0));
        let ids: Vec<CheckinId> = rows.iter().map(|row| row.id).collect();
        let judged = checkin::judgements_of(r, &ids)?;
        let last = |row: &Checkin| judged.iter().rfind(|judgement| judgement.checkin_id == row.id);
        let items = rows.iter().map(|row| checkin_json(row, last(row))).collect::<Result<Vec<_>, _>>()?;
        let next = if more { rows.last().map(|row| row.id.0.to_string()) } else { None };
        Ok((items, next))
    })
    .await?;
    page(items, next)
}

/// What the alarms of a list need beside their rows, read once.
struct Around {
    people: HashMap<EpisodeId, EpisodeItem>,
    subjects: Vec<Subject>,
    staff: HashMap<StaffId, Staff>,
}

fn around(r: &mut Reader, rows: &[Alert]) -> Result<Around, StoreError> {
    let subjects = alert::subjects(r, rows)?;
    let mut ids: Vec<EpisodeId> = subjects.iter().map(|subject| subject.episode_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let people = episode::items_by_ids(r, &ids)?.into_iter().map(|item| (item.id, item)).collect();
    let mut staff = HashMap::new();
    for id in rows.iter().filter_map(|row| row.acknowledged_by) {
        if !staff.contains_key(&id)
            && let Some(member) = staff::by_id(r, id)?
        {
            staff.insert(id, member);
        }
    }
    Ok(Around { people, subjects, staff })
}

impl Around {
    fn json(&self, row: &Alert) -> Option<Value> {
        let item = self.people.get(&row.episode_id)?;
        let holder = row.acknowledged_by.and_then(|id| self.staff.get(&id));
        let subjects = self.subjects.iter().filter(|subject| subject.alert_id == row.id);
        let subject = |subject: &Subject| {
            let item = self.people.get(&subject.episode_id)?;
            Some(json!({
                "episode_id": item.uid.to_string(), "subject": item.full_name, "state": item.state.word(),
                "level": subject.level.word(),
            }))
        };
        Some(json!({
            "id": row.uid.to_string(),
            "episode_id": item.uid.to_string(),
            "household_id": item.household_uid.to_string(),
            "subject": item.full_name,
            "subjects": subjects.filter_map(subject).collect::<Vec<_>>(),
            "area_code": item.area_code,
            "cluster": item.cluster,
            "cause": row.cause.word(),
            "level": row.level.word(),
            "state": row.state.word(),
            "told": row.told.word(),
            "raised_at": rfc3339(Some(row.raised_at)),
            "acknowledge_by": rfc3339(Some(row.acknowledge_by)),
            "acknowledged_at": rfc3339(row.acknowledged_at),
            "holder": holder.map(|s| json!({ "id": s.uid.to_string(), "name": s.full_name })),
            "closed_at": rfc3339(row.closed_at),
            "how": row.ending.map(AlertEnd::word),
        }))
    }
}

async fn list(query: Query, call: Call) -> Answer {
    let limit = query.limit();
    let closed = match query.get("state") {
        "" | "open" => false,
        "closed" => true,
        _ => return Err(Refusal::field("state", "unknown_word").into()),
    };
    let code = query.some("area_code").map(str::to_owned);
    let cursor = query.some("cursor").map(str::to_owned);
    let (items, next) = ask(&call, move |r, desk| {
        let scope = scope(r, desk, Verb::ReadAlerts, code.as_deref())?;
        let after = match cursor {
            None => AlertId(0),
            Some(text) => {
                let unknown = || Refusal::field("cursor", "unknown");
                let uid = rules::Uid::parse(&text).ok_or_else(unknown)?;
                alerts::reached(r, &scope.path, uid)?.ok_or_else(unknown)?
            }
        };
        let mut rows = alert::list(r, &scope.path, closed, after, limit + 1)?;
        let more = rows.len() as i64 > limit;
        rows.truncate(usize::try_from(limit).unwrap_or(0));
        let around = around(r, &rows)?;
        let items = rows.iter().filter_map(|row| around.json(row)).collect();
        let next = if more { rows.last().map(|row| row.uid.to_string()) } else { None };
        Ok((items, next))
    })
    .await?;
    page(items, next)
}

async fn acknowledge(Path(id): Path<String>, call: Call) -> Answer {
    hold(id, call, "POST /alerts/{id}/acknowledge", false).await
}

async fn take(Path(id): Path<String>, call: Call) -> Answer {
    hold(id, call, "POST /alerts/{id}/take", true).await
}

async fn hold(id: String, call: Call, route: &'static str, take: bool) -> Answer {
    let alert = uid(&id)?;
    let once = call.once_for(route, &id)?;
    let act = move |tx: &mut store::Tx, desk: &acts::Desk, _: &mut acts::Mint| {
        alerts::acknowledge(tx, desk, alert, take)
    };
    let done = call.app.house.once(&call.desk, once, act).await?;
    ok(json!({ "id": done.id, "state": done.state }))
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct CloseBody {
    how: String,
    note: String,
}

async fn close(Path(id): Path<String>, call: Call) -> Answer {
    let body: CloseBody = call.json()?;
    let alert = uid(&id)?;
    let how = word("how", &body.how, AlertEnd::parse)?;
    let once = call.once_for("POST /alerts/{id}/close", &id)?;
    let act = move |tx: &mut store::Tx, desk: &acts::Desk, _: &mut acts::Mint| {
        alerts::close(tx, desk, alert, how, &body.note)
    };
    let done = call.app.house.once(&call.desk, once, act).await?;
    ok(json!({ "id": done.id, "state": done.state }))
}

async fn protocol(query: Query, call: Call) -> Answer {
    let code = query.some("area_code").map(str::to_owned);
    let shelf = call.app.house.shelf.clone();
    let body = ask(&call, move |r, desk| {
        let scope = scope(r, desk, Verb::ReadProtocol, code.as_deref())?;
        let Some(adoption) = store::protocol::holding(r, &scope.path)? else {
            return Ok(json!({ "protocol": null, "version": null, "adopted_at": null, "adopted_by": null }));
        };
        let read = shelf.of(&adoption)?;
        let by = match adoption.staff_id {
            Some(id) => staff::by_id(r, id)?.map(|member| member.full_name),
            None => None,
        };
        Ok(json!({
            "protocol": adoption.protocol, "version": adoption.version, "adopted_at": rfc3339(Some(adoption.adopted_at)),
            "adopted_by": by, "note": adoption.note, "sources": read.sources, "body": adoption.body,
        }))
    })
    .await?;
    ok(body)
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct AdoptBody {
    area_code: String,
    body: String,
    note: String,
}

async fn adopt(call: Call) -> Answer {
    let body: AdoptBody = call.json()?;
    let cmd = AdoptProtocol { area_code: body.area_code, body: body.body, note: body.note };
    let once = call.once("POST /protocol")?;
    let act = move |tx: &mut store::Tx, desk: &acts::Desk, mint: &mut acts::Mint| {
        adopt_protocol::adopt(tx, desk, mint, &cmd)
    };
    let done = call.app.house.once(&call.desk, once, act).await?;
    created(json!({ "id": done.id, "protocol": done.protocol, "version": done.version }))
}
