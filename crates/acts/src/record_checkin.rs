//! An answer about somebody's health is recorded, judged by the protocol in force, and raises an alarm where it must
//! (P-8, P-9, P-14, LC-2, LC-17). A second reading settles the first; one that does not come is settled by the clock.

use crate::adopt_protocol::Shelf;
use crate::alerts;
use crate::desk::Desk;
use crate::house::Mint;
use crate::next_contact;
use crate::scene::{self, Scene};
use rules::checkin::{self, Answers};
use rules::permission::Verb;
use rules::protocol::{self, Age, Before, Judgement, Protocol};
use rules::time::HOUR;
use rules::{
    AdoptionId, AnsweredBy, At, BirthDate, CheckinId, EpisodeState, JudgementId, Level, Refusal, Uid, Zone,
};
use serde::{Deserialize, Serialize};
use store::checkin::Checkin;
use store::{Reader, Stop, StoreError, Tx, checkin as rows, episode, person};

/// Earlier answers that one judgement looks at.
const BEFORE_MAX: i64 = 40;

#[derive(Clone, Debug)]
pub struct RecordCheckin {
    pub episode: Uid,
    /// When it was answered; now, if nothing is said.
    pub made_at: Option<At>,
    pub answered_by: AnsweredBy,
    pub answerer: Option<String>,
    pub answers: Answers,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Answered {
    pub id: String,
    /// A word of [`Level`].
    pub level: String,
    pub unknown: Vec<String>,
    pub rules: Vec<String>,
    pub protocol: String,
    pub version: String,
    pub alert_id: Option<String>,
    pub came_late: bool,
}

pub fn record_checkin(
    tx: &mut Tx,
    desk: &Desk,
    mint: &mut Mint,
    shelf: &Shelf,
    cmd: &RecordCheckin,
) -> Result<Answered, Stop> {
    let scene = scene::load(tx, desk, Verb::RecordCheckin, cmd.episode)?;
    answered(tx, desk, mint, shelf, &scene, cmd, true)
}

/// Records an answer about whoever the scene is of. One that is not verified (it came by a home's link) is judged and raises
/// alarms like any other; it settles no reading that staff took and is not being heard of in person: it only says that
/// somebody answered (trust.md, tier 0).
pub(crate) fn answered(
    tx: &mut Tx,
    desk: &Desk,
    mint: &mut Mint,
    shelf: &Shelf,
    scene: &Scene,
    cmd: &RecordCheckin,
    is_verified: bool,
) -> Result<Answered, Stop> {
    if scene.episode.state == EpisodeState::Closed {
        return Err(Refusal::conflict("already_closed").into());
    }
    let (adoption, protocol) = shelf.holding(tx, &scene.item.path)?;
    checkin::check(&cmd.answers, &protocol)?;
    let answerer = checkin::answerer(cmd.answered_by, cmd.answerer.as_deref())?;
    let from = scene.detected().earliest(&scene.place.zone);
    let made = checkin::made(cmd.made_at, from, desk.now)?;
    // A reading while another is awaited is the second one, however it was sent; but not one from before it.
    let mut waiting = rows::waiting(tx, scene.episode.id)?;
    waiting.retain(|first| first.made_at <= made.at && (is_verified || first.staff_id.is_none()));
    let judged = Judging {
        protocol: &protocol,
        birth: scene.item.birth_date,
        zone: &scene.place.zone,
        person: scene.episode.person_id,
        episode: scene.episode.id,
        previous: scene.episode.previous_id,
    };
    let second_until = checkin::second_until(&protocol, made.at, desk.now).filter(|_| waiting.is_empty());
    let found = judged.judge(tx, &cmd.answers, made.at, second_until.is_some())?;
    let repeat_until = second_until.filter(|_| found.level == Level::Repeat);
    let row = Checkin {
        id: CheckinId(tx.id()),
        uid: mint.uid(desk.now),
        episode_id: scene.episode.id,
        answered_by: cmd.answered_by,
        answerer,
        answers: serde_json::to_string(&cmd.answers).map_err(|e| StoreError::Shape(e.to_string()))?,
        made_at: made.at,
        received_at: desk.now,
        staff_id: desk.staff,
        level: found.level,
        repeat_until,
    };
    row.insert(tx)?;
    keep_judgement(tx, row.id, adoption, &protocol, &found, desk.now)?;
    if cmd.answers.spo2().is_some() {
        for first in &waiting {
            rows::settle(tx, first.id, found.level)?;
        }
    }
    if is_verified {
        next_contact::heard(tx, scene.episode.id, made.at)?;
    } else {
        next_contact::answered(tx, scene.episode.id, made.at)?;
    }
    let late = if made.is_late { " late=1" } else { "" };
    let verified = if is_verified { "" } else { " verified=0" };
    let header = format!("level={} by={}{late}{verified}", found.level, cmd.answered_by);
    tx.log(&desk.stamp(), &scene.stream(), "checkin_recorded", &header, "")?;
    let alert = alerts::raise(tx, &desk.stamp(), mint, &scene.item, row.id, found.level, &protocol)?;
    Ok(Answered {
        id: row.uid.to_string(),
        level: found.level.word().to_owned(),
        unknown: found.unknown,
        rules: found.rules,
        protocol: protocol.id.clone(),
        version: protocol.version.clone(),
        alert_id: alert.map(|uid| uid.to_string()),
        came_late: made.is_late,
    })
}

/// What a judgement of one person's answers needs.
struct Judging<'a> {
    protocol: &'a Protocol,
    birth: Option<BirthDate>,
    zone: &'a Zone,
    person: rules::PersonId,
    episode: rules::EpisodeId,
    /// The contact's episode of somebody who turned case: what was answered then was answered by them.
    previous: Option<rules::EpisodeId>,
}

impl Judging<'_> {
    fn judge(
        &self,
        reader: &mut Reader,
        answers: &Answers,
        made_at: At,
        waits: bool,
    ) -> Result<Judgement, Stop> {
        let age = Age::on(self.birth, made_at.day(self.zone));
        let risks = person::by_id(reader, self.person)?.map(|p| p.risks).unwrap_or_default();
        let mut before = Before {
            risk_count: risks.split(' ').filter(|risk| !risk.is_empty()).count() as i64,
            ..Before::default()
        };
        // What nobody verified hides nothing: of the last temperature and the last one of staff the higher counts.
        let (mut last, mut of_staff) = (None, None);
        let mut earlier_ones = rows::newest(reader, self.episode, made_at.plus(-1), BEFORE_MAX)?;
        if let Some(previous) = self.previous {
            earlier_ones.extend(rows::newest(reader, previous, made_at.plus(-1), BEFORE_MAX)?);
        }
        for earlier in earlier_ones {
            let said = read_answers(&earlier)?;
            last = last.or(said.number("temp"));
            of_staff = of_staff.or(said.number("temp").filter(|_| earlier.staff_id.is_some()));
            if earlier.made_at > made_at.plus(-24 * HOUR) {
                before.spo2_24h = match (before.spo2_24h, said.spo2()) {
                    (Some(highest), Some(read)) => Some(highest.max(read)),
                    (highest, read) => highest.or(read),
                };
            }
        }
        before.temp = [last, of_staff].into_iter().flatten().reduce(f64::max);
        Ok(protocol::judge(self.protocol, answers, age, before, waits))
    }
}

/// What was answered, as it is kept.
pub fn read_answers(row: &Checkin) -> Result<Answers, StoreError> {
    serde_json::from_str(&row.answers)
        .map_err(|e| StoreError::Shape(format!("the answers of check-in {}: {e}", row.id.0)))
}

fn keep_judgement(
    tx: &mut Tx,
    checkin: CheckinId,
    adoption: AdoptionId,
    protocol: &Protocol,
    found: &Judgement,
    now: At,
) -> Result<(), StoreError> {
    rows::Judgement {
        id: JudgementId(tx.id()),
        checkin_id: checkin,
        adoption_id: adoption,
        protocol: protocol.id.clone(),
        version: protocol.version.clone(),
        level: found.level,
        unknown: found.unknown.join(" "),
        rules: found.rules.join(" "),
        at: now,
    }
    .insert(tx)
}

/// The second reading did not come in time: the first counts. Part of the clock's duty.
pub(crate) fn settle(tx: &mut Tx, mint: &mut Mint, shelf: &Shelf, row: &Checkin, at: At) -> Result<(), Stop> {
    let torn = || StoreError::Shape(format!("check-in {} has no episode", row.id.0));
    let item = episode::items_by_ids(tx, &[row.episode_id])?.into_iter().next().ok_or_else(torn)?;
    let stamp = crate::by_clock(at);
    let (adoption, protocol) = match rows::judgements(tx, row.id)?.pop() {
        Some(judged) => (judged.adoption_id, shelf.by_id(tx, judged.adoption_id)?),
        None => shelf.holding(tx, &item.path)?,
    };
    let zone = store::area::by_id(tx, item.area_id)?.ok_or_else(torn)?.zone();
    let judged = Judging {
        protocol: &protocol,
        birth: item.birth_date,
        zone: &zone,
        person: item.person_id,
        episode: item.id,
        previous: episode::by_id(tx, item.id)?.and_then(|row| row.previous_id),
    };
    let found = judged.judge(tx, &read_answers(row)?, row.made_at, false)?;
    keep_judgement(tx, row.id, adoption, &protocol, &found, at)?;
    rows::settle(tx, row.id, found.level)?;
    let header = format!("level={} second=missing", found.level);
    tx.log(&stamp, &format!("episode:{}", row.episode_id.0), "checkin_settled", &header, "")?;
    if item.state == EpisodeState::Open {
        alerts::raise(tx, &stamp, mint, &item, row.id, found.level, &protocol)?;
    }
    Ok(())
}
