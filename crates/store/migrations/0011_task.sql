-- Whose work a home is on one day. What has to be done there is computed from the facts and stands nowhere.
CREATE TABLE task (
  id {pk},
  uid {bytes} NOT NULL UNIQUE,
  household_id {i64} NOT NULL,
  owner_id {i64} NOT NULL,
  on_day TEXT NOT NULL,
  taken_at {i64} NOT NULL,
  given_by {i64},
  put_off_until {i64},
  note TEXT,
  ended_at {i64}
){strict};
CREATE UNIQUE INDEX task_once ON task (household_id) WHERE ended_at IS NULL;
CREATE INDEX task_by_owner ON task (owner_id) WHERE ended_at IS NULL;
