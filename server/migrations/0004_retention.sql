-- What is removed when it is old is found by its age, and what the file store may drop by its key.
CREATE INDEX inbound_raw_by_time ON inbound_raw (received_at);
CREATE INDEX audit_by_time ON audit (created_at);
CREATE INDEX file_by_storage_key ON file (storage_key) WHERE storage_key IS NOT NULL;
CREATE INDEX file_by_thumb_key ON file (thumb_key) WHERE thumb_key IS NOT NULL;
-- Who quotes a message: their preview follows its edits.
CREATE INDEX message_by_reply_to ON message (reply_to_id, id) WHERE reply_to_id IS NOT NULL;
