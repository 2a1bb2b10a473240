//! Acts that close or open somebody's care: ending, releasing, reopening, voiding. Each page names its effect first.

use super::about::{self, Record};
use super::pen::Pen;
use super::person;
use super::show::{Shown, ask, form_one, page, page_again, refused, renamed, route, see_done, uid, view_one};
use crate::gate::{Posted, Seat};
use crate::problem::Problem;
use crate::routes::{Access, Route};
use acts::Desk;
use acts::adopt_protocol::Shelf;
use acts::end_episode::{self, Done, EndEpisode, RecordTest, Release};
use acts::scene;
use rules::episode::ReleaseRequest;
use rules::permission::Verb;
use rules::release as release_rule;
use rules::{EpisodeKind, Outcome, Refusal, Role, TestKind, TestResult, TestWitness, Uid};
use store::attempt::Test;
use store::{Reader, Stop, StoreError, episode, staff};
use views::conditions::spoken;
use views::pages::person_end::{EndPage, ReleasePage, ReleaseWay, ReopenPage, VoidPage};
use views::parts::some_choices;
use views::shell::Nav;
use views::{Choice, Form, formats};

pub fn routes() -> Vec<Route> {
    let endings = Access::AnyOf(&[Verb::EndEpisode, Verb::EndToHospital]);
    let verb = Access::Verb;
    vec![
        route("GET", "/people/{episode}/end", endings, view_one(end_page)),
        route("POST", "/people/{episode}/end", endings, form_one(end)),
        route("GET", "/people/{episode}/release", verb(Verb::ReleaseEpisode), view_one(release_page)),
        route("POST", "/people/{episode}/release", verb(Verb::ReleaseEpisode), form_one(release)),
        route("GET", "/people/{episode}/reopen", verb(Verb::ReopenEpisode), view_one(reopen_page)),
        route("POST", "/people/{episode}/reopen", verb(Verb::ReopenEpisode), form_one(reopen)),
        route("GET", "/people/{episode}/void", verb(Verb::VoidEpisode), view_one(void_page)),
        route("POST", "/people/{episode}/void", verb(Verb::VoidEpisode), form_one(void)),
    ]
}

/// Whichever of the two endings the desk may record.
fn ending_verb(desk: &Desk) -> Verb {
    if desk.can_anywhere(Verb::EndEpisode) { Verb::EndEpisode } else { Verb::EndToHospital }
}

fn endings(desk: &Desk, record: &Record) -> &'static [Outcome] {
    if desk.can(Verb::EndEpisode, &record.item.path) {
        &[Outcome::Hospital, Outcome::Moved, Outcome::Left, Outcome::Died]
    } else {
        &[Outcome::Hospital]
    }
}

async fn shown_end(seat: &Seat, record: &Record, form: Form) -> Result<EndPage, Problem> {
    let pen = Pen::of(seat);
    Ok(EndPage {
        shell: seat.shell(Nav::People, "end-title").await?,
        person: about::head(&pen, record),
        form,
        outcomes: some_choices(seat.lang, endings(seat.desk()?, record)),
    })
}

async fn end_page(seat: Seat, id: String) -> Shown {
    let record = about::open(&seat, ending_verb(seat.desk()?), uid(&id)?).await?;
    let pen = Pen::of(&seat);
    let mut form = Form::of([("at", pen.moment(pen.now))]);
    if let [only] = endings(seat.desk()?, &record) {
        form = form.with("outcome", only.word());
    }
    page(&shown_end(&seat, &record, form).await?)
}

fn end_command(posted: &Posted, pen: &Pen, episode: Uid) -> Result<EndEpisode, Refusal> {
    let outcome = match posted.value("outcome") {
        "" => return Err(Refusal::field("outcome", "required")),
        word => Outcome::parse(word).ok_or_else(|| Refusal::field("outcome", "unknown_word"))?,
    };
    let at = match posted.some("at") {
        // The minute that the page was filled with is now, not before the last entry.
        Some(text) if text == pen.moment(pen.now) => pen.now,
        Some(text) => pen.read_moment(&text).ok_or_else(|| Refusal::field("at", "bad_date"))?,
        None => pen.now,
    };
    Ok(EndEpisode { episode, outcome, at, place: posted.some("place"), reason: posted.some("reason") })
}

async fn end(seat: Seat, id: String, posted: Posted) -> Shown {
    let (at, verb) = (uid(&id)?, ending_verb(seat.desk()?));
    let record = ask(&seat, move |r, desk| about::load(r, desk, verb, at)).await?;
    let done = match end_command(&posted, &Pen::of(&seat), at) {
        Err(refusal) => Err(Stop::Refused(refusal)),
        Ok(cmd) => {
            let once = posted.once("POST /people/{episode}/end", &id);
            let act =
                move |tx: &mut store::Tx, desk: &Desk, _: &mut acts::Mint| end_episode::end(tx, desk, &cmd);
            seat.app.house.once(seat.desk()?, once, act).await
        }
    };
    match done {
        Ok(_) => see_done(&record.page(), "ended"),
        Err(stop) => {
            let refusal = refused(stop)?;
            let form = Form::of(posted.0.clone()).refuse(seat.lang, &refusal);
            page_again(&refusal, &shown_end(&seat, &record, form).await?)
        }
    }
}

/// What the page says about a release before it is asked for: the rules are asked as if it were.
struct ReleaseFill {
    missing: Option<Refusal>,
    ways: Vec<ReleaseWay>,
    rule: Vec<String>,
    tests: Vec<Test>,
    certifiers: Vec<Choice>,
    certifies: bool,
}

fn fill_release(
    r: &mut Reader,
    desk: &Desk,
    pen: &Pen,
    shelf: &Shelf,
    record: &Record,
) -> Result<ReleaseFill, Stop> {
    let scene = scene::load(r, desk, Verb::ReleaseEpisode, record.item.uid)?;
    let standing = scene.standing(r)?;
    let known = end_episode::standing_of_release(r, shelf, &scene, desk.now)?;
    let certifies = desk.roles_at(&record.item.path).any(|g| g.role == Role::StationLeader);
    let request = ReleaseRequest {
        outcome: usual_outcome(record.item.kind),
        test: None,
        certified_by: certifies.then(|| desk.name.clone()),
        reason: None,
    };
    let facts = known.facts(record.item.kind, &scene.place.zone);
    let asked = rules::episode::release(&standing, &facts, &request, desk.now);
    let (mut ways, mut rule) = (Vec::new(), Vec::new());
    if let Some(course) = facts.course {
        rule.push(pen.t1("release-day", "day", &course.day().to_string()));
        for way in release_rule::ways(&course, facts.tests) {
            let clause = way.clause;
            ways.push(ReleaseWay {
                what: spoken(pen.lang, &clause.words),
                source: super::answers::sources(pen, &clause.source, clause.proposed),
                from: formats::date(way.on),
                missing: way.missing.iter().map(|code| views::fault(pen.lang, code, &[])).collect(),
            });
        }
    }
    Ok(ReleaseFill {
        missing: asked.err(),
        ways,
        rule,
        tests: known.tests,
        certifiers: certifiers(r, record)?,
        certifies,
    })
}

/// The heads of the commune's station, by name: that is what a release names.
fn certifiers(r: &mut Reader, record: &Record) -> Result<Vec<Choice>, StoreError> {
    let heads = staff::with_role(r, record.item.area_id, Role::StationLeader)?;
    Ok(heads.into_iter().map(|s| Choice::new(s.full_name.clone(), s.full_name)).collect())
}

/// What a release is called: a case has recovered, a contact has completed its isolation.
fn usual_outcome(kind: EpisodeKind) -> Outcome {
    match kind {
        EpisodeKind::Case => Outcome::Recovered,
        EpisodeKind::Contact => Outcome::Completed,
    }
}

fn test_choice(pen: &Pen, test: &Test) -> Choice {
    Choice {
        value: test.uid.to_string(),
        label: format!("{}: {}", pen.name(test.kind), pen.name(test.result)),
        hint: Some(format!("{}, {}", pen.moment(test.taken_at), pen.name(test.witness))),
    }
}

async fn shown_release(seat: &Seat, record: &Record, form: Option<Form>) -> Result<ReleasePage, Problem> {
    let pen = Pen::of(seat);
    let (asked, on, shelf) = (record.clone(), pen.clone(), seat.app.house.shelf.clone());
    let fill = ask(seat, move |r, desk| fill_release(r, desk, &on, &shelf, &asked)).await?;
    let missing = fill.missing.as_ref().map(|refusal| match views::missing(seat.lang, refusal) {
        named if named.is_empty() => vec![views::refusal(seat.lang, refusal)],
        named => named,
    });
    let form = form.unwrap_or_else(|| {
        let own = if fill.certifies {
            seat.desk().map(|d| d.name.clone()).unwrap_or_default()
        } else {
            String::new()
        };
        Form::of([("certified_by", own), ("test_witness", TestWitness::Staff.word().to_owned())])
    });
    Ok(ReleasePage {
        shell: seat.shell(Nav::People, "release-title").await?,
        person: about::head(&pen, record),
        form,
        rule: fill.rule,
        ways: fill.ways,
        missing: missing.unwrap_or_default(),
        tests: fill.tests.iter().map(|t| test_choice(&pen, t)).collect(),
        certifiers: fill.certifiers,
    })
}

async fn release_page(seat: Seat, id: String) -> Shown {
    let record = about::open(&seat, Verb::ReleaseEpisode, uid(&id)?).await?;
    page(&shown_release(&seat, &record, None).await?)
}

/// A test that was written on the form, if one was.
pub fn new_test(posted: &Posted, pen: &Pen, episode: Uid) -> Result<Option<RecordTest>, Refusal> {
    let (kind, result) = (posted.some("test_kind"), posted.some("test_result"));
    let taken = posted.some("test_taken_at");
    if kind.is_none() && result.is_none() && taken.is_none() {
        return Ok(None);
    }
    let word = |field: &'static str| Refusal::field(field, "required");
    let kind = kind.and_then(|w| TestKind::parse(&w)).ok_or_else(|| word("test_kind"))?;
    let result = result.and_then(|w| TestResult::parse(&w)).ok_or_else(|| word("test_result"))?;
    let taken = taken.ok_or_else(|| word("test_taken_at"))?;
    let taken_at = pen.read_moment(&taken).ok_or_else(|| Refusal::field("test_taken_at", "bad_date"))?;
    let witness = TestWitness::parse(posted.value("test_witness")).unwrap_or(TestWitness::None);
    Ok(Some(RecordTest { episode, kind, result, taken_at, witness }))
}

/// The act's refusal of a test, by the names of the form's fields.
pub fn named_on_form(stop: Stop) -> Stop {
    match stop {
        Stop::Refused(refusal) => Stop::Refused(renamed(refusal, &[("taken_at", "test_taken_at")])),
        Stop::Store(error) => Stop::Store(error),
    }
}

fn release_command(posted: &Posted, record: &Record, test: Option<Uid>) -> Result<Release, Refusal> {
    let named = posted.some("test_id");
    let chosen = match &named {
        None => None,
        Some(text) => Some(Uid::parse(text).ok_or_else(|| Refusal::field("test_id", "unknown"))?),
    };
    Ok(Release {
        episode: record.item.uid,
        outcome: usual_outcome(record.item.kind),
        test: test.or(chosen),
        certified_by: posted.some("certified_by"),
        reason: posted.some("reason"),
    })
}

/// Two acts: a test that was taken is a fact of its own, whatever becomes of the release.
async fn try_release(seat: &Seat, id: &str, record: &Record, posted: &mut Posted) -> Result<Done, Stop> {
    let desk = seat.desk().map_err(|_| Refusal::unauthenticated("signed_out"))?;
    let pen = Pen::of(seat);
    let test = new_test(posted, &pen, record.item.uid)?;
    release_command(posted, record, None)?;
    let mut recorded = None;
    if let Some(test) = test {
        let once = posted.once("POST /people/{episode}/release test", id);
        let act = move |tx: &mut store::Tx, desk: &Desk, mint: &mut acts::Mint| {
            end_episode::record_test(tx, desk, mint, &test)
        };
        let done = seat.app.house.once(desk, once, act).await.map_err(named_on_form)?;
        recorded = Uid::parse(&done.id);
    }
    let cmd = release_command(posted, record, recorded)?;
    let once = posted.once("POST /people/{episode}/release", id);
    if let Some(uid) = recorded {
        // Should the release be refused, the page shows the test as the recorded one it is.
        posted.0.retain(|(name, _)| !name.starts_with("test_"));
        posted.0.push(("test_id".to_owned(), uid.to_string()));
    }
    let shelf = seat.app.house.shelf.clone();
    let act = move |tx: &mut store::Tx, desk: &Desk, _: &mut acts::Mint| {
        end_episode::release(tx, desk, &shelf, &cmd)
    };
    seat.app.house.once(desk, once, act).await
}

async fn release(seat: Seat, id: String, mut posted: Posted) -> Shown {
    let at = uid(&id)?;
    let record = ask(&seat, move |r, desk| about::load(r, desk, Verb::ReleaseEpisode, at)).await?;
    match try_release(&seat, &id, &record, &mut posted).await {
        Ok(_) => see_done(&record.page(), "released"),
        Err(stop) => {
            let refusal = refused(stop)?;
            let form = Form::of(posted.0.clone()).refuse(seat.lang, &refusal);
            page_again(&refusal, &shown_release(&seat, &record, Some(form)).await?)
        }
    }
}

async fn shown_reopen(seat: &Seat, record: &Record, form: Form) -> Result<ReopenPage, Problem> {
    let pen = Pen::of(seat);
    let id = record.item.id;
    let episode = ask(seat, move |r, _| Ok(episode::by_id(r, id)?)).await?;
    let closed = episode.and_then(|e| person::closed(&pen, &record.item, &e)).unwrap_or_default();
    Ok(ReopenPage {
        shell: seat.shell(Nav::People, "reopen-title").await?,
        person: about::head(&pen, record),
        form,
        closed,
    })
}

async fn reopen_page(seat: Seat, id: String) -> Shown {
    let record = about::open(&seat, Verb::ReopenEpisode, uid(&id)?).await?;
    page(&shown_reopen(&seat, &record, Form::default()).await?)
}

async fn reopen(seat: Seat, id: String, posted: Posted) -> Shown {
    let at = uid(&id)?;
    let record = ask(&seat, move |r, desk| about::load(r, desk, Verb::ReopenEpisode, at)).await?;
    let once = posted.once("POST /people/{episode}/reopen", &id);
    let reason = posted.value("reason").to_owned();
    let act = move |tx: &mut store::Tx, desk: &Desk, mint: &mut acts::Mint| {
        end_episode::reopen(tx, desk, mint, at, &reason)
    };
    match seat.app.house.once(seat.desk()?, once, act).await {
        Ok(_) => see_done(&record.page(), "reopened"),
        Err(stop) => {
            let refusal = refused(stop)?;
            let form = Form::of(posted.0.clone()).refuse(seat.lang, &refusal);
            page_again(&refusal, &shown_reopen(&seat, &record, form).await?)
        }
    }
}

async fn shown_void(seat: &Seat, record: &Record, form: Form) -> Result<VoidPage, Problem> {
    let person = about::head(&Pen::of(seat), record);
    Ok(VoidPage { shell: seat.shell(Nav::People, "void-title").await?, person, form })
}

async fn void_page(seat: Seat, id: String) -> Shown {
    let record = about::open(&seat, Verb::VoidEpisode, uid(&id)?).await?;
    page(&shown_void(&seat, &record, Form::default()).await?)
}

async fn void(seat: Seat, id: String, posted: Posted) -> Shown {
    let at = uid(&id)?;
    let record = ask(&seat, move |r, desk| about::load(r, desk, Verb::VoidEpisode, at)).await?;
    let once = posted.once("POST /people/{episode}/void", &id);
    let reason = posted.value("reason").to_owned();
    let act =
        move |tx: &mut store::Tx, desk: &Desk, _: &mut acts::Mint| end_episode::void(tx, desk, at, &reason);
    match seat.app.house.once(seat.desk()?, once, act).await {
        Ok(_) => see_done(&record.page(), "voided"),
        Err(stop) => {
            let refusal = refused(stop)?;
            let form = Form::of(posted.0.clone()).refuse(seat.lang, &refusal);
            page_again(&refusal, &shown_void(&seat, &record, form).await?)
        }
    }
}
