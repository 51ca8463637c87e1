/* The embedded migrations; the table is generated from server/migrations/. */
#ifndef SB_APP_MIGRATIONS_H
#define SB_APP_MIGRATIONS_H

#include "db/migrate.h"

extern const struct db_migration migrations[];
extern const int migration_count;

#endif
