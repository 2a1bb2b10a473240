//! Refusals and failures as HTTP: the one place where a kind of refusal becomes a status (RFC 9457).

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rules::{Refusal, refusal::RefusalKind};
use serde_json::json;
use store::{Stop, StoreError};

/// Seconds after which a full queue may be tried again.
pub const RETRY_AFTER_SECONDS: u64 = 1;

pub fn status(refusal: &Refusal) -> StatusCode {
    match refusal.kind {
        RefusalKind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        RefusalKind::Conflict => StatusCode::CONFLICT,
        RefusalKind::NotFound => StatusCode::NOT_FOUND,
        RefusalKind::Unauthenticated => StatusCode::UNAUTHORIZED,
        RefusalKind::Busy => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// A fault below the rules, as a refusal with a code of its own. The cause is logged, never shown.
pub fn of_store(error: &StoreError) -> (StatusCode, &'static str) {
    match error {
        StoreError::Full => (StatusCode::SERVICE_UNAVAILABLE, "disk_full"),
        StoreError::Busy => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
        StoreError::Stopped => (StatusCode::SERVICE_UNAVAILABLE, "stopping"),
        StoreError::Lite { .. }
        | StoreError::Pg { .. }
        | StoreError::Shape(_)
        | StoreError::Panicked
        | StoreError::Start(_)
        | StoreError::File { .. }
        | StoreError::Torn(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
    }
}

/// What an API call answers when it did not succeed.
#[derive(Debug)]
pub struct Problem {
    pub status: StatusCode,
    pub code: String,
    pub detail: String,
    pub errors: Vec<(String, String)>,
    /// Members beside the standard ones (`candidates`, `missing`).
    pub more: Vec<(&'static str, serde_json::Value)>,
}

impl Problem {
    pub fn new(status: StatusCode, code: &str) -> Problem {
        Problem { status, code: code.to_owned(), detail: String::new(), errors: Vec::new(), more: Vec::new() }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Problem {
        let status = status(&refusal);
        let detail = views::refusal(views::Lang::En, &refusal);
        let errors = refusal.fields.iter().map(|f| (f.field.clone(), f.code.to_owned())).collect();
        let more = refusal
            .args
            .iter()
            .map(|(name, value)| match *name {
                // A list of words, for programs.
                "missing" | "candidates" => {
                    (*name, json!(value.split([' ', ',']).filter(|w| !w.is_empty()).collect::<Vec<_>>()))
                }
                name => (name, json!(value)),
            })
            .collect();
        Problem { status, code: refusal.code.to_owned(), detail, errors, more }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Problem {
        let (status, code) = of_store(&error);
        tracing::error!(%error, "a request failed");
        Problem::new(status, code)
    }
}

impl From<Stop> for Problem {
    fn from(stop: Stop) -> Problem {
        match stop {
            Stop::Refused(refusal) => refusal.into(),
            Stop::Store(error) => error.into(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let title = self.status.canonical_reason().unwrap_or("error");
        let errors: Vec<_> = self
            .errors
            .iter()
            .map(|(field, code)| json!({ "field": field, "code": code, "detail": views::words::fault(views::Lang::En, code, &[]) }))
            .collect();
        let mut body = json!({
            "type": format!("urn:keben:problem:{}", self.code),
            "title": title,
            "status": self.status.as_u16(),
            "code": self.code,
            "detail": self.detail,
            "errors": errors,
        });
        if let Some(object) = body.as_object_mut() {
            for (name, value) in self.more {
                object.insert(name.to_owned(), value);
            }
        }
        let mut response = (self.status, body.to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS));
        }
        response
    }
}
