//! What can go wrong below the rules. None of it is the user's doing; the web layer answers 500 or 503.

use rules::Refusal;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("SQLite, {what}: {source}")]
    Lite { what: String, source: rusqlite::Error },
    #[error("PostgreSQL, {what}: {source}")]
    Pg { what: String, source: tokio_postgres::Error },
    #[error("a row of an unexpected shape: {0}")]
    Shape(String),
    #[error("the disk is full; nothing was written")]
    Full,
    #[error("the queue of writes is full")]
    Busy,
    #[error("an act panicked; nothing of it was written")]
    Panicked,
    #[error("the store has stopped")]
    Stopped,
    #[error("{0}")]
    Start(String),
    #[error("{what}: {source}")]
    File { what: String, source: std::io::Error },
    #[error("the store changed under us: {0}")]
    Torn(String),
}

/// Why a write did not happen.
#[derive(Debug, thiserror::Error)]
pub enum Stop {
    /// The rules said no: the person is told why.
    #[error("{0}")]
    Refused(Refusal),
    #[error(transparent)]
    Store(StoreError),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Stop {
        Stop::Refused(refusal)
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Stop {
        Stop::Store(error)
    }
}
