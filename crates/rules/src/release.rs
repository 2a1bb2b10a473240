//! When care at home may end (kết thúc cách ly, điều trị), as the protocol says it: by clauses, any of which is enough. A day is a
//! local calendar day, counted from the day of detection; a contact's from the last exposure where the protocol says so. What is unknown fulfils nothing. Sources: 762/BYT-DP, domain.md §1.5.

use crate::episode::{TestFact, newest};
use crate::protocol::Words;
use crate::time::Zone;
use crate::{Day, EpisodeKind, TestKind, TestResult, TestWitness};

/// The clauses of a protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseRules {
    pub case: Vec<Clause>,
    pub contact: Vec<Clause>,
    /// From which day on a contact's days count.
    pub contact_counts_from: CountsFrom,
}

/// From which day on a contact's days count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CountsFrom {
    /// The day on which they were found.
    #[default]
    Found,
    /// The last day on which they lived with a case, as far as that is known; never before they were found.
    LastExposure,
}

impl CountsFrom {
    pub fn parse(word: &str) -> Option<CountsFrom> {
        match word {
            "found" => Some(CountsFrom::Found),
            "last_exposure" => Some(CountsFrom::LastExposure),
            _ => None,
        }
    }
}

/// Until which local day each case of a contact's home was there; `None` for one who still is.
pub type CasesAtHome<'a> = &'a [Option<Day>];

/// Day 0 of a contact who was found on `found`.
pub fn day0_of_contact(from: CountsFrom, found: Day, cases: CasesAtHome<'_>, today: Day) -> Day {
    match from {
        CountsFrom::Found => found,
        CountsFrom::LastExposure => {
            cases.iter().map(|until| until.unwrap_or(today).min(today)).fold(found, Day::max)
        }
    }
}

impl ReleaseRules {
    pub fn of(&self, kind: EpisodeKind) -> &[Clause] {
        match kind {
            EpisodeKind::Case => &self.case,
            EpisodeKind::Contact => &self.contact,
        }
    }
}

/// One way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    pub id: String,
    /// From which day on; the day of detection is day 0.
    pub from_day: i64,
    /// The negative test it asks for.
    pub test: Option<TestNeeded>,
    /// Vaccine doses it asks for.
    pub doses: Option<u8>,
    /// Days since the last dose that it asks for.
    pub last_dose_days: Option<i64>,
    pub source: String,
    /// As in [`crate::protocol::Rule::proposed`].
    pub proposed: bool,
    pub words: Words,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestNeeded {
    pub kinds: Vec<TestKind>,
    pub witnesses: Vec<TestWitness>,
    /// The earliest day on which it may be taken.
    pub from_day: i64,
}

/// What is known of somebody's course.
#[derive(Clone, Copy, Debug)]
pub struct Course<'a> {
    pub clauses: &'a [Clause],
    pub day0: Day,
    /// When they were found: day 0, unless a contact's days count from later on.
    pub found: Day,
    pub today: Day,
    /// A contact lives with a case, and the protocol counts from the last day of that.
    pub lives_with_case: bool,
    pub zone: &'a Zone,
    /// Doses on record; `None` if nobody asked.
    pub doses: Option<u8>,
    /// When the last dose was given, if that is on record.
    pub last_dose_on: Option<Day>,
}

/// How far somebody is on one way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way<'a> {
    pub clause: &'a Clause,
    /// The earliest local day, as far as days go.
    pub on: Day,
    /// Codes of what is missing: `release_lives_with_case`, `release_too_early`, `release_needs_test`, `release_needs_doses`.
    pub missing: Vec<&'static str>,
}

impl Course<'_> {
    /// Days since day 0.
    pub fn day(&self) -> i64 {
        self.today.since(self.day0)
    }
}

/// Every way out, in the order of the protocol.
pub fn ways<'a>(course: &Course<'a>, tests: &[TestFact]) -> Vec<Way<'a>> {
    let way = |clause: &'a Clause| {
        let mut missing = Vec::new();
        let mut on = course.day0.plus(clause.from_day);
        let has_doses = clause.doses.is_none_or(|needed| course.doses.is_some_and(|had| had >= needed));
        let has_waited = match (clause.last_dose_days, course.last_dose_on) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(days), Some(given)) => {
                // Protection is asked of the day on which one was found, not of today.
                course.found.since(given) >= days
            }
        };
        if !has_doses || !has_waited {
            missing.push("release_needs_doses");
        }
        if let Some(needed) = &clause.test {
            on = on.max(course.day0.plus(needed.from_day));
            if !is_tested(needed, course, tests) {
                missing.push("release_needs_test");
            }
        }
        if course.lives_with_case {
            missing.push("release_lives_with_case");
        }
        if course.today < on {
            missing.push("release_too_early");
        }
        if !missing.is_empty() {
            on = on.max(course.today);
        }
        Way { clause, on, missing }
    };
    course.clauses.iter().map(way).collect()
}

/// The newest test that says anything is the one that is asked for.
fn is_tested(needed: &TestNeeded, course: &Course<'_>, tests: &[TestFact]) -> bool {
    newest(tests).is_some_and(|test| {
        test.result == TestResult::Negative
            && needed.kinds.contains(&test.kind)
            && needed.witnesses.contains(&test.witness)
            && test.taken_at.day(course.zone) >= course.day0.plus(needed.from_day)
    })
}

/// The way that is open, or else the one that opens first and can still be gone.
pub fn best<'w, 'a>(ways: &'w [Way<'a>]) -> Option<&'w Way<'a>> {
    ways.iter().min_by_key(|way| {
        let is_closed = way.missing.contains(&"release_needs_doses");
        (!way.missing.is_empty(), is_closed, way.on)
    })
}

#[cfg(test)]
#[allow(clippy::type_complexity, reason = "tables of cases")]
mod tests {
    use super::*;
    use crate::At;
    use crate::ids::TestId;
    use crate::protocol::{COVID19_VN_2022, Protocol, read};
    use proptest::prelude::*;

    fn protocol() -> Protocol {
        read(COVID19_VN_2022).unwrap()
    }

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    fn test(result: TestResult, kind: TestKind, witness: TestWitness, at: &str) -> TestFact {
        TestFact { id: TestId(1), kind, result, taken_at: At::parse(at).unwrap(), witness }
    }

    /// Who was found on 1 March, on this day of March: the clause that lets them go, or what is missing on the best way.
    fn on(
        kind: EpisodeKind,
        today: i64,
        doses: Option<u8>,
        last_dose: Option<&str>,
        tests: &[TestFact],
    ) -> String {
        let (protocol, zone) = (protocol(), Zone::default());
        let course = Course {
            clauses: protocol.release.as_ref().unwrap().of(kind),
            day0: day("2022-03-01"),
            found: day("2022-03-01"),
            lives_with_case: false,
            today: day("2022-03-01").plus(today),
            zone: &zone,
            doses,
            last_dose_on: last_dose.map(day),
        };
        let ways = ways(&course, tests);
        let best = best(&ways).unwrap();
        if best.missing.is_empty() { best.clause.id.clone() } else { best.missing.join(",") }
    }

    /// domain.md §2, its vectors of release, and their neighbours.
    #[test]
    fn a_case_is_released_by_a_test_from_day_seven_or_by_time() {
        use TestResult::{Invalid, Negative, Positive};
        use TestWitness::{None as Alone, Staff, StaffRemote};
        let rapid = |result, witness, at| test(result, TestKind::Rapid, witness, at);
        let seventh = rapid(Negative, Staff, "2022-03-08T08:00:00+07:00");
        let cases: &[(i64, Option<u8>, &[TestFact], &str)] = &[
            (
                6,
                None,
                &[rapid(Negative, Staff, "2022-03-07T08:00:00+07:00")],
                "release_needs_test,release_too_early",
            ),
            (7, None, &[], "release_needs_test"),
            (7, None, &[seventh], "tested"),
            (7, None, &[rapid(Negative, StaffRemote, "2022-03-08T08:00:00+07:00")], "tested"),
            // Nobody saw it.
            (7, None, &[rapid(Negative, Alone, "2022-03-08T08:00:00+07:00")], "release_needs_test"),
            // From the day before says nothing of today.
            (7, None, &[rapid(Negative, Staff, "2022-03-07T23:59:59+07:00")], "release_needs_test"),
            (7, None, &[rapid(Negative, Staff, "2022-03-07T17:00:00Z")], "tested"),
            (8, None, &[seventh, rapid(Positive, Alone, "2022-03-09T08:00:00+07:00")], "release_needs_test"),
            (8, None, &[seventh, rapid(Invalid, Staff, "2022-03-09T08:00:00+07:00")], "tested"),
            (9, Some(3), &[], "release_needs_test"),
            (10, Some(2), &[rapid(Positive, Staff, "2022-03-11T08:00:00+07:00")], "vaccinated"),
            (10, Some(1), &[rapid(Positive, Staff, "2022-03-11T08:00:00+07:00")], "release_needs_test"),
            (10, None, &[rapid(Positive, Staff, "2022-03-11T08:00:00+07:00")], "release_needs_test"),
            (13, Some(0), &[], "release_needs_test"),
            (14, Some(0), &[rapid(Positive, Staff, "2022-03-15T08:00:00+07:00")], "time"),
            (14, None, &[], "time"),
        ];
        for (today, doses, tests, expected) in cases {
            assert_eq!(
                on(EpisodeKind::Case, *today, *doses, None, tests),
                *expected,
                "{today} {doses:?} {tests:?}"
            );
        }
    }

    #[test]
    fn the_earliest_day_is_never_one_that_is_over() {
        let (protocol, zone) = (protocol(), Zone::default());
        let course = Course {
            clauses: protocol.release.as_ref().unwrap().of(EpisodeKind::Case),
            day0: day("2022-03-01"),
            found: day("2022-03-01"),
            lives_with_case: false,
            today: day("2022-03-11"),
            zone: &zone,
            doses: Some(0),
            last_dose_on: None,
        };
        let on: Vec<_> = ways(&course, &[]).into_iter().map(|way| (way.clause.id.as_str(), way.on)).collect();
        assert_eq!(
            on,
            [("tested", day("2022-03-11")), ("vaccinated", day("2022-03-11")), ("time", day("2022-03-15"))]
        );
    }

    #[test]
    fn a_contact_is_released_by_a_test_on_their_last_day() {
        use TestWitness::Staff;
        let negative = |at| test(TestResult::Negative, TestKind::Rapid, Staff, at);
        let (fifth, seventh) = (negative("2022-03-06T08:00:00+07:00"), negative("2022-03-08T08:00:00+07:00"));
        let cases: &[(i64, Option<u8>, Option<&str>, &[TestFact], &str)] = &[
            (4, Some(2), Some("2022-01-01"), &[], "release_needs_test,release_too_early"),
            (5, Some(2), Some("2022-01-01"), &[fifth], "protected"),
            (5, Some(2), Some("2022-02-15"), &[fifth], "protected"),
            // Fourteen days had not passed when they were found, or nobody knows: as if unprotected.
            (5, Some(2), Some("2022-02-16"), &[fifth], "release_needs_test,release_too_early"),
            (5, Some(2), None, &[fifth], "release_needs_test,release_too_early"),
            (5, Some(1), Some("2022-01-01"), &[fifth], "release_needs_test,release_too_early"),
            (7, None, None, &[fifth], "release_needs_test"),
            (7, None, None, &[seventh], "other"),
            (7, None, None, &[], "release_needs_test"),
        ];
        for (today, doses, last, tests, expected) in cases {
            assert_eq!(
                on(EpisodeKind::Contact, *today, *doses, *last, tests),
                *expected,
                "{today} {doses:?} {last:?}"
            );
        }
    }

    #[test]
    fn a_contacts_days_count_from_the_last_exposure() {
        let (found, today) = (day("2022-03-01"), day("2022-03-10"));
        let day0 = |from, cases: &[Option<Day>]| day0_of_contact(from, found, cases, today);
        let last = CountsFrom::LastExposure;
        assert_eq!(day0(last, &[]), found, "no case at home");
        assert_eq!(day0(last, &[Some(day("2022-02-20"))]), found, "never before they were found");
        assert_eq!(day0(last, &[Some(day("2022-03-04")), Some(day("2022-03-06"))]), day("2022-03-06"));
        assert_eq!(day0(last, &[Some(day("2022-03-04")), None]), today, "somebody still is a case");
        assert_eq!(day0(last, &[Some(day("2022-03-12"))]), today, "what is dated ahead does not count ahead");
        assert_eq!(day0(CountsFrom::Found, &[None]), found, "a protocol may count otherwise");
        assert_eq!(protocol().release.unwrap().contact_counts_from, last);
    }

    #[test]
    fn nobody_goes_whose_days_have_not_begun_to_count() {
        let (protocol, zone) = (protocol(), Zone::default());
        let today = day("2022-03-20");
        let negative =
            test(TestResult::Negative, TestKind::Pcr, TestWitness::Staff, "2022-03-20T08:00:00+07:00");
        let course = Course {
            clauses: &protocol.release.as_ref().unwrap().contact,
            day0: today,
            found: day("2022-03-01"),
            today,
            lives_with_case: true,
            zone: &zone,
            doses: Some(3),
            last_dose_on: Some(day("2022-01-01")),
        };
        for way in ways(&course, &[negative]) {
            assert!(
                way.missing.contains(&"release_lives_with_case")
                    && way.missing.contains(&"release_too_early")
            );
        }
    }

    proptest! {
        /// A later day never closes a way, and no way is open before its day.
        #[test]
        fn waiting_only_helps(today in 0i64..30, later in 0i64..30, doses in proptest::option::of(0u8..5)) {
            let (protocol, zone) = (protocol(), Zone::default());
            for kind in EpisodeKind::ALL {
                let course = |today: i64| Course {
                    clauses: protocol.release.as_ref().unwrap().of(*kind),
                    day0: day("2022-03-01"),
                    found: day("2022-03-01"),
                    lives_with_case: false,
                    today: day("2022-03-01").plus(today),
                    zone: &zone,
                    doses,
                    last_dose_on: None,
                };
                let (now, then) = (ways(&course(today), &[]), ways(&course(today + later), &[]));
                for (now, then) in now.iter().zip(&then) {
                    prop_assert!(!now.missing.is_empty() || then.missing.is_empty());
                    prop_assert!(!now.missing.is_empty() || course(today).today >= now.on);
                }
            }
        }
    }
}
