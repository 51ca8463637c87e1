/* See tg_delivery.h. */
#include "edge/telegram/bot/tg_delivery.h"

enum {
  LOOK_FIRST_MS = 1000,
  LOOK_MOST_MS = 30000,
  LOOK_AGAIN_MS = 2000,     /* after a refusal */
  LOOK_SILENT_MS = 10000,   /* updates wait */
  REFUSED_MOST_AGE_S = 120, /* an older error counts as over */
  REFUSED_LOOKS = 2,        /* one error may be a restart of ours */
  SILENT_LOOKS = 4,         /* an update may be on its way */
  AGAIN_FIRST_MS = 5000,    /* a proxy that was restarted is back by then */
  AGAIN_MOST_MS = 30 * 60 * 1000,
};

void tg_delivery_set(struct tg_delivery *d, int64_t now_s) {
  d->polls = false;
  d->refused = d->silent = 0;
  d->set_at_s = now_s;
  d->look_ms = LOOK_FIRST_MS;
}

static bool is_refused(const struct tg_delivery *d, const struct tg_look *l) {
  bool recent = l->error_at_s >= d->set_at_s && l->now_s - l->error_at_s < REFUSED_MOST_AGE_S;
  return l->pending > 0 && l->error_at_s > 0 && recent && l->arrived_at_s <= l->error_at_s;
}

static bool is_silent(const struct tg_delivery *d, const struct tg_look *l) {
  int64_t calm_s = d->look_ms / 1000;
  return l->pending > 0 && l->arrived_at_s < l->now_s - calm_s && l->now_s - d->set_at_s >= calm_s;
}

enum tg_verdict tg_delivery_judge(struct tg_delivery *d, const struct tg_look *l) {
  bool refused = is_refused(d, l), silent = !refused && is_silent(d, l);
  d->refused = refused ? d->refused + 1 : 0;
  d->silent = silent ? d->silent + 1 : 0;
  if (l->arrived_at_s > d->set_at_s) d->given_up = 0;
  int64_t longer_ms = d->look_ms * 2 < LOOK_MOST_MS ? d->look_ms * 2 : LOOK_MOST_MS;
  d->look_ms = refused ? LOOK_AGAIN_MS : silent ? LOOK_SILENT_MS : longer_ms;
  return refused ? TG_DELIVERY_REFUSED : silent ? TG_DELIVERY_SILENT : TG_DELIVERY_WELL;
}

bool tg_delivery_is_lost(const struct tg_delivery *d) {
  return d->refused >= REFUSED_LOOKS || d->silent >= SILENT_LOOKS;
}

void tg_delivery_give_up(struct tg_delivery *d, int64_t now_ms, const sb_rand *rand) {
  int64_t ms = AGAIN_FIRST_MS;
  for (int i = 0; i < d->given_up && ms < AGAIN_MOST_MS; i++) ms *= 2;
  if (ms > AGAIN_MOST_MS) ms = AGAIN_MOST_MS;
  if (d->given_up < 1000) d->given_up++;
  d->polls = true;
  d->refused = d->silent = 0;
  d->again_at_ms = now_ms + ms + (int64_t)rand_below(rand, (uint64_t)ms / 4); /* not all bots at once */
}

void tg_delivery_forgive(struct tg_delivery *d) {
  d->polls = false;
  d->given_up = 0;
}
