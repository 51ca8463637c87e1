/* The first contact and blocked customers, on both engines. */
#include "desk/account/account.h"
#include "desk/desk_fixture.h"
#include "desk/staff/staff.h"

enum { SECOND_MS = 1000, MINUTE_MS = 60 * SECOND_MS };

static void meets(struct fixture *f, const char *how) {
  fixture_exec(f, arena_printf(f->arena,
                               "INSERT INTO account (id, channel, position, name, username, source, updates, "
                               "first_contact, block_text, created_at, updated_at) VALUES (1, '%s', 1, '', '', "
                               "'panel', 'auto', '%s', 'You are blocked', 1, 1)",
                               FIXTURE_CHANNEL, how)
                      .ptr);
}

static void set(struct fixture *f, const char *how) {
  fixture_exec(f, arena_printf(f->arena, "UPDATE account SET first_contact = '%s'", how).ptr);
}

static void writes_of(struct fixture *f, const char *account, const char *id, const char *text) {
  struct inbound_message m = fixture_text(id, text);
  m.from.account = str_c(account);
  f->clock.now_ms += SECOND_MS;
  assert_ok(fixture_receive(f, &m));
}

static void writes(struct fixture *f, const char *id, const char *text) { writes_of(f, "1", id, text); }

struct press_ctx {
  struct fixture *f;
  str data;
  enum press_outcome outcome;
};

static err press_run(db_conn *c, void *arg) {
  struct press_ctx *p = arg;
  return conversation_contact_pressed(&p->f->desk, c, S(FIXTURE_CHANNEL), S("1"), S("1001"), p->data, &p->outcome);
}

static enum press_outcome press(struct fixture *f, str data) {
  struct press_ctx p = {.f = f, .data = data};
  f->clock.now_ms += SECOND_MS;
  assert_ok(desk_write(&f->desk, press_run, &p));
  return p.outcome;
}

/* The data of a button of the question asked last: of the right answer, or of another. */
static str data_of(struct fixture *f, bool right) {
  int64_t round = fixture_number(f, "SELECT round FROM contact_check");
  int64_t answer = fixture_number(f, "SELECT answer FROM contact_check");
  return arena_printf(f->arena, "desk:contact:%lld:%lld", (long long)round, (long long)(right ? answer : answer + 1));
}

static const char state[] = "SELECT status, spam_reason, inbound_count FROM conversation";
static const char said[] = "SELECT count(*) FROM message WHERE direction = 'out'";
static const char copies[] = "SELECT j.subject_id FROM job AS j WHERE j.kind = 'outbox.copy' ORDER BY j.id";

static void a_new_customer_presses_a_button_before_the_desk_sees_them(void **any) {
  struct fixture *f = *any;
  meets(f, "button");
  f->desk.staff = staff_new();
  staff_open(&f->desk, S(FIXTURE_CHANNEL), S("777"), STR_NONE);
  writes(f, "1", "Hello");
  writes(f, "2", "Anybody?");
  assert_rows(f, state, "waiting|unproven|2");
  assert_rows(f, said, "1");
  assert_rows(f, copies, "");
  assert_rows(f, "SELECT kind FROM job", "outbox.answer");
  assert_int_equal(press(f, data_of(f, true)), PRESS_PASSED);
  assert_rows(f, state, "waiting|-|2");
  assert_rows(f, "SELECT action FROM message WHERE kind = 'system' ORDER BY id", "held\npassed");
  assert_rows(
      f,
      "SELECT m.text FROM job AS j JOIN message AS m ON m.id = j.subject_id WHERE j.kind = 'outbox.copy' ORDER BY j.id",
      "Hello\nAnybody?");
  assert_rows(f, said, "2");
  assert_int_equal(press(f, data_of(f, true)), PRESS_PASSED); /* again */
  writes(f, "3", "Thank you");
  assert_rows(f, state, "waiting|-|3");
  assert_rows(f, said, "2");
  assert_int_equal(fixture_number(f, "SELECT count(*) FROM message WHERE kind = 'press'"), 0);
  staff_free(&f->desk.staff);
}

static void three_wrong_answers_mean_a_wait_and_another_sum(void **any) {
  struct fixture *f = *any;
  meets(f, "sum");
  writes(f, "1", "Hello");
  str first = data_of(f, true);
  for (int i = 0; i < 2; i++) assert_int_equal(press(f, data_of(f, false)), PRESS_WRONG);
  assert_int_equal(press(f, first), PRESS_STALE); /* the right answer of the first question */
  assert_int_equal(press(f, data_of(f, false)), PRESS_WAIT);
  assert_int_equal(press(f, data_of(f, true)), PRESS_WAIT); /* of no question */
  assert_rows(f, state, "waiting|unproven|1");
  assert_rows(f, said, "4"); /* three questions and the wait */
  writes(f, "2", "Please");
  assert_rows(f, said, "4");
  f->clock.now_ms += 5 * MINUTE_MS;
  writes(f, "3", "Now?");
  assert_rows(f, said, "5");
  assert_int_equal(press(f, data_of(f, true)), PRESS_PASSED);
  assert_rows(f, state, "waiting|-|3");
  assert_rows(f, "SELECT text FROM message WHERE direction = 'in' ORDER BY id", "Hello\nPlease\nNow?");
}

static void a_question_asked_again_gives_no_more_tries(void **any) {
  struct fixture *f = *any;
  meets(f, "sum");
  writes(f, "1", "Hello");
  for (int i = 0; i < 2; i++) assert_int_equal(press(f, data_of(f, false)), PRESS_WRONG);
  f->clock.now_ms += MINUTE_MS;
  writes(f, "2", "Once more");
  assert_rows(f, said, "4"); /* the question has been asked again */
  assert_int_equal(press(f, data_of(f, false)), PRESS_WAIT);
  f->clock.now_ms += 5 * MINUTE_MS;
  writes(f, "3", "Now?");
  assert_int_equal(press(f, data_of(f, false)), PRESS_WRONG); /* the first of three again */
}

static void a_sum_has_its_answer_among_its_buttons(void **any) {
  struct fixture *f = *any;
  meets(f, "sum");
  for (int i = 0; i < 200; i++) {
    writes(f, arena_printf(f->arena, "%d", i + 1).ptr, "Hello");
    str text = fixture_ask(f, "SELECT text FROM message WHERE direction = 'out' ORDER BY id DESC LIMIT 1");
    str json = fixture_ask(f, "SELECT buttons FROM message WHERE direction = 'out' ORDER BY id DESC LIMIT 1");
    long long round = fixture_number(f, "SELECT round FROM contact_check");
    long long answer = fixture_number(f, "SELECT answer FROM contact_check");
    int one = 0, other = 0;
    const char *sum = strrchr(text.ptr, '\n');
    assert_int_equal(sscanf(sum, "\n%d + %d = ?", &one, &other), 2);
    assert_int_equal(one + other, answer);
    str wanted = arena_printf(f->arena, "\"desk:contact:%lld:%lld\"", round, answer);
    if (!strstr(json.ptr, wanted.ptr)) fail_msg("%.*s not in %s", STR_ARG(wanted), json.ptr);
    f->clock.now_ms += MINUTE_MS;
  }
}

static void who_is_known_is_not_asked(void **any) {
  struct fixture *f = *any;
  meets(f, "none");
  fixture_exec(f, "INSERT INTO account (id, channel, position, name, username, source, updates, first_contact, "
                  "created_at, updated_at) VALUES (2, '" FIXTURE_CHANNEL "', 2, '', '', 'panel', 'auto', 'sum', 1, 1)");
  writes(f, "1", "Hello");
  set(f, "button");
  writes(f, "2", "Again");
  assert_rows(f, "SELECT count(*) FROM conversation WHERE spam_at IS NOT NULL", "0");
  writes_of(f, "2", "1", "Another bot");
  assert_rows(f, "SELECT count(*) FROM conversation WHERE spam_at IS NOT NULL", "0");
  fixture_exec(f, "UPDATE conversation SET spam_at = 1, spam_reason = 'unproven'");
  fixture_exec(f, "UPDATE conversation SET inbound_count = 0 WHERE id = 2");
  fixture_exec(f, "UPDATE conversation SET spam_at = NULL, spam_reason = NULL WHERE id = 2");
  writes_of(f, "2", "2", "Known there only as spam");
  assert_rows(f, "SELECT spam_reason FROM conversation WHERE id = 2", "unproven");
}

static err start_run(db_conn *c, void *arg) {
  struct fixture *f = arg;
  struct inbound_message m = fixture_text("90", "/start");
  m.from.account = S("1");
  return conversation_started(&f->desk, c, &m, STR_NONE);
}

struct steer_ctx {
  struct fixture *f;
  const char *pressed;
  enum conversation_verb verb;
  enum press_outcome outcome;
};

static err steer_run(db_conn *c, void *arg) {
  struct steer_ctx *s = arg;
  return conversation_steered(&s->f->desk, c, S(FIXTURE_CHANNEL), S("1"), S("1001"), str_c(s->pressed), s->verb,
                              &s->outcome);
}

static enum press_outcome steer(struct fixture *f, const char *pressed, enum conversation_verb verb) {
  struct steer_ctx s = {.f = f, .pressed = pressed, .verb = verb};
  assert_ok(desk_write(&f->desk, steer_run, &s));
  return s.outcome;
}

/* A client can send the data of a button that nobody has shown to it. */
static void a_forged_press_of_a_card_leads_past_nothing(void **any) {
  struct fixture *f = *any;
  meets(f, "button");
  assert_ok(desk_write(&f->desk, start_run, f));
  assert_rows(f, "SELECT status, inbound_count FROM conversation", "snoozed|0");
  assert_int_equal(steer(f, "90", COMMAND_CLOSE), PRESS_STALE);
  assert_int_equal(steer(f, "90", COMMAND_REOPEN), PRESS_STALE);
  assert_rows(f, "SELECT status, inbound_count FROM conversation", "snoozed|0");
  fixture_exec(f, "UPDATE conversation SET status = 'closed'"); /* by an operator */
  writes(f, "1", "Hello");
  assert_rows(f, state, "waiting|unproven|1");
  fixture_exec(f, "UPDATE conversation SET spam_at = NULL, spam_reason = NULL");
  assert_int_equal(steer(f, "90", COMMAND_CLOSE), PRESS_STALE); /* there is no card */
  fixture_exec(f,
               "INSERT INTO card (customer_id, account, external_id, changes) SELECT id, '1', '91', 1 FROM customer");
  assert_int_equal(steer(f, "90", COMMAND_CLOSE), PRESS_STALE); /* another message */
  fixture_exec(f, "UPDATE customer SET banned_at = 1");
  assert_int_equal(steer(f, "91", COMMAND_CLOSE), PRESS_STALE);
  fixture_exec(f, "UPDATE customer SET banned_at = NULL");
  assert_int_equal(steer(f, "91", COMMAND_CLOSE), PRESS_TAKEN);
  assert_rows(f, "SELECT status FROM conversation", "closed");
}

static void who_is_blocked_starts_in_spam(void **any) {
  struct fixture *f = *any;
  meets(f, "none");
  writes(f, "1", "Hello");
  fixture_exec(f, "UPDATE customer SET banned_at = 1");
  fixture_exec(f, "DELETE FROM message");
  fixture_exec(f, "DELETE FROM conversation");
  assert_ok(desk_write(&f->desk, start_run, f));
  assert_rows(f, "SELECT status, spam_reason FROM conversation", "snoozed|blocked");
}

static void nothing_is_asked_any_more_lets_the_next_message_in(void **any) {
  struct fixture *f = *any;
  meets(f, "sum");
  writes(f, "1", "Hello");
  set(f, "none");
  writes(f, "2", "Again");
  assert_rows(f, state, "waiting|-|2");
}

static void who_does_not_pass_is_let_in_by_an_operator(void **any) {
  struct fixture *f = *any;
  int64_t ann = fixture_operator(f, "ann");
  meets(f, "sum");
  writes(f, "1", "Hello");
  struct conversation_spam o = {.conversation_id = 1, .by = actor_operator(ann), .address = S("192.0.2.1")};
  struct conversation_row row;
  assert_ok(conversation_spam(&f->desk, &o, f->arena, &row));
  assert_rows(f, state, "waiting|-|1");
  assert_rows(f, "SELECT action, operator_id FROM message WHERE kind = 'system' ORDER BY id", "held|-\npassed|1");
  assert_rows(f, "SELECT action FROM audit", "customer.let_in");
  assert_int_equal(press(f, data_of(f, true)), PRESS_PASSED);
  assert_rows(f, "SELECT count(*) FROM message WHERE action = 'passed'", "1");
}

static err block(struct fixture *f, int64_t operator_id, bool blocked) {
  struct conversation_block o = {.customer_id = 1,
                                 .by = {.kind = ACTOR_OPERATOR, .role = ROLE_SENIOR_OPERATOR, .id = operator_id},
                                 .blocked = blocked,
                                 .address = S("192.0.2.1")};
  struct customer_row row;
  err e = conversation_block(&f->desk, &o, f->arena, &row);
  if (!err_is(e)) assert_int_equal(row.banned_at != 0, blocked);
  return e;
}

static void a_blocked_customer_is_told_once_a_block_and_comes_back_with_what_they_wrote(void **any) {
  struct fixture *f = *any;
  int64_t ann = fixture_operator(f, "ann");
  meets(f, "none");
  assert_err(block(f, ann, true), ERR_NOT_FOUND);
  writes(f, "1", "Hello");
  f->desk.staff = staff_new();
  staff_open(&f->desk, S(FIXTURE_CHANNEL), S("777"), STR_NONE);
  for (int i = 0; i < 2; i++) assert_ok(block(f, ann, true));
  assert_rows(f, said, "0");
  writes(f, "2", "Why?");
  writes(f, "3", "Answer me");
  assert_rows(f, "SELECT text FROM message WHERE direction = 'out'", "You are blocked");
  assert_rows(f, state, "waiting|blocked|3");
  assert_rows(f, copies, "");
  struct conversation_spam o = {.conversation_id = 1, .by = actor_operator(ann)};
  struct conversation_row row;
  assert_err(conversation_spam(&f->desk, &o, f->arena, &row), ERR_CONFLICT);
  for (int i = 0; i < 2; i++) assert_ok(block(f, ann, false));
  assert_rows(f, state, "waiting|-|3");
  assert_rows(f, "SELECT action, operator_id FROM message WHERE kind = 'system' ORDER BY id", "banned|1\nunbanned|1");
  assert_rows(f, "SELECT action, target, actor_id, address FROM audit ORDER BY id",
              "customer.blocked|customer:1|1|192.0.2.1\ncustomer.unblocked|customer:1|1|192.0.2.1");
  writes(f, "4", "Thank you");
  assert_rows(f, state, "waiting|-|4");
  assert_ok(block(f, ann, true));
  writes(f, "5", "Again?");
  assert_rows(f, said, "2");
  staff_free(&f->desk.staff);
}

static void unblocking_makes_the_conversation_what_it_was(void **any) {
  struct fixture *f = *any;
  int64_t ann = fixture_operator(f, "ann");
  meets(f, "button");
  writes(f, "1", "Hello");
  f->desk.staff = staff_new();
  staff_open(&f->desk, S(FIXTURE_CHANNEL), S("777"), STR_NONE);
  assert_ok(block(f, ann, true));
  writes(f, "2", "Why?");
  assert_rows(f, state, "waiting|blocked|2");
  assert_ok(block(f, ann, false));
  assert_rows(f, state, "waiting|unproven|2"); /* they still have to pass */
  assert_rows(f, copies, "");
  assert_int_equal(press(f, data_of(f, true)), PRESS_PASSED);
  assert_rows(f, state, "waiting|-|2");
  assert_rows(
      f,
      "SELECT m.text FROM job AS j JOIN message AS m ON m.id = j.subject_id WHERE j.kind = 'outbox.copy' ORDER BY j.id",
      "Hello\nWhy?");
  struct conversation_spam o = {.conversation_id = 1, .by = actor_operator(ann), .spam = true};
  struct conversation_row row;
  assert_ok(conversation_spam(&f->desk, &o, f->arena, &row));
  assert_ok(block(f, ann, true));
  assert_ok(block(f, ann, false));
  assert_rows(f, state, "waiting|marked|2");
  o.spam = false;
  assert_ok(conversation_spam(&f->desk, &o, f->arena, &row));
  assert_ok(block(f, ann, true));
  assert_ok(block(f, ann, false));
  assert_rows(f, state, "waiting|-|2"); /* not what it was before an earlier block */
  staff_free(&f->desk.staff);
}

static void an_operator_blocks_the_customers_of_their_own_conversations(void **any) {
  struct fixture *f = *any;
  int64_t ann = fixture_operator(f, "ann");
  struct conversation_block o = {.customer_id = 1, .by = actor_operator(ann), .blocked = true};
  struct customer_row row;
  fixture_writes(f, "1", "Hello");
  assert_err(conversation_block(&f->desk, &o, f->arena, &row), ERR_FORBIDDEN);
  fixture_exec(f, "UPDATE conversation SET status = 'active', assignee_id = 1");
  assert_ok(conversation_block(&f->desk, &o, f->arena, &row));
  assert_rows(f, state, "active|blocked|1");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_BOTH(a_new_customer_presses_a_button_before_the_desk_sees_them),
      ON_BOTH(three_wrong_answers_mean_a_wait_and_another_sum),
      ON_BOTH(a_question_asked_again_gives_no_more_tries),
      ON_BOTH(a_sum_has_its_answer_among_its_buttons),
      ON_BOTH(who_is_known_is_not_asked),
      ON_BOTH(nothing_is_asked_any_more_lets_the_next_message_in),
      ON_BOTH(who_does_not_pass_is_let_in_by_an_operator),
      ON_BOTH(a_blocked_customer_is_told_once_a_block_and_comes_back_with_what_they_wrote),
      ON_BOTH(a_forged_press_of_a_card_leads_past_nothing),
      ON_BOTH(who_is_blocked_starts_in_spam),
      ON_BOTH(unblocking_makes_the_conversation_what_it_was),
      ON_BOTH(an_operator_blocks_the_customers_of_their_own_conversations),
  };
  return FIXTURE_RUN(tests);
}
