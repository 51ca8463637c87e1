/* Inside the HTTP server: shards (a loop with its connections), connections, requests. Not for users of net.
 *
 * Everything here is its loop's alone, except where a field says otherwise. A connection is freed at the end of the
 * turn in which it closed, so that no caller up the stack is left with a dangling pointer. */
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
  KEPT_MAX = 64 << 10,          /* unparsed bytes a connection may hold: past it reading pauses */
  KEPT_BEHIND_MAX = 16 << 10,   /* the same behind a request in work */
  OUT_HIGH_BYTES = 256 << 10,   /* pipelined requests wait while so much is unsent */
  DROP_DEFAULT_BYTES = 1 << 20, /* max_body_bytes 0 of HTTP_BODY_NONE */
  DRAIN_MAX_BYTES = 64 << 10,   /* a body nobody wants is read to its end up to here, else the connection closes */
  WHEEL_SLOTS = 1024,
  WHEEL_TICK_MS = 100,
  LINGER_MS = 2000, /* after our FIN: the client may read our answer before a reset destroys it */
  REQS_KEPT = 64,
};

/* A turning wheel of deadlines for connections: setting a later one costs nothing, see wheel.c. */
struct wheel {
  struct conn *slots[WHEEL_SLOTS];
  uint32_t now, count;
  int64_t origin_ms;
};

/* Written by the loop alone, read by any thread. */
struct shard_stats {
  atomic_uint_fast64_t connections_total, requests_total, responses_by_class[6], bytes_in, bytes_out, refused_total;
  atomic_uint_fast64_t parse_errors, connections_open, websockets_open, ws_frames_out, ws_dropped_slow;
};
#define STAT_ADD(field, n)                                                                              \
  atomic_store_explicit(&(field), atomic_load_explicit(&(field), memory_order_relaxed) + (uint64_t)(n), \
                        memory_order_relaxed)

struct shard {
  struct http_server *server; /* for the loop and its workers: a late reply may outlive it */
  const sb_clock *clock;
  atomic_bool draining;
  net_loop *loop;
  struct budget *budget; /* a reference */
  atomic_uint refs;      /* the server's and each request's */
  pthread_mutex_t lock;
  bool closed; /* under lock: the loop has ended, nothing can be posted */

  struct net_watch listener;
  int spare_fd; /* given up to accept and drop a connection when descriptors run out */
  net_timer *accept_again, *tick;
  struct conn *conns;                      /* all */
  struct conn *dirty;                      /* something to write at the turn's end */
  struct conn *pumped;                     /* kept bytes to go on with */
  struct conn *dead;                       /* to free */
  struct conn *silent_first, *silent_last; /* see shed.c */
  http_req *spare_reqs;
  size_t spare_reqs_count;
  struct wheel wheel;
  struct shard_stats stats;
  char scratch[KEPT_MAX + READ_BYTES];
};

struct http_server {
  struct http_config config; /* with its defaults filled in */
  char *host, *spool_dir;
  struct net_blocks trusted;
  struct budget *budget;
  net_pool *pool;
  struct shard **shards;
  int shards_count;
  uint16_t port;
  bool started, stopped;
  atomic_size_t open;   /* connections of all shards */
  pthread_mutex_t lock; /* guards counts; all_closed goes with it */
  pthread_cond_t all_closed;
  struct net_counts counts;
};

enum conn_state {
  CONN_HEAD,   /* idle, or a head is coming */
  CONN_ADMIT,  /* a worker asks whether the body may come */
  CONN_BODY,   /* a body is coming */
  CONN_DRAIN,  /* the rest of a body that was answered already is coming and dropped */
  CONN_BUSY,   /* a handler has the request */
  CONN_WS,     /* upgraded */
  CONN_MOVING, /* upgraded, on its way to another loop */
  CONN_LINGER, /* the last answer is leaving, or has left: what comes is dropped */
};

struct conn {
  struct net_watch watch;
  uint32_t magic;
  uint8_t state; /* enum conn_state */
  bool dead, dirty_listed, pump_listed, in_wheel, paused, blocked, saw_eof, fin_sent, counted, trusted, head_began;
  bool silent_listed;
  bool known; /* a WebSocket's other end has proven who it is */
  struct shard *shard;
  struct conn *next, *prev, *next_dirty, *next_pumped; /* next_dirty also links the dead */
  struct conn *wheel_next, **wheel_at;
  uint32_t wheel_slot_tick, due_tick; /* due UINT32_MAX: never */
  uint32_t silent_tick;               /* when it fell silent last */
  struct conn *silent_next, *silent_prev;
  uint32_t kept_len;
  char *kept; /* bytes read and not taken yet; NULL in an idle connection */
  struct head_scan scan;
  http_req *req; /* the one in work: there is at most one */
  ws_conn *ws;
  struct upgrade *moving; /* CONN_MOVING */
  uint64_t drain_left;
  struct outq out;
  struct net_addr peer;
};

/* How a body comes in; part of the request while its connection is in CONN_BODY. */
struct body_in {
  bool chunked, finished, admitted;
  uint64_t left; /* without chunked */
  uint64_t taken;
  struct chunked decoder;
  uint64_t window_bytes; /* taken since the rate was last looked at */
  struct http_plan plan;
  str boundary;              /* of a multipart body */
  struct budget_share share; /* of the memory and disk that bodies may take */
  buf memory;
  struct spool *spool;
};

struct http_req {
  uint32_t magic;
  struct shard *shard; /* a reference */
  struct conn *conn;   /* the loop's; NULL when the client has gone */
  http_req *next_spare;
  arena *arena;
  atomic_bool gone, replied, known;
  bool close_after;                          /* decided when the reply is built */
  bool body_unfinished;                      /* the reply comes before the body's end */
  bool in_handler;                           /* a worker has it, or had it */
  void (*on_gone)(http_req *req, void *arg); /* the loop's */
  void *on_gone_arg;
  void (*wants_gone)(http_req *req, void *arg); /* on its way to the loop */
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
};

struct upgrade;

/* ---- server.c ---- */
void shard_ref(struct shard *s);
void shard_unref(struct shard *s);
/* Posts to the shard's loop, or returns false when that has ended. */
bool shard_post(struct shard *s, void (*fn)(void *arg), void *arg);

/* ---- listen.c ---- */
err listen_open(struct http_server *server);
bool listen_start(struct shard *s);
void listen_stop(struct shard *s);
void listen_uncount(struct http_server *server, const struct net_addr *peer);

/* ---- shed.c: room when connections run short ---- */
void shed_note_silent(struct conn *c); /* it waits from now on: for a head, a frame, or something to happen */
void shed_forget(struct conn *c);
bool shed_one(struct shard *s); /* cuts the longest silent; false: there is none on this loop */
void shed_turn(struct shard *s);

/* ---- conn.c: after conn_destroy each of these does nothing, so a callback of the connection's end may call them ---- */
/* counted: among those of its address. trusted: a proxy's. */
void conn_new(struct shard *s, int fd, const struct net_addr *peer, bool counted, bool trusted);
void conn_destroy(struct conn *c);
/* Moves an upgraded connection to the shard that u->to names, at the turn's end. */
void conn_move(struct conn *c, const struct upgrade *u);
void conn_dirty(struct conn *c);
/* Queues a piece, taking over one reference to its owner. */
void conn_push(struct conn *c, struct out_piece piece);
/* Goes on with kept bytes at the turn's end. */
void conn_pump_later(struct conn *c);
void conn_pause(struct conn *c, bool paused);
/* The request in work has got an on_gone hook. */
void conn_watch_going(struct conn *c);
/* What is queued leaves, then our FIN; input is dropped from now on. */
void conn_finish(struct conn *c);
/* Asks the connection to end when it has answered: a graceful stop. */
void conn_drain(struct conn *c);
/* Answers with an error of the protocol's own and finishes. The request, if any, is still being taken: one that a
 * worker or a handler has is refused with http_reply_err, which needs no connection. */
void conn_refuse(struct conn *c, int status, const char *why);
bool shard_turn_end(void *shard);

/* ---- wheel.c ---- */
uint32_t wheel_ticks(int64_t ms);
/* The connection's deadline is so far from now; -1: none. */
void conn_due(struct conn *c, int64_t ms);
void wheel_remove(struct conn *c);
void wheel_turn(void *shard);      /* a timer */
void conn_timeout(struct conn *c); /* conn.c */

/* ---- intake.c: heads and bodies ---- */
size_t intake_head(struct conn *c, const char *p, size_t n);
size_t intake_body(struct conn *c, const char *p, size_t n);
void intake_hand_over(http_req *req); /* the body is whole: to the handler */
/* The rate of a body over the window that has passed. */
void intake_body_timeout(struct conn *c);
/* The client has gone, or was refused, before its body was whole. */
void intake_abandon(http_req *req);
/* Frees a request that nobody has any more, on its loop or when that has ended; what it spooled is removed by a worker. */
void intake_discard(http_req *req);

/* ---- req.c ---- */
http_req *req_new(struct conn *c);
void req_free(http_req *req); /* on its loop, or when that has ended */

/* ---- reply.c ---- */
void reply_deliver(http_req *req);
/* Hands a finished reply to the loop; from any thread. */
void reply_send(http_req *req);
struct out_buf *reply_head(http_req *req, int status, str content_type, int64_t length, str inline_body);
/* A whole error answer; the text is for people. */
struct out_buf *reply_refusal(int status, const char *why);
bool reply_without_body(const http_req *req, int status);
/* Marks the request answered; asserted to happen once. */
void reply_begin(http_req *req, int status);

/* ---- spool.c ---- */
/* NULL: there is no memory left for this client, see *refusal. */
struct spool *spool_new(http_req *req, str boundary, err *refusal);
size_t spool_room(const struct spool *s); /* 0: the disk is slower than the client */
void spool_add(struct spool *s, str bytes);
/* Hands a full chunk over. When it returns false the request has been answered and freed. */
bool spool_push(struct spool *s);
void spool_end(struct spool *s);
/* The client has gone before the end: true when a worker still holds the request and will free it. */
bool spool_abandon(struct spool *s);
void spool_free(struct spool **s); /* removes the files that nobody took */
void spool_remove_files(struct spool *s);
bool spool_has_files(const struct spool *s);
size_t spool_parts(const struct spool *s);
struct http_part *spool_part_at(struct spool *s, size_t i);

/* ---- ws.c ---- */
struct upgrade {
  const struct ws_config *config;
  void *user;
  void (*gone)(void *user);
  struct shard *to; /* NULL: the request's own */
  struct net_addr client;
  bool deflate, known;
  uint8_t window_bits;
};
void ws_begin(struct conn *c, const struct upgrade *u);
size_t ws_input(struct conn *c, char *p, size_t n);
void ws_lost(struct conn *c); /* the connection ends: the close callback, then the ws_conn goes */
void ws_timeout(struct conn *c);
void ws_flushed(struct conn *c, size_t sent); /* so many bytes of its queue have left */

#endif
