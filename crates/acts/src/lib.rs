//! What people and the clock do: one file per verb. An act asks permission, loads what the rule needs, lets the rule
//! decide, has `store` write rows and the log, all in one transaction that [`house::House::run`] makes durable.

pub mod adopt_protocol;
pub mod alerts;
pub mod apply_blueprint;
pub mod bound_device;
pub mod clusters;
pub mod demo;
pub mod desk;
pub mod duties;
pub mod duty;
pub mod edit_person;
pub mod end_episode;
pub mod ending;
pub mod first_admin;
pub mod groups;
pub mod house;
pub mod household_link;
pub mod import_areas;
pub mod import_list;
pub mod import_staff;
mod next_contact;
pub mod place_homes;
pub mod record_checkin;
pub mod record_contact;
pub mod record_round;
pub mod register_episode;
pub mod report;
pub mod scene;
pub mod settings;
pub mod sign_in;
pub mod simulate;
pub mod staff;
pub mod task;
pub mod thread;
pub mod throttle;
pub mod void_test;

pub use desk::{Desk, Grant};
pub use house::{Clock, House, Mint, Once, by_clock};
