-- The live card: one message in a customer's chat that shows the state of their conversation. Off for an account without a row.
CREATE TABLE card_account (
  channel TEXT NOT NULL,
  account TEXT NOT NULL,
  enabled INTEGER NOT NULL,
  PRIMARY KEY (channel, account)
);
CREATE TABLE card (
  customer_id BIGINT PRIMARY KEY REFERENCES customer (id),
  account TEXT NOT NULL,                   -- of the chat with the message
  external_id TEXT,                        -- NULL: not sent, or deleted there
  shown TEXT,                              -- what it shows, so that nothing is sent without a change
  changes BIGINT NOT NULL,                 -- counts what has happened, so that a job sees what happened meanwhile
  sent_at BIGINT NOT NULL DEFAULT 0        -- or edited
);
