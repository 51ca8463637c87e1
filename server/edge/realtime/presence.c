/* Presence: who is online and who views which conversation. An operator is online while a socket is open, and offline
 * shortly after the last one has closed, so that a reload does not flicker. Sockets are local to this process; a lease
 * per operator tells other nodes that it has some, so none of them sets its operators offline, and all notice when this
 * node dies. */
#include "edge/realtime/realtime_internal.h"

#include "base/log.h"

enum { GRACE_MS = 15000, SETTLE_MS = 30000, RENEW_MS = OPERATOR_LEASE_MS / 3 };

static struct online *find_online(struct realtime *r, int64_t operator_id) {
  for (size_t i = 0; i < r->online_count; i++)
    if (r->online[i].operator_id == operator_id) return &r->online[i];
  return NULL;
}

/* ---- storing the status, without waiting ---- */

struct status_change_ctx {
  struct desk *desk; /* the write may end after the realtime */
  int64_t operator_id;
  err (*apply)(struct desk *d, db_conn *c, int64_t id);
};

static err write_status(db_conn *c, void *arg) {
  struct status_change_ctx *s = arg;
  return s->apply(s->desk, c, s->operator_id);
}

static void status_written(err e, void *arg) {
  struct status_change_ctx *s = arg;
  if (err_is(e)) LOG_WARN("presence.status_failed", LOG_I("operator", s->operator_id), LOG_E(e));
  mem_free(&s);
}

static void store_status(struct realtime *r, int64_t operator_id,
                         err (*apply)(struct desk *d, db_conn *c, int64_t id)) {
  struct status_change_ctx *s = mem_alloc(sizeof *s);
  *s = (struct status_change_ctx){r->desk, operator_id, apply};
  err e = desk_write_async(r->desk, write_status, s, status_written);
  if (err_is(e)) status_written(e, s);
}

/* ---- sockets of an operator ----
 * Both changes of the status are queued with the lock held, so that they are written in the order in which the table changed:
 * a socket that joins as a sweep takes the operator out must not be stored first. */

bool presence_join(struct client *c) {
  struct realtime *r = c->hub->realtime;
  pthread_mutex_lock(&r->lock);
  struct online *o = find_online(r, c->operator_id);
  if (!o) {
    if (r->online_count == r->online_cap) {
      r->online_cap = r->online_cap ? r->online_cap * 2 : 16;
      r->online = mem_realloc(r->online, r->online_cap * sizeof *r->online);
    }
    o = &r->online[r->online_count++];
    *o = (struct online){.operator_id = c->operator_id};
  }
  bool welcome = o->sockets < LIMIT_SOCKETS_PER_OPERATOR;
  if (welcome) o->sockets++;
  if (welcome && o->sockets == 1) store_status(r, c->operator_id, operator_arrived);
  pthread_mutex_unlock(&r->lock);
  return welcome;
}

void presence_leave(struct client *c) {
  struct realtime *r = c->hub->realtime;
  presence_view_none(c);
  pthread_mutex_lock(&r->lock);
  struct online *o = find_online(r, c->operator_id);
  if (o && --o->sockets == 0) o->left_ms = clock_steady_ms(r->desk->clock);
  pthread_mutex_unlock(&r->lock);
}

/* Takes operators whose grace period has ended out of the table, and stores that they left. */
static void remove_gone(struct realtime *r, int64_t now_ms) {
  pthread_mutex_lock(&r->lock);
  for (size_t i = 0; i < r->online_count;) {
    struct online *o = &r->online[i];
    if (o->sockets || now_ms - o->left_ms < GRACE_MS) {
      i++;
      continue;
    }
    store_status(r, o->operator_id, operator_left);
    *o = r->online[--r->online_count];
  }
  pthread_mutex_unlock(&r->lock);
}

/* ---- who views what ----
 * Each list is posted to the loops with the lock held, so that the last one which a panel gets is the newest. */

/* With the lock held: who has the conversation open, each operator once; the caller frees *ids. */
static struct event_presence viewers_of(struct realtime *r, int64_t conversation_id, int64_t **ids) {
  size_t count = 0;
  *ids = mem_alloc_array(r->viewer_count + 1, sizeof **ids);
  for (size_t i = 0; i < r->viewer_count; i++) {
    const struct viewer *v = &r->viewers[i];
    bool repeated = v->conversation_id != conversation_id;
    for (size_t k = 0; k < count && !repeated; k++) repeated = (*ids)[k] == v->operator_id;
    if (!repeated) (*ids)[count++] = v->operator_id;
  }
  return (struct event_presence){conversation_id, {*ids, count}};
}

/* With the lock held. */
static void broadcast_viewers(struct realtime *r, const struct subject *about) {
  int64_t *ids;
  struct event_presence now = viewers_of(r, about->id, &ids);
  realtime_broadcast(r, EVENT_PRESENCE, about, &event_presence_shape, &now);
  mem_free(&ids);
}

/* With the lock held: takes the client's entry out of the table. */
static struct subject stop_viewing(struct client *c) {
  struct realtime *r = c->hub->realtime;
  struct subject before = {.kind = SUBJECT_CONVERSATION, .id = c->viewing};
  for (size_t i = 0; before.id && i < r->viewer_count; i++) {
    if (r->viewers[i].operator_id != c->operator_id || r->viewers[i].conversation_id != before.id) continue;
    before.owner_id = r->viewers[i].owner_id;
    r->viewers[i] = r->viewers[--r->viewer_count];
    break;
  }
  c->viewing = 0;
  return before;
}

void presence_view_none(struct client *c) {
  struct realtime *r = c->hub->realtime;
  pthread_mutex_lock(&r->lock);
  struct subject before = stop_viewing(c);
  if (before.id) broadcast_viewers(r, &before);
  pthread_mutex_unlock(&r->lock);
}

uint32_t presence_owners(struct realtime *r, int64_t conversation_id) {
  pthread_mutex_lock(&r->lock);
  uint32_t owners = r->owners[(uint64_t)conversation_id % OWNERS];
  pthread_mutex_unlock(&r->lock);
  return owners;
}

bool presence_view(struct client *c, const struct subject *about, uint32_t owners) {
  struct realtime *r = c->hub->realtime;
  if (c->viewing == about->id) return true;
  pthread_mutex_lock(&r->lock);
  bool current = r->owners[(uint64_t)about->id % OWNERS] == owners;
  struct subject before = {0};
  if (current) {
    before = stop_viewing(c);
    if (r->viewer_count == r->viewer_cap) {
      r->viewer_cap = r->viewer_cap ? r->viewer_cap * 2 : 32;
      r->viewers = mem_realloc(r->viewers, r->viewer_cap * sizeof *r->viewers);
    }
    r->viewers[r->viewer_count++] = (struct viewer){c->operator_id, about->id, about->owner_id};
    c->viewing = about->id;
  }
  if (before.id) broadcast_viewers(r, &before);
  if (current) broadcast_viewers(r, about);
  pthread_mutex_unlock(&r->lock);
  return current;
}

/* The former owner may no longer know who views it: an empty list ends what its panel shows. */
static void empty_list_of(struct realtime *r, int64_t conversation_id, int64_t former_owner_id) {
  struct bus_event event = {.type = EVENT_PRESENCE,
                            .subject = SUBJECT_CONVERSATION,
                            .subject_id = conversation_id,
                            .owner_id = former_owner_id,
                            .audience = {.kind = AUDIENCE_OPERATOR, .id = former_owner_id}};
  ws_frame *frame =
      frame_of_value(EVENT_PRESENCE, &event_presence_shape, &(struct event_presence){conversation_id, {0}});
  hubs_send(r, &event, &frame, 1);
  ws_frame_unref(&frame);
}

/* The new owner learns who views it. A former owner who may read all conversations gets the full list after the empty one. */
void presence_owner_changed(struct realtime *r, int64_t conversation_id, int64_t owner_id) {
  bool changed = false;
  int64_t former_owner_id = 0;
  pthread_mutex_lock(&r->lock);
  r->owners[(uint64_t)conversation_id % OWNERS]++;
  for (size_t i = 0; i < r->viewer_count; i++) {
    struct viewer *v = &r->viewers[i];
    if (v->conversation_id != conversation_id || v->owner_id == owner_id) continue;
    former_owner_id = v->owner_id;
    v->owner_id = owner_id;
    changed = true;
  }
  if (former_owner_id) empty_list_of(r, conversation_id, former_owner_id);
  if (changed) broadcast_viewers(r, &(struct subject){SUBJECT_CONVERSATION, conversation_id, owner_id});
  pthread_mutex_unlock(&r->lock);
}

void presence_send_viewers(struct client *c) {
  struct realtime *r = c->hub->realtime;
  struct actor who = client_actor(c);
  pthread_mutex_lock(&r->lock);
  for (size_t i = 0; i < r->viewer_count; i++) {
    int64_t *ids;
    bool repeated = false;
    for (size_t k = 0; k < i && !repeated; k++)
      repeated = r->viewers[k].conversation_id == r->viewers[i].conversation_id;
    struct bus_event event = {.type = EVENT_PRESENCE,
                              .subject = SUBJECT_CONVERSATION,
                              .subject_id = r->viewers[i].conversation_id,
                              .owner_id = r->viewers[i].owner_id};
    if (repeated || !event_is_for(&event, &who)) continue;
    struct event_presence now = viewers_of(r, r->viewers[i].conversation_id, &ids);
    client_send(c, EVENT_PRESENCE, &event_presence_shape, &now);
    mem_free(&ids);
  }
  pthread_mutex_unlock(&r->lock);
}

/* ---- periodic work ---- */

struct keeping_ctx {
  struct realtime *realtime;
  int64_t *ids; /* of the operators online here */
  size_t count;
  bool expired;
};

static err look(db_conn *c, void *arg) {
  struct keeping_ctx *k = arg;
  return operator_any_expired(k->realtime->desk, c, &k->expired);
}

static err keep_leases(db_conn *c, void *arg) {
  struct keeping_ctx *k = arg;
  struct desk *d = k->realtime->desk;
  err e = err_ok;
  for (size_t i = 0; i < k->count && !err_is(e); i++) e = operator_renew(d, c, k->ids[i]);
  return err_is(e) ? e : operator_expire(d, c);
}

static err expire_earlier(db_conn *c, void *arg) {
  struct keeping_ctx *k = arg;
  return operator_expire_earlier(k->realtime->desk, c);
}

/* On a worker: renews the leases of operators online here, and sets those offline whose lease has expired on any node: a
 * dead node, or an earlier run of this node. */
static void keep(void *arg) {
  struct realtime *r = arg;
  struct keeping_ctx k = {.realtime = r};
  pthread_mutex_lock(&r->lock);
  k.ids = mem_alloc_array(r->online_count + 1, sizeof *k.ids);
  for (size_t i = 0; i < r->online_count; i++) k.ids[k.count++] = r->online[i].operator_id;
  pthread_mutex_unlock(&r->lock);
  err e = r->settled ? err_ok : desk_write(r->desk, expire_earlier, &k);
  if (!err_is(e)) r->settled = true;
  if (!err_is(e)) e = db_read(r->desk->db, look, &k);
  if (!err_is(e) && (k.count || k.expired)) e = desk_write(r->desk, keep_leases, &k);
  if (err_is(e)) LOG_WARN("presence.leases_failed", LOG_E(e));
  mem_free(&k.ids);
  atomic_store(&r->keeping, false);
}

void presence_expire(struct realtime *r) {
  int64_t now_ms = clock_steady_ms(r->desk->clock);
  remove_gone(r, now_ms);
  /* Operators who were online before a restart get some time to reconnect. */
  if (now_ms - r->started_ms < SETTLE_MS || now_ms - r->kept_ms < RENEW_MS || atomic_exchange(&r->keeping, true))
    return;
  r->kept_ms = now_ms;
  if (!net_work(http_server_pool(r->server), keep, r)) atomic_store(&r->keeping, false);
}
