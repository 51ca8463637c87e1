-- Search by the words of a customer's name and username, by prefix: the twin of SQLite's FTS5 index.
ALTER TABLE customer ADD COLUMN search tsvector
  GENERATED ALWAYS AS (to_tsvector('simple', name || ' ' || coalesce(username, ''))) STORED;
CREATE INDEX customer_search ON customer USING gin (search);
