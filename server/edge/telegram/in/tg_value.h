/* Values of the Bot API's JSON. Strings of the API are valid UTF-8 after clean; absent members read as absent. */
#ifndef SB_EDGE_TELEGRAM_TG_VALUE_H
#define SB_EDGE_TELEGRAM_TG_VALUE_H

#include "base/arena.h"
#include "base/jansson.h"

/* Borrowed from the value; absent if it is no string. */
str tg_text_of(const json_t *v);
str tg_text_at(const json_t *v, const char *key);
/* False if there is no whole number of this name. */
bool tg_int_at(const json_t *v, const char *key, int64_t *out);
/* The same, or 0, for a number above 0. */
int64_t tg_count_at(const json_t *v, const char *key);
bool tg_true_at(const json_t *v, const char *key);
str tg_decimal(arena *a, int64_t id);
/* A copy in which NUL is U+FFFD, malformed bytes too. An absent text becomes empty. */
str tg_clean(arena *a, str s);
/* The same for a member, at most `points` code points of it; absent if it is empty. */
str tg_clean_at(arena *a, const json_t *v, const char *key, size_t points);
/* A name in one line, without controls of direction, at most LIMIT_NAME_MAX. Absent if nothing in it is visible. */
str tg_name(arena *a, str s);
/* A User's or Chat's: first and last name, else the username, else the id. */
str tg_display_name(const json_t *person, str username, str id, arena *a);

#endif
