-- Deactivated operators who have written to the desk in private and were told that they can no longer do so: once, not with every message.
CREATE TABLE staff_told (
  channel TEXT NOT NULL,
  external_id TEXT NOT NULL,
  told_at BIGINT NOT NULL,
  PRIMARY KEY (channel, external_id)
);
