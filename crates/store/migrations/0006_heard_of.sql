-- By when somebody is to be heard of: from the protocol's times of day and from when they were heard of last.
ALTER TABLE episode ADD COLUMN heard_at {i64};
ALTER TABLE episode ADD COLUMN next_contact_at {i64};
ALTER TABLE protocol_adoption ADD COLUMN slots TEXT;
CREATE INDEX episode_unexpected ON episode (next_contact_at) WHERE state = 'open' AND next_contact_at IS NULL;
CREATE INDEX episode_next_contact ON episode (area_id, next_contact_at) WHERE next_contact_at IS NOT NULL;
DROP INDEX episode_cared;
CREATE INDEX episode_cared ON episode (area_id, state, household_id, person_id, kind, severity, first_contact, first_contact_due_at,
  next_contact_at, cluster_id);
