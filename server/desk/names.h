/* Converts between an enumerated value and its name in the database and the API; both use the json_enum's table. */
#ifndef SB_DESK_NAMES_H
#define SB_DESK_NAMES_H

#include "base/json.h"

/* -1 for an unknown or absent name; aliases count. */
static inline int names_find(const struct json_enum *e, str name) {
  if (!name.ptr) return -1;
  for (int i = 0; i < e->count; i++)
    if (e->names[i] && str_eq(name, str_c(e->names[i]))) return i;
  for (const struct json_alias *alias = e->aliases; alias && alias->text; alias++)
    if (str_eq(name, str_c(alias->text))) return alias->value;
  return -1;
}

/* Absent for -1. */
static inline str names_text(const struct json_enum *e, int i) {
  return i < 0 || i >= e->count ? STR_NONE : str_c(e->names[i]);
}

/* [1,2,3]: a list of ids as one argument, for json_each on SQLite; PostgreSQL's variant translates the
 * brackets into those of an array. */
static inline str names_ids(arena *a, const int64_t *ids, size_t count) {
  enum { DIGITS_MAX = 21 };
  char *text = arena_alloc(a, count * DIGITS_MAX + 3);
  size_t n = 0;
  text[n++] = '[';
  for (size_t i = 0; i < count; i++)
    n += (size_t)snprintf(text + n, DIGITS_MAX, i ? ",%lld" : "%lld", (long long)ids[i]);
  text[n++] = ']';
  return str_n(text, n);
}

#endif
