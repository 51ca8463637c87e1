-- An event's row says who owns its subject after the change, such as the assignee of a conversation, and who owned it before where
-- the change takes it away. Operators who may see only what they own get the events of either. Rows of before have neither.
ALTER TABLE event ADD COLUMN owner_id BIGINT;
ALTER TABLE event ADD COLUMN former_owner_id BIGINT;
