/* Votes in polls on both engines: in which order reports count, and how often panels hear of them. */
#include "desk/desk_fixture.h"
#include "desk/job/job_worker.h"

enum { HOUR_MS = 3600 * 1000 };

struct voting_ctx {
  struct fixture *f;
  int64_t update_id;
  int voters;
  bool kept;
};

static err vote(db_conn *c, void *arg) {
  struct voting_ctx *x = arg;
  bool fresh;
  struct inbound_votes v = {{S(FIXTURE_CHANNEL), S("777"), S("p1")},
                            arena_printf(db_conn_arena(c),
                                         "{\"question\":\"Tea?\",\"options\":[{\"text\":\"Yes\",\"voters\":%d},"
                                         "{\"text\":\"No\",\"voters\":0}],\"voters\":%d}",
                                         x->voters, x->voters),
                            x->update_id};
  err e = inbound_first_time(c, v.poll.channel, v.poll.account, x->update_id, desk_now(&x->f->desk), &fresh);
  return err_is(e) ? e : conversation_voted(&x->f->desk, c, &v, &x->kept);
}

static void report(struct fixture *f, int64_t update_id, int voters) {
  struct voting_ctx x = {.f = f, .update_id = update_id, .voters = voters};
  assert_ok(desk_write(&f->desk, vote, &x));
  assert_true(x.kept);
}

static err note(db_conn *c, void *arg) {
  (void)arg;
  struct message_poll_ref ref = {S(FIXTURE_CHANNEL), S("777"), S("p1")};
  return message_poll_note(c, &ref, 2);
}

static void send_poll(struct fixture *f) {
  fixture_writes(f, "5", "Hello");
  fixture_exec(f, "INSERT INTO message (id, conversation_id, direction, kind, delivery, details, created_at) VALUES "
                  "(2, 1, 'out', 'poll', 'sent', '{\"poll\":{\"question\":\"Tea?\",\"options\":[{\"text\":\"Yes\"},"
                  "{\"text\":\"No\"}]}}', 1)");
  assert_ok(desk_write(&f->desk, note, NULL));
}

static void assert_voters(struct fixture *f, int voters) {
  str details = fixture_ask(f, "SELECT details FROM message WHERE id = 2");
  if (!str_contains(details, arena_printf(f->arena, "\"voters\":%d", voters)))
    fail_msg("%d: %.*s", voters, STR_ARG(details));
}

static void an_older_report_counts_only_after_a_silence(void **state) {
  struct fixture *f = *state;
  send_poll(f);
  report(f, 1000, 1);
  report(f, 1002, 3);
  report(f, 1001, 2); /* it comes late */
  assert_voters(f, 3);
  f->clock.now_ms += 8 * 24 * HOUR_MS; /* the channel's numbers begin anywhere after a week without any */
  report(f, 17, 4);
  assert_voters(f, 4);
  report(f, 16, 5);
  assert_voters(f, 4);
  fixture_exec(f, "DELETE FROM inbound"); /* forgotten after two days */
  report(f, 3, 6);
  assert_voters(f, 6);
}

static void do_jobs(struct fixture *f) {
  static const struct job_handler handlers[] = {{.kind = JOB_VOTES, .run = conversation_tell_votes}};
  struct job_worker_config config = {
      .desk = &f->desk, .queue = JOB_QUEUE_DESK, .handlers = handlers, .handler_count = JSON_COUNT(handlers)};
  struct job_worker *w = job_worker_new(&config);
  int64_t next_due;
  assert_ok(job_worker_turn(w, &next_due));
  job_worker_free(&w);
}

static void many_votes_are_one_event_a_second(void **state) {
  struct fixture *f = *state;
  static const char events[] = "SELECT count(*) FROM event WHERE type = 'message_update'";
  send_poll(f);
  for (int i = 1; i <= 50; i++) report(f, 1000 + i, i);
  do_jobs(f);
  assert_rows(f, events, "0");
  f->clock.now_ms += CONVERSATION_VOTES_MS;
  do_jobs(f);
  assert_rows(f, events, "1");
  assert_voters(f, 50);
  report(f, 2000, 51);
  f->clock.now_ms += CONVERSATION_VOTES_MS;
  do_jobs(f);
  assert_rows(f, events, "2");
  assert_rows(f, "SELECT count(*) FROM job", "0");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_BOTH(an_older_report_counts_only_after_a_silence),
      ON_BOTH(many_votes_are_one_event_a_second),
  };
  return FIXTURE_RUN(tests);
}
