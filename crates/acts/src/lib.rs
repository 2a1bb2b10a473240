//! What people and the clock do: one file per verb. An act asks permission, loads what the rule needs, lets the rule
//! decide, has `store` write rows and the log, all in one transaction that [`house::House::run`] makes durable.

pub mod desk;
pub mod house;

pub use desk::{Desk, Grant};
pub use house::{Clock, House, Mint, Once, by_clock};
