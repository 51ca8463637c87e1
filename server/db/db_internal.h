/* Shared by the files of db. db.c calls the engines; db.c and the engines use db_common.c. */
#ifndef SB_DB_INTERNAL_H
#define SB_DB_INTERNAL_H

#include "base/thread.h"
#include "db/queue.h"

#include <stdatomic.h>

enum {
  DB_MAGIC = 0x44423031,
  DB_CONN_MAGIC = 0x44424331,
  DB_PATIENCE_MS = 5000, /* how long to retry an unreachable or busy engine: promised in db.h */
  DB_URL_MAX = 4096,
  DB_STACK_BYTES = 1 << 20, /* stack of each thread here */
};

struct sqlite_side;
struct postgres_side;

struct db {
  uint32_t magic;
  enum db_engine engine;
  const struct db_statement *statements;
  int statement_count;
  struct db_queue queue;
  atomic_uint_fast64_t writes, batches, reads, failures, retries, batch_us;
  struct sqlite_side *sqlite; /* the other one is NULL */
  struct postgres_side *postgres;
};

/* The common part of an engine's connection. */
struct db_conn {
  uint32_t magic;
  enum db_engine engine;
  struct db *db;
  arena *scratch;
  /* the first failed statement of this run; later statements fail with it too, as PostgreSQL's do in an aborted
   * transaction */
  err fault;
  struct db_after *after, **after_end; /* what this run has left to do after its commit, in order */
};

/* ---- db_common.c ---- */

void db_conn_init(struct db_conn *c, struct db *d);
void db_conn_destroy(struct db_conn *c);
/* Runs fn once: resets the scratch arena first, and reports the first failed statement even when fn itself returns ok.
 * */
err db_conn_call(struct db_conn *c, db_fn fn, void *ctx);
/* What the last run has left to do after its commit; the caller owns it. */
struct db_after *db_conn_take_after(struct db_conn *c);
/* Does it, if committed, and frees it. */
void db_after_end(struct db_after **after, bool committed);
/* The highest n of $n in a statement; quotes are ignored, since no statement here contains "$1" as text. */
int db_count_parameters(const char *sql);
/* Which composed statements a connection has prepared. The engine keeps the prepared statement of each slot; before it
 * reuses a slot it releases the old one. */
struct db_texts {
  struct db_text {
    uint64_t hash, used; /* used: the use counter at the last use, 0 for a free slot */
    char *text;
  } slots[DB_TEXTS_MAX];
  uint64_t uses;
};
/* The slot of a text, or -1. */
int db_texts_find(struct db_texts *t, str text);
/* A free slot, else the least recently used one; its text, if any, is removed. */
int db_texts_make_room(struct db_texts *t);
void db_texts_put(struct db_texts *t, int slot, str text);
void db_texts_clear(struct db_texts *t);
/* Text must not hold NUL: PostgreSQL cannot store it, and SQLite would hide what follows. */
err db_check_args(const struct db_arg *args, size_t count);
void db_sleep_ms(int64_t ms);

struct db_target {
  enum db_engine engine;
  char url[DB_URL_MAX]; /* the path of an SQLite file, else the whole URL; never logged */
};
err db_target_parse(const char *url, struct db_target *out);

/* ---- SQLite: sqlite_conn.c, committer.c and sqlite.c ---- */

err sqlite_side_open(struct db *d, const char *path, int readers);
void sqlite_side_close(struct db *d);
err sqlite_side_read(struct db *d, db_fn fn, void *ctx);
bool sqlite_side_is_writer(struct db *d); /* whether the calling thread is the committer */
err sqlite_side_run(struct db_conn *c, int sql_id, const struct db_arg *args, size_t count, arena *a,
                    struct db_rows *rows);
err sqlite_side_run_text(struct db_conn *c, str text, const struct db_arg *args, size_t count, arena *a,
                         struct db_rows *rows);

/* ---- PostgreSQL: postgres.c and postgres_run.c ---- */

err postgres_side_open(struct db *d, const char *url, int readers, int writers, int idle_max_ms);
void postgres_side_close(struct db *d);
err postgres_side_read(struct db *d, db_fn fn, void *ctx);
err postgres_side_write(struct db *d, db_fn fn, void *ctx);
err postgres_side_ping(struct db *d, int64_t until_ms);
err postgres_side_run(struct db_conn *c, int sql_id, const struct db_arg *args, size_t count, arena *a,
                      struct db_rows *rows);
err postgres_side_run_text(struct db_conn *c, str text, const struct db_arg *args, size_t count, arena *a,
                           struct db_rows *rows);

#endif
