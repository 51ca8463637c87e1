/* The bus on its way to the panels: GET /ws.
 *
 * A client signs in by cookie (Origin checked), ?token=, the subprotocols "access_token, <token>" or a first frame
 * {"type":"auth","token"}; it is told where the log stands (connection_established), and from there on gets every
 * durable event once, in order of seq. After a reconnect it says {"type":"resume","since":N}: everything after N is sent
 * again in order, whatever went out before that frame was read, and `resumed` marks the end. What the log no longer
 * holds, or more than LIMIT_REPLAY_MAX events, is answered with `refetch`: never a silent skip.
 *
 * A socket's queue is bounded in bytes. An event that has no room in it stays in the log, and the client gets it from
 * there when it has read what waits; only a client to which no byte goes through for 20 seconds is closed, with 1013
 * and "too slow". A session that ends closes its sockets with 1008 and "the session has ended".
 *
 * Each loop has a hub of its own that owns the loop's clients; all state of a client is its loop's alone. */
#ifndef SB_EDGE_REALTIME_REALTIME_H
#define SB_EDGE_REALTIME_REALTIME_H

#include "desk/bus/bus.h"
#include "desk/route.h"

struct realtime_config {
  struct desk *desk;
  http_server *server;
  const char *allowed_origins; /* comma-separated; the panel's own origin is always allowed; NULL: none besides */
};

/* After bus_new and before bus_start, so that no event falls between; before the server starts. */
struct realtime *realtime_new(const struct realtime_config *config);
/* After the server's loops have stopped. */
void realtime_free(struct realtime **r);

/* struct bus_config.publish, with the realtime as user. */
void realtime_publish(const struct bus_event *events, size_t count, void *realtime);
/* access_on_session_end, with the realtime as its argument: the session's sockets end at once. Those of an operator who
 * is deactivated, or whose role or password changes, end by the event that tells it, on every node. */
void realtime_session_ended(void *realtime, int64_t session_id);
/* struct desk.broadcast, with the realtime as its argument. */
void realtime_broadcast(void *realtime, int event_type, const struct json_shape *shape, const void *data);

struct realtime_stats {
  int64_t clients, replays, refetches, events_published;
};
void realtime_stats(const struct realtime *r, struct realtime_stats *out);

extern const struct route_table realtime_routes;

#endif
