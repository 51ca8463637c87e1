/* Finds the members of a JSON text without parsing it as a whole. One update that a parser refuses (one that is cut
 * off) must not take the other 99 of its batch with it, so a batch is cut into its updates first, and
 * from one that cannot be parsed its id is still read. Lenient: what it cuts out may be malformed inside.
 * Pure; works in place; any thread. */
#ifndef SB_EDGE_TELEGRAM_TG_SCAN_H
#define SB_EDGE_TELEGRAM_TG_SCAN_H

#include "base/str.h"

/* The text of a member's value, of the first member with this name. False when there is none or the object is cut off
 * before it. Names are compared as they stand; escapes in them are not resolved. */
bool tg_scan_member(str object, str name, str *value);
/* The next element of an array; *at starts at 0. False at the end and when the rest is not whole. */
bool tg_scan_element(str array, size_t *at, str *element);

#endif
