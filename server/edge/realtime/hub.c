/* Hubs: the clients of one loop, and what is given to them. See realtime.h. */
#include "edge/realtime/realtime_internal.h"

#include "base/log.h"

#include <assert.h>
#include <string.h>

enum { REALTIME_MAGIC = 0x5254494d, FRAME_MAX_BYTES = 1 << 20 };

struct hub *hub_of(struct realtime *r, net_loop *loop) {
  for (int i = 0; i < r->hub_count; i++)
    if (r->hubs[i].loop == loop) return &r->hubs[i];
  assert(!"a socket on a loop that is not the server's");
  return NULL;
}

ws_frame *frame_of(enum event_type type, int64_t seq, str data) {
  buf text;
  buf_init(&text, FRAME_MAX_BYTES + data.len);
  buf_add(&text, S("{\"type\":\""));
  buf_add(&text, str_c(event_text(type)));
  if (seq) {
    buf_add(&text, S("\",\"seq\":"));
    buf_add_i64(&text, seq);
    buf_add(&text, S(",\"data\":"));
  } else {
    buf_add(&text, S("\",\"data\":"));
  }
  buf_add(&text, data);
  buf_add_char(&text, '}');
  ws_frame *frame = ws_frame_new(WS_TEXT, buf_borrow(&text));
  buf_free(&text);
  return frame;
}

void client_send(struct client *c, enum event_type type, str data) {
  if (!c->conn) return;
  ws_frame *frame = frame_of(type, 0, data);
  ws_send(c->conn, frame);
  ws_frame_unref(&frame);
}

bool event_is_for(const struct bus_event *e, int64_t operator_id) {
  return e->operator_id == 0 || e->operator_id == operator_id;
}

void client_unref(struct client *c) {
  if (--c->refs) return;
  net_timer_stop(&c->timer);
  mem_free(&c->credential);
  mem_free(&c);
}

void client_welcome(struct client *c) {
  struct hub *h = c->hub;
  if (!presence_join(c)) {
    ws_close(c->conn, WS_CLOSE_POLICY, S("too many connections of this operator"));
    return;
  }
  net_timer_stop(&c->timer);
  c->state = CLIENT_LIVE;
  c->sent_seq = h->seq;
  c->checked_ms = 0; /* the session may have ended between the look at it and here: the next round looks again */
  buf data;
  buf_init(&data, 256);
  buf_printf(&data, "{\"seq\":%lld,\"operator_id\":%lld,\"server_time\":\"", (long long)h->seq,
             (long long)c->operator_id);
  buf_add_iso_time(&data, desk_now(h->realtime->desk));
  buf_add(&data, S("\"}"));
  client_send(c, EVENT_CONNECTION_ESTABLISHED, buf_borrow(&data));
  buf_free(&data);
  presence_tell(c);
}

/* ---- publishing: built once on the bus's thread, shared by reference, handed to each loop ---- */

struct delivery {
  struct hub *hub;
  size_t count;
  struct {
    struct bus_event event; /* data is not kept */
    ws_frame *frame;
  } items[];
};

static void deliver_to(struct client *c, const struct delivery *d) {
  for (size_t i = 0; i < d->count; i++) {
    const struct bus_event *e = &d->items[i].event;
    /* A client that is catching up reads durable events from the log. */
    if (e->seq && (c->state != CLIENT_LIVE || e->seq <= c->sent_seq)) continue;
    if (event_is_for(e, c->operator_id)) {
      enum ws_offer result = ws_offer(c->conn, d->items[i].frame, LIVE_QUEUE_MAX_BYTES);
      if (result == WS_CLOSING) return;
      if (result == WS_FULL && e->seq) client_fall_behind(c);
      if (result == WS_FULL) continue; /* an ephemeral event may be missed */
    }
    if (e->seq) c->sent_seq = e->seq;
  }
}

static void deliver(void *arg) {
  struct delivery *d = arg;
  struct hub *h = d->hub;
  for (struct client *c = h->clients; c; c = c->next)
    if (c->state != CLIENT_STRANGER) deliver_to(c, d);
  for (size_t i = 0; i < d->count; i++) {
    if (d->items[i].event.seq > h->seq) h->seq = d->items[i].event.seq;
    ws_frame_unref(&d->items[i].frame);
  }
  mem_free(&d);
}

static void post_to_hubs(struct realtime *r, const struct bus_event *events, ws_frame **frames, size_t count) {
  for (int h = 0; h < r->hub_count; h++) {
    struct delivery *d = mem_alloc(sizeof *d + count * sizeof d->items[0]);
    d->hub = &r->hubs[h];
    d->count = count;
    for (size_t i = 0; i < count; i++) {
      d->items[i].event = events[i];
      d->items[i].event.data = STR_NONE;
      d->items[i].frame = ws_frame_ref(frames[i]);
    }
    net_post(d->hub->loop, deliver, d);
  }
}

/* ---- somebody's access may have ended ---- */

struct check {
  struct hub *hub;
  int64_t operator_id, session_id;
};

static void check(void *arg) {
  struct check *k = arg;
  hub_check(k->hub, k->operator_id, k->session_id);
  mem_free(&k);
}

static void check_everywhere(struct realtime *r, int64_t operator_id, int64_t session_id) {
  for (int h = 0; h < r->hub_count; h++) {
    struct check *k = mem_alloc(sizeof *k);
    *k = (struct check){&r->hubs[h], operator_id, session_id};
    net_post(r->hubs[h].loop, check, k);
  }
}

void realtime_session_ended(void *realtime, int64_t session_id) {
  struct realtime *r = realtime;
  assert(r->magic == REALTIME_MAGIC);
  check_everywhere(r, 0, session_id);
}

/* The operator's row comes first in the event's data, and the id first in the row (operator_shape). Whoever changed it may
 * not have come to forgetting what is cached, or may be another node. */
static void check_operator(struct realtime *r, const struct bus_event *e) {
  str head = S("{\"operator\":{\"id\":"), rest = e->data;
  int64_t id;
  if (!str_starts(rest, head)) return;
  rest = str_sub(rest, head.len, rest.len);
  if (!str_to_i64(str_cut(&rest, ','), &id)) return;
  access_forget(r->desk->access, id);
  check_everywhere(r, id, 0);
}

void realtime_publish(const struct bus_event *events, size_t count, void *realtime) {
  struct realtime *r = realtime;
  assert(r->magic == REALTIME_MAGIC);
  ws_frame **frames = mem_alloc_array(count, sizeof *frames);
  for (size_t i = 0; i < count; i++) frames[i] = frame_of(events[i].type, events[i].seq, events[i].data);
  post_to_hubs(r, events, frames, count);
  for (size_t i = 0; i < count; i++)
    if (events[i].type == EVENT_OPERATOR_STATUS_CHANGE) check_operator(r, &events[i]);
  for (size_t i = 0; i < count; i++) ws_frame_unref(&frames[i]);
  mem_free(&frames);
  atomic_fetch_add(&r->published, (int64_t)count);
}

void realtime_broadcast(void *realtime, int event_type, str data) {
  struct realtime *r = realtime;
  assert(r->magic == REALTIME_MAGIC && !event_is_durable((enum event_type)event_type));
  struct bus_event event = {.type = (enum event_type)event_type};
  ws_frame *frame = frame_of(event.type, 0, data);
  post_to_hubs(r, &event, &frame, 1);
  ws_frame_unref(&frame);
}

/* ---- life ---- */

static void start_hub(void *arg) { hub_check_start(arg); }

struct realtime *realtime_new(const struct realtime_config *config) {
  struct realtime *r = mem_alloc(sizeof *r);
  r->magic = REALTIME_MAGIC;
  r->desk = config->desk;
  r->started_ms = clock_steady_ms(config->desk->clock);
  r->server = config->server;
  r->allowed_origins = mem_dup_cstr(str_c(config->allowed_origins));
  pthread_mutex_init(&r->lock, NULL);
  r->hub_count = http_server_loops(config->server);
  assert(r->hub_count <= HUBS_MAX);
  int64_t position = bus_position(config->desk->bus);
  for (int i = 0; i < r->hub_count; i++) {
    r->hubs[i] = (struct hub){.realtime = r, .loop = http_server_loop(config->server, i), .seq = position};
    net_post(r->hubs[i].loop, start_hub, &r->hubs[i]);
  }
  return r;
}

void realtime_free(struct realtime **realtime) {
  struct realtime *r = *realtime;
  if (!r) return;
  assert(r->magic == REALTIME_MAGIC);
  for (int i = 0; i < r->hub_count; i++) net_timer_stop(&r->hubs[i].checking);
  pthread_mutex_destroy(&r->lock);
  mem_free(&r->viewers);
  mem_free(&r->online);
  mem_free(&r->allowed_origins);
  r->magic = 0;
  mem_free(realtime);
}

void realtime_stats(const struct realtime *r, struct realtime_stats *out) {
  *out = (struct realtime_stats){.clients = atomic_load(&r->clients),
                                 .replays = atomic_load(&r->replays),
                                 .refetches = atomic_load(&r->refetches),
                                 .events_published = atomic_load(&r->published)};
}
