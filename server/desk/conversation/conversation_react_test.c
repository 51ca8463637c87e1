/* Reactions: whose they are, in what order they hold, and that they move nothing. */
#include "desk/desk_fixture.h"

struct react_ctx {
  struct fixture *f;
  struct inbound_reactions r;
  bool kept;
};

static err react_run(db_conn *c, void *arg) {
  struct react_ctx *x = arg;
  return conversation_reacted(&x->f->desk, c, &x->r, &x->kept);
}

/* The customer's reactions to the message with this external id are now these, up to a NULL. */
static bool react(struct fixture *f, const char *message, int64_t at, int64_t no, const char *const emojis[]) {
  str list[40];
  size_t count = 0;
  while (emojis[count]) list[count] = str_c(emojis[count]), count++;
  struct react_ctx x = {.f = f, .r = {S(FIXTURE_CHANNEL), S("777"), S("1001"), str_c(message), list, count, at, no}};
  assert_ok(desk_write(&f->desk, react_run, &x));
  return x.kept;
}
#define REACT(f, message, at, no, ...) react(f, message, at, no, (const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

static const char stored[] = "SELECT coalesce(reactions, '') FROM message ORDER BY id LIMIT 1";

static void reactions_are_replaced_and_taken_back_with_one_event_each(void **state) {
  struct fixture *f = *state;
  fixture_writes(f, "1", "Hello");
  const char *updates = "SELECT count(*) FROM event WHERE type = 'message_update'";
  assert_true(REACT(f, "1", 10, 1, "👍"));
  assert_rows(f, stored, "[{\"by\":\"customer\",\"emoji\":\"👍\"}]");
  assert_true(REACT(f, "1", 11, 2, "🔥", "👌", "🔥"));
  assert_rows(f, stored, "[{\"by\":\"customer\",\"emoji\":\"🔥\"},{\"by\":\"customer\",\"emoji\":\"👌\"}]");
  assert_int_equal(fixture_number(f, updates), 2);
  assert_true(REACT(f, "1", 12, 3, "🔥", "👌"));
  assert_int_equal(fixture_number(f, updates), 2); /* nothing visible changed */
  assert_true(REACT(f, "1", 13, 4));
  assert_rows(f, stored, "");
  assert_int_equal(fixture_number(f, updates), 3);
}

static void an_older_change_that_arrives_later_is_dropped(void **state) {
  struct fixture *f = *state;
  fixture_writes(f, "1", "Hello");
  assert_true(REACT(f, "1", 20, 5, "👍"));
  assert_true(REACT(f, "1", 19, 6, "👎"));
  assert_true(REACT(f, "1", 20, 4, "👎"));
  assert_rows(f, stored, "[{\"by\":\"customer\",\"emoji\":\"👍\"}]");
  assert_true(REACT(f, "1", 20, 6, "👎"));
  assert_rows(f, stored, "[{\"by\":\"customer\",\"emoji\":\"👎\"}]");
}

static void a_reaction_neither_reopens_nor_counts_nor_moves(void **state) {
  struct fixture *f = *state;
  fixture_writes(f, "1", "Hello");
  fixture_exec(f, "UPDATE conversation SET status = 'closed', closed_at = 5");
  const char *row =
      "SELECT status || ' ' || inbound_count || ' ' || updated_at || ' ' || last_message_id FROM conversation";
  str before = fixture_ask(f, row);
  assert_true(REACT(f, "1", 10, 1, "👍"));
  assert_str(fixture_ask(f, row), before.ptr);
}

static void a_reaction_to_an_unknown_message_or_of_a_stranger_is_not_kept(void **state) {
  struct fixture *f = *state;
  assert_false(REACT(f, "1", 10, 1, "👍"));
  fixture_writes(f, "1", "Hello");
  assert_false(REACT(f, "2", 10, 1, "👍"));
}

struct ours_ctx {
  int64_t id;
  str emoji;
  bool changed;
};
static err ours_run(db_conn *c, void *arg) {
  struct ours_ctx *o = arg;
  struct message_reactions to = {.by = REACTOR_OPERATOR, .emojis = &o->emoji, .count = o->emoji.len ? 1 : 0};
  return message_react(c, o->id, &to, db_conn_arena(c), &o->changed);
}

static void the_two_sides_do_not_touch_each_other(void **state) {
  struct fixture *f = *state;
  fixture_writes(f, "1", "Hello");
  struct ours_ctx ours = {.id = fixture_number(f, "SELECT id FROM message"), .emoji = S("❤")};
  assert_true(REACT(f, "1", 10, 1, "👍"));
  assert_ok(desk_write(&f->desk, ours_run, &ours));
  assert_true(ours.changed);
  assert_true(REACT(f, "1", 11, 2, "🔥"));
  assert_rows(f, stored, "[{\"by\":\"operator\",\"emoji\":\"❤\"},{\"by\":\"customer\",\"emoji\":\"🔥\"}]");
  ours.emoji = S("");
  assert_ok(desk_write(&f->desk, ours_run, &ours));
  assert_rows(f, stored, "[{\"by\":\"customer\",\"emoji\":\"🔥\"}]");
  ours.id = 999;
  assert_err(desk_write(&f->desk, ours_run, &ours), ERR_NOT_FOUND);
}

static void more_than_fit_are_cut_and_too_long_ones_left_out(void **state) {
  struct fixture *f = *state;
  fixture_writes(f, "1", "Hello");
  char names[40][16];
  const char *many[41] = {NULL};
  for (int i = 0; i < 30; i++) snprintf(names[i], sizeof names[i], "%02d", i), many[i] = names[i];
  assert_true(react(f, "1", 10, 1, many));
  str json = fixture_ask(f, stored);
  assert_true(str_contains(json, S("\"15\"")) && !str_contains(json, S("\"16\"")));
  char longer[80];
  memset(longer, 'x', sizeof longer - 1);
  longer[sizeof longer - 1] = 0;
  assert_true(REACT(f, "1", 11, 2, longer, "👍"));
  assert_rows(f, stored, "[{\"by\":\"customer\",\"emoji\":\"👍\"}]");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_BOTH(reactions_are_replaced_and_taken_back_with_one_event_each),
      ON_BOTH(an_older_change_that_arrives_later_is_dropped),
      ON_BOTH(a_reaction_neither_reopens_nor_counts_nor_moves),
      ON_BOTH(a_reaction_to_an_unknown_message_or_of_a_stranger_is_not_kept),
      ON_BOTH(the_two_sides_do_not_touch_each_other),
      ON_BOTH(more_than_fit_are_cut_and_too_long_ones_left_out),
  };
  return FIXTURE_RUN(tests);
}
