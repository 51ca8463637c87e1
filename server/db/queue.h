/* Queue of writes for the database threads: first in, first out, bounded. Any thread may push; several may take. */
#ifndef SB_DB_QUEUE_H
#define SB_DB_QUEUE_H

#include "db/db.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

struct db_after;

struct db_job {
  struct db_job *next;
  db_fn fn;
  void *ctx;
  void (*done)(err e, void *ctx); /* may be NULL */
  sem_t *finished;                /* NULL: asynchronous, and the job is freed after done */
  err result;
  struct db_after *after; /* SQLite only: what its run has left to do after the commit */
};

struct db_queue {
  pthread_mutex_t lock; /* guards what follows */
  pthread_cond_t filled;
  struct db_job *head, **tail;
  atomic_size_t count; /* changed under the lock, read by anybody */
  size_t max;
  size_t sleeping; /* threads asleep in db_queue_take; db_queue_push signals only when there are any */
  bool closing;
};

void db_queue_init(struct db_queue *q, size_t max);
void db_queue_destroy(struct db_queue *q);
/* False when the queue is full or closing. */
bool db_queue_push(struct db_queue *q, struct db_job *job);
/* The first `most` jobs as a list; sleeps while there are none. NULL when closing and empty. */
struct db_job *db_queue_take(struct db_queue *q, size_t most);
/* Puts a taken list back at the front, in its order; may exceed the maximum. */
void db_queue_return(struct db_queue *q, struct db_job *list);
/* Takers get the remaining jobs, then NULL. */
void db_queue_close(struct db_queue *q);

/* Hands the result to the waiter, or frees an asynchronous job. */
void db_job_finish(struct db_job *job);

#endif
