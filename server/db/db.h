/* The interface to the database: SQLite (the embedded default) and PostgreSQL.
 *
 * Statements are named (enum sql_id, generated from every slice's .sql) and written once with $1, $2…; a variant for one
 * engine only where unavoidable. Times are BIGINT ms UTC, ids 64-bit, booleans are integers 0 and 1.
 *
 * Writing: a transaction is a function that may run more than once (after a serialization failure, or when another
 * function made the batch fail), so it may change only the database and its own ctx, which it must initialise on every
 * run. On SQLite one committer thread puts all waiting functions into one transaction with one fsync (synchronous=FULL),
 * each under its own savepoint; on PostgreSQL each runs on a pooled connection. Either way: when db_write returns err_ok,
 * or calls `done` with err_ok, the data is on disk. A function that returns an error is rolled back alone, and its caller
 * gets that error.
 *
 * On PostgreSQL a write is SERIALIZABLE: on both engines a function may rely on what it has read. A failed statement ends
 * its run: later statements in the same function fail too, and the function can no longer succeed. Where a conflict is
 * expected, write ON CONFLICT DO NOTHING and look at `changed`. A function that writes must not call db_write or db_read.
 *
 * Reading: db_read runs a function on a reader's connection, in one consistent snapshot. Any thread but the committer.
 *
 * Failures: ERR_UNAVAILABLE (engine unreachable or busy: retried with backoff for up to 5 s, then reported), ERR_CONFLICT
 * with no field (a unique constraint, for which the caller sets the field, or a foreign key), ERR_INVALID_FIELD (a text
 * that holds NUL or, on PostgreSQL, is not UTF-8), ERR_OVERLOADED (the queue is full), ERR_INTERNAL (logged).
 *
 * PostgreSQL infers the type of a parameter from its first use: if that is "$1 IS NULL", write CAST($1 AS BIGINT) IS
 * NULL, which both engines understand. */
#ifndef SB_DB_DB_H
#define SB_DB_DB_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"

typedef struct db db;
typedef struct db_conn db_conn; /* valid inside one db_write or db_read function */

enum db_engine { DB_SQLITE, DB_POSTGRES };

struct db_statement {
  const char *name;              /* "conversation_by_id" */
  const char *sqlite, *postgres; /* the same pointer if there is no variant */
};

struct db_config {
  const char *url; /* sqlite:PATH or postgresql://… */
  const struct db_statement *statements;
  int statement_count;
  int readers;            /* 0: 4 */
  int writers;            /* PostgreSQL only; 0: 8 */
  size_t write_queue_max; /* 0: 100,000; over it ERR_OVERLOADED */
  /* PostgreSQL only; 0: 10,000: how long a transaction may wait for its function between two statements. The server then ends
   * the session, so that a stopped process does not hold up the others; the function runs again on another session. */
  int idle_max_ms;
  const sb_clock *clock;
};

err db_open(const struct db_config *config, db **out);
/* Runs what is queued, then closes. */
void db_close(db **d);
enum db_engine db_engine_of(const db *d);
/* Runs a cheap query, for /health/ready; takes at most 2 s. */
err db_ping(db *d);

typedef err (*db_fn)(db_conn *c, void *ctx);
err db_write(db *d, db_fn fn, void *ctx);
/* done runs on a database thread after the commit (or the failure) and must not block or call db_write. */
err db_write_async(db *d, db_fn fn, void *ctx, void (*done)(err e, void *ctx));
err db_read(db *d, db_fn fn, void *ctx);
/* For what must follow the data but is kept in memory: calls fn with a copy of the `size` bytes at arg when the transaction of
 * this run has been committed, before db_write returns or `done` is called; not when it is rolled back. A commit whose
 * outcome is unknown, because the connection was lost, counts as not committed. fn runs on the thread that committed, in order
 * of the calls, and on PostgreSQL within the writer's turn, so it delays other writes: it must be short, and must not block or
 * use the database. In a db_read fn is never called. */
void db_after_commit(db_conn *c, void (*fn)(const void *arg), const void *arg, size_t size);

enum { DB_ARGS_MAX = 128 /* of one statement */ };
struct db_arg {
  enum { DB_ARG_NULL, DB_ARG_I64, DB_ARG_TEXT, DB_ARG_BLOB } type;
  int64_t i;
  str s;
};
#define DB_I(v) ((struct db_arg){.type = DB_ARG_I64, .i = (int64_t)(v)})
#define DB_S(v) db_arg_text(v)
#define DB_B(v) ((struct db_arg){.type = DB_ARG_BLOB, .s = (v)})
#define DB_NULL ((struct db_arg){.type = DB_ARG_NULL})
static inline struct db_arg db_arg_text(str s) { /* an absent str is NULL */
  return (struct db_arg){.type = s.ptr ? DB_ARG_TEXT : DB_ARG_NULL, .s = s};
}
/* An id or time where 0 means NULL. */
static inline struct db_arg db_arg_opt(int64_t v) {
  return (struct db_arg){.type = v ? DB_ARG_I64 : DB_ARG_NULL, .i = v};
}

struct db_cell {
  bool null;
  int64_t i; /* an integer or boolean column, or the integer part of a fraction; 0 for NULL */
  str s;     /* text or blob, in the arena, or a fraction's digits; absent for NULL */
};
struct db_rows {
  size_t count, columns;
  struct db_cell *cells; /* row after row */
  int64_t changed;       /* rows touched by an UPDATE, INSERT or DELETE */
};

/* Runs a statement; all rows are stored in `a` (use a LIMIT). rows may be NULL. */
err db_run(db_conn *c, int sql_id, const struct db_arg *args, size_t count, arena *a, struct db_rows *rows);
#define DB_RUN(c, sql_id, a, rows, ...)                       \
  db_run((c), (sql_id), (const struct db_arg[]){__VA_ARGS__}, \
         sizeof((const struct db_arg[]){__VA_ARGS__}) / sizeof(struct db_arg), (a), (rows))
/* The same for a composed statement: text ends with NUL, contains no user input (that is passed as parameters)
 * and has no name. Every connection keeps its DB_TEXTS_MAX most recently used texts prepared. */
enum { DB_TEXTS_MAX = 64 };
err db_run_text(db_conn *c, str text, const struct db_arg *args, size_t count, arena *a, struct db_rows *rows);
static inline const struct db_cell *db_at(const struct db_rows *r, size_t row, size_t column) {
  return &r->cells[row * r->columns + column];
}
enum db_engine db_conn_engine(const db_conn *c);
/* A scratch arena valid until this run of the function ends. */
arena *db_conn_arena(db_conn *c);

/* ---- migrations: numbered, append-only, checksummed; see migrate.h ---- */

struct db_stats {
  uint64_t writes, batches, read_calls, failures, retries;
  uint64_t batch_us_total, write_queue;
};
void db_stats(const db *d, struct db_stats *out);

#endif
