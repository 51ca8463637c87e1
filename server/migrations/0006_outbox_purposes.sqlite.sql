-- What leaves is an answer, a copy of a message for the staff room, or a notice there, which may be about no message.
CREATE TABLE outbox_next (
  id @ID@,
  channel TEXT NOT NULL,
  account TEXT NOT NULL,
  lane TEXT NOT NULL,                      -- rows of one lane leave in order of id: the recipient's external id
  message_id BIGINT REFERENCES message (id),
  purpose TEXT NOT NULL DEFAULT 'answer' CHECK (purpose IN ('answer', 'copy', 'notice')),
  part BIGINT NOT NULL DEFAULT 0,          -- of a copy that takes more than one message
  note TEXT,                               -- of a copy: why it is marked; of a notice: its words
  reply_to TEXT,                           -- the room's message that it answers
  state TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'failed', 'uncertain')),
  attempts BIGINT NOT NULL DEFAULT 0,
  next_at BIGINT NOT NULL DEFAULT 0,
  error_code TEXT,
  error TEXT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
INSERT INTO outbox_next (id, channel, account, lane, message_id, state, attempts, next_at, error_code, error, created_at, updated_at)
SELECT id, channel, account, lane, message_id, state, attempts, next_at, error_code, error, created_at, updated_at FROM outbox;
DROP TABLE outbox;
ALTER TABLE outbox_next RENAME TO outbox;
CREATE INDEX outbox_leaving ON outbox (channel, account, id) WHERE state IN ('queued', 'sending');
CREATE INDEX outbox_dead ON outbox (id) WHERE state IN ('failed', 'uncertain');
CREATE INDEX outbox_by_message ON outbox (message_id);
