/* See out.h. */
#include "net/out.h"

#include "base/arena.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PIECES_A_TURN = 64, BYTES_A_TURN = 512 << 10, FIRST_CAP = 8 };

void out_unref(struct out_owner *o) {
  if (!o) return;
  if (atomic_fetch_sub_explicit(&o->refs, 1, memory_order_acq_rel) == 1) o->destroy(o);
}

static void destroy_buf(struct out_owner *o) { free(o); }

struct out_buf *out_buf_new(size_t len) {
  struct out_buf *b = mem_realloc(NULL, sizeof *b + len); /* not zeroed: the caller fills it */
  atomic_init(&b->owner.refs, 1);
  b->owner.destroy = destroy_buf;
  b->len = len;
  return b;
}

static void destroy_file(struct out_owner *o) {
  close(((struct out_file *)(void *)o)->fd);
  free(o);
}

static ssize_t send_file(struct out_source *s, int fd, size_t sent, size_t most) {
  struct out_file *f = (struct out_file *)(void *)s;
  off_t at = f->at + (off_t)sent;
  return sendfile(fd, f->fd, &at, most);
}

struct out_file *out_file_new(int fd, int64_t from) {
  struct out_file *f = mem_alloc(sizeof *f);
  atomic_init(&f->source.owner.refs, 1);
  f->source.owner.destroy = destroy_file;
  f->source.send = send_file;
  f->fd = fd;
  f->at = from;
  return f;
}

static struct out_piece *piece_at(struct outq *q, uint32_t i) { return &q->ring[(q->head + i) & (q->cap - 1)]; }

static void grow(struct outq *q) {
  uint32_t cap = q->cap ? q->cap * 2 : FIRST_CAP;
  struct out_piece *ring = mem_realloc(NULL, cap * sizeof *ring);
  for (uint32_t i = 0; i < q->count; i++) ring[i] = *piece_at(q, i);
  free(q->ring);
  q->ring = ring;
  q->cap = cap;
  q->head = 0;
}

static void let_go(struct out_piece *p) {
  struct out_source *source = p->ptr ? NULL : (struct out_source *)(void *)p->owner;
  if (source && source->leave) source->leave(source);
  out_unref(p->owner);
}

void outq_push(struct outq *q, struct out_piece piece) {
  if (piece.len == 0) {
    let_go(&piece);
    return;
  }
  if (q->count == q->cap) grow(q);
  *piece_at(q, q->count) = piece;
  q->count++;
  q->bytes += piece.len;
}

static void pop(struct outq *q) {
  struct out_piece *p = piece_at(q, 0);
  q->bytes -= p->len;
  let_go(p);
  q->head = (q->head + 1) & (q->cap - 1);
  q->count--;
  q->sent = 0;
}

void outq_drop_all(struct outq *q) {
  while (q->count) pop(q);
  free(q->ring);
  *q = (struct outq){0};
}

void outq_drop_unsent(struct outq *q) {
  uint32_t keep = q->sent ? 1 : 0;
  while (q->count > keep) {
    struct out_piece *last = piece_at(q, q->count - 1);
    q->bytes -= last->len;
    let_go(last);
    q->count--;
  }
}

static void advance(struct outq *q, size_t n) {
  while (n) {
    size_t left = piece_at(q, 0)->len - q->sent;
    if (n < left) {
      q->sent += n;
      return;
    }
    n -= left;
    pop(q);
  }
}

static ssize_t send_source(struct outq *q, int fd, size_t *asked) {
  struct out_piece *p = piece_at(q, 0);
  struct out_source *source = (struct out_source *)(void *)p->owner;
  size_t left = p->len - q->sent;
  *asked = left < BYTES_A_TURN ? left : BYTES_A_TURN;
  ssize_t n = source->send(source, fd, q->sent, *asked);
  if (n == 0) { /* the file has shrunk: close the connection, since Content-Length can no longer be met */
    errno = EIO;
    return -1;
  }
  return n;
}

static ssize_t send_pieces(struct outq *q, int fd, size_t *asked) {
  struct iovec pieces[PIECES_A_TURN];
  size_t n = 0;
  bool file_follows = false;
  for (; n < PIECES_A_TURN && n < q->count && *asked < BYTES_A_TURN; n++) {
    struct out_piece *p = piece_at(q, (uint32_t)n);
    file_follows = !p->ptr; /* MSG_MORE: its first bytes share the head's segment */
    if (file_follows) break;
    size_t skip = n == 0 ? q->sent : 0, left = p->len - skip, room = BYTES_A_TURN - *asked;
    /* iovec has no const; sendmsg only reads. */
    memcpy(&pieces[n].iov_base, &(const char *){p->ptr + skip}, sizeof(char *));
    pieces[n].iov_len = left < room ? left : room;
    *asked += pieces[n].iov_len;
  }
  int flags = MSG_NOSIGNAL | MSG_DONTWAIT | (file_follows ? MSG_MORE : 0);
  if (n == 1) return send(fd, pieces[0].iov_base, pieces[0].iov_len, flags); /* the usual case; a little cheaper */
  struct msghdr m = {.msg_iov = pieces, .msg_iovlen = n};
  return sendmsg(fd, &m, flags);
}

enum outq_result outq_flush(struct outq *q, int fd, size_t *sent) {
  *sent = 0;
  if (q->count == 0) return OUTQ_EMPTY;
  size_t asked = 0;
  bool file = !piece_at(q, 0)->ptr;
  ssize_t n = file ? send_source(q, fd, &asked) : send_pieces(q, fd, &asked);
  if (n == OUT_LATER) return OUTQ_LATER;
  if (n < 0) {
    if (errno == EINTR) return OUTQ_MORE;
    return errno == EAGAIN || errno == EWOULDBLOCK ? OUTQ_BLOCKED : OUTQ_BROKEN;
  }
  *sent = (size_t)n;
  advance(q, (size_t)n);
  if (q->count == 0) {
    free(q->ring);
    *q = (struct outq){0};
    return OUTQ_EMPTY;
  }
  /* A short sendmsg means that the socket is full; a short sendfile may be the end of a page run, so try again. */
  return (size_t)n < asked && !file ? OUTQ_BLOCKED : OUTQ_MORE;
}
