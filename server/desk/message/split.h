/* Cuts a long text into pieces that a channel takes: at the end of a paragraph, else of a line, a sentence, a word; not inside a
 * formatting entity unless the entity itself is too long (then each piece has its part), and never inside a character. Lengths in
 * UTF-16 code units. Pure. */
#ifndef SB_DESK_MESSAGE_SPLIT_H
#define SB_DESK_MESSAGE_SPLIT_H

#include "desk/message/message.h"

struct text_piece {
  str text;
  struct entity *entities; /* offsets in this piece */
  size_t entity_count;
};
/* first_max: of the first piece, above 1; rest_max: of each further one. The text is valid UTF-8 and its entities are checked. A
 * text that fits is one piece, unchanged; of a longer one blank pieces and the blanks at a cut are left out. */
void text_split(str text, const struct entity *entities, size_t entity_count, size_t first_max, size_t rest_max,
                arena *a, struct text_piece **pieces, size_t *count);

#endif
