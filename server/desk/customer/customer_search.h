/* Converts user input to each engine's full-text query; pure. */
#ifndef SB_DESK_CUSTOMER_CUSTOMER_SEARCH_H
#define SB_DESK_CUSTOMER_CUSTOMER_SEARCH_H

#include "base/arena.h"
#include "db/db.h"

/* Every word must be a prefix of a word in the name or username. Words are quoted, so they contain no operators of the
 * engine's language; punctuation alone is not a word. Both engines find the same: case, accents and ё are folded
 * (base/fold.h). At most 8 words are used. Empty when there are none. */
str customer_search_match(str query, enum db_engine engine, arena *a);

#endif
