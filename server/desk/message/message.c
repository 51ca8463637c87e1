/* The JSON names and shapes of messages, and previews. */
#include "desk/message/message.h"

#include "base/json_scan.h"
#include "base/limits.h"
#include "desk/bus/bus.h"

#include <stddef.h>

static const char *const directions[] = {"in", "out", "system"};
const struct json_enum message_direction_names = {
    .name = "Direction", .names = directions, .count = JSON_COUNT(directions)};

static const char *const kinds[] = {
#define KIND(name, text, carries, counts, en, ru) [MESSAGE_##name] = text,
#include "spec/kinds.tbl"
#undef KIND
};
const struct json_enum message_kind_names = {.name = "MessageKind", .names = kinds, .count = JSON_COUNT(kinds)};

static const struct message_kind_facts kind_facts[] = {
#define WORDS                                     CARRIES_WORDS
#define FILES                                     CARRIES_FILES
#define DETAILS                                   CARRIES_DETAILS
#define CONTENT                                   CARRIES_CONTENT
#define ACTION                                    CARRIES_ACTION
#define COUNTS                                    true
#define NOTICE                                    false
#define KIND(name, text, carries, counts, en, ru) [MESSAGE_##name] = {carries, counts, en, ru},
#include "spec/kinds.tbl"
#undef KIND
#undef WORDS
#undef FILES
#undef DETAILS
#undef CONTENT
#undef ACTION
#undef COUNTS
#undef NOTICE
};

const struct message_kind_facts *message_kind_facts(int kind) {
  return &kind_facts[kind < 0 || kind >= MESSAGE_KINDS ? MESSAGE_UNSUPPORTED : kind];
}

bool message_is_plain(int kind) { return kind == MESSAGE_TEXT || kind == MESSAGE_PHOTO; }

/* Kinds of one family make an album together; any other kind is alone. */
static int album_family(int kind) {
  switch (kind) {
    case MESSAGE_PHOTO:
    case MESSAGE_VIDEO: return MESSAGE_PHOTO;
    case MESSAGE_DOCUMENT:
    case MESSAGE_AUDIO: return kind;
    default: return -1;
  }
}

bool message_kinds_join(int one, int other) {
  return album_family(one) >= 0 && album_family(one) == album_family(other);
}

bool message_has_content(int kind) {
  const struct message_kind_facts *facts = message_kind_facts(kind);
  return facts->counts && facts->carries & CARRIES_CONTENT;
}

static const char *const deliveries[] = {"queued", "sending", "sent", "failed", "uncertain"};
const struct json_enum message_delivery_names = {
    .name = "Delivery", .names = deliveries, .count = JSON_COUNT(deliveries)};

static const char *const actions[] = {"taken",     "assigned", "unassigned", "closed",   "reopened",    "blocked",
                                      "unblocked", "started",  "snoozed",    "woken",    "deactivated", "renamed",
                                      "username",  "premium",  "moved",      "language", "spam",        "not_spam",
                                      "held",      "passed",   "banned",     "unbanned"};
const struct json_enum message_action_names = {.name = "SystemAction", .names = actions, .count = JSON_COUNT(actions)};

static const char *const origins[] = {"staff_group"};
const struct json_enum message_origin_names = {.name = "MessageOrigin", .names = origins, .count = JSON_COUNT(origins)};

static const char *const link_previews[] = {"auto", "off", "small", "large"};
const struct json_enum message_link_preview_names = {
    .name = "LinkPreview", .names = link_previews, .count = JSON_COUNT(link_previews)};

#define AT(member) offsetof(struct message_reply_quote, member)
static const struct json_field quote_fields[] = {
    {.name = "id", .type = JSON_ID, .offset = AT(id)},
    {.name = "direction", .type = JSON_ENUM, .offset = AT(direction), .names = &message_direction_names},
    {.name = "kind", .type = JSON_ENUM, .offset = AT(kind), .names = &message_kind_names},
    {.name = "content", .type = JSON_STRING, .flags = JSON_NULLABLE, .offset = AT(content), .doc = "As in Message."},
    {.name = "preview", .type = JSON_STRING, .offset = AT(preview)},
};
#undef AT
JSON_SHAPE(message_reply_quote_shape, "ReplyQuote", struct message_reply_quote, quote_fields, NULL);

#define AT(member) offsetof(struct message_forward, member)
static const struct json_field forward_fields[] = {
    {.name = "kind", .type = JSON_ENUM, .offset = AT(kind), .names = &message_forward_kind_names},
    {.name = "name", .type = JSON_STRING, .offset = AT(name), .doc = "Empty if the channel does not report it."},
};
#undef AT
JSON_SHAPE(message_forward_shape, "Forward", struct message_forward, forward_fields,
           "The author of a forwarded message.");

#define AT(member) offsetof(struct message_media, member)
static const struct json_field media_fields[] = {
    {.name = "name", .type = JSON_STRING, .flags = JSON_NULLABLE, .offset = AT(name)},
    {.name = "size", .type = JSON_INT, .offset = AT(size_bytes), .doc = "Bytes; 0 if unknown."},
    {.name = "duration_ms", .type = JSON_INT, .offset = AT(duration_ms), .doc = "0 if unknown."},
};
#undef AT
JSON_SHAPE(message_media_shape, "Media", struct message_media, media_fields,
           "The channel's data about a file that is not fetched.");

enum { ABOUT_MAX_BYTES = 8192 };

static str encoded(arena *a, const struct json_shape *shape, const void *value) {
  buf b;
  buf_init(&b, ABOUT_MAX_BYTES);
  json_encode(&b, shape, value, JSON_SNAKE);
  str json = b.overflow ? STR_NONE : arena_dup(a, buf_borrow(&b));
  buf_free(&b);
  return json;
}

str message_forward_encode(arena *a, const struct message_forward *forward) {
  return encoded(a, &message_forward_shape, forward);
}

str message_media_encode(arena *a, const struct message_media *media) {
  return encoded(a, &message_media_shape, media);
}

#define AT(member) offsetof(struct message_row, member)
static const struct json_field message_fields[] = {
    {.name = "id", .type = JSON_ID, .offset = AT(id)},
    {.name = "conversation_id", .type = JSON_ID, .offset = AT(conversation_id)},
    {.name = "direction", .type = JSON_ENUM, .offset = AT(direction), .names = &message_direction_names},
    {.name = "kind", .type = JSON_ENUM, .offset = AT(kind), .names = &message_kind_names},
    {.name = "operator_id",
     .type = JSON_ID,
     .flags = JSON_NULLABLE,
     .offset = AT(operator_id),
     .doc = "The operator who wrote it, if any."},
    {.name = "actor", .type = JSON_ENUM, .offset = AT(actor), .names = &actor_names, .doc = "Who acted."},
    {.name = "actor_id",
     .type = JSON_ID,
     .flags = JSON_NULLABLE,
     .offset = AT(actor_id),
     .doc = "The operator, customer, API key or rule; null if there is none or it is unknown."},
    {.name = "text", .type = JSON_STRING, .offset = AT(text)},
    {.name = "entities", .type = JSON_RAW, .flags = JSON_RAW_LIST, .offset = AT(entities_json), .shape = &entity_shape},
    {.name = "files", .type = JSON_LIST, .offset = AT(files), .shape = &file_shape},
    {.name = "reply_to",
     .type = JSON_OBJECT,
     .flags = JSON_NULLABLE,
     .offset = AT(reply_to),
     .shape = &message_reply_quote_shape},
    {.name = "album",
     .type = JSON_STRING,
     .flags = JSON_NULLABLE,
     .offset = AT(album),
     .doc = "Messages of one album share it."},
    {.name = "content",
     .type = JSON_STRING,
     .flags = JSON_NULLABLE,
     .offset = AT(content),
     .doc = "For kinds \"unsupported\" and \"service\": the channel's name of the content; its raw JSON is at "
            "/api/messages/:id/raw."},
    {.name = "forward",
     .type = JSON_RAW,
     .flags = JSON_NULLABLE,
     .offset = AT(forward_json),
     .shape = &message_forward_shape},
    {.name = "media",
     .type = JSON_RAW,
     .flags = JSON_NULLABLE,
     .offset = AT(media_json),
     .shape = &message_media_shape,
     .doc = "For kind \"unsupported\" with a file."},
    {.name = "headline",
     .type = JSON_STRING,
     .flags = JSON_OPTIONAL,
     .offset = AT(headline),
     .doc = "What names the content in one line where there is no text: a file's name, a poll's question."},
#define DETAIL(member)           \
  {.name = #member,              \
   .type = JSON_RAW,             \
   .flags = JSON_OPTIONAL,       \
   .offset = AT(details.member), \
   .shape = &message_##member##_shape},
#include "desk/message/details.tbl"
#undef DETAIL
    {.name = "reactions",
     .type = JSON_RAW,
     .flags = JSON_RAW_LIST | JSON_OPTIONAL,
     .offset = AT(reactions_json),
     .shape = &message_reaction_shape,
     .doc = "Left out where there are none."},
    {.name = "action",
     .type = JSON_ENUM,
     .flags = JSON_NULLABLE,
     .offset = AT(action),
     .names = &message_action_names,
     .doc = "For direction \"system\". The text of \"snoozed\" is the time, or empty: until the customer writes."},
    {.name = "target_operator_id", .type = JSON_ID, .flags = JSON_NULLABLE, .offset = AT(target_operator_id)},
    {.name = "client_id", .type = JSON_STRING, .flags = JSON_NULLABLE, .offset = AT(client_id)},
    {.name = "delivery",
     .type = JSON_ENUM,
     .flags = JSON_NULLABLE,
     .offset = AT(delivery),
     .names = &message_delivery_names},
    {.name = "delivery_error",
     .type = JSON_STRING,
     .flags = JSON_NULLABLE,
     .offset = AT(delivery_error),
     .doc = "The channel's reason for the failure."},
    {.name = "retry_at",
     .type = JSON_TIME,
     .flags = JSON_OPTIONAL,
     .offset = AT(retry_at),
     .doc = "Queued until then, because the channel asks to wait."},
    {.name = "origin",
     .type = JSON_ENUM,
     .flags = JSON_NULLABLE,
     .offset = AT(origin),
     .names = &message_origin_names,
     .doc = "Where an answer was written, if not in the panel."},
    {.name = "created_at", .type = JSON_TIME, .offset = AT(created_at)},
    {.name = "edited_at", .type = JSON_TIME, .flags = JSON_NULLABLE, .offset = AT(edited_at)},
    {.name = "buttons",
     .type = JSON_RAW,
     .flags = JSON_OPTIONAL | JSON_RAW_LIST | JSON_RAW_ROWS,
     .offset = AT(buttons_json),
     .shape = &button_shape,
     .doc = "Rows of buttons under the message."},
    {.name = "silent", .type = JSON_BOOL, .flags = JSON_OPTIONAL, .offset = AT(silent), .doc = "Sent without a sound."},
    {.name = "protected",
     .type = JSON_BOOL,
     .flags = JSON_OPTIONAL,
     .offset = AT(protected),
     .doc = "The customer cannot forward or save it."},
    {.name = "link_preview",
     .type = JSON_ENUM,
     .flags = JSON_OPTIONAL,
     .offset = AT(link_preview),
     .names = &message_link_preview_names,
     .doc = "Left out: auto."},
    {.name = "pinned", .type = JSON_BOOL, .flags = JSON_OPTIONAL, .offset = AT(pinned)},
    {.name = "deleted_at",
     .type = JSON_TIME,
     .flags = JSON_OPTIONAL,
     .offset = AT(deleted_at),
     .doc = "An operator has deleted it, and the customer does not see it any more."},
    {.name = "change",
     .type = JSON_RAW,
     .flags = JSON_OPTIONAL,
     .offset = AT(change_json),
     .shape = &message_change_shape,
     .doc = "What an operator has changed and has not reached the customer."},
    {.name = "can",
     .type = JSON_OBJECT,
     .flags = JSON_OPTIONAL,
     .offset = AT(can),
     .shape = &message_can_shape,
     .doc = "Of an answer: what may still be done to it, at the time of this response or event."},
};
#undef AT
JSON_SHAPE(message_shape, "Message", struct message_row, message_fields, NULL);

static const struct json_field update_fields[] = {
    {.name = "message",
     .type = JSON_OBJECT,
     .offset = offsetof(struct event_message_update, message),
     .shape = &message_shape},
};
JSON_SHAPE(event_message_update_shape, "MessageUpdateEvent", struct event_message_update, update_fields, NULL);

#define AT(member) offsetof(struct message_edit_row, member)
static const struct json_field edit_fields[] = {
    {.name = "kind", .type = JSON_ENUM, .offset = AT(kind), .names = &message_kind_names},
    {.name = "text", .type = JSON_STRING, .offset = AT(text)},
    {.name = "entities", .type = JSON_RAW, .flags = JSON_RAW_LIST, .offset = AT(entities_json), .shape = &entity_shape},
    {.name = "files", .type = JSON_LIST, .offset = AT(files), .shape = &file_shape},
    {.name = "content", .type = JSON_STRING, .flags = JSON_NULLABLE, .offset = AT(content), .doc = "As in Message."},
    {.name = "media",
     .type = JSON_RAW,
     .flags = JSON_NULLABLE,
     .offset = AT(media_json),
     .shape = &message_media_shape},
    {.name = "headline", .type = JSON_STRING, .flags = JSON_OPTIONAL, .offset = AT(headline), .doc = "As in Message."},
#define DETAIL(member)           \
  {.name = #member,              \
   .type = JSON_RAW,             \
   .flags = JSON_OPTIONAL,       \
   .offset = AT(details.member), \
   .shape = &message_##member##_shape},
#include "desk/message/details.tbl"
#undef DETAIL
    {.name = "buttons",
     .type = JSON_RAW,
     .flags = JSON_OPTIONAL | JSON_RAW_LIST | JSON_RAW_ROWS,
     .offset = AT(buttons_json),
     .shape = &button_shape},
    {.name = "replaced_at", .type = JSON_TIME, .offset = AT(replaced_at), .doc = "When this version was replaced."},
    {.name = "replaced_by",
     .type = JSON_ID,
     .flags = JSON_NULLABLE,
     .offset = AT(replaced_by),
     .doc = "The operator who replaced it; null: the customer."},
};
#undef AT
JSON_SHAPE(message_edit_shape, "MessageEdit", struct message_edit_row, edit_fields, NULL);

#define AT(member) offsetof(struct message_list, member)
static const struct json_field list_fields[] = {
    {.name = "data", .type = JSON_LIST, .offset = AT(data), .shape = &message_shape},
    {.name = "before",
     .type = JSON_ID,
     .flags = JSON_NULLABLE,
     .offset = AT(before),
     .doc = "Ids for the next pages with ?before= and ?after=; null at that end of the history."},
    {.name = "after", .type = JSON_ID, .flags = JSON_NULLABLE, .offset = AT(after)},
    {.name = "first_unread",
     .type = JSON_ID,
     .flags = JSON_NULLABLE,
     .offset = AT(first_unread),
     .doc = "With ?from=unread: the first message that the caller has not read."},
    {.name = "next_cursor", .type = JSON_STRING, .flags = JSON_NULLABLE, .offset = AT(next_cursor)},
    {.name = "seq", .type = JSON_INT, .offset = AT(seq)},
};
#undef AT
JSON_SHAPE(message_list_shape, "MessageList", struct message_list, list_fields, NULL);

str message_preview_of(int kind, str text, str content, str headline, arena *a) {
  str cut = str_utf8_prefix(text.len ? text : str_or_empty(headline), LIMIT_PREVIEW_MAX);
  if (cut.len == 0) return message_has_content(kind) ? str_or_empty(content) : S("");
  bool lines = false;
  for (size_t i = 0; i < cut.len && !lines; i++) lines = cut.ptr[i] == '\n' || cut.ptr[i] == '\r';
  if (!lines) return cut;
  char *copy = arena_alloc(a, cut.len);
  for (size_t i = 0; i < cut.len; i++) copy[i] = cut.ptr[i] == '\n' || cut.ptr[i] == '\r' ? ' ' : cut.ptr[i];
  return str_n(copy, cut.len);
}

str message_preview(const struct message_row *m, arena *a) {
  return message_preview_of(m->kind, m->text, m->content, m->headline, a);
}

/* ---- events of before actors ---- */

static enum actor_kind actor_of(str message, str *operator_id) {
  str direction = STR_NONE;
  if (json_scan_member(message, S("operator_id"), operator_id) && !str_eq(*operator_id, S("null")))
    return ACTOR_OPERATOR;
  *operator_id = STR_NONE;
  bool in = json_scan_member(message, S("direction"), &direction) && str_eq(direction, S("\"in\""));
  return in ? ACTOR_CUSTOMER : ACTOR_SYSTEM;
}

void message_name_actor(str stored, buf *out) {
  str message, actor, operator_id;
  bool unnamed = json_scan_member(stored, S("message"), &message) && str_starts(message, S("{")) &&
                 !json_scan_member(message, S("actor"), &actor);
  size_t from = unnamed ? (size_t)(message.ptr - stored.ptr) + 1 : 0; /* behind the message's brace */
  buf_add(out, str_sub(stored, 0, from));
  if (unnamed) {
    enum actor_kind kind = actor_of(message, &operator_id);
    buf_printf(out, "\"actor\":\"%s\",", actor_names.names[kind]);
    if (operator_id.ptr) buf_printf(out, "\"actor_id\":%.*s,", STR_ARG(operator_id));
  }
  buf_add(out, str_sub(stored, from, stored.len));
}
