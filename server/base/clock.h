/* Time is injected: code that needs it holds a clock, so that tests control it.
 * Wall times are milliseconds since 1970 UTC; steady times are milliseconds from an arbitrary origin and never go back. */
#ifndef SB_BASE_CLOCK_H
#define SB_BASE_CLOCK_H

#include "base/str.h"

typedef struct sb_clock {
  int64_t (*now_ms)(void *self);
  int64_t (*steady_ms)(void *self);
  void *self;
} sb_clock;

/* The machine's clock. */
extern const sb_clock clock_system;

int64_t clock_now_ms(const sb_clock *c);
int64_t clock_steady_ms(const sb_clock *c);
/* For measuring only, never for rules: microseconds, steady. */
int64_t clock_measure_us(void);

/* A clock that a test moves by hand; both readings move together. */
typedef struct clock_manual {
  int64_t now_ms;
  sb_clock clock;
} clock_manual;
void clock_manual_init(clock_manual *m, int64_t now_ms);

enum { CLOCK_ISO_SIZE = 32, CLOCK_HTTP_SIZE = 32 };
/* "2026-01-31T12:34:56.789Z", in out; years 1970 to 9999, others are clamped. */
str clock_format_iso(int64_t ms, char out[CLOCK_ISO_SIZE]);
/* "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7). */
str clock_format_http(int64_t ms, char out[CLOCK_HTTP_SIZE]);
/* Reads what clock_format_iso writes, with or without fraction, zone Z or +hh:mm. */
bool clock_parse_iso(str s, int64_t *ms);
bool clock_parse_http(str s, int64_t *ms);

#endif
