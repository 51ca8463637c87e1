What the process asks on its own behalf: forgetting what is old.

-- In batches, so that a long forgetting holds up nobody's writing.
-- name: app_prune_inbound
DELETE FROM inbound WHERE (channel, account, update_id) IN
(SELECT channel, account, update_id FROM inbound WHERE received_at < $1 ORDER BY received_at LIMIT $2)

-- Replies in a staff group to a copy whose outcome never came, as when the group was given up meanwhile.
-- name: app_prune_replies
DELETE FROM staff_waiting WHERE id IN (SELECT id FROM staff_waiting WHERE received_at < $1 ORDER BY id LIMIT $2)

-- Push messages that nobody could send: Firebase takes no key, or is configured no more.
-- name: app_prune_push
DELETE FROM job WHERE id IN (SELECT id FROM job WHERE state = 'ready' AND queue = 'push' AND created_at < $1 LIMIT $2)

-- name: app_prune_raw
DELETE FROM inbound_raw WHERE id IN (SELECT id FROM inbound_raw WHERE received_at < $1 ORDER BY received_at LIMIT $2)

-- name: app_prune_audit
DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE created_at < $1 ORDER BY created_at LIMIT $2)
