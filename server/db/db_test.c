/* The door on both engines: what is promised in db.h of statements, transactions, snapshots and errors. */
#include "db/db_test_kit.h"

/* ---- statements ---- */

static err use_kinds(db_conn *c, void *ctx) {
  (void)ctx;
  arena *a = db_conn_arena(c);
  struct db_rows rows;
  str blob = str_n("\0\xff\x01", 3);
  err e = DB_RUN(c, KIT_CHECKED, a, &rows, DB_I(7), DB_S(STR_NONE), DB_B(blob));
  if (err_is(e)) return e;
  assert_int_equal(rows.changed, 1);
  assert_int_equal(rows.count, 0);
  e = DB_RUN(c, KIT_KINDS, a, &rows, DB_I(7));
  if (err_is(e)) return e;
  assert_int_equal(rows.count, 1);
  assert_int_equal(rows.columns, 6);
  assert_int_equal(rows.changed, 0);
  assert_int_equal(db_at(&rows, 0, 0)->i, 7);
  assert_true(db_at(&rows, 0, 1)->null);
  assert_null(db_at(&rows, 0, 1)->s.ptr);
  assert_true(str_eq(db_at(&rows, 0, 2)->s, blob));
  assert_int_equal(db_at(&rows, 0, 3)->i, 1);
  assert_int_equal(db_at(&rows, 0, 4)->i, 7);
  assert_int_equal(db_at(&rows, 0, 5)->i, 10);
  assert_true(str_eq(db_at(&rows, 0, 5)->s, S("10.5")));
  return err_ok;
}

static void a_statement_gives_back_what_it_was_given(void **state) {
  struct kit *k = *state;
  assert_ok(db_write(k->db, use_kinds, NULL));
}

static err insert_out_of_order(db_conn *c, void *ctx) {
  (void)ctx;
  struct db_rows rows;
  err e = DB_RUN(c, KIT_INSERT_TWICE, NULL, NULL, DB_S(S("the key")), DB_S(S("")));
  if (!err_is(e)) e = DB_RUN(c, KIT_INSERT_TWICE, NULL, NULL, DB_S(S("another")), DB_S(STR_NONE));
  if (!err_is(e)) e = DB_RUN(c, KIT_GET, db_conn_arena(c), &rows, DB_S(S("the key")));
  if (err_is(e)) return e;
  assert_int_equal(rows.count, 1);
  assert_false(db_at(&rows, 0, 1)->null);
  assert_int_equal(db_at(&rows, 0, 1)->s.len, 0);
  e = DB_RUN(c, KIT_GET, db_conn_arena(c), &rows, DB_S(S("another")));
  if (err_is(e)) return e;
  assert_true(db_at(&rows, 0, 1)->null);
  return e;
}

static void parameters_go_by_number_not_by_first_appearance(void **state) {
  assert_ok(db_write(((struct kit *)*state)->db, insert_out_of_order, NULL));
}

static err insert_many(db_conn *c, void *ctx) {
  (void)ctx;
  for (int i = 0; i < 100; i++) {
    str key = arena_printf(db_conn_arena(c), "key %03d", i);
    err e = DB_RUN(c, KIT_INSERT, db_conn_arena(c), NULL, DB_S(key), DB_S(key));
    if (err_is(e)) return e;
  }
  struct db_rows rows;
  err e = db_run(c, KIT_ALL, NULL, 0, db_conn_arena(c), &rows);
  if (err_is(e)) return e;
  assert_int_equal(rows.count, 100);
  for (size_t i = 0; i < 100; i++)
    assert_true(str_eq(db_at(&rows, i, 1)->s, arena_printf(db_conn_arena(c), "key %03d", (int)i)));
  e = DB_RUN(c, KIT_DELETE, NULL, &rows, DB_S(S("key 00%")));
  assert_int_equal(rows.changed, 10);
  return e;
}

static void many_rows_come_back_in_order(void **state) {
  struct kit *k = *state;
  assert_ok(db_write(k->db, insert_many, NULL));
  assert_int_equal(kit_count(k->db), 90);
}

/* ---- composed statements ---- */

static err ask_text(db_conn *c, arena *a, int n, int64_t value) {
  struct db_rows rows;
  str text = arena_printf(a, "SELECT count(*) + %d FROM account WHERE id < $2 AND balance > $1", n);
  err e = db_run_text(c, text, (const struct db_arg[]){DB_I(0), DB_I(value)}, 2, a, &rows);
  if (err_is(e)) return e;
  assert_int_equal(rows.count, 1);
  assert_int_equal(db_at(&rows, 0, 0)->i, n + value - 1);
  return err_ok;
}

static err run_many_texts(db_conn *c, void *ctx) {
  (void)ctx;
  arena *a = db_conn_arena(c);
  for (int round = 0; round < 3; round++)
    for (int n = 0; n < DB_TEXTS_MAX * 2 + 5; n++) {
      err e = ask_text(c, a, n, 1 + n % 3);
      if (err_is(e)) return e;
      e = ask_text(c, a, 0, 3); /* used all the time, so it stays */
      if (err_is(e)) return e;
    }
  return err_ok;
}

static err run_broken_text(db_conn *c, void *ctx) {
  (void)ctx;
  return db_run_text(c, S("SELECT nothing FROM nowhere"), NULL, 0, db_conn_arena(c), NULL);
}

/* More texts than a connection keeps; a text that cannot be prepared; and a transaction that is rolled back. */
static void composed_statements_are_kept_and_given_up(void **state) {
  struct kit *k = *state;
  assert_ok(db_write(k->db, run_many_texts, NULL));
  for (int i = 0; i < 3; i++) {
    assert_err(db_write(k->db, run_broken_text, NULL), ERR_INTERNAL);
    assert_err(db_read(k->db, run_broken_text, NULL), ERR_INTERNAL);
    assert_ok(db_write(k->db, run_many_texts, NULL));
    assert_ok(db_read(k->db, run_many_texts, NULL));
  }
}

/* ---- errors ---- */

static err insert_nul(db_conn *c, void *ctx) {
  (void)ctx;
  return DB_RUN(c, KIT_INSERT, NULL, NULL, DB_S(str_n("a\0b", 3)), DB_NULL);
}
static err run_broken(db_conn *c, void *ctx) {
  (void)ctx;
  return db_run(c, KIT_BROKEN, NULL, 0, db_conn_arena(c), NULL);
}
static err insert_orphan(db_conn *c, void *ctx) {
  (void)ctx;
  return DB_RUN(c, KIT_CHILD, NULL, NULL, DB_I(12345));
}
static err insert_orphan_late(db_conn *c, void *ctx) {
  ++*(int *)ctx;
  return DB_RUN(c, KIT_CHILD_LATE, NULL, NULL, DB_I(12345));
}
static err insert_unchecked(db_conn *c, void *ctx) {
  (void)ctx;
  return DB_RUN(c, KIT_CHECKED, NULL, NULL, DB_I(5000), DB_NULL, DB_NULL);
}

static void failures_are_the_documented_ones(void **state) {
  struct kit *k = *state;
  int runs = 0;
  struct kit_item first = {.key = "one"}, second = {.key = "one"};
  assert_ok(db_write(k->db, kit_insert, &first));
  assert_err(db_write(k->db, kit_insert, &second), ERR_CONFLICT);
  assert_int_equal(second.runs, 1);
  assert_err(db_write(k->db, insert_orphan, NULL), ERR_CONFLICT);
  assert_err(db_write(k->db, insert_orphan_late, &runs), ERR_CONFLICT);
  assert_err(db_write(k->db, insert_unchecked, NULL), ERR_INTERNAL);
  assert_err(db_write(k->db, run_broken, NULL), ERR_INTERNAL);
  assert_err(db_write(k->db, insert_nul, NULL), ERR_INVALID_FIELD);
  assert_int_equal(kit_count(k->db), 1);
  assert_err(db_read(k->db, kit_insert, &second), ERR_INTERNAL); /* a reader cannot write */
  assert_int_equal(kit_count(k->db), 1);
}

static err swallow(db_conn *c, void *ctx) {
  struct kit_item item = {.key = ctx};
  (void)insert_orphan(c, NULL);
  assert_err(kit_insert(c, &item), ERR_CONFLICT); /* what follows a failure fails alike, on both engines */
  return err_ok;
}

static void a_failure_cannot_be_swallowed(void **state) {
  struct kit *k = *state;
  assert_err(db_write(k->db, swallow, (char[]){"x"}), ERR_CONFLICT);
  assert_int_equal(kit_count(k->db), 0);
}

static void a_function_that_fails_is_rolled_back(void **state) {
  struct kit *k = *state;
  struct kit_item item = {.key = "one", .fails_with = err_make(ERR_ALREADY_TAKEN)};
  assert_err(db_write(k->db, kit_insert, &item), ERR_ALREADY_TAKEN);
  assert_int_equal(item.runs, 1);
  assert_int_equal(kit_count(k->db), 0);
}

struct telling_ctx {
  const char *key;
  err fails_with;
  char told[16];
};
static void tell(const void *arg) {
  const struct {
    struct telling_ctx *t;
    char letter;
  } *a = arg;
  size_t n = strlen(a->t->told);
  a->t->told[n] = a->letter;
}
static err insert_and_tell(db_conn *c, void *ctx) {
  struct telling_ctx *t = ctx;
  for (char letter = 'a'; letter <= 'c'; letter++) {
    struct {
      struct telling_ctx *t;
      char letter;
    } arg = {t, letter};
    db_after_commit(c, tell, &arg, sizeof arg);
  }
  return kit_insert(c, &(struct kit_item){.key = t->key, .fails_with = t->fails_with});
}

static void what_follows_a_commit_is_done_once_in_order_and_not_after_a_failure(void **state) {
  struct kit *k = *state;
  struct telling_ctx failing = {.key = "one", .fails_with = err_make(ERR_ALREADY_TAKEN)}, good = {.key = "one"};
  struct telling_ctx again = {.key = "one"}, reading = {.key = "two"};
  assert_err(db_write(k->db, insert_and_tell, &failing), ERR_ALREADY_TAKEN);
  assert_string_equal(failing.told, "");
  assert_ok(db_write(k->db, insert_and_tell, &good));
  assert_string_equal(good.told, "abc");
  assert_err(db_write(k->db, insert_and_tell, &again), ERR_CONFLICT);
  assert_string_equal(again.told, "");
  (void)db_read(k->db, insert_and_tell, &reading);
  assert_ok(db_write(k->db, kit_insert, &(struct kit_item){.key = "three"}));
  assert_string_equal(reading.told, "");
  assert_string_equal(good.told, "abc");
}

/* ---- snapshots ---- */

struct transfer_ctx {
  int64_t amount;
};
static err move_money(db_conn *c, void *ctx) {
  struct transfer_ctx *t = ctx;
  err e = DB_RUN(c, KIT_ADD, NULL, NULL, DB_I(1), DB_I(-t->amount));
  return err_is(e) ? e : DB_RUN(c, KIT_ADD, NULL, NULL, DB_I(2), DB_I(t->amount));
}
static err read_sum(db_conn *c, void *ctx) {
  struct db_rows one, two;
  err e = DB_RUN(c, KIT_BALANCE, db_conn_arena(c), &one, DB_I(1));
  if (err_is(e)) return e;
  sched_yield(); /* a writer may commit here */
  e = DB_RUN(c, KIT_BALANCE, db_conn_arena(c), &two, DB_I(2));
  if (!err_is(e)) *(int64_t *)ctx = db_at(&one, 0, 0)->i + db_at(&two, 0, 0)->i;
  return e;
}

struct mover_ctx {
  db *db;
  atomic_bool stop;
};
static void *keep_moving(void *arg) {
  struct mover_ctx *m = arg;
  for (int i = 0; !atomic_load(&m->stop); i++) (void)db_write(m->db, move_money, &(struct transfer_ctx){i % 7 - 3});
  return NULL;
}

static void a_reader_sees_one_moment(void **state) {
  struct kit *k = *state;
  struct mover_ctx m = {.db = k->db};
  pthread_t thread;
  pthread_create(&thread, NULL, keep_moving, &m);
  for (int i = 0; i < 300; i++) {
    int64_t sum = 0;
    assert_ok(db_read(k->db, read_sum, &sum));
    assert_int_equal(sum, 1000);
  }
  atomic_store(&m.stop, true);
  pthread_join(thread, NULL);
}

/* A read inside a transaction decides what it writes: two at once must not decide from the same state. */
static err take_if_rich(db_conn *c, void *ctx) {
  struct db_rows rows;
  *(bool *)ctx = false;
  err e = DB_RUN(c, KIT_BALANCE, db_conn_arena(c), &rows, DB_I(1));
  if (err_is(e) || db_at(&rows, 0, 0)->i < 100) return e;
  *(bool *)ctx = true;
  return DB_RUN(c, KIT_ADD, NULL, NULL, DB_I(1), DB_I(-100));
}
static void *take_twice(void *arg) {
  int64_t taken = 0;
  for (int i = 0; i < 2; i++) {
    bool took = false;
    err e = db_write(arg, take_if_rich, &took);
    if (!err_is(e)) taken += took;
  }
  return (void *)(intptr_t)taken;
}

static void what_a_transaction_read_still_holds_when_it_commits(void **state) {
  struct kit *k = *state;
  pthread_t threads[6];
  int64_t taken = 0;
  for (int i = 0; i < 6; i++) pthread_create(&threads[i], NULL, take_twice, k->db);
  for (int i = 0; i < 6; i++) {
    void *n;
    pthread_join(threads[i], &n);
    taken += (intptr_t)n;
  }
  assert_int_equal(taken, 5);
}

/* ---- the rest of the door ---- */

static void ping_and_stats_tell(void **state) {
  struct kit *k = *state;
  struct kit_item item = {.key = "one"};
  struct db_stats stats;
  assert_ok(db_ping(k->db));
  assert_ok(db_write(k->db, kit_insert, &item));
  kit_count(k->db);
  db_stats(k->db, &stats);
  assert_int_equal(stats.writes, 1);
  assert_int_equal(stats.failures, 0);
  assert_true(stats.read_calls >= 1);
  assert_int_equal(stats.write_queue, 0);
  assert_int_equal(db_engine_of(k->db), k->engine);
}

static void addresses_are_understood_or_refused(void **state) {
  (void)state;
  const struct {
    const char *url;
    enum err_code code;
    enum db_engine engine;
    const char *path;
  } cases[] = {
      {"sqlite:data/x.db", ERR_NONE, DB_SQLITE, "data/x.db"},
      {"sqlite:///var/x.db", ERR_NONE, DB_SQLITE, "/var/x.db"},
      {"sqlite:/var/x.db", ERR_NONE, DB_SQLITE, "/var/x.db"},
      {"sqlite::memory:", ERR_INVALID_FIELD, 0, NULL},
      {"sqlite://:memory:", ERR_INVALID_FIELD, 0, NULL},
      {"sqlite:file:x?mode=memory", ERR_INVALID_FIELD, 0, NULL},
      {"sqlite:", ERR_INVALID_FIELD, 0, NULL},
      {"postgres://u:p@h/d", ERR_NONE, DB_POSTGRES, "postgres://u:p@h/d"},
      {"postgresql://h/d", ERR_NONE, DB_POSTGRES, "postgresql://h/d"},
      {"mysql://h/d", ERR_INVALID_FIELD, 0, NULL},
      {"", ERR_INVALID_FIELD, 0, NULL},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct db_target target;
    assert_err(db_target_parse(cases[i].url, &target), cases[i].code);
    if (cases[i].code) continue;
    assert_int_equal(target.engine, cases[i].engine);
    assert_string_equal(target.url, cases[i].path);
  }
}

static void a_database_that_cannot_be_reached_is_told_without_its_password(void **state) {
  (void)state;
  const char *urls[] = {"sqlite:/nonexistent-directory/x.db", "postgresql://u:s3cret@127.0.0.1:1/d",
                        "postgresql://u:s3cret@@host:port:1/d?x"};
  for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
    struct db_config config = {.url = urls[i], .statements = kit_statements, .statement_count = KIT_SQL_COUNT};
    db *d = NULL;
    err e = db_open(&config, &d);
    assert_true(e.code == ERR_UNAVAILABLE || e.code == ERR_INVALID_FIELD);
    assert_null(strstr(err_message(&e), "s3cret"));
    assert_null(d);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(addresses_are_understood_or_refused),
      cmocka_unit_test(a_database_that_cannot_be_reached_is_told_without_its_password),
      KIT_BOTH(a_statement_gives_back_what_it_was_given, kit_setup),
      KIT_BOTH(parameters_go_by_number_not_by_first_appearance, kit_setup),
      KIT_BOTH(many_rows_come_back_in_order, kit_setup),
      KIT_BOTH(composed_statements_are_kept_and_given_up, kit_setup),
      KIT_BOTH(failures_are_the_documented_ones, kit_setup),
      KIT_BOTH(a_failure_cannot_be_swallowed, kit_setup),
      KIT_BOTH(a_function_that_fails_is_rolled_back, kit_setup),
      KIT_BOTH(what_follows_a_commit_is_done_once_in_order_and_not_after_a_failure, kit_setup),
      KIT_BOTH(a_reader_sees_one_moment, kit_setup),
      KIT_BOTH(what_a_transaction_read_still_holds_when_it_commits, kit_setup),
      KIT_BOTH(ping_and_stats_tell, kit_setup),
  };
  return kit_run(tests, sizeof tests / sizeof *tests);
}
