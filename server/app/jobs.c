/* What is done every so often, on one thread that sleeps in between: old events, ended sessions and the marks of updates
 * that no channel will deliver again are forgotten. Each step is small; a failure is logged and tried again next time. */
#include "app/app.h"

#include "base/log.h"
#include "desk/access/access.h"
#include "desk/bus/bus.h"
#include "sql.h"

enum { FIRST_MS = 30 * 1000, EVERY_MS = 10 * 60 * 1000, STACK_BYTES = 256 << 10, PRUNE_BATCH = 2000 };
/* Telegram keeps an update for 24 hours; twice that is beyond any redelivery. */
enum { INBOUND_KEPT_MS = 48 * 3600 * 1000 };

struct jobs {
  struct desk *desk;
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t wake;
  bool stopping;
};

struct pruning {
  int64_t before_ms, changed;
};

static err prune_batch(db_conn *c, void *ctx) {
  struct pruning *p = ctx;
  struct db_rows rows;
  err e = DB_RUN(c, SQL_APP_PRUNE_INBOUND, db_conn_arena(c), &rows, DB_I(p->before_ms), DB_I(PRUNE_BATCH));
  p->changed = err_is(e) ? 0 : rows.changed;
  return e;
}

static err prune_inbound(struct desk *d) {
  struct pruning p = {.before_ms = desk_now(d) - INBOUND_KEPT_MS};
  err e;
  do e = db_write(d->db, prune_batch, &p); /* nobody reads it, so nobody is woken */
  while (!err_is(e) && p.changed == PRUNE_BATCH);
  return e;
}

static err prune_events(struct desk *d) { return d->bus ? bus_prune(d->bus) : err_ok; }

static const struct {
  const char *name;
  err (*run)(struct desk *d);
} steps[] = {{"events", prune_events}, {"sessions", access_sweep}, {"inbound", prune_inbound}};

static bool sleep_until_next(struct jobs *j, int64_t ms) {
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec += ms / 1000;
  pthread_mutex_lock(&j->lock);
  while (!j->stopping && pthread_cond_timedwait(&j->wake, &j->lock, &until) == 0) continue;
  bool go_on = !j->stopping;
  pthread_mutex_unlock(&j->lock);
  return go_on;
}

static void *work(void *arg) {
  struct jobs *j = arg;
  for (int64_t wait = FIRST_MS; sleep_until_next(j, wait); wait = EVERY_MS)
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
      err e = steps[i].run(j->desk);
      if (err_is(e)) LOG_WARN("jobs.failed", LOG_C("job", steps[i].name), LOG_E(e));
    }
  return NULL;
}

struct jobs *jobs_start(struct desk *d) {
  struct jobs *j = mem_alloc(sizeof *j);
  j->desk = d;
  pthread_mutex_init(&j->lock, NULL);
  pthread_cond_init(&j->wake, NULL);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, STACK_BYTES);
  if (pthread_create(&j->thread, &attributes, work, j) != 0) mem_exhausted(STACK_BYTES);
  pthread_attr_destroy(&attributes);
  return j;
}

void jobs_stop(struct jobs **jobs) {
  struct jobs *j = *jobs;
  if (!j) return;
  pthread_mutex_lock(&j->lock);
  j->stopping = true;
  pthread_cond_signal(&j->wake);
  pthread_mutex_unlock(&j->lock);
  pthread_join(j->thread, NULL);
  pthread_cond_destroy(&j->wake);
  pthread_mutex_destroy(&j->lock);
  mem_free(jobs);
}
