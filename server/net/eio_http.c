/* The requests of Engine.IO: admission, handshake, polling. See eio.h.
 *
 * A request is examined on the loop that received it and, if its session belongs to another loop, posted there: a request
 * may be answered from any thread. */
#include "net/eio_internal.h"

#include <assert.h>
#include <string.h>

enum failure { UNKNOWN_TRANSPORT, UNKNOWN_SID, BAD_METHOD, BAD_REQUEST, FORBIDDEN, UNSUPPORTED_VERSION };

/* ---- CORS ---- */

static bool origin_listed(str list, str origin) {
  while (list.ptr) {
    str one = str_trim(str_cut(&list, ','));
    if (one.len > 1 && one.ptr[one.len - 1] == '/') one.len--;
    if (one.len && (str_eq(one, S("*")) || str_eq_ignore_case(one, origin))) return true;
  }
  return false;
}

static bool origin_is_own(http_req *req, str origin) {
  str host = http_header_of(req, S("host"));
  str own = arena_printf(http_arena(req), "%s://%.*s", http_is_https(req) ? "https" : "http", STR_ARG(host));
  return str_eq_ignore_case(origin, own);
}

static bool origin_is_allowed(const eio_server *e, http_req *req) {
  str origin = http_header_of(req, S("origin"));
  if (!origin.ptr || origin_is_own(req, origin)) return true;
  if (e->config.allowed_origins && origin_listed(str_c(e->allowed_origins), origin)) return true;
  return e->config.origin_allowed && e->config.origin_allowed(req, origin, e->config.user);
}

static void add_headers(const eio_server *e, http_req *req) {
  http_add_header(req, S("Cache-Control"), S("no-store"));
  str origin = http_header_of(req, S("origin"));
  if (!origin.ptr) return;
  http_add_header(req, S("Access-Control-Allow-Origin"), origin);
  if (e->config.cors_credentials) http_add_header(req, S("Access-Control-Allow-Credentials"), S("true"));
  http_add_header(req, S("Vary"), S("Origin"));
}

static void answer_preflight(const eio_server *e, http_req *req) {
  add_headers(e, req);
  http_add_header(req, S("Access-Control-Allow-Methods"), S("GET, POST"));
  str wanted = http_header_of(req, S("access-control-request-headers"));
  if (wanted.len) http_add_header(req, S("Access-Control-Allow-Headers"), wanted);
  http_add_header(req, S("Access-Control-Max-Age"), S("600"));
  http_reply(req, 204, STR_NONE, STR_NONE);
}

/* ---- refusals ---- */

static void refuse(const eio_server *e, http_req *req, enum failure why) {
  static const char *const messages[] = {
      [UNKNOWN_TRANSPORT] = "Transport unknown",
      [UNKNOWN_SID] = "Session ID unknown",
      [BAD_METHOD] = "Bad handshake method",
      [BAD_REQUEST] = "Bad request",
      [FORBIDDEN] = "Forbidden",
      [UNSUPPORTED_VERSION] = "Unsupported protocol version",
  };
  char body[96];
  int n = snprintf(body, sizeof body, "{\"code\":%d,\"message\":\"%s\"}", (int)why, messages[why]);
  if (why != FORBIDDEN) add_headers(e, req);
  http_reply(req, why == FORBIDDEN ? 403 : 400, S("application/json"), (str){body, (size_t)n});
}

/* ---- polling ---- */

void eio_poll_answer(eio_session *s, char last) {
  http_req *req = s->poll;
  s->poll = NULL;
  atomic_fetch_sub_explicit(&s->hub->server->polls_waiting, 1, memory_order_relaxed);
  buf body;
  buf_init(&body, eio_payload_room(s->queue_bytes) + (s->queue_count + 1) * eio_payload_room(1));
  for (ws_frame *f; (f = eio_queue_pop(s));) {
    str payload = ws_frame_payload(f);
    if (ws_frame_opcode(f) == WS_BINARY)
      eio_payload_add_binary(&body, payload);
    else
      eio_payload_add(&body, (enum eio_type)payload.ptr[0], str_sub(payload, 1, payload.len));
    ws_frame_unref(&f);
  }
  mem_free(&s->queue);
  s->queue_cap = s->queue_head = 0;
  if (last) eio_payload_add(&body, (enum eio_type)last, STR_NONE);
  assert(!body.overflow);
  add_headers(s->hub->server, req);
  http_reply_take(req, 200, S("text/plain; charset=UTF-8"), &body);
  buf_free(&body);
  if (s->wants_drained) eio_flush_later(s);
}

/* Identifies the session of a polling request: first in the request's arena, for the hook, then a copy for the session's
 * loop. */
struct poll_mark_ctx {
  struct eio_hub *hub;
  uint32_t serial;
  char sid[EIO_SID_BYTES];
};

static void poll_lost(void *arg) {
  struct poll_mark_ctx *m = arg;
  eio_session *s = eio_find(m->hub, (str){m->sid, EIO_SID_BYTES});
  if (s && s->poll && s->poll_serial == m->serial) eio_lose(s, EIO_TRANSPORT_CLOSE);
  mem_free(&m);
}

/* On the request's loop. */
static void poll_gone(http_req *req, void *arg) {
  (void)req;
  struct poll_mark_ctx *m = mem_alloc(sizeof *m);
  *m = *(struct poll_mark_ctx *)arg;
  if (!eio_hub_post(m->hub, poll_lost, m)) mem_free(&m); /* its session has ended, and the poll with it */
}

static void take_poll(eio_session *s, http_req *req) {
  eio_server *e = s->hub->server;
  if (s->poll) {
    atomic_fetch_add(&e->protocol_errors, 1);
    eio_lose(s, EIO_TRANSPORT_ERROR);
    refuse(e, req, BAD_REQUEST);
    return;
  }
  s->poll = req;
  s->poll_serial++;
  atomic_fetch_add_explicit(&e->polls_waiting, 1, memory_order_relaxed);
  if (s->state == EIO_ENDED) {
    eio_lose(s, EIO_TRANSPORT_CLOSE); /* the server ended it: this poll carries the close */
    return;
  }
  if (s->queue_count || (s->probe && s->probe->probed)) {
    eio_poll_answer(s, s->queue_count ? 0 : EIO_NOOP);
    return;
  }
  struct poll_mark_ctx *m = arena_new_of(http_arena(req), struct poll_mark_ctx);
  *m = (struct poll_mark_ctx){.hub = s->hub, .serial = s->poll_serial};
  memcpy(m->sid, s->sid, EIO_SID_BYTES);
  if (s->authenticated) http_mark_authenticated(req);
  http_on_gone(req, poll_gone, m);
}

static void receive_all(eio_session *s, str payload, arena *a) {
  struct eio_packet p;
  while (payload.ptr && eio_payload_next(&payload, &p)) {
    if (p.binary) {
      char *bytes = arena_alloc(a, p.data.len + 1);
      p.data = (str){bytes, eio_base64_decode(p.data, bytes)};
    }
    if (!eio_receive(s, &p)) return;
  }
}

static void take_data(eio_session *s, http_req *req) {
  eio_server *e = s->hub->server;
  str body = http_body_of(req), type = http_header_of(req, S("content-type"));
  if (s->state == EIO_ENDED) {
    refuse(e, req, UNKNOWN_SID);
    return;
  }
  bool bytes = str_eq_ignore_case(str_sub(type, 0, 24), S("application/octet-stream"));
  if (bytes || !eio_payload_valid(body)) {
    atomic_fetch_add(&e->protocol_errors, 1);
    eio_lose(s, EIO_TRANSPORT_ERROR);
    refuse(e, req, BAD_REQUEST);
    return;
  }
  eio_ref(s);
  receive_all(s, body, http_arena(req));
  eio_unref(s);
  add_headers(e, req);
  http_reply(req, 200, S("text/html"), S("ok"));
}

/* ---- a session's request, on the session's loop ---- */

struct visit_ctx {
  struct eio_hub *hub;
  http_req *req;
  str sid;
  bool websocket;
};

static void visit(void *arg) {
  struct visit_ctx *v = arg;
  const eio_server *e = v->hub->server;
  eio_session *s = eio_find(v->hub, v->sid);
  enum http_method method = http_method_of(v->req);
  if (!s || (s->state == EIO_ENDED && v->websocket)) {
    refuse(e, v->req, UNKNOWN_SID);
  } else if (method == HTTP_GET && eio_is_unresponsive(s)) {
    eio_end_unresponsive(s);
    refuse(e, v->req, UNKNOWN_SID);
  } else if (method == HTTP_GET && v->websocket && (s->link || s->probe)) {
    eio_ws_reject(s, v->req);
  } else if (s->link || (v->websocket && method != HTTP_GET)) {
    refuse(e, v->req, BAD_REQUEST);
  } else if (v->websocket) {
    eio_ws_probe(s, v->req);
  } else if (method == HTTP_GET) {
    take_poll(s, v->req);
  } else if (method == HTTP_POST) {
    take_data(s, v->req);
  } else {
    refuse(e, v->req, BAD_REQUEST);
  }
}

static struct eio_hub *hub_of_sid(eio_server *e, str sid) {
  if (sid.len != EIO_SID_BYTES) return NULL;
  char c = sid.ptr[0];
  int index = c >= 'A' && c <= 'Z'   ? c - 'A'
              : c >= 'a' && c <= 'z' ? c - 'a' + 26
              : c >= '0' && c <= '9' ? c - '0' + 52
              : c == '-'             ? 62
              : c == '_'             ? 63
                                     : EIO_HUBS_MAX;
  return index < e->hubs_count ? &e->hubs[index] : NULL;
}

/* Adds the CORS headers: without them a page of another origin could not distinguish an error from a lost connection. */
static void refuse_err(const eio_server *e, http_req *req, err why) {
  if (origin_is_allowed(e, req)) add_headers(e, req);
  http_reply_err(req, why);
}

static void refuse_stopping(const eio_server *e, http_req *req) { refuse_err(e, req, err_retry(ERR_OVERLOADED, 1000)); }

static void route_by_sid(eio_server *e, http_req *req, str sid, bool websocket) {
  struct eio_hub *h = hub_of_sid(e, sid);
  if (!h) {
    refuse(e, req, UNKNOWN_SID);
    return;
  }
  struct visit_ctx *v = arena_new_of(http_arena(req), struct visit_ctx);
  *v = (struct visit_ctx){h, req, sid, websocket};
  if (net_on_loop(h->loop))
    visit(v);
  else if (!eio_hub_post(h, visit, v))
    refuse_stopping(e, req);
}

/* ---- the handshake ---- */

static struct eio_hub *own_hub(eio_server *e) {
  for (int i = 0; i < e->hubs_count; i++)
    if (net_on_loop(e->hubs[i].loop)) return &e->hubs[i];
  assert(!"a request on a loop that is not the server's");
  return NULL;
}

static void handshake(eio_server *e, http_req *req, bool websocket) {
  void *data = NULL;
  if (http_method_of(req) != HTTP_GET) {
    refuse(e, req, BAD_METHOD);
    return;
  }
  if (websocket && !http_header_of(req, S("upgrade")).ptr) {
    refuse(e, req, BAD_REQUEST);
    return;
  }
  if (atomic_load(&e->sessions_open) >= (int64_t)e->config.sessions_max && !eio_make_room(own_hub(e))) {
    refuse_stopping(e, req);
    return;
  }
  if (e->config.allow && !e->config.allow(req, e->config.user, &data)) {
    if (data && e->config.free_data) e->config.free_data(data);
    refuse(e, req, FORBIDDEN);
    return;
  }
  if (websocket) {
    eio_ws_handshake(e, req, data);
    return;
  }
  eio_session *s = eio_session_new(own_hub(e), http_client_address(req), data);
  buf body;
  buf_init(&body, 512);
  eio_add_handshake(&body, s, true);
  add_headers(e, req);
  http_reply(req, 200, S("text/plain; charset=UTF-8"), buf_borrow(&body));
  buf_free(&body);
  if (e->config.open) e->config.open(s, e->config.user);
}

static void handle(http_req *req, void *user) {
  eio_server *e = user;
  if (atomic_load(&e->stopping)) {
    refuse_stopping(e, req);
    return;
  }
  if (!origin_is_allowed(e, req)) {
    refuse(e, req, FORBIDDEN);
    return;
  }
  if (http_method_of(req) == HTTP_OPTIONS) {
    answer_preflight(e, req);
    return;
  }
  str transport = http_query(req, S("transport")), sid = http_query(req, S("sid"));
  bool websocket = str_eq(transport, S("websocket"));
  if (!websocket && !str_eq(transport, S("polling")))
    refuse(e, req, UNKNOWN_TRANSPORT);
  else if (!str_eq(http_query(req, S("EIO")), S("4")))
    refuse(e, req, UNSUPPORTED_VERSION);
  else if (sid.ptr)
    route_by_sid(e, req, sid, websocket);
  else
    handshake(e, req, websocket);
}

/* Refuses a body early for a nonexistent session of this loop. Sessions of other loops are looked up when the
 * body has arrived. */
static bool has_no_session(eio_server *e, http_req *req) {
  str sid = http_query(req, S("sid"));
  if (!http_body_follows(req) || !sid.ptr || !str_eq(http_query(req, S("transport")), S("polling"))) return false;
  struct eio_hub *h = hub_of_sid(e, sid);
  return origin_is_allowed(e, req) && (!h || (net_on_loop(h->loop) && !eio_find(h, sid)));
}

static bool too_large(const eio_server *e, http_req *req) {
  int64_t length;
  return str_to_i64(http_header_of(req, S("content-length")), &length) && length > (int64_t)e->config.max_payload;
}

bool eio_route(eio_server *e, http_req *req, struct http_plan *plan) {
  assert(e->magic == EIO_SERVER_MAGIC);
  str path = http_path(req), own = str_c(e->path), bare = str_sub(own, 0, own.len - str_ends(own, S("/")));
  if (!str_eq(path, own) && !str_eq(path, bare)) return false;
  *plan = (struct http_plan){.body = http_method_of(req) == HTTP_POST ? HTTP_BODY_MEMORY : HTTP_BODY_NONE,
                             .max_body_bytes = e->config.max_payload,
                             .handler = handle,
                             .user = e,
                             .on_loop = true};
  if (too_large(e, req))
    refuse_err(e, req, err_make(ERR_TOO_LARGE));
  else if (http_method_of(req) == HTTP_POST && str_eq(http_query(req, S("EIO")), S("4")) && has_no_session(e, req))
    refuse(e, req, UNKNOWN_SID);
  return true;
}
