/* See notice.h: quiet hours and the table of steps, pure. */
#include "desk/notice/notice.h"

#include "base/zone.h"

enum { MINUTE_MS = 60000 };

static const char *const kinds[] = {"waiting", "assigned", "answered"};
const struct json_enum notice_kind_names = {.name = "NoticeKind", .names = kinds, .count = JSON_COUNT(kinds)};
static const char *const reaches[] = {"unlinked", "no_chat", "blocked", "ready"};
const struct json_enum notice_reach_names = {.name = "NoticeReach", .names = reaches, .count = JSON_COUNT(reaches)};

bool notice_wanted(const struct notice_wish *w, int kind) {
  const bool wants[] = {
      [NOTICE_WAITING] = w->waiting, [NOTICE_ASSIGNED] = w->assigned, [NOTICE_ANSWERED] = w->answered};
  return kind >= 0 && (size_t)kind < JSON_COUNT(wants) && wants[kind];
}

/* The zone's clock may change between now and the end: then the end is taken by the offset that holds there. If the hour itself is
 * left out that day, the end comes by the former offset, that is, an hour later on the clock. */
int64_t notice_quiet_until(const struct notice_wish *w, int64_t now_ms) {
  if (w->quiet_from < 0 || w->quiet_to < 0 || w->quiet_from == w->quiet_to) return 0;
  int64_t offset_ms = zone_offset_s(w->time_zone, now_ms) * 1000;
  int64_t local_minute = (now_ms + offset_ms) / MINUTE_MS, minute = local_minute % NOTICE_DAY_MINUTES;
  bool over_midnight = w->quiet_from > w->quiet_to;
  bool quiet =
      over_midnight ? minute >= w->quiet_from || minute < w->quiet_to : minute >= w->quiet_from && minute < w->quiet_to;
  if (!quiet) return 0;
  int64_t left = (w->quiet_to - minute + NOTICE_DAY_MINUTES) % NOTICE_DAY_MINUTES;
  int64_t local_end_ms = (local_minute + left) * MINUTE_MS, end_ms = local_end_ms - offset_ms;
  int64_t then_ms = zone_offset_s(w->time_zone, end_ms) * 1000, shifted_ms = local_end_ms - then_ms;
  if (then_ms != offset_ms && zone_offset_s(w->time_zone, shifted_ms) * 1000 == then_ms) end_ms = shifted_ms;
  return end_ms > now_ms ? end_ms : now_ms + MINUTE_MS;
}

enum notice_step notice_decide(const struct notice_case *n, bool *over) {
  bool holds = n->kind == NOTICE_WAITING ? n->waits : n->mine && !n->closed;
  bool told_elsewhere = n->kind == NOTICE_ANSWERED && !n->unread; /* they have read it in the panel */
  *over = !n->may_tell || !holds || (!n->sent && told_elsewhere);
  if (!n->may_tell) return NOTICE_DROP;
  if (n->sent) return NOTICE_EDIT;
  if (*over) return NOTICE_DROP;
  return n->quiet_until ? NOTICE_LATER : NOTICE_SEND;
}
