/* The interface for app/: publishing events, ending access, start and stop. See realtime.h. */
#include "edge/realtime/realtime_internal.h"

#include <assert.h>

/* ---- access may have ended ---- */

struct check_ctx {
  struct hub *hub;
  int64_t operator_id, session_id;
};

static void check(void *arg) {
  struct check_ctx *k = arg;
  hub_check(k->hub, k->operator_id, k->session_id);
  mem_free(&k);
}

static void check_everywhere(struct realtime *r, int64_t operator_id, int64_t session_id) {
  for (int h = 0; h < r->hub_count; h++) {
    struct check_ctx *k = mem_alloc(sizeof *k);
    *k = (struct check_ctx){&r->hubs[h], operator_id, session_id};
    net_post(r->hubs[h].loop, check, k);
  }
}

void realtime_session_ended(void *realtime, int64_t session_id) {
  struct realtime *r = realtime;
  assert(r->magic == REALTIME_MAGIC);
  check_everywhere(r, 0, session_id);
}

/* The writer of the change may not have cleared the cache yet, or may be another node. */
static void check_operator(struct realtime *r, int64_t id) {
  access_forget(r->desk->access, id);
  check_everywhere(r, id, 0);
}

void realtime_publish(const struct bus_event *events, size_t count, void *realtime) {
  struct realtime *r = realtime;
  assert(r->magic == REALTIME_MAGIC);
  ws_frame **frames = mem_alloc_array(count, sizeof *frames);
  for (size_t i = 0; i < count; i++) frames[i] = frame_of(events[i].type, events[i].seq, events[i].data);
  hubs_send(r, events, frames, count);
  for (size_t i = 0; i < count; i++)
    if (events[i].subject == SUBJECT_OPERATOR)
      check_operator(r, events[i].subject_id);
    else if (events[i].type == EVENT_CHAT_STATUS_CHANGE)
      presence_owner_changed(r, events[i].subject_id, events[i].owner_id);
  for (size_t i = 0; i < count; i++) ws_frame_unref(&frames[i]);
  mem_free(&frames);
  atomic_fetch_add(&r->published, (int64_t)count);
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
