/* See card.h: what a card shows, pure. */
#include "desk/card/card.h"

enum { LOOK_PER_PLACE_MS = 2000 };

str card_shown(const struct card_view *view, str language, arena *a) {
  static const char *const states[] = {
      [CARD_WAITING] = "waiting", [CARD_ANSWERED] = "answered", [CARD_CLOSED] = "closed"};
  return arena_printf(a, "%s %lld %.*s %.*s", states[view->state], (long long)view->place,
                      STR_ARG(str_or_empty(language)), STR_ARG(str_or_empty(view->name)));
}

int64_t card_look_ms(const struct card_view *view) {
  if (view->state != CARD_WAITING) return 0;
  if (!view->place) return CARD_LOOK_MOST_MS;
  int64_t ms = CARD_LOOK_FIRST_MS + (view->place - 1) * LOOK_PER_PLACE_MS;
  return ms < CARD_LOOK_MOST_MS ? ms : CARD_LOOK_MOST_MS;
}
