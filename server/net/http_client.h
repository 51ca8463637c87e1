/* The HTTP client: one shared libcurl multi on a thread of its own; keep-alive, timeouts, proxy (http, https, SOCKS),
 * limits on everything that is read. Knows nothing of the product. */
#ifndef SB_NET_HTTP_CLIENT_H
#define SB_NET_HTTP_CLIENT_H

#include "base/arena.h"
#include "base/err.h"

typedef struct http_client http_client;
typedef struct http_call http_call;

struct http_client_config {
  const char *proxy; /* NULL: the environment's; "" : none */
  const char *user_agent;
  long connections_max; /* per host: 64 */
};

struct http_call_part { /* of multipart/form-data */
  const char *name;
  str value;        /* used when path is NULL */
  const char *path; /* streamed from disk */
  const char *filename, *content_type;
};

/* Signs the request for an S3-compatible service (AWS signature version 4). The secrets appear in no error. */
struct http_call_signature {
  const char *region, *access_key, *secret_key; /* copied */
  const char *sha256;                           /* of the body, in hexadecimal */
};

struct http_call_request {
  const char *method, *url;           /* copied; the url never appears in a log */
  const char *const *headers;         /* "Name: value", ended by NULL; may be NULL */
  str body;                           /* copied */
  const char *body_path;              /* instead of body: its bytes are streamed from this file, */
  int64_t body_from, body_bytes;      /* so many, from there on */
  const struct http_call_part *parts; /* copied, except the files' bytes */
  size_t parts_count;
  const char *content_type;               /* of body */
  long connect_timeout_ms, timeout_ms;    /* 5 s, 30 s; timeout covers the whole call */
  long stall_s;                           /* ends a call in which no byte moves for so long; 0: no such limit */
  size_t answer_max_bytes;                /* 4 MiB */
  const struct http_call_signature *sign; /* NULL: none */
  const char *save_path; /* the answer's body is streamed here when the status is 2xx; removed unless complete */
};

enum http_call_outcome {
  CALL_ANSWERED,  /* a complete response with a status */
  CALL_NOT_SENT,  /* nothing reached the server, for certain: no connection, no name */
  CALL_UNCERTAIN, /* part of the request was sent and no complete response came */
  CALL_CANCELLED, /* the client is stopping and nothing was sent */
};

struct http_call_result {
  enum http_call_outcome outcome;
  int status; /* 0: none came; may be known without a complete response */
  str body;   /* valid during `done`; only of a complete response that was not saved */
  str content_type, etag;
  int64_t length;        /* Content-Length of the response; -1: none. Of a HEAD that of the resource */
  int64_t retry_after_s; /* from the header, or -1 */
  int64_t took_ms;
  char error[160]; /* for people, without the url */
};

/* Ends the process when the thread cannot be started, as on memory exhaustion. */
http_client *http_client_new(const struct http_client_config *config);
/* `done` is called exactly once on the client's thread and must not block; it may send further calls. At most 4096 calls
 * wait or run at once; more end as NOT_SENT. Redirects are returned and not followed; nothing is decompressed. A request
 * whose keep-alive connection died is repeated only if none of it was sent, or the method is GET, HEAD, PUT, DELETE or
 * OPTIONS. */
void http_client_send(http_client *c, const struct http_call_request *request,
                      void (*done)(const struct http_call_result *result, void *user), void *user);
/* Blocks the calling thread (never the client's own); the body is copied to `a`. Its tag for http_client_cancel is `a`. */
struct http_call_result http_client_do(http_client *c, const struct http_call_request *request, arena *a);
/* The same; meanwhile the calling thread runs a function periodically, which may block and may cancel the call, but must not
 * use `a`. */
struct http_call_wait {
  int64_t every_ms;
  void (*fn)(void *arg);
  void *arg;
};
struct http_call_result http_client_do_while(http_client *c, const struct http_call_request *request,
                                             const struct http_call_wait *wait, arena *a);
/* Calls waiting and in flight get grace_ms, then end as UNCERTAIN or CANCELLED. Calls sent after this began end so
 * at once (the last of them on this thread). All `done`s have run when it returns. */
void http_client_free(http_client **c, int grace_ms);
/* For long polls, which must end at once when the server stops: ends every call with this tag (not NULL) as CANCELLED, or
 * as UNCERTAIN if part of it was sent. Does not wait for their `done`s. From any thread. */
void http_client_cancel(http_client *c, void *user);
void http_client_cancel_all(http_client *c);

#endif
