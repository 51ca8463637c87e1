/* Send rates and the circuit breaker: pure state, updated with readings of a monotonic clock in ms.
 * The limits are Telegram's (bot FAQ): about 30 messages a second in all (more where TELEGRAM_MESSAGES_PER_SECOND says so), one a second in a chat with
 * short bursts, 20 a minute in a group. They normally avoid 429; a 429 that still occurs is respected. */
#ifndef SB_EDGE_TELEGRAM_TG_PACE_H
#define SB_EDGE_TELEGRAM_TG_PACE_H

#include "base/rand.h"

/* ---- rates: the generic cell rate algorithm, one number per bucket ---- */
struct tg_rate {
  int64_t interval_us; /* one token each */
  int64_t burst;
};
extern const struct tg_rate tg_rate_chat, tg_rate_group;
enum { TG_PER_SECOND = 30 /* messages of a bot to all its chats */ };
/* Of a bot that may send so many messages a second, 1 to 10,000; 0: TG_PER_SECOND. */
struct tg_rate tg_rate_of_bot(int per_second);

struct tg_bucket {
  int64_t full_at_us; /* when it will be full again; 0: new and full */
};
/* How long until `cost` tokens may be taken; 0: now. A cost above the burst needs a full bucket. */
int64_t tg_bucket_wait_ms(const struct tg_bucket *b, const struct tg_rate *rate, int64_t cost, int64_t now_ms);
void tg_bucket_take(struct tg_bucket *b, const struct tg_rate *rate, int64_t cost, int64_t now_ms);
bool tg_bucket_is_full(const struct tg_bucket *b, int64_t now_ms);

/* ---- the circuit ---- closed --failures in a row--> open --time over--> probing (getMe, which is harmless)
 * --good--> half open (one message at a time) --good--> closed; a failure while not closed opens it again, for twice
 * as long.
 *
 * One chat whose message always makes the server fail must not delay the others, so only failures that cannot come
 * from one chat open the circuit: no connection, or failures in several chats. While half open, a failure of a chat
 * that failed before does not count. */
enum tg_circuit_state { TG_CLOSED, TG_OPEN, TG_PROBING, TG_HALF_OPEN };
enum { TG_CIRCUIT_CHATS = 3 /* chats with consecutive failures that open the circuit */ };
struct tg_circuit {
  enum tg_circuit_state state;
  int failures;                     /* in a row */
  uint64_t chats[TG_CIRCUIT_CHATS]; /* chats that failed in this series, by hash */
  int chat_count;
  int64_t open_for_ms; /* the last duration; 0 when closed */
  int64_t until_ms;    /* for TG_OPEN */
};
/* chat: a hash; 0: no connection, so no chat is the cause. */
void tg_circuit_failed(struct tg_circuit *c, uint64_t chat, int64_t now_ms, const sb_rand *rand);
void tg_circuit_worked(struct tg_circuit *c);
/* Reports the probe's result. */
void tg_circuit_probed(struct tg_circuit *c, bool good, int64_t now_ms, const sb_rand *rand);
/* How many messages may be in flight at once, at most `most`. */
int tg_circuit_room(const struct tg_circuit *c, int most);
/* True once when it is time to probe; the state becomes TG_PROBING. */
bool tg_circuit_should_probe(struct tg_circuit *c, int64_t now_ms);

/* ---- 429 ---- */
/* Telegram does not say to whom a 429 applies. The first applies to its chat; when another chat gets one within a
 * short time, it applies to the whole bot. */
struct tg_flood {
  int64_t last_at_ms;
  uint64_t last_chat; /* a hash */
};
/* True when everything should pause. */
bool tg_flood_is_global(struct tg_flood *f, uint64_t chat, int64_t now_ms);

/* ---- another server with the same token ---- Two servers that both keep polling take updates from each other
 * forever. With each conflict the wait before our next attempt doubles (5 s up to 5 min); without a conflict for the
 * wait and a grace time the other server counts as gone. */
struct tg_rival {
  int met;            /* consecutive conflicts; 0: none */
  int64_t last_at_ms; /* time of the last conflict */
  int64_t wait_ms;    /* from then on */
};
/* Returns the time to wait. */
int64_t tg_rival_met(struct tg_rival *r, int64_t now_ms, const sb_rand *rand);
/* How long without a conflict until it counts as gone; 0 if it is gone or never existed: *r is then reset. */
int64_t tg_rival_lingers_ms(struct tg_rival *r, int64_t now_ms);

/* 1 s doubled each time up to most_ms, with 25 % jitter either way: for polls and downloads. */
int64_t tg_backoff_ms(int tries, int64_t most_ms, const sb_rand *rand);

#endif
