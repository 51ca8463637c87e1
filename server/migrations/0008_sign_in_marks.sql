-- From where an operator has signed in before, so that guesses from elsewhere cannot keep them out: keyed hashes of
-- addresses.
CREATE TABLE sign_in_mark (
  operator_id BIGINT NOT NULL REFERENCES operator (id) ON DELETE CASCADE,
  mark @BLOB@ NOT NULL,
  seen_at BIGINT NOT NULL,
  PRIMARY KEY (operator_id, mark)
);
CREATE INDEX sign_in_mark_by_mark ON sign_in_mark (mark);
CREATE INDEX sign_in_mark_by_time ON sign_in_mark (seen_at);
