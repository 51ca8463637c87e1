/* What a message of the staff group is as an answer to a customer: any kind that the Bot API lets a bot send. Pure. */
#ifndef SB_EDGE_TELEGRAM_TG_SAID_H
#define SB_EDGE_TELEGRAM_TG_SAID_H

#include "edge/telegram/group/tg_copy.h"

/* Sets kind, words, files and details of *reply. False for a kind that cannot be sent, with the notice about it:
 *
 *  - A live photo goes as its photo, a rich message as its text with formatting, a live location as the place of now.
 *  - A quiz is refused: Telegram does not tell bots of a group which answer is right.
 *  - Dice roll anew for the customer. */
bool tg_said_read(const struct inbound_message *said, arena *a, struct reply *reply, enum tg_notice *why);
/* Reports a change of the chat: somebody has pinned a message. */
bool tg_said_is_service(const struct inbound_message *said);
/* The kind as which it was sent. */
int tg_said_kind(int kind);
/* The chosen piece of the answered message, as the customer has it: without the head of its copy. Absent if it is no piece of it. */
str tg_said_quote(const struct inbound_message *said, const struct message_row *answered, arena *a);
/* Whether an edit has another file than the message that was sent. */
bool tg_said_has_other_file(const struct inbound_message *said, const struct message_row *sent);

#endif
