/* Days in a time zone: "UTC", a fixed offset ("+03:00", "UTC+3"), or a name of the machine's zone files
 * ("Europe/Moscow"). The file is read at each call, since calls are rare; no process-wide state is changed, as libc's
 * functions would do. Any thread. */
#ifndef SB_BASE_ZONE_H
#define SB_BASE_ZONE_H

#include "base/str.h"

enum { ZONE_NAME_MAX = 64, ZONE_DAY_SIZE = 11 };

/* False when there is no such zone here. */
bool zone_known(str name);
/* How far the zone is ahead of UTC at a moment; 0 for an unknown one. */
int64_t zone_offset_s(str name, int64_t ms);
/* "2026-01-31": the date in that zone. */
void zone_day(str name, int64_t ms, char out[ZONE_DAY_SIZE]);

#endif
