-- Where a customer came from: the payload of the link by which they first started the bot, and what the table of sources said
-- of it at that time. What the channel tells of the person besides the name.
ALTER TABLE customer ADD COLUMN start_payload TEXT;
ALTER TABLE customer ADD COLUMN source TEXT;
ALTER TABLE customer ADD COLUMN source_tag TEXT;
ALTER TABLE customer ADD COLUMN source_language TEXT;
ALTER TABLE customer ADD COLUMN premium BIGINT NOT NULL DEFAULT 0;
-- The account is gone for good; blocked_at is set too, because nothing can be sent.
ALTER TABLE customer ADD COLUMN deactivated_at BIGINT;
CREATE TABLE source (
  id @ID@,
  payload TEXT NOT NULL UNIQUE, -- the beginning of a link's payload; the longest that fits counts
  name TEXT NOT NULL,
  tag TEXT,
  language TEXT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
