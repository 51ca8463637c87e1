/* The write queue of one connection: a ring of pieces, each borrowed from a reference-counted owner, so that one
 * WebSocket frame can be in a thousand queues and is freed with the last. The ring exists only while it holds
 * something. Only the loop uses it, except the owners' reference counts. */
#ifndef SB_NET_OUT_H
#define SB_NET_OUT_H

#include "base/str.h"

#include <stdatomic.h>
#include <sys/types.h>

/* Embedded at the start of an owner of bytes to write. */
struct out_owner {
  atomic_uint refs;
  void (*destroy)(struct out_owner *o); /* called with the last reference; any thread */
};
static inline void out_ref(struct out_owner *o) { atomic_fetch_add_explicit(&o->refs, 1, memory_order_relaxed); }
void out_unref(struct out_owner *o);

/* One allocation: the owner and its bytes. One reference. */
struct out_buf {
  struct out_owner owner;
  size_t len;
  char bytes[];
};
struct out_buf *out_buf_new(size_t len);

/* Bytes that are not in memory: a piece without a pointer has one of these as its owner. */
struct out_source {
  struct out_owner owner;
  /* Writes some of the piece's bytes from `at` on to the socket: like write(2), or OUT_LATER. */
  ssize_t (*send)(struct out_source *s, int fd, size_t at, size_t most);
  void (*leave)(struct out_source *s); /* the queue drops the piece; may be NULL */
};
enum { OUT_LATER = -2 };

/* An open file, sent with sendfile; closes it. */
struct out_file {
  struct out_source source;
  int fd;
  int64_t at;
};
struct out_file *out_file_new(int fd, int64_t from); /* takes fd; one reference */

struct out_piece {
  const char *ptr; /* NULL: the owner is an out_source */
  size_t len;
  struct out_owner *owner; /* NULL: static bytes */
};

struct outq {
  struct out_piece *ring;
  uint32_t cap, head, count;
  size_t sent;  /* of the first piece */
  size_t bytes; /* of all pieces, including the sent part of the first */
};

/* Takes one reference to the owner. */
void outq_push(struct outq *q, struct out_piece piece);
void outq_drop_all(struct outq *q);
/* Drops pieces of which nothing was sent: at most the first piece stays. */
void outq_drop_unsent(struct outq *q);
static inline size_t outq_bytes(const struct outq *q) { return q->bytes - q->sent; }
/* The queued bytes plus the ring's cost of each piece: the measure for limits. */
static inline size_t outq_cost(const struct outq *q) { return outq_bytes(q) + q->count * sizeof(struct out_piece); }

enum outq_result {
  OUTQ_EMPTY,   /* all was sent */
  OUTQ_MORE,    /* the kernel took everything offered this time */
  OUTQ_BLOCKED, /* the socket is full: wait for EPOLLOUT */
  OUTQ_LATER,   /* the next bytes are not there yet: whoever brings them makes the connection dirty */
  OUTQ_BROKEN,  /* the connection is lost */
};
/* One sendmsg of up to 64 pieces, or one sendfile of a bounded part. *sent: the bytes sent. */
enum outq_result outq_flush(struct outq *q, int fd, size_t *sent);

#endif
