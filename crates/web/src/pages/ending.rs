//! Whose care may end today, who needs a test for it, and what stands in the way of the others; and the sheet of a test.

use super::about::{self, Record};
use super::pen::Pen;
use super::person_end::{named_on_form, new_test};
use super::show::{
    PAGE, Shown, ask, form_one, local, page, page_again, refused, route, see_done, uid, view, view_one,
};
use crate::api;
use crate::gate::{Posted, Seat};
use crate::problem::Problem;
use crate::routes::{Access, Route};
use acts::Desk;
use acts::adopt_protocol::Shelf;
use acts::end_episode;
use acts::ending::{self, Ending, LOOKED_AT_MAX, Place};
use acts::void_test;
use rules::permission::Verb;
use rules::{EpisodeKind, Refusal, TestKind, TestResult, TestWitness, Uid};
use store::attempt::{self, Test};
use store::{Reader, Stop};
use views::conditions::spoken;
use views::pages::ending::{EndingKind, EndingLine, EndingPage, EndingSection, TestLine, TestPage};
use views::shell::Nav;
use views::{Form, Link, formats};

/// Tests that the sheet shows.
const TESTS_SHOWN_MAX: i64 = 10;

pub fn routes() -> Vec<Route> {
    let verb = Access::Verb(Verb::RecordTest);
    vec![
        route("GET", "/endings", verb, view(list)),
        route("GET", "/people/{episode}/test", verb, view_one(sheet)),
        route("POST", "/people/{episode}/test", verb, form_one(record)),
        route("POST", "/people/{episode}/test/void", verb, form_one(void)),
    ]
}

/// The worklist's link to those who are far enough, with how many there are.
pub fn link(r: &mut Reader, desk: &Desk, pen: &Pen, shelf: &Shelf) -> Result<Option<Link>, Stop> {
    if !desk.can_anywhere(Verb::RecordTest) {
        return Ok(None);
    }
    let scope = api::scope(r, desk, Verb::RecordTest, None)?;
    let zone = scope.area.zone();
    let place = Place { path: &scope.path, commune_path: &scope.commune_path, zone: &zone };
    let count = ending::count(r, shelf, place, pen.now)?;
    let label = pen.t1("ending-link", "n", &pen.n(count));
    Ok((count > 0).then(|| Link { href: "/endings".to_owned(), label }))
}

struct Found {
    area: String,
    lines: Vec<(EndingKind, EndingLine)>,
    from: usize,
    more_pages: bool,
    more: bool,
    no_rules: bool,
}

fn find(r: &mut Reader, desk: &Desk, pen: &Pen, shelf: &Shelf, number: usize) -> Result<Found, Stop> {
    let scope = api::scope(r, desk, Verb::RecordTest, None)?;
    let zone = scope.area.zone();
    let place = Place { path: &scope.path, commune_path: &scope.commune_path, zone: &zone };
    let listed = ending::list(r, shelf, place, pen.now)?;
    let from = (number - 1) * PAGE;
    let rules = listed.protocol.as_ref().and_then(|protocol| protocol.release.as_ref());
    let words = |ending: &Ending| {
        let clauses = rules.map_or(&[][..], |rules| rules.of(ending.item.kind));
        let clause = clauses.iter().find(|clause| clause.id == ending.outlook.clause);
        clause.map(|clause| spoken(pen.lang, &clause.words)).unwrap_or_default()
    };
    let line = |ending: &Ending| {
        let kind = if ending.is_open() {
            EndingKind::Open
        } else if ending.needs_test() {
            EndingKind::Test
        } else {
            EndingKind::Other
        };
        let is_later = ending.outlook.on > pen.today();
        let line = EndingLine {
            episode: ending.item.uid.to_string(),
            name: ending.item.full_name.clone(),
            age: pen.age(ending.item.birth_date),
            tag: about::tag(pen, &ending.item),
            address: about::address(&ending.item),
            way: words(ending),
            // Where a test is what is missing, the heading says so.
            missing: match kind {
                EndingKind::Open | EndingKind::Test => Vec::new(),
                EndingKind::Other => ending.outlook.missing.iter().map(|code| short(pen, code)).collect(),
            },
            from: is_later.then(|| pen.t1("release-from", "day", &formats::date(ending.outlook.on))),
            can_release: desk.can(Verb::ReleaseEpisode, &ending.item.path),
        };
        (kind, line)
    };
    Ok(Found {
        area: scope.area.full_name(),
        lines: listed.endings.iter().skip(from).take(PAGE).map(line).collect(),
        from,
        more_pages: listed.endings.len() > from + PAGE,
        more: listed.more,
        no_rules: rules.is_none(),
    })
}

/// What is missing, in a few words.
fn short(pen: &Pen, code: &str) -> String {
    pen.known(&format!("ending-missing-{code}"), &[]).unwrap_or_else(|| views::fault(pen.lang, code, &[]))
}

async fn list(seat: Seat) -> Shown {
    let pen = Pen::of(&seat);
    let number: usize = seat.param("page").parse().unwrap_or(1).clamp(1, LOOKED_AT_MAX / PAGE + 1);
    let (asked, shelf) = (pen.clone(), seat.app.house.shelf.clone());
    let found = ask(&seat, move |r, desk| find(r, desk, &asked, &shelf, number)).await?;
    let count = found.lines.len();
    let at = |n: usize| seat.with_query(&[("page", &if n > 1 { n.to_string() } else { String::new() })]);
    let paging = pen.paging(
        found.from,
        count,
        (number > 1).then(|| at(number - 1)),
        found.more_pages.then(|| at(number + 1)),
    );
    let mut sections: Vec<EndingSection> = Vec::new();
    for (kind, line) in found.lines {
        match sections.last_mut() {
            Some(section) if section.kind == kind => section.lines.push(line),
            _ => sections.push(EndingSection { kind, lines: vec![line] }),
        }
    }
    page(&EndingPage {
        shell: seat.shell(Nav::Work, "ending-title").await?,
        area: found.area,
        no_rules: found.no_rules,
        only: found.more.then(|| pen.t1("ending-only", "n", &pen.n(LOOKED_AT_MAX as i64))),
        sections,
        paging,
    })
}

fn told(pen: &Pen, test: &Test) -> TestLine {
    let (kind, result, witness) = (pen.name(test.kind), pen.name(test.result), pen.name(test.witness));
    TestLine {
        id: test.uid.to_string(),
        words: format!("{}: {kind}, {result}; {witness}", pen.moment(test.taken_at)),
        voided: test.voided_at.map(|at| {
            let reason = test.void_reason.clone().unwrap_or_default();
            pen.t2("test-voided", ("time", &pen.exact(at)), ("reason", &reason))
        }),
    }
}

async fn shown(seat: &Seat, record: &Record, form: Form, next: String) -> Result<TestPage, Problem> {
    let (pen, episode) = (Pen::of(seat), record.item.id);
    let tests = ask(seat, move |r, _| Ok(attempt::newest_tests(r, episode, TESTS_SHOWN_MAX)?)).await?;
    Ok(TestPage {
        shell: seat.shell(Nav::People, "test-title").await?,
        person: about::head(&pen, record),
        form,
        next,
        tests: tests.iter().map(|test| told(&pen, test)).collect(),
    })
}

/// The sheet before anything was said.
fn fresh(pen: &Pen) -> Form {
    Form::of([
        ("test_kind", TestKind::Rapid.word().to_owned()),
        ("test_taken_at", pen.moment(pen.now)),
        ("test_witness", TestWitness::Staff.word().to_owned()),
    ])
}

async fn sheet(seat: Seat, id: String) -> Shown {
    let record = about::open(&seat, Verb::RecordTest, uid(&id)?).await?;
    let pen = Pen::of(&seat);
    let form = fresh(&pen);
    let next = local(seat.param("next")).unwrap_or_default();
    page(&shown(&seat, &record, form, next).await?)
}

async fn record(seat: Seat, id: String, posted: Posted) -> Shown {
    let episode = uid(&id)?;
    let known = ask(&seat, move |r, desk| about::load(r, desk, Verb::RecordTest, episode)).await?;
    let pen = Pen::of(&seat);
    // A sheet without a test is one without its result.
    let cmd = new_test(&posted, &pen, episode)
        .and_then(|test| test.ok_or_else(|| Refusal::field("test_result", "required")));
    let is_positive = cmd.as_ref().is_ok_and(|cmd| cmd.result == TestResult::Positive);
    let done = match cmd {
        Err(refusal) => Err(Stop::Refused(refusal)),
        Ok(cmd) => {
            let once = posted.once("POST /people/{episode}/test", &id);
            let act = move |tx: &mut store::Tx, desk: &Desk, mint: &mut acts::Mint| {
                end_episode::record_test(tx, desk, mint, &cmd)
            };
            seat.app.house.once(seat.desk()?, once, act).await.map_err(named_on_form)
        }
    };
    match done {
        // A contact with a positive test is a case: the page that says so is the next step.
        Ok(_) if is_positive && known.item.kind == EpisodeKind::Contact => {
            see_done(&format!("{}/convert", known.page()), "test_positive")
        }
        Ok(_) => {
            let next = local(posted.value("next")).unwrap_or_else(|| known.page());
            see_done(&next, "test")
        }
        Err(stop) => {
            let refusal = refused(stop)?;
            let next = local(posted.value("next")).unwrap_or_default();
            let form = Form::of(posted.0).refuse(seat.lang, &refusal);
            page_again(&refusal, &shown(&seat, &known, form, next).await?)
        }
    }
}

/// A test that was entered in error is taken back, with the reason.
async fn void(seat: Seat, id: String, posted: Posted) -> Shown {
    let episode = uid(&id)?;
    let known = ask(&seat, move |r, desk| about::load(r, desk, Verb::RecordTest, episode)).await?;
    let (test, reason) = (Uid::parse(posted.value("test")), posted.value("reason").to_owned());
    let once = posted.once_each("POST /people/{episode}/test/void", posted.value("test"));
    let act = move |tx: &mut store::Tx, desk: &Desk, _: &mut acts::Mint| {
        let test = test.ok_or_else(Refusal::not_found)?;
        void_test::void_test(tx, desk, test, &reason)
    };
    match seat.app.house.once(seat.desk()?, once, act).await {
        Ok(_) => see_done(&format!("{}/test", known.page()), "test_voided"),
        Err(stop) => {
            let refusal = refused(stop)?;
            let form = fresh(&Pen::of(&seat)).refuse(seat.lang, &refusal);
            let seat = seat.at(format!("/people/{episode}/test"));
            page_again(&refusal, &shown(&seat, &known, form, String::new()).await?)
        }
    }
}
