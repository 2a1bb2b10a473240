//! How a handler's answer becomes what the browser gets: a page, a redirect after a form, or the page that says what
//! went wrong. Handlers are plain functions of [`Seat`], the id in the path and the form.

use super::error;
use crate::api;
use crate::app::App;
use crate::gate::{PathId, Posted, Seat};
use crate::problem::{self, Problem};
use crate::routes::{Access, Route};
use acts::Desk;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{MethodRouter, get, post};
use rules::{Refusal, Uid, refusal::RefusalKind};
use std::pin::Pin;
use std::sync::Arc;
use store::{Reader, Stop};
use views::Page;

pub type Shown = Result<Response, Problem>;

/// The longest path that a form may ask to come back to.
const BACK_MAX: usize = 500;

pub fn route(method: &'static str, path: &'static str, access: Access, handler: MethodRouter<App>) -> Route {
    Route { method, path, access, summary: "", handler }
}

/// A handler's answer on its way. Handlers are put behind one type each for the four kinds below: what the router does
/// around a handler is compiled once for each kind, not once for each page.
type Coming = Pin<Box<dyn Future<Output = Shown> + Send>>;
type Viewer = dyn Fn(Seat) -> Coming + Send + Sync;
type ViewerOfOne = dyn Fn(Seat, String) -> Coming + Send + Sync;
type Taker = dyn Fn(Seat, Posted) -> Coming + Send + Sync;
type TakerForOne = dyn Fn(Seat, String, Posted) -> Coming + Send + Sync;

/// A page without an id in its path.
pub fn view<F, Fut>(page: F) -> MethodRouter<App>
where
    F: Fn(Seat) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Shown> + Send + 'static,
{
    viewed(Arc::new(move |seat| Box::pin(page(seat))))
}

fn viewed(page: Arc<Viewer>) -> MethodRouter<App> {
    get(move |seat: Seat| {
        let answer = page(seat.clone());
        async move { settle(&seat, answer.await).await }
    })
}

/// A page about one record.
pub fn view_one<F, Fut>(page: F) -> MethodRouter<App>
where
    F: Fn(Seat, String) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Shown> + Send + 'static,
{
    viewed_one(Arc::new(move |seat, id| Box::pin(page(seat, id))))
}

fn viewed_one(page: Arc<ViewerOfOne>) -> MethodRouter<App> {
    get(move |seat: Seat, PathId(id): PathId| {
        let answer = page(seat.clone(), id);
        async move { settle(&seat, answer.await).await }
    })
}

/// A posted form.
pub fn form<F, Fut>(act: F) -> MethodRouter<App>
where
    F: Fn(Seat, Posted) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Shown> + Send + 'static,
{
    taken(Arc::new(move |seat, posted| Box::pin(act(seat, posted))))
}

fn taken(act: Arc<Taker>) -> MethodRouter<App> {
    post(move |seat: Seat, request: Request| {
        let act = act.clone();
        async move {
            let answer = match Posted::from_request(request, &seat.app).await {
                Ok(posted) => act(seat.clone(), posted).await,
                Err(problem) => Err(problem),
            };
            settle(&seat, answer).await
        }
    })
}

/// A form posted about one record.
pub fn form_one<F, Fut>(act: F) -> MethodRouter<App>
where
    F: Fn(Seat, String, Posted) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Shown> + Send + 'static,
{
    taken_for_one(Arc::new(move |seat, id, posted| Box::pin(act(seat, id, posted))))
}

fn taken_for_one(act: Arc<TakerForOne>) -> MethodRouter<App> {
    post(move |seat: Seat, PathId(id): PathId, request: Request| {
        let act = act.clone();
        async move {
            let answer = match Posted::from_request(request, &seat.app).await {
                Ok(posted) => act(seat.clone(), id, posted).await,
                Err(problem) => Err(problem),
            };
            settle(&seat, answer).await
        }
    })
}

/// The answer itself, or the page that says why there is none.
pub async fn settle(seat: &Seat, answer: Shown) -> Response {
    match answer {
        Ok(response) => response,
        Err(problem) => error::framed(seat, &problem).await,
    }
}

pub fn page(page: &impl Page) -> Shown {
    Ok(Html(page.render()).into_response())
}

/// The same page again, after a refusal.
pub fn page_again(refusal: &Refusal, page: &impl Page) -> Shown {
    Ok((problem::status(refusal), Html(page.render())).into_response())
}

pub fn page_with(status: StatusCode, page: &impl Page) -> Shown {
    Ok((status, Html(page.render())).into_response())
}

/// 303: what was posted is done, the browser asks for the next page.
pub fn see(path: &str) -> Shown {
    Ok(Redirect::to(path).into_response())
}

/// [`see`], with a fixed word that the next page says once (`done-<word>` in the locales).
pub fn see_done(path: &str, word: &'static str) -> Shown {
    see(&with_param(path, "done", word))
}

pub fn with_param(path: &str, name: &str, value: &str) -> String {
    let (path, fragment) = path.split_once('#').map_or((path, None), |(p, f)| (p, Some(f)));
    let mark = if path.contains('?') { '&' } else { '?' };
    let tail = fragment.map_or(String::new(), |f| format!("#{f}"));
    format!("{path}{mark}{name}={}{tail}", views::shell::encoded(value))
}

/// A page of ours to come back to; `None` for anything that could lead elsewhere.
pub fn local(path: &str) -> Option<String> {
    let ours = path.starts_with('/')
        && !path.starts_with("//")
        && path.len() <= BACK_MAX
        && !path.contains('\\')
        && !path.chars().any(|c| c.is_control());
    ours.then(|| path.to_owned())
}

pub fn with_cookie(mut response: Response, cookie: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

/// A file to keep.
pub fn download(name: &str, media_type: &'static str, bytes: Vec<u8>) -> Shown {
    let named = format!("attachment; filename=\"{name}\"");
    let named = HeaderValue::from_str(&named).unwrap_or(HeaderValue::from_static("attachment"));
    let headers =
        [(header::CONTENT_TYPE, HeaderValue::from_static(media_type)), (header::CONTENT_DISPOSITION, named)];
    Ok((headers, bytes).into_response())
}

pub const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// Why an act was refused, if its form is to say so; everything else is a page of its own.
pub fn refused(stop: Stop) -> Result<Refusal, Problem> {
    match stop {
        Stop::Refused(refusal) => match refusal.kind {
            RefusalKind::Invalid | RefusalKind::Conflict => Ok(refusal),
            RefusalKind::NotFound | RefusalKind::Unauthenticated | RefusalKind::Busy => Err(refusal.into()),
        },
        Stop::Store(error) => Err(error.into()),
    }
}

/// A refusal for the page's own script: the reason and the next step in the language of the page.
pub fn refused_in_words(seat: &Seat, refusal: &Refusal) -> Shown {
    let form = views::Form::default().refuse(seat.lang, refusal);
    let of_field = refusal.fields.first().and_then(|fault| form.wrong(&fault.field)).map(str::to_owned);
    let detail = of_field.unwrap_or_else(|| views::refusal(seat.lang, refusal));
    let body = serde_json::json!({ "code": refusal.code, "detail": detail });
    Ok((problem::status(refusal), axum::Json(body)).into_response())
}

/// A refusal whose fields go by other names on the form.
pub fn renamed(mut refusal: Refusal, names: &[(&str, &str)]) -> Refusal {
    for error in &mut refusal.fields {
        if let Some((_, to)) = names.iter().find(|(from, _)| *from == error.field) {
            (*to).clone_into(&mut error.field);
        }
    }
    refusal
}

/// An id of the path; one that is no id is no record either.
pub fn uid(text: &str) -> Result<Uid, Problem> {
    api::uid(text)
}

/// Asks the store as whoever sits here.
pub async fn ask<T, F>(seat: &Seat, question: F) -> Result<T, Problem>
where
    T: Send + 'static,
    F: FnOnce(&mut Reader, &Desk) -> Result<T, Stop> + Send + 'static,
{
    let desk = seat.desk()?.clone();
    api::read(&seat.app.house.store, move |r| question(r, &desk)).await.map_err(Problem::from)
}

/// A list's 50 with one more, to know whether there is another page.
pub const PAGE: usize = 50;

/// Cuts a list that was asked for with one more than [`PAGE`]; says whether there was one.
pub fn cut<T>(items: &mut Vec<T>) -> bool {
    let more = items.len() > PAGE;
    items.truncate(PAGE);
    more
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_are_come_back_to() {
        for path in ["/", "/work?show=overdue", "/people/0190", "/people?q=T%E1%BA%A9n"] {
            assert_eq!(local(path).as_deref(), Some(path));
        }
        for path in
            ["", "//evil.example", "https://evil.example", "/\\evil.example", "work", "/a\nb", "/\t/evil"]
        {
            assert_eq!(local(path), None, "{path:?}");
        }
    }

    #[test]
    fn a_word_is_added_to_whatever_address() {
        assert_eq!(with_param("/work", "done", "x"), "/work?done=x");
        assert_eq!(with_param("/work?show=soon", "done", "x"), "/work?show=soon&done=x");
        assert_eq!(with_param("/reports/1#zalo", "done", "x"), "/reports/1?done=x#zalo");
    }
}
