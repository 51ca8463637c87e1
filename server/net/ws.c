/* WebSocket connections: see ws.h. Frame parsing is in ws_frame.c; this file has the closing handshake, the limit
 * of the queue, pings and the callbacks.
 *
 * `close` is never called from inside ws_send or ws_close: so a caller can iterate over its list
 * of sockets. It is called on input, on a timeout or at the connection's end. */
#include "net/conn.h"
#include "net/ws_deflate.h"
#include "net/ws_frame.h"

#include "base/log.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
  WS_MAGIC = 0x57534f43,
  CLOSE_WAIT_MS = 3000,     /* waiting for the peer's close frame */
  SLOW_WAIT_MS = 5000,      /* how long a slow client has to read the kernel's buffer and the close frame with 1013 */
  COMPRESS_MIN_BYTES = 256, /* below it deflate saves little */
  DEFAULT_MESSAGE_MAX = 1 << 20,
  DEFAULT_QUEUE_MAX = 1 << 20,
  DEFAULT_PING_MS = 25000,
  REASON_MAX = WS_CONTROL_MAX - 2,
};

struct ws_conn {
  uint32_t magic;
  uint8_t window_bits;
  bool deflate, close_sent, wants_drained;
  uint16_t close_code; /* the code for the close callback */
  uint32_t heard_tick;
  size_t drained_below_bytes;
  uint64_t written_bytes;
  struct conn *conn;
  const struct ws_config *config;
  void *user;
  char *close_reason;
  struct ws_reader reader;
  struct budget_share share; /* charged for the message being received */
};

/* ---- frames ---- */

struct ws_frame {
  struct out_owner owner;
  size_t payload_len, plain_len, deflated_len;
  char *deflated; /* NULL: not smaller, or no open connection used deflate when the frame was made */
  char plain[];
};

/* Open connections that negotiated deflate, in the whole process: if zero, no frame is compressed. */
static atomic_int deflating;

static void destroy_frame(struct out_owner *o) {
  ws_frame *f = (ws_frame *)(void *)o;
  free(f->deflated);
  free(f);
}

ws_frame *ws_frame_new(int opcode, str payload) {
  char header[WS_HEADER_MAX];
  size_t n = ws_put_header(header, opcode, false, payload.len);
  ws_frame *f = mem_realloc(NULL, sizeof *f + n + payload.len);
  *f = (ws_frame){.payload_len = payload.len, .plain_len = n + payload.len};
  atomic_init(&f->owner.refs, 1);
  f->owner.destroy = destroy_frame;
  memcpy(f->plain, header, n);
  if (payload.len) memcpy(f->plain + n, payload.ptr, payload.len);
  str small;
  if (payload.len < COMPRESS_MIN_BYTES || opcode > WS_OP_BINARY) return f;
  if (atomic_load_explicit(&deflating, memory_order_relaxed) == 0 || !ws_deflate(payload, &small)) return f;
  n = ws_put_header(header, opcode, true, small.len);
  f->deflated_len = n + small.len;
  f->deflated = mem_alloc(f->deflated_len);
  memcpy(f->deflated, header, n);
  memcpy(f->deflated + n, small.ptr, small.len);
  return f;
}

ws_frame *ws_frame_ref(ws_frame *f) {
  out_ref(&f->owner);
  return f;
}

void ws_frame_unref(ws_frame **f) {
  if (*f) out_unref(&(*f)->owner);
  *f = NULL;
}

int ws_frame_opcode(const ws_frame *f) { return f->plain[0] & 0x0F; }

str ws_frame_payload(const ws_frame *f) { return (str){f->plain + f->plain_len - f->payload_len, f->payload_len}; }

/* ---- sending ---- */

static size_t queue_max(const ws_conn *w) {
  return w->config->queue_max_bytes ? w->config->queue_max_bytes : DEFAULT_QUEUE_MAX;
}

static void push_control(ws_conn *w, int opcode, str payload) {
  char header[WS_HEADER_MAX];
  size_t n = ws_put_header(header, opcode, false, payload.len);
  struct out_buf *b = out_buf_new(n + payload.len);
  memcpy(b->bytes, header, n);
  if (payload.len) memcpy(b->bytes + n, payload.ptr, payload.len);
  conn_push(w->conn, (struct out_piece){b->bytes, b->len, &b->owner});
}

static void push_close(ws_conn *w, int code, str reason) {
  char payload[WS_CONTROL_MAX];
  size_t n = 0;
  if (code != 1005) {
    payload[0] = (char)(code >> 8);
    payload[1] = (char)code;
    while (reason.len > REASON_MAX || (reason.len && !str_utf8_valid(reason))) reason.len--;
    if (reason.len) memcpy(payload + 2, reason.ptr, reason.len);
    n = 2 + reason.len;
  }
  push_control(w, WS_OP_CLOSE, (str){payload, n});
  w->close_sent = true;
}

static void remember_close(ws_conn *w, int code, str reason) {
  w->close_code = (uint16_t)code;
  free(w->close_reason);
  w->close_reason = reason.len ? mem_dup_cstr(str_sub(reason, 0, REASON_MAX)) : NULL;
}

void ws_close(ws_conn *w, int code, str reason) {
  assert(w->magic == WS_MAGIC);
  if (w->close_sent) return;
  remember_close(w, code, reason);
  push_close(w, code, reason);
  conn_due(w->conn, CLOSE_WAIT_MS);
}

void ws_drop_slow(ws_conn *w) {
  assert(w->magic == WS_MAGIC);
  if (w->close_sent) return;
  outq_drop_unsent(&w->conn->out);
  STAT_ADD(w->conn->shard->stats.ws_dropped_slow, 1);
  ws_close(w, WS_CLOSE_LATER, S("too slow"));
  conn_due(w->conn, SLOW_WAIT_MS);
}

enum ws_offer ws_offer(ws_conn *w, ws_frame *f, size_t limit_bytes) {
  assert(w->magic == WS_MAGIC && limit_bytes <= queue_max(w));
  struct conn *c = w->conn;
  if (w->close_sent || c->dead) return WS_CLOSING;
  /* A smaller window limits back references; a message no larger than the window is always valid. */
  bool small = f->deflated && w->deflate && (w->window_bits == 15 || f->payload_len <= (size_t)1 << w->window_bits);
  struct out_piece piece = {small ? f->deflated : f->plain, small ? f->deflated_len : f->plain_len, &f->owner};
  if (outq_cost(&c->out) + piece.len > limit_bytes) return WS_FULL;
  out_ref(&f->owner);
  conn_push(c, piece);
  STAT_ADD(c->shard->stats.ws_frames_out, 1);
  return WS_QUEUED;
}

bool ws_send(ws_conn *w, ws_frame *f) {
  enum ws_offer result = ws_offer(w, f, queue_max(w));
  if (result == WS_FULL) ws_drop_slow(w);
  return result == WS_QUEUED;
}

bool ws_send_text(ws_conn *w, str text) {
  ws_frame *f = ws_frame_new(WS_TEXT, text);
  bool sent = ws_send(w, f);
  ws_frame_unref(&f);
  return sent;
}

size_t ws_queued_bytes(const ws_conn *w) { return outq_bytes(&w->conn->out); }
uint64_t ws_written_bytes(const ws_conn *w) { return w->written_bytes; }

void ws_wait_drained(ws_conn *w, size_t below_bytes) {
  assert(w->magic == WS_MAGIC);
  w->wants_drained = true;
  w->drained_below_bytes = below_bytes;
  conn_dirty(w->conn); /* it may already be drained: this turn's flush checks it */
}

void ws_flushed(struct conn *c, size_t sent) {
  ws_conn *w = c->ws;
  w->written_bytes += sent;
  if (!w->wants_drained || w->close_sent || outq_bytes(&c->out) > w->drained_below_bytes) return;
  w->wants_drained = false;
  if (w->config->drained) w->config->drained(w);
}

void ws_mark_authenticated(ws_conn *w) {
  assert(w->magic == WS_MAGIC);
  w->conn->authenticated = w->share.authenticated = true;
}

void ws_set_user(ws_conn *w, void *user) { w->user = user; }
void *ws_user(const ws_conn *w) { return w->user; }
net_loop *ws_loop(const ws_conn *w) { return w->conn->shard->loop; }

/* ---- the end ---- */

void ws_lost(struct conn *c) {
  ws_conn *w = c->ws;
  c->ws = NULL;
  STAT_ADD(c->shard->stats.websockets_open, -1);
  if (w->deflate) atomic_fetch_sub(&deflating, 1);
  ws_reader_release(&w->reader);
  budget_give_back(&w->share, BUDGET_MEMORY);
  int code = w->close_code ? w->close_code : 1006;
  if (w->config->close) w->config->close(w, code, str_c(w->close_reason));
  free(w->close_reason);
  w->magic = 0;
  free(w);
}

/* Both sides are done: sends what is queued, then closes the connection. */
static void finish(ws_conn *w) {
  struct conn *c = w->conn;
  conn_finish(c);
  ws_lost(c);
}

static void fail(ws_conn *w, int code, str why) {
  if (!w->close_sent) {
    remember_close(w, code, why);
    push_close(w, code, why);
  }
  finish(w);
}

/* ---- reading ---- */

static void take_message(ws_conn *w, const struct ws_event *e) {
  if (w->close_sent || !w->config->message) return;
  if (!e->compressed) {
    w->config->message(w, e->opcode, e->payload);
    return;
  }
  buf whole;
  buf_init(&whole, w->reader.message_max_bytes);
  enum ws_inflate_result result = ws_inflate(e->payload, &whole);
  if (result == WS_INFLATE_TOO_BIG)
    fail(w, WS_CLOSE_TOO_BIG, S("the message is too big"));
  else if (result == WS_INFLATE_BROKEN)
    fail(w, WS_CLOSE_UTF8, S("a compressed message is invalid"));
  else if (e->opcode == WS_TEXT && !str_utf8_valid(buf_borrow(&whole)))
    fail(w, WS_CLOSE_UTF8, S("text that is not UTF-8"));
  else
    w->config->message(w, e->opcode, buf_borrow(&whole));
  buf_free(&whole);
}

static void take_close(ws_conn *w, const struct ws_event *e) {
  if (!w->close_sent) {
    remember_close(w, e->code, e->payload);
    push_close(w, e->code, S(""));
  }
  finish(w);
}

/* Fragmented messages count like bodies: their gathered bytes are charged to the client's share. */
static void count_gathered(ws_conn *w) {
  uint64_t cap = w->reader.message.cap;
  if (cap < w->share.held[BUDGET_MEMORY]) budget_give_back(&w->share, BUDGET_MEMORY);
  if (cap == w->share.held[BUDGET_MEMORY]) return;
  err e = budget_take(&w->share, BUDGET_MEMORY, cap - w->share.held[BUDGET_MEMORY]);
  if (err_is(e)) fail(w, WS_CLOSE_LATER, S("no memory for this message now"));
}

size_t ws_input(struct conn *c, char *p, size_t n) {
  ws_conn *w = c->ws;
  size_t used = 0;
  w->heard_tick = c->shard->wheel.now;
  while (c->state == CONN_WS) {
    struct ws_event e;
    used += ws_reader_feed(&w->reader, p + used, n - used, &e);
    switch (e.type) {
      case WS_EVENT_NONE: count_gathered(w); return used;
      case WS_EVENT_MESSAGE:
        take_message(w, &e);
        if (c->ws) ws_reader_release(&w->reader);
        break;
      case WS_EVENT_PING:
        if (w->close_sent) break;
        if (outq_cost(&c->out) > queue_max(w))
          ws_drop_slow(w);
        else
          push_control(w, WS_OP_PONG, e.payload);
        break;
      case WS_EVENT_PONG: break;
      case WS_EVENT_CLOSE: take_close(w, &e); break;
      case WS_EVENT_FAIL: fail(w, e.code, e.payload); break;
    }
  }
  return used;
}

static int64_t ping_ms(const ws_conn *w) {
  return w->config->ping_every_ms ? w->config->ping_every_ms : DEFAULT_PING_MS;
}

void ws_timeout(struct conn *c) {
  ws_conn *w = c->ws;
  int64_t quiet = (int64_t)(c->shard->wheel.now - w->heard_tick) * WHEEL_TICK_MS, every = ping_ms(w);
  if (w->close_sent || c->saw_eof || quiet >= 2 * every) {
    conn_destroy(c);
    return;
  }
  if (quiet < every) {
    conn_due(c, every - quiet);
    return;
  }
  static const char ping[] = {(char)(0x80 | WS_OP_PING), 0};
  conn_push(c, (struct out_piece){ping, sizeof ping, NULL});
  conn_due(c, 2 * every - quiet);
}

void ws_begin(struct conn *c, const struct upgrade *u) {
  ws_conn *w = mem_alloc(sizeof *w);
  w->magic = WS_MAGIC;
  w->conn = c;
  w->config = u->config;
  w->user = u->user;
  w->deflate = u->deflate;
  w->window_bits = u->window_bits;
  w->heard_tick = c->shard->wheel.now;
  w->reader.deflate = u->deflate;
  const struct net_blocks *trusted = &c->shard->server->trusted;
  w->share.budget = c->shard->budget;
  w->share.who = u->client;
  w->share.apart = trusted->count && net_blocks_have(trusted, &u->client);
  w->reader.message_max_bytes = u->config->message_max_bytes ? u->config->message_max_bytes : DEFAULT_MESSAGE_MAX;
  if (w->deflate) atomic_fetch_add(&deflating, 1);
  c->ws = w;
  c->state = CONN_WS;
  c->authenticated = w->share.authenticated = u->authenticated;
  shed_note_silent(c);
  STAT_ADD(c->shard->stats.websockets_open, 1);
  conn_due(c, ping_ms(w));
  if (u->config->open) u->config->open(w, u->user);
  if (atomic_load(&c->shard->draining)) ws_close(w, WS_CLOSE_AWAY, S("the server is stopping"));
  if (c->saw_eof)
    conn_due(c, 0);
  else if (c->kept_len)
    conn_pump_later(c);
}
