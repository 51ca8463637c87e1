/* Migrations on SQLite. Each file runs in BEGIN EXCLUSIVE with foreign keys off, since rebuilding a table drops the
 * old one; they are checked as a whole before the commit. */
#include "db/migrate_internal.h"
#include "db/sqlite_internal.h"

#include "base/log.h"

#include <string.h>

enum { STARTER_PATIENCE_MS = 60000 }; /* another starting process may run a long migration */

static err failed(sqlite3 *handle, const char *what) {
  int rc = sqlite3_extended_errcode(handle);
  bool busy = (rc & 0xff) == SQLITE_BUSY;
  return err_detail(busy ? ERR_UNAVAILABLE : ERR_INTERNAL, NULL, "%s: %s", what, sqlite3_errmsg(handle));
}

static err open_file(const char *path, bool create, void **session) {
  sqlite3 *handle = NULL;
  if (!create && access(path, F_OK) != 0) return err_ok;
  err e = sqlite_handle_open(path, create, &handle);
  if (err_is(e)) return e;
  sqlite3_busy_timeout(handle, STARTER_PATIENCE_MS);
  *session = handle;
  return err_ok;
}

static void close_file(void **session) {
  sqlite3 *handle = *session;
  sqlite_handle_close(&handle);
  *session = NULL;
}

/* Changing to WAL may fail at once, without the busy timeout, while another starting process does the same. */
static int change_to_wal(sqlite3 *handle) {
  int rc = SQLITE_BUSY;
  for (int i = 0; i < 500 && (rc & 0xff) == SQLITE_BUSY; i++) {
    if (i) db_sleep_ms(10);
    rc = sqlite_exec(handle, "PRAGMA journal_mode=WAL");
  }
  return rc;
}

static err prepare(void *session) {
  sqlite3 *handle = session;
  int rc = change_to_wal(handle);
  if (rc == SQLITE_OK) rc = sqlite_exec(handle, "PRAGMA synchronous=FULL; PRAGMA foreign_keys=OFF");
  if (rc == SQLITE_OK) rc = sqlite_exec(handle, MIGRATE_TABLE);
  return rc == SQLITE_OK ? err_ok : failed(handle, "cannot prepare the database for migrations");
}

static err begin(void *session) {
  return sqlite_exec(session, "BEGIN EXCLUSIVE") == SQLITE_OK ? err_ok : failed(session, "cannot lock the database");
}

static err applied(void *session, arena *a, struct migrate_applied **list, size_t *count) {
  sqlite3 *handle = session;
  sqlite3_stmt *s = NULL;
  size_t room = 0;
  err e = err_ok;
  *count = 0;
  int rc = sqlite3_table_column_metadata(handle, NULL, "schema_migration", NULL, NULL, NULL, NULL, NULL, NULL);
  if (rc == SQLITE_ERROR) return err_ok; /* there is no such table */
  if (rc != SQLITE_OK) return failed(handle, "cannot read the database");
  rc = sqlite3_prepare_v2(handle, MIGRATE_LIST, -1, &s, NULL);
  while (rc == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW) {
    if (*count == room) {
      struct migrate_applied *more = arena_array(a, struct migrate_applied, room ? room *= 2 : (room = 32));
      if (*count) memcpy(more, *list, *count * sizeof *more);
      *list = more;
    }
    struct migrate_applied *m = &(*list)[(*count)++];
    m->number = sqlite3_column_int(s, 0);
    m->name = arena_cstr(a, str_c((const char *)sqlite3_column_text(s, 1)));
    snprintf(m->checksum, sizeof m->checksum, "%s", (const char *)sqlite3_column_text(s, 2));
  }
  if (sqlite3_finalize(s) != SQLITE_OK || rc != SQLITE_OK) e = failed(handle, "cannot read schema_migration");
  return e;
}

static err check_foreign_keys(sqlite3 *handle, const char *name) {
  sqlite3_stmt *s = NULL;
  err e = err_ok;
  if (sqlite3_prepare_v2(handle, "PRAGMA foreign_key_check", -1, &s, NULL) != SQLITE_OK)
    e = failed(handle, name);
  else if (sqlite3_step(s) == SQLITE_ROW)
    e = err_detail(ERR_INTERNAL, NULL, "%s leaves rows in %s with dangling references", name,
                   (const char *)sqlite3_column_text(s, 0));
  sqlite3_finalize(s);
  return e;
}

static int line_of(const char *text, const char *at) {
  int line = 1;
  for (; text < at; text++) line += *text == '\n';
  return line;
}

/* The tables' definitions, for sqlite3_free; NULL when they cannot be read. */
static char *definitions(sqlite3 *handle) {
  sqlite3_stmt *s = NULL;
  char *text = NULL;
  if (sqlite3_prepare_v2(handle, "SELECT group_concat(sql, char(10)) FROM sqlite_schema", -1, &s, NULL) == SQLITE_OK &&
      sqlite3_step(s) == SQLITE_ROW)
    text = sqlite3_mprintf("%s", (const char *)sqlite3_column_text(s, 0));
  sqlite3_finalize(s);
  return text;
}

/* Runs one statement to its end. *idle: it should have changed definitions (a replace() in sqlite_schema) but changed
 * none. */
static int run_statement(sqlite3 *handle, sqlite3_stmt *s, bool *idle) {
  int rc;
  bool schema = !sqlite3_stmt_readonly(s) && strstr(sqlite3_sql(s), "UPDATE sqlite_schema") != NULL;
  char *before = schema ? definitions(handle) : NULL;
  while ((rc = sqlite3_step(s)) == SQLITE_ROW) continue;
  char *after = schema ? definitions(handle) : NULL;
  *idle = schema && rc == SQLITE_DONE && (!before || !after || strcmp(before, after) == 0);
  sqlite3_free(before);
  sqlite3_free(after);
  return rc;
}

static err execute(void *session, const char *name, const char *text) {
  sqlite3 *handle = session;
  const char *rest = text;
  while (*rest) {
    sqlite3_stmt *s = NULL;
    const char *start = rest;
    int rc = sqlite3_prepare_v2(handle, start, -1, &s, &rest);
    bool idle = false;
    if (rc == SQLITE_OK && s) rc = run_statement(handle, s, &idle);
    if (idle) {
      sqlite3_finalize(s);
      return err_detail(ERR_INTERNAL, NULL, "migration %.60s, line %d: finds nothing to change in the definitions",
                        name, line_of(text, start + strspn(start, " \t\r\n")));
    }
    bool ok = rc == SQLITE_OK || rc == SQLITE_DONE;
    if (!ok) {
      int offset = sqlite3_error_offset(handle);
      char what[120];
      const char *at = start + (offset > 0 ? (size_t)offset : strspn(start, " \t\r\n"));
      snprintf(what, sizeof what, "migration %.60s, line %d", name, line_of(text, at));
      err e = failed(handle, what);
      sqlite3_finalize(s);
      return e;
    }
    sqlite3_finalize(s);
  }
  if (sqlite3_get_autocommit(handle))
    return err_detail(ERR_INTERNAL, NULL, "migration %.60s ends its transaction itself", name);
  return check_foreign_keys(handle, name);
}

static err mark(void *session, const struct migrate_applied *m, int64_t now_ms) {
  sqlite3 *handle = session;
  sqlite3_stmt *s = NULL;
  int rc = sqlite3_prepare_v2(handle, MIGRATE_MARK, -1, &s, NULL);
  if (rc == SQLITE_OK) { /* $1 to $4 first appear in their order here */
    sqlite3_bind_int(s, 1, m->number);
    sqlite3_bind_text(s, 2, m->name, -1, SQLITE_STATIC);
    sqlite3_bind_text(s, 3, m->checksum, -1, SQLITE_STATIC);
    sqlite3_bind_int64(s, 4, now_ms);
    rc = sqlite3_step(s);
  }
  err e = rc == SQLITE_DONE ? err_ok : failed(handle, "cannot write schema_migration");
  sqlite3_finalize(s);
  return e;
}

static err commit(void *session) {
  return sqlite_exec(session, "COMMIT") == SQLITE_OK ? err_ok : failed(session, "cannot commit a migration");
}

static void roll_back(void *session) {
  if (!sqlite3_get_autocommit(session)) sqlite_exec(session, "ROLLBACK");
}

const struct migrate_engine migrate_sqlite = {open_file, close_file, prepare, begin,    applied,
                                              execute,   mark,       commit,  roll_back};
