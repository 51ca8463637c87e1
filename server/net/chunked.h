/* The chunked transfer coding, RFC 9112, 7.1: a pure decoder over pieces. Extensions and trailers are checked, bounded
 * and dropped (a trailer that were merged into the headers could smuggle framing in). */
#ifndef SB_NET_CHUNKED_H
#define SB_NET_CHUNKED_H

#include "base/str.h"

/* Bounds on what carries no data: all extensions together, all trailers together. */
enum { CHUNKED_EXTENSION_MAX = 4096, CHUNKED_TRAILER_MAX = 8192 };

struct chunked {
  uint64_t left; /* of the current chunk */
  uint32_t extension_bytes, trailer_bytes;
  uint8_t state, digits;
};

/* Looks at p[0..n) and returns how many bytes it took, or -1 on bytes that cannot be. It stops after each run of data,
 * which is then in *data (else empty): call again until it takes nothing or chunked_done. */
int64_t chunked_feed(struct chunked *c, const char *p, size_t n, str *data);
bool chunked_done(const struct chunked *c);

#endif
