-- An event's row says what it is about and who may see it, so that nobody has to look into its JSON to route it. channel is
-- that of the customer whom it is about, where it is about one. Rows of before have neither; they are told to everybody whom
-- they were told to then.
ALTER TABLE event ADD COLUMN subject TEXT;
ALTER TABLE event ADD COLUMN subject_id BIGINT;
ALTER TABLE event ADD COLUMN audience TEXT; -- NULL: all; else who audience_id is
ALTER TABLE event RENAME COLUMN operator_id TO audience_id;
ALTER TABLE event ADD COLUMN channel TEXT;
UPDATE event SET audience = 'operator' WHERE audience_id IS NOT NULL;
