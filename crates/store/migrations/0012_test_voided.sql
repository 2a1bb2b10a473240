-- A test that was entered in error: it stays on record and decides nothing.
ALTER TABLE test ADD COLUMN voided_at {i64};
ALTER TABLE test ADD COLUMN voided_by {i64};
ALTER TABLE test ADD COLUMN void_reason TEXT;
