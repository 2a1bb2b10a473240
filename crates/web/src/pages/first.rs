//! The one-time link: the first administrator, and whoever was added or reset, opens the account with a password of
//! their own and is let in.

use super::login::{Entry, attempt_entry};
use super::show::{Shown, form, page, page_again, page_with, refused, renamed, route, see, view};
use crate::gate::{Posted, Seat};
use crate::problem::Problem;
use crate::routes::{Access, Route};
use acts::first_admin::{self, OpenAccount, PASSWORD_CHARS_MIN};
use acts::sign_in::Attempt;
use axum::http::StatusCode;
use rules::Refusal;
use views::Form;
use views::pages::login::FirstPage;
use views::shell::Nav;

pub fn routes() -> Vec<Route> {
    vec![
        route("GET", "/first", Access::Public, view(first)),
        route("POST", "/first", Access::Public, form(open)),
    ]
}

async fn shown(seat: &Seat, token: &str, form: Form) -> Result<FirstPage, Problem> {
    let opening = first_admin::opening(&seat.app.house, token).await?;
    let title = match &opening {
        Some(opening) if opening.asks_name => "first-title",
        Some(_) => "first-reset-title",
        None => "first-used-title",
    };
    Ok(FirstPage {
        shell: seat.shell(Nav::None, title).await?,
        form,
        token: token.to_owned(),
        is_valid: opening.is_some(),
        asks_name: opening.as_ref().is_some_and(|o| o.asks_name),
        login: opening.map(|o| o.login).unwrap_or_default(),
        length_min: PASSWORD_CHARS_MIN.to_string(),
    })
}

async fn first(seat: Seat) -> Shown {
    let token = seat.param("token").to_owned();
    let shown = shown(&seat, &token, Form::default()).await?;
    let status = if shown.is_valid { StatusCode::OK } else { StatusCode::NOT_FOUND };
    page_with(status, &shown)
}

async fn open(seat: Seat, posted: Posted) -> Shown {
    let seat = seat.at("/first");
    let token = posted.value("token").to_owned();
    // Passwords are never sent back to the page.
    let kept = Form::of([("name", posted.value("name")), ("login", posted.value("login"))]);
    if posted.value("password") != posted.value("again") {
        let refusal = Refusal::field("again", "passwords_differ");
        let shown = shown(&seat, &token, kept.refuse(seat.lang, &refusal)).await?;
        return page_again(&refusal, &shown);
    }
    let cmd = OpenAccount {
        token: token.clone(),
        login: posted.value("login").to_owned(),
        full_name: posted.value("name").to_owned(),
        password: posted.value("password").to_owned(),
    };
    match first_admin::open_account(&seat.app.house, &cmd).await {
        Ok(login) => {
            let attempt = Attempt {
                login,
                password: cmd.password,
                code: None,
                device: seat.device.clone(),
                address: seat.address.clone(),
            };
            match attempt_entry(&seat, &attempt, "").await? {
                Entry::Answer(response) => Ok(response),
                Entry::Refused(_) => see("/login"),
            }
        }
        Err(stop) => {
            let refusal = renamed(refused(stop)?, &[("full_name", "name")]);
            let shown = shown(&seat, &token, kept.refuse(seat.lang, &refusal)).await?;
            if shown.is_valid { page_again(&refusal, &shown) } else { page(&shown) }
        }
    }
}
