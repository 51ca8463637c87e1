/* WebSocket, all of RFC 6455, with permessage-deflate (RFC 7692, no context takeover on our side).
 *
 * A connection has a bounded queue: above its limit it is closed with 1013 and the reason "too slow", never
 * buffered without limit. A frame is built once and shared by reference; each socket is written once per loop turn. */
#ifndef SB_NET_WS_H
#define SB_NET_WS_H

#include "net/http.h"

typedef struct ws_conn ws_conn;
typedef struct ws_frame ws_frame;

enum { WS_TEXT = 1, WS_BINARY = 2 };
enum {
  WS_CLOSE_NORMAL = 1000,
  WS_CLOSE_AWAY = 1001,
  WS_CLOSE_PROTOCOL = 1002,
  WS_CLOSE_UTF8 = 1007,
  WS_CLOSE_POLICY = 1008,
  WS_CLOSE_TOO_BIG = 1009,
  WS_CLOSE_LATER = 1013
};

struct ws_config {
  size_t message_max_bytes; /* inbound, after inflation: above it 1009 */
  size_t queue_max_bytes;   /* outbound: above it closed with 1013 */
  int ping_every_ms;        /* 0: 25 s; no byte received for two intervals: the connection is dropped */
  bool deflate;             /* offer permessage-deflate */
  str protocol;             /* the Sec-WebSocket-Protocol to answer, or STR_NONE */
  /* All on the connection's loop; none may block. `open` gets the user pointer of http_upgrade. */
  void (*open)(ws_conn *c, void *user);
  void (*message)(ws_conn *c, int opcode, str payload); /* payload is valid during the call */
  void (*drained)(ws_conn *c);                          /* after ws_wait_drained; never from inside ws_send */
  void (*close)(ws_conn *c, int code, str reason);      /* once, last; also for a lost connection (1006) */
};

/* Upgrades a request (a reply: the request is invalid afterwards); from any thread. An invalid upgrade request
 * gets 400 or 426. The config must outlive the server. If `open` is never called (the client disconnected, or
 * the request was refused) `gone` is called with user, on the caller's thread or the loop's; it may be NULL. */
void http_upgrade(http_req *req, const struct ws_config *config, void *user, void (*gone)(void *user));

/* The same, but from `open` on the socket belongs to `loop`, one of http_server_loop of the same server. For
 * code that keeps a client's state on one loop while its connections may arrive on any. */
void http_upgrade_on(http_req *req, net_loop *loop, const struct ws_config *config, void *user,
                     void (*gone)(void *user));

/* ---- on the connection's loop ---- */
void ws_set_user(ws_conn *c, void *user);
void *ws_user(const ws_conn *c);
net_loop *ws_loop(const ws_conn *c);
/* Marks the peer as authenticated, if the handshake's head did not already (http_mark_authenticated). Until then
 * the connection counts as silent when connections run short, and its messages as unauthenticated bodies. */
void ws_mark_authenticated(ws_conn *c);
/* Queues a frame and takes a reference; false when the connection is closing or above its limit. */
bool ws_send(ws_conn *c, ws_frame *frame);
bool ws_send_text(ws_conn *c, str text);
/* The same for a caller that can send the frame later: a queue that would exceed limit_bytes (at most queue_max_bytes)
 * is left unchanged. */
enum ws_offer { WS_QUEUED, WS_FULL, WS_CLOSING };
enum ws_offer ws_offer(ws_conn *c, ws_frame *frame, size_t limit_bytes);
size_t ws_queued_bytes(const ws_conn *c);
/* All bytes that the kernel has accepted for this socket so far; grows while the client reads. */
uint64_t ws_written_bytes(const ws_conn *c);
/* Calls config.drained once, in a later turn, as soon as at most below_bytes are queued. */
void ws_wait_drained(ws_conn *c, size_t below_bytes);
/* For a client that reads nothing: drops the queue, closes with 1013 and the reason "too slow". */
void ws_drop_slow(ws_conn *c);
/* Sends a close frame and waits a little for the answer. */
void ws_close(ws_conn *c, int code, str reason);

/* ---- any thread ---- */
ws_frame *ws_frame_new(int opcode, str payload); /* one reference, the caller's; compressed once if it is worth it */
ws_frame *ws_frame_ref(ws_frame *f);
void ws_frame_unref(ws_frame **f);
int ws_frame_opcode(const ws_frame *f);
str ws_frame_payload(const ws_frame *f); /* as passed; valid while a reference is held */

#endif
