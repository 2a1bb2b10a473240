//! Administration: what is to be set up, and the head of the log.

use super::frame::main_grant;
use super::pen::Pen;
use super::show::{Shown, ask, page, route, view};
use crate::gate::Seat;
use crate::routes::{Access, Route};
use acts::Desk;
use rules::AreaLevel;
use rules::permission::Verb;
use store::{Reader, Stop, area, locality, protocol, staff};
use views::Link;
use views::pages::admin::{AdminPage, LogHead};
use views::shell::Nav;

/// Whoever may open any page of the administration.
pub const ANY: Access = Access::AnyOf(&[Verb::ManageStaff, Verb::ManageClusters, Verb::ManageSettings]);

pub fn routes() -> Vec<Route> {
    vec![route("GET", "/admin", ANY, view(admin))]
}

struct Found {
    staff: i64,
    clusters: usize,
    hours: Option<i64>,
    numbers: usize,
    /// Its version; `Some(None)` where none is adopted.
    protocol: Option<Option<String>>,
}

fn find(r: &mut Reader, desk: &Desk) -> Result<Found, Stop> {
    let path = main_grant(desk).map_or("/", |g| g.path.as_str()).to_owned();
    let protocol = match desk.can(Verb::ReadProtocol, &path) {
        true => Some(protocol::holding(r, &path)?.map(|held| held.version)),
        false => None,
    };
    Ok(Found {
        protocol,
        staff: staff::count_below(r, &path)?,
        clusters: area::below(r, &path, AreaLevel::Cluster)?.len(),
        hours: locality::of_path(r, &path)?.and_then(|l| l.first_contact_hours),
        numbers: locality::emergency_numbers(r, &path)?.len(),
    })
}

async fn admin(seat: Seat) -> Shown {
    let pen = Pen::of(&seat);
    let found = ask(&seat, find).await?;
    let warn =
        |is: bool, href: &str, key: &str| is.then(|| Link { href: href.to_owned(), label: pen.t(key) });
    let warnings = [
        warn(found.hours.is_none(), "/admin/settings", "admin-warn-hours"),
        warn(found.numbers == 0, "/admin/settings", "admin-warn-numbers"),
        warn(found.clusters == 0, "/admin/clusters", "admin-warn-clusters"),
    ];
    let log_head = (seat.app.head)().map(|head| LogHead {
        seq: pen.n(head.seq),
        hash: head.root,
        // Heads are signed by the machine's clock, which a demo's pages do not know.
        signed: Some(pen.when(head.signed_at)).filter(|_| !seat.app.house.demo),
        key: head.key,
    });
    page(&AdminPage {
        shell: seat.shell(Nav::Admin, "nav-admin").await?,
        warnings: warnings.into_iter().flatten().collect(),
        staff_count: pen.n(found.staff),
        cluster_count: pen.n(found.clusters as i64),
        hours: found.hours.map(|h| pen.t1("admin-hours", "n", &pen.n(h))),
        numbers_count: pen.t1("admin-numbers", "n", &pen.n(found.numbers as i64)),
        protocol: found.protocol.map(|held| match held {
            Some(version) => pen.t1("protocol-version", "version", &version),
            None => pen.t("protocol-not-yet"),
        }),
        log_head,
    })
}
