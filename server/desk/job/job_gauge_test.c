/* The number of live jobs that the limits use: it equals the table after every step that was committed, and no other changes
 * it. */
#include "desk/desk_fixture.h"
#include "desk/device/device.h"
#include "desk/outbox/outbox.h"

struct step_ctx {
  struct fixture *f;
  db_fn fn;
  struct job_new new;
  struct job *jobs;
  size_t count;
  int64_t id, number;
};

static struct step_ctx step(struct fixture *f) { return (struct step_ctx){.f = f}; }

static err do_add(db_conn *c, void *arg) { return job_add(c, &((struct step_ctx *)arg)->new, 1, NULL); }
static err do_take(db_conn *c, void *arg) {
  struct step_ctx *s = arg;
  return job_take(c, S("q"), S("here.1"), 10, 100, s->f->arena, &s->jobs, &s->count);
}

/* The table against what is counted, of every kind. */
static void is_counted(struct fixture *f, const char *after) {
  for (int kind = 0; kind < JOB_KINDS; kind++) {
    int64_t rows, bytes;
    const char *text = job_kind_names.names[kind];
    str sql = arena_printf(f->arena,
                           "SELECT count(*), coalesce(sum(length(payload)), 0) FROM job WHERE kind = '%s' AND "
                           "state <> 'dead'",
                           text);
    job_counted((enum job_kind)kind, &rows, &bytes);
    str counted = arena_printf(f->arena, "%lld|%lld", (long long)rows, (long long)bytes);
    str there = fixture_ask(f, sql.ptr);
    if (!str_eq(counted, there))
      fail_msg("%s: %.*s of %s are counted, %.*s are there", after, STR_ARG(counted), text, STR_ARG(there));
  }
}

static void add(struct fixture *f, struct job_new n) {
  struct step_ctx s = step(f);
  s.new = n;
  if (!n.queue.ptr) s.new.queue = S("q");
  if (!n.payload.ptr) s.new.payload = S("{\"a\":1}");
  assert_ok(desk_write(&f->desk, do_add, &s));
}

static struct step_ctx take(struct fixture *f) {
  struct step_ctx s = step(f);
  assert_ok(desk_write(&f->desk, do_take, &s));
  return s;
}

/* ---- the steps ---- */

static err do_done(db_conn *c, void *arg) { return job_done(c, ((struct step_ctx *)arg)->jobs); }
static void end_one(struct fixture *f) {
  add(f, (struct job_new){.kind = JOB_PUSH});
  struct step_ctx s = take(f);
  assert_ok(desk_write(&f->desk, do_done, &s));
}

static err do_bury(db_conn *c, void *arg) {
  return job_bury(c, ((struct step_ctx *)arg)->jobs, S("refused"), S("No."), 100);
}
static int64_t bury_one(struct fixture *f) {
  struct step_ctx s = take(f);
  assert_int_equal(s.count, 1);
  assert_ok(desk_write(&f->desk, do_bury, &s));
  return s.jobs->id;
}
static void bury(struct fixture *f) {
  add(f, (struct job_new){.kind = JOB_PUSH});
  bury_one(f);
}

static err do_revive(db_conn *c, void *arg) { return job_revive(c, ((struct step_ctx *)arg)->id, 100); }
static void revive(struct fixture *f) {
  add(f, (struct job_new){.kind = JOB_PUSH, .lane = S("a")});
  struct step_ctx s = step(f);
  s.id = bury_one(f);
  assert_ok(desk_write(&f->desk, do_revive, &s));
}

static void revive_in_the_place_of_a_twin(struct fixture *f) {
  add(f, (struct job_new){.kind = JOB_PRUNE_RAW, .unique_key = S("k")});
  struct step_ctx s = step(f);
  s.id = bury_one(f);
  add(f, (struct job_new){.kind = JOB_PRUNE_RAW, .unique_key = S("k"), .payload = S("{\"longer\":true}")});
  assert_ok(desk_write(&f->desk, do_revive, &s));
}

static err do_dismiss(db_conn *c, void *arg) { return job_dismiss(c, ((struct step_ctx *)arg)->id); }
static void dismiss(struct fixture *f) {
  add(f, (struct job_new){.kind = JOB_PUSH});
  struct step_ctx s = step(f);
  s.id = bury_one(f);
  assert_ok(desk_write(&f->desk, do_dismiss, &s));
}

static err do_cancel(db_conn *c, void *arg) {
  return job_cancel(c, JOB_PUSH, SUBJECT_DEVICE, 7, &((struct step_ctx *)arg)->number);
}
static void cancel(struct fixture *f) {
  for (int i = 0; i < 3; i++)
    add(f, (struct job_new){.kind = JOB_PUSH, .lane = S("a"), .subject = SUBJECT_DEVICE, .subject_id = 7});
  add(f, (struct job_new){.kind = JOB_PUSH, .lane = S("a")});
  struct step_ctx s = step(f);
  assert_ok(desk_write(&f->desk, do_cancel, &s));
  assert_int_equal(s.number, 3);
  assert_rows(f, "SELECT state FROM job", "ready");
}

static err do_clear_lane(db_conn *c, void *arg) {
  (void)arg;
  return job_clear_lane(c, S("out/a/"), S("staff"));
}
static void clear_a_lane(struct fixture *f) {
  static const str queues[] = {STR_INIT("out/a/1"), STR_INIT("out/a/2"), STR_INIT("out/ab/1"), STR_INIT("q")};
  for (size_t i = 0; i < JSON_COUNT(queues); i++) {
    for (int k = 0; k < 3; k++) {
      add(f, (struct job_new){.kind = k ? JOB_COPY : JOB_NOTICE, .queue = queues[i], .lane = S("staff")});
      add(f, (struct job_new){.kind = JOB_ANSWER, .queue = queues[i], .lane = S("9")});
    }
  }
  fixture_exec(f, "UPDATE job SET state = 'leased' WHERE queue = 'out/a/2' AND lane = 'staff' AND state = 'ready'");
  struct step_ctx s = step(f);
  assert_ok(desk_write(&f->desk, do_clear_lane, &s));
  assert_rows(f, "SELECT queue, lane, count(*) FROM job GROUP BY queue, lane ORDER BY queue, lane",
              "out/a/1|9|3\nout/a/2|9|3\nout/a/2|staff|1\nout/ab/1|9|3\nout/ab/1|staff|3\nq|9|3\nq|staff|3");
}

static err do_prune_nodes(db_conn *c, void *arg) {
  (void)arg;
  return job_prune_nodes(c, JOB_PRUNE_FILES, 50);
}
static void prune_nodes(struct fixture *f) {
  add(f, (struct job_new){.kind = JOB_PRUNE_FILES, .queue = S("node/gone")});
  struct step_ctx s = step(f);
  assert_ok(desk_write(&f->desk, do_prune_nodes, &s));
  assert_rows(f, "SELECT count(*) FROM job", "0");
}

static err do_expire(db_conn *c, void *arg) {
  struct step_ctx *s = arg;
  err e = outbox_expire_copies(c, 50, 10, &s->number);
  return err_is(e) ? e : push_expire(c, 50, 10, &s->id);
}
static void expire(struct fixture *f) {
  for (int i = 0; i < 2; i++) {
    add(f, (struct job_new){.kind = JOB_COPY, .lane = S("staff")});
    add(f, (struct job_new){.kind = JOB_PUSH, .queue = S("push")});
  }
  struct step_ctx s = step(f);
  assert_ok(desk_write(&f->desk, do_expire, &s));
  assert_int_equal(s.number, 2);
  assert_int_equal(s.id, 2);
}

static err do_set_payload(db_conn *c, void *arg) {
  struct step_ctx *s = arg;
  struct job j = s->jobs[0];
  return job_set_payload(c, &j, S("{\"something\":\"longer\"}"));
}
static void replace_a_payload(struct fixture *f) {
  add(f, (struct job_new){.kind = JOB_COPY});
  struct step_ctx s = take(f);
  assert_ok(desk_write(&f->desk, do_set_payload, &s));
}

/* Whatever a function does, its transaction is rolled back. */
static err do_all_and_fail(db_conn *c, void *arg) {
  struct step_ctx *s = arg;
  s->new = (struct job_new){.kind = JOB_PUSH, .queue = S("q"), .payload = S("{\"b\":2}")};
  err e = do_add(c, s);
  if (!err_is(e)) e = do_cancel(c, s);
  if (!err_is(e)) e = do_take(c, s);
  for (size_t i = 0; i < s->count && !err_is(e); i++) e = job_done(c, &s->jobs[i]);
  return err_is(e) ? e : err_make(ERR_ALREADY_TAKEN);
}
static void roll_back(struct fixture *f) {
  add(f, (struct job_new){.kind = JOB_PUSH, .subject = SUBJECT_DEVICE, .subject_id = 7});
  add(f, (struct job_new){.kind = JOB_COPY});
  struct step_ctx s = step(f);
  assert_err(desk_write(&f->desk, do_all_and_fail, &s), ERR_ALREADY_TAKEN);
  assert_rows(f, "SELECT count(*) FROM job", "2");
}

static void what_is_counted_is_what_is_there(void **state) {
  struct fixture *f = *state;
  static const struct {
    const char *name;
    void (*run)(struct fixture *f);
  } steps[] = {{"a job that has ended", end_one},
               {"a job that was given up", bury},
               {"a dead letter that lives again", revive},
               {"one that replaces what was added with its key", revive_in_the_place_of_a_twin},
               {"one that was dismissed", dismiss},
               {"jobs that were cancelled", cancel},
               {"a lane that was cleared", clear_a_lane},
               {"jobs of a node that is gone", prune_nodes},
               {"copies and pushes that nobody took", expire},
               {"a payload that was replaced", replace_a_payload},
               {"a transaction that was rolled back", roll_back}};
  for (size_t i = 0; i < JSON_COUNT(steps); i++) {
    fixture_exec(f, "DELETE FROM job");
    for (int kind = 0; kind < JOB_KINDS; kind++) job_assume((enum job_kind)kind, 0, 0);
    steps[i].run(f);
    is_counted(f, steps[i].name);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {ON_BOTH(what_is_counted_is_what_is_there)};
  return FIXTURE_RUN(tests);
}
