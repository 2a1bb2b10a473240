-- The link that is a home's own: of the token only a hash is kept. The words are those by which the home calls its members.
CREATE TABLE household_link (
  id {pk},
  uid {bytes} NOT NULL UNIQUE,
  household_id {i64} NOT NULL,
  token_hash TEXT NOT NULL UNIQUE,
  words TEXT NOT NULL,
  made_at {i64} NOT NULL,
  made_by {i64},
  revoked_at {i64},
  revoked_by {i64}
){strict};
CREATE UNIQUE INDEX household_link_once ON household_link (household_id) WHERE revoked_at IS NULL;
