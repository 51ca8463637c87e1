/* Conditions: what is refused and where, and the law that SQL (on both engines) and C agree on random rows and conditions.
 * tests/blackbox/conditions.test.ts holds TypeScript to the same. */
#include "desk/condition/condition_fixture.h"
#include "desk/conversation/conversation_tx_internal.h"
#include "desk/conversation/conversation_walk_internal.h"
#include "desk/desk_fixture.h"

/* ---- what is refused ---- */

#define LEAF "{\"field\":\"blocked\",\"op\":\"is\",\"value\":true}"

static const struct {
  const char *json, *field, *detail, *why;
} refused[] = {
    {"", "filter", NULL, "nothing"},
    {"{", "filter", NULL, "no JSON"},
    {"[]", "filter", NULL, "a list"},
    {"7", "filter", NULL, "a number"},
    {"{}", "filter", NULL, "an empty object"},
    {"{\"every\":[]}", "filter", "filter has an unknown member \"every\".", "an unknown group"},
    {"{\"all\":[],\"any\":[]}", "filter", NULL, "two groups in one"},
    {"{\"all\":[]}", "filter.all", "filter.all must be a list with at least one condition.", "an empty group"},
    {"{\"all\":{}}", "filter.all", NULL, "a group that is no list"},
    {"{\"all\":[" LEAF ",7]}", "filter.all[1]", NULL, "a number among conditions"},
    {"{\"all\":[" LEAF ",{\"any\":[{\"field\":\"nose\",\"op\":\"is\",\"value\":1}]}]}", "filter.all[1].any[0].field",
     "filter.all[1].any[0].field: there is no field \"nose\".", "an unknown field"},
    {"{\"op\":\"is\",\"value\":1}", "filter.field", "filter.field is missing.", "no field"},
    {"{\"field\":\"blocked\",\"value\":1}", "filter.op", NULL, "no operator"},
    {"{\"field\":\"blocked\",\"op\":\"more\",\"value\":1}", "filter.op", "filter.op must be one of is, is_not.",
     "an operator of other types"},
    {"{\"field\":\"blocked\",\"op\":\"likes\",\"value\":1}", "filter.op", NULL, "an unknown operator"},
    {"{\"field\":\"blocked\",\"op\":\"is\"}", "filter.value", "filter.value is missing.", "no value"},
    {"{\"field\":\"blocked\",\"op\":\"is\",\"value\":true,\"and\":1}", "filter", NULL, "an unknown member"},
    {"{\"field\":\"blocked\",\"op\":\"is\",\"value\":\"true\"}", "filter.value", "filter.value must be true or false.",
     "a text for a flag"},
    {"{\"field\":\"blocked\",\"op\":\"is\",\"value\":null}", "filter.value", NULL, "null"},
    {"{\"field\":\"status\",\"op\":\"is\",\"value\":\"asleep\"}", "filter.value",
     "filter.value must be one of waiting, active, snoozed, closed.", "an unknown word"},
    {"{\"field\":\"status\",\"op\":\"in\",\"value\":\"waiting\"}", "filter.value", NULL, "a word for a list"},
    {"{\"field\":\"status\",\"op\":\"in\",\"value\":[]}", "filter.value", NULL, "an empty list"},
    {"{\"field\":\"status\",\"op\":\"in\",\"value\":[\"waiting\",1]}", "filter.value[1]", NULL, "a number in words"},
    {"{\"field\":\"status\",\"op\":\"empty\"}", "filter.op", NULL, "a status is never empty"},
    {"{\"field\":\"assignee\",\"op\":\"empty\",\"value\":1}", "filter.value", NULL, "a value that is not used"},
    {"{\"field\":\"assignee\",\"op\":\"is\",\"value\":\"you\"}", "filter.value", NULL, "neither me nor none"},
    {"{\"field\":\"assignee\",\"op\":\"is\",\"value\":0}", "filter.value", NULL, "no id"},
    {"{\"field\":\"assignee\",\"op\":\"is\",\"value\":9007199254740992}", "filter.value", NULL, "an id too large"},
    {"{\"field\":\"unread\",\"op\":\"more\",\"value\":1.5}", "filter.value", "filter.value must be a whole number.",
     "a fraction"},
    {"{\"field\":\"unread\",\"op\":\"more\",\"value\":99999999999999999999}", "filter.value", NULL, "a huge number"},
    {"{\"field\":\"unread\",\"op\":\"between\",\"value\":[3,1]}", "filter.value", NULL, "the wrong way round"},
    {"{\"field\":\"unread\",\"op\":\"between\",\"value\":[3]}", "filter.value", NULL, "one of two"},
    {"{\"field\":\"updated_at\",\"op\":\"before\",\"value\":\"yesterday\"}", "filter.value", NULL, "no time"},
    {"{\"field\":\"updated_at\",\"op\":\"is\",\"value\":\"2027-01-15T08:00:00Z\"}", "filter.op", NULL,
     "moments are not equal"},
    {"{\"field\":\"customer_name\",\"op\":\"contains\",\"value\":\"\"}", "filter.value", NULL, "an empty text"},
    {"{\"field\":\"customer_name\",\"op\":\"contains\",\"value\":\"\xcc\x81\"}", "filter.value", NULL,
     "an accent alone"},
    {"{\"field\":\"customer_name\",\"op\":\"contains\",\"value\":\"\\u0000\"}", NULL, NULL, "a NUL"},
};

static const char *const accepted[] = {
    LEAF,
    "{\"none\":[" LEAF "]}",
    "{\"all\":[{\"any\":[{\"none\":[{\"all\":[{\"any\":[" LEAF "]}]}]}]}]}",
    "{\"field\":\"status\",\"op\":\"in\",\"value\":[\"waiting\",\"new\"]}",
    "{\"field\":\"assignee\",\"op\":\"not_in\",\"value\":[\"me\",\"none\",3]}",
    "{\"field\":\"customer_name\",\"op\":\"contains\",\"value\":\"\xd0\x81\xd0\xbb \\\"\\\\\"}",
    "{\"field\":\"closed_at\",\"op\":\"not_empty\"}",
    "{\"field\":\"updated_at\",\"op\":\"between\",\"value\":[\"2027-01-15T08:00:00Z\",\"2027-01-15T08:00:00.001Z\"]}",
};

static void what_is_not_understood_is_refused_with_its_place(void **state) {
  (void)state;
  arena *a = arena_new(0);
  const struct condition *c;
  for (size_t i = 0; i < JSON_COUNT(refused); i++) {
    err e = condition_parse(&conversation_noun, str_c(refused[i].json), "filter", a, &c);
    if (!refused[i].field) continue; /* it must not crash: json_test says what NUL becomes */
    if (e.code != ERR_INVALID_FIELD || strcmp(e.field, refused[i].field) != 0 || !e.detail[0] ||
        (refused[i].detail && strcmp(e.detail, refused[i].detail) != 0))
      fail_msg("%s: %s at %s: %s", refused[i].why, err_text(e.code), e.field ? e.field : "-", err_message(&e));
  }
  arena_free(&a);
}

static void a_printed_condition_is_the_same_condition(void **state) {
  (void)state;
  arena *a = arena_new(0);
  for (size_t i = 0; i < JSON_COUNT(accepted); i++) {
    const struct condition *c;
    buf once, twice;
    buf_init(&once, 1 << 16);
    buf_init(&twice, 1 << 16);
    err e = condition_parse(&conversation_noun, str_c(accepted[i]), "filter", a, &c);
    if (err_is(e)) fail_msg("%s: %s", accepted[i], err_message(&e));
    condition_print(&once, &conversation_noun, c);
    assert_ok(condition_parse(&conversation_noun, buf_borrow(&once), "filter", a, &c));
    condition_print(&twice, &conversation_noun, c);
    assert_true(str_eq(buf_borrow(&once), buf_borrow(&twice)));
    buf_free(&once);
    buf_free(&twice);
  }
  arena_free(&a);
}

static err parse_nested(arena *a, int depth, int leaves, const char *opening) {
  buf b;
  const struct condition *c;
  buf_init(&b, 1 << 20);
  for (int i = 0; i < depth; i++) buf_printf(&b, "{\"%s\":[", opening);
  for (int i = 0; i < leaves; i++) buf_printf(&b, i ? "," LEAF : LEAF);
  for (int i = 0; i < depth; i++) buf_add(&b, S("]}"));
  err e = condition_parse(&conversation_noun, arena_dup(a, buf_borrow(&b)), "filter", a, &c);
  buf_free(&b);
  return e;
}

static void depth_and_leaves_are_bounded(void **state) {
  (void)state;
  arena *a = arena_new(0);
  assert_ok(parse_nested(a, CONDITION_DEPTH_MAX, 1, "none"));
  err e = parse_nested(a, CONDITION_DEPTH_MAX + 1, 1, "all");
  assert_int_equal(e.code, ERR_INVALID_FIELD);
  assert_string_equal(e.field, "filter.all[0].all[0].all[0].all[0].all[0].all");
  assert_ok(parse_nested(a, 1, CONDITION_LEAVES_MAX, "any"));
  assert_err(parse_nested(a, 1, CONDITION_LEAVES_MAX + 1, "any"), ERR_INVALID_FIELD);
  assert_err(parse_nested(a, 20, 1, "any"), ERR_INVALID_FIELD);
  assert_err(parse_nested(a, 1, 500, "any"), ERR_INVALID_FIELD);
  arena_free(&a);
}

/* ---- the law ---- */

enum { ROWS = 150, CONDITIONS = 600 };

struct law_ctx {
  struct fixture *f;
  struct condition_kit kit;
  struct conversation_row rows[ROWS]; /* as the database gives them */
  const struct condition *condition;
  int64_t only;     /* one row's id; 0: all */
  bool found[ROWS]; /* by SQL */
};

static err insert_row(db_conn *c, arena *a, const struct conversation_row *r) {
  const struct customer_row *cu = r->customer;
  const struct db_arg customer[] = {DB_I(cu->id),      DB_S(cu->channel),          DB_S(cu->external_id),
                                    DB_S(cu->name),    DB_S(cu->username),         DB_S(cu->language),
                                    DB_I(KIT_TIME_MS), db_arg_opt(cu->blocked_at), DB_S(cu->account),
                                    DB_S(cu->source),  DB_S(cu->source_tag)};
  const struct db_arg conversation[] = {DB_I(r->id)};
  err e = db_run_text(
      c,
      S("INSERT INTO customer (id, channel, account, external_id, name, username, language, created_at, "
        "updated_at, blocked_at, source, source_tag) VALUES ($1, $2, $9, $3, $4, $5, $6, $7, $7, $8, $10, $11)"),
      customer, JSON_COUNT(customer), a, NULL);
  if (!err_is(e))
    e = db_run_text(c,
                    S("INSERT INTO conversation (id, customer_id, status, created_at, updated_at) "
                      "VALUES ($1, $1, 'waiting', 1, 1)"),
                    conversation, JSON_COUNT(conversation), a, NULL);
  if (!err_is(e)) e = conversation_save(c, r, r->last_message ? r->last_message->id : 0);
  if (!err_is(e) && r->last_message) {
    const struct db_arg message[] = {DB_I(r->id),
                                     DB_S(str_c(message_direction_names.names[r->last_message->direction])),
                                     DB_S(str_c(message_kind_names.names[r->last_message->kind])), DB_I(KIT_TIME_MS)};
    e = db_run_text(
        c,
        S("INSERT INTO message (id, conversation_id, direction, kind, text, created_at) VALUES ($1, $1, $2, "
          "$3, 'text', $4)"),
        message, JSON_COUNT(message), a, NULL);
  }
  if (!err_is(e) && r->read_count > 0) {
    const struct db_arg mark[] = {DB_I(KIT_READER), DB_I(r->id), DB_I(r->read_count)};
    e = db_run_text(
        c,
        S("INSERT INTO read_mark (operator_id, conversation_id, read_count, updated_at) VALUES ($1, $2, $3, "
          "1)"),
        mark, JSON_COUNT(mark), a, NULL);
  }
  return e;
}

static err insert_all(db_conn *c, void *arg) {
  struct law_ctx *law = arg;
  err e = err_ok;
  for (int i = 0; i < ROWS && !err_is(e); i++) e = insert_row(c, law->f->arena, &law->rows[i]);
  return e;
}

static err read_all(db_conn *c, void *arg) {
  struct law_ctx *law = arg;
  err e = err_ok;
  for (int i = 0; i < ROWS && !err_is(e); i++) e = conversation_get(c, i + 1, KIT_READER, law->f->arena, &law->rows[i]);
  return e;
}

static err ask(db_conn *c, void *arg) {
  struct law_ctx *law = arg;
  struct condition_sql s;
  struct db_rows rows = {0};
  arena *a = db_conn_arena(c);
  condition_sql_begin(&s, db_conn_engine(c), KIT_READER, a);
  condition_sql_add(&s, "SELECT c.id FROM conversation AS c");
  conversation_join_sql(&s, law->condition);
  condition_sql_add(&s, " WHERE ");
  condition_sql_where(&s, &conversation_noun, law->condition);
  err e = condition_sql_run(&s, c, a, &rows);
  condition_sql_end(&s);
  memset(law->found, 0, sizeof law->found);
  for (size_t i = 0; i < rows.count; i++) law->found[db_at(&rows, i, 0)->i - 1] = true;
  return e;
}

static str as_json(struct law_ctx *law, const struct condition *c) {
  buf b;
  buf_init(&b, 1 << 16);
  condition_print(&b, &conversation_noun, c);
  str json = arena_dup(law->f->arena, buf_borrow(&b));
  buf_free(&b);
  return json;
}

/* The row for which the two differ, or -1. */
static int disagreement(struct law_ctx *law, const struct condition *c) {
  law->condition = c;
  err e = db_read(law->f->desk.db, ask, law);
  if (err_is(e)) fail_msg("%.*s: %s", STR_ARG(as_json(law, c)), err_message(&e));
  for (int i = 0; i < ROWS; i++) {
    bool yes = condition_match(&conversation_noun, c, &law->rows[i], KIT_READER) == CONDITION_YES;
    if (yes != law->found[i]) return i;
  }
  return -1;
}

/* The smallest part of a condition about which the two differ, and the row. */
static _Noreturn void fail_smallest(struct law_ctx *law, const struct condition *c, int row) {
  for (bool smaller = true; smaller && c->kind != CONDITION_LEAF;) {
    smaller = false;
    for (size_t i = 0; i < c->count && !smaller; i++) {
      int other = disagreement(law, c->items[i]);
      if (other < 0) continue;
      c = c->items[i];
      row = other;
      smaller = true;
    }
  }
  (void)disagreement(law, c);
  buf json;
  buf_init(&json, 1 << 16);
  json_encode(&json, &conversation_shape, &law->rows[row], JSON_SNAKE);
  buf_add_char(&json, 0);
  fail_msg("%.*s: SQL says %s, C says %s of %s", STR_ARG(as_json(law, c)), law->found[row] ? "yes" : "no",
           law->found[row] ? "no" : "yes", json.ptr);
  abort();
}

/* A field that has the same value in every row would agree with anything. */
static void check_values_differ(struct law_ctx *law, const struct condition_field *field) {
  for (int i = 0; i < 200; i++) {
    const struct condition *c;
    buf json;
    buf_init(&json, CONDITION_BYTES_MAX);
    kit_add_leaf_of(&law->kit, field, &json);
    assert_ok(condition_parse(&conversation_noun, buf_borrow(&json), "filter", law->f->arena, &c));
    buf_free(&json);
    int yes = 0;
    for (int k = 0; k < ROWS; k++)
      yes += condition_match(&conversation_noun, c, &law->rows[k], KIT_READER) == CONDITION_YES;
    if (yes > 0 && yes < ROWS) return;
  }
  fail_msg("%s is the same in every row: a FIELD is set in kit_row (condition_fixture.h) and insert_row", field->name);
}

static void sql_and_c_agree_on_random_rows_and_conditions(void **state) {
  struct fixture *f = *state;
  struct law_ctx *law = arena_new_of(f->arena, struct law_ctx);
  const char *seed = getenv("CONDITION_SEED");
  int64_t number = 1;
  (void)str_to_i64(str_c(seed), &number);
  law->f = f;
  kit_init(&law->kit, (uint64_t)number, f->arena);
  for (int i = 1; i < KIT_OPERATORS; i++) fixture_operator(f, (const char *[]){"", "ann", "bob", "cleo"}[i]);
  for (int i = 0; i < ROWS; i++) kit_row(&law->kit, i + 1, true, &law->rows[i]);
  assert_ok(db_write(f->desk.db, insert_all, law));
  assert_ok(db_read(f->desk.db, read_all, law));
  for (size_t i = 0; i < conversation_noun.count; i++) check_values_differ(law, &conversation_noun.fields[i]);
  int yes = 0;
  for (int i = 0; i < CONDITIONS; i++) {
    const struct condition *c;
    str json = kit_condition(&law->kit);
    err e = condition_parse(&conversation_noun, json, "filter", f->arena, &c);
    if (err_is(e)) fail_msg("%.*s: %s", STR_ARG(json), err_message(&e));
    int row = disagreement(law, c);
    if (row >= 0) fail_smallest(law, c, row);
    for (int k = 0; k < ROWS; k++) yes += law->found[k];
  }
  assert_in_range(yes, ROWS * CONDITIONS / 5, ROWS * CONDITIONS * 4 / 5); /* else the data say little */
}

/* ---- docs/conditions.md ---- */

static void the_document_has_the_table_that_is_printed(void **state) {
  (void)state;
  enum { DOCUMENT_MAX = 1 << 16 };
  arena *a = arena_new(0);
  char *bytes = arena_alloc(a, DOCUMENT_MAX);
  FILE *file = fopen("docs/conditions.md", "r"); /* the tests run in the checkout's folder */
  assert_non_null(file);
  str text = {bytes, fread(bytes, 1, DOCUMENT_MAX, file)};
  fclose(file);
  buf b;
  buf_init(&b, DOCUMENT_MAX);
  condition_print_markdown(&b, &conversation_noun);
  for (size_t i = 0; i < conversation_noun.count; i++)
    assert_true(str_contains(buf_borrow(&b), arena_printf(a, "\n| `%s` | ", conversation_noun.fields[i].name)));
  assert_true(
      str_contains(buf_borrow(&b), S("\n| `last_direction` | `in`, `out`, `system` | is, is_not, in, not_in, empty, "
                                     "not_empty | comparing | The direction of the last message")));
  if (!str_contains(text, buf_borrow(&b)))
    fail_msg("docs/conditions.md has another table of fields than switchboard print-conditions");
  buf_free(&b);
  arena_free(&a);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      PURE(what_is_not_understood_is_refused_with_its_place),
      PURE(a_printed_condition_is_the_same_condition),
      PURE(depth_and_leaves_are_bounded),
      PURE(the_document_has_the_table_that_is_printed),
      ON_BOTH(sql_and_c_agree_on_random_rows_and_conditions),
  };
  return FIXTURE_RUN(tests);
}
