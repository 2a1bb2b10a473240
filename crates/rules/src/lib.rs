//! What is true, allowed and due. Pure types and functions: no clock, no chance, no SQL, no web, no async.
//!
//! Every other crate speaks the nouns of this one (see `docs/glossary.md`).

pub mod alert;
pub mod areas;
pub mod blueprint;
pub mod checkin;
pub mod episode;
pub mod first_contact;
pub mod fold;
pub mod gap;
pub mod household_link;
pub mod ids;
pub mod list;
pub mod permission;
pub mod phone;
pub mod placement;
pub mod protocol;
pub mod refusal;
pub mod registration;
pub mod release;
pub mod report;
pub mod round;
pub mod slots;
pub mod task;
pub mod thread;
pub mod time;
pub mod words;

pub use ids::*;
pub use refusal::Refusal;
pub use time::{At, BirthDate, Day, Zone};
pub use words::*;
