The desk in five numbers. Each is counted along an index that holds nothing else.

-- name: stats_count
SELECT (SELECT count(*) FROM conversation WHERE status = 'waiting'),
       (SELECT count(*) FROM conversation WHERE status = 'active'),
       (SELECT count(*) FROM conversation WHERE status = 'closed'),
       (SELECT count(*) FROM operator WHERE status = 'online' AND active = 1),
       (SELECT count(*) FROM message WHERE created_at >= $1)
