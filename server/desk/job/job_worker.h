/* A thread that does the jobs of one queue which need nothing but the database: timers and housekeeping. Each kind has a
 * handler. One with `run` does its work in the transaction that ends the job, so both happen or neither. One with `work`
 * does long work in pieces of its own and may be repeated after a crash. A handler's failure is tried again, slower and
 * slower, and ends as a dead letter when the kind's tries are used up. A recurring job then begins anew at its next time,
 * and the dead letter goes when that one works. */
#ifndef SB_DESK_JOB_JOB_WORKER_H
#define SB_DESK_JOB_JOB_WORKER_H

#include "desk/job/job.h"

struct job_handler {
  enum job_kind kind;
  /* One of the two. *again_at: when the job is to be done again; 0, as it stands for what does not recur, ends it. A `work`
   * that has done a piece and is not through sets it to now, so that others have their turn. */
  err (*run)(struct desk *d, db_conn *c, const struct job *j, void *user, int64_t *again_at);
  err (*work)(struct desk *d, const struct job *j, void *user, int64_t *again_at);
  int64_t every_ms; /* above 0: the job is done again after so long, and is there from the start (job_worker_start) */
};

struct job_worker_config {
  struct desk *desk;
  const char *queue;
  const struct job_handler *handlers;
  size_t handler_count;
  void *user;
  bool measures; /* looks how full the queues are: one worker of a process */
};

struct job_worker;
struct job_worker *job_worker_new(const struct job_worker_config *config);
/* Adds what recurs and is not there yet, and ends what earlier runs of this node held. */
err job_worker_prepare(struct job_worker *w);
/* The same, and starts the thread. */
err job_worker_start(struct job_worker *w);
void job_worker_wake(struct job_worker *w); /* any thread; cheap */
void job_worker_stop(struct job_worker *w); /* waits for the handler that runs */
void job_worker_free(struct job_worker **w);
/* One look at the queue on the calling thread, for tests and for whoever has no thread. *next_due: when to look again. */
err job_worker_turn(struct job_worker *w, int64_t *next_due);

#endif
