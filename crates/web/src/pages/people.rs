//! The list of people: search without marks or by phone, filters in the address, fifty a page.

use super::about;
use super::pen::Pen;
use super::places;
use super::show::{PAGE, Shown, ask, page, route, view};
use crate::api::{self, Scope, episodes};
use crate::gate::Seat;
use crate::routes::{Access, Route};
use acts::Desk;
use rules::permission::Verb;
use rules::{AreaLevel, EpisodeKind, EpisodeState, Refusal, Severity, Uid};
use store::area;
use store::episode::{self, EpisodeItem, Filter};
use store::{Reader, Stop};
use views::Choice;
use views::pages::people::{PeopleFilter, PeoplePage, PersonRow};
use views::shell::Nav;

/// Episodes looked at for one page of a filter that the store does not know.
const LOOKED_AT_MAX: usize = 5_000;
/// Episodes asked for at a time while looking.
const CHUNK: i64 = 500;
/// The longest search, in characters.
const Q_MAX: usize = 100;

pub fn routes() -> Vec<Route> {
    vec![route("GET", "/people", Access::Verb(Verb::ListPeople), view(list))]
}

struct Found {
    rows: Vec<PersonRow>,
    next: Option<String>,
    areas: Vec<Choice>,
    clusters: Vec<Choice>,
    count: Option<i64>,
    can_register: bool,
}

async fn list(seat: Seat) -> Shown {
    let pen = Pen::of(&seat);
    let filter = PeopleFilter {
        q: seat.param("q").trim().chars().take(Q_MAX).collect(),
        area: seat.param("area").to_owned(),
        cluster: seat.param("cluster").to_owned(),
        kind: seat.param("kind").to_owned(),
        state: match seat.param("state") {
            "" => "open".to_owned(),
            other => other.to_owned(),
        },
        show: seat.param("show").to_owned(),
    };
    let cursor = Some(seat.param("cursor").to_owned()).filter(|c| !c.is_empty());
    let (asked, wanted, after) = (pen.clone(), filter.clone(), cursor.clone());
    let found = ask(&seat, move |r, desk| find(r, desk, &asked, &wanted, after.as_deref())).await?;
    let at = |cursor: &str| {
        let state = if filter.state == "open" { "" } else { &filter.state };
        seat.with_query(&[
            ("q", &filter.q),
            ("area", &filter.area),
            ("cluster", &filter.cluster),
            ("kind", &filter.kind),
            ("state", state),
            ("show", &filter.show),
            ("cursor", cursor),
        ])
    };
    let paging = pen.next_only(found.next.as_deref().map(&at), cursor.is_some().then(|| at("")));
    page(&PeoplePage {
        shell: seat.shell(Nav::People, "nav-people").await?,
        areas: found.areas,
        clusters: found.clusters,
        people: found.rows,
        paging,
        count: found.count.map(|n| pen.t1("people-count", "n", &pen.n(n))),
        can_register: found.can_register,
        filter,
    })
}

/// Where the list looks: the chosen area, narrowed to the chosen cluster.
fn scope(r: &mut Reader, desk: &Desk, filter: &PeopleFilter) -> Result<Scope, Stop> {
    let code = Some(filter.area.as_str()).filter(|code| !code.is_empty());
    let wide = api::scope(r, desk, Verb::ListPeople, code)?;
    let Some(uid) = Uid::parse(&filter.cluster) else { return Ok(wide) };
    let cluster = area::by_uid(r, uid)?
        .filter(|a| {
            a.level == AreaLevel::Cluster
                && a.path.starts_with(&wide.path)
                && desk.can(Verb::ListPeople, &a.path)
        })
        .ok_or_else(Refusal::not_found)?;
    let commune = match cluster.parent_id {
        Some(parent) => area::by_id(r, parent)?.ok_or_else(Refusal::not_found)?,
        None => return Err(Refusal::not_found().into()),
    };
    Ok(Scope { path: cluster.path, commune_path: commune.path, cluster: Some(cluster.id), area: wide.area })
}

fn find(
    r: &mut Reader,
    desk: &Desk,
    pen: &Pen,
    wanted: &PeopleFilter,
    cursor: Option<&str>,
) -> Result<Found, Stop> {
    let scope = scope(r, desk, wanted)?;
    let filter = Filter {
        state: EpisodeState::parse(&wanted.state),
        kind: EpisodeKind::parse(&wanted.kind),
        outcome: None,
    };
    let q = Some(wanted.q.as_str()).filter(|q| !q.is_empty());
    let (items, next) = looked(r, &scope, &filter, q, &wanted.show, cursor)?;
    let spans = matches!(scope.area.level, AreaLevel::Province | AreaLevel::District);
    let communes = places::communes(r, desk, Verb::ListPeople)?;
    let clusters = match places::chosen(&communes, &wanted.area) {
        Some(commune) if communes.len() == 1 || commune.code == wanted.area => {
            places::clusters(r, desk, Verb::ListPeople, commune)?
        }
        Some(_) | None => Vec::new(),
    };
    let is_plain = filter.state == Some(EpisodeState::Open)
        && filter.kind.is_none()
        && q.is_none()
        && wanted.show.is_empty()
        && scope.cluster.is_none();
    let count = if is_plain && scope.area.level == AreaLevel::Commune {
        Some(episode::open_count(r, scope.area.id)?)
    } else {
        None
    };
    Ok(Found {
        rows: items.iter().map(|item| about::row(pen, desk, item, spans)).collect(),
        next,
        areas: places::area_choices(&communes),
        clusters: clusters.iter().map(|c| Choice::new(c.uid.to_string(), c.name.clone())).collect(),
        count,
        can_register: desk.can_anywhere(Verb::RegisterEpisode),
    })
}

/// A page of episodes, and the cursor of the next. A filter that the store does not know is looked for in chunks.
fn looked(
    r: &mut Reader,
    scope: &Scope,
    filter: &Filter,
    q: Option<&str>,
    show: &str,
    cursor: Option<&str>,
) -> Result<(Vec<EpisodeItem>, Option<String>), Stop> {
    if q.is_some() {
        // A search gives its best and no more: whoever is not among them types another letter.
        let mut found = episodes::listed(r, scope, filter, q, None, PAGE as i64)?;
        found.retain(|i| is_shown(i, show));
        found.truncate(PAGE);
        return Ok((found, None));
    }
    let mut items: Vec<EpisodeItem> = Vec::new();
    let mut after = cursor.map(str::to_owned);
    let mut seen = 0;
    let chunk = if show.is_empty() { PAGE as i64 + 1 } else { CHUNK };
    loop {
        let found = episodes::listed(r, scope, filter, None, after.as_deref(), chunk)?;
        let is_last = (found.len() as i64) < chunk;
        for item in found {
            if items.len() == PAGE {
                return Ok((items, after));
            }
            seen += 1;
            after = Some(item.uid.to_string());
            if is_shown(&item, show) {
                items.push(item);
            }
        }
        if is_last {
            return Ok((items, None));
        }
        if seen >= LOOKED_AT_MAX {
            return Ok((items, after));
        }
    }
}

fn is_shown(item: &EpisodeItem, show: &str) -> bool {
    match show {
        "waiting" => about::is_waited_for(item),
        "unassessed" => item.kind == EpisodeKind::Case && item.severity == Severity::Unassessed,
        "no_phone" => item.phones.is_empty(),
        _ => true,
    }
}
