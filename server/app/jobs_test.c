/* What the periodic jobs forget, and what they leave. */
#include "desk/desk_fixture.h"

#include "app/app.h"
#include "desk/access/access.h"
#include "desk/job/job_worker.h"

static const int64_t day_ms = 24 * 3600 * 1000;

static void what_is_old_is_forgotten_and_nothing_else(void **state) {
  struct fixture *f = *state;
  struct app app = {.desk = f->desk};
  static const char *const environment[] = {"RAW_RETENTION_DAYS=7", "AUDIT_RETENTION_DAYS=90", NULL};
  static const unsigned char secret[32] = "thirty-two bytes for the tests..";
  assert_ok(config_load(environment, NULL, &app.config));
  app.desk.access = access_new(f->desk.clock, f->desk.rand, secret, day_ms);
  for (int64_t age = 0; age < 100; age++) {
    long long at = (long long)(f->clock.now_ms - age * day_ms - 1000);
    fixture_exec(f, arena_printf(f->arena,
                                 "INSERT INTO inbound_raw (channel, account, reason, raw, received_at) "
                                 "VALUES ('c', 'a', 'r', '{}', %lld)",
                                 at)
                        .ptr);
    fixture_exec(f,
                 arena_printf(f->arena, "INSERT INTO inbound VALUES ('c', 'a', %lld, %lld)", (long long)age, at).ptr);
    fixture_exec(f, arena_printf(f->arena,
                                 "INSERT INTO staff_waiting (channel, account, raw, received_at) "
                                 "VALUES ('c', 'a', '{}', %lld)",
                                 at)
                        .ptr);
    fixture_exec(f,
                 arena_printf(f->arena,
                              "INSERT INTO job (kind, queue, state, priority, due_at, subject, created_at, updated_at) "
                              "VALUES ('push', 'push', 'ready', 1, 0, 'device', %lld, %lld)",
                              at, at)
                     .ptr);
    fixture_exec(f, arena_printf(f->arena, "INSERT INTO audit (action, created_at) VALUES ('x', %lld)", at).ptr);
  }
  for (int64_t age = 99; age >= 0; age--)
    for (int i = 0; i < 2; i++) {
      long long at = (long long)(f->clock.now_ms - age * day_ms - 1000);
      fixture_exec(f, arena_printf(f->arena,
                                   "INSERT INTO job (kind, queue, lane, state, priority, due_at, subject, created_at, "
                                   "updated_at) VALUES ('outbox.%s', 'q', '%s', '%s', 0, 0, 'none', %lld, %lld)",
                                   i ? "copy" : "answer", i ? "staff" : "c", age == 99 ? "ready" : "behind", at, at)
                          .ptr);
    }
  for (int age = 1; age < 10; age += 8)
    fixture_exec(
        f, arena_printf(f->arena,
                        "INSERT INTO job (kind, queue, state, priority, due_at, lease_until, subject, created_at, "
                        "updated_at) VALUES ('prune.files', 'node/%d', 'leased', 2, 0, 0, 'none', 0, %lld)",
                        age, (long long)(f->clock.now_ms - age * day_ms))
               .ptr);
  fixture_exec(f, "INSERT INTO job (kind, queue, state, priority, due_at, subject, created_at, updated_at) "
                  "VALUES ('outbox.answer', 'dead', 'dead', 0, 0, 'message', 1, 1)");
  app.node_queue = JOB_QUEUE_NODE "here";
  struct jobs *jobs = jobs_new(&app);
  assert_ok(jobs_round(jobs));
  assert_rows(f, "SELECT count(*) FROM inbound_raw", "7");
  assert_rows(f, "SELECT count(*) FROM inbound", "2");
  assert_rows(f, "SELECT count(*) FROM audit", "90");
  assert_rows(f, "SELECT count(*) FROM staff_waiting", "1");
  assert_rows(f, "SELECT count(*) FROM job WHERE kind = 'push'", "1");
  assert_rows(f, "SELECT count(*) FROM job WHERE state = 'dead'", "1"); /* until a person decides */
  fixture_exec(f, "DELETE FROM job WHERE state = 'dead'");
  assert_rows(f, "SELECT queue FROM job WHERE state = 'leased'", "node/1"); /* the other node is gone */
  assert_rows(f, "SELECT kind, count(*) FROM job WHERE kind LIKE 'outbox%' GROUP BY kind ORDER BY kind",
              "outbox.answer|100\noutbox.copy|1");
  assert_rows(f, "SELECT lane, id FROM job WHERE state = 'ready' AND kind LIKE 'outbox%' ORDER BY id",
              "c|101\nstaff|300"); /* what is left goes on */
  assert_rows(f, "SELECT count(*), count(DISTINCT kind) FROM job WHERE state = 'ready' AND due_at > 0", "10|10");
  jobs_free(&jobs);
  access_free(&app.desk.access);
  config_free(&app.config);
}

/* A job without a handler would wait forever. */
static void every_kind_of_job_has_a_handler_or_a_consumer(void **state) {
  (void)state;
  static const enum job_kind elsewhere[] = {JOB_PUSH,   JOB_FILE_FETCH, JOB_ANSWER,   JOB_CHANGE, JOB_COPY,
                                            JOB_NOTICE, JOB_TOPIC,      JOB_PERSONAL, JOB_CARD,   JOB_PHOTO};
  for (int kind = 0; kind < JOB_KINDS; kind++) {
    bool consumed = jobs_run(kind);
    for (size_t i = 0; i < JSON_COUNT(elsewhere); i++) consumed |= elsewhere[i] == (enum job_kind)kind;
    if (!consumed) fail_msg("%s: no handler in app/jobs.c, and no consumer here", job_kind_names.names[kind]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {ON_BOTH(what_is_old_is_forgotten_and_nothing_else),
                                     PURE(every_kind_of_job_has_a_handler_or_a_consumer)};
  return FIXTURE_RUN(tests);
}
