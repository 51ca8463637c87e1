/* What both engines have in common: addresses, connections' shared state, db_read and db_write. See db.h. The engines
 * are sqlite.c with committer.c, and postgres.c with postgres_run.c. */
#include "db/db_inside.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

enum { READERS = 4, WRITERS = 8, QUEUE_MAX = 100000, PING_MS = 2000 };

/* ---- addresses ---- */

static err sqlite_target(str rest, struct db_target *out) {
  if (str_starts(rest, S("//"))) rest = str_sub(rest, 2, rest.len);
  if (str_eq(rest, S(":memory:")) || str_starts(rest, S("file:")) || str_contains(rest, S("?")))
    return err_detail(ERR_INVALID_FIELD, "DATABASE_URL",
                      "DATABASE_URL must name a plain file: a database in memory or with options is not durable");
  if (rest.len == 0) return err_detail(ERR_INVALID_FIELD, "DATABASE_URL", "DATABASE_URL names no file after sqlite:");
  if (rest.len >= sizeof out->url) return err_detail(ERR_INVALID_FIELD, "DATABASE_URL", "DATABASE_URL is too long");
  out->engine = DB_SQLITE;
  memcpy(out->url, rest.ptr, rest.len);
  out->url[rest.len] = 0;
  return err_ok;
}

err db_target_parse(const char *url, struct db_target *out) {
  str s = str_trim(str_c(url));
  *out = (struct db_target){0};
  if (str_starts(s, S("sqlite:"))) return sqlite_target(str_sub(s, 7, s.len), out);
  if (!str_starts(s, S("postgres://")) && !str_starts(s, S("postgresql://")))
    return err_detail(ERR_INVALID_FIELD, "DATABASE_URL", "DATABASE_URL must begin with sqlite: or postgresql://");
  if (s.len >= sizeof out->url) return err_detail(ERR_INVALID_FIELD, "DATABASE_URL", "DATABASE_URL is too long");
  out->engine = DB_POSTGRES;
  memcpy(out->url, s.ptr, s.len);
  out->url[s.len] = 0;
  return err_ok;
}

/* ---- what the engines share ---- */

void db_conn_init(struct db_conn *c, struct db *d) {
  *c = (struct db_conn){.magic = DB_CONN_MAGIC, .engine = d->engine, .db = d, .scratch = arena_new(0)};
}

void db_conn_destroy(struct db_conn *c) {
  arena_free(&c->scratch);
  c->magic = 0;
}

err db_conn_call(struct db_conn *c, db_fn fn, void *ctx) {
  assert(c->magic == DB_CONN_MAGIC);
  arena_reset(c->scratch);
  c->fault.code = ERR_NONE;
  err e = fn(c, ctx);
  return !err_is(e) && err_is(c->fault) ? c->fault : e;
}

int db_count_parameters(const char *sql) {
  int highest = 0;
  for (const char *p = strchr(sql, '$'); p; p = strchr(p + 1, '$')) {
    int n = 0;
    for (const char *q = p + 1; *q >= '0' && *q <= '9' && n <= DB_ARGS_MAX; q++) n = n * 10 + (*q - '0');
    if (n > highest) highest = n;
  }
  assert(highest <= DB_ARGS_MAX);
  return highest;
}

err db_check_args(const struct db_arg *args, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (args[i].type == DB_ARG_TEXT && str_has_nul(args[i].s))
      return err_detail(ERR_INVALID_FIELD, NULL, "A text holds a NUL character.");
  return err_ok;
}

void db_sleep_ms(int64_t ms) {
  if (ms <= 0) return;
  struct timespec left = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};
  while (nanosleep(&left, &left) && errno == EINTR) continue;
}

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
    e = postgres_side_open(d, target.url, readers, writers);
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
  assert(!sqlite_side_is_writer(d)); /* it would wait for readers while all others wait for it */
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

err db_run(db_conn *c, int sql_id, const struct db_arg *args, size_t count, arena *a, struct db_rows *rows) {
  assert(c->magic == DB_CONN_MAGIC);
  assert(sql_id >= 0 && sql_id < c->db->statement_count);
  assert(count <= DB_ARGS_MAX);
  if (rows) *rows = (struct db_rows){0};
  if (err_is(c->fault)) return c->fault;
  err e = db_check_args(args, count);
  if (!err_is(e))
    e = c->engine == DB_SQLITE ? sqlite_side_run(c, sql_id, args, count, a, rows)
                               : postgres_side_run(c, sql_id, args, count, a, rows);
  if (!err_is(e)) return e;
  if (rows) *rows = (struct db_rows){0};
  c->fault = e;
  return e;
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
