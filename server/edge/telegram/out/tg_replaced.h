/* Jobs of a bot that another bot has replaced: answers to its customers, and files not fetched yet. No other bot can
 * run them, so they are ended: answers and files fail with a reason, copies and notices are removed. An answer
 * written to such a customer later ends in the same way within TG_REPLACED_LOOK_MS. */
#ifndef SB_EDGE_TELEGRAM_TG_REPLACED_H
#define SB_EDGE_TELEGRAM_TG_REPLACED_H

#include "edge/telegram/tg_internal.h"

enum { TG_REPLACED_LOOK_MS = 10000 };

/* Whether there are any. Only for the bot that the settings name (tg_replaced_note): of two nodes that run different
 * bots for a while, the one with the earlier bot ends nothing. */
err tg_replaced_look(struct tg_session *s, bool *any);

struct tg_replaced {
  struct tg_session *session;
  void (*came_back)(struct tg_replaced *r); /* any thread */
  void *owner;
  err e;
  size_t count; /* number of jobs ended; 0: none left */
};
/* Ends some of them, in one transaction; returns through came_back exactly once. */
void tg_replaced_end(struct tg_replaced *r);

/* Inside a transaction: the account is the desk's bot from now on. */
err tg_replaced_note(db_conn *c, str account, int64_t now_ms);

#endif
