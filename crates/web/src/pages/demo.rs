//! The demo's own page: the training clock, log-ins per role, the scenes that are built, and the proof that a changed
//! record is found. None of it exists in the real thing.

use super::coverage::live;
use super::login::enter_with;
use super::pen::Pen;
use super::show::{
    Shown, XLSX, download, form, local, page, page_again, refused, route, see, see_done, view,
};
use crate::api;
use crate::app::Tampered;
use crate::gate::{Posted, Seat};
use crate::problem::Problem;
use crate::routes::{Access, Route};
use acts::demo::story::{self, Step};
use acts::{demo, sign_in};
use rules::time::HOUR;
use rules::{AreaLevel, At, Refusal, ReportState, Role};
use store::area;
use store::{Reader, Stop, episode, report};
use views::events::first_letter_up;
use views::pages::demo::{
    ClockMove, DemoArea, DemoLogin, DemoPage, Device, DeviceLine, Story, Tamper, Verified,
};
use views::shell::{Flash, Nav};
use views::{Lang, Link, Tone, formats};

/// What happens at which minute of a day: (minute, key of its words).
const MOVES: &[(i64, &str)] = &[
    (10 * 60 + 58, "demo-move-sign"),
    (11 * 60, "demo-move-due"),
    (11 * 60 + 40, "demo-move-supplement"),
    (12 * 60, "demo-move-lock"),
    (12 * 60 + 7, "demo-move-correct"),
    (15 * 60, "demo-move-district"),
];
/// When the next day begins, in minutes.
const MORNING: i64 = 7 * 60 + 30;

pub fn routes() -> Vec<Route> {
    vec![
        route("GET", "/demo", Access::Demo, view(demo_page)),
        route("POST", "/demo/enter", Access::Demo, form(enter)),
        route("POST", "/demo/clock", Access::Demo, form(move_clock)),
        route("POST", "/demo/tamper", Access::Demo, form(tamper)),
        route("POST", "/demo/step", Access::Demo, form(tell_on)),
        route("GET", "/demo/list.xlsx", Access::Demo, view(list)),
    ]
}

fn moves(pen: &Pen) -> Vec<ClockMove> {
    let at = |to: At, label: String, what: String| ClockMove {
        to: to.rfc3339(&pen.zone),
        label,
        what,
        is_past: to <= pen.now,
    };
    let today = pen.today();
    let mut moves: Vec<ClockMove> = MOVES
        .iter()
        .map(|(minute, key)| {
            let to = today.at_minute(*minute, &pen.zone);
            at(to, formats::time(to, &pen.zone), pen.t(key))
        })
        .collect();
    moves.push(at(pen.now.plus(HOUR), pen.t("demo-plus-hour"), String::new()));
    moves.push(at(today.plus(1).at_minute(MORNING, &pen.zone), pen.t("demo-next-day"), String::new()));
    moves
}

/// What the page shows of the store.
#[derive(Default)]
struct Scene {
    logins: Vec<demo::DemoLogin>,
    people: i64,
    communes: i64,
    /// Of the story's commune: under care, waiting for first contact past their time, without somebody.
    managed: i64,
    not_contacted: i64,
    unmanaged: i64,
    report: Option<(ReportState, At, At)>,
    told: usize,
    next: Option<(Step, At)>,
}

fn scene(r: &mut Reader, now: At) -> Result<Scene, Stop> {
    let (told, next) = (story::told(r)?, story::next(r, now)?);
    let mut scene = Scene { logins: demo::logins(r)?, told, next, ..Scene::default() };
    for root in area::roots(r)? {
        scene.communes += area::below(r, &root.path, AreaLevel::Commune)?.len() as i64;
    }
    scene.people = episode::open_count_everywhere(r)?;
    let Some(commune) = area::by_code(r, story::COMMUNE, None)? else { return Ok(scene) };
    if let Some((place, open, live)) = live(r, now, &commune.path)? {
        let figures = live.of(commune.id);
        let of = |id: &str| figures.get(id).unwrap_or(0);
        scene.managed = of("f0_end") + of("f1_end");
        scene.not_contacted = of("not_contacted");
        scene.unmanaged = of("unmanaged");
        // The story is about this date; after its lock the open day is already the next one.
        let day = report::day_on(r, place.area_id, now.day(&place.zone()))?.unwrap_or(open);
        scene.report =
            report::of_area(r, day.id, commune.id)?.map(|found| (found.state, day.due_at, day.lock_at));
    }
    Ok(scene)
}

fn title(lang: Lang, login: &demo::DemoLogin) -> String {
    match lang {
        Lang::Vi if !login.title.is_empty() => login.title.clone(),
        Lang::Vi | Lang::En => views::name(lang, login.role),
    }
}

/// Log-ins by area, the highest area first, as they were made.
fn by_area(lang: Lang, logins: &[demo::DemoLogin]) -> Vec<DemoArea> {
    let mut areas: Vec<DemoArea> = Vec::new();
    for login in logins {
        let shown = DemoLogin {
            login: login.login.clone(),
            role: first_letter_up(&title(lang, login)),
            name: login.name.clone(),
        };
        match areas.iter_mut().find(|a| a.area == login.area_name) {
            Some(area) => area.logins.push(shown),
            None => areas.push(DemoArea { area: login.area_name.clone(), logins: vec![shown] }),
        }
    }
    areas
}

fn devices(pen: &Pen, scene: &Scene) -> Vec<Device> {
    let who = |role: Role| scene.logins.iter().find(|l| l.role == role && l.area_code == story::COMMUNE);
    let line = |key: &str, value: String, tone: Tone| DeviceLine {
        label: first_letter_up(&pen.t(key)),
        value,
        tone,
    };
    let red = |n: i64| if n > 0 { Tone::Danger } else { Tone::Ok };
    let mut devices = Vec::new();
    let mut add = |scene: &str, time: &str, role: Role, go: &str, shape: &str, lines: Vec<DeviceLine>| {
        let Some(login) = who(role) else { return };
        devices.push(Device {
            scene: pen.t1("demo-scene", "n", scene),
            time: time.to_owned(),
            title: pen.t(&format!("demo-scene-{scene}-title")),
            who: format!("{}, {}, {}", login.name, title(pen.lang, login), login.area_name),
            lines,
            login: login.login.clone(),
            go: go.to_owned(),
            action: pen.t(&format!("demo-scene-{scene}-action")),
            shape: shape.to_owned(),
            is_tamper: false,
        });
    };
    let managed = vec![
        line("overview-managed", pen.n(scene.managed), Tone::Plain),
        line("indicator-not_contacted", pen.n(scene.not_contacted), red(scene.not_contacted)),
        line("coverage-title", pen.n(scene.unmanaged), red(scene.unmanaged)),
    ];
    add("1", "07:30", Role::Clerk, "/import", "desk", managed);
    let report = match scene.report {
        None => Vec::new(),
        Some((state, due, lock)) => {
            let is_open = matches!(state, ReportState::Draft | ReportState::Confirmed);
            vec![
                line("nav-reports", pen.name(state), Tone::Plain),
                line(
                    "demo-move-due",
                    formats::time(due, &pen.zone),
                    if due <= pen.now && is_open { Tone::Danger } else { Tone::Plain },
                ),
                line("demo-move-lock", formats::time(lock, &pen.zone), Tone::Plain),
            ]
        }
    };
    add("4", "10:58", Role::CommuneLeader, "/reports", "tablet", report);
    devices.push(Device {
        scene: pen.t("demo-last-act"),
        title: pen.t("demo-last-title"),
        who: pen.t("demo-last-words"),
        action: pen.t("demo-tamper"),
        shape: "desk".to_owned(),
        is_tamper: true,
        ..Device::default()
    });
    devices
}

async fn shown(seat: &Seat, tamper: Option<Tamper>, flash: Option<Flash>) -> Result<DemoPage, Problem> {
    let mut pen = Pen::of(seat);
    pen.now = seat.app.house.now();
    let now = pen.now;
    let scene = api::read(&seat.app.house.store, move |r| scene(r, now)).await?;
    let homes = seat.app.house.store.read(demo::linked_homes).await?;
    let mut shell = seat.clone().at("/demo").shell(Nav::Demo, "demo-title").await?;
    if flash.is_some() {
        shell.flash = flash;
    }
    Ok(DemoPage {
        shell,
        clock: formats::time(now, &pen.zone),
        day: formats::weekday_date(pen.lang, pen.today()),
        moves: moves(&pen),
        devices: devices(&pen, &scene),
        logins: by_area(pen.lang, &scene.logins),
        homes: homes
            .into_iter()
            .map(|home| Link { href: format!("/h/{}", home.token), label: home.name })
            .collect(),
        tamper,
        story: Some(Story {
            done: pen.n(scene.told as i64),
            of: pen.n(Step::ALL.len() as i64),
            next: scene.next.map(|(step, at)| {
                let words = pen.t(&format!("demo-step-{}", step.word()));
                format!("{}: {words}", formats::time(at, &pen.zone))
            }),
        }),
        holds: pen.t2("demo-holds", ("people", &pen.n(scene.people)), ("communes", &pen.n(scene.communes))),
    })
}

async fn demo_page(seat: Seat) -> Shown {
    page(&shown(&seat, None, None).await?)
}

/// Sits down as one of the made-up staff.
async fn enter(seat: Seat, posted: Posted) -> Shown {
    let wanted = posted.value("login").to_owned();
    let logins = seat.app.house.store.read(demo::logins).await?;
    let login = logins.into_iter().find(|l| l.login == wanted).ok_or_else(Refusal::not_found)?;
    let signed_in = sign_in::session_for(&seat.app.house, login.staff, &seat.device).await?;
    let go = local(posted.value("go")).unwrap_or_else(|| "/".to_owned());
    Ok(enter_with(&seat.app, &signed_in.token, see(&go)?))
}

/// A moment, or how many hours on (`+1h`).
fn moment(text: &str, now: At) -> Option<At> {
    let text = text.trim();
    match text.strip_prefix('+').and_then(|t| t.strip_suffix('h')) {
        Some(hours) => hours.parse::<i64>().ok().filter(|h| (1..=48).contains(h)).map(|h| now.plus(h * HOUR)),
        None => At::parse(text),
    }
}

async fn move_clock(seat: Seat, posted: Posted) -> Shown {
    let training = seat.app.training.clone().ok_or_else(Refusal::not_found)?;
    let to = moment(posted.value("to"), seat.app.house.now());
    let moved = match to {
        None => Err(Stop::Refused(Refusal::field("to", "bad_date"))),
        Some(to) => training.advance(&seat.app.house, to).await,
    };
    match moved {
        Ok(_) => see_done(&local(posted.value("back")).unwrap_or_else(|| "/demo".to_owned()), "clock"),
        Err(stop) => {
            let refusal = refused(stop)?;
            let code = refusal.fields.first().map_or(refusal.code, |f| f.code);
            let flash = Flash::danger(views::words::fault(seat.lang, code, &[]));
            page_again(&refusal, &shown(&seat, None, Some(flash)).await?)
        }
    }
}

/// Plays the next step of the story.
async fn tell_on(seat: Seat, _: Posted) -> Shown {
    api::demo::tell(&seat.app).await?;
    see("/demo")
}

/// The list that the clerk of the story holds, to be brought in by hand.
async fn list(_: Seat) -> Shown {
    download(story::LIST_NAME, XLSX, story::LIST.to_vec())
}

fn told(pen: &Pen, seat: &Seat, found: Tampered) -> Tamper {
    let entries = pen.n(found.entries);
    let place = pen.t1("tamper-place", "seq", &pen.n(found.seq));
    let first_bad = pen.t1("tamper-first-bad", "seq", &pen.n(found.seq));
    let moment = |text: String| At::parse(&text).map_or(text, |at| pen.moment(at));
    let root = (seat.app.head)().map(|head| head.root).unwrap_or_default();
    Tamper {
        original: Verified {
            is_whole: found.original_ok,
            entries: entries.clone(),
            first_bad: None,
            head: root,
        },
        altered: Verified {
            is_whole: found.copy_ok,
            entries,
            first_bad: (!found.copy_ok).then_some(first_bad),
            head: if found.copy_ok { String::new() } else { pen.t("tamper-why") },
        },
        before: moment(found.before),
        after: moment(found.after),
        place,
    }
}

/// Really edits a copy of the store, and verifies both.
async fn tamper(seat: Seat, _: Posted) -> Shown {
    let training = seat.app.training.clone().ok_or_else(Refusal::not_found)?;
    let found = training.tamper(&seat.app.house).await?;
    let tamper = told(&Pen::of(&seat), &seat, found);
    page(&shown(&seat, Some(tamper), None).await?)
}
