//! The people behind a figure: every number of a report can be followed to names by those who may see them (LC-2).

use super::about;
use super::pen::Pen;
use super::show::{PAGE, Shown, ask, page, route, view};
use crate::gate::Seat;
use crate::problem::Problem;
use crate::routes::{Access, Route};
use acts::Desk;
use acts::report::figures::{self, AskFigure};
use rules::permission::Verb;
use rules::{AreaLevel, Day, EpisodeId, Refusal, Uid};
use store::area;
use store::{Reader, Stop, episode, locality, report};
use views::pages::figures::{FiguresPage, definition};
use views::pages::report::indicator_name;
use views::shell::Nav;
use views::{Link, formats};

pub fn routes() -> Vec<Route> {
    vec![route("GET", "/figures", Access::Verb(Verb::ReadFigures), view(people))]
}

fn find(
    r: &mut Reader,
    desk: &Desk,
    pen: &Pen,
    asked: &AskFigure,
    cursor: &str,
) -> Result<(FiguresPage, Option<Uid>), Stop> {
    let found = figures::figure(r, desk, asked)?;
    let area = area::by_code(r, &found.area_code, None)?.ok_or_else(Refusal::not_found)?;
    let on = Day::parse(&found.on).ok_or_else(Refusal::not_found)?;
    let root = locality::of_path(r, &area.path)?.map(|l| l.area_id);
    let own = match root {
        Some(root) => match report::day_on(r, root, on)? {
            Some(day) => report::of_area(r, day.id, area.id)?,
            None => None,
        },
        None => None,
    };
    let mut page = FiguresPage {
        indicator: found.indicator.clone(),
        label: indicator_name(pen.lang, &found.indicator),
        area: area.full_name(),
        day: formats::weekday_date(pen.lang, on),
        value: pen.n(found.value),
        of: found.denominator.map(|whole| {
            let part = pen.n(found.numerator.unwrap_or(found.value));
            pen.t2("figures-of", ("part", &part), ("whole", &pen.n(whole)))
        }),
        definition: definition(pen.lang, &found.indicator),
        report: own.filter(|_| desk.can(Verb::ReadReports, &area.path)).map(|report| Link {
            href: format!("/reports/{}", report.uid),
            label: pen.t1("report-title", "day", &formats::weekday_date(pen.lang, on)),
        }),
        may_see_people: desk.can(Verb::ReadFigurePeople, &area.path),
        ..FiguresPage::default()
    };
    if !page.may_see_people {
        return Ok((page, None));
    }
    let after = match Uid::parse(cursor) {
        Some(uid) => episode::by_uid(r, uid)?.map_or(EpisodeId(0), |e| e.id),
        None => EpisodeId(0),
    };
    let people = match figures::people(r, desk, asked, after, PAGE) {
        Ok(people) => people,
        // Of a locked day the watch's numbers are kept, and not who was behind them.
        Err(Stop::Refused(refusal)) if refusal.code == "people_not_kept" => {
            page.definition = format!("{} {}", page.definition, views::refusal(pen.lang, &refusal));
            page.may_see_people = false;
            return Ok((page, None));
        }
        Err(stop) => return Err(stop),
    };
    let spans = matches!(area.level, AreaLevel::Province | AreaLevel::District);
    page.people = people.items.iter().map(|item| about::row(pen, desk, item, spans)).collect();
    let next = match people.next {
        Some(id) => episode::by_id(r, id)?.map(|e| e.uid),
        None => None,
    };
    Ok((page, next))
}

async fn people(seat: Seat) -> Shown {
    let pen = Pen::of(&seat);
    let asked = AskFigure {
        area_code: Some(seat.param("area").to_owned()).filter(|c| !c.is_empty()),
        on: formats::read_date(seat.param("on")),
        indicator: seat.param("indicator").to_owned(),
    };
    let (writer, cursor) = (pen.clone(), seat.param("cursor").to_owned());
    let after = cursor.clone();
    let found = ask(&seat, move |r, desk| find(r, desk, &writer, &asked, &after)).await;
    // An address with a wrong word in it is an address of nothing.
    let (mut shown, next) = found.map_err(|problem| {
        if problem.errors.is_empty() { problem } else { Problem::from(Refusal::not_found()) }
    })?;
    let at = |cursor: &str| {
        seat.with_query(&[
            ("area", seat.param("area")),
            ("on", seat.param("on")),
            ("indicator", seat.param("indicator")),
            ("cursor", cursor),
        ])
    };
    let next = next.map(|uid| at(&uid.to_string()));
    shown.paging = pen.next_only(next, (!cursor.is_empty()).then(|| at("")));
    shown.shell = seat.shell_titled(Nav::Reports, shown.label.clone()).await?;
    page(&shown)
}
