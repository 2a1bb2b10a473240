//! What every request stands on: the house, and what the program's entry handed in beside it.

use acts::House;
use std::sync::Arc;

/// The largest body of a form or a JSON document, in bytes.
pub const BODY_MAX: usize = 1024 * 1024;
/// The largest upload, in bytes: a list's limit and some room for the form around it.
pub const UPLOAD_MAX: usize = 21 * 1024 * 1024;

#[derive(Clone)]
pub struct App(pub Arc<Inner>);

pub struct Inner {
    pub house: House,
    /// Behind TLS (in the server or a named proxy): cookies are `Secure`, HSTS is sent.
    pub secure: bool,
    /// The newest signed head, for `GET /log/head` and the foot of reports.
    pub head: Box<dyn Fn() -> Option<HeadView> + Send + Sync>,
    /// The training clock of a demo; `None` in the real thing.
    pub training: Option<Arc<dyn Training>>,
    pub throttle: acts::throttle::Throttle,
    /// Open streams.
    pub live: Arc<crate::live::Live>,
}

/// The newest signed head as it is shown.
#[derive(Clone, Debug)]
pub struct HeadView {
    pub seq: i64,
    pub root: String,
    pub signed_at: rules::At,
    pub key: String,
    pub note: String,
}

/// A clock that can be moved forward, and the copy of the store that may be tampered with.
pub trait Training: Send + Sync {
    /// Moves the clock, running every duty on the way; refused when it would go back.
    fn advance<'a>(
        &'a self,
        house: &'a House,
        to: rules::At,
    ) -> std::pin::Pin<Box<dyn Future<Output = Result<rules::At, store::Stop>> + Send + 'a>>;

    /// Copies the store, changes one entry of the copy behind the program's back, and verifies both.
    fn tamper<'a>(
        &'a self,
        house: &'a House,
    ) -> std::pin::Pin<Box<dyn Future<Output = Result<Tampered, store::StoreError>> + Send + 'a>>;
}

/// What `verify` says of the original and of the altered copy.
#[derive(Clone, Debug)]
pub struct Tampered {
    pub entries: i64,
    pub original_ok: bool,
    pub copy_ok: bool,
    pub seq: i64,
    pub table: String,
    pub what: String,
    pub before: String,
    pub after: String,
}

impl std::ops::Deref for App {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}
