/* Slices of bytes. A str borrows: it is valid until the owner of its bytes changes or frees them. Its bytes need not
 * be NUL-terminated and may hold NUL; ptr == NULL is "absent", which differs from empty only where a caller says so.
 * Numbers are decimal ASCII. Nothing here allocates; functions that need memory live in arena.h and buf.h. */
#ifndef SB_BASE_STR_H
#define SB_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct str {
  const char *ptr;
  size_t len;
} str;

/* A slice of a string literal, usable in initialisers too as STR_INIT. */
#define S(literal) ((str){"" literal, sizeof(literal) - 1})
#define STR_INIT(literal) \
  { "" literal, sizeof(literal) - 1 }
#define STR_NONE ((str){NULL, 0})
/* printf("%.*s", STR_ARG(s)) */
#define STR_ARG(s) (int)(s).len, (s).ptr ? (s).ptr : ""

str str_c(const char *z); /* z may be NULL */
str str_n(const char *ptr, size_t len);
str str_or_empty(str s); /* "" for an absent s */
bool str_eq(str a, str b);
bool str_eq_ignore_case(str a, str b); /* ASCII letters only */
int str_cmp(str a, str b);             /* as memcmp, then the shorter first */
bool str_starts(str s, str prefix);
bool str_ends(str s, str suffix);
bool str_contains(str s, str part);
/* The index of the first c at or after from, or s.len. */
size_t str_index(str s, char c, size_t from);
str str_sub(str s, size_t from, size_t to); /* clamped */
str str_trim(str s);                        /* ASCII space, tab, CR, LF at both ends */
/* Takes the part before sep off the front of *s and returns it; *s becomes what follows, ptr NULL when there was no sep. */
str str_cut(str *s, char sep);
/* s must be exactly one number. False if it is empty, not a number or overflows; *out is then unchanged. */
bool str_to_i64(str s, int64_t *out);
bool str_to_u64(str s, uint64_t *out);

/* UTF-8. Validity is RFC 3629: no overlong forms, surrogates, or code points above U+10FFFF. */
bool str_utf8_valid(str s);
/* Both expect valid UTF-8. */
size_t str_utf8_count(str s);  /* code points */
size_t str_utf16_count(str s); /* UTF-16 code units: Telegram's and JavaScript's measure */
/* The longest prefix of at most n code points. */
str str_utf8_prefix(str s, size_t n);
/* Decodes the code point at *at and moves *at past it; U+FFFD and one byte on malformed input. *at must be < s.len. */
uint32_t str_utf8_next(str s, size_t *at);
bool str_has_nul(str s);
/* FNV-1a, for tables in memory. It does not resist chosen collisions. */
uint64_t str_hash(str s);
/* Compares in constant time: for tokens and hashes. */
bool str_eq_constant_time(str a, str b);

#endif
