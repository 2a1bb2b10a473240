//! Care decisions about one person: how ill, how kept in touch, and an F1 who turned F0.

use super::about::{self, Record};
use super::pen::Pen;
use super::places;
use super::show::{Shown, ask, form_one, page, page_again, refused, renamed, route, see_done, uid, view_one};
use crate::api;
use crate::gate::{Posted, Seat};
use crate::problem::Problem;
use crate::routes::{Access, Route};
use acts::Desk;
use acts::end_episode::{self, Convert, Done, RecordTest, SetArrangement, SetSeverity};
use rules::permission::Verb;
use rules::{Arrangement, Audience, Refusal, Severity, TestKind, TestResult, TestWitness, Uid};
use store::{Reader, Stop, StoreError, care_group, staff};
use views::pages::person_care::{ArrangementPage, ConvertPage, SeverityPage};
use views::shell::Nav;
use views::{Choice, Form, formats};

pub fn routes() -> Vec<Route> {
    let verb = Access::Verb;
    vec![
        route("GET", "/people/{episode}/severity", verb(Verb::SetSeverity), view_one(severity_page)),
        route("POST", "/people/{episode}/severity", verb(Verb::SetSeverity), form_one(severity)),
        route("GET", "/people/{episode}/arrangement", verb(Verb::SetArrangement), view_one(arrangement_page)),
        route("POST", "/people/{episode}/arrangement", verb(Verb::SetArrangement), form_one(arrangement)),
        route("GET", "/people/{episode}/convert", verb(Verb::ConvertToCase), view_one(convert_page)),
        route("POST", "/people/{episode}/convert", verb(Verb::ConvertToCase), form_one(convert)),
    ]
}

async fn shown_severity(seat: &Seat, record: &Record, form: Form) -> Result<SeverityPage, Problem> {
    let person = about::head(&Pen::of(seat), record);
    Ok(SeverityPage { shell: seat.shell(Nav::People, "severity-title").await?, person, form })
}

async fn severity_page(seat: Seat, id: String) -> Shown {
    let record = about::open(&seat, Verb::SetSeverity, uid(&id)?).await?;
    let form = Form::of([("level", record.item.severity.word())]);
    page(&shown_severity(&seat, &record, form).await?)
}

fn severity_command(posted: &Posted, episode: Uid) -> Result<SetSeverity, Refusal> {
    let level = match posted.value("level") {
        "" => return Err(Refusal::field("level", "required")),
        word => Severity::parse(word).ok_or_else(|| Refusal::field("level", "unknown_word"))?,
    };
    Ok(SetSeverity { episode, level, reason: posted.some("reason") })
}

async fn severity(seat: Seat, id: String, posted: Posted) -> Shown {
    let at = uid(&id)?;
    let record = ask(&seat, move |r, desk| about::load(r, desk, Verb::SetSeverity, at)).await?;
    let done = match severity_command(&posted, at) {
        Err(refusal) => Err(Stop::Refused(refusal)),
        Ok(cmd) => {
            let once = posted.once("POST /people/{episode}/severity", &id);
            let act = move |tx: &mut store::Tx, desk: &Desk, _: &mut acts::Mint| {
                end_episode::set_severity(tx, desk, &cmd)
            };
            seat.app.house.once(seat.desk()?, once, act).await
        }
    };
    match done {
        Ok(_) => see_done(&record.page(), "severity"),
        Err(stop) => {
            let refusal = refused(stop)?;
            let form = Form::of(posted.0.clone()).refuse(seat.lang, &refusal);
            page_again(&refusal, &shown_severity(&seat, &record, form).await?)
        }
    }
}

struct ArrangementFill {
    visitors: Vec<Choice>,
    household: Vec<String>,
    group: Option<String>,
}

fn fill_arrangement(r: &mut Reader, pen: &Pen, record: &Record) -> Result<ArrangementFill, Stop> {
    let visitors = places::caring_choices(r, pen.lang, &record.area.path)?;
    let household = about::others_at_home(r, &record.item)?.iter().map(|o| about::in_short(pen, o)).collect();
    Ok(ArrangementFill { visitors, household, group: record.item.group_name.clone() })
}

async fn shown_arrangement(seat: &Seat, record: &Record, form: Form) -> Result<ArrangementPage, Problem> {
    let pen = Pen::of(seat);
    let head = about::head(&pen, record);
    let asked = record.clone();
    let fill = ask(seat, move |r, _| fill_arrangement(r, &pen, &asked)).await?;
    Ok(ArrangementPage {
        shell: seat.shell(Nav::People, "arrangement-title").await?,
        person: head,
        form,
        visitors: fill.visitors,
        household: fill.household,
        group: fill.group,
    })
}

async fn arrangement_page(seat: Seat, id: String) -> Shown {
    let record = about::open(&seat, Verb::SetArrangement, uid(&id)?).await?;
    let home = &record.home;
    let kind = match record.item.arrangement {
        Arrangement::None if record.item.phones.is_empty() => Arrangement::Visitor,
        Arrangement::None => Arrangement::InGroup,
        kind @ (Arrangement::InGroup | Arrangement::Visitor) => kind,
    };
    let phone = |e164: &Option<String>| e164.as_deref().map(formats::phone).unwrap_or_default();
    let form = Form::of([
        ("kind", kind.word().to_owned()),
        ("visitor_name", home.visitor.clone().unwrap_or_default()),
        ("visitor_phone", phone(&home.visitor_phone)),
        ("second_name", home.second_visitor.clone().unwrap_or_default()),
        ("second_phone", phone(&home.second_visitor_phone)),
        ("household", "1".to_owned()),
    ]);
    page(&shown_arrangement(&seat, &record, form).await?)
}

/// A visitor from the staff list, or by name and number.
fn visitor(r: &mut Reader, posted: &Posted, field: &str) -> Result<Option<(String, Option<String>)>, Stop> {
    if let Some(text) = posted.some(field) {
        let unknown = || Refusal::field(field, "unknown");
        let id = Uid::parse(&text).ok_or_else(unknown)?;
        let member = staff::by_uid(r, id)?.filter(|s| s.ended_at.is_none()).ok_or_else(unknown)?;
        return Ok(Some((member.full_name, member.phone)));
    }
    let name = posted.some(&format!("{field}_name"));
    Ok(name.map(|name| (name, posted.some(&format!("{field}_phone")))))
}

/// The command for the person, and for everybody else at home where the form says so.
fn arrangement_commands(
    r: &mut Reader,
    record: &Record,
    posted: &Posted,
) -> Result<Vec<SetArrangement>, Stop> {
    let kind = match posted.value("kind") {
        "" => return Err(Refusal::field("kind", "required").into()),
        word => Arrangement::parse(word).ok_or_else(|| Refusal::field("kind", "unknown_word"))?,
    };
    let (first, second) = match kind {
        Arrangement::Visitor => (visitor(r, posted, "visitor")?, visitor(r, posted, "second")?),
        Arrangement::InGroup | Arrangement::None => (None, None),
    };
    let mut episodes = vec![record.item.uid];
    if posted.on("household") {
        episodes.extend(about::others_at_home(r, &record.item)?.iter().map(|o| o.uid));
    }
    Ok(episodes
        .into_iter()
        .map(|episode| SetArrangement { episode, kind, visitor: first.clone(), second: second.clone() })
        .collect())
}

async fn arrangement(seat: Seat, id: String, posted: Posted) -> Shown {
    let at = uid(&id)?;
    let record = ask(&seat, move |r, desk| about::load(r, desk, Verb::SetArrangement, at)).await?;
    let (asked, sent) = (record.clone(), Posted(posted.0.clone()));
    let commands = api::read(&seat.app.house.store, move |r| arrangement_commands(r, &asked, &sent)).await;
    let done = match commands {
        Err(stop) => Err(stop),
        Ok(commands) => {
            let once = posted.once("POST /people/{episode}/arrangement", &id);
            let act = move |tx: &mut store::Tx, desk: &Desk, _: &mut acts::Mint| -> Result<Done, Stop> {
                let mut last = None;
                for cmd in &commands {
                    last = Some(end_episode::set_arrangement(tx, desk, cmd)?);
                }
                last.ok_or_else(|| Stop::Store(StoreError::Shape("nobody to arrange for".to_owned())))
            };
            seat.app.house.once(seat.desk()?, once, act).await
        }
    };
    match done {
        Ok(_) => see_done(&record.page(), "arrangement"),
        Err(stop) => {
            let names = [("visitor", "visitor_name"), ("second", "second_name")];
            let refusal = renamed(refused(stop)?, &names);
            let form = Form::of(posted.0.clone()).refuse(seat.lang, &refusal);
            page_again(&refusal, &shown_arrangement(&seat, &record, form).await?)
        }
    }
}

/// What follows when an F1 turns F0, in words; the group is named where the home is in one that may stay.
fn effects(r: &mut Reader, pen: &Pen, record: &Record) -> Result<Vec<String>, StoreError> {
    let mut effects = vec![pen.t("convert-effect-same")];
    if let Some(id) = record.home.care_group_id
        && let Some(group) = care_group::by_id(r, id)?
    {
        match group.audience {
            Audience::F0 | Audience::Mixed => {
                effects.push(pen.t1("convert-effect-group", "group", &group.name))
            }
            Audience::F1 => effects.extend(pen.known("convert-effect-moves", &[])),
        }
    }
    effects.push(pen.t("convert-effect-clock"));
    Ok(effects)
}

async fn shown_convert(seat: &Seat, record: &Record, form: Form) -> Result<ConvertPage, Problem> {
    let pen = Pen::of(seat);
    let head = about::head(&pen, record);
    let asked = record.clone();
    let effects = ask(seat, move |r, _| Ok(effects(r, &pen, &asked)?)).await?;
    Ok(ConvertPage { shell: seat.shell(Nav::People, "convert-title").await?, person: head, form, effects })
}

async fn convert_page(seat: Seat, id: String) -> Shown {
    let record = about::open(&seat, Verb::ConvertToCase, uid(&id)?).await?;
    let form = Form::of([("detected_on", formats::date(Pen::of(&seat).today()))]);
    page(&shown_convert(&seat, &record, form).await?)
}

/// The conversion, and the positive test where its kind was named.
fn convert_command(
    posted: &Posted,
    pen: &Pen,
    episode: Uid,
) -> Result<(Convert, Option<RecordTest>), Refusal> {
    let text = posted.some("detected_on").ok_or_else(|| Refusal::field("detected_on", "required"))?;
    let day = formats::read_date(&text).ok_or_else(|| Refusal::field("detected_on", "bad_date"))?;
    let kind = match posted.some("test_kind") {
        None => None,
        Some(word) => {
            Some(TestKind::parse(&word).ok_or_else(|| Refusal::field("test_kind", "unknown_word"))?)
        }
    };
    let test = kind.map(|kind| RecordTest {
        episode,
        kind,
        result: TestResult::Positive,
        // The form knows the day alone.
        taken_at: day.at_minute(720, &pen.zone).min(pen.now),
        witness: TestWitness::None,
    });
    Ok((Convert { episode, detected_at: None, detected_on: Some(day) }, test))
}

async fn convert(seat: Seat, id: String, posted: Posted) -> Shown {
    let at = uid(&id)?;
    let record = ask(&seat, move |r, desk| about::load(r, desk, Verb::ConvertToCase, at)).await?;
    let done = match convert_command(&posted, &Pen::of(&seat), at) {
        Err(refusal) => Err(Stop::Refused(refusal)),
        Ok((cmd, test)) => {
            let once = posted.once("POST /people/{episode}/convert", &id);
            let act = move |tx: &mut store::Tx, desk: &Desk, mint: &mut acts::Mint| -> Result<Done, Stop> {
                let done = end_episode::convert(tx, desk, mint, &cmd)?;
                // The test belongs to the case that begins.
                if let (Some(test), Some(case)) = (&test, Uid::parse(&done.id)) {
                    end_episode::record_test(tx, desk, mint, &RecordTest { episode: case, ..test.clone() })?;
                }
                Ok(done)
            };
            seat.app.house.once(seat.desk()?, once, act).await
        }
    };
    match done {
        Ok(done) => see_done(&format!("/people/{}", done.id), "converted"),
        Err(stop) => {
            let refusal = renamed(refused(stop)?, &[("detected_at", "detected_on")]);
            let form = Form::of(posted.0.clone()).refuse(seat.lang, &refusal);
            page_again(&refusal, &shown_convert(&seat, &record, form).await?)
        }
    }
}
