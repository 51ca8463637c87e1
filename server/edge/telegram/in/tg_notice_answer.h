/* A reply to a notice in an operator's private chat is an answer to the notice's customer, as a reply to a copy in the staff group is.
 * Without this, the operator would become a customer who writes it. Text only; the bot says what became of it. */
#ifndef SB_EDGE_TELEGRAM_TG_NOTICE_ANSWER_H
#define SB_EDGE_TELEGRAM_TG_NOTICE_ANSWER_H

#include "edge/telegram/in/tg_update.h"

/* Inside the update's transaction; u: a private message. *ours false: it answers no notice, and nothing was done. */
err tg_notice_answer(struct desk *d, db_conn *c, str account, const struct tg_update *u, bool *ours);
/* The same; u: the edit of a private message. The edit of an answer changes the answer; that of a reply which was refused, a text that was too
 * long for example, sends it. */
err tg_notice_answer_edited(struct desk *d, db_conn *c, str account, const struct tg_update *u, bool *ours);

#endif
