/* Brings a socket up to date: after a join that names the last known id, and whenever a live message did not fit
 * into the socket's queue. Until the socket has caught up with the database it gets no live messages
 * (sio_set_behind), so a client gets every chat in order and may resume from its highest id.
 *
 * Pages are bounded in bytes, and the next is read when most of the previous one has been sent. The lowest id of the
 * skipped live messages is remembered, and reading repeats from there: catching up ends with a query that started after
 * the last skip and found nothing new. */
#include "edge/mobile/mobile_socket.h"

#include "base/log.h"

enum {
  PAGE_ROWS = 100,
  PAGE_BYTES = 32 << 10, /* small enough that the following heartbeat arrives in time over a slow line */
  LOW_BYTES = 16 << 10,
  RETRY_MS = 1000,
  CHATS_MAX = 64, /* equals rooms_max of struct sio_config */
};

struct page_ctx {
  struct mobile_socket *m;
  sio_socket *socket; /* holds a reference */
  net_loop *loop;
  char *user_id;
  int64_t after, reached;
  err outcome;
  bool ended; /* no messages after `reached` */
  sio_packet *packets[PAGE_ROWS];
  size_t count;
};

static void step(struct peer *p);

/* ---- chats ---- */

static struct chat *find(struct peer *p, str user_id) {
  for (size_t i = 0; i < p->count; i++)
    if (str_eq(str_c(p->chats[i].user_id), user_id)) return &p->chats[i];
  return NULL;
}

static void begin(struct peer *p) {
  sio_set_behind(p->socket, true);
  if (!p->busy) step(p);
}

void missed_join(struct peer *p, str user_id) {
  if (p->count == CHATS_MAX || find(p, user_id)) return;
  if (p->count == p->cap) {
    p->cap = p->cap ? p->cap * 2 : 1;
    p->chats = mem_realloc(p->chats, p->cap * sizeof *p->chats);
  }
  p->chats[p->count++] = (struct chat){.user_id = mem_dup_cstr(user_id)};
}

void missed_since(struct peer *p, str user_id, int64_t after) {
  struct chat *c = find(p, user_id);
  if (!c) return;
  c->pending = true;
  c->after = after;
  begin(p);
}

void missed_leave(struct peer *p, str user_id) {
  struct chat *c = find(p, user_id);
  if (!c) return;
  mem_free(&c->user_id);
  *c = p->chats[--p->count];
}

void missed_end(struct peer *p) {
  net_timer_stop(&p->timer);
  for (size_t i = 0; i < p->count; i++) mem_free(&p->chats[i].user_id);
  mem_free(&p->chats);
}

/* ---- one page, read on a worker ---- */

struct reading_ctx {
  struct page_ctx *page;
  arena *arena;
  struct message_row *rows;
  size_t count;
};

static err read_page(db_conn *c, void *arg) {
  struct reading_ctx *r = arg;
  struct customer_row customer;
  int64_t conversation = 0;
  r->count = 0;
  err e = customer_find(c, MOBILE_CHANNEL, MOBILE_ACCOUNT, str_c(r->page->user_id), r->arena, &customer);
  if (!err_is(e)) e = conversation_of_customer(c, customer.id, &conversation);
  if (!err_is(e)) e = message_page_shown(c, conversation, 0, r->page->after, PAGE_ROWS, r->arena, &r->rows, &r->count);
  return e.code == ERR_NOT_FOUND ? err_ok : e;
}

/* A photo from the staff group without its bytes yet; it is sent when they have been fetched. */
static bool comes_later(const struct message_row *row) {
  const struct file_row *file = row->files.count ? row->files.items : NULL;
  return row->direction == MESSAGE_OUT && file && file->state == FILE_PENDING;
}

static void page_arrived(void *arg);

static void make_page(void *arg) {
  struct page_ctx *g = arg;
  struct reading_ctx r = {.page = g, .arena = arena_new(0)};
  g->outcome = db_read(g->m->desk->db, read_page, &r);
  size_t bytes = 0, i = 0;
  for (; i < r.count && !err_is(g->outcome); i++) {
    bytes += r.rows[i].text.len + r.rows[i].entities_json.len;
    if (bytes > PAGE_BYTES && i) break;
    g->reached = r.rows[i].id;
    if (!comes_later(&r.rows[i]))
      g->packets[g->count++] = mobile_packet_of(g->m, &r.rows[i], str_c(g->user_id), r.arena);
  }
  g->ended = i == r.count && r.count < PAGE_ROWS;
  arena_free(&r.arena);
  net_post(g->loop, page_arrived, g);
}

static void retry(void *arg) {
  struct peer *p = arg;
  net_timer_stop(&p->timer);
  p->busy = false;
  step(p);
}

static void retry_later(struct peer *p) {
  net_timer_stop(&p->timer);
  p->timer = net_timer_start(sio_loop(p->socket), RETRY_MS, 0, retry, p);
}

static void take_page(struct peer *p, struct page_ctx *g) {
  struct chat *c = find(p, str_c(g->user_id));
  if (err_is(g->outcome)) {
    LOG_WARN("mobile.missed_not_read", LOG_E(g->outcome));
    retry_later(p);
    return;
  }
  p->busy = false;
  /* A later join may have named another position; then this page does not follow it. */
  if (c && c->pending && c->after == g->after) {
    for (size_t i = 0; i < g->count; i++) sio_emit(p->socket, g->packets[i], 0);
    c->after = g->reached;
    c->pending = !g->ended;
  }
  step(p);
}

static void page_arrived(void *arg) {
  struct page_ctx *g = arg;
  struct peer *p = sio_user(g->socket);
  if (p) take_page(p, g); /* otherwise the socket has gone */
  for (size_t i = 0; i < g->count; i++) sio_packet_unref(&g->packets[i]);
  sio_socket_unref(&g->socket);
  mem_free(&g->user_id);
  mem_free(&g);
}

static void fetch(struct peer *p, const struct chat *c) {
  struct page_ctx *g = mem_alloc(sizeof *g);
  g->m = p->m;
  g->socket = sio_socket_ref(p->socket);
  g->loop = sio_loop(p->socket);
  g->user_id = mem_dup_cstr(str_c(c->user_id));
  g->after = g->reached = c->after;
  p->busy = true;
  if (net_work(p->m->pool, make_page, g)) return;
  sio_socket_unref(&g->socket);
  mem_free(&g->user_id);
  mem_free(&g);
  retry_later(p);
}

/* ---- the next step ---- */

static struct chat *next_pending(struct peer *p) {
  for (size_t i = 0; i < p->count; i++)
    if (p->chats[i].pending) return &p->chats[i];
  return NULL;
}

static void step(struct peer *p) {
  if (sio_queued_bytes(p->socket) > LOW_BYTES) {
    p->busy = true;
    sio_wait_drained(p->socket, LOW_BYTES);
    return;
  }
  struct chat *c = next_pending(p);
  if (!c && p->skipped != INT64_MAX) {
    /* The chat of the skipped message is unknown; a chat without skipped messages turns out to be up to date. */
    for (size_t i = 0; i < p->count; i++) {
      p->chats[i].pending = true;
      p->chats[i].after = p->skipped - 1;
    }
    p->skipped = INT64_MAX;
    c = next_pending(p);
  }
  if (c)
    fetch(p, c);
  else
    sio_set_behind(p->socket, false);
}

void missed_behind(sio_socket *s, int64_t tag, void *user) {
  (void)user;
  struct peer *p = sio_user(s);
  if (!p) return;
  if (tag < p->skipped) p->skipped = tag;
  if (!p->busy) step(p);
}

void missed_drained(sio_socket *s, void *user) {
  (void)user;
  struct peer *p = sio_user(s);
  if (!p) return;
  p->busy = false;
  step(p);
}
