/* Rates, the circuit and floods on a clock of the test's own; the lanes' bookkeeping. */
#include "edge/telegram/out/tg_lane.h"
#include "edge/telegram/out/tg_pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static rand_seeded rnd;
static int begin(void **state) {
  (void)state;
  rand_seeded_init(&rnd, 7);
  return 0;
}

static void a_burst_passes_and_then_one_a_second(void **state) {
  (void)state;
  struct tg_bucket b = {0};
  int64_t now = 1000000;
  for (int i = 0; i < 5; i++) {
    assert_int_equal(tg_bucket_wait_ms(&b, &tg_rate_chat, 1, now), 0);
    tg_bucket_take(&b, &tg_rate_chat, 1, now);
  }
  assert_int_equal(tg_bucket_wait_ms(&b, &tg_rate_chat, 1, now), 1000);
  assert_int_equal(tg_bucket_wait_ms(&b, &tg_rate_chat, 1, now + 400), 600);
  assert_int_equal(tg_bucket_wait_ms(&b, &tg_rate_chat, 1, now + 1000), 0);
  assert_false(tg_bucket_is_full(&b, now + 4999));
  assert_true(tg_bucket_is_full(&b, now + 5000));
}

static void a_little_less_than_thirty_a_second_in_all(void **state) {
  const struct tg_rate all = tg_rate_of_bot(0);
  (void)state;
  struct tg_bucket b = {0};
  int64_t now = 5000, sent = 0;
  for (int64_t t = now; t < now + 10000; t++)
    while (tg_bucket_wait_ms(&b, &all, 1, t) == 0) {
      tg_bucket_take(&b, &all, 1, t);
      sent++;
    }
  assert_in_range(sent, 295 + 20, 295 + 21);
}

static void a_cost_above_the_burst_waits_for_a_full_bucket(void **state) {
  (void)state;
  struct tg_bucket b = {0};
  assert_int_equal(tg_bucket_wait_ms(&b, &tg_rate_chat, 10, 1000), 0);
  tg_bucket_take(&b, &tg_rate_chat, 10, 1000);
  assert_int_equal(tg_bucket_wait_ms(&b, &tg_rate_chat, 1, 1000), 6000);
}

enum { NO_CONNECTION = 0 };

static void the_circuit_opens_after_failures_in_a_row(void **state) {
  (void)state;
  struct tg_circuit c = {0};
  for (int i = 0; i < 4; i++) tg_circuit_failed(&c, NO_CONNECTION, 1000, &rnd.rand);
  tg_circuit_worked(&c);
  for (int i = 0; i < 4; i++) tg_circuit_failed(&c, NO_CONNECTION, 1000, &rnd.rand);
  assert_int_equal(c.state, TG_CLOSED);
  assert_int_equal(tg_circuit_room(&c, 30), 30);
  tg_circuit_failed(&c, NO_CONNECTION, 1000, &rnd.rand);
  assert_int_equal(c.state, TG_OPEN);
  assert_int_equal(tg_circuit_room(&c, 30), 0);
  assert_in_range(c.until_ms, 1750, 2251);
}

static void one_chat_s_failures_open_nothing_and_three_chats_do(void **state) {
  (void)state;
  struct tg_circuit c = {0};
  for (int i = 0; i < 50; i++) tg_circuit_failed(&c, 11, 1000, &rnd.rand);
  for (int i = 0; i < 50; i++) tg_circuit_failed(&c, 22, 1000, &rnd.rand);
  assert_int_equal(c.state, TG_CLOSED);
  tg_circuit_failed(&c, 33, 1000, &rnd.rand);
  assert_int_equal(c.state, TG_OPEN);
  assert_true(tg_circuit_should_probe(&c, c.until_ms));
  tg_circuit_probed(&c, true, 5000, &rnd.rand);
  tg_circuit_failed(&c, 11, 6000, &rnd.rand); /* it failed before: the others have their turn */
  assert_int_equal(c.state, TG_HALF_OPEN);
  tg_circuit_failed(&c, 44, 6000, &rnd.rand);
  assert_int_equal(c.state, TG_OPEN);
  tg_circuit_worked(&c);
  assert_int_equal(c.chat_count, 0);
}

static void it_probes_and_lets_one_through_and_grows(void **state) {
  (void)state;
  struct tg_circuit c = {0};
  for (int i = 0; i < 5; i++) tg_circuit_failed(&c, NO_CONNECTION, 0, &rnd.rand);
  assert_false(tg_circuit_should_probe(&c, c.until_ms - 1));
  assert_true(tg_circuit_should_probe(&c, c.until_ms));
  assert_false(tg_circuit_should_probe(&c, c.until_ms + 1));
  tg_circuit_failed(&c, NO_CONNECTION, 5000, &rnd.rand); /* what was on its way changes nothing */
  assert_int_equal(c.state, TG_PROBING);
  tg_circuit_probed(&c, true, 5000, &rnd.rand);
  assert_int_equal(tg_circuit_room(&c, 30), 1);
  int64_t before = c.open_for_ms;
  tg_circuit_failed(&c, NO_CONNECTION, 6000, &rnd.rand);
  assert_int_equal(c.state, TG_OPEN);
  assert_int_equal(c.open_for_ms, before * 2);
  for (int i = 0; i < 20; i++) {
    assert_true(tg_circuit_should_probe(&c, c.until_ms));
    tg_circuit_probed(&c, false, c.until_ms, &rnd.rand);
  }
  assert_int_equal(c.open_for_ms, 60000);
  assert_true(tg_circuit_should_probe(&c, c.until_ms));
  tg_circuit_probed(&c, true, c.until_ms, &rnd.rand);
  tg_circuit_worked(&c);
  assert_int_equal(c.state, TG_CLOSED);
  assert_int_equal(c.open_for_ms, 0);
}

static void one_chat_s_flood_is_its_own_and_two_are_everybody_s(void **state) {
  (void)state;
  struct tg_flood f = {0};
  assert_false(tg_flood_is_global(&f, 1, 1000));
  assert_false(tg_flood_is_global(&f, 1, 1500));
  assert_true(tg_flood_is_global(&f, 2, 2000));
  assert_false(tg_flood_is_global(&f, 3, 9000));
}

static void the_backoff_grows_to_its_end(void **state) {
  (void)state;
  for (int i = 0; i < 100; i++) {
    assert_in_range(tg_backoff_ms(1, 30000, &rnd.rand), 750, 1251);
    assert_in_range(tg_backoff_ms(3, 30000, &rnd.rand), 3000, 5001);
    assert_in_range(tg_backoff_ms(1000, 30000, &rnd.rand), 22500, 37501);
  }
}

static void a_rival_is_met_less_and_less_often_and_is_gone_when_it_stays_away(void **state) {
  (void)state;
  struct tg_rival r = {0};
  int64_t now = 1000, meetings = 0;
  assert_int_equal(tg_rival_lingers_ms(&r, now), 0);
  for (int64_t until = now + 24 * 3600 * 1000; now < until; meetings++) now += tg_rival_met(&r, now, &rnd.rand);
  assert_in_range(meetings, 200, 500); /* in a day, of one that never gives up */
  int64_t lingers = tg_rival_lingers_ms(&r, now);
  assert_in_range(lingers, 1, 10000);
  assert_int_equal(tg_rival_lingers_ms(&r, now + lingers - 1), 1);
  assert_int_equal(tg_rival_lingers_ms(&r, now + lingers), 0);
  assert_in_range(tg_rival_met(&r, now, &rnd.rand), 3750, 6251); /* as the first time */
}

/* ---- lanes ---- */

static void a_lane_is_known_until_its_pace_is_at_rest(void **state) {
  (void)state;
  struct tg_lanes l = {0};
  struct tg_lane *lane = tg_lanes_open(&l, S("5")), *staff = tg_lanes_open(&l, S("staff"));
  assert_ptr_equal(tg_lanes_open(&l, S("5")), lane);
  assert_ptr_equal(tg_lane_rate(lane), &tg_rate_chat);
  assert_ptr_equal(tg_lane_rate(staff), &tg_rate_group);
  assert_true(tg_lane_is_at_rest(lane, 1000));
  lane->busy = true;
  assert_false(tg_lane_is_at_rest(lane, 1000));
  lane->busy = false;
  tg_bucket_take(&lane->bucket, tg_lane_rate(lane), 2, 1000);
  assert_false(tg_lane_is_at_rest(lane, 2999));
  assert_true(tg_lane_is_at_rest(lane, 3000));
  staff->shut = 1; /* how long to wait next time */
  assert_false(tg_lane_is_at_rest(staff, 3000));
  tg_lanes_close(&l, &lane);
  assert_int_equal(l.count, 1);
  assert_ptr_equal(l.first, staff);
  tg_lanes_open(&l, S("6"));
  tg_lanes_free(&l);
  assert_int_equal(l.count, 0);
}

int main(void) {
  static const struct CMUnitTest tests[] = {
#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, NULL)
      CASE(a_burst_passes_and_then_one_a_second),
      CASE(a_little_less_than_thirty_a_second_in_all),
      CASE(a_cost_above_the_burst_waits_for_a_full_bucket),
      CASE(the_circuit_opens_after_failures_in_a_row),
      CASE(one_chat_s_failures_open_nothing_and_three_chats_do),
      CASE(it_probes_and_lets_one_through_and_grows),
      CASE(one_chat_s_flood_is_its_own_and_two_are_everybody_s),
      CASE(the_backoff_grows_to_its_end),
      CASE(a_rival_is_met_less_and_less_often_and_is_gone_when_it_stays_away),
      CASE(a_lane_is_known_until_its_pace_is_at_rest),
#undef CASE
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
