The event log: appended to inside every transaction that changes something, read by the bus, replayed to clients.

-- columns: event
seq, type, subject, subject_id, audience, audience_id, channel, data, actor, actor_id, owner_id,
former_owner_id, audience_ids, account, external_id

-- name: event_append
INSERT INTO event (type, subject, subject_id, audience, audience_id, channel, data, created_at, actor, actor_id, owner_id,
                   former_owner_id, audience_ids, account, external_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)

-- name: event_between
SELECT @event@ FROM event WHERE seq > $1 AND seq <= $2 ORDER BY seq LIMIT $3

-- The end of the log. On SQLite sqlite_sequence survives the pruning of all rows; on PostgreSQL the sequence may run
-- ahead of the commits, so its own value serves only while the table is empty.
-- name: event_last (sqlite)
SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'event'), 0)

-- name: event_last (postgres)
SELECT coalesce((SELECT max(seq) FROM event), (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM event_seq_seq))

-- The lowest seq in the log, if any.
-- name: event_first
SELECT seq FROM event ORDER BY seq LIMIT 1

-- Every transaction below the first number has ended; the owner of a seq drawn before this snapshot has an id below the second,
-- which is a fresh one. (pg_snapshot_xmax would not do: it is one past the highest id that has *ended*, and an
-- open transaction may be at it or above.)
-- name: event_horizon (sqlite)
SELECT 0, 0

-- name: event_horizon (postgres)
SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint, pg_current_xact_id()::text::bigint

-- The old rows at the head, before the first that is not old: a hole after it would lose events in a replay. A clock
-- may have been wrong for some rows. An event later than $2 was written with a clock that was ahead, and does not block pruning.
-- name: event_prune
DELETE FROM event WHERE seq <= coalesce(
  (SELECT min(seq) - 1 FROM (SELECT seq, created_at FROM event ORDER BY seq LIMIT $3) AS head
    WHERE created_at >= $1 AND created_at <= $2),
  (SELECT max(seq) FROM (SELECT seq FROM event ORDER BY seq LIMIT $3) AS whole))
