/* The live card of a customer: one message in their chat that shows the state of their conversation. README.md explains it. */
#ifndef SB_DESK_CARD_CARD_H
#define SB_DESK_CARD_CARD_H

#include "desk/desk.h"

enum {
  CARD_EDIT_MS = 3000,
  CARD_PLACES_MAX = 1000,
  CARD_PLACES_MS = 1000,
  CARD_LOOK_FIRST_MS = 10000,
  CARD_LOOK_MOST_MS = 300000
};

/* What it shows. */
enum card_state { CARD_WAITING, CARD_ANSWERED, CARD_CLOSED };
struct card_view {
  int state;     /* enum card_state */
  int64_t place; /* of CARD_WAITING: 1 is the first; 0: not known */
  str name;      /* of CARD_ANSWERED: the operator's; absent: nobody's */
};
/* "waiting 3", for card.shown. Pure, like the next. */
str card_shown(const struct card_view *view, str language, arena *a);
/* When a card that shows this is looked at again: only a place changes by itself. 0: never. */
int64_t card_look_ms(const struct card_view *view);

/* ---- the switch of an account ---- */
err card_enabled(db_conn *c, str channel, str account, bool *enabled);
err card_enable(db_conn *c, str channel, str account, bool enabled);
/* Whether any account has cards, looked up every two seconds; set up before any thread starts. NULL: none has. */
struct card_watch;
struct card_watch *card_watch_new(void);
void card_watch_free(struct card_watch **w);
void card_watch_again(struct desk *d);

/* Inside the transaction that has changed the customer's conversation. */
err card_touch(struct desk *d, db_conn *c, int64_t customer_id, str channel, str account, str recipient);

/* ---- for the channel's sender ---- */
struct card_row {
  int64_t customer_id;
  str account, external_id, shown; /* the last two may be absent */
  int64_t changes, sent_at;
};
err card_get(db_conn *c, int64_t customer_id, arena *a, struct card_row *out, bool *found);
/* The message is there now, and shows this; nothing is stored if another account shows the card by now. *again: something has happened
 * since the row was read. */
err card_sent(db_conn *c, const struct card_row *row, str external_id, str shown, int64_t now_ms, bool *again);
/* It is gone from the chat, or the recipient is. */
err card_lost(db_conn *c, const struct card_row *row);
/* Reads who waits, unless that was done within CARD_PLACES_MS or no account has cards. In a read of its own, since a sender's
 * transaction would conflict with that of every customer who begins to wait: not the committer's thread, and in no transaction. */
err card_places_read(struct desk *d);
/* The place of a conversation that waits since then, as of the last reading; 0: not known, or too many wait. Any thread. */
int64_t card_place(struct desk *d, int64_t waiting_since, int64_t conversation_id);

#endif
