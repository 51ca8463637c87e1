The desk in five numbers, each counted along an index. Lines of the desk's own are no messages; a day's messages are
counted to a million, so that the question stays bounded.

-- name: stats_count
SELECT (SELECT count(*) FROM conversation WHERE status = 'waiting'),
       (SELECT count(*) FROM conversation WHERE status = 'active'),
       (SELECT count(*) FROM conversation WHERE status = 'closed'),
       (SELECT count(*) FROM operator WHERE status = 'online' AND active = 1),
       (SELECT count(*) FROM (SELECT 1 FROM message WHERE created_at >= $1 AND direction <> 'system' LIMIT 1000000) AS today)
