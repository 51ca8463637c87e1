-- What is said about a message beside its words: whose words it repeats, and the name, size and length of a file that is
-- not fetched. Both are JSON objects as the API sends them; NULL for none.
ALTER TABLE message ADD COLUMN forward TEXT;
ALTER TABLE message ADD COLUMN media TEXT;
