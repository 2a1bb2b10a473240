-- The homes that were given to a carer: their round.
CREATE INDEX household_carer ON household (carer_id) WHERE carer_id IS NOT NULL;
