//! What people see: templates (askama), words (Fluent) and formats (dates, numbers, phones).
//!
//! Each page is one struct in [`pages`] with its template beside it in `templates/`. A handler fills the struct with
//! values that are already in words and calls [`Page::render`]. Templates hold no logic beyond if and for; whatever
//! must be decided is decided here in Rust, from `rules` types. Nothing here reads a clock, a store or the network.

pub mod conditions;
pub mod events;
pub mod form;
pub mod formats;
pub mod icons;
pub mod pages;
pub mod parts;
pub mod pieces;
pub mod qr;
pub mod shell;
pub mod words;

use std::fmt::{Display, Write as _};

pub use form::{Fault, Form};
pub use parts::{Choice, Countdown, EmergencyNumber, Link, Paging, PersonHead, PhoneLine, Tone, When};
pub use shell::{Demo, Flash, Nav, NavCounts, NavItem, Shell, Who};
pub use words::{Lang, Word, fault, missing, name, refusal, t, t_args};

/// Every page struct is a page: `page.render()` is the whole HTML document.
pub trait Page {
    fn render(&self) -> String;
}

impl<T: askama::Template + Display> Page for T {
    // Through `Display`: that is compiled here, once, where the template is, and not again by whoever renders it.
    fn render(&self) -> String {
        let mut html = String::with_capacity(T::SIZE_HINT);
        match write!(html, "{self}") {
            Ok(()) => icons::place(&html),
            // Writing into a String does not fail; should it ever, the reader gets a page and not a lost connection.
            Err(_) => "<!doctype html><meta charset=\"utf-8\"><p>Trang này chưa hiện được, xin tải lại. \
                       / This page could not be shown, please reload.</p>"
                .to_owned(),
        }
    }
}
