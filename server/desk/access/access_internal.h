/* Shared by the files of this slice only. */
#ifndef SB_DESK_ACCESS_INTERNAL_H
#define SB_DESK_ACCESS_INTERNAL_H

#include "base/seal.h"
#include "desk/access/access_bucket.h"
#include "desk/access/access_cache.h"
#include "desk/access/access_guess.h"
#include "desk/access/access_queue.h"

#include <stdatomic.h>

enum { ACCESS_MAGIC = 0x41434353, TOKEN_LENGTH = 52, CSRF_LENGTH = 32, CREDENTIAL_MAX_BYTES = 1024 };

struct access {
  uint32_t magic;
  const sb_clock *clock;
  const sb_rand *rand;
  struct seal_key jwt_key, mark_key;
  int64_t session_ms;
  enum access_secure secure;
  bool is_public, unlimited /* no rate is limited */;
  struct access_guess guess;
  struct access_bucket bucket;
  struct access_cache cache;
  struct access_queue queue;
  void (*session_ended)(void *arg, int64_t session_id); /* may be NULL */
  void *session_ended_arg;
};

/* A JWT for the operator on the session; into the grant. */
void access_grant_token(struct access *a, int64_t session_id, arena *mem, struct access_grant *out);

#endif
