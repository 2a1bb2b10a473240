//! The page that says what went wrong and what to do next.

use super::frame;
use crate::app::App;
use crate::gate::Seat;
use crate::problem::{Problem, RETRY_AFTER_SECONDS};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use views::pages::error::ErrorPage;
use views::shell::Nav;
use views::{Lang, Page, Shell};

/// Without the menu: for whoever is not signed in, and for what the gate refuses.
pub fn page(app: &App, lang: Lang, problem: &Problem) -> Response {
    let shell = frame::bare(app, lang, "/", String::new());
    answer(shell, problem)
}

/// With the menu around it.
pub async fn framed(seat: &Seat, problem: &Problem) -> Response {
    // A store that cannot be read cannot make a menu either.
    let shell = match seat.shell_titled(Nav::None, String::new()).await {
        Ok(shell) => shell,
        Err(_) => frame::bare(&seat.app, seat.lang, &seat.here, String::new()),
    };
    answer(shell, problem)
}

fn answer(shell: Shell, problem: &Problem) -> Response {
    let busy = problem.status == StatusCode::SERVICE_UNAVAILABLE;
    // A form of another site is refused like a page that stood open too long.
    let shown = if problem.status == StatusCode::FORBIDDEN { StatusCode::CONFLICT } else { problem.status };
    let own_words = problem.status == StatusCode::NOT_FOUND || problem.status == StatusCode::UNAUTHORIZED;
    let known = !own_words && views::words::knows(shell.lang, &format!("refusal-{}", problem.code));
    let words = known.then(|| views::words::fault(shell.lang, &problem.code, &[]));
    let mut page = ErrorPage {
        shell,
        status: shown.as_u16(),
        words,
        retry_after: None,
        reference: None,
        back: String::new(),
    };
    page.shell.title = page.heading();
    let mut response = (problem.status, Html(page.render())).into_response();
    if busy {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS));
    }
    response
}
