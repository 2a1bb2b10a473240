-- Every question about one home, one person or one commune starts from that home, person or commune. An index that led
-- with `state` drew SQLite into reading every open episode of the country for one home, because it covered the answer.
DROP INDEX episode_cared;
DROP INDEX episode_open;
DROP INDEX episode_household;
DROP INDEX episode_person;
CREATE INDEX episode_cared ON episode (area_id, state, household_id, person_id, kind, severity, first_contact, first_contact_due_at, cluster_id);
CREATE INDEX episode_household ON episode (household_id, state, kind);
CREATE INDEX episode_person ON episode (person_id, state);
CREATE INDEX household_unplaced ON household (area_id, cluster_id) WHERE care_group_id IS NULL;
CREATE INDEX episode_cluster ON episode (cluster_id) WHERE cluster_id IS NOT NULL;
-- What was booked is summed by area without looking a row up.
DROP INDEX flow_area;
CREATE INDEX flow_area ON flow (area_id, seq, indicator, amount);
