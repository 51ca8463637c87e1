-- The files whose bytes are removed first when they are kept for a limited time; a removed one has no key.
CREATE INDEX file_kept_by_time ON file (created_at) WHERE storage_key IS NOT NULL;
