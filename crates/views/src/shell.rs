//! What surrounds every page: names, menu, language, demo clock, flash. Phone and desktop are one template and two
//! arrangements in the stylesheet.

use rules::Role;

use crate::parts::{Tone, initials};
use crate::words::{self, Lang};

/// Who is signed in.
#[derive(Clone, Debug, Default)]
pub struct Who {
    pub name: String,
    /// "trưởng trạm Y tế"
    pub role_label: String,
    /// "xã Mường Tè, huyện Mường Tè"
    pub area_label: String,
    /// `None` for roles that have no duty.
    pub on_duty: Option<bool>,
}

impl Who {
    pub fn initials(&self) -> String {
        initials(&self.name)
    }
}

/// The menu. Only what is built.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Nav {
    #[default]
    None,
    Work,
    Round,
    Alerts,
    Threads,
    People,
    Register,
    Import,
    Groups,
    Coverage,
    Reports,
    Overview,
    Admin,
    Demo,
}

impl Nav {
    pub fn href(self) -> &'static str {
        match self {
            Nav::None => "/",
            Nav::Work => "/work",
            Nav::Round => "/round",
            Nav::Alerts => "/alerts",
            Nav::Threads => "/threads",
            Nav::People => "/people",
            Nav::Register => "/register",
            Nav::Import => "/import",
            Nav::Groups => "/groups",
            Nav::Coverage => "/coverage",
            Nav::Reports => "/reports",
            Nav::Overview => "/overview",
            Nav::Admin => "/admin",
            Nav::Demo => "/demo",
        }
    }

    /// The key of its label in `shell.ftl`.
    pub fn key(self) -> &'static str {
        match self {
            Nav::None => "nav-home",
            Nav::Work => "nav-work",
            Nav::Round => "nav-round",
            Nav::Alerts => "nav-alerts",
            Nav::Threads => "nav-threads",
            Nav::People => "nav-people",
            Nav::Register => "nav-register",
            Nav::Import => "nav-import",
            Nav::Groups => "nav-groups",
            Nav::Coverage => "nav-coverage",
            Nav::Reports => "nav-reports",
            Nav::Overview => "nav-overview",
            Nav::Admin => "nav-admin",
            Nav::Demo => "nav-demo",
        }
    }

    pub fn icon(self) -> &'static str {
        match self {
            Nav::None => "home",
            Nav::Work => "list",
            Nav::Round => "checkc",
            Nav::Alerts => "bell",
            Nav::Threads => "chat",
            Nav::People => "users",
            Nav::Register => "plus",
            Nav::Import => "upload",
            Nav::Groups => "house",
            Nav::Coverage => "alert",
            Nav::Reports => "doc",
            Nav::Overview => "grid",
            Nav::Admin => "gear",
            Nav::Demo => "play",
        }
    }
}

/// One line of the menu. The first four are the tabs of a phone.
#[derive(Clone, Debug, Default)]
pub struct NavItem {
    pub nav: Nav,
    /// Formatted ("1.061"); `None` shows no number.
    pub count: Option<String>,
    /// Red: something waits too long.
    pub hot: bool,
}

/// Counts for the menu, formatted; `None` shows none.
#[derive(Clone, Debug, Default)]
pub struct NavCounts {
    /// People on the worklist.
    pub work: Option<String>,
    pub people: Option<String>,
    pub groups: Option<String>,
    /// Open gaps; shown in red.
    pub coverage: Option<String>,
    /// Alarms that are not over.
    pub alerts: Option<String>,
    /// Nobody has taken one of them.
    pub alerts_wait: bool,
    /// Homes that wait for an answer.
    pub threads: Option<String>,
    /// One of them for longer than it was promised.
    pub threads_late: bool,
}

/// The menu of a role: first the four tabs of a phone, then the rest. Handlers may leave lines out.
pub fn menu(role: Role, counts: &NavCounts) -> Vec<NavItem> {
    let navs: &[Nav] = match role {
        Role::Carer => &[
            Nav::Work,
            Nav::Round,
            Nav::People,
            Nav::Alerts,
            Nav::Threads,
            Nav::Groups,
            Nav::Reports,
            Nav::Coverage,
            Nav::Register,
        ],
        Role::StationLeader | Role::Clerk => &[
            Nav::Work,
            Nav::People,
            Nav::Coverage,
            Nav::Reports,
            Nav::Alerts,
            Nav::Threads,
            Nav::Round,
            Nav::Groups,
            Nav::Register,
            Nav::Import,
        ],
        Role::CommuneLeader => &[
            Nav::Coverage,
            Nav::People,
            Nav::Groups,
            Nav::Reports,
            Nav::Alerts,
            Nav::Threads,
            Nav::Work,
            Nav::Register,
            Nav::Import,
        ],
        Role::Police => &[Nav::People, Nav::Groups],
        Role::DistrictOfficer | Role::ProvinceOfficer | Role::Commander | Role::Inspector => {
            &[Nav::Overview, Nav::People, Nav::Coverage, Nav::Reports, Nav::Alerts, Nav::Threads, Nav::Groups]
        }
        Role::Adviser | Role::AdviserLeader => &[Nav::People, Nav::Groups],
        Role::Admin => &[Nav::Admin, Nav::Groups, Nav::Coverage, Nav::Reports],
    };
    navs.iter()
        .map(|nav| {
            let count = match nav {
                Nav::Work => counts.work.clone(),
                Nav::People => counts.people.clone(),
                Nav::Groups => counts.groups.clone(),
                Nav::Coverage => counts.coverage.clone(),
                Nav::Alerts => counts.alerts.clone(),
                Nav::Threads => counts.threads.clone(),
                Nav::None
                | Nav::Round
                | Nav::Register
                | Nav::Import
                | Nav::Reports
                | Nav::Overview
                | Nav::Admin
                | Nav::Demo => None,
            };
            let waits = *nav == Nav::Coverage
                || (*nav == Nav::Alerts && counts.alerts_wait)
                || (*nav == Nav::Threads && counts.threads_late);
            let hot = waits && count.is_some();
            NavItem { nav: *nav, count, hot }
        })
        .collect()
}

/// The page says "demo" on top, with the training clock.
#[derive(Clone, Debug, Default)]
pub struct Demo {
    /// "07:30, thứ Tư 16/3/2022"
    pub clock: String,
}

/// What just happened, once.
#[derive(Clone, Debug, Default)]
pub struct Flash {
    pub tone: Tone,
    pub words: String,
    /// "Hoàn tác" as a form that posts (no fields but `csrf` and `key`).
    pub undo_action: Option<String>,
}

impl Flash {
    pub fn ok(words: impl Into<String>) -> Flash {
        Flash { tone: Tone::Ok, words: words.into(), undo_action: None }
    }

    pub fn danger(words: impl Into<String>) -> Flash {
        Flash { tone: Tone::Danger, words: words.into(), undo_action: None }
    }
}

/// Every form posts `csrf`, and `key` for "the same form sent twice has one effect".
///
/// | action | method | fields |
/// |---|---|---|
/// | `/logout` | POST | `csrf` |
/// | `/duty` | POST | `csrf`, `on` = `1` or `0`, `back` = [`Shell::here`] |
/// | `/lang` | GET | `to` = `vi` or `en`, `back` |
#[derive(Clone, Debug, Default)]
pub struct Shell {
    pub lang: Lang,
    /// In words, without the product's name; no patient's name (titles end up in histories).
    pub title: String,
    pub who: Option<Who>,
    /// Which line of the menu is current.
    pub nav: Nav,
    /// Made by [`menu`].
    pub items: Vec<NavItem>,
    pub csrf: String,
    /// One random value per page view; with the route and the body it is the idempotency key.
    pub form_key: String,
    pub demo: Option<Demo>,
    /// The server's time, RFC 3339: relative times count from it.
    pub now: String,
    /// Whether that clock runs (the training clock stands still).
    pub clock_runs: bool,
    pub flash: Option<Flash>,
    /// Where the other language is: `/lang?to=en&back=%2Fwork`.
    pub lang_href: String,
    /// This page's path and query, for coming back.
    pub here: String,
    /// Hashed names of the stylesheet and script (`web::assets`); empty = leave out.
    pub css: String,
    pub js: String,
}

impl Shell {
    /// Words of this page's language.
    pub fn t(&self, key: &str) -> String {
        words::t(self.lang, key)
    }

    pub fn t1(&self, key: &str, name: &str, value: impl AsRef<str>) -> String {
        words::t_args(self.lang, key, &[(name, value.as_ref())])
    }

    pub fn t2(&self, key: &str, a: (&str, &str), b: (&str, &str)) -> String {
        words::t_args(self.lang, key, &[a, b])
    }

    /// [`Shell::t2`] as templates call it: they hand pairs in by reference.
    pub fn pair<'a>(
        &self,
        key: &str,
        a: impl std::borrow::Borrow<(&'a str, &'a str)>,
        b: impl std::borrow::Borrow<(&'a str, &'a str)>,
    ) -> String {
        words::t_args(self.lang, key, &[*a.borrow(), *b.borrow()])
    }

    /// [`Shell::here`] as a value in an address.
    pub fn here_encoded(&self) -> String {
        encoded(&self.here)
    }

    /// The tabs of a phone.
    pub fn tabs(&self) -> &[NavItem] {
        &self.items[..self.items.len().min(4)]
    }

    pub fn is_here(&self, item: &NavItem) -> bool {
        item.nav == self.nav
    }
}

/// Text as a value in an address; a path keeps its slashes.
pub fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
                out.push(char::from(byte))
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
