/* An operator's private chat with the bot: the code by which they link their account (desk/link). It makes no customer and no
 * conversation. The bot names the operator and asks to confirm with a button, because a code may come from somebody else; the outcome
 * replaces that question. All in the person's language. */
#ifndef SB_EDGE_TELEGRAM_TG_LINK_H
#define SB_EDGE_TELEGRAM_TG_LINK_H

#include "desk/link/link.h"
#include "edge/telegram/in/tg_update.h"

#define TG_LINK_PRESS BUTTON_RESERVED "link:" /* callback_data of the buttons: the code follows, or "no" */

/* Inside the update's transaction: a start with a code. */
err tg_link_receive(struct desk *d, db_conn *c, str account, const struct tg_update *u);
/* The same: a press of one of the buttons. */
err tg_link_press(struct desk *d, db_conn *c, str account, const struct tg_update *u);

#endif
