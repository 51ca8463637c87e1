/* Request heads, RFC 9112: pure functions over bytes, no I/O, no allocation, any thread.
 *
 * Strict where leniency enables request smuggling: a bare LF, a folded line, a space before the colon, a control
 * character in a value, repeated or mixed framing headers, a missing or second Host are all refused. */
#ifndef SB_NET_PARSE_H
#define SB_NET_PARSE_H

#include "net/http.h"

enum { PARSE_HEADERS_MAX = 100 };

/* Finds the end of a head that arrives in pieces. Start zeroed; p is always the head from its first byte. */
struct head_scan {
  uint32_t at;   /* bytes examined */
  uint32_t line; /* where the current line begins */
};
/* Above 0: the length of the head, including its empty line. 0: more bytes are needed. -1: it can never be valid. */
int64_t head_scan(struct head_scan *s, const char *p, size_t n);

struct http_head {
  str method_name;
  enum http_method method; /* 0: a valid but unknown method */
  str target;              /* as sent */
  str path, query;         /* still encoded; path "*" for the asterisk form; query STR_NONE when there is no '?' */
  str host;                /* from the absolute form, else from the Host header */
  int minor_version;       /* HTTP/1.x */
  bool has_length, chunked, wants_close, wants_keep_alive, wants_upgrade, expects_continue;
  uint64_t content_length;
  size_t count;
  struct http_header headers[PARSE_HEADERS_MAX];
};

/* Parses a head found by head_scan (leading empty lines are allowed). 0, or the error status and a
 * sentence in *why. All slices point into `head`. */
int http_parse_head(str head, struct http_head *out, const char **why);

bool http_is_token(str s);       /* RFC 9110, 5.6.2; not empty */
bool http_is_field_value(str s); /* no control character except the tab */
/* Whether a comma-separated list contains the token, ignoring case. */
bool http_list_has(str list, str token);

#endif
