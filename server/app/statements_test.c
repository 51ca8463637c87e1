/* Every statement of the slices is prepared on both engines, and none reads a table whole that grows with the desk. */
#include "db/db_check.h"
#include "desk/desk_fixture.h"

/* What a statement may read from end to end, and why that stays small. */
static const struct {
  int statement;
  const char *tables; /* or their aliases, as the plan of either engine names them */
  const char *why;
} allowed[] = {
    {SQL_OPERATOR_LIST, "operator", "operators are few"},
    {SQL_OPERATOR_ADMINS, "operator", "operators are few"},
    {SQL_STATS_COUNT, "operator", "operators are few"},
    {SQL_OPERATOR_ANY, "operator", "LIMIT 1"},
    {SQL_SETTING_SEALED, "setting", "settings are few"},
    {SQL_EVENT_FIRST, "event", "LIMIT 1, in order of seq"},
    {SQL_EVENT_LAST, "sqlite_sequence event_seq_seq", "one row for each table; one row"},
    {SQL_APP_OUTBOX_COUNTS, "outbox", "what waits and what failed, asked by /metrics alone"},
    {SQL_APP_PRUNE_COPIES, "outbox", "the index holds what waits only; every ten minutes"},
    {SQL_APP_PRUNE_REPLIES, "staff_waiting", "STAFF_WAITING_MAX rows an account"},
    {SQL_JOB_COUNT, "job live", "JOB_ROWS_MAX rows; every ten seconds"},
    {SQL_JOB_PRUNE, "job", "the index holds dead letters only"},
    {SQL_JOB_CLEAR_DEAD, "job", "the index holds dead letters only"},
    {SQL_JOB_STATES, "job", "JOB_ROWS_MAX rows, asked by /metrics alone"},
    {SQL_JOB_OLDEST_DUE, "job", "the index holds ready jobs only; asked by /metrics alone"},
    {SQL_JOB_FORGET_EARLIER, "job", "the index holds leased jobs only; once a start"},
    {SQL_OUTBOX_DROP_LANE, "outbox", "an administrator leaves the staff group; sent rows are not in the table"},
};

static bool has_word(const char *words, str word) {
  for (str rest = str_c(words); rest.ptr;)
    if (str_eq(str_cut(&rest, ' '), word)) return true;
  return false;
}

static bool is_allowed(int statement, str tables) {
  for (size_t i = 0; i < JSON_COUNT(allowed); i++) {
    if (allowed[i].statement != statement) continue;
    while (tables.ptr)
      if (!has_word(allowed[i].tables, str_cut(&tables, ' '))) return false;
    return true;
  }
  return !tables.ptr;
}

static void no_statement_reads_a_growing_table_whole(void **state) {
  struct fixture *f = *state;
  struct db_plan plans[SQL_COUNT];
  int bad = 0;
  assert_ok(db_explain(f->url, sql_statements, SQL_COUNT, f->arena, plans));
  for (int i = 0; i < SQL_COUNT; i++) {
    const struct db_plan *p = &plans[i];
    if (!err_is(p->problem) && is_allowed(i, p->scans) && is_allowed(i, p->walks)) continue;
    print_message("%s: %s reads all of \"%.*s\" and \"%.*s\"\n%.*s\n", p->statement, p->problem.detail,
                  STR_ARG(p->scans), STR_ARG(p->walks), STR_ARG(p->plan));
    bad++;
  }
  assert_int_equal(bad, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {ON_BOTH(no_statement_reads_a_growing_table_whole)};
  return FIXTURE_RUN(tests);
}
