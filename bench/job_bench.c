/* What taking and ending a job costs, with ten and with a million jobs waiting: only prints figures.
 *
 *   job_bench [rounds] [directory]     SQLite in a temporary directory there (the default: 300, the working directory)
 * With TEST_POSTGRES_URL set PostgreSQL is measured too (TEST_POSTGRES_FSYNC=on scripts/with-postgres.sh).
 * A round is two transactions, as in the program: one takes a job, one ends it and makes the next of its lane ready. The job
 * belongs to a batch, so a take looks at the neighbours too. Between rounds one job is added, so as many go on waiting.
 * JOB_BENCH_SNAPSHOT=1 measures only the last case, an old snapshot held open. */
#include "base/log.h"
#include "bench/disk.h"
#include "db/migrate.h"
#include "desk/job/job.h"
#include "sql.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

enum { WARM_UP = 20, ROUNDS_MAX = 100000, LANE = 10, ENDED = 200000 };

extern const struct db_migration migrations[];
extern const int migration_count;

static int rounds = 300;

struct bench {
  db *db;
  arena *arena;
  struct job *jobs;
  size_t count;
  int64_t waiting, added;
  bool beside_long;
  str text;
};

/* ---- waiting jobs ---- */

static err run_text(db_conn *c, void *arg) {
  return db_run_text(c, ((struct bench *)arg)->text, NULL, 0, db_conn_arena(c), NULL);
}

static err exec(struct bench *b, const char *sql) {
  b->text = str_c(sql);
  return db_write(b->db, run_text, b);
}

/* Beside a long lane, ten jobs of a lane of their own wait too; the long lane itself is not due. */
static err fill(struct bench *b) {
  static const char insert[] =
      "INSERT INTO job (kind, queue, lane, batch, state, priority, due_at, subject, created_at, updated_at) "
      "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < %lld) "
      "SELECT 'outbox.answer', 'q', %s, 'album' || i, CASE WHEN %s THEN 'ready' ELSE 'behind' END, 0, %s, 'none', 1, 1 "
      "FROM n";
  bool lite = db_engine_of(b->db) == DB_SQLITE;
  int64_t n = b->waiting;
  err e = exec(b, lite ? "DELETE FROM job" : "TRUNCATE job");
  if (b->beside_long && !err_is(e))
    e = exec(b, arena_printf(b->arena, insert, (long long)n - 1, "'long'", "i = 0", "9000000000000000").ptr);
  if (b->beside_long) n = LANE;
  if (!err_is(e))
    e = exec(b, arena_printf(b->arena, insert, (long long)n - 1, "'lane' || i / 10", "i % 10 = 0", "i").ptr);
  if (!err_is(e) && !lite) e = exec(b, "ANALYZE job");
  return e;
}

/* ---- a round ---- */

static err add(db_conn *c, void *arg) {
  struct bench *b = arg;
  int64_t lanes = (b->beside_long ? LANE : b->waiting) / LANE;
  struct job_new n = {.kind = JOB_ANSWER, .queue = S("q"), .due_at = b->waiting + b->added};
  n.lane = arena_printf(db_conn_arena(c), "lane%lld", (long long)(b->added % lanes));
  n.batch = arena_printf(db_conn_arena(c), "added%lld", (long long)b->added);
  return job_add(c, &n, 1, NULL);
}

static err take(db_conn *c, void *arg) {
  struct bench *b = arg;
  return job_take(c, S("q"), S("bench.1"), 1, INT64_C(8000000000000000), b->arena, &b->jobs, &b->count);
}

static err end(db_conn *c, void *arg) { return job_done(c, ((struct bench *)arg)->jobs); }

static int compare(const void *a, const void *b) {
  int x = *(const int *)a, y = *(const int *)b;
  return (x > y) - (x < y);
}

static void print_times(const char *name, int *took_us) {
  qsort(took_us, (size_t)rounds, sizeof(int), compare);
  printf("  %-44s median %7.2f ms   min %7.2f ms   max %7.2f ms\n", name, took_us[rounds / 2] / 1000.0,
         took_us[0] / 1000.0, took_us[rounds - 1] / 1000.0);
  fflush(stdout);
}

static err bench_rounds(struct bench *b, int *took_us) {
  err e = err_ok;
  for (int i = -WARM_UP; i < rounds && !err_is(e); i++) {
    arena_reset(b->arena);
    int64_t started = clock_measure_us();
    e = db_write(b->db, take, b);
    if (!err_is(e) && b->count != 1) e = err_detail(ERR_INTERNAL, NULL, "%zu jobs were taken", b->count);
    if (!err_is(e)) e = db_write(b->db, end, b);
    if (i >= 0) took_us[i] = (int)(clock_measure_us() - started);
    job_assume(JOB_ANSWER, 0, 0);
    b->added++;
    if (!err_is(e)) e = db_write(b->db, add, b);
  }
  return e;
}

/* The least possible cost: two transactions of one small statement. */
static err bench_floor(struct bench *b, int *took_us) {
  err e = exec(b, "CREATE TABLE IF NOT EXISTS bench_floor (x BIGINT)");
  if (!err_is(e)) e = exec(b, "INSERT INTO bench_floor VALUES (1)");
  b->text = S("UPDATE bench_floor SET x = x + 1");
  for (int i = -WARM_UP; i < rounds && !err_is(e); i++) {
    int64_t started = clock_measure_us();
    for (int k = 0; k < 2 && !err_is(e); k++) e = db_write(b->db, run_text, b);
    if (i >= 0) took_us[i] = (int)(clock_measure_us() - started);
  }
  if (!err_is(e)) print_times("two transactions of one UPDATE", took_us);
  return e;
}

/* ---- beside an old snapshot ---- */

static atomic_int snapshot; /* 1: open; 2: to be closed */

/* A reader's transaction is REPEATABLE READ, as that of pg_dump. */
static err hold_snapshot(db_conn *c, void *arg) {
  err e = db_run_text(c, S("SELECT min(id) FROM job"), NULL, 0, db_conn_arena(c), NULL);
  (void)arg;
  atomic_store(&snapshot, 1);
  while (atomic_load(&snapshot) == 1) nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
  return e;
}

static void *hold(void *database) {
  (void)db_read(database, hold_snapshot, NULL);
  return NULL;
}

/* Jobs that have ended since another session opened its snapshot: their index entries stay, before those of the waiting. */
static err bench_snapshot(struct bench *b, int *took_us) {
  pthread_t reader;
  b->beside_long = false;
  b->waiting = ENDED;
  err e = fill(b);
  atomic_store(&snapshot, 0);
  if (err_is(e) || pthread_create(&reader, NULL, hold, b->db)) return e;
  while (!atomic_load(&snapshot)) nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
  e = exec(b, "DELETE FROM job");
  for (int i = 0; i < LANE && !err_is(e); i++, b->added++) e = db_write(b->db, add, b);
  if (!err_is(e)) e = bench_rounds(b, took_us);
  if (!err_is(e)) print_times("after 200000 that ended, an old snapshot open", took_us);
  atomic_store(&snapshot, 2);
  pthread_join(reader, NULL);
  return e;
}

static err bench_all(struct bench *b, int *took_us) {
  static const int64_t waiting[] = {10, 10000, 1000000};
  char name[64];
  if (getenv("JOB_BENCH_SNAPSHOT")) return bench_snapshot(b, took_us);
  err e = bench_floor(b, took_us);
  for (int shape = 0; shape < 2; shape++) {
    for (size_t i = 0; i < sizeof waiting / sizeof *waiting && !err_is(e); i++) {
      b->beside_long = shape;
      b->waiting = waiting[i];
      arena_reset(b->arena);
      e = fill(b);
      if (!err_is(e)) e = bench_rounds(b, took_us);
      snprintf(name, sizeof name,
               shape ? "take and end, beside one lane of %lld" : "take and end, %lld in lanes of ten",
               (long long)waiting[i]);
      if (!err_is(e)) print_times(name, took_us);
    }
  }
  return err_is(e) ? e : bench_snapshot(b, took_us);
}

static void bench_engine(const char *url, const char *name, int *took_us) {
  struct db_config config = {
      .url = url,
      .statements = sql_statements,
      .statement_count = SQL_COUNT,
      .clock = &clock_system,
      .idle_max_ms = 3600000 /* the session that holds the snapshot is idle until the last round */};
  struct db_migrate_report report;
  struct bench b = {.arena = arena_new(0)};
  printf("%s, %d rounds\n", name, rounds);
  err e = db_migrate(url, migrations, migration_count, &clock_system, &report);
  if (!err_is(e)) e = db_open(&config, &b.db);
  if (!err_is(e)) e = bench_all(&b, took_us);
  if (err_is(e)) printf("%s: %s\n", name, err_message(&e));
  db_close(&b.db);
  arena_free(&b.arena);
}

int main(int argc, char **argv) {
  char dir[256], url[400];
  int64_t wanted = rounds;
  if (argc > 1 && str_to_i64(str_c(argv[1]), &wanted) && wanted > 0 && wanted <= ROUNDS_MAX) rounds = (int)wanted;
  snprintf(dir, sizeof dir, "%s/job-bench-XXXXXX", argc > 2 ? argv[2] : ".");
  if (!mkdtemp(dir)) return 1;
  (void)log_open(LOG_LEVEL_WARN, LOG_FORMAT_TEXT, NULL);
  int *took_us = mem_alloc_array((size_t)rounds, sizeof(int));
  bench_sync(dir);
  snprintf(url, sizeof url, "sqlite:%s/bench.db", dir);
  bench_engine(url, "SQLite", took_us);
  snprintf(url, sizeof url, "%s/bench.db", dir);
  unlink(url);
  rmdir(dir);
  if (getenv("TEST_POSTGRES_URL")) bench_engine(getenv("TEST_POSTGRES_URL"), "PostgreSQL", took_us);
  mem_free(&took_us);
  return 0;
}
