/* See customer_search.h. */
#include "desk/customer/customer_search.h"

#include "base/fold.h"

enum { WORDS_MAX = 8 };

/* ASCII letters and digits and every non-ASCII character; both engines split at the rest. */
static bool in_word(char c) {
  unsigned char u = (unsigned char)c;
  return u >= 0x80 || (u >= '0' && u <= '9') || (u >= 'a' && u <= 'z') || (u >= 'A' && u <= 'Z');
}

str customer_search_match(str query, enum db_engine engine, arena *a) {
  query = str_fold(a, query);
  char *out = arena_alloc(a, query.len + WORDS_MAX * 8 + 1);
  size_t n = 0;
  int words = 0;
  for (size_t at = 0; at < query.len && words < WORDS_MAX;) {
    if (!in_word(query.ptr[at])) {
      at++;
      continue;
    }
    size_t end = at;
    while (end < query.len && in_word(query.ptr[end])) end++;
    const char *open = engine == DB_SQLITE ? (words ? " \"" : "\"") : (words ? " & '" : "'");
    const char *close = engine == DB_SQLITE ? "\"*" : "':*";
    for (; *open; open++) out[n++] = *open;
    memcpy(out + n, query.ptr + at, end - at);
    n += end - at;
    for (; *close; close++) out[n++] = *close;
    words++;
    at = end;
  }
  return str_n(out, n);
}
