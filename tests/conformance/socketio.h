/* The Engine.IO and Socket.IO routes of switchboard-conformance: those that the public suites of the two protocols expect, and
 * some namespaces for tests of our own; see the usage in main.c. */
#ifndef SB_CONFORMANCE_SOCKETIO_H
#define SB_CONFORMANCE_SOCKETIO_H

#include "net/http.h"

void socketio_new(http_server *server, int ping_interval_ms, int ping_timeout_ms); /* before it starts */
bool socketio_route(http_req *req, struct http_plan *plan);
void socketio_stats(buf *b);
void socketio_stop(void);
void socketio_free(void);

#endif
