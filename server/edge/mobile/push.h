/* Push messages: leases jobs from the queue and sends them to Firebase Cloud Messaging, HTTP v1. At least once: a push
 * that a crash interrupts is resent when its lease has expired, by any node, and replaces the first one on the phone
 * (tag, collapse id). A token is removed when Firebase's error code says that the device is gone, never for an HTTP
 * status alone; a temporary failure (429, 5xx, no connection, a wrong configuration) is retried with growing delays, as
 * often as spec/jobs.tbl allows. One thread; IN_FLIGHT messages at once. */
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

/* Reads the service account's file; an unusable one turns push off, with the reason. */
struct push *push_new(const struct push_config *config);
bool push_works(const struct push *p);
/* Why push is off, or Firebase's last error; absent if there is none. */
str push_error(struct push *p, arena *a);
struct push_stats {
  uint64_t sent, tokens_removed, retried, refused; /* by Firebase's response */
};
void push_stats(const struct push *p, struct push_stats *out); /* any thread */
void push_start(struct push *p);
void push_wake(struct push *p);
void push_stop(struct push *p, int grace_ms);
void push_free(struct push **p);

#endif
