/* What operators do to an answer that was sent: requests, how they end, and one that comes while another is being tried. */
#include "desk/message/message_internal.h"

#include "desk/desk_fixture.h"

struct step_ctx {
  err (*fn)(db_conn *c, struct step_ctx *s);
  int64_t id, no, now_ms;
  enum message_change_what what;
  str error;
  bool again;
};

static err run_step(db_conn *c, void *arg) {
  struct step_ctx *s = arg;
  return s->fn(c, s);
}
static err request(db_conn *c, struct step_ctx *s) { return message_change_request(c, s->id, s->what); }
static err finish(db_conn *c, struct step_ctx *s) {
  return message_change_end(c, s->id, s->what, s->no, s->error, s->now_ms, &s->again);
}

static void requested(struct fixture *f, int64_t id, enum message_change_what what) {
  assert_ok(db_write(f->desk.db, run_step, &(struct step_ctx){.fn = request, .id = id, .what = what}));
}
/* Returns whether it must be done again. */
static bool ended(struct fixture *f, int64_t id, enum message_change_what what, int64_t no, str error) {
  struct step_ctx s = {.fn = finish, .id = id, .what = what, .no = no, .error = error, .now_ms = 5000};
  assert_ok(db_write(f->desk.db, run_step, &s));
  return s.again;
}

struct look_ctx {
  int64_t id;
  struct message_row *m;
  arena *a;
};
static err look(db_conn *c, void *arg) {
  struct look_ctx *l = arg;
  return message_get(c, l->id, l->a, l->m);
}
static struct message_row message_now(struct fixture *f, int64_t id) {
  struct message_row m;
  assert_ok(db_read(f->desk.db, look, &(struct look_ctx){id, &m, f->arena}));
  return m;
}
static bool waits(struct fixture *f, int64_t id, enum message_change_what what, int64_t *no) {
  struct message_row m = message_now(f, id);
  return message_change_waits(&m, what, f->arena, no);
}
static bool shows(struct fixture *f, int64_t id, const char *part) {
  struct message_row m = message_now(f, id);
  return str_contains(str_or_empty(m.change_json), str_c(part));
}

/* An answer in the usual customer's conversation. */
static int64_t sent_answer(struct fixture *f) {
  struct message_row m;
  bool repeated;
  fixture_writes(f, "1", "Hello");
  struct reply r = {.conversation_id = 1, .by = actor_operator(fixture_operator(f, "ann")), .text = S("Good morning.")};
  assert_ok(conversation_reply(&f->desk, &r, f->arena, &m, &repeated));
  return m.id;
}

static void a_request_waits_until_it_has_ended(void **state) {
  struct fixture *f = *state;
  int64_t id = sent_answer(f), no = -1;
  assert_false(waits(f, id, CHANGE_EDIT, &no));
  assert_null(message_now(f, id).change_json.ptr);
  requested(f, id, CHANGE_EDIT);
  assert_true(waits(f, id, CHANGE_EDIT, &no));
  assert_int_equal(no, 1);
  assert_false(waits(f, id, CHANGE_PIN, &no));
  assert_true(shows(f, id, "\"edit\"") && shows(f, id, "\"queued\""));
  assert_false(ended(f, id, CHANGE_EDIT, 1, STR_NONE));
  assert_false(waits(f, id, CHANGE_EDIT, &no));
  assert_null(message_now(f, id).change_json.ptr);
  assert_rows(f, "SELECT changes FROM message WHERE direction = 'out'", "-");
}

static void a_refusal_is_shown_until_the_next_request(void **state) {
  struct fixture *f = *state;
  int64_t id = sent_answer(f), no = 0;
  requested(f, id, CHANGE_EDIT);
  assert_false(ended(f, id, CHANGE_EDIT, 1, S("The message is too old.")));
  assert_false(waits(f, id, CHANGE_EDIT, &no));
  assert_true(shows(f, id, "\"failed\"") && shows(f, id, "The message is too old."));
  requested(f, id, CHANGE_EDIT);
  assert_true(waits(f, id, CHANGE_EDIT, &no));
  assert_int_equal(no, 2);
  assert_false(shows(f, id, "too old"));
}

static void a_request_during_a_try_is_done_again_and_its_end_counts(void **state) {
  struct fixture *f = *state;
  int64_t id = sent_answer(f), no = 0;
  requested(f, id, CHANGE_EDIT);
  requested(f, id, CHANGE_EDIT); /* while the first is being tried */
  assert_true(ended(f, id, CHANGE_EDIT, 1, S("refused")));
  assert_true(waits(f, id, CHANGE_EDIT, &no)); /* the first one's end is nobody's */
  assert_int_equal(no, 2);
  assert_false(ended(f, id, CHANGE_EDIT, 2, STR_NONE));
  assert_false(waits(f, id, CHANGE_EDIT, &no));
}

static void an_end_of_any_request_ends_the_last(void **state) {
  struct fixture *f = *state;
  int64_t id = sent_answer(f), no = 0;
  requested(f, id, CHANGE_PIN);
  requested(f, id, CHANGE_PIN);
  assert_false(ended(f, id, CHANGE_PIN, 0, STR_NONE));
  assert_false(waits(f, id, CHANGE_PIN, &no));
}

static void kinds_of_changes_do_not_disturb_one_another(void **state) {
  struct fixture *f = *state;
  int64_t id = sent_answer(f), no = 0;
  requested(f, id, CHANGE_EDIT);
  requested(f, id, CHANGE_PIN);
  assert_false(ended(f, id, CHANGE_EDIT, 1, S("refused")));
  assert_true(waits(f, id, CHANGE_PIN, &no));
  assert_true(shows(f, id, "\"edit\"")); /* tells more than a pin */
  requested(f, id, CHANGE_DELETE);
  assert_true(shows(f, id, "\"delete\"")); /* tells more than both */
}

static void a_deleted_message_is_gone_and_nothing_waits_for_it(void **state) {
  struct fixture *f = *state;
  int64_t id = sent_answer(f), no = 0;
  requested(f, id, CHANGE_EDIT);
  requested(f, id, CHANGE_DELETE);
  assert_false(ended(f, id, CHANGE_DELETE, 1, STR_NONE));
  assert_int_equal(message_now(f, id).deleted_at, 5000);
  assert_false(waits(f, id, CHANGE_EDIT, &no));
  assert_false(ended(f, id, CHANGE_EDIT, 1, S("no such message")));
  assert_null(message_now(f, id).change_json.ptr);
}

static void a_refused_deletion_leaves_the_message(void **state) {
  struct fixture *f = *state;
  int64_t id = sent_answer(f);
  requested(f, id, CHANGE_DELETE);
  assert_false(ended(f, id, CHANGE_DELETE, 1, S("48 hours have passed.")));
  assert_int_equal(message_now(f, id).deleted_at, 0);
  assert_true(shows(f, id, "48 hours"));
}

static void a_message_that_does_not_exist_is_an_error(void **state) {
  struct fixture *f = *state;
  struct step_ctx s = {.fn = request, .id = 4711, .what = CHANGE_PIN};
  assert_err(db_write(f->desk.db, run_step, &s), ERR_NOT_FOUND);
}

static void an_unreadable_column_is_an_empty_one(void **state) {
  (void)state;
  static const char *const texts[] = {"", "[", "{}",
                                      "[{\"what\":\"dance\",\"state\":\"queued\",\"error\":null,\"no\":1}]"};
  arena *a = arena_new(0);
  for (size_t i = 0; i < JSON_COUNT(texts); i++) {
    struct message_changes ch;
    message_changes_read(str_c(texts[i]), a, &ch);
    for (int what = 0; what < CHANGE_WHATS; what++) assert_false(ch.set[what]);
  }
  arena_free(&a);
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      ON_BOTH(a_request_waits_until_it_has_ended),
      ON_SQLITE(a_refusal_is_shown_until_the_next_request),
      ON_SQLITE(a_request_during_a_try_is_done_again_and_its_end_counts),
      ON_SQLITE(an_end_of_any_request_ends_the_last),
      ON_SQLITE(kinds_of_changes_do_not_disturb_one_another),
      ON_BOTH(a_deleted_message_is_gone_and_nothing_waits_for_it),
      ON_SQLITE(a_refused_deletion_leaves_the_message),
      ON_SQLITE(a_message_that_does_not_exist_is_an_error),
      PURE(an_unreadable_column_is_an_empty_one),
  };
  return FIXTURE_RUN(tests);
}
