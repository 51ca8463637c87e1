/* See tg_pace.h. */
#include "edge/telegram/out/tg_pace.h"

#include <limits.h>

const struct tg_rate tg_rate_chat = {.interval_us = 1000000, .burst = 5};
/* 20 a minute; a group accepts them in a burst after a pause. */
const struct tg_rate tg_rate_group = {.interval_us = 3000000, .burst = 20};

enum {
  FAILURES_TO_OPEN = 5,
  OPEN_FIRST_MS = 1000,
  OPEN_MOST_MS = 60000,
  FLOOD_WINDOW_MS = 3000,
  RIVAL_FIRST_MS = 5000,
  RIVAL_MOST_MS = 300000,
  RIVAL_CALM_MS = 10000,
};

struct tg_rate tg_rate_of_bot(int per_second) {
  if (per_second <= 0) per_second = TG_PER_SECOND;
  /* A little less than is allowed, since calls that leave evenly may arrive in a bunch. */
  return (struct tg_rate){.interval_us = 1000000 * 61 / 60 / per_second, .burst = (per_second * 2 + 2) / 3};
}

int64_t tg_bucket_wait_ms(const struct tg_bucket *b, const struct tg_rate *rate, int64_t cost, int64_t now_ms) {
  int64_t room = rate->burst - (cost < rate->burst ? cost : rate->burst);
  int64_t over_us = b->full_at_us - now_ms * 1000 - room * rate->interval_us;
  return over_us > 0 ? (over_us + 999) / 1000 : 0;
}

void tg_bucket_take(struct tg_bucket *b, const struct tg_rate *rate, int64_t cost, int64_t now_ms) {
  int64_t from = b->full_at_us > now_ms * 1000 ? b->full_at_us : now_ms * 1000;
  b->full_at_us = from + cost * rate->interval_us;
}

bool tg_bucket_is_full(const struct tg_bucket *b, int64_t now_ms) { return b->full_at_us <= now_ms * 1000; }

static int64_t jitter(int64_t ms, const sb_rand *rand) {
  return ms - ms / 4 + (int64_t)rand_below(rand, (uint64_t)(ms / 2 + 1));
}

static void open_circuit(struct tg_circuit *c, int64_t now_ms, const sb_rand *rand) {
  c->open_for_ms = c->open_for_ms ? c->open_for_ms * 2 : OPEN_FIRST_MS;
  if (c->open_for_ms > OPEN_MOST_MS) c->open_for_ms = OPEN_MOST_MS;
  c->state = TG_OPEN;
  c->until_ms = now_ms + jitter(c->open_for_ms, rand);
}

/* True if this chat has not failed before in this series, as far as stored. */
static bool note_chat(struct tg_circuit *c, uint64_t chat) {
  for (int i = 0; i < c->chat_count; i++)
    if (c->chats[i] == chat) return false;
  if (c->chat_count == TG_CIRCUIT_CHATS) return true;
  c->chats[c->chat_count++] = chat;
  return true;
}

void tg_circuit_failed(struct tg_circuit *c, uint64_t chat, int64_t now_ms, const sb_rand *rand) {
  bool new_here = chat ? note_chat(c, chat) : true;
  bool of_all = chat == 0 || c->chat_count == TG_CIRCUIT_CHATS;
  c->failures++;
  /* Requests in flight when the circuit opened do not extend it. */
  if (c->state == TG_OPEN || c->state == TG_PROBING) return;
  bool opens = c->state == TG_HALF_OPEN ? new_here : of_all && c->failures >= FAILURES_TO_OPEN;
  if (opens) open_circuit(c, now_ms, rand);
}

void tg_circuit_worked(struct tg_circuit *c) { *c = (struct tg_circuit){.state = TG_CLOSED}; }

void tg_circuit_probed(struct tg_circuit *c, bool good, int64_t now_ms, const sb_rand *rand) {
  if (c->state != TG_PROBING) return;
  if (good)
    c->state = TG_HALF_OPEN;
  else
    open_circuit(c, now_ms, rand);
}

int tg_circuit_room(const struct tg_circuit *c, int most) {
  return c->state == TG_CLOSED ? most : c->state == TG_HALF_OPEN ? 1 : 0;
}

bool tg_circuit_should_probe(struct tg_circuit *c, int64_t now_ms) {
  if (c->state != TG_OPEN || now_ms < c->until_ms) return false;
  c->state = TG_PROBING;
  return true;
}

bool tg_flood_is_global(struct tg_flood *f, uint64_t chat, int64_t now_ms) {
  bool recent = f->last_at_ms && now_ms - f->last_at_ms < FLOOD_WINDOW_MS;
  bool global = recent && f->last_chat != chat;
  *f = (struct tg_flood){.last_at_ms = now_ms ? now_ms : 1, .last_chat = chat};
  return global;
}

int64_t tg_rival_met(struct tg_rival *r, int64_t now_ms, const sb_rand *rand) {
  int64_t ms = RIVAL_FIRST_MS;
  for (int i = 0; i < r->met && ms < RIVAL_MOST_MS; i++) ms *= 2;
  if (r->met < INT_MAX) r->met++;
  r->last_at_ms = now_ms;
  r->wait_ms = jitter(ms < RIVAL_MOST_MS ? ms : RIVAL_MOST_MS, rand);
  return r->wait_ms;
}

int64_t tg_rival_lingers_ms(struct tg_rival *r, int64_t now_ms) {
  int64_t left_ms = r->met ? r->last_at_ms + r->wait_ms + RIVAL_CALM_MS - now_ms : 0;
  if (left_ms > 0) return left_ms;
  *r = (struct tg_rival){0};
  return 0;
}

int64_t tg_backoff_ms(int tries, int64_t most_ms, const sb_rand *rand) {
  int64_t ms = 1000;
  for (int i = 1; i < tries && ms < most_ms; i++) ms *= 2;
  return jitter(ms < most_ms ? ms : most_ms, rand);
}
