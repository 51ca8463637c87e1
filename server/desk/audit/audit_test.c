/* The audit in the database: what is added is read, newest first, page by page. */
#include "desk/audit/audit.h"

#include "desk/desk_fixture.h"
#include "desk/names.h"

struct step_ctx {
  struct fixture *f;
  struct actor by;
  enum audit_action action;
  enum audit_part part;
  int64_t before;
  size_t limit, count;
  struct audit_row *rows;
};
static err add(db_conn *c, void *arg) {
  struct step_ctx *s = arg;
  return audit_add(c, s->by, s->action, S("operator:7"), S("detail"), S("10.0.0.1"), desk_now(&s->f->desk));
}
static err page(db_conn *c, void *arg) {
  struct step_ctx *s = arg;
  return audit_page(c, s->part, s->before, s->limit, s->f->arena, &s->rows, &s->count);
}

static void does(struct fixture *f, int64_t operator_id, enum audit_action action) {
  f->clock.now_ms += 1000;
  assert_ok(desk_write(&f->desk, add, &(struct step_ctx){.f = f, .by = actor_operator(operator_id), .action = action}));
}

/* "id:action id:action": what a page holds. */
static str shown(struct fixture *f, enum audit_part part, int64_t before, size_t limit) {
  struct step_ctx s = {.f = f, .part = part, .before = before, .limit = limit};
  str out = S("");
  assert_ok(db_read(f->desk.db, page, &s));
  for (size_t i = 0; i < s.count; i++) {
    str action = names_text(&audit_action_names, s.rows[i].action);
    out =
        arena_printf(f->arena, "%.*s%s%lld:%.*s", STR_ARG(out), i ? " " : "", (long long)s.rows[i].id, STR_ARG(action));
  }
  return out;
}

static void entries_are_read_newest_first_page_by_page(void **state) {
  struct fixture *f = *state;
  does(f, 3, AUDIT_OPERATOR_SIGNED_IN);
  does(f, 3, AUDIT_BOT_TOKEN_SET);
  does(f, 0, AUDIT_KEY_REPLACED);
  does(f, 4, AUDIT_OPERATOR_SIGNED_IN);
  assert_str(shown(f, AUDIT_ALL, INT64_MAX, 3), "4:operator.signed_in 3:key.replaced 2:bot.token_set");
  assert_str(shown(f, AUDIT_ALL, 2, 3), "1:operator.signed_in");
  assert_str(shown(f, AUDIT_CHANGES, INT64_MAX, 1), "3:key.replaced");
  assert_str(shown(f, AUDIT_CHANGES, 3, 5), "2:bot.token_set");
  assert_str(shown(f, AUDIT_SIGN_INS, INT64_MAX, 5), "4:operator.signed_in 1:operator.signed_in");
}

static void an_entry_says_who_what_when_and_from_where(void **state) {
  struct fixture *f = *state;
  does(f, 3, AUDIT_OPERATOR_CREATED);
  does(f, 0, AUDIT_KEY_REPLACED);
  fixture_exec(f, "INSERT INTO audit (actor, actor_id, action, created_at) VALUES ('robot', 1, 'of.tomorrow', 5)");
  struct step_ctx s = {.f = f, .part = AUDIT_ALL, .before = INT64_MAX, .limit = 9};
  assert_ok(db_read(f->desk.db, page, &s));
  assert_int_equal(s.count, 3);
  buf b;
  buf_init(&b, 1 << 16);
  json_encode_list(&b, &audit_shape, s.rows, s.count, JSON_SNAKE);
  assert_str(
      buf_borrow(&b),
      "[{\"id\":3,\"actor\":null,\"actor_id\":1,\"action\":null,\"target\":\"\",\"detail\":\"\",\"address\":\"\","
      "\"created_at\":\"1970-01-01T00:00:00.005Z\"},"
      "{\"id\":2,\"actor\":\"system\",\"actor_id\":null,\"action\":\"key.replaced\",\"target\":\"operator:7\","
      "\"detail\":\"detail\",\"address\":\"10.0.0.1\",\"created_at\":\"2027-01-15T08:00:02.000Z\"},"
      "{\"id\":1,\"actor\":\"operator\",\"actor_id\":3,\"action\":\"operator.created\",\"target\":\"operator:7\","
      "\"detail\":\"detail\",\"address\":\"10.0.0.1\",\"created_at\":\"2027-01-15T08:00:01.000Z\"}]");
  buf_free(&b);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_BOTH(entries_are_read_newest_first_page_by_page),
      ON_BOTH(an_entry_says_who_what_when_and_from_where),
  };
  return FIXTURE_RUN(tests);
}
