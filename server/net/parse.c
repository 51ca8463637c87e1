/* See parse.h. */
#include "net/parse.h"

#include <string.h>

/* tchar, and what may stand in a field's value: HTAB, SP, VCHAR, obs-text. */
static const bool token_chars[256] = {
    ['!'] = true, ['#'] = true, ['$'] = true, ['%'] = true,         ['&'] = true,         ['\''] = true,
    ['*'] = true, ['+'] = true, ['-'] = true, ['.'] = true,         ['^'] = true,         ['_'] = true,
    ['`'] = true, ['|'] = true, ['~'] = true, ['0' ... '9'] = true, ['A' ... 'Z'] = true, ['a' ... 'z'] = true,
};
static const bool value_chars[256] = {['\t'] = true, [' ' ... '~'] = true, [0x80 ... 0xFF] = true};

bool http_is_token(str s) {
  for (size_t i = 0; i < s.len; i++)
    if (!token_chars[(unsigned char)s.ptr[i]]) return false;
  return s.len > 0;
}

bool http_is_field_value(str s) {
  for (size_t i = 0; i < s.len; i++)
    if (!value_chars[(unsigned char)s.ptr[i]]) return false;
  return true;
}

static str trim_blank(str s) {
  while (s.len && (s.ptr[0] == ' ' || s.ptr[0] == '\t')) s.ptr++, s.len--;
  while (s.len && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t')) s.len--;
  return s;
}

bool http_list_has(str list, str token) {
  while (list.ptr)
    if (str_eq_ignore_case(trim_blank(str_cut(&list, ',')), token)) return true;
  return false;
}

int64_t head_scan(struct head_scan *s, const char *p, size_t n) {
  if (s->at == 0 && n && p[0] != '\r' && !token_chars[(unsigned char)p[0]])
    return -1; /* for example TLS on this port */
  while (s->at < n) {
    const char *lf = memchr(p + s->at, '\n', n - s->at);
    if (!lf) {
      s->at = (uint32_t)n;
      return 0;
    }
    size_t at = (size_t)(lf - p);
    if (at == s->line || p[at - 1] != '\r') return -1; /* a bare LF */
    bool empty = at == s->line + 1;
    s->at = (uint32_t)at + 1;
    /* Empty lines before the request line are skipped (RFC 9112, 2.2), but only a few. */
    bool leading = empty && at <= 3 && (at == 1 || p[1] == '\n');
    s->line = s->at;
    if (empty && !leading) return (int64_t)s->at;
  }
  return 0;
}

static enum http_method method_of(str name) {
  static const struct {
    str name;
    enum http_method method;
  } rows[] = {
      {STR_INIT("GET"), HTTP_GET},         {STR_INIT("POST"), HTTP_POST},   {STR_INIT("HEAD"), HTTP_HEAD},
      {STR_INIT("PUT"), HTTP_PUT},         {STR_INIT("PATCH"), HTTP_PATCH}, {STR_INIT("DELETE"), HTTP_DELETE},
      {STR_INIT("OPTIONS"), HTTP_OPTIONS},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    if (str_eq(rows[i].name, name)) return rows[i].method;
  return (enum http_method)0;
}

/* uri-host [":" port]: a registered name, an IPv4 address or a bracketed IPv6 one. Empty is allowed by RFC 9110, 7.2. */
static bool is_host(str h) {
  size_t at = 0;
  if (h.len && h.ptr[0] == '[') {
    at = str_index(h, ']', 0);
    if (at == h.len) return false;
    for (size_t i = 1; i < at; i++)
      if (!memchr("0123456789abcdefABCDEF:.%", h.ptr[i], 25)) return false;
    at++;
  } else {
    while (at < h.len && h.ptr[at] != ':') {
      unsigned char c = (unsigned char)h.ptr[at];
      if (!token_chars[c] && !memchr("()=;,", c, 5)) return false;
      at++;
    }
  }
  if (at == h.len) return true;
  if (h.ptr[at] != ':') return false;
  for (size_t i = at + 1; i < h.len; i++)
    if (h.ptr[i] < '0' || h.ptr[i] > '9') return false;
  return h.len - at <= 6;
}

static void split_target(struct http_head *out, str path) {
  size_t q = str_index(path, '?', 0);
  out->path = q == 0 ? S("/") : str_sub(path, 0, q);
  out->query = q < path.len ? str_sub(path, q + 1, path.len) : STR_NONE;
}

static int parse_target(str t, struct http_head *out, const char **why) {
  *why = "The request target is malformed.";
  if (t.len == 0) return 400;
  for (size_t i = 0; i < t.len; i++) {
    unsigned char c = (unsigned char)t.ptr[i];
    if (c <= ' ' || c >= 0x7F || c == '#') return 400;
  }
  out->target = t;
  if (t.ptr[0] == '/') {
    split_target(out, t);
    return 0;
  }
  if (str_eq(t, S("*"))) {
    if (out->method != HTTP_OPTIONS) return 400;
    out->path = t;
    return 0;
  }
  size_t scheme = str_eq_ignore_case(str_sub(t, 0, 7), S("http://"))    ? 7
                  : str_eq_ignore_case(str_sub(t, 0, 8), S("https://")) ? 8
                                                                        : 0;
  if (!scheme) return 400; /* the authority form (CONNECT) too: this is no proxy */
  str rest = str_sub(t, scheme, t.len);
  size_t end = 0;
  while (end < rest.len && rest.ptr[end] != '/' && rest.ptr[end] != '?') end++;
  out->host = str_sub(rest, 0, end);
  if (end == 0 || !is_host(out->host)) return 400;
  split_target(out, end < rest.len ? str_sub(rest, end, rest.len) : S("/"));
  return 0;
}

static int parse_request_line(str line, struct http_head *out, const char **why) {
  *why = "The request line is malformed.";
  size_t first = str_index(line, ' ', 0);
  size_t second = str_index(line, ' ', first + 1);
  if (second >= line.len) return 400;
  out->method_name = str_sub(line, 0, first);
  if (!http_is_token(out->method_name) || first > 32) return 400;
  out->method = method_of(out->method_name);
  str version = str_sub(line, second + 1, line.len);
  if (version.len != 8 || !str_starts(version, S("HTTP/")) || version.ptr[6] != '.') return 400;
  if (version.ptr[5] < '0' || version.ptr[5] > '9' || version.ptr[7] < '0' || version.ptr[7] > '9') return 400;
  if (version.ptr[5] != '1') {
    *why = "This server supports HTTP/1.1 only.";
    return 505;
  }
  out->minor_version = version.ptr[7] - '0';
  return parse_target(str_sub(line, first + 1, second), out, why);
}

static int take_length(str value, struct http_head *out, const char **why) {
  /* "5, 5" and a second header are refused too, although RFC 9110, 8.6 lets us merge equal ones. */
  *why = "Content-Length is malformed or repeated.";
  if (out->has_length || !str_to_u64(value, &out->content_length)) return 400;
  if (out->content_length > INT64_MAX) return 400;
  out->has_length = true;
  return 0;
}

static int take_coding(str value, struct http_head *out, const char **why) {
  *why = "Transfer-Encoding is malformed or repeated.";
  if (out->chunked) return 400;
  out->chunked = true;
  if (str_eq_ignore_case(value, S("chunked"))) return 0;
  size_t comma = value.len;
  while (comma && value.ptr[comma - 1] != ',') comma--;
  if (comma == 0 || !str_eq_ignore_case(trim_blank(str_sub(value, comma, value.len)), S("chunked"))) return 400;
  if (http_list_has(str_sub(value, 0, comma - 1), S("chunked"))) return 400;
  *why = "Only the chunked transfer coding is supported.";
  return 501;
}

struct seen {
  bool host;
};

/* Records what the connection itself needs. */
static int note_header(struct http_header h, struct http_head *out, struct seen *seen, const char **why) {
  switch (h.name.len) {
    case 4:
      if (!str_eq_ignore_case(h.name, S("host"))) return 0;
      *why = "Exactly one valid Host header is required.";
      if (seen->host || !is_host(h.value)) return 400;
      seen->host = true;
      if (!out->host.ptr) out->host = h.value; /* the absolute form's authority takes precedence: RFC 9112, 3.2.2 */
      return 0;
    case 6:
      if (!str_eq_ignore_case(h.name, S("expect"))) return 0;
      *why = "This expectation cannot be met.";
      if (!str_eq_ignore_case(h.value, S("100-continue"))) return 417;
      out->expects_continue = true;
      return 0;
    case 10:
      if (!str_eq_ignore_case(h.name, S("connection"))) return 0;
      out->wants_close |= http_list_has(h.value, S("close"));
      out->wants_keep_alive |= http_list_has(h.value, S("keep-alive"));
      out->wants_upgrade |= http_list_has(h.value, S("upgrade"));
      return 0;
    case 14: return str_eq_ignore_case(h.name, S("content-length")) ? take_length(h.value, out, why) : 0;
    case 17: return str_eq_ignore_case(h.name, S("transfer-encoding")) ? take_coding(h.value, out, why) : 0;
    default: return 0;
  }
}

static int parse_header_line(str line, struct http_head *out, struct seen *seen, const char **why) {
  *why = "A header is malformed.";
  if (line.ptr[0] == ' ' || line.ptr[0] == '\t') return 400; /* obs-fold: RFC 9112, 5.2 */
  size_t colon = str_index(line, ':', 0);
  if (colon == line.len) return 400;
  struct http_header h = {str_sub(line, 0, colon), trim_blank(str_sub(line, colon + 1, line.len))};
  if (!http_is_token(h.name) || !http_is_field_value(h.value)) return 400; /* "Name :" fails here */
  if (out->count == PARSE_HEADERS_MAX) {
    *why = "There are too many headers.";
    return 431;
  }
  out->headers[out->count++] = h;
  return note_header(h, out, seen, why);
}

static int check_framing(struct http_head *out, const struct seen *seen, const char **why) {
  *why = "Exactly one valid Host header is required.";
  if (!seen->host && out->minor_version > 0) return 400;
  *why = "Content-Length and Transfer-Encoding must not be combined.";
  if (out->chunked && out->has_length) return 400;
  *why = "HTTP/1.0 has no Transfer-Encoding.";
  if (out->chunked && out->minor_version == 0) return 400;
  if (out->minor_version == 0) out->expects_continue = false; /* RFC 9110, 10.1.1 */
  return 0;
}

static str next_line(str *rest) {
  size_t lf = str_index(*rest, '\n', 0);
  str line = str_sub(*rest, 0, lf ? lf - 1 : 0);
  *rest = str_sub(*rest, lf + 1, rest->len);
  return line;
}

int http_parse_head(str head, struct http_head *out, const char **why) {
  memset(out, 0, offsetof(struct http_head, headers));
  *why = "The request head is malformed.";
  struct seen seen = {false};
  str rest = head;
  if (rest.len < 2 || !str_ends(rest, S("\r\n"))) return 400;
  str line = next_line(&rest);
  for (int i = 0; line.len == 0 && i < 2 && rest.len; i++) line = next_line(&rest);
  int status = parse_request_line(line, out, why);
  while (status == 0) {
    if (rest.len == 0) {
      *why = "The request head is malformed.";
      return 400; /* no empty line at the end: head_scan never returns that */
    }
    line = next_line(&rest);
    if (line.len == 0) break;
    status = parse_header_line(line, out, &seen, why);
  }
  return status ? status : check_framing(out, &seen, why);
}
