/* Migrations: server/migrations/NNNN_words.sql (or NNNN_words.sqlite.sql and .postgres.sql), embedded in the binary.
 * Each file runs in one transaction under a lock (PostgreSQL: an advisory lock; SQLite: BEGIN EXCLUSIVE), so several
 * starting nodes do not collide; its SHA-256 is stored, and a file that changed after it ran is an error.
 * A database with a migration that this binary does not know was written by a newer binary and is refused.
 * Placeholders in the .sql, replaced for each engine: @ID@ (a generated primary key), @BLOB@. */
#ifndef SB_DB_MIGRATE_H
#define SB_DB_MIGRATE_H

#include "db/db.h"

struct db_migration {
  int number;
  const char *name;
  const char *sqlite, *postgres; /* NULL: nothing to run on this engine */
};

struct db_migrate_report {
  int applied, current; /* how many ran now; the highest number of all */
};

/* url as for db_open; creates the SQLite file (mode 0600) if there is none. Needs no open db. */
err db_migrate(const char *url, const struct db_migration *list, int count, const sb_clock *clock,
               struct db_migrate_report *report);
/* ERR_CONFLICT with a clear detail when the database is newer than the list, ERR_UNAVAILABLE when it cannot be reached,
 * ok with *pending set otherwise. Changes nothing. */
err db_migrate_check(const char *url, const struct db_migration *list, int count, int *pending);

#endif
