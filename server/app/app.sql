What the process asks on its own behalf: figures for /metrics, and forgetting what is old.

-- name: app_outbox_counts
SELECT 'queued', count(*) FROM outbox WHERE state IN ('queued', 'sending')
UNION ALL
SELECT 'dead', count(*) FROM outbox WHERE state IN ('failed', 'uncertain')
UNION ALL
SELECT 'push', count(*) FROM job WHERE state = 'ready' AND queue = 'push'

-- In batches, so that a long forgetting holds up nobody's writing.
-- name: app_prune_inbound
DELETE FROM inbound WHERE (channel, account, update_id) IN
(SELECT channel, account, update_id FROM inbound WHERE received_at < $1 ORDER BY received_at LIMIT $2)

-- What still waits for a staff group that has taken nothing for so long; answers to customers wait as long as they must.
-- name: app_prune_copies
DELETE FROM outbox WHERE id IN
(SELECT id FROM outbox
 WHERE state IN ('queued', 'sending') AND state = 'queued' AND purpose <> 'answer' AND created_at < $1 LIMIT $2)

-- Replies in a staff group to a copy whose outcome never came, as when the group was given up meanwhile.
-- name: app_prune_replies
DELETE FROM staff_waiting WHERE id IN (SELECT id FROM staff_waiting WHERE received_at < $1 ORDER BY id LIMIT $2)

-- name: app_prune_raw
DELETE FROM inbound_raw WHERE id IN (SELECT id FROM inbound_raw WHERE received_at < $1 ORDER BY received_at LIMIT $2)

-- name: app_prune_audit
DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE created_at < $1 ORDER BY created_at LIMIT $2)
