//! Whose work a home is today (LC-9): one tap on the worklist takes it on; here it is handed over, put off or given back.

use super::about::{self, Record};
use super::groups::with_hint;
use super::pen::Pen;
use super::places;
use super::show::{
    Shown, ask, form_one, local, page, page_again, refused, renamed, route, see_done, uid, view_one,
};
use super::work::reasons;
use crate::gate::{Posted, Seat};
use crate::problem::Problem;
use crate::routes::{Access, Route};
use acts::task::{self as act, Done, PUT_OFF_MINUTES, Scene};
use acts::{Desk, Mint};
use rules::permission::Verb;
use rules::time::MINUTE;
use rules::{Refusal, Uid};
use store::task::Held;
use store::{Reader, Stop, Tx};
use views::pages::task::{TaskMember, TaskPage};
use views::shell::Nav;
use views::{Choice, Form};

pub fn routes() -> Vec<Route> {
    let verb = Access::Verb(Verb::RecordContact);
    vec![
        route("GET", "/people/{episode}/task", verb, view_one(sheet)),
        route("POST", "/people/{episode}/task/take", verb, form_one(take)),
        route("POST", "/people/{episode}/task/hand", verb, form_one(hand)),
        route("POST", "/people/{episode}/task/later", verb, form_one(later)),
        route("POST", "/people/{episode}/task/back", verb, form_one(back)),
    ]
}

/// "Tôi nhận lúc 08:12", "Lò Thị Xoan nhận lúc 08:12".
pub fn whose(pen: &Pen, desk: &Desk, held: &Held) -> String {
    let time = pen.exact(held.task.taken_at);
    if desk.staff == Some(held.task.owner_id) {
        pen.t1("task-mine", "time", &time)
    } else {
        pen.t2("task-theirs", ("name", &held.owner), ("time", &time))
    }
}

fn fill(r: &mut Reader, desk: &Desk, pen: &Pen, record: &Record) -> Result<TaskPage, Stop> {
    let scene = act::load(r, desk, record.item.household_uid)?;
    let running = scene.running();
    let is_own = running.is_some_and(|held| desk.staff == Some(held.task.owner_id));
    let can_give = is_own || desk.can(Verb::AssignCarer, &scene.commune.path);
    let mut members = Vec::new();
    for item in &scene.members {
        let why = reasons(r, pen, item)?;
        members.push(TaskMember {
            href: format!("/people/{}", item.uid),
            name: item.full_name.clone(),
            tag: about::tag(pen, item),
            why: why.iter().map(|why| why.words(pen.lang)).collect(),
        });
    }
    let put_off_until = running.and_then(|held| held.task.put_off_until).filter(|until| *until > pen.now);
    Ok(TaskPage {
        person: about::head(pen, record),
        address: about::address(&record.item),
        members,
        whose: running.map(|held| whose(pen, desk, held)),
        later: put_off_until.map(|until| pen.t1("task-until", "time", &pen.exact(until))),
        note: running.and_then(|held| held.task.note.clone()),
        is_own,
        can_give,
        colleagues: if can_give { colleagues(r, desk, pen, &scene)? } else { Vec::new() },
        minutes: if is_own { minutes(r, pen, &scene)? } else { Vec::new() },
        ..TaskPage::default()
    })
}

/// Colleagues who are on duty and work where the home is.
fn colleagues(r: &mut Reader, desk: &Desk, pen: &Pen, scene: &Scene) -> Result<Vec<Choice>, Stop> {
    let owner = scene.running().map(|held| held.task.owner_id).or(desk.staff);
    let path = scene.members.first().map_or("", |item| item.path.as_str());
    let mut choices = Vec::new();
    for member in places::caring_staff(r, &scene.commune.path)? {
        if member.on_duty && Some(member.id) != owner && act::works_at(r, member.id, path)? {
            let hint = places::work_of(r, pen.lang, member.id, &scene.commune.path)?;
            let choice = Choice::new(member.uid.to_string(), member.full_name);
            choices.push(with_hint(&Choice { hint: Some(hint), ..choice }));
        }
    }
    Ok(choices)
}

/// For how long the home may be put off: nothing beyond what is due there first.
fn minutes(r: &mut Reader, pen: &Pen, scene: &Scene) -> Result<Vec<Choice>, Stop> {
    let Some(latest) = scene.latest(r, pen.now)? else { return Ok(Vec::new()) };
    let fits = PUT_OFF_MINUTES.iter().filter(|minutes| pen.now.plus(**minutes * MINUTE) <= latest);
    let words = |minutes: i64| {
        let until = pen.exact(pen.now.plus(minutes * MINUTE));
        pen.t2("task-minutes", ("n", &pen.n(minutes)), ("time", &until))
    };
    Ok(fits.map(|minutes| Choice::new(minutes.to_string(), words(*minutes))).collect())
}

async fn shown(seat: &Seat, id: Uid, form: Form) -> Result<TaskPage, Problem> {
    let record = about::open(seat, Verb::RecordContact, id).await?;
    let pen = Pen::of(seat);
    let mut page = ask(seat, move |r, desk| fill(r, desk, &pen, &record)).await?;
    page.form = form;
    page.shell = seat.shell(Nav::Work, "task-title").await?;
    Ok(page)
}

async fn sheet(seat: Seat, id: String) -> Shown {
    page(&shown(&seat, uid(&id)?, Form::default()).await?)
}

/// How a form's answer is told.
struct Words {
    route: &'static str,
    /// Said on the next page.
    word: &'static str,
    /// Fields that the form calls otherwise than the act.
    names: &'static [(&'static str, &'static str)],
}

/// Does something with the home of an episode, and goes back to where it came from.
async fn done(
    seat: Seat,
    id: String,
    posted: Posted,
    Words { route, word, names }: Words,
    act: impl FnMut(&mut Tx, &Desk, &mut Mint, Uid) -> Result<Done, Stop> + Send + 'static,
) -> Shown {
    let episode = uid(&id)?;
    let record = ask(&seat, move |r, desk| about::load(r, desk, Verb::RecordContact, episode)).await?;
    let home = record.item.household_uid;
    let once = posted.once_each(route, &id);
    let mut act = act;
    let run = move |tx: &mut Tx, desk: &Desk, mint: &mut Mint| act(tx, desk, mint, home);
    match seat.app.house.once(seat.desk()?, once, run).await {
        Ok(_) => see_done(&local(posted.value("next")).unwrap_or_else(|| "/work".to_owned()), word),
        Err(stop) => {
            let refusal = renamed(refused(stop)?, names);
            let form = Form::of(posted.0).refuse(seat.lang, &refusal);
            let seat = seat.at(format!("/people/{episode}/task"));
            page_again(&refusal, &shown(&seat, episode, form).await?)
        }
    }
}

async fn take(seat: Seat, id: String, posted: Posted) -> Shown {
    let over = posted.on("over");
    let words = Words { route: "POST /people/{episode}/task/take", word: "task_taken", names: &[] };
    done(seat, id, posted, words, move |tx, desk, mint, home| act::take(tx, desk, mint, home, over)).await
}

async fn hand(seat: Seat, id: String, posted: Posted) -> Shown {
    let (to, note) = (Uid::parse(posted.value("to")), posted.value("note").to_owned());
    let words = Words { route: "POST /people/{episode}/task/hand", word: "task_handed", names: &[] };
    done(seat, id, posted, words, move |tx, desk, mint, home| act::hand(tx, desk, mint, home, to, &note))
        .await
}

async fn later(seat: Seat, id: String, posted: Posted) -> Shown {
    let (minutes, note) = (posted.value("minutes").parse::<i64>(), posted.value("why").to_owned());
    // The page offers times, and the rule speaks of the moment until which.
    let names = &[("until", "minutes"), ("note", "why")];
    let words = Words { route: "POST /people/{episode}/task/later", word: "task_later", names };
    let act = move |tx: &mut Tx, desk: &Desk, _: &mut Mint, home| {
        let minutes = minutes.as_ref().map_err(|_| Refusal::field("until", "required"))?;
        act::put_off(tx, desk, home, *minutes, &note)
    };
    done(seat, id, posted, words, act).await
}

async fn back(seat: Seat, id: String, posted: Posted) -> Shown {
    let words = Words { route: "POST /people/{episode}/task/back", word: "task_back", names: &[] };
    done(seat, id, posted, words, |tx, desk, _, home| act::give_back(tx, desk, home)).await
}
