-- Dead letters are pruned by the time at which they failed, and there may be many that are not old yet.
CREATE INDEX job_dead_by_time ON job (updated_at) WHERE state = 'dead';
