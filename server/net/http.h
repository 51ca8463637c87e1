/* The HTTP/1.1 server: RFC 9110 and 9112, strict. A proxy in front, such as Caddy, does TLS and HTTP/2.
 *
 * The loop parses and writes. A request's handler runs on the worker pool (plain blocking code, one arena per request)
 * and replies exactly once, from any thread, at once or later. A request outlives its client: replying to a client that has
 * disconnected is allowed and does nothing. Knows nothing of the product. */
#ifndef SB_NET_HTTP_H
#define SB_NET_HTTP_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "net/loop.h"

typedef struct http_server http_server;
typedef struct http_req http_req;

enum http_method {
  HTTP_GET = 1,
  HTTP_HEAD = 2,
  HTTP_POST = 4,
  HTTP_PUT = 8,
  HTTP_PATCH = 16,
  HTTP_DELETE = 32,
  HTTP_OPTIONS = 64,
};

struct http_header {
  str name, value;
};

/* How a request's body is received. The `route` hook below chooses when the head has arrived. */
enum http_body {
  HTTP_BODY_NONE,      /* the route expects none: a body is read and dropped, up to max_body_bytes (0: 1 MiB) */
  HTTP_BODY_MEMORY,    /* as a whole, in http_body_of() */
  HTTP_BODY_MULTIPART, /* multipart/form-data: parsed as it arrives, files spooled to disk off the loop; a body of
                          another type is received as MEMORY, at most memory_bytes */
};

struct http_plan {
  enum http_body body;
  size_t max_body_bytes; /* above it: 413 and the connection is closed */
  size_t memory_bytes;   /* for MULTIPART: the limit on all fields together, and on a body that is not multipart */
  size_t max_files;
  size_t max_file_bytes;
  /* Decides whether this client may send this body, before any of it is read and before 100 Continue is sent. Runs on
   * a worker, so it may block; for a request without a body, in the handler's own job. False: the hook has replied. NULL:
   * everybody may. Checks that do not block belong in `route`. */
  bool (*admit)(http_req *req, void *user);
  void (*handler)(http_req *req, void *user); /* on a worker; NULL: `route` has already replied */
  void *user;
  bool on_loop; /* the handler runs on the connection's loop instead: it must not block, and may reply later */
};

struct http_config {
  const char *host;
  uint16_t port;                  /* 0: any; see http_server_port */
  int loops;                      /* threads with SO_REUSEPORT; 0: one per two cores, at least one */
  int workers;                    /* 0: 4 */
  size_t work_queue_max;          /* waiting requests; above it 503 + Retry-After: 1024 */
  size_t head_max_bytes;          /* 16 KiB */
  size_t connections_max;         /* 20,000 */
  size_t connections_per_address; /* 0: no limit; trusted proxies are not counted */
  /* Bytes of bodies held at once: above the total 503, above the limit per address 429, both with
   * Retry-After. Per address, 0 means an eighth of the memory and a quarter of the spooled bytes. Senders that are not
   * authenticated (http_mark_authenticated) may use half of each. */
  uint64_t body_memory_max, body_memory_per_address; /* 64 MiB */
  uint64_t spool_max, spool_per_address;             /* 1 GiB */
  int head_timeout_ms;                               /* first byte to end of head: 10 s -> 408 */
  int body_min_bytes_per_s;                          /* over any window of a body: 1024 -> 408 */
  int unauthenticated_min_bytes_per_s;               /* the same for an unauthenticated sender: 16 KiB */
  int body_window_ms;                                /* that window: 10 s */
  int idle_timeout_ms;                               /* keep-alive: 75 s */
  int write_timeout_ms;                              /* the client took no byte for this long: 30 s */
  const char *spool_dir;                             /* for multipart files; must exist */
  const char *trusted_proxies; /* comma-separated addresses or CIDR, whose X-Forwarded-For and -Proto are trusted */
  const sb_clock *clock;
  /* On the loop, once the head is complete: decides how the body is received and which handler runs. It may reply at once
   * (a 404, a redirect); it must not block. */
  void (*route)(http_req *req, struct http_plan *plan, void *user);
  void *user;
};

/* Binds and listens; serving starts with http_server_start. Errors name the address. */
err http_server_new(const struct http_config *config, http_server **out);
err http_server_start(http_server *s);
uint16_t http_server_port(const http_server *s);
net_pool *http_server_pool(http_server *s);
net_loop *http_server_loop(http_server *s, int index);
int http_server_loops(const http_server *s);
/* Graceful: stops accepting, answers open requests with Connection: close, closes WebSockets with 1001, waits at most
 * grace_ms, finishes the workers' jobs, joins. Then http_server_free. Not from a loop or a worker. From then on
 * net_work on the server's pool is refused. A request that is still unanswered may be answered even after the server
 * has been freed. */
void http_server_stop(http_server *s, int grace_ms);
/* After the stop: runs, on the calling thread, what other threads have posted to the loops since they ended. Stop the
 * posting threads before; free what the posts refer to afterwards. */
void http_server_settle(http_server *s);
void http_server_free(http_server **s);

struct http_stats {
  uint64_t connections_total, requests_total, responses_by_class[6], bytes_in, bytes_out, refused_total, parse_errors;
  uint64_t connections_open, websockets_open, ws_frames_out, ws_dropped_slow;
  uint64_t body_bytes_held, spool_bytes_held;
};
void http_server_stats(const http_server *s, struct http_stats *out); /* any thread */

/* ---- reading a request: from `route` and from its handler, until the reply ---- */
enum http_method http_method_of(const http_req *req);
str http_method_name(const http_req *req);
str http_path(const http_req *req); /* percent-decoded, begins with '/', no NUL, dot segments refused with 400 */
str http_raw_target(const http_req *req);
str http_header_of(const http_req *req, str name); /* case-insensitive; STR_NONE when absent; repeated: the first */
size_t http_header_count(const http_req *req);
struct http_header http_header_at(const http_req *req, size_t i);
/* Decoded; + is a space. STR_NONE when absent. The value is valid as long as the request. */
str http_query(http_req *req, str name);
str http_cookie(http_req *req, str name);
str http_client_address(const http_req *req); /* behind a trusted proxy: the client's own */
bool http_is_https(const http_req *req);      /* by a trusted proxy's X-Forwarded-Proto */
/* How a request arrived. A proxy is recognised by Via, Forwarded, X-Real-IP, any X-Forwarded-… or HTTP/1.0.
 * UNTRUSTED_PROXY: its address is not among trusted_proxies; http_client_address is then that address. */
enum http_way { HTTP_WAY_DIRECT, HTTP_WAY_PROXIED, HTTP_WAY_UNTRUSTED_PROXY };
enum http_way http_way_of(const http_req *req);
/* Whether http_client_address may stand for many clients: it belongs to a proxy that is not trusted or names no client. */
bool http_client_is_shared(const http_req *req);
str http_peer_address(const http_req *req); /* of the connection's other end */
/* In `route` or `admit`: the head contains a verified credential. The body may then use the whole
 * budget and may arrive slowly; an unauthenticated body may use half of it and must be complete within one time window
 * unless it arrives fast. Any thread; also later, for a waiting request (see shed.c). */
void http_mark_authenticated(http_req *req);
bool http_body_follows(const http_req *req); /* in `route`: the head announces a body */
str http_body_of(const http_req *req);       /* HTTP_BODY_MEMORY */
arena *http_arena(http_req *req);
int64_t http_received_us(const http_req *req); /* clock_measure_us when the head was complete */
/* The route's own data, for the layers between `route` and the handler. */
void http_set_user(http_req *req, void *data);
void *http_user(const http_req *req);

struct http_part {
  str name, filename /* last path segment only, STR_NONE for a field */, content_type;
  str value;        /* of a field */
  const char *path; /* a file's spooled bytes; removed after the reply unless http_part_take */
  int64_t size_bytes;
};
bool http_is_multipart(const http_req *req);
size_t http_part_count(const http_req *req);
struct http_part *http_part_at(http_req *req, size_t i);
/* Moves the spooled file to new_path (same file system); the caller then owns it. */
err http_part_take(struct http_part *part, const char *new_path);

/* True when the client has disconnected; any thread. on_gone is called once on the loop if it disconnects before the
 * reply. */
bool http_client_gone(const http_req *req);
void http_on_gone(http_req *req, void (*fn)(http_req *req, void *arg), void *arg);

/* ---- replying: exactly once, from any thread; the request is invalid afterwards ---- */
/* Headers for the reply, copied; before the reply. Name and value must hold no CR, LF or NUL (asserted). */
void http_add_header(http_req *req, str name, str value);
/* The same, replacing an earlier header of this name. */
void http_set_header(http_req *req, str name, str value);
/* The body is copied. content_type may be STR_NONE (204, 304). The server adds Date, Content-Length and Connection. */
void http_reply(http_req *req, int status, str content_type, str body);
/* The same, but takes the buf (it becomes empty) without a copy. */
void http_reply_take(http_req *req, int status, str content_type, buf *body);
/* A body shared between replies without a copy (embedded assets): must outlive the server. */
void http_reply_static(http_req *req, int status, str content_type, str body);
/* {"error":{"code","message","field"},"message"} with the status of the err's kind, and Retry-After if it has one. */
void http_reply_err(http_req *req, err e);
/* From now on http_reply_err replies to this request with {"error":"message","code","field"}: for families of routes whose
 * clients expect a plain sentence. A message that does not mention the field gets it as a prefix. */
void http_set_plain_errors(http_req *req);
int http_status_of(enum err_kind kind);
/* A file, streamed with sendfile in bounded pieces; Range (one range; 206, 416), If-Range, If-None-Match, HEAD.
 * etag is already quoted. A file that cannot be opened gives 404. */
struct http_file {
  const char *path;
  str content_type, etag;
  const char *cache_control;
  const char *download_name; /* NULL: inline */
};
void http_reply_file(http_req *req, const struct http_file *file);

/* The same for bytes that lie on another server; file->path is not used, and there is no date. They are asked for piece by piece,
 * each when the one before has been sent, so a slow client costs one piece of memory. If a piece does not come, the connection is
 * closed, since the announced length cannot be kept. */
struct http_pull;
struct http_remote {
  int64_t size_bytes, piece_bytes;
  /* On the loop: must not block. Answered once with http_pull_answer, from any thread, also from within. */
  void (*ask)(void *user, int64_t from, int64_t length, struct http_pull *pull);
  void (*close)(void *user); /* nothing more will be asked for; once, any thread */
  void *user;
};
void http_reply_remote(http_req *req, const struct http_file *file, const struct http_remote *remote);
/* bytes: exactly those asked for, copied; STR_NONE: they cannot be had. */
void http_pull_answer(struct http_pull *pull, str bytes);

/* ---- helpers ---- */
/* Percent-decodes; false on a broken escape or a NUL. */
bool http_url_decode(str s, bool plus_is_space, arena *a, str *out);
/* True when the If-None-Match value covers the etag. */
bool http_etag_matches(str if_none_match, str etag);
/* Chooses "br", "gzip" or "" by Accept-Encoding with q-values, among those available. */
const char *http_pick_encoding(str accept_encoding, bool have_br, bool have_gzip);

#endif
