//! The times of day at which somebody under care is to be heard of (khai báo sức khoẻ theo buổi), and by when the silence is
//! a gap: silence is never health (invariants 1 and 7, X-3, P-5). The times are the protocol's; an answer, a call that
//! reached the person or a test that staff watched counts, whoever gave it.

use serde::{Deserialize, Serialize};

use crate::time::{MINUTE, Zone};
use crate::{At, Day, EpisodeKind};

/// Days ahead in which the next slot is looked for: tomorrow always has one.
const DAYS_AHEAD: i64 = 2;

/// A part of the day in which one is heard of, in minutes after local midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    pub from: i64,
    /// Where it ends, after `from`.
    pub to: i64,
}

/// The slots of one kind of episode.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Times {
    /// In order, none beginning before the one before it ends.
    pub slots: Vec<Slot>,
    /// Minutes after a slot's end from which silence is a gap.
    pub late_after: i64,
}

/// When everybody under a protocol is to be heard of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slots {
    pub case: Times,
    pub contact: Times,
    /// Minutes without a word of a visitor from which their silence is a gap (P-5), but not within a slot.
    pub visitor_silent_after: i64,
}

/// One slot of one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    pub from: At,
    pub to: At,
    /// When silence about it is a gap.
    pub late_at: At,
}

impl Slots {
    pub fn of(&self, kind: EpisodeKind) -> &Times {
        match kind {
            EpisodeKind::Case => &self.case,
            EpisodeKind::Contact => &self.contact,
        }
    }

    /// By when one is to be heard of next who was last heard of at `last` (or is under care since then): the end of the
    /// first slot that begins after it, and the time that may pass beyond. `is_visited` = they live by visits.
    pub fn next_contact_at(&self, kind: EpisodeKind, is_visited: bool, last: At, zone: &Zone) -> Option<At> {
        let today = last.day(zone);
        let next = (0..=DAYS_AHEAD)
            .flat_map(|days| self.of_day(kind, today.plus(days), zone))
            .find(|due| due.from > last)?;
        if !is_visited {
            return Some(next.late_at);
        }
        let silent_at = last.plus(self.visitor_silent_after * MINUTE);
        Some(next.late_at.min(next.to.max(silent_at)))
    }

    /// The slots of a local day.
    pub fn of_day(&self, kind: EpisodeKind, day: Day, zone: &Zone) -> Vec<Due> {
        let times = self.of(kind);
        let due = |slot: &Slot| {
            let to = day.at_minute(slot.to, zone);
            Due { from: day.at_minute(slot.from, zone), to, late_at: to.plus(times.late_after * MINUTE) }
        };
        times.slots.iter().map(due).collect()
    }
}

/// Whether the time has come and nobody was heard of.
pub fn is_silent(next_contact_at: Option<At>, now: At) -> bool {
    next_contact_at.is_some_and(|by| by <= now)
}

/// A slot of a day on which somebody is under care, with when they were heard of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heard {
    pub due: Due,
    /// The first time from the slot's beginning on and before the next one's.
    pub at: Option<At>,
}

/// The slots of a day with their holes: `heard` are the times at which the person was heard of. A slot that began before
/// `since`, when their care began, is none of theirs.
pub fn day_of(
    slots: &Slots,
    kind: EpisodeKind,
    day: Day,
    zone: &Zone,
    since: At,
    heard: &[At],
) -> Vec<Heard> {
    let dues = slots.of_day(kind, day, zone);
    let tomorrow = slots.of_day(kind, day.plus(1), zone).first().map(|due| due.from);
    let mut day = Vec::new();
    for (n, due) in dues.iter().enumerate() {
        let until = dues.get(n + 1).map(|next| next.from).or(tomorrow).unwrap_or(due.late_at);
        let at = heard.iter().copied().filter(|at| *at >= due.from && *at < until).min();
        if due.from > since || at.is_some() {
            day.push(Heard { due: *due, at });
        }
    }
    day
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn slots() -> Slots {
        let hour = 60;
        let slot = |from: i64, to: i64| Slot { from: from * hour, to: to * hour };
        Slots {
            case: Times { slots: vec![slot(6, 10), slot(14, 18)], late_after: 2 * hour },
            contact: Times { slots: vec![slot(6, 18)], late_after: 4 * hour },
            visitor_silent_after: 12 * hour,
        }
    }

    fn at(text: &str) -> At {
        At::parse(&format!("2022-03-{text}:00+07:00")).unwrap()
    }

    #[test]
    fn whoever_was_heard_of_is_expected_in_the_next_slot() {
        let zone = Zone::default();
        let next =
            |kind, visited, last: &str| slots().next_contact_at(kind, visited, at(last), &zone).unwrap();
        let cases = [
            ("16T05:59", "16T12:00"),
            // In the morning's slot: heard of this morning. On its first minute, too.
            ("16T06:00", "16T20:00"),
            ("16T07:30", "16T20:00"),
            ("16T10:30", "16T20:00"),
            ("16T13:59", "16T20:00"),
            ("16T14:00", "17T12:00"),
            ("16T23:59", "17T12:00"),
        ];
        for (last, by) in cases {
            assert_eq!(next(EpisodeKind::Case, false, last), at(by), "a case heard of at {last}");
        }
        for (last, by) in [("16T05:00", "16T22:00"), ("16T06:00", "17T22:00"), ("16T20:00", "17T22:00")] {
            assert_eq!(next(EpisodeKind::Contact, false, last), at(by), "a contact heard of at {last}");
        }
        // A visitor's silence counts after twelve hours, but nobody is woken for it.
        for (last, by) in [("16T07:00", "16T19:00"), ("16T07:59", "16T19:59"), ("16T17:30", "17T10:00")] {
            assert_eq!(next(EpisodeKind::Case, true, last), at(by), "visited at {last}");
        }
    }

    #[test]
    fn a_day_shows_its_holes() {
        let zone = Zone::default();
        let day = Day::parse("2022-03-16").unwrap();
        let shown = |since: &str, heard: &[&str]| -> Vec<Option<At>> {
            let heard: Vec<At> = heard.iter().map(|time| at(time)).collect();
            let found = day_of(&slots(), EpisodeKind::Case, day, &zone, at(since), &heard);
            found.into_iter().map(|slot| slot.at).collect()
        };
        assert_eq!(shown("15T08:00", &[]), [None, None]);
        assert_eq!(
            shown("15T08:00", &["16T11:00"]),
            [Some(at("16T11:00")), None],
            "late, before the next slot"
        );
        assert_eq!(shown("15T08:00", &["16T14:00", "16T15:00"]), [None, Some(at("16T14:00"))]);
        assert_eq!(shown("15T08:00", &["17T05:59"]), [None, Some(at("17T05:59"))], "before tomorrow's first");
        assert_eq!(shown("16T07:00", &[]), [None], "the morning was before their care");
        assert_eq!(shown("16T07:00", &["16T08:00"]), [Some(at("16T08:00")), None]);
        assert_eq!(shown("16T15:00", &[]), []);
    }

    proptest! {
        /// Hearing of somebody later never asks for them earlier, and silence never lasts unseen: a case for more than a
        /// night and its morning, a contact for more than two days.
        #[test]
        fn nobody_is_forgotten(minute in 0i64..10_000, later in 0i64..10_000, visited: bool) {
            let (zone, slots) = (Zone::default(), slots());
            let last = at("16T00:00").plus(minute * MINUTE);
            for (kind, longest) in [(EpisodeKind::Case, 22 * 60), (EpisodeKind::Contact, 40 * 60)] {
                let next = slots.next_contact_at(kind, visited, last, &zone).unwrap();
                prop_assert!(next > last && next <= last.plus(longest * MINUTE));
                let again = slots.next_contact_at(kind, visited, last.plus(later * MINUTE), &zone).unwrap();
                prop_assert!(again >= next);
            }
        }
    }
}
