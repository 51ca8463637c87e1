Operators' accounts in channels.

-- name: link_code_put
INSERT INTO operator_link (operator_id, code, expires_at) VALUES ($1, $2, $3)
ON CONFLICT (operator_id) DO UPDATE SET code = excluded.code, expires_at = excluded.expires_at

-- name: link_code_use
DELETE FROM operator_link WHERE code = $1 RETURNING operator_id, expires_at

-- name: link_owner
SELECT operator_id FROM operator_identity WHERE channel = $1 AND external_id = $2

-- name: link_add
INSERT INTO operator_identity (channel, external_id, operator_id, created_at, username) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (channel, external_id) DO UPDATE SET operator_id = excluded.operator_id, created_at = excluded.created_at,
  username = excluded.username

-- name: link_ways
SELECT channel, name, username FROM account WHERE removed_at IS NULL AND username <> '' ORDER BY position, id LIMIT 100

-- name: link_list
SELECT channel, external_id, username, created_at FROM operator_identity WHERE operator_id = $1 ORDER BY created_at LIMIT 100

-- name: link_remove
DELETE FROM operator_identity WHERE operator_id = $1

-- The join. Whoever has no password has written in the staff room, or has conversations: only there are messages of theirs looked
-- for, by indices.
-- name: link_join_messages
UPDATE message SET operator_id = $2, actor_id = CASE WHEN actor = 'operator' THEN $2 ELSE actor_id END
WHERE operator_id = $1 AND conversation_id IN (
  SELECT conversation_id FROM message WHERE operator_id = $1 AND client_id IS NOT NULL
  UNION SELECT id FROM conversation WHERE assignee_id = $1)

-- name: link_join_targets
UPDATE message SET target_operator_id = $2
WHERE target_operator_id = $1 AND conversation_id IN (
  SELECT conversation_id FROM message WHERE operator_id = $2 AND client_id IS NOT NULL
  UNION SELECT id FROM conversation WHERE assignee_id = $1)

-- name: link_join_open
SELECT id FROM conversation WHERE assignee_id = $1 AND status <> 'closed' ORDER BY id LIMIT $2

-- name: link_join_conversations
UPDATE conversation SET assignee_id = $2 WHERE assignee_id = $1

-- name: link_join_audit
UPDATE audit SET actor_id = $2 WHERE actor = 'operator' AND actor_id = $1

-- name: link_join_accounts
UPDATE operator_identity SET operator_id = $2 WHERE operator_id = $1

-- name: link_join_end
UPDATE operator SET active = 0, status = 'offline', token_version = token_version + 1, updated_at = $2 WHERE id = $1
