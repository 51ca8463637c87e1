-- Replies in the staff room to a copy that is on its way: the room shows the copy, but the channel's answer with its id is
-- not stored yet. They are handled when it is.

CREATE TABLE staff_waiting (
  id @ID@,
  channel TEXT NOT NULL,
  account TEXT NOT NULL,
  raw TEXT NOT NULL,                       -- the update, as the channel gave it
  received_at BIGINT NOT NULL
);
CREATE INDEX staff_waiting_by_account ON staff_waiting (channel, account, id);
