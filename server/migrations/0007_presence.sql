-- When a customer was last at their app, where the channel can tell.
CREATE TABLE presence (
  channel TEXT NOT NULL,
  account TEXT NOT NULL,
  external_id TEXT NOT NULL,
  seen_at BIGINT NOT NULL,
  PRIMARY KEY (channel, account, external_id)
);
