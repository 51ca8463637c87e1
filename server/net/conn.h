/* Internal to the HTTP server: shards (a loop with its connections), connections, requests. Not for users of net.
 *
 * Only the loop uses what is declared here, except where a field says otherwise. A connection is freed at the end of the
 * turn in which it closed, so that no caller up the stack has a dangling pointer. */
#ifndef SB_NET_CONN_H
#define SB_NET_CONN_H

#include "net/addr.h"
#include "net/budget.h"
#include "net/chunked.h"
#include "net/http.h"
#include "net/loop_internal.h"
#include "net/out.h"
#include "net/parse.h"
#include "net/ws.h"

#include <stdatomic.h>

enum {
  CONN_MAGIC = 0x434f4e4e,
  REQ_MAGIC = 0x52455155,
  READ_BYTES = 64 << 10,        /* one recv */
  KEPT_MAX = 64 << 10,          /* unparsed bytes a connection may hold: above it reading pauses */
  KEPT_BEHIND_MAX = 16 << 10,   /* the same while a request is in progress */
  OUT_HIGH_BYTES = 256 << 10,   /* pipelined requests wait while this much is unsent */
  DROP_DEFAULT_BYTES = 1 << 20, /* max_body_bytes 0 of HTTP_BODY_NONE */
  DRAIN_MAX_BYTES = 64 << 10,   /* an unwanted body up to this size is read to its end, else the connection closes */
  WHEEL_SLOTS = 1024,
  WHEEL_TICK_MS = 100,
  PULL_TIMEOUT_MS = 120000, /* for the next piece of a remote file; whoever brings it has shorter ones */
  LINGER_MS = 2000,         /* after our FIN, so that the client can read the response before a reset destroys it */
  REQS_KEPT = 64,
};

/* A timing wheel for connection deadlines: postponing one costs nothing, see wheel.c. */
struct wheel {
  struct conn *slots[WHEEL_SLOTS];
  uint32_t now, count;
  int64_t origin_ms;
};

/* Only the loop writes these; any thread reads them. */
struct shard_stats {
  atomic_uint_fast64_t connections_total, requests_total, responses_by_class[6], bytes_in, bytes_out, refused_total;
  atomic_uint_fast64_t parse_errors, connections_open, websockets_open, ws_frames_out, ws_dropped_slow;
};
#define STAT_ADD(field, n)                                                                              \
  atomic_store_explicit(&(field), atomic_load_explicit(&(field), memory_order_relaxed) + (uint64_t)(n), \
                        memory_order_relaxed)

struct shard {
  struct http_server *server; /* only for the loop and its workers: a late reply may outlive the server */
  const sb_clock *clock;
  atomic_bool draining;
  net_loop *loop;
  struct budget *budget; /* holds a reference */
  atomic_uint refs;      /* held by the server and each request */
  pthread_mutex_t lock;
  bool closed; /* under lock: the loop has ended, nothing can be posted */

  struct net_watch listener;
  int spare_fd; /* closed to accept and drop a connection when descriptors run out */
  net_timer *accept_again, *tick;
  struct conn *conns;                      /* all */
  struct conn *dirty;                      /* connections to flush at the turn's end */
  struct conn *pumped;                     /* connections with kept bytes to process */
  struct conn *dead;                       /* connections to free */
  struct conn *silent_first, *silent_last; /* see shed.c */
  http_req *spare_reqs;
  size_t spare_reqs_count;
  struct wheel wheel;
  struct shard_stats stats;
  char scratch[KEPT_MAX + READ_BYTES];
};

struct http_server {
  struct http_config config; /* with defaults filled in */
  char *host, *spool_dir;
  struct net_blocks trusted;
  struct budget *budget;
  net_pool *pool;
  struct shard **shards;
  int shards_count;
  uint16_t port;
  bool started, stopped;
  atomic_size_t open;   /* of all shards */
  pthread_mutex_t lock; /* guards counts; used with all_closed */
  pthread_cond_t all_closed;
  struct net_counts counts;
};

enum conn_state {
  CONN_HEAD,   /* idle, or receiving a head */
  CONN_ADMIT,  /* a worker decides whether the body is admitted */
  CONN_BODY,   /* receiving a body */
  CONN_DRAIN,  /* discarding the rest of a body after the response */
  CONN_BUSY,   /* a handler has the request */
  CONN_WS,     /* upgraded */
  CONN_MOVING, /* upgraded, moving to another loop */
  CONN_LINGER, /* the last response is being or has been sent: input is dropped */
};

struct conn {
  struct net_watch watch;
  uint32_t magic;
  uint8_t state; /* enum conn_state */
  bool dead, dirty_listed, pump_listed, in_wheel, paused, blocked, saw_eof, fin_sent, counted, trusted, head_began;
  bool silent_listed;
  bool authenticated; /* the WebSocket's peer */
  struct shard *shard;
  struct conn *next, *prev, *next_dirty, *next_pumped; /* next_dirty also links the dead */
  struct conn *wheel_next, **wheel_at;
  uint32_t wheel_slot_tick, due_tick; /* due UINT32_MAX: never */
  uint32_t silent_tick;               /* when it last became idle */
  struct conn *silent_next, *silent_prev;
  uint32_t kept_len;
  char *kept; /* bytes read but not processed; NULL in an idle connection */
  struct head_scan scan;
  http_req *req; /* the current request, at most one */
  ws_conn *ws;
  struct upgrade *moving; /* CONN_MOVING */
  uint64_t drain_left;
  struct outq out;
  struct net_addr peer;
};

/* The state of receiving a body, used while the connection is in CONN_BODY. */
struct body_in {
  bool chunked, finished, admitted;
  uint64_t left; /* only without chunked */
  uint64_t taken;
  struct chunked decoder;
  uint64_t window_bytes; /* taken since the last rate check */
  struct http_plan plan;
  str boundary;              /* for a multipart body */
  struct budget_share share; /* its share of memory and disk for bodies */
  buf memory;
  struct spool *spool;
};

struct http_req {
  uint32_t magic;
  struct shard *shard; /* holds a reference */
  struct conn *conn;   /* used by the loop only; NULL when the client has disconnected */
  http_req *next_spare;
  arena *arena;
  atomic_bool gone, replied, authenticated;
  bool close_after;                          /* set when the reply is built */
  bool body_unfinished;                      /* the reply was made before the body's end */
  bool in_handler;                           /* a worker has it, or had it */
  void (*on_gone)(http_req *req, void *arg); /* used by the loop only */
  void *on_gone_arg;
  void (*wants_gone)(http_req *req, void *arg); /* being handed to the loop */
  void *wants_gone_arg;
  void *user;
  int64_t received_us;
  struct net_addr peer, client;

  str method_name, target, path, query, host;
  enum http_method method;
  int minor_version;
  bool plain_errors;
  bool wants_close, wants_keep_alive, wants_upgrade, expects_continue, https;
  struct http_header *headers;
  size_t headers_count;
  struct body_in body;

  buf extra_headers;
  int status;
  struct out_piece out[3]; /* the reply: head, body */
  int out_count;
  struct upgrade *upgrade; /* the reply is a WebSocket */
  struct http_pull *pull;  /* the reply's last piece is a remote file's: no reference */
};

struct upgrade;

/* ---- server.c ---- */
void shard_ref(struct shard *s);
void shard_unref(struct shard *s);
/* Posts to the shard's loop; false when the loop has ended. */
bool shard_post(struct shard *s, void (*fn)(void *arg), void *arg);

/* ---- listen.c ---- */
err listen_open(struct http_server *server);
bool listen_start(struct shard *s);
void listen_stop(struct shard *s);
void listen_uncount(struct http_server *server, const struct net_addr *peer);

/* ---- shed.c: closing idle connections when connections run short ---- */
void shed_note_silent(struct conn *c); /* it is idle from now on: waits for a head, a frame or an event */
void shed_forget(struct conn *c);
bool shed_one(struct shard *s); /* closes the connection idle longest; false: this loop has none */
void shed_turn(struct shard *s);

/* ---- conn.c: after conn_destroy each of these does nothing, so the close callback may call them ---- */
/* counted: towards its address's limit. trusted: from a trusted proxy. */
void conn_new(struct shard *s, int fd, const struct net_addr *peer, bool counted, bool trusted);
void conn_destroy(struct conn *c);
/* Moves an upgraded connection to the shard that u->to names, at the turn's end. */
void conn_move(struct conn *c, const struct upgrade *u);
void conn_dirty(struct conn *c);
/* Queues a piece; takes one reference to its owner. */
void conn_push(struct conn *c, struct out_piece piece);
/* Processes kept bytes at the turn's end. */
void conn_pump_later(struct conn *c);
void conn_pause(struct conn *c, bool paused);
/* Called when the current request gets an on_gone hook. */
void conn_watch_disconnect(struct conn *c);
/* Sends what is queued, then FIN; drops input from now on. */
void conn_finish(struct conn *c);
/* Lets the connection end after its current response: for a graceful stop. */
void conn_drain(struct conn *c);
/* Responds with a protocol error and closes. The request, if any, is still being received: one that a
 * worker or a handler has is refused with http_reply_err, which needs no connection. */
void conn_refuse(struct conn *c, int status, const char *why);
bool shard_turn_end(void *shard);

/* ---- wheel.c ---- */
uint32_t wheel_ticks(int64_t ms);
/* Sets the connection's deadline, relative to now; -1: none. */
void conn_due(struct conn *c, int64_t ms);
void wheel_remove(struct conn *c);
void wheel_turn(void *shard);      /* a timer */
void conn_timeout(struct conn *c); /* conn.c */

/* ---- intake.c: heads and bodies ---- */
size_t intake_head(struct conn *c, const char *p, size_t n);
size_t intake_body(struct conn *c, const char *p, size_t n);
void intake_hand_over(http_req *req); /* the body is complete: runs the handler */
/* Checks the rate of a body over the past window. */
void intake_body_timeout(struct conn *c);
/* The client disconnected or was refused before its body was complete. */
void intake_abandon(http_req *req);
/* Frees a request without an owner, on its loop or when the loop has ended; a worker removes its spooled files. */
void intake_discard(http_req *req);

/* ---- req.c ---- */
http_req *req_new(struct conn *c);
void req_free(http_req *req); /* on its loop, or when the loop has ended */

/* ---- reply.c ---- */
void reply_deliver(http_req *req);
/* Hands a finished reply to the loop; any thread. */
void reply_send(http_req *req);
struct out_buf *reply_head(http_req *req, int status, str content_type, int64_t length, str inline_body);
/* A complete error response; the text is for people. */
struct out_buf *reply_refusal(int status, const char *why);
bool reply_without_body(const http_req *req, int status);
/* Marks the request answered; asserted to happen once. */
void reply_begin(http_req *req, int status);

/* ---- spool.c ---- */
/* NULL: the client's memory limit is reached, see *refusal. */
struct spool *spool_new(http_req *req, str boundary, err *refusal);
size_t spool_room(const struct spool *s); /* 0: the disk is slower than the client */
void spool_add(struct spool *s, str bytes);
/* Hands a full chunk over. If it returns false, the request has been answered and freed. */
bool spool_push(struct spool *s);
void spool_end(struct spool *s);
/* The client disconnected before the end: true if a worker still holds the request and will free it. */
bool spool_abandon(struct spool *s);
void spool_free(struct spool **s); /* removes files that were not taken */
void spool_remove_files(struct spool *s);
bool spool_has_files(const struct spool *s);
size_t spool_parts(const struct spool *s);
struct http_part *spool_part_at(struct spool *s, size_t i);

/* ---- remote.c ---- */
/* The owner of a piece of `length` bytes, from `from` on; takes remote->user. One reference. */
struct out_owner *pull_new(http_req *req, const struct http_remote *remote, int64_t from, int64_t length);
void pull_enter(struct http_pull *p, struct conn *c); /* on the loop: it is in this connection's queue */

/* ---- ws.c ---- */
struct upgrade {
  const struct ws_config *config;
  void *user;
  void (*gone)(void *user);
  struct shard *to; /* NULL: the request's own shard */
  struct net_addr client;
  bool deflate, authenticated;
  uint8_t window_bits;
};
void ws_begin(struct conn *c, const struct upgrade *u);
size_t ws_input(struct conn *c, char *p, size_t n);
void ws_lost(struct conn *c); /* the connection ends: calls the close callback, then frees the ws_conn */
void ws_timeout(struct conn *c);
void ws_flushed(struct conn *c, size_t sent); /* this many bytes of its queue were sent */

#endif
