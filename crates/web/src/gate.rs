//! The gate in front of every route: who is it, may they, is the form from our own page; and what goes out on every
//! answer. Handlers take a [`Seat`] (pages) or a [`Call`] (API) and cannot be reached without one.

use crate::app::{App, BODY_MAX};
use crate::body::{self, Unread};
use crate::problem::Problem;
use crate::routes::Access;
use acts::{Desk, Once, sign_in};
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, FromRequestParts, Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use rules::Refusal;
use views::Lang;

/// The cookie of a page session; on TLS it carries the `__Host-` prefix.
pub const COOKIE: &str = "kb";
pub const COOKIE_SECURE: &str = "__Host-kb";
/// The cookie of a phone that opened a home's own link.
pub const HOME_COOKIE: &str = "kb_home";
pub const HOME_COOKIE_SECURE: &str = "__Host-kb_home";
/// The cookie of a phone that the home bound.
pub const DEVICE_COOKIE: &str = "kb_device";
pub const DEVICE_COOKIE_SECURE: &str = "__Host-kb_device";
pub const LANG_COOKIE: &str = "kb_lang";

const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
                   connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

pub fn session_cookie_name(app: &App) -> &'static str {
    if app.secure { COOKIE_SECURE } else { COOKIE }
}

pub fn session_cookie(app: &App, token: &str, max_age_seconds: i64) -> String {
    let secure = if app.secure { "; Secure" } else { "" };
    let name = session_cookie_name(app);
    format!("{name}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={max_age_seconds}{secure}")
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ").map(str::trim)
}

/// A form must come from our own page: browsers say so in `Sec-Fetch-Site`, older ones in `Origin` or `Referer`.
fn is_same_origin(headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get("sec-fetch-site").and_then(|v| v.to_str().ok()) {
        return site == "same-origin" || site == "none";
    }
    let Some(host) = headers.get(header::HOST).and_then(|v| v.to_str().ok()) else { return false };
    let from =
        headers.get(header::ORIGIN).or_else(|| headers.get(header::REFERER)).and_then(|v| v.to_str().ok());
    let Some((_, rest)) = from.and_then(|f| f.split_once("://")) else { return false };
    rest.split('/').next() == Some(host)
}

/// The pages of a home's own link say nowhere where they are, so an older browser names no origin for their forms. Such a
/// form needs the link itself, or its cookie, which no other site's form gets (`SameSite`).
fn is_own_quiet_form(request: &Request) -> bool {
    let path = request.uri().path();
    let headers = request.headers();
    let origin = headers.get(header::ORIGIN).and_then(|value| value.to_str().ok());
    (path.starts_with("/h/") || path.starts_with("/own/"))
        && headers.get("sec-fetch-site").is_none()
        && origin.is_none_or(|origin| origin == "null")
}

/// Runs before the handler of one route.
pub async fn check(State((app, access)): State<(App, Access)>, mut request: Request, next: Next) -> Response {
    let is_api = request.uri().path().starts_with("/api/");
    let desk = {
        let headers = request.headers();
        let token = if is_api { bearer(headers) } else { cookie(headers, session_cookie_name(&app)) };
        match token {
            None => Ok(None),
            Some(token) => sign_in::desk_of(&app.house, token, if is_api { "api" } else { "web" }).await,
        }
    };
    let desk = match desk {
        Ok(desk) => desk,
        Err(stop) => return refuse(&app, request, stop.into()).await,
    };
    let is_foreign = !is_same_origin(request.headers()) && !is_own_quiet_form(&request);
    if !is_api && request.method() == Method::POST && is_foreign {
        let problem = Problem::new(StatusCode::FORBIDDEN, "foreign_form");
        return refuse(&app, request, problem).await;
    }
    let allowed = match access {
        Access::Public => true,
        Access::Demo => app.house.demo,
        Access::SignedIn => desk.is_some(),
        Access::Verb(verb) => desk.as_ref().is_some_and(|d| d.can_anywhere(verb)),
        Access::AnyOf(verbs) => desk.as_ref().is_some_and(|d| verbs.iter().any(|v| d.can_anywhere(*v))),
    };
    if !allowed {
        let signed_in = desk.is_some();
        let refusal = match access {
            Access::Public | Access::Demo => Refusal::not_found(),
            Access::SignedIn | Access::Verb(_) | Access::AnyOf(_) if signed_in => Refusal::not_found(),
            Access::SignedIn | Access::Verb(_) | Access::AnyOf(_) => Refusal::unauthenticated("signed_out"),
        };
        if !is_api && !signed_in && refusal.code == "signed_out" && request.method() == Method::GET {
            let back = request.uri().path_and_query().map_or("/", |p| p.as_str());
            return Redirect::to(&format!("/login?back={}", views::shell::encoded(back))).into_response();
        }
        return refuse(&app, request, refusal.into()).await;
    }
    let mut desk = desk;
    if let Some(desk) = &mut desk {
        desk.now = app.house.now();
    }
    let kept = if is_api { None } else { kept_on_phone(request.headers()) };
    if let Some(kept) = &kept
        && desk.as_ref().is_none_or(|desk| desk.actor() != kept.author)
    {
        // Written by somebody else on the same phone: it waits there for them.
        return refuse(&app, request, Refusal::conflict("other_author").into()).await;
    }
    request.extensions_mut().insert(SignedIn(desk));
    let answer = next.run(request).await;
    match kept {
        Some(kept) => acknowledged(answer, &kept),
        None => answer,
    }
}

/// A form that waited on a phone for a signal: its own id, and who wrote it.
struct Kept {
    id: String,
    author: String,
}

fn kept_on_phone(headers: &HeaderMap) -> Option<Kept> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let id = text("x-kb-outbox").filter(|id| id.chars().count() <= Once::KEY_MAX)?;
    Some(Kept { id, author: text("x-kb-author").unwrap_or_default() })
}

/// A phone forgets what it kept only when it is told that this very record is stored: done is `303` for a form, and
/// nothing else is (a log-in page answers `200`, too).
fn acknowledged(answer: Response, kept: &Kept) -> Response {
    if answer.status() != StatusCode::SEE_OTHER {
        return answer;
    }
    let to = answer.headers().get(header::LOCATION).and_then(|to| to.to_str().ok()).unwrap_or_default();
    let body = axum::Json(serde_json::json!({ "to": to }));
    match HeaderValue::from_str(&kept.id) {
        Ok(id) => ([("x-kb-ack", id)], body).into_response(),
        Err(_) => answer,
    }
}

/// What whoever is turned away gets: a problem of the interface, or a page.
pub async fn refuse(app: &App, request: Request, problem: Problem) -> Response {
    let (parts, unwanted) = request.into_parts();
    body::drain(unwanted).await;
    if parts.uri.path().starts_with("/api/") {
        problem.into_response()
    } else {
        crate::pages::error::page(app, lang_of(&parts.headers), &problem)
    }
}

#[derive(Clone)]
struct SignedIn(Option<Desk>);

/// Headers of every answer.
pub async fn finish(State(app): State<App>, request: Request, next: Next) -> Response {
    let is_asset = request.uri().path().starts_with("/assets/");
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut set = |name: &'static str, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set("content-security-policy", CSP);
    set("x-content-type-options", "nosniff");
    set("referrer-policy", "same-origin");
    set("permissions-policy", "geolocation=(), camera=(), microphone=()");
    set("cross-origin-opener-policy", "same-origin");
    if app.secure {
        set("strict-transport-security", "max-age=31536000");
    }
    if !is_asset {
        set("cache-control", "no-store");
    }
    response
}

pub fn lang_of(headers: &HeaderMap) -> Lang {
    match cookie(headers, LANG_COOKIE) {
        Some("en") => return Lang::En,
        Some("vi") => return Lang::Vi,
        Some(_) | None => {}
    }
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok()).unwrap_or("");
    let first = accepted.split(',').next().unwrap_or("").trim();
    if first.starts_with("en") { Lang::En } else { Lang::Vi }
}

/// An API call: who, with which key, with which body.
pub struct Call {
    pub app: App,
    pub desk: Desk,
    key: Option<String>,
    pub body: Bytes,
    /// The token that the call was made with.
    pub token: String,
    /// Where a stream that broke off goes on.
    pub last_event: Option<String>,
}

impl Call {
    pub fn once(&self, route: &'static str) -> Result<Once, Problem> {
        if self.key.as_ref().is_some_and(|k| k.chars().count() > Once::KEY_MAX) {
            return Err(Refusal::field("Idempotency-Key", "too_long").into());
        }
        Ok(Once { route, key: self.key.clone(), body: self.body.to_vec() })
    }

    /// Like [`Call::once`] for a route with an id in its path: the id belongs to what is repeated.
    pub fn once_for(&self, route: &'static str, id: &str) -> Result<Once, Problem> {
        let mut once = self.once(route)?;
        once.body.extend_from_slice(b"\0");
        once.body.extend_from_slice(id.as_bytes());
        Ok(once)
    }

    /// Reads the body as a JSON object; an empty one as `{}`.
    pub fn json<T: serde::de::DeserializeOwned>(&self) -> Result<T, Problem> {
        if self.body.is_empty() { body::object(b"{}") } else { body::object(&self.body) }
    }
}

impl FromRequest<App> for Call {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Call, Problem> {
        let (parts, body) = request.into_parts();
        let desk = signed_in(&parts).ok_or_else(|| Problem::from(Refusal::unauthenticated("signed_out")))?;
        let key = parts.headers.get("idempotency-key").and_then(|v| v.to_str().ok()).map(str::to_owned);
        let token = bearer(&parts.headers).unwrap_or_default().to_owned();
        let last_event = parts.headers.get("last-event-id").and_then(|v| v.to_str().ok()).map(str::to_owned);
        let body = read_body(body).await?;
        Ok(Call { app: app.clone(), desk, key, body, token, last_event })
    }
}

/// The JSON object of a call that nobody need be signed in for.
pub async fn object<T: serde::de::DeserializeOwned>(request: Request) -> Result<T, Problem> {
    body::object(&read_body(request.into_body()).await?)
}

async fn read_body(whole: Body) -> Result<Bytes, Problem> {
    body::read(whole, BODY_MAX).await.map_err(|unread| match unread {
        Unread::TooLong => Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
        Unread::Broken => Problem::new(StatusCode::BAD_REQUEST, "broken_off"),
    })
}

/// Who stands behind the gate.
pub fn desk_of(parts: &Parts) -> Option<Desk> {
    signed_in(parts)
}

fn signed_in(parts: &Parts) -> Option<Desk> {
    parts.extensions.get::<SignedIn>().and_then(|s| s.0.clone())
}

/// A page request: who (if anybody), in which language, where.
#[derive(Clone)]
pub struct Seat {
    pub app: App,
    /// `None` on public pages only.
    pub signed_in: Option<Desk>,
    pub lang: Lang,
    /// Path and query of this page.
    pub here: String,
    pub query: Vec<(String, String)>,
    pub device: String,
    pub address: String,
    /// The token of a home's own link, if this phone opened one.
    pub home_token: Option<String>,
    /// The phone's own token, if the home bound it.
    pub device_token: Option<String>,
    /// The token of the page session.
    pub session_token: Option<String>,
    /// What the page's own script asks for, instead of a whole page.
    pub wants_json: bool,
    /// Where a stream that broke off goes on.
    pub last_event: Option<String>,
    /// Where the browser sees us: "https://example.vn".
    pub origin: String,
}

impl Seat {
    /// The desk of a page behind the gate; an error only if a public route asks for it.
    pub fn desk(&self) -> Result<&Desk, Problem> {
        self.signed_in.as_ref().ok_or_else(|| Refusal::unauthenticated("signed_out").into())
    }

    pub fn param(&self, name: &str) -> &str {
        self.query.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
    }
}

impl FromRequestParts<App> for Seat {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Seat, Self::Rejection> {
        let query = parts.uri.query().unwrap_or("");
        let browser = parts.headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or("");
        let address = parts
            .extensions
            .get::<axum::extract::ConnectInfo<std::net::SocketAddr>>()
            .map(|a| a.0.ip().to_string())
            .unwrap_or_default();
        let home = if app.secure { HOME_COOKIE_SECURE } else { HOME_COOKIE };
        let host = parts.headers.get(header::HOST).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let scheme = if app.secure { "https" } else { "http" };
        let device = if app.secure { DEVICE_COOKIE_SECURE } else { DEVICE_COOKIE };
        let header = |name: &str| parts.headers.get(name).and_then(|v| v.to_str().ok());
        Ok(Seat {
            home_token: cookie(&parts.headers, home).map(str::to_owned),
            device_token: cookie(&parts.headers, device).map(str::to_owned),
            session_token: cookie(&parts.headers, session_cookie_name(app)).map(str::to_owned),
            wants_json: header("accept").is_some_and(|accept| accept.starts_with("application/json")),
            last_event: header("last-event-id").map(str::to_owned),
            origin: format!("{scheme}://{host}"),
            app: app.clone(),
            signed_in: signed_in(parts),
            lang: lang_of(&parts.headers),
            here: parts.uri.path_and_query().map_or("/", |p| p.as_str()).to_owned(),
            query: pairs(query.as_bytes()),
            device: browser.chars().take(DEVICE_MAX).collect(),
            address,
        })
    }
}

/// The longest description of a device that is kept, in characters.
const DEVICE_MAX: usize = 200;

/// A posted form: its pairs in order, and its idempotency key.
pub struct Posted(pub Vec<(String, String)>);

impl Posted {
    pub fn value(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
    }

    /// The trimmed value, `None` when empty.
    pub fn some(&self, name: &str) -> Option<String> {
        Some(self.value(name).trim()).filter(|v| !v.is_empty()).map(str::to_owned)
    }

    pub fn all(&self, name: &str) -> Vec<&str> {
        self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect()
    }

    pub fn on(&self, name: &str) -> bool {
        !matches!(self.value(name), "" | "0" | "false" | "off")
    }

    pub fn once(&self, route: &'static str, id: &str) -> Once {
        let body = self.0.iter().map(|(k, v)| format!("{k}={v}\n")).collect::<String>() + id;
        let key = self.some("key").map(|k| k.chars().take(Once::KEY_MAX).collect());
        Once { route, key, body: body.into_bytes() }
    }

    /// Like [`Posted::once`], for a form that stands on its page once for each of many: all of them have the page's key, and
    /// what is asked about one repeats nothing that was asked about another.
    pub fn once_each(&self, route: &'static str, id: &str) -> Once {
        let mut once = self.once(route, id);
        once.key = once.key.map(|key| format!("{id} {key}").chars().take(Once::KEY_MAX).collect());
        once
    }
}

impl FromRequest<App> for Posted {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &App) -> Result<Posted, Problem> {
        let body = read_body(request.into_body()).await?;
        Ok(Posted(pairs(&body)))
    }
}

/// Decodes `application/x-www-form-urlencoded`.
pub fn pairs(bytes: &[u8]) -> Vec<(String, String)> {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(bytes).unwrap_or_default();
    pairs.into_iter().map(|(name, value)| (name, without_nul(value))).collect()
}

/// What somebody wrote, without the one character that cannot be kept and that nobody types.
pub fn without_nul(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "") } else { text }
}

/// The id in a path; what is no text is no record's id.
pub struct PathId(pub String);

impl<S: Send + Sync> FromRequestParts<S> for PathId {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<PathId, Self::Rejection> {
        let found = Path::<String>::from_request_parts(parts, state).await;
        Ok(PathId(found.map(|Path(id)| id).unwrap_or_default()))
    }
}
