/* See tg_way.h. */
#include "edge/telegram/bot/tg_way.h"

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

void tg_way_set(struct tg_way *w, int64_t now_s) {
  w->polls = false;
  w->refused = w->silent = 0;
  w->set_at_s = now_s;
  w->look_ms = LOOK_FIRST_MS;
}

static bool is_refused(const struct tg_way *w, const struct tg_look *l) {
  bool recent = l->error_at_s >= w->set_at_s && l->now_s - l->error_at_s < REFUSED_MOST_AGE_S;
  return l->pending > 0 && l->error_at_s > 0 && recent && l->arrived_at_s <= l->error_at_s;
}

static bool is_silent(const struct tg_way *w, const struct tg_look *l) {
  int64_t calm_s = w->look_ms / 1000;
  return l->pending > 0 && l->arrived_at_s < l->now_s - calm_s && l->now_s - w->set_at_s >= calm_s;
}

enum tg_verdict tg_way_judge(struct tg_way *w, const struct tg_look *l) {
  bool refused = is_refused(w, l), silent = !refused && is_silent(w, l);
  w->refused = refused ? w->refused + 1 : 0;
  w->silent = silent ? w->silent + 1 : 0;
  if (l->arrived_at_s > w->set_at_s) w->given_up = 0;
  int64_t longer_ms = w->look_ms * 2 < LOOK_MOST_MS ? w->look_ms * 2 : LOOK_MOST_MS;
  w->look_ms = refused ? LOOK_AGAIN_MS : silent ? LOOK_SILENT_MS : longer_ms;
  return refused ? TG_WAY_REFUSED : silent ? TG_WAY_SILENT : TG_WAY_WELL;
}

bool tg_way_is_lost(const struct tg_way *w) { return w->refused >= REFUSED_LOOKS || w->silent >= SILENT_LOOKS; }

void tg_way_give_up(struct tg_way *w, int64_t now_ms, const sb_rand *rand) {
  int64_t ms = AGAIN_FIRST_MS;
  for (int i = 0; i < w->given_up && ms < AGAIN_MOST_MS; i++) ms *= 2;
  if (ms > AGAIN_MOST_MS) ms = AGAIN_MOST_MS;
  if (w->given_up < 1000) w->given_up++;
  w->polls = true;
  w->refused = w->silent = 0;
  w->again_at_ms = now_ms + ms + (int64_t)rand_below(rand, (uint64_t)ms / 4); /* not all bots at once */
}

void tg_way_forgive(struct tg_way *w) {
  w->polls = false;
  w->given_up = 0;
}
