/* What an operator does, shown to the customer for five seconds or until the next message (sendChatAction). Such a call counts
 * towards the bot's limits like a message and nothing depends on it, so it goes past the outbox, once, and is left out where it
 * could delay an answer: while the circuit is not closed, or many answers are in flight. */
#ifndef SB_EDGE_TELEGRAM_TG_ACTIVITY_H
#define SB_EDGE_TELEGRAM_TG_ACTIVITY_H

#include "edge/telegram/out/tg_pace.h"
#include "edge/telegram/tg_internal.h"

enum {
  TG_ACTIVITY_SAME_MS = 4500,  /* between two equal ones of a chat */
  TG_ACTIVITY_OTHER_MS = 1000, /* before another one */
  TG_ACTIVITY_BUSY = 10,       /* answers in flight that leave no room */
  TG_ACTIVITY_SLOTS = 1024,
};

/* Starts zeroed. Two chats with the same slot forget each other, which costs a call. */
struct tg_activities {
  struct {
    uint64_t chat; /* a hash */
    int activity;
    int64_t at_ms;
  } slots[TG_ACTIVITY_SLOTS];
  struct tg_bucket bucket; /* of all bots */
};

/* Whether the call may leave now; if so, it counts as sent. Not thread-safe. */
bool tg_activity_may(struct tg_activities *all, const struct tg_counters *bot, str account, str chat, int activity,
                     int64_t now_ms);
/* Does not wait. activity: enum activity, whose names are Telegram's. */
void tg_activity_send(const struct tg_session *s, str chat, int activity);

#endif
