Messages: rows, pages of history, edits.

-- columns: message
id, conversation_id, direction, kind, operator_id, text, entities, reply_to_id, album, content, action,
target_operator_id, client_id, external_id, file_count, delivery, delivery_error, created_at, edited_at, origin,
forward, media, actor, actor_id, headline, details, buttons, silent, protected, link_preview, sent_at, deleted_at, pinned,
changes, reactions, retry_at

-- columns: message_new
conversation_id, direction, kind, operator_id, text, entities, reply_to_id, album, content, action, target_operator_id, client_id,
external_id, file_count, delivery, created_at, origin, forward, media, edited_at, stated_at, stated_no, actor, actor_id, headline,
details, buttons, silent, protected, link_preview

-- name: message_insert
INSERT INTO message @message_new($1)@ ON CONFLICT DO NOTHING RETURNING id

-- name: message_raw_insert
INSERT INTO message_raw (message_id, raw) VALUES ($1, $2)

-- name: message_raw_by_id
SELECT raw FROM message_raw WHERE message_id = $1

-- name: message_by_id
SELECT @message@ FROM message WHERE id = $1

-- For message_update, behind the message: the customer's address and the conversation's assignee. Expressions, so that RETURNING
-- gives them too.
-- columns: message_behind
channel = (SELECT cu.channel FROM conversation AS co JOIN customer AS cu ON cu.id = co.customer_id WHERE co.id = message.conversation_id),
account = (SELECT cu.account FROM conversation AS co JOIN customer AS cu ON cu.id = co.customer_id WHERE co.id = message.conversation_id),
external_id = (SELECT cu.external_id FROM conversation AS co JOIN customer AS cu ON cu.id = co.customer_id WHERE co.id = message.conversation_id),
assignee_id = (SELECT co.assignee_id FROM conversation AS co WHERE co.id = message.conversation_id)

-- name: message_with_behind
SELECT @message@, @message_behind@
FROM message WHERE id = $1

-- name: message_owner
SELECT m.conversation_id, co.assignee_id FROM message AS m JOIN conversation AS co ON co.id = m.conversation_id WHERE m.id = $1

-- name: message_quoters
SELECT id FROM message WHERE reply_to_id = $1 ORDER BY id DESC LIMIT $2

-- name: message_by_ids
SELECT @message@ FROM message WHERE id @IDS($1)@

-- name: message_by_external
SELECT @message@ FROM message WHERE conversation_id = $1 AND external_id = $2

-- name: message_by_client
SELECT @message@ FROM message WHERE operator_id = $1 AND client_id = $2

-- name: message_page_before
SELECT @message@ FROM message WHERE conversation_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3

-- name: message_page_after
SELECT @message@ FROM message WHERE conversation_id = $1 AND id > $2 AND id < $3 ORDER BY id LIMIT $4

-- What the customer sees of a conversation: no system messages.
-- name: message_shown_before
SELECT @message@ FROM message WHERE conversation_id = $1 AND id < $2 AND direction IN ('in', 'out') ORDER BY id DESC LIMIT $3

-- name: message_shown_after
SELECT @message@ FROM message WHERE conversation_id = $1 AND id > $2 AND direction IN ('in', 'out') ORDER BY id LIMIT $3

-- columns: message_quote
id, direction, kind, content, text = substr(@.text, 1, $2), headline = substr(@.headline, 1, $2)

-- name: message_quotes
SELECT @message_quote@ FROM message WHERE id @IDS($1)@

-- name: message_id_by_external
SELECT id FROM message WHERE conversation_id = $1 AND external_id = $2

-- name: message_forget_external
UPDATE message SET external_id = NULL WHERE id = $1

-- A version in the history, as the message m with its raw form r becomes one.
-- columns: message_version
message_id = @.id, kind, content, media, text, entities, raw = r.raw, replaced_at = $2, stated_at, stated_no, headline, details, buttons,
operator_id = CAST($3 AS BIGINT)

-- Copies the version about to be replaced into the history.
-- name: message_keep_version
INSERT INTO message_edit @message_version()@
SELECT @message_version:m@ FROM message AS m LEFT JOIN message_raw AS r ON r.message_id = m.id WHERE m.id = $1
RETURNING id

-- name: message_keep_state
INSERT INTO message_edit @message_version($1)@ RETURNING id

-- Makes room in a full history: deletes the version at position $2 if there are $3 or more.
-- name: message_thin_history
DELETE FROM message_edit WHERE id = (SELECT id FROM message_edit WHERE message_id = $1 ORDER BY id LIMIT 1 OFFSET $2)
AND (SELECT count(*) FROM message_edit WHERE message_id = $1) >= $3

-- name: message_stated_at
SELECT stated_at, stated_no FROM message WHERE id = $1

-- columns: message_state
kind, text, entities, content, media, file_count, edited_at, stated_at, stated_no, headline, details, buttons

-- name: message_replace_state
UPDATE message SET @message_state=$2@ WHERE id = $1

-- Only a placeholder, which says what it is now; it was not edited.
-- name: message_read_again
UPDATE message SET kind = $2, text = $3, entities = $4, content = NULL, media = $5, file_count = $6, headline = $7, details = $8
WHERE id = $1 AND kind = 'unsupported'

-- name: message_restate
UPDATE message SET stated_at = $2, stated_no = $3 WHERE id = $1

-- name: message_raw_delete
DELETE FROM message_raw WHERE message_id = $1

-- columns: message_edit
id, kind, content, media, text, entities, replaced_at, headline, details, buttons, operator_id

-- name: message_edits
SELECT @message_edit@ FROM message_edit WHERE message_id = $1
ORDER BY coalesce(stated_at, 0), coalesce(stated_no, 0), id LIMIT $2

-- name: message_deliver
UPDATE message SET delivery = $2, delivery_error = $3, external_id = coalesce($4, external_id), retry_at = $6,
                   sent_at = CASE WHEN $2 = 'sent' THEN coalesce(sent_at, CAST($5 AS BIGINT)) ELSE sent_at END
WHERE id = $1
RETURNING @message@, @message_behind@

-- The customer moves to another account of the channel, which numbers messages anew.
-- name: message_answers_known
SELECT m.id FROM conversation AS c JOIN message AS m ON m.conversation_id = c.id
WHERE c.customer_id = $1 AND m.direction = 'out' AND m.external_id IS NOT NULL ORDER BY m.id DESC LIMIT $2

-- name: message_forget_externals
UPDATE message SET external_id = NULL
WHERE conversation_id IN (SELECT id FROM conversation WHERE customer_id = $1) AND external_id IS NOT NULL

-- name: message_reactions_lock (sqlite)
SELECT reactions, reacted_at, reacted_no FROM message WHERE id = $1

-- name: message_reactions_lock (postgres)
SELECT reactions, reacted_at, reacted_no FROM message WHERE id = $1 FOR NO KEY UPDATE

-- name: message_react
UPDATE message SET reactions = $2, reacted_at = coalesce($3, reacted_at), reacted_no = coalesce($4, reacted_no) WHERE id = $1

-- name: message_count_presses
SELECT count(*) FROM (SELECT 1 AS one FROM message WHERE reply_to_id = $1 AND kind = 'press' AND created_at > $2 LIMIT $3) AS counted

-- name: message_last_press
SELECT details FROM message WHERE reply_to_id = $1 AND kind = 'press' ORDER BY id DESC LIMIT 1

-- ---- what operators do to an answer ----

-- One that was not sent yet: nobody has seen the earlier text.
-- name: message_rewrite
UPDATE message SET text = $2, entities = $3, buttons = $4 WHERE id = $1

-- name: message_withdraw
UPDATE message SET deleted_at = $2, delivery = NULL, delivery_error = NULL, changes = NULL WHERE id = $1

-- name: message_gone
UPDATE message SET deleted_at = $2, pinned = NULL, changes = NULL WHERE id = $1

-- name: message_set_changes
UPDATE message SET changes = $2 WHERE id = $1

-- name: message_set_pinned
UPDATE message SET pinned = $2 WHERE id = $1

-- name: message_poll_note
INSERT INTO message_poll (channel, account, poll_id, message_id) VALUES ($1, $2, $3, $4)
ON CONFLICT (channel, account, poll_id) DO NOTHING

-- With the time at which the last report came, which is known for some days.
-- name: message_poll_lock (sqlite)
SELECT p.message_id, p.stated_no, m.details,
  (SELECT i.received_at FROM inbound AS i WHERE i.channel = p.channel AND i.account = p.account AND i.update_id = p.stated_no)
FROM message_poll AS p JOIN message AS m ON m.id = p.message_id
WHERE p.channel = $1 AND p.account = $2 AND p.poll_id = $3

-- name: message_poll_lock (postgres)
SELECT p.message_id, p.stated_no, m.details,
  (SELECT i.received_at FROM inbound AS i WHERE i.channel = p.channel AND i.account = p.account AND i.update_id = p.stated_no)
FROM message_poll AS p JOIN message AS m ON m.id = p.message_id
WHERE p.channel = $1 AND p.account = $2 AND p.poll_id = $3 FOR NO KEY UPDATE

-- name: message_poll_stated
UPDATE message_poll SET stated_no = $4 WHERE channel = $1 AND account = $2 AND poll_id = $3

-- name: message_set_details
UPDATE message SET details = $2 WHERE id = $1
