/* Keeps the leases of this process's bots (desk/account): one thread renews those that it has, and takes those that have expired.
 * A lease counts from before its renewal was asked for, by the steady clock, so a process that was stopped knows at once that
 * its leases are over. Only where several processes can share the database. */
#include "edge/telegram/bot/tg_bots_internal.h"

#include "base/log.h"

enum {
  LEASE_MS = 5000,
  MARGIN_MS = 500, /* the holder stops this much earlier */
  STEP_MS = 1000,
  HELD_MAX = ACCOUNTS_MAX + 4,
};

struct round_ctx {
  struct telegram *telegram;
  struct account_row *rows;
  size_t row_count, count;
  struct tg_bot *bots[HELD_MAX]; /* with a session in this process, and nobody else's */
  int64_t fences[HELD_MAX];
  int64_t began_ms; /* thread_now_ms */
  arena *a;
};

static err read_accounts(db_conn *c, void *arg) {
  struct round_ctx *r = arg;
  return account_list(c, TG_CHANNEL, false, r->a, &r->rows, &r->row_count);
}

static err take(db_conn *c, void *arg) {
  struct round_ctx *r = arg;
  struct desk *d = r->telegram->desk;
  int64_t now_ms = desk_now(d);
  err e = err_ok;
  for (size_t i = 0; i < r->count && !err_is(e); i++)
    e = account_lease(c, r->bots[i]->id, str_c(d->holder), now_ms + LEASE_MS, now_ms, &r->fences[i]);
  return e;
}

/* Ends the long poll of a bot whose lease is over. */
static void lose(struct tg_bot *bot) {
  struct telegram *t = bot->telegram;
  if (atomic_exchange(&bot->lease.fence, 0) == 0) return;
  LOG_WARN("telegram.lease_lost", LOG_C("bot", bot->account));
  pthread_mutex_lock(&t->lock);
  if (bot->session) http_client_cancel(bot->session->client, bot->session->calls);
  pthread_mutex_unlock(&t->lock);
}

static void hold(struct tg_bot *bot, int64_t fence, int64_t until_ms) {
  struct telegram *t = bot->telegram;
  bool other = atomic_load(&bot->lease.fence) != fence, anew = other || !tg_lease_held(&bot->lease);
  if (other) lose(bot);
  atomic_store(&bot->lease.until_ms, until_ms);
  atomic_store(&bot->lease.fence, fence);
  if (!anew) return;
  LOG_INFO("telegram.lease_taken", LOG_C("bot", bot->account), LOG_I("fence", fence));
  pthread_mutex_lock(&t->lock);
  if (bot->session) tg_session_poke(bot->session);
  pthread_mutex_unlock(&t->lock);
}

/* Chooses the bots whose lease this process may have; of the others it notes what their holder sees. */
static void choose(struct round_ctx *r) {
  struct telegram *t = r->telegram;
  str holder = str_c(t->desk->holder);
  int64_t now_ms = desk_now(t->desk);
  for (size_t i = 0; i < r->row_count && r->count < HELD_MAX; i++) {
    struct account_row *row = &r->rows[i];
    struct tg_bot *bot = tg_bots_find(t, row->id);
    if (!bot) continue;
    bool elsewhere = row->holder.ptr && !str_eq(row->holder, holder) && row->lease_until > now_ms;
    if (elsewhere) lose(bot);
    pthread_mutex_lock(&t->lock);
    if (elsewhere) tg_bot_know(bot, row);
    bool runs = bot->session != NULL;
    pthread_mutex_unlock(&t->lock);
    if (runs && !elsewhere) r->bots[r->count++] = bot;
  }
}

static void step(struct telegram *t) {
  struct round_ctx r = {.telegram = t, .a = arena_new(0), .began_ms = thread_now_ms()};
  err e = db_read(t->desk->db, read_accounts, &r);
  if (!err_is(e)) choose(&r);
  if (!err_is(e) && r.count) e = db_write(t->desk->db, take, &r);
  if (err_is(e)) LOG_WARN("telegram.leases_not_renewed", LOG_E(e));
  for (size_t i = 0; i < r.count; i++) {
    struct tg_bot *bot = r.bots[i];
    if (!err_is(e) && r.fences[i])
      hold(bot, r.fences[i], r.began_ms + LEASE_MS - MARGIN_MS);
    else if (!tg_lease_held(&bot->lease))
      lose(bot);
  }
  arena_free(&r.a);
}

static void *run(void *arg) {
  struct telegram *t = arg;
  for (bool stopping = false; !stopping;) {
    int64_t next_ms = thread_now_ms() + STEP_MS;
    step(t);
    pthread_mutex_lock(&t->lock);
    while (!t->stopping && !t->woken && thread_cond_wait_until(&t->changed, &t->lock, next_ms)) continue;
    t->woken = false;
    stopping = t->stopping;
    pthread_mutex_unlock(&t->lock);
  }
  return NULL;
}

void tg_leases_start(struct telegram *t) {
  if (t->alone || t->leases) return;
  t->leases = thread_start(&t->lease_thread, "tg-leases", TG_STACK_BYTES, run, t);
  if (!t->leases) mem_exhausted(0);
}

static err release(db_conn *c, void *arg) {
  struct telegram *t = arg;
  return account_release(c, 0, str_c(t->desk->holder));
}

void tg_leases_stop(struct telegram *t) {
  if (!t->leases) return;
  pthread_join(t->lease_thread, NULL);
  t->leases = false;
  err e = db_write(t->desk->db, release, t);
  if (err_is(e)) LOG_WARN("telegram.leases_not_released", LOG_E(e));
}
