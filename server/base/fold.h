/* Folds text for searches and conditions: lower case, no accents, by spec/fold.tbl. SQL folds the same way (on
 * SQLite by this function, on PostgreSQL by a column), and so does the panel. */
#ifndef SB_BASE_FOLD_H
#define SB_BASE_FOLD_H

#include "base/arena.h"
#include "base/buf.h"

/* Malformed UTF-8 becomes U+FFFD; an absent text stays absent. */
str str_fold(arena *a, str s);
/* Bytes that the folded text needs at most. */
size_t fold_max_bytes(size_t len);
/* Writes the folded text and returns its length. */
size_t fold_into(str s, char *out);
/* The table as "aAÀ bB…": a letter and the letters that fold to it, for the contract. */
void fold_print(buf *out);

#endif
