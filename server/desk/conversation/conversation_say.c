/* What the desk says by itself: a greeting, a question of the first contact, the text for a blocked customer. */
#include "desk/conversation/conversation_tx_internal.h"

#include "desk/outbox/outbox.h"

err tx_say(struct conversation_tx *w, str text, str buttons_json) {
  struct message_new m = {
      .direction = MESSAGE_OUT,
      .kind = MESSAGE_TEXT,
      .text = text,
      .buttons_json = buttons_json,
      .action = -1,
      .delivery = DELIVERY_QUEUED,
      .created_at = w->now_ms,
  };
  struct message_row out;
  err e = tx_add_unlisted(w, &m, &out);
  if (err_is(e)) return e;
  e = outbox_add(w->c, w->customer.channel, w->customer.account, w->customer.external_id, out.id, w->now_ms);
  if (e.code != ERR_QUEUE_FULL) return e;
  struct actor by = {.kind = ACTOR_SYSTEM};
  str why = str_c(err_message(&e));
  return message_set_delivery(w->c, out.id, DELIVERY_FAILED, why, STR_NONE, &by, w->now_ms, w->arena);
}
