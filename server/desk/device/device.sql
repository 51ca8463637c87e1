Devices; their push messages are jobs.

-- name: device_replace
DELETE FROM device WHERE channel = $1 AND account = $2 AND external_id = $3 AND device_id = $4 AND token <> $5 RETURNING id

-- name: device_upsert
INSERT INTO device (channel, account, external_id, device_id, token, platform, created_at, seen_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (channel, account, token) DO UPDATE
SET external_id = excluded.external_id, device_id = excluded.device_id, platform = excluded.platform, seen_at = excluded.seen_at

-- name: device_trim
DELETE FROM device WHERE id IN (SELECT d.id FROM device AS d WHERE d.channel = $1 AND d.account = $2 AND d.external_id = $3
  ORDER BY d.seen_at DESC, d.id DESC LIMIT 1000 OFFSET $4) RETURNING id

-- name: device_count
SELECT count(*) FROM device WHERE channel = $1 AND account = $2 AND external_id = $3

-- name: device_list
SELECT platform, created_at, seen_at FROM device WHERE channel = $1 AND account = $2 AND external_id = $3
ORDER BY seen_at DESC, id DESC LIMIT $4

-- name: device_present
INSERT INTO presence (channel, account, external_id, seen_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (channel, account, external_id) DO UPDATE SET seen_at = excluded.seen_at

-- name: device_rename_presence
UPDATE presence SET external_id = $4 WHERE channel = $1 AND account = $2 AND external_id = $3

-- name: device_presence
SELECT seen_at FROM presence WHERE channel = $1 AND account = $2 AND external_id = $3

-- name: device_forget
DELETE FROM device WHERE id = $1

-- name: device_ids
SELECT id FROM device WHERE channel = $1 AND account = $2 AND external_id = $3 ORDER BY id LIMIT $4

-- name: device_by_id
SELECT token, platform, external_id FROM device WHERE id = $1

-- Push messages that nobody took: the push service refuses the key, or is no longer configured. A job is due when it is added or
-- later, so reading the index up to a due time finds old jobs only, however many younger ones wait. The condition on created_at is
-- for jobs of older versions, which were due at 0.
-- name: push_expire
DELETE FROM job WHERE id IN
(SELECT id FROM job WHERE state = 'ready' AND queue = 'push' AND priority IN (0, 1, 2) AND due_at < $1 AND created_at < $1 LIMIT $2)
RETURNING id, kind, payload, queue, lane
