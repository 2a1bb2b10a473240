//! What a home reads and writes: any device that has the link writes to the team; a device that the home bound reads the thread,
//! live (trust.md, "The patient's link", tiers 0 and 1).

use super::lines::{self, Looker};
use super::own::{self, Inside, quiet, quiet_page, shut};
use super::pen::Pen;
use super::show::{
    PAGE, Shown, form, form_one, refused, refused_in_words, route, see, view, with_cookie, with_param,
};
use super::threads;
use crate::api;
use crate::app::App;
use crate::assets;
use crate::gate::{self, Posted, Seat};
use crate::live::{self, Happened, Piece, Place, Viewer};
use crate::problem::{self, Problem};
use crate::routes::{Access, Route};
use acts::Desk;
use acts::bound_device::{self, BindDevice, Bound};
use acts::household_link as link;
use acts::thread::{self, WriteByLink};
use axum::Json;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use rules::{At, HouseholdId, MessageId, Refusal, Uid};
use std::pin::Pin;
use std::sync::Arc;
use store::Stop;
use store::thread as rows;
use views::pages::own::OwnFrame;
use views::pages::thread::{DeviceLine, OwnBind, OwnDevices, OwnSent, OwnThread};
use views::{Form, Lang, Link};

/// How long a bound device stays one; it ends with the link, or when somebody ends it.
const COOKIE_SECONDS: i64 = 60 * 24 * 3_600;
const SEEN_MAX: i64 = 50;
const THREAD: &str = "/own/thread";

pub fn routes() -> Vec<Route> {
    vec![
        route("GET", "/own/thread", Access::Public, view(show)),
        route("POST", "/own/message", Access::Public, form(say)),
        route("POST", "/own/seen", Access::Public, form(seen)),
        route("GET", "/own/stream", Access::Public, view(stream)),
        route("POST", "/own/bind", Access::Public, form(bind)),
        route("GET", "/own/devices", Access::Public, view(devices)),
        route("POST", "/own/devices/code", Access::Public, form(code)),
        route("POST", "/own/devices/{device}/end", Access::Public, form_one(end)),
    ]
}

/// By when the team answers, in words.
fn promise(pen: &Pen, frame: &OwnFrame, answer_by: Option<At>) -> String {
    let Some(by) = answer_by else { return pen.t("own-no-promise") };
    let time = pen.exact(by);
    let number = frame.team.as_ref().map(|(_, phone)| phone.shown.clone());
    match number.or_else(|| frame.emergency.first().map(|number| number.shown.clone())) {
        Some(number) => pen.t2("own-promise", ("time", &time), ("number", &number)),
        None => pen.t1("own-promise-bare", "time", &time),
    }
}

/// Whether the team wrote something that the home has not seen.
pub async fn has_news(seat: &Seat, home: HouseholdId) -> Result<bool, Problem> {
    let asked = api::read(&seat.app.house.store, move |r| {
        let Some(conversation) = rows::of_home(r, home)? else { return Ok(false) };
        let last = rows::before(r, conversation.id, MessageId(i64::MAX), 1)?.pop();
        let by_team = last.is_some_and(|line| line.message.staff_id.is_some());
        let seen = rows::seen_by(r, conversation.id, SEEN_MAX)?;
        let at = seen.iter().find(|one| one.staff.is_none()).map(|one| one.message_id);
        Ok(by_team && at.is_none_or(|at| at < conversation.last_message_id))
    });
    Ok(asked.await?)
}

struct Facts {
    lines: Vec<rows::Line>,
    has_older: bool,
    seen: Vec<rows::SeenBy>,
    waiting: Option<rules::thread::Waiting>,
    place: Place,
}

async fn facts(seat: &Seat, home: HouseholdId, before: Option<Uid>) -> Result<Facts, Problem> {
    let asked = api::read(&seat.app.house.store, move |r| {
        let place = Place::now(r)?;
        let Some(conversation) = rows::of_home(r, home)? else {
            return Ok(Facts { lines: Vec::new(), has_older: false, seen: Vec::new(), waiting: None, place });
        };
        let from = match before {
            None => MessageId(i64::MAX),
            Some(uid) => rows::message_by_uid(r, uid)?.ok_or_else(Refusal::not_found)?.id,
        };
        let mut lines = rows::before(r, conversation.id, from, PAGE as i64 + 1)?;
        let has_older = lines.len() > PAGE;
        if has_older {
            lines.remove(0);
        }
        let seen = rows::seen_by(r, conversation.id, SEEN_MAX)?;
        Ok(Facts { lines, has_older, seen, waiting: conversation.waiting(), place })
    });
    Ok(asked.await?)
}

fn looker() -> Looker {
    Looker { staff: None, is_home: true, write: THREAD.to_owned() }
}

async fn shown(seat: &Seat, inside: Inside, form: Form) -> Result<OwnThread, Problem> {
    let pen = Pen::of(seat);
    let before = Uid::parse(seat.param("before"));
    let found = facts(seat, inside.opened.home.id, before).await?;
    let members = inside.words(&pen);
    let composer = threads::composer(&found.lines, form, seat.param("quote"), seat.param("correct"), THREAD);
    Ok(OwnThread {
        lines: found.lines.iter().map(|line| lines::line(&pen, &looker(), line)).collect(),
        older: found.has_older.then_some(found.lines.first()).flatten().map(|line| Link {
            href: with_param(THREAD, "before", &line.message.uid.to_string()),
            label: pen.t("thread-older"),
        }),
        is_newest: before.is_none(),
        promise: found
            .waiting
            .map_or_else(String::new, |waiting| promise(&pen, &inside.frame, waiting.answer_by)),
        seen_by: lines::seen(&pen, true, &found.seen),
        members,
        composer,
        stream: format!("/own/stream?after={}", found.place),
        script: assets::thread_js_href().to_owned(),
        keep: inside.opened.home.uid.to_string(),
        frame: inside.frame,
    })
}

async fn unbound(seat: &Seat, inside: Inside, form: Form) -> Result<OwnBind, Problem> {
    let pen = Pen::of(seat);
    let (link, delivery, made) = (inside.opened.link, inside.opened.delivery, inside.opened.made_at);
    let came = api::read(&seat.app.house.store, move |r| {
        let devices = store::bound_device::of_link(r, link, bound_device::DEVICES_READ_MAX)?;
        Ok(devices.iter().any(|device| device.how == rules::DeviceBinding::HandedOver))
    })
    .await?;
    let is_first = rules::household_link::first_may_bind(delivery, made, came, pen.now);
    let members = inside.words(&pen);
    Ok(OwnBind { form, is_first, members, frame: inside.frame })
}

async fn show(seat: Seat) -> Shown {
    let Some(inside) = own::inside(&seat).await? else { return shut(&seat) };
    let Some(device) = inside.device.clone() else {
        return quiet_page(StatusCode::OK, &unbound(&seat, inside, Form::default()).await?);
    };
    let (hash, home) = (inside.hash.clone(), inside.opened.home.id);
    let shown = shown(&seat, inside, Form::default()).await?;
    if let Some(last) = shown.lines.last().filter(|_| shown.is_newest).and_then(|line| Uid::parse(&line.id)) {
        see_up_to(&seat, home, hash, device, last).await?;
    }
    quiet_page(StatusCode::OK, &shown)
}

async fn see_up_to(
    seat: &Seat,
    home: HouseholdId,
    token: String,
    device: String,
    upto: Uid,
) -> Result<(), Problem> {
    let desk = Desk::household(home, seat.app.house.now());
    let act = move |tx: &mut store::Tx, desk: &Desk, _: &mut acts::Mint| {
        thread::see_by_home(tx, desk, &token, &device, upto)
    };
    Ok(seat.app.house.run(&desk, act).await?)
}

async fn seen(seat: Seat, posted: Posted) -> Shown {
    let Some(inside) = own::inside(&seat).await? else { return shut(&seat) };
    let (Some(device), Some(upto)) = (inside.device, Uid::parse(posted.value("upto"))) else {
        return Err(Refusal::not_found().into());
    };
    see_up_to(&seat, inside.opened.home.id, inside.hash, device, upto).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn say(seat: Seat, posted: Posted) -> Shown {
    let Some(inside) = own::inside(&seat).await? else {
        // The page's own script keeps what was written when it is told why; a page says it.
        return if seat.wants_json { refused_in_words(&seat, &Refusal::not_found()) } else { shut(&seat) };
    };
    let pen = Pen::of(&seat);
    let pointing = |name: &str| posted.some(name).and_then(|text| Uid::parse(&text));
    let cmd = WriteByLink {
        token_hash: inside.hash.clone(),
        device_hash: inside.device.clone(),
        who: posted.some("who").map(|who| who.parse().unwrap_or(usize::MAX)),
        text: posted.value("text").to_owned(),
        quotes: pointing("quotes"),
        corrects: pointing("corrects"),
    };
    let (quoting, correcting) = (posted.value("quotes").to_owned(), posted.value("corrects").to_owned());
    let desk = Desk::household(inside.opened.home.id, seat.app.house.now());
    let once = posted.once("POST /own/message", "");
    let act = move |tx: &mut store::Tx, desk: &Desk, mint: &mut acts::Mint| {
        thread::write_by_link(tx, desk, mint, &cmd)
    };
    match seat.app.house.once(&desk, once, act).await {
        Ok(done) if seat.wants_json => Ok((StatusCode::CREATED, Json(done)).into_response()),
        Ok(_) if inside.device.is_some() => quiet(see("/own/thread#end")),
        Ok(done) => {
            let promise = promise(&pen, &inside.frame, done.answer_by.map(At));
            quiet_page(StatusCode::OK, &OwnSent { frame: inside.frame, promise })
        }
        Err(stop) => {
            let refusal = refused(stop)?;
            if seat.wants_json {
                return refused_in_words(&seat, &refusal);
            }
            let form = Form::of(posted.0).refuse(seat.lang, &refusal);
            let status = problem::status(&refusal);
            match inside.device {
                Some(_) => {
                    let seat = seat.asking(&[("quote", &quoting), ("correct", &correcting)]);
                    quiet_page(status, &shown(&seat, inside, form).await?)
                }
                None => quiet_page(status, &unbound(&seat, inside, form).await?),
            }
        }
    }
}

// ---- devices ----------------------------------------------------------------------------------------------------

/// What a browser says of itself, in short.
fn device_name(pen: &Pen, said: &str) -> String {
    let first = |known: &[(&str, &'static str)]| {
        known.iter().find(|(sign, _)| said.contains(sign)).map(|(_, name)| *name)
    };
    let browser = first(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser", "Samsung Internet"),
        ("coc_coc", "Cốc Cốc"),
        ("Zalo", "Zalo"),
        ("Firefox", "Firefox"),
        ("Chrome", "Chrome"),
        ("Safari", "Safari"),
    ]);
    let system = first(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "Mac"),
        ("Linux", "Linux"),
    ]);
    let parts: Vec<&str> = [system, browser].into_iter().flatten().collect();
    if parts.is_empty() { pen.t("own-device-unknown") } else { parts.join(", ") }
}

async fn bind(seat: Seat, posted: Posted) -> Shown {
    let Some(inside) = own::inside(&seat).await? else { return shut(&seat) };
    let pen = Pen::of(&seat);
    if inside.device.is_some() {
        return quiet(see(THREAD));
    }
    // The same form sent twice is the same device: the first answer may never have reached it.
    let token = match (&seat.home_token, posted.some("key")) {
        (Some(home), Some(key)) => link::hash_of(&format!("device {home} {key}")),
        _ => link::token_of(seat.app.house.secret()),
    };
    let is_first = posted.on("first");
    let cmd = BindDevice {
        token_hash: inside.hash.clone(),
        device_hash: link::hash_of(&token),
        name: device_name(&pen, &seat.device),
        code: if is_first { String::new() } else { posted.value("code").to_owned() },
    };
    let desk = Desk::household(inside.opened.home.id, seat.app.house.now());
    let act = move |tx: &mut store::Tx, desk: &Desk, mint: &mut acts::Mint| {
        if !is_first && !cmd.code.contains(|c: char| c.is_ascii_digit()) {
            return Err(Refusal::field("code", "required").into());
        }
        bound_device::bind(tx, desk, mint, &cmd)
    };
    let refusal = match seat.app.house.run(&desk, act).await {
        Ok(Bound::Yes) => {
            let secure = if seat.app.secure { "; Secure" } else { "" };
            let name = if seat.app.secure { gate::DEVICE_COOKIE_SECURE } else { gate::DEVICE_COOKIE };
            let cookie =
                format!("{name}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={COOKIE_SECONDS}{secure}");
            return quiet(Ok(with_cookie(see("/own/thread#end")?, &cookie)));
        }
        Ok(Bound::WrongCode { left }) => {
            let words = pen.t1("own-wrong-code", "left", &pen.n(left));
            let form = Form::of(posted.0).fault("code", words);
            return quiet_page(StatusCode::UNPROCESSABLE_ENTITY, &unbound(&seat, inside, form).await?);
        }
        Err(Stop::Refused(refusal)) => refused(Stop::Refused(refusal))?,
        Err(stop) => return Err(stop.into()),
    };
    let form = Form::of(posted.0).refuse(seat.lang, &refusal);
    quiet_page(problem::status(&refusal), &unbound(&seat, inside, form).await?)
}

/// The home's devices, for a page that lists them.
pub fn device_lines(
    pen: &Pen,
    found: &[store::bound_device::BoundDevice],
    this: Option<&str>,
) -> Vec<DeviceLine> {
    found
        .iter()
        .map(|device| DeviceLine {
            id: device.uid.to_string(),
            name: device.name.clone(),
            since: pen.t1("own-device-since", "time", &pen.exact(device.bound_at)),
            how: pen.name(device.how),
            is_this: this == Some(device.token_hash.as_str()),
        })
        .collect()
}

async fn device_page(seat: &Seat, inside: Inside, code: Option<String>) -> Shown {
    let (pen, link) = (Pen::of(seat), inside.opened.link);
    let found = api::read(&seat.app.house.store, move |r| Ok(bound_device::running(r, link)?)).await?;
    let devices = device_lines(&pen, &found, inside.device.as_deref());
    quiet_page(StatusCode::OK, &OwnDevices { frame: inside.frame, devices, code })
}

async fn devices(seat: Seat) -> Shown {
    match own::inside(&seat).await? {
        None => shut(&seat),
        Some(inside) if inside.device.is_none() => quiet(see(THREAD)),
        Some(inside) => device_page(&seat, inside, None).await,
    }
}

async fn code(seat: Seat, _: Posted) -> Shown {
    let Some(inside) = own::inside(&seat).await? else { return shut(&seat) };
    let Some(device) = inside.device.clone() else { return quiet(see(THREAD)) };
    let code = bound_device::code_of(seat.app.house.secret());
    let (token, shown) = (inside.hash.clone(), code.clone());
    let desk = Desk::household(inside.opened.home.id, seat.app.house.now());
    let act = move |tx: &mut store::Tx, desk: &Desk, _: &mut acts::Mint| {
        bound_device::give_code_from_device(tx, desk, &token, &device, &code)
    };
    seat.app.house.run(&desk, act).await.map_err(Problem::from)?;
    device_page(&seat, inside, Some(shown)).await
}

async fn end(seat: Seat, id: String, _: Posted) -> Shown {
    let Some(inside) = own::inside(&seat).await? else { return shut(&seat) };
    let (Some(device), Some(other)) = (inside.device, Uid::parse(&id)) else { return quiet(see(THREAD)) };
    let (desk, token) = (Desk::household(inside.opened.home.id, seat.app.house.now()), inside.hash);
    let act = move |tx: &mut store::Tx, desk: &Desk, mint: &mut acts::Mint| {
        bound_device::end_from_device(tx, desk, mint, &token, &device, other)
    };
    seat.app.house.run(&desk, act).await.map_err(Problem::from)?;
    quiet(see("/own/devices"))
}

// ---- live -------------------------------------------------------------------------------------------------------

/// A bound device that shows the thread.
struct AtHome {
    app: App,
    token: String,
    device: String,
    frame: OwnFrame,
}

impl Viewer for AtHome {
    fn may<'a>(&'a self, app: &'a App) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>> {
        let (token, device, now) = (self.token.clone(), self.device.clone(), app.house.now());
        let asked = api::read(&app.house.store, move |r| match link::open(r, &token, now)? {
            Some(opened) => Ok(opened.is_bound(r, Some(&device))?),
            None => Ok(false),
        });
        Box::pin(async move { asked.await.unwrap_or(false) })
    }

    fn show(&self, happened: &Happened) -> Arc<Vec<Piece>> {
        let make = || {
            let pen = Pen { lang: self.frame.lang, now: self.app.house.now(), zone: rules::Zone::default() };
            let mut pieces = Vec::new();
            if let Some(line) = &happened.line {
                pieces.push(Piece { name: "message", data: lines::line(&pen, &looker(), line).html() });
            }
            let words = happened
                .waiting
                .map_or_else(String::new, |waiting| promise(&pen, &self.frame, waiting.answer_by));
            pieces.push(Piece { name: "waiting", data: views::pages::thread::promise(&words) });
            pieces.push(Piece { name: "seen", data: lines::seen(&pen, true, &happened.seen) });
            pieces
        };
        match self.frame.lang {
            Lang::Vi => happened.shown(4, make),
            Lang::En => happened.shown(5, make),
        }
    }
}

async fn stream(seat: Seat) -> Shown {
    let Some(inside) = own::inside(&seat).await? else { return Err(Refusal::not_found().into()) };
    let Some(device) = inside.device else { return Err(Refusal::not_found().into()) };
    let home = inside.opened.home.id;
    let at_home = AtHome { app: seat.app.clone(), token: inside.hash, device, frame: inside.frame };
    quiet(live::stream(&seat.app, home, seat.place(), live::HOME_STREAMS_MAX, at_home).await)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_called_by_what_people_know() {
        let pen = Pen { lang: Lang::Vi, now: At(0), zone: rules::Zone::default() };
        let name = |said: &str| device_name(&pen, said);
        let phone = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Mobile Safari/537.36";
        assert_eq!(name(phone), "Android, Chrome");
        assert_eq!(
            name("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Safari/604.1"),
            "iPhone, Safari"
        );
        assert_eq!(name("curl/8"), "Máy không rõ loại");
    }
}
