/* Engine.IO, protocol 4: a session over HTTP long-polling, WebSocket, or the first and then the second.
 * After the public document "The Engine.IO protocol, version 4". JSONP and WebTransport are not spoken.
 *
 * A session belongs to one loop of the HTTP server, the one that its handshake came in on, and all of it is that loop's
 * alone: its callbacks run there, and its functions may be called only there. Its further requests may come in on any
 * loop: the sid says whose it is, the request is posted there, and a WebSocket is moved there. No sticky routing is
 * needed on one node.
 *
 * Limits: an inbound message or polling payload has at most max_payload bytes; what waits for a client at most
 * queue_max_bytes, over it the session ends; sessions_max in all: at it the oldest of nobody known (eio_peer_is_known) on
 * the loop gives way, and where there is none the answer is 503. */
#ifndef SB_NET_EIO_H
#define SB_NET_EIO_H

#include "net/ws.h"

typedef struct eio_server eio_server;
typedef struct eio_session eio_session;

/* Why a session ended. The words of eio_reason_text are those that clients of the protocol use among themselves. */
enum eio_reason {
  EIO_TRANSPORT_CLOSE, /* the client closed, or its connection was lost */
  EIO_TRANSPORT_ERROR, /* the client broke the protocol below, or was too slow: its queue was full */
  EIO_PING_TIMEOUT,
  EIO_PARSE_ERROR,   /* given by eio_close's caller: the protocol above was broken */
  EIO_FORCED_CLOSE,  /* given by eio_close's caller */
  EIO_SHUTTING_DOWN, /* eio_server_stop */
};
const char *eio_reason_text(enum eio_reason reason);

struct eio_config {
  const char *path;          /* "/engine.io/": answered with and without the last slash */
  int ping_interval_ms;      /* 25,000 */
  int ping_timeout_ms;       /* 20,000 */
  int upgrade_timeout_ms;    /* from the WebSocket's opening to the end of the probe: 10,000 */
  size_t max_payload;        /* 1,000,000 */
  size_t queue_max_bytes;    /* 1 MiB */
  size_t volatile_max_bytes; /* eio_has_room says no while more than this waits: 64 KiB */
  size_t sessions_max;       /* 20,000 */
  /* CORS. A request without Origin, or with that of its own Host, is always let in; another origin must stand in
   * allowed_origins (comma-separated, "*" for every one; may be NULL) or please origin_allowed (may be NULL; on a loop,
   * must not block). One that does not is answered 403, code 4, on every transport: a WebSocket knows no CORS. */
  const char *allowed_origins;
  bool (*origin_allowed)(http_req *req, str origin, void *user);
  bool cors_credentials; /* Access-Control-Allow-Credentials, for sessions that ride on cookies */
  /* Judges a handshake on the loop (may be NULL); false is answered 403, code 4. *data becomes the session's
   * (eio_data). The request ends before the session does, so copy what is needed of it. free_data is called once for
   * *data, on the session's loop or on the thread that ends the server. */
  bool (*allow)(http_req *req, void *user, void **data);
  void (*free_data)(void *data);
  /* On the session's loop; none may block. `message` comes only between `open` and `close`; its payload is valid during
   * the call, and text is UTF-8. `close` comes once, last, and may come from inside eio_close. */
  void (*open)(eio_session *s, void *user);
  void (*message)(eio_session *s, bool binary, str payload);
  void (*drained)(eio_session *s); /* after eio_wait_drained; never from inside a function that sends */
  void (*close)(eio_session *s, enum eio_reason reason);
  void *user;
};

/* After http_server_new. The strings of the config are copied. */
eio_server *eio_server_new(http_server *http, const struct eio_config *config);
/* From the HTTP server's `route` hook: true when the path is ours, and then *plan is made. */
bool eio_route(eio_server *e, http_req *req, struct http_plan *plan);
/* Ends every session and waits until they have ended; from here on requests are answered 503. While the loops run:
 * after http_server_start and before http_server_stop. Not from a loop. */
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
str eio_address(const eio_session *s); /* the client's own, of the handshake */
int eio_loop_index(const eio_session *s);
net_loop *eio_loop(const eio_session *s);
/* See ws_peer_is_known: for whichever transport the session has, and will have. A session of nobody known makes room when
 * there are sessions_max. */
void eio_peer_is_known(eio_session *s);
size_t eio_queued_bytes(const eio_session *s);
bool eio_is_websocket(const eio_session *s);

/* Queues a message that was made by eio_text or eio_binary; takes its own reference. False when the session has ended
 * or was over its limit: then `close` comes later, never from inside this call. */
bool eio_send(eio_session *s, ws_frame *message);
/* The same for whoever can send the message later; see ws_offer. */
enum ws_offer eio_offer(eio_session *s, ws_frame *message, size_t limit_bytes);
/* Calls config.drained once, in a later turn, as soon as at most below_bytes wait. */
void eio_wait_drained(eio_session *s, size_t below_bytes);
/* True when a volatile message should be sent now: little enough waits. */
bool eio_has_room(const eio_session *s);
/* A reference keeps the session's memory, not the session: for a caller that uses it after a callback may have ended
 * it. */
eio_session *eio_ref(eio_session *s);
void eio_unref(eio_session *s);
/* Ends the session: what is queued still leaves. Calls `close`. */
void eio_close(eio_session *s, enum eio_reason reason);

/* ---- any thread: messages are encoded once and shared by reference between sessions of both transports ---- */
ws_frame *eio_text(str text); /* one reference, the caller's: ws_frame_unref */
ws_frame *eio_binary(str bytes);

#endif
