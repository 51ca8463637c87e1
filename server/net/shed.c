/* When connections run short: closes silent ones, the longest silent first.
 *
 * A connection is silent while its next request head is incomplete: it is new, it sends its head byte by byte, or it
 * is kept alive after an answer. Near the limit on connections it may be silent for 15 s; at the limit the longest
 * silent one is closed for each new one. Requests being handled, WebSockets and the trusted proxies' connections are
 * spared.
 *
 * The list is updated lazily, so that an exchange on a kept-alive connection does not touch it: the connection keeps
 * its place and only notes when it last fell silent; when it comes to the front and that time is later than its place,
 * it moves to the end. */
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
  c->silent_listed_tick = c->silent_tick;
}

void shed_note_silent(struct conn *c) {
  if (c->dead) return;
  c->silent_tick = c->shard->wheel.now;
  if (!c->silent_listed && !c->trusted) list_last(c);
}

void shed_forget(struct conn *c) {
  if (c->silent_listed) unlist(c);
}

static bool is_silent(const struct conn *c) { return c->state == CONN_HEAD && !c->out.count && !c->pump_listed; }

/* The one that has been silent longest, among so many looked at; NULL: none was found. */
static struct conn *longest_silent(struct shard *s, int *looks) {
  for (struct conn *c; *looks > 0 && (c = s->silent_first);) {
    --*looks;
    bool silent = is_silent(c);
    if (silent && c->silent_tick == c->silent_listed_tick) return c;
    unlist(c); /* what is at work is listed again when it falls silent */
    if (silent) list_last(c);
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
