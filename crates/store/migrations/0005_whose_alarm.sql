-- Whom an alarm is about: everybody at home whose answer asked for it, each with the level of their own.
CREATE TABLE alert_subject (
  id {pk},
  alert_id {i64} NOT NULL,
  episode_id {i64} NOT NULL,
  checkin_id {i64} NOT NULL,
  level TEXT NOT NULL,
  at {i64} NOT NULL
){strict};
CREATE UNIQUE INDEX alert_subject_once ON alert_subject (alert_id, episode_id);
CREATE INDEX alert_subject_episode ON alert_subject (episode_id);

-- A home has one alarm of a cause that nobody has: what comes to light after somebody took it rings anew.
DROP INDEX alert_once;
CREATE UNIQUE INDEX alert_once ON alert (household_id, cause) WHERE state = 'open';
CREATE INDEX alert_home ON alert (household_id, id) WHERE state <> 'closed';

-- What a kept answer was allowed by: it is given again only to whoever may still do that.
ALTER TABLE command ADD COLUMN allowed TEXT NOT NULL DEFAULT '';
