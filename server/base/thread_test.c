/* Threads take no signals, and waits end when they are told or when their time is up. */
#include "base/thread.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct meeting_ctx {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  bool arrived;
  sigset_t blocked;
  char name[16];
};

static void *arrive(void *arg) {
  struct meeting_ctx *m = arg;
  pthread_mutex_lock(&m->lock);
  pthread_sigmask(SIG_BLOCK, NULL, &m->blocked);
  pthread_getname_np(pthread_self(), m->name, sizeof m->name);
  m->arrived = true;
  pthread_cond_signal(&m->changed);
  pthread_mutex_unlock(&m->lock);
  return NULL;
}

static void a_thread_has_its_name_and_no_signals(void **state) {
  (void)state;
  struct meeting_ctx m = {.lock = PTHREAD_MUTEX_INITIALIZER};
  pthread_t thread;
  sigset_t before, after;
  pthread_sigmask(SIG_BLOCK, NULL, &before);
  thread_cond_init(&m.changed);
  pthread_mutex_lock(&m.lock); /* the thread looks at its name only after thread_start has returned */
  assert_true(thread_start(&thread, "meeting", 256 << 10, arrive, &m));
  int64_t until_ms = thread_now_ms() + 10000;
  while (!m.arrived) assert_true(thread_cond_wait_until(&m.changed, &m.lock, until_ms));
  pthread_mutex_unlock(&m.lock);
  pthread_join(thread, NULL);
  assert_true(sigismember(&m.blocked, SIGTERM) && sigismember(&m.blocked, SIGHUP) && sigismember(&m.blocked, SIGINT));
  assert_string_equal(m.name, "meeting");
  pthread_sigmask(SIG_BLOCK, NULL, &after); /* the starter's own are as they were */
  assert_int_equal(sigismember(&after, SIGTERM), sigismember(&before, SIGTERM));
  pthread_cond_destroy(&m.changed);
}

static void a_wait_ends_with_its_time_and_not_before(void **state) {
  (void)state;
  pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t never;
  thread_cond_init(&never);
  pthread_mutex_lock(&lock);
  int64_t started_ms = thread_now_ms();
  while (thread_cond_wait_until(&never, &lock, started_ms + 20)) continue;
  assert_true(thread_now_ms() >= started_ms + 20);
  while (thread_cond_wait_ms(&never, &lock, -5)) continue; /* a time that has passed */
  pthread_mutex_unlock(&lock);
  pthread_cond_destroy(&never);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_thread_has_its_name_and_no_signals),
      cmocka_unit_test(a_wait_ends_with_its_time_and_not_before),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
