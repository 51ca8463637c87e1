/* From what a person typed to each engine's full-text query; pure. */
#ifndef SB_DESK_CUSTOMER_CUSTOMER_SEARCH_H
#define SB_DESK_CUSTOMER_CUSTOMER_SEARCH_H

#include "base/arena.h"
#include "db/db.h"

/* Every word must begin a word of the name or username. Words are quoted, so nothing in them is an operator of the
 * engine's language; signs alone are no words. Both engines find alike: case, accents and ё are folded (base/fold.h). At most 8 words count. Empty when there are none. */
str customer_search_match(str query, enum db_engine engine, arena *a);

#endif
