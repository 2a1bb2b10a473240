//! Reports of the day and the figures in them.

use super::call::{get, post};
use super::{Answer, Query, ask, created, ok, page, time_field, uid, word};
use crate::gate::Call;
use crate::problem::Problem;
use crate::routes::{Access, Route};
use acts::report::figures::{self, AskFigure};
use acts::report::show::{self, ListReports, ReportView};
use acts::report::{confirm, correct, submit, substitute, supplement, zero};
use axum::extract::Path;
use rules::permission::Verb;
use rules::report::SubstituteRequest;
use rules::{Day, EpisodeId, Refusal, ReportState, Substitute, Uid};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

pub fn routes() -> Vec<Route> {
    let row = |method, path, verb, summary, handler| Route {
        method,
        path,
        access: Access::Verb(verb),
        summary,
        handler,
    };
    vec![
        row("GET", "/api/v1/reports", Verb::ReadReports, "Reports of an area and day", get(list)),
        row("GET", "/api/v1/reports/{id}", Verb::ReadReports, "One report", get(one)),
        row(
            "POST",
            "/api/v1/reports/{id}/confirm",
            Verb::ConfirmReport,
            "Confirm the figures",
            post(confirm_report),
        ),
        row("POST", "/api/v1/reports/{id}/submit", Verb::SubmitReport, "Sign and send", post(submit_report)),
        row(
            "POST",
            "/api/v1/reports/{id}/zero",
            Verb::SubmitReport,
            "Send an explicit zero",
            post(zero_report),
        ),
        row(
            "POST",
            "/api/v1/reports/{id}/supplement",
            Verb::SupplementReport,
            "Confirm the supplement",
            post(supplement_report),
        ),
        row(
            "POST",
            "/api/v1/reports/{id}/substitute",
            Verb::SubstituteReport,
            "Say what stands for a missing report",
            post(substitute_report),
        ),
        row(
            "POST",
            "/api/v1/reports/{id}/correct",
            Verb::CorrectReport,
            "Correct a locked figure, visibly",
            post(correct_report),
        ),
        row("GET", "/api/v1/figures", Verb::ReadFigures, "One figure and its definition", get(figure)),
        row(
            "GET",
            "/api/v1/figures/people",
            Verb::ReadFigurePeople,
            "The people behind a figure",
            get(people),
        ),
    ]
}

fn view(view: &ReportView) -> Result<Value, Problem> {
    serde_json::to_value(view).map_err(|_| super::shape("a report that cannot be shown").into())
}

fn day_of(query: &Query) -> Result<Option<Day>, Problem> {
    match query.some("on") {
        None => Ok(None),
        Some(text) => Day::parse(text).map(Some).ok_or_else(|| Refusal::field("on", "bad_day").into()),
    }
}

async fn list(query: Query, call: Call) -> Answer {
    let asked = ListReports {
        area_code: query.some("area_code").map(str::to_owned),
        on: day_of(&query)?,
        below: query.on("below"),
        state: query.word("state", ReportState::parse)?,
        late: query.on("late"),
        missing: query.on("missing"),
        limit: usize::try_from(query.limit()).unwrap_or(0),
        cursor: query.some("cursor").map(str::to_owned),
    };
    let listed = ask(&call, move |r, desk| show::list(r, desk, &asked)).await?;
    let items = listed.items.iter().map(view).collect::<Result<Vec<_>, _>>()?;
    page(items, listed.next)
}

async fn one(Path(id): Path<String>, call: Call) -> Answer {
    let id = uid(&id)?;
    let found = ask(&call, move |r, desk| show::one(r, desk, id)).await?;
    ok(view(&found)?)
}

/// Runs one of the verbs on a report, once, and answers the report as it then stands.
async fn run<F>(call: &Call, route: &'static str, id: &str, mut act: F) -> Answer
where
    F: FnMut(&mut store::Tx, &acts::Desk, Uid) -> Result<ReportView, store::Stop> + Send + 'static,
{
    let report = uid(id)?;
    let once = call.once_for(route, id)?;
    let done = call.app.house.once(&call.desk, once, move |tx, desk, _| act(tx, desk, report)).await?;
    created(view(&done)?)
}

async fn confirm_report(Path(id): Path<String>, call: Call) -> Answer {
    run(&call, "POST /reports/{id}/confirm", &id, confirm::confirm).await
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct SubmitBody {
    narrative: Option<String>,
}

async fn submit_report(Path(id): Path<String>, call: Call) -> Answer {
    let narrative = call.json::<SubmitBody>()?.narrative.unwrap_or_default();
    run(&call, "POST /reports/{id}/submit", &id, move |tx, desk, report| {
        submit::submit(tx, desk, report, &narrative)
    })
    .await
}

async fn zero_report(Path(id): Path<String>, call: Call) -> Answer {
    run(&call, "POST /reports/{id}/zero", &id, zero::zero).await
}

async fn supplement_report(Path(id): Path<String>, call: Call) -> Answer {
    run(&call, "POST /reports/{id}/supplement", &id, supplement::supplement).await
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct SubstituteBody {
    #[serde(rename = "as")]
    stands: String,
    figures: Option<BTreeMap<String, i64>>,
    who: Option<String>,
    at: Option<String>,
}

async fn substitute_report(Path(id): Path<String>, call: Call) -> Answer {
    let body: SubstituteBody = call.json()?;
    let figures = body.figures.unwrap_or_default().into_iter().collect();
    let request = SubstituteRequest {
        stands: word("as", &body.stands, Substitute::parse)?,
        figures,
        who: body.who,
        at: body.at.as_deref().map(|t| time_field("at", t)).transpose()?,
    };
    run(&call, "POST /reports/{id}/substitute", &id, move |tx, desk, report| {
        substitute::substitute(tx, desk, report, &request)
    })
    .await
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct CorrectBody {
    indicator: String,
    value: Option<i64>,
    reason: String,
}

async fn correct_report(Path(id): Path<String>, call: Call) -> Answer {
    let body: CorrectBody = call.json()?;
    let value = body.value.ok_or_else(|| Refusal::field("value", "required"))?;
    run(&call, "POST /reports/{id}/correct", &id, move |tx, desk, report| {
        correct::correct(tx, desk, report, &body.indicator, value, &body.reason)
    })
    .await
}

fn asked(query: &Query) -> Result<AskFigure, Problem> {
    Ok(AskFigure {
        area_code: query.some("area_code").map(str::to_owned),
        on: day_of(query)?,
        indicator: query.get("indicator").to_owned(),
    })
}

async fn figure(query: Query, call: Call) -> Answer {
    let asked = asked(&query)?;
    let found = ask(&call, move |r, desk| figures::figure(r, desk, &asked)).await?;
    ok(serde_json::to_value(&found).map_err(|_| super::shape("a figure that cannot be shown"))?)
}

async fn people(query: Query, call: Call) -> Answer {
    let asked = asked(&query)?;
    let limit = usize::try_from(query.limit()).unwrap_or(0);
    let cursor = query.some("cursor").map(str::to_owned);
    let found = ask(&call, move |r, desk| {
        let after = match cursor {
            None => EpisodeId(0),
            Some(text) => {
                let unknown = || Refusal::field("cursor", "unknown");
                let uid = Uid::parse(&text).ok_or_else(unknown)?;
                let item = store::episode::item_by_uid(r, uid)?;
                item.filter(|i| desk.can(Verb::ReadFigurePeople, &i.path)).ok_or_else(unknown)?.id
            }
        };
        let found = figures::people(r, desk, &asked, after, limit)?;
        let next = match found.next {
            None => None,
            Some(id) => store::episode::by_id(r, id)?.map(|e| e.uid.to_string()),
        };
        Ok((found.items, next))
    })
    .await?;
    page(found.0.iter().map(super::episodes::item_json).collect(), found.1)
}
