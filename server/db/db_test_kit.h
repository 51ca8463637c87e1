/* Shared by the tests of this folder: a fresh database for every test, on both engines. PostgreSQL is the server that
 * TEST_POSTGRES_URL names (scripts/with-postgres.sh sets it); each test creates its own database there. */
#ifndef SB_DB_TEST_KIT_H
#define SB_DB_TEST_KIT_H

#include "db/db_internal.h"
#include "db/migrate.h"

#include <dirent.h>
#include <libpq-fe.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

enum kit_sql {
  KIT_INSERT,
  KIT_INSERT_TWICE, /* $2 before $1 */
  KIT_COUNT,
  KIT_GET,
  KIT_ALL,
  KIT_ADD,
  KIT_BALANCE,
  KIT_CHILD,
  KIT_CHILD_LATE,
  KIT_NEXT_SEQ,
  KIT_XID,
  KIT_SLEEP,
  KIT_BACKEND,
  KIT_KINDS,
  KIT_DELETE,
  KIT_BROKEN,
  KIT_CHECKED,
  KIT_STAR,
  KIT_SQL_COUNT
};

static const struct db_statement kit_statements[KIT_SQL_COUNT] = {
#define BOTH(id, name, text)           [id] = {name, text, text}
#define TWIN(id, name, lite, postgres) [id] = {name, lite, postgres}
    BOTH(KIT_INSERT, "insert", "INSERT INTO item (key, body) VALUES ($1, $2) RETURNING id"),
    BOTH(KIT_INSERT_TWICE, "insert_twice", "INSERT INTO item (body, key) VALUES ($2, $1)"),
    BOTH(KIT_COUNT, "count", "SELECT count(*) FROM item"),
    BOTH(KIT_GET, "get", "SELECT id, body FROM item WHERE key = $1"),
    BOTH(KIT_ALL, "all", "SELECT id, key FROM item ORDER BY id"),
    BOTH(KIT_ADD, "add", "UPDATE account SET balance = balance + $2 WHERE id = $1"),
    BOTH(KIT_BALANCE, "balance", "SELECT balance FROM account WHERE id = $1"),
    BOTH(KIT_CHILD, "child", "INSERT INTO child (item_id) VALUES ($1)"),
    BOTH(KIT_CHILD_LATE, "child_late", "INSERT INTO late_child (item_id) VALUES ($1)"),
    TWIN(KIT_NEXT_SEQ, "next_seq", "SELECT coalesce(max(id), 0) + 1 FROM item", "SELECT nextval('item_id_seq')"),
    TWIN(KIT_XID, "xid", "SELECT 1", "SELECT pg_current_xact_id_if_assigned()::text::bigint"),
    TWIN(KIT_SLEEP, "sleep", "SELECT 1", "SELECT 1 FROM pg_sleep($1)"),
    TWIN(KIT_BACKEND, "backend", "SELECT 0", "SELECT pg_backend_pid()"),
    BOTH(KIT_KINDS, "kinds",
         "SELECT n, t, b, 1 = 1, sum(n) OVER (), n * 1.5 FROM kinds WHERE n = $1 OR (n IS NULL AND $1 IS NULL)"),
    BOTH(KIT_DELETE, "delete", "DELETE FROM item WHERE key LIKE $1"),
    BOTH(KIT_BROKEN, "broken", "SELECT absent FROM nowhere"),
    BOTH(KIT_STAR, "star", "SELECT * FROM account ORDER BY id"),
    BOTH(KIT_CHECKED, "checked", "INSERT INTO kinds (n, t, b) VALUES ($1, $2, $3)"),
#undef BOTH
#undef TWIN
};

#define KIT_SCHEMA(late)                                                                                        \
  "CREATE TABLE item (id @ID@, key TEXT NOT NULL UNIQUE, body TEXT);\n"                                         \
  "CREATE TABLE account (id BIGINT PRIMARY KEY, balance BIGINT NOT NULL);\n"                                    \
  "INSERT INTO account VALUES (1, 500), (2, 500);\n"                                                            \
  "CREATE TABLE child (id @ID@, item_id BIGINT NOT NULL REFERENCES item);\n"                                    \
  "CREATE TABLE late_child (id @ID@, item_id BIGINT NOT NULL REFERENCES item DEFERRABLE INITIALLY DEFERRED);\n" \
  "CREATE TABLE kinds (n BIGINT CHECK (n < 1000), t TEXT, b @BLOB@);\n"

static const struct db_migration kit_migrations[] = {{1, "0001_kit", KIT_SCHEMA(), KIT_SCHEMA()}};

struct kit {
  enum db_engine engine;
  char dir[256]; /* of the SQLite file, in TMPDIR */
  char name[64]; /* of the PostgreSQL database */
  char url[DB_URL_MAX];
  db *db;
};

static inline const char *kit_postgres_url(void) { return getenv("TEST_POSTGRES_URL"); }

/* The URL with another database's name: scheme://authority/NAME?options */
static inline void kit_url_of(const char *name, char out[DB_URL_MAX]) {
  const char *base = kit_postgres_url();
  const char *slash = strchr(strstr(base, "://") + 3, '/');
  assert_non_null(slash);
  snprintf(out, DB_URL_MAX, "%.*s/%s%s", (int)(slash - base), base, name, slash + strcspn(slash, "?"));
}

static inline void kit_admin(const char *format, const char *name) {
  char sql[512];
  snprintf(sql, sizeof sql, "%s %s", format, name);
  PGconn *pg = PQconnectdb(kit_postgres_url());
  PGresult *r = PQexec(pg, sql);
  if (PQresultStatus(r) != PGRES_COMMAND_OK && PQresultStatus(r) != PGRES_TUPLES_OK)
    print_message("%s: %s\n", sql, PQerrorMessage(pg));
  PQclear(r);
  PQfinish(pg);
}

static inline int64_t kit_ask(const char *url, const char *sql) {
  PGconn *pg = PQconnectdb(url);
  PGresult *r = PQexec(pg, sql);
  int64_t n = -1;
  if (PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) > 0) str_to_i64(str_c(PQgetvalue(r, 0, 0)), &n);
  PQclear(r);
  PQfinish(pg);
  return n;
}

/* An empty database, neither migrated nor open. */
static inline struct kit *kit_new(enum db_engine engine) {
  static int serial;
  struct kit *k = mem_alloc(sizeof *k);
  k->engine = engine;
  snprintf(k->dir, sizeof k->dir, "%s/sb-db-test-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
  assert_non_null(mkdtemp(k->dir));
  if (engine == DB_SQLITE) {
    snprintf(k->url, sizeof k->url, "sqlite:%s/test.db", k->dir);
  } else {
    snprintf(k->name, sizeof k->name, "sb_%d_%d", (int)getpid(), ++serial);
    kit_admin("CREATE DATABASE", k->name);
    kit_url_of(k->name, k->url);
  }
  return k;
}

static inline err kit_open_with(struct kit *k, struct db_config config) {
  config.url = k->url;
  config.statements = kit_statements;
  config.statement_count = KIT_SQL_COUNT;
  config.clock = &clock_system;
  return db_open(&config, &k->db);
}

static inline void kit_free(struct kit **out) {
  struct kit *k = *out;
  db_close(&k->db);
  if (k->engine == DB_POSTGRES) kit_admin("DROP DATABASE IF EXISTS", k->name);
  DIR *dir = opendir(k->dir);
  for (struct dirent *entry; dir && (entry = readdir(dir));) unlinkat(dirfd(dir), entry->d_name, 0);
  if (dir) closedir(dir);
  rmdir(k->dir);
  mem_free(out);
}

/* cmocka's setup: *state is first the engine, then the kit, migrated and open. */
static inline int kit_setup_empty(void **state) {
  *state = kit_new(*(enum db_engine *)*state);
  return 0;
}
static inline int kit_setup(void **state) {
  kit_setup_empty(state);
  struct kit *k = *state;
  struct db_migrate_report report;
  err e = db_migrate(k->url, kit_migrations, 1, &clock_system, &report);
  if (!err_is(e)) e = kit_open_with(k, (struct db_config){0});
  if (err_is(e)) print_message("setup: %s\n", err_message(&e));
  return err_is(e) ? -1 : 0;
}
static inline int kit_teardown(void **state) {
  kit_free((struct kit **)state);
  return 0;
}

static enum db_engine kit_sqlite __attribute__((unused)) = DB_SQLITE, kit_postgres = DB_POSTGRES;
#define KIT_ON_SQLITE(f, setup) \
  { "sqlite: " #f, f, setup, kit_teardown, &kit_sqlite }
#define KIT_ON_POSTGRES(f, setup) \
  { "postgres: " #f, f, setup, kit_teardown, &kit_postgres }
#define KIT_BOTH(f, setup) KIT_ON_SQLITE(f, setup), KIT_ON_POSTGRES(f, setup)

/* Runs the tests whose engine is available. */
static inline int kit_run(const struct CMUnitTest *tests, size_t count) {
  struct CMUnitTest chosen[128];
  size_t n = 0, left_out = 0;
  for (size_t i = 0; i < count; i++) {
    bool possible = tests[i].initial_state != &kit_postgres || kit_postgres_url();
    if (possible)
      chosen[n++] = tests[i];
    else
      left_out++;
  }
  if (left_out)
    fprintf(stderr,
            "\n# SKIPPED: %zu tests on PostgreSQL, since TEST_POSTGRES_URL is not set "
            "(scripts/with-postgres.sh sets it)\n\n",
            left_out);
  return _cmocka_run_group_tests("db", chosen, n, NULL, NULL);
}

#define assert_ok(expression)                                                \
  do {                                                                       \
    err e_ = (expression);                                                   \
    if (err_is(e_)) fail_msg("%s: %s", err_text(e_.code), err_message(&e_)); \
  } while (0)
#define assert_err(expression, wanted)                                                                          \
  do {                                                                                                          \
    err e_ = (expression);                                                                                      \
    if (e_.code != (wanted)) fail_msg("%s, not %s: %s", err_text(e_.code), err_text(wanted), err_message(&e_)); \
  } while (0)

/* ---- functions that many tests use ---- */

struct kit_item {
  const char *key;
  err fails_with; /* after the write */
  int runs;
  int64_t id;
};
static inline err kit_insert(db_conn *c, void *ctx) {
  struct kit_item *item = ctx;
  struct db_rows rows;
  item->runs++;
  err e = DB_RUN(c, KIT_INSERT, db_conn_arena(c), &rows, DB_S(str_c(item->key)), DB_S(S("body")));
  if (err_is(e)) return e;
  item->id = db_at(&rows, 0, 0)->i;
  return item->fails_with;
}
static inline err kit_count_fn(db_conn *c, void *ctx) {
  struct db_rows rows;
  err e = db_run(c, KIT_COUNT, NULL, 0, db_conn_arena(c), &rows);
  if (!err_is(e)) *(int64_t *)ctx = db_at(&rows, 0, 0)->i;
  return e;
}
static inline int64_t kit_count(db *d) {
  int64_t n = -1;
  assert_ok(db_read(d, kit_count_fn, &n));
  return n;
}

#endif
