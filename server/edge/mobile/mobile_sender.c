/* The outbox's rows of this channel. An answer is in the app's history from its commit, so nothing has to be waited for:
 * a row is claimed, its devices' push messages are queued, and it is done, in one transaction, in order of the outbox. A
 * photo whose bytes another channel must still fetch waits for them, and with it what follows for the same user. */
#include "base/log.h"
#include "base/thread.h"
#include "desk/outbox/outbox.h"
#include "edge/mobile/mobile_internal.h"

#include <stdatomic.h>

enum {
  BATCH = 100,
  VAIN_MS = 25 /* between two looks that found nothing: every write of the product wakes us */,
  IDLE_SQLITE_MS = 15000,
  IDLE_POSTGRES_MS = 1000,
  STORE_WAIT_MS = 1000,
  STACK_BYTES = 256 << 10
};

struct mobile_sender {
  struct desk *desk;
  bool push;
  void (*after)(void *arg);
  void *arg;
  pthread_t thread;
  bool threaded;
  pthread_mutex_t lock; /* guards what follows */
  pthread_cond_t changed;
  bool woken, stopping;
};

struct batch {
  struct mobile_sender *s;
  arena *a;
  struct outbox_row *rows;
  size_t count, left;
  int64_t after;      /* rows up to this one wait */
  str waiting[BATCH]; /* users for whom something waits */
  size_t waiting_count, waiting_before /* of the batches before */;
};

static err read_batch(db_conn *c, void *arg) {
  struct batch *b = arg;
  return outbox_queued(c, MOBILE_CHANNEL, MOBILE_ACCOUNT, b->after, BATCH, b->a, &b->rows, &b->count);
}

/* Must the row wait, for its own photo or behind another's? */
static err look(db_conn *c, struct batch *b, const struct outbox_row *row, bool *waits) {
  *waits = false;
  for (size_t i = 0; i < b->waiting_count && !*waits; i++) *waits = str_eq(b->waiting[i], row->lane);
  err e = *waits ? err_ok : file_waits(c, row->message_id, waits);
  if (!err_is(e) && *waits && b->waiting_count < BATCH) b->waiting[b->waiting_count++] = row->lane;
  return e;
}

static err deliver(db_conn *c, struct batch *b, const struct outbox_row *row) {
  int64_t now = desk_now(b->s->desk);
  bool claimed = false, waits = false;
  struct outbox_row whole;
  err e = look(c, b, row, &waits);
  if (err_is(e) || waits) return e;
  e = outbox_claim(c, row->id, now, db_conn_arena(c), &whole, &claimed);
  if (err_is(e) || !claimed) return e;
  struct device_owner owner = {MOBILE_CHANNEL, MOBILE_ACCOUNT, row->lane};
  if (b->s->push) e = push_add(c, &owner, row->message_id, now);
  b->left++;
  return err_is(e) ? e
                   : outbox_finish(c, row->id, &(struct outbox_outcome){.step = OUTBOX_SENT}, now, db_conn_arena(c));
}

static err deliver_all(db_conn *c, void *arg) {
  struct batch *b = arg;
  err e = err_ok;
  b->left = 0;
  b->waiting_count = b->waiting_before;
  for (size_t i = 0; i < b->count && !err_is(e); i++) e = deliver(c, b, &b->rows[i]);
  return e;
}

/* One batch; *more when there may be another. False when the store does not answer. */
static bool turn(struct mobile_sender *s, arena *a, bool *more, bool *vain) {
  struct batch b = {.s = s, .a = a};
  err e = err_ok;
  do { /* behind those that wait there may be others */
    b.waiting_before = b.waiting_count;
    e = db_read(s->desk->db, read_batch, &b);
    if (!err_is(e) && b.count) e = desk_write(s->desk, deliver_all, &b);
    if (b.count) b.after = b.rows[b.count - 1].id;
  } while (!err_is(e) && b.count == BATCH && b.left == 0 && b.waiting_count < BATCH);
  if (err_is(e)) LOG_WARN("mobile.not_delivered", LOG_I("rows", (int64_t)b.count), LOG_E(e));
  if (!err_is(e) && b.left) LOG_DEBUG("mobile.delivered", LOG_I("rows", (int64_t)b.left));
  if (!err_is(e) && b.left && s->after) s->after(s->arg);
  *more = b.count == BATCH && b.left > 0;
  *vain = b.left == 0;
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

static void *run(void *arg) {
  struct mobile_sender *s = arg;
  arena *a = arena_new(0);
  int64_t idle = db_engine_of(s->desk->db) == DB_SQLITE ? IDLE_SQLITE_MS : IDLE_POSTGRES_MS, wait = 0;
  bool vain = false;
  while ((!vain || wait_for_work(s, VAIN_MS, true)) && wait_for_work(s, wait, false)) {
    bool more = false, good = turn(s, a, &more, &vain);
    wait = !good ? STORE_WAIT_MS : more ? 0 : idle;
    arena_reset(a);
  }
  arena_free(&a);
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

void mobile_sender_wake(struct mobile_sender *s) {
  pthread_mutex_lock(&s->lock);
  s->woken = true;
  pthread_cond_signal(&s->changed);
  pthread_mutex_unlock(&s->lock);
}

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
