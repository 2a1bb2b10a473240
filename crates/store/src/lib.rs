//! How it is kept: SQL lives here and nowhere else. One file per noun, the same names as in `rules`; `tx.rs` alone
//! knows which of the two databases is below. Writes go through one writer with group commit (`writer.rs`) and are
//! chained (`log.rs`); what the chain proves is checked by `verify.rs`.

pub mod alert;
pub mod area;
pub mod attempt;
pub mod backup;
pub mod bound_device;
pub mod care_group;
pub mod checkin;
pub mod command;
pub mod episode;
pub mod error;
pub mod figure;
pub mod flow;
pub mod gap;
pub mod head;
pub mod household;
pub mod household_link;
pub mod import;
pub mod locality;
pub mod log;
mod migrate;
pub mod organisation;
pub mod person;
pub mod protocol;
pub mod reminder;
pub mod report;
pub mod session;
pub mod staff;
pub mod stmt;
pub mod task;
pub mod thread;
pub mod timeline;
pub mod tx;
pub mod val;
pub mod verify;
pub mod workload;
mod writer;

pub use error::{Stop, StoreError};
pub use tx::{Reader, Stamp, Tx};
pub use val::{Row, Val};
pub use writer::{DbUrl, Open, Store, WRITE_QUEUE_MAX, meta_get, meta_set, read_beside};

/// Fills a buffer with chance from the operating system; the program's entry hands it in.
pub type Chance = fn(&mut [u8]);
