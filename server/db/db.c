/* Opens an engine and forwards each call to it. See db.h. The engines are sqlite.c with committer.c, and
 * postgres.c with postgres_run.c; their common code is in db_common.c. */
#include "db/db_internal.h"

#include <assert.h>
#include <errno.h>

enum { READERS = 4, WRITERS = 8, QUEUE_MAX = 100000, PING_MS = 2000, IDLE_MAX_MS = 10000 };

/* ---- life ---- */

err db_open(const struct db_config *config, db **out) {
  *out = NULL;
  struct db_target target;
  err e = db_target_parse(config->url, &target);
  if (err_is(e)) return e;
  struct db *d = mem_alloc(sizeof *d);
  d->magic = DB_MAGIC;
  d->engine = target.engine;
  d->statements = config->statements;
  d->statement_count = config->statement_count;
  db_queue_init(&d->queue, config->write_queue_max ? config->write_queue_max : QUEUE_MAX);
  int readers = config->readers > 0 ? config->readers : READERS;
  int writers = config->writers > 0 ? config->writers : WRITERS;
  if (d->engine == DB_SQLITE)
    e = sqlite_side_open(d, target.url, readers);
  else
    e = postgres_side_open(d, target.url, readers, writers,
                           config->idle_max_ms > 0 ? config->idle_max_ms : IDLE_MAX_MS);
  if (err_is(e)) {
    db_queue_destroy(&d->queue);
    mem_free(&d);
  }
  *out = d;
  return e;
}

void db_close(db **out) {
  struct db *d = *out;
  if (!d) return;
  assert(d->magic == DB_MAGIC);
  db_queue_close(&d->queue);
  if (d->engine == DB_SQLITE)
    sqlite_side_close(d);
  else
    postgres_side_close(d);
  db_queue_destroy(&d->queue);
  d->magic = 0;
  mem_free(out);
}

enum db_engine db_engine_of(const db *d) {
  assert(d->magic == DB_MAGIC);
  return d->engine;
}

/* ---- transactions ---- */

static err queue_full(void) { return err_retry(ERR_OVERLOADED, 1000); }

static err wait_in_queue(struct db *d, db_fn fn, void *ctx) {
  sem_t finished;
  sem_init(&finished, 0, 0);
  struct db_job job = {.fn = fn, .ctx = ctx, .finished = &finished};
  bool queued = db_queue_push(&d->queue, &job);
  while (queued && sem_wait(&finished) && errno == EINTR) continue;
  sem_destroy(&finished);
  return queued ? job.result : queue_full();
}

err db_write(db *d, db_fn fn, void *ctx) {
  assert(d->magic == DB_MAGIC);
  if (d->engine == DB_POSTGRES) return postgres_side_write(d, fn, ctx);
  assert(!sqlite_side_is_writer(d)); /* it would wait for itself */
  return wait_in_queue(d, fn, ctx);
}

err db_write_async(db *d, db_fn fn, void *ctx, void (*done)(err e, void *ctx)) {
  assert(d->magic == DB_MAGIC);
  struct db_job *job = mem_alloc(sizeof *job);
  job->fn = fn;
  job->ctx = ctx;
  job->done = done;
  if (db_queue_push(&d->queue, job)) return err_ok;
  mem_free(&job);
  return queue_full();
}

err db_read(db *d, db_fn fn, void *ctx) {
  assert(d->magic == DB_MAGIC);
  atomic_fetch_add_explicit(&d->reads, 1, memory_order_relaxed);
  if (d->engine == DB_POSTGRES) return postgres_side_read(d, fn, ctx);
  assert(!sqlite_side_is_writer(d)); /* it would wait for readers while all writes wait for it */
  return sqlite_side_read(d, fn, ctx);
}

static err look(db_conn *c, void *ctx) {
  (void)c, (void)ctx;
  return err_ok;
}

err db_ping(db *d) {
  assert(d->magic == DB_MAGIC);
  if (d->engine == DB_POSTGRES) return postgres_side_ping(d, thread_now_ms() + PING_MS);
  return sqlite_side_read(d, look, NULL);
}

/* ---- statements ---- */

static err may_run(db_conn *c, const struct db_arg *args, size_t count, struct db_rows *rows) {
  assert(c->magic == DB_CONN_MAGIC);
  assert(count <= DB_ARGS_MAX);
  if (rows) *rows = (struct db_rows){0};
  return err_is(c->fault) ? c->fault : db_check_args(args, count);
}

static err has_run(db_conn *c, err e, struct db_rows *rows) {
  if (!err_is(e)) return e;
  if (rows) *rows = (struct db_rows){0};
  c->fault = e;
  return e;
}

err db_run(db_conn *c, int sql_id, const struct db_arg *args, size_t count, arena *a, struct db_rows *rows) {
  err e = may_run(c, args, count, rows);
  assert(sql_id >= 0 && sql_id < c->db->statement_count);
  if (!err_is(e))
    e = c->engine == DB_SQLITE ? sqlite_side_run(c, sql_id, args, count, a, rows)
                               : postgres_side_run(c, sql_id, args, count, a, rows);
  return has_run(c, e, rows);
}

err db_run_text(db_conn *c, str text, const struct db_arg *args, size_t count, arena *a, struct db_rows *rows) {
  err e = may_run(c, args, count, rows);
  if (!err_is(e))
    e = c->engine == DB_SQLITE ? sqlite_side_run_text(c, text, args, count, a, rows)
                               : postgres_side_run_text(c, text, args, count, a, rows);
  return has_run(c, e, rows);
}

enum db_engine db_conn_engine(const db_conn *c) {
  assert(c->magic == DB_CONN_MAGIC);
  return c->engine;
}

arena *db_conn_arena(db_conn *c) {
  assert(c->magic == DB_CONN_MAGIC);
  return c->scratch;
}

void db_stats(const db *d, struct db_stats *out) {
  assert(d->magic == DB_MAGIC);
  *out = (struct db_stats){.writes = atomic_load(&d->writes),
                           .batches = atomic_load(&d->batches),
                           .read_calls = atomic_load(&d->reads),
                           .failures = atomic_load(&d->failures),
                           .retries = atomic_load(&d->retries),
                           .batch_us_total = atomic_load(&d->batch_us),
                           .write_queue = atomic_load(&d->queue.count)};
}
