-- One durable queue for everything that happens later or elsewhere: see server/desk/job/README.md.
CREATE TABLE job (
  id @ID@,
  kind TEXT NOT NULL,                      -- a row of spec/jobs.tbl
  queue TEXT NOT NULL,                     -- who works on it
  lane TEXT,                               -- jobs of one lane are done one after another, in order of id; NULL: in none
  batch TEXT,                              -- neighbours in a lane that share it are taken together
  state TEXT NOT NULL,                     -- ready, behind (another of its lane is first), leased, dead
  priority BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  fence BIGINT NOT NULL DEFAULT 0,         -- counts the leases: a step with an older number is refused
  lease_until BIGINT,
  holder TEXT,                             -- node and start of the process that holds the lease
  attempts BIGINT NOT NULL DEFAULT 0,
  subject TEXT NOT NULL,
  subject_id BIGINT,
  payload TEXT,                            -- JSON, by the kind's shape
  unique_key TEXT,
  error_code TEXT,
  error TEXT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX job_ready ON job (queue, priority, due_at, id) WHERE state = 'ready';
CREATE INDEX job_lane ON job (queue, lane, state, id) WHERE lane IS NOT NULL;
CREATE INDEX job_leased ON job (queue, lease_until) WHERE state = 'leased';
CREATE INDEX job_dead ON job (id) WHERE state = 'dead';
CREATE INDEX job_by_subject ON job (subject, subject_id, kind);
CREATE UNIQUE INDEX job_unique ON job (kind, unique_key) WHERE unique_key IS NOT NULL AND state <> 'dead';
