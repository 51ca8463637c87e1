/* What a name may do to the text that it is put into. Unicode's directional controls act beyond the string that they
 * came in: after "Anna<U+202E>" everything behind the name on its line is drawn from right to left. And a name of nothing
 * but characters that draw nothing is no name.
 *
 * A name from outside goes through str_tidy_name on its way in. A name inside a longer text of ours is added with
 * buf_add_isolated. Arabic and Hebrew names stay byte for byte; so do U+200E and U+200F, which are invisible letters
 * with a direction, belong to such names, and cannot reach beyond an isolated name. Expects valid UTF-8; pure. */
#ifndef SB_BASE_STR_BIDI_H
#define SB_BASE_STR_BIDI_H

#include "base/arena.h"
#include "base/buf.h"

/* Is there any character that draws something? Spaces, controls, joiners, variation selectors, fillers (U+3164, U+2800),
 * the soft hyphen and tags draw nothing. */
bool str_is_visible(str s);
/* U+202A to U+202E, U+2066 to U+2069, U+061C. */
bool str_has_bidi_controls(str s);
/* Without them: `s` itself when it has none, else a copy. */
str str_drop_bidi_controls(arena *a, str s);
/* A name for one line: no directional controls, control characters and line separators as spaces, trimmed, at most
 * max_points code points. STR_NONE when nothing in it can be seen. `s` itself when it is tidy already. */
str str_tidy_name(arena *a, str s, size_t max_points);
/* Adds a name to a text: between U+2068 and U+2069 where it has letters of right-to-left scripts or direction marks, as
 * it is where it has none; never with directional controls of its own. */
void buf_add_isolated(buf *b, str name);

#endif
