/* For tests: explains how an engine would run the named statements, without running them. */
#ifndef SB_DB_CHECK_H
#define SB_DB_CHECK_H

#include "db/db.h"

struct db_plan {
  const char *statement; /* its name */
  err problem;           /* the engine's error when it cannot prepare the statement */
  str scans;             /* the tables (or their aliases) that it scans, separated by spaces; absent: none */
  str walks;             /* on SQLite: the tables that it reads along an index from one end, until a LIMIT stops it */
  str plan;              /* the engine's output */
};

/* Explains every statement on the migrated database at url; plans has room for count and is allocated in `a`.
 * A scan is: on SQLite a SCAN of a table without an index, on PostgreSQL a Seq Scan although those are disabled where
 * possible. A walk is a SCAN with an index. PostgreSQL chooses among indexes by the tables' content, so
 * its walks are not reported. Scans and walks may be intended (the first row by id with a LIMIT, a table of a few
 * rows): the caller lists the statements that may have them. */
err db_explain(const char *url, const struct db_statement *statements, int count, arena *a, struct db_plan *plans);

#endif
