Notices to operators' own accounts.

-- columns: notice
conversation_id, operator_id, kind, channel, account, chat_id, external_id, counted, changes, sent_at, begun

-- name: notice_any_wish
SELECT 1 FROM notice_wish WHERE waiting + assigned + answered > 0 LIMIT 1

-- name: notice_wish_get
SELECT waiting, assigned, answered, quiet_from, quiet_to, time_zone, language, blocked_at FROM notice_wish WHERE operator_id = $1

-- name: notice_wish_set
INSERT INTO notice_wish (operator_id, waiting, assigned, answered, quiet_from, quiet_to, time_zone, language, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (operator_id) DO UPDATE SET waiting = excluded.waiting, assigned = excluded.assigned, answered = excluded.answered,
  quiet_from = excluded.quiet_from, quiet_to = excluded.quiet_to, time_zone = excluded.time_zone, language = excluded.language,
  updated_at = excluded.updated_at

-- name: notice_block
UPDATE notice_wish SET blocked_at = $2 WHERE operator_id = $1 AND blocked_at IS NULL

-- name: notice_end_all
DELETE FROM notice WHERE operator_id = $1

-- name: notice_unblock
UPDATE notice_wish SET blocked_at = NULL WHERE blocked_at IS NOT NULL AND operator_id IN
(SELECT operator_id FROM operator_identity WHERE channel = $1 AND external_id = $2) RETURNING operator_id

-- The operator's accounts, one with a private chat first; whether its account of the desk is still there.
-- name: notice_accounts
SELECT i.channel, i.account, i.external_id,
  CASE WHEN EXISTS (SELECT 1 FROM account AS a WHERE a.channel = i.channel AND CAST(a.id AS TEXT) = i.account AND a.removed_at IS NULL)
    THEN 1 ELSE 0 END AS there
FROM operator_identity AS i WHERE i.operator_id = $1 ORDER BY there DESC, i.created_at DESC LIMIT 1

-- Who wants to hear of conversations that wait for anybody.
-- name: notice_of_waiting
SELECT w.operator_id FROM notice_wish AS w JOIN operator AS o ON o.id = w.operator_id
WHERE w.waiting = 1 AND w.blocked_at IS NULL AND o.active = 1 AND w.operator_id > $1 ORDER BY w.operator_id LIMIT $2

-- name: notice_still_waits
SELECT inbound_count FROM conversation WHERE id = $1 AND status = 'waiting' AND assignee_id IS NULL AND spam_at IS NULL

-- name: notice_of_owner
SELECT w.assigned, w.answered FROM notice_wish AS w JOIN operator AS o ON o.id = w.operator_id
WHERE w.operator_id = $1 AND w.blocked_at IS NULL AND o.active = 1

-- A new message: what was there before stays as it is.
-- name: notice_begin
INSERT INTO notice (conversation_id, operator_id, kind, channel, account, chat_id, counted, begun, changes)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1)
ON CONFLICT (conversation_id, operator_id, kind) DO UPDATE SET channel = excluded.channel, account = excluded.account,
  chat_id = excluded.chat_id, external_id = NULL, counted = excluded.counted, changes = notice.changes + 1, sent_at = 0,
  begun = CASE WHEN notice.begun < excluded.begun THEN excluded.begun ELSE notice.begun + 1 END

-- Whether the operator has read what the notice tells.
-- name: notice_read
SELECT n.external_id, n.sent_at, n.channel, n.account, n.chat_id,
  CASE WHEN coalesce((SELECT r.read_count FROM read_mark AS r WHERE r.operator_id = $2 AND r.conversation_id = $1), 0) >= n.counted
    THEN 1 ELSE 0 END
FROM notice AS n WHERE n.conversation_id = $1 AND n.operator_id = $2 AND n.kind = $3

-- name: notice_change
UPDATE notice SET changes = changes + 1 WHERE conversation_id = $1 AND operator_id = $2 AND kind = $3

-- name: notice_change_all
UPDATE notice SET changes = changes + 1 WHERE conversation_id = $1 RETURNING @notice@

-- name: notice_get
SELECT @notice@ FROM notice WHERE conversation_id = $1 AND operator_id = $2 AND kind = $3

-- name: notice_remember
INSERT INTO notice_message (channel, account, chat_id, external_id, conversation_id, sent_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT DO NOTHING

-- name: notice_of_message
SELECT m.conversation_id, CASE WHEN c.status = 'closed' THEN 1 ELSE 0 END
FROM notice_message AS m JOIN conversation AS c ON c.id = m.conversation_id
WHERE m.channel = $1 AND m.account = $2 AND m.chat_id = $3 AND m.external_id = $4

-- name: notice_forget
DELETE FROM notice_message WHERE (channel, account, chat_id, external_id) IN
(SELECT channel, account, chat_id, external_id FROM notice_message WHERE sent_at < $1 ORDER BY sent_at LIMIT $2)

-- name: notice_sent
UPDATE notice SET external_id = $4, sent_at = $5 WHERE conversation_id = $1 AND operator_id = $2 AND kind = $3 AND begun = $6

-- name: notice_lost
UPDATE notice SET external_id = NULL, sent_at = 0 WHERE conversation_id = $1 AND operator_id = $2 AND kind = $3 AND begun = $4

-- name: notice_drop
DELETE FROM notice WHERE conversation_id = $1 AND operator_id = $2 AND kind = $3 AND changes = $4

-- name: notice_operator
SELECT operator_id FROM operator_identity WHERE channel = $1 AND external_id = $2
