/* What waits to be written on one connection: a ring of pieces, each borrowed from a counted owner, so that one
 * WebSocket frame stands in a thousand queues and is freed with the last. The ring exists only while it holds
 * something. A loop's alone, but for the owners' counts. */
#ifndef SB_NET_OUT_H
#define SB_NET_OUT_H

#include "base/str.h"

#include <stdatomic.h>

/* The head of whatever owns bytes to be written. */
struct out_owner {
  atomic_uint refs;
  void (*destroy)(struct out_owner *o); /* when the last reference goes; any thread */
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

/* An open file, sent with sendfile; closes it. */
struct out_file {
  struct out_owner owner;
  int fd;
  int64_t at;
};
struct out_file *out_file_new(int fd, int64_t from); /* takes fd; one reference */

struct out_piece {
  const char *ptr; /* NULL: the owner is an out_file */
  size_t len;
  struct out_owner *owner; /* NULL: static bytes */
};

struct outq {
  struct out_piece *ring;
  uint32_t cap, head, count;
  size_t sent;  /* of the first piece */
  size_t bytes; /* of all pieces, what was sent of the first included */
};

/* Takes over one reference to the owner. */
void outq_push(struct outq *q, struct out_piece piece);
void outq_drop_all(struct outq *q);
/* Drops what has not begun to leave: at most the first piece stays. */
void outq_drop_unsent(struct outq *q);
static inline size_t outq_bytes(const struct outq *q) { return q->bytes - q->sent; }
/* With what each waiting piece costs us in the ring: the measure for limits. */
static inline size_t outq_cost(const struct outq *q) { return outq_bytes(q) + q->count * sizeof(struct out_piece); }

enum outq_result {
  OUTQ_EMPTY,   /* all has left */
  OUTQ_MORE,    /* the kernel took all that was offered this time */
  OUTQ_BLOCKED, /* the socket is full: wait for EPOLLOUT */
  OUTQ_BROKEN,  /* the connection is lost */
};
/* One sendmsg of up to 64 pieces, or one sendfile of a bounded part. *sent gets the bytes that left. */
enum outq_result outq_flush(struct outq *q, int fd, size_t *sent);

#endif
