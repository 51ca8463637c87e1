-- A bot whose webhook Telegram does not reach fetches its updates by polling until it does (account.updates: auto). Stored, since
-- every process and `doctor` show it.
ALTER TABLE account ADD COLUMN fallback INTEGER NOT NULL DEFAULT 0; -- 1: polls for now; account.error says why
