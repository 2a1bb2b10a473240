-- The foundation: the log, areas, staff, people, groups, first contact, the report day, imports.
-- {pk} {i64} {bytes} {strict} are replaced per database (crates/store/src/migrate.rs). Files only add; a shipped file never changes.

CREATE TABLE meta (
  name TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
){strict};

-- The log ------------------------------------------------------------------------------------------------------
CREATE TABLE head (
  id {pk},
  seq {i64} NOT NULL,
  hash {bytes} NOT NULL,
  next_id {i64} NOT NULL,
  epoch {i64} NOT NULL,
  frontier {bytes} NOT NULL
){strict};

CREATE TABLE entry (
  seq {pk},
  stream TEXT NOT NULL,
  stream_seq {i64} NOT NULL,
  at {i64} NOT NULL,
  actor TEXT NOT NULL,
  origin TEXT NOT NULL,
  kind TEXT NOT NULL,
  header TEXT NOT NULL,
  commitment {bytes} NOT NULL,
  prev_hash {bytes} NOT NULL,
  hash {bytes} NOT NULL,
  CONSTRAINT entry_stream_once UNIQUE (stream, stream_seq),
  CONSTRAINT entry_chain_once UNIQUE (prev_hash)
){strict};

CREATE TABLE content (
  seq {pk},
  salt {bytes} NOT NULL,
  body {bytes} NOT NULL
){strict};

CREATE TABLE signed_head (
  seq {pk},
  root {bytes} NOT NULL,
  signed_at {i64} NOT NULL,
  why TEXT NOT NULL,
  note TEXT NOT NULL
){strict};

-- One answer per repeated command (not chained: it repeats what the log says).
CREATE TABLE command (
  id {pk},
  principal TEXT NOT NULL,
  route TEXT NOT NULL,
  idem_key TEXT NOT NULL,
  body_hash {bytes} NOT NULL,
  answer TEXT NOT NULL,
  at {i64} NOT NULL,
  CONSTRAINT command_once UNIQUE (principal, route, idem_key)
){strict};

-- Places -------------------------------------------------------------------------------------------------------
CREATE TABLE area (
  id {pk},
  uid {bytes} NOT NULL UNIQUE,
  code TEXT NOT NULL,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  level TEXT NOT NULL,
  parent_id {i64},
  path TEXT NOT NULL,
  valid_from TEXT NOT NULL,
  valid_to TEXT,
  time_zone TEXT NOT NULL,
  household_count {i64},
  head_name TEXT,
  folded_name TEXT NOT NULL
){strict};
CREATE INDEX area_path ON area (path);
CREATE INDEX area_code ON area (code);
CREATE INDEX area_parent ON area (parent_id);

CREATE TABLE area_neighbour (
  id {pk},
  area_id {i64} NOT NULL,
  neighbour_id {i64} NOT NULL,
  CONSTRAINT area_neighbour_once UNIQUE (area_id, neighbour_id)
){strict};

-- A root area's rules: group sizes, hours to first contact, the report's clock.
CREATE TABLE locality (
  id {pk},
  area_id {i64} NOT NULL UNIQUE,
  blueprint TEXT NOT NULL,
  first_contact_hours {i64},
  group_min {i64} NOT NULL,
  group_max {i64} NOT NULL,
  separate_audiences {i64} NOT NULL,
  commune_due_minute {i64} NOT NULL,
  lock_minute {i64} NOT NULL,
  district_due_minute {i64} NOT NULL,
  commune_recipient TEXT NOT NULL,
  district_recipient TEXT NOT NULL
){strict};

CREATE TABLE emergency_number (
  id {pk},
  area_id {i64} NOT NULL,
  rank {i64} NOT NULL,
  label TEXT NOT NULL,
  number TEXT NOT NULL,
  removed_at {i64},
  CONSTRAINT emergency_number_once UNIQUE (area_id, rank, number)
){strict};

CREATE TABLE role_title (
  id {pk},
  area_id {i64} NOT NULL,
  role TEXT NOT NULL,
  title TEXT NOT NULL,
  CONSTRAINT role_title_once UNIQUE (area_id, role)
){strict};

CREATE TABLE organisation (
  id {pk},
  uid {bytes} NOT NULL UNIQUE,
  area_id {i64} NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  CONSTRAINT organisation_once UNIQUE (area_id, kind, name)
){strict};

-- Staff --------------------------------------------------------------------------------------------------------
CREATE TABLE staff (
  id {pk},
  uid {bytes} NOT NULL UNIQUE,
  login TEXT NOT NULL,
  full_name TEXT NOT NULL,
  phone TEXT,
  licence TEXT,
  on_duty {i64} NOT NULL,
  duty_changed_at {i64} NOT NULL,
  made_up {i64} NOT NULL,
  created_at {i64} NOT NULL,
  ended_at {i64},
  CONSTRAINT staff_login_once UNIQUE (login)
){strict};

CREATE TABLE staff_grant (
  id {pk},
  uid {bytes} NOT NULL UNIQUE,
  staff_id {i64} NOT NULL,
  organisation_id {i64},
  area_id {i64} NOT NULL,
  role TEXT NOT NULL,
  granted_at {i64} NOT NULL,
  revoked_at {i64}
){strict};
CREATE INDEX staff_grant_staff ON staff_grant (staff_id);
CREATE INDEX staff_grant_area ON staff_grant (area_id, role);

-- Secrets and sessions are never part of the log's content.
CREATE TABLE credential (
  staff_id {pk},
  password_hash TEXT,
  totp_secret TEXT,
  totp_confirmed_at {i64},
  totp_last_step {i64},
  first_link_hash {bytes},
  first_link_until {i64},
  changed_at {i64} NOT NULL
){strict};

CREATE TABLE session (
  id {pk},
  token_hash {bytes} NOT NULL UNIQUE,
  staff_id {i64} NOT NULL,
  kind TEXT NOT NULL,
  created_at {i64} NOT NULL,
  seen_at {i64} NOT NULL,
  ends_at {i64} NOT NULL,
  ended_at {i64},
  device TEXT NOT NULL
){strict};
CREATE INDEX session_staff ON session (staff_id);

-- People -------------------------------------------------------------------------------------------------------
CREATE TABLE person (
  id {pk},
  uid {bytes} NOT NULL UNIQUE,
  household_id {i64} NOT NULL,
  full_name TEXT NOT NULL,
  folded_name TEXT NOT NULL,
  sex TEXT NOT NULL,
  birth_date TEXT,
  birth_year {i64},
  language TEXT,
  can_read {i64},
  doses {i64},
  risks TEXT NOT NULL,
  merged_into_id {i64},
  created_at {i64} NOT NULL
){strict};
CREATE INDEX person_name ON person (folded_name);
CREATE INDEX person_household ON person (household_id);

-- The words of a name, folded, as bytes (so that both databases order them alike): search without marks.
CREATE TABLE name_word (
  id {pk},
  word {bytes} NOT NULL,
  area_id {i64} NOT NULL,
  person_id {i64} NOT NULL
){strict};
CREATE INDEX name_word_word ON name_word (word, area_id, person_id);
CREATE INDEX name_word_person ON name_word (person_id);

CREATE TABLE household (
  id {pk},
  uid {bytes} NOT NULL UNIQUE,
  area_id {i64} NOT NULL,
  cluster_id {i64},
  address TEXT NOT NULL,
  address_key TEXT NOT NULL,
  kind TEXT NOT NULL,
  phones TEXT NOT NULL,
  care_group_id {i64},
  placed_at {i64},
  carer_id {i64},
  visitor TEXT,
  visitor_phone TEXT,
  second_visitor TEXT,
  second_visitor_phone TEXT,
  visitor_at {i64},
  created_at {i64} NOT NULL
){strict};
CREATE INDEX household_address ON household (area_id, address_key);
CREATE INDEX household_group ON household (care_group_id);

-- A number that reaches a household; the first (lowest rank) is the one to call.
CREATE TABLE address_point (
  id {pk},
  household_id {i64} NOT NULL,
  person_id {i64},
  kind TEXT NOT NULL,
  value TEXT NOT NULL,
  rank {i64} NOT NULL,
  state TEXT NOT NULL,
  changed_at {i64} NOT NULL,
  verified_at {i64},
  verified_by {i64}
){strict};
CREATE INDEX address_point_value ON address_point (value);
CREATE INDEX address_point_household ON address_point (household_id);
CREATE INDEX address_point_person ON address_point (person_id);

-- Care ---------------------------------------------------------------------------------------------------------
CREATE TABLE care_group (
  id {pk},
  uid {bytes} NOT NULL UNIQUE,
  area_id {i64} NOT NULL,
  number {i64} NOT NULL,
  name TEXT NOT NULL,
  audience TEXT NOT NULL,
  leader_id {i64},
  leader_changed_at {i64} NOT NULL,
  created_at {i64} NOT NULL,
  household_total {i64} NOT NULL,
  CONSTRAINT care_group_number_once UNIQUE (area_id, audience, number)
){strict};

CREATE TABLE care_group_cluster (
  id {pk},
  care_group_id {i64} NOT NULL,
  cluster_id {i64} NOT NULL,
  CONSTRAINT care_group_cluster_once UNIQUE (care_group_id, cluster_id)
){strict};

CREATE TABLE care_group_carer (
  id {pk},
  care_group_id {i64} NOT NULL,
  staff_id {i64} NOT NULL,
  since {i64} NOT NULL,
  until {i64}
){strict};
CREATE INDEX care_group_carer_group ON care_group_carer (care_group_id);
CREATE INDEX care_group_carer_staff ON care_group_carer (staff_id);

-- A household's stays in groups: joined, left, why.
CREATE TABLE membership (
  id {pk},
  household_id {i64} NOT NULL,
  care_group_id {i64} NOT NULL,
  joined_at {i64} NOT NULL,
  left_at {i64},
  why TEXT NOT NULL
){strict};
CREATE INDEX membership_household ON membership (household_id);
CREATE INDEX membership_group ON membership (care_group_id);

CREATE TABLE episode (
  id {pk},
  uid {bytes} NOT NULL UNIQUE,
  person_id {i64} NOT NULL,
  household_id {i64} NOT NULL,
  area_id {i64} NOT NULL,
  cluster_id {i64},
  kind TEXT NOT NULL,
  source TEXT,
  detected_at {i64},
  detected_on TEXT,
  registered_at {i64} NOT NULL,
  severity TEXT NOT NULL,
  state TEXT NOT NULL,
  outcome TEXT,
  ended_at {i64},
  end_place TEXT,
  end_reason TEXT,
  certified_by TEXT,
  arrangement TEXT NOT NULL,
  arrangement_at {i64},
  first_contact TEXT NOT NULL,
  first_contact_due_at {i64},
  first_contact_at {i64},
  first_contact_declared {i64} NOT NULL,
  ticks {i64} NOT NULL,
  reminder_stage {i64} NOT NULL,
  reminder_at {i64},
  previous_id {i64},
  import_id {i64},
  opened_seq {i64} NOT NULL,
  closed_seq {i64}
){strict};
CREATE INDEX episode_person ON episode (person_id);
CREATE INDEX episode_household ON episode (household_id);
CREATE INDEX episode_open ON episode (area_id, kind, severity, household_id) WHERE state = 'open';
CREATE INDEX episode_area ON episode (area_id, state, id);
CREATE INDEX episode_contact_due ON episode (area_id, first_contact_due_at) WHERE state = 'open' AND first_contact <> 'advised';
CREATE INDEX episode_reminder ON episode (reminder_at) WHERE reminder_at IS NOT NULL;
CREATE INDEX episode_no_cluster ON episode (area_id) WHERE state = 'open' AND cluster_id IS NULL;
CREATE INDEX episode_import ON episode (import_id) WHERE import_id IS NOT NULL;

CREATE TABLE contact_attempt (
  id {pk},
  uid {bytes} NOT NULL UNIQUE,
  episode_id {i64} NOT NULL,
  staff_id {i64} NOT NULL,
  made_by TEXT NOT NULL,
  outcome TEXT NOT NULL,
  whole_household {i64} NOT NULL,
  ticks {i64} NOT NULL,
  at {i64} NOT NULL,
  received_at {i64} NOT NULL
){strict};
CREATE INDEX contact_attempt_episode ON contact_attempt (episode_id);

CREATE TABLE test (
  id {pk},
  uid {bytes} NOT NULL UNIQUE,
  episode_id {i64} NOT NULL,
  kind TEXT NOT NULL,
  result TEXT NOT NULL,
  taken_at {i64} NOT NULL,
  witness TEXT NOT NULL,
  staff_id {i64},
  received_at {i64} NOT NULL
){strict};
CREATE INDEX test_episode ON test (episode_id);

CREATE TABLE severity_change (
  id {pk},
  episode_id {i64} NOT NULL,
  level TEXT NOT NULL,
  reason TEXT NOT NULL,
  staff_id {i64},
  at {i64} NOT NULL,
  seq {i64} NOT NULL
){strict};
CREATE INDEX severity_change_episode ON severity_change (episode_id);

-- The report day -----------------------------------------------------------------------------------------------
-- What the day's figures count: one row per change that an indicator counts, placed in its day by seq alone.
CREATE TABLE flow (
  id {pk},
  episode_id {i64} NOT NULL,
  area_id {i64} NOT NULL,
  kind TEXT NOT NULL,
  indicator TEXT NOT NULL,
  amount {i64} NOT NULL,
  seq {i64} NOT NULL,
  at {i64} NOT NULL
){strict};
CREATE INDEX flow_seq ON flow (seq, area_id, indicator, amount);
CREATE INDEX flow_episode ON flow (episode_id);
CREATE INDEX flow_area ON flow (area_id, seq);

-- A day of a locality: everything with first_seq <= seq < lock_seq is its window.
CREATE TABLE report_day (
  id {pk},
  area_id {i64} NOT NULL,
  on_day TEXT NOT NULL,
  due_at {i64} NOT NULL,
  lock_at {i64} NOT NULL,
  district_due_at {i64} NOT NULL,
  first_seq {i64} NOT NULL,
  lock_seq {i64},
  locked_at {i64},
  CONSTRAINT report_day_once UNIQUE (area_id, on_day)
){strict};

CREATE TABLE report (
  id {pk},
  uid {bytes} NOT NULL UNIQUE,
  area_id {i64} NOT NULL,
  report_day_id {i64} NOT NULL,
  on_day TEXT NOT NULL,
  level TEXT NOT NULL,
  state TEXT NOT NULL,
  confirmed_at {i64},
  confirmed_by {i64},
  submitted_at {i64},
  submitted_by {i64},
  submitted_seq {i64},
  submitted_figures TEXT,
  without_confirmation {i64} NOT NULL,
  is_zero {i64} NOT NULL,
  narrative TEXT,
  supplement_figures TEXT,
  supplement_confirmed_at {i64},
  supplement_confirmed_by {i64},
  substitute TEXT,
  substitute_by {i64},
  substitute_who TEXT,
  substitute_at {i64},
  substitute_figures TEXT,
  frozen_figures TEXT,
  locked_at {i64},
  CONSTRAINT report_once UNIQUE (area_id, on_day)
){strict};
CREATE INDEX report_of_day ON report (report_day_id, area_id);

CREATE TABLE correction (
  id {pk},
  report_id {i64} NOT NULL,
  indicator TEXT NOT NULL,
  was {i64} NOT NULL,
  value {i64} NOT NULL,
  reason TEXT NOT NULL,
  staff_id {i64},
  at {i64} NOT NULL
){strict};
CREATE INDEX correction_report ON correction (report_id);

-- Lists --------------------------------------------------------------------------------------------------------
CREATE TABLE import (
  id {pk},
  uid {bytes} NOT NULL UNIQUE,
  area_id {i64} NOT NULL,
  file_name TEXT NOT NULL,
  file_hash {bytes} NOT NULL,
  dry_run {i64} NOT NULL,
  contacted {i64} NOT NULL,
  state TEXT NOT NULL,
  done {i64} NOT NULL,
  total {i64} NOT NULL,
  result TEXT,
  staff_id {i64},
  created_at {i64} NOT NULL,
  undone_at {i64}
){strict};
CREATE INDEX import_area ON import (area_id, id);

-- The list itself, as it arrived, and the rows handed back (not chained: the log holds the file's hash).
CREATE TABLE import_file (
  import_id {pk},
  bytes {bytes} NOT NULL,
  refused {bytes}
){strict};
