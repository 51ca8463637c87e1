What must leave, and what could not.

-- name: outbox_add
INSERT INTO outbox (channel, account, lane, message_id, state, created_at, updated_at)
VALUES ($1, $2, $3, $4, 'queued', $5, $6)

-- name: outbox_add_extra
INSERT INTO outbox (channel, account, lane, message_id, purpose, part, note, reply_to, state, next_at, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'queued', $9, $10, $11)

-- An answer that was written in the staff room has failed: the room is told, in answer to whoever wrote it.
-- name: outbox_add_failure
INSERT INTO outbox (channel, account, lane, message_id, purpose, reply_to, state, created_at, updated_at)
SELECT s.channel, s.account, $2, s.message_id, 'notice', s.external_id, 'queued', $3, $4
FROM staff_message AS s JOIN message AS m ON m.id = s.message_id
WHERE s.message_id = $1 AND s.kind = 'reply' AND m.origin IS NOT NULL

-- The first condition names the partial index.
-- name: outbox_queued
SELECT id, message_id, attempts, next_at, lane, purpose, part, note FROM outbox
WHERE state IN ('queued', 'sending') AND state = 'queued' AND channel = $1 AND account = $2 AND id > $3
ORDER BY id LIMIT $4

-- name: outbox_by_id
SELECT id, message_id, state, attempts, purpose FROM outbox WHERE id = $1

-- name: outbox_by_message
SELECT id, message_id, state, attempts, purpose FROM outbox
WHERE message_id = $1 AND purpose = 'answer' ORDER BY id DESC LIMIT 1

-- A step is taken only from the state it was decided for.
-- name: outbox_move
UPDATE outbox SET state = $3, attempts = $4, next_at = $5, error_code = $6, error = $7, updated_at = $8, note = coalesce($9, note)
WHERE id = $1 AND state = $2

-- name: outbox_claim
UPDATE outbox SET state = 'sending', updated_at = $2 WHERE id = $1 AND state = 'queued'
RETURNING message_id, purpose, part, note, reply_to, attempts

-- name: outbox_drop
DELETE FROM outbox WHERE id = $1 AND state = 'queued'

-- name: outbox_drop_lane
DELETE FROM outbox WHERE channel = $1 AND lane = $2 AND state <> 'sending'

-- name: outbox_hurry_lane
UPDATE outbox SET next_at = 0
WHERE state IN ('queued', 'sending') AND state = 'queued' AND channel = $1 AND account = $2 AND lane = $3 AND next_at > 0

-- name: outbox_count_lane
SELECT count(*) FROM outbox WHERE state IN ('queued', 'sending') AND channel = $1 AND account = $2 AND lane = $3

-- Whether anything of a lane is on its way.
-- name: outbox_sending_lane
SELECT 1 FROM outbox
WHERE state IN ('queued', 'sending') AND state = 'sending' AND channel = $1 AND account = $2 AND lane = $3 LIMIT 1

-- name: outbox_remove
DELETE FROM outbox WHERE id = $1 AND state = $2

-- name: outbox_stuck
SELECT id, message_id, state, attempts, purpose FROM outbox
WHERE state IN ('queued', 'sending') AND state = 'sending' AND channel = $1 AND account = $2 AND id > $3
ORDER BY id LIMIT 500

-- A dismissed dead letter may still be sent again from its message.
-- name: outbox_add_again
INSERT INTO outbox (channel, account, lane, message_id, state, created_at, updated_at)
SELECT cu.channel, cu.account, cu.external_id, m.id, 'queued', $2, $3
FROM message AS m JOIN conversation AS c ON c.id = m.conversation_id JOIN customer AS cu ON cu.id = c.customer_id
WHERE m.id = $1 AND m.direction = 'out' AND m.delivery IN ('failed', 'uncertain')

-- name: outbox_dead
SELECT o.id, o.message_id, o.state, o.attempts, o.error_code, o.error, o.updated_at, cu.name, o.purpose
FROM outbox AS o JOIN message AS m ON m.id = o.message_id JOIN conversation AS c ON c.id = m.conversation_id
JOIN customer AS cu ON cu.id = c.customer_id
WHERE o.state IN ('failed', 'uncertain') AND o.id < $1 ORDER BY o.id DESC LIMIT $2
