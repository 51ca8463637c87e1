/* What the JSON files share among themselves. */
#ifndef SB_BASE_JSON_NAMES_H
#define SB_BASE_JSON_NAMES_H

#include <stddef.h>

/* Writes snake_case as camelCase, never longer and without a NUL; gives the length. A leading underscore stays. */
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

#endif
