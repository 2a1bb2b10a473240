-- The roll-up of a province in one pass: everything it asks of an open episode stands in one index, so that no row is
-- looked up. `state` leads instead of a WHERE, because a partial index does not cover the column it is partial on.
CREATE INDEX episode_cared ON episode (state, area_id, household_id, person_id, kind, severity, first_contact, first_contact_due_at, cluster_id);
-- Who has a Zalo that was seen to work: asked of everybody at once, true of few.
CREATE INDEX address_point_zalo ON address_point (household_id, person_id) WHERE kind = 'zalo' AND verified_at IS NOT NULL AND state = 'active';
