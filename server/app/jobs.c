/* What is done every so often, on one thread that sleeps in between: old events, ended sessions, the marks of updates
 * that no channel will deliver again, updates kept as they came, the audit's oldest rows and files that no row knows are
 * forgotten. Each step is small; a failure is logged and tried again next time. */
#include "app/app.h"

#include "base/log.h"
#include "base/thread.h"
#include "desk/access/access.h"
#include "desk/bus/bus.h"
#include "desk/file/file.h"
#include "sql.h"

enum { FIRST_MS = 30 * 1000, EVERY_MS = 10 * 60 * 1000, STACK_BYTES = 256 << 10, PRUNE_BATCH = 2000 };
static const int64_t day_ms = 24 * 3600 * 1000;
/* Telegram keeps an update for 24 hours; twice that is beyond any redelivery. */
enum { INBOUND_KEPT_DAYS = 2 };
/* A staff group that took nothing for so long is not told of a week at once: the panel has it all. */
enum { COPIES_KEPT_DAYS = 1 };

struct jobs {
  struct app *app;
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t wake;
  bool stopping;
};

/* ---- rows that are old ---- */

struct pruning {
  int statement;
  int64_t before_ms, changed;
};

static err prune_batch(db_conn *c, void *ctx) {
  struct pruning *p = ctx;
  struct db_rows rows;
  err e = DB_RUN(c, p->statement, db_conn_arena(c), &rows, DB_I(p->before_ms), DB_I(PRUNE_BATCH));
  p->changed = err_is(e) ? 0 : rows.changed;
  return e;
}

static err prune(struct app *app, int statement, int64_t kept_days) {
  struct pruning p = {.statement = statement, .before_ms = desk_now(&app->desk) - kept_days * day_ms};
  err e;
  do e = db_write(app->desk.db, prune_batch, &p); /* nobody reads it, so nobody is woken */
  while (!err_is(e) && p.changed == PRUNE_BATCH);
  return e;
}

static err prune_inbound(struct app *app) { return prune(app, SQL_APP_PRUNE_INBOUND, INBOUND_KEPT_DAYS); }

static err prune_copies(struct app *app) { return prune(app, SQL_APP_PRUNE_COPIES, COPIES_KEPT_DAYS); }

static err prune_replies(struct app *app) { return prune(app, SQL_APP_PRUNE_REPLIES, COPIES_KEPT_DAYS); }

static err prune_raw(struct app *app) {
  return prune(app, SQL_APP_PRUNE_RAW, config_int(app->config, CONFIG_RAW_RETENTION_DAYS));
}

static err prune_audit(struct app *app) {
  return prune(app, SQL_APP_PRUNE_AUDIT, config_int(app->config, CONFIG_AUDIT_RETENTION_DAYS));
}

/* ---- the rest ---- */

static err prune_events(struct app *app) { return app->desk.bus ? bus_prune(app->desk.bus) : err_ok; }
static err end_sessions(struct app *app) { return access_sweep(&app->desk); }
static err collect_files(struct app *app) { return file_collect(&app->desk); }

static const struct {
  const char *name;
  err (*run)(struct app *app);
} steps[] = {
    {"events", prune_events},   {"sessions", end_sessions}, {"inbound", prune_inbound}, {"copies", prune_copies},
    {"replies", prune_replies}, {"raw", prune_raw},         {"audit", prune_audit},     {"files", collect_files},
};

void jobs_round(struct app *app) {
  for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
    err e = steps[i].run(app);
    if (err_is(e)) LOG_WARN("jobs.failed", LOG_C("job", steps[i].name), LOG_E(e));
  }
}

/* ---- the thread ---- */

/* False when it is time to end. */
static bool sleep_until_next(struct jobs *j, int64_t ms) {
  int64_t until_ms = thread_now_ms() + ms;
  pthread_mutex_lock(&j->lock);
  while (!j->stopping && thread_cond_wait_until(&j->wake, &j->lock, until_ms)) continue;
  bool go_on = !j->stopping;
  pthread_mutex_unlock(&j->lock);
  return go_on;
}

static void *work(void *arg) {
  struct jobs *j = arg;
  for (int64_t wait = FIRST_MS; sleep_until_next(j, wait); wait = EVERY_MS) jobs_round(j->app);
  return NULL;
}

struct jobs *jobs_start(struct app *app) {
  struct jobs *j = mem_alloc(sizeof *j);
  j->app = app;
  pthread_mutex_init(&j->lock, NULL);
  thread_cond_init(&j->wake);
  if (!thread_start(&j->thread, "sb-jobs", STACK_BYTES, work, j)) mem_exhausted(STACK_BYTES);
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
