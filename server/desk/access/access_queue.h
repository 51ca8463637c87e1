/* The thread that runs routes that hash passwords. One hash takes about 60 ms of processor time and 32 MiB on
 * purpose: on the workers, a few sign-ins at once would keep every other request waiting. Here requests wait in a
 * short queue and hold no thread, and only one hash at a time uses memory.
 *
 * Two lanes of ACCESS_LANE_MAX places: callers who have signed in before (a session, a device, an address), and
 * unknown callers. Up to three of the first lane run before one of the second, so that unknown callers block nobody
 * and still get through. Within a lane a caller may have as many places as are free afterwards: a single flooding
 * caller gets half, the next one half of the rest, and a caller without a place always gets the last one. The thread
 * starts with the first job. Thread-safe. */
#ifndef SB_DESK_ACCESS_QUEUE_H
#define SB_DESK_ACCESS_QUEUE_H

#include "base/err.h"
#include "base/str.h"

#include <pthread.h>

enum access_lane { ACCESS_LANE_KNOWN, ACCESS_LANE_UNKNOWN, ACCESS_LANES };
enum { ACCESS_LANE_MAX = 32 };

struct access_job {
  void (*fn)(void *arg, err e); /* called once; e: ok, or ERR_OVERLOADED if the queue was stopped first */
  void *arg;
  char caller[64];
};

struct access_queue {
  pthread_mutex_t lock;
  pthread_cond_t more;
  pthread_t thread;
  bool started, stopping;
  int known_in_a_row;
  struct access_lane_jobs {
    struct access_job jobs[ACCESS_LANE_MAX]; /* a ring */
    int head, count;
  } lanes[ACCESS_LANES];
};

void access_queue_init(struct access_queue *q);
/* ERR_OVERLOADED: the lane is full; ERR_RATE_LIMITED: this caller's places are used up; both with retry_ms, and then
 * fn is not called. */
err access_queue_add(struct access_queue *q, enum access_lane lane, str caller, void (*fn)(void *arg, err e),
                     void *arg);
int access_queue_waiting(struct access_queue *q); /* for metrics */
/* Lets the running job end, refuses waiting jobs, joins. May be called more than once. */
void access_queue_stop(struct access_queue *q);
void access_queue_free(struct access_queue *q);

#endif
