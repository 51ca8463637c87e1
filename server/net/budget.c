/* See budget.h. One lock guards everything: it is held for tens of nanoseconds, once or twice per request with a body. */
#include "net/budget.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

enum { BUDGET_MAGIC = 0x42554447, RETRY_MS = 2000 };

struct budget {
  uint32_t magic;
  atomic_uint refs;
  pthread_mutex_t lock; /* guards the rest */
  struct {
    struct budget_limits limits;
    struct { /* all clients, and the unauthenticated ones */
      uint64_t held;
      struct net_counts by_address;
    } all, unauthenticated;
  } kinds[BUDGET_KINDS];
};

struct budget *budget_new(const struct budget_limits limits[BUDGET_KINDS]) {
  struct budget *b = mem_alloc(sizeof *b);
  b->magic = BUDGET_MAGIC;
  atomic_init(&b->refs, 1);
  pthread_mutex_init(&b->lock, NULL);
  for (int k = 0; k < BUDGET_KINDS; k++) b->kinds[k].limits = limits[k];
  return b;
}

struct budget *budget_ref(struct budget *b) {
  assert(b->magic == BUDGET_MAGIC);
  atomic_fetch_add_explicit(&b->refs, 1, memory_order_relaxed);
  return b;
}

void budget_unref(struct budget **budget) {
  struct budget *b = *budget;
  *budget = NULL;
  if (!b || atomic_fetch_sub_explicit(&b->refs, 1, memory_order_acq_rel) != 1) return;
  for (int k = 0; k < BUDGET_KINDS; k++) {
    assert(b->kinds[k].all.held == 0 && b->kinds[k].unauthenticated.held == 0); /* every share has been released */
    net_counts_free(&b->kinds[k].all.by_address);
    net_counts_free(&b->kinds[k].unauthenticated.by_address);
  }
  pthread_mutex_destroy(&b->lock);
  b->magic = 0;
  mem_free(&b);
}

uint64_t budget_held(struct budget *b, enum budget_kind kind) {
  pthread_mutex_lock(&b->lock);
  uint64_t held = b->kinds[kind].all.held;
  pthread_mutex_unlock(&b->lock);
  return held;
}

/* Called with the lock held. ERR_NONE: charged. */
static enum err_code take(struct budget *b, const struct budget_share *s, enum budget_kind kind, uint64_t bytes) {
  typeof(b->kinds[kind]) *k = &b->kinds[kind];
  uint64_t total = k->limits.total, most = k->limits.per_address;
  if (bytes > total || k->all.held > total - bytes) return ERR_OVERLOADED;
  if (!s->authenticated && (bytes > total / 2 || k->unauthenticated.held > total / 2 - bytes)) return ERR_OVERLOADED;
  if (!s->apart) {
    if (!net_counts_add(&k->all.by_address, &s->who, bytes, most)) return ERR_RATE_LIMITED;
    if (!s->authenticated && !net_counts_add(&k->unauthenticated.by_address, &s->who, bytes, most / 2)) {
      net_counts_remove(&k->all.by_address, &s->who, bytes);
      return ERR_RATE_LIMITED;
    }
  }
  k->all.held += bytes;
  if (!s->authenticated) k->unauthenticated.held += bytes;
  return ERR_NONE;
}

err budget_take(struct budget_share *s, enum budget_kind kind, uint64_t bytes) {
  struct budget *b = s->budget;
  if (bytes == 0) return err_ok;
  pthread_mutex_lock(&b->lock);
  enum err_code code = take(b, s, kind, bytes);
  pthread_mutex_unlock(&b->lock);
  if (code == ERR_RATE_LIMITED) {
    err e = err_detail(code, NULL, "Too much is being sent from this address at once. Try again in a moment.");
    e.retry_ms = RETRY_MS;
    return e;
  }
  if (code) return err_retry(code, RETRY_MS);
  s->held[kind] += bytes;
  if (!s->authenticated) s->as_unauthenticated[kind] += bytes;
  return err_ok;
}

void budget_give_back(struct budget_share *s, enum budget_kind kind) {
  struct budget *b = s->budget;
  uint64_t bytes = s->held[kind], unauthenticated = s->as_unauthenticated[kind];
  s->held[kind] = s->as_unauthenticated[kind] = 0;
  if (bytes == 0) return;
  pthread_mutex_lock(&b->lock);
  typeof(b->kinds[kind]) *k = &b->kinds[kind];
  assert(k->all.held >= bytes && k->unauthenticated.held >= unauthenticated);
  k->all.held -= bytes;
  k->unauthenticated.held -= unauthenticated;
  if (!s->apart) {
    net_counts_remove(&k->all.by_address, &s->who, bytes);
    if (unauthenticated) net_counts_remove(&k->unauthenticated.by_address, &s->who, unauthenticated);
  }
  pthread_mutex_unlock(&b->lock);
}
