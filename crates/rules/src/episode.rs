//! How an episode (hồ sơ theo dõi) starts, changes and ends, and what each change does to the day's figures
//! (LC-2, LC-5, LC-9, P-23, X-3, invariants 5 and 7).
//!
//! The books: an episode adds 1 to its kind's end figure while it is open and 0 once it is closed, whatever happens
//! to it and wherever the locks fall. Every change is booked in the reporting day that is open when it is recorded.
//! Taking something back (void, merge, reopening) has two cases. If what is taken back was booked in the same open
//! day, that booking is cancelled: the day's `f0_new` shrinks, as if it had never been. If its day is locked, that
//! day stays as it is and the open day gets an adjustment, with the reason of the change.
//! Leaving without notice is an adjustment at once (P-23): nobody recovered and nobody was handed over.
//!
//! It does not judge days and thresholds of a disease: those belong to the protocol.

use crate::{
    ids::TestId,
    refusal::Refusal,
    release::{self, Clause, Course, Way},
    report::{Flow, reason_required, text_within},
    time::{At, Day, HOUR, Zone},
    words::{
        DetectionSource, EpisodeKind, EpisodeState, Outcome, Severity, TestKind, TestResult, TestWitness,
    },
};

/// The longest reason, in characters.
pub const REASON_MAX: usize = 500;
/// The longest name of a place, in characters.
pub const PLACE_MAX: usize = 200;
/// The longest name of who certified, in characters.
pub const CERTIFIER_MAX: usize = 120;
/// A check-in or staff contact this old still counts for a release (`api.md`: "recent").
pub const RECENT_CONTACT_HOURS: i64 = 24;

/// When somebody was found, as exactly as the list knows it (P-7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detected {
    At(At),
    On(Day),
}

impl Detected {
    /// The earliest moment it can have been.
    pub fn earliest(self, zone: &Zone) -> At {
        match self {
            Detected::At(at) => at,
            Detected::On(day) => day.start(zone),
        }
    }

    /// The local day of it.
    pub fn day(self, zone: &Zone) -> Day {
        match self {
            Detected::At(at) => at.day(zone),
            Detected::On(day) => day,
        }
    }

    pub fn is_future(self, now: At, zone: &Zone) -> bool {
        match self {
            Detected::At(at) => at > now,
            Detected::On(day) => day > now.day(zone),
        }
    }
}

/// How somebody came into the figures of an area.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Start {
    New,
    MovedIn,
}

impl Start {
    /// Who comes from elsewhere is counted as moved in; an unknown source is none.
    pub fn of(source: Option<DetectionSource>) -> Start {
        match source {
            Some(DetectionSource::Arrival) => Start::MovedIn,
            None
            | Some(
                DetectionSource::ManagedContact
                | DetectionSource::Community
                | DetectionSource::Screening
                | DetectionSource::SelfDeclared,
            ) => Start::New,
        }
    }
}

/// A flow with the reporting day it was booked in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Booked {
    pub on: Day,
    pub flow: Flow,
}

/// The bookings of what happened now.
pub fn booked(flows: &[Flow], open_day: Day) -> Vec<Booked> {
    flows.iter().map(|flow| Booked { on: open_day, flow: *flow }).collect()
}

/// Whether a closed episode may come back. An episode merged into another lives on there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Outcome(Outcome),
    Merged,
}

/// An episode as far as its rules need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EpisodeStanding {
    pub kind: EpisodeKind,
    /// `None` while it is open.
    pub ending: Option<Ending>,
    /// The earliest moment of its detection ([`Detected::earliest`]).
    pub detected_from: At,
    /// The booking that brought it into the figures.
    pub start: Booked,
    /// The bookings of its last ending; empty while it is open.
    pub end: Vec<Booked>,
}

impl EpisodeStanding {
    pub fn state(&self) -> EpisodeState {
        match self.ending {
            None => EpisodeState::Open,
            Some(_) => EpisodeState::Closed,
        }
    }
}

/// What a registration adds to the open day.
pub fn start_flow(kind: EpisodeKind, start: Start) -> Flow {
    let indicator = match (kind, start) {
        (EpisodeKind::Case, Start::New) => "f0_new",
        (EpisodeKind::Case, Start::MovedIn) => "f0_in",
        (EpisodeKind::Contact, Start::New) => "f1_new",
        (EpisodeKind::Contact, Start::MovedIn) => "f1_in",
    };
    Flow { kind, indicator, amount: 1 }
}

fn adjusted(kind: EpisodeKind, amount: i64) -> Flow {
    let indicator = match kind {
        EpisodeKind::Case => "f0_adjusted",
        EpisodeKind::Contact => "f1_adjusted",
    };
    Flow { kind, indicator, amount }
}

/// What an ending adds to the open day; `None` if that kind of episode cannot end so, or not by itself (void).
fn end_flow(kind: EpisodeKind, outcome: Outcome) -> Option<Flow> {
    let counted = |indicator| Some(Flow { kind, indicator, amount: 1 });
    match (kind, outcome) {
        (EpisodeKind::Case, Outcome::Recovered) => counted("f0_recovered"),
        (EpisodeKind::Case, Outcome::Died) => counted("f0_died"),
        (EpisodeKind::Case, Outcome::Hospital | Outcome::Moved) => counted("f0_out"),
        (EpisodeKind::Contact, Outcome::Completed) => counted("f1_completed"),
        (EpisodeKind::Contact, Outcome::BecameCase) => counted("f1_became_f0"),
        // The balance of contacts has no deaths of its own.
        (EpisodeKind::Contact, Outcome::Died | Outcome::Hospital | Outcome::Moved) => counted("f1_out"),
        (EpisodeKind::Case | EpisodeKind::Contact, Outcome::Left) => Some(adjusted(kind, -1)),
        (EpisodeKind::Case, Outcome::Completed | Outcome::BecameCase)
        | (EpisodeKind::Contact, Outcome::Recovered)
        | (EpisodeKind::Case | EpisodeKind::Contact, Outcome::Void) => None,
    }
}

/// The flows that take earlier bookings back: cancelled in the open day, adjusted where their day is locked.
fn taken_back(bookings: &[Booked], open_day: Day) -> Vec<Flow> {
    bookings
        .iter()
        .map(|booking| {
            if booking.on == open_day {
                Flow { amount: -booking.flow.amount, ..booking.flow }
            } else {
                adjusted(booking.flow.kind, -booking.flow.effect())
            }
        })
        .collect()
}

/// An ending asked for by `POST /episodes/{id}/outcome`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndRequest {
    pub outcome: Outcome,
    pub at: At,
    /// The hospital, or where they moved.
    pub place: Option<String>,
    pub reason: Option<String>,
}

/// An episode that ends, with what that adds to the open day. The home leaves its group when its last episode
/// ends (LC-9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    pub ending: Ending,
    pub outcome: Outcome,
    pub at: At,
    pub place: Option<String>,
    pub reason: Option<String>,
    pub flows: Vec<Flow>,
}

/// Ends an episode because its person died, went to hospital, moved away or left without notice.
pub fn end(episode: &EpisodeStanding, request: &EndRequest, now: At) -> Result<Ended, Refusal> {
    must_be_open(episode)?;
    let (place_needed, reason_needed) = match request.outcome {
        // Whoever is taken away in an emergency is on the way before anybody knows where to.
        Outcome::Died | Outcome::Hospital => (false, false),
        Outcome::Moved => (true, false),
        Outcome::Left => (false, true),
        // These have acts of their own: release, convert, void.
        Outcome::Recovered | Outcome::Completed | Outcome::BecameCase | Outcome::Void => {
            return Err(Refusal::field("outcome", "unknown_word"));
        }
    };
    within_episode(episode, "at", request.at, now)?;
    let place = text_within("place", request.place.as_deref().unwrap_or_default(), PLACE_MAX)?;
    if place_needed && place.is_none() {
        return Err(Refusal::invalid("place_required").and_field("place", "required"));
    }
    let reason = text_within("reason", request.reason.as_deref().unwrap_or_default(), REASON_MAX)?;
    if reason_needed && reason.is_none() {
        return Err(reason_required());
    }
    ended(episode.kind, request.outcome, request.at, place, reason)
}

fn ended(
    kind: EpisodeKind,
    outcome: Outcome,
    at: At,
    place: Option<String>,
    reason: Option<String>,
) -> Result<Ended, Refusal> {
    let flow = end_flow(kind, outcome).ok_or_else(|| Refusal::field("outcome", "wrong_kind"))?;
    Ok(Ended { ending: Ending::Outcome(outcome), outcome, at, place, reason, flows: vec![flow] })
}

/// One test of the episode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TestFact {
    pub id: TestId,
    pub kind: TestKind,
    pub result: TestResult,
    pub taken_at: At,
    pub witness: TestWitness,
}

impl TestFact {
    /// A test that staff took or watched is a contact with staff.
    fn is_contact(&self) -> bool {
        match self.witness {
            TestWitness::Staff | TestWitness::StaffRemote => true,
            TestWitness::None => false,
        }
    }
}

/// What is known of the episode when a release is asked for.
#[derive(Clone, Copy, Debug)]
pub struct ReleaseFacts<'a> {
    /// The last time staff reached the person or a check-in of theirs was made; an attempt that reached nobody and
    /// a list's "already contacted" are none.
    pub last_heard_at: Option<At>,
    pub tests: &'a [TestFact],
    /// An alarm about the person runs.
    pub has_alarm: bool,
    /// What the protocol in force asks for; `None` where none says when care may end.
    pub course: Option<Course<'a>>,
}

/// Whether care may end now, who certifies aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outlook<'a> {
    /// Codes of what is missing; empty: care may end.
    pub missing: Vec<&'static str>,
    /// The way that decides; `None` where no protocol says when care may end.
    pub way: Option<Way<'a>>,
}

/// An episode that was released, and by which clause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Released<'a> {
    pub ended: Ended,
    pub by: Option<&'a Clause>,
}

/// A release asked for by `POST /episodes/{id}/release`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseRequest {
    pub outcome: Outcome,
    /// The negative test it rests on; without one named, the episode's newest test decides.
    pub test: Option<TestId>,
    /// Who certifies; the acts name the station head when he or she asks.
    pub certified_by: Option<String>,
    pub reason: Option<String>,
}

/// What stands in the way of ending care, by the facts alone: a contact's positive test, whatever a later one said (they are
/// a case), silence, an alarm about the person, and what the best way of the protocol asks for.
pub fn outlook<'a>(kind: EpisodeKind, facts: &ReleaseFacts<'a>, now: At) -> Outlook<'a> {
    let mut missing = Vec::new();
    if kind == EpisodeKind::Contact && facts.tests.iter().any(|test| test.result == TestResult::Positive) {
        missing.push("became_a_case");
    }
    let heard = facts.tests.iter().filter(|test| test.is_contact()).map(|test| test.taken_at);
    match heard.chain(facts.last_heard_at).filter(|at| *at <= now).max() {
        None => missing.push("release_unreached"),
        Some(at) if at < now.plus(-RECENT_CONTACT_HOURS * HOUR) => missing.push("release_not_recent"),
        Some(_) => {}
    }
    if facts.has_alarm {
        missing.push("release_alarm_open");
    }
    let way =
        facts.course.as_ref().and_then(|course| release::best(&release::ways(course, facts.tests)).cloned());
    if let Some(way) = &way {
        missing.extend(&way.missing);
    }
    Outlook { missing, way }
}

/// Releases a recovered case or a contact that completed its isolation. Where a protocol says when care may end, one of
/// its clauses has to hold ([`crate::release`]), a case is certified, and no alarm about the person runs. Elsewhere a
/// case needs a negative test and who certified it, or, without a test, a reason and who answers for it. Nobody is closed on silence: staff
/// must have heard of the person, within [`RECENT_CONTACT_HOURS`]. Everything missing is named in the refusal's
/// `missing`.
pub fn release<'a>(
    episode: &EpisodeStanding,
    facts: &ReleaseFacts<'a>,
    request: &ReleaseRequest,
    now: At,
) -> Result<Released<'a>, Refusal> {
    must_be_open(episode)?;
    let needs_test = match (episode.kind, request.outcome) {
        (EpisodeKind::Case, Outcome::Recovered) => true,
        (EpisodeKind::Contact, Outcome::Completed) => false,
        (EpisodeKind::Case, Outcome::Completed) | (EpisodeKind::Contact, Outcome::Recovered) => {
            return Err(Refusal::field("outcome", "wrong_kind"));
        }
        (
            EpisodeKind::Case | EpisodeKind::Contact,
            Outcome::Died
            | Outcome::Hospital
            | Outcome::Moved
            | Outcome::Left
            | Outcome::BecameCase
            | Outcome::Void,
        ) => return Err(Refusal::field("outcome", "unknown_word")),
    };
    let reason = text_within("reason", request.reason.as_deref().unwrap_or_default(), REASON_MAX)?;
    let certified_by =
        text_within("certified_by", request.certified_by.as_deref().unwrap_or_default(), CERTIFIER_MAX)?;
    let named = match request.test {
        None => None,
        Some(id) => match facts.tests.iter().find(|test| test.id == id) {
            None => return Err(Refusal::field("test_id", "unknown")),
            found => found,
        },
    };
    let Outlook { mut missing, way } = outlook(episode.kind, facts, now);
    if missing.contains(&"became_a_case") {
        return Err(Refusal::conflict("became_a_case"));
    }
    if way.is_some() {
        if needs_test && certified_by.is_none() {
            missing.push("release_needs_certifier");
        }
    } else if needs_test {
        let test = named.or_else(|| newest(facts.tests));
        let tested = test.is_some_and(|test| is_negative_and_last(test, facts.tests, episode, now));
        if !tested && reason.is_none() {
            missing.push("release_needs_test");
        }
        if (tested || reason.is_some()) && certified_by.is_none() {
            missing.push("release_needs_certifier");
        }
    }
    if let Some(first) = missing.first().copied() {
        let refusal = Refusal::conflict(first).with("missing", missing.join(","));
        return Err(match way {
            Some(way) => refusal.with("earliest", way.on.to_string()),
            None => refusal,
        });
    }
    let ended = ended(episode.kind, request.outcome, now, None, reason)?;
    Ok(Released { ended, by: way.map(|way| way.clause) })
}

/// The newest test that says anything; of two at the same moment the positive one.
pub(crate) fn newest(tests: &[TestFact]) -> Option<&TestFact> {
    tests
        .iter()
        .filter(|test| test.result != TestResult::Invalid)
        .max_by_key(|test| (test.taken_at, test.result == TestResult::Positive, test.id))
}

/// Negative, of this episode, and with no positive one after it.
fn is_negative_and_last(test: &TestFact, tests: &[TestFact], episode: &EpisodeStanding, now: At) -> bool {
    test.result == TestResult::Negative
        && test.taken_at >= episode.detected_from
        && test.taken_at <= now
        && !tests.iter().any(|other| other.result == TestResult::Positive && other.taken_at >= test.taken_at)
}

/// A contact who became a case: the old episode's end and the new one's start, in one act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Converted {
    pub ended: Ended,
    pub detected: Detected,
    /// What the new episode, a case, adds to the open day.
    pub start: Flow,
}

/// Ends a contact's episode because the person became a case. `detected` is when that was found.
pub fn convert(
    episode: &EpisodeStanding,
    detected: Detected,
    now: At,
    zone: &Zone,
) -> Result<Converted, Refusal> {
    match episode.kind {
        EpisodeKind::Contact => {}
        EpisodeKind::Case => return Err(Refusal::conflict("not_an_f1")),
    }
    must_be_open(episode)?;
    if detected.is_future(now, zone) {
        return Err(Refusal::invalid("at_in_future").and_field("detected_at", "in_future"));
    }
    let too_early = match detected {
        Detected::At(at) => at < episode.detected_from,
        Detected::On(day) => day < episode.detected_from.day(zone),
    };
    if too_early {
        return Err(Refusal::invalid("at_before_detection").and_field("detected_at", "before_detection"));
    }
    let ended = ended(episode.kind, Outcome::BecameCase, now, None, None)?;
    // They were managed here already: a new case, never one that moved in.
    Ok(Converted { ended, detected, start: start_flow(EpisodeKind::Case, Start::New) })
}

/// Closes an episode that was entered in error; the reason stays with it. A closed one is reopened first.
pub fn void(episode: &EpisodeStanding, reason: &str, now: At, open_day: Day) -> Result<Ended, Refusal> {
    unwound(episode, Ending::Outcome(Outcome::Void), reason, now, open_day)
}

/// Closes the double of a person who is in the register under another episode. In the figures it is a void; unlike
/// one it does not come back by itself.
pub fn merge(episode: &EpisodeStanding, reason: &str, now: At, open_day: Day) -> Result<Ended, Refusal> {
    unwound(episode, Ending::Merged, reason, now, open_day)
}

fn unwound(
    episode: &EpisodeStanding,
    ending: Ending,
    reason: &str,
    now: At,
    open_day: Day,
) -> Result<Ended, Refusal> {
    must_be_open(episode)?;
    let reason = text_within("reason", reason, REASON_MAX)?.ok_or_else(reason_required)?;
    let flows = taken_back(&[episode.start], open_day);
    Ok(Ended { ending, outcome: Outcome::Void, at: now, place: None, reason: Some(reason), flows })
}

/// An episode that is open again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reopened {
    pub reason: String,
    pub flows: Vec<Flow>,
}

/// Opens a closed episode again: it was closed in error, or the person came back. Refused while the same person
/// has another open episode, and for one that was merged.
pub fn reopen(
    episode: &EpisodeStanding,
    person_has_open_episode: bool,
    reason: &str,
    open_day: Day,
) -> Result<Reopened, Refusal> {
    match episode.ending {
        None => return Err(Refusal::conflict("already_open")),
        Some(Ending::Merged) => return Err(Refusal::conflict("merged")),
        Some(Ending::Outcome(_)) => {}
    }
    if person_has_open_episode {
        return Err(Refusal::conflict("other_episode_open"));
    }
    let reason = text_within("reason", reason, REASON_MAX)?.ok_or_else(reason_required)?;
    Ok(Reopened { reason, flows: taken_back(&episode.end, open_day) })
}

/// Sets the severity of a case. Anybody who may set it may raise it or assess it for the first time; only a
/// clinician lowers it or takes the assessment back, with a reason (invariant 7).
pub fn set_severity(
    episode: &EpisodeStanding,
    now_at: Severity,
    wanted: Severity,
    is_clinician: bool,
    reason: Option<&str>,
) -> Result<Option<String>, Refusal> {
    must_be_open(episode)?;
    match episode.kind {
        EpisodeKind::Case => {}
        EpisodeKind::Contact => return Err(Refusal::conflict("not_an_f0")),
    }
    let reason = text_within("reason", reason.unwrap_or_default(), REASON_MAX)?;
    let lowers = match (rank(now_at), rank(wanted)) {
        (Some(now_at), Some(wanted)) => wanted < now_at,
        (Some(_), None) => true,
        (None, Some(_) | None) => false,
    };
    if lowers && !is_clinician {
        return Err(Refusal::conflict("clinician_lowers"));
    }
    if lowers && reason.is_none() {
        return Err(reason_required());
    }
    Ok(reason)
}

/// How bad a level is; none for "not yet assessed", which is no level.
fn rank(severity: Severity) -> Option<u8> {
    match severity {
        Severity::Asymptomatic => Some(0),
        Severity::Mild => Some(1),
        Severity::Moderate => Some(2),
        Severity::Severe => Some(3),
        Severity::Critical => Some(4),
        Severity::Unassessed => None,
    }
}

fn must_be_open(episode: &EpisodeStanding) -> Result<(), Refusal> {
    match episode.state() {
        EpisodeState::Open => Ok(()),
        EpisodeState::Closed => Err(Refusal::conflict("already_closed")),
    }
}

/// Refuses a moment that lies before the person was found or has not come yet.
fn within_episode(episode: &EpisodeStanding, field: &str, at: At, now: At) -> Result<(), Refusal> {
    if at > now {
        return Err(Refusal::invalid("at_in_future").and_field(field, "in_future"));
    }
    if at < episode.detected_from {
        return Err(Refusal::invalid("at_before_detection").and_field(field, "before_detection"));
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::type_complexity, reason = "tables of cases")]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    const DETECTED: At = At(1_000 * HOUR);
    const NOW: At = At(1_100 * HOUR);

    fn day(n: i64) -> Day {
        Day::parse("2022-03-01").unwrap().plus(n)
    }

    fn open(kind: EpisodeKind) -> EpisodeStanding {
        EpisodeStanding {
            kind,
            ending: None,
            detected_from: DETECTED,
            start: Booked { on: day(0), flow: start_flow(kind, Start::New) },
            end: Vec::new(),
        }
    }

    fn closed(kind: EpisodeKind, outcome: Outcome) -> EpisodeStanding {
        EpisodeStanding { ending: Some(Ending::Outcome(outcome)), ..open(kind) }
    }

    fn request(outcome: Outcome) -> EndRequest {
        EndRequest {
            outcome,
            at: NOW,
            place: Some("Bệnh viện huyện".to_owned()),
            reason: Some("đi khỏi bản".to_owned()),
        }
    }

    fn code<T: std::fmt::Debug>(result: Result<T, Refusal>) -> &'static str {
        result.map_or_else(|refusal| refusal.code, |_| "ok")
    }

    fn flows(flows: &[Flow]) -> Vec<(&'static str, i64)> {
        flows.iter().map(|flow| (flow.indicator, flow.amount)).collect()
    }

    #[test]
    fn each_change_has_its_figure() {
        use EpisodeKind::{Case, Contact};
        let table = [
            (Case, Outcome::Died, "f0_died", 1),
            (Case, Outcome::Hospital, "f0_out", 1),
            (Case, Outcome::Moved, "f0_out", 1),
            (Case, Outcome::Left, "f0_adjusted", -1),
            (Contact, Outcome::Died, "f1_out", 1),
            (Contact, Outcome::Hospital, "f1_out", 1),
            (Contact, Outcome::Moved, "f1_out", 1),
            (Contact, Outcome::Left, "f1_adjusted", -1),
        ];
        for (kind, outcome, indicator, amount) in table {
            let ended = end(&open(kind), &request(outcome), NOW).unwrap();
            assert_eq!(flows(&ended.flows), [(indicator, amount)], "{kind} {outcome}");
        }
        let starts = [
            (Case, Some(DetectionSource::Community), "f0_new"),
            (Case, None, "f0_new"),
            (Case, Some(DetectionSource::Arrival), "f0_in"),
            (Contact, Some(DetectionSource::ManagedContact), "f1_new"),
            (Contact, Some(DetectionSource::Arrival), "f1_in"),
        ];
        for (kind, source, indicator) in starts {
            let flow = start_flow(kind, Start::of(source));
            assert_eq!((flow.indicator, flow.amount, flow.effect()), (indicator, 1, 1));
        }
    }

    #[test]
    fn an_ending_says_what_it_must() {
        use EpisodeKind::Case;
        let without = |outcome, change: fn(&mut EndRequest)| {
            let mut request = request(outcome);
            change(&mut request);
            request
        };
        let table = [
            (open(Case), without(Outcome::Died, |r| r.place = None), "ok"),
            (closed(Case, Outcome::Moved), request(Outcome::Died), "already_closed"),
            (open(Case), without(Outcome::Hospital, |r| r.place = None), "ok"),
            (open(Case), without(Outcome::Moved, |r| r.place = Some("  ".to_owned())), "place_required"),
            (open(Case), without(Outcome::Left, |r| r.reason = None), "reason_required"),
            (open(Case), without(Outcome::Left, |r| r.place = None), "ok"),
            (open(Case), without(Outcome::Died, |r| r.at = NOW.plus(1)), "at_in_future"),
            (open(Case), without(Outcome::Died, |r| r.at = DETECTED.plus(-1)), "at_before_detection"),
            (open(Case), without(Outcome::Died, |r| r.at = DETECTED), "ok"),
            (open(Case), request(Outcome::Recovered), "invalid"),
            (open(Case), request(Outcome::Void), "invalid"),
            (open(Case), without(Outcome::Died, |r| r.reason = Some("x".repeat(REASON_MAX + 1))), "invalid"),
        ];
        for (episode, request, expected) in table {
            assert_eq!(code(end(&episode, &request, NOW)), expected, "{request:?}");
        }
    }

    fn test(id: i64, result: TestResult, hours_ago: i64, witness: TestWitness) -> TestFact {
        TestFact {
            id: TestId(id),
            kind: TestKind::Rapid,
            result,
            taken_at: NOW.plus(-hours_ago * HOUR),
            witness,
        }
    }

    fn releasing(outcome: Outcome) -> ReleaseRequest {
        ReleaseRequest { outcome, test: None, certified_by: None, reason: None }
    }

    #[test]
    fn a_recovered_case_is_released_on_evidence() {
        use TestResult::{Invalid, Negative, Positive};
        use TestWitness::{None as Alone, Staff, StaffRemote};
        let recent = Some(NOW.plus(-RECENT_CONTACT_HOURS * HOUR));
        let negative = test(1, Negative, 2, Alone);
        let certified = ReleaseRequest {
            certified_by: Some("Trạm trưởng".to_owned()),
            ..releasing(Outcome::Recovered)
        };
        let reasoned =
            ReleaseRequest { reason: Some("đủ 14 ngày, hết test".to_owned()), ..certified.clone() };
        let named = |id| ReleaseRequest { test: Some(TestId(id)), ..certified.clone() };
        let unsigned = releasing(Outcome::Recovered);
        let only_reason = ReleaseRequest { certified_by: None, ..reasoned.clone() };
        let table: Vec<(&str, Option<At>, Vec<TestFact>, ReleaseRequest, &str)> = vec![
            ("negative and certified", recent, vec![negative], certified.clone(), "ok"),
            ("named", recent, vec![negative], named(1), "ok"),
            ("no such test", recent, vec![negative], named(9), "invalid"),
            ("no test", recent, vec![], certified.clone(), "release_needs_test"),
            ("reason and certifier instead", recent, vec![], reasoned.clone(), "ok"),
            ("a reason alone", recent, vec![], only_reason, "release_needs_certifier"),
            ("nobody certifies", recent, vec![negative], unsigned.clone(), "release_needs_certifier"),
            ("positive", recent, vec![test(1, Positive, 2, Alone)], certified.clone(), "release_needs_test"),
            (
                "positive after",
                recent,
                vec![negative, test(2, Positive, 1, Alone)],
                named(1),
                "release_needs_test",
            ),
            (
                "positive before",
                recent,
                vec![negative, test(2, Positive, 50, Alone)],
                certified.clone(),
                "ok",
            ),
            (
                "an invalid one says nothing",
                recent,
                vec![negative, test(2, Invalid, 1, Alone)],
                certified.clone(),
                "ok",
            ),
            (
                "from before detection",
                recent,
                vec![test(1, Negative, 101, Alone)],
                certified.clone(),
                "release_needs_test",
            ),
            ("never heard of", None, vec![negative], certified.clone(), "release_unreached"),
            ("silence with a reason is silence", None, vec![], reasoned, "release_unreached"),
            ("staff took the test", None, vec![test(1, Negative, 2, Staff)], certified.clone(), "ok"),
            ("staff watched it", None, vec![test(1, Negative, 2, StaffRemote)], certified.clone(), "ok"),
            (
                "heard too long ago",
                recent.map(|at| at.plus(-1)),
                vec![negative],
                certified,
                "release_not_recent",
            ),
        ];
        for (why, last_heard_at, tests, request, expected) in table {
            let facts = ReleaseFacts { last_heard_at, tests: &tests, has_alarm: false, course: None };
            assert_eq!(code(release(&open(EpisodeKind::Case), &facts, &request, NOW)), expected, "{why}");
        }
        let facts = ReleaseFacts { last_heard_at: None, tests: &[], has_alarm: false, course: None };
        let refused = release(&open(EpisodeKind::Case), &facts, &unsigned, NOW).unwrap_err();
        assert_eq!(refused.to_string(), "release_unreached missing=release_unreached,release_needs_test");
        // An alarm stands in the way under any protocol, and under none.
        let alarmed = ReleaseFacts { last_heard_at: Some(NOW), has_alarm: true, ..facts };
        assert_eq!(
            code(release(&open(EpisodeKind::Contact), &alarmed, &releasing(Outcome::Completed), NOW)),
            "release_alarm_open"
        );
    }

    #[test]
    fn a_contact_completes_unless_positive() {
        let tests = [test(1, TestResult::Positive, 1, TestWitness::None)];
        // A later negative test takes nothing back.
        let both = [tests[0], test(2, TestResult::Negative, 0, TestWitness::Staff)];
        let facts = |tests| ReleaseFacts { last_heard_at: Some(NOW), tests, has_alarm: false, course: None };
        let contact = open(EpisodeKind::Contact);
        assert_eq!(
            code(release(&contact, &facts(&both), &releasing(Outcome::Completed), NOW)),
            "became_a_case"
        );
        let done = release(&contact, &facts(&[]), &releasing(Outcome::Completed), NOW).unwrap();
        assert_eq!(flows(&done.ended.flows), [("f1_completed", 1)]);
        assert_eq!(
            code(release(&contact, &facts(&tests), &releasing(Outcome::Completed), NOW)),
            "became_a_case"
        );
        assert_eq!(code(release(&contact, &facts(&[]), &releasing(Outcome::Recovered), NOW)), "invalid");
        let case = open(EpisodeKind::Case);
        assert_eq!(code(release(&case, &facts(&[]), &releasing(Outcome::Completed), NOW)), "invalid");
        assert_eq!(code(release(&case, &facts(&[]), &releasing(Outcome::Died), NOW)), "invalid");
        let gone = closed(EpisodeKind::Contact, Outcome::Completed);
        assert_eq!(code(release(&gone, &facts(&[]), &releasing(Outcome::Completed), NOW)), "already_closed");
    }

    #[test]
    fn a_contact_becomes_a_case_in_one_act() {
        let zone = Zone::default();
        let done = convert(&open(EpisodeKind::Contact), Detected::At(NOW), NOW, &zone).unwrap();
        assert_eq!(done.ended.outcome, Outcome::BecameCase);
        assert_eq!(flows(&done.ended.flows), [("f1_became_f0", 1)]);
        assert_eq!((done.start.indicator, done.start.kind), ("f0_new", EpisodeKind::Case));
        let same_day = Detected::On(DETECTED.day(&zone));
        let table = [
            (open(EpisodeKind::Case), Detected::At(NOW), "not_an_f1"),
            (closed(EpisodeKind::Case, Outcome::Recovered), Detected::At(NOW), "not_an_f1"),
            (closed(EpisodeKind::Contact, Outcome::Completed), Detected::At(NOW), "already_closed"),
            (open(EpisodeKind::Contact), Detected::At(NOW.plus(1)), "at_in_future"),
            (open(EpisodeKind::Contact), Detected::At(DETECTED.plus(-1)), "at_before_detection"),
            (open(EpisodeKind::Contact), same_day, "ok"),
            (open(EpisodeKind::Contact), Detected::On(DETECTED.day(&zone).plus(-1)), "at_before_detection"),
            (open(EpisodeKind::Contact), Detected::On(NOW.day(&zone).plus(1)), "at_in_future"),
        ];
        for (episode, detected, expected) in table {
            assert_eq!(code(convert(&episode, detected, NOW, &zone)), expected, "{detected:?}");
        }
    }

    #[test]
    fn an_error_taken_back_shrinks_the_open_day_or_adjusts_it() {
        let case = open(EpisodeKind::Case);
        assert_eq!(flows(&void(&case, "nhập nhầm", NOW, day(0)).unwrap().flows), [("f0_new", -1)]);
        assert_eq!(flows(&void(&case, "nhập nhầm", NOW, day(1)).unwrap().flows), [("f0_adjusted", -1)]);
        assert_eq!(flows(&merge(&case, "trùng", NOW, day(1)).unwrap().flows), [("f0_adjusted", -1)]);
        assert_eq!(code(void(&case, " ", NOW, day(0))), "reason_required");
        assert_eq!(
            code(void(&closed(EpisodeKind::Case, Outcome::Died), "nhầm", NOW, day(0))),
            "already_closed"
        );
    }

    #[test]
    fn what_was_closed_may_come_back() {
        let recovered = EpisodeStanding {
            end: booked(&[Flow { kind: EpisodeKind::Case, indicator: "f0_recovered", amount: 1 }], day(3)),
            ..closed(EpisodeKind::Case, Outcome::Recovered)
        };
        assert_eq!(
            flows(&reopen(&recovered, false, "dương tính lại", day(3)).unwrap().flows),
            [("f0_recovered", -1)]
        );
        assert_eq!(
            flows(&reopen(&recovered, false, "dương tính lại", day(4)).unwrap().flows),
            [("f0_adjusted", 1)]
        );
        let merged = EpisodeStanding { ending: Some(Ending::Merged), ..recovered.clone() };
        let table = [
            (open(EpisodeKind::Case), false, "x", "already_open"),
            (merged, false, "x", "merged"),
            (recovered.clone(), true, "x", "other_episode_open"),
            (recovered, false, "", "reason_required"),
            (closed(EpisodeKind::Case, Outcome::Died), false, "", "reason_required"),
            (closed(EpisodeKind::Case, Outcome::Died), false, "nhầm người", "ok"),
            (closed(EpisodeKind::Contact, Outcome::Void), false, "có thật", "ok"),
        ];
        for (episode, other_open, reason, expected) in table {
            assert_eq!(code(reopen(&episode, other_open, reason, day(4))), expected, "{episode:?}");
        }
    }

    #[test]
    fn only_a_clinician_lowers_a_level() {
        use Severity::{Asymptomatic, Mild, Severe, Unassessed};
        let table = [
            (Unassessed, Asymptomatic, false, None, "ok"),
            (Mild, Severe, false, None, "ok"),
            (Mild, Mild, false, None, "ok"),
            (Severe, Mild, false, Some("khá hơn"), "clinician_lowers"),
            (Severe, Mild, true, None, "reason_required"),
            (Severe, Mild, true, Some("khá hơn"), "ok"),
            (Severe, Unassessed, false, Some("không rõ"), "clinician_lowers"),
            (Severe, Unassessed, true, Some("đo lại"), "ok"),
        ];
        for (was, wanted, is_clinician, reason, expected) in table {
            let got = set_severity(&open(EpisodeKind::Case), was, wanted, is_clinician, reason);
            assert_eq!(code(got), expected, "{was} {wanted} {is_clinician}");
        }
        let contact = open(EpisodeKind::Contact);
        assert_eq!(code(set_severity(&contact, Unassessed, Mild, true, None)), "not_an_f0");
    }

    /// What can happen to an episode, with the number of locks that pass before it.
    #[derive(Clone, Copy, Debug)]
    enum Happening {
        End(Outcome),
        Release,
        Convert,
        Void,
        Merge,
        Reopen,
    }

    fn happenings() -> impl Strategy<Value = Vec<(i64, Happening)>> {
        let happening = prop_oneof![
            proptest::sample::select(vec![Outcome::Died, Outcome::Hospital, Outcome::Moved, Outcome::Left])
                .prop_map(Happening::End),
            Just(Happening::Release),
            Just(Happening::Convert),
            Just(Happening::Void),
            Just(Happening::Merge),
            Just(Happening::Reopen),
            Just(Happening::Reopen),
        ];
        proptest::collection::vec((0i64..3, happening), 0..14)
    }

    /// Lets something happen; the flows it books, or the refusal.
    fn happen(episode: &mut EpisodeStanding, what: Happening, today: Day) -> Result<Vec<Flow>, Refusal> {
        let heard = ReleaseFacts { last_heard_at: Some(NOW), tests: &[], has_alarm: false, course: None };
        let outcome = match episode.kind {
            EpisodeKind::Case => Outcome::Recovered,
            EpisodeKind::Contact => Outcome::Completed,
        };
        let released = ReleaseRequest {
            certified_by: Some("Trạm trưởng".to_owned()),
            reason: Some("đủ ngày".to_owned()),
            ..releasing(outcome)
        };
        let ended = match what {
            Happening::End(outcome) => end(episode, &request(outcome), NOW),
            Happening::Release => release(episode, &heard, &released, NOW).map(|done| done.ended),
            Happening::Convert => {
                convert(episode, Detected::At(NOW), NOW, &Zone::default()).map(|done| done.ended)
            }
            Happening::Void => void(episode, "nhầm", NOW, today),
            Happening::Merge => merge(episode, "trùng", NOW, today),
            Happening::Reopen => {
                let reopened = reopen(episode, false, "mở lại", today)?;
                episode.ending = None;
                episode.end = Vec::new();
                return Ok(reopened.flows);
            }
        }?;
        episode.ending = Some(ended.ending);
        episode.end = booked(&ended.flows, today);
        Ok(ended.flows)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

        #[test]
        fn an_open_episode_counts_one_and_a_closed_one_none(
            is_case: bool,
            moved_in: bool,
            story in happenings(),
        ) {
            let kind = if is_case { EpisodeKind::Case } else { EpisodeKind::Contact };
            let start = start_flow(kind, if moved_in { Start::MovedIn } else { Start::New });
            let mut today = day(0);
            let mut episode = EpisodeStanding { start: Booked { on: today, flow: start }, ..open(kind) };
            let mut books: BTreeMap<(Day, &str), i64> = BTreeMap::from([((today, start.indicator), 1)]);
            let mut total = start.effect();
            for (locks, what) in story {
                today = today.plus(locks);
                let before = episode.clone();
                match happen(&mut episode, what, today) {
                    Err(_) => prop_assert_eq!(&episode, &before),
                    Ok(flows) => {
                        prop_assert_ne!(episode.state(), before.state());
                        for flow in flows {
                            prop_assert_eq!(flow.kind, kind);
                            *books.entry((today, flow.indicator)).or_default() += flow.amount;
                            total += flow.effect();
                        }
                    }
                }
                let expected = match episode.state() {
                    EpisodeState::Open => 1,
                    EpisodeState::Closed => 0,
                };
                prop_assert_eq!(total, expected, "{:?}", what);
            }
            for ((on, indicator), figure) in books {
                let is_adjustment = indicator.ends_with("_adjusted");
                prop_assert!(is_adjustment || figure >= 0, "{} {}: {}", on, indicator, figure);
                prop_assert!(figure.abs() <= 1 || !is_adjustment, "{} {}: {}", on, indicator, figure);
            }
        }

        #[test]
        fn what_happens_and_is_taken_back_in_one_day_leaves_no_trace_in_the_figures(is_case: bool, what in happenings()) {
            let kind = if is_case { EpisodeKind::Case } else { EpisodeKind::Contact };
            let mut episode = open(kind);
            let today = day(5);
            let mut books: BTreeMap<&str, i64> = BTreeMap::new();
            for (_, what) in what {
                let flows = happen(&mut episode, what, today).unwrap_or_default();
                flows.iter().for_each(|flow| *books.entry(flow.indicator).or_default() += flow.amount);
                if episode.state() == EpisodeState::Open {
                    prop_assert!(books.values().all(|figure| *figure == 0), "{:?}", books);
                }
            }
        }
    }
}
