/* Pure helpers over targets and header values; the public ones are in http.h. Any thread. */
#ifndef SB_NET_URL_H
#define SB_NET_URL_H

#include "net/http.h"

/* Decodes a path; false on an invalid escape, a NUL or a dot segment, encoded or not. */
bool http_path_decode(str raw, arena *a, str *out);
/* The first value of the name in a raw query, decoded; false when absent or malformed. */
bool http_query_find(str query, str name, arena *a, str *out);
/* STR_NONE when absent; quotes around the value are dropped. */
str http_cookie_find(str cookies, str name);

#endif
