/* See thread.h. */
#include "base/thread.h"

#include "base/clock.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <string.h>

bool thread_start(pthread_t *thread, const char *name, size_t stack_bytes, void *(*run)(void *), void *arg) {
  assert(strlen(name) < 16);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  if (stack_bytes) pthread_attr_setstacksize(&attributes, stack_bytes);
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  bool started = pthread_create(thread, &attributes, run, arg) == 0;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attributes);
  if (started) pthread_setname_np(*thread, name);
  return started;
}

int64_t thread_now_ms(void) { return clock_steady_ms(&clock_system); }

void thread_cond_init(pthread_cond_t *c) {
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(c, &attributes);
  pthread_condattr_destroy(&attributes);
}

bool thread_cond_wait_until(pthread_cond_t *c, pthread_mutex_t *lock, int64_t until_ms) {
  struct timespec until = {.tv_sec = (time_t)(until_ms / 1000), .tv_nsec = (long)(until_ms % 1000) * 1000000};
  return pthread_cond_timedwait(c, lock, &until) != ETIMEDOUT;
}

bool thread_cond_wait_ms(pthread_cond_t *c, pthread_mutex_t *lock, int64_t ms) {
  return thread_cond_wait_until(c, lock, thread_now_ms() + (ms > 0 ? ms : 0));
}

void thread_wake(atomic_bool *woken, pthread_cond_t *c, pthread_mutex_t *lock) {
  if (atomic_exchange(woken, true)) return;
  pthread_mutex_lock(lock); /* the waiter is before its test of *woken, or waits already */
  pthread_cond_signal(c);
  pthread_mutex_unlock(lock);
}
