//! One file per page: its struct, what it posts, its template.
//!
//! The tables name each form: action, method and fields. `csrf` and `key` are in every POST form and not repeated.
//! A form that is refused is shown again with status 422 (409 for a refusal by state), the same struct, `form` filled
//! from what was posted and marked by `Form::refuse`.

pub mod admin;
pub mod alerts;
pub mod checkin;
pub mod contact;
pub mod coverage;
pub mod demo;
pub mod ending;
pub mod error;
pub mod figures;
pub mod groups;
pub mod household;
pub mod household_link;
pub mod import;
pub mod login;
pub mod looked;
pub mod overview;
pub mod own;
pub mod people;
pub mod person;
pub mod person_care;
pub mod person_edit;
pub mod person_end;
pub mod protocol;
pub mod register;
pub mod report;
pub mod reports;
pub mod round;
pub mod task;
pub mod team;
pub mod thread;
pub mod waiting;
pub mod work;
