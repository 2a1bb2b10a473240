//! First contact (LC-9, P-6, P-7): whoever is found is reached and advised within N hours.
//!
//! N is configuration without a default (the letter left it blank); while it is unset there is no due time, and
//! that is a gap of its own. The clock runs from the detection, or from the registration where the list knows only
//! a date (P-7). It stops when somebody was reached and all four things were said, in one attempt or several:
//! "reached" alone does not stop it (P-6). What a list declares as contacted counts as advised, with the ticks
//! unknown. Before the time is up the leader is reminded twice, then it goes to the commune, then to the district.

use crate::{
    episode::Detected,
    ids::EpisodeId,
    refusal::Refusal,
    time::{At, HOUR, MINUTE},
    words::{AttemptOutcome, FirstContact, GapLevel},
};

/// The fewest hours a locality may set for N.
pub const HOURS_MIN: u16 = 1;
/// The most hours a locality may set for N: one week.
pub const HOURS_MAX: u16 = 168;
/// The second reminder comes when this share of the time has passed.
pub const NEAR_END: (i64, i64) = (5, 6);
/// An attempt that reaches the server later than this after it was made is marked as entered late.
pub const LATE_ENTRY_AFTER: i64 = 15 * MINUTE;
/// The longest name or note of an attempt, in characters.
pub const NOTE_MAX: usize = 500;

/// The four things a first contact says (P-6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Ticks(u8);

impl Ticks {
    pub const NONE: Ticks = Ticks(0);
    /// Which signs mean danger.
    pub const DANGER_SIGNS: Ticks = Ticks(1);
    /// Which number to call.
    pub const NUMBER: Ticks = Ticks(2);
    /// How to report how one is.
    pub const HOW_TO_REPORT: Ticks = Ticks(4);
    /// Who is responsible.
    pub const RESPONSIBLE: Ticks = Ticks(8);
    pub const ALL: Ticks = Ticks(15);

    /// Each tick with its field name in the interface.
    pub const NAMED: [(Ticks, &'static str); 4] = [
        (Ticks::DANGER_SIGNS, "danger_signs"),
        (Ticks::NUMBER, "number"),
        (Ticks::HOW_TO_REPORT, "how_to_report"),
        (Ticks::RESPONSIBLE, "responsible"),
    ];

    pub fn of(danger_signs: bool, number: bool, how_to_report: bool, responsible: bool) -> Ticks {
        Ticks(
            u8::from(danger_signs)
                | u8::from(number) << 1
                | u8::from(how_to_report) << 2
                | u8::from(responsible) << 3,
        )
    }

    /// Reads stored bits; bits that are no tick are dropped.
    pub fn from_bits(bits: i64) -> Ticks {
        Ticks((bits & i64::from(Ticks::ALL.0)) as u8)
    }

    pub fn bits(self) -> i64 {
        i64::from(self.0)
    }

    pub fn and(self, more: Ticks) -> Ticks {
        Ticks(self.0 | more.0)
    }

    pub fn has(self, tick: Ticks) -> bool {
        self.0 & tick.0 == tick.0
    }

    pub fn is_complete(self) -> bool {
        self == Ticks::ALL
    }

    /// The names of what was not said yet.
    pub fn missing(self) -> Vec<&'static str> {
        Ticks::NAMED.into_iter().filter(|(tick, _)| !self.has(*tick)).map(|(_, name)| name).collect()
    }
}

/// Refuses hours that no locality can mean.
pub fn check_hours(hours: i64) -> Result<u16, Refusal> {
    u16::try_from(hours)
        .ok()
        .filter(|hours| (HOURS_MIN..=HOURS_MAX).contains(hours))
        .ok_or_else(|| Refusal::field("first_contact_hours", "out_of_range"))
}

/// When first contact is due; `None` while the hours are unset.
pub fn due_at(detected: Detected, registered_at: At, hours: Option<u16>) -> Option<At> {
    let from = match detected {
        Detected::At(at) => at,
        // A list's date must not turn everybody red (P-7).
        Detected::On(_) => registered_at,
    };
    hours.map(|hours| from.plus(i64::from(hours) * HOUR))
}

/// One attempt to reach a person, as far as the clock needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    pub at: At,
    pub outcome: AttemptOutcome,
    pub ticks: Ticks,
}

/// Where first contact stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub state: FirstContact,
    pub reached_at: Option<At>,
    pub advised_at: Option<At>,
    /// What has been said so far; unknown, so none, where a list declared it.
    pub ticks: Ticks,
    /// "Declared by the list" (P-7).
    pub declared: bool,
}

/// Where first contact stands after all attempts, in whatever order they arrived (rounds are made without signal).
/// `declared_at` is the registration of somebody whom the list calls contacted.
pub fn progress(declared_at: Option<At>, attempts: &[Attempt]) -> Progress {
    let reached = || attempts.iter().filter(|attempt| is_reached(attempt.outcome));
    let ticks = reached().fold(Ticks::NONE, |said, attempt| said.and(attempt.ticks));
    let reached_at = reached().map(|attempt| attempt.at).min();
    // Complete when the last of the four was said for the first time.
    let complete_at = Ticks::NAMED
        .iter()
        .map(|(tick, _)| reached().filter(|attempt| attempt.ticks.has(*tick)).map(|attempt| attempt.at).min())
        .try_fold(At(i64::MIN), |latest, at| at.map(|at| latest.max(at)));
    let advised_at = match (declared_at, complete_at) {
        (Some(declared), Some(complete)) => Some(declared.min(complete)),
        (declared, complete) => declared.or(complete),
    };
    let state = match (advised_at, reached_at) {
        (Some(_), _) => FirstContact::Advised,
        (None, Some(_)) => FirstContact::Reached,
        (None, None) => FirstContact::Waiting,
    };
    Progress { state, reached_at, advised_at, ticks, declared: declared_at.is_some() }
}

fn is_reached(outcome: AttemptOutcome) -> bool {
    match outcome {
        AttemptOutcome::Reached => true,
        AttemptOutcome::NoAnswer | AttemptOutcome::WrongNumber | AttemptOutcome::Refused => false,
    }
}

/// An attempt that may be recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recorded {
    pub attempt: Attempt,
    /// It was entered long after it was made: shown with both times.
    pub entered_late: bool,
}

/// Checks an attempt: not in the future, not before the person was found, and nothing said to nobody.
pub fn check_attempt(attempt: Attempt, detected_from: At, now: At) -> Result<Recorded, Refusal> {
    if attempt.at > now {
        return Err(Refusal::invalid("at_in_future").and_field("at", "in_future"));
    }
    if attempt.at < detected_from {
        return Err(Refusal::invalid("at_before_detection").and_field("at", "before_detection"));
    }
    if attempt.ticks != Ticks::NONE && !is_reached(attempt.outcome) {
        return Err(Refusal::field("advised", "nobody_reached"));
    }
    Ok(Recorded { attempt, entered_late: attempt.at < now.plus(-LATE_ENTRY_AFTER) })
}

/// The episodes an attempt counts for: one call may count for every open episode of the home.
pub fn counts_for(episode: EpisodeId, household: bool, open_in_home: &[EpisodeId]) -> Vec<EpisodeId> {
    let mut counted = vec![episode];
    if household {
        counted.extend(open_in_home.iter().filter(|other| **other != episode));
    }
    counted
}

/// Whether first contact is overdue at `now`. The due time itself is overdue.
pub fn is_overdue(state: FirstContact, due_at: Option<At>, now: At) -> bool {
    match state {
        FirstContact::Advised => false,
        FirstContact::Waiting | FirstContact::Reached => due_at.is_some_and(|due| now >= due),
    }
}

/// How far the reminders of one episode have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    /// Nobody was reminded yet.
    Started,
    /// Half the time has passed: the leader is reminded.
    Half,
    /// Near the end: the leader is reminded again.
    NearEnd,
    /// The time is up: it is the commune's.
    Due,
    /// Half of N later still open: it is the district's.
    District,
}

impl Stage {
    pub const ALL: &'static [Stage] =
        &[Stage::Started, Stage::Half, Stage::NearEnd, Stage::Due, Stage::District];

    /// The word as it is stored.
    pub fn word(self) -> &'static str {
        match self {
            Stage::Started => "started",
            Stage::Half => "half",
            Stage::NearEnd => "near_end",
            Stage::Due => "due",
            Stage::District => "district",
        }
    }

    pub fn parse(word: &str) -> Option<Stage> {
        Stage::ALL.iter().copied().find(|stage| stage.word() == word)
    }

    /// Who is told; nobody when it has only started.
    pub fn told(self) -> Option<GapLevel> {
        match self {
            Stage::Started => None,
            Stage::Half | Stage::NearEnd => Some(GapLevel::Leader),
            Stage::Due => Some(GapLevel::Commune),
            Stage::District => Some(GapLevel::District),
        }
    }

    fn next(self) -> Option<Stage> {
        match self {
            Stage::Started => Some(Stage::Half),
            Stage::Half => Some(Stage::NearEnd),
            Stage::NearEnd => Some(Stage::Due),
            Stage::Due => Some(Stage::District),
            Stage::District => None,
        }
    }
}

/// How long an overdue first contact stays with the commune before it is the district's: half of N again.
pub fn district_after(hours: u16) -> i64 {
    i64::from(hours) * HOUR / 2
}

/// When a stage is reached. Reminders divide the time between registration and due; somebody who is registered
/// when the time is already up goes to the commune at once.
pub fn stage_at(stage: Stage, due_at: At, registered_at: At, hours: u16) -> At {
    let span = (due_at.0 - registered_at.0).max(0);
    match stage {
        Stage::Started => registered_at,
        Stage::Half => registered_at.plus(span / 2),
        Stage::NearEnd => registered_at.plus(span * NEAR_END.0 / NEAR_END.1),
        Stage::Due => due_at.max(registered_at),
        Stage::District => due_at.plus(district_after(hours)).max(registered_at),
    }
}

/// The next moment at which somebody is to be told, for the due column; `None` when everybody was.
pub fn next_step_at(due_at: At, registered_at: At, hours: u16, done: Stage) -> Option<(Stage, At)> {
    done.next().map(|stage| (stage, stage_at(stage, due_at, registered_at, hours)))
}

/// The step to take at `now`: the furthest stage reached and not done, so that a server that was down tells each
/// level once and repeats no reminder. `None` if nothing is due.
pub fn step_now(due_at: At, registered_at: At, hours: u16, done: Stage, now: At) -> Option<Stage> {
    Stage::ALL
        .iter()
        .copied()
        .filter(|stage| *stage > done && stage_at(*stage, due_at, registered_at, hours) <= now)
        .max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{Day, Zone};
    use proptest::prelude::*;

    const REGISTERED: At = At(1_000 * HOUR);

    fn after(minutes: i64) -> At {
        REGISTERED.plus(minutes * MINUTE)
    }

    fn attempt(minutes: i64, outcome: AttemptOutcome, ticks: Ticks) -> Attempt {
        Attempt { at: after(minutes), outcome, ticks }
    }

    #[test]
    fn the_clock_runs_from_what_the_list_knows() {
        let yesterday = Detected::On(REGISTERED.day(&Zone::default()).plus(-1));
        let last_week = Detected::On(Day::parse("1970-01-01").unwrap());
        let table = [
            (Detected::At(after(-60)), Some(6), Some(after(5 * 60))),
            (Detected::At(after(-600)), Some(6), Some(after(-240))),
            (yesterday, Some(6), Some(after(6 * 60))),
            (last_week, Some(24), Some(after(24 * 60))),
            (Detected::At(after(-60)), None, None),
            (yesterday, None, None),
        ];
        for (detected, hours, expected) in table {
            assert_eq!(due_at(detected, REGISTERED, hours), expected, "{detected:?} {hours:?}");
        }
    }

    #[test]
    fn hours_have_bounds() {
        for (hours, ok) in
            [(0, false), (1, true), (6, true), (168, true), (169, false), (-6, false), (70_000, false)]
        {
            assert_eq!(check_hours(hours).is_ok(), ok, "{hours}");
        }
    }

    #[test]
    fn reached_alone_does_not_stop_the_clock() {
        use AttemptOutcome::{NoAnswer, Reached, Refused, WrongNumber};
        let three = Ticks::of(true, true, true, false);
        let table: Vec<(&str, Vec<Attempt>, FirstContact, Option<At>)> = vec![
            ("nothing yet", vec![], FirstContact::Waiting, None),
            ("no answer", vec![attempt(5, NoAnswer, Ticks::NONE)], FirstContact::Waiting, None),
            ("wrong number", vec![attempt(5, WrongNumber, Ticks::NONE)], FirstContact::Waiting, None),
            ("refused", vec![attempt(5, Refused, Ticks::NONE)], FirstContact::Waiting, None),
            ("reached", vec![attempt(5, Reached, Ticks::NONE)], FirstContact::Reached, None),
            ("three of four", vec![attempt(5, Reached, three)], FirstContact::Reached, None),
            ("all at once", vec![attempt(5, Reached, Ticks::ALL)], FirstContact::Advised, Some(after(5))),
            (
                "in two calls",
                vec![attempt(5, Reached, three), attempt(9, Reached, Ticks::RESPONSIBLE)],
                FirstContact::Advised,
                Some(after(9)),
            ),
            (
                "the earlier call arrives later",
                vec![attempt(9, Reached, Ticks::RESPONSIBLE), attempt(5, Reached, three)],
                FirstContact::Advised,
                Some(after(9)),
            ),
            (
                "what was said to nobody was not said",
                vec![attempt(5, Reached, three), attempt(9, NoAnswer, Ticks::RESPONSIBLE)],
                FirstContact::Reached,
                None,
            ),
        ];
        for (why, attempts, state, advised_at) in table {
            let progress = progress(None, &attempts);
            assert_eq!((progress.state, progress.advised_at), (state, advised_at), "{why}");
        }
    }

    #[test]
    fn a_list_may_declare_it_with_the_ticks_unknown() {
        let declared = progress(Some(REGISTERED), &[]);
        assert_eq!((declared.state, declared.advised_at), (FirstContact::Advised, Some(REGISTERED)));
        assert_eq!((declared.ticks, declared.declared), (Ticks::NONE, true));
        let called = progress(Some(REGISTERED), &[attempt(5, AttemptOutcome::Reached, Ticks::NUMBER)]);
        assert_eq!((called.reached_at, called.ticks), (Some(after(5)), Ticks::NUMBER));
    }

    #[test]
    fn ticks_have_names() {
        assert_eq!(Ticks::of(false, true, false, true).missing(), ["danger_signs", "how_to_report"]);
        assert_eq!(Ticks::ALL.missing(), Vec::<&str>::new());
        assert_eq!(Ticks::from_bits(255), Ticks::ALL);
        for bits in 0..16 {
            let ticks = Ticks::from_bits(bits);
            assert_eq!(ticks.bits(), bits);
            assert_eq!(ticks.is_complete(), ticks.missing().is_empty());
        }
    }

    #[test]
    fn an_attempt_is_checked() {
        use AttemptOutcome::{NoAnswer, Reached};
        let now = after(60);
        let table = [
            (attempt(60, Reached, Ticks::ALL), Ok(false)),
            (attempt(45, Reached, Ticks::ALL), Ok(false)),
            (attempt(44, Reached, Ticks::ALL), Ok(true)),
            (attempt(61, Reached, Ticks::ALL), Err("at_in_future")),
            (attempt(-601, Reached, Ticks::ALL), Err("at_before_detection")),
            (attempt(60, NoAnswer, Ticks::NUMBER), Err("invalid")),
            (attempt(60, NoAnswer, Ticks::NONE), Ok(false)),
        ];
        for (made, expected) in table {
            let got = check_attempt(made, after(-600), now);
            let got = got.map(|recorded| recorded.entered_late).map_err(|refusal| refusal.code);
            assert_eq!(got, expected, "{made:?}");
        }
    }

    #[test]
    fn one_call_may_count_for_the_whole_home() {
        let home = [EpisodeId(1), EpisodeId(2), EpisodeId(3)];
        assert_eq!(counts_for(EpisodeId(2), true, &home), [EpisodeId(2), EpisodeId(1), EpisodeId(3)]);
        assert_eq!(counts_for(EpisodeId(2), false, &home), [EpisodeId(2)]);
    }

    #[test]
    fn reminders_go_up_the_line() {
        const HOURS: u16 = 6;
        let due = after(360);
        let table = [
            (0, None, Some((Stage::Half, after(180)))),
            (179, None, Some((Stage::Half, after(180)))),
            (180, Some(Stage::Half), Some((Stage::NearEnd, after(300)))),
            (300, Some(Stage::NearEnd), Some((Stage::Due, after(360)))),
            (360, Some(Stage::Due), Some((Stage::District, after(540)))),
            (540, Some(Stage::District), None),
        ];
        let mut done = Stage::Started;
        for (minutes, step, next) in table {
            let now = after(minutes);
            assert_eq!(step_now(due, REGISTERED, HOURS, done, now), step, "{minutes}");
            done = step.unwrap_or(done);
            assert_eq!(next_step_at(due, REGISTERED, HOURS, done), next, "{minutes}");
        }
        // A server that was down tells the district and does not repeat the reminders.
        assert_eq!(step_now(due, REGISTERED, HOURS, Stage::Started, after(1_000)), Some(Stage::District));
        // Registered when the time was up: at once the commune's.
        assert_eq!(step_now(after(-60), REGISTERED, HOURS, Stage::Started, REGISTERED), Some(Stage::Due));
        for stage in Stage::ALL {
            assert_eq!(Stage::parse(stage.word()), Some(*stage));
        }
    }

    #[test]
    fn the_due_time_is_overdue() {
        let due = Some(after(360));
        let table = [
            (FirstContact::Waiting, due, 359, false),
            (FirstContact::Waiting, due, 360, true),
            (FirstContact::Reached, due, 360, true),
            (FirstContact::Advised, due, 900, false),
            (FirstContact::Waiting, None, 900, false),
        ];
        for (state, due, minutes, expected) in table {
            assert_eq!(is_overdue(state, due, after(minutes)), expected, "{state} {minutes}");
        }
    }

    fn attempts() -> impl Strategy<Value = Vec<Attempt>> {
        let outcome = proptest::sample::select(AttemptOutcome::ALL);
        let one = (0i64..1_000, outcome, 0i64..16)
            .prop_map(|(minutes, outcome, bits)| attempt(minutes, outcome, Ticks::from_bits(bits)));
        proptest::collection::vec(one, 0..8)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

        #[test]
        fn attempts_count_the_same_in_any_order(made in attempts(), turn in 0..8usize) {
            let mut turned = made.clone();
            turned.rotate_left(turn.min(made.len()));
            prop_assert_eq!(progress(None, &made), progress(None, &turned));
        }

        #[test]
        fn another_attempt_never_takes_anything_back(made in attempts()) {
            let rank = |state| match state {
                FirstContact::Waiting => 0,
                FirstContact::Reached => 1,
                FirstContact::Advised => 2,
            };
            for count in 0..made.len() {
                let (fewer, more) = (progress(None, &made[..count]), progress(None, &made[..=count]));
                prop_assert!(rank(fewer.state) <= rank(more.state));
                prop_assert_eq!(fewer.ticks.and(more.ticks), more.ticks);
            }
            let end = progress(None, &made);
            prop_assert_eq!(end.state == FirstContact::Advised, end.ticks.is_complete());
            prop_assert!(end.advised_at.is_none_or(|advised| end.reached_at.is_some_and(|reached| reached <= advised)));
        }

        #[test]
        fn stages_come_in_order(before in -3_000i64..3_000, hours in HOURS_MIN..=HOURS_MAX, seen in -100i64..20_000) {
            let due = after(before);
            let times: Vec<At> = Stage::ALL.iter().map(|s| stage_at(*s, due, REGISTERED, hours)).collect();
            prop_assert!(times.windows(2).all(|pair| pair[0] <= pair[1]), "{:?}", times);
            // Following the due column ends, with every level told once at most.
            let mut done = Stage::Started;
            let mut told = 0;
            while let Some(step) = step_now(due, REGISTERED, hours, done, after(seen)) {
                prop_assert!(step > done);
                done = step;
                told += 1;
            }
            prop_assert!(told <= 1, "one round tells one level");
            if let Some((_, next)) = next_step_at(due, REGISTERED, hours, done) {
                prop_assert!(next > after(seen) || done == Stage::Started && next >= REGISTERED);
            }
        }
    }
}
