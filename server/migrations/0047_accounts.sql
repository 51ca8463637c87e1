-- The accounts of a channel that customers write to: several instead of one. The first is made at the start from the settings
-- of before, since its token is sealed. A removed one stays, so that its conversations can say where they were held.
CREATE TABLE account (
  id BIGINT PRIMARY KEY,                   -- its number in its channel; in decimal the account of its customers
  channel TEXT NOT NULL,
  position BIGINT NOT NULL,                -- the order of the list; one that replaces another takes its place
  name TEXT NOT NULL DEFAULT '',
  username TEXT NOT NULL DEFAULT '',
  source TEXT NOT NULL,                    -- where its token is: panel (the settings, sealed) or environment
  paused INTEGER NOT NULL DEFAULT 0,
  updates TEXT NOT NULL DEFAULT 'auto',    -- how messages are fetched: a word of the channel
  api_url TEXT,                            -- NULL: the configured one
  greeting TEXT,                           -- NULL: the desk's; '': none
  greeting_ru TEXT,
  state TEXT,                              -- as the process that holds the lease saw it last: a word of the channel
  error TEXT,
  checked_at BIGINT,
  fence BIGINT NOT NULL DEFAULT 0,         -- counts the holders of the lease
  successor_id BIGINT,                     -- of a removed one: which one replaced it
  removed_at BIGINT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
-- Which process fetches the messages of an account. Apart from the account, since it is renewed every second, and a transaction
-- that stores a message reads the account's fence.
CREATE TABLE account_lease (
  account_id BIGINT PRIMARY KEY REFERENCES account (id),
  holder TEXT NOT NULL,                    -- node and start of the process
  lease_until BIGINT NOT NULL
);
