/* Access tokens: JWT signed with HS256 only. A token with another algorithm, or none, is refused
 * regardless of its signature. All functions are safe from any thread. */
#ifndef SB_NET_JWT_H
#define SB_NET_JWT_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"

enum { JWT_TOKEN_MAX_BYTES = 1024, JWT_ID_MAX = 64, JWT_KEY_MIN_BYTES = 32 };

struct jwt_claims {
  int64_t subject;                     /* sub, above 0: an operator's id */
  int64_t version;                     /* ver: the caller revokes tokens older than the subject's version */
  int64_t issued_at_ms, expires_at_ms; /* iat, exp: whole seconds in the token */
  char id[JWT_ID_MAX + 1];             /* jti; may be empty */
};

/* key: at least JWT_KEY_MIN_BYTES (asserted); derive it with seal_key_derive. */
str jwt_make(str key, const struct jwt_claims *claims, arena *a);
/* ERR_UNAUTHORIZED, with the reason in the detail, for an invalid token: it must be signed by this server, have all five
 * claims and not be expired. A token from the future is valid: its signature is ours, so the clock was set back.
 * On an error *out is unchanged. */
err jwt_check(str key, str token, const sb_clock *clock, struct jwt_claims *out);

#endif
