/* See json_mend.h. Text without faults is copied in long pieces, and only after the first fault. On
 * text that is not JSON the scan may lose its place; the parser then refuses whatever results. */
#include "base/json_mend.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
  ESCAPE = 6,         /* of \uXXXX */
  SAFE_DIGITS = 18,   /* any whole number of so many fits into 64 bits */
  FLOAT_DIGITS = 300, /* any number of so many digits fits into a double */
  FLOAT_TOKEN = 400,  /* a longer number is not inspected */
};

struct mender {
  str text;
  buf *room;
  size_t at, copied; /* text before `copied` is in room already; 0: nothing is */
  int depth;
  bool mended, valid; /* valid: the text is UTF-8 throughout */
};

static void replace(struct mender *m, size_t from, size_t to, str by) {
  buf_add(m->room, str_sub(m->text, m->copied, from));
  buf_add(m->room, by);
  m->copied = m->at = to;
  m->mended = true;
}

/* ---- strings ---- */

static int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The unit of the escape \uXXXX at `at`, or -1 when there is none. */
static int unit_at(str s, size_t at) {
  if (s.len < ESCAPE || at > s.len - ESCAPE || s.ptr[at] != '\\' || s.ptr[at + 1] != 'u') return -1;
  int unit = 0;
  for (size_t i = 2; i < ESCAPE; i++) {
    int digit = hex_digit(s.ptr[at + i]);
    if (digit < 0) return -1;
    unit = unit << 4 | digit;
  }
  return unit;
}

static void take_escape(struct mender *m) {
  int unit = unit_at(m->text, m->at);
  bool high = unit >= 0xD800 && unit <= 0xDBFF, low = unit >= 0xDC00 && unit <= 0xDFFF;
  if (high) {
    int next = unit_at(m->text, m->at + ESCAPE);
    if (next >= 0xDC00 && next <= 0xDFFF) {
      m->at += 2 * ESCAPE;
      return;
    }
  }
  if (high || low || unit == 0)
    replace(m, m->at, m->at + ESCAPE, S("\\ufffd"));
  else
    m->at += unit < 0 ? 2 : ESCAPE;
}

static void take_control(struct mender *m) {
  char c = m->text.ptr[m->at];
  str by = c == '\n' ? S("\\n") : c == '\r' ? S("\\r") : c == '\t' ? S("\\t") : S("\xef\xbf\xbd");
  replace(m, m->at, m->at + 1, by);
}

static void take_wide(struct mender *m) {
  size_t from = m->at;
  uint32_t point = str_utf8_next(m->text, &m->at);
  if (point == 0xFFFD && m->at == from + 1) replace(m, from, from + 1, S("\xef\xbf\xbd"));
}

/* Before: `at` is after the opening quote. Afterwards: after the closing quote, or at the end of the text. */
static void take_string(struct mender *m) {
  const unsigned char *p = (const unsigned char *)m->text.ptr;
  while (m->at < m->text.len) {
    unsigned char c = p[m->at];
    if (c == '"') {
      m->at++;
      return;
    }
    if (c == '\\')
      take_escape(m);
    else if (c < 0x20)
      take_control(m);
    else if (c >= 0x80 && !m->valid)
      take_wide(m);
    else
      m->at++;
  }
}

/* ---- numbers ---- */

static bool is_number_part(char c) {
  return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

static bool overflows(str token) {
  char copy[FLOAT_TOKEN + 1];
  if (token.len > FLOAT_TOKEN) return true;
  memcpy(copy, token.ptr, token.len);
  copy[token.len] = 0;
  return isinf(strtod(copy, NULL));
}

static str largest(str token) { return token.ptr[0] == '-' ? S("-1e308") : S("1e308"); }

static void take_number(struct mender *m) {
  size_t from = m->at;
  bool whole = true;
  for (; m->at < m->text.len && is_number_part(m->text.ptr[m->at]); m->at++) {
    char c = m->text.ptr[m->at];
    whole = whole && ((c >= '0' && c <= '9') || (c == '-' && m->at == from));
  }
  str token = str_sub(m->text, from, m->at);
  int64_t n;
  if (whole ? token.len <= SAFE_DIGITS || str_to_i64(token, &n) : !overflows(token)) return;
  /* A leading zero is not valid JSON, whatever the size. */
  size_t first = token.ptr[0] == '-';
  if (token.len > first + 1 && token.ptr[first] == '0' && token.ptr[first + 1] != '.') return;
  if (whole && token.len <= FLOAT_DIGITS)
    replace(m, m->at, m->at, S(".0"));
  else
    replace(m, from, m->at, largest(token));
}

/* ---- the whole ---- */

/* Before: `at` is at the opening bracket. Afterwards: after the closing bracket, or at the end of the text. */
static void drop_container(struct mender *m) {
  size_t from = m->at;
  int open = 0;
  bool quoted = false;
  do {
    char c = m->text.ptr[m->at++];
    if (quoted && c == '\\' && m->at < m->text.len) m->at++;
    if (c == '"') quoted = !quoted;
    if (!quoted && (c == '{' || c == '[')) open++;
    if (!quoted && (c == '}' || c == ']')) open--;
  } while (open > 0 && m->at < m->text.len);
  if (open == 0) replace(m, from, m->at, S("null"));
}

str json_mend(str text, int depth_max, buf *room) {
  if (str_starts(text, S("\xef\xbb\xbf"))) text = str_sub(text, 3, text.len);
  struct mender m = {.text = text, .room = room, .valid = str_utf8_valid(text)};
  while (m.at < text.len) {
    char c = text.ptr[m.at];
    if (c == '-' || (c >= '0' && c <= '9')) {
      take_number(&m);
      continue;
    }
    bool opens = c == '{' || c == '[';
    if (opens && m.depth >= depth_max) {
      drop_container(&m);
      continue;
    }
    if (opens) m.depth++;
    if (c == '}' || c == ']') m.depth--;
    m.at++;
    if (c == '"') take_string(&m);
  }
  if (m.mended) buf_add(room, str_sub(text, m.copied, text.len));
  return m.mended ? buf_borrow(room) : text;
}
