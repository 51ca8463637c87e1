/* Times: written, read back, and refused where there is no such moment. */
#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void iso_times_are_read(void **state) {
  (void)state;
  static const struct {
    const char *text;
    bool valid;
    int64_t ms;
    const char *why;
  } rows[] = {
      {"1970-01-01T00:00:00Z", true, 0, "the origin"},
      {"2026-01-31T12:34:56.789Z", true, 1769862896789, "as we write it"},
      {"2026-01-31 12:34:56Z", true, 1769862896000, "a space for the T"},
      {"2026-01-31T12:34:56.7Z", true, 1769862896700, "one digit of a fraction"},
      {"2026-01-31T12:34:56.7894999999999999999999Z", true, 1769862896789, "many digits"},
      {"2026-01-31T14:34:56+02:00", true, 1769862896000, "east"},
      {"2026-01-31T09:04:56-03:30", true, 1769862896000, "west"},
      {"2024-02-29T00:00:00Z", true, 1709164800000, "a leap day"},
      {"2000-02-29T00:00:00Z", true, 951782400000, "a leap day of a century"},
      {"2016-12-31T23:59:60Z", true, 1483228800000, "a leap second is the next second"},
      {"1900-02-29T00:00:00Z", false, 0, "no leap day in that century"},
      {"2025-02-29T00:00:00Z", false, 0, "no leap day in that year"},
      {"2026-04-31T00:00:00Z", false, 0, "April is shorter"},
      {"2026-13-01T00:00:00Z", false, 0, "a thirteenth month"},
      {"2026-00-01T00:00:00Z", false, 0, "no month"},
      {"2026-01-00T00:00:00Z", false, 0, "no day"},
      {"2026-01-31T24:00:00Z", false, 0, "a twenty-fifth hour"},
      {"2026-01-31T12:60:00Z", false, 0, "a sixty-first minute"},
      {"2026-01-31T12:34:56", false, 0, "no zone"},
      {"2026-01-31T12:34:56.Z", false, 0, "a point without digits"},
      {"2026-01-31T12:34:56Zx", false, 0, "rubbish behind"},
      {"2026-01-31T12:34:56+0200", false, 0, "a zone without its colon"},
      {"2026-01-31T12:34:56+24:00", false, 0, "a zone too far"},
      {"2026-1-31T12:34:56Z", false, 0, "one digit of a month"},
      {"2026-01-31", false, 0, "a date alone"},
      {"-026-01-31T12:34:56Z", false, 0, "a sign"},
      {"", false, 0, "nothing"},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    int64_t ms = 42;
    bool valid = clock_parse_iso(str_c(rows[i].text), &ms);
    if (valid != rows[i].valid || ms != (valid ? rows[i].ms : 42)) fail_msg("%s: %lld", rows[i].why, (long long)ms);
  }
}

static void what_is_written_is_read_back(void **state) {
  (void)state;
  char iso[CLOCK_ISO_SIZE], http[CLOCK_HTTP_SIZE];
  for (int64_t ms = 0; ms < 253402300799999; ms += 86399999LL * 37) { /* every month and hour of 8,000 years */
    int64_t back;
    assert_true(clock_parse_iso(clock_format_iso(ms, iso), &back));
    assert_int_equal(back, ms);
    assert_true(clock_parse_http(clock_format_http(ms, http), &back));
    assert_int_equal(back, ms / 1000 * 1000);
  }
  assert_string_equal(clock_format_iso(253402300799999, iso).ptr, "9999-12-31T23:59:59.999Z");
  assert_string_equal(clock_format_iso(INT64_MAX, iso).ptr, "9999-12-31T23:59:59.999Z");
  assert_string_equal(clock_format_iso(-1, iso).ptr, "1970-01-01T00:00:00.000Z");
  assert_string_equal(clock_format_http(784111777000, http).ptr, "Sun, 06 Nov 1994 08:49:37 GMT");
}

static void http_times_are_read(void **state) {
  (void)state;
  int64_t ms;
  assert_true(clock_parse_http(S("Sun, 06 Nov 1994 08:49:37 GMT"), &ms));
  assert_int_equal(ms, 784111777000);
  static const char *const refused[] = {"Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 Xyz 1994 08:49:37 GMT",
                                        "Sun, 31 Feb 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", ""};
  for (size_t i = 0; i < COUNT(refused); i++)
    if (clock_parse_http(str_c(refused[i]), &ms)) fail_msg("%s", refused[i]);
}

static void tests_own_the_manual_clock(void **state) {
  (void)state;
  clock_manual m;
  clock_manual_init(&m, 1000);
  m.now_ms += 5;
  assert_int_equal(clock_now_ms(&m.clock), 1005);
  assert_int_equal(clock_steady_ms(&m.clock), 1005);
  assert_true(clock_now_ms(&clock_system) > 1700000000000);
  int64_t first = clock_steady_ms(&clock_system), us = clock_measure_us();
  assert_true(clock_steady_ms(&clock_system) >= first && clock_measure_us() >= us);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(iso_times_are_read),
      cmocka_unit_test(what_is_written_is_read_back),
      cmocka_unit_test(http_times_are_read),
      cmocka_unit_test(tests_own_the_manual_clock),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
