/* Catching up from the event log. See realtime.h.
 *
 * A client that resumes leaves the live ones; chunks of the log are read on a worker and sent from the loop until it
 * stands where the hub stands, then it is live again: no event can fall between the two, since both happen on the
 * loop. The pause between chunks lets a slow reader drain its queue. */
#include "edge/realtime/realtime_internal.h"

#include "base/log.h"

enum { CHUNK = 250, PAUSE_MS = 20, QUEUE_HIGH_BYTES = 256 * 1024, BUSY_TRIES_MS = 50 };

struct chunk {
  struct client *client; /* a reference */
  struct bus *bus;
  net_loop *loop;
  int64_t since, operator_id;
  int64_t reached; /* everything up to it is in frames */
  bool lost;       /* the log no longer holds it, or cannot be read */
  bool unavailable;
  size_t count;
  ws_frame *frames[CHUNK];
};

static void next_chunk(struct client *c);

void client_refetch(struct client *c, const char *reason) {
  struct hub *h = c->hub;
  atomic_fetch_add(&h->realtime->refetches, 1);
  buf data;
  buf_init(&data, 256);
  buf_printf(&data, "{\"seq\":%lld,\"reason\":\"%s\"}", (long long)h->seq, reason);
  client_send(c, EVENT_REFETCH, buf_borrow(&data));
  buf_free(&data);
  c->sent_seq = h->seq;
  c->state = CLIENT_LIVE;
}

static void caught_up(struct client *c) {
  c->state = CLIENT_LIVE;
  buf data;
  buf_init(&data, 128);
  buf_printf(&data, "{\"seq\":%lld,\"replayed\":%lld}", (long long)c->sent_seq, (long long)c->replayed);
  client_send(c, EVENT_RESUMED, buf_borrow(&data));
  buf_free(&data);
}

static void go_on(struct client *c) {
  if (c->sent_seq >= c->hub->seq)
    caught_up(c);
  else if (c->replayed > LIMIT_REPLAY_MAX)
    client_refetch(c, "too far behind");
  else
    next_chunk(c);
}

static void after_pause(void *arg) {
  struct client *c = arg;
  net_timer_stop(&c->timer);
  if (c->conn && c->state == CLIENT_CATCHING_UP) go_on(c);
}

static void pause_for(struct client *c, int ms) {
  net_timer_stop(&c->timer);
  c->timer = net_timer_start(c->hub->loop, ms, 0, after_pause, c);
}

/* On the loop again. */
static void chunk_arrived(void *arg) {
  struct chunk *k = arg;
  struct client *c = k->client;
  bool wanted = c->conn && c->state == CLIENT_CATCHING_UP && c->sent_seq == k->since;
  for (size_t i = 0; i < k->count; i++) {
    if (wanted && c->conn) ws_send(c->conn, k->frames[i]);
    ws_frame_unref(&k->frames[i]);
  }
  if (wanted && c->conn) {
    if (k->lost) {
      client_refetch(c, "the log no longer holds these events");
    } else if (k->unavailable) {
      pause_for(c, 1000);
    } else {
      c->sent_seq = k->reached;
      c->replayed += (int64_t)k->count;
      if (ws_queued_bytes(c->conn) > QUEUE_HIGH_BYTES)
        pause_for(c, PAUSE_MS);
      else
        go_on(c);
    }
  }
  client_unref(c);
  mem_free(&k);
}

/* On a worker: touches the chunk only. */
static void read_chunk(void *arg) {
  struct chunk *k = arg;
  arena *a = arena_new(0);
  struct bus_event *events = NULL;
  size_t count = 0;
  int64_t until = bus_position(k->bus);
  err e = bus_replay(k->bus, k->since, CHUNK, a, &events, &count);
  k->lost = e.code == ERR_NOT_FOUND;
  k->unavailable = err_is(e) && !k->lost;
  k->reached = k->since;
  for (size_t i = 0; i < count; i++) {
    k->reached = events[i].seq;
    if (event_is_for(&events[i], k->operator_id))
      k->frames[k->count++] = frame_of(events[i].type, events[i].seq, events[i].data);
  }
  if (!err_is(e) && count < CHUNK && until > k->reached) k->reached = until;
  arena_free(&a);
  net_post(k->loop, chunk_arrived, k);
}

static void next_chunk(struct client *c) {
  struct realtime *r = c->hub->realtime;
  struct chunk *k = mem_alloc(sizeof *k);
  k->client = c;
  k->bus = r->desk->bus;
  k->loop = c->hub->loop;
  k->since = c->sent_seq;
  k->operator_id = c->operator_id;
  c->refs++;
  if (net_work(http_server_pool(r->server), read_chunk, k)) return;
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
  c->sent_seq = since;
  c->replayed = 0;
  go_on(c);
}
