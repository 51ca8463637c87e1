/* Presses of buttons: they count as writing, once. */
#include "desk/desk_fixture.h"

struct press_ctx {
  struct fixture *f;
  const char *message, *data;
  bool stale;
  enum press_outcome outcome;
};

static err press_run(db_conn *c, void *arg) {
  struct press_ctx *p = arg;
  struct inbound_message m = fixture_text("", p->data);
  struct message_press what = {str_c(p->data), p->stale};
  m.external_id = STR_NONE;
  m.kind = MESSAGE_PRESS;
  m.reply_to_external_id = str_c(p->message);
  m.details.press = message_detail(db_conn_arena(c), &message_press_shape, &what);
  return conversation_pressed(&p->f->desk, c, &m, &what, &p->outcome);
}

static enum press_outcome press(struct fixture *f, const char *message, const char *data, bool stale) {
  struct press_ctx p = {.f = f, .message = message, .data = data, .stale = stale};
  assert_ok(desk_write(&f->desk, press_run, &p));
  return p.outcome;
}

/* A conversation with an answer that has the external id 50. */
static void answered(struct fixture *f) {
  fixture_writes(f, "1", "Hello");
  struct reply r = {.conversation_id = 1, .by = actor_operator(fixture_operator(f, "ann")), .text = S("Well?")};
  struct message_row m;
  bool repeated;
  assert_ok(conversation_reply(&f->desk, &r, f->arena, &m, &repeated));
  fixture_exec(f, "UPDATE message SET external_id = '50' WHERE direction = 'out'");
}

static const char presses[] = "SELECT count(*) FROM message WHERE kind = 'press'";

static void a_press_counts_reopens_and_names_its_message(void **state) {
  struct fixture *f = *state;
  answered(f);
  fixture_exec(f, "UPDATE conversation SET status = 'closed', assignee_id = NULL, closed_at = 5");
  assert_int_equal(press(f, "50", "yes", false), PRESS_TAKEN);
  assert_rows(f, "SELECT status || ' ' || inbound_count FROM conversation", "waiting 2");
  assert_rows(f,
              "SELECT p.direction || ' ' || p.text || ' ' || p.actor || ' ' || q.text FROM message AS p JOIN message "
              "AS q ON q.id = "
              "p.reply_to_id WHERE p.kind = 'press'",
              "in yes customer Well?");
}

static void the_same_press_again_is_no_second_answer_but_another_one_is(void **state) {
  struct fixture *f = *state;
  answered(f);
  assert_int_equal(press(f, "50", "yes", false), PRESS_TAKEN);
  assert_int_equal(press(f, "50", "yes", false), PRESS_REPEATED);
  assert_int_equal(fixture_number(f, presses), 1);
  assert_int_equal(press(f, "50", "no", false), PRESS_TAKEN);
  assert_int_equal(press(f, "50", "yes", false), PRESS_TAKEN);
  assert_int_equal(fixture_number(f, presses), 3);
  assert_int_equal(fixture_number(f, "SELECT inbound_count FROM conversation"), 4);
}

static void who_presses_in_turn_is_heard_ten_times_a_minute(void **state) {
  struct fixture *f = *state;
  answered(f);
  for (int i = 0; i < 10; i++) assert_int_equal(press(f, "50", i % 2 ? "no" : "yes", false), PRESS_TAKEN);
  assert_int_equal(press(f, "50", "yes", false), PRESS_TOO_MANY);
  assert_int_equal(press(f, "50", "no", false), PRESS_REPEATED);
  assert_int_equal(fixture_number(f, presses), 10);
  fixture_exec(f, "UPDATE message SET created_at = created_at - 61000");
  assert_int_equal(press(f, "50", "yes", false), PRESS_TAKEN);
}

static void a_stale_press_is_stored_once_and_said_each_time(void **state) {
  struct fixture *f = *state;
  answered(f);
  assert_int_equal(press(f, "50", "old", true), PRESS_STALE);
  assert_int_equal(press(f, "50", "old", true), PRESS_STALE);
  assert_int_equal(fixture_number(f, presses), 1);
}

static void a_press_under_an_unknown_message_or_of_a_new_customer_is_a_message(void **state) {
  struct fixture *f = *state;
  assert_int_equal(press(f, "70", "yes", false), PRESS_TAKEN);
  assert_int_equal(press(f, "70", "yes", false), PRESS_TAKEN); /* nothing says that it is the same message */
  assert_rows(f, "SELECT status || ' ' || inbound_count FROM conversation", "waiting 2");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_BOTH(a_press_counts_reopens_and_names_its_message),
      ON_BOTH(the_same_press_again_is_no_second_answer_but_another_one_is),
      ON_BOTH(who_presses_in_turn_is_heard_ten_times_a_minute),
      ON_BOTH(a_stale_press_is_stored_once_and_said_each_time),
      ON_BOTH(a_press_under_an_unknown_message_or_of_a_new_customer_is_a_message),
  };
  return FIXTURE_RUN(tests);
}
