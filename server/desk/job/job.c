/* The queue's facts, pure: its kinds, its states, how long to wait. */
#include "desk/job/job.h"

#include "base/limits.h"

#include <assert.h>

static const char *const kind_texts[] = {
#define JOB(name, text, priority, lease_s, tries, rows_max, mb_max) [JOB_##name] = text,
#include "spec/jobs.tbl"
#undef JOB
};
const struct json_enum job_kind_names = {.name = "JobKind", .names = kind_texts, .count = JSON_COUNT(kind_texts)};

static const struct job_kind_facts facts[] = {
#define JOB(name, text, priority, lease_s, tries, rows_max, mb_max) \
  [JOB_##name] = {JOB_##priority, (lease_s)*INT64_C(1000), tries, rows_max, (int64_t)(mb_max) << 20},
#include "spec/jobs.tbl"
#undef JOB
};

const struct job_kind_facts *job_facts(enum job_kind kind) {
  assert(kind < JOB_KINDS);
  return &facts[kind];
}

static const char *const state_texts[] = {
    [JOB_READY] = "ready", [JOB_BEHIND] = "behind", [JOB_LEASED] = "leased", [JOB_DEAD] = "dead"};
const struct json_enum job_state_names = {.name = "JobState", .names = state_texts, .count = JSON_COUNT(state_texts)};

int64_t job_backoff_ms(int64_t attempts, const sb_rand *rand) {
  enum { FIRST_MS = 1000, MOST_MS = 300000, DOUBLINGS_MAX = 10 };
  int64_t ms = FIRST_MS << (attempts < 0 ? 0 : attempts > DOUBLINGS_MAX ? DOUBLINGS_MAX : attempts);
  if (ms > MOST_MS) ms = MOST_MS;
  return ms - ms / 4 + (int64_t)rand_below(rand, (uint64_t)ms / 2 + 1);
}

int64_t job_clock_now(struct job_clock *k, const sb_clock *clock) {
  enum { SLACK_MS = 1000 }; /* that two readings, one after the other, may differ by */
  int64_t wall_ms = clock_now_ms(clock), steady_ms = clock_steady_ms(clock);
  int64_t expected_ms = k->wall_ms + (steady_ms - k->steady_ms);
  if (k->wall_ms && wall_ms < expected_ms - SLACK_MS) k->ahead_ms += expected_ms - wall_ms;
  if (k->wall_ms && wall_ms > expected_ms + SLACK_MS && k->ahead_ms) { /* set right again */
    k->ahead_ms -= wall_ms - expected_ms;
    if (k->ahead_ms < 0) k->ahead_ms = 0;
  }
  k->wall_ms = wall_ms;
  k->steady_ms = steady_ms;
  return wall_ms + k->ahead_ms;
}
