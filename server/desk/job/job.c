/* The queue's facts, pure: its kinds, its states, how long to wait. */
#include "desk/job/job.h"

#include <assert.h>

static const char *const kind_texts[] = {
#define JOB(name, text, priority, lease_s, tries) [JOB_##name] = text,
#include "spec/jobs.tbl"
#undef JOB
};
const struct json_enum job_kind_names = {.name = "JobKind", .names = kind_texts, .count = JSON_COUNT(kind_texts)};

static const struct job_kind_facts facts[] = {
#define JOB(name, text, priority, lease_s, tries) [JOB_##name] = {JOB_##priority, (lease_s)*INT64_C(1000), tries},
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
