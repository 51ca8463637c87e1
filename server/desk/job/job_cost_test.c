/* What the queue's statements read: the index of what they want, however many other jobs there are. */
#include "db/db_check.h"
#include "desk/job/job_fixture.h"

enum { MANY = 20000 };

/* The plan of a statement, as it is with this content. */
static str plan_of(struct fixture *f, int statement) {
  struct db_plan plan;
  if (f->engine == DB_POSTGRES) fixture_exec(f, "ANALYZE job"); /* SQLite decides without */
  assert_ok(db_explain(f->url, &sql_statements[statement], 1, f->arena, &plan));
  assert_ok(plan.problem);
  return plan.plan;
}

static void reads_only(struct fixture *f, int statement, const char *index, const char *why) {
  str plan = plan_of(f, statement);
  const char *others[] = {"job_pkey", "sqlite_autoindex", "SCAN job", "SCAN o", "Seq Scan"};
  bool good = str_contains(plan, str_c(index));
  for (size_t i = 0; i < JSON_COUNT(others); i++) good = good && !str_contains(plan, str_c(others[i]));
  if (!good) fail_msg("%s: %s\n%.*s", sql_statements[statement].name, why, STR_ARG(plan));
}

/* The planner has seen one lane only, so it expects a lane to hold every job. */
static void a_take_beside_a_long_lane_reads_the_index_of_lanes(void **state) {
  struct fixture *f = *state;
  fixture_fill(f, (struct job_filling){MANY, "push", "'q'", "'long'", "CASE i WHEN 1 THEN 'ready' ELSE 'behind' END"});
  reads_only(f, SQL_JOB_FOLLOWERS, "job_lane", "the neighbours of a head are in its lane");
  reads_only(f, SQL_JOB_BATCH, "job_lane", "a batch is in one lane");
}

static void a_lane_s_next_job_is_found_in_the_index_of_lanes(void **state) {
  struct fixture *f = *state;
  fixture_fill(f, (struct job_filling){MANY, "push", "'q'", "'long'", "CASE i WHEN 1 THEN 'ready' ELSE 'behind' END"});
  str plan = plan_of(f, SQL_JOB_PROMOTE), rest = plan;
  bool found = false;
  while (rest.ptr) { /* the line about "job AS o"; the changed row itself is found by its id */
    str line = str_trim(str_cut(&rest, '\n'));
    if (str_contains(line, S("job_lane")) && (str_ends(line, S(" o")) || str_contains(line, S(" o ")))) found = true;
  }
  if (!found) fail_msg("%.*s", STR_ARG(plan));
}

static void clearing_a_lane_reads_that_lane(void **state) {
  struct fixture *f = *state;
  fixture_fill(f, (struct job_filling){MANY, "outbox.answer", "'out/a/1'", "'lane' || i / 10", "'behind'"});
  fixture_fill(f, (struct job_filling){MANY, "outbox.copy", "'out/b/1'", "'staff'", "'dead'"});
  fixture_fill(f, (struct job_filling){10, "outbox.copy", "'out/a/1'", "'staff'", "'behind'"});
  reads_only(f, SQL_JOB_QUEUES_WITH_LANES, "job_lane", "a step in the index for each queue");
  reads_only(f, SQL_JOB_LOAD_OF_LANE, "job_lane", "the lane is one stretch of the index");
  reads_only(f, SQL_JOB_CLEAR_LANE, "job_lane", "the lane is one stretch of the index");
}

static void each_list_of_dead_jobs_reads_its_own(void **state) {
  struct fixture *f = *state;
  fixture_fill(f, (struct job_filling){MANY, "outbox.copy", "'out/a/1'", .state = "'dead'"});
  fixture_fill(f, (struct job_filling){MANY, "prune.raw", "'desk'", .state = "'dead'"});
  fixture_fill(f, (struct job_filling){MANY, "push", "'push'", .state = "'ready'"});
  reads_only(f, SQL_JOB_DEAD, "job_dead_others", "the outbox has a list of its own");
  reads_only(f, SQL_OUTBOX_DEAD, "job_dead_letters", "other kinds have a list of their own");
}

/* The range of due times must end the reading of the index: the other conditions hold for every row of it. */
static void expiring_pushes_reads_up_to_the_first_young_one(void **state) {
  struct fixture *f = *state;
  fixture_fill(f, (struct job_filling){MANY, "push", "'push'", .due_at = 1000});
  str plan = plan_of(f, SQL_PUSH_EXPIRE), rest = plan;
  bool index = false, range = false;
  while (rest.ptr) {
    str line = str_trim(str_cut(&rest, '\n'));
    bool conditions = str_contains(line, S("job_ready (")) || str_contains(line, S("Index Cond"));
    index = index || str_contains(line, S("job_ready"));
    range = range || (conditions && str_contains(line, S("due_at")));
  }
  if (!index || !range) fail_msg("%.*s", STR_ARG(plan));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_BOTH(each_list_of_dead_jobs_reads_its_own),
      ON_BOTH(expiring_pushes_reads_up_to_the_first_young_one),
      ON_BOTH(clearing_a_lane_reads_that_lane),
      ON_BOTH(a_take_beside_a_long_lane_reads_the_index_of_lanes),
      ON_BOTH(a_lane_s_next_job_is_found_in_the_index_of_lanes),
  };
  return FIXTURE_RUN(tests);
}
