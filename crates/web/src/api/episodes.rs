//! Episodes: registering, listing, reading, and everything that happens to one.

use super::call::{get, post};
use super::{Answer, Query, Scope, ask, created, ok, page, rfc3339, scope, time_field, uid, uid_field, word};
use crate::gate::Call;
use crate::problem::Problem;
use crate::routes::{Access, Route};
use acts::end_episode::{self, Convert, EndEpisode, RecordTest, Release, SetArrangement, SetSeverity};
use acts::record_contact::{self, RecordContact};
use acts::{edit_person, register_episode};
use axum::extract::Path;
use rules::first_contact::Ticks;
use rules::permission::Verb;
use rules::registration::RegisterEpisode;
use rules::{
    Arrangement, AttemptOutcome, ContactBy, Day, EpisodeId, EpisodeKind, EpisodeState, FirstContact, Outcome,
    Refusal, Severity, TestKind, TestResult, TestWitness, Zone,
};
use serde::Deserialize;
use serde_json::{Value, json};
use store::episode::{self, EpisodeItem, Filter, Within};
use store::{Reader, Stop, attempt};

pub fn routes() -> Vec<Route> {
    let verb = Access::Verb;
    let endings = Access::AnyOf(&[Verb::EndEpisode, Verb::EndToHospital]);
    let row = |method, path, access, summary, handler| Route { method, path, access, summary, handler };
    vec![
        row(
            "POST",
            "/api/v1/episodes",
            verb(Verb::RegisterEpisode),
            "Register a case or contact",
            post(register),
        ),
        row("GET", "/api/v1/episodes", verb(Verb::ListPeople), "Episodes of an area and below", get(list)),
        row(
            "GET",
            "/api/v1/episodes/{id}",
            verb(Verb::ReadPerson),
            "One episode with its timeline",
            get(one),
        ),
        row(
            "GET",
            "/api/v1/episodes/{id}/contact-attempts",
            verb(Verb::ReadPerson),
            "Attempts to reach the person",
            get(attempts),
        ),
        row(
            "POST",
            "/api/v1/episodes/{id}/contact-attempts",
            verb(Verb::RecordContact),
            "Record an attempt",
            post(contact),
        ),
        row("GET", "/api/v1/episodes/{id}/tests", verb(Verb::ReadPerson), "Tests of the episode", get(tests)),
        row("POST", "/api/v1/episodes/{id}/tests", verb(Verb::RecordTest), "Record a test", post(test)),
        row(
            "POST",
            "/api/v1/episodes/{id}/severity",
            verb(Verb::SetSeverity),
            "Assess the severity",
            post(severity),
        ),
        row("POST", "/api/v1/episodes/{id}/release", verb(Verb::ReleaseEpisode), "Release", post(release)),
        row(
            "POST",
            "/api/v1/episodes/{id}/convert",
            verb(Verb::ConvertToCase),
            "A contact became a case",
            post(convert),
        ),
        row("POST", "/api/v1/episodes/{id}/outcome", endings, "Died, hospital, moved or left", post(outcome)),
        row(
            "POST",
            "/api/v1/episodes/{id}/arrangement",
            verb(Verb::SetArrangement),
            "In the group, or by visitors",
            post(arrangement),
        ),
        row("POST", "/api/v1/episodes/{id}/reopen", verb(Verb::ReopenEpisode), "Open again", post(reopen)),
        row("POST", "/api/v1/episodes/{id}/void", verb(Verb::VoidEpisode), "Entered in error", post(void)),
    ]
}

/// An episode as the interface shows it.
pub fn item_json(i: &EpisodeItem) -> Value {
    let severity = match i.severity {
        Severity::Unassessed => None,
        assessed => Some(assessed.word()),
    };
    // The next contact that is due: the first, or the one after which silence is a gap.
    let first = match (i.state, i.first_contact) {
        (EpisodeState::Open, FirstContact::Waiting | FirstContact::Reached) => i.due_at,
        (EpisodeState::Open, FirstContact::Advised) | (EpisodeState::Closed, _) => None,
    };
    let next = first.into_iter().chain(i.next_contact_at).min();
    json!({
        "id": i.uid.to_string(),
        "kind": i.kind.word(),
        "state": i.state.word(),
        "outcome": i.outcome.map(Outcome::word),
        "severity": severity,
        "person": {
            "id": i.person_uid.to_string(), "full_name": i.full_name, "sex": i.sex.word(),
            "birth_date": i.birth_date.map(|b| b.to_string()), "phones": i.phones,
        },
        "household_id": i.household_uid.to_string(),
        "address": i.address,
        "area_code": i.area_code,
        "cluster": i.cluster,
        "detected_at": rfc3339(i.detected_at),
        "detected_on": i.detected_on.or(i.detected_at.map(|at| at.day(&Zone::default()))).map(|d| d.to_string()),
        "registered_at": rfc3339(Some(i.registered_at)),
        "ended_at": rfc3339(i.ended_at),
        "care_group_id": i.group_uid.map(|u| u.to_string()),
        // A home has one thread, and it goes by the home's own id.
        "conversation_id": i.household_uid.to_string(),
        "arrangement": { "kind": i.arrangement.word(), "visitor": i.visitor, "second": i.second_visitor },
        "first_contact": {
            "due_at": rfc3339(i.due_at), "state": i.first_contact.word(), "at": rfc3339(i.contact_at),
            "declared": i.declared, "advised": ticks_json(i.ticks),
        },
        "heard_at": rfc3339(i.heard_at),
        "next_contact_at": rfc3339(next),
    })
}

fn ticks_json(bits: i64) -> Value {
    let ticks = Ticks::from_bits(bits);
    Ticks::NAMED
        .iter()
        .map(|(t, name)| ((*name).to_owned(), json!(ticks.has(*t))))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

async fn register(call: Call) -> Answer {
    let sent: RegisterEpisode = call.json()?;
    let once = call.once("POST /episodes")?;
    let again = sent.clone();
    let done = call
        .app
        .house
        .once(&call.desk, once, move |tx, desk, mint| {
            register_episode::register_episode(tx, desk, mint, &sent)
        })
        .await;
    match done {
        Ok(r) => created(json!({
            "id": r.id, "person_id": r.person_id, "household_id": r.household_id, "care_group_id": r.care_group_id,
            "conversation_id": r.household_id, "first_contact_due_at": rfc3339(r.first_contact_due_at.map(rules::At)),
            "gaps": r.gaps,
        })),
        Err(Stop::Refused(refusal)) if refusal.code == "possible_duplicate" => {
            let found = ask(&call, move |r, desk| register_episode::alike(r, desk, &again)).await?;
            let mut problem = Problem::from(Refusal { args: Vec::new(), ..refusal });
            let candidates: Vec<Value> = found
                .iter()
                .map(|c| {
                    json!({
                        "person_id": c.person.uid.to_string(), "episode_id": c.episode.map(|u| u.to_string()),
                        "full_name": c.person.full_name, "birth_date": c.person.birth_date.map(|b| b.to_string()),
                        "address": c.address, "open": c.has_open_episode,
                        "reasons": c.reasons.iter().map(|r| r.word()).collect::<Vec<_>>(),
                    })
                })
                .collect();
            problem.more.push(("candidates", json!(candidates)));
            Err(problem)
        }
        Err(stop) => Err(stop.into()),
    }
}

/// Episodes in a scope after the episode named by `cursor`.
pub fn listed(
    r: &mut Reader,
    scope: &Scope,
    filter: &Filter,
    q: Option<&str>,
    cursor: Option<&str>,
    limit: i64,
) -> Result<Vec<EpisodeItem>, Stop> {
    if let Some(q) = q {
        let digits = q.chars().filter(char::is_ascii_digit).count();
        let mut found = match rules::phone::parse(q) {
            Ok(phone) if digits >= 9 => {
                episode::search_phone(r, &scope.path_above(), phone.as_str(), filter, limit)?
            }
            Ok(_) | Err(_) => {
                episode::search_name(r, &scope.path_above(), &rules::fold::fold(q), filter, limit)?
            }
        };
        found.retain(|i| i.path.starts_with(&scope.path));
        return Ok(found);
    }
    let after = match cursor {
        None => EpisodeId(0),
        Some(text) => {
            let unknown = || Refusal::field("cursor", "unknown");
            let uid = rules::Uid::parse(text).ok_or_else(unknown)?;
            scope.episode(r, uid)?.ok_or_else(unknown)?.id
        }
    };
    let within = scope.cluster.map_or(Within::area(&scope.area), Within::Cluster);
    Ok(episode::list(r, within, filter, after, limit)?)
}

impl Scope {
    /// The path of the commune, where the search index knows people.
    fn path_above(&self) -> String {
        if self.cluster.is_some() { self.commune_path.clone() } else { self.path.clone() }
    }

    /// An episode that a cursor names; one that lies elsewhere does not exist.
    pub fn episode(&self, r: &mut Reader, id: rules::Uid) -> Result<Option<EpisodeItem>, Stop> {
        let above = self.path_above();
        Ok(episode::item_by_uid(r, id)?.filter(|item| item.path.starts_with(&above)))
    }
}

async fn list(query: Query, call: Call) -> Answer {
    let limit = query.limit();
    let state = match query.get("state") {
        "" | "all" => None,
        text => Some(word("state", text, EpisodeState::parse)?),
    };
    let filter = Filter {
        state,
        kind: query.word("kind", EpisodeKind::parse)?,
        outcome: query.word("outcome", Outcome::parse)?,
    };
    let code = query.some("area_code").map(str::to_owned);
    let q = query.some("q").map(|q| q.chars().take(Q_MAX).collect::<String>());
    let cursor = query.some("cursor").map(str::to_owned);
    let searched = q.is_some();
    let items = ask(&call, move |r, desk| {
        let scope = scope(r, desk, Verb::ListPeople, code.as_deref())?;
        listed(r, &scope, &filter, q.as_deref(), cursor.as_deref(), limit + 1)
    })
    .await?;
    let more = items.len() as i64 > limit && !searched;
    let shown: Vec<_> = items.into_iter().take(limit as usize).collect();
    let next = if more { shown.last().map(|i| i.uid.to_string()) } else { None };
    page(shown.iter().map(item_json).collect(), next)
}

/// The longest search, in characters.
pub const Q_MAX: usize = 100;

async fn one(Path(id): Path<String>, call: Call) -> Answer {
    let id = uid(&id)?;
    let item = ask(&call, move |r, desk| {
        let item = episode::item_by_uid(r, id)?.ok_or_else(Refusal::not_found)?;
        desk.may(Verb::ReadPerson, &item.path)?;
        Ok(item)
    })
    .await?;
    let read = item.clone();
    call.app.house.run(&call.desk, move |tx, desk, _| edit_person::note_reading(tx, desk, &read)).await?;
    let (episode, person, home) = (item.id, item.person_id, item.household_id);
    let lines =
        ask(&call, move |r, _| Ok(store::timeline::of_person(r, person, home, TIMELINE_MAX)?)).await?;
    let gaps = {
        let now = call.desk.now;
        ask(&call, move |r, _| Ok(store::gap::of_episode(r, episode, now)?)).await?
    };
    let shelf = call.app.house.shelf.clone();
    let outlook = ask(&call, move |r, desk| end_episode::outlook(r, &shelf, desk, id)).await?;
    let mut body = item_json(&item);
    if let Some(object) = body.as_object_mut() {
        let open = item.state == EpisodeState::Open;
        let gaps: Vec<&str> = if open { gaps.iter().map(|g| g.word()).collect() } else { Vec::new() };
        object.insert("gaps".to_owned(), json!(gaps));
        object.insert("day".to_owned(), json!(outlook.as_ref().map(|o| o.day)));
        let release = outlook.map(|o| {
            json!({ "possible": o.missing.is_empty(), "on": o.on.to_string(), "clause": o.clause, "missing": o.missing })
        });
        object.insert("release".to_owned(), json!(release));
        object.insert("timeline".to_owned(), json!(lines.iter().map(line_json).collect::<Vec<_>>()));
    }
    ok(body)
}

/// Lines of a timeline.
pub const TIMELINE_MAX: i64 = 500;

fn line_json(line: &store::timeline::Line) -> Value {
    let header: serde_json::Map<String, Value> = line
        .header
        .split(' ')
        .filter_map(|pair| pair.split_once('='))
        .map(|(k, v)| (k.to_owned(), json!(v)))
        .collect();
    json!({
        "seq": line.seq, "at": rfc3339(Some(line.at)), "kind": line.kind, "actor": line.actor_name,
        "origin": line.origin, "details": header, "note": line.note,
    })
}

fn cursor_id(query: &Query) -> i64 {
    query.some("cursor").and_then(|c| c.parse().ok()).unwrap_or(0)
}

fn readable(r: &mut Reader, desk: &acts::Desk, id: rules::Uid) -> Result<EpisodeItem, Stop> {
    let item = episode::item_by_uid(r, id)?.ok_or_else(Refusal::not_found)?;
    desk.may(Verb::ReadPerson, &item.path)?;
    Ok(item)
}

async fn attempts(Path(id): Path<String>, query: Query, call: Call) -> Answer {
    let (id, limit, after) = (uid(&id)?, query.limit(), cursor_id(&query));
    let rows = ask(&call, move |r, desk| {
        let item = readable(r, desk, id)?;
        Ok(attempt::attempts(r, item.id, after, limit + 1)?)
    })
    .await?;
    let more = rows.len() as i64 > limit;
    let shown: Vec<_> = rows.into_iter().take(limit as usize).collect();
    let next = if more { shown.last().map(|a| a.id.0.to_string()) } else { None };
    let items = shown
        .iter()
        .map(|a| {
            json!({
                "id": a.uid.to_string(), "by": a.made_by.word(), "outcome": a.outcome.word(), "at": rfc3339(Some(a.at)),
                "received_at": rfc3339(Some(a.received_at)), "household": a.whole_household,
                "advised": ticks_json(a.ticks),
            })
        })
        .collect();
    page(items, next)
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct AdvisedBody {
    danger_signs: bool,
    number: bool,
    how_to_report: bool,
    responsible: bool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ContactBody {
    by: String,
    outcome: String,
    at: Option<String>,
    household: bool,
    advised: Option<AdvisedBody>,
    phone: Option<String>,
}

async fn contact(Path(id): Path<String>, call: Call) -> Answer {
    let body: ContactBody = call.json()?;
    let ticks = body
        .advised
        .map_or(Ticks::NONE, |a| Ticks::of(a.danger_signs, a.number, a.how_to_report, a.responsible));
    let cmd = RecordContact {
        episode: uid(&id)?,
        by: word("by", &body.by, ContactBy::parse)?,
        outcome: word("outcome", &body.outcome, AttemptOutcome::parse)?,
        at: body.at.as_deref().map(|t| time_field("at", t)).transpose()?,
        household: body.household,
        ticks,
        phone: body.phone,
    };
    let once = call.once_for("POST /episodes/{id}/contact-attempts", &id)?;
    let done = call
        .app
        .house
        .once(&call.desk, once, move |tx, desk, mint| record_contact::record_contact(tx, desk, mint, &cmd))
        .await?;
    created(json!({ "id": done.id, "state": done.state, "entered_late": done.entered_late }))
}

async fn tests(Path(id): Path<String>, query: Query, call: Call) -> Answer {
    let (id, limit, after) = (uid(&id)?, query.limit(), cursor_id(&query));
    let rows = ask(&call, move |r, desk| {
        let item = readable(r, desk, id)?;
        Ok(attempt::tests(r, item.id, after, limit + 1)?)
    })
    .await?;
    let more = rows.len() as i64 > limit;
    let shown: Vec<_> = rows.into_iter().take(limit as usize).collect();
    let next = if more { shown.last().map(|t| t.id.0.to_string()) } else { None };
    let items = shown
        .iter()
        .map(|t| {
            json!({
                "id": t.uid.to_string(), "kind": t.kind.word(), "result": t.result.word(),
                "taken_at": rfc3339(Some(t.taken_at)), "witness": t.witness.word(),
                "voided_at": rfc3339(t.voided_at),
            })
        })
        .collect();
    page(items, next)
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct TestBody {
    kind: String,
    result: String,
    taken_at: String,
    witness: Option<String>,
}

async fn test(Path(id): Path<String>, call: Call) -> Answer {
    let body: TestBody = call.json()?;
    let cmd = RecordTest {
        episode: uid(&id)?,
        kind: word("kind", &body.kind, TestKind::parse)?,
        result: word("result", &body.result, TestResult::parse)?,
        taken_at: time_field("taken_at", &body.taken_at)?,
        witness: word("witness", body.witness.as_deref().unwrap_or("none"), TestWitness::parse)?,
    };
    let once = call.once_for("POST /episodes/{id}/tests", &id)?;
    let done = call
        .app
        .house
        .once(&call.desk, once, move |tx, desk, mint| end_episode::record_test(tx, desk, mint, &cmd))
        .await?;
    created(json!({ "id": done.id }))
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct SeverityBody {
    level: String,
    reason: Option<String>,
}

async fn severity(Path(id): Path<String>, call: Call) -> Answer {
    let body: SeverityBody = call.json()?;
    let cmd = SetSeverity {
        episode: uid(&id)?,
        level: word("level", &body.level, Severity::parse)?,
        reason: body.reason,
    };
    let once = call.once_for("POST /episodes/{id}/severity", &id)?;
    let done = call
        .app
        .house
        .once(&call.desk, once, move |tx, desk, _| end_episode::set_severity(tx, desk, &cmd))
        .await?;
    created(json!({ "id": done.id }))
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ReleaseBody {
    outcome: String,
    test_id: Option<String>,
    certified_by: Option<String>,
    reason: Option<String>,
}

async fn release(Path(id): Path<String>, call: Call) -> Answer {
    let body: ReleaseBody = call.json()?;
    let cmd = Release {
        episode: uid(&id)?,
        outcome: word("outcome", &body.outcome, Outcome::parse)?,
        test: body.test_id.as_deref().map(|t| uid_field("test_id", t)).transpose()?,
        certified_by: body.certified_by,
        reason: body.reason,
    };
    let once = call.once_for("POST /episodes/{id}/release", &id)?;
    let shelf = call.app.house.shelf.clone();
    let done = call
        .app
        .house
        .once(&call.desk, once, move |tx, desk, _| end_episode::release(tx, desk, &shelf, &cmd))
        .await?;
    created(json!({ "id": done.id }))
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ConvertBody {
    detected_at: Option<String>,
    detected_on: Option<String>,
}

async fn convert(Path(id): Path<String>, call: Call) -> Answer {
    let body: ConvertBody = call.json()?;
    let day =
        |text: &str| Day::parse(text).ok_or_else(|| Problem::from(Refusal::field("detected_on", "bad_day")));
    let cmd = Convert {
        episode: uid(&id)?,
        detected_at: body.detected_at.as_deref().map(|t| time_field("detected_at", t)).transpose()?,
        detected_on: body.detected_on.as_deref().map(day).transpose()?,
    };
    let once = call.once_for("POST /episodes/{id}/convert", &id)?;
    let done = call
        .app
        .house
        .once(&call.desk, once, move |tx, desk, mint| end_episode::convert(tx, desk, mint, &cmd))
        .await?;
    created(json!({ "id": done.id }))
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct OutcomeBody {
    outcome: String,
    at: Option<String>,
    place: Option<String>,
    reason: Option<String>,
}

async fn outcome(Path(id): Path<String>, call: Call) -> Answer {
    let body: OutcomeBody = call.json()?;
    let cmd = EndEpisode {
        episode: uid(&id)?,
        outcome: word("outcome", &body.outcome, Outcome::parse)?,
        at: match body.at.as_deref() {
            Some(text) => time_field("at", text)?,
            None => call.desk.now,
        },
        place: body.place,
        reason: body.reason,
    };
    let once = call.once_for("POST /episodes/{id}/outcome", &id)?;
    let done =
        call.app.house.once(&call.desk, once, move |tx, desk, _| end_episode::end(tx, desk, &cmd)).await?;
    created(json!({ "id": done.id }))
}

/// A visitor by name, or by name and number.
#[derive(Deserialize)]
#[serde(untagged)]
enum VisitorBody {
    Name(String),
    Full { name: String, phone: Option<String> },
}

impl VisitorBody {
    fn pair(self) -> (String, Option<String>) {
        match self {
            VisitorBody::Name(name) => (name, None),
            VisitorBody::Full { name, phone } => (name, phone),
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ArrangementBody {
    kind: String,
    visitor: Option<VisitorBody>,
    second: Option<VisitorBody>,
}

async fn arrangement(Path(id): Path<String>, call: Call) -> Answer {
    let body: ArrangementBody = call.json()?;
    let cmd = SetArrangement {
        episode: uid(&id)?,
        kind: word("kind", &body.kind, Arrangement::parse)?,
        visitor: body.visitor.map(VisitorBody::pair),
        second: body.second.map(VisitorBody::pair),
    };
    let once = call.once_for("POST /episodes/{id}/arrangement", &id)?;
    let done = call
        .app
        .house
        .once(&call.desk, once, move |tx, desk, _| end_episode::set_arrangement(tx, desk, &cmd))
        .await?;
    created(json!({ "id": done.id }))
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ReasonBody {
    reason: String,
}

async fn reopen(Path(id): Path<String>, call: Call) -> Answer {
    let body: ReasonBody = call.json()?;
    let episode = uid(&id)?;
    let once = call.once_for("POST /episodes/{id}/reopen", &id)?;
    let done = call
        .app
        .house
        .once(&call.desk, once, move |tx, desk, mint| {
            end_episode::reopen(tx, desk, mint, episode, &body.reason)
        })
        .await?;
    created(json!({ "id": done.id }))
}

async fn void(Path(id): Path<String>, call: Call) -> Answer {
    let body: ReasonBody = call.json()?;
    let episode = uid(&id)?;
    let once = call.once_for("POST /episodes/{id}/void", &id)?;
    let done = call
        .app
        .house
        .once(&call.desk, once, move |tx, desk, _| end_episode::void(tx, desk, episode, &body.reason))
        .await?;
    created(json!({ "id": done.id }))
}
