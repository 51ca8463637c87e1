/* See tg_kinds.h. */
#include "edge/telegram/in/tg_kinds.h"

#include "base/json_scan.h"

static const struct {
  str name, quoted;
  enum tg_update_handling handling;
} kinds[] = {
#define UPDATE(name, handling, why) {STR_INIT(#name), STR_INIT("\"" #name "\""), TG_UPDATE_##handling},
#include "spec/updates.tbl"
#undef UPDATE
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

str tg_allowed_updates(arena *a) {
  str list = S("[");
  for (size_t i = 0; i < KINDS; i++) {
    if (kinds[i].handling == TG_UPDATE_LEFT) continue;
    list = arena_printf(a, "%.*s%s%.*s", STR_ARG(list), list.len > 1 ? "," : "", STR_ARG(kinds[i].quoted));
  }
  return arena_concat(a, list, S("]"));
}

bool tg_asks_for_ours(str allowed_updates) {
  str element;
  size_t at = 0, found = 0, wanted = 0;
  for (size_t i = 0; i < KINDS; i++) wanted += kinds[i].handling != TG_UPDATE_LEFT;
  while (allowed_updates.ptr && json_scan_element(allowed_updates, &at, &element)) {
    size_t i = 0;
    while (i < KINDS && !str_eq(kinds[i].quoted, element)) i++;
    if (i == KINDS || kinds[i].handling == TG_UPDATE_LEFT) return false;
    found++;
  }
  return found == wanted;
}

enum tg_update_handling tg_update_handling_of(str name) {
  for (size_t i = 0; i < KINDS; i++)
    if (str_eq(kinds[i].name, name)) return kinds[i].handling;
  return TG_UPDATE_UNKNOWN;
}
