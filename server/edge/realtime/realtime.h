/* Sends the bus's events to the panels: GET /ws.
 *
 * A client signs in by cookie (Origin checked), ?token=, the subprotocols "access_token, <token>" or a first frame
 * {"type":"auth","token"}; it receives the log's position (connection_established), and from then on every
 * durable event once, in order of seq. After a reconnect it sends {"type":"resume","since":N}: everything after N is sent
 * again in order, regardless of what was sent before that frame, and `resumed` marks the end. If the log no longer
 * has the events, or there are more than LIMIT_REPLAY_MAX, the client gets `refetch`: events are never skipped silently.
 *
 * A socket's queue is bounded in bytes. An event that does not fit stays in the log, and the client gets it from
 * there when it has read its queue; only a client that takes no byte for 20 seconds is closed, with 1013
 * and "too slow". A session that ends closes its sockets with 1008 and "the session has ended".
 *
 * Each loop has a hub that owns the loop's clients; only the loop touches a client's state. */
#ifndef SB_EDGE_REALTIME_REALTIME_H
#define SB_EDGE_REALTIME_REALTIME_H

#include "desk/bus/bus.h"
#include "desk/route.h"

struct realtime_config {
  struct desk *desk;
  http_server *server;
  const char *allowed_origins; /* comma-separated; the panel's own origin is always allowed; NULL: no others */
};

/* After bus_new and before bus_start, so that no event is missed; before the server starts. */
struct realtime *realtime_new(const struct realtime_config *config);
/* After the server's loops have stopped. */
void realtime_free(struct realtime **r);

/* struct bus_config.publish, with the realtime as user. */
void realtime_publish(const struct bus_event *events, size_t count, void *realtime);
/* access_on_session_end, with the realtime as its argument: the session's sockets end at once. Those of an operator who
 * is deactivated, or whose role or password changes, are closed when the event of the change arrives, on every node. */
void realtime_session_ended(void *realtime, int64_t session_id);
/* struct desk.broadcast, with the realtime as its argument. */
void realtime_broadcast(void *realtime, int event_type, const struct subject *about, const struct json_shape *shape,
                        const void *data);

struct realtime_stats {
  int64_t clients, replays, refetches, events_published;
};
void realtime_stats(const struct realtime *r, struct realtime_stats *out);

extern const struct route_table realtime_routes;

#endif
