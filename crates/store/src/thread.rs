//! Threads (`conversation`) and what was said in them (`message`). A message is never changed; a thread knows since when its home
//! waits for an answer. What is new is found by the log's own numbers, so that a live page misses nothing (trust.md, "Streams").

use crate::error::StoreError;
use crate::figure::sql;
use crate::stmt::{MARKS, change, marks_50, row, select, stmt};
use crate::tx::{Reader, Tx};
use crate::val::{FromRow, Row};
use rules::thread::Waiting;
use rules::{At, ConversationId, HouseholdId, MessageId, MessageKind, Role, SeenId, StaffId, Uid};

row! {
    pub struct Conversation(CONVERSATION = "conversation", ConversationId) {
        /// That of its home: one home has one thread (P-3).
        uid: Uid,
        household_id: HouseholdId,
        /// The home wrote and has no answer yet.
        waiting_since: Option<At>,
        answer_by: Option<At>,
        last_message_id: MessageId,
        made_at: At,
    }
}

row! {
    pub struct Message(MESSAGE = "message", MessageId) {
        uid: Uid,
        conversation_id: ConversationId,
        kind: MessageKind,
        /// Whoever of the team wrote it.
        staff_id: Option<StaffId>,
        /// The role under which they did.
        role: Option<Role>,
        /// The home that wrote it.
        household_id: Option<HouseholdId>,
        /// How the home calls whoever wrote.
        word: Option<String>,
        /// A device of the home wrote it, not just somebody who has the link.
        is_verified: bool,
        /// The words; of a line of the program's own the name of its words.
        text: String,
        quotes: Option<MessageId>,
        corrects: Option<MessageId>,
        /// The guidance that it says: protocol, version, name and its document, with a space between.
        guidance: Option<String>,
        at: At,
    }
}

row! {
    /// How far somebody has seen a thread.
    pub struct Seen(MESSAGE_SEEN = "message_seen", SeenId) {
        conversation_id: ConversationId,
        staff_id: Option<StaffId>,
        household_id: Option<HouseholdId>,
        message_id: MessageId,
        at: At,
    }
}

/// A message with what is shown beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub message: Message,
    pub author: Option<String>,
    /// Whether the author has a licence to practise.
    pub is_licensed: bool,
    /// The message that it quotes: its uid and words.
    pub quoted: Option<(Uid, String)>,
    pub corrects: Option<Uid>,
    /// The message that corrects this one.
    pub corrected_by: Option<Uid>,
}

/// A thread in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    pub conversation: Conversation,
    pub address: String,
    pub area_name: String,
    pub cluster: Option<String>,
    /// Whoever looks after the home.
    pub carer: Option<String>,
    pub last: Message,
    /// Whether whoever asks has seen the last message.
    pub is_seen: bool,
}

/// Who has seen how far.
#[derive(Clone, Debug, PartialEq)]
pub struct SeenBy {
    /// `None` for the home.
    pub staff: Option<StaffId>,
    pub name: Option<String>,
    pub message_id: MessageId,
    pub at: At,
    /// Everything that the other side wrote, and it wrote something.
    pub has_seen_all: bool,
}

/// An entry of the log, as far as live pages need it.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    pub seq: i64,
    pub stream: String,
    pub kind: String,
    pub header: String,
}

const LINE: &str = "SELECT message.id, message.uid, message.conversation_id, message.kind, message.staff_id,
       message.role, message.household_id, message.word, message.is_verified, message.text, message.quotes,
       message.corrects, message.guidance, message.at, staff.full_name,
       CASE WHEN staff.licence IS NULL OR staff.licence = '' THEN 0 ELSE 1 END, quoted.uid, quoted.text, wrong.uid,
       (SELECT later.uid FROM message AS later WHERE later.corrects = message.id ORDER BY later.id DESC LIMIT 1)
     FROM message LEFT JOIN staff ON staff.id = message.staff_id
       LEFT JOIN message AS quoted ON quoted.id = message.quotes
       LEFT JOIN message AS wrong ON wrong.id = message.corrects ";

const LISTED: &str = "SELECT conversation.id, conversation.uid, conversation.household_id, conversation.waiting_since, conversation.answer_by,
       conversation.last_message_id, conversation.made_at, household.address, area.name, cluster.name, carer.full_name,
       message.id, message.uid, message.conversation_id, message.kind, message.staff_id, message.role,
       message.household_id, message.word, message.is_verified, message.text, message.quotes, message.corrects,
       message.guidance, message.at,
       CASE WHEN EXISTS (SELECT 1 FROM message_seen WHERE message_seen.conversation_id = conversation.id
         AND message_seen.staff_id = ?2 AND message_seen.message_id >= conversation.last_message_id) THEN 1 ELSE 0 END
     FROM conversation JOIN household ON household.id = conversation.household_id
       JOIN area ON area.id = household.area_id
       JOIN message ON message.id = conversation.last_message_id
       LEFT JOIN area AS cluster ON cluster.id = household.cluster_id
       LEFT JOIN staff AS carer ON carer.id = household.carer_id ";

/// The home lies at the path or below.
const IN_SCOPE: &str = "substr(COALESCE(cluster.path, area.path), 1, length(?1)) = ?1";

select! {
    BY_UID: CONVERSATION = "WHERE conversation.uid = ?1";
    BY_ID: CONVERSATION = "WHERE conversation.id = ?1";
    OF_HOME: CONVERSATION = "WHERE conversation.household_id = ?1";
    MESSAGE_BY_UID: MESSAGE = "WHERE message.uid = ?1";
    SEEN_BY_STAFF: MESSAGE_SEEN = "WHERE message_seen.conversation_id = ?1 AND message_seen.staff_id = ?2";
    SEEN_BY_HOME: MESSAGE_SEEN = "WHERE message_seen.conversation_id = ?1 AND message_seen.household_id = ?2";
    UNTIMED: CONVERSATION = "JOIN household ON household.id = conversation.household_id
          JOIN area ON area.id = household.area_id
        WHERE conversation.waiting_since IS NOT NULL AND conversation.answer_by IS NULL
          AND substr(area.path, 1, length(?1)) = ?1 ORDER BY conversation.id LIMIT ?2";
}

change! {
    SET_STAND: CONVERSATION = "SET waiting_since = ?2, answer_by = ?3, last_message_id = ?4 WHERE id = ?1";
    SEE: MESSAGE_SEEN = "SET message_id = ?2, at = ?3 WHERE id = ?1 AND message_id < ?2";
}

stmt! {
    BEFORE = sql!(LINE, "WHERE message.conversation_id = ?1 AND message.id < ?2 ORDER BY message.id DESC LIMIT ?3");
    AFTER = sql!(LINE, "WHERE message.conversation_id = ?1 AND message.id > ?2 ORDER BY message.id LIMIT ?3");
    BY_IDS = sql!(LINE, "WHERE message.id IN (", marks_50!(), ") ORDER BY message.id");
    WAITING = sql!(LISTED, "WHERE conversation.waiting_since IS NOT NULL AND ", IN_SCOPE,
        " ORDER BY conversation.waiting_since, conversation.id LIMIT ?3");
    NEWEST = sql!(LISTED, "WHERE ", IN_SCOPE,
        " AND conversation.last_message_id < ?4 ORDER BY conversation.last_message_id DESC LIMIT ?3");
    COUNT_WAITING = sql!("SELECT COUNT(*), COALESCE(SUM(CASE WHEN x.answer_by <= ?2 THEN 1 ELSE 0 END), 0) FROM
        (SELECT conversation.answer_by FROM conversation JOIN household ON household.id = conversation.household_id
          JOIN area ON area.id = household.area_id LEFT JOIN area AS cluster ON cluster.id = household.cluster_id
          WHERE conversation.waiting_since IS NOT NULL AND ", IN_SCOPE, " LIMIT ?3) AS x");
    SEEN_BY = "SELECT message_seen.staff_id, staff.full_name, message_seen.message_id, message_seen.at,
          CASE WHEN message_seen.message_id >= (SELECT MAX(said.id) FROM message AS said
            WHERE said.conversation_id = ?1 AND said.kind = 'text'
              AND CASE WHEN message_seen.staff_id IS NULL THEN said.staff_id ELSE said.household_id END IS NOT NULL)
            THEN 1 ELSE 0 END
        FROM message_seen LEFT JOIN staff ON staff.id = message_seen.staff_id
        WHERE message_seen.conversation_id = ?1 ORDER BY message_seen.id LIMIT ?2";
    WRITTEN_BY_HOME = "SELECT COUNT(*) FROM message
        WHERE conversation_id = ?1 AND household_id IS NOT NULL AND is_verified = ?3 AND at > ?2";
    TOLD = "SELECT seq, stream, kind, header FROM entry WHERE seq > ?1 ORDER BY seq LIMIT ?2";
    TOLD_IN = "SELECT seq, stream, kind, header FROM entry WHERE stream = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3";
}

impl Conversation {
    pub fn waiting(&self) -> Option<Waiting> {
        self.waiting_since.map(|since| Waiting { since, answer_by: self.answer_by })
    }

    /// Its name in the log.
    pub fn stream(&self) -> String {
        stream(self.id)
    }
}

/// The name of a thread in the log.
pub fn stream(id: ConversationId) -> String {
    format!("conversation:{}", id.0)
}

pub fn by_uid(reader: &mut Reader, uid: Uid) -> Result<Option<Conversation>, StoreError> {
    reader.row(&BY_UID, &[uid.into()])
}

pub fn by_id(reader: &mut Reader, id: ConversationId) -> Result<Option<Conversation>, StoreError> {
    reader.row(&BY_ID, &[id.into()])
}

/// A home's thread; `None` until somebody wrote in it.
pub fn of_home(reader: &mut Reader, home: HouseholdId) -> Result<Option<Conversation>, StoreError> {
    reader.row(&OF_HOME, &[home.into()])
}

pub fn message_by_uid(reader: &mut Reader, uid: Uid) -> Result<Option<Message>, StoreError> {
    reader.row(&MESSAGE_BY_UID, &[uid.into()])
}

fn line(row: &mut Row) -> Result<Line, StoreError> {
    let message = Message::from_row(row)?;
    let (author, is_licensed) = (row.get()?, row.flag()?);
    let (quoted, words): (Option<Uid>, Option<String>) = (row.get()?, row.get()?);
    Ok(Line {
        message,
        author,
        is_licensed,
        quoted: quoted.zip(words),
        corrects: row.get()?,
        corrected_by: row.get()?,
    })
}

fn lines(mut rows: Vec<Row>) -> Result<Vec<Line>, StoreError> {
    rows.iter_mut().map(line).collect()
}

/// The newest messages before one, in the order in which they came.
pub fn before(
    reader: &mut Reader,
    id: ConversationId,
    before: MessageId,
    limit: i64,
) -> Result<Vec<Line>, StoreError> {
    let mut found = lines(reader.query(&BEFORE, &[id.into(), before.into(), limit.into()])?)?;
    found.reverse();
    Ok(found)
}

/// The oldest messages after one.
pub fn after(
    reader: &mut Reader,
    id: ConversationId,
    after: MessageId,
    limit: i64,
) -> Result<Vec<Line>, StoreError> {
    lines(reader.query(&AFTER, &[id.into(), after.into(), limit.into()])?)
}

/// Messages by their ids, as many as there are.
pub fn by_ids(reader: &mut Reader, ids: &[MessageId]) -> Result<Vec<Line>, StoreError> {
    let mut found = Vec::new();
    for chunk in ids.chunks(MARKS) {
        let Some(first) = chunk.first() else { break };
        let params: Vec<_> = (0..MARKS).map(|n| (*chunk.get(n).unwrap_or(first)).into()).collect();
        found.extend(lines(reader.query(&BY_IDS, &params)?)?);
    }
    Ok(found)
}

fn listed(mut rows: Vec<Row>) -> Result<Vec<Listed>, StoreError> {
    rows.iter_mut()
        .map(|row| {
            Ok(Listed {
                conversation: Conversation::from_row(row)?,
                address: row.get()?,
                area_name: row.get()?,
                cluster: row.get()?,
                carer: row.get()?,
                last: Message::from_row(row)?,
                is_seen: row.flag()?,
            })
        })
        .collect()
}

/// Homes at the path and below that wait for an answer, the longest first; `asker` is who asks.
pub fn waiting(
    reader: &mut Reader,
    path: &str,
    asker: StaffId,
    limit: i64,
) -> Result<Vec<Listed>, StoreError> {
    listed(reader.query(&WAITING, &[path.into(), asker.into(), limit.into()])?)
}

/// Homes' threads at the path and below whose last message came before `before`, the newest first.
pub fn newest(
    reader: &mut Reader,
    path: &str,
    asker: StaffId,
    before: MessageId,
    limit: i64,
) -> Result<Vec<Listed>, StoreError> {
    listed(reader.query(&NEWEST, &[path.into(), asker.into(), limit.into(), before.into()])?)
}

/// How many homes wait for an answer, and how many of them for longer than they were promised; counted up to `most`.
pub fn count_waiting(reader: &mut Reader, path: &str, now: At, most: i64) -> Result<(i64, i64), StoreError> {
    match reader.one(&COUNT_WAITING, &[path.into(), now.into(), most.into()])? {
        Some(mut row) => Ok((row.i64()?, row.i64()?)),
        None => Ok((0, 0)),
    }
}

/// Who has seen a thread how far.
pub fn seen_by(reader: &mut Reader, id: ConversationId, limit: i64) -> Result<Vec<SeenBy>, StoreError> {
    let mut rows = reader.query(&SEEN_BY, &[id.into(), limit.into()])?;
    let read = |row: &mut Row| {
        Ok(SeenBy {
            staff: row.get()?,
            name: row.get()?,
            message_id: row.get()?,
            at: row.get()?,
            has_seen_all: row.flag()?,
        })
    };
    rows.iter_mut().map(read).collect()
}

/// Whoever has seen something of a thread: a member of staff, or the home.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    Staff(StaffId),
    Home(HouseholdId),
}

/// They have seen everything up to a message; says whether that is new.
pub fn see(
    tx: &mut Tx,
    id: ConversationId,
    who: Reading,
    upto: MessageId,
    at: At,
) -> Result<bool, StoreError> {
    let had: Option<Seen> = match who {
        Reading::Staff(staff) => tx.row(&SEEN_BY_STAFF, &[id.into(), staff.into()])?,
        Reading::Home(home) => tx.row(&SEEN_BY_HOME, &[id.into(), home.into()])?,
    };
    if let Some(had) = had {
        return Ok(tx.change(&SEE, &[had.id.into(), upto.into(), at.into()])? > 0);
    }
    let (staff_id, household_id) = match who {
        Reading::Staff(staff) => (Some(staff), None),
        Reading::Home(home) => (None, Some(home)),
    };
    let new = SeenId(tx.id());
    Seen { id: new, conversation_id: id, staff_id, household_id, message_id: upto, at }.insert(tx)?;
    Ok(true)
}

/// Where a thread stands after something was said in it.
pub fn set_stand(
    tx: &mut Tx,
    id: ConversationId,
    waiting: Option<Waiting>,
    last: MessageId,
) -> Result<(), StoreError> {
    let (since, by) = (waiting.map(|w| w.since), waiting.and_then(|w| w.answer_by));
    tx.change_one(&SET_STAND, &[id.into(), since.into(), by.into(), last.into()])
}

/// Threads at the path and below that wait without a time.
pub fn untimed(reader: &mut Reader, path: &str, limit: i64) -> Result<Vec<Conversation>, StoreError> {
    reader.rows(&UNTIMED, &[path.into(), limit.into()])
}

/// How many messages of the home itself came after a time: from its devices, or from whoever else has the link.
pub fn written_by_home(
    reader: &mut Reader,
    id: ConversationId,
    since: At,
    is_verified: bool,
) -> Result<i64, StoreError> {
    reader.number(&WRITTEN_BY_HOME, &[id.into(), since.into(), is_verified.into()])
}

fn told(mut rows: Vec<Row>) -> Result<Vec<Told>, StoreError> {
    let read = |row: &mut Row| {
        Ok(Told { seq: row.i64()?, stream: row.text()?, kind: row.text()?, header: row.text()? })
    };
    rows.iter_mut().map(read).collect()
}

/// The entries of the log after one, in order.
pub fn told_since(reader: &mut Reader, seq: i64, limit: i64) -> Result<Vec<Told>, StoreError> {
    told(reader.query(&TOLD, &[seq.into(), limit.into()])?)
}

/// The entries of one thread after one of the log, in order.
pub fn told_in(
    reader: &mut Reader,
    id: ConversationId,
    seq: i64,
    limit: i64,
) -> Result<Vec<Told>, StoreError> {
    told(reader.query(&TOLD_IN, &[stream(id).into(), seq.into(), limit.into()])?)
}
