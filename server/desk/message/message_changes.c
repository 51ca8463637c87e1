/* The changes of a message that still have to reach the channel, as a short list in a column: a message has at most a few, and
 * nothing selects by them. */
#include "desk/message/message_internal.h"

#include "desk/names.h"

#include <stddef.h>

static const char *const whats[] = {"edit", "delete", "pin", "reaction"};
const struct json_enum message_change_what_names = {.name = "ChangeKind", .names = whats, .count = JSON_COUNT(whats)};

static const char *const states[] = {"queued", "failed"};
const struct json_enum message_change_state_names = {
    .name = "ChangeState", .names = states, .count = JSON_COUNT(states)};

#define AT(member) offsetof(struct message_change, member)
#define SHOWN                                                                                                       \
  {.name = "what", .type = JSON_ENUM, .offset = AT(what), .names = &message_change_what_names},                     \
      {.name = "state", .type = JSON_ENUM, .offset = AT(state), .names = &message_change_state_names}, {            \
    .name = "error", .type = JSON_STRING, .flags = JSON_NULLABLE, .offset = AT(error), .doc = "Why it was refused." \
  }
static const struct json_field change_fields[] = {SHOWN};
static const struct json_field stored_fields[] = {SHOWN, {.name = "no", .type = JSON_INT, .offset = AT(no)}};
#undef SHOWN
#undef AT
JSON_SHAPE(message_change_shape, "Change", struct message_change, change_fields,
           "A change of a message that has not reached its customer.");
static JSON_SHAPE(stored_shape, "StoredChange", struct message_change, stored_fields, NULL);

#define AT(member) offsetof(struct message_can, member)
static const struct json_field can_fields[] = {
    {.name = "edit", .type = JSON_BOOL, .offset = AT(edit)},
    {.name = "delete", .type = JSON_BOOL, .offset = AT(delete)},
};
#undef AT
JSON_SHAPE(message_can_shape, "MessageCan", struct message_can, can_fields, NULL);

/* ---- the column ---- */

struct list {
  struct json_list items;
};
static const struct json_field list_of_changes[] = {
    {.name = "items", .type = JSON_LIST, .offset = 0, .shape = &stored_shape}};
static JSON_SHAPE(changes_shape, "Changes", struct list, list_of_changes, NULL);

static struct json_list decode(str json, arena *a) {
  struct list l = {0};
  if (!json.ptr) return l.items;
  str wrapped = arena_printf(a, "{\"items\":%.*s}", STR_ARG(json));
  err e = json_decode(&changes_shape, wrapped, a, &l, NULL);
  if (err_is(e)) l.items = (struct json_list){0};
  return l.items;
}

enum { LIST_MAX_BYTES = 32 << 10 };

static str encode(const struct message_change *items, size_t count, arena *a) {
  if (count == 0) return STR_NONE;
  buf b;
  buf_init(&b, LIST_MAX_BYTES);
  json_encode_list(&b, &stored_shape, items, count, JSON_SNAKE);
  str text = b.overflow ? STR_NONE : arena_dup(a, buf_borrow(&b));
  buf_free(&b);
  return text;
}

/* ---- changes ---- */

void message_changes_read(str json, arena *a, struct message_changes *out) {
  struct json_list list = decode(json, a);
  const struct message_change *items = list.items;
  *out = (struct message_changes){0};
  for (size_t i = 0; i < list.count; i++) {
    if (items[i].what < 0 || items[i].what >= CHANGE_WHATS || items[i].state < 0) continue;
    out->of[items[i].what] = items[i];
    out->set[items[i].what] = true;
  }
}

str message_changes_write(const struct message_changes *ch, arena *a) {
  struct message_change items[CHANGE_WHATS];
  size_t count = 0;
  for (int i = 0; i < CHANGE_WHATS; i++)
    if (ch->set[i]) items[count++] = ch->of[i];
  return encode(items, count, a);
}

/* A deletion tells more than an edit, and both more than a pin. */
str message_change_shown(str changes_json, arena *a) {
  static const enum message_change_what order[] = {CHANGE_DELETE, CHANGE_EDIT, CHANGE_PIN, CHANGE_REACTION};
  struct message_changes ch;
  if (!changes_json.ptr) return STR_NONE;
  message_changes_read(changes_json, a, &ch);
  for (size_t i = 0; i < JSON_COUNT(order); i++)
    if (ch.set[order[i]]) return message_detail(a, &message_change_shape, &ch.of[order[i]]);
  return STR_NONE;
}
