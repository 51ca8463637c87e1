-- The id under which an account of a channel has a content that was uploaded there, so that the next message with it names the id
-- instead of uploading the bytes again. An id serves one account and one kind of message; a document keeps the name of its upload.
CREATE TABLE file_remote (
  storage_key TEXT NOT NULL,
  channel TEXT NOT NULL,
  account TEXT NOT NULL,
  kind TEXT NOT NULL,            -- of the message
  name TEXT NOT NULL,            -- '' where the channel shows none
  remote_id TEXT NOT NULL,
  PRIMARY KEY (storage_key, channel, account, kind, name)
);
