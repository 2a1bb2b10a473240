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
    /// By when one is to be heard of; `None` if nobody said when.
    pub next_contact_at: Option<At>,
    /// Whether some protocol says when people are to be heard of.
    pub has_slots: bool,
    /// An alarm about the person that nobody has taken.
    pub alarm: Option<AlarmFacts>,
    /// By when the home had to be answered that wrote in its thread; `None` if nothing waits, or nobody said how long it may.
    pub answer_by: Option<At>,
}

/// What is known of an alarm that nobody has taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlarmFacts {
    /// When somebody had to have taken it.
    pub acknowledge_by: At,
    /// Whose it is by now; its own clock passes it upwards ([`crate::alert::escalated`]).
    pub told: GapLevel,
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
            let level = match (kind, episode.alarm) {
                (GapKind::AlarmUnacknowledged, Some(alarm)) => alarm.told,
                _ => level_of(*kind, since, now, hours),
            };
            Some(Gap { kind: *kind, since, level })
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
    let not_before =
        |since: Option<At>| since.map_or(episode.registered_at, |since| since.max(episode.registered_at));
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
        GapKind::AlarmUnacknowledged => {
            episode.alarm.map(|alarm| alarm.acknowledge_by).filter(|by| *by <= now)
        }
        GapKind::Unanswered => episode.answer_by.filter(|by| *by <= now),
        GapKind::FirstContactOverdue => episode
            .first_contact_due_at
            .filter(|_| first_contact::is_overdue(episode.first_contact, episode.first_contact_due_at, now)),
        GapKind::Silent => episode.next_contact_at.filter(|by| *by <= now && visitors == 0),
        GapKind::VisitorSilent => episode.next_contact_at.filter(|by| *by <= now && visitors > 0),
        GapKind::NextContactMissing => {
            (episode.has_slots && episode.next_contact_at.is_none()).then_some(episode.registered_at)
        }
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
        | GapKind::AlarmUnacknowledged
        | GapKind::Unanswered
        | GapKind::Silent
        | GapKind::VisitorSilent
        | GapKind::NextContactMissing
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

#[cfg(test)]
#[allow(clippy::type_complexity, reason = "tables of cases")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const START: At = At(1_000 * HOUR);
    const HOURS: Option<u16> = Some(6);

    fn after(hours: i64) -> At {
        START.plus(hours * HOUR)
    }

    fn episode() -> EpisodeFacts {
        EpisodeFacts {
            state: EpisodeState::Open,
            registered_at: START,
            has_phone: true,
            first_contact: FirstContact::Waiting,
            first_contact_due_at: Some(after(6)),
            next_contact_at: Some(after(200)),
            has_slots: true,
            alarm: None,
            answer_by: None,
        }
    }

    fn household() -> HouseholdFacts {
        HouseholdFacts {
            cluster: Some(AreaId(1)),
            group: Some(GroupId(1)),
            ungrouped_since: None,
            has_phone: true,
            phoneless_since: None,
            arrangement: Arrangement::None,
            visitors: 0,
            arranged_at: None,
        }
    }

    fn group() -> GroupFacts {
        GroupFacts {
            leader: Some(StaffId(1)),
            leaderless_since: None,
            attended: true,
            unattended_since: None,
        }
    }

    fn found(
        episode: EpisodeFacts,
        household: HouseholdFacts,
        group: Option<GroupFacts>,
        hours: Option<u16>,
        now: At,
    ) -> Vec<(GapKind, At, GapLevel)> {
        gaps(&episode, &household, group.as_ref(), hours, now)
            .into_iter()
            .map(|gap| (gap.kind, gap.since, gap.level))
            .collect()
    }

    #[test]
    fn each_thing_that_is_missing_is_named() {
        use GapKind::*;
        use GapLevel::{Commune, District, Leader};
        let silent = EpisodeFacts { has_phone: false, ..episode() };
        let phoneless = HouseholdFacts { has_phone: false, ..household() };
        let visited = |visitors| HouseholdFacts {
            arrangement: Arrangement::Visitor,
            visitors,
            arranged_at: Some(after(1)),
            ..phoneless
        };
        let table: Vec<(
            &str,
            EpisodeFacts,
            HouseholdFacts,
            Option<GroupFacts>,
            Option<u16>,
            At,
            Vec<(GapKind, At, GapLevel)>,
        )> = vec![
            ("all is well", episode(), household(), Some(group()), HOURS, after(5), vec![]),
            (
                "no group",
                episode(),
                HouseholdFacts { group: None, ..household() },
                None,
                HOURS,
                after(1),
                vec![(Unplaced, START, Leader)],
            ),
            (
                "out of its group since",
                episode(),
                HouseholdFacts { group: None, ungrouped_since: Some(after(2)), ..household() },
                None,
                HOURS,
                after(3),
                vec![(Unplaced, after(2), Leader)],
            ),
            (
                "a group nobody knows",
                episode(),
                household(),
                None,
                HOURS,
                after(4),
                vec![(Unplaced, START, Commune)],
            ),
            (
                "no leader, and that before the registration",
                episode(),
                household(),
                Some(GroupFacts { leader: None, leaderless_since: Some(after(-50)), ..group() }),
                HOURS,
                after(1),
                vec![(NoLeader, START, Leader)],
            ),
            (
                "everybody went home",
                episode(),
                household(),
                Some(GroupFacts { attended: false, unattended_since: Some(after(2)), ..group() }),
                HOURS,
                after(5),
                vec![(NobodyOnDuty, after(2), Commune)],
            ),
            ("the person has a phone", episode(), phoneless, Some(group()), HOURS, after(1), vec![]),
            ("the home has a phone", silent, household(), Some(group()), HOURS, after(1), vec![]),
            (
                "no phone, no visitor",
                silent,
                phoneless,
                Some(group()),
                HOURS,
                after(1),
                vec![(Unreachable, START, Leader)],
            ),
            (
                "the last number was wrong",
                silent,
                HouseholdFacts { phoneless_since: Some(after(3)), ..phoneless },
                Some(group()),
                HOURS,
                after(4),
                vec![(Unreachable, after(3), Leader)],
            ),
            (
                "a visitor without a name",
                silent,
                visited(0),
                Some(group()),
                HOURS,
                after(2),
                vec![(Unreachable, after(1), Leader)],
            ),
            (
                "one visitor",
                silent,
                visited(1),
                Some(group()),
                HOURS,
                after(2),
                vec![(NoSecondVisitor, after(1), Leader)],
            ),
            ("two visitors", silent, visited(2), Some(group()), HOURS, after(2), vec![]),
            ("a phone and one visitor", episode(), visited(1), Some(group()), HOURS, after(2), vec![]),
            (
                "visitors of an arrangement that ended",
                silent,
                HouseholdFacts { arrangement: Arrangement::InGroup, ..visited(2) },
                Some(group()),
                HOURS,
                after(2),
                vec![(Unreachable, after(1), Leader)],
            ),
            (
                "due this moment",
                episode(),
                household(),
                Some(group()),
                HOURS,
                after(6),
                vec![(FirstContactOverdue, after(6), Commune)],
            ),
            (
                "and half of N later",
                episode(),
                household(),
                Some(group()),
                HOURS,
                after(9),
                vec![(FirstContactOverdue, after(6), District)],
            ),
            (
                "reached is not advised",
                EpisodeFacts { first_contact: FirstContact::Reached, ..episode() },
                household(),
                Some(group()),
                HOURS,
                after(6),
                vec![(FirstContactOverdue, after(6), Commune)],
            ),
            (
                "advised",
                EpisodeFacts { first_contact: FirstContact::Advised, ..episode() },
                household(),
                Some(group()),
                HOURS,
                after(60),
                vec![],
            ),
            (
                "no cluster",
                episode(),
                HouseholdFacts { cluster: None, ..household() },
                Some(group()),
                HOURS,
                after(1),
                vec![(NoCluster, START, Leader)],
            ),
            (
                "no hours set",
                EpisodeFacts { first_contact_due_at: None, ..episode() },
                household(),
                Some(group()),
                None,
                after(60),
                vec![(NoHoursSet, START, District)],
            ),
            (
                "closed",
                EpisodeFacts { state: EpisodeState::Closed, ..silent },
                HouseholdFacts { group: None, ..phoneless },
                None,
                None,
                after(60),
                vec![],
            ),
        ];
        for (why, episode, household, group, hours, now, expected) in table {
            assert_eq!(found(episode, household, group, hours, now), expected, "{why}");
        }
    }

    #[test]
    fn silence_is_named_and_whose_it_is() {
        use GapKind::{NextContactMissing, Silent, VisitorSilent};
        let due = EpisodeFacts { next_contact_at: Some(after(5)), ..episode() };
        let due = EpisodeFacts { first_contact: FirstContact::Advised, ..due };
        let visited =
            HouseholdFacts { has_phone: true, arrangement: Arrangement::Visitor, visitors: 2, ..household() };
        let silent = |episode, home, hours: i64| found(episode, home, Some(group()), HOURS, after(hours));
        assert_eq!(found(due, household(), Some(group()), HOURS, At(after(5).0 - 1)), []);
        assert_eq!(silent(due, household(), 5), [(Silent, after(5), GapLevel::Leader)]);
        assert_eq!(silent(due, household(), 8), [(Silent, after(5), GapLevel::Commune)]);
        assert_eq!(silent(due, visited, 11), [(VisitorSilent, after(5), GapLevel::District)]);
        let never = EpisodeFacts { next_contact_at: None, ..due };
        assert_eq!(silent(never, household(), 1), [(NextContactMissing, START, GapLevel::Leader)]);
        assert_eq!(silent(EpisodeFacts { has_slots: false, ..never }, household(), 1), []);
    }

    #[test]
    fn a_gap_grows_older_and_goes_up() {
        use GapLevel::{Commune, District, Leader};
        let table = [
            (0, HOURS, Leader),
            (2, HOURS, Leader),
            (3, HOURS, Commune),
            (5, HOURS, Commune),
            (6, HOURS, District),
            (11, Some(24), Leader),
            (12, Some(24), Commune),
            (24, Some(24), District),
            (3, None, Commune),
        ];
        for (age, hours, expected) in table {
            assert_eq!(level(START, after(age), hours), expected, "{age} {hours:?}");
        }
    }

    fn hour() -> impl Strategy<Value = At> {
        (-50i64..50).prop_map(after)
    }

    fn some_hour() -> impl Strategy<Value = Option<At>> {
        proptest::option::of(hour())
    }

    fn any_facts() -> impl Strategy<Value = (EpisodeFacts, HouseholdFacts, Option<GroupFacts>, Option<u16>)> {
        let contact = (proptest::sample::select(FirstContact::ALL), some_hour(), some_hour());
        let episode = (any::<bool>(), any::<bool>(), contact).prop_map(
            |(has_phone, has_slots, (first_contact, first_contact_due_at, next_contact_at))| EpisodeFacts {
                has_phone,
                has_slots,
                first_contact,
                first_contact_due_at,
                next_contact_at,
                ..episode()
            },
        );
        let arrangement = (proptest::sample::select(Arrangement::ALL), 0u8..3, some_hour());
        let household = (any::<bool>(), any::<bool>(), any::<bool>(), some_hour(), some_hour(), arrangement)
            .prop_map(
                |(
                    cluster,
                    grouped,
                    has_phone,
                    ungrouped_since,
                    phoneless_since,
                    (arrangement, visitors, arranged_at),
                )| {
                    HouseholdFacts {
                        cluster: cluster.then_some(AreaId(1)),
                        group: grouped.then_some(GroupId(1)),
                        ungrouped_since,
                        has_phone,
                        phoneless_since,
                        arrangement,
                        visitors,
                        arranged_at,
                    }
                },
            );
        let group = (any::<bool>(), any::<bool>(), some_hour(), some_hour()).prop_map(
            |(led, attended, leaderless_since, unattended_since)| GroupFacts {
                leader: led.then_some(StaffId(1)),
                leaderless_since,
                attended,
                unattended_since,
            },
        );
        let hours = proptest::option::of(1u16..48);
        (episode, household, proptest::option::of(group), hours)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

        #[test]
        fn nobody_is_managed_without_group_leader_carer_and_a_way_to_be_reached(
            (episode, household, group, hours) in any_facts(),
            now in hour(),
        ) {
            let found = gaps(&episode, &household, group.as_ref(), hours, now);
            let is_covered = household.group.and(group).is_some_and(|g| g.leader.is_some() && g.attended);
            let is_reached = episode.has_phone
                || household.has_phone
                || (household.arrangement == Arrangement::Visitor && household.visitors > 0);
            let is_in_time = episode.first_contact == FirstContact::Advised
                || episode.first_contact_due_at.is_none_or(|due| now < due);
            let is_heard_of = episode.next_contact_at.is_none_or(|by| now < by);
            let is_expected = !episode.has_slots || episode.next_contact_at.is_some();
            if found.is_empty() {
                prop_assert!(is_covered && is_reached && is_in_time && hours.is_some());
                prop_assert!(is_heard_of && is_expected);
            }
            let uncovered = [GapKind::Unplaced, GapKind::NoLeader, GapKind::NobodyOnDuty];
            prop_assert_eq!(is_covered, found.iter().all(|gap| !uncovered.contains(&gap.kind)));
            prop_assert_eq!(is_reached, found.iter().all(|gap| gap.kind != GapKind::Unreachable));
            let kinds: Vec<GapKind> = found.iter().map(|gap| gap.kind).collect();
            let listed: Vec<GapKind> = GapKind::ALL.iter().copied().filter(|k| kinds.contains(k)).collect();
            prop_assert_eq!(kinds, listed, "each once, in order");
        }

        #[test]
        fn a_gap_stays_until_it_is_closed_and_only_goes_up(
            (episode, household, group, hours) in any_facts(),
            now in hour(),
            later in 0i64..100,
        ) {
            let rank = |level| match level {
                GapLevel::Leader => 0,
                GapLevel::Commune => 1,
                GapLevel::District => 2,
            };
            let then = now.plus(later * HOUR);
            let after = gaps(&episode, &household, group.as_ref(), hours, then);
            for gap in gaps(&episode, &household, group.as_ref(), hours, now) {
                let same = after.iter().find(|other| other.kind == gap.kind);
                prop_assert!(same.is_some_and(|other| other.since == gap.since && rank(other.level) >= rank(gap.level)));
            }
        }
    }
}
