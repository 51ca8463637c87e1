/* Deadlines of connections, in a timing wheel. Postponing a connection's deadline only changes a number: the
 * connection stays in its old slot and moves on when the wheel reaches that slot. So an exchange on a keep-alive connection
 * changes no list. */
#include "net/conn.h"

#include <assert.h>

uint32_t wheel_ticks(int64_t ms) { return (uint32_t)((ms + WHEEL_TICK_MS - 1) / WHEEL_TICK_MS); }

static void put(struct wheel *w, struct conn *c) {
  uint32_t tick = c->due_tick;
  if (tick <= w->now) tick = w->now + 1;
  if (tick - w->now >= WHEEL_SLOTS) tick = w->now + WHEEL_SLOTS - 1;
  struct conn **slot = &w->slots[tick % WHEEL_SLOTS];
  c->wheel_slot_tick = tick;
  c->wheel_next = *slot;
  c->wheel_at = slot;
  if (c->wheel_next) c->wheel_next->wheel_at = &c->wheel_next;
  *slot = c;
  c->in_wheel = true;
}

void wheel_remove(struct conn *c) {
  if (!c->in_wheel) return;
  *c->wheel_at = c->wheel_next;
  if (c->wheel_next) c->wheel_next->wheel_at = c->wheel_at;
  c->in_wheel = false;
}

void conn_due(struct conn *c, int64_t ms) {
  struct wheel *w = &c->shard->wheel;
  if (c->dead) return; /* wheel_next links the dead now */
  if (ms < 0) {
    c->due_tick = UINT32_MAX;
    return;
  }
  c->due_tick = w->now + wheel_ticks(ms) + 1; /* never early: the current tick has already begun */
  if (c->in_wheel && c->due_tick >= c->wheel_slot_tick) return;
  wheel_remove(c);
  put(w, c);
}

void wheel_turn(void *arg) {
  struct shard *s = arg;
  struct wheel *w = &s->wheel;
  uint32_t target = (uint32_t)((net_loop_now_ms(s->loop) - w->origin_ms) / WHEEL_TICK_MS);
  while (w->now < target) {
    w->now++;
    for (struct conn *c; (c = w->slots[w->now % WHEEL_SLOTS]);) {
      wheel_remove(c);
      if (c->due_tick == UINT32_MAX) continue;
      if (c->due_tick > w->now)
        put(w, c);
      else
        conn_timeout(c);
    }
  }
  shed_turn(s);
}
