//! The day's figures as they stand (LC-2, P-23): one grouped pass over what changed in the window and over the open
//! episodes, for a unit and every unit below it; and the people behind each figure.
//!
//! Flows are sums over the window; `f0_start` and `f1_start` are what the lock before froze, so nothing is counted
//! from the beginning each time. The severities and the figures of the watch are counted from the open episodes:
//! [`Live::wrong`] holds the two against each other. A unit above the commune is the sum of what lies below it.
//!
//! The conditions of a gap stand here once as SQL ([`HOME_GAP`], [`EPISODE_GAP`]); `rules::gap` says what they mean.

use crate::error::StoreError;
use crate::report::{self, ReportDay, Unit};
use crate::stmt::stmt;
use crate::tx::Reader;
use crate::val::{Row, Val};
use rules::report::{Figures, Flow, INDICATORS, Indicator, Nature};
use rules::{AreaId, At, EpisodeId, EpisodeKind, Severity};
use std::collections::{BTreeMap, HashMap, HashSet};

/// The length of constant texts put together; for [`sql!`].
pub(crate) const fn length(parts: &[&str]) -> usize {
    let (mut n, mut total) = (0, 0);
    while n < parts.len() {
        total += parts[n].len();
        n += 1;
    }
    total
}

/// Constant texts put together; for [`sql!`].
pub(crate) const fn joined<const LENGTH: usize>(parts: &[&str]) -> [u8; LENGTH] {
    let mut out = [0; LENGTH];
    let (mut n, mut to) = (0, 0);
    while n < parts.len() {
        let (part, mut from) = (parts[n].as_bytes(), 0);
        while from < part.len() {
            out[to] = part[from];
            from += 1;
            to += 1;
        }
        n += 1;
    }
    out
}

/// Puts constant pieces of SQL together, so that a condition that several statements share is written once.
macro_rules! sql {
    ($($part:expr),+ $(,)?) => {{
        const PARTS: &[&str] = &[$($part),+];
        const BYTES: [u8; $crate::figure::length(PARTS)] = $crate::figure::joined(PARTS);
        // Whole texts one after another are a text.
        match std::str::from_utf8(&BYTES) {
            Ok(text) => text,
            Err(_) => "",
        }
    }};
}
pub(crate) use sql;

// The conditions of a gap. `e` is the episode, `h` its household, `g` the household's care group; `?2` is now,
// `?3` is 1 where the locality has set no hours to first contact.

/// Nobody looks after the home.
pub const UNPLACED: &str = "h.care_group_id IS NULL";
pub const NO_LEADER: &str = "g.leader_id IS NULL";
/// Neither the leader nor any carer of the group is on duty.
pub const NOBODY_ON_DUTY: &str = "(NOT EXISTS (SELECT 1 FROM staff WHERE staff.id = g.leader_id AND staff.on_duty = 1)
    AND NOT EXISTS (SELECT 1 FROM care_group_carer JOIN staff ON staff.id = care_group_carer.staff_id
      WHERE care_group_carer.care_group_id = g.id AND care_group_carer.until IS NULL AND staff.on_duty = 1))";
/// What the group itself lacks.
pub const GROUP_GAP: &str = sql!("(", NO_LEADER, " OR ", NOBODY_ON_DUTY, ")");
/// No number of anybody in the home, and nobody who visits.
pub const UNREACHABLE: &str = "(h.phones = '' AND h.visitor IS NULL)";
/// A home that lives by visits needs two visitors (P-5).
pub const NO_SECOND_VISITOR: &str = "(h.phones = '' AND h.visitor IS NOT NULL AND h.second_visitor IS NULL)";
pub const FIRST_CONTACT_OVERDUE: &str = "(e.first_contact <> 'advised' AND e.first_contact_due_at <= ?2)";
pub const NO_CLUSTER: &str = "e.cluster_id IS NULL";
pub const NO_HOURS_SET: &str = "?3 = 1";
/// What a whole home lacks.
pub const HOME_GAP: &str =
    sql!("(", UNPLACED, " OR ", GROUP_GAP, " OR ", UNREACHABLE, " OR ", NO_SECOND_VISITOR, ")");
/// What one episode lacks.
pub const EPISODE_GAP: &str = sql!("(", FIRST_CONTACT_OVERDUE, " OR ", NO_CLUSTER, " OR ", NO_HOURS_SET, ")");
/// An open episode with any gap.
pub const UNMANAGED: &str = sql!("(", HOME_GAP, " OR ", EPISODE_GAP, ")");
/// Nobody verified a Zalo that reaches the person: their own, or the home's.
pub const WITHOUT_ZALO: &str = "NOT EXISTS (SELECT 1 FROM address_point WHERE address_point.household_id = e.household_id
    AND address_point.kind = 'zalo' AND address_point.verified_at IS NOT NULL AND address_point.state = 'active'
    AND (address_point.person_id IS NULL OR address_point.person_id = e.person_id))";
/// Episodes of a unit and everything below it; `?1` is its path.
const IN_SCOPE: &str = "e.area_id IN (SELECT scope.id FROM area AS scope
    WHERE substr(scope.path, 1, length(?1)) = ?1 AND scope.level <> 'cluster')";
/// What one flow does to the end figure of its kind; a test holds it against the indicators.
const EFFECT: &str = "CASE WHEN flow.indicator IN ('f0_recovered', 'f0_out', 'f0_died',
    'f1_became_f0', 'f1_completed', 'f1_out') THEN -flow.amount ELSE flow.amount END";

stmt! {
    FLOWS_SINCE = "SELECT area_id, indicator, CAST(SUM(amount) AS BIGINT) FROM flow WHERE seq >= ?1
        GROUP BY area_id, indicator ORDER BY area_id, indicator";
    FLOWS_OF_AREA_SINCE = "SELECT area_id, indicator, CAST(SUM(amount) AS BIGINT) FROM flow
        WHERE area_id = ?2 AND seq >= ?1 GROUP BY area_id, indicator ORDER BY indicator";
    FLOWS_BEFORE = "SELECT area_id, indicator, CAST(SUM(amount) AS BIGINT) FROM flow WHERE seq < ?1
        GROUP BY area_id, indicator ORDER BY area_id, indicator";
    OPEN_EPISODES = sql!(
        "SELECT e.area_id, e.kind, e.severity, COUNT(*) FROM episode AS e WHERE e.state = 'open' AND ",
        IN_SCOPE,
        " GROUP BY e.area_id, e.kind, e.severity ORDER BY e.area_id, e.kind, e.severity"
    );
    // The homes with an open episode are grouped first, so that each home and each group is looked up once.
    OPEN_HOMES = sql!(
        "WITH lacking AS MATERIALIZED (SELECT g.id AS id, CASE WHEN ",
        GROUP_GAP,
        " THEN 1 ELSE 0 END AS gap FROM care_group AS g)
        SELECT home.area_id, COUNT(*), COUNT(DISTINCT h.care_group_id), CAST(SUM(home.overdue) AS BIGINT),
          CAST(SUM(CASE WHEN ",
        UNPLACED, " OR lacking.gap = 1 OR ", UNREACHABLE, " OR ", NO_SECOND_VISITOR,
        " THEN home.episodes ELSE home.gaps END) AS BIGINT)
        FROM (SELECT e.area_id AS area_id, e.household_id AS household_id, COUNT(*) AS episodes,
            SUM(CASE WHEN ", FIRST_CONTACT_OVERDUE, " THEN 1 ELSE 0 END) AS overdue,
            SUM(CASE WHEN ", EPISODE_GAP, " THEN 1 ELSE 0 END) AS gaps
          FROM episode AS e WHERE e.state = 'open' AND ", IN_SCOPE, " GROUP BY e.area_id, e.household_id) AS home
        JOIN household AS h ON h.id = home.household_id LEFT JOIN lacking ON lacking.id = h.care_group_id
        GROUP BY home.area_id ORDER BY home.area_id"
    );
    WITHOUT_ZALO_BY_AREA = sql!(
        "SELECT e.area_id, COUNT(DISTINCT e.person_id) FROM episode AS e WHERE e.state = 'open' AND ",
        IN_SCOPE, " AND ", WITHOUT_ZALO,
        " GROUP BY e.area_id ORDER BY e.area_id"
    );
    EVER = sql!(
        "SELECT CAST(SUM(e.amount) AS BIGINT) FROM flow AS e WHERE e.indicator = ?2 AND e.seq < ?3 AND ",
        IN_SCOPE
    );
}
