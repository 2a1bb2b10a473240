//! What the operator's programs ask: whether the server lives, whether it can work, and a few numbers. Nothing here
//! says anything about anybody.

use super::show::route;
use crate::app::App;
use crate::routes::{Access, Route};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::fmt::Write as _;
use store::staff;

pub fn routes() -> Vec<Route> {
    vec![
        route("GET", "/healthz", Access::Public, get(alive)),
        route("GET", "/readyz", Access::Public, get(ready)),
        route("GET", "/metrics", Access::Public, get(metrics)),
    ]
}

async fn alive() -> &'static str {
    "ok\n"
}

/// The store answers questions.
async fn ready(State(app): State<App>) -> Response {
    match app.house.store.read(staff::count).await {
        Ok(_) => "ok\n".into_response(),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n").into_response()
        }
    }
}

/// Prometheus text.
async fn metrics(State(app): State<App>) -> Response {
    let entries = *app.house.store.committed().borrow();
    let signed = (app.head)().map_or(0, |head| head.seq);
    let lines = [
        ("keben_log_entries", "counter", "Entries of the log that are on the disk.", entries),
        ("keben_log_signed", "gauge", "The newest entry under a signed head.", signed),
        ("keben_log_unsigned", "gauge", "Entries that no signed head covers yet.", (entries - signed).max(0)),
        (
            "keben_write_queue_max",
            "gauge",
            "Writes that may wait before one is refused.",
            store::WRITE_QUEUE_MAX as i64,
        ),
        ("keben_demo", "gauge", "1 where the clock is a training clock.", i64::from(app.house.demo)),
    ];
    let mut text = String::new();
    for (name, kind, help, value) in lines {
        // Writing into a String does not fail.
        let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}\n");
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}
