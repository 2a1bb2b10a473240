//! Joining two records of one person: the double goes into the record that is kept.

use super::about::{self, Record};
use super::pen::Pen;
use super::show::{PAGE, Shown, ask, form_one, page, page_again, refused, route, see_done, uid, view_one};
use crate::api::{self, episodes};
use crate::gate::{Posted, Seat};
use crate::problem::Problem;
use crate::routes::{Access, Route};
use acts::register_episode::{self, Candidate as Alike};
use acts::{Desk, edit_person, scene};
use rules::permission::Verb;
use rules::{Refusal, Uid};
use store::episode::{self, EpisodeItem, Filter};
use store::{Reader, Stop};
use views::Form;
use views::pages::person_edit::MergePage;
use views::pages::register::{Candidate, reason};
use views::shell::Nav;

/// The longest search, in characters.
const Q_MAX: usize = 100;

pub fn routes() -> Vec<Route> {
    let verb = Access::Verb(Verb::MergePeople);
    vec![
        route("GET", "/people/{episode}/merge", verb, view_one(choose)),
        route("POST", "/people/{episode}/merge", verb, form_one(merge)),
    ]
}

/// A record that may be the same person, with why we think so.
pub fn candidate(pen: &Pen, item: &EpisodeItem, reasons: &[rules::registration::Reason]) -> Candidate {
    Candidate {
        episode: item.uid.to_string(),
        name: item.full_name.clone(),
        facts: about::facts(pen, item),
        reasons: reasons.iter().map(|why| reason(pen.lang, *why)).collect(),
    }
}

/// The likely doubles of a registration, with the episode of each.
pub fn candidates(r: &mut Reader, pen: &Pen, alike: &[Alike]) -> Result<Vec<Candidate>, Stop> {
    let mut found = Vec::new();
    for like in alike {
        let Some(uid) = like.episode else { continue };
        if let Some(item) = episode::item_by_uid(r, uid)? {
            found.push(candidate(pen, &item, &like.reasons));
        }
    }
    Ok(found)
}

fn find(r: &mut Reader, desk: &Desk, pen: &Pen, record: &Record, q: &str) -> Result<Vec<Candidate>, Stop> {
    let (item, who, home) = (&record.item, &record.person, &record.home);
    let place = scene::place(r, record.area.clone())?;
    let phones: Vec<String> = home.phones.split(' ').filter(|p| !p.is_empty()).map(str::to_owned).collect();
    let cluster = item.cluster.as_deref();
    let mut alike = register_episode::candidates(
        r,
        &place,
        &who.full_name,
        who.birth_date,
        &phones,
        cluster,
        Some(&home.address),
    )?;
    alike.retain(|like| like.person.id != who.id);
    let mut found = candidates(r, pen, &alike)?;
    if !q.is_empty() {
        let scope = api::scope(r, desk, Verb::MergePeople, None)?;
        for other in episodes::listed(r, &scope, &Filter::default(), Some(q), None, PAGE as i64)? {
            let uid = other.uid.to_string();
            if other.person_id != who.id
                && other.merged_into.is_none()
                && found.iter().all(|c| c.episode != uid)
            {
                found.push(candidate(pen, &other, &[]));
            }
        }
    }
    Ok(found)
}

async fn shown(seat: &Seat, record: Record, form: Form) -> Result<MergePage, Problem> {
    let pen = Pen::of(seat);
    let q: String = seat.param("q").trim().chars().take(Q_MAX).collect();
    let head = about::head(&pen, &record);
    let asked = q.clone();
    let found = ask(seat, move |r, desk| find(r, desk, &pen, &record, &asked)).await?;
    Ok(MergePage { shell: seat.shell(Nav::People, "merge-title").await?, person: head, form, q, found })
}

async fn choose(seat: Seat, id: String) -> Shown {
    let record = about::open(&seat, Verb::MergePeople, uid(&id)?).await?;
    page(&shown(&seat, record, Form::default()).await?)
}

async fn merge(seat: Seat, id: String, posted: Posted) -> Shown {
    let at = uid(&id)?;
    let into = Uid::parse(posted.value("into"));
    let (record, kept) = ask(&seat, move |r, desk| {
        let record = about::load(r, desk, Verb::MergePeople, at)?;
        let kept = match into {
            Some(uid) => episode::item_by_uid(r, uid)?,
            None => None,
        };
        Ok((record, kept))
    })
    .await?;
    let from = record.person.uid;
    let done = match kept {
        None => Err(Stop::Refused(Refusal::field("into", "required"))),
        Some(kept) => {
            let once = posted.once("POST /people/{episode}/merge", &id);
            let reason = posted.value("reason").to_owned();
            let into = kept.person_uid;
            let act = move |tx: &mut store::Tx, desk: &Desk, _: &mut acts::Mint| {
                edit_person::merge(tx, desk, from, into, &reason)
            };
            seat.app.house.once(seat.desk()?, once, act).await.map(|_| kept.uid)
        }
    };
    match done {
        Ok(kept) => see_done(&format!("/people/{kept}"), "merged"),
        Err(stop) => {
            let refusal = refused(stop)?;
            let form = Form::of(posted.0.clone()).refuse(seat.lang, &refusal);
            page_again(&refusal, &shown(&seat, record, form).await?)
        }
    }
}
