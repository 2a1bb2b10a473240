//! Reports of a day: one's own, and those of the areas below with who is late and who is missing (LC-4).

use super::pen::Pen;
use super::places;
use super::show::{Shown, ask, page, route, view};
use crate::api;
use crate::gate::Seat;
use crate::routes::{Access, Route};
use acts::Desk;
use acts::report::show::{self, LIMIT_MAX, ListReports, ReportView};
use rules::permission::Verb;
use rules::{At, Day, ReportState, Substitute, Zone};
use store::area::Area;
use store::report::{self, ReportDay};
use store::{Reader, Stop, StoreError, locality};
use views::pages::report::DeadlineClock;
use views::pages::reports::{ReportLine, ReportsPage};
use views::shell::{Nav, encoded};
use views::{formats, t};

/// Own reports of the days before.
const HISTORY_MAX: usize = 7;

pub fn routes() -> Vec<Route> {
    vec![route("GET", "/reports", Access::Verb(Verb::ReadReports), view(list))]
}

/// The clock of a report day: when communes send, when the figures lock, when districts send.
pub fn clock(pen: &Pen, day: &ReportDay, zone: &Zone) -> DeadlineClock {
    let schedule = day.schedule(zone);
    let now = (pen.now.day(zone) == day.on_day).then(|| pen.now.minute_of_day(zone));
    let marks = [
        (schedule.due_minute, pen.t("report-mark-commune")),
        (schedule.lock_minute, pen.t("report-mark-lock")),
        (schedule.district_due_minute, pen.t("report-mark-district")),
    ];
    DeadlineClock::of(pen.lang, now, &marks)
}

/// A moment that an act gave as text.
pub fn at(text: Option<&String>) -> Option<At> {
    text.and_then(|text| At::parse(text))
}

pub fn substitute_words(pen: &Pen, view: &ReportView) -> Option<String> {
    let stands = view.substitute.as_deref().and_then(Substitute::parse)?;
    let said = view.substituted.as_ref().and_then(|s| Some((s.who.clone()?, at(s.at.as_ref())?)));
    Some(match (stands, said) {
        (Substitute::ByPhone, Some((who, when))) => {
            pen.t2("report-substituted-phone", ("who", &who), ("at", &pen.exact(when)))
        }
        (Substitute::System | Substitute::ByPhone, _) => pen.name(stands),
    })
}

pub fn state_words(pen: &Pen, view: &ReportView) -> String {
    ReportState::parse(&view.state).map(|state| pen.name(state)).unwrap_or_default()
}

pub fn line(pen: &Pen, view: &ReportView, name: String) -> ReportLine {
    let figure = |id: &str| pen.n(view.figures.get(id).unwrap_or(0));
    let sent = at(view.submitted_at.as_ref()).map(|when| match &view.submitted_by {
        Some(who) => format!("{}, {who}", pen.exact(when)),
        None => pen.exact(when),
    });
    ReportLine {
        href: format!("/reports/{}", view.id),
        name,
        state: view.state.clone(),
        state_label: state_words(pen, view),
        detail: sent.unwrap_or_default(),
        is_late: view.late,
        is_missing: view.missing,
        substitute: substitute_words(pen, view),
        f0_end: figure("f0_end"),
        f0_new: figure("f0_new"),
        f1_end: figure("f1_end"),
    }
}

/// "101/106 xã gửi trước 11:00", over the communes of these reports.
pub fn summary(pen: &Pen, views: &[ReportView], day: &ReportDay, zone: &Zone) -> Option<String> {
    let communes: Vec<&ReportView> = views.iter().filter(|v| v.level == "commune").collect();
    if communes.len() < 2 {
        return None;
    }
    let have = communes.iter().filter(|v| v.on_time).count() as i64;
    let of = communes.len() as i64;
    let time = formats::time(day.due_at, zone);
    let values = [("have", pen.n(have)), ("of", pen.n(of)), ("time", time)];
    let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Some(views::t_args(pen.lang, "report-summary", &values))
}

/// Late or missing ones, and the rest; of many levels only the next one is listed when all is well.
pub fn split(views: Vec<ReportView>) -> (Vec<ReportView>, Vec<ReportView>) {
    let has_districts = views.iter().any(|v| v.level == "district");
    let (mut behind, rest): (Vec<_>, Vec<_>) =
        views.into_iter().partition(|v| v.missing || (v.late && v.submitted_at.is_none()));
    // Whoever is missing comes before whoever is only late.
    behind.sort_by_key(|v| !v.missing);
    let below = rest.into_iter().filter(|v| !has_districts || v.level == "district").collect();
    (behind, below)
}

struct Found {
    area: Area,
    page: ReportsPage,
    on: Day,
    has_next: bool,
}

fn find(r: &mut Reader, desk: &Desk, pen: &Pen, code: &str, on: Option<Day>) -> Result<Found, Stop> {
    let scope = api::scope(r, desk, Verb::ReadReports, Some(code).filter(|c| !c.is_empty()))?;
    let area = scope.area;
    let place = locality::of_path(r, &area.path)?
        .ok_or_else(|| StoreError::Shape(format!("area {} has no locality", area.id.0)))?;
    let zone = place.zone();
    let on = on.unwrap_or_else(|| pen.now.day(&zone));
    let day = report::day_on(r, place.area_id, on)?;
    let wanted = ListReports {
        area_code: Some(area.code.clone()),
        on: Some(on),
        below: true,
        limit: LIMIT_MAX,
        ..ListReports::default()
    };
    let (mut own, mut others): (Option<ReportView>, Vec<ReportView>) = (None, Vec::new());
    for view in show::list(r, desk, &wanted)?.items {
        if view.area_code == area.code { own = Some(view) } else { others.push(view) }
    }
    let before =
        ListReports { area_code: Some(area.code.clone()), limit: 4 * HISTORY_MAX, ..ListReports::default() };
    let mut history = show::list(r, desk, &before)?.items;
    history.retain(|v| Day::parse(&v.on).is_some_and(|d| d < on));
    history.truncate(HISTORY_MAX);
    let summary = day.as_ref().and_then(|day| summary(pen, &others, day, &zone));
    let (behind, below) = split(others);
    let named = |v: &ReportView| line(pen, v, v.area_name.clone());
    let page = ReportsPage {
        area: area.full_name(),
        area_code: area.code.clone(),
        crumbs: places::crumbs(r, desk, Verb::ReadReports, &area, |a| {
            format!("/reports?area={}", encoded(&a.code))
        })?,
        day: formats::weekday_date(pen.lang, on),
        on: on.to_string(),
        clock: day.as_ref().map(|day| clock(pen, day, &zone)),
        own: own.as_ref().map(&named),
        summary,
        behind: behind.iter().map(&named).collect(),
        below: below.iter().map(&named).collect(),
        history: history
            .iter()
            .map(|v| {
                line(
                    pen,
                    v,
                    Day::parse(&v.on).map(|d| formats::weekday_date(pen.lang, d)).unwrap_or_default(),
                )
            })
            .collect(),
        ..ReportsPage::default()
    };
    let has_next = report::day_on(r, place.area_id, on.plus(1))?.is_some();
    Ok(Found { area, page, on, has_next })
}

async fn list(seat: Seat) -> Shown {
    let pen = Pen::of(&seat);
    let code = seat.param("area").to_owned();
    let on = formats::read_date(seat.param("on"));
    let found = ask(&seat, move |r, desk| find(r, desk, &pen, &code, on)).await?;
    let at = |day: Day| format!("/reports?area={}&on={day}", encoded(&found.area.code));
    let mut shown = found.page;
    shown.previous_href = at(found.on.plus(-1));
    shown.next_href = found.has_next.then(|| at(found.on.plus(1)));
    let title = t(seat.lang, "nav-reports");
    shown.shell = seat.shell_titled(Nav::Reports, title).await?;
    page(&shown)
}
