/* Authentication and permissions: operators' passwords, sessions (cookie + CSRF), bearer tokens, roles, and the
 * limits on guessing. Rows are plain data. Passwords are Argon2id; a session's cookie and a one-time password exist
 * only in the response that returns them. */
#ifndef SB_DESK_ACCESS_ACCESS_H
#define SB_DESK_ACCESS_ACCESS_H

#include "base/json.h"
#include "desk/access/access_mark.h"
#include "desk/operator/operator.h"
#include "desk/subject.h"

enum permission {
#define PERMISSION(name, text, admin, senior, op) MAY_##name,
#include "spec/roles.tbl"
#undef PERMISSION
  PERMISSIONS
};

/* The single permission check: whether the actor may do this to the subject. about NULL: to any subject of the
 * permission's kind. The system, rules and the assistant may do everything; a customer nothing, since channels admit
 * customers. */
bool may(const struct actor *who, enum permission p, const struct subject *about);
/* The same for a set of subjects: to which of them may() says yes. A list, a count or a search covers these only. */
enum reach { REACH_NONE, REACH_OWN /* subjects whose owner the actor is */, REACH_ALL };
enum reach may_reach(const struct actor *who, enum permission p);
/* Replaces what spec/roles.tbl gives to a role; for tests, before other threads start. access_assume_none: as the table
 * says again. */
void access_assume(enum operator_role role, enum permission p, enum reach reach);
void access_assume_none(void);
const char *permission_text(enum permission p);

struct access;
struct access *access_new(const sb_clock *clock, const sb_rand *rand, const void *secret_key_32, int64_t session_ms);
/* Ends the thread of the routes that hash passwords and refuses waiting requests. After the HTTP server has stopped,
 * before the database is closed. May be NULL. */
void access_stop(struct access *a);
void access_free(struct access **a);
int access_waiting(struct access *a); /* how many requests wait for that thread */
/* Whether cookies are marked Secure: like the request (the default), always, or never. Before any thread starts. */
enum access_secure { SECURE_BY_REQUEST, SECURE_ALWAYS, SECURE_NEVER };
void access_set_secure(struct access *a, enum access_secure secure);
/* Whether PUBLIC_URL is set and not a loopback name: then a request from a loopback address was forwarded by a local
 * proxy that does not name the client, and the address stands for many clients. Before any thread starts. */
void access_set_public(struct access *a, bool is_public);
/* Whether the rates of spec/rates.tbl are limited; guesses at passwords always are. Before any thread starts. */
void access_set_rates(struct access *a, bool limited);
bool access_is_secure(const struct access *a, bool request_is_https);

struct access_grant { /* the result of a sign-in */
  struct operator_row operator;
  str session_token, csrf_token; /* for the cookies; absent when only a bearer token was renewed */
  str device_token;              /* for the device's cookie; absent in the same case */
  str access_token;              /* JWT */
  int64_t expires_in_s, session_s;
};

struct access_identity { /* whom a request is authenticated as */
  struct operator_row operator;
  int64_t session_id;       /* 0: by bearer token */
  int64_t bound_session_id; /* the session behind the credential, of whichever kind */
  str csrf_token;           /* the session's */
};

/* ERR_WRONG_PASSWORD (the same for an unknown login, in the same time), ERR_RATE_LIMITED with retry_ms: guesses are
 * counted, see access_guess.h. Hashes on the calling thread, as access_change_password does: a route that calls it has
 * .hashes. */
err access_sign_in(struct desk *d, str login_or_email, str password, const struct access_from *from, arena *a,
                   struct access_grant *out);
/* Pass exactly one of the two. ERR_UNAUTHORIZED. Cached for a few seconds; ended sessions leave the cache at once. */
err access_identify(struct desk *d, str session_token, str bearer, arena *a, struct access_identity *out);
/* The same from the cache only: no database access, so it never blocks. False: not cached. */
bool access_identify_cached(struct desk *d, str session_token, str bearer, arena *a, struct access_identity *out);
/* Ends the session and every token that belongs to it. session_id: bound_session_id of the identity. */
err access_sign_out(struct desk *d, int64_t session_id);
/* A new access token for the same session, whose expiry is extended. session_token may be absent. */
err access_refresh(struct desk *d, const struct access_identity *who, str session_token, arena *a,
                   struct access_grant *out);
/* Ends every other session and token of the operator. ERR_WRONG_PASSWORD with field current_password, ERR_WEAK_PASSWORD
 * with field new_password, ERR_RATE_LIMITED. */
err access_change_password(struct desk *d, int64_t operator_id, str current, str fresh, const struct access_from *from,
                           arena *a, struct access_grant *out);
/* Whether anybody has signed in from this address before. */
bool access_knows_address(struct desk *d, const struct access_from *from, arena *a);
/* fn is called for every session that ends by signing out, on the thread that ends it. Before any thread starts. */
void access_on_session_end(struct access *a, void (*fn)(void *arg, int64_t session_id), void *arg);
/* Clears the cache of an operator: role changed, deactivated, password reset. */
void access_forget(struct access *a, int64_t operator_id);
/* Token bucket of a rate class: ERR_RATE_LIMITED with retry_ms. Key: operator id or address. */
err access_rate(struct access *a, int rate_class, int64_t operator_id, str address);
/* The same for a class whose key is CUSTOMER; who: the customer's id in the channel. */
err access_rate_customer(struct access *a, int rate_class, str who);
/* Deletes the sessions and marks that have expired; from the periodic jobs. */
err access_expire(struct desk *d);

#endif
