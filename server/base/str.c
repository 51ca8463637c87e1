/* Slices of bytes: see str.h. Non-goals: locales, Unicode case folding, normalisation. */
#include "base/str.h"

#include <string.h>

str str_c(const char *z) { return (str){z, z ? strlen(z) : 0}; }

str str_or_empty(str s) { return s.ptr ? s : S(""); }

str str_n(const char *ptr, size_t len) { return (str){ptr, len}; }

bool str_eq(str a, str b) { return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0); }

static unsigned char lower(char c) {
  unsigned char u = (unsigned char)c;
  return u >= 'A' && u <= 'Z' ? (unsigned char)(u + 32) : u;
}

bool str_eq_ignore_case(str a, str b) {
  if (a.len != b.len) return false;
  for (size_t i = 0; i < a.len; i++)
    if (lower(a.ptr[i]) != lower(b.ptr[i])) return false;
  return true;
}

int str_cmp(str a, str b) {
  size_t n = a.len < b.len ? a.len : b.len;
  int c = n ? memcmp(a.ptr, b.ptr, n) : 0;
  if (c) return c;
  return a.len < b.len ? -1 : a.len > b.len;
}

bool str_starts(str s, str prefix) { return s.len >= prefix.len && str_eq(str_sub(s, 0, prefix.len), prefix); }

bool str_ends(str s, str suffix) {
  return s.len >= suffix.len && str_eq(str_sub(s, s.len - suffix.len, s.len), suffix);
}

bool str_contains(str s, str part) {
  return part.len == 0 || (s.len >= part.len && memmem(s.ptr, s.len, part.ptr, part.len) != NULL);
}

size_t str_index(str s, char c, size_t from) {
  if (from >= s.len) return s.len;
  const char *hit = memchr(s.ptr + from, c, s.len - from);
  return hit ? (size_t)(hit - s.ptr) : s.len;
}

str str_sub(str s, size_t from, size_t to) {
  if (to > s.len) to = s.len;
  if (from > to) from = to;
  return (str){s.ptr ? s.ptr + from : NULL, to - from};
}

static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

str str_trim(str s) {
  while (s.len && is_space(s.ptr[0])) s.ptr++, s.len--;
  while (s.len && is_space(s.ptr[s.len - 1])) s.len--;
  return s;
}

str str_cut(str *s, char sep) {
  size_t at = str_index(*s, sep, 0);
  str head = str_sub(*s, 0, at);
  *s = at < s->len ? str_sub(*s, at + 1, s->len) : STR_NONE;
  return head;
}

bool str_to_u64(str s, uint64_t *out) {
  if (s.len == 0 || s.len > 20) return false;
  uint64_t v = 0;
  for (size_t i = 0; i < s.len; i++) {
    if (s.ptr[i] < '0' || s.ptr[i] > '9') return false;
    if (__builtin_mul_overflow(v, (uint64_t)10, &v)) return false;
    if (__builtin_add_overflow(v, (uint64_t)(s.ptr[i] - '0'), &v)) return false;
  }
  *out = v;
  return true;
}

bool str_to_i64(str s, int64_t *out) {
  bool negative = s.len > 0 && s.ptr[0] == '-';
  uint64_t v = 0;
  if (!str_to_u64(negative ? str_sub(s, 1, s.len) : s, &v)) return false;
  if (v > (uint64_t)INT64_MAX + (negative ? 1u : 0u)) return false;
  *out = negative ? (int64_t)(0 - v) : (int64_t)v;
  return true;
}

/* Length of the well-formed sequence at p, or 0. Table 3-7 of the Unicode standard, as conditions. */
static size_t utf8_length(const unsigned char *p, size_t n) {
  if (p[0] < 0x80) return 1;
  if (p[0] >= 0xC2 && p[0] <= 0xDF) return n >= 2 && (p[1] & 0xC0) == 0x80 ? 2 : 0;
  if (p[0] >= 0xE0 && p[0] <= 0xEF) {
    if (n < 3 || (p[1] & 0xC0) != 0x80 || (p[2] & 0xC0) != 0x80) return 0;
    if (p[0] == 0xE0 && p[1] < 0xA0) return 0;
    if (p[0] == 0xED && p[1] > 0x9F) return 0;
    return 3;
  }
  if (p[0] >= 0xF0 && p[0] <= 0xF4) {
    if (n < 4 || (p[1] & 0xC0) != 0x80 || (p[2] & 0xC0) != 0x80 || (p[3] & 0xC0) != 0x80) return 0;
    if (p[0] == 0xF0 && p[1] < 0x90) return 0;
    if (p[0] == 0xF4 && p[1] > 0x8F) return 0;
    return 4;
  }
  return 0;
}

bool str_utf8_valid(str s) {
  const unsigned char *p = (const unsigned char *)s.ptr;
  for (size_t i = 0; i < s.len;) {
    uint64_t word; /* ASCII fast path: eight bytes a step */
    if (s.len - i >= sizeof word && (memcpy(&word, p + i, sizeof word), (word & 0x8080808080808080u) == 0)) {
      i += sizeof word;
      continue;
    }
    size_t n = utf8_length(p + i, s.len - i);
    if (n == 0) return false;
    i += n;
  }
  return true;
}

uint32_t str_utf8_next(str s, size_t *at) {
  const unsigned char *p = (const unsigned char *)s.ptr + *at;
  size_t n = utf8_length(p, s.len - *at);
  *at += n ? n : 1;
  switch (n) {
    case 1: return p[0];
    case 2: return (uint32_t)(p[0] & 0x1F) << 6 | (p[1] & 0x3Fu);
    case 3: return (uint32_t)(p[0] & 0x0F) << 12 | (uint32_t)(p[1] & 0x3F) << 6 | (p[2] & 0x3Fu);
    case 4:
      return (uint32_t)(p[0] & 0x07) << 18 | (uint32_t)(p[1] & 0x3F) << 12 | (uint32_t)(p[2] & 0x3F) << 6 |
             (p[3] & 0x3Fu);
    default: return 0xFFFD;
  }
}

size_t str_utf8_count(str s) {
  size_t n = 0;
  for (size_t i = 0; i < s.len; i++) n += ((unsigned char)s.ptr[i] & 0xC0) != 0x80;
  return n;
}

size_t str_utf16_count(str s) {
  size_t n = 0;
  for (size_t i = 0; i < s.len; i++) {
    unsigned char c = (unsigned char)s.ptr[i];
    n += (c & 0xC0) != 0x80;
    n += c >= 0xF0; /* beyond the BMP: a surrogate pair */
  }
  return n;
}

str str_utf8_prefix(str s, size_t n) {
  size_t at = 0;
  for (size_t i = 0; i < n && at < s.len; i++) str_utf8_next(s, &at);
  return str_sub(s, 0, at);
}

bool str_has_nul(str s) { return s.len && memchr(s.ptr, 0, s.len) != NULL; }

bool str_eq_constant_time(str a, str b) {
  if (a.len != b.len) return false;
  unsigned char diff = 0;
  for (size_t i = 0; i < a.len; i++) diff |= (unsigned char)(a.ptr[i] ^ b.ptr[i]);
  return diff == 0;
}

uint64_t str_hash(str s) {
  uint64_t hash = 14695981039346656037u;
  for (size_t i = 0; i < s.len; i++) hash = (hash ^ (unsigned char)s.ptr[i]) * 1099511628211u;
  return hash;
}
