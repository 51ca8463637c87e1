-- Reactions to a message, as a JSON list: a message has a few, and nothing selects by them. The channel's time and number of
-- the customer's last change, because an older change may arrive later.
ALTER TABLE message ADD COLUMN reactions TEXT;
ALTER TABLE message ADD COLUMN reacted_at BIGINT;
ALTER TABLE message ADD COLUMN reacted_no BIGINT;
