/* Token buckets, one per rate class and caller. A bucket is one number, the time at which it would be full again
 * (the "generic cell rate algorithm"), so it needs no refilling. Bounded; thread-safe. */
#ifndef SB_DESK_ACCESS_BUCKET_H
#define SB_DESK_ACCESS_BUCKET_H

#include "base/err.h"
#include "desk/access/access_table.h"

#include <pthread.h>

struct access_bucket {
  pthread_mutex_t lock;
  struct access_table table;
};

void access_bucket_init(struct access_bucket *b, const sb_rand *rand);
void access_bucket_free(struct access_bucket *b);
/* Takes one token of a bucket that holds `burst` and gains `per_minute`; ERR_RATE_LIMITED with retry_ms. */
err access_bucket_take(struct access_bucket *b, char kind, str who, int64_t burst, int64_t per_minute, int64_t now_ms);

#endif
