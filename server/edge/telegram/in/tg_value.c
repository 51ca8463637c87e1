/* See tg_value.h. */
#include "edge/telegram/in/tg_value.h"

#include "base/limits.h"
#include "base/str_bidi.h"

#include <inttypes.h>

enum { NAME_BYTES_MAX = 4 * LIMIT_NAME_MAX };

str tg_text_of(const json_t *v) {
  return json_is_string(v) ? str_n(json_string_value(v), json_string_length(v)) : STR_NONE;
}

str tg_text_at(const json_t *v, const char *key) { return tg_text_of(json_object_get(v, key)); }

bool tg_int_at(const json_t *v, const char *key, int64_t *out) {
  const json_t *n = json_object_get(v, key);
  if (!json_is_integer(n)) return false;
  *out = json_integer_value(n);
  return true;
}

int64_t tg_count_at(const json_t *v, const char *key) {
  int64_t n = 0;
  return tg_int_at(v, key, &n) && n > 0 ? n : 0;
}

bool tg_true_at(const json_t *v, const char *key) { return json_is_true(json_object_get(v, key)); }

str tg_decimal(arena *a, int64_t id) { return arena_printf(a, "%" PRId64, id); }

str tg_clean(arena *a, str s) {
  if (str_utf8_valid(s) && !str_has_nul(s)) return s.ptr ? arena_dup(a, s) : S("");
  char *out = arena_alloc(a, s.len * 3 + 1);
  size_t n = 0;
  for (size_t at = 0; at < s.len;) {
    size_t from = at;
    uint32_t point = str_utf8_next(s, &at);
    bool bad = point == 0 || (point == 0xfffd && at == from + 1);
    memcpy(out + n, bad ? "\xef\xbf\xbd" : s.ptr + from, bad ? 3 : at - from);
    n += bad ? 3 : at - from;
  }
  return str_n(out, n);
}

str tg_clean_at(arena *a, const json_t *v, const char *key, size_t points) {
  str s = str_utf8_prefix(tg_clean(a, tg_text_at(v, key)), points);
  return s.len ? s : STR_NONE;
}

str tg_name(arena *a, str s) { return str_tidy_name(a, tg_clean(a, s), LIMIT_NAME_MAX); }

str tg_display_name(const json_t *person, str username, str id, arena *a) {
  str first = tg_clean(a, tg_text_at(person, "first_name")), last = tg_clean(a, tg_text_at(person, "last_name"));
  str whole = arena_concat(a, arena_concat(a, str_utf8_prefix(first, NAME_BYTES_MAX), S(" ")), last);
  str name = str_tidy_name(a, whole, LIMIT_NAME_MAX);
  if (name.ptr) return name;
  return username.ptr ? username : id;
}
