//! An episode ends, in the simplest lawful ways: released, died, to hospital, moved, left, an F1 who became F0, or
//! entered in error; and it can be opened again. Each with date, reason and the right role; the home leaves its
//! group when nobody there is under care any more (LC-9).

use crate::adopt_protocol::Shelf;
use crate::alerts;
use crate::desk::Desk;
use crate::house::Mint;
use crate::next_contact;
use crate::place_homes;
use crate::record_contact;
use crate::scene::{self, Scene};
use rules::episode::{
    Detected, EndRequest, Ended, ReleaseFacts, ReleaseRequest, Released, TestFact, convert as rule_convert,
    end as rule_end, outlook as rule_outlook, release as rule_release, reopen as rule_reopen,
    void as rule_void,
};
use rules::first_contact::{Stage, due_at, next_step_at};
use rules::permission::Verb;
use rules::protocol::Protocol;
use rules::release::{self, CountsFrom, Course};
use rules::report::Flow;
use rules::{
    AdoptionId, Arrangement, At, Day, EpisodeId, EpisodeKind, EpisodeState, FirstContact, Outcome, Refusal,
    Role, Severity, Uid, Zone,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use store::attempt::Test;
use store::episode::{self, End, Episode};
use store::{Reader, Stop, Tx, attempt, flow, household, person};

/// The tests recorded last that a release looks back on.
const LOOK_BACK_MAX: i64 = 500;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Done {
    pub id: String,
}

#[derive(Clone, Debug)]
pub struct EndEpisode {
    pub episode: Uid,
    pub outcome: Outcome,
    pub at: At,
    pub place: Option<String>,
    pub reason: Option<String>,
}

/// Died, to hospital, moved, left.
pub fn end(tx: &mut Tx, desk: &Desk, cmd: &EndEpisode) -> Result<Done, Stop> {
    let verb = Verb::of_ending(cmd.outcome).ok_or_else(|| Refusal::field("outcome", "unknown_word"))?;
    let scene = scene::load(tx, desk, verb, cmd.episode)?;
    let standing = scene.standing(tx)?;
    let request =
        EndRequest { outcome: cmd.outcome, at: cmd.at, place: cmd.place.clone(), reason: cmd.reason.clone() };
    let ended = rule_end(&standing, &request, desk.now)?;
    close(tx, desk, &scene, &ended, None)
}

#[derive(Clone, Debug)]
pub struct Release {
    pub episode: Uid,
    pub outcome: Outcome,
    pub test: Option<Uid>,
    pub certified_by: Option<String>,
    pub reason: Option<String>,
}

/// What a release rests on: see [`standing_of_release`].
pub struct ReleaseStanding {
    pub tests: Vec<Test>,
    pub facts: Vec<TestFact>,
    pub last_heard_at: Option<At>,
    pub protocol: Option<(AdoptionId, Arc<Protocol>)>,
    doses: Option<u8>,
    last_dose_on: Option<Day>,
    has_alarm: bool,
    today: Day,
    found: Day,
    /// Until when each case of the home was there; `None` for who still is.
    cases_at_home: Vec<Option<Day>>,
}

/// Everything a release asks about an episode.
pub fn standing_of_release(
    reader: &mut Reader,
    shelf: &Shelf,
    scene: &Scene,
    now: At,
) -> Result<ReleaseStanding, Stop> {
    let tests = attempt::deciding_tests(reader, scene.episode.id, LOOK_BACK_MAX)?;
    let fact = |t: &Test| TestFact {
        id: t.id,
        kind: t.kind,
        result: t.result,
        taken_at: t.taken_at,
        witness: t.witness,
    };
    let person = person::by_id(reader, scene.episode.person_id)?;
    let zone = &scene.place.zone;
    Ok(ReleaseStanding {
        facts: tests.iter().map(fact).collect(),
        tests,
        last_heard_at: scene.episode.heard_at,
        protocol: shelf.in_force(reader, &scene.item.path)?,
        doses: person.as_ref().and_then(|p| p.doses).and_then(|doses| u8::try_from(doses).ok()),
        last_dose_on: person.and_then(|p| p.last_dose_on),
        has_alarm: alerts::is_about(reader, &scene.item)?,
        today: now.day(zone),
        found: scene.detected().earliest(zone).day(zone),
        cases_at_home: cases_at_home(reader, scene)?,
    })
}

/// The others at home who are or were a case: until which local day. Who was entered in error never was one.
fn cases_at_home(reader: &mut Reader, scene: &Scene) -> Result<Vec<Option<Day>>, store::StoreError> {
    let all = store::episode::items_of_household(reader, scene.home.id)?;
    let others = all.into_iter().filter(|item| {
        item.kind == EpisodeKind::Case
            && item.person_id != scene.episode.person_id
            && item.outcome != Some(Outcome::Void)
    });
    Ok(others
        .map(|item| match item.state {
            EpisodeState::Open => None,
            EpisodeState::Closed => Some(item.ended_at.unwrap_or(item.registered_at).day(&scene.place.zone)),
        })
        .collect())
}

impl ReleaseStanding {
    /// The course by the protocol in force; `None` where it does not say when care may end.
    pub fn course<'a>(&'a self, kind: EpisodeKind, zone: &'a Zone) -> Option<Course<'a>> {
        let rules = self.protocol.as_ref().and_then(|(_, protocol)| protocol.release.as_ref())?;
        let day0 = match kind {
            EpisodeKind::Case => self.found,
            EpisodeKind::Contact => {
                let from = rules.contact_counts_from;
                release::day0_of_contact(from, self.found, &self.cases_at_home, self.today)
            }
        };
        let counts = kind == EpisodeKind::Contact && rules.contact_counts_from == CountsFrom::LastExposure;
        Some(Course {
            clauses: rules.of(kind),
            day0,
            found: self.found,
            lives_with_case: counts && self.cases_at_home.iter().any(Option::is_none),
            today: self.today,
            zone,
            doses: self.doses,
            last_dose_on: self.last_dose_on,
        })
    }

    pub fn facts<'a>(&'a self, kind: EpisodeKind, zone: &'a Zone) -> ReleaseFacts<'a> {
        ReleaseFacts {
            last_heard_at: self.last_heard_at,
            tests: &self.facts,
            has_alarm: self.has_alarm,
            course: self.course(kind, zone),
        }
    }
}

/// Whether somebody may go, or what is missing and from when on they may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// Days since day 0.
    pub day: i64,
    pub clause: String,
    /// The earliest day by that clause.
    pub on: Day,
    /// Codes of what is missing, who certifies aside; empty: may be released.
    pub missing: Vec<&'static str>,
}

/// The outlook of an open episode; `None` where no protocol says when care may end.
pub fn outlook(reader: &mut Reader, shelf: &Shelf, desk: &Desk, uid: Uid) -> Result<Option<Outlook>, Stop> {
    let scene = scene::load(reader, desk, Verb::ReadPerson, uid)?;
    outlook_of(reader, shelf, &scene, desk.now)
}

/// [`outlook`], for whoever was allowed the scene already.
pub(crate) fn outlook_of(
    reader: &mut Reader,
    shelf: &Shelf,
    scene: &Scene,
    now: At,
) -> Result<Option<Outlook>, Stop> {
    if scene.episode.state == EpisodeState::Closed {
        return Ok(None);
    }
    let known = standing_of_release(reader, shelf, scene, now)?;
    let facts = known.facts(scene.episode.kind, &scene.place.zone);
    let Some(course) = facts.course else { return Ok(None) };
    let rules::episode::Outlook { missing, way } = rule_outlook(scene.episode.kind, &facts, now);
    Ok(way.map(|way| Outlook { day: course.day(), clause: way.clause.id.clone(), on: way.on, missing }))
}

/// Released as recovered (F0) or completed (F1), by a clause of the protocol in force: never on silence. The entry of
/// the ending names protocol, clause and day (invariant 10).
pub fn release(tx: &mut Tx, desk: &Desk, shelf: &Shelf, cmd: &Release) -> Result<Done, Stop> {
    let scene = scene::load(tx, desk, Verb::ReleaseEpisode, cmd.episode)?;
    let standing = scene.standing(tx)?;
    let test = match cmd.test {
        None => None,
        Some(uid) => match attempt::test_by_uid(tx, uid)? {
            Some(test) if test.episode_id == scene.episode.id && test.voided_at.is_none() => Some(test.id),
            _ => return Err(Refusal::field("test_id", "unknown").into()),
        },
    };
    let known = standing_of_release(tx, shelf, &scene, desk.now)?;
    // The station head who releases certifies by doing so; anybody else names who did.
    let certifies = desk.roles_at(&scene.item.path).any(|g| g.role == Role::StationLeader);
    let certified_by = cmd.certified_by.clone().or_else(|| certifies.then(|| desk.name.clone()));
    let request = ReleaseRequest {
        outcome: cmd.outcome,
        test,
        certified_by: certified_by.clone(),
        reason: cmd.reason.clone(),
    };
    let facts = known.facts(scene.episode.kind, &scene.place.zone);
    let Released { ended, by } = rule_release(&standing, &facts, &request, desk.now)?;
    let by = match (by, facts.course, &known.protocol) {
        (Some(clause), Some(course), Some((_, protocol))) => {
            let (id, version) = (&protocol.id, &protocol.version);
            format!(" protocol={id} version={version} clause={} day={}", clause.id, course.day())
        }
        _ => String::new(),
    };
    close_by(tx, desk, &scene, &ended, certified_by, &by)
}

/// Entered in error: the record stays, the figures forget it.
pub fn void(tx: &mut Tx, desk: &Desk, episode: Uid, reason: &str) -> Result<Done, Stop> {
    let scene = scene::load(tx, desk, Verb::VoidEpisode, episode)?;
    let standing = scene.standing(tx)?;
    let ended = rule_void(&standing, reason, desk.now, scene.place.open_day)?;
    close(tx, desk, &scene, &ended, None)
}

pub(crate) fn close(
    tx: &mut Tx,
    desk: &Desk,
    scene: &Scene,
    ended: &Ended,
    certified_by: Option<String>,
) -> Result<Done, Stop> {
    close_by(tx, desk, scene, ended, certified_by, "")
}

/// Closes an episode; `by` goes into the entry: what it was closed by.
fn close_by(
    tx: &mut Tx,
    desk: &Desk,
    scene: &Scene,
    ended: &Ended,
    certified_by: Option<String>,
    by: &str,
) -> Result<Done, Stop> {
    let id = scene.episode.id;
    count(tx, scene, id, &ended.flows, desk.now)?;
    let end = End {
        outcome: ended.outcome,
        at: ended.at,
        place: ended.place.clone(),
        reason: ended.reason.clone(),
        certified_by,
    };
    episode::close(tx, id, &end)?;
    leave_if_last(tx, scene, desk.now)?;
    if ended.outcome != Outcome::BecameCase {
        alerts::end_with_episode(tx, desk, id, scene.home.id)?;
    }
    let header = format!("outcome={}{by}", ended.outcome);
    tx.log(&desk.stamp(), &scene.stream(), "episode_ended", &header, ended.reason.as_deref().unwrap_or(""))?;
    Ok(Done { id: scene.episode.uid.to_string() })
}

fn count(tx: &mut Tx, scene: &Scene, id: EpisodeId, flows: &[Flow], at: At) -> Result<(), Stop> {
    for f in flows {
        flow::add(tx, id, scene.episode.area_id, f.kind, f.indicator, f.amount, at)?;
    }
    Ok(())
}

/// The home leaves its group with its last open episode.
fn leave_if_last(tx: &mut Tx, scene: &Scene, at: At) -> Result<(), Stop> {
    if episode::open_of_household(tx, scene.home.id)?.is_empty()
        && let Some(home) = household::by_id(tx, scene.home.id)?
    {
        household::place(tx, &home, None, "completed", at)?;
    }
    Ok(())
}

#[derive(Clone, Debug)]
pub struct Convert {
    pub episode: Uid,
    pub detected_at: Option<At>,
    pub detected_on: Option<Day>,
}

/// An F1 turned F0: the contact's episode ends, a case begins in the same home, and the home moves to an F0 group.
pub fn convert(tx: &mut Tx, desk: &Desk, mint: &mut Mint, cmd: &Convert) -> Result<Done, Stop> {
    let scene = scene::load(tx, desk, Verb::ConvertToCase, cmd.episode)?;
    let standing = scene.standing(tx)?;
    let detected = match (cmd.detected_at, cmd.detected_on) {
        (Some(at), _) => Detected::At(at),
        (None, Some(day)) => Detected::On(day),
        (None, None) => Detected::At(desk.now),
    };
    let converted = rule_convert(&standing, detected, desk.now, &scene.place.zone)?;
    close(tx, desk, &scene, &converted.ended, None)?;
    let hours = scene.place.hours();
    let due = due_at(detected, desk.now, hours);
    let id = EpisodeId(tx.id());
    let uid = mint.uid(desk.now);
    let case = Episode {
        id,
        uid,
        kind: EpisodeKind::Case,
        source: Some(rules::DetectionSource::ManagedContact),
        detected_at: cmd.detected_at.or(if cmd.detected_on.is_none() { Some(desk.now) } else { None }),
        detected_on: cmd.detected_on,
        registered_at: desk.now,
        severity: Severity::Unassessed,
        state: EpisodeState::Open,
        outcome: None,
        ended_at: None,
        end_place: None,
        end_reason: None,
        certified_by: None,
        arrangement: scene.episode.arrangement,
        arrangement_at: scene.episode.arrangement_at,
        first_contact: FirstContact::Waiting,
        first_contact_due_at: due,
        first_contact_at: None,
        first_contact_declared: false,
        ticks: 0,
        reminder_stage: 0,
        reminder_at: due
            .zip(hours)
            .and_then(|(due, h)| next_step_at(due, desk.now, h, Stage::Started))
            .map(|s| s.1),
        previous_id: Some(scene.episode.id),
        import_id: None,
        opened_seq: tx.next_seq(),
        closed_seq: None,
        // A case is to be heard of more often than the contact was; what they said last holds.
        next_contact_at: next_contact::first(
            scene.place.slots.as_ref(),
            EpisodeKind::Case,
            next_contact::is_visited(&scene.home, scene.episode.arrangement),
            scene.episode.heard_at.unwrap_or(desk.now).max(scene.episode.registered_at),
            &scene.place.zone,
        ),
        ..scene.episode.clone()
    };
    case.insert(tx)?;
    alerts::follow(tx, scene.episode.id, id)?;
    count(tx, &scene, id, &[converted.start], desk.now)?;
    let header = format!("kind=case from={}", scene.episode.id.0);
    tx.log(&desk.stamp(), &format!("episode:{}", id.0), "episode_registered", &header, "")?;
    place_homes::rehome(tx, desk, mint, scene.home.id, "became_f0")?;
    Ok(Done { id: uid.to_string() })
}

/// Opens a closed episode again, with a reason.
pub fn reopen(tx: &mut Tx, desk: &Desk, mint: &mut Mint, uid: Uid, reason: &str) -> Result<Done, Stop> {
    let scene = scene::load(tx, desk, Verb::ReopenEpisode, uid)?;
    let standing = scene.standing(tx)?;
    let other = !episode::open_of_person(tx, scene.episode.person_id)?.is_empty();
    let reopened = rule_reopen(&standing, other, reason, scene.place.open_day)?;
    count(tx, &scene, scene.episode.id, &reopened.flows, desk.now)?;
    episode::reopen(tx, scene.episode.id)?;
    let next = next_contact::expected(tx, &scene.episode, desk.now)?;
    episode::set_next_contact(tx, scene.episode.id, next)?;
    // Whoever was not advised yet is reminded of again.
    record_contact::refresh(tx, &scene.episode, scene.place.hours())?;
    tx.log(&desk.stamp(), &scene.stream(), "episode_reopened", "", &reopened.reason)?;
    place_homes::rehome(tx, desk, mint, scene.home.id, "reopened")?;
    Ok(Done { id: scene.episode.uid.to_string() })
}

#[derive(Clone, Debug)]
pub struct SetSeverity {
    pub episode: Uid,
    pub level: Severity,
    pub reason: Option<String>,
}

/// A clinician's assessment of a case.
pub fn set_severity(tx: &mut Tx, desk: &Desk, cmd: &SetSeverity) -> Result<Done, Stop> {
    let scene = scene::load(tx, desk, Verb::SetSeverity, cmd.episode)?;
    let standing = scene.standing(tx)?;
    let clinician = desk.roles_at(&scene.item.path).any(|g| g.role == Role::StationLeader) || desk.operator;
    let reason = rules::episode::set_severity(
        &standing,
        scene.episode.severity,
        cmd.level,
        clinician,
        cmd.reason.as_deref(),
    )?;
    let (id, seq) = (tx.id(), tx.next_seq());
    attempt::SeverityChange {
        id,
        episode_id: scene.episode.id,
        level: cmd.level,
        reason: reason.clone().unwrap_or_default(),
        staff_id: desk.staff,
        at: desk.now,
        seq,
    }
    .insert(tx)?;
    episode::set_severity(tx, scene.episode.id, cmd.level)?;
    let header = format!("level={}", cmd.level);
    tx.log(&desk.stamp(), &scene.stream(), "severity_set", &header, &reason.unwrap_or_default())?;
    Ok(Done { id: scene.episode.uid.to_string() })
}

#[derive(Clone, Debug)]
pub struct RecordTest {
    pub episode: Uid,
    pub kind: rules::TestKind,
    pub result: rules::TestResult,
    pub taken_at: At,
    pub witness: rules::TestWitness,
}

pub fn record_test(tx: &mut Tx, desk: &Desk, mint: &mut Mint, cmd: &RecordTest) -> Result<Done, Stop> {
    let scene = scene::load(tx, desk, Verb::RecordTest, cmd.episode)?;
    if cmd.taken_at > desk.now {
        return Err(Refusal::invalid("at_in_future").and_field("taken_at", "in_future").into());
    }
    let (id, uid) = (rules::TestId(tx.id()), mint.uid(desk.now));
    Test {
        id,
        uid,
        episode_id: scene.episode.id,
        kind: cmd.kind,
        result: cmd.result,
        taken_at: cmd.taken_at,
        witness: cmd.witness,
        staff_id: desk.staff,
        received_at: desk.now,
        voided_at: None,
        voided_by: None,
        void_reason: None,
    }
    .insert(tx)?;
    if cmd.witness != rules::TestWitness::None && scene.episode.state == EpisodeState::Open {
        next_contact::heard(tx, scene.episode.id, cmd.taken_at)?;
    }
    let header = format!("kind={} result={} witness={}", cmd.kind, cmd.result, cmd.witness);
    tx.log(&desk.stamp(), &scene.stream(), "test_recorded", &header, "")?;
    Ok(Done { id: uid.to_string() })
}

#[derive(Clone, Debug)]
pub struct SetArrangement {
    pub episode: Uid,
    pub kind: Arrangement,
    pub visitor: Option<(String, Option<String>)>,
    pub second: Option<(String, Option<String>)>,
}

/// The longest name of a visitor, in characters.
pub const VISITOR_MAX: usize = 120;

/// How the person is kept in touch: really in the group, or by a named visitor and a second one (P-5, P-6).
pub fn set_arrangement(tx: &mut Tx, desk: &Desk, cmd: &SetArrangement) -> Result<Done, Stop> {
    let scene = scene::load(tx, desk, Verb::SetArrangement, cmd.episode)?;
    let named = |field: &str, visitor: &Option<(String, Option<String>)>| match visitor {
        None => Ok(None),
        Some((name, phone)) => {
            let name = rules::fold::nfc(name);
            if name.is_empty() {
                return Ok(None);
            }
            if name.chars().count() > VISITOR_MAX {
                return Err(Refusal::field(field, "too_long"));
            }
            let phone = match phone.as_deref().map(str::trim).filter(|p| !p.is_empty()) {
                None => None,
                Some(p) => Some(
                    rules::phone::parse(p).map_err(|_| Refusal::field(field, "bad_phone"))?.into_string(),
                ),
            };
            Ok(Some((name, phone)))
        }
    };
    let first = named("visitor", &cmd.visitor)?;
    let second = named("second", &cmd.second)?;
    if cmd.kind == Arrangement::Visitor && first.is_none() {
        return Err(Refusal::field("visitor", "required").into());
    }
    if first.is_none() && second.is_some() {
        return Err(Refusal::field("visitor", "required").into());
    }
    episode::set_arrangement(tx, scene.episode.id, cmd.kind, desk.now)?;
    if cmd.kind == Arrangement::Visitor || first.is_some() {
        let pair = |v: &'_ Option<(String, Option<String>)>| v.clone();
        let (first, second) = (pair(&first), pair(&second));
        household::set_visitors(
            tx,
            scene.home.id,
            first.as_ref().map(|(n, p)| (n.as_str(), p.as_deref())),
            second.as_ref().map(|(n, p)| (n.as_str(), p.as_deref())),
            desk.now,
        )?;
    }
    if let Some(home) = household::by_id(tx, scene.home.id)? {
        next_contact::refresh_home(tx, &home)?;
    }
    let header = format!("arrangement={}", cmd.kind);
    tx.log(&desk.stamp(), &scene.stream(), "arrangement_set", &header, "")?;
    Ok(Done { id: scene.episode.uid.to_string() })
}
