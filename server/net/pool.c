/* Worker threads over one bounded ring of jobs: first in, first out.
 *
 * At most one worker is being woken at a time; it wakes the next one when more jobs wait. So a loop that queues sixty
 * requests in a turn makes one system call, and only as many threads wake as there are jobs. */
#include "net/loop_internal.h"

#include "base/arena.h"
#include "base/thread.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

enum { POOL_MAGIC = 0x504f4f4c };

struct job {
  void (*fn)(void *arg);
  void *arg;
};

struct net_pool {
  uint32_t magic;
  pthread_t *threads;
  int threads_count;
  size_t queue_max, cap, head;
  size_t count; /* also read without the lock, for metrics */
  struct job *ring;
  int idle;
  bool waking; /* a worker was signalled and has not run yet */
  bool stopping, joined;
  pthread_mutex_t lock;
  pthread_cond_t more;
};

/* Called with the lock held: whether to signal one more worker. */
static bool should_wake(net_pool *p) {
  if (!p->count || !p->idle || p->waking) return false;
  p->waking = true;
  return true;
}

static void *work(void *arg) {
  net_pool *p = arg;
  pthread_mutex_lock(&p->lock);
  for (;;) {
    while (!p->count && !p->stopping) {
      p->idle++;
      pthread_cond_wait(&p->more, &p->lock);
      p->idle--;
      p->waking = false;
    }
    if (!p->count) break;
    struct job j = p->ring[p->head];
    p->head = (p->head + 1) & (p->cap - 1);
    __atomic_store_n(&p->count, p->count - 1, __ATOMIC_RELAXED);
    bool wake = should_wake(p);
    pthread_mutex_unlock(&p->lock);
    if (wake) pthread_cond_signal(&p->more);
    j.fn(j.arg);
    pthread_mutex_lock(&p->lock);
  }
  pthread_mutex_unlock(&p->lock);
  return NULL;
}

net_pool *net_pool_new(int threads, size_t queue_max) {
  assert(threads > 0 && queue_max > 0);
  net_pool *p = mem_alloc(sizeof *p);
  p->magic = POOL_MAGIC;
  p->queue_max = queue_max;
  pthread_mutex_init(&p->lock, NULL);
  pthread_cond_init(&p->more, NULL);
  p->threads = mem_alloc_array((size_t)threads, sizeof *p->threads);
  for (int i = 0; i < threads; i++) {
    char name[16];
    snprintf(name, sizeof name, "worker-%d", i % 1000);
    if (!thread_start(&p->threads[i], name, 0, work, p)) break;
    p->threads_count++;
  }
  if (p->threads_count == 0) mem_exhausted(0); /* the machine cannot start a single thread */
  return p;
}

static void grow(net_pool *p) {
  size_t cap = p->cap ? p->cap * 2 : 64;
  struct job *ring = mem_alloc_array(cap, sizeof *ring);
  for (size_t i = 0; i < p->count; i++) ring[i] = p->ring[(p->head + i) & (p->cap - 1)];
  free(p->ring);
  p->ring = ring;
  p->cap = cap;
  p->head = 0;
}

static bool add(net_pool *p, size_t most, void (*fn)(void *arg), void *arg) {
  assert(p->magic == POOL_MAGIC);
  pthread_mutex_lock(&p->lock);
  bool taken = !p->stopping && p->count < most;
  if (taken) {
    if (p->count == p->cap) grow(p);
    p->ring[(p->head + p->count) & (p->cap - 1)] = (struct job){fn, arg};
    __atomic_store_n(&p->count, p->count + 1, __ATOMIC_RELAXED);
  }
  bool wake = should_wake(p);
  pthread_mutex_unlock(&p->lock);
  if (wake) pthread_cond_signal(&p->more);
  return taken;
}

bool net_work(net_pool *p, void (*fn)(void *arg), void *arg) { return add(p, p->queue_max, fn, arg); }
bool net_work_always(net_pool *p, void (*fn)(void *arg), void *arg) { return add(p, SIZE_MAX, fn, arg); }

size_t net_pool_queued(const net_pool *p) { return __atomic_load_n(&p->count, __ATOMIC_RELAXED); }

void net_pool_stop(net_pool *p) {
  if (p->joined) return;
  pthread_mutex_lock(&p->lock);
  p->stopping = true;
  pthread_cond_broadcast(&p->more);
  pthread_mutex_unlock(&p->lock);
  for (int i = 0; i < p->threads_count; i++) pthread_join(p->threads[i], NULL);
  p->joined = true;
}

void net_pool_free(net_pool **pool) {
  net_pool *p = *pool;
  if (!p) return;
  assert(p->magic == POOL_MAGIC);
  net_pool_stop(p);
  free(p->threads);
  free(p->ring);
  pthread_mutex_destroy(&p->lock);
  pthread_cond_destroy(&p->more);
  p->magic = 0;
  mem_free(pool);
}
