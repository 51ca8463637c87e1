/* The live card of a customer (desk/card) as a message, and what a press of its button says. Pure.
 *
 *   🕐 You are number 3 in the queue.      👤 Maria is helping you.       ✅ This conversation is closed.
 *   [Close]                                [Close]                         [Open again]
 */
#ifndef SB_EDGE_TELEGRAM_TG_CARD_H
#define SB_EDGE_TELEGRAM_TG_CARD_H

#include "desk/card/card.h"
#include "desk/conversation/conversation.h"

#define TG_CARD_PRESS  BUTTON_RESERVED "card:"
#define TG_CARD_CLOSE  TG_CARD_PRESS "close"
#define TG_CARD_REOPEN TG_CARD_PRESS "reopen"

/* In the customer's language: Russian for "ru", else English. Strings are in `a`. */
void tg_card_make(const struct card_view *view, str language, arena *a, struct message_row *out);
/* At most 200 characters. */
str tg_card_pressed(enum press_outcome outcome, bool closes, str language);

#endif
