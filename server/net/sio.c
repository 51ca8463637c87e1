/* The Socket.IO server: packets, sockets, sending to one socket. See sio.h. Incoming packets are in sio_client.c,
 * rooms in sio_room.c, pending acknowledgements in sio_ack.c. */
#include "net/sio_internal.h"

#include "base/rand.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT(field, value) \
  if (!(field)) (field) = (value)

const char *sio_reason_text(enum sio_reason reason) {
  switch (reason) {
    case SIO_CLIENT_LEFT: return "client namespace disconnect";
    case SIO_SERVER_LEFT: return "server namespace disconnect";
    case SIO_REFUSED: return "refused";
    default: return eio_reason_text((enum eio_reason)reason);
  }
}

/* ---- packets ---- */

sio_packet *sio_packet_build(enum sio_type plain, str nsp, int64_t id, const struct sio_message *m) {
  enum { FIXED_MAX = 96 }; /* type, numbers, brackets, commas */
  assert(m->attachments_count <= SIO_ATTACHMENTS_MAX);
  enum sio_type type = m->attachments_count ? plain + (SIO_BINARY_EVENT - SIO_EVENT) : plain;
  buf b;
  buf_init(&b, FIXED_MAX + nsp.len + m->event.len * 6 + m->args.len);
  sio_head_add(&b, type, m->attachments_count, nsp, id);
  size_t bracket = b.len;
  buf_add_char(&b, '[');
  if (plain == SIO_EVENT) buf_add_json_string(&b, m->event);
  if (m->args.len) {
    if (b.len > bracket + 1) buf_add_char(&b, ',');
    buf_add(&b, m->args);
  }
  if (m->seq > 0) buf_printf(&b, ",\"%lld\"", (long long)m->seq);
  buf_add_char(&b, ']');
  assert(!b.overflow);
  sio_packet *p = mem_alloc(sizeof *p + (1 + m->attachments_count) * sizeof(ws_frame *));
  p->magic = SIO_PACKET_MAGIC;
  atomic_init(&p->refs, 1);
  p->seq = m->seq;
  p->tag = m->tag;
  p->attachments_count = m->attachments_count;
  p->frames[0] = eio_text(buf_borrow(&b));
  for (uint32_t i = 0; i < m->attachments_count; i++) p->frames[i + 1] = eio_binary(m->attachments[i]);
  buf_free(&b);
  return p;
}

sio_packet *sio_packet_new(const sio_namespace *nsp, const struct sio_message *m) {
  return sio_packet_build(SIO_EVENT, str_c(nsp->name), SIO_NO_ID, m);
}

sio_packet *sio_packet_ref(sio_packet *p) {
  assert(p->magic == SIO_PACKET_MAGIC);
  atomic_fetch_add_explicit(&p->refs, 1, memory_order_relaxed);
  return p;
}

void sio_packet_unref(sio_packet **packet) {
  sio_packet *p = *packet;
  *packet = NULL;
  if (!p || atomic_fetch_sub_explicit(&p->refs, 1, memory_order_acq_rel) != 1) return;
  for (uint32_t i = 0; i <= p->attachments_count; i++) ws_frame_unref(&p->frames[i]);
  p->magic = 0;
  mem_free(&p);
}

int64_t sio_tag(const sio_packet *p) { return p->tag; }

static size_t packet_bytes(const sio_packet *p) {
  size_t n = 0;
  for (uint32_t i = 0; i <= p->attachments_count; i++) n += ws_frame_payload(p->frames[i]).len;
  return n;
}

/* ---- references ---- */

sio_socket *sio_socket_ref(sio_socket *s) {
  assert(s->magic == SIO_SOCKET_MAGIC);
  atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
  return s;
}

void sio_socket_unref(sio_socket **socket) {
  sio_socket *s = *socket;
  *socket = NULL;
  if (!s || atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) != 1) return;
  assert(s->magic == SIO_SOCKET_MAGIC && s->state == SIO_GONE);
  s->magic = 0;
  mem_free(&s);
}

bool sio_on_loop(const sio_socket *s) { return net_on_loop(s->hub->loop); }

/* ---- sending ---- */

bool sio_offer(sio_socket *s, sio_packet *p) {
  assert(!p->seq && !p->attachments_count);
  if (!s->client) return true;
  sio_server *io = s->hub->io;
  size_t limit = io->config.eio.queue_max_bytes / 8 * 7; /* the rest is reserved for replies to the client */
  enum ws_offer result = eio_offer(s->client->session, p->frames[0], limit);
  if (result == WS_QUEUED) atomic_fetch_add_explicit(&io->packets_out, 1, memory_order_relaxed);
  return result != WS_FULL;
}

static void send_now(sio_socket *s, sio_packet *p, unsigned flags) {
  sio_server *io = s->hub->io;
  if (p->seq && p->seq <= s->sent_seq) return;
  if ((flags & SIO_VOLATILE) && !eio_has_room(s->client->session)) {
    atomic_fetch_add_explicit(&io->volatile_dropped, 1, memory_order_relaxed);
    return;
  }
  if (p->seq) s->sent_seq = p->seq;
  for (uint32_t i = 0; i <= p->attachments_count; i++)
    if (!eio_send(s->client->session, p->frames[i])) return;
  atomic_fetch_add_explicit(&io->packets_out, 1, memory_order_relaxed);
}

static void drop_held(sio_socket *s) {
  for (uint32_t i = 0; i < s->held_count; i++) sio_packet_unref(&s->held[i]);
  mem_free(&s->held);
  s->held_count = s->held_cap = 0;
  s->held_bytes = 0;
}

static void hold(sio_socket *s, sio_packet *p) {
  if (s->held_lost) return;
  s->held_bytes += packet_bytes(p) + sizeof *p;
  if (s->held_bytes > s->hub->io->config.eio.queue_max_bytes) {
    drop_held(s);
    s->held_lost = true;
    return;
  }
  if (s->held_count == s->held_cap) {
    s->held_cap = s->held_cap ? s->held_cap * 2 : 4;
    s->held = mem_realloc(s->held, s->held_cap * sizeof(sio_packet *));
  }
  s->held[s->held_count++] = sio_packet_ref(p);
}

void sio_deliver(sio_socket *s, sio_packet *p, unsigned flags) {
  if (s->state == SIO_CONNECTED)
    send_now(s, p, flags);
  else if (s->state == SIO_CONNECTING && !(flags & SIO_VOLATILE))
    hold(s, p);
}

void sio_deliver_kept(sio_socket *s, str room, sio_packet *p) {
  if (s->state != SIO_CONNECTED)
    sio_deliver(s, p, 0);
  else if (s->nsp->config.kept)
    s->nsp->config.kept(s, room, p, s->nsp->config.user);
  else
    sio_offer(s, p);
}

void sio_send_control(struct sio_client *c, enum sio_type type, const sio_namespace *nsp, str name, str json) {
  buf b;
  if (nsp) name = str_c(nsp->name);
  buf_init(&b, 64 + name.len + json.len);
  sio_head_add(&b, type, 0, name, SIO_NO_ID);
  buf_add(&b, json);
  ws_frame *f = eio_text(buf_borrow(&b));
  eio_send(c->session, f);
  ws_frame_unref(&f);
  buf_free(&b);
}

/* ---- accepting ---- */

void sio_connected(sio_socket *s, const struct sio_acceptance *a) {
  static const struct sio_acceptance plain;
  if (!a) a = &plain;
  if (s->state != SIO_CONNECTING) return;
  struct sio_client *c = s->client;
  if (s->held_lost) {
    eio_close(c->session, EIO_TRANSPORT_ERROR);
    return;
  }
  s->state = SIO_CONNECTED;
  c->was_in = true;
  net_timer_stop(&c->timer);
  atomic_fetch_add(&s->hub->io->sockets_open, 1);
  char fresh[SIO_ID_BYTES + 1];
  buf b;
  buf_init(&b, 256);
  buf_printf(&b, "{\"sid\":\"%.*s\"", SIO_ID_BYTES, s->id);
  if (s->nsp->config.recovery) {
    bool same = a->recovered && s->pid;
    str pid = same ? str_c(s->pid) : rand_token(&rand_system, fresh, SIO_ID_BYTES);
    buf_printf(&b, ",\"pid\":\"%.*s\"", STR_ARG(pid));
  }
  buf_add_char(&b, '}');
  sio_send_control(c, SIO_CONNECT, s->nsp, STR_NONE, buf_borrow(&b));
  buf_free(&b);
  mem_free(&s->pid);
  (void)sio_join_now(s, STR_NONE);
  for (size_t i = 0; i < a->replay_count; i++) send_now(s, a->replay[i], 0);
  if (a->seq > s->sent_seq) s->sent_seq = a->seq;
  for (uint32_t i = 0; i < s->held_count; i++) send_now(s, s->held[i], 0);
  drop_held(s);
}

void sio_leave_namespace(sio_socket *s, enum sio_reason reason, bool tell, bool close) {
  if (s->state == SIO_GONE) return;
  struct sio_client *c = s->client;
  eio_session *session = eio_ref(c->session); /* the callback may end it */
  if (tell && s->state == SIO_CONNECTED) sio_send_control(c, SIO_DISCONNECT, s->nsp, STR_NONE, STR_NONE);
  if (s->state == SIO_CONNECTED) atomic_fetch_sub(&s->hub->io->sockets_open, 1);
  s->state = SIO_GONE;
  sio_socket **at = &c->sockets;
  while (*at != s) at = &(*at)->next;
  *at = s->next;
  c->sockets_count--;
  sio_leave_all(s);
  drop_held(s);
  mem_free(&s->pid);
  sio_drop_acks(s);
  if (s->nsp->config.disconnect) s->nsp->config.disconnect(s, reason, s->nsp->config.user);
  s->client = NULL;
  sio_socket_unref(&s);
  if (close) eio_close(session, EIO_FORCED_CLOSE);
  eio_unref(session);
}

/* ---- from any thread: commands for a socket, posted to its loop if this is another thread ---- */

struct command_ctx {
  sio_socket *socket;
  void (*carry_out)(sio_socket *s, struct command_ctx *o);
  sio_packet *packet;
  unsigned flags;
  bool close, leave;
  struct sio_acceptance acceptance;
  sio_packet **replay;
  char *text, *data;
};

static void free_command(struct command_ctx *o) {
  sio_packet_unref(&o->packet);
  for (size_t i = 0; i < o->acceptance.replay_count; i++) sio_packet_unref(&o->replay[i]);
  mem_free(&o->replay);
  mem_free(&o->text);
  mem_free(&o->data);
  sio_socket_unref(&o->socket);
  mem_free(&o);
}

static void run_posted(void *arg) {
  struct command_ctx *o = arg;
  o->carry_out(o->socket, o);
  free_command(o);
}

static struct command_ctx *new_command(sio_socket *s, void (*carry_out)(sio_socket *s, struct command_ctx *o)) {
  struct command_ctx *o = mem_alloc(sizeof *o);
  o->socket = sio_socket_ref(s);
  o->carry_out = carry_out;
  return o;
}

static void give(struct command_ctx *o) {
  if (!eio_post(o->socket->hub->io->eio, o->socket->hub->index, run_posted, o)) free_command(o);
}

static void run_emit(sio_socket *s, struct command_ctx *o) { sio_deliver(s, o->packet, o->flags); }

void sio_emit(sio_socket *s, sio_packet *p, unsigned flags) {
  if (sio_on_loop(s)) {
    sio_deliver(s, p, flags);
    return;
  }
  struct command_ctx *o = new_command(s, run_emit);
  o->packet = sio_packet_ref(p);
  o->flags = flags;
  give(o);
}

void sio_ack(sio_socket *s, int64_t ack, str args, const str *attachments, uint32_t attachments_count) {
  if (ack == SIO_NO_ID) return;
  struct sio_message m = {.args = args, .attachments = attachments, .attachments_count = attachments_count};
  sio_packet *p = sio_packet_build(SIO_ACK, str_c(s->nsp->name), ack, &m);
  sio_emit(s, p, 0);
  sio_packet_unref(&p);
}

static void run_room(sio_socket *s, struct command_ctx *o) {
  if (o->leave)
    sio_leave(s, str_c(o->text));
  else
    (void)sio_join(s, str_c(o->text));
}

static void give_room(sio_socket *s, str room, bool leave) {
  struct command_ctx *o = new_command(s, run_room);
  o->text = mem_dup_cstr(room);
  o->leave = leave;
  give(o);
}

static bool room_name_good(str room) { return room.len > 0 && room.len <= SIO_ROOM_MAX && !str_has_nul(room); }

bool sio_join(sio_socket *s, str room) {
  if (!room_name_good(room)) return false;
  if (sio_on_loop(s)) return sio_join_now(s, room);
  give_room(s, room, false);
  return true;
}

void sio_leave(sio_socket *s, str room) {
  if (!room_name_good(room)) return;
  if (sio_on_loop(s))
    sio_leave_now(s, room);
  else
    give_room(s, room, true);
}

static void run_accept(sio_socket *s, struct command_ctx *o) { sio_connected(s, &o->acceptance); }

void sio_accept(sio_socket *s, const struct sio_acceptance *a) {
  if (sio_on_loop(s)) {
    sio_connected(s, a);
    return;
  }
  struct command_ctx *o = new_command(s, run_accept);
  if (a) o->acceptance = *a;
  if (o->acceptance.replay_count) {
    o->replay = mem_alloc_array(o->acceptance.replay_count, sizeof(sio_packet *));
    for (size_t i = 0; i < o->acceptance.replay_count; i++) o->replay[i] = sio_packet_ref(a->replay[i]);
    o->acceptance.replay = o->replay;
  }
  give(o);
}

static void refuse_now(sio_socket *s, str message, str data) {
  if (s->state != SIO_CONNECTING) return;
  buf b;
  buf_init(&b, 64 + message.len * 6 + data.len);
  buf_add(&b, S("{\"message\":"));
  buf_add_json_string(&b, message);
  if (data.ptr) {
    buf_add(&b, S(",\"data\":"));
    buf_add(&b, data);
  }
  buf_add_char(&b, '}');
  sio_send_control(s->client, SIO_CONNECT_ERROR, s->nsp, STR_NONE, buf_borrow(&b));
  buf_free(&b);
  sio_leave_namespace(s, SIO_REFUSED, false, false);
}

static void run_refuse(sio_socket *s, struct command_ctx *o) {
  refuse_now(s, str_c(o->text), o->data ? str_c(o->data) : STR_NONE);
}

void sio_refuse(sio_socket *s, str message, str data) {
  if (sio_on_loop(s)) {
    refuse_now(s, message, data);
    return;
  }
  struct command_ctx *o = new_command(s, run_refuse);
  o->text = mem_dup_cstr(message);
  if (data.ptr) o->data = mem_dup_cstr(data);
  give(o);
}

static void run_disconnect(sio_socket *s, struct command_ctx *o) {
  sio_leave_namespace(s, SIO_SERVER_LEFT, true, o->close);
}

void sio_disconnect(sio_socket *s, bool close) {
  if (sio_on_loop(s)) {
    sio_leave_namespace(s, SIO_SERVER_LEFT, true, close);
    return;
  }
  struct command_ctx *o = new_command(s, run_disconnect);
  o->close = close;
  give(o);
}

void sio_mark_authenticated(sio_socket *s) {
  if (s->client) eio_mark_authenticated(s->client->session);
}

/* ---- reading a socket ---- */

void sio_set_user(sio_socket *s, void *user) { s->user = user; }
void *sio_user(const sio_socket *s) { return s->user; }
void *sio_data(const sio_socket *s) { return s->client ? eio_data(s->client->session) : NULL; }
str sio_id(const sio_socket *s) { return (str){s->id, SIO_ID_BYTES}; }
str sio_address(const sio_socket *s) { return s->client ? eio_address(s->client->session) : STR_NONE; }
sio_namespace *sio_namespace_of(const sio_socket *s) { return s->nsp; }
net_loop *sio_loop(const sio_socket *s) { return s->hub->loop; }
void sio_wait_drained(sio_socket *s, size_t below_bytes) {
  if (!s->client) return;
  s->wants_drained = true;
  eio_wait_drained(s->client->session, below_bytes);
}

size_t sio_queued_bytes(const sio_socket *s) { return s->client ? eio_queued_bytes(s->client->session) : 0; }

bool sio_arg(const struct sio_event *e, size_t i, str *json) {
  str rest = e->args;
  while (sio_element_next(&rest, json))
    if (i-- == 0) return true;
  return false;
}

bool sio_arg_binary(const struct sio_event *e, size_t i, str *bytes) {
  str json;
  uint32_t num;
  if (!sio_arg(e, i, &json) || !sio_placeholder_read(json, &num) || num >= e->attachments_count) return false;
  *bytes = e->attachments[num];
  return true;
}

/* ---- the server ---- */

static bool allow(http_req *req, void *user, void **data) {
  const sio_server *io = user;
  return io->config.eio.allow(req, io->config.eio.user, data);
}

static bool origin_allowed(http_req *req, str origin, void *user) {
  const sio_server *io = user;
  return io->config.eio.origin_allowed(req, origin, io->config.eio.user);
}

sio_server *sio_server_new(http_server *http, const struct sio_config *config) {
  sio_server *io = mem_alloc(sizeof *io);
  io->magic = SIO_SERVER_MAGIC;
  io->config = *config;
  DEFAULT(io->config.connect_timeout_ms, 45000);
  DEFAULT(io->config.sockets_max, 8);
  DEFAULT(io->config.attachments_max, 16);
  DEFAULT(io->config.rooms_max, 64);
  DEFAULT(io->config.acks_max, 64);
  DEFAULT(io->config.eio.path, "/socket.io/");
  DEFAULT(io->config.eio.max_payload, 1000000);
  DEFAULT(io->config.eio.queue_max_bytes, 1 << 20);
  struct eio_config below = io->config.eio;
  below.open = sio_client_open;
  below.message = sio_client_message;
  below.drained = sio_client_drained;
  below.close = sio_client_close;
  below.user = io;
  if (below.allow) below.allow = allow;
  if (below.origin_allowed) below.origin_allowed = origin_allowed;
  io->eio = eio_server_new(http, &below);
  io->hubs_count = http_server_loops(http);
  io->hubs = mem_alloc_array((size_t)io->hubs_count, sizeof *io->hubs);
  for (int i = 0; i < io->hubs_count; i++)
    io->hubs[i] = (struct sio_hub){.io = io, .loop = http_server_loop(http, i), .index = i};
  return io;
}

sio_namespace *sio_namespace_add(sio_server *io, const char *name, const struct sio_namespace_config *config) {
  assert(io->magic == SIO_SERVER_MAGIC && io->namespaces_count < SIO_NAMESPACES_MAX && name[0] == '/');
  assert(strlen(name) <= SIO_NAMESPACE_MAX && !strchr(name, ','));
  sio_namespace *nsp = mem_alloc(sizeof *nsp);
  *nsp = (sio_namespace){io, mem_dup_cstr(str_c(name)), *config};
  io->namespaces[io->namespaces_count++] = nsp;
  return nsp;
}

bool sio_route(sio_server *io, http_req *req, struct http_plan *plan) { return eio_route(io->eio, req, plan); }
void sio_server_stop(sio_server *io) { eio_server_stop(io->eio); }

void sio_server_free(sio_server **server) {
  sio_server *io = *server;
  if (!io) return;
  assert(io->magic == SIO_SERVER_MAGIC);
  eio_server_free(&io->eio);
  for (int i = 0; i < io->hubs_count; i++) sio_rooms_free(&io->hubs[i]);
  mem_free(&io->hubs);
  for (int i = 0; i < io->namespaces_count; i++) {
    mem_free(&io->namespaces[i]->name);
    mem_free(&io->namespaces[i]);
  }
  io->magic = 0;
  mem_free(server);
}

void sio_server_stats(const sio_server *io, struct sio_stats *out) {
  *out = (struct sio_stats){.sockets_open = atomic_load(&io->sockets_open),
                            .events_in = atomic_load(&io->events_in),
                            .packets_out = atomic_load(&io->packets_out),
                            .volatile_dropped = atomic_load(&io->volatile_dropped),
                            .parse_errors = atomic_load(&io->parse_errors)};
  eio_server_stats(io->eio, &out->eio);
}
