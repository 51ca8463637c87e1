/* Who is here and who looks at what. Ephemeral, of this process; an operator is online while a socket is open, and
 * offline a little after the last one has closed, so that a reload does not flicker. */
#include "edge/realtime/realtime_internal.h"

#include "base/log.h"

enum { GRACE_MS = 15000, SETTLE_MS = 30000 };

static struct online *find_online(struct realtime *r, int64_t operator_id) {
  for (size_t i = 0; i < r->online_count; i++)
    if (r->online[i].operator_id == operator_id) return &r->online[i];
  return NULL;
}

/* ---- the stored status, written without waiting ---- */

struct status_change {
  struct realtime *realtime;
  int64_t operator_id;
  int status;
};

static err write_status(db_conn *c, void *arg) {
  struct status_change *s = arg;
  struct operator_row now;
  err e = operator_get(c, s->operator_id, db_conn_arena(c), &now);
  if (err_is(e)) return e;
  /* "away" is the operator's own word and stays through reconnects. */
  bool gone = s->status == OPERATOR_OFFLINE;
  if (!gone && now.status != OPERATOR_OFFLINE) return err_ok;
  return operator_set_status(s->realtime->desk, c, s->operator_id, s->status);
}

static void status_written(err e, void *arg) {
  struct status_change *s = arg;
  if (err_is(e)) LOG_WARN("presence.status_failed", LOG_I("operator", s->operator_id), LOG_E(e));
  mem_free(&s);
}

static void store_status(struct realtime *r, int64_t operator_id, int status) {
  struct status_change *s = mem_alloc(sizeof *s);
  *s = (struct status_change){r, operator_id, status};
  err e = desk_write_async(r->desk, write_status, s, status_written);
  if (err_is(e)) status_written(e, s);
}

/* ---- sockets of an operator ---- */

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
  bool first = welcome && o->sockets == 1;
  pthread_mutex_unlock(&r->lock);
  if (first) store_status(r, c->operator_id, OPERATOR_ONLINE);
  return welcome;
}

void presence_leave(struct client *c) {
  struct realtime *r = c->hub->realtime;
  presence_view(c, 0);
  pthread_mutex_lock(&r->lock);
  struct online *o = find_online(r, c->operator_id);
  if (o && --o->sockets == 0) o->left_ms = clock_steady_ms(r->desk->clock);
  pthread_mutex_unlock(&r->lock);
}

/* Takes one operator whose grace has ended out of the table; 0 when there is none. */
static int64_t take_gone(struct realtime *r, int64_t now_ms) {
  int64_t gone = 0;
  pthread_mutex_lock(&r->lock);
  for (size_t i = 0; i < r->online_count && !gone; i++) {
    struct online *o = &r->online[i];
    if (o->sockets || now_ms - o->left_ms < GRACE_MS) continue;
    gone = o->operator_id;
    *o = r->online[--r->online_count];
  }
  pthread_mutex_unlock(&r->lock);
  return gone;
}

/* ---- who views what ---- */

/* Under the lock: who has the conversation open, each operator once; *ids is the caller's to free. */
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

static void tell_all(struct realtime *r, int64_t conversation_id) {
  int64_t *ids;
  pthread_mutex_lock(&r->lock);
  struct event_presence now = viewers_of(r, conversation_id, &ids);
  pthread_mutex_unlock(&r->lock);
  realtime_broadcast(r, EVENT_PRESENCE, &event_presence_shape, &now);
  mem_free(&ids);
}

void presence_view(struct client *c, int64_t conversation_id) {
  struct realtime *r = c->hub->realtime;
  int64_t before = c->viewing;
  if (before == conversation_id) return;
  pthread_mutex_lock(&r->lock);
  for (size_t i = 0; before && i < r->viewer_count; i++) {
    if (r->viewers[i].operator_id != c->operator_id || r->viewers[i].conversation_id != before) continue;
    r->viewers[i] = r->viewers[--r->viewer_count];
    break;
  }
  if (conversation_id) {
    if (r->viewer_count == r->viewer_cap) {
      r->viewer_cap = r->viewer_cap ? r->viewer_cap * 2 : 32;
      r->viewers = mem_realloc(r->viewers, r->viewer_cap * sizeof *r->viewers);
    }
    r->viewers[r->viewer_count++] = (struct viewer){c->operator_id, conversation_id};
  }
  pthread_mutex_unlock(&r->lock);
  c->viewing = conversation_id;
  if (before) tell_all(r, before);
  if (conversation_id) tell_all(r, conversation_id);
}

void presence_tell(struct client *c) {
  struct realtime *r = c->hub->realtime;
  pthread_mutex_lock(&r->lock);
  for (size_t i = 0; i < r->viewer_count; i++) {
    int64_t *ids;
    bool repeated = false;
    for (size_t k = 0; k < i && !repeated; k++)
      repeated = r->viewers[k].conversation_id == r->viewers[i].conversation_id;
    if (repeated) continue;
    struct event_presence now = viewers_of(r, r->viewers[i].conversation_id, &ids);
    client_send(c, EVENT_PRESENCE, &event_presence_shape, &now);
    mem_free(&ids);
  }
  pthread_mutex_unlock(&r->lock);
}

/* ---- from time to time ---- */

static err find_stale(db_conn *c, void *arg) {
  struct realtime *r = arg;
  struct operator_row *all;
  size_t count;
  err e = operator_all(c, db_conn_arena(c), &all, &count);
  for (size_t i = 0; !err_is(e) && i < count; i++) {
    if (all[i].status == OPERATOR_OFFLINE) continue;
    pthread_mutex_lock(&r->lock);
    bool here = find_online(r, all[i].id) != NULL;
    pthread_mutex_unlock(&r->lock);
    if (!here) store_status(r, all[i].id, OPERATOR_OFFLINE);
  }
  return e;
}

/* Who was online when the process ended and has not come back. */
static void settle(void *arg) {
  struct realtime *r = arg;
  err e = db_read(r->desk->db, find_stale, r);
  if (err_is(e)) LOG_WARN("presence.settle_failed", LOG_E(e));
}

void presence_sweep(struct realtime *r) {
  int64_t now_ms = clock_steady_ms(r->desk->clock), gone;
  while ((gone = take_gone(r, now_ms))) store_status(r, gone, OPERATOR_OFFLINE);
  if (!r->settled && now_ms - r->started_ms >= SETTLE_MS) r->settled = net_work(http_server_pool(r->server), settle, r);
}
