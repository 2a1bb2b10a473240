//! What surrounds a page: who is signed in, the menu of their roles with what waits in it, the demo's clock, and what
//! just happened. The menu shows only what the desk may open; numbers stand in it where they cost little.

use super::pen::Pen;
use super::show::with_param;
use super::threads;
use crate::api;
use crate::app::App;
use crate::assets;
use crate::gate::Seat;
use crate::problem::Problem;
use acts::{Desk, Grant};
use rules::permission::{self, Verb};
use rules::time::HOUR;
use rules::{AreaLevel, EpisodeId, Role, StaffId, Zone};
use store::staff::{self, Staff};
use store::{Reader, Stop, StoreError, alert, episode, gap, locality};
use views::shell::{Demo, Flash, Nav, NavCounts, NavItem, Shell, Who, encoded, menu};
use views::{Lang, formats, t};

/// Gaps, and alarms, counted for the menu; more are shown as "99+".
const GAPS_COUNTED_MAX: i64 = 100;

/// A number beside the menu.
fn counted(found: i64) -> Option<String> {
    match found {
        0 => None,
        GAPS_COUNTED_MAX.. => Some(format!("{}+", GAPS_COUNTED_MAX - 1)),
        n => Some(formats::number(n)),
    }
}

/// The role under which somebody sits here: the one granted for the highest area.
pub fn main_grant(desk: &Desk) -> Option<&Grant> {
    desk.grants.iter().min_by_key(|g| g.path.len())
}

/// Whether the desk may open a line of the menu.
fn opens(desk: &Desk, app: &App, nav: Nav) -> bool {
    match nav {
        Nav::None => true,
        Nav::Work => desk.can_anywhere(Verb::RecordContact),
        Nav::Round => desk.can_anywhere(Verb::RecordCheckin),
        Nav::Alerts => desk.can_anywhere(Verb::ReadAlerts),
        Nav::Threads => desk.can_anywhere(Verb::ReadThread),
        Nav::People => desk.can_anywhere(Verb::ListPeople),
        Nav::Register => desk.can_anywhere(Verb::RegisterEpisode),
        Nav::Import => desk.can_anywhere(Verb::ImportEpisodes),
        Nav::Groups => desk.can_anywhere(Verb::ReadGroups),
        Nav::Coverage => desk.can_anywhere(Verb::ReadGaps),
        Nav::Reports => desk.can_anywhere(Verb::ReadReports),
        Nav::Overview => desk.can_anywhere(Verb::ReadFigures),
        Nav::Admin => {
            let verbs = [Verb::ManageStaff, Verb::ManageClusters, Verb::ManageSettings];
            verbs.iter().any(|v| desk.can_anywhere(*v))
        }
        Nav::Demo => app.house.demo,
    }
}

/// The menu: that of the main role, then what the other roles add to it.
pub fn items(desk: &Desk, app: &App, counts: &NavCounts) -> Vec<NavItem> {
    let mut grants: Vec<&Grant> = desk.grants.iter().collect();
    grants.sort_by_key(|g| g.path.len());
    let mut items: Vec<NavItem> = Vec::new();
    for grant in grants {
        for item in menu(grant.role, counts) {
            if opens(desk, app, item.nav) && items.iter().all(|had| had.nav != item.nav) {
                items.push(item);
            }
        }
    }
    items
}

/// What the frame asks the store.
struct Facts {
    staff: Option<Staff>,
    role_label: String,
    counts: NavCounts,
}

fn facts(r: &mut Reader, desk: &Desk, lang: Lang) -> Result<Facts, Stop> {
    let staff = match desk.staff {
        Some(id) => staff::by_id(r, id)?,
        None => None,
    };
    let role_label = match main_grant(desk) {
        Some(grant) => role_title(r, lang, grant.role, &grant.path)?,
        None => String::new(),
    };
    Ok(Facts { staff, role_label, counts: counts(r, desk)? })
}

/// What an area's offices call a role, or its plain name.
pub fn role_title(r: &mut Reader, lang: Lang, role: Role, path: &str) -> Result<String, StoreError> {
    let titles = locality::role_titles(r, path)?;
    let own = titles.into_iter().find(|(known, _)| *known == role).map(|(_, title)| title);
    // Titles are the locality's own words; another language has only the plain names.
    Ok(match (lang, own) {
        (Lang::Vi, Some(title)) if !title.is_empty() => title,
        (Lang::Vi | Lang::En, _) => views::name(lang, role),
    })
}

/// Numbers beside the menu, for those who work in one commune or below: above it they would cost a whole count.
fn counts(r: &mut Reader, desk: &Desk) -> Result<NavCounts, Stop> {
    let mut counts = NavCounts::default();
    let near = |verb| {
        desk.home(verb).is_some_and(|g| match g.level {
            AreaLevel::Commune | AreaLevel::Cluster => true,
            AreaLevel::Province | AreaLevel::District => false,
        })
    };
    if near(Verb::RecordContact) {
        let scope = api::scope(r, desk, Verb::RecordContact, None)?;
        let found =
            episode::to_contact_counts(r, &scope.path, &scope.commune_path, desk.now, desk.now.plus(HOUR))?;
        let silent = episode::count_silent(r, &scope.path, &scope.commune_path, desk.now)?;
        let all = found.waiting + silent;
        counts.work = (all > 0).then(|| formats::number(all));
    }
    if near(Verb::ReadGaps) {
        let scope = api::scope(r, desk, Verb::ReadGaps, None)?;
        let (path, commune) = (&scope.path, &scope.commune_path);
        let found = gap::board(r, path, commune, desk.now, EpisodeId(0), GAPS_COUNTED_MAX)?.len() as i64;
        counts.coverage = counted(found);
    }
    // Few run at a time, and who can help must know of them wherever they sit.
    if desk.can_anywhere(Verb::ReadAlerts) {
        let scope = api::scope(r, desk, Verb::ReadAlerts, None)?;
        let running = alert::count_running(r, &scope.path, GAPS_COUNTED_MAX)?;
        counts.alerts = counted(running.all);
        counts.alerts_wait = running.untaken > 0;
    }
    if desk.can_anywhere(Verb::ReadThread) {
        let (all, late) = threads::waiting_now(r, desk, GAPS_COUNTED_MAX)?;
        counts.threads = counted(all);
        counts.threads_late = late > 0;
    }
    Ok(counts)
}

/// The frame of a page that nobody need be signed in for.
pub fn bare(app: &App, lang: Lang, here: &str, title: String) -> Shell {
    let now = app.house.now();
    let zone = Zone::default();
    let here = without_done(here);
    Shell {
        lang,
        title,
        csrf: chance(app),
        form_key: chance(app),
        demo: app.house.demo.then(|| Demo { clock: formats::clock(lang, now, &zone) }),
        now: now.rfc3339(&zone),
        clock_runs: !app.house.demo,
        lang_href: format!("/lang?to={}&back={}", lang.other().code(), encoded(&here)),
        here,
        css: assets::css_href().to_owned(),
        js: assets::js_href().to_owned(),
        ..Shell::default()
    }
}

fn chance(app: &App) -> String {
    let bytes: [u8; 16] = app.house.secret();
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// The address without the word that says once what happened.
fn without_done(here: &str) -> String {
    let Some((path, query)) = here.split_once('?') else { return here.to_owned() };
    let kept: Vec<&str> = query.split('&').filter(|pair| !pair.starts_with("done=")).collect();
    if kept.is_empty() { path.to_owned() } else { format!("{path}?{}", kept.join("&")) }
}

impl Seat {
    /// The frame of this page, under the line `nav` of the menu; `title` is the key of its title.
    pub async fn shell(&self, nav: Nav, title: &str) -> Result<Shell, Problem> {
        self.shell_titled(nav, t(self.lang, title)).await
    }

    /// [`Seat::shell`] with a title that is in words already. Titles end up in histories: no patient's name.
    pub async fn shell_titled(&self, nav: Nav, title: String) -> Result<Shell, Problem> {
        let mut shell = bare(&self.app, self.lang, &self.here, title);
        shell.nav = nav;
        shell.flash = self.flash();
        let Some(desk) = self.signed_in.clone() else { return Ok(shell) };
        let (asked, lang) = (desk.clone(), self.lang);
        let facts = api::read(&self.app.house.store, move |r| facts(r, &asked, lang)).await?;
        shell.items = items(&desk, &self.app, &facts.counts);
        shell.who = Some(who(&desk, facts));
        Ok(shell)
    }

    /// What the page before this one did, once.
    fn flash(&self) -> Option<Flash> {
        let word = self.param("done");
        let plain =
            !word.is_empty() && word.len() <= 40 && word.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        if !plain {
            return None;
        }
        Pen::of(self).known(&format!("done-{word}"), &[]).map(Flash::ok)
    }

    /// This page's address with other values of its query; empty ones are left out.
    pub fn with_query(&self, values: &[(&str, &str)]) -> String {
        let path = self.here.split('?').next().unwrap_or("/");
        values
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .fold(path.to_owned(), |href, (name, value)| with_param(&href, name, value))
    }

    /// The same seat at another address: a form that is shown again belongs to the page it came from.
    pub fn at(mut self, here: impl Into<String>) -> Seat {
        self.here = here.into();
        self
    }

    pub fn staff(&self) -> Option<StaffId> {
        self.signed_in.as_ref().and_then(|d| d.staff)
    }
}

fn who(desk: &Desk, facts: Facts) -> Who {
    let on_duty = desk
        .grants
        .iter()
        .any(|g| permission::may(g.role, Verb::GoOnDuty))
        .then(|| facts.staff.as_ref().is_some_and(|s| s.on_duty));
    Who {
        name: desk.name.clone(),
        role_label: facts.role_label,
        area_label: main_grant(desk).map(|g| g.area_name.clone()).unwrap_or_default(),
        on_duty,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happened_is_said_once_and_not_kept_in_the_address() {
        assert_eq!(without_done("/work?done=contact"), "/work");
        assert_eq!(without_done("/work?show=soon&done=contact&page=2"), "/work?show=soon&page=2");
        assert_eq!(without_done("/work"), "/work");
    }
}
