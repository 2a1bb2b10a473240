//! A desk: who acts, when, from where, and what they may. Permission is asked of it before anything else.

use rules::permission::{self, Verb};
use rules::{AreaId, AreaLevel, At, HouseholdId, OrganisationId, Refusal, Role, StaffId};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use store::Stamp;

/// One role of the person at the desk, in one area and all below it.
#[derive(Clone, Debug, PartialEq)]
pub struct Grant {
    pub role: Role,
    pub area_id: AreaId,
    /// The area's place in the tree (`area.path`); everything below begins with it.
    pub path: String,
    pub level: AreaLevel,
    /// The official code that the member of staff works under: a hamlet carer's is the commune's.
    pub area_code: String,
    pub area_name: String,
    pub organisation_id: Option<OrganisationId>,
}

#[derive(Clone, Debug)]
pub struct Desk {
    /// `None` for the clock, the command line and imports without a member of staff.
    pub staff: Option<StaffId>,
    pub name: String,
    pub grants: Vec<Grant>,
    /// `web`, `api`, `cli`, `demo`, `clock`.
    pub origin: &'static str,
    pub now: At,
    /// The operator at the command line may do what the store's owner may.
    pub operator: bool,
    /// The home whose own link this is: it may do what `acts::household_link` does, and nothing that asks for a role.
    pub household: Option<HouseholdId>,
    /// What an act was allowed here, while somebody writes that down.
    pub asked: Asked,
}

/// The permissions that an act asked for and was given: what must still hold when its answer is given again (trust.md,
/// "Idempotency").
#[derive(Clone, Debug, Default)]
pub struct Asked(Option<Arc<Mutex<Given>>>);

/// A verb, and the place in which it was allowed.
type Given = BTreeSet<(Verb, String)>;

/// The place of a permission that is asked for anywhere.
const ANYWHERE: &str = "*";

impl Asked {
    /// Writes down from now on.
    pub(crate) fn noting() -> Asked {
        Asked(Some(Arc::default()))
    }

    pub(crate) fn note(&self, verb: Verb, path: &str) {
        if let Some(noted) = &self.0 {
            noted.lock().unwrap_or_else(PoisonError::into_inner).insert((verb, path.to_owned()));
        }
    }

    /// One permission a line: the verb, a space, the place.
    pub(crate) fn text(&self) -> String {
        let Some(noted) = &self.0 else { return String::new() };
        let noted = noted.lock().unwrap_or_else(PoisonError::into_inner);
        noted.iter().map(|(verb, path)| format!("{} {path}", verb.word())).collect::<Vec<_>>().join("\n")
    }
}

impl Desk {
    /// The operator at the machine itself.
    pub fn operator(now: At, origin: &'static str) -> Desk {
        Desk {
            staff: None,
            name: String::new(),
            grants: Vec::new(),
            origin,
            now,
            operator: true,
            household: None,
            asked: Asked::default(),
        }
    }

    /// A home that opened its own link.
    pub fn household(home: HouseholdId, now: At) -> Desk {
        Desk { operator: false, household: Some(home), ..Desk::operator(now, "link") }
    }

    pub fn actor(&self) -> String {
        match (self.staff, self.household) {
            (Some(id), _) => format!("staff:{}", id.0),
            (None, Some(home)) => format!("household:{}", home.0),
            (None, None) => self.origin.to_owned(),
        }
    }

    pub fn stamp(&self) -> Stamp {
        Stamp { at: self.now, actor: self.actor(), origin: self.origin }
    }

    /// Whether any role here allows `verb` on something at `path`. A missing permission looks like a missing record.
    pub fn may(&self, verb: Verb, path: &str) -> Result<(), Refusal> {
        if self.can(verb, path) { Ok(()) } else { Err(Refusal::not_found()) }
    }

    pub fn can(&self, verb: Verb, path: &str) -> bool {
        let can = self.operator
            || self.grants.iter().any(|g| path.starts_with(&g.path) && permission::may(g.role, verb));
        if can {
            self.asked.note(verb, path);
        }
        can
    }

    /// Whether what was allowed once is allowed still: see [`Asked::text`]. A verb that is no more allows nothing.
    pub(crate) fn may_still(&self, allowed: &str) -> bool {
        allowed.lines().all(|line| match line.split_once(' ') {
            Some((verb, path)) => Verb::parse(verb).is_some_and(|verb| match path {
                ANYWHERE => self.can_anywhere(verb),
                path => self.can(verb, path),
            }),
            None => false,
        })
    }

    /// Whether any role here allows `verb` anywhere.
    pub fn can_anywhere(&self, verb: Verb) -> bool {
        let can = self.operator || self.grants.iter().any(|g| permission::may(g.role, verb));
        if can {
            self.asked.note(verb, ANYWHERE);
        }
        can
    }

    /// The highest area in which `verb` is allowed: where lists begin.
    pub fn home(&self, verb: Verb) -> Option<&Grant> {
        self.grants.iter().filter(|g| permission::may(g.role, verb)).min_by_key(|g| g.path.len())
    }

    pub fn roles_at<'a>(&'a self, path: &'a str) -> impl Iterator<Item = &'a Grant> + 'a {
        self.grants.iter().filter(move |g| path.starts_with(&g.path))
    }
}
