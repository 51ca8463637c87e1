-- The size of a file's smaller picture, which counts against the quota. Unknown for those stored earlier: they count as 16 KB each.
ALTER TABLE file ADD COLUMN thumb_bytes BIGINT;
