The staff room: what stands for what in it, who writes there, and which rooms could be chosen.

-- name: staff_note
INSERT INTO staff_message (channel, account, chat_id, external_id, message_id, kind, album, language, created_at, thread_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING

-- name: staff_find
SELECT message_id FROM staff_message WHERE channel = $1 AND account = $2 AND chat_id = $3 AND external_id = $4 AND kind = 'copy'

-- The same, and an answer that a colleague has written there.
-- name: staff_find_any
SELECT message_id FROM staff_message WHERE channel = $1 AND account = $2 AND chat_id = $3 AND external_id = $4

-- name: staff_traces
SELECT external_id, kind, thread_id FROM staff_message
WHERE message_id = $1 AND channel = $2 AND account = $3 AND chat_id = $4 ORDER BY created_at LIMIT 20

-- name: staff_find_album
SELECT message_id FROM staff_message
WHERE channel = $1 AND account = $2 AND chat_id = $3 AND album = $4 AND kind = 'reply' ORDER BY created_at LIMIT 1

-- name: staff_external
SELECT external_id FROM staff_message
WHERE message_id = $1 AND channel = $2 AND account = $3 AND chat_id = $4 AND coalesce(thread_id, 0) = $5
ORDER BY created_at LIMIT 1

-- name: staff_language
SELECT language FROM staff_message WHERE message_id = $1 AND kind = 'reply' LIMIT 1

-- name: staff_waiting_count
SELECT count(*) FROM (SELECT 1 FROM staff_waiting WHERE channel = $1 AND account = $2 LIMIT $3) AS waiting

-- name: staff_waiting_add
INSERT INTO staff_waiting (channel, account, raw, received_at) VALUES ($1, $2, $3, $4)

-- name: staff_waiting_list
SELECT id, raw FROM staff_waiting WHERE channel = $1 AND account = $2 ORDER BY id LIMIT $3

-- name: staff_waiting_remove
DELETE FROM staff_waiting WHERE id = $1

-- name: staff_person
SELECT operator_id FROM operator_identity WHERE channel = $1 AND external_id = $2

-- A deactivated operator who unlinked this account before.
-- name: staff_person_barred
SELECT f.operator_id FROM operator_former_identity AS f JOIN operator AS o ON o.id = f.operator_id
WHERE f.channel = $1 AND f.external_id = $2 AND o.active = 0 ORDER BY f.operator_id LIMIT 1

-- name: staff_barred
SELECT 1 FROM operator_identity AS i JOIN operator AS o ON o.id = i.operator_id
WHERE i.channel = $1 AND i.external_id = $2 AND o.active = 0
UNION ALL
SELECT 1 FROM operator_former_identity AS f JOIN operator AS o ON o.id = f.operator_id
WHERE f.channel = $1 AND f.external_id = $2 AND o.active = 0 LIMIT 1

-- Once in a while; the rest changes nothing.
-- name: staff_told
INSERT INTO staff_told (channel, external_id, told_at) VALUES ($1, $2, $3)
ON CONFLICT (channel, external_id) DO UPDATE SET told_at = excluded.told_at WHERE staff_told.told_at < $4

-- name: staff_person_insert
INSERT INTO operator_identity (channel, external_id, operator_id, created_at) VALUES ($1, $2, $3, $4)
ON CONFLICT DO NOTHING

-- name: staff_candidate_set
INSERT INTO staff_candidate (channel, account, chat_id, title, updated_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (channel, account, chat_id) DO UPDATE SET title = excluded.title, updated_at = excluded.updated_at
WHERE staff_candidate.title <> excluded.title

-- The language of a room: that of the last writer.
-- name: staff_room_set_language
UPDATE staff_candidate SET language = $4
WHERE channel = $1 AND account = $2 AND chat_id = $3 AND coalesce(language, '') <> $5

-- name: staff_room_language
SELECT language FROM staff_candidate WHERE channel = $1 AND account = $2 AND chat_id = $3

-- name: staff_candidate_remove
DELETE FROM staff_candidate WHERE channel = $1 AND account = $2 AND chat_id = $3

-- name: staff_candidates
SELECT chat_id, title FROM staff_candidate WHERE channel = $1 AND account = $2 ORDER BY updated_at DESC, chat_id LIMIT $3

-- columns: staff_topic
conversation_id, thread_id, state, name, title, closed, stray, first_message_id, remade_for, asked_at, named_at

-- name: staff_topic_get
SELECT @staff_topic@ FROM staff_topic WHERE channel = $1 AND account = $2 AND chat_id = $3 AND conversation_id = $4

-- name: staff_topic_by_thread
SELECT @staff_topic@ FROM staff_topic WHERE channel = $1 AND account = $2 AND chat_id = $3 AND thread_id = $4

-- name: staff_topic_opening
SELECT @staff_topic@ FROM staff_topic
WHERE channel = $1 AND account = $2 AND chat_id = $3 AND state = 'opening' AND name = $4 ORDER BY asked_at DESC LIMIT 1

-- name: staff_topic_namesake
SELECT 1 FROM staff_topic WHERE channel = $1 AND account = $2 AND chat_id = $3 AND title = $4 AND conversation_id <> $5
LIMIT 1

-- name: staff_topic_put
INSERT INTO staff_topic (channel, account, chat_id, conversation_id, thread_id, state, name, title, closed,
                         stray, first_message_id, remade_for, asked_at, named_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
ON CONFLICT (channel, account, chat_id, conversation_id) DO UPDATE SET thread_id = excluded.thread_id,
  state = excluded.state, name = excluded.name, title = excluded.title, closed = excluded.closed,
  stray = excluded.stray, first_message_id = excluded.first_message_id, remade_for = excluded.remade_for,
  asked_at = excluded.asked_at, named_at = excluded.named_at

-- Whom a command in the room may name.
-- name: staff_colleagues
SELECT o.id, o.login, o.name, i.username
FROM operator AS o LEFT JOIN operator_identity AS i ON i.operator_id = o.id
WHERE o.active = 1 ORDER BY o.id LIMIT $1

-- name: staff_person_rename
UPDATE operator_identity SET username = $3
WHERE channel = $1 AND external_id = $2 AND coalesce(username, '') <> $4
