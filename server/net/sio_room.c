/* Rooms: each loop keeps its own members, and a message to a room is posted once to each loop. See sio.h.
 * The room without a name contains all accepted sockets. */
#include "net/sio_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static uint64_t hash_of(const sio_namespace *nsp, str name) {
  uint64_t h = str_hash(name) ^ (uint64_t)(uintptr_t)nsp;
  return (h ^ h >> 29) * 0x9E3779B97F4A7C15u;
}

static size_t bucket_of(const struct sio_hub *h, uint64_t hash) {
  return (size_t)(hash >> 20) & (h->buckets_count - 1);
}

static struct sio_room *find(const struct sio_hub *h, const sio_namespace *nsp, str name) {
  if (!h->buckets_count) return NULL;
  uint64_t hash = hash_of(nsp, name);
  for (struct sio_room *r = h->buckets[bucket_of(h, hash)]; r; r = r->next)
    if (r->hash == hash && r->nsp == nsp && str_eq((str){r->name, r->name_len}, name)) return r;
  return NULL;
}

static void grow(struct sio_hub *h) {
  size_t count = h->buckets_count;
  struct sio_room **old = h->buckets;
  h->buckets_count = count ? count * 2 : 64;
  h->buckets = mem_alloc_array(h->buckets_count, sizeof *h->buckets);
  for (size_t i = 0; i < count; i++) {
    for (struct sio_room *r = old[i], *next; r; r = next) {
      next = r->next;
      size_t at = bucket_of(h, r->hash);
      r->next = h->buckets[at];
      h->buckets[at] = r;
    }
  }
  free(old);
}

static struct sio_room *find_or_make(struct sio_hub *h, const sio_namespace *nsp, str name) {
  struct sio_room *r = find(h, nsp, name);
  if (r) return r;
  if (h->rooms_count >= h->buckets_count) grow(h);
  r = mem_alloc(sizeof *r + name.len + 1);
  r->nsp = nsp;
  r->hash = hash_of(nsp, name);
  r->name_len = name.len;
  if (name.len) memcpy(r->name, name.ptr, name.len);
  size_t at = bucket_of(h, r->hash);
  r->next = h->buckets[at];
  h->buckets[at] = r;
  h->rooms_count++;
  return r;
}

static void free_room(struct sio_hub *h, struct sio_room *r) {
  struct sio_room **at = &h->buckets[bucket_of(h, r->hash)];
  while (*at != r) at = &(*at)->next;
  *at = r->next;
  h->rooms_count--;
  mem_free(&r->members);
  mem_free(&r);
}

void sio_rooms_free(struct sio_hub *h) {
  assert(h->rooms_count == 0); /* every socket has left */
  mem_free(&h->buckets);
}

/* ---- members ---- */

static struct sio_member **membership(sio_socket *s, str name) {
  struct sio_member **at = &s->rooms;
  while (*at && !str_eq((str){(*at)->room->name, (*at)->room->name_len}, name)) at = &(*at)->next;
  return at;
}

bool sio_join_now(sio_socket *s, str name) {
  bool everyone = name.len == 0;
  if (s->state == SIO_GONE) return false;
  if (*membership(s, name)) return true;
  if (!everyone && s->rooms_count >= s->hub->io->config.rooms_max) return false;
  struct sio_room *r = find_or_make(s->hub, s->nsp, name);
  if (r->count == r->cap) {
    r->cap = r->cap ? r->cap * 2 : 1;
    r->members = mem_realloc(r->members, r->cap * sizeof(struct sio_member *));
  }
  struct sio_member *m = mem_alloc(sizeof *m);
  *m = (struct sio_member){s->rooms, r, s, r->count};
  r->members[r->count++] = m;
  s->rooms = m;
  if (!everyone) s->rooms_count++;
  return true;
}

static void remove_member(sio_socket *s, struct sio_member **at) {
  struct sio_member *m = *at;
  struct sio_room *r = m->room;
  *at = m->next;
  if (r->name_len) s->rooms_count--;
  struct sio_member *last = r->members[--r->count];
  r->members[m->at] = last;
  last->at = m->at;
  if (r->count == 0) free_room(s->hub, r);
  mem_free(&m);
}

void sio_leave_now(sio_socket *s, str name) {
  struct sio_member **at = membership(s, name);
  if (*at) remove_member(s, at);
}

void sio_leave_all(sio_socket *s) {
  while (s->rooms) remove_member(s, &s->rooms);
}

/* ---- to all of a room ---- */

struct room_task_ctx {
  struct sio_hub *hub;
  sio_namespace *nsp;
  sio_packet *packet; /* NULL: disconnects them */
  sio_socket *except;
  unsigned flags;
  bool close;
  size_t room_len;
  char room[];
};

static void deliver(const struct sio_hub *h, const sio_namespace *nsp, str room, sio_packet *p,
                    const sio_socket *except, unsigned flags) {
  struct sio_room *r = find(h, nsp, room);
  for (uint32_t i = 0; r && i < r->count; i++) {
    sio_socket *s = r->members[i]->socket;
    if (s == except) continue;
    if (flags & SIO_KEPT)
      sio_deliver_kept(s, room, p);
    else
      sio_deliver(s, p, flags);
  }
}

static void disconnect_all(const struct sio_hub *h, const sio_namespace *nsp, str room, bool close) {
  struct sio_room *r = find(h, nsp, room);
  if (!r) return;
  uint32_t count = r->count;
  sio_socket **sockets = mem_alloc_array(count, sizeof(sio_socket *)); /* the room shrinks during the loop */
  for (uint32_t i = 0; i < count; i++) sockets[i] = sio_socket_ref(r->members[i]->socket);
  for (uint32_t i = 0; i < count; i++) {
    sio_leave_namespace(sockets[i], SIO_SERVER_LEFT, true, close);
    sio_socket_unref(&sockets[i]);
  }
  mem_free(&sockets);
}

static void free_room_task(struct room_task_ctx *d) {
  sio_packet_unref(&d->packet);
  sio_socket_unref(&d->except);
  mem_free(&d);
}

static void run_room_task(void *arg) {
  struct room_task_ctx *d = arg;
  str room = {d->room, d->room_len};
  if (d->packet)
    deliver(d->hub, d->nsp, room, d->packet, d->except, d->flags);
  else
    disconnect_all(d->hub, d->nsp, room, d->close);
  free_room_task(d);
}

static struct room_task_ctx *new_room_task(struct sio_hub *h, sio_namespace *nsp, str room) {
  struct room_task_ctx *d = mem_alloc(sizeof *d + room.len);
  d->hub = h;
  d->nsp = nsp;
  d->room_len = room.len;
  if (room.len) memcpy(d->room, room.ptr, room.len);
  return d;
}

static void send_out(struct room_task_ctx *d) {
  if (!eio_post(d->hub->io->eio, d->hub->index, run_room_task, d)) free_room_task(d);
}

void sio_emit_room(sio_namespace *nsp, str room, sio_packet *p, const sio_socket *except, unsigned flags) {
  sio_server *io = nsp->io;
  for (int i = 0; i < io->hubs_count; i++) {
    struct sio_hub *h = &io->hubs[i];
    if (net_on_loop(h->loop)) {
      deliver(h, nsp, room, p, except, flags);
      continue;
    }
    struct room_task_ctx *d = new_room_task(h, nsp, room);
    d->packet = sio_packet_ref(p);
    d->flags = flags;
    if (except && except->hub == h) d->except = sio_socket_ref((sio_socket *)(uintptr_t)except);
    send_out(d);
  }
}

void sio_disconnect_room(sio_namespace *nsp, str room, bool close) {
  for (int i = 0; i < nsp->io->hubs_count; i++) {
    struct room_task_ctx *d = new_room_task(&nsp->io->hubs[i], nsp, room);
    d->close = close;
    send_out(d);
  }
}
