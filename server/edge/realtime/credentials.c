/* Authenticates clients: on a worker when a client presents a token, again when the session or the operator changes,
 * and every half minute. The end of a session closes its sockets, and so does a role change. */
#include "edge/realtime/realtime_internal.h"

#include <string.h>

enum { CHECK_EVERY_MS = 5000, RECHECK_MS = 30000, RECHECK_AT_ONCE = 64 };

void client_welcome(struct client *c) {
  struct hub *h = c->hub;
  if (!presence_join(c)) {
    ws_close(c->conn, WS_CLOSE_POLICY, S("too many connections of this operator"));
    return;
  }
  net_timer_stop(&c->timer);
  c->state = CLIENT_LIVE;
  c->sent_seq = h->seq;
  c->checked_ms = 0; /* the session may have ended since the check: the next round checks again */
  struct event_connection_established here = {h->seq, c->operator_id, desk_now(h->realtime->desk)};
  client_send(c, EVENT_CONNECTION_ESTABLISHED, &event_connection_established_shape, &here);
  presence_send_viewers(c);
}

struct inspection_ctx {
  struct client *client; /* holds a reference */
  struct desk *desk;
  net_loop *loop;
  bool by_cookie, fresh;
  int64_t operator_id, session_id;
  int role;
  err outcome;
  char credential[CREDENTIAL_MAX];
};

static void inspected(void *arg) {
  struct inspection_ctx *i = arg;
  struct client *c = i->client;
  bool refused =
      i->outcome.code == ERR_UNAUTHORIZED || (!err_is(i->outcome) && !i->fresh && i->operator_id != c->operator_id);
  if (!c->conn) {
    /* the client has gone meanwhile */
  } else if (refused) {
    ws_close(c->conn, WS_CLOSE_POLICY, i->fresh ? S("this token is not valid") : S("the session has ended"));
  } else if (!err_is(i->outcome) && !i->fresh && i->role != c->role) {
    ws_close(c->conn, WS_CLOSE_POLICY,
             S("the operator's role has changed")); /* its permissions must be checked again */
  } else if (err_is(i->outcome)) {
    c->checked_ms = 0; /* the database did not answer: check again in the next round */
    if (i->fresh) ws_close(c->conn, WS_CLOSE_LATER, S("try again"));
  } else if (i->fresh && c->state == CLIENT_UNAUTHENTICATED) {
    c->operator_id = i->operator_id;
    c->session_id = i->session_id;
    c->role = i->role;
    ws_mark_authenticated(c->conn);
    client_welcome(c);
  }
  client_unref(c);
  mem_free(&i);
}

static void inspect(void *arg) {
  struct inspection_ctx *i = arg;
  arena *a = arena_new(0);
  struct access_identity who = {0};
  str credential = str_c(i->credential);
  i->outcome =
      access_identify(i->desk, i->by_cookie ? credential : STR_NONE, i->by_cookie ? STR_NONE : credential, a, &who);
  if (!err_is(i->outcome) && who.operator.must_change_password) i->outcome = err_make(ERR_UNAUTHORIZED);
  i->operator_id = who.operator.id;
  i->session_id = who.bound_session_id;
  i->role = who.operator.role;
  arena_free(&a);
  net_post(i->loop, inspected, i);
}

bool client_inspect(struct client *c, bool fresh) {
  struct realtime *r = c->hub->realtime;
  struct inspection_ctx *i = mem_alloc(sizeof *i);
  *i = (struct inspection_ctx){
      .client = c, .desk = r->desk, .loop = c->hub->loop, .by_cookie = c->by_cookie, .fresh = fresh};
  memcpy(i->credential, c->credential, strlen(c->credential) + 1);
  c->refs++;
  if (net_work(http_server_pool(r->server), inspect, i)) return true;
  c->refs--;
  mem_free(&i);
  return false;
}

/* True when the check has started; else the next round retries. */
static bool recheck(struct client *c, int64_t now_ms) {
  bool started = client_inspect(c, false);
  c->checked_ms = started ? now_ms : 0;
  return started;
}

void hub_check(struct hub *h, int64_t operator_id, int64_t session_id) {
  int64_t now_ms = clock_steady_ms(h->realtime->desk->clock);
  for (struct client *c = h->clients; c; c = c->next) {
    bool meant = (operator_id && c->operator_id == operator_id) || (session_id && c->session_id == session_id);
    if (meant && c->state != CLIENT_UNAUTHENTICATED) (void)recheck(c, now_ms);
  }
}

static void check_next(void *arg) {
  struct hub *h = arg;
  struct realtime *r = h->realtime;
  int64_t now_ms = clock_steady_ms(r->desk->clock);
  int started = 0, most = RECHECK_AT_ONCE, clients = 0;
  /* Visits every client: with a fixed number the end of a long list would never be checked. */
  for (const struct client *c = h->clients; c; c = c->next) clients++;
  most += clients / (RECHECK_MS / CHECK_EVERY_MS);
  for (struct client *c = h->clients; c && started < most; c = c->next) {
    if (c->state == CLIENT_UNAUTHENTICATED || now_ms - c->checked_ms < RECHECK_MS) continue;
    if (!recheck(c, now_ms)) break;
    started++;
  }
  if (h == &r->hubs[0]) presence_expire(r);
}

void hub_check_start(struct hub *h) {
  h->checking = net_timer_start(h->loop, CHECK_EVERY_MS, CHECK_EVERY_MS, check_next, h);
}
