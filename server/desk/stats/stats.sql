The desk in five numbers, each counted along an index. System messages are left out; a day's messages are counted to a
million, so that the statement stays bounded. Spam does not count as waiting or active; it is subtracted, because it is
few rows of an index of its own.

-- name: stats_count
SELECT (SELECT count(*) FROM conversation WHERE status = 'waiting')
         - (SELECT count(*) FROM conversation WHERE status = 'waiting' AND spam_at IS NOT NULL),
       (SELECT count(*) FROM conversation WHERE status = 'active')
         - (SELECT count(*) FROM conversation WHERE status = 'active' AND spam_at IS NOT NULL),
       (SELECT count(*) FROM conversation WHERE status = 'closed'),
       (SELECT count(*) FROM operator WHERE status = 'online' AND active = 1),
       (SELECT count(*) FROM (SELECT 1 FROM message WHERE created_at >= $1 AND direction <> 'system' LIMIT 1000000) AS today)

-- The same of the conversations that are assigned to an operator.
-- name: stats_count_assigned
SELECT (SELECT count(*) FROM conversation WHERE assignee_id = $2 AND status = 'waiting' AND spam_at IS NULL),
       (SELECT count(*) FROM conversation WHERE assignee_id = $2 AND status = 'active' AND spam_at IS NULL),
       (SELECT count(*) FROM conversation WHERE assignee_id = $2 AND status = 'closed'),
       (SELECT count(*) FROM operator WHERE status = 'online' AND active = 1),
       (SELECT count(*) FROM (SELECT m.conversation_id FROM message AS m
          WHERE m.created_at >= $1 AND m.direction <> 'system' LIMIT 1000000) AS today
        JOIN conversation AS c ON c.id = today.conversation_id WHERE c.assignee_id = $2)
