/* Writes a second of the disk alone, of SQLite alone, and through db/ ("the door"): only prints figures.
 *
 *   db_bench [seconds] [directory]     SQLite in a temporary directory there (the default: 2, the working directory)
 * With TEST_POSTGRES_URL set, db/ is measured on PostgreSQL too (TEST_POSTGRES_FSYNC=on scripts/with-postgres.sh).
 * A transaction is that of one update from Telegram: nine statements over six tables with their indexes. */
#include "bench/disk.h"
#include "db/db.h"
#include "db/migrate.h"

#include <errno.h>
#include <semaphore.h>
#include <sqlite3.h>
#include <stdatomic.h>

enum { CUSTOMERS = 50000, SAMPLES = 1 << 20, FILL_STEP = 1000 };

static int run_seconds = 2;

static const struct db_migration migrations[] = {{1, "0001_bench",
#define SCHEMA                                                                                                   \
  "CREATE TABLE seen (id BIGINT PRIMARY KEY, at BIGINT NOT NULL);"                                               \
  "CREATE TABLE customer (id @ID@, external_id BIGINT NOT NULL UNIQUE, name TEXT NOT NULL);"                     \
  "CREATE TABLE conversation (id @ID@, customer_id BIGINT NOT NULL REFERENCES customer, status TEXT NOT NULL, "  \
  "unread BIGINT NOT NULL, updated_at BIGINT NOT NULL);"                                                         \
  "CREATE UNIQUE INDEX conversation_customer ON conversation (customer_id);"                                     \
  "CREATE INDEX conversation_list ON conversation (status, updated_at);"                                         \
  "CREATE TABLE message (id @ID@, conversation_id BIGINT NOT NULL REFERENCES conversation, body TEXT NOT NULL, " \
  "created_at BIGINT NOT NULL);"                                                                                 \
  "CREATE INDEX message_conversation ON message (conversation_id, id);"                                          \
  "CREATE TABLE event (seq @ID@, type TEXT NOT NULL, data TEXT NOT NULL, created_at BIGINT NOT NULL);"           \
  "CREATE INDEX event_created ON event (created_at);"                                                            \
  "CREATE TABLE outbox (id @ID@, conversation_id BIGINT NOT NULL, body TEXT NOT NULL);"
                                                  SCHEMA, SCHEMA}};

enum { SEEN, CUSTOMER, NEW_CUSTOMER, CONVERSATION, NEW_CONVERSATION, MESSAGE, TOUCH, EVENT, OUTBOX, LAST, STATEMENTS };
static const struct db_statement statements[STATEMENTS] = {
#define BOTH(id, text) [id] = {#id, text, text}
    BOTH(SEEN, "INSERT INTO seen (id, at) VALUES ($1, $2) ON CONFLICT DO NOTHING"),
    BOTH(CUSTOMER, "SELECT id, name FROM customer WHERE external_id = $1"),
    BOTH(NEW_CUSTOMER, "INSERT INTO customer (external_id, name) VALUES ($1, $2) RETURNING id"),
    BOTH(CONVERSATION, "SELECT id, status, unread FROM conversation WHERE customer_id = $1"),
    BOTH(NEW_CONVERSATION,
         "INSERT INTO conversation (customer_id, status, unread, updated_at) VALUES ($1, $2, 0, $3) RETURNING id"),
    BOTH(MESSAGE, "INSERT INTO message (conversation_id, body, created_at) VALUES ($1, $2, $3) RETURNING id"),
    BOTH(TOUCH, "UPDATE conversation SET unread = unread + 1, updated_at = $2 WHERE id = $1"),
    BOTH(EVENT, "INSERT INTO event (type, data, created_at) VALUES ($1, $2, $3)"),
    BOTH(OUTBOX, "INSERT INTO outbox (conversation_id, body) VALUES ($1, $2)"),
    BOTH(LAST, "SELECT id, body, created_at FROM message WHERE conversation_id = $1 ORDER BY id DESC LIMIT 20"),
#undef BOTH
};

static const char text[] =
    "Hello, my order has not come yet, and nobody answers the telephone. Could you please look where it is?";

/* ---- one update ---- */

struct update {
  struct run *run;
  int64_t id, started_us;
};

static err find_or_make(db_conn *c, int find, int make, int64_t by, str word, int64_t *id) {
  struct db_rows rows;
  err e = DB_RUN(c, find, db_conn_arena(c), &rows, DB_I(by));
  if (err_is(e)) return e;
  if (rows.count == 0) e = DB_RUN(c, make, db_conn_arena(c), &rows, DB_I(by), DB_S(word), DB_I(by));
  if (!err_is(e)) *id = db_at(&rows, 0, 0)->i;
  return e;
}

static err store_update(db_conn *c, void *ctx) {
  struct update *u = ctx;
  arena *a = db_conn_arena(c);
  struct db_rows rows;
  int64_t customer = 0, conversation = 0, now = 1780000000000 + u->id;
  err e = DB_RUN(c, SEEN, a, &rows, DB_I(u->id), DB_I(now));
  if (err_is(e) || rows.changed == 0) return e;
  int64_t who = (int64_t)((uint64_t)u->id * 2654435761u % CUSTOMERS);
  e = find_or_make(c, CUSTOMER, NEW_CUSTOMER, who, S("Anna Example"), &customer);
  if (!err_is(e)) e = find_or_make(c, CONVERSATION, NEW_CONVERSATION, customer, S("waiting"), &conversation);
  if (!err_is(e)) e = DB_RUN(c, MESSAGE, a, &rows, DB_I(conversation), DB_S(str_c(text)), DB_I(now));
  if (err_is(e)) return e;
  e = DB_RUN(c, TOUCH, a, NULL, DB_I(conversation), DB_I(now));
  str data = arena_printf(a, "{\"message\":{\"id\":%lld,\"text\":\"%s\"}}", (long long)db_at(&rows, 0, 0)->i, text);
  if (!err_is(e)) e = DB_RUN(c, EVENT, a, NULL, DB_S(S("new_message")), DB_S(data), DB_I(now));
  if (!err_is(e)) e = DB_RUN(c, EVENT, a, NULL, DB_S(S("chat_update")), DB_S(data), DB_I(now));
  if (!err_is(e)) e = DB_RUN(c, OUTBOX, a, NULL, DB_I(conversation), DB_S(data));
  return e;
}

/* Adds some customers from number *ctx on, so that the tables are as large as those of a desk in use. */
static err fill_some(db_conn *c, void *ctx) {
  for (int64_t i = 0; i < FILL_STEP; i++) {
    int64_t customer = 0, conversation = 0, now = 1770000000000 + i;
    err e = find_or_make(c, CUSTOMER, NEW_CUSTOMER, *(int64_t *)ctx + i, S("Anna Example"), &customer);
    if (!err_is(e)) e = find_or_make(c, CONVERSATION, NEW_CONVERSATION, customer, S("waiting"), &conversation);
    if (!err_is(e)) e = DB_RUN(c, MESSAGE, db_conn_arena(c), NULL, DB_I(conversation), DB_S(str_c(text)), DB_I(now));
    if (err_is(e)) return e;
  }
  return err_ok;
}

static err read_page(db_conn *c, void *ctx) {
  return DB_RUN(c, LAST, db_conn_arena(c), &(struct db_rows){0}, DB_I(1 + *(int64_t *)ctx % 1000));
}

/* ---- the door with N in flight ---- */

struct run {
  db *db;
  sem_t room;
  atomic_int count, failed;
  int *took_us;
};

static int compare_ints(const void *a, const void *b) {
  int x = *(const int *)a, y = *(const int *)b;
  return (x > y) - (x < y);
}

static void record(struct run *r, int64_t us) {
  int i = atomic_fetch_add(&r->count, 1);
  if (i < SAMPLES) r->took_us[i] = (int)us;
}

static void print_run(const char *name, struct run *r, double seconds) {
  int n = atomic_load(&r->count);
  int sampled = n < SAMPLES ? n : SAMPLES;
  if (n == 0) return;
  qsort(r->took_us, (size_t)sampled, sizeof(int), compare_ints);
  printf("  %-34s %9.0f /s   p50 %7.2f ms   p99 %7.2f ms   max %7.2f ms", name, n / seconds,
         r->took_us[sampled / 2] / 1000.0, r->took_us[(size_t)sampled * 99 / 100] / 1000.0,
         r->took_us[sampled - 1] / 1000.0);
  if (atomic_load(&r->failed)) printf("   %d FAILED", atomic_load(&r->failed));
  printf("\n");
  fflush(stdout);
}

static void update_done(err e, void *ctx) {
  struct update *u = ctx;
  struct run *r = u->run;
  if (err_is(e)) atomic_fetch_add(&r->failed, 1);
  record(r, clock_measure_us() - u->started_us);
  mem_free(&u);
  sem_post(&r->room);
}

static void wait_semaphore(sem_t *s) {
  while (sem_wait(s) && errno == EINTR) continue;
}

/* Keeps in_flight transactions under way, or starts rate of them a second if rate is not 0. */
static void bench_async(db *d, int in_flight, int rate, int64_t *id) {
  struct run r = {.db = d, .took_us = mem_alloc_array(SAMPLES, sizeof(int))};
  struct db_stats before, after;
  char name[64];
  sem_init(&r.room, 0, (unsigned)in_flight);
  db_stats(d, &before);
  int64_t started = clock_measure_us(), until = started + (int64_t)run_seconds * 1000000;
  for (int64_t i = 0; clock_measure_us() < until; i++) {
    int64_t due = rate ? started + i * 1000000 / rate : 0;
    int64_t early = due - clock_measure_us();
    if (rate && early > 0) nanosleep(&(struct timespec){.tv_nsec = (long)early * 1000}, NULL);
    wait_semaphore(&r.room);
    struct update *u = mem_alloc(sizeof *u);
    *u = (struct update){.run = &r, .id = ++*id, .started_us = clock_measure_us()};
    if (err_is(db_write_async(d, store_update, u, update_done))) update_done(err_make(ERR_OVERLOADED), u);
  }
  for (int i = 0; i < in_flight; i++) wait_semaphore(&r.room);
  double seconds = (double)(clock_measure_us() - started) / 1e6;
  db_stats(d, &after);
  if (rate)
    snprintf(name, sizeof name, "updates, %d a second", rate);
  else
    snprintf(name, sizeof name, "updates, %d in flight", in_flight);
  print_run(name, &r, seconds);
  if (after.batches > before.batches)
    printf("  %34s %9.1f a commit, %llu retries\n", "",
           (double)(after.writes - before.writes) / (double)(after.batches - before.batches),
           (unsigned long long)(after.retries - before.retries));
  sem_destroy(&r.room);
  mem_free(&r.took_us);
}

static void bench_reads(db *d, const char *name) {
  struct run r = {.db = d, .took_us = mem_alloc_array(SAMPLES, sizeof(int))};
  int64_t started = clock_measure_us(), now = started;
  for (int64_t i = 0; now < started + (int64_t)run_seconds * 500000; i++) {
    if (err_is(db_read(d, read_page, &i))) atomic_fetch_add(&r.failed, 1);
    int64_t then = now;
    now = clock_measure_us();
    record(&r, now - then);
  }
  print_run(name, &r, (double)(now - started) / 1e6);
  mem_free(&r.took_us);
}

static void bench_door(const char *url, const char *name) {
  struct db_config config = {
      .url = url, .statements = statements, .statement_count = STATEMENTS, .clock = &clock_system};
  struct db_migrate_report report;
  db *d = NULL;
  int64_t id = 0;
  err e = db_migrate(url, migrations, 1, &clock_system, &report);
  if (!err_is(e)) e = db_open(&config, &d);
  for (int64_t from = 0; from < CUSTOMERS && !err_is(e); from += FILL_STEP) e = db_write(d, fill_some, &from);
  if (err_is(e)) {
    printf("%s: %s\n", name, err_message(&e));
    db_close(&d);
    return;
  }
  printf("%s, nine statements an update\n", name);
  bench_async(d, 512, 0, &id);
  bench_async(d, 64, 0, &id);
  bench_async(d, 8, 0, &id);
  bench_async(d, 1, 0, &id);
  bench_async(d, 512, 1000, &id);
  bench_reads(d, "reads of 20 messages, one thread");
  db_close(&d);
}

/* ---- SQLite alone ---- */

static void bench_sqlite_alone(const char *dir, int inserts_a_commit) {
  char path[512];
  sqlite3 *handle = NULL;
  sqlite3_stmt *insert = NULL;
  int n = 0;
  snprintf(path, sizeof path, "%s/alone%d.db", dir, inserts_a_commit);
  sqlite3_open(path, &handle);
  sqlite3_exec(handle,
               "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t (id INTEGER PRIMARY KEY, s TEXT)",
               NULL, NULL, NULL);
  sqlite3_prepare_v2(handle, "INSERT INTO t (s) VALUES ($1)", -1, &insert, NULL);
  int64_t started = clock_measure_us(), now = started;
  for (; now < started + 1000000; now = clock_measure_us()) {
    sqlite3_exec(handle, "BEGIN", NULL, NULL, NULL);
    for (int i = 0; i < inserts_a_commit; i++, n++) {
      sqlite3_bind_text(insert, 1, text, -1, SQLITE_STATIC);
      sqlite3_step(insert);
      sqlite3_reset(insert);
    }
    sqlite3_exec(handle, "COMMIT", NULL, NULL, NULL);
  }
  printf("SQLite alone, %d a commit: %.0f inserts a second\n", inserts_a_commit, n / ((double)(now - started) / 1e6));
  sqlite3_finalize(insert);
  sqlite3_close(handle);
  unlink(path);
}

int main(int argc, char **argv) {
  char dir[256], url[400];
  int64_t seconds = 2;
  if (argc > 1 && str_to_i64(str_c(argv[1]), &seconds) && seconds > 0 && seconds < 3600) run_seconds = (int)seconds;
  snprintf(dir, sizeof dir, "%s/db-bench-XXXXXX", argc > 2 ? argv[2] : ".");
  if (!mkdtemp(dir)) return 1;
  bench_sync(dir);
  bench_sqlite_alone(dir, 1);
  bench_sqlite_alone(dir, 100);
  snprintf(url, sizeof url, "sqlite:%s/bench.db", dir);
  bench_door(url, "SQLite");
  snprintf(url, sizeof url, "%s/bench.db", dir);
  unlink(url);
  rmdir(dir);
  if (getenv("TEST_POSTGRES_URL")) bench_door(getenv("TEST_POSTGRES_URL"), "PostgreSQL");
  return 0;
}
