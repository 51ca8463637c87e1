/* Caches the identity of a credential for a few seconds, so that most requests need no database. Bounded,
 * thread-safe. An identity loaded during an invalidation is not stored (see `epoch`), so a change takes effect at
 * once on this node; other nodes see it when their entries expire. Credentials are stored as hashes. */
#ifndef SB_DESK_ACCESS_CACHE_H
#define SB_DESK_ACCESS_CACHE_H

#include "desk/access/access.h"

#include <pthread.h>

enum { ACCESS_CACHE_SETS = 512, ACCESS_CACHE_WAYS = 4, ACCESS_CACHE_MS = 3000, ACCESS_KEY_BYTES = 16 };

struct access_cache {
  pthread_mutex_t lock;
  uint64_t epoch;
  struct access_cached *entries[ACCESS_CACHE_SETS][ACCESS_CACHE_WAYS];
};

void access_cache_init(struct access_cache *c);
void access_cache_free(struct access_cache *c);
void access_cache_key(str credential, bool bearer, unsigned char out[ACCESS_KEY_BYTES]);
/* Strings of *out are in `a`. Pass *epoch to a later put. */
bool access_cache_get(struct access_cache *c, const unsigned char key[ACCESS_KEY_BYTES], int64_t now_ms, arena *a,
                      struct access_identity *out, uint64_t *epoch);
void access_cache_put(struct access_cache *c, const unsigned char key[ACCESS_KEY_BYTES], uint64_t epoch, int64_t now_ms,
                      const struct access_identity *who);
/* By operator, or by the credential's session; 0 matches none. */
void access_cache_drop(struct access_cache *c, int64_t operator_id, int64_t session_id);

#endif
