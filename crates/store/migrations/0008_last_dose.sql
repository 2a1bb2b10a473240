-- When the last dose of a vaccine was given: a contact's days depend on it.
ALTER TABLE person ADD COLUMN last_dose_on TEXT;
