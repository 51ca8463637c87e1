/* See tg_scan.h. */
#include "edge/telegram/tg_scan.h"

static size_t skip_space(str s, size_t at) {
  while (at < s.len && (s.ptr[at] == ' ' || s.ptr[at] == '\t' || s.ptr[at] == '\r' || s.ptr[at] == '\n')) at++;
  return at;
}

/* at is on the opening quote; gives the place behind the closing one, or 0 when there is none. */
static size_t skip_string(str s, size_t at) {
  for (at++; at < s.len; at++) {
    if (s.ptr[at] == '\\')
      at++;
    else if (s.ptr[at] == '"')
      return at + 1;
  }
  return 0;
}

/* at is on an opening bracket. Which bracket closes which is not looked at. */
static size_t skip_container(str s, size_t at) {
  size_t depth = 0;
  while (at < s.len) {
    char c = s.ptr[at];
    if (c == '"') {
      at = skip_string(s, at);
      if (at == 0) return 0;
      continue;
    }
    at++;
    if (c == '{' || c == '[') depth++;
    if ((c == '}' || c == ']') && --depth == 0) return at;
  }
  return 0;
}

/* The place behind the value at `at`, or 0 when it is not whole. */
static size_t skip_value(str s, size_t at) {
  if (at >= s.len) return 0;
  if (s.ptr[at] == '"') return skip_string(s, at);
  if (s.ptr[at] == '{' || s.ptr[at] == '[') return skip_container(s, at);
  size_t start = at;
  while (at < s.len && !str_contains(S(",]} \t\r\n"), str_n(s.ptr + at, 1))) at++;
  return at > start && at < s.len ? at : 0;
}

bool tg_scan_member(str object, str name, str *value) {
  size_t mark = str_starts(object, S("\xef\xbb\xbf")) ? 3 : 0; /* a byte order mark */
  size_t at = skip_space(object, mark);
  if (at >= object.len || object.ptr[at] != '{') return false;
  at = skip_space(object, at + 1);
  while (at < object.len && object.ptr[at] == '"') {
    size_t key = at + 1, behind_key = skip_string(object, at);
    if (behind_key == 0) return false;
    at = skip_space(object, behind_key);
    if (at >= object.len || object.ptr[at] != ':') return false;
    size_t start = skip_space(object, at + 1), end = skip_value(object, start);
    if (end == 0) return false;
    if (str_eq(str_sub(object, key, behind_key - 1), name)) {
      *value = str_sub(object, start, end);
      return true;
    }
    at = skip_space(object, end);
    if (at >= object.len || object.ptr[at] != ',') return false;
    at = skip_space(object, at + 1);
  }
  return false;
}

bool tg_scan_element(str array, size_t *at, str *element) {
  size_t start = skip_space(array, *at);
  if (start >= array.len) return false;
  if (array.ptr[start] != (*at == 0 ? '[' : ',')) return false;
  start = skip_space(array, start + 1);
  size_t end = skip_value(array, start);
  if (end == 0) return false;
  *element = str_sub(array, start, end);
  *at = end;
  return true;
}
