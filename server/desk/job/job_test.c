/* The queue on both engines: order within a lane, priority, batches, leases, fences, what is lost and what is dead. */
#include "desk/job/job_worker.h"

#include "desk/job/job_fixture.h"

static const char states[] = "SELECT id, state FROM job ORDER BY id";

struct step_ctx {
  struct fixture *f;
  err (*fn)(db_conn *c, struct step_ctx *s);
  struct job_new new;
  struct job *jobs, *one;
  size_t count, limit;
  int64_t now_ms, id;
  str holder, queue;
  struct job_failure failure;
  bool dead;
};

static err step_run(db_conn *c, void *arg) { return ((struct step_ctx *)arg)->fn(c, arg); }

static err do_add(db_conn *c, struct step_ctx *s) { return job_add(c, &s->new, s->now_ms, &s->id); }
static err do_take(db_conn *c, struct step_ctx *s) {
  return job_take(c, s->queue, s->holder, s->limit, s->now_ms, s->f->arena, &s->jobs, &s->count);
}
static err do_take_lost(db_conn *c, struct step_ctx *s) {
  return job_take_lost(c, s->queue, s->holder, s->limit, s->now_ms, s->f->arena, &s->jobs, &s->count);
}
static err do_done(db_conn *c, struct step_ctx *s) { return job_done(c, s->one); }
static err do_again(db_conn *c, struct step_ctx *s) { return job_again(c, s->one, &s->failure, s->now_ms, &s->dead); }
static err do_bury(db_conn *c, struct step_ctx *s) { return job_bury(c, s->one, S("refused"), S("No."), s->now_ms); }
static err do_revive(db_conn *c, struct step_ctx *s) { return job_revive(c, s->id, s->now_ms); }
static err do_forget(db_conn *c, struct step_ctx *s) { return job_expire_leases_of_earlier_runs(c, s->holder); }
static err do_free(db_conn *c, struct step_ctx *s) { return job_free_stranded(c, s->queue, 1000, s->now_ms); }
static err do_wait_anew(db_conn *c, struct step_ctx *s) { return job_wait_anew(c, s->queue, 1000, s->now_ms); }
static err do_cancel(db_conn *c, struct step_ctx *s) {
  int64_t n = 0;
  err e = job_cancel(c, JOB_WAKE_CONVERSATION, SUBJECT_CONVERSATION, s->id, &n);
  s->count = (size_t)n;
  return e;
}

static err run(struct fixture *f, err (*fn)(db_conn *c, struct step_ctx *s), struct step_ctx *s) {
  s->f = f;
  s->fn = fn;
  return db_write(f->desk.db, step_run, s);
}

static int64_t add(struct fixture *f, const char *lane, const char *batch, int64_t due_at) {
  struct step_ctx s = {.new = {.kind = JOB_WAKE_CONVERSATION,
                               .queue = S("q"),
                               .lane = str_c(lane),
                               .batch = str_c(batch),
                               .due_at = due_at}};
  assert_ok(run(f, do_add, &s));
  return s.id;
}

/* The ids that are taken, as "1,2". */
static const char *take_at(struct fixture *f, size_t limit, int64_t now_ms, struct job **jobs) {
  struct step_ctx s = {.queue = S("q"), .holder = S("here.1"), .limit = limit, .now_ms = now_ms};
  assert_ok(run(f, do_take, &s));
  if (jobs) *jobs = s.jobs;
  buf b;
  buf_init(&b, 4096);
  for (size_t i = 0; i < s.count; i++) buf_printf(&b, i ? ",%lld" : "%lld", (long long)s.jobs[i].id);
  const char *text = arena_dup(f->arena, buf_borrow(&b)).ptr;
  buf_free(&b);
  return text ? text : "";
}

static void a_lane_is_done_in_order_one_at_a_time(void **state) {
  struct fixture *f = *state;
  struct job *jobs;
  add(f, "a", NULL, 0), add(f, "a", NULL, 0), add(f, "b", NULL, 0), add(f, NULL, NULL, 0), add(f, NULL, NULL, 0);
  assert_rows(f, states, "1|ready\n2|behind\n3|ready\n4|ready\n5|ready");
  assert_string_equal(take_at(f, 10, 1, &jobs), "1,3,4,5");
  assert_string_equal(take_at(f, 10, 1, NULL), "");
  struct step_ctx s = {.one = &jobs[0]};
  assert_ok(run(f, do_done, &s));
  assert_string_equal(take_at(f, 10, 1, NULL), "2");
}

static void a_retried_job_keeps_its_place(void **state) {
  struct fixture *f = *state;
  struct job *jobs;
  add(f, "a", NULL, 0), add(f, "a", NULL, 0);
  take_at(f, 1, 1, &jobs);
  struct step_ctx s = {.one = &jobs[0], .now_ms = 1, .failure = {.due_at = 500, .counts = true, .error = S("busy")}};
  assert_ok(run(f, do_again, &s));
  assert_rows(f, "SELECT id, state, attempts, error FROM job ORDER BY id", "1|ready|1|busy\n2|behind|0|-");
  assert_string_equal(take_at(f, 10, 499, NULL), "");
  assert_string_equal(take_at(f, 10, 500, NULL), "1");
}

static void neighbours_of_a_batch_are_taken_together(void **state) {
  struct fixture *f = *state;
  struct job *jobs;
  add(f, "a", "x", 0), add(f, "a", "x", 0), add(f, "a", "x", 0), add(f, "a", "y", 0), add(f, "a", NULL, 0);
  assert_string_equal(take_at(f, 1, 1, &jobs), "1,2,3");
  struct step_ctx s = {.one = &jobs[1], .now_ms = 1, .failure = {.due_at = 1}};
  assert_ok(run(f, do_again, &s)); /* the middle one alone is tried again */
  s.one = &jobs[0];
  assert_ok(run(f, do_done, &s));
  s.one = &jobs[2];
  assert_ok(run(f, do_done, &s));
  assert_string_equal(take_at(f, 9, 1, &jobs), "2");
  s.one = &jobs[0];
  assert_ok(run(f, do_done, &s));
  assert_string_equal(take_at(f, 9, 1, NULL), "4");
}

static void an_older_fence_changes_nothing(void **state) {
  struct fixture *f = *state;
  struct job *first, *second;
  add(f, NULL, NULL, 0);
  take_at(f, 1, 1000, &first);
  int64_t later = 1000 + job_facts(JOB_WAKE_CONVERSATION)->lease_ms;
  struct step_ctx s = {.queue = S("q"), .holder = S("there.9"), .limit = 9, .now_ms = later - 1};
  assert_ok(run(f, do_take_lost, &s));
  assert_int_equal(s.count, 0); /* it is alive */
  s.now_ms = later;
  assert_ok(run(f, do_take_lost, &s));
  assert_int_equal(s.count, 1);
  second = s.jobs;
  assert_int_equal(second->fence, first->fence + 1);
  struct step_ctx old = {.one = first, .now_ms = later, .failure = {.due_at = 1}};
  assert_err(run(f, do_done, &old), ERR_CONFLICT);
  assert_err(run(f, do_again, &old), ERR_CONFLICT);
  assert_err(run(f, do_bury, &old), ERR_CONFLICT);
  assert_rows(f, "SELECT state, holder, attempts FROM job", "leased|there.9|0");
  struct step_ctx now = {.one = second};
  assert_ok(run(f, do_done, &now));
  assert_rows(f, "SELECT count(*) FROM job", "0");
}

static err do_take_batch(db_conn *c, struct step_ctx *s) {
  return job_take_batch(c, s->one, s->holder, s->limit, s->now_ms, s->f->arena, &s->jobs, &s->count);
}

static void what_of_a_batch_stands_further_back_is_taken_for_the_asking(void **state) {
  struct fixture *f = *state;
  struct job *jobs;
  add(f, "a", "x", 0), add(f, "a", NULL, 0), add(f, "a", "x", 0), add(f, "a", "y", 0), add(f, "a", "x", 0);
  for (int i = 0; i < JOB_REACH; i++) add(f, "a", "z", 0);
  add(f, "a", "x", 0); /* out of reach */
  assert_string_equal(take_at(f, 1, 1, &jobs), "1");
  struct step_ctx s = {.one = &jobs[0], .holder = S("here.1"), .limit = 1, .now_ms = 1};
  assert_ok(run(f, do_take_batch, &s));
  assert_int_equal(s.count, 1);
  assert_int_equal(s.jobs[0].id, 3);
  s.limit = JOB_BATCH_MAX;
  assert_ok(run(f, do_take_batch, &s));
  assert_int_equal(s.count, 1);
  assert_int_equal(s.jobs[0].id, 5);
  s.one = &jobs[0];
  assert_ok(run(f, do_done, &s));
  assert_string_equal(take_at(f, 9, 1, NULL), ""); /* the batch is on its way */
  assert_rows(f, "SELECT count(*) FROM job WHERE state = 'leased'", "2");
}

struct wall {
  sb_clock clock;
  int64_t wall_ms, steady_ms;
};
static int64_t wall_now(void *self) { return ((struct wall *)self)->wall_ms; }
static int64_t steady_now(void *self) { return ((struct wall *)self)->steady_ms; }

static void the_queue_s_clock_goes_on_when_the_wall_clock_is_set_back(void **state) {
  (void)state;
  struct wall w = {.wall_ms = 1000000000, .steady_ms = 5};
  w.clock = (sb_clock){wall_now, steady_now, &w};
  struct job_clock k = {0};
  assert_int_equal(job_clock_now(&k, &w.clock), 1000000000);
  w.wall_ms += 200 - 3600000, w.steady_ms += 200;
  assert_int_equal(job_clock_now(&k, &w.clock), 1000000200);
  w.wall_ms += 300, w.steady_ms += 300;
  assert_int_equal(job_clock_now(&k, &w.clock), 1000000500);
  w.wall_ms += 3600000, w.steady_ms += 10; /* set right again */
  assert_in_range(job_clock_now(&k, &w.clock), 1000000500, 1000000510);
  w.wall_ms += 7200000, w.steady_ms += 10; /* set forward: nothing waits longer for it */
  assert_in_range(job_clock_now(&k, &w.clock), 1007200500, 1007200520);
}

static void a_start_ends_only_its_own_earlier_leases(void **state) {
  struct fixture *f = *state;
  add(f, NULL, NULL, 0), add(f, NULL, NULL, 0), add(f, NULL, NULL, 0);
  static const str holders[] = {STR_INIT("here.1"), STR_INIT("here.2"), STR_INIT("heretic.1")};
  for (int i = 0; i < 3; i++) {
    struct step_ctx s = {.queue = S("q"), .holder = holders[i], .limit = 1, .now_ms = 1000};
    assert_ok(run(f, do_take, &s));
  }
  struct step_ctx s = {.holder = S("here.2")};
  assert_ok(run(f, do_forget, &s));
  assert_rows(f, "SELECT holder FROM job WHERE lease_until = 0", "here.1");
}

static void what_a_clock_has_stranded_is_freed(void **state) {
  struct fixture *f = *state;
  int64_t lease_ms = job_facts(JOB_WAKE_CONVERSATION)->lease_ms;
  add(f, NULL, NULL, 0), add(f, NULL, NULL, 100000 + lease_ms), add(f, NULL, NULL, 200);
  take_at(f, 1, 100000, NULL); /* and the clock is set back to 0 */
  struct step_ctx s = {.queue = S("q"), .now_ms = 0};
  assert_ok(run(f, do_free, &s));
  assert_rows(f, "SELECT due_at, lease_until FROM job ORDER BY id", "0|1000\n0|-\n200|-");
}

static void a_wait_that_a_clock_has_stretched_begins_anew_and_a_long_one_lasts(void **state) {
  struct fixture *f = *state;
  add(f, NULL, NULL, 0), add(f, NULL, NULL, 1005000), add(f, NULL, NULL, 200), add(f, NULL, NULL, 90000000);
  fixture_exec(f, "UPDATE job SET updated_at = 1000000 WHERE id = 2"); /* put off for five seconds */
  take_at(f, 1, 1000000, NULL);                                        /* and the clock is set back to 0 */
  struct step_ctx s = {.queue = S("q"), .now_ms = 0};
  assert_ok(run(f, do_wait_anew, &s));
  assert_rows(f, "SELECT due_at, lease_until FROM job ORDER BY id", "0|1000\n5000|-\n200|-\n90000000|-");
  assert_ok(run(f, do_wait_anew, &s));
  assert_rows(f, "SELECT due_at, updated_at FROM job WHERE id = 2", "5000|0");
}

static void a_dead_letter_comes_back_to_its_place(void **state) {
  struct fixture *f = *state;
  struct job *jobs;
  add(f, "a", NULL, 0), add(f, "a", NULL, 0);
  take_at(f, 1, 1, &jobs);
  struct step_ctx s = {.one = &jobs[0], .now_ms = 5};
  assert_ok(run(f, do_bury, &s));
  assert_rows(f, "SELECT id, state, error FROM job ORDER BY id", "1|dead|No.\n2|ready|-");
  s.id = 1;
  assert_ok(run(f, do_revive, &s));
  assert_rows(f, states, "1|ready\n2|behind");
  assert_err(run(f, do_revive, &s), ERR_NOT_RETRYABLE);
  s.id = 99;
  assert_err(run(f, do_revive, &s), ERR_NOT_FOUND);
}

static void a_cancelled_head_lets_the_next_go(void **state) {
  struct fixture *f = *state;
  struct step_ctx s = {.new = {.kind = JOB_WAKE_CONVERSATION,
                               .queue = S("q"),
                               .lane = S("a"),
                               .subject = SUBJECT_CONVERSATION,
                               .subject_id = 7,
                               .unique_key = S("7")}};
  assert_ok(run(f, do_add, &s));
  assert_err(run(f, do_add, &s), ERR_CONFLICT);
  add(f, "a", NULL, 0);
  s.id = 7;
  assert_ok(run(f, do_cancel, &s));
  assert_int_equal(s.count, 1);
  assert_rows(f, "SELECT state FROM job", "ready");
}

/* ---- the worker ---- */

struct handled_ctx {
  int calls;
  int fail_times;
  err error; /* of a failure; err_ok: one with words */
  struct job_handler handler;
};

static err handle(struct desk *d, db_conn *c, const struct job *j, void *user, int64_t *again_at) {
  (void)d, (void)c, (void)j, (void)again_at;
  struct handled_ctx *h = user;
  h->calls++;
  if (h->fail_times-- <= 0) return err_ok;
  return err_is(h->error) ? h->error : err_detail(ERR_INTERNAL, NULL, "not today");
}

/* A worker of the queue "q" with one handler. */
static struct job_worker *worker(struct fixture *f, struct handled_ctx *h, enum job_kind kind, int64_t every_ms) {
  h->handler = (struct job_handler){.kind = kind, .run = handle, .every_ms = every_ms};
  const struct job_worker_config config = {
      .desk = &f->desk, .queue = "q", .handlers = &h->handler, .handler_count = 1, .user = h};
  return job_worker_new(&config);
}

/* Only the queue's own conflict says that the lease is lost. */
static void a_handler_s_own_conflict_is_a_failure(void **state) {
  struct fixture *f = *state;
  struct handled_ctx h = {.fail_times = 1, .error = err_make(ERR_CONFLICT)};
  struct job_worker *w = worker(f, &h, JOB_WAKE_CONVERSATION, 0);
  int64_t next;
  add(f, NULL, NULL, FIXTURE_START_MS);
  assert_ok(job_worker_turn(w, &next));
  assert_rows(f, "SELECT state, attempts, error_code FROM job", "ready|1|conflict");
  job_worker_free(&w);
}

static void a_handler_that_fails_is_tried_again_later(void **state) {
  struct fixture *f = *state;
  struct handled_ctx h = {.fail_times = 1};
  struct job_worker *w = worker(f, &h, JOB_WAKE_CONVERSATION, 0);
  int64_t next;
  add(f, NULL, NULL, FIXTURE_START_MS);
  assert_ok(job_worker_turn(w, &next));
  assert_rows(f, "SELECT state, attempts, error FROM job", "ready|1|not today");
  assert_in_range(next - FIXTURE_START_MS, 750, 1250);
  f->clock.now_ms += 1250;
  assert_ok(job_worker_turn(w, &next));
  assert_rows(f, "SELECT count(*) FROM job", "0");
  assert_int_equal(h.calls, 2);
  assert_true(next == INT64_MAX);
  job_worker_free(&w);
}

static void every_kind_has_tries(void **state) {
  (void)state;
  for (int kind = 0; kind < JOB_KINDS; kind++) assert_true(job_facts((enum job_kind)kind)->tries > 0);
}

static void a_timer_that_fails_for_ever_ends_as_a_dead_letter(void **state) {
  struct fixture *f = *state;
  int tries = job_facts(JOB_WAKE_CONVERSATION)->tries;
  struct handled_ctx h = {.fail_times = tries};
  struct job_worker *w = worker(f, &h, JOB_WAKE_CONVERSATION, 0);
  int64_t next = FIXTURE_START_MS;
  add(f, NULL, NULL, FIXTURE_START_MS);
  for (int i = 0; i < 50 && next != INT64_MAX; i++) {
    f->clock.now_ms = next;
    assert_ok(job_worker_turn(w, &next));
  }
  assert_int_equal(h.calls, tries);
  assert_rows(f, "SELECT state, error FROM job", "dead|not today");
  struct step_ctx s = {.id = 1, .now_ms = f->clock.now_ms};
  assert_ok(run(f, do_revive, &s));
  assert_ok(job_worker_turn(w, &next));
  assert_rows(f, "SELECT count(*) FROM job", "0");
  job_worker_free(&w);
}

static void what_a_newer_version_added_is_left_to_it(void **state) {
  struct fixture *f = *state;
  struct job_worker_config config = {.desk = &f->desk, .queue = "q"};
  struct job_worker *w = job_worker_new(&config);
  add(f, NULL, NULL, 0);
  fixture_exec(f, "UPDATE job SET kind = 'of.tomorrow'");
  int64_t next;
  assert_ok(job_worker_turn(w, &next));
  assert_true(next == FIXTURE_START_MS + 60000);
  assert_rows(f, "SELECT state, attempts, error_code FROM job", "ready|0|unknown");
  job_worker_free(&w);
}

static void a_recurring_job_is_there_once_and_comes_again(void **state) {
  struct fixture *f = *state;
  struct handled_ctx h = {0};
  for (int i = 0; i < 2; i++) { /* a second start, or a second node, adds none */
    struct job_worker *w = worker(f, &h, JOB_WAKE_CONVERSATION, 60000);
    assert_ok(job_worker_start(w));
    job_worker_stop(w);
    job_worker_free(&w);
  }
  assert_rows(f, "SELECT count(*) FROM job", "1");
  struct job_worker *w = worker(f, &h, JOB_WAKE_CONVERSATION, 60000);
  int64_t next;
  assert_ok(job_worker_turn(w, &next));
  assert_int_equal(h.calls, 1);
  assert_true(next == FIXTURE_START_MS + 60000);
  job_worker_free(&w);
}

static void a_timer_waits_for_no_maintenance(void **state) {
  struct fixture *f = *state;
  struct handled_ctx h = {0};
  const struct job_handler handlers[] = {{.kind = JOB_PRUNE_AUDIT, .run = handle, .every_ms = 60000},
                                         {.kind = JOB_PRUNE_RAW, .run = handle, .every_ms = 60000},
                                         {.kind = JOB_WAKE_CONVERSATION, .run = handle}};
  struct job_worker_config config = {.desk = &f->desk,
                                     .queue = "q",
                                     .share = JOB_WORK_PROMPT,
                                     .handlers = handlers,
                                     .handler_count = JSON_COUNT(handlers),
                                     .user = &h};
  struct job_worker *prompt = job_worker_new(&config), *bulk;
  config.share = JOB_WORK_BULK;
  bulk = job_worker_new(&config);
  int64_t next;
  assert_ok(job_worker_prepare(prompt));
  assert_rows(f, "SELECT count(*) FROM job", "0"); /* maintenance is the other one's */
  assert_ok(job_worker_prepare(bulk));
  add(f, NULL, NULL, FIXTURE_START_MS + 5);
  assert_ok(job_worker_turn(prompt, &next));
  assert_int_equal(h.calls, 0);
  assert_int_equal(next, FIXTURE_START_MS + 5);
  assert_ok(job_worker_turn(bulk, &next));
  assert_int_equal(h.calls, 1); /* one at a time */
  assert_true(next <= FIXTURE_START_MS);
  f->clock.now_ms += 5;
  assert_ok(job_worker_turn(prompt, &next)); /* while the other one has maintenance left */
  assert_int_equal(h.calls, 2);
  assert_rows(f, "SELECT count(*) FROM job WHERE kind = 'conversation.wake'", "0");
  assert_true(next == INT64_MAX);
  job_worker_free(&prompt);
  job_worker_free(&bulk);
}

static int64_t turn(struct job_worker *w) {
  int64_t next;
  assert_ok(job_worker_turn(w, &next));
  return next;
}

static void a_recurring_job_that_is_given_up_comes_again_and_says_so_once(void **state) {
  struct fixture *f = *state;
  int tries = job_facts(JOB_PRUNE_AUDIT)->tries;
  struct handled_ctx h = {.fail_times = 2 * tries};
  struct job_worker *w = worker(f, &h, JOB_PRUNE_AUDIT, 60000);
  assert_ok(job_worker_prepare(w));
  static const char dead[] = "SELECT state, attempts, error FROM job WHERE state = 'dead'";
  static const char told[] = "SELECT count(*) FROM event WHERE type = 'dead_job_change'";
  for (int i = 0; i < tries; i++) f->clock.now_ms = turn(w);
  assert_rows(f, dead, "dead|12|not today");
  assert_rows(f, told, "1");
  assert_rows(f, "SELECT state, attempts FROM job WHERE state <> 'dead'", "ready|0");
  for (int i = 0; i < tries; i++) f->clock.now_ms = turn(w);
  assert_rows(f, dead, "dead|12|not today"); /* the later one alone */
  turn(w);
  assert_rows(f, dead, "");
  assert_rows(f, "SELECT count(*) FROM job", "1");
  assert_rows(f, told, "3"); /* it was given up twice, and has gone from the list */
  f->clock.now_ms = turn(w);
  assert_rows(f, told, "3");
  assert_int_equal(h.calls, 2 * tries + 1);
  job_worker_free(&w);
}

/* Whoever does it dies each time. */
static void a_recurring_job_that_is_lost_for_good_comes_again(void **state) {
  struct fixture *f = *state;
  struct handled_ctx h = {0};
  struct job_worker *w = worker(f, &h, JOB_PRUNE_AUDIT, 60000);
  assert_ok(job_worker_prepare(w));
  take_at(f, 1, FIXTURE_START_MS, NULL);
  fixture_exec(f, "UPDATE job SET attempts = 11, lease_until = 1");
  turn(w);
  assert_rows(f, "SELECT state, attempts, error_code FROM job WHERE state = 'dead'", "dead|12|lost");
  assert_rows(f, "SELECT state, attempts FROM job WHERE state <> 'dead'", "ready|0");
  job_worker_free(&w);
}

static void a_recurring_job_is_no_further_off_than_its_time(void **state) {
  struct fixture *f = *state;
  struct handled_ctx h = {0};
  struct job_worker *w = worker(f, &h, JOB_PRUNE_AUDIT, 60000);
  assert_ok(job_worker_prepare(w));
  static const char year_ahead[] = "UPDATE job SET due_at = due_at + 31536000000";
  turn(w);
  fixture_exec(f, year_ahead);      /* as it stands when the clock has been set back by a year */
  assert_ok(job_worker_prepare(w)); /* another start */
  turn(w);
  assert_int_equal(h.calls, 2);
  fixture_exec(f, year_ahead);
  job_worker_free(&w);
  w = worker(f, &h, JOB_PRUNE_AUDIT, 60000);
  turn(w); /* a worker that runs sees it, too */
  turn(w);
  assert_int_equal(h.calls, 3);
  job_worker_free(&w);
}

static err do_prune(db_conn *c, struct step_ctx *s) {
  int64_t count = 0;
  err e = job_prune(c, s->id, s->limit, &count);
  s->count = (size_t)count;
  return e;
}

static void dead_letters_go_only_when_there_are_too_many(void **state) {
  struct fixture *f = *state;
  for (int i = 0; i < 6; i++) add(f, NULL, NULL, 0);
  fixture_exec(f, "UPDATE job SET state = 'dead', updated_at = 100 - id WHERE id < 6");
  static const struct {
    int64_t kept;
    size_t limit, count;
    const char *left, *why;
  } rows[] = {{5, 9, 0, "1\n2\n3\n4\n5\n6", "as many as are kept"},
              {3, 1, 1, "1\n2\n3\n5\n6", "one at a time"},
              {3, 9, 1, "1\n2\n3\n6", "those that failed longest ago"},
              {0, 9, 3, "6", "no other state"}};
  for (size_t i = 0; i < JSON_COUNT(rows); i++) {
    struct step_ctx s = {.id = rows[i].kept, .limit = rows[i].limit};
    assert_ok(run(f, do_prune, &s));
    if (s.count != rows[i].count) fail_msg("%s: %zu", rows[i].why, s.count);
    assert_rows(f, "SELECT id FROM job ORDER BY id", rows[i].left);
  }
}

static void a_dead_letter_takes_the_place_of_what_has_its_key_now(void **state) {
  struct fixture *f = *state;
  struct job *jobs;
  struct step_ctx s = {.new = {.kind = JOB_PRUNE_AUDIT, .queue = S("q"), .unique_key = S("k")}, .now_ms = 1};
  assert_ok(run(f, do_add, &s));
  take_at(f, 1, 1, &jobs);
  s.one = &jobs[0];
  assert_ok(run(f, do_bury, &s));
  s.new.due_at = 500;
  assert_ok(run(f, do_add, &s));
  s.id = 1;
  assert_ok(run(f, do_revive, &s));
  assert_rows(f, "SELECT id, state, due_at FROM job", "1|ready|0");
  take_at(f, 1, 1, &jobs);
  s.one = &jobs[0];
  assert_ok(run(f, do_bury, &s));
  s.new.due_at = 0;
  assert_ok(run(f, do_add, &s));
  take_at(f, 1, 1, NULL); /* its like is being done: nothing is done twice at once */
  s.id = 1;
  assert_ok(run(f, do_revive, &s));
  assert_rows(f, "SELECT id, state FROM job", "3|leased");
}

struct asking_ctx {
  struct fixture *f;
  struct job *dead;
  size_t count;
  struct job_figures figures;
};
static err ask(db_conn *c, void *arg) {
  struct asking_ctx *q = arg;
  err e = job_dead(c, INT64_MAX, 10, q->f->arena, &q->dead, &q->count);
  return err_is(e) ? e : job_figures(c, S("here.1"), 1000, &q->figures);
}

static void figures_count_states_and_dead_ones_are_all_but_the_outboxs(void **state) {
  struct fixture *f = *state;
  static const struct job_filling jobs[] = {
      {1, "prune.audit", "'desk'", .due_at = 900},
      {1, "prune.audit", "'desk'", .due_at = 2000},
      {1, "prune.audit", "'node/gone'", .due_at = 5},
      {1, "prune.audit", "'node/here'", .due_at = 700},
      {1, "outbox.answer", "'outbox/x/1'", .state = "'dead'"},
      {1, "outbox.copy", "'outbox/x/1'", .state = "'dead'"},
      {1, "push", "'push'", .state = "'dead'"},
      {1, "file.fetch", "'file/x/1'", .state = "'dead'"},
      {1, "outbox.notice", "'outbox/x/1'", .state = "'dead'"},
      {1, "prune.audit", "'node/gone'", .state = "'dead'"},
      {1, "prune.audit", "'desk'", .state = "'dead'"},
  };
  for (size_t i = 0; i < JSON_COUNT(jobs); i++) fixture_fill(f, jobs[i]);
  struct asking_ctx q = {.f = f};
  assert_ok(db_read(f->desk.db, ask, &q));
  assert_int_equal(q.count, 5);
  assert_int_equal(q.dead[0].id, 11);
  assert_int_equal(q.dead[4].id, 7);
  assert_int_equal(q.figures.by_state[JOB_READY], 4);
  assert_int_equal(q.figures.by_state[JOB_DEAD], 7);
  assert_int_equal(q.figures.oldest_due_at, 700); /* what waits for a node that is gone is not late */
  fixture_exec(f, "UPDATE job SET due_at = 0, updated_at = 650 WHERE id = 1"); /* at once */
  assert_ok(db_read(f->desk.db, ask, &q));
  assert_int_equal(q.figures.oldest_due_at, 650);
}

/* Law: whatever happens, the first live job of a lane is ready or leased and every other is behind (or leased beside it in
 * its batch); and jobs of a lane end in order of id unless one was buried and came back. */
static void lanes_hold_their_law_in_random_lives(void **state) {
  struct fixture *f = *state;
  uint64_t r = 0x9e3779b97f4a7c15u;
  struct job held[64];
  size_t held_count = 0;
  int64_t last_done[3] = {0};
  static const char *const lanes[] = {"a", "b", "c"};
  for (int i = 0; i < 400; i++) {
    r ^= r << 13, r ^= r >> 7, r ^= r << 17;
    struct step_ctx s = {.queue = S("q"), .holder = S("here.1"), .limit = 2, .now_ms = i};
    size_t which = held_count ? r / 64 % held_count : 0;
    if (r % 4 == 0 || held_count == 0) add(f, lanes[r / 8 % 3], (r / 16) % 3 ? NULL : "x", 0);
    if (r % 4 == 1 && held_count < 40) {
      assert_ok(run(f, do_take, &s));
      for (size_t k = 0; k < s.count; k++) held[held_count++] = s.jobs[k];
    }
    if (r % 4 > 1 && held_count) {
      s.one = &held[which];
      s.failure = (struct job_failure){.due_at = i};
      bool done = r % 4 == 2;
      assert_ok(run(f, done ? do_done : do_again, &s));
      int64_t *last = &last_done[held[which].lane.ptr[0] - 'a'];
      if (done && !held[which].batch.ptr) {
        assert_true(held[which].id > *last);
        *last = held[which].id;
      }
      held[which] = held[--held_count];
    }
    assert_rows(
        f,
        "SELECT count(*) FROM job AS j WHERE j.state = 'ready' AND EXISTS (SELECT 1 FROM job AS o WHERE o.lane = "
        "j.lane AND o.id <> j.id AND (o.state IN ('ready', 'leased') OR o.id < j.id))",
        "0");
    assert_rows(f,
                "SELECT count(*) FROM job AS j WHERE j.state = 'behind' AND NOT EXISTS (SELECT 1 FROM job AS o WHERE "
                "o.lane = j.lane AND o.state IN ('ready', 'leased'))",
                "0");
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_BOTH(a_lane_is_done_in_order_one_at_a_time),
      ON_BOTH(a_retried_job_keeps_its_place),
      ON_BOTH(neighbours_of_a_batch_are_taken_together),
      ON_BOTH(what_of_a_batch_stands_further_back_is_taken_for_the_asking),
      PURE(the_queue_s_clock_goes_on_when_the_wall_clock_is_set_back),
      ON_BOTH(an_older_fence_changes_nothing),
      ON_BOTH(a_start_ends_only_its_own_earlier_leases),
      ON_BOTH(what_a_clock_has_stranded_is_freed),
      ON_BOTH(a_wait_that_a_clock_has_stretched_begins_anew_and_a_long_one_lasts),
      ON_BOTH(a_dead_letter_comes_back_to_its_place),
      ON_BOTH(a_cancelled_head_lets_the_next_go),
      ON_BOTH(a_handler_s_own_conflict_is_a_failure),
      ON_BOTH(a_handler_that_fails_is_tried_again_later),
      PURE(every_kind_has_tries),
      ON_BOTH(a_timer_that_fails_for_ever_ends_as_a_dead_letter),
      ON_BOTH(what_a_newer_version_added_is_left_to_it),
      ON_BOTH(a_timer_waits_for_no_maintenance),
      ON_BOTH(a_recurring_job_is_there_once_and_comes_again),
      ON_BOTH(a_recurring_job_that_is_given_up_comes_again_and_says_so_once),
      ON_BOTH(a_recurring_job_that_is_lost_for_good_comes_again),
      ON_BOTH(a_recurring_job_is_no_further_off_than_its_time),
      ON_BOTH(dead_letters_go_only_when_there_are_too_many),
      ON_BOTH(a_dead_letter_takes_the_place_of_what_has_its_key_now),
      ON_BOTH(figures_count_states_and_dead_ones_are_all_but_the_outboxs),
      ON_BOTH(lanes_hold_their_law_in_random_lives),
  };
  return FIXTURE_RUN(tests);
}
