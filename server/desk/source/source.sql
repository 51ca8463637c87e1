Where customers come from.

-- columns: source
id, payload, name, tag, language

-- $1 is the JSON list of everything that the payload begins with, at most 64.
-- name: source_of_payload (sqlite)
SELECT @source@ FROM source WHERE payload IN (SELECT value FROM json_each($1)) ORDER BY length(payload) DESC LIMIT 1

-- name: source_of_payload (postgres)
SELECT @source@ FROM source WHERE payload = ANY (ARRAY(SELECT json_array_elements_text(CAST($1 AS json))))
ORDER BY length(payload) DESC LIMIT 1

-- name: source_list
SELECT @source@ FROM source ORDER BY payload LIMIT $1

-- name: source_count
SELECT count(*) FROM source

-- name: source_add
INSERT INTO source (payload, name, tag, language, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT DO NOTHING RETURNING id

-- name: source_put
INSERT INTO source (payload, name, tag, language, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (payload) DO UPDATE SET name = excluded.name, tag = excluded.tag, language = excluded.language, updated_at = excluded.updated_at

-- name: source_by_payload
SELECT id FROM source WHERE payload = $1

-- name: source_change
UPDATE source SET payload = $2, name = $3, tag = $4, language = $5, updated_at = $6 WHERE id = $1

-- name: source_remove
DELETE FROM source WHERE id = $1
