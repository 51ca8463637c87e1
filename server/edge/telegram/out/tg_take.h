/* Taking from the outbox, in one transaction: renews the leases of rows in flight, settles lost rows, and leases as
 * many due rows as may be sent now. A row whose lane must wait is put back with the time: it was never `sending`, so
 * a crash makes only rows in flight uncertain. A row with a file that is being uploaded waits for the id of the upload. Each row or album to send gets a job, with its messages read and
 * marked as being sent. */
#ifndef SB_EDGE_TELEGRAM_TG_TAKE_H
#define SB_EDGE_TELEGRAM_TG_TAKE_H

#include "edge/telegram/out/tg_job.h"

struct tg_wait { /* a lane that may not send yet */
  str lane;
  int64_t until_ms;       /* the queue's clock; not later than now: it may */
  int64_t aside_until_ms; /* the same for messages aside */
};

struct tg_take {
  struct tg_session *session;
  void (*came_back)(struct tg_take *take); /* any thread */
  void *owner;
  arena *arena;
  size_t limit;              /* lanes */
  int64_t now_ms;            /* the queue's clock, like all its times */
  int64_t begun_ms;          /* steady */
  str staff_chat;            /* absent: there is no group */
  struct tg_wait *waits;     /* in the arena */
  const struct job *renewed; /* in the arena */
  str *uploads;              /* in the arena: what is being uploaded (tg_job.h) */
  size_t wait_count, renew_count, upload_count;
  int64_t staff_jobs; /* of this take, for the staff group */
  /* ---- results ---- */
  err e;
  struct tg_job *jobs;
  int64_t next_due;
};

struct tg_take *tg_take_new(struct tg_session *s);
/* Returns through came_back exactly once. */
void tg_take_start(struct tg_take *take);
/* Also frees the jobs that it still owns. */
void tg_take_free(struct tg_take **take);

#endif
