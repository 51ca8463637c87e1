/* The bounds of the queue, and who goes without when one is reached. */
#include "desk/job/job_fixture.h"
#include "desk/outbox/outbox.h"
#include "desk/staff/staff.h"

enum { MANY = JOB_PIECE + 5 };

struct step_ctx {
  struct fixture *f;
  struct job_new new;
  struct job *jobs;
  size_t count;
  bool more;
  struct job_figures figures;
};

static err run_add(db_conn *c, void *arg) { return job_add(c, &((struct step_ctx *)arg)->new, 1, NULL); }

static err run_end(db_conn *c, void *arg) {
  struct step_ctx *s = arg;
  err e = job_take(c, S("desk"), S("here.1"), 1, 1, s->f->arena, &s->jobs, &s->count);
  return err_is(e) ? e : job_done(c, s->jobs);
}

static err run_measure(db_conn *c, void *arg) {
  struct step_ctx *s = arg;
  return job_measure(c, S("here.1"), 1000, &s->more);
}

static err run_figures(db_conn *c, void *arg) {
  struct step_ctx *s = arg;
  return job_figures(c, S("here.1"), 1000, &s->figures);
}

static err add(struct fixture *f, enum job_kind kind, size_t bytes) {
  char *payload = arena_alloc(f->arena, bytes + 1);
  memset(payload, '1', bytes);
  struct step_ctx s = {.f = f,
                       .new = {.kind = kind, .queue = S("desk"), .payload = bytes ? str_n(payload, bytes) : STR_NONE}};
  return desk_write(&f->desk, run_add, &s);
}

/* From outside, as another node does. */
static void fill(struct fixture *f, const char *kind, int rows) {
  fixture_fill(f, (struct job_filling){rows, kind, "'desk'", .due_at = 900, .payload = "ж"});
}

static bool measure(struct fixture *f) {
  struct step_ctx s = {.f = f};
  assert_ok(db_read(f->desk.db, run_measure, &s));
  return s.more;
}

static void a_kind_has_room_for_so_many_rows_and_others_have_theirs(void **state) {
  struct fixture *f = *state;
  int64_t most = job_facts(JOB_PRUNE_AUDIT)->rows_max;
  fill(f, "prune.audit", (int)most - 1);
  assert_false(measure(f));
  assert_ok(add(f, JOB_PRUNE_AUDIT, 0));
  err e = add(f, JOB_PRUNE_AUDIT, 0);
  assert_int_equal(e.code, ERR_QUEUE_FULL);
  assert_int_equal(err_kind_of(e.code), KIND_OVERLOADED);
  assert_int_equal(e.retry_ms, 60000);
  assert_ok(add(f, JOB_PRUNE_RAW, 0));
  struct step_ctx s = {.f = f};
  assert_ok(desk_write(&f->desk, run_end, &s));
  assert_ok(add(f, JOB_PRUNE_AUDIT, 0)); /* what ends makes room at once */
  assert_err(add(f, JOB_PRUNE_AUDIT, 0), ERR_QUEUE_FULL);
  fixture_exec(f, "UPDATE job SET state = 'dead' WHERE id <= 10");
  assert_false(measure(f)); /* and what has ended elsewhere with the next look */
  assert_ok(add(f, JOB_PRUNE_AUDIT, 0));
}

static void a_kind_has_room_for_so_many_bytes(void **state) {
  struct fixture *f = *state;
  for (int64_t i = 0; i < job_facts(JOB_PRUNE_AUDIT)->bytes_max / JOB_PAYLOAD_MAX; i++)
    assert_ok(add(f, JOB_PRUNE_AUDIT, JOB_PAYLOAD_MAX));
  assert_err(add(f, JOB_PRUNE_AUDIT, 1), ERR_QUEUE_FULL);
  assert_ok(add(f, JOB_PRUNE_AUDIT, 0));
  assert_false(measure(f)); /* which finds the same */
  assert_err(add(f, JOB_PRUNE_AUDIT, 1), ERR_QUEUE_FULL);
  fixture_exec(f, "DELETE FROM job WHERE id = 1");
  assert_false(measure(f));
  assert_ok(add(f, JOB_PRUNE_AUDIT, 1));
}

static struct job_figures figures(struct fixture *f) {
  struct step_ctx s = {.f = f};
  assert_ok(db_read(f->desk.db, run_figures, &s));
  return s.figures;
}

static void a_long_queue_is_counted_in_pieces(void **state) {
  struct fixture *f = *state;
  fill(f, "push", 3);
  assert_false(measure(f));
  fill(f, "push", MANY);
  fixture_exec(f, "UPDATE job SET state = 'dead' WHERE id = 1");
  fixture_exec(f, "UPDATE job SET kind = 'of.tomorrow' WHERE id = 2");
  assert_int_equal(figures(f).by_kind[JOB_PUSH][JOB_READY], 3); /* as the last look that came to its end found them */
  assert_true(measure(f));
  assert_int_equal(figures(f).by_kind[JOB_PUSH][JOB_READY], 3);
  assert_false(measure(f));
  struct job_figures now = figures(f);
  assert_int_equal(now.by_kind[JOB_PUSH][JOB_READY], MANY + 1);
  assert_int_equal(now.by_state[JOB_READY], MANY + 2);
  assert_int_equal(now.by_state[JOB_DEAD], 1);
  assert_int_equal(now.bytes[JOB_PUSH], 2 * (MANY + 1));
  assert_int_equal(now.oldest_due_at, 900);
}

static void jobs_that_are_not_due_are_told_apart(void **state) {
  struct fixture *f = *state;
  fill(f, "outbox.card", 5);
  fixture_exec(f, "UPDATE job SET due_at = 1000000000000000 WHERE id <= 3");
  fixture_exec(f, "UPDATE job SET state = 'dead' WHERE id = 1");
  assert_false(measure(f));
  struct job_figures now = figures(f);
  assert_int_equal(now.by_kind[JOB_CARD][JOB_READY], 4);
  assert_int_equal(now.later[JOB_CARD], 2);
  assert_int_equal(now.later[JOB_PUSH], 0);
}

static void is_counted_as_it_is_there(struct fixture *f) {
  int64_t rows, bytes;
  job_counted(JOB_PUSH, &rows, &bytes);
  assert_int_equal(rows, fixture_number(f, "SELECT count(*) FROM job WHERE kind = 'push' AND state <> 'dead'"));
}

static err run_revive(db_conn *c, void *arg) {
  (void)arg;
  return job_revive(c, 100, 1000);
}

static void what_changes_behind_the_walk_is_counted(void **state) {
  struct fixture *f = *state;
  struct step_ctx s = {.f = f};
  fill(f, "push", MANY);
  fixture_exec(f, "UPDATE job SET state = 'dead' WHERE id = 100");
  fixture_exec(f, "UPDATE job SET due_at = 0 WHERE id <= 10 OR id = 20003");
  assert_true(measure(f));
  for (int i = 0; i < 11; i++) assert_ok(desk_write(&f->desk, run_end, &s)); /* one of them before the walk */
  assert_ok(desk_write(&f->desk, run_revive, &s));
  assert_ok(add(f, JOB_PUSH, 7));
  assert_false(measure(f));
  is_counted_as_it_is_there(f);
  fill(f, "push", 20);
  assert_true(measure(f)); /* what the former walk had passed does not count again */
  assert_false(measure(f));
  is_counted_as_it_is_there(f);
}

/* ---- who goes without ---- */

static void is_full(enum job_kind kind) { job_assume(kind, job_facts(kind)->rows_max, 0); }

static err reply(struct fixture *f, int64_t operator_id) {
  struct reply r = {.conversation_id = 1, .by = actor_operator(operator_id), .text = S("Hi")};
  struct message_row m;
  bool repeated;
  return conversation_reply(&f->desk, &r, f->arena, &m, &repeated);
}

static void a_customer_is_heard_though_copies_and_files_have_no_room(void **state) {
  struct fixture *f = *state;
  f->desk.staff = staff_new();
  staff_open(&f->desk, S("telegraph"), S("9"), STR_NONE);
  int64_t ann = fixture_operator(f, "ann");
  struct file_row photo = {.state = FILE_PENDING, .name = S("p.jpg"), .mime = S("image/jpeg"), .source = S("{}")};
  struct inbound_message m = fixture_text("5", "Hello");
  m.kind = MESSAGE_PHOTO;
  m.files = &photo;
  m.file_count = 1;
  is_full(JOB_COPY), is_full(JOB_FILE_FETCH);
  assert_ok(fixture_receive(f, &m));
  assert_rows(f, "SELECT count(*) FROM job", "0");
  assert_rows(f, "SELECT state, error FROM file", "failed|Too many files are waiting to be fetched.");
  assert_ok(reply(f, ann));
  assert_rows(f, "SELECT kind FROM job", "outbox.answer");
  staff_free(&f->desk.staff);
}

static err run_start(db_conn *c, void *arg) {
  struct fixture *f = arg;
  struct inbound_message m = fixture_text("6", "");
  return conversation_started(&f->desk, c, &m, STR_NONE);
}

static void an_answer_without_room_is_refused_whole_and_a_greeting_says_so(void **state) {
  struct fixture *f = *state;
  int64_t ann = fixture_operator(f, "ann");
  fixture_exec(f, "INSERT INTO setting (key, value, updated_at) VALUES ('greeting', 'Welcome', 1)");
  is_full(JOB_ANSWER);
  assert_ok(desk_write(&f->desk, run_start, f));
  assert_rows(f, "SELECT text, delivery, delivery_error FROM message WHERE direction = 'out'",
              "Welcome|failed|Too many messages are waiting to be sent. Try again in a minute.");
  err e = reply(f, ann);
  assert_int_equal(e.code, ERR_QUEUE_FULL);
  assert_true(e.retry_ms > 0);
  assert_rows(f, "SELECT count(*) FROM message WHERE text = 'Hi'", "0");
  assert_rows(f, "SELECT status FROM conversation", "snoozed");
  job_assume(JOB_ANSWER, 0, 0);
  assert_ok(reply(f, ann));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_BOTH(a_kind_has_room_for_so_many_rows_and_others_have_theirs),
      ON_BOTH(a_kind_has_room_for_so_many_bytes),
      ON_BOTH(a_long_queue_is_counted_in_pieces),
      ON_BOTH(jobs_that_are_not_due_are_told_apart),
      ON_BOTH(what_changes_behind_the_walk_is_counted),
      ON_BOTH(a_customer_is_heard_though_copies_and_files_have_no_room),
      ON_BOTH(an_answer_without_room_is_refused_whole_and_a_greeting_says_so),
  };
  return FIXTURE_RUN(tests);
}
