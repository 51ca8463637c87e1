/* One epoll loop: descriptors, timers, posted tasks. A turn is: wait, run the ready descriptors, run what was posted,
 * run the due timers, then the turn's end, where everything written during the turn goes out at once.
 *
 * Tasks posted by another thread also run before each ready descriptor. This keeps cause before effect: a thread posts
 * a message to a room, then acknowledges it to a client; when that client's next request arrives here, the post has
 * run. Without this order the message could reach a socket that joined the room after the acknowledgement.
 *
 * Timers are a binary heap: a loop has tens of them (connections use a timing wheel). The posted tasks are an array
 * under a mutex that is swapped out as a whole; the eventfd is written only while the loop sleeps. */
#include "net/loop_internal.h"

#include "base/arena.h"
#include "base/log.h"
#include "base/thread.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { LOOP_MAGIC = 0x4c4f4f50, TIMER_MAGIC = 0x54494d52, EVENTS_A_TURN = 256, FOREIGN_CLOCK_SLEEP_MS = 10 };

struct net_timer {
  uint32_t magic;
  net_loop *loop;
  int64_t due_ms, every_ms;
  void (*fn)(void *arg);
  void *arg;
  size_t at;             /* in the heap; SIZE_MAX: not in it */
  bool running, stopped; /* stopped while it runs: freed after */
};

struct post {
  void (*fn)(void *arg);
  void *arg;
};

struct net_loop {
  uint32_t magic;
  const sb_clock *clock;
  char name[16];
  pthread_t thread;
  bool started, joined;
  int epoll, wake;
  struct net_watch wake_watch;
  int64_t now_ms;
  struct net_timer **timers;
  size_t timers_count, timers_cap;
  bool (*turn_end)(void *arg);
  void *turn_end_arg;
  atomic_bool has_foreign; /* the posts include one of another thread */

  pthread_mutex_t lock; /* guards what follows */
  struct post *posts;
  size_t posts_count, posts_cap;
  bool sleeping, stopping;
};

static _Thread_local net_loop *current;

/* ---- descriptors ---- */

bool net_watch_add(net_loop *loop, struct net_watch *w, uint32_t events) {
  struct epoll_event e = {.events = events, .data.ptr = w};
  w->events = events;
  return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, w->fd, &e) == 0;
}

void net_watch_change(net_loop *loop, struct net_watch *w, uint32_t events) {
  if (w->fd < 0 || w->events == events) return;
  struct epoll_event e = {.events = events, .data.ptr = w};
  w->events = events;
  int result = epoll_ctl(loop->epoll, EPOLL_CTL_MOD, w->fd, &e);
  assert(result == 0); /* fails only for an unwatched descriptor */
}

void net_watch_remove(net_loop *loop, struct net_watch *w) {
  if (w->fd < 0) return;
  epoll_ctl(loop->epoll, EPOLL_CTL_DEL, w->fd, NULL);
  w->fd = -1;
}

static void drain_wake(struct net_watch *w, uint32_t events) {
  (void)events;
  uint64_t n;
  while (read(w->fd, &n, sizeof n) < 0 && errno == EINTR) continue;
}

/* ---- making ---- */

net_loop *net_loop_new(const sb_clock *clock, const char *thread_name) {
  net_loop *l = mem_alloc(sizeof *l);
  l->magic = LOOP_MAGIC;
  l->clock = clock ? clock : &clock_system;
  snprintf(l->name, sizeof l->name, "%s", thread_name ? thread_name : "loop");
  l->epoll = epoll_create1(EPOLL_CLOEXEC);
  l->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  pthread_mutex_init(&l->lock, NULL);
  l->now_ms = clock_steady_ms(l->clock);
  if (l->epoll >= 0 && l->wake >= 0) {
    l->wake_watch = (struct net_watch){.ready = drain_wake, .fd = l->wake};
    net_watch_add(l, &l->wake_watch, EPOLLIN);
  }
  return l;
}

void net_loop_at_turn_end(net_loop *loop, bool (*fn)(void *arg), void *arg) {
  loop->turn_end = fn;
  loop->turn_end_arg = arg;
}

int64_t net_loop_now_ms(const net_loop *loop) { return loop->now_ms; }

bool net_on_loop(const net_loop *loop) { return loop && current == loop; }

/* ---- posting ---- */

static void ring(net_loop *l) {
  uint64_t one = 1;
  while (write(l->wake, &one, sizeof one) < 0 && errno == EINTR) continue;
}

void net_post(net_loop *l, void (*fn)(void *arg), void *arg) {
  assert(l->magic == LOOP_MAGIC);
  pthread_mutex_lock(&l->lock);
  if (l->posts_count == l->posts_cap) {
    l->posts_cap = l->posts_cap ? l->posts_cap * 2 : 64;
    l->posts = mem_realloc(l->posts, l->posts_cap * sizeof *l->posts);
  }
  l->posts[l->posts_count++] = (struct post){fn, arg};
  if (current != l) atomic_store_explicit(&l->has_foreign, true, memory_order_release);
  bool wake = l->sleeping;
  l->sleeping = false;
  pthread_mutex_unlock(&l->lock);
  if (wake) ring(l);
}

/* Runs what was posted before the call; what those tasks post waits for the next turn. True if any ran. */
static bool run_posts(net_loop *l) {
  pthread_mutex_lock(&l->lock);
  struct post *posts = l->posts;
  size_t count = l->posts_count, cap = l->posts_cap;
  l->posts = NULL;
  l->posts_count = l->posts_cap = 0;
  atomic_store_explicit(&l->has_foreign, false, memory_order_relaxed); /* only set again under the lock */
  pthread_mutex_unlock(&l->lock);
  for (size_t i = 0; i < count; i++) posts[i].fn(posts[i].arg);
  /* The array goes back if no new one was made meanwhile: a busy loop allocates none. */
  pthread_mutex_lock(&l->lock);
  if (!l->posts && cap <= 4096) {
    l->posts = posts;
    l->posts_cap = cap;
    posts = NULL;
  }
  pthread_mutex_unlock(&l->lock);
  free(posts);
  return count > 0;
}

/* ---- timers ---- */

static void place(net_loop *l, size_t at, net_timer *t) {
  l->timers[at] = t;
  t->at = at;
}

static void sift(net_loop *l, size_t at) {
  net_timer *t = l->timers[at];
  while (at > 0 && l->timers[(at - 1) / 2]->due_ms > t->due_ms) {
    place(l, at, l->timers[(at - 1) / 2]);
    at = (at - 1) / 2;
  }
  for (size_t child; (child = at * 2 + 1) < l->timers_count;) {
    if (child + 1 < l->timers_count && l->timers[child + 1]->due_ms < l->timers[child]->due_ms) child++;
    if (l->timers[child]->due_ms >= t->due_ms) break;
    place(l, at, l->timers[child]);
    at = child;
  }
  place(l, at, t);
}

static void heap_add(net_loop *l, net_timer *t) {
  if (l->timers_count == l->timers_cap) {
    l->timers_cap = l->timers_cap ? l->timers_cap * 2 : 16;
    l->timers = mem_realloc(l->timers, l->timers_cap * sizeof(net_timer *));
  }
  place(l, l->timers_count++, t);
  sift(l, t->at);
}

static void heap_remove(net_loop *l, net_timer *t) {
  if (t->at == SIZE_MAX) return;
  size_t at = t->at;
  net_timer *last = l->timers[--l->timers_count];
  t->at = SIZE_MAX;
  if (last == t) return;
  place(l, at, last);
  sift(l, at);
}

static void free_timer(net_timer *t) {
  t->magic = 0;
  free(t);
}

net_timer *net_timer_start(net_loop *loop, int64_t delay_ms, int64_t every_ms, void (*fn)(void *arg), void *arg) {
  assert(loop->magic == LOOP_MAGIC && (net_on_loop(loop) || !loop->started || loop->joined));
  net_timer *t = mem_alloc(sizeof *t);
  int64_t now = clock_steady_ms(loop->clock); /* not the turn's: a long turn would shorten the delay */
  *t = (net_timer){TIMER_MAGIC, loop, now + delay_ms, every_ms, fn, arg, SIZE_MAX, false, false};
  heap_add(loop, t);
  return t;
}

void net_timer_stop(net_timer **timer) {
  net_timer *t = *timer;
  *timer = NULL;
  if (!t) return;
  assert(t->magic == TIMER_MAGIC && (net_on_loop(t->loop) || !t->loop->started || t->loop->joined));
  heap_remove(t->loop, t);
  if (t->running)
    t->stopped = true;
  else
    free_timer(t);
}

static void run_timers(net_loop *l) {
  l->now_ms = clock_steady_ms(l->clock);
  while (l->timers_count && l->timers[0]->due_ms <= l->now_ms) {
    net_timer *t = l->timers[0];
    heap_remove(l, t);
    t->running = true;
    t->fn(t->arg);
    t->running = false;
    if (t->stopped || t->every_ms <= 0) {
      free_timer(t);
      continue;
    }
    /* A delayed loop runs a repeating timer once, not once for each missed time. */
    t->due_ms += t->every_ms;
    if (t->due_ms <= l->now_ms) t->due_ms = l->now_ms + t->every_ms;
    heap_add(l, t);
  }
}

/* ---- running ---- */

static int sleep_ms(const net_loop *l) {
  if (!l->timers_count) return l->clock == &clock_system ? -1 : FOREIGN_CLOCK_SLEEP_MS;
  int64_t left = l->timers[0]->due_ms - clock_steady_ms(l->clock);
  if (left < 0) left = 0;
  if (left > 60000) left = 60000;
  /* A test's clock may jump while we sleep. */
  if (l->clock != &clock_system && left > FOREIGN_CLOCK_SLEEP_MS) left = FOREIGN_CLOCK_SLEEP_MS;
  return (int)left;
}

/* Waits for events; false when the loop must end and no posts are left. */
static bool wait_events(net_loop *l, bool busy, struct epoll_event *events, int *count) {
  int timeout = busy ? 0 : sleep_ms(l);
  pthread_mutex_lock(&l->lock);
  bool over = l->stopping && l->posts_count == 0;
  if (l->posts_count || l->stopping) timeout = 0;
  l->sleeping = timeout != 0;
  pthread_mutex_unlock(&l->lock);
  if (over) return false;
  *count = epoll_wait(l->epoll, events, EVENTS_A_TURN, timeout);
  if (timeout) {
    pthread_mutex_lock(&l->lock);
    l->sleeping = false;
    pthread_mutex_unlock(&l->lock);
  }
  return true;
}

static void *run(void *arg) {
  net_loop *l = arg;
  struct epoll_event events[EVENTS_A_TURN];
  current = l;
  bool busy = false;
  for (int count; wait_events(l, busy, events, &count);) {
    l->now_ms = clock_steady_ms(l->clock);
    for (int i = 0; i < count; i++) {
      struct net_watch *w = events[i].data.ptr;
      if (atomic_load_explicit(&l->has_foreign, memory_order_acquire)) run_posts(l);
      if (w->fd >= 0) w->ready(w, events[i].events);
    }
    run_posts(l);
    run_timers(l);
    busy = l->turn_end && l->turn_end(l->turn_end_arg);
  }
  current = NULL;
  return NULL;
}

err net_loop_start(net_loop *l) {
  assert(l->magic == LOOP_MAGIC && !l->started);
  if (l->epoll < 0 || l->wake < 0) return err_detail(ERR_INTERNAL, NULL, "cannot create an event loop");
  l->started = thread_start(&l->thread, l->name, 0, run, l);
  return l->started ? err_ok : err_detail(ERR_INTERNAL, NULL, "cannot start a thread");
}

void net_loop_stop(net_loop *l) {
  assert(l->magic == LOOP_MAGIC && !net_on_loop(l));
  if (l->started && !l->joined) {
    pthread_mutex_lock(&l->lock);
    l->stopping = true;
    l->sleeping = false;
    pthread_mutex_unlock(&l->lock);
    ring(l);
    pthread_join(l->thread, NULL);
    l->joined = true;
  }
  while (run_posts(l)) continue;
}

void net_loop_free(net_loop **loop) {
  net_loop *l = *loop;
  if (!l) return;
  net_loop_stop(l);
  while (l->timers_count) {
    net_timer *t = l->timers[0];
    heap_remove(l, t);
    free_timer(t);
  }
  free(l->timers);
  free(l->posts);
  if (l->epoll >= 0) close(l->epoll);
  if (l->wake >= 0) close(l->wake);
  pthread_mutex_destroy(&l->lock);
  l->magic = 0;
  mem_free(loop);
}
