/* Pages of the list by every filter, the counts and the search, on both engines; and on SQLite that no page is sorted.
 * app/statements_test.c shows that no statement reads a table whole. */
#include "desk/conversation/conversation_tx_internal.h"
#include "desk/conversation/conversation_walk_internal.h"
#include "desk/desk_fixture.h"
#include "desk/stats/stats.h"

struct asked { /* as a request asks */
  enum conversation_order order;
  int status;
  int64_t assignee;
  str query;
  const char *json; /* a condition */
  int64_t before_key, before_id;
};
struct listing_ctx {
  struct fixture *f;
  struct asked filter;
  size_t limit;
  struct conversation_row *rows;
  size_t count;
  bool more;
  int64_t next_key, next_id;
};
/* Who asks. */
static const struct actor first_operator = {.kind = ACTOR_OPERATOR, .role = ROLE_OPERATOR, .id = 1};

static err read_page(db_conn *c, void *arg) {
  struct listing_ctx *l = arg;
  arena *a = l->f->arena;
  const struct condition *given[] = {conversation_of_status(a, l->filter.status),
                                     conversation_of_assignee(a, l->filter.assignee), NULL};
  if (l->filter.json) assert_ok(condition_parse(&conversation_noun, str_c(l->filter.json), "filter", a, &given[2]));
  bool all = !given[0] && !given[1] && !given[2];
  struct conversation_filter filter = {.order = l->filter.order,
                                       .condition = all ? NULL : condition_all(a, given, 3),
                                       .query = l->filter.query,
                                       .before_key = l->filter.before_key,
                                       .before_id = l->filter.before_id};
  struct conversation_page page;
  err e = conversation_page(c, &filter, l->limit, &first_operator, a, &page);
  if (err_is(e)) return e;
  l->rows = page.rows;
  l->count = page.count;
  l->more = page.more;
  l->next_key = page.next_key;
  l->next_id = page.next_id;
  return err_ok;
}

/* The ids of a whole listing, page by page: "9 7 5". */
static str walk(struct fixture *f, struct asked filter, size_t limit) {
  str out = S("");
  for (int pages = 0; pages < 50; pages++) {
    struct listing_ctx l = {.f = f, .filter = filter, .limit = limit};
    assert_ok(db_read(f->desk.db, read_page, &l));
    for (size_t i = 0; i < l.count; i++)
      out = arena_printf(f->arena, "%.*s%s%lld", STR_ARG(out), out.len ? " " : "", (long long)l.rows[i].id);
    if (!l.more) return out;
    filter.before_key = l.next_key;
    filter.before_id = l.next_id;
  }
  fail_msg("the pages do not end");
  return out;
}

static const char *const people[][2] = {{"Anna Sm\xc3\xadth", "anna_s"}, {"Bob O'Neil", "bobby"},
                                        {"Anton Petrov", "tony"},        {"\xd0\x90\xd0\xbd\xd0\xbd\xd0\xb0", "anya"},
                                        {"100% \"quoted\" -name", NULL}, {"Zed", "zed"}};

/* Six customers with a conversation each; the first four share one moment. */
static void populate(struct fixture *f) {
  fixture_operator(f, "ann");
  fixture_operator(f, "bob");
  for (int i = 0; i < 6; i++) {
    if (i >= 4) f->clock.now_ms += 1000;
    struct inbound_message m = fixture_text("1", "Hello");
    m.from.external_id = arena_printf(f->arena, "%d", 1000 + i);
    m.from.name = str_c(people[i][0]);
    m.from.username = str_c(people[i][1]);
    assert_ok(fixture_receive(f, &m));
  }
  fixture_exec(f, "UPDATE conversation SET status = 'active', assignee_id = 1 WHERE id IN (2, 5)");
  fixture_exec(f, "UPDATE conversation SET status = 'active', assignee_id = 2 WHERE id = 3");
  fixture_exec(f, "UPDATE conversation SET status = 'closed', assignee_id = 1 WHERE id = 4");
}

#define FIELD_IS(field, value) "{\"field\":\"" field "\",\"op\":\"is\",\"value\":" value "}"
static const struct {
  struct asked filter;
  const char *wanted, *why;
} lists[] = {
    {{.status = -1}, "6 5 4 3 2 1", "all, equal moments by id"},
    {{.status = CONVERSATION_WAITING}, "6 1", "by status"},
    {{.status = CONVERSATION_SNOOZED}, "", "none of it"},
    {{.status = -1, .assignee = 1}, "5 4 2", "one operator's of all statuses"},
    {{.status = CONVERSATION_ACTIVE, .assignee = 1}, "5 2", "one operator's active ones"},
    {{.status = -1, .assignee = CONVERSATION_NOBODY}, "6 1", "nobody's"},
    {{.status = CONVERSATION_WAITING, .assignee = CONVERSATION_NOBODY}, "6 1", "nobody's waiting ones"},
    {{.status = -1, .query = STR_INIT("an")}, "4 3 1", "the beginning of a word of name or username"},
    {{.status = -1, .query = STR_INIT("ANNA")}, "1", "any case"},
    {{.status = -1, .query = STR_INIT("pet ant")}, "3", "every word, in any order"},
    {{.status = -1, .query = STR_INIT("@bobby")}, "2", "a username with its sign"},
    {{.status = -1, .query = STR_INIT("anna_s")}, "1", "a username with an underscore"},
    {{.status = -1, .query = STR_INIT("o'neil")}, "2", "an apostrophe"},
    {{.status = -1, .query = STR_INIT("\xd0\xb0\xd0\xbd\xd0\xbd")}, "4", "Cyrillic, any case"},
    {{.status = -1, .query = STR_INIT("4")}, "4", "a customer's id"},
    {{.status = -1, .query = STR_INIT("\"quoted\" -name*")}, "5", "operators of the query language are words"},
    {{.status = -1, .query = STR_INIT("\" OR \\ & | ! :* ( NEAR")}, "", "nothing breaks the query"},
    {{.status = -1, .query = STR_INIT("***")}, "", "signs are no words"},
    {{.status = -1, .query = STR_INIT("\xf0\x9f\x98\x80")}, "", "an emoji is no word"},
    {{.status = CONVERSATION_ACTIVE, .query = STR_INIT("an")}, "3", "search within a status"},
    {{.status = -1, .assignee = 1, .query = STR_INIT("b")}, "2", "search within one operator's"},
    {{.status = -1, .assignee = CONVERSATION_NOBODY, .query = STR_INIT("zed")}, "6", "search among nobody's"},
    {{.status = -1, .json = FIELD_IS("status", "\"closed\"")}, "4", "a condition of one status"},
    {{.status = -1, .json = "{\"field\":\"status\",\"op\":\"in\",\"value\":[\"closed\",\"waiting\"]}"},
     "6 4 1",
     "of two"},
    {{.status = -1, .json = "{\"field\":\"assignee\",\"op\":\"in\",\"value\":[\"me\",\"none\"]}"},
     "6 5 4 2 1",
     "mine and nobody's"},
    {{.status = -1, .json = "{\"field\":\"assignee\",\"op\":\"is_not\",\"value\":\"me\"}"}, "6 3 1", "not mine"},
    {{.status = CONVERSATION_ACTIVE, .json = "{\"none\":[" FIELD_IS("assignee", "\"me\"") "]}"},
     "3",
     "active, and not mine"},
    {{.status = -1, .json = "{\"any\":[" FIELD_IS("status", "\"waiting\"") "," FIELD_IS("assignee", "2") "]}"},
     "6 3 1",
     "what waits, and one operator's"},
    {{.status = CONVERSATION_WAITING, .json = FIELD_IS("status", "\"closed\"")}, "", "what cannot be"},
    {{.status = -1, .assignee = 1, .json = "{\"field\":\"unread\",\"op\":\"more\",\"value\":0}"},
     "5 4 2",
     "mine that I have not read"},
    {{.status = -1, .json = "{\"field\":\"customer_name\",\"op\":\"contains\",\"value\":\"SMITH\"}"},
     "1",
     "a name without its accents"},
    {{.status = -1, .query = STR_INIT("an"), .json = "{\"none\":[" FIELD_IS("status", "\"closed\"") "]}"},
     "3 1",
     "a search within a condition"},
    {{.status = -1,
      .json = "{\"all\":[{\"field\":\"updated_at\",\"op\":\"after\",\"value\":\"2027-01-15T08:00:00Z\"},"
              "{\"field\":\"updated_at\",\"op\":\"before\",\"value\":\"2027-01-15T08:00:02Z\"}]}"},
     "5",
     "between two moments"},
    {{.status = -1, .json = "{\"field\":\"updated_at\",\"op\":\"before\",\"value\":\"2027-01-15T08:00:01Z\"}"},
     "4 3 2 1",
     "before a moment"},
};

static void every_filter_pages_without_gap_or_repetition(void **state) {
  struct fixture *f = *state;
  populate(f);
  for (size_t i = 0; i < JSON_COUNT(lists); i++)
    for (size_t limit = 1; limit <= 7; limit += 2) {
      str got = walk(f, lists[i].filter, limit);
      if (!str_eq(got, str_c(lists[i].wanted)))
        fail_msg("%s, by %zu: \"%.*s\", not \"%s\"", lists[i].why, limit, STR_ARG(got), lists[i].wanted);
    }
}

/* 1 to 4 are snoozed, 2 until a later time than 3, 1 and 4 until the customer writes; of 6 only start was pressed. */
static void the_snoozed_come_in_the_order_in_which_they_wake(void **state) {
  struct fixture *f = *state;
  populate(f);
  fixture_exec(f, "UPDATE conversation SET status = 'snoozed' WHERE id <> 5");
  fixture_exec(f, "UPDATE conversation SET assignee_id = 1 WHERE id = 4");
  fixture_exec(f, "UPDATE conversation SET inbound_count = 0 WHERE id = 6");
  fixture_exec(f, "UPDATE conversation SET snoozed_until = 1800000000000 - id WHERE id IN (2, 3)");
  static const struct {
    struct asked filter;
    const char *wanted, *why;
  } cases[] = {
      {{.status = -1}, "3 2 4 1", "the soonest first, without a time last; who has only pressed start is none of them"},
      {{.status = -1, .assignee = 1}, "2 4", "one operator's"},
      {{.status = -1, .assignee = CONVERSATION_NOBODY}, "1", "nobody's"},
      {{.status = -1, .query = STR_INIT("an")}, "3 4 1", "a search among them"},
      {{.status = -1, .query = STR_INIT("zed")}, "", "a search for who has only pressed start"},
      {{.status = CONVERSATION_WAITING}, "", "what cannot be"},
      {{.status = -1, .json = "{\"field\":\"snoozed_until\",\"op\":\"not_empty\"}"}, "3 2", "by a condition"},
      {{.status = -1, .json = "{\"field\":\"updated_at\",\"op\":\"before\",\"value\":\"2027-01-15T08:00:01Z\"}"},
       "3 2 4 1",
       "by when they were last touched, which is not the order"},
  };
  for (size_t i = 0; i < JSON_COUNT(cases); i++)
    for (size_t limit = 1; limit <= 5; limit++) {
      struct asked asked = cases[i].filter;
      asked.order = CONVERSATION_BY_WAKE;
      str got = walk(f, asked, limit);
      if (!str_eq(got, str_c(cases[i].wanted)))
        fail_msg("%s, by %zu: \"%.*s\", not \"%s\"", cases[i].why, limit, STR_ARG(got), cases[i].wanted);
    }
}

struct alone_ctx {
  arena *arena;
  struct conversation_row row;
};
static err read_alone(db_conn *c, void *arg) {
  struct alone_ctx *w = arg;
  return conversation_get(c, 6, 1, w->arena, &w->row);
}

static void a_row_of_the_list_is_the_conversation_as_fetched_alone(void **state) {
  struct fixture *f = *state;
  populate(f);
  int64_t read_count;
  assert_ok(conversation_mark_read(&f->desk, 6, &first_operator, 0, &read_count));
  struct listing_ctx l = {.f = f, .filter = {.status = -1}, .limit = 1};
  assert_ok(db_read(f->desk.db, read_page, &l));
  struct alone_ctx alone = {.arena = f->arena};
  assert_ok(db_read(f->desk.db, read_alone, &alone));
  buf json, fetched;
  buf_init(&json, 1 << 16);
  buf_init(&fetched, 1 << 16);
  json_encode(&json, &conversation_shape, l.rows, JSON_SNAKE);
  json_encode(&fetched, &conversation_shape, &alone.row, JSON_SNAKE);
  assert_true(str_eq(buf_borrow(&json), buf_borrow(&fetched)));
  assert_int_equal(l.rows->read_count, 1);
  assert_true(str_contains(
      buf_borrow(&json),
      S("\"customer\":{\"id\":6,\"channel\":\"" FIXTURE_CHANNEL
        "\",\"account\":\"777\",\"external_id\":\"1005\",\"name\":\"Zed\",\"username\":\"zed\",\"language\":\"en\","
        "\"blocked\":false,\"photo_id\":null,\"created_at\":\"2027-01-15T08:00:02.000Z\"},\"last_message\":{\"id\":6,"
        "\"direction\":"
        "\"in\",\"kind\":"
        "\"text\","
        "\"preview\":\"Hello\",\"content\":null,\"delivery\":null,\"created_at\":\"2027-01-15T08:00:02.000Z\"}")));
  buf_free(&json);
  buf_free(&fetched);
}

/* A row whose columns of spec/fields.tbl all differ is saved and read as it was. */
static err save_row(db_conn *c, void *arg) { return conversation_save(c, arg, 6); }

static void every_column_is_saved_and_read_as_itself(void **state) {
  struct fixture *f = *state;
  populate(f);
  struct conversation_row row = {.id = 6};
  int64_t next = 1;
#define VALUE_WORD                                                                          CONVERSATION_SNOOZED
#define VALUE_OPERATOR                                                                      2
#define VALUE_NUMBER                                                                        100 + next++
#define VALUE_TIME                                                                          1800000000000 + 1000 * next++
#define COLUMN(NOUN, ...)                                                                   COLUMN_OF_##NOUN(__VA_ARGS__)
#define COLUMN_OF_CONVERSATION(name, text, type, presence, access, column, words, sentence) row.column = VALUE_##type;
#include "spec/fields.tbl"
#undef COLUMN_OF_CONVERSATION
  assert_ok(db_write(f->desk.db, save_row, &row));
  struct alone_ctx alone = {.arena = f->arena};
  assert_ok(db_read(f->desk.db, read_alone, &alone));
#define COLUMN(NOUN, ...) COLUMN_OF_##NOUN(__VA_ARGS__)
#define COLUMN_OF_CONVERSATION(name, text, type, presence, access, column, words, sentence) \
  assert_int_equal(alone.row.column, row.column);                                           \
  if (CONDITION_##type != CONDITION_WORD)                                                   \
    assert_rows(f, "SELECT " #column " FROM conversation WHERE id = 6",                     \
                arena_printf(f->arena, "%lld", (long long)row.column).ptr);
#include "spec/fields.tbl"
#undef COLUMN_OF_CONVERSATION
  assert_rows(f, "SELECT status, last_message_id FROM conversation WHERE id = 6", "snoozed|6");
}

struct counting_ctx {
  struct conversation_counts counts;
  struct stats stats;
  int64_t now_ms, assignee;
};
static err count_all(db_conn *c, void *arg) {
  struct counting_ctx *n = arg;
  err e = conversation_count(c, &first_operator, &(struct conversation_count_of){.assignee = n->assignee}, &n->counts);
  return err_is(e) ? e : stats_count(c, &first_operator, n->now_ms, &n->stats);
}

static void counts_and_statistics_agree_with_the_rows(void **state) {
  struct fixture *f = *state;
  populate(f);
  fixture_exec(f, "UPDATE operator SET status = 'online' WHERE id = 2");
  struct counting_ctx n = {.now_ms = f->clock.now_ms};
  assert_ok(db_read(f->desk.db, count_all, &n));
  assert_int_equal(n.counts.waiting, 2);
  assert_int_equal(n.counts.active, 3);
  assert_int_equal(n.counts.mine, 2);
  assert_int_equal(n.counts.waiting_unread, 2);
  assert_int_equal(n.counts.mine_unread, 2);
  fixture_exec(f, "INSERT INTO read_mark (operator_id, conversation_id, read_count, updated_at) "
                  "VALUES (1, 5, 1, 1), (1, 6, 0, 1), (2, 1, 1, 1), (2, 2, 1, 1)");
  assert_ok(db_read(f->desk.db, count_all, &n));
  assert_int_equal(n.counts.waiting_unread, 2); /* what another has read is unread still */
  assert_int_equal(n.counts.mine_unread, 1);
  const struct {
    int64_t assignee, waiting, active;
  } whose[] = {{1, 0, 2}, {2, 0, 1}, {CONVERSATION_NOBODY, 2, 0}, {77, 0, 0}};
  for (size_t i = 0; i < JSON_COUNT(whose); i++) {
    struct counting_ctx of = {.now_ms = f->clock.now_ms, .assignee = whose[i].assignee};
    assert_ok(db_read(f->desk.db, count_all, &of));
    assert_int_equal(of.counts.waiting, whose[i].waiting);
    assert_int_equal(of.counts.active, whose[i].active);
    assert_int_equal(of.counts.mine, 2);
  }
  assert_int_equal(n.stats.closed, 1);
  assert_int_equal(n.stats.operators_online, 1);
  assert_int_equal(n.stats.messages_today, 6);
  n.now_ms += 24 * 3600 * 1000;
  assert_ok(db_read(f->desk.db, count_all, &n));
  assert_int_equal(n.stats.messages_today, 0);
}

#define NUMBERS_SQLITE   "(WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < %d) SELECT n FROM s)"
#define NUMBERS_POSTGRES "(SELECT generate_series(1, %d) AS n)"

static void counts_end_one_above_the_cap(void **state) {
  struct fixture *f = *state;
  enum { ROWS = 2 * (CONVERSATION_COUNT_CAP + 50) };
  fixture_operator(f, "ann");
  bool sqlite = f->engine == DB_SQLITE;
  str series = sqlite ? arena_printf(f->arena, NUMBERS_SQLITE, ROWS) : arena_printf(f->arena, NUMBERS_POSTGRES, ROWS);
  fixture_exec(f, arena_printf(f->arena,
                               "INSERT INTO customer (channel, account, external_id, name, created_at, updated_at) "
                               "SELECT 'x', '', CAST(n AS TEXT), 'Anna', 1, 1 FROM %.*s AS s",
                               STR_ARG(series))
                      .ptr);
  fixture_exec(f, "INSERT INTO conversation (customer_id, status, assignee_id, inbound_count, created_at, updated_at) "
                  "SELECT id, CASE WHEN id % 2 = 0 THEN 'waiting' ELSE 'active' END, CASE WHEN id % 2 = 1 THEN 1 END, "
                  "1, 1, id FROM customer");
  struct counting_ctx n = {.now_ms = f->clock.now_ms};
  assert_ok(db_read(f->desk.db, count_all, &n));
  int64_t most = CONVERSATION_COUNT_CAP + 1;
  assert_int_equal(n.counts.waiting, most);
  assert_int_equal(n.counts.active, most);
  assert_int_equal(n.counts.mine, most);
  assert_int_equal(n.counts.waiting_unread, most);
  assert_int_equal(n.counts.mine_unread, most);
}

/* More Annas than a search looks up one by one, every second of the older customers. Those that wait are the oldest, so
 * whoever takes the newest customers first, or the head of the list, misses them. */
enum { MANY = 60000, ANNAS_UNTIL = 42000 };

static str waiting_annas(struct fixture *f, const char *assignee) {
  return fixture_ask(
      f, arena_printf(f->arena,
                      "SELECT c.id FROM conversation AS c JOIN customer AS cu ON cu.id = c.customer_id WHERE "
                      "c.status = 'waiting' AND cu.name LIKE 'Anna%%' AND %s ORDER BY c.updated_at DESC, c.id DESC",
                      assignee)
             .ptr);
}

static void a_search_that_finds_many_customers_misses_none_of_a_filter(void **state) {
  struct fixture *f = *state;
  fixture_operator(f, "ann");
  bool sqlite = f->engine == DB_SQLITE;
  str series = sqlite ? arena_printf(f->arena, NUMBERS_SQLITE, MANY) : arena_printf(f->arena, NUMBERS_POSTGRES, MANY);
  fixture_exec(
      f, arena_printf(
             f->arena,
             "INSERT INTO customer (channel, account, external_id, name, created_at, updated_at) SELECT 'x', '', "
             "CAST(n AS TEXT), CASE WHEN n %% 2 = 0 AND n <= %d THEN 'Anna Petrova' ELSE 'Boris Ivanov' END, 1, 1 FROM "
             "%.*s AS s",
             ANNAS_UNTIL, STR_ARG(series))
             .ptr);
  fixture_exec(
      f, arena_printf(f->arena,
                      "INSERT INTO conversation (customer_id, status, assignee_id, created_at, updated_at) SELECT "
                      "id, CASE WHEN id <= 300 THEN 'waiting' ELSE 'closed' END, CASE WHEN id %% 4 = 0 THEN 1 END, 1, "
                      "1 + id / 7 FROM customer WHERE channel = 'x'")
             .ptr);
  const struct {
    struct asked filter;
    const char *assignee, *why;
  } searches[] = {
      {{.status = CONVERSATION_WAITING, .query = STR_INIT("anna")}, "1 = 1", "by status"},
      {{.status = CONVERSATION_WAITING, .query = STR_INIT("a")}, "1 = 1", "by a letter"},
      {{.status = CONVERSATION_WAITING, .assignee = 1, .query = STR_INIT("anna pet")},
       "assignee_id = 1",
       "one operator's"},
      {{.status = CONVERSATION_WAITING, .assignee = CONVERSATION_NOBODY, .query = STR_INIT("anna")},
       "assignee_id IS NULL",
       "nobody's"},
  };
  for (size_t i = 0; i < JSON_COUNT(searches); i++) {
    str wanted = waiting_annas(f, searches[i].assignee);
    for (size_t k = 0; k < wanted.len; k++)
      if (wanted.ptr[k] == '\n') ((char *)(uintptr_t)wanted.ptr)[k] = ' ';
    str got = walk(f, searches[i].filter, 20);
    if (!wanted.len || !str_eq(got, wanted))
      fail_msg("%s: \"%.*s\", not \"%.*s\"", searches[i].why, STR_ARG(got), STR_ARG(wanted));
  }
  struct listing_ctx all = {.f = f, .filter = {.status = -1, .query = STR_INIT("anna")}, .limit = 100};
  assert_ok(db_read(f->desk.db, read_page, &all));
  assert_int_equal(all.count, 100);
  assert_true(all.more);
  assert_str(fixture_ask(f, "SELECT c.id FROM conversation AS c JOIN customer AS cu ON cu.id = c.customer_id WHERE "
                            "cu.name LIKE 'Anna%' ORDER BY c.updated_at DESC, c.id DESC LIMIT 1"),
             arena_printf(f->arena, "%lld", (long long)all.rows[0].id).ptr);
  /* With a condition beside it no page walks everything, and the pages together find what there is. */
  struct asked rare = {
      .status = -1, .query = S("anna"), .json = "{\"field\":\"inbound_count\",\"op\":\"is\",\"value\":7}"};
  struct listing_ctx bounded = {.f = f, .filter = rare, .limit = 20};
  assert_ok(db_read(f->desk.db, read_page, &bounded));
  assert_int_equal(bounded.count, 0);
  assert_true(bounded.more);
  assert_str(walk(f, rare, 20), "");
  fixture_exec(f, "UPDATE conversation SET inbound_count = 7 WHERE customer_id IN (SELECT id FROM customer WHERE "
                  "external_id IN ('2', '3', '30000', '42000', '60000'))");
  str found = walk(f, rare, 20);
  str wanted = fixture_ask(f, "SELECT c.id FROM conversation AS c JOIN customer AS cu ON cu.id = c.customer_id WHERE "
                              "cu.external_id = '42000' OR cu.external_id = '30000' OR cu.external_id = '2' ORDER BY "
                              "c.updated_at DESC");
  for (size_t k = 0; k < wanted.len; k++)
    if (wanted.ptr[k] == '\n') ((char *)(uintptr_t)wanted.ptr)[k] = ' ';
  assert_true(str_eq(found, wanted));
}

/* ---- what a comparison costs ---- */

static int times_in(str text, str what) {
  int n = 0;
  for (size_t i = 0; i + what.len <= text.len; i++) n += str_eq(str_sub(text, i, i + what.len), what);
  return n;
}

/* The most comparisons that a request may hold look a row's mark up once. */
static void marks_are_looked_up_once_a_row(void **state) {
  struct fixture *f = *state;
  buf json;
  buf_init(&json, 1 << 14);
  for (int i = 0; i < CONDITION_LEAVES_MAX; i++)
    buf_printf(&json, "%s{\"field\":\"unread\",\"op\":\"is\",\"value\":%d}", i ? "," : "{\"any\":[", i + 1);
  buf_add(&json, S("]}"));
  const struct condition *c = NULL;
  assert_ok(condition_parse(&conversation_noun, buf_borrow(&json), "filter", f->arena, &c));
  struct condition_sql s;
  condition_sql_begin(&s, f->engine, 1, f->arena);
  conversation_compare_sql(&s, CONVERSATION_BY_TIME, c, S("[1]"));
  assert_int_equal(times_in(buf_borrow(&s.text), S("read_mark")), 1);
  condition_sql_end(&s);
  buf_free(&json);
}

/* ---- plans ---- */

/* These walk in the list's own order and stop at the limit: a sort would read everything first. */
static const int ordered[] = {
    SQL_MESSAGE_PAGE_BEFORE, SQL_MESSAGE_SHOWN_BEFORE, SQL_MESSAGE_SHOWN_AFTER, SQL_MESSAGE_PAGE_AFTER, SQL_JOB_DUE,
    SQL_OUTBOX_DEAD};

static void no_page_is_sorted(void **state) {
  struct fixture *f = *state;
  for (size_t i = 0; i < JSON_COUNT(ordered); i++) {
    const struct db_statement *s = &sql_statements[ordered[i]];
    str plan = fixture_ask(f, arena_printf(f->arena, "EXPLAIN QUERY PLAN %s", s->sqlite).ptr);
    if (str_contains(plan, S("TEMP B-TREE"))) fail_msg("%s: %.*s", s->name, STR_ARG(plan));
  }
}

/* Lists, counts and searches ask the condition of a reach; single rows and events ask may(). */
static void what_a_reach_lists_is_what_may_allows(void **state) {
  struct fixture *f = *state;
  const struct actor actors[] = {first_operator,
                                 {.kind = ACTOR_OPERATOR, .role = ROLE_OPERATOR, .id = 2},
                                 {.kind = ACTOR_SYSTEM},
                                 {.kind = ACTOR_API_KEY, .id = 1},
                                 {.kind = ACTOR_CUSTOMER, .id = 1}};
  size_t listed = 0;
  for (int reach = REACH_NONE; reach <= REACH_ALL; reach++) {
    access_assume(ROLE_OPERATOR, MAY_CONVERSATION_READ, (enum reach)reach);
    for (size_t i = 0; i < JSON_COUNT(actors); i++) {
      const struct condition *condition = NULL;
      bool some = !err_is(conversation_of_reach(f->arena, &actors[i], &condition));
      for (int64_t owner = 0; owner <= 2; owner++) {
        struct conversation_row row = {.id = 1, .assignee_id = owner};
        struct subject about = {SUBJECT_CONVERSATION, row.id, owner};
        bool in_list = some && (!condition || condition_match(&conversation_noun, condition, &row,
                                                              actor_operator_id(&actors[i])) == CONDITION_YES);
        assert_int_equal(in_list, may(&actors[i], MAY_CONVERSATION_READ, &about));
        listed += in_list;
      }
    }
  }
  access_assume_none();
  assert_int_equal(listed, 2 + 6 + 9); /* own ones, all of two operators, and the system's for each reach */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_BOTH(every_filter_pages_without_gap_or_repetition),
      ON_BOTH(the_snoozed_come_in_the_order_in_which_they_wake),
      ON_BOTH(a_row_of_the_list_is_the_conversation_as_fetched_alone),
      ON_BOTH(every_column_is_saved_and_read_as_itself),
      ON_BOTH(counts_and_statistics_agree_with_the_rows),
      ON_BOTH(counts_end_one_above_the_cap),
      ON_BOTH(a_search_that_finds_many_customers_misses_none_of_a_filter),
      ON_SQLITE(what_a_reach_lists_is_what_may_allows),
      ON_BOTH(marks_are_looked_up_once_a_row),
      ON_SQLITE(no_page_is_sorted),
  };
  return FIXTURE_RUN(tests);
}
