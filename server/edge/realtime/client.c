/* One client: sending to it, and its end. See realtime_internal.h. */
#include "edge/realtime/realtime_internal.h"

enum { FRAME_MAX_BYTES = 1 << 20 };

ws_frame *frame_of(enum event_type type, int64_t seq, str data) {
  buf text;
  buf_init(&text, FRAME_MAX_BYTES + data.len);
  buf_add(&text, S("{\"type\":\""));
  buf_add(&text, str_c(event_text(type)));
  if (seq) {
    buf_add(&text, S("\",\"seq\":"));
    buf_add_i64(&text, seq);
    buf_add(&text, S(",\"data\":"));
  } else {
    buf_add(&text, S("\",\"data\":"));
  }
  buf_add(&text, data);
  buf_add_char(&text, '}');
  ws_frame *frame = ws_frame_new(WS_TEXT, buf_borrow(&text));
  buf_free(&text);
  return frame;
}

ws_frame *frame_of_value(enum event_type type, const struct json_shape *shape, const void *data) {
  buf text;
  buf_init(&text, FRAME_MAX_BYTES);
  json_encode(&text, shape, data, JSON_SNAKE);
  ws_frame *frame = frame_of(type, 0, buf_borrow(&text));
  buf_free(&text);
  return frame;
}

void client_send(struct client *c, enum event_type type, const struct json_shape *shape, const void *data) {
  if (!c->conn) return;
  ws_frame *frame = frame_of_value(type, shape, data);
  ws_send(c->conn, frame);
  ws_frame_unref(&frame);
}

enum { MAY_NONE = PERMISSIONS }; /* no permission is needed */
static const int rights[] = {
#define EVENT(name, text, way, subject, audience, right) [EVENT_##name] = MAY_##right,
#include "spec/events.tbl"
#undef EVENT
};

/* Only conversations have owners. An event about something else, such as the bot, is for all who have its permission,
 * also for those who have it on their own subjects only. */
static bool may_hear(const struct bus_event *e, const struct actor *who, enum permission p) {
  struct subject now = {.kind = e->subject, .id = e->subject_id, .owner_id = e->owner_id}, before = now;
  before.owner_id = e->former_owner_id;
  if (event_subject(e->type) != SUBJECT_CONVERSATION) return may_reach(who, p) != REACH_NONE;
  return may(who, p, &now) || may(who, p, &before);
}

bool event_is_for(const struct bus_event *e, const struct actor *who) {
  if (!audience_has(&e->audience, actor_operator_id(who))) return false;
  return rights[e->type] == MAY_NONE || may_hear(e, who, (enum permission)rights[e->type]);
}

void client_unref(struct client *c) {
  if (--c->refs) return;
  net_timer_stop(&c->timer);
  mem_free(&c->credential);
  mem_free(&c);
}
