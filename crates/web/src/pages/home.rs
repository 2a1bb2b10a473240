//! The door of the house: the first page of whoever signed in, the language, going on duty, and the files that pages
//! are made of.

use super::frame;
use super::show::{Shown, form, local, page, route, see, see_done, view, with_cookie};
use crate::assets;
use crate::gate::{LANG_COOKIE, PathId, Posted, Seat};
use crate::routes::{Access, Route};
use acts::duty;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rules::permission::Verb;
use views::Lang;
use views::pages::waiting::WaitingPage;
use views::shell::{Nav, NavCounts};

/// A year, in seconds.
const LANG_COOKIE_SECONDS: i64 = 31_536_000;

pub fn routes() -> Vec<Route> {
    vec![
        route("GET", "/", Access::Public, view(first_page)),
        route("GET", "/lang", Access::Public, view(lang)),
        route("POST", "/duty", Access::Verb(Verb::GoOnDuty), form(go_on_duty)),
        route("GET", "/assets/{file}", Access::Public, get(asset)),
    ]
}

/// Where the menu of this person begins.
async fn first_page(seat: Seat) -> Shown {
    match &seat.signed_in {
        None if seat.app.house.demo => see("/demo"),
        None => see("/login"),
        Some(desk) => {
            let items = frame::items(desk, &seat.app, &NavCounts::default());
            match items.iter().find(|item| item.nav != Nav::None) {
                Some(item) => see(item.nav.href()),
                None => page(&WaitingPage { shell: seat.shell(Nav::None, "nav-home").await? }),
            }
        }
    }
}

async fn lang(seat: Seat) -> Shown {
    let to = Lang::parse(seat.param("to")).unwrap_or(seat.lang);
    let back = local(seat.param("back")).unwrap_or_else(|| "/".to_owned());
    let secure = if seat.app.secure { "; Secure" } else { "" };
    let cookie =
        format!("{LANG_COOKIE}={}; Path=/; SameSite=Lax; Max-Age={LANG_COOKIE_SECONDS}{secure}", to.code());
    Ok(with_cookie(see(&back)?, &cookie))
}

async fn go_on_duty(seat: Seat, posted: Posted) -> Shown {
    let on = posted.on("on");
    let once = posted.once("POST /duty", "");
    seat.app.house.once(seat.desk()?, once, move |tx, desk, _| duty::set_duty(tx, desk, on)).await?;
    let back = local(posted.value("back")).unwrap_or_else(|| "/".to_owned());
    see_done(&back, if on { "on_duty" } else { "off_duty" })
}

/// A static file in the smallest form that the browser reads; one that it has already is not sent again.
async fn asset(PathId(file): PathId, headers: HeaderMap) -> Response {
    let Some(asset) = assets::get(&file) else { return StatusCode::NOT_FOUND.into_response() };
    let said = |name: HeaderName| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or("");
    let common = [
        (header::ETAG, HeaderValue::from_static(asset.etag)),
        (header::CACHE_CONTROL, HeaderValue::from_static(assets::CACHE_CONTROL)),
        (header::VARY, HeaderValue::from_static("accept-encoding")),
    ];
    if said(header::IF_NONE_MATCH).split(',').any(|tag| tag.trim() == asset.etag) {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    let (bytes, encoding) = asset.encoded(said(header::ACCEPT_ENCODING));
    let kind = [(header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type))];
    let mut response = (common, kind, bytes).into_response();
    if let Some(encoding) = encoding {
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}
