//! A desk: who acts, when, from where, and what they may. Permission is asked of it before anything else.

use rules::permission::{self, Verb};
use rules::{AreaId, AreaLevel, At, OrganisationId, Refusal, Role, StaffId};
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
}

impl Desk {
    /// The operator at the machine itself.
    pub fn operator(now: At, origin: &'static str) -> Desk {
        Desk { staff: None, name: String::new(), grants: Vec::new(), origin, now, operator: true }
    }

    pub fn actor(&self) -> String {
        match self.staff {
            Some(id) => format!("staff:{}", id.0),
            None => self.origin.to_owned(),
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
        self.operator
            || self.grants.iter().any(|g| path.starts_with(&g.path) && permission::may(g.role, verb))
    }

    /// Whether any role here allows `verb` anywhere.
    pub fn can_anywhere(&self, verb: Verb) -> bool {
        self.operator || self.grants.iter().any(|g| permission::may(g.role, verb))
    }

    /// The highest area in which `verb` is allowed: where lists begin.
    pub fn home(&self, verb: Verb) -> Option<&Grant> {
        self.grants.iter().filter(|g| permission::may(g.role, verb)).min_by_key(|g| g.path.len())
    }

    pub fn roles_at<'a>(&'a self, path: &'a str) -> impl Iterator<Item = &'a Grant> + 'a {
        self.grants.iter().filter(move |g| path.starts_with(&g.path))
    }
}
