-- Dead jobs are shown in two lists, those of the outbox and the others: each reads its own alone, however many the other has.
CREATE INDEX job_dead_letters ON job (id) WHERE state = 'dead' AND kind IN ('outbox.answer', 'outbox.copy');
CREATE INDEX job_dead_others ON job (id) WHERE state = 'dead' AND kind NOT IN ('outbox.answer', 'outbox.copy');
DROP INDEX job_dead;
