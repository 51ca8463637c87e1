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

/* Two threads that answer each other: one lost wake-up, and the count stays where it is. */
struct answer_ctx {
  struct side {
    atomic_bool woken;
    pthread_mutex_t lock;
    pthread_cond_t changed;
  } sides[2];
  int turns[2];
};

enum { TURNS = 20000 };

static bool wait_and_clear(struct side *side) {
  int64_t until_ms = thread_now_ms() + 30000;
  pthread_mutex_lock(&side->lock);
  while (!atomic_load(&side->woken) && thread_cond_wait_until(&side->changed, &side->lock, until_ms)) continue;
  bool woken = atomic_exchange(&side->woken, false);
  pthread_mutex_unlock(&side->lock);
  return woken;
}

static void play(struct answer_ctx *a, int me) {
  struct side *other = &a->sides[!me];
  while (a->turns[me] < TURNS && wait_and_clear(&a->sides[me])) {
    a->turns[me]++;
    thread_wake(&other->woken, &other->changed, &other->lock);
  }
}

static void *answer(void *arg) {
  play(arg, 1);
  return NULL;
}

static void no_wake_up_is_lost(void **state) {
  (void)state;
  struct answer_ctx a = {.sides = {{.lock = PTHREAD_MUTEX_INITIALIZER}, {.lock = PTHREAD_MUTEX_INITIALIZER}}};
  for (int i = 0; i < 2; i++) thread_cond_init(&a.sides[i].changed);
  pthread_t thread;
  assert_true(thread_start(&thread, "answer", 256 << 10, answer, &a));
  thread_wake(&a.sides[0].woken, &a.sides[0].changed, &a.sides[0].lock);
  play(&a, 0);
  pthread_join(thread, NULL);
  assert_int_equal(a.turns[0], TURNS);
  assert_int_equal(a.turns[1], TURNS);
  for (int i = 0; i < 2; i++) pthread_cond_destroy(&a.sides[i].changed);
}

/* Nobody takes the lock for a thread that has been woken and has not looked yet. */
static void waking_the_woken_needs_no_lock(void **state) {
  (void)state;
  struct side side = {.lock = PTHREAD_MUTEX_INITIALIZER};
  thread_cond_init(&side.changed);
  thread_wake(&side.woken, &side.changed, &side.lock);
  assert_true(atomic_load(&side.woken));
  pthread_mutex_lock(&side.lock);
  thread_wake(&side.woken, &side.changed, &side.lock); /* would wait for ever */
  pthread_mutex_unlock(&side.lock);
  pthread_cond_destroy(&side.changed);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_thread_has_its_name_and_no_signals),
      cmocka_unit_test(a_wait_ends_with_its_time_and_not_before),
      cmocka_unit_test(no_wake_up_is_lost),
      cmocka_unit_test(waking_the_woken_needs_no_lock),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
