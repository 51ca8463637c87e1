-- Telegram tells the time of an edit in whole seconds, so of two edits of one second the number of the update says which
-- is the later. A version keeps both, so that a history is in the order in which its states were made, also where the
-- message itself arrived after its edit. NULL: never edited, or not known.

ALTER TABLE message ADD COLUMN stated_no BIGINT;
ALTER TABLE message_edit ADD COLUMN stated_at BIGINT;
ALTER TABLE message_edit ADD COLUMN stated_no BIGINT;
