-- The staff room: one chat of a channel in which the staff reads what is said, and answers there.

ALTER TABLE message ADD COLUMN origin TEXT CHECK (origin IN ('staff_group')); -- where an answer was written; NULL: here

-- Who of the staff it is that writes in a channel.
CREATE TABLE operator_identity (
  channel TEXT NOT NULL,
  external_id TEXT NOT NULL,               -- the person's id in the channel
  operator_id BIGINT NOT NULL REFERENCES operator (id) ON DELETE CASCADE,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (channel, external_id)
);
CREATE INDEX operator_identity_by_operator ON operator_identity (operator_id);

-- Which message of the room stands for which of ours: a copy that we sent there, or a reply that was written there.
CREATE TABLE staff_message (
  channel TEXT NOT NULL,
  account TEXT NOT NULL,
  chat_id TEXT NOT NULL,
  external_id TEXT NOT NULL,
  message_id BIGINT NOT NULL REFERENCES message (id),
  kind TEXT NOT NULL CHECK (kind IN ('copy', 'reply')),
  album TEXT,                              -- of a reply: the channel's mark of what belongs together
  language TEXT,                           -- of a reply: what its writer reads
  created_at BIGINT NOT NULL,
  PRIMARY KEY (channel, account, chat_id, external_id)
);
CREATE INDEX staff_message_by_message ON staff_message (message_id);
CREATE INDEX staff_message_by_album ON staff_message (channel, account, chat_id, album) WHERE album IS NOT NULL;

-- The groups in which the bot is, so that one can be chosen by its title.
CREATE TABLE staff_candidate (
  channel TEXT NOT NULL,
  account TEXT NOT NULL,
  chat_id TEXT NOT NULL,
  title TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (channel, account, chat_id)
);
