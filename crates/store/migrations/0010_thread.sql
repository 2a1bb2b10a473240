-- What a home and its care team say to each other. Nothing that was said is changed: a correction is a message of its own.
-- A thread is known outside by the uid of its home.
CREATE TABLE conversation (
  id {pk},
  uid {bytes} NOT NULL UNIQUE,
  household_id {i64} NOT NULL UNIQUE,
  -- The home wrote and has no answer: since when, and by when it has to have one.
  waiting_since {i64},
  answer_by {i64},
  last_message_id {i64} NOT NULL,
  made_at {i64} NOT NULL
){strict};
CREATE INDEX conversation_waiting ON conversation (waiting_since) WHERE waiting_since IS NOT NULL;
CREATE INDEX conversation_answer_by ON conversation (answer_by) WHERE answer_by IS NOT NULL;

CREATE TABLE message (
  id {pk},
  uid {bytes} NOT NULL UNIQUE,
  conversation_id {i64} NOT NULL,
  kind TEXT NOT NULL,
  staff_id {i64},
  -- The role under which a member of staff wrote.
  role TEXT,
  household_id {i64},
  -- How the home calls whoever wrote.
  word TEXT,
  is_verified {i64} NOT NULL,
  text TEXT NOT NULL,
  quotes {i64},
  corrects {i64},
  -- The guidance that it says: protocol, version, name and its document.
  guidance TEXT,
  at {i64} NOT NULL
){strict};
CREATE INDEX message_conversation ON message (conversation_id, id);
CREATE INDEX message_corrects ON message (corrects) WHERE corrects IS NOT NULL;

-- How far somebody has seen a thread.
CREATE TABLE message_seen (
  id {pk},
  conversation_id {i64} NOT NULL,
  staff_id {i64},
  household_id {i64},
  message_id {i64} NOT NULL,
  at {i64} NOT NULL
){strict};
CREATE UNIQUE INDEX message_seen_staff ON message_seen (conversation_id, staff_id) WHERE staff_id IS NOT NULL;
CREATE UNIQUE INDEX message_seen_household ON message_seen (conversation_id, household_id) WHERE household_id IS NOT NULL;

-- A device of a home that may read what is said in its thread, as long as the link runs that it came by.
CREATE TABLE bound_device (
  id {pk},
  uid {bytes} NOT NULL UNIQUE,
  link_id {i64} NOT NULL,
  household_id {i64} NOT NULL,
  token_hash TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  how TEXT NOT NULL,
  bound_at {i64} NOT NULL,
  ended_at {i64},
  ended_by {i64}
){strict};
CREATE INDEX bound_device_link ON bound_device (link_id);

-- The code that lets one more device in: no part of the record, like everything that opens a door.
CREATE TABLE device_code (
  link_id {i64} PRIMARY KEY,
  code_hash TEXT NOT NULL,
  ends_at {i64} NOT NULL,
  failures {i64} NOT NULL
){strict};

ALTER TABLE household_link ADD COLUMN delivery TEXT;
ALTER TABLE locality ADD COLUMN answer_minutes {i64};
