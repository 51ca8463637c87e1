/* An operator's private chat with the bot: the code by which they link their account (desk/link). It makes no customer and no
 * conversation; the outcome is answered there, in the person's language. */
#ifndef SB_EDGE_TELEGRAM_TG_LINK_H
#define SB_EDGE_TELEGRAM_TG_LINK_H

#include "edge/telegram/in/tg_update.h"

bool tg_link_is(str payload);
/* Inside the update's transaction. */
err tg_link_receive(struct desk *d, db_conn *c, str account, const struct tg_update *u);

#endif
