/* Brings a socket up to date: after a join that names the last known id, and whenever a live message did not fit
 * into the socket's queue. The ids of a chat grow in the order of its commits and events, so one id per chat says what was
 * sent. A live message at or below it is not sent again; a chat that is still being read from the database gets no live
 * messages. So a client gets each message of a chat once, in order, and may resume from its highest id.
 *
 * Pages are bounded in bytes, and the next is read when most of the previous one has been sent. Reading ends with a
 * page that was requested after the chat's last live message was published, and is the last one.
 *
 * Photos from the staff group are sent when they have been delivered, perhaps after messages with higher ids, but never before
 * one with a lower id, since a client resumes from its highest id. A page contains those that were delivered before its
 * snapshot, and each one's delivery is published once: so the ids of the latest are enough to send each once. Only a client
 * that reads nothing while more than PHOTOS_HELD arrive gets messages again, from the first on that did not fit. */
#include "edge/mobile/mobile_socket.h"

#include "base/log.h"

enum {
  PAGE_ROWS = 100,
  PAGE_BYTES = 32 << 10, /* small enough that the following heartbeat arrives in time over a slow line */
  LOW_BYTES = 16 << 10,
  RETRY_MS = 1000,
};

struct page_ctx {
  struct mobile_socket *m;
  sio_socket *socket; /* holds a reference */
  net_loop *loop;
  char *user_id;
  uint64_t turn; /* the chat's */
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

static struct chat *find_room(struct peer *p, str room) {
  for (size_t i = 0; i < p->count; i++)
    if (str_eq(str_c(p->chats[i].room), room)) return &p->chats[i];
  return NULL;
}

static void read_on(struct peer *p, struct chat *c) {
  c->pending = true;
  if (!p->busy) step(p);
}

bool missed_join(struct peer *p, str user_id, str room) {
  if (find(p, user_id)) return true;
  if (p->count == MOBILE_CHATS_MAX) return false;
  if (p->count == p->cap) {
    p->cap = p->cap ? p->cap * 2 : 1;
    p->chats = mem_realloc(p->chats, p->cap * sizeof *p->chats);
  }
  struct chat *c = &p->chats[p->count++];
  *c = (struct chat){.user_id = mem_dup_cstr(user_id), .turn = ++p->turns};
  snprintf(c->room, sizeof c->room, "%.*s", STR_ARG(room));
  return true;
}

static void forget_photos(struct chat *c) {
  for (size_t i = 0; c->photos && i < c->photos->held_count; i++) sio_packet_unref(&c->photos->held[i]);
  mem_free(&c->photos);
}

static void start_after(struct peer *p, struct chat *c, int64_t after) {
  forget_photos(c);
  c->turn = ++p->turns;
  c->after = after;
  read_on(p, c);
}

void missed_since(struct peer *p, str user_id, int64_t after) {
  struct chat *c = find(p, user_id);
  if (c && !(c->pending && c->after == after)) start_after(p, c, after);
}

void missed_leave(struct peer *p, str user_id) {
  struct chat *c = find(p, user_id);
  if (!c) return;
  forget_photos(c);
  mem_free(&c->user_id);
  *c = p->chats[--p->count];
}

void missed_end(struct peer *p) {
  net_timer_stop(&p->timer);
  while (p->count) missed_leave(p, str_c(p->chats[0].user_id));
  mem_free(&p->chats);
}

/* ---- live messages ---- */

/* Notes a photo that is about to be sent; false: it is known already. */
static bool note_photo(struct chat *c, int64_t id) {
  if (!c->photos) {
    c->photos = mem_alloc(sizeof *c->photos);
    *c->photos = (struct photos){0};
  }
  struct photos *f = c->photos;
  for (size_t i = 0; i < PHOTOS_KNOWN; i++)
    if (f->known[i] == id) return false;
  f->known[f->next] = id;
  f->next = (f->next + 1) % PHOTOS_KNOWN;
  return true;
}

/* Messages with lower ids are still to be read. */
static bool waits(const struct chat *c, int64_t id) { return c->pending && id > c->after; }

/* The lowest id that was not sent: of what follows `after`, of the held photos, and of this one. */
static int64_t first_not_sent(const struct chat *c, int64_t id) {
  int64_t first = id <= c->after ? id : c->after + 1;
  for (size_t i = 0; i < c->photos->held_count; i++)
    if (-sio_tag(c->photos->held[i]) < first) first = -sio_tag(c->photos->held[i]);
  return first;
}

static void take_photo(struct peer *p, struct chat *c, sio_packet *packet, int64_t id) {
  if (!note_photo(c, id) || (!waits(c, id) && sio_offer(p->socket, packet))) return;
  if (c->photos->held_count == PHOTOS_HELD) {
    start_after(p, c, first_not_sent(c, id) - 1);
    return;
  }
  c->photos->held[c->photos->held_count++] = sio_packet_ref(packet);
  if (!p->busy) step(p);
}

void missed_kept(sio_socket *s, str room, sio_packet *packet, void *user) {
  (void)user;
  struct peer *p = sio_user(s);
  struct chat *c = p ? find_room(p, room) : NULL;
  int64_t id = sio_tag(packet);
  if (!c) return;
  if (id < 0) {
    take_photo(p, c, packet, -id);
  } else if (c->pending) {
    c->again = true;
  } else if (id > c->after) {
    bool queued = sio_offer(s, packet);
    c->after = queued ? id : id - 1;
    if (!queued) read_on(p, c);
  }
}

/* Takes the first held photo of the chat that may be sent now. NULL: none. */
static sio_packet *take_held(const struct chat *c) {
  struct photos *f = c->photos;
  for (size_t i = 0; f && i < f->held_count; i++) {
    sio_packet *packet = f->held[i];
    if (waits(c, -sio_tag(packet))) continue;
    memmove(&f->held[i], &f->held[i + 1], (--f->held_count - i) * sizeof(sio_packet *));
    return packet;
  }
  return NULL;
}

/* The same of all chats; the caller gets the reference. */
static sio_packet *held_photo(struct peer *p) {
  sio_packet *packet = NULL;
  for (size_t i = 0; i < p->count && !packet; i++) packet = take_held(&p->chats[i]);
  return packet;
}

/* ---- one page, read on a worker ---- */

struct reading_ctx {
  struct page_ctx *page;
  arena *arena;
  struct message_row *rows;
  size_t count;
};

/* A client may name an id that no message has, as after a restored backup: then the chat's last id counts. */
static err read_last(db_conn *c, struct reading_ctx *r, int64_t conversation) {
  struct message_row *last = NULL;
  size_t count = 0;
  err e = message_page_shown(c, conversation, 0, 0, 1, r->arena, &last, &count);
  int64_t id = count ? last->id : 0;
  if (!err_is(e) && id < r->page->reached) r->page->reached = id;
  return e;
}

static err read_page(db_conn *c, void *arg) {
  struct reading_ctx *r = arg;
  struct customer_row customer;
  int64_t conversation = 0;
  r->count = 0;
  err e = customer_find(c, MOBILE_CHANNEL, MOBILE_ACCOUNT, str_c(r->page->user_id), r->arena, &customer);
  if (!err_is(e)) e = conversation_of_customer(c, customer.id, &conversation);
  if (!err_is(e)) e = message_page_shown(c, conversation, 0, r->page->after, PAGE_ROWS, r->arena, &r->rows, &r->count);
  if (!err_is(e) && !r->count) e = read_last(c, r, conversation);
  if (e.code != ERR_NOT_FOUND) return e;
  r->page->reached = 0;
  return err_ok;
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
    if (!mobile_comes_later(&r.rows[i]))
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
  if (c && c->turn == g->turn) {
    for (size_t i = 0; i < g->count; i++) {
      int64_t id = sio_tag(g->packets[i]);
      if (id > 0 || note_photo(c, -id)) sio_emit(p->socket, g->packets[i], 0);
    }
    c->after = g->reached;
    c->pending = !g->ended || c->again;
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

static void fetch(struct peer *p, struct chat *c) {
  struct page_ctx *g = mem_alloc(sizeof *g);
  g->m = p->m;
  g->socket = sio_socket_ref(p->socket);
  g->loop = sio_loop(p->socket);
  g->user_id = mem_dup_cstr(str_c(c->user_id));
  g->turn = c->turn;
  g->after = g->reached = c->after;
  c->again = false;
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
  sio_packet *photo;
  while (sio_queued_bytes(p->socket) <= LOW_BYTES && (photo = held_photo(p))) {
    sio_emit(p->socket, photo, 0);
    sio_packet_unref(&photo);
  }
  if (sio_queued_bytes(p->socket) > LOW_BYTES) {
    p->busy = true;
    sio_wait_drained(p->socket, LOW_BYTES);
    return;
  }
  struct chat *c = next_pending(p);
  if (c) fetch(p, c);
}

void missed_drained(sio_socket *s, void *user) {
  (void)user;
  struct peer *p = sio_user(s);
  if (!p) return;
  p->busy = false;
  step(p);
}
