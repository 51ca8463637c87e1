-- Notices to operators' own accounts in a channel. What each wants to hear; nothing until they say so.
CREATE TABLE notice_wish (
  operator_id BIGINT PRIMARY KEY REFERENCES operator (id) ON DELETE CASCADE,
  waiting INTEGER NOT NULL DEFAULT 0,      -- a conversation begins to wait for anybody
  assigned INTEGER NOT NULL DEFAULT 0,     -- a conversation is given to them
  answered INTEGER NOT NULL DEFAULT 0,     -- a customer of theirs writes
  quiet_from BIGINT,                       -- minutes of the day in their time zone; NULL: no quiet hours
  quiet_to BIGINT,
  time_zone TEXT NOT NULL,
  language TEXT NOT NULL,
  blocked_at BIGINT,                       -- since then their account takes no messages
  updated_at BIGINT NOT NULL
);
-- The present notices: at most one of each kind for an operator and a conversation.
CREATE TABLE notice (
  conversation_id BIGINT NOT NULL REFERENCES conversation (id),
  operator_id BIGINT NOT NULL REFERENCES operator (id) ON DELETE CASCADE,
  kind TEXT NOT NULL,                      -- waiting, assigned, answered
  channel TEXT NOT NULL,
  account TEXT NOT NULL,
  chat_id TEXT NOT NULL,
  external_id TEXT,                        -- of the message there; NULL: not sent yet
  counted BIGINT NOT NULL,                 -- the conversation's inbound_count when it began
  changes BIGINT NOT NULL,                 -- counts what has happened, so that a job sees what happened meanwhile
  sent_at BIGINT NOT NULL DEFAULT 0,       -- or edited
  PRIMARY KEY (conversation_id, operator_id, kind)
);
CREATE INDEX notice_by_operator ON notice (operator_id);
