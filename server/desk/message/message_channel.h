/* What a channel can carry: the rows of spec/channels.tbl. A channel that has no row carries text and photos. */
#ifndef SB_DESK_MESSAGE_MESSAGE_CHANNEL_H
#define SB_DESK_MESSAGE_MESSAGE_CHANNEL_H

#include "desk/message/message.h"

enum channel_ability {
  CHANNEL_CAN_BUTTONS = 1,
  CHANNEL_CAN_SILENT = 2,
  CHANNEL_CAN_PROTECTED = 4,
  CHANNEL_CAN_LINK_PREVIEW = 8,
  CHANNEL_CAN_DISPLAY = 16, /* spoilers, captions above */
  CHANNEL_CAN_QUOTE = 32,   /* a piece of the quoted message */
  CHANNEL_CAN_EDIT = 64,
  CHANNEL_CAN_DELETE = 128,
  CHANNEL_CAN_PIN = 256,
  CHANNEL_CAN_REACT = 512,
  CHANNEL_CAN_ACTIVITY = 1024, /* shows the customer that somebody types */
};
struct channel_facts {
  const char *text, *title;
  uint64_t carries; /* bits of enum message_kind */
  unsigned can;     /* a sum of enum channel_ability */
  int64_t delete_ms;
};
const struct channel_facts *channel_facts(str channel);
static inline bool channel_carries(const struct channel_facts *f, int kind) { return f->carries >> kind & 1; }
/* What an operator may still do to an answer: see struct message_can. NULL for a message that is no answer. */
const struct message_can *message_can_of(const struct message_row *m, str channel, int64_t now_ms);

#endif
