/* A text as searches and conditions compare it: in small letters and without accents, by spec/fold.tbl. SQL folds alike (on
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
/* The table as "aAÀ bB…": a letter and those that read as it, for the contract. */
void fold_print(buf *out);

#endif
