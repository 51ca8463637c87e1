/* Input of an HTTP connection: parses heads into requests and receives bodies as the route's plan says. */
#include "net/conn.h"
#include "net/multipart.h"
#include "net/url.h"

#include <assert.h>
#include <string.h>

/* ---- heads ---- */

static void adopt_head(http_req *req, str raw, const struct http_head *head) {
  /* The head's slices point into the read buffer: redirect them to a copy that is valid as long as the request. */
  const char *copy = arena_dup(req->arena, raw).ptr;
#define MOVED(s) ((s).ptr >= raw.ptr && (s).ptr <= raw.ptr + raw.len ? (str){copy + ((s).ptr - raw.ptr), (s).len} : (s))
  req->method_name = MOVED(head->method_name);
  req->method = head->method;
  req->target = MOVED(head->target);
  req->query = MOVED(head->query);
  req->host = MOVED(head->host);
  req->minor_version = head->minor_version;
  req->wants_close = head->wants_close;
  req->wants_keep_alive = head->wants_keep_alive;
  req->wants_upgrade = head->wants_upgrade;
  req->expects_continue = head->expects_continue;
  req->headers_count = head->count;
  req->headers = arena_array(req->arena, struct http_header, head->count);
  for (size_t i = 0; i < head->count; i++)
    req->headers[i] = (struct http_header){MOVED(head->headers[i].name), MOVED(head->headers[i].value)};
#undef MOVED
}

static void see_proxy(http_req *req) {
  const struct net_blocks *trusted = &req->shard->server->trusted;
  if (trusted->count == 0 || !net_blocks_have(trusted, &req->peer)) return;
  str chain = STR_NONE;
  for (size_t i = 0; i < req->headers_count; i++) { /* several headers are one list: RFC 9110, 5.3 */
    if (!str_eq_ignore_case(req->headers[i].name, S("x-forwarded-for"))) continue;
    str one = req->headers[i].value;
    chain = chain.ptr ? arena_printf(req->arena, "%.*s,%.*s", STR_ARG(chain), STR_ARG(one)) : one;
  }
  req->client = net_client_behind(trusted, req->peer, chain);
  req->https = str_eq_ignore_case(http_header_of(req, S("x-forwarded-proto")), S("https"));
}

static void set_plan(http_req *req, const struct http_plan *plan) {
  struct body_in *b = &req->body;
  assert(!plan->admit || !plan->on_loop); /* it may block */
  b->plan = *plan;
  if (plan->body == HTTP_BODY_NONE && !plan->max_body_bytes) b->plan.max_body_bytes = DROP_DEFAULT_BYTES;
  if (plan->body != HTTP_BODY_MULTIPART) return;
  if (multipart_boundary(http_header_of(req, S("content-type")), &b->boundary)) return;
  b->plan.body = HTTP_BODY_MEMORY;
  if (plan->memory_bytes < b->plan.max_body_bytes) b->plan.max_body_bytes = plan->memory_bytes;
}

/* ---- admission ---- */

static void take_body(struct conn *c, http_req *req);

/* A worker has admitted the request. */
static void admitted(void *arg) {
  http_req *req = arg;
  struct conn *c = req->conn;
  if (!c) { /* the client disconnected meanwhile */
    req_free(req);
    return;
  }
  req->in_handler = false;
  req->body.admitted = true;
  take_body(c, req);
  if (!c->dead) conn_pump_later(c); /* process what arrived meanwhile, or the end of the stream */
}

static void ask_admission(void *arg) {
  http_req *req = arg;
  if (!req->body.plan.admit(req, req->body.plan.user)) return;
  bool posted = shard_post(req->shard, admitted, req);
  if (!posted) req_free(req); /* the loop has ended, and so has the connection */
}

/* The body stays unread, and the worker owns the request like a handler. */
static void begin_admission(struct conn *c, http_req *req) {
  c->state = CONN_ADMIT;
  req->in_handler = true;
  conn_due(c, -1);
  if (!net_work(c->shard->server->pool, ask_admission, req)) http_reply_err(req, err_retry(ERR_OVERLOADED, 1000));
}

/* ---- the body's beginning ---- */

static void begin_body(struct conn *c, http_req *req) {
  struct body_in *b = &req->body;
  bool form = b->boundary.ptr != NULL;
  if (!req->body_unfinished && form)
    conn_refuse(c, 400, "The multipart body is missing.");
  else if (!req->body_unfinished)
    intake_hand_over(req);
  else if (!b->chunked && b->left > b->plan.max_body_bytes)
    conn_refuse(c, 413, "The request is larger than allowed.");
  else if (b->plan.admit)
    begin_admission(c, req);
  else
    take_body(c, req);
}

static void take_body(struct conn *c, http_req *req) {
  struct body_in *b = &req->body;
  struct shard *s = c->shard;
  c->state = CONN_BODY;
  b->share.budget = s->budget;
  b->share.who = req->client;
  b->share.authenticated = atomic_load_explicit(&req->authenticated, memory_order_relaxed);
  b->share.apart = s->server->trusted.count && net_blocks_have(&s->server->trusted, &req->client);
  buf_init(&b->memory, b->plan.max_body_bytes);
  if (b->boundary.ptr) {
    err refusal;
    b->spool = spool_new(req, b->boundary, &refusal);
    if (!b->spool) {
      http_reply_err(req, refusal);
      return;
    }
  }
  if (req->expects_continue) {
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    conn_push(c, (struct out_piece){go_on, sizeof go_on - 1, NULL});
  }
  conn_due(c, c->shard->server->config.body_window_ms);
}

static void route(struct conn *c, http_req *req) {
  struct http_config *k = &c->shard->server->config;
  struct http_plan plan = {0};
  c->req = req;
  c->state = CONN_BODY;
  if (str_eq(req->path, S("*"))) {
    http_reply(req, 204, STR_NONE, STR_NONE); /* OPTIONS *: asks about the server as a whole */
    return;
  }
  k->route(req, &plan, k->user);
  if (c->dead || c->req != req) return; /* `route` replied, and the request is freed */
  if (!plan.handler) {
    http_reply_err(req, err_make(ERR_NOT_FOUND));
    return;
  }
  set_plan(req, &plan);
  begin_body(c, req);
}

size_t intake_head(struct conn *c, const char *p, size_t n) {
  const struct http_config *k = &c->shard->server->config;
  if (outq_bytes(&c->out) > OUT_HIGH_BYTES) return 0;
  int64_t len = head_scan(&c->scan, p, n < k->head_max_bytes ? n : k->head_max_bytes);
  if (len < 0) {
    conn_refuse(c, 400, "The request head is malformed.");
    return n;
  }
  if (len == 0) {
    if (n >= k->head_max_bytes) {
      conn_refuse(c, 431, "The request head is larger than allowed.");
      return n;
    }
    if (!c->head_began) conn_due(c, k->head_timeout_ms);
    c->head_began = true;
    return 0;
  }
  c->scan = (struct head_scan){0};
  c->head_began = false;
  struct http_head head;
  const char *why;
  str raw = {p, (size_t)len};
  int status = http_parse_head(raw, &head, &why);
  if (status) {
    conn_refuse(c, status, why);
    return n;
  }
  http_req *req = req_new(c);
  STAT_ADD(c->shard->stats.requests_total, 1);
  adopt_head(req, raw, &head);
  req->received_us = clock_measure_us();
  req->body.chunked = head.chunked;
  req->body.left = head.content_length;
  req->body_unfinished = head.chunked || head.content_length > 0;
  if (!http_path_decode(head.path, req->arena, &req->path)) {
    req_free(req);
    conn_refuse(c, 400, "The request target is malformed.");
    return n;
  }
  see_proxy(req);
  route(c, req);
  return (size_t)len;
}

/* ---- bodies ---- */

static void run_handler(void *arg) {
  http_req *req = arg;
  const struct http_plan *plan = &req->body.plan;
  if (plan->admit && !req->body.admitted && !plan->admit(req, plan->user)) return;
  plan->handler(req, plan->user);
}

void intake_hand_over(http_req *req) {
  struct conn *c = req->conn;
  c->state = CONN_BUSY;
  req->in_handler = true;
  conn_due(c, c->saw_eof && req->on_gone ? 0 : -1);
  if (req->body.plan.on_loop)
    run_handler(req);
  else if (!net_work(c->shard->server->pool, run_handler, req))
    http_reply_err(req, err_retry(ERR_OVERLOADED, 1000));
}

static void free_off_loop(void *arg) { req_free(arg); }

void intake_discard(http_req *req) {
  /* On another thread, the loop has ended, and perhaps the server too. */
  bool files = net_on_loop(req->shard->loop) && req->body.spool && spool_has_files(req->body.spool);
  if (!files || !net_work_always(req->shard->server->pool, free_off_loop, req)) req_free(req);
}

void intake_abandon(http_req *req) {
  req->conn = NULL;
  if (req->body.spool && spool_abandon(req->body.spool)) return; /* a worker has it and will discard it */
  intake_discard(req);
}

/* The buffer grows with the received bytes, which are charged before they are stored. */
static err sink(http_req *req, str data) {
  struct body_in *b = &req->body;
  err e = err_ok;
  if (b->spool) {
    spool_add(b->spool, data);
  } else if (b->plan.body == HTTP_BODY_MEMORY) {
    e = budget_take(&b->share, BUDGET_MEMORY, buf_cap_for(&b->memory, data.len) - b->memory.cap);
    if (!err_is(e)) buf_add(&b->memory, data);
  }
  return e;
}

static void body_is_whole(struct conn *c, http_req *req) {
  req->body_unfinished = false;
  if (!req->body.spool) {
    intake_hand_over(req);
    return;
  }
  c->state = CONN_BUSY;
  req->in_handler = true;
  conn_due(c, -1);
  spool_end(req->body.spool);
}

/* Receives one run of the body; false when the request was refused and is no longer valid. */
static bool take_run(struct conn *c, http_req *req, const char *p, size_t n, size_t *used) {
  struct body_in *b = &req->body;
  str data;
  int64_t took;
  if (b->chunked) {
    took = chunked_feed(&b->decoder, p, n, &data);
    b->finished = chunked_done(&b->decoder);
  } else {
    data = (str){p, n < b->left ? n : (size_t)b->left};
    took = (int64_t)data.len;
    b->left -= data.len;
    b->finished = b->left == 0;
  }
  if (took < 0) {
    conn_refuse(c, 400, "The chunked body is malformed.");
    return false;
  }
  b->taken += data.len;
  b->window_bytes += (uint64_t)took;
  if (b->taken + (b->chunked ? b->decoder.left : 0) > b->plan.max_body_bytes) { /* a chunk's size announces it */
    conn_refuse(c, 413, "The request is larger than allowed.");
    return false;
  }
  *used += (size_t)took;
  err e = sink(req, data);
  if (err_is(e)) {
    http_reply_err(req, e);
    return false;
  }
  return !b->spool || b->finished || spool_push(b->spool);
}

size_t intake_body(struct conn *c, const char *p, size_t n) {
  http_req *req = c->req;
  struct body_in *b = &req->body;
  size_t used = 0;
  while (used < n && !b->finished) {
    size_t room = b->spool ? spool_room(b->spool) : n - used;
    if (room == 0) {
      /* The spool waits for the disk: exempt this window from the minimum rate, because the client is not
       * the slow part. */
      b->window_bytes += UINT32_MAX;
      conn_pause(c, true);
      return used;
    }
    if (!take_run(c, req, p + used, room < n - used ? room : n - used, &used)) return used;
  }
  if (b->finished) body_is_whole(c, req);
  return used;
}

void intake_body_timeout(struct conn *c) {
  const struct http_config *k = &c->shard->server->config;
  struct body_in *b = &c->req->body;
  int rate = k->body_min_bytes_per_s;
  if (!b->share.authenticated && rate < k->unauthenticated_min_bytes_per_s) rate = k->unauthenticated_min_bytes_per_s;
  uint64_t least = (uint64_t)rate * (uint64_t)k->body_window_ms / 1000;
  if (!c->paused && b->window_bytes < least) {
    conn_refuse(c, 408, "The request took too long to arrive.");
    return;
  }
  b->window_bytes = 0;
  conn_due(c, k->body_window_ms);
}
