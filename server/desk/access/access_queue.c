/* See access_queue.h. */
#include "desk/access/access_queue.h"

#include "base/arena.h"
#include "base/thread.h"

#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
  KNOWN_IN_A_ROW = 3,
  JOB_MS = 80, /* for computing retry_ms */
  RETRY_LEAST_MS = 1000,
  STACK_BYTES = 512 << 10,
  NICE = 2, /* lower priority than the other threads: sign-ins may be slow on a busy machine, requests may not */
};

void access_queue_init(struct access_queue *q) {
  memset(q, 0, sizeof *q);
  pthread_mutex_init(&q->lock, NULL);
  pthread_cond_init(&q->more, NULL);
}

static struct access_job take_first(struct access_lane_jobs *lane) {
  struct access_job job = lane->jobs[lane->head];
  lane->head = (lane->head + 1) % ACCESS_LANE_MAX;
  lane->count--;
  return job;
}

/* Called with the lock held and at least one job. */
static struct access_job take_next(struct access_queue *q) {
  struct access_lane_jobs *known = &q->lanes[ACCESS_LANE_KNOWN], *unknown = &q->lanes[ACCESS_LANE_UNKNOWN];
  bool from_known = known->count && (q->known_in_a_row < KNOWN_IN_A_ROW || !unknown->count);
  q->known_in_a_row = from_known ? q->known_in_a_row + 1 : 0;
  return take_first(from_known ? known : unknown);
}

static bool is_empty(const struct access_queue *q) {
  return !q->lanes[ACCESS_LANE_KNOWN].count && !q->lanes[ACCESS_LANE_UNKNOWN].count;
}

static void *work(void *arg) {
  struct access_queue *q = arg;
  (void)setpriority(PRIO_PROCESS, (id_t)gettid(), NICE); /* for this thread only */
  pthread_mutex_lock(&q->lock);
  for (;;) {
    while (is_empty(q) && !q->stopping) pthread_cond_wait(&q->more, &q->lock);
    if (is_empty(q)) break;
    struct access_job job = take_next(q);
    bool refuse = q->stopping;
    pthread_mutex_unlock(&q->lock);
    job.fn(job.arg, refuse ? err_retry(ERR_OVERLOADED, RETRY_LEAST_MS) : err_ok);
    pthread_mutex_lock(&q->lock);
  }
  pthread_mutex_unlock(&q->lock);
  return NULL;
}

static void start(struct access_queue *q) {
  q->started = thread_start(&q->thread, "sb-passwords", STACK_BYTES, work, q);
}

static int places_of(const struct access_lane_jobs *lane, str caller) {
  int n = 0;
  for (int i = 0; i < lane->count; i++)
    n += str_eq(str_c(lane->jobs[(lane->head + i) % ACCESS_LANE_MAX].caller), caller);
  return n;
}

static uint32_t retry_ms(const struct access_queue *q) {
  int waiting = q->lanes[ACCESS_LANE_KNOWN].count + q->lanes[ACCESS_LANE_UNKNOWN].count;
  return waiting * JOB_MS > RETRY_LEAST_MS ? (uint32_t)(waiting * JOB_MS) : RETRY_LEAST_MS;
}

static err check_room(const struct access_queue *q, const struct access_lane_jobs *lane, str caller) {
  int free = ACCESS_LANE_MAX - lane->count, has = places_of(lane, caller);
  if (q->stopping || !q->started || free == 0) return err_retry(ERR_OVERLOADED, retry_ms(q));
  return has && has >= free ? err_retry(ERR_RATE_LIMITED, retry_ms(q)) : err_ok;
}

err access_queue_add(struct access_queue *q, enum access_lane lane, str caller, void (*fn)(void *arg, err e),
                     void *arg) {
  struct access_lane_jobs *jobs = &q->lanes[lane];
  struct access_job job = {.fn = fn, .arg = arg};
  caller = str_sub(caller, 0, caller.len < sizeof job.caller ? caller.len : sizeof job.caller - 1);
  if (caller.len) memcpy(job.caller, caller.ptr, caller.len);
  pthread_mutex_lock(&q->lock);
  if (!q->started && !q->stopping) start(q);
  err e = check_room(q, jobs, caller);
  if (!err_is(e)) {
    jobs->jobs[(jobs->head + jobs->count) % ACCESS_LANE_MAX] = job;
    jobs->count++;
    pthread_cond_signal(&q->more);
  }
  pthread_mutex_unlock(&q->lock);
  return e;
}

int access_queue_waiting(struct access_queue *q) {
  pthread_mutex_lock(&q->lock);
  int n = q->lanes[ACCESS_LANE_KNOWN].count + q->lanes[ACCESS_LANE_UNKNOWN].count;
  pthread_mutex_unlock(&q->lock);
  return n;
}

void access_queue_stop(struct access_queue *q) {
  pthread_mutex_lock(&q->lock);
  bool join = q->started && !q->stopping;
  q->stopping = true;
  pthread_cond_signal(&q->more);
  pthread_mutex_unlock(&q->lock);
  if (join) pthread_join(q->thread, NULL);
}

void access_queue_free(struct access_queue *q) {
  access_queue_stop(q);
  pthread_cond_destroy(&q->more);
  pthread_mutex_destroy(&q->lock);
}
