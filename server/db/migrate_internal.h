/* The functions that migrate.c needs from an engine. */
#ifndef SB_DB_MIGRATE_INTERNAL_H
#define SB_DB_MIGRATE_INTERNAL_H

#include "base/buf.h"
#include "db/db_internal.h"
#include "db/migrate.h"

enum { MIGRATE_CHECKSUM_SIZE = 65 };

struct migrate_applied {
  int number;
  const char *name;
  char checksum[MIGRATE_CHECKSUM_SIZE]; /* hexadecimal */
};

struct migrate_run {
  enum db_engine engine;
  const struct db_migration *list;
  int count;
  const sb_clock *clock;
  void *session;
};

struct migrate_engine {
  /* Without `create` a missing database is no error: *session stays NULL. */
  err (*open)(const char *url, bool create, void **session);
  void (*close)(void **session);
  err (*prepare)(void *session); /* creates schema_migration if it is missing */
  err (*begin)(void *session);   /* also takes the lock */
  err (*applied)(void *session, arena *a, struct migrate_applied **list, size_t *count); /* empty without the table */
  err (*execute)(void *session, const char *name, const char *text);
  err (*mark)(void *session, const struct migrate_applied *m, int64_t now_ms);
  err (*commit)(void *session);
  void (*roll_back)(void *session); /* harmless after a commit */
};
extern const struct migrate_engine migrate_sqlite, migrate_postgres;

#define MIGRATE_TABLE                                                                                      \
  "CREATE TABLE IF NOT EXISTS schema_migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum " \
  "TEXT NOT NULL, applied_at BIGINT NOT NULL)"
#define MIGRATE_MARK "INSERT INTO schema_migration (number, name, checksum, applied_at) VALUES ($1, $2, $3, $4)"
#define MIGRATE_LIST "SELECT number, name, checksum FROM schema_migration ORDER BY number"

void migrate_checksum(const char *text, char out[MIGRATE_CHECKSUM_SIZE]);
/* @ID@ and @BLOB@ replaced for the engine. */
str migrate_expand(arena *a, const char *text, enum db_engine engine);

#endif
