/* The outbox's rows of this channel. An answer is in the app's history from its commit, so delivery needs no waiting: in
 * one transaction and in outbox order, a row is taken, push messages for its devices are queued, and it is finished. So
 * no lease outlives the transaction, and several nodes may do this. A photo whose bytes another channel must still fetch
 * waits, and so do later rows for the same user. */
#include "base/log.h"
#include "base/thread.h"
#include "desk/outbox/outbox.h"
#include "edge/mobile/mobile_internal.h"

#include <stdatomic.h>

enum {
  BATCH = 100,
  VAIN_MS = 25 /* between two queries without a result, since every write wakes this thread */,
  IDLE_SQLITE_MS = 15000,
  IDLE_POSTGRES_MS = 1000,
  STORE_WAIT_MS = 1000,
  FILE_WAIT_LEAST_MS = 100,
  FILE_WAIT_MOST_MS = 5000,
  STACK_BYTES = 256 << 10
};

struct mobile_sender {
  struct desk *desk;
  bool push;
  struct job_clock clock; /* for due jobs; used by the thread only */
  void (*after)(void *arg);
  void *arg;
  pthread_t thread;
  bool threaded;
  atomic_bool woken;
  pthread_mutex_t lock; /* guards what follows */
  pthread_cond_t changed;
  bool stopping;
};

struct batch_ctx {
  struct mobile_sender *s;
  int64_t now_ms, next_due;
  size_t taken, left;
};

static err read_due(db_conn *c, void *arg) {
  struct batch_ctx *b = arg;
  return outbox_next_due(c, MOBILE_CHANNEL, MOBILE_ACCOUNT, &b->next_due);
}

/* When to check again: after a quarter of the time already waited, within limits. */
static int64_t recheck_delay_ms(const struct batch_ctx *b, const struct outbox_row *row) {
  int64_t wait = (b->now_ms - row->job.created_at) / 4;
  return b->now_ms + (wait < FILE_WAIT_LEAST_MS  ? FILE_WAIT_LEAST_MS
                      : wait > FILE_WAIT_MOST_MS ? FILE_WAIT_MOST_MS
                                                 : wait);
}

static err deliver(db_conn *c, struct batch_ctx *b, const struct outbox_row *row) {
  bool waits = false;
  err e = file_waits(c, row->message_id, &waits);
  if (err_is(e)) return e;
  if (waits) return outbox_put_back(c, row, recheck_delay_ms(b, row), b->now_ms);
  struct device_owner owner = {MOBILE_CHANNEL, MOBILE_ACCOUNT, row->job.lane};
  struct outbox_outcome sent = {.step = OUTBOX_SENT};
  e = outbox_begin(c, row, b->now_ms);
  if (!err_is(e) && b->s->push) e = push_add(c, &owner, row->message_id, b->now_ms);
  b->left++;
  return err_is(e) ? e : outbox_finish(c, row, &sent, b->now_ms, db_conn_arena(c));
}

static err deliver_some(db_conn *c, struct batch_ctx *b, size_t *count) {
  struct outbox_sender sender = {MOBILE_CHANNEL, MOBILE_ACCOUNT, str_c(b->s->desk->holder)};
  struct outbox_row *rows;
  err e = outbox_take(c, &sender, BATCH - b->taken, b->now_ms, db_conn_arena(c), &rows, count);
  for (size_t i = 0; i < *count && !err_is(e); i++) e = deliver(c, b, &rows[i]);
  b->taken += *count;
  return e;
}

/* Takes one row per user at a time, until none is left. */
static err deliver_all(db_conn *c, void *arg) {
  struct batch_ctx *b = arg;
  size_t count = 1;
  err e = err_ok;
  b->taken = b->left = 0;
  while (!err_is(e) && count && b->taken < BATCH) e = deliver_some(c, b, &count);
  return err_is(e) ? e : read_due(c, b);
}

/* One batch; *wait_ms: until the next one may be due. False when the database does not answer. */
static bool turn(struct mobile_sender *s, int64_t *wait_ms, bool *vain) {
  struct batch_ctx b = {.s = s, .now_ms = job_clock_now(&s->clock, s->desk->clock), .next_due = INT64_MAX};
  err e = db_read(s->desk->db, read_due, &b);
  if (!err_is(e) && b.next_due <= b.now_ms) e = desk_write(s->desk, deliver_all, &b);
  if (err_is(e)) LOG_WARN("mobile.not_delivered", LOG_I("rows", (int64_t)b.taken), LOG_E(e));
  if (!err_is(e) && b.left) LOG_DEBUG("mobile.delivered", LOG_I("rows", (int64_t)b.left));
  if (!err_is(e) && b.left && s->after) s->after(s->arg);
  *vain = b.left == 0;
  *wait_ms = b.next_due == INT64_MAX ? INT64_MAX : b.next_due > b.now_ms ? b.next_due - b.now_ms : 0;
  return !err_is(e);
}

/* False when it is time to end. */
static bool wait_for_work(struct mobile_sender *s, int64_t ms, bool deaf) {
  int64_t until_ms = thread_now_ms() + ms;
  pthread_mutex_lock(&s->lock);
  while ((deaf || !s->woken) && !s->stopping && thread_cond_wait_until(&s->changed, &s->lock, until_ms)) continue;
  if (!deaf) s->woken = false;
  bool go_on = !s->stopping;
  pthread_mutex_unlock(&s->lock);
  return go_on;
}

static err start(db_conn *c, void *arg) {
  struct mobile_sender *s = arg;
  struct outbox_sender sender = {MOBILE_CHANNEL, MOBILE_ACCOUNT, str_c(s->desk->holder)};
  return outbox_start(c, &sender, desk_now(s->desk));
}

static void *run(void *arg) {
  struct mobile_sender *s = arg;
  int64_t idle = db_engine_of(s->desk->db) == DB_SQLITE ? IDLE_SQLITE_MS : IDLE_POSTGRES_MS, wait = 0;
  bool vain = false, started = false;
  while ((!vain || wait_for_work(s, VAIN_MS, true)) && wait_for_work(s, wait, false)) {
    bool good = started || !err_is(desk_write(s->desk, start, s));
    started = good;
    if (good) good = turn(s, &wait, &vain);
    if (!good) wait = STORE_WAIT_MS;
    if (wait > idle) wait = idle;
  }
  return NULL;
}

struct mobile_sender *mobile_sender_new(struct desk *d, bool push, void (*after)(void *arg), void *arg) {
  struct mobile_sender *s = mem_alloc(sizeof *s);
  *s = (struct mobile_sender){.desk = d, .push = push, .after = after, .arg = arg};
  pthread_mutex_init(&s->lock, NULL);
  thread_cond_init(&s->changed);
  return s;
}

void mobile_sender_start(struct mobile_sender *s) {
  if (!thread_start(&s->thread, "mobile-sender", STACK_BYTES, run, s)) mem_exhausted(STACK_BYTES);
  s->threaded = true;
}

void mobile_sender_wake(struct mobile_sender *s) { thread_wake(&s->woken, &s->changed, &s->lock); }

void mobile_sender_stop(struct mobile_sender *s) {
  if (!s->threaded) return;
  pthread_mutex_lock(&s->lock);
  s->stopping = true;
  pthread_cond_signal(&s->changed);
  pthread_mutex_unlock(&s->lock);
  pthread_join(s->thread, NULL);
  s->threaded = false;
}

void mobile_sender_free(struct mobile_sender **sender) {
  struct mobile_sender *s = *sender;
  if (!s) return;
  pthread_cond_destroy(&s->changed);
  pthread_mutex_destroy(&s->lock);
  mem_free(sender);
}
