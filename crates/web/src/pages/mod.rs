//! Pages: one file per page of `views`, and beside them what all of them share. A handler reads what the page shows,
//! puts it into words and hands it to its template; what is posted goes to an act and comes back as a redirect, or as
//! the same page with the words of the refusal. Every page works without script.
//!
//! Shared: [`show`] turns answers into pages, [`frame`] is what surrounds them, [`pen`] puts values into words,
//! [`about`] says who somebody is, [`places`] offers areas, clusters and staff to choose from.

pub mod about;
pub mod admin;
pub mod admin_clusters;
pub mod admin_settings;
pub mod admin_staff;
pub mod alerts;
mod answers;
pub mod checkin;
pub mod contact;
pub mod coverage;
pub mod demo;
mod ending;
pub mod error;
pub mod figures;
pub mod first;
pub mod frame;
pub mod groups;
pub mod health;
pub mod home;
pub mod household;
mod household_link;
pub mod import;
pub mod languages;
mod lines;
pub mod login;
pub mod looked;
pub mod overview;
mod own;
mod own_thread;
pub mod pen;
pub mod people;
pub mod person;
pub mod person_care;
pub mod person_edit;
pub mod person_end;
pub mod person_merge;
pub mod places;
pub mod protocol;
pub mod register;
pub mod report;
pub mod reports;
pub mod round;
mod show;
mod slots;
mod task;
mod team;
pub mod threads;
pub mod work;

use crate::routes::Route;

pub fn routes() -> Vec<Route> {
    let mut routes = Vec::new();
    routes.extend(home::routes());
    routes.extend(login::routes());
    routes.extend(first::routes());
    routes.extend(work::routes());
    routes.extend(alerts::routes());
    routes.extend(round::routes());
    routes.extend(household_link::routes());
    routes.extend(own::routes());
    routes.extend(own_thread::routes());
    routes.extend(ending::routes());
    routes.extend(task::routes());
    routes.extend(team::routes());
    routes.extend(threads::routes());
    routes.extend(protocol::routes());
    routes.extend(people::routes());
    routes.extend(person::routes());
    routes.extend(contact::routes());
    routes.extend(checkin::routes());
    routes.extend(person_edit::routes());
    routes.extend(person_merge::routes());
    routes.extend(person_end::routes());
    routes.extend(person_care::routes());
    routes.extend(looked::routes());
    routes.extend(register::routes());
    routes.extend(household::routes());
    routes.extend(import::routes());
    routes.extend(groups::routes());
    routes.extend(coverage::routes());
    routes.extend(reports::routes());
    routes.extend(report::routes());
    routes.extend(figures::routes());
    routes.extend(overview::routes());
    routes.extend(admin::routes());
    routes.extend(admin_staff::routes());
    routes.extend(admin_clusters::routes());
    routes.extend(admin_settings::routes());
    routes.extend(demo::routes());
    routes.extend(health::routes());
    routes
}
