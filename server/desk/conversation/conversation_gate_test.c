/* Who may compare rows at the same time: two operators, one after them, and nobody else. */
#include "desk/conversation/conversation_gate.h"

#include "base/thread.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <cmocka.h>

static atomic_int ended, refused;

static int entered(int64_t operator_id) { return (int)gate_enter(operator_id).code; }

static void *enter(void *arg) {
  const int64_t *operator_id = arg;
  err e = gate_enter(*operator_id);
  if (err_is(e))
    atomic_fetch_add(&refused, 1);
  else
    gate_leave(*operator_id);
  atomic_fetch_add(&ended, 1);
  return NULL;
}

static void one_operator_has_one_place(void **state) {
  (void)state;
  int64_t first = 1;
  pthread_t waiter;
  atomic_store(&ended, 0), atomic_store(&refused, 0);
  assert_int_equal(entered(1), ERR_NONE);
  assert_true(thread_start(&waiter, "waiter", 0, enter, &first));
  assert_int_equal(entered(2), ERR_NONE); /* another one does not wait for it */
  gate_leave(2);
  assert_int_equal(atomic_load(&ended), 0);
  gate_leave(1);
  pthread_join(waiter, NULL);
  assert_int_equal(atomic_load(&refused), 0);
}

static void what_comes_on_top_is_refused(void **state) {
  (void)state;
  enum { CROWD = 12 };
  pthread_t crowd[CROWD];
  int64_t ids[CROWD];
  atomic_store(&ended, 0), atomic_store(&refused, 0);
  assert_int_equal(entered(1), ERR_NONE);
  assert_int_equal(entered(2), ERR_NONE);
  int64_t from_ms = thread_now_ms();
  for (int i = 0; i < CROWD; i++) {
    ids[i] = i % 2 ? 3 + i : 1;
    assert_true(thread_start(&crowd[i], "crowd", 0, enter, &ids[i]));
  }
  while (atomic_load(&refused) < CROWD - GATE_WAITING_MAX && thread_now_ms() - from_ms < 30000) continue;
  assert_int_equal(atomic_load(&ended), CROWD - GATE_WAITING_MAX);
  for (int i = 0; i < CROWD; i++) pthread_join(crowd[i], NULL);
  assert_int_equal(atomic_load(&refused), CROWD); /* the last one has waited long enough */
  err e = gate_enter(3);
  assert_int_equal(e.code, ERR_OVERLOADED);
  assert_true(e.retry_ms > 0);
  gate_leave(1);
  assert_int_equal(entered(3), ERR_NONE);
  gate_leave(2);
  gate_leave(3);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_operator_has_one_place),
      cmocka_unit_test(what_comes_on_top_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
