The people who write.

-- columns: customer
id, channel, account, external_id, name, username, language, blocked_at, created_at, start_payload, source, source_tag,
source_language, premium, deactivated_at, banned_at, banned_by, ban_told, photo_id, photo_key, photo_asked_at

-- name: customer_by_id
SELECT @customer@ FROM customer WHERE id = $1

-- Whether a conversation of the customer is assigned to the operator.
-- name: customer_assigned
SELECT 1 FROM conversation WHERE customer_id = $1 AND assignee_id = $2 LIMIT 1

-- name: customer_by_external
SELECT @customer@ FROM customer WHERE channel = $1 AND account = $2 AND external_id = $3

-- name: customer_lock (sqlite)
SELECT @customer@ FROM customer WHERE id = $1

-- name: customer_lock (postgres)
SELECT @customer@ FROM customer WHERE id = $1 FOR NO KEY UPDATE

-- Two first messages of one person may race on PostgreSQL: the second updates the first's row.
-- name: customer_upsert
INSERT INTO customer (channel, account, external_id, name, username, language, created_at, updated_at, premium)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, coalesce(CAST($9 AS BIGINT), 0))
ON CONFLICT (channel, account, external_id) DO UPDATE
SET name = excluded.name, username = excluded.username, language = coalesce(excluded.language, customer.language),
    updated_at = excluded.updated_at, premium = coalesce(CAST($9 AS BIGINT), customer.premium)
RETURNING @customer@

-- A person who wrote to an account that $2 replaces, or that replaces $2, perhaps over several: see account.successor_id.
-- name: customer_of_relative
WITH RECURSIVE former (id) AS (
  SELECT b.id FROM account AS b WHERE b.successor_id = $2
  UNION SELECT b.id FROM former AS f JOIN account AS b ON b.successor_id = f.id
), later (id) AS (
  SELECT b.successor_id FROM account AS b WHERE b.id = $2 AND b.successor_id IS NOT NULL
  UNION SELECT b.successor_id FROM later AS l JOIN account AS b ON b.id = l.id WHERE b.successor_id IS NOT NULL
)
SELECT @customer:cu@ FROM customer AS cu
WHERE cu.channel = $1 AND cu.account IN (SELECT CAST(id AS TEXT) FROM former UNION SELECT CAST(id AS TEXT) FROM later)
  AND cu.external_id = $3 ORDER BY cu.id DESC LIMIT 1

-- name: customer_move
UPDATE customer SET account = $2, blocked_at = NULL, deactivated_at = NULL, updated_at = $3 WHERE id = $1

-- name: customer_came
UPDATE customer SET start_payload = $2, source = $3, source_tag = $4, source_language = $5, updated_at = $6 WHERE id = $1

-- name: customer_rename_external
UPDATE customer SET external_id = $2, updated_at = $3 WHERE id = $1

-- name: customer_block
UPDATE customer SET blocked_at = $2, updated_at = $2 WHERE id = $1 AND blocked_at IS NULL

-- name: customer_deactivate
UPDATE customer SET deactivated_at = $2, blocked_at = coalesce(blocked_at, $2), updated_at = $2
WHERE id = $1 AND deactivated_at IS NULL

-- name: customer_unblock
UPDATE customer SET blocked_at = NULL, deactivated_at = NULL, updated_at = $2 WHERE id = $1 AND blocked_at IS NOT NULL

-- name: customer_ban
UPDATE customer SET banned_at = $3, banned_by = $2, ban_told = 0, updated_at = $3 WHERE id = $1 AND banned_at IS NULL

-- name: customer_unban
UPDATE customer SET banned_at = NULL, banned_by = NULL, updated_at = $2 WHERE id = $1 AND banned_at IS NOT NULL

-- name: customer_ban_told
UPDATE customer SET ban_told = 1 WHERE id = $1

-- name: customer_photo_asked
UPDATE customer SET photo_asked_at = $2 WHERE id = $1

-- name: customer_set_photo
UPDATE customer SET photo_id = $2, photo_key = $3, updated_at = $4 WHERE id = $1

-- Customers whose name or username has words with these prefixes, up to a limit.
-- name: customer_search (sqlite)
SELECT rowid FROM customer_search WHERE customer_search MATCH $1 ORDER BY rowid DESC LIMIT $2

-- name: customer_search (postgres)
SELECT id FROM customer WHERE search @@ to_tsquery('simple', $1) ORDER BY id DESC LIMIT $2

-- The matching customers of a set. SQLite reads the index's list of all matches once (12 million
-- a second) and looks each up in the set, since asking the index about one row costs a separate search: that is the purpose of the
-- sign before rowid. PostgreSQL compares each row's words.
-- name: customer_search_among (sqlite)
SELECT rowid FROM customer_search WHERE customer_search MATCH $1 AND +rowid IN (SELECT value FROM json_each($2))

-- name: customer_search_among (postgres)
SELECT cu.id FROM unnest(translate($2, '[]', '{}')::bigint[]) AS asked (id) JOIN customer AS cu ON cu.id = asked.id
WHERE cu.search @@ to_tsquery('simple', $1)
