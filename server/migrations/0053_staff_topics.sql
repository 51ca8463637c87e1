-- Topics of the staff group: one for each conversation. A message of the group remembers the topic it is in, so that a copy
-- never replies across topics.

CREATE TABLE staff_topic (
  channel TEXT NOT NULL,
  account TEXT NOT NULL,
  chat_id TEXT NOT NULL,
  conversation_id BIGINT NOT NULL REFERENCES conversation (id),
  thread_id BIGINT,                        -- NULL: the channel has named none yet
  state TEXT NOT NULL,                     -- enum staff_topic_state
  name TEXT NOT NULL,                      -- as the room shows it
  title TEXT NOT NULL,                     -- the customer's name in it, without mark and addition
  closed BIGINT NOT NULL,                  -- 1: a person has closed it
  stray TEXT,                              -- ids of messages that landed elsewhere, to be deleted: "5,6"
  first_message_id BIGINT,                 -- whose copy is the first there; NULL: none is
  remade_for BIGINT,                       -- the message for which it was made again; NULL: it is the first one
  asked_at BIGINT NOT NULL,                -- when it was last asked for
  named_at BIGINT NOT NULL,                -- when its name was last set
  PRIMARY KEY (channel, account, chat_id, conversation_id)
);
CREATE INDEX staff_topic_by_thread ON staff_topic (channel, account, chat_id, thread_id);
CREATE INDEX staff_topic_by_title ON staff_topic (channel, account, chat_id, title);
CREATE INDEX staff_topic_by_state ON staff_topic (channel, account, chat_id, state) WHERE state <> 'open';
CREATE INDEX staff_topic_by_conversation ON staff_topic (conversation_id);
ALTER TABLE staff_message ADD COLUMN thread_id BIGINT;

-- The name of a person in the channel ("anna_x"), by which colleagues name them in commands.
ALTER TABLE operator_identity ADD COLUMN username TEXT;
