-- The tables of the main job: people, conversations, messages, what must leave and the log of events.
-- Times are ms UTC; booleans are 0 and 1; enumerated values are their names in the API.

CREATE TABLE operator (
  id @ID@,
  login TEXT NOT NULL UNIQUE,              -- lower case
  email TEXT UNIQUE,                       -- lower case
  name TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('admin', 'senior_operator', 'operator')),
  status TEXT NOT NULL DEFAULT 'offline' CHECK (status IN ('online', 'away', 'offline')),
  active INTEGER NOT NULL DEFAULT 1,
  must_change_password INTEGER NOT NULL DEFAULT 0,
  password_hash TEXT NOT NULL,
  token_version BIGINT NOT NULL DEFAULT 1, -- raised to end every token that was issued
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);

CREATE TABLE session (
  id @ID@,
  token_hash @BLOB@ NOT NULL UNIQUE,       -- SHA-256 of the cookie; the cookie itself is nowhere
  csrf_token TEXT NOT NULL,
  operator_id BIGINT NOT NULL REFERENCES operator (id) ON DELETE CASCADE,
  created_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  address TEXT NOT NULL DEFAULT '',
  agent TEXT NOT NULL DEFAULT ''
);
CREATE INDEX session_by_operator ON session (operator_id);
CREATE INDEX session_by_expiry ON session (expires_at);

CREATE TABLE setting (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL,                     -- secrets are sealed
  updated_at BIGINT NOT NULL,
  updated_by BIGINT
);

CREATE TABLE audit (
  id @ID@,
  operator_id BIGINT,
  action TEXT NOT NULL,
  target TEXT NOT NULL DEFAULT '',
  detail TEXT NOT NULL DEFAULT '',
  address TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL
);

-- A person as one channel knows them: account is the bot (or app) they wrote to, external_id their id there.
CREATE TABLE customer (
  id @ID@,
  channel TEXT NOT NULL,
  account TEXT NOT NULL,
  external_id TEXT NOT NULL,
  name TEXT NOT NULL,
  username TEXT,
  language TEXT,
  blocked_at BIGINT,                       -- since when nothing can reach them
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (channel, account, external_id)
);

CREATE TABLE conversation (
  id @ID@,
  customer_id BIGINT NOT NULL REFERENCES customer (id),
  status TEXT NOT NULL CHECK (status IN ('waiting', 'active', 'snoozed', 'closed')),
  assignee_id BIGINT REFERENCES operator (id),
  last_message_id BIGINT,
  inbound_count BIGINT NOT NULL DEFAULT 0, -- messages by the customer; unread = inbound_count - read_mark.read_count
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,              -- the list's order
  closed_at BIGINT
);
CREATE UNIQUE INDEX conversation_open ON conversation (customer_id) WHERE status <> 'closed';
CREATE INDEX conversation_by_customer ON conversation (customer_id, id);
CREATE INDEX conversation_by_time ON conversation (updated_at, id);
CREATE INDEX conversation_by_status ON conversation (status, updated_at, id);
CREATE INDEX conversation_by_assignee ON conversation (assignee_id, status, updated_at, id);

CREATE TABLE read_mark (
  operator_id BIGINT NOT NULL REFERENCES operator (id) ON DELETE CASCADE,
  conversation_id BIGINT NOT NULL REFERENCES conversation (id),
  read_count BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (operator_id, conversation_id)
);

CREATE TABLE message (
  id @ID@,
  conversation_id BIGINT NOT NULL REFERENCES conversation (id),
  direction TEXT NOT NULL CHECK (direction IN ('in', 'out', 'system')),
  kind TEXT NOT NULL CHECK (kind IN ('text', 'photo', 'unsupported', 'system')),
  operator_id BIGINT REFERENCES operator (id),
  text TEXT NOT NULL DEFAULT '',
  entities TEXT,                           -- a JSON array, offsets in UTF-16 units; NULL for none
  reply_to_id BIGINT,
  album TEXT,
  content TEXT,                            -- the channel's name of an unsupported content
  action TEXT,                             -- of a system line
  target_operator_id BIGINT,
  client_id TEXT,
  external_id TEXT,                        -- the channel's id; unknown until an outgoing one is sent
  file_count BIGINT NOT NULL DEFAULT 0,
  delivery TEXT CHECK (delivery IN ('queued', 'sending', 'sent', 'failed', 'uncertain')),
  delivery_error TEXT,
  created_at BIGINT NOT NULL,
  edited_at BIGINT
);
CREATE INDEX message_by_conversation ON message (conversation_id, id);
CREATE UNIQUE INDEX message_by_external ON message (conversation_id, external_id) WHERE external_id IS NOT NULL;
CREATE UNIQUE INDEX message_by_client ON message (operator_id, client_id) WHERE client_id IS NOT NULL;
CREATE INDEX message_by_time ON message (created_at);

-- The channel's own JSON, for what is not shown in full.
CREATE TABLE message_raw (
  message_id BIGINT PRIMARY KEY REFERENCES message (id),
  raw TEXT NOT NULL
);

-- Earlier versions of an edited message.
CREATE TABLE message_edit (
  id @ID@,
  message_id BIGINT NOT NULL REFERENCES message (id),
  text TEXT NOT NULL,
  entities TEXT,
  replaced_at BIGINT NOT NULL
);
CREATE INDEX message_edit_by_message ON message_edit (message_id, id);

CREATE TABLE file (
  id @ID@,
  state TEXT NOT NULL CHECK (state IN ('pending', 'ready', 'failed')),
  name TEXT NOT NULL,
  mime TEXT NOT NULL,
  size_bytes BIGINT NOT NULL DEFAULT 0,
  width BIGINT,
  height BIGINT,
  storage_key TEXT,                        -- NULL until the bytes are here
  thumb_key TEXT,
  channel TEXT,                            -- where a pending one is fetched from
  account TEXT,
  source TEXT,                             -- JSON of the channel: what it needs to fetch or to send the file again
  attempts BIGINT NOT NULL DEFAULT 0,
  next_at BIGINT,                          -- when a pending one is tried again
  error TEXT,
  created_at BIGINT NOT NULL
);
CREATE INDEX file_pending ON file (next_at) WHERE state = 'pending';

CREATE TABLE message_file (
  message_id BIGINT NOT NULL REFERENCES message (id),
  position BIGINT NOT NULL,
  file_id BIGINT NOT NULL REFERENCES file (id),
  PRIMARY KEY (message_id, position)
);
CREATE INDEX message_file_by_file ON message_file (file_id);

-- What the channels have given us: a redelivered update does nothing.
CREATE TABLE inbound (
  channel TEXT NOT NULL,
  account TEXT NOT NULL,
  update_id BIGINT NOT NULL,
  received_at BIGINT NOT NULL,
  PRIMARY KEY (channel, account, update_id)
);
CREATE INDEX inbound_by_time ON inbound (received_at);

-- Updates that are unknown, malformed or not for the desk, kept as they came.
CREATE TABLE inbound_raw (
  id @ID@,
  channel TEXT NOT NULL,
  account TEXT NOT NULL,
  update_id BIGINT,
  reason TEXT NOT NULL,
  raw TEXT NOT NULL,
  received_at BIGINT NOT NULL
);

-- What must leave. A sent row is deleted; failed and uncertain ones are the dead letters.
CREATE TABLE outbox (
  id @ID@,
  channel TEXT NOT NULL,
  account TEXT NOT NULL,
  lane TEXT NOT NULL,                      -- rows of one lane leave in order of id: the recipient's external id
  message_id BIGINT NOT NULL REFERENCES message (id),
  state TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'failed', 'uncertain')),
  attempts BIGINT NOT NULL DEFAULT 0,
  next_at BIGINT NOT NULL DEFAULT 0,
  error_code TEXT,
  error TEXT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX outbox_leaving ON outbox (channel, account, id) WHERE state IN ('queued', 'sending');
CREATE INDEX outbox_dead ON outbox (id) WHERE state IN ('failed', 'uncertain');
CREATE INDEX outbox_by_message ON outbox (message_id);

-- The log that every screen is fed from; seq is the position.
CREATE TABLE event (
  seq @ID@,                                -- never used again, never filled in backwards
  type TEXT NOT NULL,
  operator_id BIGINT,                      -- for this operator only; NULL: for all
  data TEXT NOT NULL,                      -- the frame's "data", as JSON
  created_at BIGINT NOT NULL
);
CREATE INDEX event_by_time ON event (created_at);
