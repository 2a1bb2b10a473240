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
    report::{Flow, reason_required, text_within},
    time::{At, Day, HOUR, Zone},
    words::{DetectionSource, EpisodeKind, EpisodeState, Outcome, Severity, TestResult, TestWitness},
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
        Outcome::Died => (false, false),
        Outcome::Hospital | Outcome::Moved => (true, false),
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

/// Releases a recovered case or a contact that completed its isolation. A case needs a negative test and who
/// certified it, or, without a test, a reason and who answers for it. Nobody is closed on silence: staff
/// must have heard of the person, within [`RECENT_CONTACT_HOURS`]. Everything missing is named in the refusal's
/// `missing`.
pub fn release(
    episode: &EpisodeStanding,
    facts: ReleaseFacts<'_>,
    request: &ReleaseRequest,
    now: At,
) -> Result<Ended, Refusal> {
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
    let certified_by = text_within("certified_by", request.certified_by.as_deref().unwrap_or_default(), CERTIFIER_MAX)?;
    let named = match request.test {
        None => None,
        Some(id) => match facts.tests.iter().find(|test| test.id == id) {
            None => return Err(Refusal::field("test_id", "unknown")),
            found => found,
        },
    };
    if !needs_test && newest(facts.tests).is_some_and(|test| test.result == TestResult::Positive) {
        // A contact with a positive test is not done: they are a case.
        return Err(Refusal::conflict("became_a_case"));
    }

    let mut missing = Vec::new();
    let heard = facts.tests.iter().filter(|test| test.is_contact()).map(|test| test.taken_at);
    match heard.chain(facts.last_heard_at).filter(|at| *at <= now).max() {
        None => missing.push("release_unreached"),
        Some(at) if at < now.plus(-RECENT_CONTACT_HOURS * HOUR) => missing.push("release_not_recent"),
        Some(_) => {}
    }
    if needs_test {
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
        return Err(Refusal::conflict(first).with("missing", missing.join(",")));
    }
    ended(episode.kind, request.outcome, now, None, reason)
}

/// The newest test that says anything; of two at the same moment the positive one.
fn newest(tests: &[TestFact]) -> Option<&TestFact> {
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
        && !tests
            .iter()
            .any(|other| other.result == TestResult::Positive && other.taken_at >= test.taken_at)
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
