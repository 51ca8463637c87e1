/* See clock.h. Calendar arithmetic is the days-from-civil method on the proleptic Gregorian calendar, so that no
 * function here depends on the process's time zone. */
#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t read_ms(clockid_t id) {
  struct timespec t;
  clock_gettime(id, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t system_now(void *self) {
  (void)self;
  return read_ms(CLOCK_REALTIME);
}

static int64_t system_steady(void *self) {
  (void)self;
  return read_ms(CLOCK_MONOTONIC);
}

const sb_clock clock_system = {system_now, system_steady, NULL};

int64_t clock_now_ms(const sb_clock *c) { return c->now_ms(c->self); }
int64_t clock_steady_ms(const sb_clock *c) { return c->steady_ms(c->self); }

int64_t clock_measure_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int64_t manual_now(void *self) { return __atomic_load_n(&((clock_manual *)self)->now_ms, __ATOMIC_SEQ_CST); }

void clock_manual_init(clock_manual *m, int64_t now_ms) {
  *m = (clock_manual){.now_ms = now_ms, .clock = {manual_now, manual_now, m}};
}

static int64_t days_from_civil(int64_t y, int64_t m, int64_t d) {
  y -= m <= 2;
  int64_t era = (y >= 0 ? y : y - 399) / 400;
  int64_t yoe = y - era * 400;
  int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
  int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
  return era * 146097 + doe - 719468;
}

struct civil {
  int year, month, day, hour, minute, second, ms, weekday;
};

static struct civil civil_from_ms(int64_t ms) {
  const int64_t last = 253402300799999; /* 9999-12-31T23:59:59.999Z */
  if (ms < 0) ms = 0;
  if (ms > last) ms = last;
  int64_t days = ms / 86400000, rest = ms % 86400000, z = days + 719468;
  int64_t era = z / 146097, doe = z % 146097;
  int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
  int month = (int)(mp < 10 ? mp + 3 : mp - 9);
  return (struct civil){.year = (int)(yoe + era * 400 + (month <= 2)),
                        .month = month,
                        .day = (int)(doy - (153 * mp + 2) / 5 + 1),
                        .hour = (int)(rest / 3600000),
                        .minute = (int)(rest / 60000 % 60),
                        .second = (int)(rest / 1000 % 60),
                        .ms = (int)(rest % 1000),
                        .weekday = (int)((days + 4) % 7)};
}

static void put_digits(char *out, int v, int width) {
  for (int i = width - 1; i >= 0; i--, v /= 10) out[i] = (char)('0' + v % 10);
}

str clock_format_iso(int64_t ms, char out[CLOCK_ISO_SIZE]) {
  struct civil c = civil_from_ms(ms);
  memcpy(out, "0000-00-00T00:00:00.000Z", 25);
  put_digits(out, c.year, 4);
  put_digits(out + 5, c.month, 2);
  put_digits(out + 8, c.day, 2);
  put_digits(out + 11, c.hour, 2);
  put_digits(out + 14, c.minute, 2);
  put_digits(out + 17, c.second, 2);
  put_digits(out + 20, c.ms, 3);
  return (str){out, 24};
}

static const char days[] = "SunMonTueWedThuFriSat";
static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

str clock_format_http(int64_t ms, char out[CLOCK_HTTP_SIZE]) {
  struct civil c = civil_from_ms(ms);
  memcpy(out, "Xxx, 00 Xxx 0000 00:00:00 GMT", 30);
  memcpy(out, days + (ptrdiff_t)c.weekday * 3, 3);
  put_digits(out + 5, c.day, 2);
  memcpy(out + 8, months + (ptrdiff_t)(c.month - 1) * 3, 3);
  put_digits(out + 12, c.year, 4);
  put_digits(out + 17, c.hour, 2);
  put_digits(out + 20, c.minute, 2);
  put_digits(out + 23, c.second, 2);
  return (str){out, 29};
}

static bool take_digits(str *s, size_t n, int64_t *out) {
  uint64_t v;
  if (s->len < n || !str_to_u64(str_sub(*s, 0, n), &v)) return false;
  *s = str_sub(*s, n, s->len);
  *out = (int64_t)v;
  return true;
}

static bool take_char(str *s, char c) {
  if (s->len == 0 || s->ptr[0] != c) return false;
  *s = str_sub(*s, 1, s->len);
  return true;
}

static bool join(int64_t y, int64_t mo, int64_t d, int64_t h, int64_t mi, int64_t se, int64_t *ms) {
  static const int lengths[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
  if (mo < 1 || mo > 12 || d < 1 || d > lengths[mo - 1] || (mo == 2 && d == 29 && !leap)) return false;
  if (h > 23 || mi > 59 || se > 60) return false;
  *ms = (days_from_civil(y, mo, d) * 86400 + h * 3600 + mi * 60 + se) * 1000;
  return true;
}

bool clock_parse_iso(str s, int64_t *ms) {
  int64_t y, mo, d, h, mi, se, out;
  if (!take_digits(&s, 4, &y) || !take_char(&s, '-') || !take_digits(&s, 2, &mo) || !take_char(&s, '-') ||
      !take_digits(&s, 2, &d))
    return false;
  if (!take_char(&s, 'T') && !take_char(&s, ' ')) return false;
  if (!take_digits(&s, 2, &h) || !take_char(&s, ':') || !take_digits(&s, 2, &mi) || !take_char(&s, ':') ||
      !take_digits(&s, 2, &se) || !join(y, mo, d, h, mi, se, &out))
    return false;
  if (take_char(&s, '.')) {
    int64_t scale = 100;
    size_t n = 0;
    for (; n < s.len && s.ptr[n] >= '0' && s.ptr[n] <= '9'; n++, scale /= 10) out += (s.ptr[n] - '0') * scale;
    if (n == 0) return false;
    s = str_sub(s, n, s.len);
  }
  if (take_char(&s, 'Z') || take_char(&s, 'z')) {
    if (s.len) return false;
  } else {
    bool minus = take_char(&s, '-');
    if ((!minus && !take_char(&s, '+')) || !take_digits(&s, 2, &h) || !take_char(&s, ':') || !take_digits(&s, 2, &mi) ||
        s.len || h > 23 || mi > 59)
      return false;
    out += (minus ? 1 : -1) * (h * 60 + mi) * 60000;
  }
  *ms = out;
  return true;
}

bool clock_parse_http(str s, int64_t *ms) {
  int64_t y, mo = 0, d, h, mi, se;
  if (s.len != 29 || !str_eq(str_sub(s, 3, 5), S(", "))) return false;
  str rest = str_sub(s, 5, s.len);
  if (!take_digits(&rest, 2, &d) || !take_char(&rest, ' ')) return false;
  for (int i = 0; i < 12; i++)
    if (str_eq(str_sub(rest, 0, 3), (str){months + (ptrdiff_t)i * 3, 3})) mo = i + 1;
  rest = str_sub(rest, 3, rest.len);
  if (!take_char(&rest, ' ') || !take_digits(&rest, 4, &y) || !take_char(&rest, ' ') || !take_digits(&rest, 2, &h) ||
      !take_char(&rest, ':') || !take_digits(&rest, 2, &mi) || !take_char(&rest, ':') || !take_digits(&rest, 2, &se))
    return false;
  return str_eq(rest, S(" GMT")) && join(y, mo, d, h, mi, se, ms);
}
