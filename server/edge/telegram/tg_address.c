/* See tg_address.h. */
#include "edge/telegram/tg_address.h"

struct address {
  str scheme, host, port, path; /* path: everything after the host */
};

static size_t find_or_end(str s, const char *any, size_t from) {
  for (size_t i = from; i < s.len; i++)
    for (const char *c = any; *c; c++)
      if (s.ptr[i] == *c) return i;
  return s.len;
}

static struct address cut(str s) {
  struct address out = {.scheme = S("https")};
  for (size_t i = 0; i + 3 <= s.len; i++)
    if (str_eq(str_sub(s, i, i + 3), S("://"))) {
      out.scheme = str_sub(s, 0, i);
      s = str_sub(s, i + 3, s.len);
      break;
    }
  size_t end = find_or_end(s, "/?#", 0);
  str authority = str_sub(s, 0, end);
  out.path = str_sub(s, end, s.len);
  for (size_t at; (at = find_or_end(authority, "@", 0)) < authority.len;)
    authority = str_sub(authority, at + 1, authority.len);
  size_t bracket = find_or_end(authority, "]", 0); /* an IPv6 address has colons of its own, in brackets */
  size_t colon = find_or_end(authority, ":", bracket < authority.len ? bracket : 0);
  out.host = str_sub(authority, 0, colon);
  out.port = colon < authority.len ? str_sub(authority, colon + 1, authority.len) : STR_NONE;
  return out;
}

static str port_of(const struct address *a) {
  if (a->port.len) return a->port;
  return str_eq_ignore_case(a->scheme, S("http")) ? S("80") : S("443");
}

static str path_of(const struct address *a) { return a->path.len ? a->path : S("/"); }

bool tg_address_same(str a, str b) {
  struct address x = cut(a), y = cut(b);
  return str_eq_ignore_case(x.scheme, y.scheme) && str_eq_ignore_case(x.host, y.host) &&
         str_eq(port_of(&x), port_of(&y)) && str_eq(path_of(&x), path_of(&y));
}

str tg_address_host(str address) {
  struct address a = cut(address);
  return a.port.len ? str_n(a.host.ptr, a.host.len + 1 + a.port.len) : a.host;
}

bool tg_file_path_is_plain(str path) {
  if (path.len == 0 || path.len > TG_FILE_PATH_MAX) return false;
  for (size_t i = 0; i < path.len; i++) {
    unsigned char c = (unsigned char)path.ptr[i];
    if (c < ' ' || c == 0x7f || c == '\\' || c == '?' || c == '#') return false;
  }
  for (size_t at = 0; at <= path.len;) {
    size_t end = find_or_end(path, "/", at);
    str part = str_sub(path, at, end);
    if (part.len == 0 || str_eq(part, S(".")) || str_eq(part, S(".."))) return false;
    at = end + 1;
  }
  return true;
}
