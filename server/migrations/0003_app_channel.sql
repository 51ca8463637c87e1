-- Channels that are more than a messenger's bot: what a customer has seen, the devices that get push messages, what of
-- these must still leave, and the greeting of the day.

ALTER TABLE conversation ADD COLUMN seen_message_id BIGINT; -- the last answer that the customer has seen; NULL: unknown
ALTER TABLE conversation ADD COLUMN seen_at BIGINT;

-- A token names one installation of an app; whoever signs in there takes it over.
CREATE TABLE device (
  id @ID@,
  channel TEXT NOT NULL,
  account TEXT NOT NULL,
  external_id TEXT NOT NULL,               -- whose: the customer's id in the channel; they may not have written yet
  device_id TEXT NOT NULL DEFAULT '',      -- the app's own name of it
  token TEXT NOT NULL,
  platform TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL,
  UNIQUE (channel, account, token)
);
CREATE INDEX device_by_customer ON device (channel, account, external_id, seen_at);

-- Push messages that must still leave; a row goes when it has left, or can never.
CREATE TABLE push (
  id @ID@,
  device_id BIGINT NOT NULL REFERENCES device (id) ON DELETE CASCADE,
  message_id BIGINT NOT NULL REFERENCES message (id),
  attempts BIGINT NOT NULL DEFAULT 0,
  next_at BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL
);
CREATE INDEX push_by_time ON push (next_at, id);
CREATE INDEX push_by_device ON push (device_id);

-- One greeting a day and person, whoever asks first.
CREATE TABLE greeting (
  channel TEXT NOT NULL,
  account TEXT NOT NULL,
  external_id TEXT NOT NULL,
  day TEXT NOT NULL,                       -- 2026-01-31, in the desk's time zone
  text TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (channel, account, external_id, day)
);
