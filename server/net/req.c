/* Requests: creating and freeing them, and the accessors for handlers. */
#include "net/conn.h"
#include "net/url.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { EXTRA_HEADERS_MAX = 32 << 10 };

http_req *req_new(struct conn *c) {
  struct shard *s = c->shard;
  http_req *req = s->spare_reqs;
  if (req) {
    s->spare_reqs = req->next_spare;
    s->spare_reqs_count--;
    arena *kept = req->arena;
    memset(req, 0, sizeof *req);
    req->arena = kept;
  } else {
    req = mem_alloc(sizeof *req);
    req->arena = arena_new(0);
  }
  req->magic = REQ_MAGIC;
  req->shard = s;
  shard_ref(s);
  req->conn = c;
  req->peer = req->client = c->peer;
  buf_init(&req->extra_headers, EXTRA_HEADERS_MAX);
  return req;
}

void req_free(http_req *req) {
  assert(req->magic == REQ_MAGIC);
  struct shard *s = req->shard;
  req->magic = 0;
  spool_free(&req->body.spool);
  buf_free(&req->body.memory);
  for (int k = 0; k < BUDGET_KINDS; k++) budget_give_back(&req->body.share, k);
  buf_free(&req->extra_headers);
  for (int i = 0; i < req->out_count; i++) out_unref(req->out[i].owner);
  if (net_on_loop(s->loop) && s->spare_reqs_count < REQS_KEPT) {
    arena_reset(req->arena);
    req->next_spare = s->spare_reqs;
    s->spare_reqs = req;
    s->spare_reqs_count++;
  } else {
    arena_free(&req->arena);
    free(req);
  }
  shard_unref(s);
}

enum http_method http_method_of(const http_req *req) { return req->method; }
str http_method_name(const http_req *req) { return req->method_name; }
str http_path(const http_req *req) { return req->path; }
str http_raw_target(const http_req *req) { return req->target; }
size_t http_header_count(const http_req *req) { return req->headers_count; }
struct http_header http_header_at(const http_req *req, size_t i) {
  assert(i < req->headers_count);
  return req->headers[i];
}

str http_header_of(const http_req *req, str name) {
  assert(req->magic == REQ_MAGIC);
  for (size_t i = 0; i < req->headers_count; i++)
    if (req->headers[i].name.len == name.len && str_eq_ignore_case(req->headers[i].name, name))
      return req->headers[i].value;
  return STR_NONE;
}

str http_query(http_req *req, str name) {
  str value;
  return http_query_find(req->query, name, req->arena, &value) ? value : STR_NONE;
}

str http_cookie(http_req *req, str name) {
  for (size_t i = 0; i < req->headers_count; i++) {
    if (!str_eq_ignore_case(req->headers[i].name, S("cookie"))) continue;
    str value = http_cookie_find(req->headers[i].value, name);
    if (value.ptr) return value;
  }
  return STR_NONE;
}

str http_client_address(const http_req *req) {
  char text[NET_ADDR_TEXT];
  return arena_dup(req->arena, net_addr_format(&req->client, text));
}

str http_peer_address(const http_req *req) {
  char text[NET_ADDR_TEXT];
  return arena_dup(req->arena, net_addr_format(&req->peer, text));
}

/* Proxies use HTTP/1.0 or add one of these headers; ordinary clients do neither. */
static bool speaks_as_a_proxy(const http_req *req) {
  static const char *const of_proxies[] = {"via", "forwarded", "x-real-ip"};
  if (req->minor_version == 0) return true;
  for (size_t i = 0; i < req->headers_count; i++) {
    str name = req->headers[i].name;
    if (str_eq_ignore_case(str_sub(name, 0, sizeof "x-forwarded-" - 1), S("x-forwarded-"))) return true;
    for (size_t k = 0; k < sizeof of_proxies / sizeof of_proxies[0]; k++)
      if (str_eq_ignore_case(name, str_c(of_proxies[k]))) return true;
  }
  return false;
}

enum http_way http_way_of(const http_req *req) {
  if (!speaks_as_a_proxy(req)) return HTTP_WAY_DIRECT;
  return net_blocks_have(&req->shard->server->trusted, &req->peer) ? HTTP_WAY_PROXIED : HTTP_WAY_UNTRUSTED_PROXY;
}

bool http_client_is_shared(const http_req *req) {
  const struct net_blocks *trusted = &req->shard->server->trusted;
  enum http_way way = http_way_of(req);
  if (way == HTTP_WAY_UNTRUSTED_PROXY) return true;
  /* Without a proxy in between, a program on this machine is itself the client; a proxy elsewhere that names no client is
   * not. */
  bool unnamed = net_blocks_have(trusted, &req->client);
  return unnamed && (way == HTTP_WAY_PROXIED || !net_addr_is_loopback(&req->client));
}

bool http_is_https(const http_req *req) { return req->https; }
void http_mark_authenticated(http_req *req) { atomic_store_explicit(&req->authenticated, true, memory_order_relaxed); }
bool http_body_follows(const http_req *req) { return req->body_unfinished; }
str http_body_of(const http_req *req) { return buf_borrow(&req->body.memory); }
arena *http_arena(http_req *req) { return req->arena; }
int64_t http_received_us(const http_req *req) { return req->received_us; }
void http_set_user(http_req *req, void *data) { req->user = data; }
void *http_user(const http_req *req) { return req->user; }

bool http_is_multipart(const http_req *req) { return req->body.spool != NULL; }
size_t http_part_count(const http_req *req) { return req->body.spool ? spool_parts(req->body.spool) : 0; }
struct http_part *http_part_at(http_req *req, size_t i) {
  assert(i < http_part_count(req));
  return spool_part_at(req->body.spool, i);
}

/* ---- the client's disconnect ---- */

bool http_client_gone(const http_req *req) { return atomic_load(&req->gone); }

static void watch_gone(void *arg) {
  http_req *req = arg;
  req->on_gone = req->wants_gone;
  req->on_gone_arg = req->wants_gone_arg;
  if (req->conn && req->conn->saw_eof) {
    conn_destroy(req->conn); /* calls the hook */
  } else if (req->conn) {
    conn_watch_disconnect(req->conn);
  } else if (!req->conn && req->on_gone && !atomic_load(&req->replied)) {
    req->on_gone = NULL;
    req->wants_gone(req, req->on_gone_arg);
  }
}

void http_on_gone(http_req *req, void (*fn)(http_req *req, void *arg), void *arg) {
  assert(req->magic == REQ_MAGIC && !atomic_load(&req->replied));
  if (!net_on_loop(req->shard->loop)) {
    /* Runs before the reply, which is posted after it: see reply_send. */
    req->wants_gone = fn;
    req->wants_gone_arg = arg;
    shard_post(req->shard, watch_gone, req);
    return;
  }
  if (!req->conn) {
    fn(req, arg);
    return;
  }
  req->on_gone = fn;
  req->on_gone_arg = arg;
  conn_watch_disconnect(req->conn);
}
