-- Care at home: the protocol that an organisation adopted, answers about somebody's health, how they were judged, alarms.
CREATE TABLE protocol_adoption (
  id {pk},
  uid {bytes} NOT NULL UNIQUE,
  area_id {i64} NOT NULL,
  protocol TEXT NOT NULL,
  version TEXT NOT NULL,
  body TEXT NOT NULL,
  note TEXT NOT NULL,
  staff_id {i64},
  adopted_at {i64} NOT NULL
){strict};
CREATE INDEX protocol_adoption_area ON protocol_adoption (area_id, id);

CREATE TABLE checkin (
  id {pk},
  uid {bytes} NOT NULL UNIQUE,
  episode_id {i64} NOT NULL,
  answered_by TEXT NOT NULL,
  answerer TEXT,
  answers TEXT NOT NULL,
  made_at {i64} NOT NULL,
  received_at {i64} NOT NULL,
  staff_id {i64},
  level TEXT NOT NULL,
  repeat_until {i64}
){strict};
CREATE INDEX checkin_episode ON checkin (episode_id, id);
CREATE INDEX checkin_repeat ON checkin (repeat_until) WHERE repeat_until IS NOT NULL;

CREATE TABLE judgement (
  id {pk},
  checkin_id {i64} NOT NULL,
  adoption_id {i64} NOT NULL,
  protocol TEXT NOT NULL,
  version TEXT NOT NULL,
  level TEXT NOT NULL,
  unknown TEXT NOT NULL,
  rules TEXT NOT NULL,
  at {i64} NOT NULL
){strict};
CREATE INDEX judgement_checkin ON judgement (checkin_id, id);

-- A home has one alarm of a cause at a time.
CREATE TABLE alert (
  id {pk},
  uid {bytes} NOT NULL UNIQUE,
  household_id {i64} NOT NULL,
  episode_id {i64} NOT NULL,
  checkin_id {i64} NOT NULL,
  cause TEXT NOT NULL,
  level TEXT NOT NULL,
  state TEXT NOT NULL,
  told TEXT NOT NULL,
  minutes {i64} NOT NULL,
  raised_at {i64} NOT NULL,
  acknowledge_by {i64} NOT NULL,
  due_at {i64},
  acknowledged_at {i64},
  acknowledged_by {i64},
  closed_at {i64},
  closed_by {i64},
  ending TEXT,
  note TEXT
){strict};
CREATE UNIQUE INDEX alert_once ON alert (household_id, cause) WHERE state <> 'closed';
CREATE INDEX alert_running ON alert (id) WHERE state <> 'closed';
CREATE INDEX alert_closed ON alert (id) WHERE state = 'closed';
CREATE INDEX alert_episode ON alert (episode_id, id);
CREATE INDEX alert_open ON alert (episode_id, acknowledge_by) WHERE state = 'open';
CREATE INDEX alert_due ON alert (due_at) WHERE due_at IS NOT NULL;
