/* Who is asking: operators' passwords, sessions (cookie + CSRF), bearer tokens, roles, and the limits on guessing.
 * Rows are plain data. Passwords are Argon2id; a session's cookie and a one-time password exist only in the answer
 * that hands them out. */
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

/* The one question of rights: may the actor do this to that? about NULL: to anything of the kind that the permission is for.
 * The system, rules and the assistant may do what their code does; a customer nothing here: channels admit them. */
bool may(const struct actor *who, enum permission p, const struct subject *about);
const char *permission_text(enum permission p);

struct access;
struct access *access_new(const sb_clock *clock, const sb_rand *rand, const void *secret_key_32, int64_t session_ms);
/* Ends the thread of the routes that hash passwords; what waits for it is refused. After the HTTP server has stopped,
 * before the database is closed. May be NULL. */
void access_stop(struct access *a);
void access_free(struct access **a);
int access_waiting(struct access *a); /* how many requests wait for that thread */
/* Whether cookies are marked Secure: as the request came (until told otherwise), always, or never. Before any thread. */
enum access_secure { SECURE_BY_REQUEST, SECURE_ALWAYS, SECURE_NEVER };
void access_set_secure(struct access *a, enum access_secure secure);
/* Whether PUBLIC_URL is given and no loopback name: then a request from a loopback address was forwarded by a local
 * proxy that does not name the client, and the address stands for many clients. Before any thread. */
void access_set_public(struct access *a, bool is_public);
bool access_is_secure(const struct access *a, bool request_is_https);

struct access_grant { /* an answered sign-in */
  struct operator_row operator;
  str session_token, csrf_token; /* for the cookies; absent when only a bearer token was renewed */
  str device_token;              /* for the device's cookie; absent likewise */
  str access_token;              /* JWT */
  int64_t expires_in_s, session_s;
};

struct access_identity { /* who a request speaks for */
  struct operator_row operator;
  int64_t session_id;       /* 0: by bearer token */
  int64_t bound_session_id; /* the session that the request stands on, by whichever credential */
  str csrf_token;           /* of the session */
};

/* ERR_WRONG_PASSWORD (the same for an unknown login, in the same time), ERR_RATE_LIMITED with retry_ms: guesses are
 * counted, see access_guess.h. Hashes on the calling thread, as access_change_password does: a route that calls it has
 * .hashes. */
err access_sign_in(struct desk *d, str login_or_email, str password, const struct access_from *from, arena *a,
                   struct access_grant *out);
/* Exactly one of the two is given. ERR_UNAUTHORIZED. Cached for a few seconds; ended sessions leave the cache at once. */
err access_identify(struct desk *d, str session_token, str bearer, arena *a, struct access_identity *out);
/* The same out of the cache alone: asks no database and so never waits. False: it is not there. */
bool access_identify_cached(struct desk *d, str session_token, str bearer, arena *a, struct access_identity *out);
/* Ends the session and every token that stands on it. session_id: bound_session_id of the identity. */
err access_sign_out(struct desk *d, int64_t session_id);
/* A fresh access token on the same session, whose end moves on. session_token may be absent. */
err access_refresh(struct desk *d, const struct access_identity *who, str session_token, arena *a,
                   struct access_grant *out);
/* Ends every other session and token of the operator. ERR_WRONG_PASSWORD with field current_password, ERR_WEAK_PASSWORD
 * with field new_password, ERR_RATE_LIMITED. */
err access_change_password(struct desk *d, int64_t operator_id, str current, str fresh, const struct access_from *from,
                           arena *a, struct access_grant *out);
/* Whether anybody has signed in from this address before. */
bool access_knows_address(struct desk *d, const struct access_from *from, arena *a);
/* fn is told of every session that ends by signing out, on the thread that ends it. Before any thread. */
void access_on_session_end(struct access *a, void (*fn)(void *arg, int64_t session_id), void *arg);
/* Forgets what is cached of an operator: role changed, deactivated, password reset. */
void access_forget(struct access *a, int64_t operator_id);
/* Token bucket of a rate class: ERR_RATE_LIMITED with retry_ms. Key: operator id or address. */
err access_rate(struct access *a, int rate_class, int64_t operator_id, str address);
/* The same for a class whose key is CUSTOMER; who is their id in the channel. */
err access_rate_customer(struct access *a, int rate_class, str who);
/* Deletes the sessions and marks that have expired; from the periodic jobs. */
err access_sweep(struct desk *d);

#endif
