/* Internal to the Engine.IO server: hubs (a loop with its sessions), sessions, their WebSockets. Not for users of net.
 *
 * Only its loop uses a hub and its sessions; only the lock and what it guards are shared. */
#ifndef SB_NET_EIO_INTERNAL_H
#define SB_NET_EIO_INTERNAL_H

#include "net/eio.h"
#include "net/eio_packet.h"
#include "net/loop_internal.h"

#include <stdatomic.h>

enum {
  EIO_SERVER_MAGIC = 0x45494f53,
  EIO_SESSION_MAGIC = 0x4549534e,
  EIO_SID_BYTES = 20,
  EIO_HUBS_MAX = 64, /* the sid's first character names the hub */
  /* how long a polling session that the server ended waits for a poll to carry the close packet */
  EIO_CLOSED_KEPT_MS = 30000,
  EIO_ADDRESS_BYTES = 48,
};

/* What a session waits for; each kind has one duration, so a list in insertion order is ordered by deadline. */
enum eio_due { EIO_DUE_NONE = -1, EIO_DUE_PING, EIO_DUE_PONG, EIO_DUE_CLOSED, EIO_DUE_UPGRADE, EIO_DUES };

struct eio_wait {
  struct eio_wait *next, *prev;
  int64_t at_ms;
  int8_t kind; /* enum eio_due */
};

/* A WebSocket that belongs to a session or is being attached to one. Freed when the socket has closed or never opened. */
struct eio_link {
  struct eio_server *server;
  struct eio_hub *hub;  /* the hub that will hold the session; NULL until `open` of a handshake */
  eio_session *session; /* NULL: none yet, or it has ended */
  ws_conn *conn;        /* NULL until open */
  bool handshake;       /* opens a session of its own */
  bool probed;          /* "2probe" was received */
  bool probing;         /* it is session->probe */
  struct eio_wait wait; /* EIO_DUE_UPGRADE */
  void *data;           /* from `allow`, until the session owns it */
  char address[EIO_ADDRESS_BYTES];
};

struct eio_hub {
  struct eio_server *server;
  net_loop *loop;
  int index;
  pthread_mutex_t lock;
  bool closed; /* guarded by the lock: no more posts */
  eio_session **buckets;
  size_t buckets_count, sessions_count;
  struct eio_wait waits[EIO_DUES];                           /* rings: heads */
  eio_session *unauthenticated_first, *unauthenticated_last; /* open unauthenticated sessions, the oldest first */
  net_timer *timer;
  int64_t timer_ms;
  eio_session *dirty; /* to flush or end in the next turn */
  bool flush_posted;
};

enum eio_state {
  EIO_OPEN_STATE,
  EIO_DOOMED, /* ends in the next turn: its queue was full */
  EIO_ENDED,  /* `close` was called; a polling session may still wait for a poll to carry the close */
};

struct eio_session {
  uint32_t magic;
  uint8_t state; /* enum eio_state */
  bool dirty_listed, listed, wants_drained, authenticated;
  uint32_t refs; /* held by the table and each running call */
  struct eio_hub *hub;
  eio_session *next, *next_dirty; /* in the bucket; in the hub's dirty list */
  eio_session *older, *newer;     /* while it is unauthenticated */
  struct eio_wait wait;
  void *user, *data;
  struct eio_link *link;  /* its WebSocket; NULL: polling */
  struct eio_link *probe; /* the WebSocket that is to become the link */
  http_req *poll;         /* the waiting GET */
  uint32_t poll_serial;   /* counts polls, since a request's memory is reused */
  ws_frame **queue;       /* a ring, while polling */
  uint32_t queue_head, queue_count, queue_cap;
  size_t queue_bytes;
  size_t drained_below_bytes;
  char sid[EIO_SID_BYTES];
  char address[EIO_ADDRESS_BYTES];
};

struct eio_server {
  uint32_t magic;
  http_server *http;
  struct eio_config config;
  struct ws_config ws;
  char *path, *allowed_origins;
  struct eio_hub *hubs;
  int hubs_count;
  atomic_bool stopping;
  atomic_int_fast64_t sessions_open, websockets_open, polls_waiting, sessions_total, upgrades_total, ping_timeouts,
      protocol_errors, dropped_slow;
};

/* ---- eio.c ---- */
struct eio_hub *eio_hub_of(eio_server *e, const net_loop *loop);
bool eio_hub_post(struct eio_hub *h, void (*fn)(void *arg), void *arg);
eio_session *eio_find(struct eio_hub *h, str sid);
/* Creates a session; the table holds its one reference. The caller calls config.open. */
eio_session *eio_session_new(struct eio_hub *h, str address, void *data);
/* Ends the oldest unauthenticated session of this loop; false: there is none. */
bool eio_make_room(struct eio_hub *h);
void eio_wait_start(struct eio_hub *h, struct eio_wait *w, enum eio_due kind);
void eio_wait_stop(struct eio_wait *w);
/* Whether its time to answer a ping is over, although its timer has not run yet in this turn. */
bool eio_is_unresponsive(const eio_session *s);
void eio_end_unresponsive(eio_session *s); /* ends it for that reason */
/* Processes a packet from the session's transport. False: the session has ended. */
bool eio_receive(eio_session *s, const struct eio_packet *p);
void eio_flush_later(eio_session *s);
void eio_notify_drained(eio_session *s); /* if requested and drained */
/* Ends the session for this reason without sending anything. */
void eio_lose(eio_session *s, enum eio_reason reason);
/* The open packet's JSON. */
void eio_add_handshake(buf *b, const eio_session *s, bool upgradable);
ws_frame *eio_queue_pop(eio_session *s);

/* ---- eio_http.c ---- */
/* Answers the waiting poll with the queue and a final packet of this type (0: none). */
void eio_poll_answer(eio_session *s, char last);

/* ---- eio_ws.c ---- */
void eio_ws_config(struct ws_config *config, const struct eio_config *from);
void eio_ws_handshake(eio_server *e, http_req *req, void *data);
void eio_ws_probe(eio_session *s, http_req *req);
/* Opens and closes a second WebSocket of a session that has one or is upgrading; the session continues. The protocol has
 * no HTTP response for this case, and the client that lost the race must see its socket close. */
void eio_ws_reject(eio_session *s, http_req *req);
/* Detaches a link that the session no longer uses. */
void eio_link_drop(struct eio_link **link, int code, str reason);
void eio_link_timeout(struct eio_link *l);

#endif
