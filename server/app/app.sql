What the process asks on its own behalf: forgetting what is old.

-- In batches, so that a long deletion does not delay other writes.
-- name: app_prune_inbound
DELETE FROM inbound WHERE (channel, account, update_id) IN
(SELECT channel, account, update_id FROM inbound WHERE received_at < $1 ORDER BY received_at LIMIT $2)

-- Replies in a staff group to a copy without an outcome, for example because the group was removed meanwhile.
-- name: app_prune_replies
DELETE FROM staff_waiting WHERE id IN (SELECT id FROM staff_waiting WHERE received_at < $1 ORDER BY id LIMIT $2)

-- name: app_prune_raw
DELETE FROM inbound_raw WHERE id IN (SELECT id FROM inbound_raw WHERE received_at < $1 ORDER BY received_at LIMIT $2)

-- name: app_prune_audit
DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE created_at < $1 ORDER BY created_at LIMIT $2)
