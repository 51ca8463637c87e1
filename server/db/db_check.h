/* For tests: how an engine would run the named statements, without running them. */
#ifndef SB_DB_CHECK_H
#define SB_DB_CHECK_H

#include "db/db.h"

struct db_plan {
  const char *statement; /* its name */
  err problem;           /* why the engine does not prepare it */
  str scans;             /* the tables (or their aliases) that it reads whole, separated by spaces; absent: none */
  str walks; /* on SQLite: those that it reads along an index from one of its ends, until a LIMIT stops it */
  str plan;  /* in the engine's own words */
};

/* Asks about every statement, of the migrated database at url; plans has room for count and lives in `a`.
 * A scan is: on SQLite a SCAN of a table without an index, on PostgreSQL a Seq Scan although those are forbidden where
 * anything else is possible. A walk is a SCAN with an index; PostgreSQL chooses among indexes by what the tables hold, so
 * its walks say nothing and are not told. Scans and walks may be meant (the first row by id with a LIMIT, a table of a few
 * rows): the caller says which statements may. */
err db_explain(const char *url, const struct db_statement *statements, int count, arena *a, struct db_plan *plans);

#endif
