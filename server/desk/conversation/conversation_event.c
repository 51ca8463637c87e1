/* The conversations' events: their shapes, their stored form without duplicated fields, and its expansion.
 *
 * The list's preview of a new message mostly repeats the message. A last_message that is the message itself is
 * stored as its id alone, if its preview equals the text; the expander copies the rest from the message. */
#include "desk/conversation/conversation_tx_internal.h"

#include "base/json_scan.h"
#include "desk/message/message_channel.h"
#include "desk/names.h"

#include <stddef.h>

#define AT(member) offsetof(struct event_new_message, member)
static const struct json_field new_message_fields[] = {
    {.name = "message", .type = JSON_OBJECT, .offset = AT(message), .shape = &message_shape},
    {.name = "conversation", .type = JSON_OBJECT, .offset = AT(conversation), .shape = &conversation_shape},
};
#undef AT
JSON_SHAPE(event_new_message_shape, "NewMessageEvent", struct event_new_message, new_message_fields, NULL);

#define AT(member) offsetof(struct event_chat_status_change, member)
static const struct json_field status_fields[] = {
    {.name = "message",
     .type = JSON_OBJECT,
     .flags = JSON_NULLABLE,
     .offset = AT(message),
     .shape = &message_shape,
     .doc = "The system message about it; null when none was written."},
    {.name = "conversation", .type = JSON_OBJECT, .offset = AT(conversation), .shape = &conversation_shape},
};
#undef AT
JSON_SHAPE(event_chat_status_change_shape, "ChatStatusChangeEvent", struct event_chat_status_change, status_fields,
           NULL);

static const struct json_field update_fields[] = {
    {.name = "conversation",
     .type = JSON_OBJECT,
     .offset = offsetof(struct event_chat_update, conversation),
     .shape = &conversation_shape},
};
JSON_SHAPE(event_chat_update_shape, "ChatUpdateEvent", struct event_chat_update, update_fields, NULL);

#define AT(member) offsetof(struct event_conversation_read, member)
static const struct json_field read_fields[] = {
    {.name = "conversation_id", .type = JSON_ID, .offset = AT(conversation_id)},
    {.name = "operator_id", .type = JSON_ID, .offset = AT(operator_id)},
    {.name = "read_count", .type = JSON_INT, .offset = AT(read_count)},
};
#undef AT
JSON_SHAPE(event_conversation_read_shape, "ConversationReadEvent", struct event_conversation_read, read_fields,
           "Sent to the operator who has read, on all of their panels.");

static const char *const activities[] = {"typing",       "record_voice",    "record_video_note", "upload_photo",
                                         "upload_video", "upload_document", "upload_voice",      "choose_sticker"};
const struct json_enum activity_names = {"Activity", activities, JSON_COUNT(activities), NULL};

#define AT(member) offsetof(struct event_typing, member)
static const struct json_field typing_fields[] = {
    {.name = "conversation_id", .type = JSON_ID, .offset = AT(conversation_id)},
    {.name = "operator_id", .type = JSON_ID, .offset = AT(operator_id)},
    {.name = "typing", .type = JSON_BOOL, .offset = AT(typing)},
};
#undef AT
JSON_SHAPE(event_typing_shape, "TypingEvent", struct event_typing, typing_fields, NULL);

/* ---- emitting ---- */

static str content_of(const struct message_row *m) {
  return m->action >= 0 ? names_text(&message_action_names, m->action) : m->content;
}

/* Whether the expander can derive the list's preview from the message. */
static bool repeats(const struct conversation_last *last, const struct message_row *m) {
  return last && m && last->id == m->id && last->direction == m->direction && last->kind == m->kind &&
         last->delivery == m->delivery && last->created_at == m->created_at && str_eq(last->preview, m->text) &&
         last->content.ptr == content_of(m).ptr;
}

err tx_event(struct conversation_tx *w, enum event_type type, const struct message_row *m) {
  const struct customer_row *to = w->row.customer;
  struct event_about about = {.id = w->row.id,
                              .owner_id = w->row.assignee_id,
                              .former_owner_id = w->former_assignee_id,
                              .by = m ? (struct actor){.kind = (enum actor_kind)m->actor, .id = m->actor_id} : w->by,
                              .customer = {to->channel, to->account, to->external_id}};
  struct conversation_row row = w->row;
  struct message_row shown = m ? *m : (struct message_row){0};
  if (m) shown.can = message_can_of(m, w->row.customer->channel, w->now_ms);
  struct conversation_last id_alone = {.direction = -1, .kind = -1, .delivery = -1};
  if (repeats(row.last_message, m)) {
    id_alone.id = m->id;
    row.last_message = &id_alone;
  }
  switch (type) {
    case EVENT_NEW_MESSAGE: return emit_new_message(w->c, &about, &(struct event_new_message){&shown, &row}, w->now_ms);
    case EVENT_CHAT_STATUS_CHANGE:
      return emit_chat_status_change(w->c, &about, &(struct event_chat_status_change){m, &row}, w->now_ms);
    default: return emit_chat_update(w->c, &about, &(struct event_chat_update){&row}, w->now_ms);
  }
}

/* ---- expanding ---- */

static void add_member(buf *out, str name, str value) {
  if (!value.ptr) return;
  buf_add(out, S(",\""));
  buf_add(out, name);
  buf_add(out, S("\":"));
  buf_add(out, value);
}

/* The stored last_message derived from the stored message. */
static void add_last_of(buf *out, str id, str message) {
  static const str same[] = {STR_INIT("direction"), STR_INIT("kind"), STR_INIT("delivery"), STR_INIT("created_at")};
  str name, value, content = STR_NONE, action = STR_NONE;
  buf_add(out, S("{\"id\":"));
  buf_add(out, id);
  for (size_t at = 0; json_scan_next(message, &at, &name, &value);) {
    if (str_eq(name, S("text"))) add_member(out, S("preview"), value);
    if (str_eq(name, S("content"))) content = value;
    if (str_eq(name, S("action"))) action = value;
    for (size_t i = 0; i < JSON_COUNT(same); i++)
      if (str_eq(name, same[i])) add_member(out, name, value);
  }
  add_member(out, S("content"), action.ptr ? action : content);
  buf_add_char(out, '}');
}

/* True when the stored last_message is {"id":N}, which *id becomes. */
static bool is_id_alone(str last, str *id) {
  str name, value;
  size_t at = 0;
  if (!json_scan_next(last, &at, &name, id) || !str_eq(name, S("id"))) return false;
  return !json_scan_next(last, &at, &name, &value);
}

bool conversation_event_expand(const struct json_shape *shape, str stored, buf *out) {
  str message, conversation, last, id;
  bool repeated = json_scan_member(stored, S("message"), &message) &&
                  json_scan_member(stored, S("conversation"), &conversation) &&
                  json_scan_member(conversation, S("last_message"), &last) && is_id_alone(last, &id);
  if (!repeated) return json_expand(out, shape, stored);
  buf whole;
  buf_init(&whole, EVENT_MAX_BYTES * 2);
  buf_add(&whole, str_n(stored.ptr, (size_t)(last.ptr - stored.ptr)));
  add_last_of(&whole, id, message);
  buf_add(&whole, str_sub(stored, (size_t)(last.ptr + last.len - stored.ptr), stored.len));
  bool good = !whole.overflow && json_expand(out, shape, buf_borrow(&whole));
  buf_free(&whole);
  return good;
}
