/* See conversation_gate.h. */
#include "desk/conversation/conversation_gate.h"

#include "base/thread.h"

enum { RETRY_MS = 1000 };

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards what follows */
static pthread_cond_t left;
static int64_t inside[GATE_AT_ONCE]; /* operators; 0: free */
static int waiting;

static void init(void) { thread_cond_init(&left); }

/* A free place; NULL when there is none, or when the operator has one already. */
static int64_t *place_for(int64_t operator_id) {
  int64_t *place = NULL;
  for (int i = 0; i < GATE_AT_ONCE; i++) {
    if (inside[i] == operator_id) return NULL;
    if (!inside[i]) place = &inside[i];
  }
  return place;
}

err gate_enter(int64_t operator_id) {
  pthread_once(&once, init);
  int64_t until_ms = thread_now_ms() + GATE_WAIT_MS;
  pthread_mutex_lock(&lock);
  int64_t *place = place_for(operator_id);
  if (!place && waiting < GATE_WAITING_MAX) {
    waiting++;
    while (!place && thread_cond_wait_until(&left, &lock, until_ms)) place = place_for(operator_id);
    waiting--;
  }
  if (place) *place = operator_id;
  pthread_mutex_unlock(&lock);
  return place ? err_ok : err_retry(ERR_OVERLOADED, RETRY_MS);
}

void gate_leave(int64_t operator_id) {
  pthread_mutex_lock(&lock);
  for (int i = 0; i < GATE_AT_ONCE; i++)
    if (inside[i] == operator_id) inside[i] = 0;
  pthread_cond_broadcast(&left);
  pthread_mutex_unlock(&lock);
}
