/* Presses of the desk's own buttons, whose callbacks begin with BUTTON_RESERVED: those of the question about a code (tg_link.h), of
 * notices to operators, of customers' live cards and of the first contact. They are no messages; an operator who presses one becomes no customer. */
#ifndef SB_EDGE_TELEGRAM_TG_OWN_PRESS_H
#define SB_EDGE_TELEGRAM_TG_OWN_PRESS_H

#include "edge/telegram/in/tg_update.h"

enum { TG_OWN_WORDS_SIZE = 801 /* 200 characters (Bot API, answerCallbackQuery) */ };
struct tg_own_answer {
  char words[TG_OWN_WORDS_SIZE]; /* "": nothing is said */
  bool alert;                    /* stays until it is closed */
};

static inline bool tg_own_press_is(const struct tg_update *u) {
  return str_starts(u->press.what.data, S(BUTTON_RESERVED));
}
/* Inside the update's transaction. */
err tg_own_press(struct desk *d, db_conn *c, str account, const struct tg_update *u, struct tg_own_answer *out);

#endif
