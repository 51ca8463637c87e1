/* When an activity may be shown, on a clock of the test's own. */
#include "edge/telegram/out/tg_activity.h"

#include "desk/conversation/conversation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct tg_activities all;
static struct tg_counters bot;
static int begin(void **state) {
  (void)state;
  memset(&all, 0, sizeof all);
  memset(&bot, 0, sizeof bot);
  return 0;
}

static bool shows(str account, str chat, int activity, int64_t now_ms) {
  return tg_activity_may(&all, &bot, account, chat, activity, now_ms);
}

static void the_same_again_waits_longer_than_another(void **state) {
  (void)state;
  int64_t now = 100;
  assert_true(shows(S("1"), S("7"), ACTIVITY_TYPING, now));
  assert_false(shows(S("1"), S("7"), ACTIVITY_TYPING, now + TG_ACTIVITY_SAME_MS - 1));
  assert_false(shows(S("1"), S("7"), ACTIVITY_RECORD_VOICE, now + TG_ACTIVITY_OTHER_MS - 1));
  assert_true(shows(S("1"), S("7"), ACTIVITY_RECORD_VOICE, now + TG_ACTIVITY_OTHER_MS));
  assert_true(shows(S("1"), S("7"), ACTIVITY_TYPING, now + 2 * TG_ACTIVITY_OTHER_MS));
  assert_true(shows(S("1"), S("7"), ACTIVITY_TYPING, now + 2 * TG_ACTIVITY_OTHER_MS + TG_ACTIVITY_SAME_MS));
}

static void chats_and_bots_do_not_wait_for_each_other(void **state) {
  (void)state;
  assert_true(shows(S("1"), S("7"), ACTIVITY_TYPING, 100));
  assert_true(shows(S("1"), S("8"), ACTIVITY_TYPING, 100));
  assert_true(shows(S("2"), S("7"), ACTIVITY_TYPING, 100));
}

static void all_chats_share_ten_a_second(void **state) {
  (void)state;
  arena *a = arena_new(0);
  int shown = 0;
  for (int64_t now = 100; now < 10100; now += 25)
    shown += shows(S("1"), arena_printf(a, "%lld", (long long)now), ACTIVITY_TYPING, now);
  assert_in_range(shown, 105, 111); /* a burst of ten, then one every 100 ms, of 400 asked */
  arena_free(&a);
}

static void answers_go_first(void **state) {
  (void)state;
  atomic_store(&bot.in_flight, TG_ACTIVITY_BUSY);
  assert_false(shows(S("1"), S("7"), ACTIVITY_TYPING, 100));
  atomic_store(&bot.in_flight, TG_ACTIVITY_BUSY - 1);
  atomic_store(&bot.circuit, TG_OPEN);
  assert_false(shows(S("1"), S("7"), ACTIVITY_TYPING, 100));
  atomic_store(&bot.circuit, TG_CLOSED);
  assert_true(shows(S("1"), S("7"), ACTIVITY_TYPING, 100));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(the_same_again_waits_longer_than_another, begin),
      cmocka_unit_test_setup(chats_and_bots_do_not_wait_for_each_other, begin),
      cmocka_unit_test_setup(all_chats_share_ten_a_second, begin),
      cmocka_unit_test_setup(answers_go_first, begin),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
