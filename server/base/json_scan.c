/* See json_scan.h. */
#include "base/json_scan.h"

static size_t skip_space(str s, size_t at) {
  while (at < s.len && (s.ptr[at] == ' ' || s.ptr[at] == '\t' || s.ptr[at] == '\r' || s.ptr[at] == '\n')) at++;
  return at;
}

/* `at` is on the opening quote. Returns the position after the closing quote, or 0 if there is none. */
static size_t skip_string(str s, size_t at) {
  for (at++; at < s.len; at++) {
    if (s.ptr[at] == '\\')
      at++;
    else if (s.ptr[at] == '"')
      return at + 1;
  }
  return 0;
}

/* `at` is on an opening bracket. The kinds of brackets are not matched. */
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

/* The position after the value at `at`, or 0 if the value is incomplete. */
static size_t skip_value(str s, size_t at) {
  if (at >= s.len) return 0;
  if (s.ptr[at] == '"') return skip_string(s, at);
  if (s.ptr[at] == '{' || s.ptr[at] == '[') return skip_container(s, at);
  size_t start = at;
  while (at < s.len && !str_contains(S(",]} \t\r\n"), str_n(s.ptr + at, 1))) at++;
  return at > start && at < s.len ? at : 0;
}

bool json_scan_next(str object, size_t *at, str *name, str *value) {
  size_t mark = *at == 0 && str_starts(object, S("\xef\xbb\xbf")) ? 3 : 0; /* a byte order mark */
  size_t open = skip_space(object, *at + mark);
  if (open >= object.len || object.ptr[open] != (*at == 0 ? '{' : ',')) return false;
  size_t key = skip_space(object, open + 1);
  if (key >= object.len || object.ptr[key] != '"') return false;
  size_t behind_key = skip_string(object, key);
  if (behind_key == 0) return false;
  size_t colon = skip_space(object, behind_key);
  if (colon >= object.len || object.ptr[colon] != ':') return false;
  size_t start = skip_space(object, colon + 1), end = skip_value(object, start);
  if (end == 0) return false;
  *name = str_sub(object, key + 1, behind_key - 1);
  *value = str_sub(object, start, end);
  *at = end;
  return true;
}

bool json_scan_member(str object, str name, str *value) {
  str found, text;
  for (size_t at = 0; json_scan_next(object, &at, &found, &text);)
    if (str_eq(found, name)) {
      *value = text;
      return true;
    }
  return false;
}

bool json_scan_element(str array, size_t *at, str *element) {
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
