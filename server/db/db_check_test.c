/* The examiner of statements tells what prepares, and what reads a table whole. */
#include "db/db_check.h"
#include "db/db_test_kit.h"

static const struct {
  struct db_statement statement;
  bool prepares;
  const char *scans; /* NULL: none */
  const char *why;
} cases[] = {
#define ASK(text, prepares, scans, why) \
  { {why, text, text}, prepares, scans, why }
    ASK("SELECT id FROM item WHERE key = $1", true, NULL, "a unique column has an index"),
    ASK("SELECT id FROM item WHERE body = $1", true, "item", "another has none"),
    ASK("SELECT id FROM item WHERE id > $1 ORDER BY id LIMIT $2", true, NULL, "a range of ids"),
    ASK("SELECT item.key FROM child JOIN item ON item.id = child.item_id WHERE child.id = $1", true, NULL,
        "a join by id"),
    ASK("SELECT item.key FROM item JOIN child ON child.item_id = item.id WHERE item.key = $1", true, "child",
        "a foreign key without an index"),
    ASK("UPDATE account SET balance = balance + $2 WHERE id = $1", true, NULL, "an update by id"),
    ASK("DELETE FROM item WHERE body = $1", true, "item", "a delete that looks at all"),
    ASK("INSERT INTO account (id, balance) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET balance = excluded.balance",
        true, NULL, "an upsert"),
    ASK("SELECT 1", true, NULL, "no table at all"),
    ASK("SELECT absent FROM item WHERE id = $1", false, NULL, "a column that is not there"),
    ASK("SELECT id FRM item", false, NULL, "a slip"),
    ASK("WITH few AS (SELECT id FROM item WHERE key = $1 LIMIT 3) SELECT count(*) FROM few", true, NULL,
        "an intermediate result is no table"),
#undef ASK
};
enum { CASES = sizeof cases / sizeof *cases };

static void scans_and_slips_are_told(void **state) {
  struct kit *k = *state;
  arena *a = arena_new(0);
  struct db_statement statements[CASES];
  struct db_plan plans[CASES];
  for (int i = 0; i < CASES; i++) statements[i] = cases[i].statement;
  assert_ok(db_explain(k->url, statements, CASES, a, plans));
  for (int i = 0; i < CASES; i++) {
    bool prepares = !err_is(plans[i].problem);
    if (prepares != cases[i].prepares || !str_eq(plans[i].scans, str_c(cases[i].scans)))
      fail_msg("%s: scans %.*s, %s\n%.*s", cases[i].why, STR_ARG(plans[i].scans), plans[i].problem.detail,
               STR_ARG(plans[i].plan));
  }
  arena_free(&a);
}

int main(void) {
  const struct CMUnitTest tests[] = {KIT_BOTH(scans_and_slips_are_told, kit_setup)};
  return kit_run(tests, sizeof tests / sizeof *tests);
}
