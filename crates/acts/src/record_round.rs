//! What a carer says of one home on the village round (vòng bản, P-8): everybody is well, somebody is not, or nobody was met.
//! Each member gets an answer of their own; a home where nobody was met gets an attempt that reached nobody.

use crate::adopt_protocol::Shelf;
use crate::desk::Desk;
use crate::house::Mint;
use crate::record_checkin::{self, RecordCheckin};
use crate::record_contact::{self, RecordContact};
use rules::checkin::Answers;
use rules::first_contact::Ticks;
use rules::permission::Verb;
use rules::round::{self, Told};
use rules::{AnsweredBy, At, AttemptOutcome, ContactBy, EpisodeId, EpisodeState, Refusal, RoundOutcome, Uid};
use serde::{Deserialize, Serialize};
use store::episode::{self, EpisodeItem};
use store::household::{self, Household};
use store::{Reader, Stop, Tx};

/// Homes that one sheet of paper brings at once.
pub const HOMES_MAX: usize = 100;

#[derive(Clone, Debug)]
pub struct RecordRound {
    pub household: Uid,
    pub how: RoundOutcome,
    /// Episodes of those who are not well.
    pub unwell: Vec<Uid>,
    /// The danger signs were asked about.
    pub signs_asked: bool,
    /// When the home was visited; now, if nothing is said.
    pub made_at: Option<At>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Rounded {
    pub household: String,
    /// A word of [`RoundOutcome`].
    pub how: String,
    /// The answers of those who are well.
    pub checkins: Vec<String>,
    /// Episodes of those who have to be asked one by one.
    pub unwell: Vec<String>,
    pub came_late: bool,
}

/// A home with its members who are under care, for `verb`; not found, if the desk may not.
pub fn load(
    reader: &mut Reader,
    desk: &Desk,
    verb: Verb,
    uid: Uid,
) -> Result<(Household, Vec<EpisodeItem>), Stop> {
    let home = household::by_uid(reader, uid)?.ok_or_else(Refusal::not_found)?;
    let mut members = episode::items_of_household(reader, home.id)?;
    members.retain(|item| desk.can(verb, &item.path));
    if members.is_empty() {
        return Err(Refusal::not_found().into());
    }
    members.retain(|item| item.state == EpisodeState::Open);
    Ok((home, members))
}

/// Records one home of the round.
///
/// # Errors
/// What [`round::plan`], [`record_checkin::record_checkin`] and [`record_contact::record_contact`] refuse.
pub fn record_round(
    tx: &mut Tx,
    desk: &Desk,
    mint: &mut Mint,
    shelf: &Shelf,
    cmd: &RecordRound,
) -> Result<Rounded, Stop> {
    let (home, members) = load(tx, desk, Verb::RecordCheckin, cmd.household)?;
    let of = |id: EpisodeId| members.iter().find(|item| item.id == id);
    let ids: Vec<EpisodeId> = members.iter().map(|item| item.id).collect();
    // Somebody who is not of this home is nobody.
    let unwell: Vec<EpisodeId> = cmd
        .unwell
        .iter()
        .map(|uid| members.iter().find(|item| item.uid == *uid).map_or(EpisodeId(0), |item| item.id))
        .collect();
    let told = Told { how: cmd.how, signs_asked: cmd.signs_asked, unwell: &unwell };
    let plan = round::plan(&ids, told)?;
    let mut done = Rounded {
        household: home.uid.to_string(),
        how: cmd.how.word().to_owned(),
        checkins: Vec::new(),
        unwell: plan.unwell.iter().filter_map(|id| of(*id)).map(|item| item.uid.to_string()).collect(),
        came_late: false,
    };
    for item in plan.well.iter().filter_map(|id| of(*id)) {
        let answers = Answers { red_flags: Some(Vec::new()), ..Answers::default() };
        let said = RecordCheckin {
            episode: item.uid,
            made_at: cmd.made_at,
            answered_by: AnsweredBy::Carer,
            answerer: None,
            answers,
        };
        let answered = record_checkin::record_checkin(tx, desk, mint, shelf, &said)?;
        done.came_late |= answered.came_late;
        done.checkins.push(answered.id);
    }
    if let Some(first) = members.first().filter(|_| plan.is_missed) {
        let tried = RecordContact {
            episode: first.uid,
            by: ContactBy::Visit,
            outcome: AttemptOutcome::NoAnswer,
            at: cmd.made_at,
            household: true,
            ticks: Ticks::default(),
            phone: None,
        };
        done.came_late |= record_contact::record_contact(tx, desk, mint, &tried)?.entered_late;
    }
    let header = format!("how={} members={}", cmd.how, members.len());
    tx.log(&desk.stamp(), &format!("household:{}", home.id.0), "home_visited", &header, "")?;
    Ok(done)
}
