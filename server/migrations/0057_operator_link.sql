-- A one-time code by which an operator says in a channel's private chat who they are: at most one for each operator.
CREATE TABLE operator_link (
  operator_id BIGINT PRIMARY KEY REFERENCES operator (id) ON DELETE CASCADE,
  code TEXT NOT NULL UNIQUE,
  expires_at BIGINT NOT NULL
);
