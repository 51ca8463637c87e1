/* How fast messages may leave, and when to stop trying: pure state that is moved by readings of a steady clock in ms.
 * The limits are those that Telegram tells (bot FAQ): about 30 messages a second in all, one a second in a chat with
 * short bursts, 20 a minute in a group. They keep us clear of 429 as a rule; a 429 that comes all the same is obeyed. */
#ifndef SB_EDGE_TELEGRAM_TG_PACE_H
#define SB_EDGE_TELEGRAM_TG_PACE_H

#include "base/rand.h"

/* ---- rates: the generic cell rate algorithm, one number a bucket ---- */
struct tg_rate {
  int64_t interval_us; /* one token each */
  int64_t burst;
};
extern const struct tg_rate tg_rate_all, tg_rate_chat, tg_rate_group;

struct tg_bucket {
  int64_t full_at_us; /* when it will be full again; 0 for a new one, which is full */
};
/* How long until `cost` tokens may be taken; 0: now. A cost above the burst needs a full bucket. */
int64_t tg_bucket_wait_ms(const struct tg_bucket *b, const struct tg_rate *rate, int64_t cost, int64_t now_ms);
void tg_bucket_take(struct tg_bucket *b, const struct tg_rate *rate, int64_t cost, int64_t now_ms);
bool tg_bucket_is_full(const struct tg_bucket *b, int64_t now_ms);

/* ---- the circuit ----
 * closed --failures in a row--> open --time over--> probing (getMe, which harms nobody) --good--> half open (one message
 * at a time) --good--> closed; a failure while not closed opens it again, for twice as long.
 *
 * One chat whose message makes the server fail each time must not hold up the others, so only what cannot be one
 * chat's opens the circuit: no connection, or failures in several chats. While half open, a chat that failed before proves
 * nothing new. */
enum tg_circuit_state { TG_CLOSED, TG_OPEN, TG_PROBING, TG_HALF_OPEN };
enum { TG_CIRCUIT_CHATS = 3 /* with failures, without any success between them, are enough */ };
struct tg_circuit {
  enum tg_circuit_state state;
  int failures;                     /* in a row */
  uint64_t chats[TG_CIRCUIT_CHATS]; /* that failed in this row, by hash */
  int chat_count;
  int64_t open_for_ms; /* the last time; 0 when it is closed */
  int64_t until_ms;    /* of TG_OPEN */
};
/* chat: a hash; 0: there was no connection, so it is nobody's. */
void tg_circuit_failed(struct tg_circuit *c, uint64_t chat, int64_t now_ms, const sb_rand *rand);
void tg_circuit_worked(struct tg_circuit *c);
/* The probe's end. */
void tg_circuit_probed(struct tg_circuit *c, bool good, int64_t now_ms, const sb_rand *rand);
/* How many messages may be on their way at once, out of `most`. */
int tg_circuit_room(const struct tg_circuit *c, int most);
/* True once when it is time to probe; the state becomes TG_PROBING. */
bool tg_circuit_should_probe(struct tg_circuit *c, int64_t now_ms);

/* ---- 429 ---- */
/* Telegram does not say whom a 429 means. The first means its chat; when another chat gets one within a short time, it
 * is the bot as a whole. */
struct tg_flood {
  int64_t last_at_ms;
  uint64_t last_chat; /* a hash */
};
/* True when everything should pause. */
bool tg_flood_is_global(struct tg_flood *f, uint64_t chat, int64_t now_ms);

/* ---- another server with the same token ----
 * Two servers that both insist take the updates from each other without end. Each time that the other one is met, the wait
 * before our next attempt doubles (5 s up to 5 min); what is met no more for the wait and a calm time is gone. */
struct tg_rival {
  int met;            /* in a row; 0: there is none */
  int64_t last_at_ms; /* when it was met last */
  int64_t wait_ms;    /* from then on */
};
/* Gives the time to wait. */
int64_t tg_rival_met(struct tg_rival *r, int64_t now_ms, const sb_rand *rand);
/* How long it must still stay away to be gone; 0 when it is gone, or never was there: then *r is as new. */
int64_t tg_rival_lingers_ms(struct tg_rival *r, int64_t now_ms);

/* 1 s doubled each time up to most_ms, a quarter of jitter either way: for polls and downloads. */
int64_t tg_backoff_ms(int tries, int64_t most_ms, const sb_rand *rand);

#endif
