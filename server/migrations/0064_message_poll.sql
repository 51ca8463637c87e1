-- Polls that the desk has sent, by the channel's id of the poll: its votes are reported with that id and without the message.
-- stated_no: the channel's number of the last report, because an older one may arrive later.
CREATE TABLE message_poll (
  channel TEXT NOT NULL,
  account TEXT NOT NULL,
  poll_id TEXT NOT NULL,
  message_id BIGINT NOT NULL REFERENCES message (id),
  stated_no BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (channel, account, poll_id)
);
