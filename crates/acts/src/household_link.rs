//! A home's own link (trust.md, "The patient's link"): handed out and revoked by staff; whoever has it, on any device, may say
//! how somebody at home is, and sees nothing of what is stored (tier 0).

use crate::adopt_protocol::Shelf;
use crate::desk::Desk;
use crate::house::Mint;
use crate::record_checkin::{self, Answered, RecordCheckin};
use crate::record_round;
use crate::scene;
use rules::checkin::Answers;
use rules::permission::Verb;
use rules::{
    AnsweredBy, At, EpisodeId, EpisodeState, LinkDelivery, LinkId, PersonId, Refusal, Uid,
    household_link as rule,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::episode::{self, EpisodeItem};
use store::household::{self, Household};
use store::household_link::{self as rows, HouseholdLink};
use store::{Reader, Stop, StoreError, Tx};

/// Bytes of a token: it is guessed by nobody.
pub const TOKEN_BYTES: usize = 16;

/// What is kept of a token.
pub fn hash_of(token: &str) -> String {
    Sha256::digest(token.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A token from chance.
pub fn token_of(chance: [u8; TOKEN_BYTES]) -> String {
    chance.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// How a home calls one of its members. It stays theirs when a contact turns case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Word {
    person: i64,
    word: String,
}

#[derive(Clone, Debug)]
pub struct MakeLink {
    pub household: Uid,
    /// What is kept of the token that whoever asked made and shows once.
    pub token_hash: String,
    /// By episode, for everybody at home who is under care.
    pub words: Vec<(Uid, String)>,
    pub delivery: LinkDelivery,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Done {
    pub id: String,
}

/// Makes the home's link; the one before it opens nothing any more.
///
/// # Errors
/// What [`rule::words`] refuses; `nobody_under_care`.
pub fn make(tx: &mut Tx, desk: &Desk, mint: &mut Mint, cmd: &MakeLink) -> Result<Done, Stop> {
    let (home, members) = record_round::load(tx, desk, Verb::ManageLink, cmd.household)?;
    if members.is_empty() {
        return Err(Refusal::conflict("nobody_under_care").into());
    }
    let of = |uid: Uid| members.iter().find(|item| item.uid == uid).map_or(EpisodeId(0), |item| item.id);
    let chosen: Vec<(EpisodeId, String)> =
        cmd.words.iter().map(|(uid, word)| (of(*uid), word.clone())).collect();
    let names: Vec<(EpisodeId, &str)> =
        members.iter().map(|item| (item.id, item.full_name.as_str())).collect();
    let words = rule::words(&names, &chosen)?.into_iter().filter_map(|(id, word)| {
        let person = members.iter().find(|item| item.id == id)?.person_id;
        Some(Word { person: person.0, word })
    });
    keep(tx, desk, mint, &home, &cmd.token_hash, words.collect(), cmd.delivery)
}

fn keep(
    tx: &mut Tx,
    desk: &Desk,
    mint: &mut Mint,
    home: &Household,
    token_hash: &str,
    words: Vec<Word>,
    delivery: LinkDelivery,
) -> Result<Done, Stop> {
    rows::revoke(tx, home.id, desk.staff, desk.now)?;
    let row = HouseholdLink {
        id: LinkId(tx.id()),
        uid: mint.uid(desk.now),
        household_id: home.id,
        token_hash: token_hash.to_owned(),
        words: serde_json::to_string(&words).map_err(|e| StoreError::Shape(e.to_string()))?,
        made_at: desk.now,
        made_by: desk.staff,
        revoked_at: None,
        revoked_by: None,
        delivery: Some(delivery),
    };
    row.insert(tx)?;
    tx.log(&desk.stamp(), &format!("household:{}", home.id.0), "link_made", "", "")?;
    Ok(Done { id: row.uid.to_string() })
}

/// Nobody comes in by the home's link any more: a lost phone, a wrong number, a change of heart.
pub fn revoke(tx: &mut Tx, desk: &Desk, household: Uid) -> Result<Done, Stop> {
    let (home, _) = record_round::load(tx, desk, Verb::ManageLink, household)?;
    if rows::revoke(tx, home.id, desk.staff, desk.now)? {
        tx.log(&desk.stamp(), &format!("household:{}", home.id.0), "link_revoked", "", "")?;
    }
    Ok(Done { id: home.uid.to_string() })
}

/// The number that the link was sent to turned out to be somebody else's: nobody comes in by it any more.
pub(crate) fn wrong_number(tx: &mut Tx, desk: &Desk, home: rules::HouseholdId) -> Result<(), Stop> {
    let link = rows::of_home(tx, home)?;
    if link.is_some_and(|link| link.delivery == Some(LinkDelivery::ToNumber)) {
        rows::revoke(tx, home, desk.staff, desk.now)?;
        tx.log(&desk.stamp(), &format!("household:{}", home.0), "link_revoked", "", "")?;
    }
    Ok(())
}

/// Somebody under care at home, as the home's link knows them.
pub struct Member {
    pub item: EpisodeItem,
    /// Stays theirs whoever else comes or goes.
    pub number: usize,
    /// The home's own word; `None` for somebody who came to it after the link was made.
    pub word: Option<String>,
}

/// What a link opens.
pub struct Opened {
    pub home: Household,
    /// Everybody under care at home.
    pub members: Vec<Member>,
    /// Where the home lies, for its emergency numbers and its protocol.
    pub path: String,
    pub link: LinkId,
    pub made_at: At,
    pub delivery: Option<LinkDelivery>,
}

impl Opened {
    /// Whether what is said may be read on the device with this token: bound to this home by this link.
    pub fn is_bound(&self, reader: &mut Reader, device_hash: Option<&str>) -> Result<bool, StoreError> {
        crate::thread::is_bound(reader, self.link, device_hash)
    }
}

/// Opens a running link; `None` for one that is revoked or never was, and for a home whose last care ended some days ago.
pub fn open(reader: &mut Reader, token_hash: &str, now: At) -> Result<Option<Opened>, StoreError> {
    let Some(link) = rows::by_hash(reader, token_hash)? else { return Ok(None) };
    let torn = || StoreError::Shape(format!("link {} has no home", link.id.0));
    let home = household::by_id(reader, link.household_id)?.ok_or_else(torn)?;
    let words: Vec<Word> = serde_json::from_str(&link.words)
        .map_err(|e| StoreError::Shape(format!("the words of link {}: {e}", link.id.0)))?;
    let all = episode::items_of_household(reader, home.id)?;
    let path = all.first().map(|item| item.path.clone()).unwrap_or_default();
    let is_cared_for = all.iter().any(|item| item.state == EpisodeState::Open);
    let ended = all.iter().filter_map(|item| item.ended_at).max();
    if !is_cared_for && ended.is_none_or(|at| rule::is_over(at, now)) {
        return Ok(None);
    }
    let mut people: Vec<PersonId> = all.iter().map(|item| item.person_id).collect();
    people.sort_unstable();
    people.dedup();
    let member = |item: EpisodeItem| Member {
        number: people.iter().position(|id| *id == item.person_id).unwrap_or(0),
        word: words.iter().find(|word| word.person == item.person_id.0).map(|word| word.word.clone()),
        item,
    };
    let members = all.into_iter().filter(|item| item.state == EpisodeState::Open).map(member);
    let members = members.collect();
    Ok(Some(Opened { members, home, path, link: link.id, made_at: link.made_at, delivery: link.delivery }))
}

#[derive(Clone, Debug)]
pub struct AnswerByLink {
    pub token_hash: String,
    /// Which member, by [`Member::number`].
    pub who: usize,
    pub answered_by: AnsweredBy,
    pub answerer: Option<String>,
    pub answers: Answers,
}

/// Records what a home says of one of its members: any device, not verified.
///
/// # Errors
/// Not found, once the link is revoked; `who` with `unknown`; `answered_by` with `unknown_word` for staff; what
/// [`record_checkin::record_checkin`] refuses.
pub fn answer(
    tx: &mut Tx,
    desk: &Desk,
    mint: &mut Mint,
    shelf: &Shelf,
    cmd: &AnswerByLink,
) -> Result<Answered, Stop> {
    let opened = open(tx, &cmd.token_hash, desk.now)?.ok_or_else(Refusal::not_found)?;
    if desk.household != Some(opened.home.id) {
        return Err(Refusal::not_found().into());
    }
    let who = opened.members.into_iter().find(|member| member.number == cmd.who);
    let item = who.ok_or_else(|| Refusal::field("who", "unknown"))?.item;
    match cmd.answered_by {
        AnsweredBy::Oneself | AnsweredBy::Relative => {}
        AnsweredBy::Carer | AnsweredBy::Staff => {
            return Err(Refusal::field("answered_by", "unknown_word").into());
        }
    }
    let said = RecordCheckin {
        episode: item.uid,
        made_at: None,
        answered_by: cmd.answered_by,
        answerer: cmd.answerer.clone(),
        answers: cmd.answers.clone(),
    };
    let scene = scene::of(tx, item)?;
    record_checkin::answered(tx, desk, mint, shelf, &scene, &said, false)
}

/// The token of a demo's home: anybody may know it, because nobody real lives there.
pub fn demo_token(home: Uid) -> String {
    let hash = Sha256::digest(format!("keben demo link {home}").as_bytes());
    hash.iter().take(TOKEN_BYTES).map(|byte| format!("{byte:02x}")).collect()
}

/// A link for a made-up home of a demo.
pub(crate) fn make_up(tx: &mut Tx, desk: &Desk, mint: &mut Mint, home: &Household) -> Result<(), Stop> {
    let members = episode::open_of_household(tx, home.id)?;
    let words = members.iter().enumerate();
    let words =
        words.map(|(n, row)| Word { person: row.person_id.0, word: format!("Người {}", n + 1) }).collect();
    keep(tx, desk, mint, home, &hash_of(&demo_token(home.uid)), words, LinkDelivery::InPerson)?;
    Ok(())
}
