/* One call of the HTTP client: how a request becomes a curl handle and how its end becomes a result. Shared by
 * http_client.c and http_client_call.c only. */
#ifndef SB_NET_HTTP_CLIENT_CALL_H
#define SB_NET_HTTP_CLIENT_CALL_H

#include "base/buf.h"
#include "net/http_client.h"

#include <curl/curl.h>

struct http_call {
  struct http_call *next, *prev; /* in the client's list of waiting or of running calls */
  void (*done)(const struct http_call_result *result, void *user);
  void *user;
  const void *tag; /* what http_client_cancel names */
  CURL *easy;
  struct curl_slist *headers;
  curl_mime *mime;
  const char *refusal; /* static: why it cannot even start, or NULL */
  char *save_path;
  int fd; /* of save_path; -1: not open */
  buf body;
  size_t max_bytes, saved_bytes;
  int64_t started_us;
  bool cancelled;  /* guarded by the client's lock */
  bool idempotent; /* may be sent anew when its connection dies */
  bool sent;       /* some of the request has left */
  bool given_up;   /* curl wanted to send it a second time and was refused */
  bool too_large;
  int save_errno;
};

/* The url's and all other bytes are copied; the files of parts are opened when they are sent. */
struct http_call *http_call_new(const struct http_client_config *config, const struct http_call_request *request);
void http_call_free(struct http_call **call);
/* Tells `done` how it ended; `cancelled` when we ended it. */
void http_call_finish(struct http_call *call, CURLcode code, bool cancelled);

#endif
