-- The customer's picture in the channel: the file, the channel's name of the picture, by which a changed one is recognised, and when the
-- channel was asked for it last. The index finds who uses a file.
ALTER TABLE customer ADD COLUMN photo_id BIGINT;
ALTER TABLE customer ADD COLUMN photo_key TEXT;
ALTER TABLE customer ADD COLUMN photo_asked_at BIGINT;
CREATE INDEX customer_by_photo ON customer (photo_id) WHERE photo_id IS NOT NULL;
