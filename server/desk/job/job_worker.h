/* A thread that runs the jobs of one queue that need only the database: timers and maintenance. Each kind has a
 * handler. A `run` handler runs inside the transaction that ends the job, so both are committed or neither. A `work` handler
 * uses transactions of its own, and may run again after a crash. A job whose handler fails is retried with growing delays, and
 * becomes a dead letter when the kind's tries are used up. A recurring job is then added again for its next time, and its dead
 * letter is deleted when a run succeeds. */
#ifndef SB_DESK_JOB_JOB_WORKER_H
#define SB_DESK_JOB_JOB_WORKER_H

#include "desk/job/job.h"

struct job_handler {
  enum job_kind kind;
  /* Exactly one of the two is set. *again_at: when the job runs again; 0 ends it. It is preset to the next time of a recurring
   * job, else to 0. A `work` handler that has more to do sets it to now, so that other jobs run in between. */
  err (*run)(struct desk *d, db_conn *c, const struct job *j, void *user, int64_t *again_at);
  err (*work)(struct desk *d, const struct job *j, void *user, int64_t *again_at);
  int64_t every_ms; /* above 0: the interval of a recurring job, which job_worker_start adds */
};

/* Which priorities a worker takes: all; urgent and normal; or bulk. With two workers on a queue a timer does not wait for
 * maintenance. Both need all handlers, since each retries expired leases of any kind. */
enum job_worker_share { JOB_WORK_ALL, JOB_WORK_PROMPT, JOB_WORK_BULK };

struct job_worker_config {
  struct desk *desk;
  const char *queue;
  enum job_worker_share share;
  const struct job_handler *handlers;
  size_t handler_count;
  void *user;
  bool measures; /* measures the queues: one worker per process */
};

struct job_worker;
struct job_worker *job_worker_new(const struct job_worker_config *config);
/* Adds missing recurring jobs. */
err job_worker_prepare(struct job_worker *w);
/* The same, and starts the thread. */
err job_worker_start(struct job_worker *w);
void job_worker_wake(struct job_worker *w); /* any thread; cheap */
void job_worker_stop(struct job_worker *w); /* waits for the running handler */
void job_worker_free(struct job_worker **w);
/* One round on the calling thread, for tests and callers without a thread. *next_due: when to call again. */
err job_worker_turn(struct job_worker *w, int64_t *next_due);

#endif
