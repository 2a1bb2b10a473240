//! The leader's board of a commune (LC-10, LC-13): who is silent, getting worse or waiting, how much each carer has, and all
//! homes of one carer moved to another.

use super::about;
use super::pen::Pen;
use super::places;
use super::show::{Shown, ask, form, page, page_again, refused, route, see_done, view};
use super::threads;
use crate::api;
use crate::gate::{Posted, Seat};
use crate::problem::Problem;
use crate::routes::{Access, Route};
use acts::{Desk, Mint, groups};
use rules::permission::Verb;
use rules::time::HOUR;
use rules::{AreaId, Refusal, Uid};
use store::{Reader, Stop, Tx, alert, episode, workload};
use views::pages::team::{LoadLine, TeamPage, WorseLine};
use views::shell::Nav;
use views::{Choice, Form};

/// How far back a change for the worse is looked for.
const WORSE_WITHIN: i64 = 24 * HOUR;
const WORSE_SHOWN_MAX: i64 = 30;
const CARERS_SHOWN_MAX: i64 = 200;
/// The choice of homes that are in nobody's care by name.
const NOBODYS: &str = "nobody";
/// Counted so far and no further.
const COUNTED_MAX: i64 = 1_000;

pub fn routes() -> Vec<Route> {
    let verb = Access::Verb(Verb::AssignCarer);
    vec![route("GET", "/team", verb, view(board)), route("POST", "/team/move", verb, form(move_homes))]
}

fn count(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

fn fill(r: &mut Reader, desk: &Desk, pen: &Pen) -> Result<TeamPage, Stop> {
    let scope = api::scope(r, desk, Verb::AssignCarer, None)?;
    let (commune, path) = (scope.area.id, scope.area.path.as_str());
    let mut worse = Vec::new();
    for found in workload::worse(r, commune, pen.now.plus(-WORSE_WITHIN), WORSE_SHOWN_MAX)? {
        let Some(item) = episode::items_by_ids(r, &[found.episode])?.into_iter().next() else { continue };
        worse.push(WorseLine {
            episode: item.uid.to_string(),
            name: item.full_name.clone(),
            age: pen.age(item.birth_date),
            tag: about::tag(pen, &item),
            words: pen.t2(
                "team-worse-words",
                ("before", &pen.name(found.before)),
                ("level", &pen.name(found.level)),
            ),
            made_at: pen.when(found.made_at),
            address: about::address(&item),
        });
    }
    let loads = workload::carers(r, (commune, path), pen.today(), pen.now, CARERS_SHOWN_MAX)?;
    let choice = |load: &workload::Load| {
        let homes = pen.t1("team-homes", "n", &pen.n(load.homes));
        Choice::new(load.uid.to_string(), format!("{} ({homes})", load.full_name))
    };
    let uncared = workload::uncared(r, commune)?;
    let nobodys = (uncared > 0).then(|| Choice::new(NOBODYS, pen.t1("team-nobodys", "n", &pen.n(uncared))));
    let mut carers = Vec::new();
    for load in &loads {
        carers.push(LoadLine {
            name: load.full_name.clone(),
            work: places::work_of(r, pen.lang, load.staff, path)?,
            on_duty: load.on_duty,
            has: [
                Some(("team-homes", load.homes)),
                Some(("team-tasks", load.tasks)).filter(|(_, n)| *n > 0),
                Some(("team-alarms", load.alarms)).filter(|(_, n)| *n > 0),
            ]
            .into_iter()
            .flatten()
            .map(|(words, n)| pen.t1(words, "n", &pen.n(n)))
            .collect(),
            overdue: (load.overdue > 0).then(|| pen.t1("team-overdue", "n", &pen.n(load.overdue))),
        });
    }
    let running = alert::count_running(r, path, COUNTED_MAX)?;
    Ok(TeamPage {
        area: scope.area.full_name(),
        silent: count(episode::count_silent(r, path, path, pen.now)?),
        unanswered: count(threads::waiting_now(r, desk, COUNTED_MAX)?.0),
        ringing: count(running.untaken),
        uncared: count(uncared),
        worse,
        carers,
        can_move: desk.can(Verb::AssignCarer, path),
        from: nobodys.into_iter().chain(loads.iter().filter(|load| load.homes > 0).map(choice)).collect(),
        to: loads.iter().map(choice).collect(),
        ..TeamPage::default()
    })
}

async fn shown(seat: &Seat, form: Form) -> Result<TeamPage, Problem> {
    let pen = Pen::of(seat);
    let mut page = ask(seat, move |r, desk| fill(r, desk, &pen)).await?;
    page.form = form;
    page.shell = seat.shell(Nav::Work, "team-title").await?;
    Ok(page)
}

async fn board(seat: Seat) -> Shown {
    page(&shown(&seat, Form::default()).await?)
}

async fn move_homes(seat: Seat, posted: Posted) -> Shown {
    let commune: AreaId =
        ask(&seat, move |r, desk| Ok(api::scope(r, desk, Verb::AssignCarer, None)?.area.id)).await?;
    let who = |field: &'static str| Uid::parse(posted.value(field)).ok_or(field);
    let from = if posted.value("from") == NOBODYS { Ok(None) } else { who("from").map(Some) };
    let done = match (from, who("to")) {
        (Ok(from), Ok(to)) => {
            let once = posted.once("POST /team/move", "");
            let act =
                move |tx: &mut Tx, desk: &Desk, _: &mut Mint| groups::move_homes(tx, desk, commune, from, to);
            seat.app.house.once(seat.desk()?, once, act).await
        }
        (from, to) => {
            let missing = from.err().into_iter().chain(to.err());
            let invalid = Refusal::invalid("invalid");
            Err(Stop::Refused(missing.fold(invalid, |refusal, field| refusal.and_field(field, "required"))))
        }
    };
    match done {
        Ok(_) => see_done("/team", "homes_moved"),
        Err(stop) => {
            let refusal = refused(stop)?;
            let form = Form::of(posted.0).refuse(seat.lang, &refusal);
            page_again(&refusal, &shown(&seat.at("/team".to_owned()), form).await?)
        }
    }
}
