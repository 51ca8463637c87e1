/* See events.h. */
#include "app/events.h"

#include "desk/conversation/conversation.h"

#include <assert.h>

static const struct json_shape *const shapes[] = {
#define EVENT(name, text, way, subject, audience, right) [EVENT_##name] = &event_##text##_shape,
#include "spec/events.tbl"
#undef EVENT
};

const struct json_shape *event_shape(enum event_type type) {
  assert(type < EVENT_TYPES);
  return shapes[type];
}

bool event_expand(enum event_type type, str stored, buf *out) {
  switch (type) {
    case EVENT_NEW_MESSAGE:
    case EVENT_CHAT_STATUS_CHANGE: return conversation_event_expand(shapes[type], stored, out);
    default: return json_expand(out, shapes[type], stored);
  }
}
