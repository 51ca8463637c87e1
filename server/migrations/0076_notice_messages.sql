-- The messages that have told operators of conversations. A reply to any of them is an answer to its customer, also after the notice
-- has ended (the operator has taken the conversation) or another message has taken its place.
CREATE TABLE notice_message (
  channel TEXT NOT NULL,
  account TEXT NOT NULL,
  chat_id TEXT NOT NULL,
  external_id TEXT NOT NULL,
  conversation_id BIGINT NOT NULL,
  sent_at BIGINT NOT NULL,
  PRIMARY KEY (channel, account, chat_id, external_id)
);
CREATE INDEX notice_message_by_time ON notice_message (sent_at);
INSERT INTO notice_message (channel, account, chat_id, external_id, conversation_id, sent_at)
SELECT channel, account, chat_id, external_id, conversation_id, sent_at FROM notice WHERE external_id IS NOT NULL
ON CONFLICT DO NOTHING;
-- Which beginning of the notice its message is of: a message that arrives after the next beginning must not become the message that
-- is edited. The time of the beginning, or more if that has been used.
ALTER TABLE notice ADD COLUMN begun BIGINT NOT NULL DEFAULT 0;
