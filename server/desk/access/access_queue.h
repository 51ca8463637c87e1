/* The thread on which routes run that hash passwords. A hashing costs some 60 ms of a processor and 32 MiB on purpose: on
 * the workers, a few sign-ins at once would keep every other request waiting. Here they wait in a short queue and hold
 * no thread, and the memory of one hashing at a time is all that they can take.
 *
 * Two lanes of ACCESS_LANE_MAX places: callers who have signed in before (a session, a device, an address), and
 * strangers. Up to three of the first lane go before one of the second, so that strangers keep nobody out and still
 * get through. Within a lane a caller may have as many places as are free afterwards: one that floods it alone gets
 * half, the next half of the rest, and whoever has none yet always gets the last. The thread begins with the first job.
 * Thread-safe. */
#ifndef SB_DESK_ACCESS_QUEUE_H
#define SB_DESK_ACCESS_QUEUE_H

#include "base/err.h"
#include "base/str.h"

#include <pthread.h>

enum access_lane { ACCESS_LANE_KNOWN, ACCESS_LANE_STRANGER, ACCESS_LANES };
enum { ACCESS_LANE_MAX = 32 };

struct access_job {
  void (*fn)(void *arg, err e); /* once; e: go on, or the queue was stopped before its turn (ERR_OVERLOADED) */
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
/* ERR_OVERLOADED: the lane is full; ERR_RATE_LIMITED: this caller has enough places; both with retry_ms, and then fn is
 * not called. */
err access_queue_add(struct access_queue *q, enum access_lane lane, str caller, void (*fn)(void *arg, err e),
                     void *arg);
int access_queue_waiting(struct access_queue *q); /* for the figures */
/* Lets the running job end, refuses those that wait, joins. More than once is allowed. */
void access_queue_stop(struct access_queue *q);
void access_queue_free(struct access_queue *q);

#endif
