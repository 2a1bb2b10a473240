//! The clusters of a commune (bản, khu phố, tổ …) and who heads each; groups are placed by them (LC-14).

use super::admin::ANY;
use super::pen::Pen;
use super::places;
use super::show::{Shown, ask, form, page, page_again, refused, renamed, route, see_done, view, with_param};
use crate::gate::{Posted, Seat};
use crate::problem::Problem;
use crate::routes::{Access, Route};
use acts::Desk;
use acts::clusters::{self, AddCluster};
use rules::Refusal;
use rules::permission::Verb;
use store::area::Area;
use store::episode;
use store::{Reader, Stop, StoreError, care_group};
use views::pages::admin::{ClusterLine, ClustersPage};
use views::shell::Nav;
use views::{Choice, Form, Link};

pub fn routes() -> Vec<Route> {
    vec![
        route("GET", "/admin/clusters", ANY, view(list)),
        route("POST", "/admin/clusters", Access::Verb(Verb::ManageClusters), form(add)),
    ]
}

fn lines(r: &mut Reader, desk: &Desk, pen: &Pen, commune: &Area) -> Result<Vec<ClusterLine>, StoreError> {
    let counts = episode::open_by_cluster(r, commune.id)?;
    let groups = care_group::of_area(r, commune.id)?;
    let served = care_group::clusters_of_area(r, commune.id)?;
    let clusters = places::clusters(r, desk, Verb::ManageClusters, commune)?;
    Ok(clusters
        .into_iter()
        .map(|c| {
            let group = served
                .iter()
                .find(|s| s.cluster_id == c.id)
                .and_then(|s| groups.iter().find(|g| g.id == s.care_group_id));
            ClusterLine {
                // Clusters are kept with their kind in their name.
                kind: String::new(),
                head: c.head_name.unwrap_or_default(),
                households: c.household_count.map(|n| pen.n(n)).unwrap_or_default(),
                people: pen.n(counts.get(&c.id).copied().unwrap_or(0)),
                group: group.map(|g| Link { href: format!("/groups/{}", g.uid), label: g.name.clone() }),
                name: c.name,
            }
        })
        .collect())
}

struct Found {
    area: Option<Area>,
    areas: Vec<Choice>,
    clusters: Vec<ClusterLine>,
}

async fn shown(seat: &Seat, code: &str, form: Form) -> Result<ClustersPage, Problem> {
    let (pen, code) = (Pen::of(seat), code.to_owned());
    let found = ask(seat, move |r, desk| {
        let communes = places::communes(r, desk, Verb::ManageClusters)?;
        let area = places::chosen(&communes, &code).cloned();
        let clusters = match &area {
            Some(commune) => lines(r, desk, &pen, commune)?,
            None => Vec::new(),
        };
        Ok(Found { areas: places::area_choices(&communes), area, clusters })
    })
    .await?;
    Ok(ClustersPage {
        shell: seat.shell(Nav::Admin, "clusters-title").await?,
        area: found.area.as_ref().map(Area::full_name).unwrap_or_default(),
        area_code: found.area.map(|a| a.code).unwrap_or_default(),
        areas: found.areas,
        clusters: found.clusters,
        form,
    })
}

async fn list(seat: Seat) -> Shown {
    let code = seat.param("area").to_owned();
    page(&shown(&seat, &code, Form::default()).await?)
}

fn command(posted: &Posted) -> Result<AddCluster, Refusal> {
    let households = match posted.some("households") {
        None => None,
        Some(text) => Some(text.parse::<i64>().map_err(|_| Refusal::field("households", "out_of_range"))?),
    };
    // The head's number is written behind the name, as the list on the wall has it.
    let head_name = match (posted.some("head"), posted.some("head_phone")) {
        (Some(name), Some(phone)) => Some(format!("{name}, {phone}")),
        (name, phone) => name.or(phone),
    };
    Ok(AddCluster {
        area_code: posted.value("area").to_owned(),
        name: posted.value("name").to_owned(),
        kind: posted.value("kind").to_owned(),
        head_name,
        household_count: households,
        neighbours: Vec::new(),
    })
}

async fn add(seat: Seat, posted: Posted) -> Shown {
    let done = match command(&posted) {
        Err(refusal) => Err(Stop::Refused(refusal)),
        Ok(cmd) => {
            let once = posted.once("POST /admin/clusters", "");
            let act = move |tx: &mut store::Tx, desk: &Desk, mint: &mut acts::Mint| {
                clusters::add_cluster(tx, desk, mint, &cmd)
            };
            seat.app.house.once(seat.desk()?, once, act).await
        }
    };
    match done {
        Ok(_) => see_done(&with_param("/admin/clusters", "area", posted.value("area")), "cluster"),
        Err(stop) => {
            let refusal = renamed(refused(stop)?, &[("area_code", "area")]);
            let form = Form::of(posted.0.clone()).refuse(seat.lang, &refusal);
            page_again(&refusal, &shown(&seat, posted.value("area"), form).await?)
        }
    }
}
