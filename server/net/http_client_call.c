/* See http_client_call.h.
 *
 * Whether anything reached the server decides if a message may be sent again without a duplicate for the customer. So
 * `sent` is set when curl reports that it wrote bytes of the request to the connection (to the far end of a tunnel, not to
 * the proxy). curl repeats a request whose keep-alive connection died; this is prevented before the second sending
 * unless the first wrote nothing or the method is idempotent. The url may hold a token: errors are built from
 * curl's static texts only. */
#include "net/http_client_call.h"

#include "base/clock.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

enum {
  CONNECT_TIMEOUT_MS = 5000,
  TIMEOUT_MS = 30000,
  ANSWER_MAX_BYTES = 4 << 20,
  UPLOAD_BUFFER_BYTES = 256 << 10,
  IDLE_CONNECTION_S = 60, /* a lower value makes it rarer to send a request on a connection that is being closed */
};

static int on_debug(CURL *easy, curl_infotype type, char *data, size_t n, void *user) {
  (void)easy;
  struct http_call *call = user;
  bool request = type == CURLINFO_HEADER_OUT || type == CURLINFO_DATA_OUT;
  if (request && n > 0 && !str_starts((str){data, n}, S("CONNECT "))) call->sent = true;
  return 0;
}

/* Called each time a connection is ready and before the request is written to it. */
static int on_ready(void *user, char *remote, char *local, int remote_port, int local_port) {
  (void)remote, (void)local, (void)remote_port, (void)local_port;
  struct http_call *call = user;
  if (!call->sent || call->idempotent) return CURL_PREREQFUNC_OK;
  call->given_up = true;
  return CURL_PREREQFUNC_ABORT;
}

static bool is_saved(struct http_call *call) {
  long status = 0;
  curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
  return call->save_path && status >= 200 && status < 300;
}

static bool open_file(struct http_call *call) {
  if (call->fd < 0) call->fd = open(call->save_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  if (call->fd < 0) call->save_errno = errno;
  return call->fd >= 0;
}

static bool save(struct http_call *call, const char *data, size_t n) {
  if (!open_file(call)) return false;
  if (n > call->max_bytes - call->saved_bytes) return call->too_large = true, false;
  call->saved_bytes += n;
  while (n) {
    ssize_t put = write(call->fd, data, n);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return call->save_errno = errno, false;
    data += put;
    n -= (size_t)put;
  }
  return true;
}

static size_t on_body(char *data, size_t size, size_t count, void *user) {
  struct http_call *call = user;
  size_t n = size * count;
  if (is_saved(call)) return save(call, data, n) ? n : CURL_WRITEFUNC_ERROR;
  buf_add(&call->body, (str){data, n});
  if (!call->body.overflow) return n;
  call->too_large = true;
  return CURL_WRITEFUNC_ERROR;
}

/* ---- a body from a file ---- */

static size_t read_body(char *out, size_t size, size_t count, void *user) {
  struct http_call *call = user;
  int64_t left = call->body_bytes - call->body_sent;
  size_t room = size * count, wanted = left < (int64_t)room ? (size_t)left : room;
  ssize_t n = 0;
  do n = pread(call->body_fd, out, wanted, (off_t)(call->body_from + call->body_sent));
  while (n < 0 && errno == EINTR);
  if (n < 0 || (n == 0 && wanted)) return CURL_READFUNC_ABORT; /* the file has shrunk */
  call->body_sent += n;
  return (size_t)n;
}

/* curl repeats a request whose connection died from the body's beginning. */
static int seek_body(void *user, curl_off_t to, int origin) {
  struct http_call *call = user;
  if (origin != SEEK_SET || to < 0 || to > call->body_bytes) return CURL_SEEKFUNC_FAIL;
  call->body_sent = to;
  return CURL_SEEKFUNC_OK;
}

static void set_body_file(struct http_call *call, const struct http_call_request *r) {
  CURL *e = call->easy;
  call->body_fd = open(r->body_path, O_RDONLY | O_CLOEXEC);
  if (call->body_fd < 0) call->refusal = "the body's file cannot be read";
  call->body_from = r->body_from;
  call->body_bytes = r->body_bytes;
  curl_easy_setopt(e, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(e, CURLOPT_INFILESIZE_LARGE, (curl_off_t)r->body_bytes);
  curl_easy_setopt(e, CURLOPT_READFUNCTION, read_body);
  curl_easy_setopt(e, CURLOPT_READDATA, call);
  curl_easy_setopt(e, CURLOPT_SEEKFUNCTION, seek_body);
  curl_easy_setopt(e, CURLOPT_SEEKDATA, call);
  curl_easy_setopt(e, CURLOPT_UPLOAD_BUFFERSIZE, (long)UPLOAD_BUFFER_BYTES);
}

/* ---- building the curl handle ---- */

static void add_header(struct http_call *call, const char *line) {
  if (strpbrk(line, "\r\n")) {
    call->refusal = "a header contains a line break";
    return;
  }
  struct curl_slist *longer = curl_slist_append(call->headers, line);
  if (!longer) mem_exhausted(strlen(line));
  call->headers = longer;
}

static void add_headers(struct http_call *call, const struct http_call_request *r) {
  for (const char *const *line = r->headers; line && *line; line++) add_header(call, *line);
  /* curl 7.88 counts a header that is only to be left out among the signed ones; the server would not find it. */
  if (!r->sign) add_header(call, "Expect:"); /* avoid the round trip before a large body */
  if (r->parts_count > 0 || (r->sign && !r->content_type)) return;
  buf line;
  buf_init(&line, 1024);
  buf_printf(&line, "Content-Type:%s%s", r->content_type ? " " : "", r->content_type ? r->content_type : "");
  buf_add_char(&line, 0);
  if (line.overflow)
    call->refusal = "the content type is too long";
  else
    add_header(call, line.ptr);
  buf_free(&line);
}

static void add_parts(struct http_call *call, const struct http_call_request *r) {
  call->mime = curl_mime_init(call->easy);
  if (!call->mime) mem_exhausted(sizeof(void *));
  for (size_t i = 0; i < r->parts_count; i++) {
    const struct http_call_part *p = &r->parts[i];
    curl_mimepart *part = curl_mime_addpart(call->mime);
    if (!part) mem_exhausted(sizeof(void *));
    CURLcode code = curl_mime_name(part, p->name);
    if (code == CURLE_OK)
      code = p->path ? curl_mime_filedata(part, p->path)
                     : curl_mime_data(part, p->value.ptr ? p->value.ptr : "", p->value.len);
    if (code == CURLE_OK && (p->filename || p->path))
      code = curl_mime_filename(part, p->filename ? p->filename : "file");
    if (code == CURLE_OK && p->content_type) code = curl_mime_type(part, p->content_type);
    if (code != CURLE_OK) call->refusal = p->path ? "a file of the request cannot be read" : "a part is invalid";
  }
  curl_easy_setopt(call->easy, CURLOPT_MIMEPOST, call->mime);
}

static void set_request(struct http_call *call, const struct http_call_request *r) {
  CURL *e = call->easy;
  str method = str_c(r->method);
  if (curl_easy_setopt(e, CURLOPT_URL, r->url) != CURLE_OK) call->refusal = "the URL is invalid";
  call->idempotent = str_eq(method, S("GET")) || str_eq(method, S("HEAD")) || str_eq(method, S("PUT")) ||
                     str_eq(method, S("DELETE")) || str_eq(method, S("OPTIONS"));
  if (r->parts_count > 0) {
    add_parts(call, r);
  } else if (r->body_path) {
    set_body_file(call, r);
  } else if (r->body.len > 0 || str_eq(method, S("POST"))) {
    curl_easy_setopt(e, CURLOPT_POST, 1L);
    curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.len);
    curl_easy_setopt(e, CURLOPT_COPYPOSTFIELDS, r->body.len ? r->body.ptr : "");
  } else if (str_eq(method, S("HEAD"))) {
    curl_easy_setopt(e, CURLOPT_NOBODY, 1L);
  }
  if (!str_eq(method, S("HEAD"))) curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, r->method);
  add_headers(call, r);
  curl_easy_setopt(e, CURLOPT_HTTPHEADER, call->headers);
}

static void set_signature(struct http_call *call, const struct http_call_signature *sign) {
  CURL *e = call->easy;
  char line[256];
  int n = snprintf(line, sizeof line, "aws:amz:%s:s3", sign->region);
  if (n < 0 || n >= (int)sizeof line) call->refusal = "the region's name is too long";
  CURLcode code = curl_easy_setopt(e, CURLOPT_AWS_SIGV4, line);
  if (code == CURLE_OK) code = curl_easy_setopt(e, CURLOPT_USERNAME, sign->access_key);
  if (code == CURLE_OK) code = curl_easy_setopt(e, CURLOPT_PASSWORD, sign->secret_key);
  if (code != CURLE_OK) call->refusal = "this libcurl cannot sign requests";
  snprintf(line, sizeof line, "x-amz-content-sha256: %s", sign->sha256);
  add_header(call, line);
}

static void set_bounds(struct http_call *call, const struct http_call_request *r) {
  CURL *e = call->easy;
  call->max_bytes = r->answer_max_bytes ? r->answer_max_bytes : ANSWER_MAX_BYTES;
  buf_init(&call->body, call->save_path && call->max_bytes > ANSWER_MAX_BYTES ? ANSWER_MAX_BYTES : call->max_bytes);
  curl_easy_setopt(e, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)call->max_bytes);
  curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, r->connect_timeout_ms ? r->connect_timeout_ms : CONNECT_TIMEOUT_MS);
  curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, r->timeout_ms ? r->timeout_ms : TIMEOUT_MS);
  if (r->stall_s) curl_easy_setopt(e, CURLOPT_LOW_SPEED_LIMIT, 1L);
  if (r->stall_s) curl_easy_setopt(e, CURLOPT_LOW_SPEED_TIME, r->stall_s);
}

struct http_call *http_call_new(const struct http_client_config *config, const struct http_call_request *request) {
  struct http_call *call = mem_alloc(sizeof *call);
  CURL *e = call->easy = curl_easy_init();
  if (!e) mem_exhausted(sizeof *call);
  call->fd = call->body_fd = -1;
  call->started_us = clock_measure_us();
  if (request->save_path) call->save_path = mem_dup_cstr(str_c(request->save_path));
  curl_easy_setopt(e, CURLOPT_PRIVATE, call);
  curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L); /* stopping does not wait for name resolution */
  curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(e, CURLOPT_MAXAGE_CONN, (long)IDLE_CONNECTION_S);
  curl_easy_setopt(e, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  if (config->proxy) curl_easy_setopt(e, CURLOPT_PROXY, config->proxy);
  if (config->user_agent) curl_easy_setopt(e, CURLOPT_USERAGENT, config->user_agent);
  curl_easy_setopt(e, CURLOPT_VERBOSE, 1L); /* which makes curl report to on_debug; nothing is printed */
  curl_easy_setopt(e, CURLOPT_DEBUGFUNCTION, on_debug);
  curl_easy_setopt(e, CURLOPT_DEBUGDATA, call);
  curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, on_ready);
  curl_easy_setopt(e, CURLOPT_PREREQDATA, call);
  curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(e, CURLOPT_WRITEDATA, call);
  set_bounds(call, request);
  if (request->sign) set_signature(call, request->sign);
  set_request(call, request);
  return call;
}

void http_call_free(struct http_call **call) {
  struct http_call *c = *call;
  if (!c) return;
  curl_easy_cleanup(c->easy);
  curl_mime_free(c->mime);
  curl_slist_free_all(c->headers);
  if (c->fd >= 0) close(c->fd);
  if (c->body_fd >= 0) close(c->body_fd);
  buf_free(&c->body);
  mem_free(&c->save_path);
  mem_free(call);
}

/* ---- building the result ---- */

static int64_t retry_after_s(struct http_call *call) {
  struct curl_header *h;
  if (curl_easy_header(call->easy, "Retry-After", 0, CURLH_HEADER, -1, &h) != CURLHE_OK) return -1;
  str value = str_trim(str_c(h->value));
  int64_t n;
  if (str_to_i64(value, &n)) return n < 0 ? -1 : n;
  if (!clock_parse_http(value, &n)) return -1;
  int64_t wait_ms = n - clock_now_ms(&clock_system);
  return wait_ms > 0 ? (wait_ms + 999) / 1000 : 0;
}

static str etag_of(struct http_call *call) {
  struct curl_header *h;
  bool has = curl_easy_header(call->easy, "ETag", 0, CURLH_HEADER, -1, &h) == CURLHE_OK;
  return has ? str_trim(str_c(h->value)) : STR_NONE;
}

static void explain(struct http_call *call, CURLcode code, bool cancelled, char *out, size_t size) {
  long os_error = 0;
  curl_easy_getinfo(call->easy, CURLINFO_OS_ERRNO, &os_error);
  if (call->refusal)
    snprintf(out, size, "%s", call->refusal);
  else if (cancelled)
    snprintf(out, size, "the call was cancelled");
  else if (call->too_large || code == CURLE_FILESIZE_EXCEEDED)
    snprintf(out, size, "the response is larger than %zu bytes", call->max_bytes);
  else if (call->save_errno)
    snprintf(out, size, "the response could not be saved: %s", strerror(call->save_errno));
  else if (call->given_up)
    snprintf(out, size, "the connection died after the request was sent");
  else if (os_error)
    snprintf(out, size, "%s (%s)", curl_easy_strerror(code), strerror((int)os_error));
  else
    snprintf(out, size, "%s", curl_easy_strerror(code));
}

/* A saved response is complete when its file was closed without an error; an incomplete file is removed. */
static bool settle_file(struct http_call *call, bool answered) {
  if (!call->save_path) return answered;
  if (answered && is_saved(call)) answered = open_file(call);
  if (call->fd < 0) return answered;
  if (close(call->fd) != 0) {
    call->save_errno = errno;
    answered = false;
  }
  call->fd = -1;
  if (!answered) unlink(call->save_path);
  return answered;
}

void http_call_finish(struct http_call *call, CURLcode code, bool cancelled) {
  struct http_call_result result = {.retry_after_s = -1, .length = -1};
  bool answered = settle_file(call, code == CURLE_OK && !cancelled && !call->refusal);
  long status = 0;
  curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
  result.status = (int)status;
  curl_off_t length = -1;
  if (status) {
    result.retry_after_s = retry_after_s(call);
    result.etag = etag_of(call);
    curl_easy_getinfo(call->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    result.length = length;
  }
  char *type = NULL;
  curl_easy_getinfo(call->easy, CURLINFO_CONTENT_TYPE, &type);
  result.content_type = str_c(type);
  if (answered) {
    result.outcome = CALL_ANSWERED;
    result.body = buf_borrow(&call->body);
  } else {
    result.outcome = call->sent ? CALL_UNCERTAIN : cancelled ? CALL_CANCELLED : CALL_NOT_SENT;
    explain(call, code, cancelled, result.error, sizeof result.error);
  }
  result.took_ms = (clock_measure_us() - call->started_us) / 1000;
  call->done(&result, call->user);
}
