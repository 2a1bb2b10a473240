//! What people do, through the real acts on both databases. PostgreSQL comes from `KEBEN_TEST_PG`; `cargo xtask test`
//! provides it. One program for all of them: each more would link everything once again.
#![allow(clippy::unwrap_used)]

#[macro_use]
mod common;
mod report_world;
mod town;

mod blueprint;
mod care;
mod groups;
mod household_link;
mod import;
mod registry;
mod release;
mod report_day;
mod report_figures;
mod round;
mod sign_in;
mod silence;
mod simulate;
mod story;
mod task;
mod thread;
