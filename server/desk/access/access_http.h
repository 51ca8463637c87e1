/* Where a request carries its credentials, and what of it counts for the limits. */
#ifndef SB_DESK_ACCESS_HTTP_H
#define SB_DESK_ACCESS_HTTP_H

#include "desk/route.h"

#define ACCESS_COOKIE        "switchboard_session"
#define ACCESS_CSRF_COOKIE   "switchboard_csrf"
#define ACCESS_DEVICE_COOKIE "switchboard_device"

/* At most one is given, a bearer token before a cookie; both absent: the request comes from nobody. */
void access_credentials(http_req *req, str *session_token, str *bearer);
struct access_from access_from_of(const struct access *a, http_req *req);
/* For access_rate in place of the address: a device that has signed in before has limits of its own, whatever others do
 * at the same address. */
str access_caller(const struct access *a, http_req *req);
/* The call is this identity's from here on: whether its role may call the route. ERR_FORBIDDEN, ERR_MUST_CHANGE_PASSWORD. */
err access_may_call(struct call *c, const struct access_identity *who);
/* The same for the credentials as they are now, when time has passed since they were looked at. ERR_UNAUTHORIZED too. May
 * ask the database. */
err access_ask_again(struct call *c);
/* Runs the call's handler on the thread for hashing, for a route with .hashes; see access_queue.h. On an error the call
 * is still the caller's to answer. */
err access_run_later(struct call *c);

#endif
