Conversations. Rows come in three widths: alone, with the customer (@conversation:c@, @customer:cu@), and whole with the last message and
the reader's mark behind them.
Lists are made in two steps: a narrow statement, composed of the list's condition (conversation_walk.c), finds the page's ids by
an index in the list's own order, and one wide statement reads those rows. LEFT JOIN where every row has a partner, so that no planner drives from the partner's side.

-- After the columns that spec/fields.tbl declares:
-- columns: conversation
id, last_message_id, seen_message_id, seen_at

-- The last message's columns that a list shows.
-- columns: conversation_last
direction, kind, preview = substr(@.text, 1, 160), headline = substr(@.headline, 1, 160), content, action, delivery, created_at,
retry_at

-- name: conversation_owner
SELECT assignee_id FROM conversation WHERE id = $1

-- name: conversation_by_id
SELECT @conversation:c@, @customer:cu@, @conversation_last:m@,
  coalesce((SELECT r.read_count FROM read_mark AS r WHERE r.operator_id = $2 AND r.conversation_id = c.id), 0)
FROM conversation AS c LEFT JOIN customer AS cu ON cu.id = c.customer_id LEFT JOIN message AS m ON m.id = c.last_message_id
WHERE c.id = $1

-- name: conversation_by_ids
SELECT @conversation:c@, @customer:cu@, @conversation_last:m@,
  coalesce((SELECT r.read_count FROM read_mark AS r WHERE r.operator_id = $2 AND r.conversation_id = c.id), 0)
FROM conversation AS c LEFT JOIN customer AS cu ON cu.id = c.customer_id LEFT JOIN message AS m ON m.id = c.last_message_id
WHERE c.id @IDS($1)@ ORDER BY c.updated_at DESC, c.id DESC

-- Commands on one conversation are serialised: SQLite has one writer, PostgreSQL a lock on the row.
-- name: conversation_lock (sqlite)
SELECT @conversation:c@, @customer:cu@
FROM conversation AS c LEFT JOIN customer AS cu ON cu.id = c.customer_id WHERE c.id = $1

-- name: conversation_lock (postgres)
SELECT @conversation:c@, @customer:cu@
FROM conversation AS c LEFT JOIN customer AS cu ON cu.id = c.customer_id WHERE c.id = $1 FOR UPDATE OF c

-- The open conversation, else the newest.
-- name: conversation_lock_of_customer (sqlite)
SELECT @conversation:c@ FROM conversation AS c WHERE c.customer_id = $1 ORDER BY c.status = 'closed', c.id DESC LIMIT 1

-- name: conversation_lock_of_customer (postgres)
SELECT @conversation:c@ FROM conversation AS c WHERE c.customer_id = $1 ORDER BY c.status = 'closed', c.id DESC LIMIT 1 FOR UPDATE

-- The loser of a race for a customer's first conversation gets the winner's row, locked.
-- name: conversation_open
INSERT INTO conversation (customer_id, status, created_at, updated_at) VALUES ($1, $4, $2, $3)
ON CONFLICT (customer_id) WHERE status <> 'closed' DO UPDATE SET updated_at = conversation.updated_at
RETURNING @conversation@

-- name: conversation_save
UPDATE conversation SET last_message_id = $2, @conversation=$3@ WHERE id = $1

-- name: conversation_of_customer
SELECT c.id FROM conversation AS c WHERE c.customer_id = $1 ORDER BY c.status = 'closed', c.id DESC LIMIT 1

-- The mark never moves back, nor beyond the last message.
-- name: conversation_seen
UPDATE conversation SET seen_at = $3, seen_message_id =
  (SELECT max(m.id) FROM message AS m WHERE m.conversation_id = $1 AND m.id <= $2 AND m.direction = 'out')
WHERE id = $1 AND coalesce(seen_message_id, 0) <
  (SELECT max(m.id) FROM message AS m WHERE m.conversation_id = $1 AND m.id <= $2 AND m.direction = 'out')
RETURNING seen_message_id

-- name: conversation_unseen
SELECT count(*) FROM (SELECT 1 FROM message AS m JOIN conversation AS c ON c.id = m.conversation_id
  WHERE m.conversation_id = $1 AND m.id > coalesce(c.seen_message_id, 0) AND m.direction = 'out' LIMIT $2) AS unseen_rows

-- The customer who sent or received a file.
-- name: conversation_customer_of_file
SELECT c.customer_id FROM message_file AS mf JOIN message AS m ON m.id = mf.message_id
JOIN conversation AS c ON c.id = m.conversation_id WHERE mf.file_id = $1 LIMIT 1

-- An edit concerns whichever of the customer's conversations contains the message.
-- name: conversation_message_of_customer
SELECT m.id, c.id, m.direction, c.spam_at FROM conversation AS c JOIN message AS m ON m.conversation_id = c.id AND m.external_id = $2
WHERE c.customer_id = $1 ORDER BY m.id DESC LIMIT 1

-- What the customer did with buttons lately, among the last $3 messages.
-- name: conversation_steps
SELECT count(*) FROM (SELECT direction, actor, created_at FROM message WHERE conversation_id = $1 ORDER BY id DESC LIMIT $3) AS m
WHERE m.direction = 'system' AND m.actor = 'customer' AND m.created_at > $2

-- Customers' messages that could not be read when they came, with their raw form.
-- name: conversation_placeholders
SELECT m.id, m.conversation_id, cu.account, r.raw FROM message AS m JOIN message_raw AS r ON r.message_id = m.id
JOIN conversation AS c ON c.id = m.conversation_id JOIN customer AS cu ON cu.id = c.customer_id
WHERE m.kind = 'unsupported' AND m.id > $1 AND m.direction = 'in' AND m.deleted_at IS NULL AND cu.channel = $2
ORDER BY m.id LIMIT $3

-- name: conversation_is_last
SELECT 1 FROM conversation WHERE id = $1 AND last_message_id = $2

-- name: conversation_mark
INSERT INTO read_mark (operator_id, conversation_id, read_count, updated_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (operator_id, conversation_id) DO UPDATE SET read_count = excluded.read_count, updated_at = excluded.updated_at
WHERE read_mark.read_count < excluded.read_count

-- When a conversation wakes, its last message is unread again for the assignee.
-- name: conversation_unmark
UPDATE read_mark SET read_count = $3, updated_at = $4 WHERE operator_id = $1 AND conversation_id = $2 AND read_count > $3

-- How many customer messages come after a message, and how many the operator has seen.
-- name: conversation_unread_behind
SELECT c.inbound_count,
       (SELECT count(*) FROM message AS m WHERE m.conversation_id = c.id AND m.id > $2 AND m.direction = 'in'),
       coalesce((SELECT r.read_count FROM read_mark AS r WHERE r.operator_id = $3 AND r.conversation_id = c.id), 0),
       c.assignee_id
FROM conversation AS c WHERE c.id = $1

-- The customer message with this many newer ones.
-- name: conversation_unread_nth
SELECT m.id FROM message AS m WHERE m.conversation_id = $1 AND m.direction = 'in' ORDER BY m.id DESC LIMIT 1 OFFSET $2

-- When the customer wrote their newest message but $2; a flood looks at few of them.
-- name: conversation_written_nth
SELECT m.created_at FROM message AS m WHERE m.conversation_id = $1 AND m.direction = 'in' ORDER BY m.id DESC LIMIT 1 OFFSET $2

-- What tells the customer's last messages from one act: an album, or messages forwarded at once.
-- name: conversation_written_lately
SELECT m.created_at, m.album, CASE WHEN m.forward IS NULL THEN 0 ELSE 1 END
FROM message AS m WHERE m.conversation_id = $1 AND m.direction = 'in' ORDER BY m.id DESC LIMIT $2

-- name: conversation_written_last
SELECT m.id FROM message AS m WHERE m.conversation_id = $1 AND m.direction = 'in' ORDER BY m.id DESC LIMIT $2

-- name: conversation_spam_before_block
SELECT spam_before_block FROM conversation WHERE id = $1

-- name: conversation_set_spam_before_block
UPDATE conversation SET spam_before_block = $2 WHERE id = $1

-- Whether the person has written to another account of the channel, where they are no spam.
-- name: conversation_known_elsewhere
SELECT 1 FROM account AS b JOIN customer AS cu ON cu.channel = b.channel AND cu.account = CAST(b.id AS TEXT) AND cu.external_id = $2
JOIN conversation AS c ON c.customer_id = cu.id
WHERE b.channel = $1 AND cu.id <> $3 AND c.inbound_count > 0 AND c.spam_at IS NULL LIMIT 1

-- name: contact_check_get
SELECT round, answer, wrong, asked_at, wait_until FROM contact_check WHERE conversation_id = $1

-- name: contact_check_set
INSERT INTO contact_check (conversation_id, round, answer, wrong, asked_at, wait_until) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (conversation_id) DO UPDATE SET round = excluded.round, answer = excluded.answer, wrong = excluded.wrong,
  asked_at = excluded.asked_at, wait_until = excluded.wait_until

-- name: inbound_mark
INSERT INTO inbound (channel, account, update_id, received_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING

-- $3: not before.
-- name: inbound_last
SELECT received_at FROM inbound WHERE received_at >= $3 AND channel = $1 AND account = $2 ORDER BY received_at DESC LIMIT 1

-- Raw updates that were kept for a reason, the newest first.
-- name: inbound_raw_recent
SELECT id, raw FROM inbound_raw WHERE received_at >= $4 AND channel = $1 AND account = $2 AND reason = $3
ORDER BY received_at DESC, id DESC LIMIT $5

-- name: inbound_raw_forget
DELETE FROM inbound_raw WHERE id = $1

-- name: inbound_keep
INSERT INTO inbound_raw (channel, account, update_id, reason, raw, received_at) VALUES ($1, $2, $3, $4, $5, $6)

-- Whether the customer's conversation is spam.
-- name: conversation_spam_of_customer
SELECT 1 FROM conversation WHERE customer_id = $1 AND spam_at IS NOT NULL LIMIT 1
