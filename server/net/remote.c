/* The body of a reply whose bytes lie on another server: a piece of the connection's queue that asks for its bytes in parts.
 * One part is in memory at a time; the next one is asked for when it has been sent. The parts are brought by other threads: the
 * lock guards what they bring, and only the loop touches the rest. Whoever was asked holds a reference until the answer. */
#include "net/conn.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct http_pull {
  struct out_source source;
  struct http_remote remote;
  struct shard *shard; /* holds a reference */
  struct conn *conn;   /* NULL: its queue has dropped the piece */
  int64_t from;        /* of the piece, in the file */
  size_t length;
  size_t part_at, part_end; /* of the part that is there or was asked for, within the piece */
  pthread_mutex_t lock;     /* guards what follows */
  bool asked, failed;
  struct out_buf *part;
};

static struct http_pull *of(struct out_owner *o) { return (struct http_pull *)(void *)o; }

static void destroy(struct out_owner *o) {
  struct http_pull *p = of(o);
  p->remote.close(p->remote.user);
  if (p->part) out_unref(&p->part->owner);
  shard_unref(p->shard);
  pthread_mutex_destroy(&p->lock);
  free(p);
}

/* On the loop. The answer may come before `ask` returns. */
static void ask(struct http_pull *p) {
  size_t left = p->length - p->part_end;
  size_t wanted = left < (size_t)p->remote.piece_bytes ? left : (size_t)p->remote.piece_bytes;
  p->part_at = p->part_end;
  p->part_end += wanted;
  out_ref(&p->source.owner);
  p->remote.ask(p->remote.user, p->from + (int64_t)p->part_at, (int64_t)wanted, p);
}

static void drop_part(struct http_pull *p) {
  pthread_mutex_lock(&p->lock);
  struct out_buf *part = p->part;
  p->part = NULL;
  p->asked = false;
  pthread_mutex_unlock(&p->lock);
  if (part) out_unref(&part->owner);
}

static ssize_t send_some(struct out_source *s, int fd, size_t at, size_t most) {
  struct http_pull *p = (struct http_pull *)(void *)s;
  if (p->part_end <= at && p->part_end > p->part_at) drop_part(p); /* all of it was sent */
  pthread_mutex_lock(&p->lock);
  struct out_buf *part = p->part;
  bool failed = p->failed, first = !part && !failed && !p->asked;
  if (first) p->asked = true;
  pthread_mutex_unlock(&p->lock);
  if (first) ask(p);
  if (failed) errno = EIO;
  if (!part) return failed ? -1 : OUT_LATER;
  size_t skip = at - p->part_at, n = part->len - skip < most ? part->len - skip : most;
  return send(fd, part->bytes + skip, n, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void leave(struct out_source *s) { ((struct http_pull *)(void *)s)->conn = NULL; }

struct out_owner *pull_new(http_req *req, const struct http_remote *remote, int64_t from, int64_t length) {
  assert(remote->piece_bytes > 0);
  struct http_pull *p = mem_alloc(sizeof *p);
  *p = (struct http_pull){.remote = *remote, .shard = req->shard, .from = from, .length = (size_t)length};
  atomic_init(&p->source.owner.refs, 1);
  p->source.owner.destroy = destroy;
  p->source.send = send_some;
  p->source.leave = leave;
  pthread_mutex_init(&p->lock, NULL);
  shard_ref(p->shard);
  req->pull = p;
  return &p->source.owner;
}

void pull_enter(struct http_pull *p, struct conn *c) {
  if (!c->dead) p->conn = c;
}

static void go_on(void *arg) {
  struct http_pull *p = arg;
  if (p->conn) conn_dirty(p->conn);
  out_unref(&p->source.owner);
}

void http_pull_answer(struct http_pull *p, str bytes) {
  struct out_buf *part = bytes.ptr ? out_buf_new(bytes.len) : NULL;
  if (part) memcpy(part->bytes, bytes.ptr, bytes.len);
  pthread_mutex_lock(&p->lock);
  assert(p->asked && !p->part);
  p->part = part;
  p->failed = !part;
  pthread_mutex_unlock(&p->lock);
  if (!shard_post(p->shard, go_on, p)) out_unref(&p->source.owner); /* the loop has ended, and its connections */
}
