-- What is still to be fetched stands in the one queue: a job for each pending file, about it. Tries, times and the last error
-- are the job's; a file's error is why it failed for good.
INSERT INTO job (kind, queue, state, priority, due_at, attempts, error, subject, subject_id, created_at, updated_at)
SELECT 'file.fetch', 'file/' || channel || '/' || account, 'ready', 1, coalesce(next_at, 0), attempts, error, 'file', id,
  created_at, created_at
FROM file WHERE state = 'pending' AND channel IS NOT NULL AND account IS NOT NULL ORDER BY id;
UPDATE file SET error = NULL WHERE state = 'pending';
DROP INDEX file_pending;
ALTER TABLE file DROP COLUMN attempts;
ALTER TABLE file DROP COLUMN next_at;

-- Who has content on its way into a row, so that no node removes what another is about to commit: server/desk/file/README.md.
CREATE TABLE file_claim (
  id @ID@,
  key TEXT NOT NULL,                       -- the content's
  holder TEXT,                             -- node and start of the process
  until BIGINT NOT NULL,                   -- the claim stands no longer; the row of a process that died goes then
  removing BIGINT NOT NULL DEFAULT 0       -- 1: the holder is removing the content, and nobody may claim it
);
CREATE INDEX file_claim_by_key ON file_claim (key);
CREATE INDEX file_claim_by_time ON file_claim (until);
CREATE INDEX file_claim_removing ON file_claim (key) WHERE removing = 1;
