/* Push messages: leases what the queue holds and gives it to Firebase Cloud Messaging, HTTP v1. At least once: what a
 * crash interrupts leaves again when its lease has run out, from any node, and the phone shows it in the same place (tag,
 * collapse id). A token is removed when Firebase's error code says that the device is gone, never for an HTTP status alone;
 * what may pass (429, 5xx, no connection, a wrong configuration) is tried again, growing slower, as often as
 * spec/jobs.tbl says.
 * One thread; IN_FLIGHT messages at once. */
#ifndef SB_EDGE_MOBILE_PUSH_H
#define SB_EDGE_MOBILE_PUSH_H

#include "desk/desk.h"
#include "net/http_client.h"

struct push;
struct push_config {
  struct desk *desk;
  http_client *client;
  const char *account_path, *endpoint, *title;
};

/* Reads the service account's file; one that cannot be used turns push off and says why. */
struct push *push_new(const struct push_config *config);
bool push_works(const struct push *p);
/* Why it does not, or what Firebase said last; absent when all is well. */
str push_error(struct push *p, arena *a);
struct push_stats {
  uint64_t sent, tokens_removed, retried, refused; /* by what Firebase said of each */
};
void push_stats(const struct push *p, struct push_stats *out); /* any thread */
void push_start(struct push *p);
void push_wake(struct push *p);
void push_stop(struct push *p, int grace_ms);
void push_free(struct push **p);

#endif
