/* Makes room when connections run short: closes silent (idle) connections, the longest silent first.
 *
 * A connection is silent while it is unauthenticated and one of: waiting for a complete request head (new, sending
 * slowly, or kept alive after a response), a WebSocket, a request that waits for an event (a long poll). Callers mark a
 * sender with http_mark_authenticated and ws_mark_authenticated. Near the limit a connection may be silent for 15 s; at
 * the limit the longest silent one is closed for each newcomer. Requests being handled are never closed. A trusted
 * proxy's connection is not closed while it waits for a head, because that would fail another client's request.
 *
 * The list is ordered by silent_tick: a connection that falls silent moves to the end, at most once a tick. A listed
 * connection that is found not silent is removed when it is looked at. */
#include "net/conn.h"

enum { SILENT_MS = 15000, LOOKS_A_TURN = 256, NEAR = 8 /* the last eighth */ };

static void unlist(struct conn *c) {
  struct shard *s = c->shard;
  *(c->silent_prev ? &c->silent_prev->silent_next : &s->silent_first) = c->silent_next;
  *(c->silent_next ? &c->silent_next->silent_prev : &s->silent_last) = c->silent_prev;
  c->silent_next = c->silent_prev = NULL;
  c->silent_listed = false;
}

static void list_last(struct conn *c) {
  struct shard *s = c->shard;
  c->silent_prev = s->silent_last;
  c->silent_next = NULL;
  *(s->silent_last ? &s->silent_last->silent_next : &s->silent_first) = c;
  s->silent_last = c;
  c->silent_listed = true;
}

void shed_note_silent(struct conn *c) {
  uint32_t now = c->shard->wheel.now;
  if (c->dead || (c->trusted && c->state == CONN_HEAD)) return;
  if (c->silent_listed && c->silent_tick == now) return;
  if (c->silent_listed) unlist(c);
  c->silent_tick = now;
  list_last(c);
}

void shed_forget(struct conn *c) {
  if (c->silent_listed) unlist(c);
}

static bool is_authenticated(const http_req *req) {
  return atomic_load_explicit(&req->authenticated, memory_order_relaxed);
}

enum silence { SPEAKS, ABOUT_TO_BE_SILENT, SILENT };

static enum silence silence_of(const struct conn *c) {
  switch (c->state) {
    case CONN_HEAD:
      if (c->trusted) return SPEAKS;
      return c->out.count || c->pump_listed ? ABOUT_TO_BE_SILENT : SILENT;
    case CONN_WS: return c->authenticated ? SPEAKS : SILENT;
    case CONN_BUSY: return c->req && c->req->on_gone && !is_authenticated(c->req) ? SILENT : SPEAKS;
    default: return SPEAKS;
  }
}

/* The connection that has been silent longest, among a limited number examined; NULL: none was found. */
static struct conn *longest_silent(struct shard *s, int *looks) {
  for (struct conn *c = s->silent_first, *next; c && *looks > 0; c = next) {
    --*looks;
    next = c->silent_next;
    enum silence silence = silence_of(c);
    if (silence == SILENT) return c;
    if (silence == SPEAKS) unlist(c); /* it is listed again when it becomes silent */
  }
  return NULL;
}

bool shed_one(struct shard *s) {
  int looks = LOOKS_A_TURN;
  struct conn *c = longest_silent(s, &looks);
  if (c) conn_destroy(c);
  return c != NULL;
}

void shed_turn(struct shard *s) {
  size_t most = s->server->config.connections_max;
  int looks = LOOKS_A_TURN;
  while (atomic_load_explicit(&s->server->open, memory_order_relaxed) >= most - most / NEAR) {
    struct conn *c = longest_silent(s, &looks);
    if (!c || s->wheel.now - c->silent_tick < wheel_ticks(SILENT_MS)) return;
    conn_destroy(c);
  }
}
