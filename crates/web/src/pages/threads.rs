//! What homes and their care team say to each other, on the team's side: who waits, one thread, and its live stream.

use super::about;
use super::lines::{self, Looker};
use super::pen::Pen;
use super::show::{
    PAGE, Shown, ask, cut, form_one, page, page_again, refused, refused_in_words, route, see, see_done, uid,
    view, view_one, with_param,
};
use crate::api;
use crate::app::App;
use crate::assets;
use crate::gate::{Posted, Seat};
use crate::live::{self, Happened, Piece, Place, Viewer};
use crate::problem::Problem;
use crate::routes::{Access, Route};
use acts::thread::{self, Thread, WriteMessage};
use acts::{Desk, edit_person, sign_in};
use axum::Json;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use rules::permission::Verb;
use rules::thread as rule;
use rules::{EpisodeState, MessageId, Refusal, Settled, StaffId, Uid};
use std::pin::Pin;
use std::sync::Arc;
use store::thread::{self as rows, Listed};
use store::{Reader, Stop, bound_device, household_link as links, locality};
use views::pages::thread::{
    Composer, GuidanceChoice, ThreadMember, ThreadPage, ThreadRow, ThreadWaiting, ThreadsPage,
};
use views::shell::Nav;
use views::{Form, Lang, Link};

/// Readers of a thread whose place is looked at.
const SEEN_MAX: i64 = 50;

pub fn routes() -> Vec<Route> {
    let (read, write) = (Access::Verb(Verb::ReadThread), Access::Verb(Verb::WriteMessage));
    vec![
        route("GET", "/threads", read, view(list)),
        route("GET", "/threads/{home}", read, view_one(one)),
        route("POST", "/threads/{home}", write, form_one(say)),
        route("POST", "/threads/{home}/settle", write, form_one(settle)),
        route("POST", "/threads/{home}/seen", read, form_one(seen)),
        route("GET", "/threads/{home}/stream", read, view_one(stream)),
        route("GET", "/people/{episode}/thread", read, view_one(of_person)),
    ]
}

/// The page of a home's thread.
pub fn href(home: Uid) -> String {
    format!("/threads/{home}")
}

/// Where its newest message stands.
pub fn newest(home: Uid) -> String {
    format!("{}#end", href(home))
}

async fn of_person(seat: Seat, id: String) -> Shown {
    let episode = uid(&id)?;
    let record = ask(&seat, move |r, desk| about::load(r, desk, Verb::ReadThread, episode)).await?;
    see(&newest(record.item.household_uid))
}

// ---- the list ---------------------------------------------------------------------------------------------------

fn row(pen: &Pen, listed: &Listed) -> ThreadRow {
    let last = &listed.last;
    let by_home = last.household_id.is_some();
    let preview = match last.kind {
        rules::MessageKind::Text => rule::quoted(&last.text),
        rules::MessageKind::System => {
            pen.t1(&format!("thread-sys-{}", last.text), "who", &pen.t("thread-team"))
        }
    };
    let waiting = listed.conversation.waiting();
    ThreadRow {
        href: newest(listed.conversation.uid),
        address: about::written_address(&listed.address, listed.cluster.as_deref()),
        place: listed.area_name.clone(),
        who: match (&last.word, by_home) {
            (Some(word), true) => word.clone(),
            (_, true) => pen.t("thread-home"),
            (_, false) => pen.t("thread-team"),
        },
        preview,
        at: pen.when(last.at),
        since: waiting.map(|waiting| pen.when(waiting.since)),
        due: waiting.and_then(|waiting| waiting.answer_by).map(|by| pen.due(by)),
        carer: listed.carer.clone().unwrap_or_default(),
        is_new: !listed.is_seen && by_home,
        new_words: pen.t("threads-new"),
        waits_words: pen.t("threads-waits"),
    }
}

async fn list(seat: Seat) -> Shown {
    let pen = Pen::of(&seat);
    let shows_all = seat.param("show") == "all";
    let before = seat.param("cursor").parse().ok().filter(|id| *id > 0).unwrap_or(i64::MAX);
    let (mut found, area, no_minutes) = ask(&seat, move |r, desk| {
        let scope = api::scope(r, desk, Verb::ReadThread, None)?;
        let asker = desk.staff.unwrap_or(StaffId(0));
        let limit = PAGE as i64 + 1;
        let found = match shows_all {
            true => rows::newest(r, &scope.path, asker, MessageId(before), limit)?,
            false => rows::waiting(r, &scope.path, asker, limit)?,
        };
        let minutes = locality::of_path(r, &scope.commune_path)?.and_then(|l| l.answer_minutes);
        Ok((found, scope.area.full_name(), minutes.is_none()))
    })
    .await?;
    let more = cut(&mut found);
    let next = found.last().filter(|_| more && shows_all).map(|last| {
        let cursor = last.conversation.last_message_id.0.to_string();
        with_param("/threads?show=all", "cursor", &cursor)
    });
    let first = (before != i64::MAX).then(|| "/threads?show=all".to_owned());
    page(&ThreadsPage {
        shell: seat.shell(Nav::Threads, "threads-title").await?,
        area,
        shows_all,
        no_minutes,
        rows: found.iter().map(|listed| row(&pen, listed)).collect(),
        paging: pen.next_only(next, first),
    })
}

// ---- one thread -------------------------------------------------------------------------------------------------

/// What a thread's page asks the store.
struct Facts {
    thread: Thread,
    lines: Vec<rows::Line>,
    has_older: bool,
    seen: Vec<rows::SeenBy>,
    place: Place,
    has_reader: bool,
}

fn facts(r: &mut Reader, desk: &Desk, home: Uid, before: Option<Uid>) -> Result<Facts, Stop> {
    let thread = thread::load(r, desk, Verb::ReadThread, home)?;
    let (mut lines, mut seen) = (Vec::new(), Vec::new());
    if let Some(conversation) = &thread.conversation {
        let from = match before {
            None => MessageId(i64::MAX),
            Some(uid) => rows::message_by_uid(r, uid)?.ok_or_else(Refusal::not_found)?.id,
        };
        lines = rows::before(r, conversation.id, from, PAGE as i64 + 1)?;
        seen = rows::seen_by(r, conversation.id, SEEN_MAX)?;
    }
    let has_older = lines.len() > PAGE;
    if has_older {
        lines.remove(0);
    }
    let has_reader = match links::of_home(r, thread.home.id)? {
        None => false,
        Some(link) => bound_device::of_link(r, link.id, acts::bound_device::DEVICES_READ_MAX)?
            .iter()
            .any(|device| device.ended_at.is_none()),
    };
    Ok(Facts { thread, lines, has_older, seen, place: Place::now(r)?, has_reader })
}

/// The message that a composer points at, with its words.
fn pointed(lines: &[rows::Line], id: &str) -> Option<(String, String)> {
    let uid = Uid::parse(id)?;
    let found = lines.iter().find(|line| line.message.uid == uid)?;
    Some((id.to_owned(), rule::quoted(&found.message.text)))
}

pub fn composer(lines: &[rows::Line], form: Form, quoting: &str, correcting: &str, cancel: &str) -> Composer {
    let correcting = pointed(lines, correcting);
    let words = correcting.as_ref().and_then(|(id, _)| {
        let uid = Uid::parse(id)?;
        Some(lines.iter().find(|line| line.message.uid == uid)?.message.text.clone())
    });
    let mut form = form;
    if let Some(words) = words.filter(|_| form.value("text").is_empty()) {
        form.set("text", &words);
    }
    Composer { form, quoting: pointed(lines, quoting), correcting, cancel: cancel.to_owned() }
}

fn waiting(pen: &Pen, app: &App, thread: Option<&rules::thread::Waiting>, settle: &str) -> ThreadWaiting {
    ThreadWaiting {
        lang: pen.lang,
        waiting: thread.map(|waiting| (pen.when(waiting.since), waiting.answer_by.map(|by| pen.due(by)))),
        settle: settle.to_owned(),
        ways: lines::ways(pen),
        form_key: acts::household_link::token_of(app.house.secret()),
    }
}

async fn shown(seat: &Seat, home: Uid, form: Form) -> Result<ThreadPage, Problem> {
    let pen = Pen::of(seat);
    let before = Uid::parse(seat.param("before"));
    let found = ask(seat, move |r, desk| facts(r, desk, home, before)).await?;
    let desk = seat.desk()?.clone();
    let action = href(home);
    let may_write = desk.can(Verb::WriteMessage, &found.thread.path);
    let looker = Looker {
        staff: desk.staff,
        is_home: false,
        write: if may_write { action.clone() } else { String::new() },
    };
    let (path, shelf) = (found.thread.path.clone(), seat.app.house.shelf.clone());
    let protocol = ask(seat, move |r, _| Ok(shelf.in_force(r, &path)?)).await?;
    let guidance = protocol.map_or_else(Vec::new, |(_, protocol)| {
        let of = |words: &rules::protocol::Words| match pen.lang {
            Lang::Vi => words.vi.clone(),
            Lang::En => words.en.clone(),
        };
        let choice = |one: &rules::protocol::Guidance| GuidanceChoice {
            id: one.id.clone(),
            title: of(&one.title),
            // Homes are written to in Vietnamese.
            text: one.words.vi.clone(),
            source: one.source.clone(),
        };
        protocol.guidance.iter().map(choice).collect()
    });
    let thread = &found.thread;
    let first =
        thread.members.iter().find(|item| item.state == EpisodeState::Open).or(thread.members.first());
    let older = found.has_older.then_some(found.lines.first()).flatten().map(|line| Link {
        href: with_param(&action, "before", &line.message.uid.to_string()),
        label: pen.t("thread-older"),
    });
    let nobody_reads = (!found.has_reader && may_write)
        .then_some(first)
        .flatten()
        .map(|item| Link { href: format!("/people/{}/link", item.uid), label: pen.t("thread-hand-link") });
    let waits = thread.conversation.as_ref().and_then(rows::Conversation::waiting);
    let settle = if may_write { format!("{action}/settle") } else { String::new() };
    Ok(ThreadPage {
        address: first.map(about::address).unwrap_or_default(),
        members: thread
            .members
            .iter()
            .filter(|item| item.state == EpisodeState::Open || thread.members.len() == 1)
            .map(|item| ThreadMember {
                episode: item.uid.to_string(),
                name: item.full_name.clone(),
                tag: about::tag(&pen, item),
            })
            .collect(),
        phone: first.filter(|_| may_write).and_then(|item| item.phones.first()).map(|phone| pen.phone(phone)),
        contact_href: first
            .map(|item| with_param(&format!("/people/{}/contact?after=call", item.uid), "next", &action))
            .unwrap_or_default(),
        lines: found.lines.iter().map(|line| lines::line(&pen, &looker, line)).collect(),
        older,
        is_newest: before.is_none(),
        waiting: waiting(&pen, &seat.app, waits.as_ref(), &settle),
        nobody_reads,
        seen_by: lines::seen(&pen, false, &found.seen),
        may_write,
        composer: composer(&found.lines, form, seat.param("quote"), seat.param("correct"), &action),
        guidance,
        stream: format!("{action}/stream?after={}", found.place),
        script: assets::thread_js_href().to_owned(),
        action,
        shell: seat.shell(Nav::Threads, "thread-title").await?,
    })
}

async fn one(seat: Seat, id: String) -> Shown {
    let home = uid(&id)?;
    // That somebody reads is written down before the page leaves.
    let read = ask(&seat, move |r, desk| thread::load(r, desk, Verb::ReadThread, home)).await?;
    seat.app
        .house
        .run(seat.desk()?, move |tx, desk, _| {
            for item in &read.members {
                edit_person::note_reading(tx, desk, item)?;
            }
            Ok(())
        })
        .await?;
    let shown = shown(&seat, home, Form::default()).await?;
    if let Some(last) = shown.lines.last().filter(|_| shown.is_newest).and_then(|line| Uid::parse(&line.id)) {
        see_up_to(&seat, home, last).await?;
    }
    page(&shown)
}

async fn see_up_to(seat: &Seat, home: Uid, upto: Uid) -> Result<(), Problem> {
    Ok(seat.app.house.run(seat.desk()?, move |tx, desk, _| thread::see(tx, desk, home, upto)).await?)
}

async fn say(seat: Seat, id: String, posted: Posted) -> Shown {
    let home = uid(&id)?;
    let pointing = |name: &str| posted.some(name).map(|text| uid(&text)).transpose();
    let cmd = WriteMessage {
        home,
        text: posted.value("text").to_owned(),
        quotes: pointing("quotes")?,
        corrects: pointing("corrects")?,
        guidance: posted.some("guidance"),
    };
    let (quoting, correcting) = (posted.value("quotes").to_owned(), posted.value("corrects").to_owned());
    let once = posted.once("POST /threads/{home}", &id);
    let shelf = seat.app.house.shelf.clone();
    let act = move |tx: &mut store::Tx, desk: &Desk, mint: &mut acts::Mint| {
        thread::write(tx, desk, mint, &shelf, &cmd)
    };
    match seat.app.house.once(seat.desk()?, once, act).await {
        Ok(done) if seat.wants_json => Ok((StatusCode::CREATED, Json(done)).into_response()),
        Ok(_) => see(&newest(home)),
        Err(stop) => {
            let refusal = refused(stop)?;
            if seat.wants_json {
                return refused_in_words(&seat, &refusal);
            }
            let form = Form::of(posted.0).refuse(seat.lang, &refusal);
            let seat = seat.at(href(home)).asking(&[("quote", &quoting), ("correct", &correcting)]);
            page_again(&refusal, &shown(&seat, home, form).await?)
        }
    }
}

async fn settle(seat: Seat, id: String, posted: Posted) -> Shown {
    let home = uid(&id)?;
    let Some(how) = Settled::parse(posted.value("how")) else {
        return Err(Refusal::field("how", "unknown_word").into());
    };
    let once = posted.once("POST /threads/{home}/settle", &id);
    let act = move |tx: &mut store::Tx, desk: &Desk, mint: &mut acts::Mint| {
        thread::settle(tx, desk, mint, home, how)
    };
    match seat.app.house.once(seat.desk()?, once, act).await {
        Ok(_) => see_done(&href(home), "answered"),
        Err(stop) => {
            let refusal = refused(stop)?;
            let form = Form::default().refuse(seat.lang, &refusal);
            page_again(&refusal, &shown(&seat.at(href(home)), home, form).await?)
        }
    }
}

async fn seen(seat: Seat, id: String, posted: Posted) -> Shown {
    see_up_to(&seat, uid(&id)?, uid(posted.value("upto"))?).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

// ---- live -------------------------------------------------------------------------------------------------------

/// Somebody of the team who looks at a thread.
struct Team {
    app: App,
    token: String,
    home: Uid,
    looker: Looker,
    lang: Lang,
}

impl Viewer for Team {
    fn may<'a>(&'a self, app: &'a App) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>> {
        Box::pin(async move { still_reads(app, &self.token, "web", self.home).await })
    }

    fn show(&self, happened: &Happened) -> Arc<Vec<Piece>> {
        let settle = if self.looker.write.is_empty() {
            String::new()
        } else {
            format!("{}/settle", self.looker.write)
        };
        let make = || {
            let pen = Pen { lang: self.lang, now: self.app.house.now(), zone: rules::Zone::default() };
            let mut pieces = Vec::new();
            if let Some(line) = &happened.line {
                pieces.push(Piece { name: "message", data: lines::line(&pen, &self.looker, line).html() });
            }
            let waits = waiting(&pen, &self.app, happened.waiting.as_ref(), &settle);
            pieces.push(Piece { name: "waiting", data: waits.html() });
            pieces.push(Piece { name: "seen", data: lines::seen(&pen, false, &happened.seen) });
            pieces
        };
        let by_me = happened.line.as_ref().is_some_and(|line| line.message.staff_id == self.looker.staff);
        // One's own line can be corrected, and is made for oneself.
        if by_me {
            return Arc::new(make());
        }
        let kind = match (self.lang, self.looker.write.is_empty()) {
            (Lang::Vi, false) => 0,
            (Lang::En, false) => 1,
            (Lang::Vi, true) => 2,
            (Lang::En, true) => 3,
        };
        happened.shown(kind, make)
    }
}

/// Whether a session still opens a home's thread.
pub async fn still_reads(app: &App, token: &str, origin: &'static str, home: Uid) -> bool {
    let Ok(Some(desk)) = sign_in::desk_left_open(&app.house, token, origin).await else { return false };
    let asked =
        api::read(&app.house.store, move |r| thread::load(r, &desk, Verb::ReadThread, home).map(|_| ()));
    asked.await.is_ok()
}

async fn stream(seat: Seat, id: String) -> Shown {
    let home = uid(&id)?;
    let (found, may_write) = ask(&seat, move |r, desk| {
        let found = thread::load(r, desk, Verb::ReadThread, home)?;
        let may_write = desk.can(Verb::WriteMessage, &found.path);
        Ok((found, may_write))
    })
    .await?;
    let team = Team {
        app: seat.app.clone(),
        token: seat.session_token.clone().unwrap_or_default(),
        home,
        looker: Looker {
            staff: seat.staff(),
            is_home: false,
            write: if may_write { href(home) } else { String::new() },
        },
        lang: seat.lang,
    };
    live::stream(&seat.app, found.home.id, seat.place(), live::STREAMS_MAX, team).await
}

impl Seat {
    /// Where a live page goes on: where its stream broke off, or where the page was made.
    pub fn place(&self) -> Option<Place> {
        self.last_event.as_deref().and_then(Place::parse).or_else(|| Place::parse(self.param("after")))
    }

    /// The same seat with other values in its query.
    pub fn asking(mut self, values: &[(&str, &str)]) -> Seat {
        for (name, value) in values {
            self.query.retain(|(had, _)| had != name);
            self.query.push(((*name).to_owned(), (*value).to_owned()));
        }
        self
    }
}

/// Homes that wait, for other pages: how many, counted up to `most`, and how many of them too long.
pub fn waiting_now(r: &mut Reader, desk: &Desk, most: i64) -> Result<(i64, i64), Stop> {
    let scope = api::scope(r, desk, Verb::ReadThread, None)?;
    Ok(rows::count_waiting(r, &scope.path, desk.now, most)?)
}

/// The homes that wait longest, for the worklist.
pub fn longest_waiting(r: &mut Reader, desk: &Desk, pen: &Pen, most: i64) -> Result<Vec<ThreadRow>, Stop> {
    if !desk.can_anywhere(Verb::ReadThread) {
        return Ok(Vec::new());
    }
    let scope = api::scope(r, desk, Verb::ReadThread, None)?;
    let found = rows::waiting(r, &scope.path, desk.staff.unwrap_or(StaffId(0)), most)?;
    Ok(found.iter().map(|listed| row(pen, listed)).collect())
}
