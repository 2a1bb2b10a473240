//! Who looked at a person's record; for inspectors.

use super::about;
use super::frame::role_title;
use super::pen::Pen;
use super::show::{Shown, ask, page, route, uid, view_one};
use crate::gate::Seat;
use crate::routes::{Access, Route};
use rules::StaffId;
use rules::permission::Verb;
use store::timeline::{self, Line};
use store::{Reader, StoreError, staff};
use views::events;
use views::pages::looked::{LookedLine, LookedPage};
use views::shell::Nav;

/// Readings on the page, the newest first.
const READINGS_MAX: i64 = 500;

pub fn routes() -> Vec<Route> {
    vec![route("GET", "/people/{episode}/looked", Access::Verb(Verb::ReadAccessLog), view_one(looked))]
}

async fn looked(seat: Seat, id: String) -> Shown {
    let record = about::open(&seat, Verb::ReadAccessLog, uid(&id)?).await?;
    let pen = Pen::of(&seat);
    let head = about::head(&pen, &record);
    let person = record.item.person_id;
    let lines = ask(&seat, move |r, _| {
        let readings = timeline::readings(r, person, READINGS_MAX)?;
        Ok(readings.iter().map(|line| looked_line(r, &pen, line)).collect::<Result<Vec<_>, StoreError>>()?)
    })
    .await?;
    page(&LookedPage {
        shell: seat.shell(Nav::People, "looked-title").await?,
        person: head,
        lines,
        paging: None,
    })
}

fn looked_line(r: &mut Reader, pen: &Pen, line: &Line) -> Result<LookedLine, StoreError> {
    let id = line.actor.strip_prefix("staff:").and_then(|id| id.parse().ok()).map(StaffId);
    let grant = match id {
        Some(id) => staff::grants_of(r, id)?.into_iter().next(),
        None => None,
    };
    let (role, area) = match grant {
        Some(grant) => (role_title(r, pen.lang, grant.role, &grant.path)?, grant.area_name),
        None => (String::new(), String::new()),
    };
    Ok(LookedLine {
        when: pen.when(line.at),
        who: line.actor_name.clone().unwrap_or_else(|| events::origin(pen.lang, &line.actor)),
        role,
        area,
        what: pen.t(if line.origin == "api" { "looked-api" } else { "looked-page" }),
    })
}
