/* Pure helpers over header values and targets: percent-decoding, query, cookies, entity tags, Accept-Encoding. */
#include "net/url.h"

#include <string.h>

static int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool http_url_decode(str s, bool plus_is_space, arena *a, str *out) {
  char *p = arena_alloc(a, s.len + 1);
  size_t n = 0;
  for (size_t i = 0; i < s.len; i++) {
    char c = s.ptr[i];
    if (c == '%') {
      if (s.len - i < 3) return false;
      int high = hex_digit(s.ptr[i + 1]), low = hex_digit(s.ptr[i + 2]);
      if (high < 0 || low < 0) return false;
      c = (char)(high << 4 | low);
      i += 2;
    } else if (c == '+' && plus_is_space) {
      c = ' ';
    }
    if (c == 0) return false;
    p[n++] = c;
  }
  *out = (str){p, n};
  return true;
}

bool http_path_decode(str raw, arena *a, str *out) {
  str path;
  if (!memchr(raw.ptr, '%', raw.len))
    path = arena_dup(a, raw);
  else if (!http_url_decode(raw, false, a, &path))
    return false;
  /* Refuse dot segments: clients resolve them before sending, and the encoded form (%2e%2e) is used to evade
   * checks. */
  for (str rest = path; rest.ptr;) {
    str segment = str_cut(&rest, '/');
    if (str_eq(segment, S(".")) || str_eq(segment, S(".."))) return false;
  }
  *out = path;
  return true;
}

bool http_query_find(str query, str name, arena *a, str *out) {
  while (query.ptr) {
    str value = str_cut(&query, '&');
    str key = str_cut(&value, '=');
    if (key.len < name.len) continue; /* decoding only shrinks */
    str decoded = key;
    if (key.len != name.len || !str_eq(key, name)) {
      if (!memchr(key.ptr, '%', key.len) && !memchr(key.ptr, '+', key.len)) continue;
      if (!http_url_decode(key, true, a, &decoded) || !str_eq(decoded, name)) continue;
    }
    return http_url_decode(str_or_empty(value), true, a, out);
  }
  return false;
}

str http_cookie_find(str cookies, str name) {
  while (cookies.ptr) {
    str value = str_trim(str_cut(&cookies, ';'));
    str key = str_cut(&value, '=');
    if (!value.ptr || !str_eq(key, name)) continue;
    if (value.len >= 2 && value.ptr[0] == '"' && value.ptr[value.len - 1] == '"')
      return str_sub(value, 1, value.len - 1);
    return value;
  }
  return STR_NONE;
}

bool http_etag_matches(str if_none_match, str etag) {
  str rest = str_trim(if_none_match);
  if (str_eq(rest, S("*"))) return etag.len > 0;
  str bare = str_starts(etag, S("W/")) ? str_sub(etag, 2, etag.len) : etag;
  /* A list of quoted tags; a comma may stand inside the quotes. Comparison is weak: RFC 9110, 13.1.2. */
  while (rest.len) {
    size_t open = str_index(rest, '"', 0);
    size_t close = str_index(rest, '"', open + 1);
    if (close >= rest.len) return false;
    if (str_eq(str_sub(rest, open, close + 1), bare)) return true;
    rest = str_sub(rest, close + 1, rest.len);
  }
  return false;
}

/* "q=0.8" in thousandths; 1000 when absent, 0 if malformed. */
static int quality(str parameters) {
  while (parameters.ptr) {
    str value = str_trim(str_cut(&parameters, ';'));
    if (!str_eq_ignore_case(str_trim(str_cut(&value, '=')), S("q"))) continue;
    value = str_trim(value);
    if (value.len == 0 || value.len > 5 || (value.ptr[0] != '0' && value.ptr[0] != '1')) return 0;
    if (value.len > 1 && value.ptr[1] != '.') return 0;
    int q = (value.ptr[0] - '0') * 1000, scale = 100;
    for (size_t i = 2; i < value.len; i++, scale /= 10) {
      if (value.ptr[i] < '0' || value.ptr[i] > '9') return 0;
      q += (value.ptr[i] - '0') * scale;
    }
    return q > 1000 ? 0 : q;
  }
  return 1000;
}

const char *http_pick_encoding(str accept_encoding, bool have_br, bool have_gzip) {
  int br = -1, gzip = -1, any = -1, identity = -1;
  while (accept_encoding.ptr) {
    str parameters = str_cut(&accept_encoding, ',');
    str coding = str_trim(str_cut(&parameters, ';'));
    int q = quality(parameters);
    if (str_eq_ignore_case(coding, S("br"))) br = q;
    if (str_eq_ignore_case(coding, S("gzip")) || str_eq_ignore_case(coding, S("x-gzip"))) gzip = q;
    if (str_eq_ignore_case(coding, S("identity"))) identity = q;
    if (str_eq(coding, S("*"))) any = q;
  }
  if (br < 0) br = any;
  if (gzip < 0) gzip = any;
  if (!have_br || br < 0) br = 0;
  if (!have_gzip || gzip < 0) gzip = 0;
  if (br > 0 && br >= gzip && br >= identity) return "br";
  if (gzip > 0 && gzip >= identity) return "gzip";
  return "";
}
