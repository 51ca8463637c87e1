The desk in five numbers, each counted along an index. System messages are left out; a day's messages are counted to a
million, so that the statement stays bounded. Spam does not count as waiting or active: "coalesce(spam_at, 0) < 1" is the
predicate of the indexes that hold none.

-- name: stats_count
SELECT (SELECT count(*) FROM conversation WHERE status = 'waiting' AND coalesce(spam_at, 0) < 1),
       (SELECT count(*) FROM conversation WHERE status = 'active' AND coalesce(spam_at, 0) < 1),
       (SELECT count(*) FROM conversation WHERE status = 'closed'),
       (SELECT count(*) FROM operator WHERE status = 'online' AND active = 1),
       (SELECT count(*) FROM (SELECT 1 FROM message WHERE created_at >= $1 AND direction <> 'system' LIMIT 1000000) AS today)

-- The same of the conversations that are assigned to an operator.
-- name: stats_count_assigned
SELECT (SELECT count(*) FROM conversation WHERE assignee_id = $2 AND status = 'waiting' AND coalesce(spam_at, 0) < 1),
       (SELECT count(*) FROM conversation WHERE assignee_id = $2 AND status = 'active' AND coalesce(spam_at, 0) < 1),
       (SELECT count(*) FROM conversation WHERE assignee_id = $2 AND status = 'closed'),
       (SELECT count(*) FROM operator WHERE status = 'online' AND active = 1),
       (SELECT count(*) FROM (SELECT m.conversation_id FROM message AS m
          WHERE m.created_at >= $1 AND m.direction <> 'system' LIMIT 1000000) AS today
        JOIN conversation AS c ON c.id = today.conversation_id WHERE c.assignee_id = $2)
