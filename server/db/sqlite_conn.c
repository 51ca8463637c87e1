/* SQLite: one connection, its statements, and the meaning of its errors.
 *
 * Every connection belongs to one thread at a time, so SQLite's own locks are off (NOMUTEX), and so are its memory
 * statistics, whose lock all threads would share. Statements are prepared at their first use and kept by id.
 * Non-goals: shared cache, databases in memory, several files. */
#include "db/sqlite_internal.h"

#include "base/fold.h"
#include "base/log.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void configure_library(void) {
  /* Fails if SQLite is already initialised: slower, but correct. */
  (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  /* SQLITE_CONFIG_STMTJRNL_SPILL stays at its 64 KiB: with more, SQLite 3.40 returns "database or disk is full" for the
   * first statement whose journal outgrows it, as a migration's may. */
  (void)sqlite3_initialize();
}

/* fold(text): see base/fold.h. */
static void fold_sql(sqlite3_context *context, int count, sqlite3_value **values) {
  (void)count;
  const char *text = (const char *)sqlite3_value_text(values[0]);
  size_t len = (size_t)sqlite3_value_bytes(values[0]);
  if (!text) return; /* NULL */
  char room[1024], *out = fold_max_bytes(len) <= sizeof room ? room : mem_alloc(fold_max_bytes(len));
  sqlite3_result_text64(context, out, fold_into(str_n(text, len), out), SQLITE_TRANSIENT, SQLITE_UTF8);
  if (out != room) mem_free(&out);
}

/* ---- connections ---- */

/* Creates the file, readable only by our user; the log and its index take the file's mode. An existing file
 * is not opened here, because closing it would drop the locks that SQLite holds on it in this process. */
static err make_file(const char *path) {
  int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0 && errno != EEXIST)
    return err_detail(ERR_UNAVAILABLE, NULL, "cannot create the database file %s: %s", path, strerror(errno));
  if (fd >= 0) close(fd);
  return err_ok;
}

err sqlite_handle_open(const char *path, bool create, sqlite3 **out) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, configure_library);
  *out = NULL;
  err e = create ? make_file(path) : err_ok;
  if (err_is(e)) return e;
  int rc = sqlite3_open_v2(path, out, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE, NULL);
  if (rc != SQLITE_OK) {
    e = err_detail(ERR_UNAVAILABLE, NULL, "cannot open the database file %s: %s", path, sqlite3_errstr(rc));
    sqlite_handle_close(out);
    return e;
  }
  sqlite3_extended_result_codes(*out, 1);
  sqlite3_busy_timeout(*out, DB_PATIENCE_MS);
  sqlite3_create_function_v2(*out, "fold", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, NULL, fold_sql,
                             NULL, NULL, NULL);
  return err_ok;
}

void sqlite_handle_close(sqlite3 **handle) {
  if (!*handle) return;
  int rc = sqlite3_close(*handle);
  assert(rc == SQLITE_OK); /* a statement that is still open is a bug */
  *handle = NULL;
}

int sqlite_exec(sqlite3 *handle, const char *sql) { return sqlite3_exec(handle, sql, NULL, NULL, NULL); }

/* Durable: FULL syncs the log at every commit. Only the checkpointer copies the log back. The writer's cache
 * holds the upper levels of every index; readers use the memory map. */
static const char writer_setup[] =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA wal_autocheckpoint=0;"
    "PRAGMA cache_size=-32768; PRAGMA mmap_size=268435456; PRAGMA temp_store=MEMORY; PRAGMA secure_delete=FAST;"
    "PRAGMA journal_size_limit=67108864";
static const char reader_setup[] =
    "PRAGMA query_only=ON; PRAGMA cache_size=-8192; PRAGMA mmap_size=268435456; PRAGMA temp_store=MEMORY";

err sqlite_conn_open(struct db *d, struct sqlite_conn *c, const char *path, enum sqlite_role role) {
  db_conn_init(&c->base, d);
  c->statements = mem_alloc_array((size_t)d->statement_count + 1, sizeof *c->statements);
  err e = sqlite_handle_open(path, role == SQLITE_ROLE_WRITER, &c->handle);
  if (err_is(e)) goto done;
  int rc = sqlite_exec(c->handle, role == SQLITE_ROLE_WRITER ? writer_setup : reader_setup);
  if (rc != SQLITE_OK) e = sqlite_error(c->handle, rc, "setup");
done:
  if (err_is(e)) sqlite_conn_close(c);
  return e;
}

static void let_go(struct sqlite_statement **s) {
  if (!*s) return;
  sqlite3_finalize((*s)->prepared);
  mem_free(s);
}

void sqlite_conn_close(struct sqlite_conn *c) {
  if (c->base.magic != DB_CONN_MAGIC) return;
  for (int i = 0; i < c->base.db->statement_count; i++) let_go(&c->statements[i]);
  for (int i = 0; i < DB_TEXTS_MAX; i++) let_go(&c->composed[i]);
  db_texts_clear(&c->texts);
  mem_free(&c->statements);
  sqlite_handle_close(&c->handle);
  db_conn_destroy(&c->base);
}

/* ---- errors ---- */

static err unavailable(sqlite3 *handle, int rc, const char *name) {
  bool moved = rc == SQLITE_READONLY_DBMOVED; /* the committer detects it too, without an error of the handle */
  LOG_ERROR("db.unavailable", LOG_C("statement", name), LOG_I("code", rc),
            LOG_C("detail", moved ? "the file has moved" : sqlite3_errmsg(handle)));
  if (moved)
    return err_detail(ERR_UNAVAILABLE, NULL,
                      "Nothing can be stored: the database's file was moved or removed. Put it back, or start again.");
  switch (rc & 0xff) {
    case SQLITE_FULL:
      return err_detail(ERR_UNAVAILABLE, NULL, "Nothing can be stored: the disk of the database is full.");
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      return err_detail(
          ERR_UNAVAILABLE, NULL,
          "Nothing can be stored: the database's file cannot be written. Look at its disk and at the log.");
    default: return err_make(ERR_UNAVAILABLE);
  }
}

err sqlite_error(sqlite3 *handle, int rc, const char *name) {
  if (!name) name = "";
  switch (rc) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID: return err_make(ERR_CONFLICT);
    case SQLITE_CONSTRAINT_FOREIGNKEY:
      return err_detail(ERR_CONFLICT, NULL, "A referenced row is gone, or this row is still referenced.");
    case SQLITE_READONLY_DBMOVED: return unavailable(handle, rc, name);
    default: break; /* a plain SQLITE_READONLY means that a reader's statement writes: a bug */
  }
  switch (rc & 0xff) {
    case SQLITE_TOOBIG: return err_make(ERR_TOO_LARGE);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_PROTOCOL: return unavailable(handle, rc, name);
    default: break;
  }
  LOG_ERROR("db.failed", LOG_C("statement", name), LOG_I("code", rc), LOG_C("detail", sqlite3_errmsg(handle)));
  return err_make(ERR_INTERNAL);
}

/* ---- statements ---- */

static err prepare(struct sqlite_conn *c, const char *text, const char *name, struct sqlite_statement **out) {
  struct sqlite_statement *s = mem_alloc(sizeof *s);
  const char *rest = NULL;
  int rc = sqlite3_prepare_v3(c->handle, text, -1, SQLITE_PREPARE_PERSISTENT, &s->prepared, &rest);
  if (rc != SQLITE_OK || !s->prepared) {
    err e = sqlite_error(c->handle, rc, name);
    mem_free(&s);
    return e;
  }
  assert(str_trim(str_c(rest)).len == 0); /* exactly one statement */
  s->parameters = (unsigned char)db_count_parameters(text);
  s->writes = !sqlite3_stmt_readonly(s->prepared);
  for (int i = 0; i < s->parameters; i++) {
    char parameter[16];
    snprintf(parameter, sizeof parameter, "$%d", i + 1);
    s->place[i] = (unsigned char)sqlite3_bind_parameter_index(s->prepared, parameter);
  }
  *out = s;
  return err_ok;
}

/* The caller owns the texts, which outlive the run, so SQLite copies nothing. Every run binds all parameters. */
static int bind_all(const struct sqlite_statement *s, const struct db_arg *args) {
  int rc = SQLITE_OK;
  for (int i = 0; i < s->parameters && rc == SQLITE_OK; i++) {
    int at = s->place[i];
    const struct db_arg *arg = &args[i];
    if (at == 0) continue;
    switch (arg->type) {
      case DB_ARG_NULL: rc = sqlite3_bind_null(s->prepared, at); break;
      case DB_ARG_I64: rc = sqlite3_bind_int64(s->prepared, at, arg->i); break;
      case DB_ARG_TEXT:
        rc = sqlite3_bind_text64(s->prepared, at, arg->s.ptr, arg->s.len, SQLITE_STATIC, SQLITE_UTF8);
        break;
      case DB_ARG_BLOB:
        rc = arg->s.len ? sqlite3_bind_blob64(s->prepared, at, arg->s.ptr, arg->s.len, SQLITE_STATIC)
                        : sqlite3_bind_zeroblob(s->prepared, at, 0);
        break;
    }
  }
  return rc;
}

static struct db_cell read_cell(sqlite3_stmt *s, int column, arena *a) {
  switch (sqlite3_column_type(s, column)) {
    case SQLITE_INTEGER: return (struct db_cell){.i = sqlite3_column_int64(s, column)};
    case SQLITE_FLOAT: {
      int64_t whole = sqlite3_column_int64(s, column);
      const void *text = sqlite3_column_text(s, column);
      return (struct db_cell){.i = whole, .s = arena_dup(a, str_n(text, (size_t)sqlite3_column_bytes(s, column)))};
    }
    case SQLITE_NULL: return (struct db_cell){.null = true};
    default: { /* an empty blob has no address */
      const void *bytes = sqlite3_column_blob(s, column);
      return (struct db_cell){.s = arena_dup(a, str_n(bytes ? bytes : "", (size_t)sqlite3_column_bytes(s, column)))};
    }
  }
}

static void add_row(sqlite3_stmt *s, arena *a, struct db_rows *rows, size_t *room) {
  if (rows->count == *room) {
    size_t more = *room ? *room * 4 : 1; /* most queries return one row */
    struct db_cell *cells = arena_array(a, struct db_cell, more * rows->columns);
    if (rows->count) memcpy(cells, rows->cells, rows->count * rows->columns * sizeof *cells);
    rows->cells = cells;
    *room = more;
  }
  struct db_cell *row = rows->cells + rows->count * rows->columns;
  for (size_t i = 0; i < rows->columns; i++) row[i] = read_cell(s, (int)i, a);
  rows->count++;
}

static err run(struct sqlite_conn *c, struct sqlite_statement *s, const char *name, const struct db_arg *args,
               size_t count, arena *a, struct db_rows *rows) {
  assert(count >= s->parameters);
  size_t room = 0;
  int rc = bind_all(s, args);
  if (rc == SQLITE_OK) {
    while ((rc = sqlite3_step(s->prepared)) == SQLITE_ROW) {
      if (!rows) continue;
      if (rows->count == 0) rows->columns = (size_t)sqlite3_column_count(s->prepared);
      add_row(s->prepared, a, rows, &room);
    }
  }
  if (rc == SQLITE_DONE && rows && s->writes) rows->changed = sqlite3_changes64(c->handle);
  /* The reset may overwrite the message, so build the error first. */
  err e = rc == SQLITE_DONE ? err_ok : sqlite_error(c->handle, rc, name);
  sqlite3_reset(s->prepared);
  return e;
}

err sqlite_side_run(struct db_conn *base, int sql_id, const struct db_arg *args, size_t count, arena *a,
                    struct db_rows *rows) {
  struct sqlite_conn *c = (struct sqlite_conn *)base;
  const struct db_statement *source = &base->db->statements[sql_id];
  err e = err_ok;
  if (!c->statements[sql_id]) e = prepare(c, source->sqlite, source->name, &c->statements[sql_id]);
  return err_is(e) ? e : run(c, c->statements[sql_id], source->name, args, count, a, rows);
}

err sqlite_side_run_text(struct db_conn *base, str text, const struct db_arg *args, size_t count, arena *a,
                         struct db_rows *rows) {
  struct sqlite_conn *c = (struct sqlite_conn *)base;
  int slot = db_texts_find(&c->texts, text);
  if (slot < 0) {
    slot = db_texts_make_room(&c->texts);
    let_go(&c->composed[slot]);
    err e = prepare(c, text.ptr, "composed", &c->composed[slot]);
    if (err_is(e)) return e;
    db_texts_put(&c->texts, slot, text);
  }
  return run(c, c->composed[slot], "composed", args, count, a, rows);
}
