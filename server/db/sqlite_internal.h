/* Shared by sqlite_conn.c (a connection, its statements), committer.c (the writer's thread, checkpoints) and sqlite.c (the
 * readers). Each uses only those named before it. */
#ifndef SB_DB_SQLITE_INTERNAL_H
#define SB_DB_SQLITE_INTERNAL_H

#include "db/db_internal.h"

#include <sqlite3.h>

struct sqlite_statement {
  sqlite3_stmt *prepared;   /* NULL until first used */
  unsigned char parameters; /* the highest n of $n */
  bool writes;
  unsigned char place[DB_ARGS_MAX]; /* SQLite's index of $1, $2, …, numbered by first appearance; 0: absent */
};

struct sqlite_conn {
  struct db_conn base;
  sqlite3 *handle;
  struct sqlite_statement **statements; /* by id */
  struct db_texts texts;
  struct sqlite_statement *composed[DB_TEXTS_MAX]; /* by the slot of texts */
  struct sqlite_conn *next;                        /* next in the list of free readers */
};

enum sqlite_role { SQLITE_ROLE_WRITER, SQLITE_ROLE_READER };

struct sqlite_side {
  struct sqlite_conn *readers;
  int reader_count;
  struct sqlite_conn *free_readers;
  pthread_mutex_t readers_lock; /* guards free_readers */
  pthread_cond_t reader_free;

  /* Used by the committer only. */
  struct sqlite_conn writer;
  pthread_t committer;
  bool committer_started;
  sqlite3_stmt *begin, *savepoint, *release, *rollback_to, *commit;
  int frames_seen; /* frames in the log at the last checkpoint; the next one starts after enough growth */

  /* Used by the checkpointer only. */
  sqlite3 *checkpoint_handle;
  pthread_t checkpointer;
  bool checkpointer_started;
  pthread_mutex_t checkpoint_lock; /* guards the two below */
  pthread_cond_t checkpoint_wanted;
  bool wanted, stopping;
  atomic_int frames;  /* frames in the log now */
  atomic_bool settle; /* most is copied: the committer copies the rest and restarts the log */
};

err sqlite_conn_open(struct db *d, struct sqlite_conn *c, const char *path, enum sqlite_role role);
void sqlite_conn_close(struct sqlite_conn *c);
/* A handle without prepared statements; the file must exist. */
err sqlite_handle_open(const char *path, bool create, sqlite3 **out);
void sqlite_handle_close(sqlite3 **handle);
/* The err for a result code of this handle; logs it unless the caller caused it. name may be NULL. */
err sqlite_error(sqlite3 *handle, int rc, const char *name);
int sqlite_exec(sqlite3 *handle, const char *sql);

err committer_start(struct db *d, const char *path);
/* After db_queue_close: runs what is left, then ends both threads. */
void committer_stop(struct db *d);

#endif
