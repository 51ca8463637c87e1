Operators' accounts in channels.

-- name: link_code_put
INSERT INTO operator_link (operator_id, code, expires_at) VALUES ($1, $2, $3)
ON CONFLICT (operator_id) DO UPDATE SET code = excluded.code, expires_at = excluded.expires_at

-- name: link_code_use
DELETE FROM operator_link WHERE code = $1 RETURNING operator_id, expires_at

-- name: link_code_peek
SELECT operator_id, expires_at FROM operator_link WHERE code = $1

-- name: link_owner
SELECT operator_id FROM operator_identity WHERE channel = $1 AND external_id = $2

-- Whether the account was that of an operator who is deactivated now.
-- name: link_barred
SELECT 1 FROM operator_former_identity AS f JOIN operator AS o ON o.id = f.operator_id
WHERE f.channel = $1 AND f.external_id = $2 AND o.active = 0 LIMIT 1

-- Whether an operator who has no password has left anything that a join would move.
-- name: link_has_history
SELECT 1 WHERE EXISTS (SELECT 1 FROM message WHERE operator_id = $1 AND client_id IS NOT NULL)
OR EXISTS (SELECT 1 FROM message WHERE operator_id = $1 AND direction = 'system' AND operator_id IS NOT NULL)
OR EXISTS (SELECT 1 FROM message WHERE target_operator_id = $1)
OR EXISTS (SELECT 1 FROM message_edit WHERE operator_id = $1)
OR EXISTS (SELECT 1 FROM conversation WHERE assignee_id = $1)

-- name: link_add
INSERT INTO operator_identity (channel, external_id, operator_id, created_at, username, account) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (channel, external_id) DO UPDATE SET operator_id = excluded.operator_id, created_at = excluded.created_at,
  username = excluded.username, account = excluded.account

-- name: link_known_again
DELETE FROM operator_former_identity WHERE channel = $1 AND external_id = $2 AND operator_id = $3

-- name: link_targets
SELECT channel, name, username FROM account WHERE removed_at IS NULL AND username <> '' ORDER BY position, id LIMIT 100

-- name: link_list
SELECT channel, external_id, username, created_at FROM operator_identity WHERE operator_id = $1 ORDER BY created_at LIMIT 100

-- name: link_remember
INSERT INTO operator_former_identity (channel, external_id, operator_id, removed_at)
SELECT channel, external_id, operator_id, CAST($2 AS BIGINT) FROM operator_identity WHERE operator_id = $1
ON CONFLICT DO NOTHING

-- name: link_remove
DELETE FROM operator_identity WHERE operator_id = $1

-- The join. Whoever has no password has written in the staff room alone, where every answer has a client_id; what else names them
-- are lines of conversations, and edits.
-- name: link_join_answers
UPDATE message SET operator_id = $2, actor_id = CASE WHEN actor = 'operator' THEN $2 ELSE actor_id END
WHERE operator_id = $1 AND client_id IS NOT NULL

-- name: link_join_lines
UPDATE message SET operator_id = $2, actor_id = CASE WHEN actor = 'operator' THEN $2 ELSE actor_id END
WHERE operator_id = $1 AND direction = 'system' AND operator_id IS NOT NULL

-- name: link_join_targets
UPDATE message SET target_operator_id = $2 WHERE target_operator_id = $1

-- name: link_join_edits
UPDATE message_edit SET operator_id = $2 WHERE operator_id = $1

-- name: link_join_marks
INSERT INTO read_mark (operator_id, conversation_id, read_count, updated_at)
SELECT CAST($2 AS BIGINT), conversation_id, read_count, updated_at FROM read_mark WHERE operator_id = $1
ON CONFLICT (operator_id, conversation_id) DO UPDATE SET read_count = excluded.read_count, updated_at = excluded.updated_at
WHERE read_mark.read_count < excluded.read_count

-- name: link_join_former
INSERT INTO operator_former_identity (channel, external_id, operator_id, removed_at)
SELECT channel, external_id, CAST($2 AS BIGINT), removed_at FROM operator_former_identity WHERE operator_id = $1
ON CONFLICT DO NOTHING

-- name: link_join_former_end
DELETE FROM operator_former_identity WHERE operator_id = $1

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
