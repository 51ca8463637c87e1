/* Statements on PostgreSQL: prepared by name at their first use on a connection, results as text.
 *
 * Parameters and results travel as text and the server infers the types, so that one statement serves a column of any
 * integer width, and sum() (numeric) reads like an integer; only blobs are binary. Non-goal: pipelining statements. */
#include "db/postgres_internal.h"

#include "base/log.h"

#include <assert.h>
#include <string.h>

enum { OID_BOOL = 16, OID_BYTEA = 17, OID_INT8 = 20, OID_INT2 = 21, OID_INT4 = 23, OID_OID = 26 };
enum { OID_FLOAT4 = 700, OID_FLOAT8 = 701, OID_NUMERIC = 1700 };

/* ---- errors ---- */

static bool state_is(const char *state, const char *wanted) { return strncmp(state, wanted, strlen(wanted)) == 0; }

static const char *diagnostic(const PGresult *r, int field) {
  const char *s = r ? PQresultErrorField(r, field) : NULL;
  return s ? s : "";
}

/* A message of class 22 (data exceptions) may quote data, which must not be logged. */
static void log_failure(const PGresult *r, const char *name, const char *state) {
  bool quotes_data = state_is(state, "22");
  LOG_ERROR("db.failed", LOG_C("statement", name), LOG_C("state", state),
            LOG_C("detail", quotes_data ? "" : diagnostic(r, PG_DIAG_MESSAGE_PRIMARY)),
            LOG_C("constraint", diagnostic(r, PG_DIAG_CONSTRAINT_NAME)));
}

static enum postgres_trouble trouble_of(PGconn *pg, const PGresult *r, const char *state) {
  if (PQstatus(pg) != CONNECTION_OK || state_is(state, "57P") || state_is(state, "08")) return POSTGRES_LOST;
  /* 26000: a connection pooler gave this session another backend; RevalidateCachedQuery: a migration ran meanwhile. */
  if (state_is(state, "26000")) return POSTGRES_LOST;
  if (state_is(state, "0A000") && strcmp(diagnostic(r, PG_DIAG_SOURCE_FUNCTION), "RevalidateCachedQuery") == 0)
    return POSTGRES_LOST;
  if (state_is(state, "40001") || state_is(state, "40P01") || state_is(state, "55P03")) return POSTGRES_AGAIN;
  return POSTGRES_FINE;
}

err postgres_error(PGconn *pg, const PGresult *r, const char *name, enum postgres_trouble *trouble) {
  const char *state = diagnostic(r, PG_DIAG_SQLSTATE);
  *trouble = trouble_of(pg, r, state);
  if (*trouble != POSTGRES_FINE) return err_make(ERR_UNAVAILABLE);
  if (state_is(state, "23505") || state_is(state, "23P01")) return err_make(ERR_CONFLICT);
  if (state_is(state, "23503"))
    return err_detail(ERR_CONFLICT, NULL, "A referenced row is gone, or this row is still referenced.");
  if (state_is(state, "22021") || state_is(state, "22P05"))
    return err_detail(ERR_INVALID_FIELD, NULL, "A text is not valid UTF-8.");
  log_failure(r, name, state);
  if (state_is(state, "54000")) return err_make(ERR_TOO_LARGE);
  if (state_is(state, "53") || state_is(state, "57014")) return err_make(ERR_UNAVAILABLE);
  return err_make(ERR_INTERNAL);
}

static err failed(struct postgres_conn *c, const PGresult *r, const char *name) {
  enum postgres_trouble trouble;
  err e = postgres_error(c->pg, r, name, &trouble);
  if (trouble > c->trouble) c->trouble = trouble;
  return e;
}

err postgres_exec(struct postgres_conn *c, const char *sql) {
  PGresult *r = PQexec(c->pg, sql);
  ExecStatusType status = PQresultStatus(r);
  err e = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ? err_ok : failed(c, r, sql);
  PQclear(r);
  return e;
}

/* ---- parameters ---- */

struct parameters {
  const char *values[DB_ARGS_MAX];
  int lengths[DB_ARGS_MAX], formats[DB_ARGS_MAX]; /* formats: 0 text, 1 bytes */
  char numbers[DB_ARGS_MAX][24];
};

static void write_parameters(struct parameters *p, const struct db_arg *args, int count, arena *scratch) {
  for (int i = 0; i < count; i++) {
    const struct db_arg *arg = &args[i];
    p->formats[i] = arg->type == DB_ARG_BLOB;
    p->lengths[i] = (int)arg->s.len; /* used for blobs; texts end with NUL */
    assert(arg->s.len <= INT32_MAX / 2);
    switch (arg->type) {
      case DB_ARG_NULL: p->values[i] = NULL; break;
      case DB_ARG_I64:
        snprintf(p->numbers[i], sizeof p->numbers[i], "%lld", (long long)arg->i);
        p->values[i] = p->numbers[i];
        break;
      case DB_ARG_TEXT: p->values[i] = arena_cstr(scratch, arg->s); break;
      case DB_ARG_BLOB: p->values[i] = arg->s.ptr ? arg->s.ptr : ""; break;
    }
  }
}

/* ---- results ---- */

static int hex_digit(char c) { return c <= '9' ? c - '0' : c - 'a' + 10; }

/* bytea_output is hex: \x00ff */
static str decode_bytea(arena *a, const char *text, size_t len) {
  size_t n = len >= 2 ? (len - 2) / 2 : 0;
  char *bytes = arena_alloc(a, n + 1);
  for (size_t i = 0; i < n; i++) bytes[i] = (char)(hex_digit(text[2 + 2 * i]) << 4 | hex_digit(text[3 + 2 * i]));
  return str_n(bytes, n);
}

static int64_t whole_part(str number) {
  int64_t i = 0;
  (void)str_to_i64(str_sub(number, 0, str_index(number, '.', 0)), &i);
  return i;
}

static struct db_cell read_cell(const PGresult *r, int row, int column, Oid type, arena *a) {
  if (PQgetisnull(r, row, column)) return (struct db_cell){.null = true};
  str text = str_n(PQgetvalue(r, row, column), (size_t)PQgetlength(r, row, column));
  switch (type) {
    case OID_BOOL: return (struct db_cell){.i = text.ptr[0] == 't'};
    case OID_INT8:
    case OID_INT2:
    case OID_INT4:
    case OID_OID: return (struct db_cell){.i = whole_part(text)};
    case OID_NUMERIC:
    case OID_FLOAT4:
    case OID_FLOAT8: return (struct db_cell){.i = whole_part(text), .s = arena_dup(a, text)};
    case OID_BYTEA: return (struct db_cell){.s = decode_bytea(a, text.ptr, text.len)};
    default: return (struct db_cell){.s = arena_dup(a, text)};
  }
}

static void read_rows(PGresult *r, arena *a, struct db_rows *rows) {
  if (!str_starts(str_c(PQcmdStatus(r)), S("SELECT"))) {
    int64_t changed = 0;
    (void)str_to_i64(str_c(PQcmdTuples(r)), &changed);
    rows->changed = changed;
  }
  rows->count = (size_t)PQntuples(r);
  rows->columns = rows->count ? (size_t)PQnfields(r) : 0;
  if (rows->count * rows->columns == 0) return;
  rows->cells = arena_array(a, struct db_cell, rows->count * rows->columns);
  for (size_t column = 0; column < rows->columns; column++) {
    Oid type = PQftype(r, (int)column);
    for (size_t row = 0; row < rows->count; row++)
      rows->cells[row * rows->columns + column] = read_cell(r, (int)row, (int)column, type, a);
  }
}

/* ---- running ---- */

/* key: the name in the session; name: the name in the log. */
static err prepare(struct postgres_conn *c, const char *key, const char *text, const char *name) {
  PGresult *r = PQprepare(c->pg, key, text, 0, NULL);
  err e = PQresultStatus(r) == PGRES_COMMAND_OK ? err_ok : failed(c, r, name);
  PQclear(r);
  return e;
}

static err run(struct postgres_conn *c, const char *key, const char *name, const struct db_arg *args, int wanted,
               arena *a, struct db_rows *rows) {
  struct parameters p;
  write_parameters(&p, args, wanted, c->base.scratch);
  PGresult *r = PQexecPrepared(c->pg, key, wanted, p.values, p.lengths, p.formats, 0);
  ExecStatusType status = PQresultStatus(r);
  err e = err_ok;
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
    e = failed(c, r, name);
  else if (rows)
    read_rows(r, a, rows);
  PQclear(r);
  return e;
}

err postgres_side_run(struct db_conn *base, int sql_id, const struct db_arg *args, size_t count, arena *a,
                      struct db_rows *rows) {
  struct postgres_conn *c = (struct postgres_conn *)base;
  const struct db_statement *s = &base->db->statements[sql_id];
  int wanted = c->side->parameters[sql_id];
  char key[16];
  assert(count >= (size_t)wanted);
  snprintf(key, sizeof key, "s%d", sql_id);
  if (!c->prepared[sql_id]) {
    err e = prepare(c, key, s->postgres, s->name);
    if (err_is(e)) return e;
    c->prepared[sql_id] = true;
  }
  return run(c, key, s->name, args, wanted, a, rows);
}

/* PREPARE and DEALLOCATE take effect even if the transaction is rolled back. */
static err prepare_text(struct postgres_conn *c, str text, int *slot) {
  char key[16], drop[32];
  *slot = db_texts_make_room(&c->texts);
  snprintf(key, sizeof key, "t%d", *slot);
  snprintf(drop, sizeof drop, "DEALLOCATE t%d", *slot);
  err e = c->composed_parameters[*slot] ? postgres_exec(c, drop) : err_ok;
  if (err_is(e)) return e;
  c->composed_parameters[*slot] = 0;
  e = prepare(c, key, text.ptr, "composed");
  if (err_is(e)) return e;
  c->composed_parameters[*slot] = (unsigned char)(1 + db_count_parameters(text.ptr));
  db_texts_put(&c->texts, *slot, text);
  return err_ok;
}

err postgres_side_run_text(struct db_conn *base, str text, const struct db_arg *args, size_t count, arena *a,
                           struct db_rows *rows) {
  struct postgres_conn *c = (struct postgres_conn *)base;
  char key[16];
  int slot = db_texts_find(&c->texts, text);
  if (slot < 0) {
    err e = prepare_text(c, text, &slot);
    if (err_is(e)) return e;
  }
  int wanted = c->composed_parameters[slot] - 1;
  assert(count >= (size_t)wanted);
  snprintf(key, sizeof key, "t%d", slot);
  return run(c, key, "composed", args, wanted, a, rows);
}
