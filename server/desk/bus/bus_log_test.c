/* The reader against a real log: what commits late, or never, on PostgreSQL. */
#include "base/thread.h"
#include "desk/bus/bus.h"
#include "desk/desk_fixture.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

struct heard_ctx {
  pthread_mutex_t lock;
  pthread_cond_t more;
  int64_t seqs[16];
  size_t count;
};

static void hear(const struct bus_event *events, size_t count, void *user) {
  struct heard_ctx *h = user;
  pthread_mutex_lock(&h->lock);
  for (size_t i = 0; i < count && h->count < JSON_COUNT(h->seqs); i++) h->seqs[h->count++] = events[i].seq;
  pthread_cond_signal(&h->more);
  pthread_mutex_unlock(&h->lock);
}

/* Waits until as many events have been published; no more have been. */
static void assert_heard(struct bus *b, struct heard_ctx *h, size_t wanted) {
  bus_wake(b);
  pthread_mutex_lock(&h->lock);
  while (h->count < wanted) pthread_cond_wait(&h->more, &h->lock);
  assert_int_equal(h->count, wanted);
  pthread_mutex_unlock(&h->lock);
}

/* The reader has read the log, and has published nothing by the time at which it reads it again. */
static void assert_nothing_heard(struct fixture *f, struct bus *b, struct heard_ctx *h) {
  struct db_stats before, now;
  db_stats(f->desk.db, &before);
  bus_wake(b);
  do {
    sched_yield();
    db_stats(f->desk.db, &now);
  } while (now.read_calls < before.read_calls + 3); /* one may have been under way */
  pthread_mutex_lock(&h->lock);
  assert_int_equal(h->count, 0);
  pthread_mutex_unlock(&h->lock);
}

static struct bus *start(struct fixture *f, struct heard_ctx *h) {
  struct bus *b = NULL;
  pthread_mutex_init(&h->lock, NULL);
  pthread_cond_init(&h->more, NULL);
  assert_ok(bus_new(&(struct bus_config){.desk = &f->desk, .publish = hear, .user = h}, &b));
  assert_ok(bus_start(b));
  return b;
}

static void run_on(PGconn *pg, const char *sql) {
  PGresult *r = PQexec(pg, sql);
  ExecStatusType status = PQresultStatus(r);
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) fail_msg("%s: %s", sql, PQerrorMessage(pg));
  PQclear(r);
}

#define BEGIN_LIKE_A_WRITE "BEGIN; SELECT pg_current_xact_id()"
#define APPEND             "INSERT INTO event (type, data, created_at) VALUES ('bot_status_change', '{}', 0)"

/* The open one has the newer id, so it lies at the xmax of whatever snapshot shows the other's commit, not below it. */
static void an_open_transaction_with_the_newest_id_is_waited_for(void **state) {
  struct fixture *f = *state;
  PGconn *older = PQconnectdb(f->url), *newest = PQconnectdb(f->url);
  struct heard_ctx h = {.count = 0};
  struct bus *b = start(f, &h);
  run_on(older, BEGIN_LIKE_A_WRITE);
  run_on(newest, BEGIN_LIKE_A_WRITE);
  run_on(newest, APPEND); /* seq 1 */
  run_on(older, APPEND);  /* seq 2 */
  run_on(older, "COMMIT");
  assert_nothing_heard(f, b, &h);
  run_on(newest, "COMMIT");
  assert_heard(b, &h, 2);
  assert_int_equal(h.seqs[0], 1);
  assert_int_equal(h.seqs[1], 2);
  bus_free(&b);
  PQfinish(older);
  PQfinish(newest);
}

static void what_was_rolled_back_is_passed(void **state) {
  struct fixture *f = *state;
  PGconn *other = PQconnectdb(f->url);
  struct heard_ctx h = {.count = 0};
  struct bus *b = start(f, &h);
  run_on(other, BEGIN_LIKE_A_WRITE);
  run_on(other, APPEND);
  fixture_exec(f, APPEND);
  assert_nothing_heard(f, b, &h);
  run_on(other, "ROLLBACK");
  assert_heard(b, &h, 1);
  assert_int_equal(h.seqs[0], 2);
  bus_free(&b);
  PQfinish(other);
}

struct starting_ctx {
  struct fixture *f;
  struct bus *bus;
  atomic_bool done;
};

static void *start_bus(void *arg) {
  struct starting_ctx *s = arg;
  assert_ok(bus_new(&(struct bus_config){.desk = &s->f->desk, .publish = hear}, &s->bus));
  atomic_store(&s->done, true);
  return NULL;
}

/* What it would call old may not have been there for anybody who fetched meanwhile. */
static void a_start_waits_for_what_is_open_below_the_end_of_the_log(void **state) {
  struct fixture *f = *state;
  PGconn *older = PQconnectdb(f->url), *newest = PQconnectdb(f->url);
  run_on(older, BEGIN_LIKE_A_WRITE);
  run_on(newest, BEGIN_LIKE_A_WRITE);
  run_on(newest, APPEND);
  run_on(older, APPEND);
  run_on(older, "COMMIT");
  struct starting_ctx s = {.f = f};
  pthread_t thread;
  pthread_create(&thread, NULL, start_bus, &s);
  struct db_stats stats;
  do db_stats(f->desk.db, &stats);
  while (stats.read_calls < 4); /* the first look, and three that still see an open transaction */
  assert_false(atomic_load(&s.done));
  run_on(newest, "COMMIT");
  pthread_join(thread, NULL);
  assert_int_equal(bus_position(s.bus), 2);
  bus_free(&s.bus);
  PQfinish(older);
  PQfinish(newest);
}

struct stalled_ctx {
  struct fixture *f;
  atomic_int runs;
  atomic_bool appended, go_on;
};

/* Like a write of a process that is stopped in the middle. */
static err append_and_stall(db_conn *c, void *arg) {
  struct stalled_ctx *s = arg;
  err e = db_run_text(c, S(APPEND), NULL, 0, db_conn_arena(c), NULL);
  bool first = atomic_fetch_add(&s->runs, 1) == 0;
  atomic_store(&s->appended, true);
  while (first && !atomic_load(&s->go_on)) sched_yield();
  return e;
}

static void *write_and_stall(void *arg) {
  struct stalled_ctx *s = arg;
  assert_ok(db_write(s->f->desk.db, append_and_stall, s));
  return NULL;
}

static void a_transaction_that_stalls_holds_up_the_reader_for_a_limited_time(void **state) {
  struct fixture *f = *state;
  db_close(&f->desk.db);
  assert_ok(db_open(&(struct db_config){.url = f->url,
                                        .statements = sql_statements,
                                        .statement_count = SQL_COUNT,
                                        .clock = &clock_system,
                                        .idle_max_ms = 300},
                    &f->desk.db));
  struct heard_ctx h = {.count = 0};
  struct bus *b = start(f, &h);
  struct stalled_ctx s = {.f = f};
  pthread_t thread;
  pthread_create(&thread, NULL, write_and_stall, &s);
  while (!atomic_load(&s.appended)) sched_yield(); /* seq 1 */
  fixture_exec(f, APPEND);                         /* seq 2 */
  bus_wake(b);
  int64_t started_ms = thread_now_ms();
  while (!bus_waiting_ms(b)) sched_yield();
  assert_heard(b, &h, 1);
  assert_true(thread_now_ms() - started_ms < 8000); /* less than the limit of a server's process */
  assert_int_equal(h.seqs[0], 2);
  assert_int_equal(bus_waiting_ms(b), 0);
  atomic_store(&s.go_on, true);
  pthread_join(thread, NULL);
  assert_int_equal(atomic_load(&s.runs), 2); /* on another session */
  assert_heard(b, &h, 2);
  assert_int_equal(h.seqs[1], 3);
  bus_free(&b);
}

static void events_are_heard_once_in_order(void **state) {
  struct fixture *f = *state;
  struct heard_ctx h = {.count = 0};
  struct bus *b = start(f, &h);
  for (int i = 0; i < 5; i++) fixture_exec(f, APPEND);
  assert_heard(b, &h, 5);
  for (int i = 0; i < 5; i++) assert_int_equal(h.seqs[i], i + 1);
  bus_free(&b);
}

static void a_page_of_the_log_is_bounded_in_number_and_bytes(void **state) {
  struct fixture *f = *state;
  struct heard_ctx h = {.count = 0};
  struct bus *b = start(f, &h);
  /* 50 of 1,000 bytes; one of 5,000; one whose type nobody knows; 9 more. */
  for (int i = 0; i < 61; i++) {
    char sql[6000], text[5001];
    int length = i == 50 ? 5000 : 1000;
    memset(text, 'x', (size_t)length);
    text[length] = 0;
    snprintf(sql, sizeof sql, "INSERT INTO event (type, data, created_at) VALUES ('%s', '%s', 0)",
             i == 51 ? "of_a_newer_node" : "bot_status_change", text);
    fixture_exec(f, sql);
  }
  bus_wake(b);
  while (bus_position(b) < 61) sched_yield();
  static const struct {
    int64_t since;
    size_t limit, max_bytes, count;
    int64_t reached;
    const char *why;
  } rows[] = {
      {0, 10, 1000000, 10, 10, "the number"},
      {0, 100, 10500, 10, 10, "the bytes"},
      {0, 100, 40000, 40, 40, "the bytes, beyond what is read at once"},
      {50, 100, 1000, 1, 51, "one alone may be larger, or nobody would ever get past it"},
      {51, 100, 4000, 3, 55, "an unknown one counts and is not given"},
      {0, 100, 1000000, 60, 61, "all there is"},
      {52, 9, 1000000, 9, 61, "exactly to the end"},
      {61, 9, 1000000, 0, 61, "nothing follows"},
  };
  arena *a = arena_new(0);
  for (size_t i = 0; i < JSON_COUNT(rows); i++) {
    struct bus_page page;
    assert_ok(bus_replay(b, rows[i].since, rows[i].limit, rows[i].max_bytes, a, &page));
    if (page.count != rows[i].count || page.reached != rows[i].reached)
      fail_msg("%s: %zu events up to %lld", rows[i].why, page.count, (long long)page.reached);
    if (page.count && page.events[0].seq != rows[i].since + 1 && rows[i].since != 51)
      fail_msg("%s: first", rows[i].why);
  }
  struct bus_page page;
  assert_err(bus_replay(b, 62, 10, 1000, a, &page), ERR_NOT_FOUND);
  arena_free(&a);
  bus_free(&b);
}

struct batches_ctx {
  atomic_size_t events;
  size_t count, largest_bytes;
};

static void note_batch(const struct bus_event *events, size_t count, void *user) {
  struct batches_ctx *n = user;
  size_t bytes = 0;
  for (size_t i = 0; i < count; i++) bytes += events[i].data.len;
  n->count++;
  if (bytes > n->largest_bytes) n->largest_bytes = bytes;
  atomic_fetch_add(&n->events, count);
}

/* Behind events that add up to three batches one that is larger than a batch, and another one. */
static void what_is_published_at_once_is_bounded_in_bytes(void **state) {
  enum { EVENTS = 26, BYTES = 30000, LARGE = BUS_BATCH_MAX_BYTES + 1000 };
  struct fixture *f = *state;
  struct batches_ctx seen = {.count = 0};
  struct bus *b = NULL;
  assert_ok(bus_new(&(struct bus_config){.desk = &f->desk, .publish = note_batch, .user = &seen}, &b));
  char *sql = mem_alloc(LARGE + 1000);
  for (int i = 0; i < EVENTS; i++) {
    size_t length = i == EVENTS - 2 ? LARGE : BYTES;
    int head = snprintf(sql, 1000, "INSERT INTO event (created_at, type, data) VALUES (0, 'bot_status_change', '");
    memset(sql + head, 'x', length);
    snprintf(sql + head + length, 10, "')");
    fixture_exec(f, sql);
  }
  mem_free(&sql);
  assert_ok(bus_start(b));
  bus_wake(b);
  while (atomic_load(&seen.events) < EVENTS) sched_yield();
  assert_int_equal(seen.count, 5);
  assert_int_equal(seen.largest_bytes, LARGE);
  bus_free(&b);
}

/* ---- pruning ---- */

enum { KEPT_MS = 1000000 };

static void appends(struct fixture *f, int64_t age_ms) {
  char sql[200];
  snprintf(sql, sizeof sql, "INSERT INTO event (type, data, created_at) VALUES ('bot_status_change', '{}', %lld)",
           (long long)(f->clock.now_ms - age_ms));
  fixture_exec(f, sql);
}

static void prunes(struct bus *b) {
  bool more = false;
  assert_ok(bus_prune(b, &more));
  assert_false(more);
}

static struct bus *new_bus(struct fixture *f) {
  struct bus *b = NULL;
  assert_ok(bus_new(&(struct bus_config){.desk = &f->desk, .publish = hear, .retention_ms = KEPT_MS}, &b));
  return b;
}

static void only_the_old_head_of_the_log_is_pruned(void **state) {
  struct fixture *f = *state;
  static const char kept[] = "SELECT seq FROM event ORDER BY seq";
  appends(f, KEPT_MS + 3);
  appends(f, KEPT_MS + 2);
  appends(f, 500);
  appends(f, KEPT_MS + 1); /* the clock was behind */
  appends(f, 400);
  struct bus *b = new_bus(f);
  struct bus_page page;
  prunes(b);
  assert_rows(f, kept, "3\n4\n5");
  assert_err(bus_replay(b, 1, 10, SIZE_MAX, f->arena, &page), ERR_NOT_FOUND);
  assert_ok(bus_replay(b, 2, 10, SIZE_MAX, f->arena, &page));
  assert_int_equal(page.count, 3);
  f->clock.now_ms += KEPT_MS - 450;
  prunes(b);
  assert_rows(f, kept, "5");
  f->clock.now_ms += KEPT_MS;
  prunes(b);
  assert_rows(f, kept, "");
  assert_ok(bus_replay(b, 5, 10, SIZE_MAX, f->arena, &page));
  assert_int_equal(page.count, 0);
  bus_free(&b);
}

static void a_clock_that_was_far_ahead_holds_up_no_pruning(void **state) {
  struct fixture *f = *state;
  appends(f, KEPT_MS + 2);
  appends(f, -INT64_C(1000) * 24 * 3600 * 1000);
  appends(f, KEPT_MS + 1);
  appends(f, -1000); /* another node's is a little ahead */
  appends(f, KEPT_MS + 1);
  struct bus *b = new_bus(f);
  prunes(b);
  assert_rows(f, "SELECT seq FROM event ORDER BY seq", "4\n5");
  bus_free(&b);
}

static void much_is_pruned_in_pieces(void **state) {
  struct fixture *f = *state;
  bool more = false;
  fixture_exec(f, f->engine == DB_SQLITE
                      ? "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20500) "
                        "INSERT INTO event (type, data, created_at) SELECT 'bot_status_change', '{}', i FROM n"
                      : "INSERT INTO event (type, data, created_at) SELECT 'bot_status_change', '{}', i FROM "
                        "generate_series(1, 20500) AS i");
  appends(f, 0);
  struct bus *b = new_bus(f);
  assert_ok(bus_prune(b, &more));
  assert_true(more);
  assert_rows(f, "SELECT count(*) FROM event", "501");
  prunes(b);
  assert_rows(f, "SELECT seq FROM event", "20501");
  bus_free(&b);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_BOTH(events_are_heard_once_in_order),
      ON_BOTH(what_is_published_at_once_is_bounded_in_bytes),
      ON_BOTH(a_page_of_the_log_is_bounded_in_number_and_bytes),
      ON_BOTH(only_the_old_head_of_the_log_is_pruned),
      ON_BOTH(a_clock_that_was_far_ahead_holds_up_no_pruning),
      ON_BOTH(much_is_pruned_in_pieces),
      ON_POSTGRES(an_open_transaction_with_the_newest_id_is_waited_for),
      ON_POSTGRES(what_was_rolled_back_is_passed),
      ON_POSTGRES(a_transaction_that_stalls_holds_up_the_reader_for_a_limited_time),
      ON_POSTGRES(a_start_waits_for_what_is_open_below_the_end_of_the_log),
  };
  return FIXTURE_RUN(tests);
}
