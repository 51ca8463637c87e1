/* Shared by the JSON files. */
#ifndef SB_BASE_JSON_INTERNAL_H
#define SB_BASE_JSON_INTERNAL_H

#include "base/json.h"

#include <stddef.h>

/* Writes snake_case as camelCase, never longer and without a NUL; returns the length. A leading underscore stays. */
static inline size_t json_camel(const char *name, char *out) {
  size_t n = 0;
  for (size_t i = 0; name[i]; i++) {
    char c = name[i], next = name[i + 1];
    if (c == '_' && n > 0 && next >= 'a' && next <= 'z') {
      out[n++] = (char)(next - 'a' + 'A');
      i++;
    } else if (c == '_' && n > 0 && next >= '0' && next <= '9') {
      continue;
    } else {
      out[n++] = c;
    }
  }
  return n;
}

/* ---- json_encode.c ---- */
bool json_field_is_none(const struct json_field *f, const void *at);
void json_add_key(buf *out, const char *name, enum json_case names, bool first);
void json_add_value(buf *out, const struct json_field *f, const void *at, enum json_case names);

#endif
