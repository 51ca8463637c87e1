/* Access tokens: JWT signed with HS256, and nothing else. A token that says another algorithm, or none, is refused
 * whatever its signature. All functions are safe from any thread. */
#ifndef SB_NET_JWT_H
#define SB_NET_JWT_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"

enum { JWT_TOKEN_MAX_BYTES = 1024, JWT_ID_MAX = 64, JWT_KEY_MIN_BYTES = 32 };

struct jwt_claims {
  int64_t subject; /* sub, above 0: an operator's id */
  int64_t version; /* ver: a token of an older version than the subject's is revoked; the caller compares */
  int64_t issued_at_ms, expires_at_ms; /* iat, exp: whole seconds in the token */
  char id[JWT_ID_MAX + 1];             /* jti; may be empty */
};

/* key: at least JWT_KEY_MIN_BYTES (asserted); derive it with seal_key_derive. */
str jwt_make(str key, const struct jwt_claims *claims, arena *a);
/* ERR_UNAUTHORIZED, with the reason in the detail, for what is not a token of ours that holds now: it must have all five
 * claims and not be expired. One from the future is good: the signature is ours, so it is the clock that was set back.
 * *out is untouched on an error. */
err jwt_check(str key, str token, const sb_clock *clock, struct jwt_claims *out);

#endif
