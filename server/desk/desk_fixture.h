/* Shared by the desk's tests: a fresh, migrated database for every test, on SQLite always and on PostgreSQL if
 * TEST_POSTGRES_URL is set, and a desk with a clock and randomness that the test controls. Tests inspect the database
 * from outside, through a separate connection. Header-only: compiled only into tests. */
#ifndef SB_DESK_DESK_FIXTURE_H
#define SB_DESK_DESK_FIXTURE_H

#include "base/log.h"
#include "db/migrate.h"
#include "desk/conversation/conversation.h"
#include "desk/desk.h"
#include "desk/job/job.h"
#include "sql.h"

#include <ftw.h>
#include <libpq-fe.h>
#include <limits.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

extern const struct db_migration migrations[];
extern const int migration_count;

enum { FIXTURE_START_MS_HALF = 900000000 };
#define FIXTURE_START_MS ((int64_t)FIXTURE_START_MS_HALF * 2000) /* 2027-01-15 */

struct fixture {
  enum db_engine engine;
  char dir[256], files[320], name[64], url[1024]; /* dir: in TMPDIR */
  struct desk desk;
  clock_manual clock;
  rand_seeded rand;
  arena *arena;
  sqlite3 *lite; /* the test's own connection: one of the two */
  PGconn *pg;
};

#define assert_ok(expression)                                                \
  do {                                                                       \
    err e_ = (expression);                                                   \
    if (err_is(e_)) fail_msg("%s: %s", err_text(e_.code), err_message(&e_)); \
  } while (0)
#define assert_err(expression, wanted)                                                                     \
  do {                                                                                                     \
    err e_ = (expression);                                                                                 \
    if (e_.code != (wanted)) fail_msg("%s, not %s", err_text(e_.code), err_text((enum err_code)(wanted))); \
  } while (0)
#define assert_str(got, wanted)                                                                      \
  do {                                                                                               \
    str got_ = (got), wanted_ = str_c(wanted);                                                       \
    if (!str_eq(got_, wanted_)) fail_msg("\"%.*s\", not \"%.*s\"", STR_ARG(got_), STR_ARG(wanted_)); \
  } while (0)

/* ---- inspecting from outside ---- */

static inline void fixture_exec(struct fixture *f, const char *sql) {
  if (f->lite) {
    char *message = NULL;
    if (sqlite3_exec(f->lite, sql, NULL, NULL, &message) != SQLITE_OK) fail_msg("%s: %s", sql, message);
    return;
  }
  PGresult *r = PQexec(f->pg, sql);
  ExecStatusType status = PQresultStatus(r);
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) fail_msg("%s: %s", sql, PQerrorMessage(f->pg));
  PQclear(r);
}

/* All rows, cells joined by '|' and rows by '\n'; NULL is "-". */
static inline str fixture_ask(struct fixture *f, const char *sql) {
  buf out;
  buf_init(&out, 1 << 24);
  if (f->lite) {
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(f->lite, sql, -1, &statement, NULL) != SQLITE_OK)
      fail_msg("%s: %s", sql, sqlite3_errmsg(f->lite));
    for (int row = 0; sqlite3_step(statement) == SQLITE_ROW; row++) {
      if (row) buf_add_char(&out, '\n');
      for (int i = 0; i < sqlite3_column_count(statement); i++) {
        const char *text = (const char *)sqlite3_column_text(statement, i);
        if (i) buf_add_char(&out, '|');
        buf_add(&out, text ? str_c(text) : S("-"));
      }
    }
    sqlite3_finalize(statement);
  } else {
    PGresult *r = PQexec(f->pg, sql);
    if (PQresultStatus(r) != PGRES_TUPLES_OK) fail_msg("%s: %s", sql, PQerrorMessage(f->pg));
    for (int row = 0; row < PQntuples(r); row++) {
      if (row) buf_add_char(&out, '\n');
      for (int i = 0; i < PQnfields(r); i++) {
        if (i) buf_add_char(&out, '|');
        buf_add(&out, PQgetisnull(r, row, i) ? S("-") : str_c(PQgetvalue(r, row, i)));
      }
    }
    PQclear(r);
  }
  str copy = arena_dup(f->arena, buf_borrow(&out));
  buf_free(&out);
  return str_or_empty(copy);
}

static inline int64_t fixture_number(struct fixture *f, const char *sql) {
  int64_t n = -1;
  str_to_i64(fixture_ask(f, sql), &n);
  return n;
}

#define assert_rows(f, sql, wanted) assert_str(fixture_ask((f), (sql)), (wanted))

/* ---- a database of its own ---- */

static inline void fixture_admin(const char *verb, const char *name) {
  char sql[256];
  snprintf(sql, sizeof sql, "%s %s", verb, name);
  PGconn *pg = PQconnectdb(getenv("TEST_POSTGRES_URL"));
  PGresult *r = PQexec(pg, sql);
  if (PQresultStatus(r) != PGRES_COMMAND_OK) print_message("%s: %s\n", sql, PQerrorMessage(pg));
  PQclear(r);
  PQfinish(pg);
}

static inline void fixture_copy(const char *from, const char *to) {
  FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
  char piece[1 << 16];
  assert_non_null(in);
  assert_non_null(out);
  for (size_t n; (n = fread(piece, 1, sizeof piece, in)) > 0;) assert_int_equal(fwrite(piece, 1, n, out), n);
  fclose(in);
  assert_int_equal(fclose(out), 0);
}

/* pattern: the database that it begins as; NULL: an empty one. */
static inline void fixture_name_url(struct fixture *f, const struct fixture *pattern) {
  static int serial;
  if (f->engine == DB_SQLITE) {
    snprintf(f->url, sizeof f->url, "sqlite:%s/test.db", f->dir);
    if (pattern) fixture_copy(pattern->url + strlen("sqlite:"), f->url + strlen("sqlite:"));
    return;
  }
  const char *base = getenv("TEST_POSTGRES_URL");
  const char *slash = strchr(strstr(base, "://") + 3, '/');
  snprintf(f->name, sizeof f->name, "sb_desk_%d_%d", (int)getpid(), ++serial);
  snprintf(f->url, sizeof f->url, "%.*s/%s", (int)(slash - base), base, f->name);
  char wanted[160];
  snprintf(wanted, sizeof wanted, "%s%s%s", f->name, pattern ? " TEMPLATE " : "", pattern ? pattern->name : "");
  fixture_admin("CREATE DATABASE", wanted);
}

/* A database, and a clock and randomness for the desk. */
static inline struct fixture *fixture_new_like(enum db_engine engine, const struct fixture *pattern) {
  struct fixture *f = mem_alloc(sizeof *f);
  f->engine = engine;
  snprintf(f->dir, sizeof f->dir, "%s/sb-desk-test-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
  assert_non_null(mkdtemp(f->dir));
  fixture_name_url(f, pattern);
  f->arena = arena_new(0);
  clock_manual_init(&f->clock, FIXTURE_START_MS);
  rand_seeded_init(&f->rand, 42);
  f->desk.clock = &f->clock.clock;
  f->desk.rand = &f->rand.rand;
  snprintf(f->files, sizeof f->files, "%s/files", f->dir);
  f->desk.files_dir = f->files;
  f->desk.holder = "here.1";
  for (int kind = 0; kind < JOB_KINDS; kind++)
    job_assume((enum job_kind)kind, 0, 0); /* resets what an earlier test left */
  return f;
}

static inline struct fixture *fixture_new(enum db_engine engine) { return fixture_new_like(engine, NULL); }

/* Applies the migrations up to a number. */
static inline err fixture_migrate(struct fixture *f, int last) {
  struct db_migrate_report report;
  int count = 0;
  while (count < migration_count && migrations[count].number <= last) count++;
  return db_migrate(f->url, migrations, count, &clock_system, &report);
}

/* The desk's connections. */
static inline err fixture_open(struct fixture *f) {
  struct db_config config = {
      .url = f->url, .statements = sql_statements, .statement_count = SQL_COUNT, .clock = &clock_system};
  return db_open(&config, &f->desk.db);
}

/* The test's own connection. */
static inline void fixture_look(struct fixture *f) {
  if (f->engine == DB_POSTGRES) {
    f->pg = PQconnectdb(f->url);
    return;
  }
  assert_int_equal(sqlite3_open(f->url + strlen("sqlite:"), &f->lite), SQLITE_OK);
  sqlite3_busy_timeout(f->lite, 5000); /* threads of the desk may be writing */
}

/* A migrated database of each engine, which the tests' own are copies of: the migrations take many times as long as a copy. */
static struct fixture *fixture_patterns[2] __attribute__((unused));

static inline int fixture_setup(void **state) {
  enum db_engine engine = *(enum db_engine *)*state;
  struct fixture **pattern = &fixture_patterns[engine == DB_POSTGRES];
  err e = err_ok;
  if (!*pattern) {
    *pattern = fixture_new(engine);
    e = fixture_migrate(*pattern, INT_MAX);
  }
  struct fixture *f = fixture_new_like(engine, *pattern);
  if (!err_is(e)) e = fixture_open(f);
  if (err_is(e)) print_message("setup: %s\n", err_message(&e));
  if (err_is(e)) return -1;
  fixture_look(f);
  *state = f;
  return 0;
}

static inline int fixture_remove(const char *path, const struct stat *s, int type, struct FTW *at) {
  (void)s, (void)type, (void)at;
  return remove(path);
}

static inline int fixture_teardown(void **state) {
  struct fixture *f = *state;
  if (f->lite) sqlite3_close(f->lite);
  if (f->pg) PQfinish(f->pg);
  db_close(&f->desk.db);
  if (f->engine == DB_POSTGRES) fixture_admin("DROP DATABASE IF EXISTS", f->name);
  nftw(f->dir, fixture_remove, 16, FTW_DEPTH | FTW_PHYS);
  arena_free(&f->arena);
  mem_free(&f);
  return 0;
}

static enum db_engine fixture_sqlite __attribute__((unused)) = DB_SQLITE, fixture_postgres = DB_POSTGRES;
#define ON_SQLITE(f) \
  { "sqlite: " #f, f, fixture_setup, fixture_teardown, &fixture_sqlite }
#define ON_POSTGRES(f) \
  { "postgres: " #f, f, fixture_setup, fixture_teardown, &fixture_postgres }
#define ON_BOTH(f) ON_SQLITE(f), ON_POSTGRES(f)
#define PURE(f) \
  { #f, f, NULL, NULL, NULL }

/* Runs those for which there is an engine. */
static inline int fixture_run(const char *group, const struct CMUnitTest *tests, size_t count) {
  (void)log_open(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT, NULL); /* errors are expected in tests */
  struct CMUnitTest chosen[256];
  size_t n = 0, left_out = 0;
  for (size_t i = 0; i < count; i++) {
    if (tests[i].initial_state == &fixture_postgres && !getenv("TEST_POSTGRES_URL"))
      left_out++;
    else
      chosen[n++] = tests[i];
  }
  if (left_out) fprintf(stderr, "# SKIPPED: %zu tests on PostgreSQL, since TEST_POSTGRES_URL is not set\n", left_out);
  int failed = _cmocka_run_group_tests(group, chosen, n, NULL, NULL);
  for (size_t i = 0; i < 2; i++)
    if (fixture_patterns[i]) fixture_teardown((void **)&fixture_patterns[i]);
  return failed;
}
#define FIXTURE_RUN(tests) fixture_run(__FILE__, (tests), sizeof(tests) / sizeof((tests)[0]))

/* ---- the people of the tests ---- */

static inline int64_t fixture_operator(struct fixture *f, const char *login) {
  char sql[512];
  snprintf(sql, sizeof sql,
           "INSERT INTO operator (login, name, role, password_hash, created_at, updated_at) "
           "VALUES ('%s', '%s', 'operator', 'x', 1, 1) RETURNING id",
           login, login);
  return fixture_number(f, sql);
}

/* A channel that no table names: the desk accepts any channel of an edge. The tests of an edge set their own. */
#ifndef FIXTURE_CHANNEL
#define FIXTURE_CHANNEL "letters"
#endif

static inline struct inbound_message fixture_text(const char *external_id, const char *text) {
  return (struct inbound_message){
      .from = {.channel = S(FIXTURE_CHANNEL),
               .account = S("777"),
               .external_id = S("1001"),
               .name = S("Jane Doe"),
               .username = S("jane"),
               .language = S("en")},
      .external_id = str_c(external_id),
      .kind = MESSAGE_TEXT,
      .text = str_c(text),
  };
}

struct fixture_inbound {
  struct fixture *f;
  const struct inbound_message *m;
  err (*fn)(struct desk *d, db_conn *c, const struct inbound_message *m);
};
static inline err fixture_inbound_run(db_conn *c, void *arg) {
  struct fixture_inbound *i = arg;
  return i->fn(&i->f->desk, c, i->m);
}
static inline err fixture_receive_run(struct desk *d, db_conn *c, const struct inbound_message *m) {
  return conversation_receive(d, c, m, NULL);
}
static inline err fixture_receive(struct fixture *f, const struct inbound_message *m) {
  return desk_write(&f->desk, fixture_inbound_run, &(struct fixture_inbound){f, m, fixture_receive_run});
}
static inline err fixture_edit(struct fixture *f, const struct inbound_message *m) {
  return desk_write(&f->desk, fixture_inbound_run, &(struct fixture_inbound){f, m, conversation_edited});
}
/* The usual customer writes. */
static inline void fixture_writes(struct fixture *f, const char *external_id, const char *text) {
  struct inbound_message m = fixture_text(external_id, text);
  assert_ok(fixture_receive(f, &m));
}

#endif
