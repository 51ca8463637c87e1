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
    uint64_t held;
    struct net_counts by_address;
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
    assert(b->kinds[k].held == 0); /* every share has been given back */
    net_counts_free(&b->kinds[k].by_address);
  }
  pthread_mutex_destroy(&b->lock);
  b->magic = 0;
  mem_free(&b);
}

uint64_t budget_held(struct budget *b, enum budget_kind kind) {
  pthread_mutex_lock(&b->lock);
  uint64_t held = b->kinds[kind].held;
  pthread_mutex_unlock(&b->lock);
  return held;
}

err budget_take(struct budget_share *s, enum budget_kind kind, uint64_t bytes) {
  struct budget *b = s->budget;
  if (bytes == 0) return err_ok;
  enum err_code code = ERR_NONE;
  pthread_mutex_lock(&b->lock);
  uint64_t total = b->kinds[kind].limits.total, most = b->kinds[kind].limits.per_address;
  if (bytes > total || b->kinds[kind].held > total - bytes)
    code = ERR_OVERLOADED;
  else if (!s->apart && !net_counts_add(&b->kinds[kind].by_address, &s->who, bytes, most))
    code = ERR_RATE_LIMITED;
  else
    b->kinds[kind].held += bytes;
  pthread_mutex_unlock(&b->lock);
  if (code == ERR_RATE_LIMITED) {
    err e = err_detail(code, NULL, "Too much is being sent from this address at once. Try again in a moment.");
    e.retry_ms = RETRY_MS;
    return e;
  }
  if (code) return err_retry(code, RETRY_MS);
  s->held[kind] += bytes;
  return err_ok;
}

void budget_give_back(struct budget_share *s, enum budget_kind kind) {
  struct budget *b = s->budget;
  uint64_t bytes = s->held[kind];
  s->held[kind] = 0;
  if (bytes == 0) return;
  pthread_mutex_lock(&b->lock);
  assert(b->kinds[kind].held >= bytes);
  b->kinds[kind].held -= bytes;
  if (!s->apart) net_counts_remove(&b->kinds[kind].by_address, &s->who, bytes);
  pthread_mutex_unlock(&b->lock);
}
