/* Engine.IO, protocol 4: a session over HTTP long polling, over WebSocket, or upgraded from one to the other. Follows the
 * public document "The Engine.IO protocol, version 4". JSONP and WebTransport are not supported.
 *
 * A session belongs to one loop of the HTTP server, the one that received its handshake. Only that loop runs its
 * callbacks and may call its functions. Its further requests may arrive on any loop: the sid names the session's loop, to
 * which the request is posted and a WebSocket is moved. No sticky routing is needed on one node.
 *
 * Limits: an inbound message or polling payload has at most max_payload bytes; the queue of a client at most
 * queue_max_bytes, above which the session ends. There are at most sessions_max: at the limit the oldest unauthenticated
 * session (eio_mark_authenticated) of the loop is closed; without one the response is 503. */
#ifndef SB_NET_EIO_H
#define SB_NET_EIO_H

#include "net/ws.h"

typedef struct eio_server eio_server;
typedef struct eio_session eio_session;

/* Why a session ended. eio_reason_text returns the texts that the protocol's clients use. */
enum eio_reason {
  EIO_TRANSPORT_CLOSE, /* the client closed, or its connection was lost */
  EIO_TRANSPORT_ERROR, /* the client violated the lower protocol, or was too slow: its queue was full */
  EIO_PING_TIMEOUT,
  EIO_PARSE_ERROR,   /* passed to eio_close: the upper protocol was violated */
  EIO_FORCED_CLOSE,  /* passed to eio_close */
  EIO_SHUTTING_DOWN, /* eio_server_stop */
};
const char *eio_reason_text(enum eio_reason reason);

struct eio_config {
  const char *path;          /* "/engine.io/": served with and without the trailing slash */
  int ping_interval_ms;      /* 25,000 */
  int ping_timeout_ms;       /* 20,000 */
  int upgrade_timeout_ms;    /* from the WebSocket's opening to the end of the probe: 10,000 */
  size_t max_payload;        /* 1,000,000 */
  size_t queue_max_bytes;    /* 1 MiB */
  size_t volatile_max_bytes; /* eio_has_room is false while more than this is queued: 64 KiB */
  size_t sessions_max;       /* 20,000 */
  /* CORS. A request without Origin, or with the origin of its own Host, is always allowed; another origin must be in
   * allowed_origins (comma-separated, "*" for every one; may be NULL) or accepted by origin_allowed (may be NULL; runs on
   * a loop, must not block). Others get 403, code 4, on every transport, since WebSockets have no CORS. */
  const char *allowed_origins;
  bool (*origin_allowed)(http_req *req, str origin, void *user);
  bool cors_credentials; /* Access-Control-Allow-Credentials, for sessions that use cookies */
  /* Judges a handshake on the loop (may be NULL); false gives 403, code 4. *data becomes the session's
   * (eio_data). The request ends before the session does, so copy what is needed of it. free_data is called once for
   * *data, on the session's loop or on the thread that ends the server. */
  bool (*allow)(http_req *req, void *user, void **data);
  void (*free_data)(void *data);
  /* On the session's loop; none may block. `message` is called only between `open` and `close`; its payload is valid during
   * the call, and text is UTF-8. `close` is called once, last, possibly from inside eio_close. */
  void (*open)(eio_session *s, void *user);
  void (*message)(eio_session *s, bool binary, str payload);
  void (*drained)(eio_session *s); /* after eio_wait_drained; never from inside a function that sends */
  void (*close)(eio_session *s, enum eio_reason reason);
  void *user;
};

/* After http_server_new. The strings of the config are copied. */
eio_server *eio_server_new(http_server *http, const struct eio_config *config);
/* From the HTTP server's `route` hook: true when the path belongs to Engine.IO; *plan is then filled in. */
bool eio_route(eio_server *e, http_req *req, struct http_plan *plan);
/* Ends every session and waits until they have ended; from then on requests get 503. Call it while the loops run,
 * after http_server_start and before http_server_stop; not from a loop. */
void eio_server_stop(eio_server *e);
void eio_server_free(eio_server **e); /* after http_server_stop */

/* Runs fn(arg) on the loop of this index (of http_server_loop), in the order posted, from any thread. False when the
 * server was stopped: fn will not run. */
bool eio_post(eio_server *e, int loop_index, void (*fn)(void *arg), void *arg);

struct eio_stats {
  int64_t sessions_open, polling_open, websockets_open, polls_waiting, sessions_total, upgrades_total;
  int64_t ping_timeouts, protocol_errors, dropped_slow;
};
void eio_server_stats(const eio_server *e, struct eio_stats *out); /* any thread */

/* ---- on the session's loop ---- */
void eio_set_user(eio_session *s, void *user);
void *eio_user(const eio_session *s);
void *eio_data(const eio_session *s);
str eio_id(const eio_session *s);      /* 20 characters */
str eio_address(const eio_session *s); /* the client's own, from the handshake */
int eio_loop_index(const eio_session *s);
net_loop *eio_loop(const eio_session *s);
/* See ws_mark_authenticated: for the session's current and future transports. An unauthenticated session is closed first
 * when there are sessions_max. */
void eio_mark_authenticated(eio_session *s);
size_t eio_queued_bytes(const eio_session *s);
bool eio_is_websocket(const eio_session *s);

/* Queues a message that was made by eio_text or eio_binary; takes its own reference. False when the session has ended
 * or was over its limit: then `close` comes later, never from inside this call. */
bool eio_send(eio_session *s, ws_frame *message);
/* The same for a caller that can send the message later; see ws_offer. */
enum ws_offer eio_offer(eio_session *s, ws_frame *message, size_t limit_bytes);
/* Calls config.drained once, in a later turn, as soon as at most below_bytes are queued. */
void eio_wait_drained(eio_session *s, size_t below_bytes);
/* True when a volatile message should be sent now: the queue is short enough. */
bool eio_has_room(const eio_session *s);
/* A reference keeps the session's memory, not the session: for a caller that uses it after a callback may have ended
 * it. */
eio_session *eio_ref(eio_session *s);
void eio_unref(eio_session *s);
/* Ends the session: what is queued is still sent. Calls `close`. */
void eio_close(eio_session *s, enum eio_reason reason);

/* ---- any thread: messages are encoded once and shared by reference between sessions of both transports ---- */
ws_frame *eio_text(str text); /* one reference, the caller's: ws_frame_unref */
ws_frame *eio_binary(str bytes);

#endif
