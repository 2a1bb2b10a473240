//! A home and its care team talk (trao đổi riêng với tổ; LC-8, LC-11, LC-16). Staff of the area write and read; whoever has the
//! home's link writes; its bound devices read (trust.md, "The patient's link"). A home that wrote waits until somebody answers it,
//! in the thread, by a call or at the door, and is a gap when that takes too long.

use crate::adopt_protocol::Shelf;
use crate::desk::Desk;
use crate::house::Mint;
use crate::household_link;
use rules::permission::Verb;
use rules::thread::{self as rule, Waiting};
use rules::time::HOUR;
use rules::{
    At, AttemptOutcome, ContactBy, ConversationId, MessageId, MessageKind, Refusal, Role, Settled, StaffId,
    Uid,
};
use serde::{Deserialize, Serialize};
use store::episode::{self, EpisodeItem};
use store::household::{self, Household};
use store::thread::{self, Conversation, Message, Reading};
use store::{Reader, Stop, StoreError, Tx, bound_device, locality};

/// Messages that the devices of one home may write in an hour, and as many whoever else has its link: more is no conversation, and
/// nobody who has the link takes the home's own away.
pub const HOME_MESSAGES_PER_HOUR_MAX: i64 = 120;
/// Homes whose wait is given a time in one transaction.
const TIMED_MAX: i64 = 500;

/// A home's thread, as somebody of the team sees it.
pub struct Thread {
    pub home: Household,
    /// Everybody who is or was under care there, the oldest first.
    pub members: Vec<EpisodeItem>,
    /// Where the home lies, for what may be done there.
    pub path: String,
    /// `None` until somebody wrote.
    pub conversation: Option<Conversation>,
}

/// The thread of a home, for `verb`; not found, if the desk may not.
pub fn load(reader: &mut Reader, desk: &Desk, verb: Verb, home: Uid) -> Result<Thread, Stop> {
    let home = household::by_uid(reader, home)?.ok_or_else(Refusal::not_found)?;
    let mut members = episode::items_of_household(reader, home.id)?;
    members.retain(|item| desk.can(verb, &item.path));
    let path = members.first().ok_or_else(Refusal::not_found)?.path.clone();
    let conversation = thread::of_home(reader, home.id)?;
    Ok(Thread { home, members, path, conversation })
}

#[derive(Clone, Debug)]
pub struct WriteMessage {
    pub home: Uid,
    /// May be empty where a guidance is named.
    pub text: String,
    pub quotes: Option<Uid>,
    /// One's own message that this one puts right.
    pub corrects: Option<Uid>,
    /// The name of a guidance of the protocol in force: the message then says its words, and no others.
    pub guidance: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Written {
    pub id: String,
    /// Milliseconds UTC by which whoever wrote from home is answered; `None` where nobody said how long that may take.
    pub answer_by: Option<i64>,
}

/// What is about to be said, and by whom.
struct Saying {
    kind: MessageKind,
    staff: Option<(StaffId, Option<Role>)>,
    /// By the home itself.
    by_home: bool,
    word: Option<String>,
    is_verified: bool,
    text: String,
    quotes: Option<MessageId>,
    corrects: Option<MessageId>,
    guidance: Option<String>,
}

impl Saying {
    fn of_staff(desk: &Desk, role: Option<Role>, text: String) -> Result<Saying, Refusal> {
        let staff = desk.staff.ok_or_else(Refusal::not_found)?;
        Ok(Saying {
            kind: MessageKind::Text,
            staff: Some((staff, role)),
            by_home: false,
            word: None,
            is_verified: true,
            text,
            quotes: None,
            corrects: None,
            guidance: None,
        })
    }

    /// A line of the program's own; `name` is the name of its words.
    fn system(name: &str) -> Saying {
        Saying {
            kind: MessageKind::System,
            staff: None,
            by_home: false,
            word: None,
            is_verified: true,
            text: name.to_owned(),
            quotes: None,
            corrects: None,
            guidance: None,
        }
    }
}

/// Says it, and leaves the home waiting as `waiting` makes of how it waited before.
fn say(
    tx: &mut Tx,
    desk: &Desk,
    mint: &mut Mint,
    home: &Household,
    saying: Saying,
    waiting: impl FnOnce(Option<Waiting>) -> Option<Waiting>,
) -> Result<(Message, Option<Waiting>), Stop> {
    let known = thread::of_home(tx, home.id)?;
    let id = MessageId(tx.id());
    let stands = waiting(known.as_ref().and_then(Conversation::waiting));
    let conversation_id = match &known {
        Some(known) => {
            thread::set_stand(tx, known.id, stands, id)?;
            known.id
        }
        None => {
            let row = Conversation {
                id: ConversationId(tx.id()),
                uid: home.uid,
                household_id: home.id,
                waiting_since: stands.map(|w| w.since),
                answer_by: stands.and_then(|w| w.answer_by),
                last_message_id: id,
                made_at: desk.now,
            };
            row.insert(tx)?;
            row.id
        }
    };
    let message = Message {
        id,
        uid: mint.uid(desk.now),
        conversation_id,
        kind: saying.kind,
        staff_id: saying.staff.map(|(staff, _)| staff),
        role: saying.staff.and_then(|(_, role)| role),
        household_id: saying.by_home.then_some(home.id),
        word: saying.word,
        is_verified: saying.is_verified,
        text: saying.text,
        quotes: saying.quotes,
        corrects: saying.corrects,
        guidance: saying.guidance,
        at: desk.now,
    };
    message.insert(tx)?;
    tx.log(
        &desk.stamp(),
        &thread::stream(conversation_id),
        "message_written",
        &format!("message={}", id.0),
        "",
    )?;
    Ok((message, stands))
}

/// A message of this thread that somebody may point at.
fn pointed_at(
    reader: &mut Reader,
    conversation: Option<&Conversation>,
    field: &str,
    uid: Option<Uid>,
) -> Result<Option<Message>, Stop> {
    let Some(uid) = uid else { return Ok(None) };
    let found = thread::message_by_uid(reader, uid)?.filter(|message| {
        message.kind == MessageKind::Text && conversation.is_some_and(|c| c.id == message.conversation_id)
    });
    Ok(Some(found.ok_or_else(|| Refusal::field(field, "unknown"))?))
}

/// A message is put right once; whoever put it right puts that right.
fn not_yet_corrected(reader: &mut Reader, message: &Message) -> Result<(), Stop> {
    let line = thread::by_ids(reader, &[message.id])?.into_iter().next();
    match line.and_then(|line| line.corrected_by) {
        Some(_) => Err(Refusal::conflict("already_corrected").into()),
        None => Ok(()),
    }
}

/// The role under which somebody writes: the one granted nearest to the home.
fn role_at(desk: &Desk, path: &str) -> Option<Role> {
    let may = |role| rules::permission::may(role, Verb::WriteMessage);
    desk.roles_at(path).filter(|grant| may(grant.role)).max_by_key(|grant| grant.path.len()).map(|g| g.role)
}

/// Somebody of the team writes to a home: it is answered.
///
/// # Errors
/// What [`rule::text`] refuses; `quotes`, `corrects` with `unknown`; `already_corrected`; `guidance` with `unknown`, or
/// `other_words` when the text is not the guidance's.
pub fn write(
    tx: &mut Tx,
    desk: &Desk,
    mint: &mut Mint,
    shelf: &Shelf,
    cmd: &WriteMessage,
) -> Result<Written, Stop> {
    let found = load(tx, desk, Verb::WriteMessage, cmd.home)?;
    let (text, guidance) = words(tx, shelf, &found.path, cmd)?;
    let mut saying = Saying::of_staff(desk, role_at(desk, &found.path), text)?;
    saying.guidance = guidance;
    let conversation = found.conversation.as_ref();
    saying.quotes = pointed_at(tx, conversation, "quotes", cmd.quotes)?.map(|message| message.id);
    if let Some(wrong) = pointed_at(tx, conversation, "corrects", cmd.corrects)? {
        if wrong.staff_id != desk.staff {
            return Err(Refusal::field("corrects", "unknown").into());
        }
        not_yet_corrected(tx, &wrong)?;
        saying.corrects = Some(wrong.id);
    }
    let (message, _) = say(tx, desk, mint, &found.home, saying, |_| None)?;
    Ok(Written { id: message.uid.to_string(), answer_by: None })
}

/// The words of a message and the guidance that it says.
fn words(
    reader: &mut Reader,
    shelf: &Shelf,
    path: &str,
    cmd: &WriteMessage,
) -> Result<(String, Option<String>), Stop> {
    let Some(id) = &cmd.guidance else { return Ok((rule::text(&cmd.text)?, None)) };
    let unknown = || Refusal::field("guidance", "unknown");
    let (_, protocol) = shelf.in_force(reader, path)?.ok_or_else(unknown)?;
    let guidance = protocol.guidance(id).ok_or_else(unknown)?;
    // Homes are written to in Vietnamese.
    let own = &guidance.words.vi;
    let text = if cmd.text.trim().is_empty() { own.clone() } else { rule::text(&cmd.text)? };
    if text != *own {
        return Err(Refusal::field("guidance", "other_words").into());
    }
    Ok((text, Some(format!("{} {} {id} {}", protocol.id, protocol.version, guidance.source))))
}

/// A home was answered otherwise, or asks for nothing.
///
/// # Errors
/// `nothing_waits`.
pub fn settle(tx: &mut Tx, desk: &Desk, mint: &mut Mint, home: Uid, how: Settled) -> Result<Written, Stop> {
    let found = load(tx, desk, Verb::WriteMessage, home)?;
    if found.conversation.as_ref().and_then(Conversation::waiting).is_none() {
        return Err(Refusal::conflict("nothing_waits").into());
    }
    settled(tx, desk, mint, &found.home, role_at(desk, &found.path), how)
}

fn settled(
    tx: &mut Tx,
    desk: &Desk,
    mint: &mut Mint,
    home: &Household,
    role: Option<Role>,
    how: Settled,
) -> Result<Written, Stop> {
    let mut saying = Saying::of_staff(desk, role, format!("settled_{how}"))?;
    saying.kind = MessageKind::System;
    let (message, _) = say(tx, desk, mint, home, saying, |_| None)?;
    Ok(Written { id: message.uid.to_string(), answer_by: None })
}

/// Somebody at home was reached, by a call or a visit made at `at`: whatever the home had written by then is answered.
pub(crate) fn reached(
    tx: &mut Tx,
    desk: &Desk,
    mint: &mut Mint,
    home: &Household,
    path: &str,
    by: ContactBy,
    at: At,
) -> Result<(), Stop> {
    let conversation = thread::of_home(tx, home.id)?;
    let waits = conversation.as_ref().and_then(Conversation::waiting);
    let how = match by {
        ContactBy::Visit => Settled::Met,
        ContactBy::Phone | ContactBy::Zalo | ContactBy::Sms | ContactBy::Web => Settled::Called,
    };
    match waits {
        // A call from before the home wrote answers nothing.
        Some(waiting) if waiting.since <= at => {
            settled(tx, desk, mint, home, role_at(desk, path), how)?;
        }
        Some(_) | None => {}
    }
    Ok(())
}

/// Whether an attempt is one that answers.
pub(crate) fn answers(outcome: AttemptOutcome) -> bool {
    match outcome {
        AttemptOutcome::Reached => true,
        AttemptOutcome::NoAnswer | AttemptOutcome::WrongNumber | AttemptOutcome::Refused => false,
    }
}

#[derive(Clone, Debug, Default)]
pub struct WriteByLink {
    pub token_hash: String,
    /// What is kept of the device's own token, if it has one.
    pub device_hash: Option<String>,
    /// Who at home writes, by [`household_link::Member::number`].
    pub who: Option<usize>,
    pub text: String,
    /// Bound devices alone know what was said.
    pub quotes: Option<Uid>,
    pub corrects: Option<Uid>,
}

/// Whoever has the home's link writes to its team: any device, marked as unverified unless the home bound it.
///
/// # Errors
/// Not found, once the link is revoked; `who`, `quotes`, `corrects` with `unknown`; `already_corrected`; `too_many_messages`; what
/// [`rule::text`] refuses.
pub fn write_by_link(tx: &mut Tx, desk: &Desk, mint: &mut Mint, cmd: &WriteByLink) -> Result<Written, Stop> {
    let opened = household_link::open(tx, &cmd.token_hash, desk.now)?.ok_or_else(Refusal::not_found)?;
    if desk.household != Some(opened.home.id) {
        return Err(Refusal::not_found().into());
    }
    let is_bound = opened.is_bound(tx, cmd.device_hash.as_deref())?;
    let text = rule::text(&cmd.text)?;
    let word = match cmd.who {
        None => None,
        Some(who) => {
            let member = opened.members.iter().find(|member| member.number == who);
            member.ok_or_else(|| Refusal::field("who", "unknown"))?.word.clone()
        }
    };
    let conversation = thread::of_home(tx, opened.home.id)?;
    if let Some(conversation) = &conversation {
        let since = At(desk.now.0 - HOUR);
        if thread::written_by_home(tx, conversation.id, since, is_bound)? >= HOME_MESSAGES_PER_HOUR_MAX {
            return Err(Refusal::conflict("too_many_messages").into());
        }
    }
    // What was said is nothing that the link alone may point at.
    let pointing = if is_bound { (cmd.quotes, cmd.corrects) } else { (None, None) };
    let quotes = pointed_at(tx, conversation.as_ref(), "quotes", pointing.0)?.map(|message| message.id);
    let wrong = pointed_at(tx, conversation.as_ref(), "corrects", pointing.1)?;
    if let Some(wrong) = &wrong {
        if wrong.household_id != Some(opened.home.id) {
            return Err(Refusal::field("corrects", "unknown").into());
        }
        not_yet_corrected(tx, wrong)?;
    }
    let minutes = locality::of_path(tx, &opened.path)?.and_then(|locality| locality.answer_minutes);
    let saying = Saying {
        kind: MessageKind::Text,
        staff: None,
        by_home: true,
        word,
        is_verified: is_bound,
        text,
        quotes,
        corrects: wrong.map(|wrong| wrong.id),
        guidance: None,
    };
    let now = desk.now;
    let asked = |before| Some(rule::asked(before, now, minutes));
    let (message, waiting) = say(tx, desk, mint, &opened.home, saying, asked)?;
    let answer_by = waiting.and_then(|waiting| waiting.answer_by).map(|at| at.0);
    Ok(Written { id: message.uid.to_string(), answer_by })
}

/// A line of the program's own in a home's thread; the home waits as before.
pub(crate) fn note(
    tx: &mut Tx,
    desk: &Desk,
    mint: &mut Mint,
    home: &Household,
    name: &str,
) -> Result<(), Stop> {
    let mut saying = Saying::system(name);
    saying.staff = desk.staff.map(|staff| (staff, None));
    saying.by_home = desk.household == Some(home.id);
    say(tx, desk, mint, home, saying, |before| before)?;
    Ok(())
}

/// Somebody of the team has seen a thread up to a message.
pub fn see(tx: &mut Tx, desk: &Desk, home: Uid, upto: Uid) -> Result<(), Stop> {
    let found = load(tx, desk, Verb::ReadThread, home)?;
    let staff = desk.staff.ok_or_else(Refusal::not_found)?;
    seen(tx, desk, found.conversation.as_ref(), Reading::Staff(staff), upto)
}

/// A bound device of the home shows a thread up to a message.
pub fn see_by_home(
    tx: &mut Tx,
    desk: &Desk,
    token_hash: &str,
    device_hash: &str,
    upto: Uid,
) -> Result<(), Stop> {
    let opened = household_link::open(tx, token_hash, desk.now)?.ok_or_else(Refusal::not_found)?;
    if desk.household != Some(opened.home.id) || !opened.is_bound(tx, Some(device_hash))? {
        return Err(Refusal::not_found().into());
    }
    let conversation = thread::of_home(tx, opened.home.id)?;
    seen(tx, desk, conversation.as_ref(), Reading::Home(opened.home.id), upto)
}

fn seen(
    tx: &mut Tx,
    desk: &Desk,
    conversation: Option<&Conversation>,
    who: Reading,
    upto: Uid,
) -> Result<(), Stop> {
    let conversation = conversation.ok_or_else(Refusal::not_found)?;
    let message = thread::message_by_uid(tx, upto)?.filter(|m| m.conversation_id == conversation.id);
    let message = message.ok_or_else(Refusal::not_found)?;
    if thread::see(tx, conversation.id, who, message.id, desk.now)? {
        let header = format!("message={}", message.id.0);
        tx.log(&desk.stamp(), &conversation.stream(), "message_seen", &header, "")?;
    }
    Ok(())
}

/// Homes that waited while nobody had said how long they may: they are given a time now, counted from when they wrote.
pub(crate) fn time_waiting(tx: &mut Tx, desk: &Desk, path: &str, minutes: i64) -> Result<(), Stop> {
    for conversation in thread::untimed(tx, path, TIMED_MAX)? {
        let Some(waiting) = conversation.waiting() else { continue };
        let timed = Waiting { answer_by: rule::answer_by(waiting.since, Some(minutes)), ..waiting };
        thread::set_stand(tx, conversation.id, Some(timed), conversation.last_message_id)?;
        tx.log(&desk.stamp(), &conversation.stream(), "answer_timed", "", "")?;
    }
    Ok(())
}

/// Whether a device of the home may read.
pub(crate) fn is_bound(
    reader: &mut Reader,
    link: rules::LinkId,
    device_hash: Option<&str>,
) -> Result<bool, StoreError> {
    let Some(hash) = device_hash else { return Ok(false) };
    Ok(bound_device::by_hash(reader, hash)?.is_some_and(|device| device.link_id == link))
}
