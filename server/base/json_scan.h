/* Finds the members of a JSON text without parsing it as a whole: for speed, and for texts that a parser would
 * refuse as a whole (one cut-off update among a hundred). Lenient: a returned value may be malformed inside.
 * Pure; works in place; any thread. */
#ifndef SB_BASE_JSON_SCAN_H
#define SB_BASE_JSON_SCAN_H

#include "base/str.h"

/* The text of a member's value, of the first member with this name. False when there is none or the object is cut off
 * before it. Names are compared byte by byte; escapes in them are not resolved. */
bool json_scan_member(str object, str name, str *value);
/* The next member of an object, in its order; *at starts at 0. False at the end and when the rest is incomplete. */
bool json_scan_next(str object, size_t *at, str *name, str *value);
/* The next element of an array; *at starts at 0. False at the end and when the rest is incomplete. */
bool json_scan_element(str array, size_t *at, str *element);

#endif
