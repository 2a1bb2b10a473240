//! Bodies of requests. What is too long or not wanted is read off and thrown away before the answer: a connection that
//! is closed in the middle of a request takes the answer with it, and whoever sent a list too big or after the session
//! had ended would see nothing but a broken line.

use crate::app::UPLOAD_MAX;
use crate::problem::Problem;
use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use futures_util::StreamExt;
use rules::Refusal;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::time::Duration;

/// How much of a body that nobody wants is read off, in bytes, and for how long.
const DRAINED_MAX: usize = 4 * UPLOAD_MAX;
const DRAINING_MAX: Duration = Duration::from_secs(10);

/// The body was longer than allowed, or broke off.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Unread {
    TooLong,
    Broken,
}

/// The whole body, if it has at most `max` bytes.
pub async fn read(body: Body, max: usize) -> Result<Bytes, Unread> {
    let mut parts = body.into_data_stream();
    let mut bytes: Vec<u8> = Vec::new();
    while let Some(part) = parts.next().await {
        let part = part.map_err(|_| Unread::Broken)?;
        if bytes.len() + part.len() > max {
            drain(Body::from_stream(parts)).await;
            return Err(Unread::TooLong);
        }
        bytes.extend_from_slice(&part);
    }
    Ok(bytes.into())
}

/// Reads a body off that nobody wants.
pub async fn drain(body: Body) {
    let mut parts = body.into_data_stream();
    let read_off = async {
        let mut seen = 0;
        while let Some(Ok(part)) = parts.next().await {
            seen += part.len();
            if seen > DRAINED_MAX {
                return;
            }
        }
    };
    // Whoever sends too slowly gets the answer all the same, if the connection lives to carry it.
    let _ = tokio::time::timeout(DRAINING_MAX, read_off).await;
}

/// What a JSON body says. A list is no record, though its places could be taken for fields.
pub fn object<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    match bytes.iter().find(|b| !b.is_ascii_whitespace()) {
        Some(b'[') => Err(bad_json("an object is expected".to_owned())),
        Some(_) | None => value(bytes),
    }
}

/// Like [`object`], where a list may stand as well.
pub fn value<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let unread = |e: serde_json::Error| bad_json(format!("line {}, column {}", e.line(), e.column()));
    if bytes.windows(NUL.len()).any(|at| at == NUL)
        && let Some(field) = field_with_nul(&serde_json::from_slice(bytes).map_err(unread)?, "")
    {
        let field = if field.is_empty() { "body" } else { &field };
        return Err(Refusal::field(field, "bad_text").into());
    }
    serde_json::from_slice(bytes).map_err(unread)
}

/// The one character that PostgreSQL keeps in no text; nobody types it.
const NUL: &[u8] = b"\\u0000";

fn field_with_nul(value: &Value, at: &str) -> Option<String> {
    let below = |name: &str| if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
    match value {
        Value::String(text) => text.contains('\0').then(|| at.to_owned()),
        Value::Array(items) => items.iter().find_map(|item| field_with_nul(item, at)),
        Value::Object(fields) => fields.iter().find_map(|(name, inner)| match name.contains('\0') {
            true => Some(at.to_owned()),
            false => field_with_nul(inner, &below(name)),
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

fn bad_json(detail: String) -> Problem {
    Problem { detail, ..Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "bad_json") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn counted(parts: usize) -> (Body, Arc<AtomicUsize>) {
        let given = Arc::new(AtomicUsize::new(0));
        let count = given.clone();
        let stream = futures_util::stream::iter(0..parts).map(move |_| {
            count.fetch_add(1, Ordering::SeqCst);
            Ok::<_, std::io::Error>(Bytes::from_static(&[b'x'; 10]))
        });
        (Body::from_stream(stream), given)
    }

    #[tokio::test]
    async fn a_body_too_long_is_refused_after_it_was_read_off() {
        let (body, given) = counted(5);
        assert_eq!(read(body, 50).await.map(|b| b.len()), Ok(50));
        assert_eq!(given.load(Ordering::SeqCst), 5);
        let (body, given) = counted(50);
        assert_eq!(read(body, 49).await, Err(Unread::TooLong));
        assert_eq!(given.load(Ordering::SeqCst), 50);
    }

    #[tokio::test]
    async fn nothing_is_read_off_for_ever() {
        let (body, given) = counted(usize::MAX);
        drain(body).await;
        assert!(given.load(Ordering::SeqCst) <= DRAINED_MAX / 10 + 1);
    }

    #[test]
    fn a_nul_byte_is_refused_in_its_field() {
        let refused = |text: &str| value::<Value>(text.as_bytes()).err().map(|p| (p.code, p.errors));
        let field = |name: &str| Some(("invalid".to_owned(), vec![(name.to_owned(), "bad_text".to_owned())]));
        assert_eq!(refused(r#"{"reason":"a\u0000b"}"#), field("reason"));
        assert_eq!(refused(r#"{"person":{"risks":["x","\u0000"]}}"#), field("person.risks"));
        assert_eq!(refused(r#"{"reason":"a\\u0000b"}"#), None, "a backslash that somebody wrote");
    }

    #[test]
    fn a_list_is_no_record() {
        assert!(object::<Value>(b" [1]").is_err());
        assert!(value::<Value>(b" [1]").is_ok());
        assert!(object::<Value>(br#" {"a":1}"#).is_ok());
    }
}
