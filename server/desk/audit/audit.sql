Who did what to the desk itself.

-- name: audit_add
INSERT INTO audit (actor, actor_id, action, target, detail, address, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
