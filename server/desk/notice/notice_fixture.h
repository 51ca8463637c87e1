/* Shared by tests of notices: runs what a desk's worker would. */
#ifndef SB_DESK_NOTICE_NOTICE_FIXTURE_H
#define SB_DESK_NOTICE_NOTICE_FIXTURE_H

#include "desk/desk_fixture.h"
#include "desk/job/job_worker.h"
#include "desk/notice/notice.h"

/* Everybody who wants to hear of what waits is told. */
static inline void notice_fixture_tell(struct fixture *f) {
  static const struct job_handler handlers[] = {{.kind = JOB_NOTICE_WAITING, .run = notice_tell_waiting}};
  struct job_worker_config config = {
      .desk = &f->desk, .queue = JOB_QUEUE_DESK, .handlers = handlers, .handler_count = JSON_COUNT(handlers)};
  struct job_worker *w = job_worker_new(&config);
  for (int64_t next_due = 0; next_due <= desk_now(&f->desk);) assert_ok(job_worker_turn(w, &next_due));
  job_worker_free(&w);
}

#endif
