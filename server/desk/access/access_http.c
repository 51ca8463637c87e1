/* The routes of signing in and out, and the three cookies. */
#include "desk/access/access_http.h"

#include "base/limits.h"
#include "desk/access/access_internal.h"
#include "net/addr.h"

enum { DEVICE_LIFE_S = 400 * 24 * 3600 }; /* the maximum that browsers keep */

void access_credentials(http_req *req, str *session_token, str *bearer) {
  *session_token = *bearer = STR_NONE;
  str header = http_header_of(req, S("authorization"));
  if (header.len > 7 && str_eq_ignore_case(str_sub(header, 0, 7), S("bearer "))) {
    *bearer = str_trim(str_sub(header, 7, header.len));
    return;
  }
  str cookie = http_cookie(req, S(ACCESS_COOKIE));
  if (cookie.len) *session_token = cookie;
}

static bool address_is_shared(const struct access *a, http_req *req) {
  struct net_addr client;
  if (http_client_is_shared(req)) return true;
  return a->is_public && net_addr_parse(http_client_address(req), &client) && net_addr_is_loopback(&client);
}

struct access_from access_from_of(const struct access *a, http_req *req) {
  return (struct access_from){.address = http_client_address(req),
                              .agent = http_header_of(req, S("user-agent")),
                              .device = access_device_read(&a->mark_key, http_cookie(req, S(ACCESS_DEVICE_COOKIE))),
                              .address_shared = address_is_shared(a, req)};
}

str access_caller(const struct access *a, http_req *req) {
  str device = access_device_read(&a->mark_key, http_cookie(req, S(ACCESS_DEVICE_COOKIE))).id;
  return device.ptr ? arena_printf(http_arena(req), "device %.*s", STR_ARG(device)) : http_client_address(req);
}

err access_may_call(struct call *c, const struct access_identity *who) {
  c->me = who->operator;
  c->session_id = who->session_id;
  c->proven = true;
  if (c->route->guard != GUARD_ROLE) return err_ok;
  struct actor me = operator_actor(&c->me);
  enum reach reach = may_reach(&me, c->route->permission);
  if (reach == REACH_NONE || (reach == REACH_OWN && !c->route->own)) return err_make(ERR_FORBIDDEN);
  return c->me.must_change_password ? err_make(ERR_MUST_CHANGE_PASSWORD) : err_ok;
}

err access_recheck(struct call *c) {
  str session_token, bearer;
  struct access_identity who;
  access_credentials(c->req, &session_token, &bearer);
  err e = access_identify(c->desk, session_token, bearer, c->arena, &who);
  return err_is(e) ? e : access_may_call(c, &who);
}

/* ---- routes that hash ---- */

static void run_hashing(void *arg, err e) {
  struct call *c = arg;
  if (!err_is(e) && c->me.id) e = access_recheck(c); /* waiting in the queue may have taken long */
  if (err_is(e) || http_client_gone(c->req))         /* the client no longer waits */
    call_fail(c, err_is(e) ? e : err_make(ERR_TIMEOUT));
  else
    c->route->handler(c);
}

err access_run_later(struct call *c) {
  struct access *a = c->desk->access;
  char block[64];
  if (c->me.id) {
    str who = arena_printf(c->arena, "operator %lld", (long long)c->me.id);
    return access_queue_add(&a->queue, ACCESS_LANE_KNOWN, who, run_hashing, c);
  }
  struct access_from from = access_from_of(a, c->req);
  bool known = from.device.id.ptr || access_knows_address(c->desk, &from, c->arena);
  str caller = from.device.id.ptr ? from.device.id : access_address_block(from.address, block);
  return access_queue_add(&a->queue, known ? ACCESS_LANE_KNOWN : ACCESS_LANE_UNKNOWN, caller, run_hashing, c);
}

/* ---- cookies ---- */

static void set_cookie(struct call *c, const char *name, str value, int64_t life_s, bool hidden) {
  bool secure = access_is_secure(c->desk->access, http_is_https(c->req));
  http_add_header(c->req, S("set-cookie"),
                  arena_printf(c->arena, "%s=%.*s; Path=/; Max-Age=%lld; SameSite=Lax%s%s", name, STR_ARG(value),
                               (long long)life_s, hidden ? "; HttpOnly" : "", secure ? "; Secure" : ""));
}

static void set_cookies(struct call *c, str session_token, str csrf_token, int64_t life_s) {
  set_cookie(c, ACCESS_COOKIE, session_token, life_s, true);
  set_cookie(c, ACCESS_CSRF_COOKIE, csrf_token, life_s, false);
}

static void keep_signed_in(struct call *c, const struct access_grant *g) {
  if (g->session_token.ptr) set_cookies(c, g->session_token, g->csrf_token, g->session_s);
  if (g->device_token.ptr) set_cookie(c, ACCESS_DEVICE_COOKIE, g->device_token, DEVICE_LIFE_S, true);
}

/* ---- shapes ---- */

struct credentials {
  str email, login, username, password;
};
static const struct json_field credential_fields[] = {
    {"email", JSON_STRING, JSON_OPTIONAL | JSON_NULLABLE, offsetof(struct credentials, email), 0, 254, NULL, NULL,
     "One of email, login and username; each accepts either."},
    {"login", JSON_STRING, JSON_OPTIONAL | JSON_NULLABLE, offsetof(struct credentials, login), 0, 254, NULL, NULL, NULL,
     NULL, "Used if neither email nor username is given."},
    {"username", JSON_STRING, JSON_OPTIONAL | JSON_NULLABLE, offsetof(struct credentials, username), 0, 254, NULL, NULL,
     NULL},
    {"password", JSON_STRING, JSON_REQUIRED | JSON_SECRET, offsetof(struct credentials, password), 1,
     LIMIT_PASSWORD_MAX, NULL, NULL, NULL},
};
static JSON_SHAPE(credentials_shape, "Credentials", struct credentials, credential_fields,
                  "The credentials of a sign-in.");

struct passwords {
  str current, fresh;
};
static const struct json_field password_fields[] = {
    {"current_password", JSON_STRING, JSON_REQUIRED | JSON_SECRET, offsetof(struct passwords, current), 1,
     LIMIT_PASSWORD_MAX, NULL, NULL, NULL},
    {"new_password", JSON_STRING, JSON_REQUIRED | JSON_SECRET, offsetof(struct passwords, fresh), 1, LIMIT_PASSWORD_MAX,
     NULL, NULL, "At least 10 characters, and not a common password."},
};
static JSON_SHAPE(passwords_shape, "PasswordChange", struct passwords, password_fields, "A new password.");

struct session_answer {
  str access_token, token_type;
  int64_t expires_in;
  const struct operator_row *operator;
};
static const struct json_field session_fields[] = {
    {"access_token", JSON_STRING, 0, offsetof(struct session_answer, access_token), 0, 0, NULL, NULL,
     "For Authorization: Bearer; needs no CSRF header."},
    {"token", JSON_STRING, 0, offsetof(struct session_answer, access_token), 0, 0, NULL, NULL, "The same."},
    {"token_type", JSON_STRING, 0, offsetof(struct session_answer, token_type), 0, 0, NULL, NULL, "bearer"},
    {"expires_in", JSON_INT, 0, offsetof(struct session_answer, expires_in), 0, INT64_MAX, NULL, NULL,
     "Lifetime of the access token in seconds."},
    {"operator", JSON_OBJECT, 0, offsetof(struct session_answer, operator), 0, 0, &operator_shape, NULL, NULL},
    {"user", JSON_OBJECT, 0, offsetof(struct session_answer, operator), 0, 0, &operator_shape, NULL, "The same."},
};
static JSON_SHAPE(session_shape, "Session", struct session_answer, session_fields, "The result of a sign-in.");

struct me {
  const struct operator_row *operator;
  struct json_list permissions, own_permissions;
  bool demo;
  str demo_url, version;
};
static const struct json_field me_fields[] = {
    {"operator", JSON_OBJECT, 0, offsetof(struct me, operator), 0, 0, &operator_shape, NULL, NULL},
    {"permissions", JSON_STRINGS, 0, offsetof(struct me, permissions), 0, 0, NULL, NULL, NULL},
    {"own_permissions", JSON_STRINGS, 0, offsetof(struct me, own_permissions), 0, 0, NULL, NULL,
     "Permissions on the operator's own subjects only, such as the conversations assigned to them."},
    {"demo", JSON_BOOL, 0, offsetof(struct me, demo), 0, 0, NULL, NULL,
     "The server runs with simulated customers; the panel shows it."},
    {"demo_url", JSON_STRING, JSON_OPTIONAL, offsetof(struct me, demo_url), 0, 0, NULL, NULL,
     "The page for writing as a customer of the demo."},
    {"version", JSON_STRING, 0, offsetof(struct me, version), 0, 0, NULL, NULL, NULL},
};
static JSON_SHAPE(me_shape, "Me", struct me, me_fields, "The signed-in operator and their permissions.");

/* ---- handlers ---- */

static void answer(struct call *c, err e, const struct access_grant *g) {
  if (err_is(e)) {
    call_fail(c, e);
    return;
  }
  keep_signed_in(c, g);
  struct session_answer out = {g->access_token, S("bearer"), g->expires_in_s, &g->operator};
  call_reply(c, 200, &session_shape, &out);
}

static void sign_in(struct call *c) {
  const struct credentials *who = c->body;
  struct access_grant g;
  str name = who->email.len ? who->email : who->login.len ? who->login : who->username;
  struct access_from from = access_from_of(c->desk->access, c->req);
  err e = name.len ? access_sign_in(c->desk, name, who->password, &from, c->arena, &g)
                   : err_field(ERR_MISSING_FIELD, "login");
  answer(c, e, &g);
}

/* The dispatcher has already identified the request, so this is a cache hit. */
static err identity_of(struct call *c, str *session_token, struct access_identity *who) {
  str bearer;
  access_credentials(c->req, session_token, &bearer);
  return access_identify(c->desk, *session_token, bearer, c->arena, who);
}

static void sign_out(struct call *c) {
  struct access_identity who;
  str session_token;
  err e = identity_of(c, &session_token, &who);
  if (!err_is(e)) e = access_sign_out(c->desk, who.bound_session_id);
  if (err_is(e)) {
    call_fail(c, e);
    return;
  }
  set_cookies(c, S(""), S(""), 0);
  call_reply_empty(c, 204);
}

static void refresh(struct call *c) {
  struct access_identity who;
  struct access_grant g;
  str session_token;
  err e = identity_of(c, &session_token, &who);
  if (!err_is(e)) e = access_refresh(c->desk, &who, session_token, c->arena, &g);
  answer(c, e, &g);
}

static void change_password(struct call *c) {
  const struct passwords *body = c->body;
  struct access_grant g;
  struct access_from from = access_from_of(c->desk->access, c->req);
  err e = access_change_password(c->desk, c->me.id, body->current, body->fresh, &from, c->arena, &g);
  answer(c, e, &g);
}

static err read_me(db_conn *c, void *arg) {
  struct call *call = arg;
  return operator_get(c, call->me.id, call->arena, &call->me);
}

/* Reads the operator from the database: the cached identity may be some seconds old. */
static void show_me(struct call *c) {
  str granted[PERMISSIONS], own[PERMISSIONS];
  err e = db_read(c->desk->db, read_me, c);
  if (err_is(e)) {
    call_fail(c, e);
    return;
  }
  struct actor asks = operator_actor(&c->me);
  struct me me = {
      &c->me, {granted, 0}, {own, 0}, c->desk->demo_url != NULL, str_c(c->desk->demo_url), str_c(c->desk->version)};
  for (int p = 0; p < PERMISSIONS; p++) {
    enum reach reach = may_reach(&asks, (enum permission)p);
    str text = str_c(permission_text((enum permission)p));
    if (reach == REACH_ALL) granted[me.permissions.count++] = text;
    if (reach == REACH_OWN) own[me.own_permissions.count++] = text;
  }
  /* Send the cookies again: the session's expiry has moved, and the browser would drop the cookies at the old one. */
  struct access_identity who;
  str session_token;
  if (!err_is(identity_of(c, &session_token, &who)) && session_token.ptr)
    set_cookies(c, session_token, who.csrf_token, c->desk->session_ms / 1000);
  call_reply(c, 200, &me_shape, &me);
}

/* The demo runs on its visitor's own machine: opening the printed address signs in. */
static void enter_demo(struct call *c) {
  struct access_grant g;
  struct access_from from = access_from_of(c->desk->access, c->req);
  err e = c->desk->demo_url
              ? access_sign_in(c->desk, str_c(c->desk->demo_login), str_c(c->desk->demo_password), &from, c->arena, &g)
              : err_make(ERR_NOT_FOUND);
  if (err_is(e)) {
    call_fail(c, e);
    return;
  }
  keep_signed_in(c, &g);
  http_add_header(c->req, S("Location"), S("/"));
  call_reply_empty(c, 303);
}

static const struct route routes[] = {
    {HTTP_GET, "/demo", GUARD_PUBLIC, 0, RATE_SIGN_IN, .hashes = true, .status = 303, .handler = enter_demo,
     .fails = FAILS(NOT_FOUND) | FAILS(WRONG_PASSWORD),
     .doc = "Signs the visitor of a demo in and redirects to the panel; exists only in the demo."},
    {HTTP_POST, "/api/auth/login", GUARD_PUBLIC, 0, RATE_SIGN_IN, .hashes = true, .body = HTTP_BODY_MEMORY,
     .in = &credentials_shape, .lenient = true, .out = &session_shape, .status = 200, .handler = sign_in,
     .fails = FAILS(WRONG_PASSWORD),
     .doc = "Signs in by login or email, and sets the session's two cookies and the device cookie."},
    {HTTP_POST, "/api/auth/logout", GUARD_SESSION, 0, RATE_WRITE, .status = 204, .handler = sign_out,
     .doc = "Ends the session and its tokens."},
    {HTTP_POST, "/api/auth/refresh", GUARD_SESSION, 0, RATE_WRITE, .out = &session_shape, .status = 200,
     .handler = refresh, .doc = "Returns a new access token and extends the session."},
    {HTTP_GET, "/api/auth/me", GUARD_SESSION, 0, RATE_READ, .out = &me_shape, .status = 200, .handler = show_me,
     .doc = "The signed-in operator and their permissions."},
    {HTTP_POST, "/api/auth/password", GUARD_SESSION, 0, RATE_WRITE, .hashes = true, .body = HTTP_BODY_MEMORY,
     .in = &passwords_shape, .out = &session_shape, .status = 200, .handler = change_password,
     .fails = FAILS(WRONG_PASSWORD) | FAILS(WEAK_PASSWORD),
     .doc = "Changes the caller's password and ends every other session and token."},
};
ROUTE_TABLE(access_routes, routes);
