/* The scan of JSON text in packets: see sio_packet.h. No tree, no recursion: a stack of levels, one byte per step. */
#include "net/sio_packet.h"

#include <string.h>

struct level {
  bool object, has_value, placeholder, numbered, other;
  uint32_t num;
};

struct scan {
  const char *at, *end;
  struct level levels[SIO_DEPTH_MAX];
  int depth;
  uint32_t below;
};

static bool space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
static void skip_space(struct scan *s) {
  while (s->at < s->end && space(*s->at)) s->at++;
}
static bool is(const struct scan *s, char c) { return s->at < s->end && *s->at == c; }
static bool digit(const struct scan *s) { return s->at < s->end && *s->at >= '0' && *s->at <= '9'; }

static bool word(struct scan *s, str w) {
  if ((size_t)(s->end - s->at) < w.len || memcmp(s->at, w.ptr, w.len) != 0) return false;
  s->at += w.len;
  return true;
}

static bool hex4(struct scan *s) {
  for (int i = 0; i < 4; i++, s->at++) {
    if (s->at == s->end) return false;
    char c = *s->at;
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))) return false;
  }
  return true;
}

/* Starts after the quote. *inside gets the text between the quotes, with escapes. */
static bool string(struct scan *s, str *inside) {
  const char *from = s->at;
  for (; s->at < s->end; s->at++) {
    unsigned char c = (unsigned char)*s->at;
    if (c == '"') {
      *inside = (str){from, (size_t)(s->at++ - from)};
      return true;
    }
    if (c < 0x20) return false;
    if (c != '\\') continue;
    if (++s->at == s->end) return false;
    if (*s->at == 'u') {
      s->at++;
      if (!hex4(s)) return false;
      s->at--;
    } else if (!memchr("\"\\/bfnrt", *s->at, 8)) {
      return false;
    }
  }
  return false;
}

static bool number(struct scan *s) {
  if (is(s, '-')) s->at++;
  if (!digit(s)) return false;
  if (*s->at == '0') {
    s->at++;
  } else {
    while (digit(s)) s->at++;
  }
  if (is(s, '.')) {
    s->at++;
    if (!digit(s)) return false;
    while (digit(s)) s->at++;
  }
  if (is(s, 'e') || is(s, 'E')) {
    s->at++;
    if (is(s, '+') || is(s, '-')) s->at++;
    if (!digit(s)) return false;
    while (digit(s)) s->at++;
  }
  return true;
}

/* A member's name and its colon. Also checks the values of a placeholder's two members. */
static bool member(struct scan *s) {
  struct level *l = &s->levels[s->depth - 1];
  str name;
  if (!is(s, '"')) return false;
  s->at++;
  if (!string(s, &name)) return false;
  skip_space(s);
  if (!is(s, ':')) return false;
  s->at++;
  skip_space(s);
  str rest = {s->at, (size_t)(s->end - s->at)};
  if (str_eq(name, S("_placeholder")) && str_starts(rest, S("true"))) {
    l->placeholder = true;
  } else if (str_eq(name, S("num"))) {
    uint64_t v;
    size_t n = 0;
    while (n < rest.len && rest.ptr[n] >= '0' && rest.ptr[n] <= '9') n++;
    bool plain = n == rest.len || !memchr(".eE", rest.ptr[n], 3);
    l->numbered = plain && str_to_u64(str_sub(rest, 0, n), &v) && v < UINT32_MAX;
    if (l->numbered) l->num = (uint32_t)v;
  } else {
    l->other = true;
  }
  return true;
}

static bool placeholder_good(const struct scan *s, const struct level *l) {
  return !l->placeholder || s->below == UINT32_MAX || (l->numbered && !l->other && l->num < s->below);
}

static bool scalar(struct scan *s) {
  str inside;
  switch (*s->at) {
    case '"': s->at++; return string(s, &inside);
    case 't': return word(s, S("true"));
    case 'f': return word(s, S("false"));
    case 'n': return word(s, S("null"));
    default: return number(s);
  }
}

/* Closes what ends here and moves to the next value. False: malformed. At depth 0 the value is complete. */
static bool after_value(struct scan *s) {
  while (s->depth) {
    struct level *l = &s->levels[s->depth - 1];
    l->has_value = true;
    skip_space(s);
    if (is(s, ',')) {
      s->at++;
      skip_space(s);
      return !l->object || member(s);
    }
    if (!is(s, l->object ? '}' : ']') || !placeholder_good(s, l)) return false;
    s->at++;
    s->depth--;
  }
  return true;
}

/* At a bracket: opens it, and moves to its first value or, if it is empty, past it. */
static bool open_level(struct scan *s, bool *empty) {
  if (s->depth == SIO_DEPTH_MAX) return false;
  struct level *l = &s->levels[s->depth++];
  *l = (struct level){.object = *s->at == '{'};
  s->at++;
  skip_space(s);
  *empty = is(s, l->object ? '}' : ']');
  if (*empty) {
    s->at++;
    s->depth--;
    return true;
  }
  return !l->object || member(s);
}

size_t sio_json_scan(str text, uint32_t placeholders_below) {
  struct scan s = {.at = text.ptr, .end = text.ptr + text.len, .below = placeholders_below};
  do {
    bool whole = true;
    if (s.at == s.end) return 0;
    if (*s.at == '{' || *s.at == '[') {
      if (!open_level(&s, &whole)) return 0;
    } else if (!scalar(&s)) {
      return 0;
    }
    if (whole && !after_value(&s)) return 0;
  } while (s.depth);
  return (size_t)(s.at - text.ptr);
}

bool sio_element_next(str *rest, str *out) {
  *rest = str_trim(*rest);
  size_t n = rest->len ? sio_json_scan(*rest, UINT32_MAX) : 0;
  if (n == 0) return false;
  *out = str_sub(*rest, 0, n);
  *rest = str_trim(str_sub(*rest, n, rest->len));
  if (rest->len && rest->ptr[0] == ',') *rest = str_sub(*rest, 1, rest->len);
  return true;
}

bool sio_placeholder_read(str json, uint32_t *num) {
  json = str_trim(json);
  struct scan s = {.at = json.ptr, .end = json.ptr + json.len, .below = UINT32_MAX};
  bool empty;
  if (!is(&s, '{') || !open_level(&s, &empty) || empty) return false;
  for (int members = 1;; members++) {
    struct level l = s.levels[0];
    if (s.at == s.end || *s.at == '{' || *s.at == '[' || !scalar(&s)) return false;
    skip_space(&s);
    if (is(&s, '}')) {
      *num = l.num;
      return members == 2 && l.placeholder && l.numbered && !l.other && s.at + 1 == s.end;
    }
    if (!is(&s, ',')) return false;
    s.at++;
    skip_space(&s);
    if (!member(&s)) return false;
  }
}
