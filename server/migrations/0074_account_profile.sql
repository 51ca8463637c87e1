-- What the channel shall show of an account (name, descriptions, commands, menu button), as a document of the channel's own.
CREATE TABLE account_profile (
  account_id BIGINT PRIMARY KEY,
  wanted TEXT NOT NULL,
  updated_at BIGINT NOT NULL
);
-- The channel takes no other change of a part before this time: a bot's name may be changed only a few times a day.
CREATE TABLE account_profile_wait (
  account_id BIGINT NOT NULL,
  part TEXT NOT NULL,
  language TEXT NOT NULL,
  until_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, part, language)
);
