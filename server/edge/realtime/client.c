/* One client: what it is sent, and its end. See realtime_internal.h. */
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

bool event_is_for(const struct bus_event *e, int64_t operator_id) {
  return e->audience.kind == AUDIENCE_ALL || (e->audience.kind == AUDIENCE_OPERATOR && e->audience.id == operator_id);
}

void client_unref(struct client *c) {
  if (--c->refs) return;
  net_timer_stop(&c->timer);
  mem_free(&c->credential);
  mem_free(&c);
}
