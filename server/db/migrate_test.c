/* The schema's history on both engines: it runs once, is never changed, and never goes back. */
#include "db/db_test_kit.h"
#include "db/migrate_internal.h"

static err migrate(struct kit *k, const struct db_migration *list, int count, struct db_migrate_report *report) {
  return db_migrate(k->url, list, count, &clock_system, report);
}

#define SAME(number, name, text) \
  { number, name, text, text }

static const struct db_migration three[] = {
    SAME(1, "0001_one", "-- why: \"quotes\" and 'more'; all in one\nCREATE TABLE one (id @ID@, body @BLOB@);"),
    {2, "0002_two",
     "CREATE TABLE two (id @ID@, n BIGINT DEFAULT 0);\n"
     "CREATE TRIGGER count_one AFTER INSERT ON one BEGIN UPDATE two SET n = n + 1; UPDATE two SET n = n + 0; END;\n"
     "INSERT INTO two (n) VALUES (0);\n",
     "CREATE TABLE two (id @ID@, n BIGINT DEFAULT 0);\n"
     "CREATE FUNCTION count_one() RETURNS trigger LANGUAGE plpgsql AS $body$ BEGIN UPDATE two SET n = n + 1; "
     "RETURN NEW; END; $body$;\n"
     "CREATE TRIGGER count_one AFTER INSERT ON one FOR EACH ROW EXECUTE FUNCTION count_one();\n"
     "INSERT INTO two (n) VALUES (0);\n"},
    {5, "0005_lite_only", "INSERT INTO two (n) VALUES (';');\n", NULL},
};

static void a_history_runs_once_and_in_parts(void **state) {
  struct kit *k = *state;
  struct db_migrate_report report;
  int pending = -1;
  assert_ok(db_migrate_check(k->url, three, 3, &pending));
  assert_int_equal(pending, 3);
  assert_ok(migrate(k, three, 1, &report));
  assert_int_equal(report.applied, 1);
  assert_ok(db_migrate_check(k->url, three, 3, &pending));
  assert_int_equal(pending, 2);
  assert_ok(migrate(k, three, 3, &report));
  assert_int_equal(report.applied, 2);
  assert_int_equal(report.current, 5);
  assert_ok(migrate(k, three, 3, &report));
  assert_int_equal(report.applied, 0);
  assert_ok(db_migrate_check(k->url, three, 3, &pending));
  assert_int_equal(pending, 0);
}

static void looking_makes_no_file(void **state) {
  struct kit *k = *state;
  int pending = -1;
  struct stat s;
  assert_ok(db_migrate_check(k->url, three, 3, &pending));
  assert_int_not_equal(stat(k->url + strlen("sqlite:"), &s), 0);
}

static void a_file_that_cannot_be_read_is_no_empty_database(void **state) {
  struct kit *k = *state;
  int pending = -1;
  FILE *f = fopen(k->url + strlen("sqlite:"), "w");
  assert_non_null(f);
  for (int i = 0; i < 1000; i++) fputs("no database\n", f);
  fclose(f);
  err e = db_migrate_check(k->url, three, 3, &pending);
  assert_int_equal(e.code, ERR_INTERNAL);
  assert_non_null(strstr(err_message(&e), "not a database"));
  assert_int_equal(pending, 0);
}

static void a_changed_file_is_refused(void **state) {
  struct kit *k = *state;
  struct db_migrate_report report;
  struct db_migration changed[3];
  int pending;
  memcpy(changed, three, sizeof changed);
  changed[0].sqlite = changed[0].postgres = "CREATE TABLE one (id @ID@)";
  assert_ok(migrate(k, three, 2, &report));
  err e = migrate(k, changed, 3, &report);
  assert_int_equal(e.code, ERR_CONFLICT);
  assert_non_null(strstr(err_message(&e), "0001_one"));
  assert_err(db_migrate_check(k->url, changed, 3, &pending), ERR_CONFLICT);
}

static void a_newer_database_is_refused(void **state) {
  struct kit *k = *state;
  struct db_migrate_report report;
  int pending;
  assert_ok(migrate(k, three, 3, &report));
  err e = migrate(k, three, 2, &report);
  assert_int_equal(e.code, ERR_CONFLICT);
  assert_non_null(strstr(err_message(&e), "newer"));
  assert_err(db_migrate_check(k->url, three, 2, &pending), ERR_CONFLICT);
}

static void a_late_comer_with_an_old_number_is_refused(void **state) {
  struct kit *k = *state;
  struct db_migrate_report report;
  struct db_migration late[] = {three[0], three[1], SAME(3, "0003_late", "CREATE TABLE late (id @ID@)"), three[2]};
  assert_ok(migrate(k, three, 3, &report));
  assert_err(migrate(k, late, 4, &report), ERR_CONFLICT);
}

static void a_failing_file_leaves_nothing_behind(void **state) {
  struct kit *k = *state;
  struct db_migrate_report report;
  static const struct db_migration broken[] = {
      SAME(1, "0001_good", "CREATE TABLE good (id @ID@);"),
      SAME(2, "0002_broken", "CREATE TABLE half (id @ID@);\n\nINSERT INTO absent VALUES (1);"),
  };
  static const struct db_migration mended[] = {
      SAME(1, "0001_good", "CREATE TABLE good (id @ID@);"),
      SAME(2, "0002_broken", "CREATE TABLE half (id @ID@);"),
  };
  err e = migrate(k, broken, 2, &report);
  assert_int_equal(e.code, ERR_INTERNAL);
  assert_non_null(strstr(err_message(&e), "0002_broken, line 3"));
  assert_int_equal(report.applied, 1);
  assert_ok(migrate(k, mended, 2, &report));
  assert_int_equal(report.applied, 1);
}

static void a_file_must_not_end_its_transaction(void **state) {
  struct kit *k = *state;
  struct db_migrate_report report;
  static const struct db_migration rash[] = {SAME(1, "0001_rash", "CREATE TABLE a (id @ID@); COMMIT;")};
  assert_err(migrate(k, rash, 1, &report), ERR_INTERNAL);
}

static void a_rebuilt_table_must_not_leave_orphans(void **state) {
  struct kit *k = *state;
  struct db_migrate_report report;
  static const struct db_migration orphans[] = {
      SAME(1, "0001_family",
           "CREATE TABLE parent (id @ID@); CREATE TABLE kid (id @ID@, parent_id BIGINT REFERENCES parent);"
           "INSERT INTO parent (id) VALUES (1); INSERT INTO kid (parent_id) VALUES (1);"),
      SAME(2, "0002_rebuild", "CREATE TABLE p (id @ID@); DROP TABLE parent; ALTER TABLE p RENAME TO parent;"),
  };
  err e = migrate(k, orphans, 2, &report);
  assert_int_equal(e.code, ERR_INTERNAL);
  assert_non_null(strstr(err_message(&e), "kid"));
}

/* A replace() that does not find its words changes nothing and says nothing. */
static void a_definition_that_stays_as_it_was_is_a_failure(void **state) {
  struct kit *k = *state;
  struct db_migrate_report report;
#define IN_PLACE(words)                                                                 \
  "PRAGMA writable_schema = ON;\n\nUPDATE sqlite_schema SET sql = replace(sql, '" words \
  "', '') WHERE type = 'table' AND name = 'kinds';\nPRAGMA writable_schema = RESET;\n"  \
  "ALTER TABLE kinds ADD COLUMN late BIGINT;"
  static const char table[] = "CREATE TABLE kinds (id @ID@, kind TEXT CHECK (kind IN ('a')));";
  static const struct db_migration missing[] = {SAME(1, "0001_kinds", table),
                                                SAME(2, "0002_free", IN_PLACE(" CHECK (kind = ''a'')"))};
  static const struct db_migration found[] = {
      SAME(1, "0001_kinds", table),
      SAME(2, "0002_free", IN_PLACE(" CHECK (kind IN (''a''))")),
      SAME(3, "0003_use", "INSERT INTO kinds (kind) VALUES ('b');"),
  };
  err e = migrate(k, missing, 2, &report);
  assert_int_equal(e.code, ERR_INTERNAL);
  assert_non_null(strstr(err_message(&e), "0002_free, line 3"));
  assert_int_equal(report.applied, 1);
  assert_ok(migrate(k, found, 3, &report));
  assert_int_equal(report.applied, 2);
#undef IN_PLACE
}

/* ---- several starters ---- */

struct starter_ctx {
  struct kit *kit;
  err result;
  struct db_migrate_report report;
};
static void *start(void *arg) {
  struct starter_ctx *s = arg;
  s->result = migrate(s->kit, three, 3, &s->report);
  return NULL;
}

static void of_several_starters_one_does_the_work(void **state) {
  pthread_t threads[6];
  struct starter_ctx starters[6];
  int applied = 0;
  for (int i = 0; i < 6; i++) {
    starters[i] = (struct starter_ctx){.kit = *state};
    pthread_create(&threads[i], NULL, start, &starters[i]);
  }
  for (int i = 0; i < 6; i++) pthread_join(threads[i], NULL);
  for (int i = 0; i < 6; i++) {
    assert_ok(starters[i].result);
    applied += starters[i].report.applied;
  }
  assert_int_equal(applied, 3);
}

/* ---- words ---- */

static void words_stand_for_each_engines_own(void **state) {
  (void)state;
  arena *a = arena_new(0);
  assert_string_equal(migrate_expand(a, "a @ID@, b @BLOB@,@BLOB@ @IDX@", DB_SQLITE).ptr,
                      "a INTEGER PRIMARY KEY AUTOINCREMENT, b BLOB,BLOB @IDX@");
  assert_string_equal(migrate_expand(a, "@BLOB@@ID@", DB_POSTGRES).ptr,
                      "BYTEABIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY");
  assert_string_equal(migrate_expand(a, "", DB_POSTGRES).ptr, "");
  arena_free(&a);
  char sum[MIGRATE_CHECKSUM_SIZE];
  migrate_checksum("abc", sum); /* FIPS 180-2, B.1 */
  assert_string_equal(sum, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

/* A statement that changes many rows of a table with a constraint keeps their old pages until it ends, in a file when they
 * are many. */
static const struct db_migration large[] = {
    {1, "0001_many",
     "CREATE TABLE many (id INTEGER PRIMARY KEY, body TEXT NOT NULL UNIQUE);\n"
     "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000) "
     "INSERT INTO many SELECT i, i || hex(zeroblob(100)) FROM n;\n",
     NULL},
    {2, "0002_all", "UPDATE many SET body = body || 'x';\n", NULL},
};

static void one_statement_may_change_a_large_table(void **state) {
  struct kit *k = *state;
  struct db_migrate_report report;
  assert_ok(migrate(k, large, 1, &report));
  assert_ok(migrate(k, large, 2, &report));
  assert_int_equal(report.current, 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(words_stand_for_each_engines_own),
      KIT_BOTH(a_history_runs_once_and_in_parts, kit_setup_empty),
      KIT_ON_SQLITE(looking_makes_no_file, kit_setup_empty),
      KIT_ON_SQLITE(a_file_that_cannot_be_read_is_no_empty_database, kit_setup_empty),
      KIT_ON_SQLITE(one_statement_may_change_a_large_table, kit_setup_empty),
      KIT_BOTH(a_changed_file_is_refused, kit_setup_empty),
      KIT_BOTH(a_newer_database_is_refused, kit_setup_empty),
      KIT_BOTH(a_late_comer_with_an_old_number_is_refused, kit_setup_empty),
      KIT_BOTH(a_failing_file_leaves_nothing_behind, kit_setup_empty),
      KIT_BOTH(a_file_must_not_end_its_transaction, kit_setup_empty),
      KIT_ON_SQLITE(a_rebuilt_table_must_not_leave_orphans, kit_setup_empty),
      KIT_ON_SQLITE(a_definition_that_stays_as_it_was_is_a_failure, kit_setup_empty),
      KIT_BOTH(of_several_starters_one_does_the_work, kit_setup_empty),
  };
  return kit_run(tests, sizeof tests / sizeof *tests);
}
