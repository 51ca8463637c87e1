/* See fold.h. At first use the table is expanded into an array indexed by code point. */
#include "base/fold.h"

#include <assert.h>
#include <pthread.h>

enum { MAPPED = 0x2000, ACCENTS_FROM = 0x300, ACCENTS_TO = 0x36f };

static const char *const groups[] = {
#define FOLD(letter, others) letter others,
#define FOLD_CASE(pairs)
#include "spec/fold.tbl"
#undef FOLD_CASE
#undef FOLD
};
static const char *const cases[] = {
#define FOLD(letter, others)
#define FOLD_CASE(pairs) pairs,
#include "spec/fold.tbl"
#undef FOLD_CASE
#undef FOLD
};
enum { GROUPS = sizeof groups / sizeof groups[0], CASES = sizeof cases / sizeof cases[0] };

static uint16_t map[MAPPED];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void put(uint32_t from, uint32_t to) {
  assert(from < MAPPED && to < MAPPED);
  map[from] = (uint16_t)to;
}

static void fill(void) {
  for (uint32_t i = 0; i < MAPPED; i++) map[i] = (uint16_t)i;
  for (int i = 0; i < GROUPS; i++) {
    size_t at = 0;
    str s = str_c(groups[i]);
    uint32_t letter = str_utf8_next(s, &at);
    while (at < s.len) put(str_utf8_next(s, &at), letter);
  }
  for (int i = 0; i < CASES; i++) {
    str s = str_c(cases[i]);
    for (size_t at = 0; at < s.len;) {
      uint32_t small = str_utf8_next(s, &at);
      put(str_utf8_next(s, &at), small);
    }
  }
}

static size_t write_utf8(uint32_t cp, char *out) {
  if (cp < 0x80) {
    out[0] = (char)cp;
    return 1;
  }
  if (cp < 0x800) {
    out[0] = (char)(0xc0 | cp >> 6);
    out[1] = (char)(0x80 | (cp & 0x3f));
    return 2;
  }
  if (cp < 0x10000) {
    out[0] = (char)(0xe0 | cp >> 12);
    out[1] = (char)(0x80 | (cp >> 6 & 0x3f));
    out[2] = (char)(0x80 | (cp & 0x3f));
    return 3;
  }
  out[0] = (char)(0xf0 | cp >> 18);
  out[1] = (char)(0x80 | (cp >> 12 & 0x3f));
  out[2] = (char)(0x80 | (cp >> 6 & 0x3f));
  out[3] = (char)(0x80 | (cp & 0x3f));
  return 4;
}

size_t fold_max_bytes(size_t len) { return len * 3; } /* a malformed byte becomes three */

size_t fold_into(str s, char *out) {
  pthread_once(&once, fill);
  size_t n = 0;
  for (size_t at = 0; at < s.len;) {
    unsigned char byte = (unsigned char)s.ptr[at];
    if (byte < 0x80) {
      out[n++] = (char)map[byte];
      at++;
      continue;
    }
    uint32_t cp = str_utf8_next(s, &at);
    if (cp >= ACCENTS_FROM && cp <= ACCENTS_TO) continue;
    n += write_utf8(cp < MAPPED ? map[cp] : cp, out + n);
  }
  return n;
}

str str_fold(arena *a, str s) {
  if (!s.ptr) return s;
  char *out = arena_alloc(a, fold_max_bytes(s.len) + 1);
  return str_n(out, fold_into(s, out));
}

void fold_print(buf *out) {
  for (int i = 0; i < GROUPS; i++) {
    if (i) buf_add_char(out, ' ');
    buf_add(out, str_c(groups[i]));
  }
  for (int i = 0; i < CASES; i++) {
    str s = str_c(cases[i]);
    for (size_t at = 0; at < s.len;) {
      size_t from = at;
      (void)str_utf8_next(s, &at);
      (void)str_utf8_next(s, &at);
      buf_add_char(out, ' ');
      buf_add(out, str_sub(s, from, at));
    }
  }
}
