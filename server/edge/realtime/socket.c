/* GET /ws: who may open it, the client's frames, and when the server closes it. See realtime.h.
 *
 * A browser sends its cookies with any page's WebSocket, so a cookie counts only with an allowed Origin; a bearer token
 * is never sent automatically and needs none. */
#include "desk/conversation/conversation.h"
#include "edge/realtime/realtime_internal.h"

#include "base/log.h"

#include <string.h>

enum { SIGN_IN_MS = 10000, FRAMES_PER_SECOND = 40, ASKING_MAX = 64 };

/* ---- frames from clients ---- */

struct client_frame {
  str type, token;
  int64_t since, conversation_id;
  bool typing;
};
static const struct json_field client_frame_fields[] = {
    {"type", JSON_STRING, JSON_REQUIRED, offsetof(struct client_frame, type), 1, 32, NULL, NULL, "The frame's type."},
    {"token", JSON_STRING, JSON_OPTIONAL, offsetof(struct client_frame, token), 1, CREDENTIAL_MAX - 1, NULL, NULL,
     NULL},
    {"since", JSON_INT, JSON_OPTIONAL, offsetof(struct client_frame, since), 0, INT64_MAX, NULL, NULL, NULL},
    {"conversation_id", JSON_ID, JSON_OPTIONAL | JSON_NULLABLE, offsetof(struct client_frame, conversation_id), 0, 0,
     NULL, NULL, NULL},
    {"typing", JSON_BOOL, JSON_OPTIONAL, offsetof(struct client_frame, typing), 0, 0, NULL, NULL, NULL},
};
static JSON_SHAPE(client_frame_shape, "ClientFrame", struct client_frame, client_frame_fields,
                  "What a client sends over /ws.");

static void send_error(struct client *c, enum err_code code, const char *message) {
  client_send(c, EVENT_ERROR, &event_error_shape, &(struct event_error){(int)code, str_c(message)});
}

static void send_pong(struct client *c) {
  client_send(c, EVENT_PONG, &event_pong_shape, &(struct event_pong){desk_now(c->hub->realtime->desk)});
}

static void identify_by_token(struct client *c, str token) {
  if (str_has_nul(token) || token.len >= CREDENTIAL_MAX) {
    send_error(c, ERR_UNAUTHORIZED, "This is not a valid token.");
    return;
  }
  c->credential = mem_dup_cstr(token);
  if (!client_inspect(c, true)) ws_close(c->conn, WS_CLOSE_LATER, S("try again"));
}

/* ---- typing and viewing: a worker looks whether the conversation exists and what the operator may do there ----
 * The frames of one socket are looked up one after another, so that they take effect in the order in which they were sent:
 * were "typing: false" faster than "typing: true", the others would see somebody type. At most ASKING_MAX wait. */

struct asking_ctx {
  struct client *client; /* holds a reference */
  struct asking_ctx *next;
  struct desk *desk;
  net_loop *loop;
  struct actor who;
  bool views; /* else types */
  bool typing;
  uint32_t owners; /* presence_owners before the look */
  struct subject about;
  err outcome;
};

static void ask_next(struct client *c);

/* of_view: the client shows the former conversation no more. */
static void refuse(struct client *c, err e, bool of_view) {
  send_error(c, e.code, err_message(&e));
  if (of_view) presence_view_none(c);
}

/* False: the owner may have changed since the look. */
static bool settle(struct asking_ctx *a) {
  struct client *c = a->client;
  bool still_wanted = c->wants == a->about.id; /* no later frame names another conversation */
  if (!c->conn) return true;
  if (!err_is(a->outcome) && a->views) return !still_wanted || presence_view(c, &a->about, a->owners);
  if (!err_is(a->outcome)) { /* to every panel; a channel may forward it to its customer, too */
    broadcast_typing(a->desk, &a->about, &(struct event_typing){a->about.id, c->operator_id, a->typing});
    return true;
  }
  refuse(c, a->outcome, a->views && still_wanted);
  return true;
}

/* On the loop again. */
static void asked(void *arg) {
  struct asking_ctx *a = arg;
  struct client *c = a->client;
  if (settle(a)) {
    c->asking = a->next;
    mem_free(&a);
  }
  ask_next(c);
  if (!c->asking) client_unref(c);
}

static err find(db_conn *c, void *arg) {
  struct asking_ctx *a = arg;
  return conversation_subject(c, &a->who, a->views ? MAY_CONVERSATION_READ : MAY_CONVERSATION_WRITE, a->about.id,
                              &a->about);
}

static void ask(void *arg) {
  struct asking_ctx *a = arg;
  a->outcome = db_read(a->desk->db, find, a);
  net_post(a->loop, asked, a);
}

/* Gives the first waiting frame to a worker; settles those before it that need none. */
static void ask_next(struct client *c) {
  struct asking_ctx *a;
  while ((a = c->asking)) {
    if (c->conn && !err_is(a->outcome)) {
      a->owners = presence_owners(c->hub->realtime, a->about.id);
      if (net_work(http_server_pool(c->hub->realtime->server), ask, a)) return;
      a->outcome = err_make(ERR_OVERLOADED);
    }
    settle(a);
    c->asking = a->next;
    mem_free(&a);
  }
}

/* Beyond the rate the frame is refused: nobody types or turns pages that fast. */
static void handle_presence(struct client *c, const struct client_frame *f, bool views) {
  struct realtime *r = c->hub->realtime;
  struct asking_ctx *a, **end = &c->asking;
  for (size_t waiting = 0; *end; end = &(*end)->next)
    if (++waiting == ASKING_MAX) {
      refuse(c, err_make(ERR_OVERLOADED), views);
      return;
    }
  a = mem_alloc(sizeof *a);
  *a = (struct asking_ctx){.client = c,
                           .desk = r->desk,
                           .loop = c->hub->loop,
                           .who = client_actor(c),
                           .views = views,
                           .typing = f->typing,
                           .about.id = f->conversation_id,
                           .outcome = access_rate(r->desk->access, RATE_PRESENCE, c->operator_id, STR_NONE)};
  *end = a;
  if (c->asking != a) return; /* asked() goes on with it */
  c->refs++;
  ask_next(c);
  if (!c->asking) client_unref(c);
}

static void handle_viewing(struct client *c, const struct client_frame *f) {
  c->wants = f->conversation_id;
  if (f->conversation_id)
    handle_presence(c, f, true);
  else
    presence_view_none(c);
}

static void handle_frame(struct client *c, const struct client_frame *f) {
  if (str_eq(f->type, S("ping"))) {
    send_pong(c);
  } else if (c->state == CLIENT_UNAUTHENTICATED) {
    if (str_eq(f->type, S("auth")) && f->token.len && !c->credential)
      identify_by_token(c, f->token);
    else
      send_error(c, ERR_UNAUTHORIZED, "Authenticate first: {\"type\":\"auth\",\"token\":…}.");
  } else if (str_eq(f->type, S("auth"))) {
    return; /* already authenticated, by cookie or by the URL */
  } else if (str_eq(f->type, S("resume"))) {
    client_resume(c, f->since);
  } else if (str_eq(f->type, S("viewing"))) {
    handle_viewing(c, f);
  } else if (str_eq(f->type, S("typing")) && f->conversation_id) {
    handle_presence(c, f, false);
  } else {
    send_error(c, ERR_INVALID_FIELD, "This frame type is unknown.");
  }
}

/* True while the client keeps to FRAMES_PER_SECOND. */
static bool within_rate(struct client *c) {
  int64_t now_ms = clock_steady_ms(c->hub->realtime->desk->clock);
  if (now_ms - c->window_ms >= 1000) {
    c->window_ms = now_ms;
    c->frames_window = 0;
  }
  return ++c->frames_window <= FRAMES_PER_SECOND;
}

static void on_message(ws_conn *conn, int opcode, str payload) {
  struct client *c = ws_user(conn);
  if (!within_rate(c)) {
    ws_close(conn, WS_CLOSE_POLICY, S("too many frames"));
    return;
  }
  if (opcode != WS_TEXT) {
    send_error(c, ERR_BAD_JSON, "Frames must be JSON texts.");
    return;
  }
  arena *a = arena_new(0);
  struct client_frame frame;
  err e = json_decode(&client_frame_shape, payload, a, &frame, NULL);
  if (err_is(e))
    send_error(c, e.code, err_message(&e));
  else
    handle_frame(c, &frame);
  arena_free(&a);
}

/* ---- opening and closing ---- */

static void sign_in_timed_out(void *arg) {
  struct client *c = arg;
  net_timer_stop(&c->timer);
  if (c->conn && c->state == CLIENT_UNAUTHENTICATED) ws_close(c->conn, WS_CLOSE_POLICY, S("no sign-in in time"));
}

static void on_open(ws_conn *conn, void *user) {
  struct client *c = user;
  c->conn = conn;
  ws_set_user(conn, c);
  c->hub = hub_of(c->realtime, ws_loop(conn));
  c->next = c->hub->clients;
  if (c->next) c->next->previous = c;
  c->hub->clients = c;
  atomic_fetch_add(&c->hub->realtime->clients, 1);
  if (c->operator_id) {
    ws_mark_authenticated(conn);
    client_welcome(c);
  } else {
    c->timer = net_timer_start(c->hub->loop, SIGN_IN_MS, 0, sign_in_timed_out, c);
  }
}

static void on_close(ws_conn *conn, int code, str reason) {
  (void)code, (void)reason;
  struct client *c = ws_user(conn);
  struct hub *h = c->hub;
  if (c->state != CLIENT_UNAUTHENTICATED) presence_leave(c);
  if (c->previous)
    c->previous->next = c->next;
  else
    h->clients = c->next;
  if (c->next) c->next->previous = c->previous;
  c->next = c->previous = NULL;
  c->conn = NULL;
  net_timer_stop(&c->timer);
  atomic_fetch_sub(&h->realtime->clients, 1);
  client_unref(c);
}

/* The client disconnected before the upgrade was written. */
static void never_opened(void *user) {
  struct client *c = user;
  mem_free(&c->credential);
  mem_free(&c);
}

const struct ws_config realtime_ws = {
    .message_max_bytes = LIMIT_SOCKET_FRAME_MAX_BYTES,
    .queue_max_bytes = LIMIT_SOCKET_QUEUE_MAX_BYTES,
    .ping_every_ms = 25000,
    .deflate = false, /* small frames to many sockets: processor time matters more than bytes */
    .protocol = STR_INIT("access_token"),
    .open = on_open,
    .message = on_message,
    .drained = client_drained,
    .close = on_close,
};

/* ---- the route ---- */

static bool origin_in_list(str list, str origin) {
  while (list.ptr) {
    str one = str_trim(str_cut(&list, ','));
    if (one.len && one.ptr[one.len - 1] == '/') one.len--;
    if (one.len && str_eq_ignore_case(one, origin)) return true;
  }
  return false;
}

static bool origin_is_ours(struct call *c) {
  str origin = http_header_of(c->req, S("origin"));
  if (!origin.ptr) return true; /* not a browser */
  struct realtime *r = c->desk->realtime;
  str host = http_header_of(c->req, S("host"));
  str own = arena_printf(c->arena, "%s://%.*s", http_is_https(c->req) ? "https" : "http", STR_ARG(host));
  return str_eq_ignore_case(origin, own) || origin_in_list(str_c(c->desk->public_url), origin) ||
         origin_in_list(str_c(r->allowed_origins), origin);
}

/* "access_token, <token>": for browsers, which can set no other header of a WebSocket. The first is echoed as the
 * chosen protocol. */
static str token_of_protocols(struct call *c) {
  str rest = http_header_of(c->req, S("sec-websocket-protocol"));
  return str_eq(str_trim(str_cut(&rest, ',')), S("access_token")) ? str_trim(str_cut(&rest, ',')) : STR_NONE;
}

static void open_socket(struct call *c) {
  struct realtime *r = c->desk->realtime;
  str cookie = http_cookie(c->req, S("switchboard_session")), token = http_query(c->req, S("token"));
  str bearer = http_header_of(c->req, S("authorization"));
  if (!token.len && bearer.len > 7 && str_eq_ignore_case(str_sub(bearer, 0, 7), S("Bearer ")))
    token = str_trim(str_sub(bearer, 7, bearer.len));
  if (!token.len) token = token_of_protocols(c);
  bool by_cookie = !token.len && cookie.len;
  if (by_cookie && !origin_is_ours(c)) {
    call_fail(c, err_detail(ERR_FORBIDDEN, "Origin", "This origin is not allowed; see ALLOWED_ORIGINS."));
    return;
  }
  str credential = by_cookie ? cookie : token;
  struct access_identity who = {0};
  if (credential.len) {
    err e = credential.len >= CREDENTIAL_MAX || str_has_nul(credential)
                ? err_make(ERR_UNAUTHORIZED)
                : access_identify(c->desk, by_cookie ? cookie : STR_NONE, by_cookie ? STR_NONE : token, c->arena, &who);
    if (!err_is(e) && who.operator.must_change_password) e = err_make(ERR_MUST_CHANGE_PASSWORD);
    if (err_is(e)) {
      call_fail(c, e);
      return;
    }
  }
  struct client *client = mem_alloc(sizeof *client);
  *client = (struct client){.refs = 1,
                            .operator_id = who.operator.id,
                            .session_id = who.bound_session_id,
                            .role = who.operator.role,
                            .by_cookie = by_cookie};
  if (credential.len) client->credential = mem_dup_cstr(credential);
  client->realtime = r;
  http_upgrade(c->req, &realtime_ws, client, never_opened);
}

static const struct route_query socket_query[] = {{"token", "A bearer token, instead of the cookie."}, {NULL, NULL}};

static const struct route routes[] = {
    {.method = HTTP_GET,
     .path = "/ws",
     .guard = GUARD_PUBLIC,
     .rate = RATE_SOCKET,
     .body = HTTP_BODY_NONE,
     .status = 101,
     .handler = open_socket,
     .fails = FAILS(UNAUTHORIZED) | FAILS(MUST_CHANGE_PASSWORD) | FAILS(FORBIDDEN),
     .query = socket_query,
     .doc = "Opens the realtime socket: events from the log, resume after a reconnect, typing and presence."},
};
ROUTE_TABLE(realtime_routes, routes);
