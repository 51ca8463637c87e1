Files and what they are attached to.

-- columns: file
id, state, name, mime, size_bytes, width, height, storage_key, thumb_key, source, duration_ms, error_code, preview

-- name: file_insert
INSERT INTO file (state, name, mime, size_bytes, width, height, storage_key, thumb_key, channel, account, source,
                  created_at, duration_ms, preview, thumb_bytes)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) RETURNING id

-- name: file_by_id
SELECT @file:f@ FROM file AS f WHERE f.id = $1

-- Whether a message with the file, or an earlier version of one, is in a conversation that is assigned to the operator, or the file is
-- the picture of the customer of such a conversation.
-- name: file_assigned
SELECT 1 FROM message_file AS mf JOIN message AS m ON m.id = mf.message_id JOIN conversation AS c ON c.id = m.conversation_id
WHERE mf.file_id = $1 AND c.assignee_id = $2
UNION ALL
SELECT 1 FROM message_edit_file AS ef JOIN message_edit AS e ON e.id = ef.edit_id JOIN message AS m ON m.id = e.message_id
JOIN conversation AS c ON c.id = m.conversation_id WHERE ef.file_id = $1 AND c.assignee_id = $2
UNION ALL
SELECT 1 FROM customer AS cu JOIN conversation AS c ON c.customer_id = cu.id WHERE cu.photo_id = $1 AND c.assignee_id = $2
LIMIT 1

-- Whether any row has this content, as the file itself or as its smaller picture.
-- name: file_key_known
SELECT id FROM file WHERE storage_key = $1
UNION ALL
SELECT id FROM file WHERE thumb_key = $1
LIMIT 1

-- Whether it counts already: a row has it, or an upload that began earlier.
-- name: file_key_held
SELECT 1 FROM file WHERE storage_key = $1
UNION ALL
SELECT 1 FROM file WHERE thumb_key = $1
UNION ALL
SELECT 1 FROM file_claim WHERE key = $1 AND removing = 0 AND until > $2
LIMIT 1

-- name: file_came_from
SELECT 1 FROM file WHERE id = $1 AND channel = $2 AND account = $3

-- name: file_attach
INSERT INTO message_file (message_id, position, file_id) VALUES ($1, $2, $3)

-- The files of a list of messages, in order of message and position.
-- name: file_of_messages
SELECT @file:f@, mf.message_id
FROM message_file AS mf JOIN file AS f ON f.id = mf.file_id
WHERE mf.message_id @IDS($1)@ ORDER BY mf.message_id, mf.position

-- name: file_detach_all
DELETE FROM message_file WHERE message_id = $1

-- Copies the files of a message version that is about to be replaced.
-- name: file_keep_version
INSERT INTO message_edit_file (edit_id, position, file_id) SELECT $1, position, file_id FROM message_file WHERE message_id = $2

-- name: file_attach_version
INSERT INTO message_edit_file (edit_id, position, file_id) VALUES ($1, $2, $3)

-- The files of all earlier versions of a message, in order of version and position.
-- name: file_of_versions
SELECT @file:f@, ef.edit_id
FROM message_edit AS e JOIN message_edit_file AS ef ON ef.edit_id = e.id JOIN file AS f ON f.id = ef.file_id
WHERE e.message_id = $1 ORDER BY ef.edit_id, ef.position

-- The channel's dimensions and duration stay where the bytes do not tell.
-- name: file_ready
UPDATE file SET state = 'ready', mime = $2, size_bytes = $3, width = coalesce($4, width), height = coalesce($5, height), storage_key = $6, thumb_key = $7,
  duration_ms = coalesce($8, duration_ms), preview = $9, thumb_bytes = $10, error = NULL, error_code = NULL
WHERE id = $1 AND state = 'pending'

-- name: file_failed
UPDATE file SET state = 'failed', error = $2, error_code = $3 WHERE id = $1 AND state = 'pending'

-- name: file_pending
UPDATE file SET state = 'pending' WHERE id = $1 AND state = 'failed' AND source IS NOT NULL RETURNING channel, account

-- The first thumbnail is kept; a picture that cannot be made smaller is its own thumbnail.
-- name: file_set_thumb
UPDATE file SET thumb_key = $2, preview = coalesce($3, preview), thumb_bytes = $4 WHERE id = $1 AND thumb_key IS NULL

-- The rows of a range of ids that no message, no version of one and no customer uses any more.
-- name: file_unused
SELECT f.id, f.storage_key, f.thumb_key FROM file AS f WHERE f.id > $1 AND f.id <= $2
AND NOT EXISTS (SELECT 1 FROM message_file AS mf WHERE mf.file_id = f.id)
AND NOT EXISTS (SELECT 1 FROM message_edit_file AS ef WHERE ef.file_id = f.id)
AND NOT EXISTS (SELECT 1 FROM customer AS cu WHERE cu.photo_id = f.id) ORDER BY f.id

-- name: file_remove_unused
DELETE FROM file WHERE id = $1
AND NOT EXISTS (SELECT 1 FROM message_file AS mf WHERE mf.file_id = $1)
AND NOT EXISTS (SELECT 1 FROM message_edit_file AS ef WHERE ef.file_id = $1)
AND NOT EXISTS (SELECT 1 FROM customer AS cu WHERE cu.photo_id = $1)

-- Returns no row while the content is being removed.
-- name: file_claim_add
INSERT INTO file_claim (key, holder, until)
SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS BIGINT)
WHERE NOT EXISTS (SELECT 1 FROM file_claim AS r WHERE r.key = $1 AND r.removing = 1 AND r.until > $4 AND r.until <= $5)
RETURNING id

-- name: file_claim_removing
INSERT INTO file_claim (key, holder, until, removing) VALUES ($1, $2, $3, 1) RETURNING id

-- name: file_claim_remove
DELETE FROM file_claim WHERE id = $1

-- name: file_claim_any
SELECT 1 FROM file_claim WHERE key = $1 AND until > $2 AND (removing = 0 OR until <= $3) LIMIT 1

-- name: file_claim_end_expired
DELETE FROM file_claim WHERE key = $1 AND removing = 0 AND until <= $2

-- name: file_claim_delete_of_earlier_runs
DELETE FROM file_claim WHERE substr(holder, 1, length($1)) = $1 AND holder <> $2

-- name: file_claim_delete_expired
DELETE FROM file_claim WHERE until < $1

-- name: file_last_id
SELECT max(id) FROM file

-- name: file_keys
SELECT id, storage_key, thumb_key FROM file WHERE id > $1 AND storage_key IS NOT NULL ORDER BY id LIMIT $2

-- The contents of a range of ids by type; a content of several rows counts with its first one.
-- name: file_space
SELECT f.mime, count(*), CAST(sum(f.size_bytes) AS BIGINT) FROM file AS f
WHERE f.id > $1 AND f.id <= $2 AND f.storage_key IS NOT NULL
AND NOT EXISTS (SELECT 1 FROM file AS o WHERE o.storage_key = f.storage_key AND o.id < f.id) GROUP BY f.mime

-- The same of their smaller pictures. One that is the file itself takes no room. $3: the size of one whose size is not known.
-- name: file_space_thumbs
SELECT count(*), CAST(coalesce(sum(coalesce(f.thumb_bytes, CAST($3 AS BIGINT))), 0) AS BIGINT) FROM file AS f
WHERE f.id > $1 AND f.id <= $2 AND f.storage_key IS NOT NULL AND f.thumb_key IS NOT NULL AND f.thumb_key <> f.storage_key
AND NOT EXISTS (SELECT 1 FROM file AS o WHERE o.thumb_key = f.thumb_key AND o.id < f.id AND o.storage_key <> o.thumb_key)

-- Whether a file is still needed: of a message that has not been sent, that has failed or is uncertain and younger than $3, so that it
-- can be sent again, or whose copy for the staff room waits; or a customer's picture.
-- columns: file_needed
needed = (EXISTS (SELECT 1 FROM customer AS cu WHERE cu.photo_id = @.id) OR EXISTS (SELECT 1 FROM message_file AS mf JOIN message AS m ON m.id = mf.message_id WHERE mf.file_id = @.id AND (m.delivery IN ('queued', 'sending') OR (m.delivery IN ('failed', 'uncertain') AND m.created_at >= $3) OR EXISTS (SELECT 1 FROM job AS j WHERE j.subject = 'message' AND j.subject_id = m.id AND j.state <> 'dead' AND j.kind IN ('outbox.answer', 'outbox.change', 'outbox.copy')))))

-- The oldest files with bytes, but none that is still needed.
-- name: file_old
SELECT f.id, f.storage_key, f.thumb_key FROM file AS f WHERE f.created_at < $1 AND f.storage_key IS NOT NULL
AND NOT @file_needed:f@
ORDER BY f.created_at LIMIT $2

-- Not one that is needed by now.
-- name: file_removed
UPDATE file SET state = 'failed', error = NULL, error_code = 'removed', storage_key = NULL, thumb_key = NULL, preview = NULL,
  source = NULL, thumb_bytes = NULL
WHERE id = $1 AND storage_key = $2
AND NOT @file_needed:file@

-- Whether the bytes of one of the message's files were removed.
-- name: file_removed_of
SELECT 1 FROM message_file AS mf JOIN file AS f ON f.id = mf.file_id
WHERE mf.message_id = $1 AND f.error_code = 'removed' LIMIT 1

-- name: file_waits
SELECT 1 FROM message_file AS m JOIN file AS f ON f.id = m.file_id
WHERE m.message_id = $1 AND f.state = 'pending' LIMIT 1

-- name: file_messages
SELECT message_id FROM message_file WHERE file_id = $1 ORDER BY message_id LIMIT 100

-- name: file_quota_add
INSERT INTO visitor_photos (day, external_id, bytes) VALUES ($1, $2, $3)
ON CONFLICT (day, external_id) DO UPDATE SET bytes = visitor_photos.bytes + excluded.bytes
RETURNING bytes

-- name: file_quota_forget
DELETE FROM visitor_photos WHERE day < $1

-- name: file_remote_find
SELECT remote_id FROM file_remote WHERE storage_key = $1 AND channel = $2 AND account = $3 AND kind = $4 AND name = $5

-- name: file_remote_keep
INSERT INTO file_remote (storage_key, channel, account, kind, name, remote_id) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (storage_key, channel, account, kind, name) DO UPDATE SET remote_id = excluded.remote_id

-- Only the id that was refused: another process may have stored a newer one.
-- name: file_remote_forget
DELETE FROM file_remote WHERE storage_key = $1 AND channel = $2 AND account = $3 AND kind = $4 AND name = $5 AND remote_id = $6

-- name: file_remote_forget_content
DELETE FROM file_remote WHERE storage_key = $1
