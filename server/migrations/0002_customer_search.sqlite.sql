-- Search by the words of a customer's name and username, by prefix. The index follows the customer table by triggers.
CREATE VIRTUAL TABLE customer_search USING fts5 (
  name, username, content = 'customer', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2', prefix = '1 2 3'
);

CREATE TRIGGER customer_search_insert AFTER INSERT ON customer BEGIN
  INSERT INTO customer_search (rowid, name, username) VALUES (new.id, new.name, new.username);
END;

CREATE TRIGGER customer_search_update AFTER UPDATE OF name, username ON customer
WHEN old.name IS NOT new.name OR old.username IS NOT new.username BEGIN
  INSERT INTO customer_search (customer_search, rowid, name, username) VALUES ('delete', old.id, old.name, old.username);
  INSERT INTO customer_search (rowid, name, username) VALUES (new.id, new.name, new.username);
END;
