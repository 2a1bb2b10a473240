//! What is true, allowed and due. Pure types and functions: no clock, no chance, no SQL, no web, no async.
//!
//! Every other crate speaks the nouns of this one (see `docs/glossary.md`).

pub mod fold;
pub mod ids;
pub mod list;
pub mod phone;
pub mod refusal;
pub mod time;
pub mod words;

pub use ids::*;
pub use refusal::Refusal;
pub use time::{At, BirthDate, Day, Zone};
pub use words::*;
