Operators.

-- columns: operator
id, login, email, name, role, status, active, must_change_password, token_version, created_at,
can_sign_in = CASE WHEN @.password_hash = '' THEN 0 ELSE 1 END

-- name: operator_by_id
SELECT @operator@ FROM operator WHERE id = $1

-- name: operator_list
SELECT @operator@ FROM operator ORDER BY id LIMIT $1

-- Who has this login or email, except one operator; both columns are unique, so each is looked up in its index.
-- name: operator_taken
SELECT 'login' FROM operator WHERE login = $1 AND id <> $3
UNION ALL
SELECT 'email' FROM operator WHERE email = $2 AND id <> $3

-- name: operator_insert
INSERT INTO operator (login, email, name, role, must_change_password, password_hash, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
RETURNING id

-- name: operator_update
UPDATE operator SET login = $1, email = $2, name = $3, role = $4, active = $5, status = $6, updated_at = $7 WHERE id = $8

-- name: operator_set_status
UPDATE operator SET status = $1, updated_at = $2 WHERE id = $3

-- A new password ends every token; the sessions are deleted separately.
-- name: operator_set_password
UPDATE operator SET password_hash = $1, must_change_password = $2, token_version = token_version + 1, updated_at = $3
WHERE id = $4

-- name: operator_end_tokens
UPDATE operator SET token_version = token_version + 1 WHERE id = $1

-- The active administrators. Their rows are locked, so that two simultaneous demotions see each other.
-- name: operator_admins (sqlite)
SELECT id FROM operator WHERE role = 'admin' AND active = 1 ORDER BY id LIMIT 1000

-- name: operator_admins (postgres)
SELECT id FROM operator WHERE role = 'admin' AND active = 1 ORDER BY id LIMIT 1000 FOR UPDATE

-- name: operator_any
SELECT id FROM operator ORDER BY id LIMIT 1

-- name: operator_end_sessions
DELETE FROM session WHERE operator_id = $1

-- A node's lease for an operator's presence.
-- name: operator_lease
INSERT INTO operator_lease (operator_id, holder, lease_until) VALUES ($1, $2, $3)
ON CONFLICT (operator_id, holder) DO UPDATE SET lease_until = excluded.lease_until

-- name: operator_renew
UPDATE operator_lease SET lease_until = $3 WHERE operator_id = $1 AND holder = $2

-- name: operator_unlease
DELETE FROM operator_lease WHERE operator_id = $1 AND holder = $2

-- name: operator_leased
SELECT 1 FROM operator_lease WHERE operator_id = $1 LIMIT 1

-- name: operator_any_expired
SELECT 1 FROM operator_lease WHERE lease_until < $1 LIMIT 1

-- name: operator_expire
DELETE FROM operator_lease WHERE lease_until < $1 RETURNING operator_id

-- Expires the leases of earlier runs of a node.
-- name: operator_expire_leases_of_earlier_runs
UPDATE operator_lease SET lease_until = 0 WHERE substr(holder, 1, length($1)) = $1 AND holder <> $2
