/* Inside the Engine.IO server: hubs (a loop with its sessions), sessions, their WebSockets. Not for users of net.
 *
 * A hub and all of its sessions are its loop's alone; only its lock and what that guards are shared. */
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

/* What a session waits for; each kind has one duration, so a list in order of arrival is in order of time. */
enum eio_due { EIO_DUE_NONE = -1, EIO_DUE_PING, EIO_DUE_PONG, EIO_DUE_CLOSED, EIO_DUE_UPGRADE, EIO_DUES };

struct eio_wait {
  struct eio_wait *next, *prev;
  int64_t at_ms;
  int8_t kind; /* enum eio_due */
};

/* A WebSocket on its way to a session or of one. Freed when the socket has closed or never opened. */
struct eio_link {
  struct eio_server *server;
  struct eio_hub *hub;  /* that will hold the session; NULL until a handshake's own `open` */
  eio_session *session; /* NULL: none yet, or it has ended */
  ws_conn *conn;        /* NULL until open */
  bool handshake;       /* opens a session of its own */
  bool probed;          /* "2probe" was heard */
  bool probing;         /* it is session->probe */
  struct eio_wait wait; /* EIO_DUE_UPGRADE */
  void *data;           /* of `allow`, until the session has it */
  char address[EIO_ADDRESS_BYTES];
};

struct eio_hub {
  struct eio_server *server;
  net_loop *loop;
  int index;
  pthread_mutex_t lock;
  bool closed; /* under the lock: nothing is posted any more */
  eio_session **buckets;
  size_t buckets_count, sessions_count;
  struct eio_wait waits[EIO_DUES];                           /* rings: heads */
  eio_session *unauthenticated_first, *unauthenticated_last; /* open sessions of nobody known, the oldest first */
  net_timer *timer;
  int64_t timer_ms;
  eio_session *dirty; /* to be flushed, or ended, in the next turn */
  bool flush_posted;
};

enum eio_state {
  EIO_OPEN_STATE,
  EIO_DOOMED, /* ends in the next turn: its queue was full */
  EIO_ENDED,  /* `close` was called; a polling one may still wait for a poll to tell */
};

struct eio_session {
  uint32_t magic;
  uint8_t state; /* enum eio_state */
  bool dirty_listed, listed, wants_drained, known;
  uint32_t refs; /* the table's, and each running call's */
  struct eio_hub *hub;
  eio_session *next, *next_dirty; /* in the bucket; in the hub's dirty list */
  eio_session *older, *newer;     /* while it is a stranger's */
  struct eio_wait wait;
  void *user, *data;
  struct eio_link *link;  /* its WebSocket; NULL: polling */
  struct eio_link *probe; /* that wants to become it */
  http_req *poll;         /* the GET that waits */
  uint32_t poll_serial;   /* counts them, since a request's memory is used again */
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
/* Makes a session; its one reference is the table's. The caller calls config.open. */
eio_session *eio_session_new(struct eio_hub *h, str address, void *data);
/* Ends the oldest session of nobody known on this loop; false: there is none. */
bool eio_make_room(struct eio_hub *h);
void eio_wait_start(struct eio_hub *h, struct eio_wait *w, enum eio_due kind);
void eio_wait_stop(struct eio_wait *w);
/* Its time to answer a ping is over, and only its timer has not been looked at in this turn. */
bool eio_silent_too_long(const eio_session *s);
void eio_silence_ends(eio_session *s); /* for that reason */
/* Hears a packet of the session's own transport. False: the session has ended. */
bool eio_hear(eio_session *s, const struct eio_packet *p);
void eio_flush_later(eio_session *s);
void eio_tell_drained(eio_session *s); /* if that is wanted and so */
/* The session ends for this reason, with nothing more said. */
void eio_lose(eio_session *s, enum eio_reason reason);
/* The open packet's JSON. */
void eio_add_handshake(buf *b, const eio_session *s, bool upgradable);
ws_frame *eio_queue_pop(eio_session *s);

/* ---- eio_http.c ---- */
/* Answers the poll that waits with what is queued and, last, with a packet of this type (0: none). */
void eio_poll_answer(eio_session *s, char last);

/* ---- eio_ws.c ---- */
void eio_ws_config(struct ws_config *config, const struct eio_config *from);
void eio_ws_handshake(eio_server *e, http_req *req, void *data);
void eio_ws_probe(eio_session *s, http_req *req);
/* Opens and closes a second WebSocket of a session that has one or is upgrading; the session goes on. The protocol has
 * no HTTP answer for this case, and a client that lost the race must see its socket end. */
void eio_ws_turn_away(eio_session *s, http_req *req);
/* The session has ended, or has no more use for the link. */
void eio_link_drop(struct eio_link **link, int code, str reason);
void eio_link_timeout(struct eio_link *l);

#endif
