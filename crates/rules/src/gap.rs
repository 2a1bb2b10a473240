//! The coverage watch (LC-10, invariant 1): what is missing from the care of an open episode, since when, and whose
//! business it is by now. A gap is never stored as a judgement: it is recomputed from the facts and the clock.
//!
//! It looks at what this program knows of the episode, its home and its group. A small commune with a group below
//! the target is no gap (P-3), and neither is a phone without Zalo while a call gets through.

use crate::{
    first_contact,
    ids::{AreaId, GroupId, StaffId},
    time::{At, HOUR},
    words::{Arrangement, EpisodeState, FirstContact, GapKind, GapLevel},
};

/// The time scale of escalation where first-contact hours are unset. It judges the age of other gaps only: first
/// contact has no clock until its hours are set.
pub const ESCALATION_HOURS_UNSET: u16 = 6;
/// A gap goes to the commune after this share of the first-contact hours …
pub const COMMUNE_AFTER: (i64, i64) = (1, 2);
/// … and to the district after this one.
pub const DISTRICT_AFTER: (i64, i64) = (1, 1);
/// A home that lives by visits has this many named visitors (P-5).
pub const VISITORS_NEEDED: u8 = 2;

/// What is known of an episode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpisodeFacts {
    pub state: EpisodeState,
    pub registered_at: At,
    /// A number of the person that is not known to be wrong.
    pub has_phone: bool,
    pub first_contact: FirstContact,
    pub first_contact_due_at: Option<At>,
}

/// What is known of its home.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HouseholdFacts {
    pub cluster: Option<AreaId>,
    pub group: Option<GroupId>,
    /// When it lost its group, if it had one.
    pub ungrouped_since: Option<At>,
    /// A number of anybody in the home that is not known to be wrong.
    pub has_phone: bool,
    /// When its last number turned out wrong, if it had one.
    pub phoneless_since: Option<At>,
    pub arrangement: Arrangement,
    /// Named visitors, 0..=2.
    pub visitors: u8,
    /// When the arrangement was last changed.
    pub arranged_at: Option<At>,
}

/// What is known of its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupFacts {
    pub leader: Option<StaffId>,
    /// Since when it has no leader.
    pub leaderless_since: Option<At>,
    /// Whether the leader or any carer is on duty.
    pub attended: bool,
    /// Since when nobody has been on duty.
    pub unattended_since: Option<At>,
}

/// One thing that is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    pub kind: GapKind,
    pub since: At,
    pub level: GapLevel,
}

/// Everything missing from an open episode's care, in the order of [`GapKind::ALL`]; nothing for a closed one.
/// `group` are the facts of the group the household names, `hours` the locality's first-contact hours.
pub fn gaps(
    episode: &EpisodeFacts,
    household: &HouseholdFacts,
    group: Option<&GroupFacts>,
    hours: Option<u16>,
    now: At,
) -> Vec<Gap> {
    match episode.state {
        EpisodeState::Open => {}
        EpisodeState::Closed => return Vec::new(),
    }
    GapKind::ALL
        .iter()
        .filter_map(|kind| {
            let since = gap_since(*kind, episode, household, group, hours, now)?;
            Some(Gap { kind: *kind, since, level: level_of(*kind, since, now, hours) })
        })
        .collect()
}

/// Since when a thing is missing; `None` if it is there. A state that began before the registration is this
/// episode's gap only since then.
fn gap_since(
    kind: GapKind,
    episode: &EpisodeFacts,
    household: &HouseholdFacts,
    group: Option<&GroupFacts>,
    hours: Option<u16>,
    now: At,
) -> Option<At> {
    let not_before = |since: Option<At>| {
        since.map_or(episode.registered_at, |since| since.max(episode.registered_at))
    };
    let has_phone = episode.has_phone || household.has_phone;
    let visitors = match household.arrangement {
        Arrangement::Visitor => household.visitors,
        Arrangement::None | Arrangement::InGroup => 0,
    };
    // A household that names a group whose facts cannot be found is as good as unplaced.
    let group = household.group.and(group);
    match kind {
        GapKind::Unplaced => group.is_none().then(|| not_before(household.ungrouped_since)),
        GapKind::NoLeader => {
            group.filter(|group| group.leader.is_none()).map(|group| not_before(group.leaderless_since))
        }
        GapKind::NobodyOnDuty => {
            group.filter(|group| !group.attended).map(|group| not_before(group.unattended_since))
        }
        GapKind::Unreachable => (!has_phone && visitors == 0)
            .then(|| not_before(household.phoneless_since.max(household.arranged_at))),
        GapKind::NoSecondVisitor => (!has_phone && visitors > 0 && visitors < VISITORS_NEEDED)
            .then(|| not_before(household.arranged_at)),
        GapKind::FirstContactOverdue => episode.first_contact_due_at.filter(|_| {
            first_contact::is_overdue(episode.first_contact, episode.first_contact_due_at, now)
        }),
        GapKind::NoCluster => household.cluster.is_none().then_some(episode.registered_at),
        GapKind::NoHoursSet => hours.is_none().then_some(episode.registered_at),
    }
}

fn level_of(kind: GapKind, since: At, now: At, hours: Option<u16>) -> GapLevel {
    match kind {
        // The leader was reminded twice while the time ran; once it is up the commune has it.
        GapKind::FirstContactOverdue => {
            let hours = hours.unwrap_or(ESCALATION_HOURS_UNSET);
            if now >= since.plus(first_contact::district_after(hours)) {
                GapLevel::District
            } else {
                GapLevel::Commune
            }
        }
        GapKind::Unplaced
        | GapKind::NoLeader
        | GapKind::NobodyOnDuty
        | GapKind::Unreachable
        | GapKind::NoSecondVisitor
        | GapKind::NoCluster
        | GapKind::NoHoursSet => level(since, now, hours),
    }
}

/// Whose gap it is by its age: the leader's, then the commune's, then the district's.
pub fn level(since: At, now: At, hours: Option<u16>) -> GapLevel {
    let whole = i64::from(hours.unwrap_or(ESCALATION_HOURS_UNSET)) * HOUR;
    if now >= since.plus(whole * DISTRICT_AFTER.0 / DISTRICT_AFTER.1) {
        GapLevel::District
    } else if now >= since.plus(whole * COMMUNE_AFTER.0 / COMMUNE_AFTER.1) {
        GapLevel::Commune
    } else {
        GapLevel::Leader
    }
}

/// When the level of a gap next changes, for the due column of the escalation; `None` once it is the district's.
pub fn next_level_at(gap: &Gap, hours: Option<u16>) -> Option<At> {
    let whole = i64::from(hours.unwrap_or(ESCALATION_HOURS_UNSET)) * HOUR;
    let to_district = match gap.kind {
        GapKind::FirstContactOverdue => {
            first_contact::district_after(hours.unwrap_or(ESCALATION_HOURS_UNSET))
        }
        GapKind::Unplaced
        | GapKind::NoLeader
        | GapKind::NobodyOnDuty
        | GapKind::Unreachable
        | GapKind::NoSecondVisitor
        | GapKind::NoCluster
        | GapKind::NoHoursSet => whole * DISTRICT_AFTER.0 / DISTRICT_AFTER.1,
    };
    match gap.level {
        GapLevel::Leader => Some(gap.since.plus(whole * COMMUNE_AFTER.0 / COMMUNE_AFTER.1)),
        GapLevel::Commune => Some(gap.since.plus(to_district)),
        GapLevel::District => None,
    }
}
