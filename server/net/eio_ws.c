/* The WebSocket transport of Engine.IO: sessions that start on one, and the probe by which a polling session upgrades to
 * one. See eio.h.
 *
 * An open socket owns its link and frees it; before that, the pending upgrade owns it. A
 * session that ends only detaches from its link. */
#include "net/eio_internal.h"

#include <string.h>

/* Engine.IO pings in messages; the WebSocket's own pings only detect dead connections that no session holds. */
enum { SOCKET_PING_MS = 600000 };

static void free_link(struct eio_link *l) {
  if (l->data && l->server->config.free_data) l->server->config.free_data(l->data);
  mem_free(&l);
}

void eio_link_drop(struct eio_link **link, int code, str reason) {
  struct eio_link *l = *link;
  *link = NULL;
  if (!l) return;
  eio_wait_stop(&l->wait);
  l->session = NULL;
  l->probing = false;
  if (l->conn) ws_close(l->conn, code, reason);
}

/* ---- opening ---- */

static void send_text(ws_conn *c, str text) { ws_send_text(c, text); }

static void open_session(struct eio_link *l) {
  eio_server *e = l->server;
  struct eio_hub *h = l->hub = eio_hub_of(e, ws_loop(l->conn));
  if (atomic_load(&e->stopping)) {
    ws_close(l->conn, WS_CLOSE_AWAY, S("the server is stopping"));
    return;
  }
  eio_session *s = eio_session_new(h, str_c(l->address), l->data);
  l->data = NULL;
  l->session = s;
  s->link = l;
  atomic_fetch_add(&e->websockets_open, 1);
  buf open;
  buf_init(&open, 512);
  eio_add_handshake(&open, s, false);
  send_text(l->conn, buf_borrow(&open));
  buf_free(&open);
  if (e->config.open) e->config.open(s, e->config.user);
}

static void on_open(ws_conn *c, void *user) {
  struct eio_link *l = user;
  l->conn = c;
  ws_set_user(c, l);
  if (l->handshake)
    open_session(l);
  else if (!l->session) /* it ended meanwhile or needs no second socket */
    ws_close(c, WS_CLOSE_NORMAL, STR_NONE);
  else
    eio_wait_start(l->hub, &l->wait, EIO_DUE_UPGRADE);
}

/* ---- the probe ---- */

static void give_up_probe(struct eio_link *l) {
  if (l->session) eio_link_drop(&l->session->probe, WS_CLOSE_NORMAL, STR_NONE);
}

void eio_link_timeout(struct eio_link *l) {
  eio_wait_stop(&l->wait);
  give_up_probe(l);
}

static void upgrade(struct eio_link *l) {
  eio_session *s = l->session;
  eio_wait_stop(&l->wait);
  l->probing = false;
  s->probe = NULL;
  if (s->poll) eio_poll_answer(s, EIO_NOOP);
  s->link = l;
  if (s->authenticated) ws_mark_authenticated(l->conn);
  atomic_fetch_add(&s->hub->server->upgrades_total, 1);
  atomic_fetch_add(&s->hub->server->websockets_open, 1);
  for (ws_frame *f; (f = eio_queue_pop(s));) {
    ws_send(l->conn, f);
    ws_frame_unref(&f);
  }
  mem_free(&s->queue);
  s->queue_cap = s->queue_head = 0;
  if (s->wants_drained) ws_wait_drained(l->conn, s->drained_below_bytes);
}

static void receive_probe(struct eio_link *l, bool binary, const struct eio_packet *p) {
  eio_session *s = l->session;
  if (!binary && p->type == EIO_PING && str_eq(p->data, S("probe")) && !l->probed) {
    l->probed = true;
    send_text(l->conn, S("3probe"));
    if (s->poll) eio_poll_answer(s, EIO_NOOP); /* the client upgrades after its poll has ended */
  } else if (!binary && p->type == EIO_UPGRADE && l->probed) {
    upgrade(l);
  } else {
    give_up_probe(l);
  }
}

/* ---- messages ---- */

static void on_message(ws_conn *c, int opcode, str payload) {
  struct eio_link *l = ws_user(c);
  eio_session *s = l->session;
  if (!s) return;
  struct eio_packet p = {EIO_MESSAGE, true, payload};
  bool good = opcode == WS_BINARY || eio_packet_parse(payload, false, &p);
  if (l->probing) {
    if (good)
      receive_probe(l, opcode == WS_BINARY, &p);
    else
      give_up_probe(l);
    return;
  }
  eio_ref(s);
  if (!good || p.type == EIO_OPEN || p.type == EIO_PING) {
    atomic_fetch_add(&l->server->protocol_errors, 1);
    eio_lose(s, EIO_TRANSPORT_ERROR);
  } else {
    eio_receive(s, &p);
  }
  eio_unref(s);
}

static void on_drained(ws_conn *c) {
  eio_session *s = ((struct eio_link *)ws_user(c))->session;
  if (s) eio_notify_drained(s);
}

static void on_close(ws_conn *c, int code, str reason) {
  (void)reason;
  struct eio_link *l = ws_user(c);
  eio_session *s = l->session;
  l->conn = NULL;
  if (s && l->probing) {
    s->probe = NULL;
  } else if (s) {
    bool broke =
        code == WS_CLOSE_PROTOCOL || code == WS_CLOSE_UTF8 || code == WS_CLOSE_TOO_BIG || code == WS_CLOSE_LATER;
    if (code == WS_CLOSE_LATER) atomic_fetch_add(&l->server->dropped_slow, 1);
    eio_lose(s, broke ? EIO_TRANSPORT_ERROR : EIO_TRANSPORT_CLOSE);
  }
  eio_wait_stop(&l->wait);
  free_link(l);
}

void eio_ws_config(struct ws_config *config, const struct eio_config *from) {
  *config = (struct ws_config){.message_max_bytes = from->max_payload,
                               .queue_max_bytes = from->queue_max_bytes,
                               .ping_every_ms = SOCKET_PING_MS,
                               .open = on_open,
                               .message = on_message,
                               .drained = on_drained,
                               .close = on_close};
}

/* ---- requests ---- */

static void gone_on_hub(void *arg) {
  struct eio_link *l = arg;
  if (l->session && l->probing) l->session->probe = NULL;
  free_link(l);
}

/* The socket never opened. Any thread. */
static void never_opened(void *user) {
  struct eio_link *l = user;
  if (l->handshake || !eio_hub_post(l->hub, gone_on_hub, l)) free_link(l); /* a closed hub has detached from it */
}

static struct eio_link *new_link(eio_server *e) {
  struct eio_link *l = mem_alloc(sizeof *l);
  l->server = e;
  l->wait.kind = EIO_DUE_NONE;
  return l;
}

void eio_ws_handshake(eio_server *e, http_req *req, void *data) {
  struct eio_link *l = new_link(e);
  l->handshake = true;
  l->data = data;
  str address = http_client_address(req);
  snprintf(l->address, sizeof l->address, "%.*s", STR_ARG(address));
  http_upgrade(req, &e->ws, l, never_opened);
}

void eio_ws_reject(eio_session *s, http_req *req) {
  struct eio_link *l = new_link(s->hub->server); /* without a session: on_open closes it */
  l->hub = s->hub;
  http_upgrade_on(req, s->hub->loop, &l->server->ws, l, never_opened);
}

void eio_ws_probe(eio_session *s, http_req *req) {
  struct eio_link *l = new_link(s->hub->server);
  l->hub = s->hub;
  l->session = s;
  l->probing = true;
  s->probe = l;
  http_upgrade_on(req, s->hub->loop, &l->server->ws, l, never_opened);
}
