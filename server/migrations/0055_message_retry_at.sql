-- When a queued answer is sent, because its channel asked to wait; shown as a countdown.
ALTER TABLE message ADD COLUMN retry_at BIGINT;
