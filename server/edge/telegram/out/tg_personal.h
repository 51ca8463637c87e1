/* Texts of notices to an operator's own account (desk/notice), and what a press of their button says. Pure.
 *
 *   💬 New conversation            ✅ Taken by Maria
 *   Ann Lee · @ann                 Ann Lee · @ann
 *   Where is my parcel?            [Open]
 *   [Take] [Open]
 *
 * The name is bold and isolated, so that the direction of its letters affects nothing beside it. "Open" leads to the conversation in
 * the panel; it is left out when the panel has no public address, since Telegram takes only https. */
#ifndef SB_EDGE_TELEGRAM_TG_PERSONAL_H
#define SB_EDGE_TELEGRAM_TG_PERSONAL_H

#include "desk/conversation/conversation.h"
#include "desk/notice/notice.h"

#define TG_TAKE_PRESS BUTTON_RESERVED "take:" /* callback_data of "Take": the conversation's id follows */

struct tg_personal {
  int kind; /* enum notice_kind */
  bool over /* its reason is gone */, may_take;
  const struct conversation_row *conversation;
  str owner;      /* the assignee's name; absent: nobody */
  bool mine;      /* the assignee is who gets the notice */
  int64_t unread; /* of who gets it */
  str language, public_url /* may be absent */;
};
/* *out is the message to send. Strings are in `a`. */
void tg_personal_make(const struct tg_personal *p, arena *a, struct message_row *out);

enum tg_taken { TG_TAKEN_YOURS, TG_TAKEN_OTHERS /* with the name */, TG_TAKEN_GONE, TG_TAKEN_UNLINKED };
/* In the reader's language: Russian for "ru", else English. At most 200 characters. */
str tg_personal_taken(enum tg_taken what, str name, str language, arena *a);

/* What became of a reply to a notice; REFUSED: with the desk's error. */
enum tg_answered { TG_ANSWERED_SENT, TG_ANSWERED_ONLY_TEXT, TG_ANSWERED_GONE, TG_ANSWERED_REFUSED };
str tg_personal_answered(enum tg_answered what, str words, str language, arena *a);

#endif
