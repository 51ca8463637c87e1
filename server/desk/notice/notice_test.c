/* Notices: quiet hours on days when the clock changes, and what becomes of a notice. */
#include "desk/notice/notice.h"

#include "base/arena.h"
#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static int64_t at(const char *iso) {
  int64_t ms = 0;
  if (!clock_parse_iso(str_c(iso), &ms)) fail_msg("%s is no time", iso);
  return ms;
}

static void quiet_hours_end_by_the_zone_s_clock(void **state) {
  (void)state;
  static const struct {
    const char *sentence;
    int from, to;
    const char *zone, *now, *end; /* end NULL: it is not quiet */
  } cases[] = {
      {"no quiet hours", -1, -1, "UTC", "2026-11-30T23:00:00Z", NULL},
      {"the same hour twice is none", 480, 480, "UTC", "2026-11-30T08:00:00Z", NULL},
      {"before midnight", 22 * 60, 8 * 60, "UTC", "2026-11-30T23:30:20Z", "2026-12-01T08:00:00Z"},
      {"after midnight", 22 * 60, 8 * 60, "UTC", "2026-12-01T07:59:59Z", "2026-12-01T08:00:00Z"},
      {"its end is not quiet", 22 * 60, 8 * 60, "UTC", "2026-12-01T08:00:00Z", NULL},
      {"its beginning is", 22 * 60, 8 * 60, "UTC", "2026-11-30T22:00:00Z", "2026-12-01T08:00:00Z"},
      {"by day", 22 * 60, 8 * 60, "UTC", "2026-11-30T12:00:00Z", NULL},
      {"within a day", 12 * 60, 13 * 60, "UTC", "2026-11-30T12:30:00Z", "2026-11-30T13:00:00Z"},
      {"in Moscow", 22 * 60, 8 * 60, "Europe/Moscow", "2026-11-30T19:00:00Z", "2026-12-01T05:00:00Z"},
      {"a fixed offset", 22 * 60, 8 * 60, "+05:30", "2026-11-30T17:00:00Z", "2026-12-01T02:30:00Z"},
      /* Europe/Berlin: on 2026-03-29 at 01:00Z the clock goes from 02:00 to 03:00; on 2026-10-25 at 01:00Z from 03:00 to 02:00. */
      {"a short night", 22 * 60, 8 * 60, "Europe/Berlin", "2026-03-28T22:00:00Z", "2026-03-29T06:00:00Z"},
      {"a long night", 22 * 60, 8 * 60, "Europe/Berlin", "2026-10-24T21:00:00Z", "2026-10-25T07:00:00Z"},
      {"an end that does not exist that day", 22 * 60, 2 * 60 + 30, "Europe/Berlin", "2026-03-28T23:00:00Z",
       "2026-03-29T01:30:00Z"},
      {"the first of two ends", 22 * 60, 2 * 60 + 30, "Europe/Berlin", "2026-10-24T23:00:00Z", "2026-10-25T00:30:00Z"},
      {"the hour that comes twice is quiet again", 22 * 60, 2 * 60 + 30, "Europe/Berlin", "2026-10-25T01:10:00Z",
       "2026-10-25T01:30:00Z"},
      {"an unknown zone is UTC", 22 * 60, 8 * 60, "Nowhere/Land", "2026-11-30T23:00:00Z", "2026-12-01T08:00:00Z"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct notice_wish w = {
        .quiet_from = cases[i].from, .quiet_to = cases[i].to, .time_zone = str_c(cases[i].zone), .language = S("en")};
    int64_t end = notice_quiet_until(&w, at(cases[i].now)), wanted = cases[i].end ? at(cases[i].end) : 0;
    if (end != wanted) fail_msg("%s: %lld minutes off", cases[i].sentence, (long long)(end - wanted) / 60000);
  }
}

static void what_becomes_of_a_notice(void **state) {
  (void)state;
  static const struct {
    const char *why;
    struct notice_case n;
    enum notice_step step;
    bool over;
  } cases[] = {
      {"it waits", {NOTICE_WAITING, .may_tell = true, .waits = true}, NOTICE_SEND, false},
      {"at night", {NOTICE_WAITING, .may_tell = true, .waits = true, .quiet_until = 9}, NOTICE_LATER, false},
      {"taken before it left", {NOTICE_WAITING, .may_tell = true}, NOTICE_DROP, true},
      {"taken at night before it left", {NOTICE_WAITING, .may_tell = true, .quiet_until = 9}, NOTICE_DROP, true},
      {"taken after it left", {NOTICE_WAITING, .sent = true, .may_tell = true}, NOTICE_EDIT, true},
      {"an edit does not ring",
       {NOTICE_WAITING, .sent = true, .may_tell = true, .waits = true, .quiet_until = 9},
       NOTICE_EDIT,
       false},
      {"not theirs to know", {NOTICE_WAITING, .waits = true}, NOTICE_DROP, true},
      {"deactivated since", {NOTICE_WAITING, .sent = true, .waits = true}, NOTICE_DROP, true},
      {"given to them", {NOTICE_ASSIGNED, .may_tell = true, .mine = true}, NOTICE_SEND, false},
      {"given to another", {NOTICE_ASSIGNED, .may_tell = true}, NOTICE_DROP, true},
      {"closed since",
       {NOTICE_ASSIGNED, .sent = true, .may_tell = true, .mine = true, .closed = true},
       NOTICE_EDIT,
       true},
      {"unread", {NOTICE_ANSWERED, .may_tell = true, .mine = true, .unread = true}, NOTICE_SEND, false},
      {"read in the panel", {NOTICE_ANSWERED, .may_tell = true, .mine = true}, NOTICE_DROP, true},
      {"read after it left", {NOTICE_ANSWERED, .sent = true, .may_tell = true, .mine = true}, NOTICE_EDIT, false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    bool over = false;
    enum notice_step step = notice_decide(&cases[i].n, &over);
    if (step != cases[i].step || over != cases[i].over) fail_msg("%s: %d, %d", cases[i].why, (int)step, (int)over);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(quiet_hours_end_by_the_zone_s_clock),
      cmocka_unit_test(what_becomes_of_a_notice),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
