/* Replies. The replying thread builds the head, in one allocation with a small body; the loop only queues it. */
#include "net/conn.h"

#include <assert.h>
#include <string.h>

enum { ERROR_BODY_MAX = 4096 };

int http_status_of(enum err_kind kind) {
  static const int statuses[] = {
      [KIND_NONE] = 200,      [KIND_BAD_INPUT] = 400, [KIND_UNPROCESSABLE] = 422, [KIND_UNAUTHORIZED] = 401,
      [KIND_FORBIDDEN] = 403, [KIND_NOT_FOUND] = 404, [KIND_METHOD] = 405,        [KIND_SLOW] = 408,
      [KIND_CONFLICT] = 409,  [KIND_TOO_LARGE] = 413, [KIND_MEDIA_TYPE] = 415,    [KIND_RATE] = 429,
      [KIND_INTERNAL] = 500,  [KIND_UPSTREAM] = 502,  [KIND_OVERLOADED] = 503,
  };
  return (size_t)kind < sizeof statuses / sizeof statuses[0] ? statuses[kind] : 500;
}

static str reason_of(int status) {
  switch (status) {
#define REASON(number, text) \
  case number: return S(text);
    REASON(101, "Switching Protocols")
    REASON(200, "OK")
    REASON(201, "Created")
    REASON(202, "Accepted")
    REASON(204, "No Content")
    REASON(206, "Partial Content")
    REASON(301, "Moved Permanently")
    REASON(302, "Found")
    REASON(303, "See Other")
    REASON(304, "Not Modified")
    REASON(307, "Temporary Redirect")
    REASON(308, "Permanent Redirect")
    REASON(400, "Bad Request")
    REASON(401, "Unauthorized")
    REASON(403, "Forbidden")
    REASON(404, "Not Found")
    REASON(405, "Method Not Allowed")
    REASON(408, "Request Timeout")
    REASON(409, "Conflict")
    REASON(410, "Gone")
    REASON(412, "Precondition Failed")
    REASON(413, "Content Too Large")
    REASON(415, "Unsupported Media Type")
    REASON(416, "Range Not Satisfiable")
    REASON(417, "Expectation Failed")
    REASON(422, "Unprocessable Content")
    REASON(426, "Upgrade Required")
    REASON(429, "Too Many Requests")
    REASON(431, "Request Header Fields Too Large")
    REASON(500, "Internal Server Error")
    REASON(501, "Not Implemented")
    REASON(502, "Bad Gateway")
    REASON(503, "Service Unavailable")
    REASON(505, "HTTP Version Not Supported")
#undef REASON
    default: return S("Status");
  }
}

/* The Date line, built once per second and thread. */
static str date_line(const sb_clock *clock) {
  static _Thread_local struct {
    int64_t second;
    char text[48];
  } cached = {.second = -1};
  int64_t now = clock_now_ms(clock);
  if (now / 1000 != cached.second) {
    char date[CLOCK_HTTP_SIZE];
    cached.second = now / 1000;
    memcpy(cached.text, "\r\nDate: ", 8);
    memcpy(cached.text + 8, clock_format_http(now, date).ptr, 29);
  }
  return (str){cached.text, 37};
}

static char *put(char *at, str s) {
  if (s.len) memcpy(at, s.ptr, s.len);
  return at + s.len;
}

static char *put_number(char *at, uint64_t v) {
  char digits[20];
  size_t n = sizeof digits;
  do {
    digits[--n] = (char)('0' + v % 10);
    v /= 10;
  } while (v);
  memcpy(at, digits + n, sizeof digits - n);
  return at + (sizeof digits - n);
}

bool reply_without_body(const http_req *req, int status) {
  return req->method == HTTP_HEAD || status == 204 || status == 304 || status < 200;
}

/* Whether the connection closes after this response. */
static bool must_close(const http_req *req) {
  if (req->wants_close || (req->minor_version == 0 && !req->wants_keep_alive)) return true;
  if (atomic_load_explicit(&req->shard->draining, memory_order_relaxed)) return true;
  const struct body_in *b = &req->body;
  return req->body_unfinished && (b->chunked || b->left > DRAIN_MAX_BYTES || req->expects_continue);
}

/* length below 0: no Content-Length. Chooses the connection's other headers. */
struct out_buf *reply_head(http_req *req, int status, str type, int64_t length, str body) {
  enum { FIXED_MAX = 192 }; /* status line, Date, Content-Length, Connection and the separators */
  if (reply_without_body(req, status)) body = STR_NONE;
  str reason = reason_of(status), extra = buf_borrow(&req->extra_headers);
  struct out_buf *b = out_buf_new(FIXED_MAX + reason.len + type.len + extra.len + body.len);
  char *at = put(b->bytes, S("HTTP/1.1 "));
  at = put_number(at, (uint64_t)status);
  *at++ = ' ';
  at = put(at, reason);
  at = put(at, date_line(req->shard->clock));
  if (type.ptr) {
    at = put(at, S("\r\nContent-Type: "));
    at = put(at, type);
  }
  if (length >= 0 && status != 204 && status != 304 && status >= 200) {
    at = put(at, S("\r\nContent-Length: "));
    at = put_number(at, (uint64_t)length);
  }
  req->close_after = status != 101 && must_close(req);
  if (req->close_after)
    at = put(at, S("\r\nConnection: close"));
  else if (req->minor_version == 0)
    at = put(at, S("\r\nConnection: keep-alive"));
  at = put(at, S("\r\n"));
  at = put(at, extra);
  at = put(at, S("\r\n"));
  at = put(at, body);
  assert(at <= b->bytes + b->len);
  b->len = (size_t)(at - b->bytes);
  return b;
}

static void add_error_json(buf *b, str code, str message, const char *field) {
  buf_add(b, S("{\"error\":{\"code\":"));
  buf_add_json_string(b, code);
  buf_add(b, S(",\"message\":"));
  buf_add_json_string(b, message);
  if (field) {
    buf_add(b, S(",\"field\":"));
    buf_add_json_string(b, str_c(field));
  }
  buf_add(b, S("},\"message\":"));
  buf_add_json_string(b, message);
  buf_add_char(b, '}');
}

static void add_plain_error(buf *b, const err *e) {
  buf_add(b, S("{\"error\":"));
  if (e->field && !e->detail[0]) {
    char text[ERROR_BODY_MAX];
    int n = snprintf(text, sizeof text, "%s: %s", e->field, err_message(e));
    buf_add_json_string(b, str_n(text, n < (int)sizeof text ? (size_t)n : sizeof text - 1));
  } else {
    buf_add_json_string(b, str_c(err_message(e)));
  }
  buf_printf(b, ",\"code\":\"%s\"", err_text(e->code));
  if (e->field) {
    buf_add(b, S(",\"field\":"));
    buf_add_json_string(b, str_c(e->field));
  }
  buf_add_char(b, '}');
}

void http_set_plain_errors(http_req *req) { req->plain_errors = true; }

struct out_buf *reply_refusal(int status, const char *why) {
  enum err_code code = status == 408                                     ? ERR_TIMEOUT
                       : status == 413 || status == 414 || status == 431 ? ERR_TOO_LARGE
                       : status == 503                                   ? ERR_OVERLOADED
                       : status >= 500 && status != 501 && status != 505 ? ERR_INTERNAL
                                                                         : ERR_BAD_REQUEST;
  buf body, head;
  buf_init(&body, ERROR_BODY_MAX);
  buf_init(&head, ERROR_BODY_MAX * 2);
  add_error_json(&body, str_c(err_text(code)), str_c(why), NULL);
  str reason = reason_of(status), date = date_line(&clock_system);
  buf_printf(&head, "HTTP/1.1 %d %.*s%.*s\r\n", status, STR_ARG(reason), STR_ARG(date));
  buf_printf(&head, "Content-Type: application/json\r\nContent-Length: %zu\r\nConnection: close\r\n%s\r\n", body.len,
             status == 503 ? "Retry-After: 1\r\n" : "");
  buf_add(&head, buf_borrow(&body));
  struct out_buf *b = out_buf_new(head.len);
  memcpy(b->bytes, head.ptr, head.len);
  buf_free(&body);
  buf_free(&head);
  return b;
}

/* ---- sending ---- */

static void begin_next(struct conn *c, bool close, bool unfinished, uint64_t left) {
  if (close || atomic_load_explicit(&c->shard->draining, memory_order_relaxed)) {
    conn_finish(c);
    return;
  }
  if (unfinished) {
    c->state = CONN_DRAIN;
    c->drain_left = left;
    conn_due(c, c->shard->server->config.body_window_ms);
    if (c->kept_len || c->saw_eof) conn_pump_later(c);
    return;
  }
  c->state = CONN_HEAD;
  shed_note_silent(c);
  conn_due(c, c->shard->server->config.idle_timeout_ms);
  if (c->kept_len || c->saw_eof) conn_pump_later(c);
}

void reply_deliver(http_req *req) {
  struct conn *c = req->conn;
  if (!c) {
    if (req->upgrade && req->upgrade->gone) req->upgrade->gone(req->upgrade->user);
    intake_discard(req);
    return;
  }
  struct shard *s = c->shard;
  for (int i = 0; i < req->out_count; i++) conn_push(c, req->out[i]);
  req->out_count = 0;
  if (req->pull) pull_enter(req->pull, c);
  req->pull = NULL;
  STAT_ADD(s->stats.responses_by_class[req->status / 100], 1);
  c->req = NULL;
  bool upgrading = req->upgrade != NULL;
  struct upgrade upgrade = upgrading ? *req->upgrade : (struct upgrade){0};
  uint64_t left = req->body.left;
  bool close = req->close_after,
       unfinished = req->body_unfinished && left; /* the refusal may have come at the last byte */
  intake_discard(req);
  conn_pause(c, false); /* a body refused in the middle may have waited for the disk */
  if (upgrading && upgrade.to && upgrade.to != s)
    conn_move(c, &upgrade);
  else if (upgrading)
    ws_begin(c, &upgrade);
  else
    begin_next(c, close, unfinished, left);
}

static void deliver_posted(void *arg) { reply_deliver(arg); }

void reply_begin(http_req *req, int status) {
  assert(req->magic == REQ_MAGIC);
  bool before = atomic_exchange(&req->replied, true);
  assert(!before); /* a second reply is a bug of the handler */
  req->status = status >= 100 && status < 600 ? status : 500;
}

void reply_send(http_req *req) {
  bool on_loop = net_on_loop(req->shard->loop);
  if (!on_loop && req->body.spool) spool_remove_files(req->body.spool); /* disk I/O stays off the loop */
  if (on_loop && !req->wants_gone) {
    reply_deliver(req);
  } else if (!shard_post(req->shard, deliver_posted, req)) {
    assert(!req->conn); /* shard_close detaches the connections before it refuses posts */
    reply_deliver(req);
  }
}

static void add_piece(http_req *req, const char *ptr, size_t len, struct out_owner *owner) {
  req->out[req->out_count++] = (struct out_piece){ptr, len, owner};
}

void http_add_header(http_req *req, str name, str value) {
  assert(req->magic == REQ_MAGIC && http_is_token(name) && http_is_field_value(value));
  buf *b = &req->extra_headers;
  buf_add(b, name);
  buf_add(b, S(": "));
  buf_add(b, value);
  buf_add(b, S("\r\n"));
  assert(!b->overflow);
}

void http_set_header(http_req *req, str name, str value) {
  buf kept, *all = &req->extra_headers;
  buf_init(&kept, all->max);
  for (str rest = buf_borrow(all); rest.len;) {
    size_t end = str_index(rest, '\n', 0) + 1; /* each line ends with one */
    str line = str_sub(rest, 0, end);
    bool same =
        line.len > name.len && line.ptr[name.len] == ':' && str_eq_ignore_case(str_sub(line, 0, name.len), name);
    if (!same) buf_add(&kept, line);
    rest = str_sub(rest, end, rest.len);
  }
  buf_free(all);
  *all = kept;
  http_add_header(req, name, value);
}

void http_reply(http_req *req, int status, str content_type, str body) {
  reply_begin(req, status);
  struct out_buf *b = reply_head(req, req->status, content_type, (int64_t)body.len, body);
  add_piece(req, b->bytes, b->len, &b->owner);
  reply_send(req);
}

void http_reply_static(http_req *req, int status, str content_type, str body) {
  enum { COPIED_MAX = 2048 }; /* below it one piece costs less than two */
  if (body.len <= COPIED_MAX) {
    http_reply(req, status, content_type, body);
    return;
  }
  reply_begin(req, status);
  struct out_buf *b = reply_head(req, req->status, content_type, (int64_t)body.len, STR_NONE);
  add_piece(req, b->bytes, b->len, &b->owner);
  if (!reply_without_body(req, req->status)) add_piece(req, body.ptr, body.len, NULL);
  reply_send(req);
}

struct taken_buf {
  struct out_owner owner;
  buf bytes;
};

static void destroy_taken(struct out_owner *o) {
  struct taken_buf *t = (struct taken_buf *)(void *)o;
  buf_free(&t->bytes);
  free(t);
}

void http_reply_take(http_req *req, int status, str content_type, buf *body) {
  enum { COPIED_MAX = 8192 };
  assert(!body->overflow); /* the buf was too small for the response: a bug */
  if (body->len <= COPIED_MAX) {
    http_reply(req, status, content_type, buf_borrow(body));
    buf_free(body);
    return;
  }
  reply_begin(req, status);
  struct out_buf *b = reply_head(req, req->status, content_type, (int64_t)body->len, STR_NONE);
  add_piece(req, b->bytes, b->len, &b->owner);
  struct taken_buf *t = mem_alloc(sizeof *t);
  atomic_init(&t->owner.refs, 1);
  t->owner.destroy = destroy_taken;
  t->bytes = *body;
  *body = (buf){.max = body->max};
  if (reply_without_body(req, req->status))
    out_unref(&t->owner);
  else
    add_piece(req, t->bytes.ptr, t->bytes.len, &t->owner);
  reply_send(req);
}

void http_reply_err(http_req *req, err e) {
  enum err_kind kind = err_kind_of(e.code);
  buf body;
  buf_init(&body, ERROR_BODY_MAX);
  if (req->plain_errors)
    add_plain_error(&body, &e);
  else
    add_error_json(&body, str_c(err_text(e.code)), str_c(err_message(&e)), e.field);
  if (e.retry_ms || kind == KIND_OVERLOADED) {
    char seconds[16];
    int n = snprintf(seconds, sizeof seconds, "%u", e.retry_ms ? (e.retry_ms + 999) / 1000 : 1);
    http_add_header(req, S("Retry-After"), (str){seconds, (size_t)n});
  }
  http_reply(req, http_status_of(kind), S("application/json"), buf_borrow(&body));
  buf_free(&body);
}
