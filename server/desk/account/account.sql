The accounts that customers write to, and who fetches their messages.

-- columns: account
id, position, channel, name, username, source, paused, updates, api_url, greeting, greeting_ru, first_contact, check_text,
check_text_ru, block_text, block_text_ru, state, error, fallback, checked_at, fence,
successor_id, removed_at, created_at, updated_at

-- $2: 1 with the removed ones.
-- name: account_list
SELECT @account:b@, l.holder, l.lease_until FROM account AS b LEFT JOIN account_lease AS l ON l.account_id = b.id
WHERE b.channel = $1 AND (b.removed_at IS NULL OR CAST($2 AS BIGINT) = 1) ORDER BY b.position, b.id LIMIT 1000

-- name: account_by_id
SELECT @account:b@, l.holder, l.lease_until FROM account AS b LEFT JOIN account_lease AS l ON l.account_id = b.id WHERE b.id = $1

-- name: account_places
SELECT count(*), max(position) FROM account WHERE channel = $1 AND removed_at IS NULL

-- name: account_add
INSERT INTO account (id, channel, position, name, username, source, updates, api_url, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
ON CONFLICT (id) DO UPDATE SET position = excluded.position, name = excluded.name, username = excluded.username,
  source = excluded.source, updates = excluded.updates, api_url = excluded.api_url, paused = 0, state = NULL, error = NULL, fallback = 0,
  successor_id = NULL, removed_at = NULL, updated_at = excluded.updated_at
WHERE account.removed_at IS NOT NULL

-- name: account_save
UPDATE account SET source = $2, paused = $3, updates = $4, api_url = $5, greeting = $6, greeting_ru = $7, updated_at = $8,
  first_contact = $9, check_text = $10, check_text_ru = $11, block_text = $12, block_text_ru = $13
WHERE id = $1

-- name: account_remove
UPDATE account SET removed_at = $2, updated_at = $2, successor_id = coalesce($3, successor_id), state = NULL, error = NULL, fallback = 0, fence = fence + 1
WHERE id = $1 AND removed_at IS NULL

-- name: account_set_state
UPDATE account SET name = $2, username = $3, state = $4, error = $5, checked_at = $6, fallback = $7 WHERE id = $1

-- What the panel says of a removed one takes precedence over the environment.
-- name: account_set_successor
UPDATE account SET successor_id = $2, updated_at = $3, source = CASE WHEN removed_at IS NULL THEN source ELSE 'panel' END WHERE id = $1

-- name: account_touch
UPDATE account SET updated_at = CASE WHEN updated_at < $2 THEN $2 ELSE updated_at + 1 END WHERE id = $1 AND removed_at IS NULL

-- name: account_greeting
SELECT greeting, greeting_ru FROM account WHERE id = $1 AND channel = $2

-- name: account_contact
SELECT first_contact, check_text, check_text_ru, block_text, block_text_ru FROM account WHERE id = $1 AND channel = $2

-- name: account_profile_get
SELECT wanted FROM account_profile WHERE account_id = $1

-- name: account_profile_set
INSERT INTO account_profile (account_id, wanted, updated_at) VALUES ($1, $2, $3)
ON CONFLICT (account_id) DO UPDATE SET wanted = excluded.wanted, updated_at = excluded.updated_at

-- name: account_profile_wait
SELECT until_at FROM account_profile_wait WHERE account_id = $1 AND part = $2 AND language = $3

-- name: account_profile_set_wait
INSERT INTO account_profile_wait (account_id, part, language, until_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (account_id, part, language) DO UPDATE SET until_at = excluded.until_at

-- name: account_lease_of
SELECT l.holder, l.lease_until, b.fence, b.removed_at FROM account AS b LEFT JOIN account_lease AS l ON l.account_id = b.id
WHERE b.id = $1

-- name: account_lease_set
INSERT INTO account_lease (account_id, holder, lease_until) VALUES ($1, $2, $3)
ON CONFLICT (account_id) DO UPDATE SET holder = excluded.holder, lease_until = excluded.lease_until

-- name: account_fence_raise
UPDATE account SET fence = fence + 1 WHERE id = $1 RETURNING fence

-- name: account_release
UPDATE account_lease SET lease_until = 0 WHERE holder = $1 AND (CAST($2 AS BIGINT) = 0 OR account_id = $2)

-- name: account_lease_drop
DELETE FROM account_lease WHERE account_id = $1

-- name: account_expire_leases_of_earlier_runs
UPDATE account_lease SET lease_until = 0 WHERE substr(holder, 1, length($1)) = $1 AND holder <> $2

-- name: account_fence
SELECT 1 FROM account WHERE id = $1 AND fence = $2
