/* The outbox: its table, its waits, and every way a row can end. */
#include "base/limits.h"
#include "desk/desk_fixture.h"
#include "desk/outbox/outbox.h"

static void a_row_ends_as_the_table_says(void **state) {
  (void)state;
  static const struct {
    enum outbox_purpose purpose;
    enum outbox_step step;
    bool last;
    enum outbox_end end;
    const char *why;
  } rows[] = {
      {OUTBOX_ANSWER, OUTBOX_SENT, true, OUTBOX_DONE, "it has arrived"},
      {OUTBOX_ANSWER, OUTBOX_RETRY_LATER, false, OUTBOX_AGAIN, "there are tries left"},
      {OUTBOX_ANSWER, OUTBOX_RETRY_LATER, true, OUTBOX_FAILED, "there are none"},
      {OUTBOX_ANSWER, OUTBOX_REFUSE, false, OUTBOX_FAILED, "a person decides"},
      {OUTBOX_ANSWER, OUTBOX_LOSE_TRACK, false, OUTBOX_UNCERTAIN, "it may have arrived: never twice unasked"},
      {OUTBOX_ANSWER, OUTBOX_LOSE_TRACK, true, OUTBOX_UNCERTAIN, "the same at the last try"},
      {OUTBOX_COPY, OUTBOX_SENT, false, OUTBOX_DONE, "it has arrived"},
      {OUTBOX_COPY, OUTBOX_RETRY_LATER, false, OUTBOX_AGAIN, "there are tries left"},
      {OUTBOX_COPY, OUTBOX_LOSE_TRACK, false, OUTBOX_REPEATED, "staff must not miss it"},
      {OUTBOX_COPY, OUTBOX_LOSE_TRACK, true, OUTBOX_FAILED, "not without end"},
      {OUTBOX_COPY, OUTBOX_REFUSE, false, OUTBOX_FAILED, "a person decides"},
      {OUTBOX_NOTICE, OUTBOX_RETRY_LATER, false, OUTBOX_AGAIN, "there are tries left"},
      {OUTBOX_NOTICE, OUTBOX_RETRY_LATER, true, OUTBOX_DONE, "a notice is not worth a dead letter"},
      {OUTBOX_NOTICE, OUTBOX_REFUSE, false, OUTBOX_DONE, "nor here"},
      {OUTBOX_NOTICE, OUTBOX_LOSE_TRACK, false, OUTBOX_DONE, "nor here"},
  };
  for (size_t i = 0; i < JSON_COUNT(rows); i++)
    if (outbox_end_of(rows[i].purpose, rows[i].step, rows[i].last) != rows[i].end) fail_msg("%s", rows[i].why);
}

static void waits_double_to_five_minutes_with_a_quarter_of_jitter(void **state) {
  (void)state;
  rand_seeded r;
  rand_seeded_init(&r, 7);
  int64_t wait = 1000;
  for (int64_t attempts = 0; attempts < 30; attempts++) {
    for (int i = 0; i < 50; i++) {
      int64_t got = job_backoff_ms(attempts, &r.rand);
      assert_true(got >= wait - wait / 4 && got <= wait + wait / 4);
    }
    wait = wait * 2 > 300000 ? 300000 : wait * 2;
  }
}

/* ---- rows ---- */

static const struct outbox_sender ours = {STR_INIT(FIXTURE_CHANNEL), STR_INIT("777"), STR_INIT("here.1")},
                                  theirs = {STR_INIT(FIXTURE_CHANNEL), STR_INIT("777"), STR_INIT("there.1")},
                                  restarted = {STR_INIT(FIXTURE_CHANNEL), STR_INIT("777"), STR_INIT("here.2")};

struct step_ctx {
  struct fixture *f;
  int64_t id;
  struct outbox_outcome o;
  const struct outbox_sender *by;
  struct outbox_row *rows;
  int64_t count;
};
static err take(db_conn *c, void *arg) {
  struct step_ctx *s = arg;
  size_t count = 0;
  err e = outbox_take(c, s->by, 100, desk_now(&s->f->desk), s->f->arena, &s->rows, &count);
  for (size_t i = 0; i < count && !err_is(e); i++) e = outbox_begin(c, &s->rows[i], desk_now(&s->f->desk));
  s->count = (int64_t)count;
  return e;
}
static err finish(db_conn *c, void *arg) {
  struct step_ctx *s = arg;
  return outbox_finish(c, s->rows, &s->o, desk_now(&s->f->desk), s->f->arena);
}
static err start(db_conn *c, void *arg) {
  struct step_ctx *s = arg;
  err e = job_expire_leases_of_earlier_runs(c, s->by->holder);
  return err_is(e) ? e : outbox_start(c, s->by, desk_now(&s->f->desk));
}
static err retry(db_conn *c, void *arg) {
  struct step_ctx *s = arg;
  struct actor by = actor_operator(1);
  return outbox_retry(c, s->id, &by, desk_now(&s->f->desk), s->f->arena, &(struct outbox_ref){0});
}
static err retry_message(db_conn *c, void *arg) {
  struct step_ctx *s = arg;
  struct actor by = actor_operator(1);
  return outbox_retry_message(c, s->id, &by, desk_now(&s->f->desk), s->f->arena);
}
static err dismiss(db_conn *c, void *arg) {
  struct step_ctx *s = arg;
  struct actor by = actor_operator(1);
  return outbox_dismiss(c, s->id, &by, desk_now(&s->f->desk), &(struct outbox_ref){0});
}

/* One answered conversation: message 3 in outbox row 1. */
static void answer(struct fixture *f, int64_t operator_id, const char *text) {
  struct reply r = {.conversation_id = 1, .by = actor_operator(operator_id), .text = str_c(text)};
  struct message_row m;
  bool repeated;
  assert_ok(conversation_reply(&f->desk, &r, f->arena, &m, &repeated));
}
static void answered(struct fixture *f) {
  int64_t ann = fixture_operator(f, "ann");
  fixture_writes(f, "5", "Hello");
  answer(f, ann, "Hi");
}
/* What is due, taken and begun. */
static struct step_ctx takes_as(struct fixture *f, const struct outbox_sender *by) {
  struct step_ctx s = {.f = f, .by = by};
  assert_ok(desk_write(&f->desk, take, &s));
  return s;
}
/* The row of that id, NULL when it is not given out. Others that are given out stay taken. */
static struct outbox_row *takes(struct fixture *f, int64_t id) {
  struct step_ctx s = takes_as(f, &ours);
  for (int64_t i = 0; i < s.count; i++)
    if (s.rows[i].job.id == id) return &s.rows[i];
  return NULL;
}
static err finishes(struct fixture *f, struct outbox_row *row, struct outbox_outcome o) {
  assert_non_null(row);
  return desk_write(&f->desk, finish, &(struct step_ctx){.f = f, .rows = row, .o = o});
}
static void time_passes(struct fixture *f, int64_t ms) { f->clock.now_ms += ms; }
static int64_t lease(void) { return job_facts(JOB_ANSWER)->lease_ms; }

static const char row[] = "SELECT state, attempts, due_at, error FROM job WHERE id = 1";
static const char acted[] = "SELECT actor, actor_id FROM event ORDER BY seq DESC LIMIT 1";
static const char shown[] = "SELECT delivery, delivery_error, external_id FROM message WHERE id = 3";

static void a_row_is_taken_once_and_gone_when_sent(void **state) {
  struct fixture *f = *state;
  answered(f);
  struct outbox_row *one = takes(f, 1);
  assert_int_equal(takes_as(f, &theirs).count, 0);
  assert_rows(f, shown, "sending|-|-");
  assert_rows(f, "SELECT state, holder FROM job", "leased|here.1");
  assert_ok(finishes(f, one, (struct outbox_outcome){.step = OUTBOX_SENT, .external_id = S("88")}));
  assert_rows(f, "SELECT count(*) FROM job", "0");
  assert_rows(f, shown, "sent|-|88");
  assert_ok(finishes(f, one, (struct outbox_outcome){.step = OUTBOX_SENT, .external_id = S("88")})); /* gone: fine */
  assert_rows(f, "SELECT count(*) FROM event WHERE type = 'message_update'", "1");
}

static void a_row_waits_between_its_tries_and_the_last_one_is_a_refusal(void **state) {
  struct fixture *f = *state;
  answered(f);
  struct outbox_outcome later = {.step = OUTBOX_RETRY_LATER, .next_at = 5, .error_code = S("500"), .error = S("Oops")};
  assert_ok(finishes(f, takes(f, 1), later)); /* a 429 does not count */
  assert_rows(f, row, "ready|0|5|Oops");
  assert_rows(f, shown, "queued|-|-");
  later.counts = true;
  struct outbox_row *last = NULL;
  for (int i = 0; i < LIMIT_OUTBOX_TRIES_MAX; i++) {
    last = takes(f, 1);
    assert_ok(finishes(f, last, later));
  }
  assert_rows(f, "SELECT state, attempts, error FROM job", "dead|12|Oops");
  assert_rows(f, shown, "failed|Oops|-");
  assert_null(takes(f, 1));
  assert_err(finishes(f, last, later), ERR_CONFLICT);
}

static void what_is_not_due_is_not_given_out(void **state) {
  struct fixture *f = *state;
  answered(f);
  int64_t now = f->clock.now_ms;
  struct outbox_outcome later = {.step = OUTBOX_RETRY_LATER, .next_at = now + 1000, .error = S("Oops")};
  assert_ok(finishes(f, takes(f, 1), later));
  assert_null(takes(f, 1));
  time_passes(f, 1000);
  assert_non_null(takes(f, 1));
}

static void a_refusal_is_a_dead_letter_that_a_person_may_retry_or_dismiss(void **state) {
  struct fixture *f = *state;
  answered(f);
  struct outbox_outcome refused = {.step = OUTBOX_REFUSE, .error_code = S("403"), .error = S("blocked us")};
  struct step_ctx s = {.f = f, .id = 1};
  assert_err(desk_write(&f->desk, retry, &s), ERR_NOT_RETRYABLE);
  assert_err(desk_write(&f->desk, dismiss, &s), ERR_NOT_FOUND);
  assert_ok(finishes(f, takes(f, 1), refused));
  assert_rows(f, shown, "failed|blocked us|-");
  assert_rows(f, acted, "system|-");
  assert_ok(desk_write(&f->desk, retry, &s));
  assert_rows(f, row, "ready|0|0|-");
  assert_rows(f, shown, "queued|-|-");
  assert_rows(f, acted, "operator|1");
  assert_ok(finishes(f, takes(f, 1), refused));
  assert_ok(desk_write(&f->desk, dismiss, &s));
  assert_rows(f, "SELECT count(*) FROM job", "0");
  s.id = 3; /* the message may be sent again all the same */
  assert_ok(desk_write(&f->desk, retry_message, &s));
  assert_rows(f, "SELECT state, lane, subject, subject_id FROM job", "ready|1001|message|3");
  assert_rows(f, acted, "operator|1");
  assert_err(desk_write(&f->desk, retry_message, &s), ERR_NOT_RETRYABLE);
  s.id = 1;
  assert_err(desk_write(&f->desk, retry_message, &s), ERR_NOT_RETRYABLE); /* the customer's own */
  s.id = 99;
  assert_err(desk_write(&f->desk, retry_message, &s), ERR_NOT_FOUND);
}

static void an_answer_whose_file_was_removed_is_not_sent_again(void **state) {
  struct fixture *f = *state;
  answered(f);
  struct outbox_outcome refused = {.step = OUTBOX_REFUSE, .error_code = S("403"), .error = S("blocked us")};
  assert_ok(finishes(f, takes(f, 1), refused));
  fixture_exec(f, "INSERT INTO file (state, name, mime, size_bytes, error_code, created_at) "
                  "VALUES ('failed', 'a.png', 'image/png', 10, 'removed', 1)");
  fixture_exec(f, "INSERT INTO message_file (message_id, position, file_id) VALUES (3, 0, 1)");
  struct step_ctx s = {.f = f, .id = 1};
  err e = desk_write(&f->desk, retry, &s);
  assert_err(e, ERR_FILE_REMOVED);
  assert_string_equal(err_message(&e),
                      "The file of this message was removed, since files are kept for a limited time.");
  s.id = 3;
  assert_err(desk_write(&f->desk, retry_message, &s), ERR_FILE_REMOVED);
  assert_rows(f, shown, "failed|blocked us|-");
  fixture_exec(f, "DELETE FROM job");
  assert_err(desk_write(&f->desk, retry_message, &s), ERR_FILE_REMOVED);
  fixture_exec(f, "DELETE FROM message_file");
  assert_ok(desk_write(&f->desk, retry_message, &s));
}

static void another_kind_of_job_is_no_dead_letter_of_ours(void **state) {
  struct fixture *f = *state;
  fixture_exec(f, "INSERT INTO job (id, kind, queue, state, priority, due_at, subject, created_at, updated_at) "
                  "VALUES (50, 'conversation.wake', 'desk', 'dead', 1, 0, 'none', 1, 1)");
  struct step_ctx s = {.f = f, .id = 50};
  assert_err(desk_write(&f->desk, retry, &s), ERR_NOT_FOUND);
  assert_err(desk_write(&f->desk, dismiss, &s), ERR_NOT_FOUND);
}

static void what_was_being_sent_at_a_crash_is_uncertain_and_never_sent_unasked(void **state) {
  struct fixture *f = *state;
  answered(f);
  answer(f, 1, "Two");
  assert_non_null(takes(f, 1));
  struct step_ctx s = {.f = f, .by = &restarted};
  assert_ok(desk_write(&f->desk, start, &s));
  assert_rows(f, "SELECT delivery FROM message WHERE id = 3", "sending"); /* until somebody takes */
  s = takes_as(f, &restarted);
  assert_int_equal(s.count, 1);
  assert_int_equal(s.rows[0].job.id, 2);
  assert_rows(f, "SELECT id, state, error_code FROM job ORDER BY id", "1|dead|uncertain\n2|leased|-");
  assert_rows(f, "SELECT delivery FROM message WHERE id = 3", "uncertain");
  assert_null(takes(f, 1));
}

static void a_start_leaves_whom_the_channel_told_to_wait_long_waiting(void **state) {
  struct fixture *f = *state;
  enum { DAY_MS = 24 * 3600 * 1000 };
  answered(f);
  int64_t now = f->clock.now_ms, at = now + DAY_MS;
  struct outbox_outcome later = {.step = OUTBOX_RETRY_LATER, .next_at = at, .error = S("Too Many Requests")};
  assert_ok(finishes(f, takes(f, 1), later));
  assert_ok(desk_write(&f->desk, start, &(struct step_ctx){.f = f, .by = &restarted}));
  assert_int_equal(fixture_number(f, "SELECT due_at FROM job"), at);
  f->clock.now_ms = now - DAY_MS; /* the clock is set back */
  assert_ok(desk_write(&f->desk, start, &(struct step_ctx){.f = f, .by = &restarted}));
  assert_int_equal(fixture_number(f, "SELECT due_at FROM job"), now);
}

static void a_start_touches_nothing_that_another_node_is_sending(void **state) {
  struct fixture *f = *state;
  answered(f);
  assert_int_equal(takes_as(f, &theirs).count, 1);
  assert_ok(desk_write(&f->desk, start, &(struct step_ctx){.f = f, .by = &ours}));
  assert_int_equal(takes_as(f, &ours).count, 0);
  assert_rows(f, shown, "sending|-|-");
}

static void a_lease_that_has_run_out_is_settled_by_whoever_takes_next(void **state) {
  struct fixture *f = *state;
  answered(f);
  answer(f, 1, "Two");
  struct step_ctx s = takes_as(f, &theirs);
  time_passes(f, lease() - 1);
  assert_int_equal(takes_as(f, &ours).count, 0);
  time_passes(f, 1);
  assert_non_null(takes(f, 2)); /* of the same lane */
  assert_rows(f, shown, "uncertain|The server stopped while this was being sent; it may have arrived.|-");
  struct outbox_outcome refused = {.step = OUTBOX_REFUSE, .error = S("no")};
  assert_err(finishes(f, s.rows, refused), ERR_CONFLICT); /* it has no say any more */
  assert_rows(f, "SELECT delivery FROM message WHERE id = 3", "uncertain");
  /* But that it has arrived is good news whenever it comes. */
  assert_ok(finishes(f, s.rows, (struct outbox_outcome){.step = OUTBOX_SENT, .external_id = S("88")}));
  assert_rows(f, shown, "sent|-|88");
  assert_rows(f, "SELECT id, state FROM job", "2|leased");
}

static void what_a_person_has_sent_again_is_not_settled_by_the_first_sender(void **state) {
  struct fixture *f = *state;
  answered(f);
  struct step_ctx s = takes_as(f, &theirs);
  time_passes(f, lease());
  assert_null(takes(f, 1));
  assert_ok(desk_write(&f->desk, retry, &(struct step_ctx){.f = f, .id = 1}));
  assert_non_null(takes(f, 1));
  assert_err(finishes(f, s.rows, (struct outbox_outcome){.step = OUTBOX_SENT, .external_id = S("88")}), ERR_CONFLICT);
  assert_rows(f, shown, "sending|-|-");
}

static void what_waits_to_be_sent_again_stays_when_the_first_has_arrived(void **state) {
  struct fixture *f = *state;
  answered(f);
  answer(f, 1, "Two");
  struct step_ctx s = takes_as(f, &theirs);
  time_passes(f, lease());
  assert_int_equal(takes_as(f, &ours).count, 1); /* the second; the first is uncertain */
  assert_ok(desk_write(&f->desk, retry, &(struct step_ctx){.f = f, .id = 1}));
  assert_rows(f, "SELECT id, state FROM job ORDER BY id", "1|behind\n2|leased");
  assert_ok(finishes(f, s.rows, (struct outbox_outcome){.step = OUTBOX_SENT, .external_id = S("88")}));
  assert_rows(f, shown, "sent|-|88");
  assert_rows(f, "SELECT id, state FROM job", "2|leased");
}

struct look_ctx {
  struct fixture *f;
  int64_t before;
  struct dead_letter *dead;
  size_t count;
};
static err dead(db_conn *c, void *arg) {
  struct look_ctx *l = arg;
  return outbox_dead(c, 0, l->before, 1, l->f->arena, &l->dead, &l->count);
}

static void a_lane_goes_row_by_row_and_dead_ones_are_listed_newest_first(void **state) {
  struct fixture *f = *state;
  answered(f);
  for (int i = 0; i < 3; i++) answer(f, 1, "More");
  for (int id = 1; id <= 2; id++) {
    struct step_ctx s = takes_as(f, &ours);
    assert_int_equal(s.count, 1);
    assert_int_equal(s.rows[0].job.id, id);
    assert_str(s.rows[0].job.lane, "1001");
    assert_ok(finishes(f, s.rows, (struct outbox_outcome){.step = OUTBOX_REFUSE, .error = S("no")}));
  }
  struct look_ctx l = {.f = f, .before = INT64_MAX};
  assert_ok(db_read(f->desk.db, dead, &l));
  assert_int_equal(l.count, 1);
  assert_int_equal(l.dead[0].id, 2);
  assert_str(l.dead[0].customer_name, "Jane Doe");
  assert_str(l.dead[0].message->text, "More");
  assert_str(l.dead[0].error_code, "failed");
  assert_int_equal(l.dead[0].purpose, OUTBOX_ANSWER);
  l.before = 2;
  assert_ok(db_read(f->desk.db, dead, &l));
  assert_int_equal(l.dead[0].id, 1);
}

/* ---- what goes to the staff room ---- */

struct addition_ctx {
  int64_t message_id;
  struct outbox_extra extra;
};
static err add(db_conn *c, void *arg) {
  struct addition_ctx *what = arg;
  return outbox_add_extra(c, S(FIXTURE_CHANNEL), S("777"), OUTBOX_STAFF_LANE, what->message_id, &what->extra, 1);
}
static err drop_lane(db_conn *c, void *arg) {
  (void)arg;
  return outbox_drop_lane(c, S(FIXTURE_CHANNEL), OUTBOX_STAFF_LANE);
}
static void adds(struct fixture *f, int64_t message_id, struct outbox_extra extra) {
  assert_ok(desk_write(&f->desk, add, &(struct addition_ctx){message_id, extra}));
}

static void a_copy_that_an_earlier_version_has_marked_is_a_repeat(void **state) {
  struct fixture *f = *state;
  answered(f);
  adds(f, 3, (struct outbox_extra){.purpose = OUTBOX_COPY});
  fixture_exec(f, "UPDATE job SET payload = '{\"note\":\"repeat\",\"reply_to\":\"70\"}' WHERE id = 2");
  const struct outbox_row *copy = takes(f, 2);
  assert_true(copy->repeat);
  assert_null(copy->note.ptr);
  assert_str(copy->reply_to, "70");
}

static const char second[] = "SELECT state, attempts, kind, payload FROM job WHERE id = 2";

static void a_copy_goes_again_when_its_fate_is_unknown_and_says_nothing_of_the_message(void **state) {
  struct fixture *f = *state;
  answered(f);
  adds(f, 3, (struct outbox_extra){.purpose = OUTBOX_COPY, .part = 1, .note = OUTBOX_NOTE_EDITED, .reply_to = S("70")});
  struct outbox_outcome lost = {.step = OUTBOX_LOSE_TRACK, .error = S("?")};
  struct step_ctx s = takes_as(f, &ours);
  assert_int_equal(s.count, 2);
  assert_int_equal(s.rows[0].purpose, OUTBOX_ANSWER); /* before what is for the staff */
  struct outbox_row first = s.rows[0], *copy = &s.rows[1];
  assert_int_equal(copy->purpose, OUTBOX_COPY);
  assert_int_equal(copy->part, 1);
  assert_str(copy->reply_to, "70");
  assert_ok(finishes(f, copy, lost));
  assert_rows(f, second, "ready|1|outbox.copy|{\"part\":1,\"note\":\"edited\",\"reply_to\":\"70\",\"repeat\":true}");
  assert_non_null(takes(f, 2));
  fixture_exec(f, "UPDATE job SET lease_until = 0 WHERE id = 2");
  copy = takes(f, 2); /* settled as lost, and given out at once */
  assert_int_equal(copy->job.attempts, 2);
  assert_true(copy->repeat);
  assert_str(copy->note, OUTBOX_NOTE_EDITED.ptr);
  for (int i = 2; i < LIMIT_OUTBOX_TRIES_MAX; i++) {
    if (i > 2) copy = takes(f, 2);
    assert_ok(finishes(f, copy, lost));
  }
  assert_rows(f, "SELECT state, kind FROM job WHERE id = 2", "dead|outbox.copy"); /* not without end */
  assert_rows(f, shown, "sending|-|-");
  assert_ok(finishes(f, &first, (struct outbox_outcome){.step = OUTBOX_REFUSE, .error = S("no")}));
  assert_ok(desk_write(&f->desk, retry_message, &(struct step_ctx){.f = f, .id = 3}));
  assert_rows(f, "SELECT id, state FROM job ORDER BY id", "1|ready\n2|dead"); /* the answer alone */
}

static void a_notice_that_fails_is_forgotten(void **state) {
  struct fixture *f = *state;
  answered(f);
  static const enum outbox_step ends[] = {OUTBOX_REFUSE, OUTBOX_LOSE_TRACK, OUTBOX_SENT};
  for (int i = 0; i < 3; i++) {
    adds(f, 0, (struct outbox_extra){.purpose = OUTBOX_NOTICE, .note = S("words")});
    assert_ok(finishes(f, takes(f, 2 + i), (struct outbox_outcome){.step = ends[i]}));
    assert_rows(f, "SELECT count(*) FROM job", "1");
  }
  adds(f, 3, (struct outbox_extra){.purpose = OUTBOX_COPY});
  assert_ok(desk_write(&f->desk, drop_lane, NULL));
  assert_rows(f, "SELECT kind FROM job", "outbox.answer");
}

static const char by_job[] = "SELECT id, kind, state, error_code FROM job ORDER BY id";

static void what_cannot_be_read_ends_with_a_reason(void **state) {
  struct fixture *f = *state;
  answered(f);
  adds(f, 3, (struct outbox_extra){.purpose = OUTBOX_COPY, .part = 1});
  adds(f, 3, (struct outbox_extra){.purpose = OUTBOX_NOTICE, .note = S("words")});
  adds(f, 3, (struct outbox_extra){.purpose = OUTBOX_COPY});
  fixture_exec(f, "UPDATE job SET payload = '{\"part\":\"?\"}' WHERE id < 4");
  struct step_ctx s;
  for (int i = 0; i < 3; i++) s = takes_as(f, &ours);
  assert_int_equal(s.count, 1); /* what stands behind them goes on */
  assert_int_equal(s.rows[0].job.id, 4);
  assert_rows(f, by_job, "1|outbox.answer|dead|unreadable\n2|outbox.copy|dead|unreadable\n4|outbox.copy|leased|-");
  assert_rows(f, shown, "failed|The queue's entry for this message cannot be read.|-");
  assert_err(desk_write(&f->desk, retry, &(struct step_ctx){.f = f, .id = 2}), ERR_NOT_RETRYABLE);
  assert_ok(desk_write(&f->desk, dismiss, &(struct step_ctx){.f = f, .id = 2}));
  assert_ok(desk_write(&f->desk, retry, &(struct step_ctx){.f = f, .id = 1}));
  assert_rows(f, by_job, "4|outbox.copy|leased|-\n5|outbox.answer|ready|-"); /* the answer needs nothing of it */
  assert_rows(f, shown, "queued|-|-");
}

static void what_cannot_be_read_may_have_arrived_and_an_unknown_kind_waits(void **state) {
  struct fixture *f = *state;
  answered(f);
  adds(f, 3, (struct outbox_extra){.purpose = OUTBOX_COPY});
  answer(f, 1, "Two");
  takes_as(f, &theirs);
  fixture_exec(f, "UPDATE job SET payload = '?' WHERE id = 1");
  fixture_exec(f, "UPDATE job SET kind = 'outbox.tomorrow' WHERE id = 2");
  time_passes(f, lease());
  takes_as(f, &ours);
  assert_rows(f, by_job, "1|outbox.answer|dead|uncertain\n2|outbox.tomorrow|ready|-\n3|outbox.answer|leased|-");
  assert_int_equal(fixture_number(f, "SELECT due_at FROM job WHERE id = 2"), f->clock.now_ms + 60000);
}

static void an_album_for_the_staff_is_taken_whole_though_others_stand_between(void **state) {
  struct fixture *f = *state;
  fixture_writes(f, "5", "Hello");
  for (int i = 0; i < 5; i++)
    adds(f, 1, (struct outbox_extra){.purpose = OUTBOX_COPY, .album = i == 1 || i == 3 ? STR_NONE : S("x")});
  struct step_ctx s = takes_as(f, &ours);
  assert_int_equal(s.count, 3);
  for (int i = 0; i < 3; i++) assert_int_equal(s.rows[i].job.id, 1 + 2 * i);
  for (int i = 0; i < 3; i++) assert_ok(finishes(f, &s.rows[i], (struct outbox_outcome){.step = OUTBOX_SENT}));
  for (int id = 2; id <= 4; id += 2) {
    s = takes_as(f, &ours);
    assert_int_equal(s.count, 1);
    assert_int_equal(s.rows[0].job.id, id);
    assert_ok(finishes(f, s.rows, (struct outbox_outcome){.step = OUTBOX_SENT}));
  }
}

static void an_answer_from_the_room_that_fails_is_told_there(void **state) {
  struct fixture *f = *state;
  answered(f);
  fixture_exec(f, "UPDATE message SET origin = 'staff_group' WHERE id = 3");
  fixture_exec(f, "INSERT INTO staff_message (channel, account, chat_id, external_id, message_id, kind, created_at) "
                  "VALUES ('letters', '777', '-5', '40', 3, 'reply', 1)");
  assert_ok(finishes(f, takes(f, 1), (struct outbox_outcome){.step = OUTBOX_REFUSE, .error = S("no")}));
  assert_rows(f, "SELECT lane, kind, subject_id, payload FROM job WHERE id > 1",
              "staff|outbox.notice|3|{\"reply_to\":\"40\"}");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      PURE(a_row_ends_as_the_table_says),
      PURE(waits_double_to_five_minutes_with_a_quarter_of_jitter),
      ON_BOTH(a_row_is_taken_once_and_gone_when_sent),
      ON_BOTH(a_row_waits_between_its_tries_and_the_last_one_is_a_refusal),
      ON_BOTH(what_is_not_due_is_not_given_out),
      ON_BOTH(a_refusal_is_a_dead_letter_that_a_person_may_retry_or_dismiss),
      ON_BOTH(another_kind_of_job_is_no_dead_letter_of_ours),
      ON_BOTH(what_was_being_sent_at_a_crash_is_uncertain_and_never_sent_unasked),
      ON_BOTH(a_start_leaves_whom_the_channel_told_to_wait_long_waiting),
      ON_BOTH(a_start_touches_nothing_that_another_node_is_sending),
      ON_BOTH(a_lease_that_has_run_out_is_settled_by_whoever_takes_next),
      ON_BOTH(an_answer_whose_file_was_removed_is_not_sent_again),
      ON_BOTH(what_a_person_has_sent_again_is_not_settled_by_the_first_sender),
      ON_BOTH(what_waits_to_be_sent_again_stays_when_the_first_has_arrived),
      ON_BOTH(a_lane_goes_row_by_row_and_dead_ones_are_listed_newest_first),
      ON_BOTH(a_copy_that_an_earlier_version_has_marked_is_a_repeat),
      ON_BOTH(a_copy_goes_again_when_its_fate_is_unknown_and_says_nothing_of_the_message),
      ON_BOTH(a_notice_that_fails_is_forgotten),
      ON_BOTH(what_cannot_be_read_ends_with_a_reason),
      ON_BOTH(what_cannot_be_read_may_have_arrived_and_an_unknown_kind_waits),
      ON_BOTH(an_album_for_the_staff_is_taken_whole_though_others_stand_between),
      ON_BOTH(an_answer_from_the_room_that_fails_is_told_there),
  };
  return FIXTURE_RUN(tests);
}
