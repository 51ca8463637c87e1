/* A growing byte buffer with a maximum. Exceeding the maximum sets `overflow`, drops the piece that did not fit
 * and everything after it; the owner checks the flag once at the end. Memory follows the policy of arena.h.
 * A zeroed buf is empty with a maximum of 0, so buf_init comes first. */
#ifndef SB_BASE_BUF_H
#define SB_BASE_BUF_H

#include "base/str.h"

typedef struct buf {
  char *ptr;
  size_t len, cap, max;
  bool overflow;
} buf;

void buf_init(buf *b, size_t max_bytes);
void buf_free(buf *b);  /* keeps max */
void buf_clear(buf *b); /* keeps the memory */
void buf_add(buf *b, str s);
void buf_add_char(buf *b, char c);
void buf_add_i64(buf *b, int64_t v);
void buf_add_u64(buf *b, uint64_t v);
void buf_printf(buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Room for n more bytes at the end, or NULL when over the maximum; buf_commit makes them part of it. */
char *buf_reserve(buf *b, size_t n);
void buf_commit(buf *b, size_t n);
/* The capacity after adding n bytes, for callers that account memory before they allocate it. */
size_t buf_cap_for(const buf *b, size_t n);
/* Drops n bytes at the front. */
void buf_consume(buf *b, size_t n);
str buf_borrow(const buf *b); /* valid until the next change */
/* A JSON string with quotes; s must be valid UTF-8 (malformed bytes become U+FFFD). */
void buf_add_json_string(buf *b, str s);
/* Percent-encodes all but A-Z a-z 0-9 - . _ ~ */
void buf_add_url_escaped(buf *b, str s);
void buf_add_hex(buf *b, const void *bytes, size_t n);
/* 2026-01-31T12:34:56.789Z */
void buf_add_iso_time(buf *b, int64_t ms);

#endif
