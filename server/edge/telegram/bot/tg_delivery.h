/* How a bot's updates are delivered, by webhook or by long polling, where both are possible (account.updates: auto, with a webhook
 * configured). Pure; the session (tg_session_run.c) makes the calls.
 *
 * The webhook is preferred. It is given up when Telegram reports failed deliveries and nothing has arrived since, or when updates
 * wait at Telegram and none arrives; then the bot polls. After a wait the webhook is set again, because only a delivery shows that
 * it works; each failure in a row doubles the wait. What Telegram could not deliver meanwhile is not lost: it keeps updates for a
 * day, and both deliver the same ones. */
#ifndef SB_EDGE_TELEGRAM_TG_DELIVERY_H
#define SB_EDGE_TELEGRAM_TG_DELIVERY_H

#include "base/rand.h"

#include <stdbool.h>
#include <stdint.h>

enum tg_verdict {
  TG_DELIVERY_WELL,
  TG_DELIVERY_REFUSED, /* Telegram reports an error, and nothing has arrived since */
  TG_DELIVERY_SILENT,  /* updates wait, and none has arrived */
};

struct tg_delivery {
  bool polls;          /* the webhook was given up for now */
  int given_up;        /* times in a row; a delivery ends the row */
  int refused, silent; /* looks in a row with that verdict */
  int64_t set_at_s;    /* when the webhook was set */
  int64_t look_ms;     /* from a look at the webhook to the next */
  int64_t again_at_ms; /* polls: when the webhook is set again */
};

struct tg_look { /* what getWebhookInfo says, and what this desk has stored */
  int64_t now_s, pending, error_at_s /* 0: none */, arrived_at_s /* the last update; 0: none lately */;
};

/* The webhook has just been set. */
void tg_delivery_set(struct tg_delivery *d, int64_t now_s);
enum tg_verdict tg_delivery_judge(struct tg_delivery *d, const struct tg_look *look);
/* Whether the verdicts so far are enough to poll. */
bool tg_delivery_is_lost(const struct tg_delivery *d);
void tg_delivery_give_up(struct tg_delivery *d, int64_t now_ms, const sb_rand *rand);
/* An administrator or `doctor` asks for the webhook. */
void tg_delivery_forgive(struct tg_delivery *d);

#endif
