/* Inside base: what stands between a text of the world and jansson, which refuses a whole text for one value that it
 * dislikes, though nobody may read that value. One pass over the bytes; a sound text is not copied.
 *
 * Mended are values only, never the structure: half a surrogate pair, NUL and malformed UTF-8 in a string become U+FFFD;
 * raw tabs and line breaks in a string become their escapes, other raw controls U+FFFD; a whole number beyond 64 bits
 * becomes the nearest floating-point number, which no field of a whole number takes; a number beyond floating point
 * becomes the largest that is written here; a byte order mark in front is dropped. Everything else is the parser's to
 * judge. */
#ifndef SB_BASE_JSON_MEND_H
#define SB_BASE_JSON_MEND_H

#include "base/buf.h"

/* JSON_MEND_GROWTH times the text's size is enough for `room`, which is touched only where something is mended. *out is
 * a slice of `text` or of `room`. *deep_at is the byte of *out* where the nesting first exceeds depth_max, or its end. */
enum { JSON_MEND_GROWTH = 3 };
void json_mend(str text, int depth_max, buf *room, str *out, size_t *deep_at);

#endif
