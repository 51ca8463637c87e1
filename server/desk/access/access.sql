Sessions and the passwords behind them. Operators' other columns belong to desk/operator.

-- name: access_candidate
SELECT id, password_hash, login, email FROM operator WHERE login = $1 AND active = 1
UNION ALL
SELECT id, password_hash, login, email FROM operator WHERE email = $1 AND active = 1
LIMIT 1

-- name: access_password
SELECT id, password_hash, login, email FROM operator WHERE id = $1 AND active = 1

-- Only if the hash is still the one that was checked, so that a concurrent password change is kept.
-- name: access_upgrade_hash
UPDATE operator SET password_hash = $1 WHERE id = $2 AND password_hash = $3

-- name: session_insert
INSERT INTO session (token_hash, csrf_token, operator_id, created_at, seen_at, expires_at, address, agent)
VALUES ($1, $2, $3, $4, $4, $5, $6, $7)
RETURNING id

-- name: session_by_token
SELECT id, operator_id, csrf_token, seen_at FROM session WHERE token_hash = $1 AND expires_at > $2

-- name: session_by_id
SELECT id, operator_id, csrf_token, seen_at FROM session WHERE id = $1 AND expires_at > $2

-- name: session_touch
UPDATE session SET seen_at = $1, expires_at = $2 WHERE id = $3

-- name: session_end
DELETE FROM session WHERE id = $1

-- Deletes an operator's oldest sessions above the limit.
-- name: session_trim
DELETE FROM session WHERE operator_id = $1
AND id NOT IN (SELECT id FROM session WHERE operator_id = $1 ORDER BY id DESC LIMIT $2)

-- name: session_expire
DELETE FROM session WHERE expires_at <= $1

-- Whether the account was signed in to from this address. See access_mark.h.
-- name: access_mark
SELECT 1 FROM sign_in_mark WHERE operator_id = $1 AND mark = $2

-- name: access_mark_any
SELECT 1 FROM sign_in_mark WHERE mark = $1 LIMIT 1

-- name: access_mark_insert
INSERT INTO sign_in_mark (operator_id, mark, seen_at) VALUES ($1, $2, $3)
ON CONFLICT (operator_id, mark) DO UPDATE SET seen_at = excluded.seen_at

-- name: access_mark_trim
DELETE FROM sign_in_mark WHERE operator_id = $1
AND mark NOT IN (SELECT mark FROM sign_in_mark WHERE operator_id = $1 ORDER BY seen_at DESC, mark LIMIT $2)

-- name: access_mark_expire
DELETE FROM sign_in_mark WHERE seen_at <= $1
