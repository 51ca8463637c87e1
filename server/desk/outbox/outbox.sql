What must leave are jobs; here is what the outbox asks of them that no other slice does.

-- A failed answer from the staff room: to whom to send the notice there.
-- name: outbox_written_in_room
SELECT s.channel, s.account, s.external_id, s.thread_id FROM staff_message AS s JOIN message AS m ON m.id = s.message_id
WHERE s.message_id = $1 AND s.kind = 'reply' AND m.origin IS NOT NULL

-- name: outbox_rooms
SELECT DISTINCT channel, account FROM staff_message WHERE message_id = $1

-- An uncertain answer that a person sends again: its first attempt may have arrived.
-- name: outbox_mark_repeat
UPDATE job SET payload = $2 WHERE id = $1 AND state = 'dead'

-- To whom the customer of a message writes now. The lock keeps them there until the outcome is stored.
-- name: outbox_customer_account (sqlite)
SELECT cu.channel, cu.account FROM message AS m JOIN conversation AS c ON c.id = m.conversation_id
JOIN customer AS cu ON cu.id = c.customer_id WHERE m.id = $1

-- name: outbox_customer_account (postgres)
SELECT cu.channel, cu.account FROM message AS m JOIN conversation AS c ON c.id = m.conversation_id
JOIN customer AS cu ON cu.id = c.customer_id WHERE m.id = $1 FOR KEY SHARE OF cu

-- A dismissed dead letter may still be resent from its message.
-- name: outbox_recipient
SELECT cu.channel, cu.account, cu.external_id
FROM message AS m JOIN conversation AS c ON c.id = m.conversation_id JOIN customer AS cu ON cu.id = c.customer_id
WHERE m.id = $1 AND m.direction = 'out' AND m.delivery IN ('failed', 'uncertain')

-- $3: those of conversations that are assigned to this operator; 0: all.
-- name: outbox_dead
SELECT o.id, o.subject_id, o.kind, o.attempts, o.error_code, o.error, o.updated_at, cu.name
FROM job AS o JOIN message AS m ON m.id = o.subject_id JOIN conversation AS c ON c.id = m.conversation_id
JOIN customer AS cu ON cu.id = c.customer_id
WHERE o.state = 'dead' AND o.kind IN ('outbox.answer', 'outbox.copy') AND o.id < $1
AND (CAST($3 AS BIGINT) = 0 OR c.assignee_id = $3) ORDER BY o.id DESC LIMIT $2

-- The first condition names the partial index.
-- name: outbox_expire_copies
DELETE FROM job WHERE id IN
(SELECT id FROM job WHERE kind IN ('outbox.copy', 'outbox.notice') AND created_at < $1 AND state IN ('ready', 'behind')
 ORDER BY created_at LIMIT $2)
RETURNING id, kind, payload, queue, lane
