//! `GET /areas`, and the locality's own emergency numbers.

use super::call::get;
use super::{Answer, Query, ask, page, uid};
use crate::gate::Call;
use crate::routes::{Access, Route};
use rules::permission::Verb;
use rules::{Day, Refusal};
use serde_json::json;
use store::area::{self, AreaFilter};

pub fn routes() -> Vec<Route> {
    vec![Route {
        method: "GET",
        path: "/api/v1/areas",
        access: Access::Verb(Verb::ReadAreas),
        summary: "Areas by code, parent and day of validity",
        handler: get(list),
    }]
}

async fn list(query: Query, call: Call) -> Answer {
    let limit = query.limit();
    let on = match query.some("on") {
        None => None,
        Some(text) => Some(Day::parse(text).ok_or_else(|| Refusal::field("on", "bad_day"))?),
    };
    let code = query.some("code").map(str::to_owned);
    let parent = query.some("parent").map(str::to_owned);
    let cursor = query.some("cursor").map(str::to_owned);
    let areas = ask(&call, move |r, _| {
        let parent = match parent {
            None => None,
            // A parent by its id, or by its official code.
            Some(text) => {
                let found = match rules::Uid::parse(&text) {
                    Some(uid) => area::by_uid(r, uid)?,
                    None => area::by_code(r, &text, on)?,
                };
                Some(found.ok_or_else(Refusal::not_found)?.id)
            }
        };
        let after = match cursor {
            None => None,
            Some(text) => match uid(&text) {
                Ok(uid) => area::by_uid(r, uid)?.map(|a| a.id),
                Err(_) => return Err(Refusal::field("cursor", "unknown").into()),
            },
        };
        let filter = AreaFilter { code, parent, on, after, within: None };
        let mut found = Vec::new();
        for a in area::list(r, &filter, limit + 1)? {
            let parent = match a.parent_id {
                Some(id) => area::by_id(r, id)?.map(|p| p.uid),
                None => None,
            };
            found.push((a, parent));
        }
        Ok(found)
    })
    .await?;
    let more = areas.len() as i64 > limit;
    let shown: Vec<_> = areas.into_iter().take(limit as usize).collect();
    let next = if more { shown.last().map(|(a, _)| a.uid.to_string()) } else { None };
    let items = shown
        .into_iter()
        .map(|(a, parent)| {
            json!({
                "id": a.uid.to_string(), "code": a.code, "name": a.name, "kind": a.kind, "level": a.level.word(),
                "parent_id": parent.map(|p| p.to_string()), "valid_from": a.valid_from.to_string(),
                "valid_to": a.valid_to.map(|d| d.to_string()),
            })
        })
        .collect();
    page(items, next)
}
