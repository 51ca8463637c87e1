/* One connection: reading, writing, closing. Bytes are read into the shard's one scratch buffer and parsed there; only
 * the rest (part of a head, a request that waits for the previous one) is kept, so an idle connection owns no
 * buffer. A connection's requests run one after the other, which keeps pipelined responses in order. */
#include "net/conn.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* How many unparsed bytes a connection may keep: fewer while a request is being handled, which may take long. */
static size_t kept_max(const struct conn *c) {
  return c->state == CONN_BUSY || c->state == CONN_ADMIT ? KEPT_BEHIND_MAX : KEPT_MAX;
}

/* Whether the request being handled (a long poll) ends when its client disconnects. */
static bool watches_disconnect(const struct conn *c) { return c->state == CONN_BUSY && c->req && c->req->on_gone; }

static void update_events(struct conn *c) {
  bool in = !c->saw_eof && !c->paused && c->kept_len < kept_max(c);
  uint32_t events = (in ? EPOLLIN : 0u) | (c->blocked ? EPOLLOUT : 0u);
  if (!in && watches_disconnect(c)) events |= EPOLLRDHUP; /* EPOLLIN is off, so a FIN would go unnoticed */
  net_watch_change(c->shard->loop, &c->watch, events);
}

void conn_watch_disconnect(struct conn *c) {
  shed_note_silent(c);
  if (c->saw_eof)
    conn_due(c, 0); /* not inside the caller */
  else
    update_events(c);
}

void conn_dirty(struct conn *c) {
  if (c->dirty_listed || c->dead) return;
  c->dirty_listed = true;
  c->next_dirty = c->shard->dirty;
  c->shard->dirty = c;
}

void conn_push(struct conn *c, struct out_piece piece) {
  if (c->dead) { /* its queue has already been dropped */
    out_unref(piece.owner);
    return;
  }
  outq_push(&c->out, piece);
  conn_dirty(c);
}

void conn_pump_later(struct conn *c) {
  if (c->pump_listed || c->dead) return;
  c->pump_listed = true;
  c->next_pumped = c->shard->pumped;
  c->shard->pumped = c;
}

void conn_pause(struct conn *c, bool paused) {
  if (c->paused == paused || c->dead) return;
  c->paused = paused;
  update_events(c);
  if (!paused) conn_pump_later(c);
}

/* ---- the end ---- */

static void lose_request(struct conn *c) {
  http_req *req = c->req;
  c->req = NULL;
  if (!req->in_handler) {
    intake_abandon(req);
    return;
  }
  req->conn = NULL;
  atomic_store(&req->gone, true);
  if (req->on_gone && !atomic_load(&req->replied)) {
    void (*fn)(http_req *, void *) = req->on_gone;
    req->on_gone = NULL;
    fn(req, req->on_gone_arg);
  }
}

/* Removes the connection from all lists of its shard; it is freed at the turn's end. */
static void leave_shard(struct conn *c) {
  struct shard *s = c->shard;
  c->dead = true;
  net_watch_remove(s->loop, &c->watch);
  if (c->prev)
    c->prev->next = c->next;
  else
    s->conns = c->next;
  if (c->next) c->next->prev = c->prev;
  wheel_remove(c);
  shed_forget(c);
  STAT_ADD(s->stats.connections_open, -1);
  /* Linked by wheel_next: it has left the wheel. */
  c->wheel_next = s->dead;
  s->dead = c;
}

static void uncount(struct http_server *server, const struct net_addr *peer, bool counted) {
  if (counted) listen_uncount(server, peer);
  if (atomic_fetch_sub(&server->open, 1) == 1) {
    pthread_mutex_lock(&server->lock);
    pthread_cond_broadcast(&server->all_closed);
    pthread_mutex_unlock(&server->lock);
  }
}

static void drop_upgrade(struct upgrade **upgrade) {
  if ((*upgrade)->gone) (*upgrade)->gone((*upgrade)->user);
  mem_free(upgrade);
}

void conn_destroy(struct conn *c) {
  if (c->dead) return;
  struct shard *s = c->shard;
  int fd = c->watch.fd;
  leave_shard(c);
  close(fd);
  outq_drop_all(&c->out);
  free(c->kept);
  c->kept = NULL;
  c->kept_len = 0;
  if (c->ws) ws_lost(c);
  if (c->moving) drop_upgrade(&c->moving);
  if (c->req) lose_request(c);
  if (!s->conns) net_timer_stop(&s->tick);
  uncount(s->server, &c->peer, c->counted);
}

static void send_fin(struct conn *c) {
  if (c->saw_eof) {
    conn_destroy(c);
    return;
  }
  c->fin_sent = true;
  shutdown(c->watch.fd, SHUT_WR);
  conn_due(c, LINGER_MS);
}

void conn_finish(struct conn *c) {
  if (c->dead || c->state == CONN_LINGER) return;
  c->state = CONN_LINGER;
  c->paused = false;
  free(c->kept);
  c->kept = NULL;
  c->kept_len = 0;
  update_events(c);
  conn_due(c, c->shard->server->config.write_timeout_ms);
  conn_dirty(c);
}

void conn_refuse(struct conn *c, int status, const char *why) {
  if (c->dead) return;
  struct out_buf *b = reply_refusal(status, why); /* first, since `why` may point into memory freed below */
  if (c->req) {
    http_req *req = c->req;
    assert(!req->in_handler); /* the handler or worker answers it with http_reply_err */
    c->req = NULL;
    intake_abandon(req);
  }
  conn_push(c, (struct out_piece){b->bytes, b->len, &b->owner});
  if (status == 400 || status == 431 || status == 501 || status == 505) STAT_ADD(c->shard->stats.parse_errors, 1);
  STAT_ADD(c->shard->stats.responses_by_class[status / 100], 1);
  conn_finish(c);
}

void conn_drain(struct conn *c) {
  if (c->dead) return;
  if (c->state == CONN_WS) ws_close(c->ws, WS_CLOSE_AWAY, S("the server is stopping"));
  if (c->state == CONN_HEAD && !c->head_began && !c->kept_len) conn_finish(c);
}

/* ---- time ---- */

static void due_for_state(struct conn *c) {
  const struct http_config *k = &c->shard->server->config;
  switch (c->state) {
    case CONN_HEAD: conn_due(c, c->head_began ? k->head_timeout_ms : k->idle_timeout_ms); return;
    case CONN_BODY:
    case CONN_DRAIN: conn_due(c, k->body_window_ms); return;
    case CONN_ADMIT:
    case CONN_BUSY: conn_due(c, -1); return;
    default: return; /* these set their own */
  }
}

void conn_timeout(struct conn *c) {
  if (c->dead) return;
  if (c->blocked && c->state != CONN_WS) {
    conn_destroy(c); /* the client took no byte for the write timeout */
    return;
  }
  switch (c->state) {
    case CONN_HEAD:
      if (c->head_began)
        conn_refuse(c, 408, "The request took too long to arrive.");
      else
        conn_destroy(c);
      return;
    case CONN_BODY: intake_body_timeout(c); return;
    case CONN_ADMIT: return;
    case CONN_BUSY:
      if (c->saw_eof && watches_disconnect(c)) conn_destroy(c);
      return;
    case CONN_WS: ws_timeout(c); return;
    default: conn_destroy(c); return;
  }
}

/* ---- reading ---- */

static size_t feed(struct conn *c, char *p, size_t n) {
  size_t used = 0;
  while (used < n && !c->dead) {
    size_t k = 0;
    switch (c->state) {
      case CONN_HEAD: k = intake_head(c, p + used, n - used); break;
      case CONN_BODY: k = intake_body(c, p + used, n - used); break;
      case CONN_DRAIN:
        k = n - used < c->drain_left ? n - used : (size_t)c->drain_left;
        c->drain_left -= k;
        if (c->drain_left == 0) {
          c->state = CONN_HEAD;
          due_for_state(c);
          shed_note_silent(c);
        }
        break;
      case CONN_WS: k = ws_input(c, p + used, n - used); break;
      case CONN_LINGER: return n;
      default: return used;
    }
    if (k == 0) break;
    used += k;
  }
  return c->state == CONN_LINGER ? n : used;
}

static void keep(struct conn *c, const char *rest, size_t n) {
  if (n == 0) {
    free(c->kept);
    c->kept = NULL;
  } else {
    if (n != c->kept_len) c->kept = mem_realloc(c->kept, n);
    memcpy(c->kept, rest, n);
  }
  c->kept_len = (uint32_t)n;
}

/* The client has shut down its sending side in the middle of a body. Earlier responses are still sent: one may be the
 * refusal of this very body. */
static void body_cut_short(struct conn *c) {
  http_req *req = c->req;
  if (!c->out.count) {
    conn_destroy(c);
    return;
  }
  c->req = NULL;
  if (req) intake_abandon(req);
  conn_finish(c);
}

static void input_ended(struct conn *c) {
  c->saw_eof = true;
  switch (c->state) {
    case CONN_HEAD:
      /* Complete requests are waiting: for queue space, or for this turn's end, since a response was made in it. */
      if (c->pump_listed || (c->kept_len && outq_bytes(&c->out) > OUT_HIGH_BYTES))
        update_events(c);
      else if (c->out.count)
        conn_finish(c);
      else
        conn_destroy(c);
      return;
    case CONN_BUSY:
      /* A client that only shut down its sending side still waits for the response; one whose request watches for a
       * disconnect (a long poll) counts as gone, since a closed browser tab looks the same. */
      if (watches_disconnect(c))
        conn_destroy(c);
      else
        update_events(c);
      return;
    case CONN_ADMIT: update_events(c); return; /* the whole body may have arrived */
    case CONN_BODY:
    case CONN_DRAIN:
      /* Kept bytes of the body may complete it. See end_of_input. */
      if (c->paused || c->pump_listed)
        update_events(c);
      else
        body_cut_short(c);
      return;
    case CONN_LINGER:
      if (c->out.count)
        update_events(c);
      else
        conn_destroy(c);
      return;
    default: conn_destroy(c); return;
  }
}

/* The bytes kept when the client shut down its sending side have been processed. */
static void end_of_input(struct conn *c) {
  bool half = c->state == CONN_BODY || c->state == CONN_DRAIN;
  if (c->state == CONN_HEAD && outq_bytes(&c->out) <= OUT_HIGH_BYTES)
    conn_finish(c);
  else if (half && !c->paused && !c->kept_len)
    body_cut_short(c);
}

static void take_input(struct conn *c, bool read) {
  struct shard *s = c->shard;
  char *p = s->scratch;
  size_t n = c->kept_len;
  bool ended = false;
  if (n) memcpy(p, c->kept, n);
  if (read) {
    if (n >= kept_max(c)) return; /* an event from before the pause */
    ssize_t got =
        recv(c->watch.fd, p + n, kept_max(c) == KEPT_BEHIND_MAX ? KEPT_BEHIND_MAX - n : READ_BYTES, MSG_DONTWAIT);
    if (got < 0) {
      if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) conn_destroy(c);
      return;
    }
    ended = got == 0;
    n += (size_t)got;
    STAT_ADD(s->stats.bytes_in, got);
  }
  if (!ended) {
    size_t used = feed(c, p, n);
    if (c->dead) return;
    if (used < n || c->kept_len) keep(c, p + used, n - used);
    if (c->saw_eof) end_of_input(c);
    if (!c->dead) update_events(c);
  }
  if (ended && !c->dead) input_ended(c);
}

/* ---- writing ---- */

static void flush(struct conn *c) {
  struct shard *s = c->shard;
  size_t sent;
  enum outq_result result = outq_flush(&c->out, c->watch.fd, &sent);
  STAT_ADD(s->stats.bytes_out, sent);
  bool was_blocked = c->blocked;
  c->blocked = result == OUTQ_BLOCKED;
  switch (result) {
    case OUTQ_BROKEN: conn_destroy(c); return;
    case OUTQ_MORE: conn_dirty(c); break;
    case OUTQ_LATER: conn_due(c, PULL_TIMEOUT_MS); break;
    case OUTQ_BLOCKED:
      if (c->state != CONN_WS && (sent || !was_blocked)) conn_due(c, s->server->config.write_timeout_ms);
      break;
    case OUTQ_EMPTY:
      if (c->state == CONN_LINGER && !c->fin_sent) {
        send_fin(c);
        if (c->dead) return;
      } else if (was_blocked) {
        due_for_state(c);
      }
      break;
  }
  if (c->blocked != was_blocked) update_events(c);
  bool waits = c->kept_len || c->saw_eof; /* for queue space: the next request, or the end after the last response */
  if (waits && c->state == CONN_HEAD && outq_bytes(&c->out) <= OUT_HIGH_BYTES) conn_pump_later(c);
  if (c->ws && !c->dead) ws_flushed(c, sent);
}

static void ready(struct net_watch *w, uint32_t events) {
  struct conn *c = (struct conn *)(void *)w;
  assert(c->magic == CONN_MAGIC);
  if (events & (EPOLLERR | EPOLLHUP) || (events & EPOLLRDHUP && watches_disconnect(c))) {
    conn_destroy(c);
    return;
  }
  if (events & EPOLLOUT) conn_dirty(c);
  if (events & EPOLLIN) take_input(c, true);
}

static struct conn *enter_shard(struct shard *s, int fd, const struct net_addr *peer, bool counted, bool trusted) {
  struct conn *c = mem_alloc(sizeof *c);
  c->watch = (struct net_watch){.ready = ready, .fd = fd};
  c->magic = CONN_MAGIC;
  c->shard = s;
  c->peer = *peer;
  c->counted = counted;
  c->trusted = trusted;
  c->due_tick = UINT32_MAX;
  c->next = s->conns;
  if (c->next) c->next->prev = c;
  s->conns = c;
  if (!s->tick) {
    s->wheel.origin_ms = net_loop_now_ms(s->loop) - (int64_t)s->wheel.now * WHEEL_TICK_MS;
    s->tick = net_timer_start(s->loop, WHEEL_TICK_MS, WHEEL_TICK_MS, wheel_turn, s);
  }
  STAT_ADD(s->stats.connections_total, 1);
  STAT_ADD(s->stats.connections_open, 1);
  due_for_state(c);
  shed_note_silent(c);
  if (!net_watch_add(s->loop, &c->watch, EPOLLIN)) conn_destroy(c);
  return c;
}

void conn_new(struct shard *s, int fd, const struct net_addr *peer, bool counted, bool trusted) {
  enter_shard(s, fd, peer, counted, trusted);
}

/* ---- moving to another loop ---- */

struct move_ctx {
  struct shard *to;
  int fd;
  bool counted, trusted;
  uint32_t kept_len;
  char *kept;
  struct net_addr peer;
  struct outq out;
  struct upgrade *upgrade;
};

void conn_move(struct conn *c, const struct upgrade *u) {
  c->state = CONN_MOVING; /* bytes read from now on are kept */
  c->moving = mem_alloc(sizeof *c->moving);
  *c->moving = *u;
  conn_due(c, -1);
  conn_pump_later(c);
}

static void arrive(void *arg) {
  struct move_ctx *m = arg;
  struct conn *c = enter_shard(m->to, m->fd, &m->peer, m->counted, m->trusted);
  if (c->dead) { /* epoll refused it: freed at this turn's end */
    outq_drop_all(&m->out);
    free(m->kept);
    drop_upgrade(&m->upgrade);
  } else {
    c->out = m->out;
    c->kept = m->kept;
    c->kept_len = m->kept_len;
    if (c->out.count) conn_dirty(c);
    ws_begin(c, m->upgrade);
    mem_free(&m->upgrade);
  }
  mem_free(&m);
}

static void move_now(struct conn *c) {
  struct shard *s = c->shard;
  struct move_ctx *m = mem_alloc(sizeof *m);
  *m = (struct move_ctx){c->moving->to, c->watch.fd, c->counted, c->trusted, c->kept_len,
                         c->kept,       c->peer,     c->out,     c->moving};
  c->moving = NULL;
  c->kept = NULL;
  c->kept_len = 0;
  c->out = (struct outq){0};
  leave_shard(c);
  STAT_ADD(s->stats.connections_total, -1); /* the other shard counts it now */
  if (!s->conns) net_timer_stop(&s->tick);
  if (shard_post(m->to, arrive, m)) return;
  close(m->fd);
  outq_drop_all(&m->out);
  free(m->kept);
  drop_upgrade(&m->upgrade);
  uncount(s->server, &m->peer, m->counted);
  mem_free(&m);
}

bool shard_turn_end(void *arg) {
  struct shard *s = arg;
  struct conn *c = s->pumped, *next;
  s->pumped = NULL;
  for (; c; c = next) {
    next = c->next_pumped;
    c->pump_listed = false;
    if (c->dead) continue;
    if (c->moving)
      move_now(c);
    else
      take_input(c, false);
  }
  c = s->dirty;
  s->dirty = NULL;
  for (; c; c = next) {
    next = c->next_dirty;
    c->dirty_listed = false;
    if (!c->dead) flush(c);
  }
  c = s->dead;
  s->dead = NULL;
  struct conn *later = NULL;
  for (; c; c = next) {
    next = c->wheel_next;
    if (c->pump_listed || c->dirty_listed) { /* destroyed after it was listed in this flush */
      c->wheel_next = later;
      later = c;
      continue;
    }
    c->magic = 0;
    free(c);
  }
  s->dead = later;
  return s->pumped || s->dirty || s->dead;
}
