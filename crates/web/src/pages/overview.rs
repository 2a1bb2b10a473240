//! A district or province at a glance: few numbers, one red one that names people, who is late, which area needs help.

use super::coverage::live;
use super::pen::Pen;
use super::places;
use super::reports::clock;
use super::show::{Shown, ask, page, route, view};
use crate::api;
use crate::gate::Seat;
use crate::routes::{Access, Route};
use acts::Desk;
use rules::permission::Verb;
use rules::report::Figures;
use rules::{AreaId, AreaLevel, At, Severity};
use std::collections::HashSet;
use store::area::{self, Area};
use store::figure::Live;
use store::report::{self, Report, ReportDay};
use store::{Reader, Stop, StoreError, alert, locality, protocol};
use views::pages::overview::{Kpi, LateUnit, OverviewPage, SeverityCount, Tile};
use views::shell::{Nav, encoded};
use views::{Link, formats};

/// Names of missing units on one line; the report page has them all.
const NAMES_MAX: usize = 4;
/// Alarms counted for the line on top.
const ALERTS_COUNTED_MAX: i64 = 1_000;

pub fn routes() -> Vec<Route> {
    vec![route("GET", "/overview", Access::Verb(Verb::ReadFigures), view(overview))]
}

/// The figures that the page is made of.
#[derive(Clone, Copy)]
struct Numbers {
    f0: i64,
    f1: i64,
    new: i64,
    overdue: i64,
    unmanaged: i64,
}

impl Numbers {
    fn of(figures: &Figures) -> Numbers {
        let of = |id: &str| figures.get(id).unwrap_or(0);
        Numbers {
            f0: of("f0_end"),
            f1: of("f1_end"),
            new: of("f0_new"),
            overdue: of("not_contacted"),
            unmanaged: of("unmanaged"),
        }
    }

    fn open(&self) -> i64 {
        self.f0 + self.f1
    }

    /// Of everybody under care, how many are not waiting past their time.
    fn in_time(&self) -> i64 {
        self.open() - self.overdue
    }
}

/// The way to the people behind a number, for those who may see them.
struct Ways {
    people: bool,
    gaps: bool,
    code: String,
}

impl Ways {
    fn figure(&self, indicator: &str) -> Option<String> {
        self.people.then(|| format!("/figures?area={}&indicator={indicator}", encoded(&self.code)))
    }
}

fn kpis(pen: &Pen, n: Numbers, ways: &Ways, since: Option<At>) -> Vec<Kpi> {
    let kpi = |key: &str, value: String, detail: String, href: Option<String>| Kpi {
        label: pen.t(key),
        value,
        detail,
        link_label: if href.is_some() { pen.t("report-see-list") } else { String::new() },
        href,
        ..Kpi::default()
    };
    let on_time = formats::percent(n.in_time(), n.open());
    let of_all = pen.t2("figures-of", ("part", &pen.n(n.in_time())), ("whole", &pen.n(n.open())));
    let managed = Kpi {
        unit: "F0".to_owned(),
        ..kpi(
            "overview-managed",
            pen.n(n.f0),
            pen.t1("overview-managed-f1", "n", &pen.n(n.f1)),
            ways.figure("f0_end"),
        )
    };
    let unmanaged = Kpi {
        unit: pen.t("overview-people-unit"),
        is_alert: n.unmanaged > 0,
        href: (n.unmanaged > 0 && ways.gaps).then(|| format!("/coverage?area={}", encoded(&ways.code))),
        link_label: pen.t("overview-assign-now"),
        detail: if n.unmanaged > 0 { String::new() } else { pen.t("overview-nobody-left") },
        ..kpi("overview-unmanaged", pen.n(n.unmanaged), String::new(), None)
    };
    vec![
        managed,
        // The day of the figures runs from lock to lock: in the afternoon it is already the next one.
        kpi(
            "overview-new",
            pen.n(n.new),
            since.map(|at| pen.t1("overview-since", "time", &pen.exact(at))).unwrap_or_default(),
            ways.figure("f0_new").filter(|_| n.new > 0),
        ),
        kpi("overview-on-time", on_time.unwrap_or_else(|| "–".to_owned()), of_all, None),
        kpi(
            "overview-waiting",
            pen.n(n.overdue),
            String::new(),
            ways.figure("not_contacted").filter(|_| n.overdue > 0),
        ),
        unmanaged,
    ]
}

fn tile(pen: &Pen, unit: &Area, n: Numbers) -> Tile {
    let percent = (n.open() > 0).then(|| u32::try_from(n.in_time() * 100 / n.open()).unwrap_or(0));
    Tile {
        href: match unit.level {
            AreaLevel::Commune => format!("/coverage?area={}", encoded(&unit.code)),
            AreaLevel::Province | AreaLevel::District | AreaLevel::Cluster => {
                format!("/overview?area={}", encoded(&unit.code))
            }
        },
        name: unit.name.clone(),
        f0: pen.n(n.f0),
        on_time: percent.map_or_else(|| pen.t("overview-tile-none"), |p| format!("{p}%")),
        percent,
        unmanaged: (n.unmanaged > 0).then(|| pen.t1("overview-tile-unmanaged", "n", &pen.n(n.unmanaged))),
    }
}

fn severity(pen: &Pen, figures: &Figures, ways: &Ways) -> Vec<SeverityCount> {
    Severity::ALL
        .iter()
        .map(|level| {
            let n = figures.get(level.indicator()).unwrap_or(0);
            SeverityCount {
                word: level.word().to_owned(),
                label: pen.name(*level),
                n: u64::try_from(n).unwrap_or(0),
                href: ways.figure(level.indicator()).filter(|_| n > 0),
            }
        })
        .collect()
}

/// Who has not sent: by unit directly below, with the names of the communes that are missing.
struct Sent {
    late: Vec<LateUnit>,
    rest: Option<(String, String)>,
    summary: Option<String>,
}

fn sent(r: &mut Reader, pen: &Pen, area: &Area, units: &[Area], day: &ReportDay) -> Result<Sent, StoreError> {
    let reports = report::of_day(r, day.id, &area.path)?;
    let communes: Vec<&Report> = reports.iter().filter(|x| x.level == AreaLevel::Commune).collect();
    let all = area::below(r, &area.path, AreaLevel::Commune)?;
    let has_sent: HashSet<AreaId> =
        communes.iter().filter(|x| x.submitted_at.is_some()).map(|x| x.area_id).collect();
    let reporting: HashSet<AreaId> = communes.iter().map(|x| x.area_id).collect();
    let (mut late, mut done, mut complete) = (Vec::new(), 0, 0);
    for unit in units {
        let own: Vec<&Area> =
            all.iter().filter(|c| c.path.starts_with(&unit.path) && reporting.contains(&c.id)).collect();
        let missing: Vec<&str> =
            own.iter().filter(|c| !has_sent.contains(&c.id)).map(|c| c.name.as_str()).collect();
        let (of, have) = (own.len(), own.len() - missing.len());
        if missing.is_empty() {
            complete += of;
            done += usize::from(of > 0);
            continue;
        }
        let mut names = missing.iter().take(NAMES_MAX).copied().collect::<Vec<_>>().join(", ");
        if missing.len() > NAMES_MAX {
            names.push_str(" …");
        }
        let report = reports.iter().find(|x| x.area_id == unit.id);
        late.push(LateUnit {
            name: unit.full_name(),
            href: report.map_or_else(
                || format!("/reports?area={}", encoded(&unit.code)),
                |x| format!("/reports/{}", x.uid),
            ),
            // A commune is its own missing one.
            missing: if unit.level == AreaLevel::Commune {
                String::new()
            } else {
                let key = if pen.now < day.due_at { "overview-not-yet" } else { "overview-missing" };
                pen.t1(key, "names", &names)
            },
            have: have as u64,
            of: of as u64,
        });
    }
    late.sort_by_key(|unit| std::cmp::Reverse(unit.of - unit.have));
    let spans = units.iter().any(|u| u.level == AreaLevel::District);
    let key = if spans { "overview-rest-districts" } else { "overview-rest-communes" };
    let rest = (done > 0).then(|| {
        let all = pen.n(complete as i64);
        (pen.t1(key, "n", &pen.n(done as i64)), format!("{all}/{all}"))
    });
    let in_time = communes.iter().filter(|x| x.submitted_at.is_some_and(|at| at < day.due_at)).count() as i64;
    let (have, of) = (pen.n(in_time), pen.n(communes.len() as i64));
    let time = formats::time(day.due_at, &pen.zone);
    let values = [("have", have.as_str()), ("of", of.as_str()), ("time", time.as_str())];
    let summary = (!communes.is_empty()).then(|| views::t_args(pen.lang, "report-summary", &values));
    Ok(Sent { late, rest, summary })
}

/// "Có 3 báo động, chưa ai nhận: 2"; nothing where there is none.
fn alerts_line(pen: &Pen, area: &Area, running: alert::Running) -> Option<Link> {
    let (all, open) = (pen.n(running.all), pen.n(running.untaken));
    let label = match running.all {
        0 => return None,
        1 => pen.t1("alarm-overview-one", "open", &open),
        ALERTS_COUNTED_MAX.. => pen.t2("alarm-overview", ("n", &format!("{all}+")), ("open", &open)),
        _ => pen.t2("alarm-overview", ("n", &all), ("open", &open)),
    };
    Some(Link { href: format!("/alerts?area={}", encoded(&area.code)), label })
}

/// The protocol that judges the answers of the area, or that there is none.
fn protocol_line(r: &mut Reader, desk: &Desk, pen: &Pen, area: &Area) -> Result<Option<Link>, StoreError> {
    if !desk.can(Verb::ReadProtocol, &area.path) {
        return Ok(None);
    }
    let label = match protocol::holding(r, &area.path)? {
        Some(held) => {
            let version =
                pen.t2("alarm-protocol-version", ("name", &held.protocol), ("version", &held.version));
            format!("{}: {version}", pen.t("protocol-title"))
        }
        None => pen.t("protocol-none"),
    };
    Ok(Some(Link { href: format!("/protocol?area={}", encoded(&area.code)), label }))
}

fn find(r: &mut Reader, desk: &Desk, pen: &Pen, code: &str) -> Result<OverviewPage, Stop> {
    let scope = api::scope(r, desk, Verb::ReadFigures, Some(code).filter(|c| !c.is_empty()))?;
    let area = scope.area;
    let (since, live) = match live(r, desk.now, &area.path)? {
        Some((place, day, live)) => {
            let zone = place.zone();
            (Some(day.schedule(&zone).window(day.on_day, &zone).from), live)
        }
        None => (None, Live::default()),
    };
    let mut units = area::children(r, area.id)?;
    units.retain(|u| u.level != AreaLevel::Cluster && u.is_in_force(pen.today()));
    let figures = live.of(area.id);
    let ways = Ways {
        people: desk.can(Verb::ReadFigurePeople, &area.path),
        gaps: desk.can(Verb::ReadGaps, &area.path),
        code: area.code.clone(),
    };
    let place = locality::of_path(r, &area.path)?;
    let day = match &place {
        Some(place) => report::day_on(r, place.area_id, pen.now.day(&place.zone()))?,
        None => None,
    };
    let (sent, own) = match &day {
        Some(day) => (Some(sent(r, pen, &area, &units, day)?), report::of_area(r, day.id, area.id)?),
        None => (None, None),
    };
    let has_districts = units.iter().any(|u| u.level == AreaLevel::District);
    let clock = match (&day, &place) {
        (Some(day), Some(place)) => Some(clock(pen, day, &place.zone())),
        (_, _) => None,
    };
    let (late, rest, reports_summary) =
        sent.map_or((Vec::new(), None, None), |s| (s.late, s.rest, s.summary));
    let running = match desk.can(Verb::ReadAlerts, &area.path) {
        true => alert::count_running(r, &area.path, ALERTS_COUNTED_MAX)?,
        false => alert::Running::default(),
    };
    Ok(OverviewPage {
        alerts: alerts_line(pen, &area, running),
        protocol: protocol_line(r, desk, pen, &area)?,
        area: area.full_name(),
        crumbs: places::crumbs(r, desk, Verb::ReadFigures, &area, |a| {
            format!("/overview?area={}", encoded(&a.code))
        })?,
        day: formats::weekday_date(pen.lang, pen.today()),
        updated: pen.when(pen.now),
        kpis: kpis(pen, Numbers::of(&figures), &ways, since),
        tiles_title: pen.t(if has_districts { "overview-by-district" } else { "overview-by-commune" }),
        tiles: units.iter().map(|u| tile(pen, u, Numbers::of(&live.of(u.id)))).collect(),
        severity: severity(pen, &figures, &ways),
        clock,
        reports_summary,
        late,
        rest,
        reports_href: format!("/reports?area={}", encoded(&area.code)),
        report: own
            .map(|x| Link { href: format!("/reports/{}", x.uid), label: pen.t("overview-open-report") }),
        ..OverviewPage::default()
    })
}

async fn overview(seat: Seat) -> Shown {
    let (pen, code) = (Pen::of(&seat), seat.param("area").to_owned());
    let mut shown = ask(&seat, move |r, desk| find(r, desk, &pen, &code)).await?;
    shown.shell = seat.shell(Nav::Overview, "nav-overview").await?;
    page(&shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_waits_past_their_time_is_not_in_time() {
        let mut figures = Figures::default();
        for (id, n) in [("f0_end", 88), ("f1_end", 12), ("not_contacted", 7)] {
            figures.set(id, n).unwrap();
        }
        let n = Numbers::of(&figures);
        assert_eq!((n.open(), n.in_time()), (100, 93));
    }
}
