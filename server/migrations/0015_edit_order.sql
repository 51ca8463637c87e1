-- When the channel says that a message got its present state. Two edits may arrive in the other order (a webhook delivers
-- over several connections at once); the later one stays what the message is. NULL: never edited, or not known.

ALTER TABLE message ADD COLUMN stated_at BIGINT;
