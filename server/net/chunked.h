/* The chunked transfer coding, RFC 9112, 7.1: a pure incremental decoder. Extensions and trailers are checked, bounded
 * and dropped (a trailer merged into the headers could smuggle framing). */
#ifndef SB_NET_CHUNKED_H
#define SB_NET_CHUNKED_H

#include "base/str.h"

/* Limits in bytes: all extensions together, all trailers together. */
enum { CHUNKED_EXTENSION_MAX = 4096, CHUNKED_TRAILER_MAX = 8192 };

struct chunked {
  uint64_t left; /* bytes left of the current chunk */
  uint32_t extension_bytes, trailer_bytes;
  uint8_t state, digits;
};

/* Processes p[0..n) and returns the number of bytes consumed, or -1 on invalid bytes. It stops after each run of data,
 * which is then in *data (else empty): call again until it consumes nothing or chunked_done. */
int64_t chunked_feed(struct chunked *c, const char *p, size_t n, str *data);
bool chunked_done(const struct chunked *c);

#endif
