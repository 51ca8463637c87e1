/* Catching up from the event log. See realtime.h.
 *
 * A client that resumes, or whose queue has no room for a live event, is no longer live: chunks of the log are read
 * on a worker and sent from the loop until the client reaches the hub's position, then it is live again. No event can
 * be missed in between, since both happen on the loop.
 *
 * A chunk is bounded in bytes, and the next one is read when most of it has left the socket's queue, so a
 * client of any speed costs CHUNK_BYTES and gets everything. One whose kernel takes no byte for STALL_MS is dropped. */
#include "edge/realtime/realtime_internal.h"

#include "base/log.h"

enum {
  CHUNK = 250,
  CHUNK_BYTES = 128 * 1024,
  LOW_BYTES = 32 * 1024, /* the next chunk is read when no more than this is queued */
  STALL_MS = 20000,
  BUSY_TRIES_MS = 50,
  UNAVAILABLE_MS = 1000,
};

struct chunk_ctx {
  struct client *client; /* holds a reference */
  struct bus *bus;
  net_loop *loop;
  struct actor who;
  int64_t since;
  int64_t reached; /* everything up to it is in frames */
  bool lost;       /* the log no longer has the events, or cannot be read */
  bool unavailable;
  size_t count;
  ws_frame *frames[CHUNK];
};

static void next_chunk(struct client *c);

void client_refetch(struct client *c, const char *reason) {
  struct hub *h = c->hub;
  atomic_fetch_add(&h->realtime->refetches, 1);
  client_send(c, EVENT_REFETCH, &event_refetch_shape, &(struct event_refetch){h->seq, str_c(reason)});
  c->sent_seq = h->seq;
  c->state = CLIENT_LIVE;
}

static void caught_up(struct client *c) {
  c->state = CLIENT_LIVE;
  if (!c->asked) return;
  client_send(c, EVENT_RESUMED, &event_resumed_shape, &(struct event_resumed){c->sent_seq, c->replayed});
}

/* ---- waiting: for the socket to drain, or for a time ---- */

static void wait_drained(struct client *c);

static void check_progress(void *arg) {
  struct client *c = arg;
  net_timer_stop(&c->timer);
  if (!c->conn || c->state != CLIENT_CATCHING_UP) return;
  if (ws_written_bytes(c->conn) > c->written_bytes)
    wait_drained(c);
  else
    ws_drop_slow(c->conn);
}

static void wait_drained(struct client *c) {
  net_timer_stop(&c->timer);
  c->written_bytes = ws_written_bytes(c->conn);
  c->timer = net_timer_start(c->hub->loop, STALL_MS, 0, check_progress, c);
  ws_wait_drained(c->conn, LOW_BYTES);
}

static void continue_replay(struct client *c) {
  if (c->sent_seq >= c->hub->seq)
    caught_up(c);
  else if (c->replayed > LIMIT_REPLAY_MAX)
    client_refetch(c, "too far behind");
  else if (ws_queued_bytes(c->conn) > LOW_BYTES)
    wait_drained(c);
  else
    next_chunk(c);
}

void client_drained(ws_conn *conn) {
  struct client *c = ws_user(conn);
  if (c->state != CLIENT_CATCHING_UP) return;
  net_timer_stop(&c->timer);
  continue_replay(c);
}

static void after_pause(void *arg) {
  struct client *c = arg;
  net_timer_stop(&c->timer);
  if (c->conn && c->state == CLIENT_CATCHING_UP) continue_replay(c);
}

static void pause_for(struct client *c, int ms) {
  net_timer_stop(&c->timer);
  c->timer = net_timer_start(c->hub->loop, ms, 0, after_pause, c);
}

/* ---- one chunk ---- */

/* On the loop again. */
static void chunk_arrived(void *arg) {
  struct chunk_ctx *k = arg;
  struct client *c = k->client;
  bool catching_up = c->conn && c->state == CLIENT_CATCHING_UP, wanted = catching_up && c->sent_seq == k->since;
  c->reading = false;
  for (size_t i = 0; i < k->count; i++) {
    if (wanted && c->conn) ws_send(c->conn, k->frames[i]);
    ws_frame_unref(&k->frames[i]);
  }
  if (wanted && c->conn) {
    if (k->lost) {
      client_refetch(c, "the log no longer holds these events");
    } else if (k->unavailable) {
      pause_for(c, UNAVAILABLE_MS);
    } else {
      c->sent_seq = k->reached;
      c->replayed += (int64_t)k->count;
      continue_replay(c);
    }
  } else if (catching_up) { /* it has asked for another position meanwhile */
    continue_replay(c);
  }
  client_unref(c);
  mem_free(&k);
}

/* On a worker: touches the chunk only. */
static void read_chunk(void *arg) {
  struct chunk_ctx *k = arg;
  arena *a = arena_new(0);
  struct bus_page page;
  err e = bus_replay(k->bus, k->since, CHUNK, CHUNK_BYTES, a, &page);
  k->lost = e.code == ERR_NOT_FOUND;
  k->unavailable = err_is(e) && !k->lost;
  k->reached = page.reached;
  for (size_t i = 0; i < page.count && !err_is(e); i++) {
    const struct bus_event *event = &page.events[i];
    if (event_is_for(event, &k->who)) k->frames[k->count++] = frame_of(event->type, event->seq, event->data);
  }
  arena_free(&a);
  net_post(k->loop, chunk_arrived, k);
}

static void next_chunk(struct client *c) {
  struct realtime *r = c->hub->realtime;
  if (c->reading) return; /* chunk_arrived goes on */
  struct chunk_ctx *k = mem_alloc(sizeof *k);
  k->client = c;
  k->bus = r->desk->bus;
  k->loop = c->hub->loop;
  k->since = c->sent_seq;
  k->who = client_actor(c);
  c->refs++;
  c->reading = true;
  if (net_work(http_server_pool(r->server), read_chunk, k)) return;
  c->reading = false;
  c->refs--;
  mem_free(&k);
  pause_for(c, BUSY_TRIES_MS);
}

void client_resume(struct client *c, int64_t since) {
  struct realtime *r = c->hub->realtime;
  if (since > bus_position(r->desk->bus)) {
    client_refetch(c, "the position is not of this log");
    return;
  }
  atomic_fetch_add(&r->replays, 1);
  c->state = CLIENT_CATCHING_UP;
  c->asked = true;
  c->sent_seq = since;
  c->replayed = 0;
  continue_replay(c);
}

void client_fall_behind(struct client *c) {
  c->state = CLIENT_CATCHING_UP;
  c->asked = false;
  c->replayed = 0;
  wait_drained(c);
}
