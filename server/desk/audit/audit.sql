Who did what to the desk itself.

-- columns: audit
id, actor, actor_id, action, target, detail, address, created_at

-- name: audit_add
INSERT INTO audit (actor, actor_id, action, target, detail, address, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)

-- $3: 0 all, 1 without the sign-ins, 2 the sign-ins alone (enum audit_part).
-- name: audit_page
SELECT @audit@ FROM audit WHERE id < $1
AND (CAST($3 AS BIGINT) = 0 OR (CAST($3 AS BIGINT) = 1 AND action <> $4) OR (CAST($3 AS BIGINT) = 2 AND action = $4))
ORDER BY id DESC LIMIT $2
