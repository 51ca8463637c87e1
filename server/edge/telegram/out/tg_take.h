/* Taking from the outbox, in one transaction: leases of what is on its way are renewed, what was lost is settled, and of what
 * is due so much is leased as may leave now. A row whose lane must wait goes back with the time until then: it was never
 * `sending`, so a crash makes nothing uncertain that was not on its way. For each row or album that is to leave there is a
 * job, its messages read and marked as being sent. */
#ifndef SB_EDGE_TELEGRAM_TG_TAKE_H
#define SB_EDGE_TELEGRAM_TG_TAKE_H

#include "edge/telegram/out/tg_job.h"

struct tg_wait { /* a lane that may not send yet */
  str lane;
  int64_t until_ms; /* the queue's clock */
};

struct tg_take {
  struct tg_session *session;
  void (*came_back)(struct tg_take *take); /* any thread */
  void *owner;
  arena *arena;
  size_t limit;              /* lanes */
  int64_t now_ms;            /* the queue's clock, as are all its times */
  int64_t begun_ms;          /* steady */
  str staff_chat;            /* absent: there is no group */
  struct tg_wait *waits;     /* in the arena */
  const struct job *renewed; /* in the arena */
  size_t wait_count, renew_count;
  /* ---- when it comes back ---- */
  err e;
  struct tg_job *jobs;
  int64_t next_due;
};

struct tg_take *tg_take_new(struct tg_session *s);
/* It comes back exactly once. */
void tg_take_start(struct tg_take *take);
/* Frees the jobs that are still its own too. */
void tg_take_free(struct tg_take **take);

#endif
