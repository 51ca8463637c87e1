/* Keeps names from disturbing the text around them. Unicode's directional controls act beyond the string that contains
 * them: after "Anna<U+202E>" the rest of the line is drawn from right to left. A name that consists only of invisible
 * characters counts as no name.
 *
 * Clean a name from outside with str_tidy_name when it arrives. Add a name to a longer text with
 * buf_add_isolated. Arabic and Hebrew names stay unchanged; so do U+200E and U+200F, which are invisible letters
 * with a direction, belong to such names, and have no effect beyond an isolated name. Expects valid UTF-8; pure. */
#ifndef SB_BASE_STR_BIDI_H
#define SB_BASE_STR_BIDI_H

#include "base/arena.h"
#include "base/buf.h"

/* Whether any character is visible. Spaces, controls, joiners, variation selectors, fillers (U+3164, U+2800),
 * the soft hyphen and tags are invisible. */
bool str_is_visible(str s);
/* U+202A to U+202E, U+2066 to U+2069, U+061C. */
bool str_has_bidi_controls(str s);
/* Removes those controls: returns `s` itself if it has none, else a copy. */
str str_drop_bidi_controls(arena *a, str s);
/* A name for one line: no directional controls, control characters and line separators as spaces, trimmed, at most
 * max_points code points. STR_NONE when nothing in it is visible. `s` itself when it needs no change. */
str str_tidy_name(arena *a, str s, size_t max_points);
/* Adds a name to a text: between U+2068 and U+2069 if it has right-to-left letters or direction marks, otherwise
 * as it is; never with directional controls of its own. */
void buf_add_isolated(buf *b, str name);

#endif
