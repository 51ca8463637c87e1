/* Snoozed conversations on both engines: what ends a snooze, and the job that wakes them. */
#include "desk/desk_fixture.h"
#include "desk/job/job_worker.h"

enum { HOUR_MS = 3600 * 1000 };

/* On the only conversation, by an operator who may do everything. */
static err command(struct fixture *f, enum conversation_verb what, int64_t operator_id, int64_t target) {
  struct conversation_command o = {.conversation_id = 1,
                                   .by = {.kind = ACTOR_OPERATOR, .role = ROLE_ADMIN, .id = operator_id},
                                   .command = what,
                                   .target = target};
  struct conversation_row row;
  return conversation_command(&f->desk, &o, f->arena, &row);
}

static err snooze(struct fixture *f, int64_t operator_id, int64_t until) {
  return command(f, COMMAND_SNOOZE, operator_id, until);
}

/* Runs the due jobs of the queue "desk", as app/jobs.c does. */
static void do_jobs(struct fixture *f) {
  static const struct job_handler handlers[] = {{.kind = JOB_WAKE_CONVERSATION, .run = conversation_wake}};
  struct job_worker_config config = {
      .desk = &f->desk, .queue = JOB_QUEUE_DESK, .handlers = handlers, .handler_count = JSON_COUNT(handlers)};
  struct job_worker *w = job_worker_new(&config);
  int64_t next_due;
  assert_ok(job_worker_turn(w, &next_due));
  job_worker_free(&w);
}

static const char jobs[] = "SELECT kind, state, due_at, unique_key FROM job";
static const char asleep[] = "SELECT status, assignee_id, snoozed_until FROM conversation";

static const char *after_start(struct fixture *f, const char *before, int64_t ms, const char *behind) {
  return arena_printf(f->arena, "%s%lld%s", before, (long long)(FIXTURE_START_MS + ms), behind).ptr;
}

static void a_snoozed_conversation_wakes_at_its_time_for_its_assignee(void **state) {
  struct fixture *f = *state;
  int64_t ann = fixture_operator(f, "ann"), count;
  struct actor by = actor_operator(ann);
  fixture_writes(f, "5", "Hello");
  assert_ok(command(f, COMMAND_TAKE, ann, 0));
  assert_ok(conversation_mark_read(&f->desk, 1, &by, 0, &count));
  assert_ok(snooze(f, ann, FIXTURE_START_MS + HOUR_MS));
  assert_rows(f, jobs, after_start(f, "conversation.wake|ready|", HOUR_MS, "|1"));
  assert_rows(f, asleep, after_start(f, "snoozed|1|", HOUR_MS, ""));
  f->clock.now_ms += HOUR_MS - 1;
  do_jobs(f);
  assert_rows(f, asleep, after_start(f, "snoozed|1|", HOUR_MS, ""));
  f->clock.now_ms += 1;
  do_jobs(f);
  assert_rows(f, asleep, "active|1|-");
  assert_rows(f, "SELECT count(*) FROM job", "0");
  assert_rows(f,
              "SELECT action, actor, actor_id, operator_id FROM message WHERE kind = 'system' AND id > 2 ORDER BY id",
              "snoozed|operator|1|1\nwoken|system|-|-");
  assert_rows(f, "SELECT updated_at FROM conversation", after_start(f, "", HOUR_MS, "")); /* up in the list */
  assert_rows(f, "SELECT read_count FROM read_mark", "0");                                /* and to be read again */
  assert_rows(f, "SELECT type, audience_id FROM event ORDER BY seq DESC LIMIT 1", "conversation_read|1");
}

static void snoozing_anew_moves_the_time_and_anything_else_ends_it(void **state) {
  struct fixture *f = *state;
  int64_t ann = fixture_operator(f, "ann"), bob = fixture_operator(f, "bob");
  fixture_writes(f, "5", "Hello");
  assert_err(snooze(f, ann, FIXTURE_START_MS), ERR_INVALID_FIELD);
  assert_err(snooze(f, ann, FIXTURE_START_MS + 367LL * 24 * HOUR_MS), ERR_INVALID_FIELD);
  assert_ok(snooze(f, ann, FIXTURE_START_MS + HOUR_MS));
  assert_ok(snooze(f, ann, FIXTURE_START_MS + 2 * HOUR_MS));
  assert_ok(snooze(f, ann, FIXTURE_START_MS + 2 * HOUR_MS)); /* the same: nothing happens */
  assert_rows(f, jobs, after_start(f, "conversation.wake|ready|", 2 * HOUR_MS, "|1"));
  assert_rows(f, "SELECT count(*) FROM message WHERE action = 'snoozed'", "2");
  assert_ok(snooze(f, ann, 0));
  assert_rows(f, jobs, "");
  assert_rows(f, asleep, "snoozed|-|-");
  static const struct {
    enum conversation_verb command;
    const char *then;
  } ends[] = {{COMMAND_TAKE, "active|1|-"},
              {COMMAND_REOPEN, "active|1|-"},
              {COMMAND_ASSIGN, "active|2|-"},
              {COMMAND_UNASSIGN, "waiting|-|-"},
              {COMMAND_CLOSE, "closed|1|-"}};
  for (size_t i = 0; i < JSON_COUNT(ends); i++) {
    assert_ok(snooze(f, ann, FIXTURE_START_MS + HOUR_MS));
    assert_ok(command(f, ends[i].command, ann, bob));
    assert_rows(f, jobs, "");
    assert_rows(f, asleep, ends[i].then);
    if (ends[i].command != COMMAND_CLOSE) assert_ok(command(f, COMMAND_ASSIGN, ann, ann));
  }
  assert_err(snooze(f, ann, 0), ERR_CONVERSATION_CLOSED);
}

static void the_customers_next_message_wakes_a_snoozed_conversation(void **state) {
  struct fixture *f = *state;
  int64_t ann = fixture_operator(f, "ann");
  fixture_writes(f, "5", "Hello");
  assert_ok(snooze(f, ann, FIXTURE_START_MS + HOUR_MS));
  fixture_writes(f, "6", "Anybody?");
  assert_rows(f, asleep, "waiting|-|-");
  assert_ok(command(f, COMMAND_TAKE, ann, 0));
  assert_ok(snooze(f, ann, 0));
  fixture_writes(f, "7", "There you are");
  assert_rows(f, asleep, "active|1|-");
  assert_rows(f, jobs, "");
}

/* The job was taken at its time, and before it ran somebody snoozed the conversation anew. */
static void a_wake_that_comes_too_early_waits_for_the_new_time(void **state) {
  struct fixture *f = *state;
  int64_t ann = fixture_operator(f, "ann");
  fixture_writes(f, "5", "Hello");
  assert_ok(snooze(f, ann, FIXTURE_START_MS + HOUR_MS));
  fixture_exec(f, "UPDATE job SET due_at = 0");
  do_jobs(f);
  assert_rows(f, jobs, after_start(f, "conversation.wake|ready|", HOUR_MS, "|1"));
  assert_rows(f, asleep, after_start(f, "snoozed|-|", HOUR_MS, ""));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_BOTH(a_snoozed_conversation_wakes_at_its_time_for_its_assignee),
      ON_BOTH(snoozing_anew_moves_the_time_and_anything_else_ends_it),
      ON_BOTH(the_customers_next_message_wakes_a_snoozed_conversation),
      ON_BOTH(a_wake_that_comes_too_early_waits_for_the_new_time),
  };
  return FIXTURE_RUN(tests);
}
