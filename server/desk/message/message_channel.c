/* See message_channel.h. */
#include "desk/message/message_channel.h"

#define HOUR_MS INT64_C(3600000)

static const struct channel_facts rows[] = {
#define KIND(name) (UINT64_C(1) << MESSAGE_##name)
#define CAN(name)  CHANNEL_CAN_##name
#define CHANNEL(name, text, title, photos, edits, seen, links, carries, can, delete_h) \
  {text, title, carries, can, delete_h * HOUR_MS},
#include "spec/channels.tbl"
#undef CHANNEL
};
static const struct channel_facts plain = {"", "", KIND(TEXT) | KIND(PHOTO), 0, 0};
#undef KIND
#undef CAN
_Static_assert(MESSAGE_KINDS <= 64, "a set of kinds has 64 bits");

const struct channel_facts *channel_facts(str channel) {
  for (size_t i = 0; i < JSON_COUNT(rows); i++)
    if (str_eq(channel, str_c(rows[i].text))) return &rows[i];
  return &plain;
}

/* What was never sent can be changed on every channel; what was sent only where the channel knows it by an id. */
const struct message_can *message_can_of(const struct message_row *m, str channel, int64_t now_ms) {
  static const struct message_can answers[2][2] = {{{false, false}, {false, true}}, {{true, false}, {true, true}}};
  const struct channel_facts *facts = channel_facts(channel);
  if (m->direction != MESSAGE_OUT || m->deleted_at) return NULL;
  bool waits = m->delivery == DELIVERY_QUEUED || m->delivery == DELIVERY_FAILED;
  bool known = m->delivery == DELIVERY_SENDING || (m->delivery == DELIVERY_SENT && m->external_id.ptr);
  int64_t sent_at = m->sent_at ? m->sent_at : m->created_at;
  bool edits =
      message_kind_facts(m->kind)->carries & CARRIES_WORDS && (waits || (known && facts->can & CHANNEL_CAN_EDIT));
  bool young = now_ms - sent_at < facts->delete_ms;
  bool deletes = waits || (known && young && facts->can & CHANNEL_CAN_DELETE);
  return &answers[edits][deletes];
}
