/* When a webhook is given up and tried again, on a clock of the test's own. */
#include "edge/telegram/bot/tg_delivery.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { SET_S = 1000000 };

static rand_seeded rnd;
static struct tg_delivery delivery;

static int begin(void **state) {
  (void)state;
  rand_seeded_init(&rnd, 7);
  delivery = (struct tg_delivery){0};
  tg_delivery_set(&delivery, SET_S);
  return 0;
}

static enum tg_verdict look(int64_t after_s, int64_t pending, int64_t error_s, int64_t arrived_s) {
  struct tg_look l = {SET_S + after_s, pending, error_s ? SET_S + error_s : 0, arrived_s ? SET_S + arrived_s : 0};
  return tg_delivery_judge(&delivery, &l);
}

static void one_look_is_judged(void **state) {
  (void)state;
  static const struct {
    int64_t after_s, pending, error_s, arrived_s;
    enum tg_verdict verdict;
    const char *why;
  } cases[] = {
      {60, 0, 0, 0, TG_DELIVERY_WELL, "nothing waits"},
      {60, 0, 50, 0, TG_DELIVERY_WELL, "an error whose update has arrived since"},
      {60, 3, 50, 0, TG_DELIVERY_REFUSED, "an error, and updates wait"},
      {60, 3, 50, 59, TG_DELIVERY_WELL, "an update arrived after the error"},
      {60, 3, 50, 55, TG_DELIVERY_SILENT, "the same, but none has arrived since the last look"},
      {60, 3, 50, 40, TG_DELIVERY_REFUSED, "the last one arrived before the error"},
      {200, 3, 50, 199, TG_DELIVERY_WELL, "an old error, and updates arrive"},
      {60, 3, -10, 59, TG_DELIVERY_WELL, "an error of before the webhook was set"},
      {60, 3, 0, 0, TG_DELIVERY_SILENT, "no error, and none arrives"},
      {60, 3, 0, 59, TG_DELIVERY_WELL, "no error, and one has just arrived"},
      {0, 3, 0, 0, TG_DELIVERY_WELL, "it was set this second"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    begin(NULL);
    if (look(cases[i].after_s, cases[i].pending, cases[i].error_s, cases[i].arrived_s) != cases[i].verdict)
      fail_msg("%s", cases[i].why);
  }
}

static void two_refusals_in_a_row_are_enough_and_are_seen_within_seconds(void **state) {
  (void)state;
  assert_int_equal(delivery.look_ms, 1000);
  look(1, 1, 1, 0);
  assert_false(tg_delivery_is_lost(&delivery));
  assert_int_equal(delivery.look_ms, 2000);
  look(3, 1, 3, 2);
  assert_true(tg_delivery_is_lost(&delivery));
  begin(NULL);
  look(1, 1, 1, 0);
  look(3, 0, 1, 2);
  look(5, 1, 5, 2);
  assert_false(tg_delivery_is_lost(&delivery));
}

static void silence_takes_longer_and_looks_become_rare_when_all_is_well(void **state) {
  (void)state;
  for (int i = 0; i < 10; i++) look(i, 0, 0, 0);
  assert_int_equal(delivery.look_ms, 30000);
  for (int i = 0; i < 3; i++) assert_int_equal(look(100 + i * 10, 1, 0, 0), TG_DELIVERY_SILENT);
  assert_int_equal(delivery.look_ms, 10000);
  assert_false(tg_delivery_is_lost(&delivery));
  look(130, 1, 0, 0);
  assert_true(tg_delivery_is_lost(&delivery));
}

static void it_is_tried_again_less_and_less_often_until_it_delivers(void **state) {
  (void)state;
  int64_t waits_ms[12] = {0};
  for (int i = 0; i < 12; i++) {
    tg_delivery_give_up(&delivery, 5000, &rnd.rand);
    assert_true(delivery.polls);
    waits_ms[i] = delivery.again_at_ms - 5000;
    tg_delivery_set(&delivery, SET_S + i);
    assert_false(delivery.polls);
    look(i, 0, 0, 0); /* nothing wrong, but nothing delivered either */
  }
  assert_in_range(waits_ms[0], 5000, 6250);
  assert_in_range(waits_ms[1], 10000, 12500);
  assert_in_range(waits_ms[11], 1800000, 2250000);
  tg_delivery_set(&delivery, SET_S);
  look(10, 0, 0, 5);
  tg_delivery_give_up(&delivery, 0, &rnd.rand);
  assert_in_range(delivery.again_at_ms, 5000, 6250);
  tg_delivery_forgive(&delivery);
  assert_false(delivery.polls);
}

int main(void) {
  static const struct CMUnitTest tests[] = {
#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, NULL)
      CASE(one_look_is_judged),
      CASE(two_refusals_in_a_row_are_enough_and_are_seen_within_seconds),
      CASE(silence_takes_longer_and_looks_become_rare_when_all_is_well),
      CASE(it_is_tried_again_less_and_less_often_until_it_delivers),
#undef CASE
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
