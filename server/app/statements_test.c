/* Every statement of the slices is prepared on both engines, and none reads a table whole that grows with the desk. */
#include "db/db_check.h"
#include "desk/conversation/conversation_walk_internal.h"
#include "desk/desk_fixture.h"

/* What a statement may read from end to end, and why that stays small. */
static const struct {
  int statement;
  const char *tables; /* or their aliases, as the plan of either engine names them */
  const char *why;
} allowed[] = {
    {SQL_OPERATOR_LIST, "operator", "operators are few"},
    {SQL_OPERATOR_ADMINS, "operator", "operators are few"},
    {SQL_OPERATOR_EXPIRE_LEASES_OF_EARLIER_RUNS, "operator_lease", "operators are few; once a start"},
    {SQL_STATS_COUNT, "operator", "operators are few"},
    {SQL_STATS_COUNT_ASSIGNED, "operator", "operators are few"},
    {SQL_OPERATOR_ANY, "operator", "LIMIT 1"},
    {SQL_STAFF_COLLEAGUES, "o operator i operator_identity", "operators are few"},
    {SQL_SETTING_SEALED, "setting", "settings are few"},
    {SQL_ACCOUNT_LIST, "account b", "ACCOUNTS_MAX, and those that were removed"},
    {SQL_CONVERSATION_KNOWN_ELSEWHERE, "b account", "bots are few"},
    {SQL_CUSTOMER_OF_RELATIVE, "f former l later", "the accounts that one replaces, and those that replace it"},
    {SQL_ACCOUNT_PLACES, "account", "ACCOUNTS_MAX, and those that were removed"},
    {SQL_ACCOUNT_RELEASE, "account_lease", "one row for each account"},
    {SQL_ACCOUNT_EXPIRE_LEASES_OF_EARLIER_RUNS, "account_lease", "one row for each account; once a start"},
    {SQL_SOURCE_LIST, "source", "at most SOURCES_MAX"},
    {SQL_SOURCE_COUNT, "source", "the same"},
    {SQL_EVENT_FIRST, "event", "LIMIT 1, in order of seq"},
    {SQL_EVENT_PRUNE, "event", "LIMIT, in order of seq"},
    {SQL_EVENT_LAST, "sqlite_sequence event_seq_seq", "one row for each table; one row"},
    {SQL_APP_PRUNE_REPLIES, "staff_waiting", "STAFF_WAITING_MAX rows an account"},
    {SQL_FILE_CLAIM_DELETE_OF_EARLIER_RUNS, "file_claim", "what is being uploaded just now; once a start"},
    {SQL_JOB_PRUNE, "job", "the index holds dead letters only, DEAD_LETTERS_MAX and one batch; every ten minutes"},
    {SQL_JOB_QUEUES, "r l", "the names of the queues, one for each node, bot and channel"},
    {SQL_JOB_EXPIRE_LEASES_OF_EARLIER_RUNS, "job", "the index holds leased jobs only; once a start"},
    {SQL_JOB_QUEUES_WITH_LANES, "q", "the same"},
    {SQL_LINK_TARGETS, "account", "the bots, of which there are few"},
    {SQL_CARD_ANY, "card_account", "one row for each account"},
    {SQL_NOTICE_ANY_WISH, "notice_wish", "operators are few"},
    {SQL_NOTICE_OF_WAITING, "notice_wish w", "operators are few"},
    {SQL_NOTICE_ACCOUNTS, "account a", "the bots, of which there are few"},
    {SQL_LINK_JOIN_AUDIT, "audit", "of one year; when an administrator joins two operators"},
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

/* ---- what is composed ---- */

enum { COMPOSED_MAX = 256, ME = 7 };
struct composed {
  arena *a;
  struct db_statement statements[COMPOSED_MAX];
  int branches[COMPOSED_MAX]; /* 0: no page, its order is not looked at */
  bool no_spam[COMPOSED_MAX]; /* it leaves spam out, and must not read it */
  int count;
};

static void add_composed(struct composed *all, enum db_engine engine, struct condition_sql *s, str name, int branches) {
  assert_true(all->count < COMPOSED_MAX);
  const char *text = arena_cstr(all->a, buf_borrow(&s->text));
  all->branches[all->count] = branches;
  all->statements[all->count++] = (struct db_statement){.name = arena_cstr(all->a, name),
                                                        .sqlite = engine == DB_SQLITE ? text : NULL,
                                                        .postgres = engine == DB_POSTGRES ? text : NULL};
  condition_sql_end(s);
}

/* A page of the list; the condition decides by status and assignee alone. */
static void add_page_of(struct composed *all, enum db_engine engine, enum conversation_order order, const char *json,
                        int branches) {
  const struct condition *c = NULL;
  struct conversation_walk walk;
  struct condition_sql s;
  if (json) assert_ok(condition_parse(&conversation_noun, str_c(json), "filter", all->a, &c));
  conversation_walk_plan(&walk, order, c, ME);
  if (walk.filter || (int)walk.count != branches)
    fail_msg("%s: %zu branches, %s", json, walk.count, walk.filter ? "filtered" : "whole");
  condition_sql_begin(&s, engine, ME, all->a);
  conversation_page_sql(&s, &walk, 1, 1, 51);
  str every = order == CONVERSATION_BY_WAKE ? S("all snoozed") : S("all conversations");
  all->no_spam[all->count] = walk.spam == WALK_WITHOUT_SPAM && order == CONVERSATION_BY_TIME;
  add_composed(all, engine, &s, json ? str_c(json) : every, branches);
}

static void add_page(struct composed *all, enum db_engine engine, const char *json, int branches) {
  add_page_of(all, engine, CONVERSATION_BY_TIME, json, branches);
}

#define IS(field, value) "{\"field\":\"" field "\",\"op\":\"is\",\"value\":" value "}"
#define IN(field, value) "{\"field\":\"" field "\",\"op\":\"in\",\"value\":[" value "]}"

static void add_pages(struct composed *all, enum db_engine engine) {
  static const char *const assignees[] = {"\"me\"", "\"none\"", "3"};
  add_page(all, engine, NULL, 1);
  add_page_of(all, engine, CONVERSATION_BY_WAKE, NULL, 1);
  for (int i = 0; i < conversation_status_names.count; i++) {
    const char *status = conversation_status_names.names[i];
    add_page(all, engine, arena_printf(all->a, IS("status", "\"%s\""), status).ptr, 1);
    for (size_t k = 0; k < JSON_COUNT(assignees); k++)
      add_page(
          all, engine,
          arena_printf(all->a, "{\"all\":[" IS("status", "\"%s\"") "," IS("assignee", "%s") "]}", status, assignees[k])
              .ptr,
          1);
  }
  for (size_t k = 0; k < JSON_COUNT(assignees); k++)
    add_page(all, engine, arena_printf(all->a, IS("assignee", "%s"), assignees[k]).ptr, 4);
  add_page(all, engine, IS("spam", "false"), 1);
  for (int i = 0; i < conversation_status_names.count; i++) {
    const char *status = conversation_status_names.names[i];
    add_page(all, engine,
             arena_printf(all->a, "{\"all\":[" IS("status", "\"%s\"") "," IS("spam", "false") "]}", status).ptr, 1);
    for (size_t k = 0; k < JSON_COUNT(assignees); k++)
      add_page(all, engine,
               arena_printf(all->a,
                            "{\"all\":[" IS("status", "\"%s\"") "," IS("assignee", "%s") "," IS("spam", "false") "]}",
                            status, assignees[k])
                   .ptr,
               1);
  }
  for (size_t k = 0; k < JSON_COUNT(assignees); k++)
    add_page(all, engine,
             arena_printf(all->a, "{\"all\":[" IS("assignee", "%s") "," IS("spam", "false") "]}", assignees[k]).ptr, 4);
  add_page(all, engine, IS("spam", "true"), 4);
  add_page(all, engine, "{\"all\":[" IS("status", "\"waiting\"") "," IS("spam", "true") "]}", 1);
  add_page_of(all, engine, CONVERSATION_BY_WAKE, IS("spam", "false"), 1);
  add_page(all, engine, IN("status", "\"waiting\",\"active\""), 2);
  add_page(all, engine, "{\"none\":[" IS("status", "\"closed\"") "]}", 3);
  add_page(all, engine, IN("assignee", "\"me\",\"none\""), 8);
  add_page(all, engine, "{\"any\":[" IS("status", "\"waiting\"") "," IS("assignee", "\"me\"") "]}", 4);
}

/* Counts of a condition that reads all tables that conditions read. */
static void add_filtered_counts(struct composed *all, enum db_engine engine) {
  static const char filter[] = "{\"all\":[" IS("blocked", "false") "," IS(
      "last_direction", "\"in\"") ","
                                  "{\"field\":\"updated_at\",\"op\":\"after\",\"value\":\"2027-01-15T08:00:00Z\"}]}";
  struct conversation_count_of of = {0};
  struct condition_sql s;
  assert_ok(condition_parse(&conversation_noun, str_c(filter), "filter", all->a, &of.condition));
  condition_sql_begin(&s, engine, ME, all->a);
  conversation_count_sql(&s, &of);
  all->no_spam[all->count] = true;
  add_composed(all, engine, &s, S("filtered counts"), 0);
}

/* Every field that a row is compared by. */
static void add_compares(struct composed *all, enum db_engine engine) {
  static const char *const values[] = {[CONDITION_WORD] = NULL,
                                       [CONDITION_OPERATOR] = "\"me\"",
                                       [CONDITION_TEXT] = "\"a\"",
                                       [CONDITION_NAME] = "\"a\"",
                                       [CONDITION_FLAG] = "true",
                                       [CONDITION_NUMBER] = "1",
                                       [CONDITION_TIME] = "\"2027-01-15T08:00:00Z\""};
  for (size_t i = 0; i < conversation_noun.count; i++) {
    const struct condition_field *field = &conversation_noun.fields[i];
    for (int op = 0; op < OPS; op++) {
      struct condition_sql s;
      struct conversation_walk walk;
      const struct condition *c;
      bool list = op == OP_IN || op == OP_NOT_IN || op == OP_BETWEEN, none = op == OP_EMPTY || op == OP_NOT_EMPTY;
      if (!(condition_ops(field) >> op & 1)) continue;
      const char *value = values[field->type];
      if (!value) value = arena_printf(all->a, "\"%s\"", field->names->names[0]).ptr;
      str given = none               ? S("")
                  : op == OP_BETWEEN ? arena_printf(all->a, ",\"value\":[%s,%s]", value, value)
                  : list             ? arena_printf(all->a, ",\"value\":[%s]", value)
                                     : arena_printf(all->a, ",\"value\":%s", value);
      str json = arena_printf(all->a, "{\"field\":\"%s\",\"op\":\"%s\"%.*s}", field->name, condition_op_names.names[op],
                              STR_ARG(given));
      assert_ok(condition_parse(&conversation_noun, json, "filter", all->a, &c));
      conversation_walk_plan(&walk, CONVERSATION_BY_TIME, c, ME);
      if ((op == OP_IS || op == OP_IN || !field->indexed) && walk.filter == field->indexed)
        fail_msg("%s is %s, but spec/fields.tbl says otherwise", json.ptr,
                 walk.filter ? "compared" : "found by an index");
      condition_sql_begin(&s, engine, ME, all->a);
      conversation_compare_sql(&s, CONVERSATION_BY_TIME, c, S("[1,2]"));
      add_composed(all, engine, &s, json, 0);
    }
  }
}

static str plan_line(str *plan) {
  str line = str_trim(str_cut(plan, '\n'));
  return str_starts(line, S("->")) ? str_trim(str_sub(line, 2, line.len)) : line;
}

/* Does a page sort what it has not limited yet? Merging the limited pages of several branches sorts too, which is cheap: on
 * SQLite once a branch, on PostgreSQL above a subquery or an append. */
static bool sorts_all(str plan, enum db_engine engine, int branches) {
  int sorts = 0;
  while (plan.ptr) {
    str line = plan_line(&plan);
    if (engine == DB_SQLITE && str_contains(line, S("TEMP B-TREE"))) sorts++;
    if (engine == DB_SQLITE || (!str_eq(line, S("Sort")) && !str_eq(line, S("Incremental Sort")))) continue;
    do line = plan_line(&plan);
    while (str_contains(line, S("Key: ")));
    if (!str_starts(line, S("Subquery Scan")) && !str_starts(line, S("Append"))) return true;
  }
  return sorts > (branches > 1 ? branches : 0);
}

/* Does a statement read an index that holds spam as well? The count of spam reads conversation_by_spam, which holds nothing else. */
static bool reads_spam(str plan) {
  static const char *const full[] = {"conversation_by_time", "conversation_by_status", "conversation_by_assignee"};
  for (size_t i = 0; i < JSON_COUNT(full); i++)
    if (str_contains(plan, str_c(full[i]))) return true;
  return !str_contains(plan, S("conversation_listed_by_"));
}

static void no_composed_statement_reads_a_growing_table_whole_or_sorts_a_page(void **state) {
  struct fixture *f = *state;
  struct composed *all = arena_new_of(f->arena, struct composed);
  static const int64_t whose[] = {0, CONVERSATION_NOBODY, ME, 3};
  all->a = f->arena;
  add_pages(all, f->engine);
  for (size_t i = 0; i < JSON_COUNT(whose); i++) {
    struct condition_sql s;
    condition_sql_begin(&s, f->engine, ME, f->arena);
    conversation_count_sql(&s, &(struct conversation_count_of){.assignee = whose[i]});
    all->no_spam[all->count] = true;
    add_composed(all, f->engine, &s, S("counts"), 0);
  }
  add_filtered_counts(all, f->engine);
  add_compares(all, f->engine);
  struct db_plan *plans = arena_array(f->arena, struct db_plan, (size_t)all->count);
  assert_ok(db_explain(f->url, all->statements, all->count, f->arena, plans));
  int bad = 0;
  for (int i = 0; i < all->count; i++) {
    const struct db_plan *p = &plans[i];
    bool everything = strcmp(p->statement, "all conversations") == 0; /* walks until its LIMIT */
    bool sorts = all->branches[i] && sorts_all(p->plan, f->engine, all->branches[i]);
    bool spam = all->no_spam[i] && reads_spam(p->plan);
    if (!err_is(p->problem) && !p->scans.ptr && (!p->walks.ptr || everything) && !sorts && !spam) continue;
    print_message("%s: %s reads all of \"%.*s\" and \"%.*s\"%s%s\n%.*s\n", p->statement, p->problem.detail,
                  STR_ARG(p->scans), STR_ARG(p->walks), sorts ? ", sorts" : "", spam ? ", reads spam" : "",
                  STR_ARG(p->plan));
    bad++;
  }
  assert_int_equal(bad, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {ON_BOTH(no_statement_reads_a_growing_table_whole),
                                     ON_BOTH(no_composed_statement_reads_a_growing_table_whole_or_sorts_a_page)};
  return FIXTURE_RUN(tests);
}
