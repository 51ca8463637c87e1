/* One call of the HTTP client: from a request to a curl handle, and from its end to a result. Shared by
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
  const void *tag; /* the tag for http_client_cancel */
  CURL *easy;
  struct curl_slist *headers;
  curl_mime *mime;
  const char *refusal; /* static: why it cannot start, or NULL */
  char *save_path;
  int fd;      /* of save_path; -1: not open */
  int body_fd; /* of body_path; -1: none */
  int64_t body_from, body_bytes, body_sent;
  buf body;
  size_t max_bytes, saved_bytes;
  int64_t started_us;
  bool cancelled;  /* guarded by the client's lock */
  bool idempotent; /* may be repeated when its connection dies */
  bool sent;       /* part of the request was sent */
  bool given_up;   /* curl tried to repeat it and was prevented */
  bool too_large;
  int save_errno;
};

/* Everything is copied, including the url; the files of parts are opened when they are sent. */
struct http_call *http_call_new(const struct http_client_config *config, const struct http_call_request *request);
void http_call_free(struct http_call **call);
/* Calls `done` with the result; `cancelled`: the server ended the call. */
void http_call_finish(struct http_call *call, CURLcode code, bool cancelled);

#endif
