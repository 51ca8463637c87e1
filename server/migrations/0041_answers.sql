-- Answers of every kind: the buttons under a message and how it is sent; and what was done to it after it was sent.
ALTER TABLE message ADD COLUMN buttons TEXT;       -- JSON: rows of buttons
ALTER TABLE message ADD COLUMN silent INTEGER;     -- without a sound for the customer
ALTER TABLE message ADD COLUMN protected INTEGER;  -- the customer cannot forward or save it
ALTER TABLE message ADD COLUMN link_preview TEXT;  -- NULL: as the channel likes
ALTER TABLE message ADD COLUMN sent_at BIGINT;     -- NULL for one that was sent before this column: created_at counts
ALTER TABLE message ADD COLUMN deleted_at BIGINT;  -- by an operator: gone at the channel, or withdrawn before it was sent
ALTER TABLE message ADD COLUMN pinned INTEGER;
ALTER TABLE message ADD COLUMN changes TEXT;       -- JSON: what has not reached the channel yet, or was refused there
ALTER TABLE message_edit ADD COLUMN buttons TEXT;
