-- Messages, events and the audit name who acted. Messages of before say it by their direction and operator, so their rows are
-- not touched.
ALTER TABLE message ADD COLUMN actor TEXT;
ALTER TABLE message ADD COLUMN actor_id BIGINT;
ALTER TABLE event ADD COLUMN actor TEXT;
ALTER TABLE event ADD COLUMN actor_id BIGINT;
ALTER TABLE audit RENAME COLUMN operator_id TO actor_id;
ALTER TABLE audit ADD COLUMN actor TEXT NOT NULL DEFAULT 'operator';
UPDATE audit SET actor = 'system' WHERE actor_id IS NULL;
