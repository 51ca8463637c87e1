/* Reading a request's credentials, and the caller's key for rate limits. */
#ifndef SB_DESK_ACCESS_HTTP_H
#define SB_DESK_ACCESS_HTTP_H

#include "desk/route.h"

#define ACCESS_COOKIE        "switchboard_session"
#define ACCESS_CSRF_COOKIE   "switchboard_csrf"
#define ACCESS_DEVICE_COOKIE "switchboard_device"

/* Sets at most one, preferring a bearer token to a cookie; both absent: the request is unauthenticated. */
void access_credentials(http_req *req, str *session_token, str *bearer);
struct access_from access_from_of(const struct access *a, http_req *req);
/* For access_rate instead of the address: a device that has signed in before has its own limits, independent of others
 * at the same address. */
str access_caller(const struct access *a, http_req *req);
/* Sets the call's identity and checks whether its role may call the route. ERR_FORBIDDEN, ERR_MUST_CHANGE_PASSWORD. */
err access_may_call(struct call *c, const struct access_identity *who);
/* The same with a fresh check of the credentials, when time has passed since the last one. ERR_UNAUTHORIZED too. May
 * query the database. */
err access_recheck(struct call *c);
/* Runs the call's handler on the thread for hashing, for a route with .hashes; see access_queue.h. On an error the call
 * must still be answered by the caller. */
err access_run_later(struct call *c);

#endif
