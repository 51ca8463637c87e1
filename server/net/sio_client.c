/* Incoming packets of a session: parsed, assembled with their attachments, and passed to their namespace. See
 * sio.h. A callback may end the session, so the client is not used after one. */
#include "net/sio_internal.h"

#include "base/jansson.h"
#include "base/json.h"
#include "base/rand.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { AUTH_MAX_BYTES = 64 << 10 };

/* ---- life ---- */

static void connect_timeout(void *arg) {
  struct sio_client *c = arg;
  net_timer_stop(&c->timer);
  eio_close(c->session, EIO_FORCED_CLOSE);
}

void sio_client_open(eio_session *session, void *user) {
  sio_server *io = user;
  struct sio_client *c = mem_alloc(sizeof *c);
  c->hub = &io->hubs[eio_loop_index(session)];
  c->session = session;
  c->timer = net_timer_start(c->hub->loop, io->config.connect_timeout_ms, 0, connect_timeout, c);
  eio_set_user(session, c);
}

static void free_assembly(struct sio_assembly **assembly) {
  struct sio_assembly *a = *assembly;
  if (!a) return;
  for (uint32_t i = 0; i < a->count; i++) {
    char *part = (char *)(uintptr_t)a->parts[i].ptr;
    mem_free(&part);
  }
  mem_free(&a->parts);
  buf_free(&a->text);
  mem_free(assembly);
}

void sio_client_close(eio_session *session, enum eio_reason reason) {
  struct sio_client *c = eio_user(session);
  net_timer_stop(&c->timer);
  while (c->sockets) sio_leave_namespace(c->sockets, (enum sio_reason)reason, false, false);
  free_assembly(&c->assembly);
  eio_set_user(session, NULL);
  mem_free(&c);
}

void sio_client_drained(eio_session *session) {
  struct sio_client *c = eio_user(session);
  for (sio_socket *s = c ? c->sockets : NULL, *next; s; s = next) {
    next = s->next;
    if (!s->wants_drained) continue;
    s->wants_drained = false;
    if (s->nsp->config.drained) s->nsp->config.drained(s, s->nsp->config.user);
  }
}

static void end_with_parse_error(struct sio_client *c) {
  atomic_fetch_add(&c->hub->io->parse_errors, 1);
  eio_close(c->session, EIO_PARSE_ERROR);
}

/* ---- entering a namespace ---- */

static sio_namespace *namespace_named(sio_server *io, str name) {
  for (int i = 0; i < io->namespaces_count; i++)
    if (str_eq(str_c(io->namespaces[i]->name), name)) return io->namespaces[i];
  return NULL;
}

static sio_socket *socket_in(struct sio_client *c, str nsp) {
  for (sio_socket *s = c->sockets; s; s = s->next)
    if (str_eq(str_c(s->nsp->name), nsp)) return s;
  return NULL;
}

static sio_socket *new_socket(struct sio_client *c, sio_namespace *nsp) {
  sio_socket *s = mem_alloc(sizeof *s);
  char id[SIO_ID_BYTES + 1];
  s->magic = SIO_SOCKET_MAGIC;
  atomic_init(&s->refs, 1);
  s->hub = c->hub;
  s->nsp = nsp;
  s->client = c;
  s->next = c->sockets;
  c->sockets = s;
  c->sockets_count++;
  memcpy(s->id, rand_token(&rand_system, id, SIO_ID_BYTES).ptr, SIO_ID_BYTES);
  return s;
}

static str member_text(const json_t *object, const char *name) {
  const json_t *v = json_object_get(object, name);
  return v && json_is_string(v) ? (str){json_string_value(v), json_string_length(v)} : STR_NONE;
}

static bool is_pid(str pid) {
  for (size_t i = 0; i < pid.len; i++) {
    char c = pid.ptr[i];
    bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
    if (!plain) return false;
  }
  return pid.len > 0 && pid.len <= SIO_PID_MAX;
}

static void request_connect(struct sio_client *c, sio_namespace *nsp, str auth) {
  struct sio_connect ask = {.auth = auth};
  json_t *object = NULL;
  if (nsp->config.recovery && auth.ptr && !err_is(json_parse(auth, AUTH_MAX_BYTES, &object))) {
    ask.pid = member_text(object, "pid");
    ask.offset = member_text(object, "offset");
    if (!is_pid(ask.pid) || !ask.offset.ptr) ask.pid = ask.offset = STR_NONE;
  }
  sio_socket *s = new_socket(c, nsp), *kept = sio_socket_ref(s);
  if (ask.pid.ptr) s->pid = mem_dup_cstr(ask.pid);
  if (nsp->config.connect)
    nsp->config.connect(s, &ask, nsp->config.user);
  else
    sio_connected(s, NULL);
  sio_socket_unref(&kept);
  json_decref(object);
}

static void enter(struct sio_client *c, const struct sio_head *h) {
  sio_server *io = c->hub->io;
  sio_namespace *nsp = namespace_named(io, h->nsp);
  if (!nsp || h->json.len > AUTH_MAX_BYTES)
    sio_send_control(
        c, SIO_CONNECT_ERROR, NULL, h->nsp,
        nsp ? S("{\"message\":\"The auth payload is too large\"}") : S("{\"message\":\"Invalid namespace\"}"));
  else if (socket_in(c, h->nsp))
    end_with_parse_error(c);
  else if (c->sockets_count >= io->config.sockets_max)
    sio_send_control(c, SIO_CONNECT_ERROR, nsp, STR_NONE, S("{\"message\":\"Too many namespaces\"}"));
  else
    request_connect(c, nsp, h->json);
}

/* ---- packets ---- */

static void dispatch(struct sio_client *c, const struct sio_head *h, const str *parts) {
  if (h->type == SIO_CONNECT) {
    enter(c, h);
    return;
  }
  sio_socket *s = socket_in(c, h->nsp), *kept;
  bool leaving = h->type == SIO_DISCONNECT;
  if (!s || (s->state == SIO_CONNECTING && !leaving)) {
    if (s || !c->was_in) end_with_parse_error(c);
    return; /* it crossed the server's disconnect in transit */
  }
  struct sio_event e = {h->event, h->json, parts, h->attachments, h->id};
  kept = sio_socket_ref(s);
  if (leaving) {
    sio_leave_namespace(s, SIO_CLIENT_LEFT, false, false);
  } else if (h->type == SIO_EVENT || h->type == SIO_BINARY_EVENT) {
    atomic_fetch_add_explicit(&c->hub->io->events_in, 1, memory_order_relaxed);
    if (s->nsp->config.event) s->nsp->config.event(s, &e, s->nsp->config.user);
  } else {
    sio_take_ack(s, &e);
  }
  sio_socket_unref(&kept);
}

static void begin_assembly(struct sio_client *c, str text, const struct sio_head *h) {
  struct sio_assembly *a = c->assembly = mem_alloc(sizeof *a);
  buf_init(&a->text, text.len);
  buf_add(&a->text, text);
  a->parts = mem_alloc_array(h->attachments, sizeof *a->parts);
  bool good = sio_head_parse(buf_borrow(&a->text), &a->head); /* parse again, so that the slices point into the copy */
  assert(good);
}

static void add_part(struct sio_client *c, str bytes) {
  struct sio_assembly *a = c->assembly;
  a->bytes += bytes.len;
  if (a->bytes > c->hub->io->config.eio.max_payload) {
    end_with_parse_error(c);
    return;
  }
  char *copy = mem_alloc(bytes.len + 1);
  if (bytes.len) memcpy(copy, bytes.ptr, bytes.len);
  a->parts[a->count++] = (str){copy, bytes.len};
  if (a->count < a->head.attachments) return;
  c->assembly = NULL; /* complete: the client may end during dispatch */
  dispatch(c, &a->head, a->parts);
  free_assembly(&a);
}

void sio_client_message(eio_session *session, bool binary, str payload) {
  struct sio_client *c = eio_user(session);
  struct sio_head h;
  if (binary != (c->assembly != NULL)) {
    end_with_parse_error(c);
  } else if (binary) {
    add_part(c, payload);
  } else if (!sio_head_parse(payload, &h) || !sio_head_from_client(&h) ||
             h.attachments > c->hub->io->config.attachments_max) {
    end_with_parse_error(c);
  } else if (h.attachments) {
    begin_assembly(c, payload, &h);
  } else {
    dispatch(c, &h, NULL);
  }
}
