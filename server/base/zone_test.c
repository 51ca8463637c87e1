/* Days in zones: fixed ones, named ones with their summers, and what is no zone. */
#include "base/zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
enum { HOUR_S = 3600 };

static void offsets_are_those_of_the_zone_at_that_moment(void **state) {
  (void)state;
  static const struct {
    const char *zone;
    int64_t ms;
    int64_t offset_s;
    const char *why;
  } rows[] = {
      {"UTC", 1769862896000, 0, "none"},
      {"Z", 1769862896000, 0, "none, in short"},
      {"+03:00", 1769862896000, 3 * HOUR_S, "with a colon"},
      {"UTC+3", 1769862896000, 3 * HOUR_S, "one digit"},
      {"GMT-11", 1769862896000, -11 * HOUR_S, "two digits"},
      {"-0330", 1769862896000, -3 * HOUR_S - HOUR_S / 2, "four digits"},
      {"+14:00", 0, 14 * HOUR_S, "the furthest"},
      {"Europe/Moscow", 1769862896000, 3 * HOUR_S, "by name"},
      {"Europe/Moscow", 1343901600000, 4 * HOUR_S, "as it was in 2012"},
      {"Europe/Berlin", 1769862896000, HOUR_S, "in winter"},
      {"Europe/Berlin", 1785500000000, 2 * HOUR_S, "in summer"},
      {"America/New_York", 1785500000000, -4 * HOUR_S, "west"},
      {"Asia/Kolkata", 1769862896000, 5 * HOUR_S + HOUR_S / 2, "a half"},
  };
  bool named = access("/usr/share/zoneinfo/Europe/Moscow", R_OK) == 0;
  for (size_t i = 0; i < COUNT(rows); i++) {
    if (!named && str_contains(str_c(rows[i].zone), S("/"))) continue;
    if (!zone_known(str_c(rows[i].zone))) fail_msg("%s is unknown", rows[i].zone);
    int64_t got = zone_offset_s(str_c(rows[i].zone), rows[i].ms);
    if (got != rows[i].offset_s) fail_msg("%s (%s): %lld", rows[i].zone, rows[i].why, (long long)got);
  }
}

static void what_is_no_zone_is_known_as_none(void **state) {
  (void)state;
  static const char *const names[] = {
      "Mars/Olympus", "/etc/passwd", "../../../etc/passwd", "+15:00",          "+1:2:3",      "+",
      "+99999",       "Europe",      "tzdata.zi",           "Europe/Mos\ncow", "zone1970.tab"};
  for (size_t i = 0; i < COUNT(names); i++) {
    if (zone_known(str_c(names[i]))) fail_msg("%s", names[i]);
    assert_int_equal(zone_offset_s(str_c(names[i]), 0), 0);
  }
}

static void a_day_begins_at_the_zones_own_midnight(void **state) {
  (void)state;
  char day[ZONE_DAY_SIZE];
  const int64_t evening = 1769889600000; /* 2026-01-31T20:00:00Z */
  zone_day(S("UTC"), evening, day);
  assert_string_equal(day, "2026-01-31");
  zone_day(S("+04:00"), evening, day);
  assert_string_equal(day, "2026-02-01");
  zone_day(S("+03:59"), evening, day);
  assert_string_equal(day, "2026-01-31");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(offsets_are_those_of_the_zone_at_that_moment),
      cmocka_unit_test(what_is_no_zone_is_known_as_none),
      cmocka_unit_test(a_day_begins_at_the_zones_own_midnight),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
