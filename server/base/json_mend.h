/* Repairs JSON from other programs before jansson parses it: jansson refuses a whole text for one value that it cannot
 * represent, even if nobody reads that value. Makes one pass over the bytes and does not copy a text without faults.
 *
 * Only values are repaired, never the structure. In a string, half a surrogate pair, NUL and malformed UTF-8 become
 * U+FFFD; raw tabs and line breaks become their escapes, other raw control characters U+FFFD. A whole number beyond 64
 * bits becomes the nearest floating-point number, which no field of a whole number accepts; a number beyond floating
 * point becomes the largest one. An object or a list on a level below depth_max becomes null, so that the parser, which
 * recurses, stays within depth_max levels. A byte order mark in front is dropped. The parser judges everything else. */
#ifndef SB_BASE_JSON_MEND_H
#define SB_BASE_JSON_MEND_H

#include "base/buf.h"

/* JSON_MEND_GROWTH times the text's size is enough for `room`, which is touched only where something is mended. Returns
 * a slice of `text` or of `room`. */
enum { JSON_MEND_GROWTH = 3 };
str json_mend(str text, int depth_max, buf *room);

#endif
