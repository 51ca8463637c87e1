/* Shared by the tests of the queue: jobs that are put into the table from outside, as another node does. */
#ifndef SB_DESK_JOB_JOB_FIXTURE_H
#define SB_DESK_JOB_JOB_FIXTURE_H

#include "desk/desk_fixture.h"

/* Jobs of one kind. queue, lane and state are SQL expressions over i, which counts from 1 on; a lane that is absent is NULL, an
 * absent state 'ready'. */
struct job_filling {
  int rows;
  const char *kind, *queue, *lane, *state;
  int due_at;
  const char *payload; /* may be absent */
};

static inline const char *fixture_or(const char *given, const char *otherwise) { return given ? given : otherwise; }

static inline void fixture_fill(struct fixture *f, struct job_filling what) {
  str payload = what.payload ? arena_printf(f->arena, "'%s'", what.payload) : S("NULL");
  fixture_exec(
      f, arena_printf(f->arena,
                      "INSERT INTO job (kind, queue, lane, state, priority, due_at, subject, payload, created_at, "
                      "updated_at) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) "
                      "SELECT '%s', %s, %s, %s, 2, %d, 'none', %.*s, 1, 1 FROM n",
                      what.rows, what.kind, what.queue, fixture_or(what.lane, "NULL"),
                      fixture_or(what.state, "'ready'"), what.due_at, STR_ARG(payload))
             .ptr);
}

#endif
