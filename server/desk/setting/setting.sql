What is changed in the panel: small texts by key.

-- name: setting_get
SELECT value FROM setting WHERE key = $1

-- name: setting_set
INSERT INTO setting (key, value, updated_at, updated_by) VALUES ($1, $2, $3, $4)
ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at, updated_by = excluded.updated_by

-- name: setting_remove
DELETE FROM setting WHERE key = $1

-- Settings that may be sealed; see base/seal.h.
-- name: setting_sealed
SELECT key, value FROM setting WHERE value LIKE 'v1.%' ORDER BY key LIMIT 1000
