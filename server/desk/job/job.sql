The durable queue. A lane's first live job is ready or leased, all others are behind: so taking reads one index and no job
that may not be taken.

-- columns: job
id, kind, queue, lane, batch, state, due_at, fence, attempts, subject, subject_id, payload, error_code, error, created_at,
updated_at

-- name: job_add
INSERT INTO job (kind, queue, lane, batch, priority, due_at, subject, subject_id, payload, unique_key, created_at, updated_at, state)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11,
  CASE WHEN EXISTS (SELECT 1 FROM job AS o WHERE o.queue = $2 AND o.lane = $3 AND o.state IN ('ready', 'behind', 'leased'))
       THEN 'behind' ELSE 'ready' END)
ON CONFLICT DO NOTHING RETURNING id

-- name: job_due (sqlite)
SELECT @job@ FROM job WHERE state = 'ready' AND queue = $1 AND priority = $2 AND due_at <= $3
ORDER BY due_at, id LIMIT $4

-- name: job_due (postgres)
SELECT @job@ FROM job WHERE state = 'ready' AND queue = $1 AND priority = $2 AND due_at <= $3
ORDER BY due_at, id LIMIT $4 FOR UPDATE SKIP LOCKED

-- PostgreSQL estimates that reading in order of id is cheap, and would walk the primary key past the jobs of all other lanes. A
-- range of states, and an order that begins with the state, leave only the index of the lane: here, in job_batch and in
-- job_promote.
--
-- The jobs after a head, as far as a batch may reach.
-- name: job_followers
SELECT @job@ FROM job WHERE queue = $1 AND lane = $2 AND state >= 'behind' AND state <= 'behind' AND id > $3
ORDER BY state, id LIMIT $4

-- The jobs of a batch further back in the lane, behind other jobs.
-- name: job_batch
SELECT @job@ FROM
(SELECT * FROM job WHERE queue = $1 AND lane = $2 AND state >= 'behind' AND state <= 'behind' AND id > $3
 ORDER BY state, id LIMIT $4) AS near
WHERE batch = $5 ORDER BY id LIMIT $6

-- name: job_lease
UPDATE job SET state = 'leased', fence = fence + 1, lease_until = $2, holder = $3, updated_at = $4 WHERE id @IDS($1)@

-- Each part reads one row from the head of an index.
-- name: job_next_due
SELECT min(at) FROM (
SELECT min(lease_until) AS at FROM job WHERE state = 'leased' AND queue = $1
UNION ALL
SELECT min(due_at) FROM job WHERE state = 'ready' AND queue = $1 AND priority = 0 AND $2 <= 0 AND $3 >= 0
UNION ALL
SELECT min(due_at) FROM job WHERE state = 'ready' AND queue = $1 AND priority = 1 AND $2 <= 1 AND $3 >= 1
UNION ALL
SELECT min(due_at) FROM job WHERE state = 'ready' AND queue = $1 AND priority = 2 AND $2 <= 2 AND $3 >= 2) AS heads

-- name: job_next_lost
SELECT min(lease_until) FROM job WHERE state = 'leased' AND queue = $1

-- name: job_stranded
SELECT 1 FROM job WHERE state = 'ready' AND queue = $1 AND priority IN (0, 1, 2) AND due_at > $2
UNION ALL
SELECT 1 FROM job WHERE state = 'leased' AND queue = $1 AND lease_until > $2
LIMIT 1

-- name: job_free_waiting
UPDATE job SET due_at = $3 WHERE state = 'ready' AND queue = $1 AND priority IN (0, 1, 2) AND due_at > $2

-- A job postponed at a future time starts its wait again now.
-- name: job_wait_anew
UPDATE job SET due_at = due_at - updated_at + $3, updated_at = $3
WHERE state = 'ready' AND queue = $1 AND priority IN (0, 1, 2) AND due_at > $2 AND updated_at > $2

-- name: job_free_leased
UPDATE job SET lease_until = $2 WHERE state = 'leased' AND queue = $1 AND lease_until > $2

-- A recurring job that is due too late.
-- name: job_far_off
SELECT 1 FROM job WHERE kind = $1 AND unique_key = $2 AND state <> 'dead' AND state = 'ready' AND due_at > $3

-- name: job_bring_near
UPDATE job SET due_at = $4 WHERE kind = $1 AND unique_key = $2 AND state <> 'dead' AND state = 'ready' AND due_at > $3

-- name: job_lost
SELECT @job@ FROM job WHERE state = 'leased' AND lease_until <= $1 AND queue = $2 ORDER BY lease_until LIMIT $3

-- By prefix and not by range: PostgreSQL compares texts by the database's collation.
-- name: job_expire_leases_of_earlier_runs
UPDATE job SET lease_until = 0 WHERE state = 'leased' AND substr(holder, 1, length($1)) = $1 AND holder <> $2

-- name: job_renew
UPDATE job SET lease_until = $3 WHERE id = $1 AND fence = $2 AND state = 'leased'

-- name: job_set_payload
UPDATE job SET payload = $3 WHERE id = $1 AND fence = $2 AND state = 'leased'

-- name: job_done
DELETE FROM job WHERE id = $1 AND fence = $2 AND state = 'leased'

-- name: job_move
UPDATE job SET state = $3, due_at = $4, attempts = $5, error_code = $6, error = $7, updated_at = $8, lease_until = NULL, holder = NULL
WHERE id = $1 AND fence = $2 AND state = 'leased'

-- The next job of a lane, if none is ready or leased.
-- name: job_promote
UPDATE job SET state = 'ready'
WHERE id = (SELECT o.id FROM job AS o WHERE o.queue = $1 AND o.lane = $2 AND o.state >= 'behind' AND o.state <= 'behind'
            ORDER BY o.state, o.id LIMIT 1)
  AND NOT EXISTS (SELECT 1 FROM job AS l WHERE l.queue = $1 AND l.lane = $2 AND l.state IN ('ready', 'leased'))

-- name: job_by_id
SELECT @job@ FROM job WHERE id = $1

-- name: job_find
SELECT @job@ FROM job WHERE subject = $1 AND subject_id = $2 AND kind = $3 ORDER BY id DESC LIMIT 1

-- name: job_hurry_lane
UPDATE job SET due_at = 0 WHERE queue = $1 AND lane = $2 AND state IN ('ready', 'behind') AND due_at > 0

-- name: job_move_lane
UPDATE job SET queue = $2, due_at = 0, state = CASE WHEN state = 'dead' THEN 'dead' ELSE 'behind' END
WHERE queue = $1 AND lane = $3 AND state IN ('ready', 'behind', 'dead')

-- name: job_hurry_queue
UPDATE job SET due_at = 0 WHERE state = 'ready' AND queue = $1 AND priority IN (0, 1, 2) AND due_at > $2

-- The names of the queues, from one to the next through an index.
-- name: job_queues
WITH RECURSIVE r(queue) AS (
  SELECT min(queue) FROM job WHERE state = 'ready'
  UNION ALL
  SELECT (SELECT min(queue) FROM job WHERE state = 'ready' AND queue > r.queue) FROM r WHERE r.queue IS NOT NULL
), l(queue) AS (
  SELECT min(queue) FROM job WHERE state = 'leased'
  UNION ALL
  SELECT (SELECT min(queue) FROM job WHERE state = 'leased' AND queue > l.queue) FROM l WHERE l.queue IS NOT NULL
)
SELECT queue FROM r WHERE queue IS NOT NULL UNION SELECT queue FROM l WHERE queue IS NOT NULL

-- name: job_count_lane
SELECT state, count(*) FROM job WHERE queue = $1 AND lane = $2 AND state IN ('ready', 'behind', 'leased') GROUP BY state

-- The names of the queues that have lanes, likewise.
-- name: job_queues_with_lanes
WITH RECURSIVE q(queue) AS (
  SELECT min(queue) FROM job WHERE lane IS NOT NULL
  UNION ALL
  SELECT (SELECT min(queue) FROM job WHERE lane IS NOT NULL AND queue > q.queue) FROM q WHERE q.queue IS NOT NULL
)
SELECT queue FROM q WHERE queue IS NOT NULL

-- The live jobs that job_clear_lane removes, by kind.
-- name: job_load_of_lane (sqlite)
SELECT kind, count(*), coalesce(sum(length(CAST(payload AS BLOB))), 0), max(id) FROM job
WHERE queue = $1 AND lane = $2 AND state IN ('ready', 'behind') GROUP BY kind

-- name: job_load_of_lane (postgres)
SELECT kind, count(*), coalesce(sum(octet_length(payload)), 0), max(id) FROM job
WHERE queue = $1 AND lane = $2 AND state IN ('ready', 'behind') GROUP BY kind

-- name: job_clear_lane
DELETE FROM job WHERE queue = $1 AND lane = $2 AND state IN ('ready', 'behind', 'dead')

-- name: job_cancel
DELETE FROM job WHERE subject = $1 AND subject_id = $2 AND kind = $3 AND state IN ('ready', 'behind')
RETURNING id, kind, payload, queue, lane

-- name: job_dismiss_of
DELETE FROM job WHERE subject = $1 AND subject_id = $2 AND kind = $3 AND state = 'dead'

-- A dead letter becomes "behind" in its lane; promoting makes it ready if it is the first.
-- name: job_revive
UPDATE job SET state = CASE WHEN lane IS NULL THEN 'ready' ELSE 'behind' END, attempts = 0, due_at = 0, error_code = NULL, error = NULL, updated_at = $2
WHERE id = $1 AND state = 'dead' RETURNING id, kind, payload, queue, lane

-- Removes a job added later with the dead letter's unique key.
-- name: job_remove_twin
DELETE FROM job WHERE state IN ('ready', 'behind') AND id IN
(SELECT t.id FROM job AS d JOIN job AS t ON t.kind = d.kind AND t.unique_key = d.unique_key
 WHERE d.id = $1 AND d.state = 'dead' AND t.unique_key IS NOT NULL AND t.state <> 'dead')
RETURNING id, kind, payload

-- name: job_has_twin
SELECT 1 FROM job AS d JOIN job AS t ON t.kind = d.kind AND t.unique_key = d.unique_key
WHERE d.id = $1 AND d.state = 'dead' AND t.unique_key IS NOT NULL AND t.state <> 'dead'

-- A ready job that was added later becomes "behind".
-- name: job_stand_back
UPDATE job SET state = 'behind' WHERE queue = $1 AND lane = $2 AND state = 'ready' AND id > $3

-- name: job_dismiss
DELETE FROM job WHERE id = $1 AND state = 'dead'

-- The conditions on state and kind are those of an index, word for word; outbox_dead has the other one.
-- name: job_dead
SELECT @job@ FROM job
WHERE state = 'dead' AND id < $1 AND kind NOT IN ('outbox.answer', 'outbox.copy')
ORDER BY id DESC LIMIT $2

-- For recurring jobs, which have no subject: the first two conditions select the index by subject, so that no dead letters of
-- other kinds are read.
-- name: job_clear_dead
DELETE FROM job WHERE subject = 'none' AND subject_id IS NULL AND kind = $1 AND state = 'dead' AND queue = $2 AND id <> $3

-- A piece of the table: the live jobs, and the due time of the longest due one. A job due at once has a due
-- time of 0; its wait counts from its last change.
-- name: job_walk (sqlite)
SELECT kind, state, count(*), coalesce(sum(length(CAST(payload AS BLOB))), 0), max(id),
  min(CASE WHEN state = 'ready' AND due_at <= $3 AND (queue NOT LIKE 'node/%' OR queue = $4)
           THEN CASE WHEN due_at > updated_at THEN due_at ELSE updated_at END END),
  sum(CASE WHEN state = 'ready' AND due_at > $3 THEN 1 ELSE 0 END)
FROM (SELECT id, kind, state, queue, due_at, updated_at, payload FROM job WHERE id > $1 ORDER BY id LIMIT $2) AS piece
GROUP BY kind, state

-- name: job_walk (postgres)
SELECT kind, state, count(*), coalesce(sum(octet_length(payload)), 0), max(id),
  min(CASE WHEN state = 'ready' AND due_at <= $3 AND (queue NOT LIKE 'node/%' OR queue = $4)
           THEN CASE WHEN due_at > updated_at THEN due_at ELSE updated_at END END),
  sum(CASE WHEN state = 'ready' AND due_at > $3 THEN 1 ELSE 0 END)
FROM (SELECT id, kind, state, queue, due_at, updated_at, payload FROM job WHERE id > $1 ORDER BY id LIMIT $2) AS piece
GROUP BY kind, state

-- Jobs of a kind in the nodes' own queues that were last changed long ago: their node no longer runs.
-- name: job_prune_nodes
DELETE FROM job WHERE subject = 'none' AND subject_id IS NULL AND kind = $1 AND state IN ('ready', 'leased')
AND queue LIKE 'node/%' AND updated_at < $2
RETURNING id, kind, payload

-- name: job_prune
DELETE FROM job WHERE id IN (SELECT id FROM job WHERE state = 'dead' ORDER BY updated_at DESC LIMIT $2 OFFSET $1)
