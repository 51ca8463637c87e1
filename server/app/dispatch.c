/* From a request's head to its handler. On the loop: the route, the headers of every response, CORS, and how the
 * body is received. On a worker: decoding the input, then the slice's handler.
 *
 * Authentication, permission and rate are checked on the head, before a byte of a body is read. What needs no
 * waiting is decided on the loop: a channel's secret or key, a cached session. What may need the database is decided
 * on a worker while the body waits (http_plan.admit); without a body, in the handler's own job. A body may arrive
 * slowly, and a sign-out, a role change or a key change meanwhile must take effect: after the body the caller is
 * checked again.
 *
 * Limits: a body above the route's limit is refused before it is read. */
#include "app/app.h"
#include "app/form.h"

#include "base/limits.h"
#include "base/log.h"
#include "desk/access/access_http.h"
#include "net/sio.h"

enum { MULTIPART_OVERHEAD_BYTES = 1 << 20, PREFLIGHT_S = 600, STORING_RETRY_MS = 3000 };

/* ---- headers ---- */

#define CSP                                                                                                       \
  "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; " \
  "connect-src 'self' ws: wss:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'"

/* For the widget's page, which other sites embed and which loads only its own files and pictures. */
#define FRAME_CSP                                                                         \
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; " \
  "connect-src 'self' ws: wss:; base-uri 'none'; form-action 'none'; frame-ancestors "

static const struct {
  str name, value;
  bool in_frames; /* also sent with the widget's page */
} security_headers[] = {
    {STR_INIT("Content-Security-Policy"), STR_INIT(CSP), false},
    {STR_INIT("X-Content-Type-Options"), STR_INIT("nosniff"), true},
    {STR_INIT("Referrer-Policy"), STR_INIT("same-origin"), true},
    {STR_INIT("X-Frame-Options"), STR_INIT("DENY"), false},
    /* Operators record voice messages and send where they are; the browser asks them each time. */
    {STR_INIT("Permissions-Policy"),
     STR_INIT("camera=(self), geolocation=(self), microphone=(self), payment=(), usb=()"), false},
    {STR_INIT("Cross-Origin-Opener-Policy"), STR_INIT("same-origin"), true},
};

static bool is_api(str path) { return str_starts(path, S("/api/")) || str_eq(path, S("/api")); }

/* The sites of WIDGET_ORIGINS may embed the widget, and so may the panel for previews; every site may if the list is
 * empty. A site that isolates itself (COEP) can only embed frames that do so too. */
static void add_frame_headers(const struct app *app, http_req *req) {
  struct config_list list = config_list(app->config, CONFIG_WIDGET_ORIGINS);
  str policy = app->any_widget_origin ? S(FRAME_CSP "*") : S(FRAME_CSP "'self'");
  for (size_t i = 0; i < list.count && !app->any_widget_origin; i++)
    policy = arena_printf(http_arena(req), "%.*s %.*s", STR_ARG(policy), STR_ARG(list.items[i]));
  http_add_header(req, S("Content-Security-Policy"), policy);
  http_add_header(req, S("Cross-Origin-Embedder-Policy"), S("require-corp"));
  http_add_header(req, S("Permissions-Policy"), S("camera=(), geolocation=(), microphone=(), payment=(), usb=()"));
}

/* A page of any origin may be an app and show the pictures of its chat; so may a page with the widget. */
static void add_headers(const struct app *app, http_req *req, const struct route *route) {
  enum front_use use = route ? FRONT_OURS : front_use_of(http_path(req));
  bool foreign = use != FRONT_OURS || (route && route->guard == GUARD_CHANNEL);
  for (size_t i = 0; i < sizeof security_headers / sizeof security_headers[0]; i++)
    if (use != FRONT_FRAME || security_headers[i].in_frames)
      http_add_header(req, security_headers[i].name, security_headers[i].value);
  if (use == FRONT_FRAME) add_frame_headers(app, req);
  http_add_header(req, S("Cross-Origin-Resource-Policy"), foreign ? S("cross-origin") : S("same-origin"));
  if (app->https || http_is_https(req)) http_add_header(req, S("Strict-Transport-Security"), S("max-age=31536000"));
}

/* ---- other origins ----
 * Two lists with two meanings. ALLOWED_ORIGINS: pages that may call everything, with the operator's cookies.
 * WIDGET_ORIGINS: pages that may call the routes of a channel's own clients, which ignore cookies. */

static bool listed(struct config_list list, str origin) {
  for (size_t i = 0; i < list.count; i++)
    if (str_eq_ignore_case(list.items[i], origin)) return true;
  return false;
}

bool dispatch_channel_origin(http_req *req, str origin, void *user) {
  const struct app *app = user;
  (void)req;
  return app->any_widget_origin || app->any_origin || listed(config_list(app->config, CONFIG_WIDGET_ORIGINS), origin) ||
         listed(config_list(app->config, CONFIG_ALLOWED_ORIGINS), origin);
}

/* The route that the response concerns: for a preflight the requested one. */
static const struct route *route_meant(const struct app *app, http_req *req, const struct router_match *m) {
  if (m->route || http_method_of(req) != HTTP_OPTIONS) return m->route;
  struct router_match wanted;
  enum http_method method = router_method_named(http_header_of(req, S("access-control-request-method")));
  if (!method) return NULL;
  router_find(app->router, method, http_path(req), &wanted);
  return wanted.route;
}

static void add_cors(const struct app *app, http_req *req, const struct route *route) {
  struct config_list operators = config_list(app->config, CONFIG_ALLOWED_ORIGINS);
  bool channel = route && route->guard == GUARD_CHANNEL;
  if (operators.count == 0 && !channel) return;
  http_add_header(req, S("Vary"), S("Origin"));
  str origin = http_header_of(req, S("origin"));
  if (!origin.len) return;
  if (listed(operators, origin)) {
    http_add_header(req, S("Access-Control-Allow-Origin"), origin);
    http_add_header(req, S("Access-Control-Allow-Credentials"), S("true"));
  } else if (app->any_origin || (channel && app->any_widget_origin)) {
    http_add_header(req, S("Access-Control-Allow-Origin"), S("*")); /* without cookies */
  } else if (channel && listed(config_list(app->config, CONFIG_WIDGET_ORIGINS), origin)) {
    http_add_header(req, S("Access-Control-Allow-Origin"), origin); /* without cookies */
  } else {
    return;
  }
  http_add_header(req, S("Access-Control-Expose-Headers"), S("Retry-After, ETag, Content-Disposition"));
}

static void reply_options(http_req *req, unsigned methods) {
  str allow = router_allow(http_arena(req), methods);
  http_add_header(req, S("Allow"), allow);
  if (http_header_of(req, S("access-control-request-method")).ptr) {
    http_add_header(req, S("Access-Control-Allow-Methods"), allow);
    http_add_header(req, S("Access-Control-Allow-Headers"),
                    S("Content-Type, Authorization, X-CSRF-Token, X-App-Key, X-User-Id, X-User-Hash"));
    http_add_header(req, S("Access-Control-Max-Age"), arena_printf(http_arena(req), "%d", PREFLIGHT_S));
  }
  http_reply(req, 204, STR_NONE, STR_NONE);
}

/* ---- authentication and permission ---- */

static bool writes(const struct call *c) {
  return (http_method_of(c->req) & (HTTP_GET | HTTP_HEAD | HTTP_OPTIONS)) == 0;
}

static bool for_anyone(const struct route *r) { return r->guard == GUARD_PUBLIC || r->guard == GUARD_CHANNEL; }

/* Checks the caller's identity against the request: CSRF, role, rate. */
static err authorize(struct call *c, const struct access_identity *who) {
  if (who->session_id && writes(c)) {
    str given = http_header_of(c->req, S("x-csrf-token"));
    if (!given.len || !str_eq_constant_time(given, who->csrf_token)) return err_make(ERR_CSRF_FAILED);
  }
  err e = access_may_call(c, who);
  if (err_is(e)) return e;
  return access_rate(c->desk->access, (int)c->route->rate, c->me.id, access_caller(c->desk->access, c->req));
}

static err authorize_anyone(struct call *c) {
  err e = access_rate(c->desk->access, (int)c->route->rate, 0, access_caller(c->desk->access, c->req));
  c->proven = access_from_of(c->desk->access, c->req).device.id.ptr != NULL; /* it has signed in before */
  return err_is(e) || !c->route->at_head ? e : c->route->at_head(c);
}

/* On a worker: a session or token may have to be looked up in the database. */
static err identify(struct call *c) {
  str session_token, bearer;
  struct access_identity who;
  access_credentials(c->req, &session_token, &bearer);
  if (!session_token.len && !bearer.ptr) return err_make(ERR_UNAUTHORIZED);
  err e = access_identify(c->desk, session_token, bearer, c->arena, &who);
  if (e.code == ERR_UNAUTHORIZED) { /* invalid credentials are rate-limited like unauthenticated callers */
    err slow = access_rate(c->desk->access, RATE_PUBLIC, 0, access_caller(c->desk->access, c->req));
    if (err_is(slow)) return slow;
  }
  return err_is(e) ? e : authorize(c, &who);
}

/* After the body: checks the same credentials again. */
static err authorize_again(struct call *c) {
  if (!for_anyone(c->route)) return access_recheck(c);
  return c->route->at_head ? c->route->at_head(c) : err_ok;
}

static void log_refused(const struct call *c, err e) {
  LOG_DEBUG("http.refused", LOG_S("method", http_method_name(c->req)), LOG_C("route", c->route->path),
            LOG_I("operator", c->me.id), LOG_C("why", err_text(e.code)));
}

/* http_plan.admit, on a worker. */
static bool admit(http_req *req, void *user) {
  (void)user;
  struct call *c = http_user(req);
  err e = for_anyone(c->route) ? authorize_anyone(c) : identify(c);
  if (!err_is(e)) {
    if (c->proven) http_mark_authenticated(req);
    return true;
  }
  log_refused(c, e);
  call_fail(c, e);
  return false;
}

/* On the loop, before a body: decides what needs no waiting. False: a worker must query the database. */
static bool admit_at_once(struct call *c, err *e) {
  if (for_anyone(c->route)) {
    *e = authorize_anyone(c);
    return true;
  }
  str session_token, bearer;
  struct access_identity who;
  access_credentials(c->req, &session_token, &bearer);
  if (!access_identify_cached(c->desk, session_token, bearer, c->arena, &who)) return false;
  *e = authorize(c, &who);
  return true;
}

/* ---- decoding ---- */

/* Another site's form can send text/plain or a form type without a preflight, but not this type. */
static bool is_json(http_req *req) {
  str type = http_header_of(req, S("content-type"));
  if (!type.ptr) return true;
  type = str_trim(str_sub(type, 0, str_index(type, ';', 0)));
  return str_eq_ignore_case(type, S("application/json")) || (type.len > 5 && str_ends(type, S("+json")));
}

static err decode(struct call *c) {
  if (!c->route->in || http_is_multipart(c->req)) return err_ok;
  str body = http_body_of(c->req);
  if (!str_trim(body).len && c->route->in_optional) return err_ok;
  /* Only routes that ignore cookies accept forms, so the sending page does not matter. */
  bool form = c->route->guard == GUARD_CHANNEL && form_is_urlencoded(c->req);
  if (!form && !is_json(c->req)) return err_detail(ERR_UNSUPPORTED_TYPE, "Content-Type", "Send application/json.");
  void *value = arena_alloc(c->arena, c->route->in->size_bytes);
  err e = form                       ? form_decode(c->route->in, body, c->arena, value, &c->present)
          : route_is_exact(c->route) ? json_decode_exact(c->route->in, body, c->arena, value, &c->present)
                                     : json_decode(c->route->in, body, c->arena, value, &c->present);
  if (!err_is(e)) c->body = value;
  return e;
}

/* Waiting in the queue may have taken long. */
static void run_storing(void *arg) {
  struct call *c = arg;
  err e = http_client_gone(c->req) ? err_make(ERR_TIMEOUT) : authorize_again(c);
  if (err_is(e))
    call_fail(c, e);
  else
    c->route->handler(c);
}

static bool has_files(http_req *req) {
  for (size_t i = 0; i < http_part_count(req); i++)
    if (http_part_at(req, i)->path) return true;
  return false;
}

static void handle(struct app *app, struct call *c) {
  net_pool *pool = app->storing[for_anyone(c->route) ? APP_STORING_STRANGERS : APP_STORING_OPERATORS];
  if (!pool || !has_files(c->req))
    c->route->handler(c);
  else if (!net_work(pool, run_storing, c))
    call_fail(c, err_retry(ERR_OVERLOADED, STORING_RETRY_MS));
}

/* http_plan.handler, on a worker. */
static void run(http_req *req, void *user) {
  struct call *c = http_user(req);
  err e = c->has_body ? authorize_again(c) : err_ok;
  if (!err_is(e)) e = call_check_query(c);
  if (!err_is(e)) e = decode(c);
  LOG_DEBUG("http.request", LOG_S("method", http_method_name(req)), LOG_C("route", c->route->path), LOG_I("id", c->id),
            LOG_I("operator", c->me.id), LOG_C("refused", err_is(e) ? err_text(e.code) : "no"));
  bool later = !err_is(e) && c->route->hashes;
  if (later) e = access_run_later(c);
  if (err_is(e))
    call_fail(c, e);
  else if (!later)
    handle(user, c);
}

/* ---- on the loop ---- */

static void fail(http_req *req, err e) {
  http_add_header(req, S("Cache-Control"), S("no-store"));
  http_reply_err(req, e);
}

static void set_plan(const struct app *app, const struct route *route, struct http_plan *plan) {
  size_t upload = (size_t)app->desk.upload_max_mb << 20;
  plan->body = route->body == HTTP_BODY_NONE && route->in ? HTTP_BODY_MEMORY : route->body;
  plan->max_body_bytes = route->body_max_bytes ? route->body_max_bytes : LIMIT_JSON_BODY_MAX;
  plan->memory_bytes = route->memory_max_bytes ? route->memory_max_bytes : LIMIT_JSON_BODY_MAX;
  if (plan->body == HTTP_BODY_MULTIPART) {
    if (!route->body_max_bytes) plan->max_body_bytes = upload + MULTIPART_OVERHEAD_BYTES;
    plan->max_files = LIMIT_PHOTOS_MAX;
    plan->max_file_bytes = upload;
  }
  plan->handler = run;
}

static bool too_large(http_req *req, const struct http_plan *plan) {
  int64_t length;
  return str_to_i64(http_header_of(req, S("content-length")), &length) && length > (int64_t)plan->max_body_bytes;
}

static err larger_than(const struct http_plan *plan) {
  unsigned long long mb = plan->max_body_bytes >> 20;
  return mb ? err_detail(ERR_TOO_LARGE, NULL, "A request may have at most %llu MB here.", mb) : err_make(ERR_TOO_LARGE);
}

/* An undecodable parameter must not count as absent, or a filter would silently not apply. */
static bool query_is_valid(http_req *req) {
  str target = http_raw_target(req), decoded;
  size_t mark = str_index(target, '?', 0);
  return mark == target.len || http_url_decode(str_sub(target, mark, target.len), true, http_arena(req), &decoded);
}

static bool has_no_credentials(http_req *req) {
  str session_token, bearer;
  access_credentials(req, &session_token, &bearer);
  return !session_token.len && !bearer.ptr;
}

static void refuse(http_req *req, const struct router_match *m) {
  bool read_only = (http_method_of(req) & (HTTP_GET | HTTP_HEAD)) != 0;
  bool front = !m->methods && !m->plain_errors && !is_api(http_path(req));
  if (front && front_has(http_path(req))) {
    if (read_only && front_reply(req)) return;
    http_add_header(req, S("Allow"), S("GET, HEAD, OPTIONS"));
    fail(req, err_make(ERR_METHOD_NOT_ALLOWED));
  } else if (m->methods) {
    http_add_header(req, S("Allow"), router_allow(http_arena(req), m->methods));
    fail(req, err_make(ERR_METHOD_NOT_ALLOWED));
  } else {
    fail(req, err_make(ERR_NOT_FOUND));
  }
}

/* The route is found and the head is valid: creates the call and checks it before its body, if any. */
static void begin_call(struct app *app, http_req *req, const struct router_match *m, struct http_plan *plan) {
  struct call *c = arena_new_of(http_arena(req), struct call);
  err e = err_ok;
  *c = (struct call){.req = req,
                     .arena = http_arena(req),
                     .desk = &app->desk,
                     .route = m->route,
                     .id = m->id,
                     .word = m->word,
                     .has_body = http_body_follows(req)};
  http_set_user(req, c);
  proxies_notice(app, req);
  if (!c->has_body || !admit_at_once(c, &e)) plan->admit = admit;
  if (!err_is(e)) {
    if (c->proven) http_mark_authenticated(req);
    return;
  }
  log_refused(c, e);
  call_fail(c, e);
}

void dispatch_route(http_req *req, struct http_plan *plan, void *user) {
  struct app *app = user;
  struct router_match m;
  if (app->io && sio_route(app->io, req, plan)) return;
  router_find(app->router, http_method_of(req), http_path(req), &m);
  add_headers(app, req, m.route);
  add_cors(app, req, route_meant(app, req, &m));
  if (m.plain_errors) http_set_plain_errors(req);
  if (!m.route) {
    if (http_method_of(req) == HTTP_OPTIONS && m.methods)
      reply_options(req, m.methods);
    else
      refuse(req, &m);
    return;
  }
  set_plan(app, m.route, plan);
  plan->user = app;
  if (too_large(req, plan)) {
    fail(req, larger_than(plan));
  } else if (!for_anyone(m.route) && has_no_credentials(req)) {
    fail(req, err_make(ERR_UNAUTHORIZED));
  } else if (!query_is_valid(req)) {
    fail(req, err_detail(ERR_BAD_REQUEST, NULL, "The query is malformed: an invalid escape, or NUL."));
  } else {
    begin_call(app, req, &m, plan);
  }
}
