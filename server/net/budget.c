/* See budget.h. One lock for everything: it is held for tens of nanoseconds, once or twice a request that has a body. */
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
    struct { /* of all, and of strangers alone */
      uint64_t held;
      struct net_counts by_address;
    } all, strangers;
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
    assert(b->kinds[k].all.held == 0 && b->kinds[k].strangers.held == 0); /* every share has been given back */
    net_counts_free(&b->kinds[k].all.by_address);
    net_counts_free(&b->kinds[k].strangers.by_address);
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

/* Under the lock. ERR_NONE: counted. */
static enum err_code take(struct budget *b, const struct budget_share *s, enum budget_kind kind, uint64_t bytes) {
  typeof(b->kinds[kind]) *k = &b->kinds[kind];
  uint64_t total = k->limits.total, most = k->limits.per_address;
  if (bytes > total || k->all.held > total - bytes) return ERR_OVERLOADED;
  if (!s->known && (bytes > total / 2 || k->strangers.held > total / 2 - bytes)) return ERR_OVERLOADED;
  if (!s->apart) {
    if (!net_counts_add(&k->all.by_address, &s->who, bytes, most)) return ERR_RATE_LIMITED;
    if (!s->known && !net_counts_add(&k->strangers.by_address, &s->who, bytes, most / 2)) {
      net_counts_remove(&k->all.by_address, &s->who, bytes);
      return ERR_RATE_LIMITED;
    }
  }
  k->all.held += bytes;
  if (!s->known) k->strangers.held += bytes;
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
  if (!s->known) s->as_stranger[kind] += bytes;
  return err_ok;
}

void budget_give_back(struct budget_share *s, enum budget_kind kind) {
  struct budget *b = s->budget;
  uint64_t bytes = s->held[kind], strange = s->as_stranger[kind];
  s->held[kind] = s->as_stranger[kind] = 0;
  if (bytes == 0) return;
  pthread_mutex_lock(&b->lock);
  typeof(b->kinds[kind]) *k = &b->kinds[kind];
  assert(k->all.held >= bytes && k->strangers.held >= strange);
  k->all.held -= bytes;
  k->strangers.held -= strange;
  if (!s->apart) {
    net_counts_remove(&k->all.by_address, &s->who, bytes);
    if (strange) net_counts_remove(&k->strangers.by_address, &s->who, strange);
  }
  pthread_mutex_unlock(&b->lock);
}
