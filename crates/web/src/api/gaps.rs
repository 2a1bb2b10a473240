//! `GET /gaps`: everything that is missing from anybody's care, as lines with an owner and an age.

use super::call::get;
use super::{Answer, Query, ask, page, rfc3339, scope};
use crate::gate::Call;
use crate::routes::{Access, Route};
use rules::gap::Gap;
use rules::permission::Verb;
use rules::{EpisodeId, GapKind, Refusal, Uid};
use serde_json::{Value, json};
use store::gap::{self, EpisodeGaps};
use store::staff;

pub fn routes() -> Vec<Route> {
    vec![Route {
        method: "GET",
        path: "/api/v1/gaps",
        access: Access::Verb(Verb::ReadGaps),
        summary: "What is missing from anybody's care",
        handler: get(list),
    }]
}

fn line(item: &EpisodeGaps, gap: &Gap, owner: Value) -> Value {
    json!({
        "kind": gap.kind.word(), "episode_id": item.uid.to_string(), "subject": item.full_name,
        "since": rfc3339(Some(gap.since)), "owner": owner, "level": gap.level.word(),
        "area_code": item.area_code, "cluster": item.cluster, "address": item.address,
        "care_group_id": item.group_uid.map(|u| u.to_string()),
    })
}

/// A cursor names the episode reached and how many of its gaps were given.
fn split(cursor: &str) -> Option<(Uid, usize)> {
    let (uid, n) = cursor.split_once('.')?;
    Some((Uid::parse(uid)?, n.parse().ok()?))
}

async fn list(query: Query, call: Call) -> Answer {
    let limit = query.limit();
    let kind = query.word("kind", GapKind::parse)?;
    let code = query.some("area_code").map(str::to_owned);
    let cursor = match query.some("cursor") {
        None => None,
        Some(text) => Some(split(text).ok_or_else(|| Refusal::field("cursor", "unknown"))?),
    };
    let (items, next) = ask(&call, move |r, desk| {
        let scope = scope(r, desk, Verb::ReadGaps, code.as_deref())?;
        let (mut after, mut skip) = match cursor {
            None => (EpisodeId(0), 0),
            Some((uid, given)) => {
                let at = scope.episode(r, uid)?.ok_or_else(|| Refusal::field("cursor", "unknown"))?;
                (EpisodeId(at.id.0 - 1), given)
            }
        };
        let owners = gap::Owners::load(r)?;
        let mut items: Vec<Value> = Vec::new();
        loop {
            let board = gap::board(r, &scope.path, &scope.commune_path, desk.now, after, limit)?;
            let Some(last) = board.last() else { return Ok((items, None)) };
            after = last.id;
            for item in &board {
                let wanted: Vec<&Gap> =
                    item.gaps.iter().filter(|g| kind.is_none_or(|k| k == g.kind)).collect();
                for (n, gap) in wanted.iter().enumerate().skip(std::mem::take(&mut skip)) {
                    if items.len() as i64 == limit {
                        return Ok((items, Some(format!("{}.{n}", item.uid))));
                    }
                    let owner = match owners.of(item, gap) {
                        Some((id, name)) => {
                            let uid = staff::by_id(r, id)?.map(|s| s.uid.to_string());
                            json!({ "id": uid, "name": name, "level": gap.level.word() })
                        }
                        None => json!({ "id": null, "name": null, "level": gap.level.word() }),
                    };
                    items.push(line(item, gap, owner));
                }
            }
        }
    })
    .await?;
    page(items, next)
}
