/* Hubs: the clients of one loop, and sending to them. Frames are built once, on the thread of the bus or of the sender,
 * shared by reference, and posted to each loop. See realtime.h. */
#include "edge/realtime/realtime_internal.h"

#include <assert.h>
#include <string.h>

struct hub *hub_of(struct realtime *r, net_loop *loop) {
  for (int i = 0; i < r->hub_count; i++)
    if (r->hubs[i].loop == loop) return &r->hubs[i];
  assert(!"a socket on a loop that is not the server's");
  return NULL;
}

struct delivery_ctx {
  struct hub *hub;
  size_t count;
  int64_t *ids; /* of the audiences, one after another */
  struct {
    struct bus_event event; /* data and channel are not stored */
    ws_frame *frame;
  } items[];
};

static void deliver_to(struct client *c, const struct delivery_ctx *d) {
  struct actor who = client_actor(c);
  for (size_t i = 0; i < d->count; i++) {
    const struct bus_event *e = &d->items[i].event;
    /* A client that is catching up reads durable events from the log. */
    if (e->seq && (c->state != CLIENT_LIVE || e->seq <= c->sent_seq)) continue;
    if (event_is_for(e, &who)) {
      enum ws_offer result = ws_offer(c->conn, d->items[i].frame, LIVE_QUEUE_MAX_BYTES);
      if (result == WS_CLOSING) return;
      if (result == WS_FULL && e->seq) client_fall_behind(c);
      if (result == WS_FULL) continue; /* an ephemeral event may be missed */
    }
    if (e->seq) c->sent_seq = e->seq;
  }
}

static void deliver(void *arg) {
  struct delivery_ctx *d = arg;
  struct hub *h = d->hub;
  for (struct client *c = h->clients; c; c = c->next)
    if (c->state != CLIENT_UNAUTHENTICATED) deliver_to(c, d);
  for (size_t i = 0; i < d->count; i++) {
    if (d->items[i].event.seq > h->seq) h->seq = d->items[i].event.seq;
    ws_frame_unref(&d->items[i].frame);
  }
  mem_free(&d->ids);
  mem_free(&d);
}

/* Copies the ids of the audiences, which otherwise end with the caller's events. */
static void keep_audiences(struct delivery_ctx *d) {
  size_t total = 0, at = 0;
  for (size_t i = 0; i < d->count; i++) total += d->items[i].event.audience.count;
  if (!total) return;
  d->ids = mem_alloc_array(total, sizeof *d->ids);
  for (size_t i = 0; i < d->count; i++) {
    struct audience *a = &d->items[i].event.audience;
    if (!a->count) continue;
    memcpy(d->ids + at, a->ids, a->count * sizeof *a->ids);
    a->ids = d->ids + at;
    at += a->count;
  }
}

void hubs_send(struct realtime *r, const struct bus_event *events, ws_frame **frames, size_t count) {
  for (int h = 0; h < r->hub_count; h++) {
    struct delivery_ctx *d = mem_alloc(sizeof *d + count * sizeof d->items[0]);
    d->hub = &r->hubs[h];
    d->count = count;
    for (size_t i = 0; i < count; i++) {
      d->items[i].event = events[i];
      d->items[i].event.data = STR_NONE;
      d->items[i].event.customer = (struct event_address){0};
      d->items[i].frame = ws_frame_ref(frames[i]);
    }
    keep_audiences(d);
    net_post(d->hub->loop, deliver, d);
  }
}

void realtime_broadcast(void *realtime, int event_type, const struct subject *about, const struct json_shape *shape,
                        const void *data) {
  struct realtime *r = realtime;
  assert(r->magic == REALTIME_MAGIC && !event_is_logged((enum event_type)event_type));
  struct bus_event event = {.type = (enum event_type)event_type,
                            .subject = about->kind,
                            .subject_id = about->id,
                            .owner_id = about->owner_id};
  ws_frame *frame = frame_of_value(event.type, shape, data);
  hubs_send(r, &event, &frame, 1);
  ws_frame_unref(&frame);
}
