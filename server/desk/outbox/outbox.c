/* The outbox's rules: which step is allowed in which state, and how long to wait. Pure. */
#include "desk/outbox/outbox.h"

#include <assert.h>
#include <stddef.h>

enum { STATES = OUTBOX_GONE + 1, STEPS = OUTBOX_RETRY_BY_PERSON + 1 };
enum { WAIT_FIRST_MS = 1000, WAIT_MAX_MS = 5 * 60 * 1000 };

static const char *const states[] = {"queued", "sending", "failed", "uncertain", NULL};
const struct json_enum outbox_state_names = {.name = "OutboxState", .names = states, .count = JSON_COUNT(states)};

static const char *const purposes[] = {"answer", "copy", "notice"};
const struct json_enum outbox_purpose_names = {
    .name = "OutboxPurpose", .names = purposes, .count = JSON_COUNT(purposes)};

/* One more than the next state, so that an empty cell is a refusal. */
#define TO(state) (OUTBOX_##state + 1)
static const unsigned char table[STATES][STEPS] = {
    [OUTBOX_QUEUED] = {[OUTBOX_CLAIM] = TO(SENDING)},
    [OUTBOX_SENDING] = {[OUTBOX_SENT] = TO(GONE),
                        [OUTBOX_RETRY_LATER] = TO(QUEUED),
                        [OUTBOX_REFUSE] = TO(FAILED),
                        [OUTBOX_LOSE_TRACK] = TO(UNCERTAIN)},
    [OUTBOX_FAILED] = {[OUTBOX_RETRY_BY_PERSON] = TO(QUEUED)},
    /* The channel's answer may come late: an uncertain message turns out to have arrived. */
    [OUTBOX_UNCERTAIN] = {[OUTBOX_SENT] = TO(GONE), [OUTBOX_RETRY_BY_PERSON] = TO(QUEUED)},
};
#undef TO

int outbox_next(enum outbox_state state, enum outbox_step step) {
  assert((int)state < STATES && (int)step < STEPS);
  return (int)table[state][step] - 1;
}

int64_t outbox_backoff_ms(int64_t attempts, const sb_rand *rand) {
  int64_t wait = WAIT_FIRST_MS;
  for (int64_t i = 0; i < attempts && wait < WAIT_MAX_MS; i++) wait *= 2;
  if (wait > WAIT_MAX_MS) wait = WAIT_MAX_MS;
  int64_t quarter = wait / 4;
  return wait - quarter + (int64_t)rand_below(rand, (uint64_t)(2 * quarter + 1));
}

#define AT(member) offsetof(struct dead_letter, member)
static const struct json_field fields[] = {
    {.name = "id", .type = JSON_ID, .offset = AT(id)},
    {.name = "purpose",
     .type = JSON_ENUM,
     .offset = AT(purpose),
     .names = &outbox_purpose_names,
     .doc = "An answer to the customer, or a copy for the staff group."},
    {.name = "message", .type = JSON_OBJECT, .offset = AT(message), .shape = &message_shape},
    {.name = "customer_name", .type = JSON_STRING, .offset = AT(customer_name)},
    {.name = "error_code", .type = JSON_STRING, .offset = AT(error_code)},
    {.name = "error", .type = JSON_STRING, .offset = AT(error)},
    {.name = "attempts", .type = JSON_INT, .offset = AT(attempts)},
    {.name = "failed_at", .type = JSON_TIME, .offset = AT(failed_at)},
};
#undef AT
JSON_SHAPE(dead_letter_shape, "DeadLetter", struct dead_letter, fields, NULL);
