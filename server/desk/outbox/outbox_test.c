/* The outbox: its table, its waits, and every way a row can end. */
#include "base/limits.h"
#include "desk/desk_fixture.h"
#include "desk/outbox/outbox.h"

static void the_table_allows_what_it_says_and_nothing_else(void **state) {
  (void)state;
  enum { NO = -1 };
  static const int wanted[OUTBOX_GONE + 1][OUTBOX_RETRY_BY_PERSON + 1] = {
      /*                    claim           sent         later          refuse         lose track       by a person */
      [OUTBOX_QUEUED] = {OUTBOX_SENDING, NO, NO, NO, NO, NO},
      [OUTBOX_SENDING] = {NO, OUTBOX_GONE, OUTBOX_QUEUED, OUTBOX_FAILED, OUTBOX_UNCERTAIN, NO},
      [OUTBOX_FAILED] = {NO, NO, NO, NO, NO, OUTBOX_QUEUED},
      [OUTBOX_UNCERTAIN] = {NO, OUTBOX_GONE, NO, NO, NO, OUTBOX_QUEUED},
      [OUTBOX_GONE] = {NO, NO, NO, NO, NO, NO},
  };
  for (int s = 0; s <= OUTBOX_GONE; s++)
    for (int step = 0; step <= OUTBOX_RETRY_BY_PERSON; step++)
      assert_int_equal(outbox_next((enum outbox_state)s, (enum outbox_step)step), wanted[s][step]);
}

static void waits_double_to_five_minutes_with_a_quarter_of_jitter(void **state) {
  (void)state;
  rand_seeded r;
  rand_seeded_init(&r, 7);
  int64_t wait = 1000;
  for (int64_t attempts = 0; attempts < 30; attempts++) {
    for (int i = 0; i < 50; i++) {
      int64_t got = outbox_backoff_ms(attempts, &r.rand);
      assert_true(got >= wait - wait / 4 && got <= wait + wait / 4);
    }
    wait = wait * 2 > 300000 ? 300000 : wait * 2;
  }
}

/* ---- rows ---- */

struct step {
  struct fixture *f;
  int64_t id;
  struct outbox_outcome o;
  bool claimed;
  struct outbox_row row;
  int64_t count;
};
static err claim(db_conn *c, void *arg) {
  struct step *s = arg;
  return outbox_claim(c, s->id, desk_now(&s->f->desk), db_conn_arena(c), &s->row, &s->claimed);
}
static err finish(db_conn *c, void *arg) {
  struct step *s = arg;
  return outbox_finish(c, s->id, &s->o, desk_now(&s->f->desk), s->f->arena);
}
static err recover(db_conn *c, void *arg) {
  struct step *s = arg;
  return outbox_recover(c, S(FIXTURE_CHANNEL), S("777"), desk_now(&s->f->desk), s->f->arena, &s->count);
}
static err retry(db_conn *c, void *arg) {
  struct step *s = arg;
  return outbox_retry(c, s->id, desk_now(&s->f->desk), s->f->arena, &s->count);
}
static err retry_message(db_conn *c, void *arg) {
  struct step *s = arg;
  return outbox_retry_message(c, s->id, desk_now(&s->f->desk), s->f->arena);
}
static err dismiss(db_conn *c, void *arg) {
  struct step *s = arg;
  return outbox_dismiss(c, s->id);
}

/* One answered conversation: message 3 in outbox row 1. */
static void answer(struct fixture *f, int64_t operator_id, const char *text) {
  struct reply r = {.conversation_id = 1, .operator_id = operator_id, .text = str_c(text)};
  struct message_row m;
  bool repeated;
  assert_ok(conversation_reply(&f->desk, &r, f->arena, &m, &repeated));
}
static void answered(struct fixture *f) {
  int64_t ann = fixture_operator(f, "ann");
  fixture_writes(f, "5", "Hello");
  answer(f, ann, "Hi");
}
static bool claims(struct fixture *f, int64_t id) {
  struct step s = {.f = f, .id = id};
  assert_ok(desk_write(&f->desk, claim, &s));
  return s.claimed;
}
static err finishes(struct fixture *f, int64_t id, struct outbox_outcome o) {
  return desk_write(&f->desk, finish, &(struct step){.f = f, .id = id, .o = o});
}

static const char row[] = "SELECT state, attempts, next_at, error FROM outbox WHERE id = 1";
static const char shown[] = "SELECT delivery, delivery_error, external_id FROM message WHERE id = 3";

static void a_row_is_claimed_once_and_gone_when_sent(void **state) {
  struct fixture *f = *state;
  answered(f);
  assert_true(claims(f, 1));
  assert_false(claims(f, 1));
  assert_rows(f, shown, "sending|-|-");
  assert_ok(finishes(f, 1, (struct outbox_outcome){.step = OUTBOX_SENT, .external_id = S("88")}));
  assert_rows(f, "SELECT count(*) FROM outbox", "0");
  assert_rows(f, shown, "sent|-|88");
  assert_ok(finishes(f, 1, (struct outbox_outcome){.step = OUTBOX_SENT, .external_id = S("88")})); /* gone: fine */
  assert_rows(f, "SELECT count(*) FROM event WHERE type = 'message_update'", "2");
}

static void a_row_waits_between_its_tries_and_the_last_one_is_a_refusal(void **state) {
  struct fixture *f = *state;
  answered(f);
  struct outbox_outcome later = {.step = OUTBOX_RETRY_LATER, .next_at = 5, .error_code = S("500"), .error = S("Oops")};
  assert_true(claims(f, 1));
  assert_ok(finishes(f, 1, later)); /* a 429 does not count */
  assert_rows(f, row, "queued|0|5|Oops");
  assert_rows(f, shown, "queued|-|-");
  later.counts = true;
  for (int i = 0; i < LIMIT_OUTBOX_TRIES_MAX; i++) {
    assert_true(claims(f, 1));
    assert_ok(finishes(f, 1, later));
  }
  assert_rows(f, "SELECT state, attempts, error FROM outbox", "failed|12|Oops");
  assert_rows(f, shown, "failed|Oops|-");
  assert_false(claims(f, 1));
  assert_err(finishes(f, 1, later), ERR_CONFLICT);
}

static void a_refusal_is_a_dead_letter_that_a_person_may_retry_or_dismiss(void **state) {
  struct fixture *f = *state;
  answered(f);
  struct outbox_outcome refused = {.step = OUTBOX_REFUSE, .error_code = S("403"), .error = S("blocked us")};
  struct step s = {.f = f, .id = 1};
  assert_err(desk_write(&f->desk, retry, &s), ERR_NOT_RETRYABLE);
  assert_err(desk_write(&f->desk, dismiss, &s), ERR_NOT_FOUND);
  assert_true(claims(f, 1));
  assert_ok(finishes(f, 1, refused));
  assert_rows(f, shown, "failed|blocked us|-");
  assert_ok(desk_write(&f->desk, retry, &s));
  assert_rows(f, row, "queued|0|0|-");
  assert_rows(f, shown, "queued|-|-");
  assert_true(claims(f, 1));
  assert_ok(finishes(f, 1, refused));
  assert_ok(desk_write(&f->desk, dismiss, &s));
  assert_rows(f, "SELECT count(*) FROM outbox", "0");
  s.id = 3; /* the message may be sent again all the same */
  assert_ok(desk_write(&f->desk, retry_message, &s));
  assert_rows(f, "SELECT state, lane, message_id FROM outbox", "queued|1001|3");
  assert_err(desk_write(&f->desk, retry_message, &s), ERR_NOT_RETRYABLE);
  s.id = 1;
  assert_err(desk_write(&f->desk, retry_message, &s), ERR_NOT_RETRYABLE); /* the customer's own */
  s.id = 99;
  assert_err(desk_write(&f->desk, retry_message, &s), ERR_NOT_FOUND);
}

static void what_was_being_sent_at_a_crash_is_uncertain_and_never_sent_unasked(void **state) {
  struct fixture *f = *state;
  answered(f);
  answer(f, 1, "Two");
  assert_true(claims(f, 1));
  struct step s = {.f = f};
  assert_ok(desk_write(&f->desk, recover, &s));
  assert_int_equal(s.count, 1);
  assert_rows(f, "SELECT id, state FROM outbox ORDER BY id", "1|uncertain\n2|queued");
  assert_rows(f, "SELECT delivery FROM message WHERE id = 3", "uncertain");
  assert_false(claims(f, 1));
  assert_ok(desk_write(&f->desk, recover, &s));
  assert_int_equal(s.count, 0);
}

struct look {
  struct fixture *f;
  int64_t after;
  struct outbox_row *rows;
  struct dead_letter *dead;
  size_t count;
  bool more;
};
static err queued(db_conn *c, void *arg) {
  struct look *l = arg;
  return outbox_queued(c, S(FIXTURE_CHANNEL), S("777"), l->after, 10, l->f->arena, &l->rows, &l->count);
}
static err dead(db_conn *c, void *arg) {
  struct look *l = arg;
  return outbox_dead(c, l->after, 1, l->f->arena, &l->dead, &l->count, &l->more);
}

static void queued_rows_come_in_order_and_dead_ones_newest_first(void **state) {
  struct fixture *f = *state;
  answered(f);
  for (int i = 0; i < 3; i++) answer(f, 1, "More");
  struct look l = {.f = f, .after = 1};
  assert_ok(db_read(f->desk.db, queued, &l));
  assert_int_equal(l.count, 3);
  assert_int_equal(l.rows[0].id, 2);
  assert_str(l.rows[0].lane, "1001");
  for (int id = 1; id <= 2; id++) {
    assert_true(claims(f, id));
    assert_ok(finishes(f, id, (struct outbox_outcome){.step = OUTBOX_REFUSE, .error = S("no")}));
  }
  l.after = 0;
  assert_ok(db_read(f->desk.db, dead, &l));
  assert_int_equal(l.dead[0].id, 2);
  assert_true(l.more);
  assert_str(l.dead[0].customer_name, "Jane Doe");
  assert_str(l.dead[0].message->text, "More");
  assert_str(l.dead[0].error_code, "failed");
  l.after = 2;
  assert_ok(db_read(f->desk.db, dead, &l));
  assert_int_equal(l.dead[0].id, 1);
  assert_false(l.more);
}

/* ---- what goes to the staff room ---- */

struct addition {
  int64_t message_id;
  struct outbox_extra extra;
};
static err add(db_conn *c, void *arg) {
  struct addition *what = arg;
  return outbox_add_extra(c, S(FIXTURE_CHANNEL), S("777"), OUTBOX_STAFF_LANE, what->message_id, &what->extra, 1);
}
static err drop_lane(db_conn *c, void *arg) {
  (void)arg;
  return outbox_drop_lane(c, S(FIXTURE_CHANNEL), OUTBOX_STAFF_LANE);
}
static void adds(struct fixture *f, int64_t message_id, struct outbox_extra extra) {
  assert_ok(desk_write(&f->desk, add, &(struct addition){message_id, extra}));
}

static const char second[] = "SELECT state, attempts, purpose, note FROM outbox WHERE id = 2";

static void a_copy_goes_again_when_its_fate_is_unknown_and_says_nothing_of_the_message(void **state) {
  struct fixture *f = *state;
  answered(f);
  adds(f, 3, (struct outbox_extra){.purpose = OUTBOX_COPY, .part = 1, .reply_to = S("70")});
  struct step s = {.f = f, .id = 2};
  assert_ok(desk_write(&f->desk, claim, &s));
  assert_true(s.claimed);
  assert_int_equal(s.row.purpose, OUTBOX_COPY);
  assert_int_equal(s.row.part, 1);
  assert_str(s.row.reply_to, "70");
  assert_rows(f, shown, "queued|-|-");
  assert_ok(finishes(f, 2, (struct outbox_outcome){.step = OUTBOX_LOSE_TRACK, .error = S("?")}));
  assert_rows(f, second, "queued|1|copy|repeat");
  assert_true(claims(f, 2));
  assert_ok(desk_write(&f->desk, recover, &s));
  assert_rows(f, second, "queued|2|copy|repeat");
  for (int i = 2; i < LIMIT_OUTBOX_TRIES_MAX; i++) {
    assert_true(claims(f, 2));
    assert_ok(finishes(f, 2, (struct outbox_outcome){.step = OUTBOX_LOSE_TRACK, .error = S("?")}));
  }
  assert_rows(f, "SELECT state, purpose FROM outbox WHERE id = 2", "failed|copy"); /* not without end */
  assert_rows(f, shown, "queued|-|-");
  assert_true(claims(f, 1));
  assert_ok(finishes(f, 1, (struct outbox_outcome){.step = OUTBOX_REFUSE, .error = S("no")}));
  assert_ok(desk_write(&f->desk, retry_message, &(struct step){.f = f, .id = 3}));
  assert_rows(f, "SELECT id, state FROM outbox ORDER BY id", "1|queued\n2|failed"); /* the answer alone */
}

static void a_notice_that_fails_is_forgotten(void **state) {
  struct fixture *f = *state;
  answered(f);
  static const enum outbox_step ends[] = {OUTBOX_REFUSE, OUTBOX_LOSE_TRACK, OUTBOX_SENT};
  for (int i = 0; i < 3; i++) {
    adds(f, 0, (struct outbox_extra){.purpose = OUTBOX_NOTICE, .note = S("words")});
    assert_true(claims(f, 2 + i));
    assert_ok(finishes(f, 2 + i, (struct outbox_outcome){.step = ends[i]}));
    assert_rows(f, "SELECT count(*) FROM outbox", "1");
  }
  adds(f, 3, (struct outbox_extra){.purpose = OUTBOX_COPY});
  assert_ok(desk_write(&f->desk, drop_lane, NULL));
  assert_rows(f, "SELECT purpose FROM outbox", "answer");
}

static void an_answer_from_the_room_that_fails_is_told_there(void **state) {
  struct fixture *f = *state;
  answered(f);
  fixture_exec(f, "UPDATE message SET origin = 'staff_group' WHERE id = 3");
  fixture_exec(f, "INSERT INTO staff_message (channel, account, chat_id, external_id, message_id, kind, created_at) "
                  "VALUES ('letters', '777', '-5', '40', 3, 'reply', 1)");
  assert_true(claims(f, 1));
  assert_ok(finishes(f, 1, (struct outbox_outcome){.step = OUTBOX_REFUSE, .error = S("no")}));
  assert_rows(f, "SELECT lane, purpose, message_id, reply_to, note FROM outbox WHERE id > 1", "staff|notice|3|40|-");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      PURE(the_table_allows_what_it_says_and_nothing_else),
      PURE(waits_double_to_five_minutes_with_a_quarter_of_jitter),
      ON_BOTH(a_row_is_claimed_once_and_gone_when_sent),
      ON_BOTH(a_row_waits_between_its_tries_and_the_last_one_is_a_refusal),
      ON_BOTH(a_refusal_is_a_dead_letter_that_a_person_may_retry_or_dismiss),
      ON_BOTH(what_was_being_sent_at_a_crash_is_uncertain_and_never_sent_unasked),
      ON_BOTH(queued_rows_come_in_order_and_dead_ones_newest_first),
      ON_BOTH(a_copy_goes_again_when_its_fate_is_unknown_and_says_nothing_of_the_message),
      ON_BOTH(a_notice_that_fails_is_forgotten),
      ON_BOTH(an_answer_from_the_room_that_fails_is_told_there),
  };
  return FIXTURE_RUN(tests);
}
