-- Push messages stand in the one queue: a job for each device, about it, with the message in its payload.
INSERT INTO job (kind, queue, state, priority, due_at, attempts, subject, subject_id, payload, created_at, updated_at)
SELECT 'push', 'push', 'ready', 1, next_at, attempts, 'device', device_id, '{"message_id":' || message_id || '}', created_at, created_at
FROM push ORDER BY id;
DROP TABLE push;
