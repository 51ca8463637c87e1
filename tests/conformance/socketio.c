/* See socketio.h. */
#include "tests/conformance/socketio.h"

#include "net/sio.h"

#include "base/jansson.h"
#include "base/json.h"

#include <pthread.h>
#include <string.h>

enum {
  CONNECT_TIMEOUT_MS = 1000,
  UPGRADE_TIMEOUT_MS = 2000,
  PAYLOAD_MAX = 1000000,
  LOG_MAX = 4096,
  SIO_QUEUE_MAX = 4 << 20,
};

static eio_server *echo_server;
static sio_server *io;
static sio_namespace *rooms, *recovery;
static http_server *http;

/* ---- /engine.io/: every message comes back ---- */

static void echo(eio_session *s, bool binary, str payload) {
  ws_frame *f = binary ? eio_binary(payload) : eio_text(payload);
  eio_send(s, f);
  ws_frame_unref(&f);
}

/* ---- "/" and "/custom": for the protocol's own suite ---- */

static void emit(sio_socket *s, str event, str args, const str *attachments, uint32_t count) {
  struct sio_message m = {.event = event, .args = args, .attachments = attachments, .attachments_count = count};
  sio_packet *p = sio_packet_new(sio_namespace_of(s), &m);
  sio_emit(s, p, 0);
  sio_packet_unref(&p);
}

/* The suite reads one message at a time and misses a second one in the same bytes, so `auth` is sent after it has read the
 * response to the connection. */
struct greeting {
  sio_socket *socket; /* a reference */
  char *auth;
};

static void greet(void *arg) {
  enum { APART_NS = 10000000 };
  struct greeting *g = arg;
  nanosleep(&(struct timespec){0, APART_NS}, NULL);
  emit(g->socket, S("auth"), str_c(g->auth), NULL, 0);
  sio_socket_unref(&g->socket);
  mem_free(&g->auth);
  mem_free(&g);
}

static void suite_connect(sio_socket *s, const struct sio_connect *c, void *user) {
  (void)user;
  sio_accept(s, NULL);
  struct greeting *g = mem_alloc(sizeof *g);
  *g = (struct greeting){sio_socket_ref(s), mem_dup_cstr(c->auth.ptr ? c->auth : S("{}"))};
  if (!net_work(http_server_pool(http), greet, g)) greet(g);
}

static void suite_event(sio_socket *s, const struct sio_event *e, void *user) {
  (void)user;
  if (str_eq(e->name, S("message")))
    emit(s, S("message-back"), e->args, e->attachments, e->attachments_count);
  else if (str_eq(e->name, S("message-with-ack")))
    sio_ack(s, e->ack, e->args, e->attachments, e->attachments_count);
}

/* ---- "/rooms": rooms, acknowledgements, pressure ---- */

/* The text of a JSON string without escapes; absent when it is something else. */
static str text_arg(const struct sio_event *e, size_t i) {
  str json;
  if (!sio_arg(e, i, &json) || json.len < 2 || json.ptr[0] != '"') return STR_NONE;
  return str_sub(json, 1, json.len - 1);
}

static uint64_t number_arg(const struct sio_event *e, size_t i) {
  str json;
  uint64_t n = 0;
  if (sio_arg(e, i, &json)) str_to_u64(json, &n);
  return n;
}

static sio_packet *packet_of(str event, str args) {
  struct sio_message m = {.event = event, .args = args};
  return sio_packet_new(rooms, &m);
}

/* say ROOM VALUE: "said" to the room. burst PREFIX N VALUE: the same to PREFIX0 … PREFIX(N-1), encoded once. */
static void say(const struct sio_event *e, sio_socket *except) {
  str value;
  if (!sio_arg(e, 1, &value)) return;
  sio_packet *p = packet_of(S("said"), value);
  sio_emit_room(rooms, text_arg(e, 0), p, except, 0);
  sio_packet_unref(&p);
}

static void burst(const struct sio_event *e) {
  str value, prefix = text_arg(e, 0);
  char name[SIO_ROOM_MAX];
  if (!sio_arg(e, 2, &value) || prefix.len > 64) return;
  sio_packet *p = packet_of(S("said"), value);
  for (uint64_t i = 0, n = number_arg(e, 1); i < n && i < 100000; i++) {
    int len = snprintf(name, sizeof name, "%.*s%llu", STR_ARG(prefix), (unsigned long long)i);
    sio_emit_room(rooms, (str){name, (size_t)len}, p, NULL, 0);
  }
  sio_packet_unref(&p);
}

/* flood N BYTES VOLATILE: N events at once. */
static void flood(sio_socket *s, const struct sio_event *e) {
  uint64_t count = number_arg(e, 0), size = number_arg(e, 1);
  str flag;
  bool is_volatile = sio_arg(e, 2, &flag) && str_eq(flag, S("true"));
  if (size > PAYLOAD_MAX || count > 100000) return;
  char *text = mem_alloc(size + 2);
  memset(text, 'x', size + 2);
  text[0] = text[size + 1] = '"';
  sio_packet *p = packet_of(S("flood"), (str){text, size + 2});
  for (uint64_t i = 0; i < count; i++) sio_emit(s, p, is_volatile ? SIO_VOLATILE : 0);
  sio_packet_unref(&p);
  mem_free(&text);
}

static void answered(void *arg, const struct sio_event *answer) {
  sio_socket *s = arg;
  if (answer)
    emit(s, S("answered"), answer->args, answer->attachments, answer->attachments_count);
  else
    emit(s, S("unanswered"), STR_NONE, NULL, 0);
  sio_socket_unref(&s);
}

static void ask(sio_socket *s, const struct sio_event *e) {
  struct sio_message m = {.event = S("question"),
                          .args = e->args,
                          .attachments = e->attachments,
                          .attachments_count = e->attachments_count};
  sio_emit_ack(s, &m, 300, answered, sio_socket_ref(s));
}

/* From a worker: everything that is allowed off the loop. */
struct errand {
  sio_socket *socket;
  int64_t ack;
};

static void work(void *arg) {
  struct errand *w = arg;
  sio_join(w->socket, S("workers"));
  sio_packet *p = packet_of(S("said"), S("\"from a worker\""));
  sio_emit_room(rooms, S("workers"), p, NULL, 0);
  sio_emit(w->socket, p, 0);
  sio_packet_unref(&p);
  sio_leave(w->socket, S("workers"));
  sio_ack(w->socket, w->ack, S("\"done\""), NULL, 0);
  sio_socket_unref(&w->socket);
  mem_free(&w);
}

static void start_work(sio_socket *s, int64_t ack) {
  struct errand *w = mem_alloc(sizeof *w);
  *w = (struct errand){sio_socket_ref(s), ack};
  if (net_work(http_server_pool(http), work, w)) return;
  sio_socket_unref(&w->socket);
  mem_free(&w);
}

static void rooms_event(sio_socket *s, const struct sio_event *e, void *user) {
  (void)user;
  if (str_eq(e->name, S("join")))
    sio_join(s, text_arg(e, 0));
  else if (str_eq(e->name, S("leave")))
    sio_leave(s, text_arg(e, 0));
  else if (str_eq(e->name, S("say")))
    say(e, NULL);
  else if (str_eq(e->name, S("say-to-others")))
    say(e, s);
  else if (str_eq(e->name, S("burst")))
    burst(e);
  else if (str_eq(e->name, S("flood")))
    flood(s, e);
  else if (str_eq(e->name, S("ask-me")))
    ask(s, e);
  else if (str_eq(e->name, S("kick")))
    sio_disconnect(s, number_arg(e, 0) != 0);
  else if (str_eq(e->name, S("kick-room")))
    sio_disconnect_room(rooms, text_arg(e, 0), false);
  if (str_eq(e->name, S("work")))
    start_work(s, e->ack);
  else
    sio_ack(s, e->ack, S("\"ok\""), NULL, 0);
}

/* ---- "/door": a worker decides who may connect ---- */

struct visitor {
  sio_socket *socket;
  bool welcome;
};

static void decide(void *arg) {
  struct visitor *v = arg;
  struct timespec t = {0, 20000000};
  nanosleep(&t, NULL);
  if (v->welcome)
    sio_accept(v->socket, NULL);
  else
    sio_refuse(v->socket, S("no \"entry\""), S("{\"code\":42}"));
  sio_socket_unref(&v->socket);
  mem_free(&v);
}

static void door_connect(sio_socket *s, const struct sio_connect *c, void *user) {
  (void)user;
  struct visitor *v = mem_alloc(sizeof *v);
  *v = (struct visitor){sio_socket_ref(s), str_eq(c->auth, S("{\"word\":\"friend\"}"))};
  if (net_work(http_server_pool(http), decide, v)) return;
  sio_socket_unref(&v->socket);
  mem_free(&v);
  sio_refuse(s, S("busy"), STR_NONE);
}

/* ---- "/recovery": a numbered log, and clients that continue from their last number ---- */

static struct {
  pthread_mutex_t lock;
  int64_t last;
  sio_packet *packets[LOG_MAX + 1]; /* by number */
} event_log = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void publish(str value) {
  pthread_mutex_lock(&event_log.lock); /* held while it is sent, so that numbers are sent in order */
  if (event_log.last < LOG_MAX) {
    struct sio_message m = {.event = S("logged"), .args = value, .seq = ++event_log.last};
    sio_packet *p = event_log.packets[m.seq] = sio_packet_new(recovery, &m);
    sio_emit_room(recovery, S("log"), p, NULL, 0);
  }
  pthread_mutex_unlock(&event_log.lock);
}

struct returning {
  sio_socket *socket;
  int64_t after;
};

static void bring_up(void *arg) {
  struct returning *r = arg;
  pthread_mutex_lock(&event_log.lock);
  bool known = r->after >= 0 && r->after <= event_log.last;
  struct sio_acceptance a = {.recovered = known, .seq = event_log.last};
  if (known && r->after < event_log.last) {
    a.replay = &event_log.packets[r->after + 1];
    a.replay_count = (size_t)(event_log.last - r->after);
  }
  sio_accept(r->socket, &a);
  pthread_mutex_unlock(&event_log.lock);
  sio_socket_unref(&r->socket);
  mem_free(&r);
}

static void recovery_connect(sio_socket *s, const struct sio_connect *c, void *user) {
  (void)user;
  struct returning *r = mem_alloc(sizeof *r);
  *r = (struct returning){sio_socket_ref(s), -1};
  if (c->pid.ptr && !str_to_i64(c->offset, &r->after)) r->after = -1;
  sio_join(s, S("log")); /* first, so that no event is lost between the log and the room */
  if (net_work(http_server_pool(http), bring_up, r)) return;
  sio_socket_unref(&r->socket);
  mem_free(&r);
  sio_refuse(s, S("busy"), STR_NONE);
}

static void recovery_event(sio_socket *s, const struct sio_event *e, void *user) {
  (void)user;
  str value;
  if (str_eq(e->name, S("publish")) && sio_arg(e, 0, &value)) publish(value);
  sio_ack(s, e->ack, STR_NONE, NULL, 0);
}

/* ---- the server ---- */

void socketio_new(http_server *server, int ping_interval_ms, int ping_timeout_ms) {
  http = server;
  struct eio_config e = {.path = "/engine.io/",
                         .ping_interval_ms = ping_interval_ms,
                         .ping_timeout_ms = ping_timeout_ms,
                         .upgrade_timeout_ms = UPGRADE_TIMEOUT_MS,
                         .max_payload = PAYLOAD_MAX,
                         .queue_max_bytes = 4 * PAYLOAD_MAX,
                         .allowed_origins = "https://app.example, http://localhost:3000",
                         .cors_credentials = true,
                         .message = echo};
  echo_server = eio_server_new(server, &e);
  e.path = "/socket.io/";
  e.allowed_origins = "*";
  e.cors_credentials = false;
  e.queue_max_bytes = SIO_QUEUE_MAX;
  struct sio_config c = {.eio = e, .connect_timeout_ms = CONNECT_TIMEOUT_MS};
  io = sio_server_new(server, &c);
  struct sio_namespace_config suite = {.connect = suite_connect, .event = suite_event};
  sio_namespace_add(io, "/", &suite);
  sio_namespace_add(io, "/custom", &suite);
  sio_namespace_add(io, "/door", &(struct sio_namespace_config){.connect = door_connect, .event = suite_event});
  rooms = sio_namespace_add(io, "/rooms", &(struct sio_namespace_config){.event = rooms_event});
  recovery = sio_namespace_add(
      io, "/recovery",
      &(struct sio_namespace_config){.connect = recovery_connect, .event = recovery_event, .recovery = true});
}

bool socketio_route(http_req *req, struct http_plan *plan) {
  return eio_route(echo_server, req, plan) || sio_route(io, req, plan);
}

void socketio_stats(buf *b) {
  struct sio_stats s;
  struct eio_stats echo_stats;
  sio_server_stats(io, &s);
  eio_server_stats(echo_server, &echo_stats);
  buf_printf(b, "{\"sessions\":%lld,\"polling\":%lld,\"websockets\":%lld,\"sockets\":%lld,\"volatile_dropped\":%lld,",
             (long long)s.eio.sessions_open, (long long)s.eio.polling_open, (long long)s.eio.websockets_open,
             (long long)s.sockets_open, (long long)s.volatile_dropped);
  buf_printf(b, "\"upgrades\":%lld,\"ping_timeouts\":%lld,\"parse_errors\":%lld,\"dropped_slow\":%lld,",
             (long long)s.eio.upgrades_total, (long long)s.eio.ping_timeouts, (long long)s.parse_errors,
             (long long)s.eio.dropped_slow);
  buf_printf(b,
             "\"polls_waiting\":%lld,\"echo_sessions\":%lld,\"echo_websockets\":%lld,\"echo_polls_waiting\":%lld,"
             "\"echo_ping_timeouts\":%lld}",
             (long long)s.eio.polls_waiting, (long long)echo_stats.sessions_open, (long long)echo_stats.websockets_open,
             (long long)echo_stats.polls_waiting, (long long)echo_stats.ping_timeouts);
}

void socketio_stop(void) {
  eio_server_stop(echo_server);
  sio_server_stop(io);
}

void socketio_free(void) {
  for (int64_t i = 1; i <= event_log.last; i++) sio_packet_unref(&event_log.packets[i]);
  eio_server_free(&echo_server);
  sio_server_free(&io);
}
