/* The outbox's rules, pure: the outcome of each step of a row. */
#include "desk/outbox/outbox.h"

#include <assert.h>
#include <stddef.h>

static const char *const purposes[] = {"answer", "copy", "notice", "change", "topic", "personal", "card"};
const struct json_enum outbox_purpose_names = {
    .name = "OutboxPurpose", .names = purposes, .count = JSON_COUNT(purposes)};

static const unsigned char ends[][OUTBOX_LOSE_TRACK + 1] = {
    /*                  sent         retry later   refused        lost */
    [OUTBOX_ANSWER] = {OUTBOX_DONE, OUTBOX_AGAIN, OUTBOX_FAILED, OUTBOX_UNCERTAIN},
    [OUTBOX_COPY] = {OUTBOX_DONE, OUTBOX_AGAIN, OUTBOX_FAILED, OUTBOX_REPEATED},
    [OUTBOX_NOTICE] = {OUTBOX_DONE, OUTBOX_AGAIN, OUTBOX_DONE, OUTBOX_DONE},
    [OUTBOX_CHANGE] = {OUTBOX_DONE, OUTBOX_AGAIN, OUTBOX_DONE, OUTBOX_AGAIN},
    [OUTBOX_TOPIC] = {OUTBOX_DONE, OUTBOX_AGAIN, OUTBOX_DONE, OUTBOX_AGAIN},
    [OUTBOX_CARD] = {OUTBOX_DONE, OUTBOX_AGAIN, OUTBOX_DONE, OUTBOX_DONE},
    [OUTBOX_PERSONAL] = {OUTBOX_DONE, OUTBOX_AGAIN, OUTBOX_DONE, OUTBOX_DONE},
};

enum outbox_end outbox_end_of(enum outbox_purpose purpose, enum outbox_step step, bool last) {
  assert((size_t)purpose < JSON_COUNT(ends) && (size_t)step < JSON_COUNT(ends[0]));
  enum outbox_end end = ends[purpose][step];
  bool again = end == OUTBOX_AGAIN || end == OUTBOX_REPEATED;
  return again && last ? ends[purpose][OUTBOX_REFUSE] : end;
}

bool outbox_is_aside(str lane) { return str_starts(lane, OUTBOX_ASIDE); }

/* "aside/123/45" is for 123. */
str outbox_recipient(str lane) {
  if (!outbox_is_aside(lane)) return lane;
  str rest = str_sub(lane, OUTBOX_ASIDE.len, lane.len);
  return str_cut(&rest, '/');
}

bool outbox_is_staff_lane(str lane) { return str_eq(lane, OUTBOX_STAFF_LANE) || str_starts(lane, OUTBOX_STAFF_TOPICS); }

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
