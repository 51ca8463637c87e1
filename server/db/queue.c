/* See queue.h. */
#include "db/queue.h"

#include <assert.h>

void db_queue_init(struct db_queue *q, size_t max) {
  *q = (struct db_queue){.max = max};
  q->tail = &q->head;
  pthread_mutex_init(&q->lock, NULL);
  pthread_cond_init(&q->filled, NULL);
}

void db_queue_destroy(struct db_queue *q) {
  assert(q->head == NULL);
  pthread_cond_destroy(&q->filled);
  pthread_mutex_destroy(&q->lock);
}

bool db_queue_push(struct db_queue *q, struct db_job *job) {
  job->next = NULL;
  pthread_mutex_lock(&q->lock);
  bool taken = !q->closing && q->count < q->max;
  if (taken) {
    *q->tail = job;
    q->tail = &job->next;
    q->count++;
  }
  bool wake = taken && q->sleeping > 0;
  pthread_mutex_unlock(&q->lock);
  if (wake) pthread_cond_signal(&q->filled);
  return taken;
}

struct db_job *db_queue_take(struct db_queue *q, size_t most) {
  assert(most > 0);
  pthread_mutex_lock(&q->lock);
  q->sleeping++;
  while (!q->head && !q->closing) pthread_cond_wait(&q->filled, &q->lock);
  q->sleeping--;
  struct db_job *list = q->head;
  struct db_job **end = &q->head;
  for (; *end && most > 0; most--, q->count--) end = &(*end)->next;
  if (list) {
    q->head = *end;
    *end = NULL;
    if (!q->head) q->tail = &q->head;
  }
  pthread_mutex_unlock(&q->lock);
  return list;
}

void db_queue_return(struct db_queue *q, struct db_job *list) {
  if (!list) return;
  size_t n = 1;
  struct db_job *last = list;
  for (; last->next; last = last->next) n++;
  pthread_mutex_lock(&q->lock);
  last->next = q->head;
  if (!q->head) q->tail = &last->next;
  q->head = list;
  q->count += n;
  pthread_mutex_unlock(&q->lock);
}

void db_queue_close(struct db_queue *q) {
  pthread_mutex_lock(&q->lock);
  q->closing = true;
  pthread_cond_broadcast(&q->filled);
  pthread_mutex_unlock(&q->lock);
}

void db_job_finish(struct db_job *job) {
  if (job->done) job->done(job->result, job->ctx);
  if (job->finished)
    sem_post(job->finished); /* the job is on the waiter's stack and invalid from here on */
  else
    mem_free(&job);
}
