-- Typed facts of messages (a location, a poll, a contact) as JSON, and the line that names a content where there is no text.
-- Columns of JSON and not of facts: a message has at most a few of twenty kinds, and nothing selects by them.
ALTER TABLE message ADD COLUMN headline TEXT;
ALTER TABLE message ADD COLUMN details TEXT;
ALTER TABLE message_edit ADD COLUMN headline TEXT;
ALTER TABLE message_edit ADD COLUMN details TEXT;
ALTER TABLE file ADD COLUMN duration_ms BIGINT;
-- Why a file could not be fetched, as one of desk/file/file.h's reasons; `error` has the words for the log.
ALTER TABLE file ADD COLUMN error_code TEXT;
