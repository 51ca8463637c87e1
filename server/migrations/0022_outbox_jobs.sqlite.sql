-- What must leave is jobs: see server/desk/outbox/README.md. A row that was being sent is a lease that has run out, of a holder
-- that is gone, so whoever sends first settles it as lost. Of a lane the first live row is ready, all others are behind.
CREATE INDEX job_copies ON job (created_at) WHERE kind IN ('outbox.copy', 'outbox.notice');
INSERT INTO job (kind, queue, lane, batch, state, priority, due_at, fence, lease_until, holder, attempts, subject, subject_id,
  payload, error_code, error, created_at, updated_at)
SELECT 'outbox.' || o.purpose, 'outbox/' || o.channel || '/' || o.account, o.lane,
  CASE WHEN m.kind = 'photo' AND o.part = 0 AND o.note IS NULL AND o.purpose <> 'notice' THEN m.album END,
  CASE WHEN o.state IN ('failed', 'uncertain') THEN 'dead'
       WHEN o.state = 'sending' THEN 'leased'
       WHEN o.id = l.first_id AND l.sending = 0 THEN 'ready'
       ELSE 'behind' END,
  CASE o.purpose WHEN 'answer' THEN 0 ELSE 1 END,
  o.next_at,
  CASE o.state WHEN 'sending' THEN 1 ELSE 0 END,
  CASE o.state WHEN 'sending' THEN 0 END,
  CASE o.state WHEN 'sending' THEN 'upgrade.0' END,
  o.attempts,
  CASE WHEN o.message_id IS NULL THEN 'none' ELSE 'message' END, o.message_id,
  CASE WHEN o.part <> 0 OR o.note IS NOT NULL OR o.reply_to IS NOT NULL THEN
    json_patch('{}', json_object('part', nullif(o.part, 0), 'note', o.note, 'reply_to', o.reply_to)) END,
  CASE o.state WHEN 'uncertain' THEN 'uncertain' WHEN 'failed' THEN coalesce(o.error_code, 'failed') ELSE o.error_code END,
  o.error, o.created_at, o.updated_at
FROM outbox AS o
LEFT JOIN message AS m ON m.id = o.message_id
LEFT JOIN (
  SELECT channel, account, lane, min(id) AS first_id, sum(CASE state WHEN 'sending' THEN 1 ELSE 0 END) AS sending
  FROM outbox WHERE state IN ('queued', 'sending') GROUP BY channel, account, lane
) AS l ON l.channel = o.channel AND l.account = o.account AND l.lane = o.lane
ORDER BY o.id;
DROP TABLE outbox;
