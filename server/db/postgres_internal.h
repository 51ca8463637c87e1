/* Shared by postgres.c (pool, transactions, retries), postgres_run.c (statements, results, errors) and
 * postgres_connect.c. */
#ifndef SB_DB_POSTGRES_INTERNAL_H
#define SB_DB_POSTGRES_INTERNAL_H

#include "db/db_internal.h"

#include <libpq-fe.h>

/* Why a run must be repeated, whatever its function returned. */
enum postgres_trouble {
  POSTGRES_FINE,
  POSTGRES_AGAIN, /* serialization failure, deadlock: the same connection may try again */
  POSTGRES_LOST,  /* the connection is gone, or its prepared statements are invalid: a new connection is needed */
};

enum { POSTGRES_INCARNATION_SIZE = 64 };

struct postgres_conn {
  struct db_conn base;
  struct postgres_side *side;
  PGconn *pg; /* NULL: not connected */
  bool writes;
  bool *prepared; /* by statement id */
  struct db_texts texts;
  unsigned char composed_parameters[DB_TEXTS_MAX]; /* by the slot of texts: 1 + the highest n of $n; 0: none */
  enum postgres_trouble trouble;
  int races_lost; /* by the current function */
  int backend_pid;
  char incarnation[POSTGRES_INCARNATION_SIZE]; /* differs after the server has recovered from a crash */
  struct postgres_conn *next;                  /* next in the free list */
};

struct postgres_pool {
  pthread_mutex_t lock; /* guards free */
  pthread_cond_t given;
  struct postgres_conn *conns, *free;
  int count;
};

/* A lock that every write holds shared, and that a write holds exclusively after too many lost races. Not a
 * pthread_rwlock_t: its timed wait uses the wall clock, which may be set. */
struct postgres_turn {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  int shared, waiting; /* shared holders; writes waiting for exclusive use, which no new holder overtakes */
  bool alone;
};

struct postgres_side {
  char url[DB_URL_MAX]; /* never logged */
  int idle_max_ms;      /* of a transaction: see struct db_config */
  struct postgres_pool readers, writers;
  struct postgres_turn turn;
  unsigned char *parameters; /* of every statement, the highest n of $n */
  pthread_t *threads;        /* the threads that run asynchronous writes */
  int thread_count;
  atomic_int_fast64_t give_up_at_ms; /* set when closing: no wait goes beyond it; 0: not closing */
  atomic_int_fast64_t complained_ms; /* when an unreachable server was last logged */
};

/* ---- postgres_connect.c ---- */

/* Opens and configures a session; the detail of an error never contains the URL. */
err postgres_connect(const char *url, int timeout_s, PGconn **out);
void postgres_conn_close(struct postgres_conn *c);
err postgres_conn_ensure(struct postgres_conn *c, int timeout_s);

/* ---- postgres_run.c ---- */

/* The err for a failed result; sets *trouble, and logs it unless the caller caused it. name is the statement's. */
err postgres_error(PGconn *pg, const PGresult *r, const char *name, enum postgres_trouble *trouble);
/* Runs a command without parameters; discards its rows. */
err postgres_exec(struct postgres_conn *c, const char *sql);

/* ---- postgres_doubt.c ---- */

enum postgres_verdict { POSTGRES_COMMITTED, POSTGRES_ABORTED, POSTGRES_UNKNOWN };
struct postgres_doubt { /* a COMMIT that was sent and got no answer */
  char xid[24];
  int backend_pid;
  char incarnation[POSTGRES_INCARNATION_SIZE];
};
/* Queries over a new connection until the outcome is known, for at most about 30 s. */
enum postgres_verdict postgres_resolve(struct postgres_conn *c, const struct postgres_doubt *doubt);

#endif
