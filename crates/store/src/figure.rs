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
use rules::report::{Figures, Flow, Indicator, Nature};
use rules::{AreaId, At, EpisodeId, EpisodeKind, Severity};
use std::collections::{HashMap, HashSet};

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
pub const NOBODY_ON_DUTY: &str =
    "(NOT EXISTS (SELECT 1 FROM staff WHERE staff.id = g.leader_id AND staff.on_duty = 1)
    AND NOT EXISTS (SELECT 1 FROM care_group_carer JOIN staff ON staff.id = care_group_carer.staff_id
      WHERE care_group_carer.care_group_id = g.id AND care_group_carer.until IS NULL AND staff.on_duty = 1))";
/// What the group itself lacks.
pub const GROUP_GAP: &str = sql!("(", NO_LEADER, " OR ", NOBODY_ON_DUTY, ")");
/// No number of anybody in the home, and nobody who visits.
pub const UNREACHABLE: &str = "(h.phones = '' AND h.visitor IS NULL)";
/// A home that lives by visits needs two visitors (P-5).
pub const NO_SECOND_VISITOR: &str = "(h.phones = '' AND h.visitor IS NOT NULL AND h.second_visitor IS NULL)";
pub const FIRST_CONTACT_OVERDUE: &str = "(e.first_contact <> 'advised' AND e.first_contact_due_at <= ?2)";
/// An alarm about the person that nobody took in time.
pub const ALARM_UNACKNOWLEDGED: &str =
    "e.id IN (SELECT alert.episode_id FROM alert WHERE alert.state = 'open' AND alert.acknowledge_by <= ?2)";
/// The home wrote in its thread and was not answered in time.
pub const UNANSWERED: &str = "e.household_id IN (SELECT conversation.household_id FROM conversation WHERE conversation.answer_by <= ?2)";
/// The time has come by which the person was to be heard of; or nobody said when, though a protocol does.
pub const SILENT: &str = "e.next_contact_at <= ?2";
pub const NEXT_CONTACT_MISSING: &str = "(e.next_contact_at IS NULL
    AND EXISTS (SELECT 1 FROM protocol_adoption WHERE protocol_adoption.slots IS NOT NULL))";
pub const NO_CLUSTER: &str = "e.cluster_id IS NULL";
pub const NO_HOURS_SET: &str = "?3 = 1";
/// What a whole home lacks.
pub const HOME_GAP: &str =
    sql!("(", UNPLACED, " OR ", GROUP_GAP, " OR ", UNREACHABLE, " OR ", NO_SECOND_VISITOR, ")");
/// What one episode lacks.
pub const EPISODE_GAP: &str = sql!(
    "(",
    ALARM_UNACKNOWLEDGED,
    " OR ",
    UNANSWERED,
    " OR ",
    FIRST_CONTACT_OVERDUE,
    " OR ",
    SILENT,
    " OR ",
    NEXT_CONTACT_MISSING,
    " OR ",
    NO_CLUSTER,
    " OR ",
    NO_HOURS_SET,
    ")"
);
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
const EFFECT: &str = "CASE WHEN e.indicator IN ('f0_recovered', 'f0_out', 'f0_died',
    'f1_became_f0', 'f1_completed', 'f1_out') THEN -e.amount ELSE e.amount END";

stmt! {
    // Materialized, so that only the day is read and not every day there was, in the order of its areas.
    FLOWS_SINCE = "WITH since AS MATERIALIZED (SELECT area_id, indicator, amount FROM flow WHERE seq >= ?1)
        SELECT area_id, indicator, CAST(SUM(amount) AS BIGINT) FROM since
        GROUP BY area_id, indicator ORDER BY area_id, indicator";
    FLOWS_OF_AREA_SINCE = "SELECT area_id, indicator, CAST(SUM(amount) AS BIGINT) FROM flow
        WHERE area_id = ?2 AND seq >= ?1 GROUP BY area_id, indicator ORDER BY indicator";
    FLOWS_BEFORE = "SELECT area_id, indicator, CAST(SUM(amount) AS BIGINT) FROM flow WHERE seq < ?1
        GROUP BY area_id, indicator ORDER BY area_id, indicator";
    // One pass in the order of the index, a column per level in the order of `Severity::ALL`: nothing is sorted.
    OPEN_EPISODES = sql!(
        "SELECT e.area_id, SUM(CASE WHEN e.kind = 'contact' THEN 1 ELSE 0 END),
          SUM(CASE WHEN e.kind = 'case' AND e.severity = 'asymptomatic' THEN 1 ELSE 0 END),
          SUM(CASE WHEN e.kind = 'case' AND e.severity = 'mild' THEN 1 ELSE 0 END),
          SUM(CASE WHEN e.kind = 'case' AND e.severity = 'moderate' THEN 1 ELSE 0 END),
          SUM(CASE WHEN e.kind = 'case' AND e.severity = 'severe' THEN 1 ELSE 0 END),
          SUM(CASE WHEN e.kind = 'case' AND e.severity = 'critical' THEN 1 ELSE 0 END),
          SUM(CASE WHEN e.kind = 'case' AND e.severity = 'unassessed' THEN 1 ELSE 0 END)
        FROM episode AS e WHERE e.state = 'open' AND ",
        IN_SCOPE,
        " GROUP BY e.area_id ORDER BY e.area_id"
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
    BEHIND_FLOW = sql!(
        "SELECT e.episode_id FROM flow AS e WHERE e.indicator = ?2 AND e.seq >= ?3 AND e.seq < ?4 AND ",
        IN_SCOPE, " AND e.episode_id > ?5 GROUP BY e.episode_id HAVING SUM(e.amount) <> 0 ORDER BY e.episode_id LIMIT ?6"
    );
    BEHIND_HELD = sql!(
        "SELECT e.episode_id FROM flow AS e WHERE e.kind = ?2 AND e.seq < ?3 AND ",
        IN_SCOPE, " AND e.episode_id > ?4 GROUP BY e.episode_id HAVING SUM(", EFFECT, ") > 0 ORDER BY e.episode_id LIMIT ?5"
    );
    // The last level set before the lock; one that was never changed is the episode's own.
    BEHIND_LEVEL = sql!(
        "SELECT held.episode_id FROM (SELECT e.episode_id AS episode_id FROM flow AS e
            WHERE e.kind = ?2 AND e.seq < ?3 AND ",
        IN_SCOPE, " AND e.episode_id > ?4 GROUP BY e.episode_id HAVING SUM(", EFFECT, ") > 0) AS held
        WHERE ?6 = COALESCE(
            (SELECT severity_change.level FROM severity_change WHERE severity_change.episode_id = held.episode_id
              AND severity_change.seq < ?3 ORDER BY severity_change.id DESC LIMIT 1),
            (SELECT 'unassessed' FROM severity_change WHERE severity_change.episode_id = held.episode_id LIMIT 1),
            (SELECT episode.severity FROM episode WHERE episode.id = held.episode_id))
        ORDER BY held.episode_id LIMIT ?5"
    );
    BEHIND_OPEN = sql!(
        "SELECT e.id FROM episode AS e WHERE e.state = 'open' AND ", IN_SCOPE,
        " AND (?2 = '' OR e.kind = ?2) AND (?3 = '' OR e.severity = ?3) AND e.id > ?4 ORDER BY e.id LIMIT ?5"
    );
    BEHIND_GROUPS = sql!(
        "SELECT e.id FROM episode AS e JOIN household AS h ON h.id = e.household_id WHERE e.state = 'open' AND ", IN_SCOPE,
        " AND h.care_group_id IS NOT NULL AND e.id > ?2 ORDER BY e.id LIMIT ?3"
    );
    BEHIND_NOT_CONTACTED = sql!(
        "SELECT e.id FROM episode AS e WHERE e.state = 'open' AND ", IN_SCOPE, " AND ", FIRST_CONTACT_OVERDUE,
        " AND e.id > ?3 ORDER BY e.id LIMIT ?4"
    );
    BEHIND_WITHOUT_ZALO = sql!(
        "SELECT e.id FROM episode AS e WHERE e.state = 'open' AND ", IN_SCOPE, " AND ", WITHOUT_ZALO,
        " AND e.id > ?2 ORDER BY e.id LIMIT ?3"
    );
    BEHIND_UNMANAGED = sql!(
        "SELECT e.id FROM episode AS e JOIN household AS h ON h.id = e.household_id
          LEFT JOIN care_group AS g ON g.id = h.care_group_id WHERE e.state = 'open' AND ", IN_SCOPE, " AND ", UNMANAGED,
        " AND e.id > ?4 ORDER BY e.id LIMIT ?5"
    );
    EVER = sql!(
        "SELECT CAST(SUM(e.amount) AS BIGINT) FROM flow AS e WHERE e.indicator = ?2 AND e.seq < ?3 AND ",
        IN_SCOPE
    );
}

/// What a live figure is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// The unit; everything below it is answered too.
    pub path: &'a str,
    pub now: At,
    /// The locality has set no hours to first contact: then everybody lacks a clock.
    pub hours_unset: bool,
}

/// The figures of every unit at and below a path, as they stand.
#[derive(Clone, Debug, Default)]
pub struct Live {
    pub figures: HashMap<AreaId, Figures>,
    /// Open cases and contacts, counted one by one.
    pub open: HashMap<AreaId, (i64, i64)>,
}

/// A unit whose books do not agree with its open episodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wrong {
    pub area: AreaId,
    pub kind: EpisodeKind,
    pub booked: i64,
    pub counted: i64,
}

impl Live {
    pub fn of(&self, area: AreaId) -> Figures {
        self.figures.get(&area).copied().unwrap_or_default()
    }

    /// Every unit where the sum of the flows is not the number of open episodes (P-23); empty when all is well.
    pub fn wrong(&self) -> Vec<Wrong> {
        let mut wrong = Vec::new();
        for (area, figures) in &self.figures {
            let (cases, contacts) = self.open.get(area).copied().unwrap_or_default();
            for (kind, end, counted) in
                [(EpisodeKind::Case, "f0_end", cases), (EpisodeKind::Contact, "f1_end", contacts)]
            {
                let booked = figures.get(end).unwrap_or(0);
                if booked != counted {
                    wrong.push(Wrong { area: *area, kind, booked, counted });
                }
            }
        }
        wrong.sort_by_key(|w| (w.area, w.kind));
        wrong
    }
}

/// The figures of a day whose window is open or has not begun. The window of a locked day is frozen: ask the reports.
pub fn live(reader: &mut Reader, day: &ReportDay, ask: &Ask) -> Result<Live, StoreError> {
    let units = report::units(reader, ask.path)?;
    let mut own = books(reader, &units, day)?;
    let mut open: HashMap<AreaId, (i64, i64)> = HashMap::new();
    for mut row in reader.query(&OPEN_EPISODES, &[ask.path.into()])? {
        let (area, contacts): (AreaId, i64) = (row.get()?, row.i64()?);
        let mut cases = 0;
        for level in Severity::ALL {
            let count = row.i64()?;
            cases += count;
            put(&mut own, area, level.indicator(), count)?;
        }
        open.insert(area, (cases, contacts));
    }
    let watch: [Val; 3] = [ask.path.into(), ask.now.into(), i64::from(ask.hours_unset).into()];
    for mut row in reader.query(&OPEN_HOMES, &watch)? {
        let area = row.get()?;
        for indicator in ["households", "groups", "not_contacted", "unmanaged"] {
            put(&mut own, area, indicator, row.i64()?)?;
        }
    }
    for mut row in reader.query(&WITHOUT_ZALO_BY_AREA, &[ask.path.into()])? {
        put(&mut own, row.get()?, "without_zalo", row.i64()?)?;
    }
    Ok(Live { figures: rolled_up(&units, &own), open: opened_up(&units, &open) })
}

fn put(
    own: &mut HashMap<AreaId, Figures>,
    area: AreaId,
    indicator: &str,
    count: i64,
) -> Result<(), StoreError> {
    match own.get_mut(&area) {
        Some(figures) => figures.add(indicator, count).map_err(|e| StoreError::Shape(e.to_string())),
        None => Ok(()),
    }
}

/// What each unit has itself, without what lies below it: its start of the day, the flows of the window, the end.
fn books(
    reader: &mut Reader,
    units: &[Unit],
    day: &ReportDay,
) -> Result<HashMap<AreaId, Figures>, StoreError> {
    let mut own = starts(reader, units, day)?;
    if day.has_begun() {
        let changed = match units {
            [only] => reader.query(&FLOWS_OF_AREA_SINCE, &[day.first_seq.into(), only.id.into()])?,
            _ => reader.query(&FLOWS_SINCE, &[day.first_seq.into()])?,
        };
        book_all(&mut own, changed)?;
    }
    Ok(own)
}

/// What each unit begins the day with: the end that the day before froze; before the first lock, what was booked
/// until the window opened; and for a day that has not begun, the end of the open one as it stands.
fn starts(
    reader: &mut Reader,
    units: &[Unit],
    day: &ReportDay,
) -> Result<HashMap<AreaId, Figures>, StoreError> {
    let opened = |ends: HashMap<AreaId, Figures>| {
        ends.into_iter().map(|(area, ended)| (area, Figures::opening(&ended))).collect()
    };
    let before = report::day_before(reader, day.area_id, day.on_day)?;
    let mut ends: HashMap<AreaId, Figures> = units.iter().map(|u| (u.id, Figures::default())).collect();
    let frozen = match &before {
        Some(before) if before.lock_seq.is_some() => report::frozen(reader, before.id)?,
        Some(before) if !day.has_begun() => return Ok(opened(books(reader, units, before)?)),
        Some(_) | None => HashMap::new(),
    };
    // A parent's frozen figures hold its children's: it begins with what it has itself, which is nothing.
    let parents: HashSet<AreaId> = units.iter().filter_map(|u| u.parent_id).collect();
    let mut unknown = HashMap::new();
    for unit in units.iter().filter(|unit| !parents.contains(&unit.id)) {
        match frozen.get(&unit.id) {
            Some(ended) => {
                ends.insert(unit.id, *ended);
            }
            None => {
                unknown.insert(unit.id, Figures::default());
            }
        }
    }
    if !unknown.is_empty() {
        let booked = reader.query(&FLOWS_BEFORE, &[day.first_seq.into()])?;
        book_all(&mut unknown, booked)?;
        ends.extend(unknown);
    }
    Ok(opened(ends))
}

/// Books rows of `area_id, indicator, sum` where the area is one of `own`.
fn book_all(own: &mut HashMap<AreaId, Figures>, rows: Vec<Row>) -> Result<(), StoreError> {
    for mut row in rows {
        let area: AreaId = row.get()?;
        let (indicator, amount) = (row.text()?, row.i64()?);
        let known = Indicator::parse(&indicator).filter(|i| i.nature == Nature::Flow);
        let Some((id, kind)) = known.and_then(|i| i.kind.map(|kind| (i.id, kind))) else {
            return Err(StoreError::Shape(format!("a flow of the unknown indicator {indicator:?}")));
        };
        if let Some(figures) = own.get_mut(&area) {
            let flow = Flow { kind, indicator: id, amount };
            figures.book(&flow).map_err(|e| StoreError::Shape(e.to_string()))?;
        }
    }
    Ok(())
}

/// Adds every unit's own figures to itself and to each unit above it that was asked for.
fn rolled_up(units: &[Unit], own: &HashMap<AreaId, Figures>) -> HashMap<AreaId, Figures> {
    let mut sums: HashMap<AreaId, Figures> = units.iter().map(|u| (u.id, Figures::default())).collect();
    for unit in units {
        let Some(mine) = own.get(&unit.id) else { continue };
        for above in crate::area::chain_of(&unit.path) {
            if let Some(sum) = sums.get_mut(&above) {
                *sum = Figures::sum([&*sum, mine]);
            }
        }
    }
    sums
}

fn opened_up(units: &[Unit], open: &HashMap<AreaId, (i64, i64)>) -> HashMap<AreaId, (i64, i64)> {
    let mut sums: HashMap<AreaId, (i64, i64)> = units.iter().map(|u| (u.id, (0, 0))).collect();
    for unit in units {
        let Some((cases, contacts)) = open.get(&unit.id) else { continue };
        for above in crate::area::chain_of(&unit.path) {
            if let Some(sum) = sums.get_mut(&above) {
                sum.0 += cases;
                sum.1 += contacts;
            }
        }
    }
    sums
}

/// Everything ever booked of a flow in a unit and below it, until an entry (P-23: cumulative figures are kept).
pub fn ever(reader: &mut Reader, path: &str, indicator: &str, until: i64) -> Result<i64, StoreError> {
    reader.number(&EVER, &[path.into(), indicator.into(), until.into()])
}

/// Which moment a figure's people are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// As it stands; the window began with this entry.
    Live { first_seq: i64 },
    /// A locked day.
    Locked { first_seq: i64, lock_seq: i64 },
}

/// The episodes behind a figure of a unit and everything below it, after `after`, in order of registration. `None`
/// for the figures of the watch on a locked day: who lacked what is known as it stands, and as a number.
pub fn behind(
    reader: &mut Reader,
    indicator: &Indicator,
    moment: Moment,
    ask: &Ask,
    after: EpisodeId,
    limit: i64,
) -> Result<Option<Vec<EpisodeId>>, StoreError> {
    let (path, after, limit) = (Val::from(ask.path), Val::from(after), Val::from(limit));
    let word = |kind: Option<EpisodeKind>| Val::from(kind.map_or("", EpisodeKind::word));
    let (first_seq, end) = match moment {
        Moment::Live { first_seq } => (first_seq, report::NOT_BEGUN),
        Moment::Locked { first_seq, lock_seq } => (first_seq, lock_seq),
    };
    let level = Severity::ALL.iter().find(|level| level.indicator() == indicator.id);
    let rows = match (indicator.nature, indicator.id, moment) {
        (Nature::Flow, id, Moment::Live { .. } | Moment::Locked { .. }) => {
            reader.query(&BEHIND_FLOW, &[path, id.into(), first_seq.into(), end.into(), after, limit])?
        }
        (Nature::Stock, "f0_start" | "f1_start", Moment::Live { .. } | Moment::Locked { .. }) => {
            reader.query(&BEHIND_HELD, &[path, word(indicator.kind), first_seq.into(), after, limit])?
        }
        (Nature::Stock, "not_contacted", Moment::Live { .. }) => {
            reader.query(&BEHIND_NOT_CONTACTED, &[path, ask.now.into(), after, limit])?
        }
        (Nature::Stock, "without_zalo", Moment::Live { .. }) => {
            reader.query(&BEHIND_WITHOUT_ZALO, &[path, after, limit])?
        }
        (Nature::Stock, "unmanaged", Moment::Live { .. }) => {
            let hours_unset = i64::from(ask.hours_unset);
            reader.query(&BEHIND_UNMANAGED, &[path, ask.now.into(), hours_unset.into(), after, limit])?
        }
        (Nature::Stock, "groups", Moment::Live { .. }) => {
            reader.query(&BEHIND_GROUPS, &[path, after, limit])?
        }
        // `f0_end`, the severities, `f1_end`, `households`.
        (Nature::Stock, _, Moment::Live { .. }) => {
            let level = level.map_or("", |level| level.word());
            reader.query(&BEHIND_OPEN, &[path, word(indicator.kind), level.into(), after, limit])?
        }
        (Nature::Stock, _, Moment::Locked { .. }) => match (indicator.kind, level) {
            (None, _) => return Ok(None),
            (kind, None) => reader.query(&BEHIND_HELD, &[path, word(kind), end.into(), after, limit])?,
            (kind, Some(level)) => {
                let level = level.word().into();
                reader.query(&BEHIND_LEVEL, &[path, word(kind), end.into(), after, limit, level])?
            }
        },
    };
    rows.into_iter().map(|mut row| row.get()).collect::<Result<Vec<_>, _>>().map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rules::report::INDICATORS;

    #[test]
    fn the_effect_of_a_flow_is_that_of_its_indicator() {
        for indicator in INDICATORS.iter().filter(|i| i.nature == Nature::Flow) {
            let takes_away = EFFECT.contains(&format!("'{}'", indicator.id));
            assert_eq!(takes_away, indicator.effect == -1, "{}", indicator.id);
        }
    }

    #[test]
    fn open_episodes_have_a_column_for_every_level_in_its_order() {
        let places: Vec<Option<usize>> = Severity::ALL
            .iter()
            .map(|level| OPEN_EPISODES.lite().find(&format!("'case' AND e.severity = '{}'", level.word())))
            .collect();
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?}");
    }

    #[test]
    fn constant_texts_are_put_together_whole() {
        assert_eq!(sql!("hộ ", UNPLACED, " ."), format!("hộ {UNPLACED} ."));
        assert!(UNMANAGED.contains(NOBODY_ON_DUTY) && UNMANAGED.contains(NO_HOURS_SET));
    }
}
