/* Engine.IO sessions: their table, heartbeats and end. See eio.h; requests are in eio_http.c,
 * WebSockets in eio_ws.c.
 *
 * `close` of the upper protocol is never called from inside eio_send, so a caller can iterate over a list of sessions. A
 * session over its limit is marked and ends in the next turn. */
#include "net/eio_internal.h"

#include "base/rand.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { PUNCTUAL_MS = 50 }; /* a loop that is later than this was delayed */

#define DEFAULT(field, value) \
  if (!(field)) (field) = (value)

static const char sid_letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

const char *eio_reason_text(enum eio_reason reason) {
  switch (reason) {
    case EIO_TRANSPORT_CLOSE: return "transport close";
    case EIO_TRANSPORT_ERROR: return "transport error";
    case EIO_PING_TIMEOUT: return "ping timeout";
    case EIO_PARSE_ERROR: return "parse error";
    case EIO_FORCED_CLOSE: return "forced close";
    case EIO_SHUTTING_DOWN: return "server shutting down";
  }
  return "transport close";
}

/* ---- the table ---- */

static size_t bucket_of(const struct eio_hub *h, const char *sid) {
  uint64_t hash = str_hash(str_n(sid, EIO_SID_BYTES));
  return (size_t)(hash ^ hash >> 32) & (h->buckets_count - 1);
}

static void link_in(struct eio_hub *h, eio_session *s) {
  size_t at = bucket_of(h, s->sid);
  s->next = h->buckets[at];
  h->buckets[at] = s;
}

static void grow(struct eio_hub *h) {
  size_t count = h->buckets_count;
  eio_session **old = h->buckets;
  h->buckets_count = count ? count * 2 : 64;
  h->buckets = mem_alloc_array(h->buckets_count, sizeof *h->buckets);
  for (size_t i = 0; i < count; i++) {
    for (eio_session *s = old[i], *next; s; s = next) {
      next = s->next;
      link_in(h, s);
    }
  }
  free(old);
}

eio_session *eio_find(struct eio_hub *h, str sid) {
  if (sid.len != EIO_SID_BYTES || h->buckets_count == 0) return NULL;
  for (eio_session *s = h->buckets[bucket_of(h, sid.ptr)]; s; s = s->next)
    if (str_eq_constant_time(sid, (str){s->sid, EIO_SID_BYTES})) return s;
  return NULL;
}

static void make_sid(const struct eio_hub *h, char *sid) {
  unsigned char bytes[EIO_SID_BYTES];
  rand_fill(&rand_system, bytes, sizeof bytes);
  for (int i = 0; i < EIO_SID_BYTES; i++) sid[i] = sid_letters[bytes[i] & 63];
  sid[0] = sid_letters[h->index];
}

static void list_unauthenticated(eio_session *s) {
  struct eio_hub *h = s->hub;
  s->older = h->unauthenticated_last;
  *(s->older ? &s->older->newer : &h->unauthenticated_first) = s;
  h->unauthenticated_last = s;
}

static void unlist_unauthenticated(eio_session *s) {
  struct eio_hub *h = s->hub;
  if (s->older || h->unauthenticated_first == s) {
    *(s->older ? &s->older->newer : &h->unauthenticated_first) = s->newer;
    *(s->newer ? &s->newer->older : &h->unauthenticated_last) = s->older;
  }
  s->older = s->newer = NULL;
}

void eio_mark_authenticated(eio_session *s) {
  assert(s->magic == EIO_SESSION_MAGIC);
  if (s->authenticated || s->state == EIO_ENDED) return;
  s->authenticated = true;
  unlist_unauthenticated(s);
  if (s->link && s->link->conn) ws_mark_authenticated(s->link->conn);
  if (s->poll) http_mark_authenticated(s->poll);
}

bool eio_make_room(struct eio_hub *h) {
  eio_session *s = h->unauthenticated_first;
  if (s) eio_lose(s, EIO_FORCED_CLOSE);
  return s != NULL;
}

eio_session *eio_session_new(struct eio_hub *h, str address, void *data) {
  if (h->sessions_count >= h->buckets_count) grow(h);
  eio_session *s = mem_alloc(sizeof *s);
  s->magic = EIO_SESSION_MAGIC;
  s->refs = 1;
  s->hub = h;
  s->data = data;
  s->wait.kind = EIO_DUE_NONE;
  snprintf(s->address, sizeof s->address, "%.*s", STR_ARG(address));
  make_sid(h, s->sid);
  link_in(h, s);
  s->listed = true;
  list_unauthenticated(s);
  h->sessions_count++;
  atomic_fetch_add(&h->server->sessions_open, 1);
  atomic_fetch_add(&h->server->sessions_total, 1);
  eio_wait_start(h, &s->wait, EIO_DUE_PING);
  return s;
}

static void drop_queue(eio_session *s) {
  for (ws_frame *f; (f = eio_queue_pop(s));) ws_frame_unref(&f);
  mem_free(&s->queue);
  s->queue_cap = s->queue_head = 0;
}

eio_session *eio_ref(eio_session *s) {
  assert(s->magic == EIO_SESSION_MAGIC && s->refs > 0);
  s->refs++;
  return s;
}

void eio_unref(eio_session *s) {
  assert(s->magic == EIO_SESSION_MAGIC && s->refs > 0);
  if (--s->refs) return;
  drop_queue(s);
  if (s->data && s->hub->server->config.free_data) s->hub->server->config.free_data(s->data);
  s->magic = 0;
  mem_free(&s);
}

static void unlist(eio_session *s) {
  if (!s->listed) return;
  struct eio_hub *h = s->hub;
  eio_session **at = &h->buckets[bucket_of(h, s->sid)];
  while (*at != s) at = &(*at)->next;
  *at = s->next;
  s->listed = false;
  h->sessions_count--;
  eio_wait_stop(&s->wait);
  eio_unref(s);
}

/* ---- time ---- */

static int64_t due_ms(const eio_server *e, enum eio_due kind) {
  switch (kind) {
    case EIO_DUE_PING: return e->config.ping_interval_ms;
    case EIO_DUE_PONG: return e->config.ping_timeout_ms;
    case EIO_DUE_UPGRADE: return e->config.upgrade_timeout_ms;
    default: return EIO_CLOSED_KEPT_MS;
  }
}

static void on_timer(void *arg);

static void arm(struct eio_hub *h) {
  int64_t first = INT64_MAX;
  for (int i = 0; i < EIO_DUES; i++)
    if (h->waits[i].next != &h->waits[i] && h->waits[i].next->at_ms < first) first = h->waits[i].next->at_ms;
  if (first == INT64_MAX || (h->timer && h->timer_ms <= first)) return;
  net_timer_stop(&h->timer);
  int64_t left = first - net_loop_now_ms(h->loop);
  h->timer = net_timer_start(h->loop, left > 1 ? left : 1, 0, on_timer, h);
  h->timer_ms = first;
}

void eio_wait_stop(struct eio_wait *w) {
  if (w->kind == EIO_DUE_NONE) return;
  w->prev->next = w->next;
  w->next->prev = w->prev;
  w->kind = EIO_DUE_NONE;
}

/* A wait starts where the previous one ended, so that delays do not add up. After a delay of the loop it starts now
 * instead: otherwise clients would be closed because of the loop's own delay. */
static int64_t start_ms(const struct eio_hub *h, const struct eio_wait *w) {
  int64_t now = net_loop_now_ms(h->loop);
  return w->at_ms <= now && now - w->at_ms <= PUNCTUAL_MS ? w->at_ms : now;
}

void eio_wait_start(struct eio_hub *h, struct eio_wait *w, enum eio_due kind) {
  eio_wait_stop(w);
  struct eio_wait *head = &h->waits[kind];
  w->kind = (int8_t)kind;
  w->at_ms = start_ms(h, w) + due_ms(h->server, kind);
  w->next = head;
  w->prev = head->prev;
  head->prev->next = w;
  head->prev = w;
  if (w->prev == head) arm(h);
}

#define OWNER(w, type) ((type *)(void *)((char *)(w)-offsetof(type, wait)))

static void send_ping(eio_session *s) {
  static const char text[] = {EIO_PING};
  ws_frame *ping = ws_frame_new(WS_TEXT, (str){text, 1});
  eio_wait_start(s->hub, &s->wait, EIO_DUE_PONG);
  eio_send(s, ping);
  ws_frame_unref(&ping);
}

void eio_end_unresponsive(eio_session *s) {
  atomic_fetch_add(&s->hub->server->ping_timeouts, 1);
  eio_lose(s, EIO_PING_TIMEOUT);
}

static void is_due(struct eio_wait *w) {
  switch ((enum eio_due)w->kind) {
    case EIO_DUE_PING: send_ping(OWNER(w, eio_session)); return;
    case EIO_DUE_PONG: eio_end_unresponsive(OWNER(w, eio_session)); return;
    case EIO_DUE_CLOSED: unlist(OWNER(w, eio_session)); return;
    case EIO_DUE_UPGRADE: eio_link_timeout(OWNER(w, struct eio_link)); return;
    default: return;
  }
}

bool eio_is_unresponsive(const eio_session *s) {
  int64_t late = net_loop_now_ms(s->hub->loop) - s->wait.at_ms;
  return s->wait.kind == EIO_DUE_PONG && late >= 0 && late <= PUNCTUAL_MS;
}

static void on_timer(void *arg) {
  struct eio_hub *h = arg;
  h->timer = NULL; /* it frees itself */
  int64_t now = net_loop_now_ms(h->loop);
  for (int i = 0; i < EIO_DUES; i++)
    while (h->waits[i].next != &h->waits[i] && h->waits[i].next->at_ms <= now) is_due(h->waits[i].next);
  arm(h);
}

/* ---- ending ---- */

/* last: the packet that ends a waiting poll. kept: a polling session without a waiting poll is kept for a while until one
 * comes. */
static void end(eio_session *s, enum eio_reason reason, char last, bool kept) {
  if (s->state == EIO_ENDED) return;
  struct eio_hub *h = s->hub;
  eio_ref(s);
  s->state = EIO_ENDED;
  unlist_unauthenticated(s);
  eio_wait_stop(&s->wait);
  atomic_fetch_sub(&h->server->sessions_open, 1);
  if (h->server->config.close) h->server->config.close(s, reason);
  eio_link_drop(&s->probe, WS_CLOSE_NORMAL, STR_NONE);
  if (s->link) {
    atomic_fetch_sub(&h->server->websockets_open, 1);
    bool away = reason == EIO_SHUTTING_DOWN;
    eio_link_drop(&s->link, away ? WS_CLOSE_AWAY : WS_CLOSE_NORMAL, STR_NONE);
    kept = false;
  }
  if (s->poll) {
    eio_poll_answer(s, last);
    kept = false;
  }
  if (kept)
    eio_wait_start(h, &s->wait, EIO_DUE_CLOSED);
  else
    unlist(s);
  eio_unref(s);
}

void eio_close(eio_session *s, enum eio_reason reason) {
  assert(s->magic == EIO_SESSION_MAGIC);
  end(s, reason, EIO_CLOSE, true);
}

void eio_lose(eio_session *s, enum eio_reason reason) {
  bool polite = s->state == EIO_OPEN_STATE && reason == EIO_TRANSPORT_CLOSE;
  if (s->state == EIO_ENDED) {
    eio_ref(s);
    if (s->poll) eio_poll_answer(s, EIO_CLOSE);
    unlist(s);
    eio_unref(s);
    return;
  }
  end(s, reason, polite ? EIO_NOOP : EIO_CLOSE, false);
}

/* ---- sending and receiving ---- */

ws_frame *eio_queue_pop(eio_session *s) {
  if (s->queue_count == 0) return NULL;
  ws_frame *f = s->queue[s->queue_head];
  s->queue_head = (s->queue_head + 1) & (s->queue_cap - 1);
  s->queue_count--;
  s->queue_bytes -= ws_frame_payload(f).len;
  return f;
}

static void queue_push(eio_session *s, ws_frame *f) {
  if (s->queue_count == s->queue_cap) {
    uint32_t cap = s->queue_cap ? s->queue_cap * 2 : 4;
    ws_frame **ring = mem_alloc_array(cap, sizeof(ws_frame *));
    for (uint32_t i = 0; i < s->queue_count; i++) ring[i] = s->queue[(s->queue_head + i) & (s->queue_cap - 1)];
    free(s->queue);
    s->queue = ring;
    s->queue_cap = cap;
    s->queue_head = 0;
  }
  s->queue[(s->queue_head + s->queue_count++) & (s->queue_cap - 1)] = ws_frame_ref(f);
  s->queue_bytes += ws_frame_payload(f).len;
}

static void flush_hub(void *arg) {
  struct eio_hub *h = arg;
  eio_session *s = h->dirty;
  h->dirty = NULL;
  h->flush_posted = false;
  for (eio_session *next; s; s = next) {
    next = s->next_dirty;
    s->dirty_listed = false;
    if (s->state == EIO_DOOMED)
      end(s, EIO_TRANSPORT_ERROR, EIO_CLOSE, false);
    else if (s->poll && s->queue_count)
      eio_poll_answer(s, 0);
    eio_notify_drained(s);
    eio_unref(s);
  }
}

void eio_flush_later(eio_session *s) {
  struct eio_hub *h = s->hub;
  if (!s->dirty_listed) {
    s->dirty_listed = true;
    eio_ref(s);
    s->next_dirty = h->dirty;
    h->dirty = s;
  }
  if (h->flush_posted) return;
  h->flush_posted = true;
  net_post(h->loop, flush_hub, h); /* posted, so that one poll carries all messages of the turn */
}

enum ws_offer eio_offer(eio_session *s, ws_frame *f, size_t limit_bytes) {
  assert(s->magic == EIO_SESSION_MAGIC);
  if (s->state != EIO_OPEN_STATE) return WS_CLOSING;
  if (s->link) return ws_offer(s->link->conn, f, limit_bytes);
  enum { QUEUED_COST = 32 }; /* the memory cost of a message besides its bytes */
  if (s->queue_bytes + s->queue_count * QUEUED_COST + ws_frame_payload(f).len > limit_bytes) return WS_FULL;
  queue_push(s, f);
  if (s->poll) eio_flush_later(s);
  return WS_QUEUED;
}

bool eio_send(eio_session *s, ws_frame *f) {
  assert(s->magic == EIO_SESSION_MAGIC);
  if (s->state == EIO_OPEN_STATE && s->link) return ws_send(s->link->conn, f);
  enum ws_offer result = eio_offer(s, f, s->hub->server->config.queue_max_bytes);
  if (result == WS_FULL) {
    atomic_fetch_add(&s->hub->server->dropped_slow, 1);
    s->state = EIO_DOOMED;
    drop_queue(s);
    eio_flush_later(s);
  }
  return result == WS_QUEUED;
}

void eio_wait_drained(eio_session *s, size_t below_bytes) {
  assert(s->magic == EIO_SESSION_MAGIC);
  s->wants_drained = true;
  s->drained_below_bytes = below_bytes;
  if (s->link)
    ws_wait_drained(s->link->conn, below_bytes);
  else
    eio_flush_later(s); /* it may be drained already */
}

void eio_notify_drained(eio_session *s) {
  if (!s->wants_drained || s->state != EIO_OPEN_STATE || eio_queued_bytes(s) > s->drained_below_bytes) return;
  s->wants_drained = false;
  if (s->hub->server->config.drained) s->hub->server->config.drained(s);
}

size_t eio_queued_bytes(const eio_session *s) {
  return s->link && s->link->conn ? ws_queued_bytes(s->link->conn) : s->queue_bytes;
}

bool eio_has_room(const eio_session *s) {
  return s->state == EIO_OPEN_STATE && eio_queued_bytes(s) <= s->hub->server->config.volatile_max_bytes;
}

bool eio_receive(eio_session *s, const struct eio_packet *p) {
  if (s->state != EIO_OPEN_STATE) return false;
  const eio_server *e = s->hub->server;
  switch (p->type) {
    case EIO_MESSAGE:
      if (e->config.message) e->config.message(s, p->binary, p->data);
      break;
    case EIO_PONG:
      if (s->wait.kind == EIO_DUE_PONG) eio_wait_start(s->hub, &s->wait, EIO_DUE_PING);
      break;
    case EIO_CLOSE: eio_lose(s, EIO_TRANSPORT_CLOSE); break;
    case EIO_UPGRADE:
    case EIO_NOOP: break;
    case EIO_OPEN:
    case EIO_PING: eio_lose(s, EIO_TRANSPORT_ERROR); break;
  }
  return s->state == EIO_OPEN_STATE;
}

static ws_frame *message_of(int opcode, char type, str body) {
  if (!type) return ws_frame_new(opcode, body);
  char small[512], *text = body.len < sizeof small ? small : mem_alloc(body.len + 1);
  text[0] = type;
  if (body.len) memcpy(text + 1, body.ptr, body.len);
  ws_frame *f = ws_frame_new(opcode, (str){text, body.len + 1});
  if (text != small) free(text);
  return f;
}

ws_frame *eio_text(str text) { return message_of(WS_TEXT, EIO_MESSAGE, text); }
ws_frame *eio_binary(str bytes) { return message_of(WS_BINARY, 0, bytes); }

void eio_add_handshake(buf *b, const eio_session *s, bool upgradable) {
  const struct eio_config *c = &s->hub->server->config;
  buf_printf(b, "0{\"sid\":\"%.*s\",\"upgrades\":[%s],\"pingInterval\":%d,\"pingTimeout\":%d,\"maxPayload\":%zu}",
             EIO_SID_BYTES, s->sid, upgradable ? "\"websocket\"" : "", c->ping_interval_ms, c->ping_timeout_ms,
             c->max_payload);
}

void eio_set_user(eio_session *s, void *user) { s->user = user; }
void *eio_user(const eio_session *s) { return s->user; }
void *eio_data(const eio_session *s) { return s->data; }
str eio_id(const eio_session *s) { return (str){s->sid, EIO_SID_BYTES}; }
str eio_address(const eio_session *s) { return str_c(s->address); }
int eio_loop_index(const eio_session *s) { return s->hub->index; }
net_loop *eio_loop(const eio_session *s) { return s->hub->loop; }
bool eio_is_websocket(const eio_session *s) { return s->link != NULL; }

/* ---- the server ---- */

struct eio_hub *eio_hub_of(eio_server *e, const net_loop *loop) {
  for (int i = 0; i < e->hubs_count; i++)
    if (e->hubs[i].loop == loop) return &e->hubs[i];
  assert(!"a loop that is not the server's");
  return NULL;
}

bool eio_hub_post(struct eio_hub *h, void (*fn)(void *arg), void *arg) {
  pthread_mutex_lock(&h->lock);
  bool open = !h->closed;
  if (open) net_post(h->loop, fn, arg);
  pthread_mutex_unlock(&h->lock);
  return open;
}

bool eio_post(eio_server *e, int loop_index, void (*fn)(void *arg), void *arg) {
  assert(e->magic == EIO_SERVER_MAGIC && loop_index >= 0 && loop_index < e->hubs_count);
  return eio_hub_post(&e->hubs[loop_index], fn, arg);
}

static void fill_defaults(struct eio_config *c) {
  DEFAULT(c->path, "/engine.io/");
  DEFAULT(c->ping_interval_ms, 25000);
  DEFAULT(c->ping_timeout_ms, 20000);
  DEFAULT(c->upgrade_timeout_ms, 10000);
  DEFAULT(c->max_payload, 1000000);
  DEFAULT(c->queue_max_bytes, 1 << 20);
  DEFAULT(c->volatile_max_bytes, 64 << 10);
  DEFAULT(c->sessions_max, 20000);
}

eio_server *eio_server_new(http_server *http, const struct eio_config *config) {
  eio_server *e = mem_alloc(sizeof *e);
  e->magic = EIO_SERVER_MAGIC;
  e->http = http;
  e->config = *config;
  fill_defaults(&e->config);
  e->path = mem_dup_cstr(str_c(e->config.path));
  e->allowed_origins = mem_dup_cstr(str_c(e->config.allowed_origins));
  eio_ws_config(&e->ws, &e->config);
  e->hubs_count = http_server_loops(http);
  assert(e->hubs_count <= EIO_HUBS_MAX);
  e->hubs = mem_alloc_array((size_t)e->hubs_count, sizeof *e->hubs);
  for (int i = 0; i < e->hubs_count; i++) {
    struct eio_hub *h = &e->hubs[i];
    h->server = e;
    h->loop = http_server_loop(http, i);
    h->index = i;
    pthread_mutex_init(&h->lock, NULL);
    for (int k = 0; k < EIO_DUES; k++) h->waits[k].next = h->waits[k].prev = &h->waits[k];
  }
  return e;
}

struct stopping_ctx {
  struct eio_hub *hub;
  pthread_mutex_t *lock;
  pthread_cond_t *done;
  int *left;
};

static void stop_hub(void *arg) {
  struct stopping_ctx *stop = arg;
  struct eio_hub *h = stop->hub;
  for (size_t i = 0; i < h->buckets_count; i++) {
    while (h->buckets[i]) {
      eio_session *s = h->buckets[i];
      if (s->state == EIO_ENDED)
        unlist(s);
      else
        end(s, EIO_SHUTTING_DOWN, EIO_CLOSE, false);
    }
  }
  net_timer_stop(&h->timer);
  pthread_mutex_lock(&h->lock);
  h->closed = true;
  pthread_mutex_unlock(&h->lock);
  pthread_mutex_lock(stop->lock);
  if (--*stop->left == 0) pthread_cond_signal(stop->done);
  pthread_mutex_unlock(stop->lock);
}

void eio_server_stop(eio_server *e) {
  assert(e->magic == EIO_SERVER_MAGIC);
  if (atomic_exchange(&e->stopping, true)) return;
  pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t done = PTHREAD_COND_INITIALIZER;
  int left = e->hubs_count;
  struct stopping_ctx *stops = mem_alloc_array((size_t)e->hubs_count, sizeof *stops);
  for (int i = 0; i < e->hubs_count; i++) {
    stops[i] = (struct stopping_ctx){&e->hubs[i], &lock, &done, &left};
    net_post(e->hubs[i].loop, stop_hub, &stops[i]);
  }
  pthread_mutex_lock(&lock);
  while (left) pthread_cond_wait(&done, &lock);
  pthread_mutex_unlock(&lock);
  pthread_cond_destroy(&done);
  pthread_mutex_destroy(&lock);
  mem_free(&stops);
}

void eio_server_free(eio_server **server) {
  eio_server *e = *server;
  if (!e) return;
  assert(e->magic == EIO_SERVER_MAGIC);
  for (int i = 0; i < e->hubs_count; i++) {
    assert(e->hubs[i].sessions_count == 0); /* eio_server_stop comes first */
    free(e->hubs[i].buckets);
    pthread_mutex_destroy(&e->hubs[i].lock);
  }
  mem_free(&e->hubs);
  mem_free(&e->path);
  mem_free(&e->allowed_origins);
  e->magic = 0;
  mem_free(server);
}

void eio_server_stats(const eio_server *e, struct eio_stats *out) {
  *out = (struct eio_stats){.sessions_open = atomic_load(&e->sessions_open),
                            .websockets_open = atomic_load(&e->websockets_open),
                            .polls_waiting = atomic_load(&e->polls_waiting),
                            .sessions_total = atomic_load(&e->sessions_total),
                            .upgrades_total = atomic_load(&e->upgrades_total),
                            .ping_timeouts = atomic_load(&e->ping_timeouts),
                            .protocol_errors = atomic_load(&e->protocol_errors),
                            .dropped_slow = atomic_load(&e->dropped_slow)};
  out->polling_open = out->sessions_open - out->websockets_open;
}
