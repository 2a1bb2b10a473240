//! Signing in by page: name and password, then the code where the role needs one (or first its setting up), and out
//! again. Between password and code a cookie of ten minutes holds the ticket, which opens nothing.

use super::show::{Shown, form, local, page, page_with, route, see, settle, view, with_cookie, with_param};
use crate::app::App;
use crate::gate::{self, Posted, Seat};
use crate::problem::Problem;
use crate::routes::{Access, Route};
use acts::sign_in::{self, Attempt, HALF_LIFE, SignedIn};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::{HeaderValue, StatusCode, header, request::Parts};
use axum::response::Response;
use axum::routing::{get, post};
use rules::Refusal;
use rules::time::SECOND;
use store::Stop;
use views::pages::login::{CodePage, EnrolPage, LoginPage};
use views::shell::Nav;
use views::{Form, Lang, words};

/// The cookie of the ticket between password and code.
const TICKET_COOKIE: &str = "kb_half";
/// How long a browser keeps the session's cookie; when the session ends is the server's to say.
const SESSION_COOKIE_SECONDS: i64 = 90 * 24 * 3_600;

pub fn routes() -> Vec<Route> {
    vec![
        route("GET", "/login", Access::Public, view(login)),
        route("POST", "/login", Access::Public, form(sign_in_by_form)),
        route("GET", "/login/code", Access::Public, get(code_page)),
        route("POST", "/login/code", Access::Public, post(finish)),
        route("GET", "/login/enrol", Access::Public, get(code_page)),
        route("POST", "/login/enrol", Access::Public, post(finish)),
        route("POST", "/logout", Access::Public, post(logout)),
    ]
}

/// The cookies that only these pages read.
struct Cookies {
    session: Option<String>,
    ticket: Option<String>,
}

impl FromRequestParts<App> for Cookies {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Cookies, Self::Rejection> {
        let value = |name| gate::cookie(&parts.headers, name).map(str::to_owned);
        Ok(Cookies { session: value(gate::session_cookie_name(app)), ticket: value(TICKET_COOKIE) })
    }
}

fn ticket_cookie(app: &App, ticket: &str, seconds: i64) -> String {
    let secure = if app.secure { "; Secure" } else { "" };
    format!("{TICKET_COOKIE}={ticket}; Path=/login; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}")
}

/// Where to go on; the gate says `back`, forms say `next`.
fn next_of(seat: &Seat) -> String {
    [seat.param("next"), seat.param("back")].into_iter().find_map(local).unwrap_or_default()
}

async fn login(seat: Seat) -> Shown {
    let next = next_of(&seat);
    if seat.signed_in.is_some() {
        return see(if next.is_empty() { "/" } else { &next });
    }
    let shell = seat.shell(Nav::None, "login-title").await?;
    // Who was sent here from a page that asked for a session is told why.
    let sent = !seat.param("back").is_empty() && seat.param("back") != "/";
    let notice = sent.then(|| shell.t("refusal-signed_out"));
    page(&LoginPage { shell, form: Form::default(), notice, next, wait: None })
}

async fn sign_in_by_form(seat: Seat, posted: Posted) -> Shown {
    let attempt = Attempt {
        login: posted.value("login").to_owned(),
        password: posted.value("password").to_owned(),
        code: None,
        device: seat.device.clone(),
        address: seat.address.clone(),
    };
    let next = local(posted.value("next")).unwrap_or_default();
    match attempt_entry(&seat, &attempt, &next).await? {
        Entry::Answer(response) => Ok(response),
        Entry::Refused(refusal) => {
            let shell = seat.shell(Nav::None, "login-title").await?;
            let (lang, wait) = (seat.lang, wait_of(&refusal));
            let form = Form::of([("login", attempt.login)]);
            let form = if wait.is_some() { form } else { with_words(form, lang, "login", &refusal) };
            let status =
                if wait.is_some() { StatusCode::TOO_MANY_REQUESTS } else { StatusCode::UNPROCESSABLE_ENTITY };
            page_with(status, &LoginPage { shell, form, notice: None, next, wait })
        }
    }
}

/// What a try to come in led to.
pub enum Entry {
    /// In, or on the way to the code.
    Answer(Response),
    Refused(Refusal),
}

/// Tries name and password; also used when an account was just opened by its link.
pub async fn attempt_entry(seat: &Seat, attempt: &Attempt, next: &str) -> Result<Entry, Problem> {
    match sign_in::sign_in(&seat.app.house, &seat.app.throttle, attempt).await {
        Ok(signed_in) => Ok(Entry::Answer(come_in(seat, &signed_in, next)?)),
        Err(Stop::Refused(refusal)) => {
            let page = match refusal.code {
                "second_factor_needed" => "/login/code",
                "second_factor_enrol" => "/login/enrol",
                "bad_login" | "too_many_tries" => return Ok(Entry::Refused(refusal)),
                _ => return Err(refusal.into()),
            };
            let path = if next.is_empty() { page.to_owned() } else { with_param(page, "next", next) };
            let cookie = ticket_cookie(&seat.app, &arg(&refusal, "ticket"), HALF_LIFE / SECOND);
            Ok(Entry::Answer(with_cookie(see(&path)?, &cookie)))
        }
        Err(stop) => Err(stop.into()),
    }
}

fn come_in(seat: &Seat, signed_in: &SignedIn, next: &str) -> Shown {
    let next = if next.is_empty() { "/" } else { next };
    let cookie = gate::session_cookie(&seat.app, &signed_in.token, SESSION_COOKIE_SECONDS);
    Ok(with_cookie(see(next)?, &cookie))
}

/// The session's cookie for a token made elsewhere (the log-ins of a demo).
pub fn enter_with(app: &App, token: &str, response: Response) -> Response {
    with_cookie(response, &gate::session_cookie(app, token, SESSION_COOKIE_SECONDS))
}

fn arg(refusal: &Refusal, name: &str) -> String {
    refusal.args.iter().find(|(key, _)| *key == name).map(|(_, value)| value.clone()).unwrap_or_default()
}

/// Seconds to wait after too many tries.
fn wait_of(refusal: &Refusal) -> Option<String> {
    (refusal.code == "too_many_tries").then(|| arg(refusal, "seconds"))
}

/// The words of a refusal beside the field that they are about.
fn with_words(form: Form, lang: Lang, field: &str, refusal: &Refusal) -> Form {
    form.fault(field, words::fault(lang, refusal.code, &[]))
}

async fn code_page(seat: Seat, cookies: Cookies) -> Response {
    let next = next_of(&seat);
    let answer = second_page(&seat, &cookies, &next, None).await;
    settle(&seat, answer).await
}

/// The page that asks for the code: alone, or with what sets it up. Without a living ticket it begins anew.
async fn second_page(seat: &Seat, cookies: &Cookies, next: &str, refused: Option<&Refusal>) -> Shown {
    let ticket = cookies.ticket.as_deref().unwrap_or("");
    let Some(wanted) = sign_in::half_way(&seat.app.house, ticket).await? else {
        return see(&if next.is_empty() { "/login".to_owned() } else { with_param("/login", "back", next) });
    };
    let form = match refused {
        None => Form::default(),
        Some(refusal) => with_words(Form::default(), seat.lang, "code", refusal),
    };
    let status = match refused {
        None => StatusCode::OK,
        Some(refusal) if refusal.code == "too_many_tries" => StatusCode::TOO_MANY_REQUESTS,
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let next = next.to_owned();
    if wanted.code == "second_factor_enrol" {
        let shell = seat.shell(Nav::None, "enrol-title").await?;
        let (uri, secret) = (arg(&wanted, "uri"), arg(&wanted, "secret"));
        return page_with(status, &EnrolPage { shell, form, uri, secret, next });
    }
    let shell = seat.shell(Nav::None, "code-title").await?;
    page_with(status, &CodePage { shell, form, next })
}

async fn finish(seat: Seat, cookies: Cookies, request: Request) -> Response {
    let answer = match Posted::from_request(request, &seat.app).await {
        Ok(posted) => finish_by_form(&seat, &cookies, &posted).await,
        Err(problem) => Err(problem),
    };
    settle(&seat, answer).await
}

async fn finish_by_form(seat: &Seat, cookies: &Cookies, posted: &Posted) -> Shown {
    let next = local(posted.value("next")).unwrap_or_default();
    let ticket = cookies.ticket.as_deref().unwrap_or("");
    let (house, throttle) = (&seat.app.house, &seat.app.throttle);
    match sign_in::finish(house, throttle, ticket, posted.value("code"), &seat.address).await {
        Ok(signed_in) => {
            let response = come_in(seat, &signed_in, &next)?;
            Ok(with_cookie(response, &ticket_cookie(&seat.app, "", 0)))
        }
        Err(Stop::Refused(refusal)) => second_page(seat, cookies, &next, Some(&refusal)).await,
        Err(stop) => Err(stop.into()),
    }
}

async fn logout(seat: Seat, cookies: Cookies) -> Response {
    let answer = leave(&seat, &cookies).await;
    settle(&seat, answer).await
}

async fn leave(seat: &Seat, cookies: &Cookies) -> Shown {
    if let Some(token) = &cookies.session {
        sign_in::sign_out(&seat.app.house, token).await?;
        seat.app.live.ask_again();
    }
    let mut response = with_cookie(see("/login")?, &gate::session_cookie(&seat.app, "", 0));
    // What a shared computer kept of patients goes with whoever leaves.
    response.headers_mut().insert(
        header::HeaderName::from_static("clear-site-data"),
        HeaderValue::from_static("\"cache\", \"storage\""),
    );
    Ok(response)
}
