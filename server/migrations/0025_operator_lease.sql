-- Who is at the desk: each node holds a lease for each operator who has a socket there, and renews it. An operator is offline
-- when the last lease is given up or has run out. Whoever was online before begins with one that has.
CREATE TABLE operator_lease (
  operator_id BIGINT NOT NULL REFERENCES operator (id) ON DELETE CASCADE,
  holder TEXT NOT NULL,                    -- node and start of the process that has the sockets
  lease_until BIGINT NOT NULL,
  PRIMARY KEY (operator_id, holder)
);
CREATE INDEX operator_lease_until ON operator_lease (lease_until);
INSERT INTO operator_lease (operator_id, holder, lease_until) SELECT id, 'earlier', 0 FROM operator WHERE status <> 'offline';
