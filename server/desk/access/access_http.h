/* Where a request carries its credentials. */
#ifndef SB_DESK_ACCESS_HTTP_H
#define SB_DESK_ACCESS_HTTP_H

#include "net/http.h"

#define ACCESS_COOKIE      "switchboard_session"
#define ACCESS_CSRF_COOKIE "switchboard_csrf"

/* At most one is given, a bearer token before a cookie; both absent: the request comes from nobody. */
void access_credentials(http_req *req, str *session_token, str *bearer);

#endif
