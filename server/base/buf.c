/* Growing bytes: see buf.h. */
#include "base/buf.h"

#include "base/arena.h"
#include "base/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_init(buf *b, size_t max_bytes) { *b = (buf){.max = max_bytes}; }

void buf_free(buf *b) {
  free(b->ptr);
  *b = (buf){.max = b->max};
}

void buf_clear(buf *b) {
  b->len = 0;
  b->overflow = false;
}

size_t buf_cap_for(const buf *b, size_t n) {
  if (b->overflow || n > b->max - b->len || b->cap - b->len >= n) return b->cap;
  size_t cap = b->cap ? b->cap : 64;
  while (cap < b->len + n) cap = cap > b->max / 2 ? b->max : cap * 2;
  return cap < b->max ? cap : b->max;
}

char *buf_reserve(buf *b, size_t n) {
  if (b->overflow || n > b->max - b->len) {
    b->overflow = true;
    return NULL;
  }
  if (b->cap - b->len < n) {
    size_t cap = buf_cap_for(b, n);
    b->ptr = mem_realloc(b->ptr, cap);
    b->cap = cap;
  }
  return b->ptr + b->len;
}

void buf_commit(buf *b, size_t n) { b->len += n; }

void buf_add(buf *b, str s) {
  if (s.len == 0) return;
  char *p = buf_reserve(b, s.len);
  if (!p) return;
  memcpy(p, s.ptr, s.len);
  b->len += s.len;
}

void buf_add_char(buf *b, char c) {
  char *p = buf_reserve(b, 1);
  if (!p) return;
  *p = c;
  b->len++;
}

void buf_add_u64(buf *b, uint64_t v) {
  char digits[20];
  size_t at = sizeof digits;
  do {
    digits[--at] = (char)('0' + v % 10);
    v /= 10;
  } while (v);
  buf_add(b, (str){digits + at, sizeof digits - at});
}

void buf_add_i64(buf *b, int64_t v) {
  if (v < 0) buf_add_char(b, '-');
  buf_add_u64(b, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

void buf_printf(buf *b, const char *format, ...) {
  va_list args;
  va_start(args, format);
  char small[256];
  int n = vsnprintf(small, sizeof small, format, args);
  va_end(args);
  if (n < 0) return;
  if ((size_t)n < sizeof small) {
    buf_add(b, (str){small, (size_t)n});
    return;
  }
  char *large = mem_alloc((size_t)n + 1); /* the NUL must not count against the maximum */
  va_start(args, format);
  vsnprintf(large, (size_t)n + 1, format, args);
  va_end(args);
  buf_add(b, (str){large, (size_t)n});
  mem_free(&large);
}

void buf_consume(buf *b, size_t n) {
  if (n >= b->len) {
    b->len = 0;
    return;
  }
  memmove(b->ptr, b->ptr + n, b->len - n);
  b->len -= n;
}

str buf_borrow(const buf *b) { return (str){b->ptr ? b->ptr : "", b->len}; }

static void add_escape(buf *b, unsigned char c) {
  static const char hex[] = "0123456789abcdef";
  switch (c) {
    case '"': buf_add(b, S("\\\"")); return;
    case '\\': buf_add(b, S("\\\\")); return;
    case '\n': buf_add(b, S("\\n")); return;
    case '\r': buf_add(b, S("\\r")); return;
    case '\t': buf_add(b, S("\\t")); return;
    default: {
      char u[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
      buf_add(b, (str){u, sizeof u});
    }
  }
}

/* A set high bit for some byte that is zero; only the lowest such bit is exact, which is enough to ask "any?". */
static uint64_t any_zero(uint64_t w) { return (w - 0x0101010101010101u) & ~w & 0x8080808080808080u; }

/* The first byte at or after i that JSON must escape, or s.len. Skips eight bytes a step. */
static size_t next_escape(str s, size_t i) {
  for (uint64_t w; s.len - i >= sizeof w; i += sizeof w) {
    memcpy(&w, s.ptr + i, sizeof w);
    uint64_t control = (w - 0x2020202020202020u) & ~w & 0x8080808080808080u;
    if (control | any_zero(w ^ 0x2222222222222222u) | any_zero(w ^ 0x5C5C5C5C5C5C5C5Cu)) break;
  }
  for (; i < s.len; i++) {
    unsigned char c = (unsigned char)s.ptr[i];
    if (c < 0x20 || c == '"' || c == '\\') break;
  }
  return i;
}

static void add_escaped(buf *b, str s) {
  size_t from = 0;
  for (size_t i = next_escape(s, 0); i < s.len; i = next_escape(s, i + 1)) {
    buf_add(b, str_sub(s, from, i));
    add_escape(b, (unsigned char)s.ptr[i]);
    from = i + 1;
  }
  buf_add(b, str_sub(s, from, s.len));
}

static void add_repaired(buf *b, str s) {
  for (size_t at = 0; at < s.len;) {
    size_t from = at;
    if (str_utf8_next(s, &at) == 0xFFFD && at == from + 1)
      buf_add(b, S("\xEF\xBF\xBD"));
    else
      add_escaped(b, str_sub(s, from, at));
  }
}

void buf_add_json_string(buf *b, str s) {
  buf_add_char(b, '"');
  if (str_utf8_valid(s))
    add_escaped(b, s);
  else
    add_repaired(b, s);
  buf_add_char(b, '"');
}

void buf_add_url_escaped(buf *b, str s) {
  static const char hex[] = "0123456789ABCDEF";
  for (size_t i = 0; i < s.len; i++) {
    unsigned char c = (unsigned char)s.ptr[i];
    bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
                 c == '_' || c == '~';
    if (plain) {
      buf_add_char(b, (char)c);
    } else {
      char e[3] = {'%', hex[c >> 4], hex[c & 15]};
      buf_add(b, (str){e, 3});
    }
  }
}

void buf_add_hex(buf *b, const void *bytes, size_t n) {
  static const char hex[] = "0123456789abcdef";
  const unsigned char *p = bytes;
  for (size_t i = 0; i < n; i++) {
    char h[2] = {hex[p[i] >> 4], hex[p[i] & 15]};
    buf_add(b, (str){h, 2});
  }
}

void buf_add_iso_time(buf *b, int64_t ms) {
  char text[CLOCK_ISO_SIZE];
  buf_add(b, clock_format_iso(ms, text));
}
