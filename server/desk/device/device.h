/* Devices: installations of an app that get push messages, by the customer whom a channel knows there; and the push
 * messages that must still leave, which are jobs (kind PUSH, about the device), queued in the transaction that makes a
 * message available. A customer may have a device before they have written. */
#ifndef SB_DESK_DEVICE_DEVICE_H
#define SB_DESK_DEVICE_DEVICE_H

#include "desk/desk.h"
#include "desk/job/job.h"

enum { DEVICES_PER_CUSTOMER = 20, DEVICE_TEXT_MAX = 128, DEVICE_TOKEN_MAX = 4096 };

struct device_owner {
  str channel, account, external_id;
};
struct device_row {
  str device_id, token, platform; /* device_id and platform may be empty */
};

/* Inside a transaction. A token moves to whoever registers it last; a device that comes with a new token loses the old
 * one; beyond DEVICES_PER_CUSTOMER the one that was seen longest ago goes. *count: the owner's devices afterwards. */
err device_register(db_conn *c, const struct device_owner *owner, const struct device_row *device, int64_t now_ms,
                    int64_t *count);
err device_count(db_conn *c, const struct device_owner *owner, int64_t *count);
/* Its token is dead; what is queued for it goes too. */
err device_forget(db_conn *c, int64_t id);

/* The owner is at their app now. */
err device_present(db_conn *c, const struct device_owner *owner, int64_t now_ms);

/* The owner is called otherwise from now on, and has no devices. */
err device_rename_presence(db_conn *c, const struct device_owner *owner, str external_id);

/* ---- what must leave ---- */
enum { PUSH_WAIT_MOST_MS = 3600 * 1000 }; /* before the next try */
struct push_row {
  struct job job;
  int64_t message_id;
  bool gone; /* its device is not there any more: what follows is absent */
  str token, platform, external_id;
};
/* Inside a transaction: one job for each of the owner's devices. */
err push_add(db_conn *c, const struct device_owner *owner, int64_t message_id, int64_t now_ms);
/* When there is something to take; INT64_MAX for nothing. */
err push_next_due(db_conn *c, int64_t now_ms, int64_t *due_at);
/* Inside a transaction: leases what is due, in order, the devices unread. A lease that has run out counts as a try and goes
 * again: a push message may arrive twice, and the phone shows it in one place. */
err push_take(db_conn *c, str holder, size_t limit, int64_t now_ms, arena *a, struct push_row **out, size_t *count);
err push_read_device(db_conn *c, arena *a, struct push_row *row);
/* It has left, or never will. Like push_later writes nothing when the lease is somebody else's by now. */
err push_done(db_conn *c, const struct push_row *row);
/* Tried again at next_at_ms, at most PUSH_WAIT_MOST_MS away; dropped when its tries are used up. */
err push_later(db_conn *c, const struct push_row *row, int64_t next_at_ms, int64_t now_ms);

#endif
