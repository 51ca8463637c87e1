The greetings that were given.

-- name: greeting_of_day
SELECT 1 FROM greeting WHERE channel = $1 AND account = $2 AND external_id = $3 AND day = $4

-- name: greeting_give
INSERT INTO greeting (channel, account, external_id, day, text, created_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT DO NOTHING

-- name: greeting_list
SELECT text, created_at FROM greeting
WHERE channel = $1 AND account = $2 AND external_id = $3 AND created_at >= $4 ORDER BY day DESC LIMIT $5

-- name: greeting_rename
UPDATE greeting SET external_id = $4 WHERE channel = $1 AND account = $2 AND external_id = $3
