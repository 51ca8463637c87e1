/* Devices: installations of an app that get push messages, by the channel's customer; and the push
 * messages to send, which are jobs (kind PUSH, subject: the device), queued in the transaction that makes a
 * message available. A customer may have a device before the first message. */
#ifndef SB_DESK_DEVICE_DEVICE_H
#define SB_DESK_DEVICE_DEVICE_H

#include "desk/desk.h"
#include "desk/job/job.h"

enum {
  DEVICES_PER_CUSTOMER = 20,
  DEVICE_TEXT_MAX = 128,
  DEVICE_TOKEN_MAX = 2048 /* bytes of ASCII: PostgreSQL refuses an index entry of more than 2,704 */
};

struct device_owner {
  str channel, account, external_id;
};
struct device_row {
  str device_id, token, platform; /* device_id and platform may be empty */
};

/* Inside a transaction. A token belongs to its last registrant; a device with a new token loses the old
 * one; above DEVICES_PER_CUSTOMER the least recently seen device is removed. *count: the owner's devices afterwards. */
err device_register(db_conn *c, const struct device_owner *owner, const struct device_row *device, int64_t now_ms,
                    int64_t *count);
err device_count(db_conn *c, const struct device_owner *owner, int64_t *count);
/* Removes a device whose token is dead, with its queued pushes. */
err device_forget(db_conn *c, int64_t id);

/* Records that the owner uses the app now. */
err device_present(db_conn *c, const struct device_owner *owner, int64_t now_ms);

/* Changes the owner's external id; the owner has no devices. */
err device_rename_presence(db_conn *c, const struct device_owner *owner, str external_id);

/* ---- push jobs ---- */
enum {
  PUSH_WAIT_MOST_MS = 3600 * 1000, /* longest delay before the next try */
  PUSH_KEPT_DAYS = 1 /* an older one is never sent, as after a long stop: the message itself is in the app */
};
struct push_row {
  struct job job;
  int64_t message_id;
  bool gone; /* the device no longer exists: the fields below are absent */
  str token, platform, external_id;
};
/* Inside a transaction: one job for each of the owner's devices. */
err push_add(db_conn *c, const struct device_owner *owner, int64_t message_id, int64_t now_ms);
/* When the next job is due; INT64_MAX for none. */
err push_next_due(db_conn *c, int64_t now_ms, int64_t *due_at);
/* Inside a transaction: leases due jobs in order, without reading the devices, and ends those older than
 * PUSH_KEPT_DAYS. An expired lease counts as a try and is taken again: a push message may arrive twice, and the phone
 * shows it once. */
err push_take(db_conn *c, str holder, size_t limit, int64_t now_ms, arena *a, struct push_row **out, size_t *count);
err push_read_device(db_conn *c, arena *a, struct push_row *row);
/* It was sent, or never will be. Like push_later, writes nothing when another holder has the lease. */
err push_done(db_conn *c, const struct push_row *row);
/* Retries at next_at_ms, at most PUSH_WAIT_MOST_MS away; dropped when its tries are used up. */
err push_later(db_conn *c, const struct push_row *row, int64_t next_at_ms, int64_t now_ms);
/* Removes waiting jobs that were added and due before `before_ms`, which nobody takes when there is no push service; at most
 * `limit`. A job that was postponed is kept for as long after its due time. */
err push_expire(db_conn *c, int64_t before_ms, size_t limit, int64_t *count);

#endif
