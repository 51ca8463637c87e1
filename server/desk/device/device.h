/* Devices: installations of an app that get push messages, by the customer whom a channel knows there; and the push
 * messages that must still leave, which are queued in the transaction that makes a message available. A customer may
 * have a device before they have written. */
#ifndef SB_DESK_DEVICE_DEVICE_H
#define SB_DESK_DEVICE_DEVICE_H

#include "desk/desk.h"

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
/* Its token is dead; what was queued for it goes too. */
err device_forget(db_conn *c, int64_t id);

/* The owner is at their app now. */
err device_present(db_conn *c, const struct device_owner *owner, int64_t now_ms);

/* The owner is called otherwise from now on, and has no devices. */
err device_rename_presence(db_conn *c, const struct device_owner *owner, str external_id);

/* ---- what must leave ---- */
struct push_row {
  int64_t id, device_id, message_id, attempts;
  str token, platform, external_id;
};
/* Inside a transaction: one row for each of the owner's devices. */
err push_add(db_conn *c, const struct device_owner *owner, int64_t message_id, int64_t now_ms);
/* Due ones of a channel, oldest first. */
err push_due(db_conn *c, str channel, str account, int64_t now_ms, size_t limit, arena *a, struct push_row **out,
             size_t *count);
/* Before it is sent: counts the attempt, and makes the row due again at until_ms should the outcome never be stored. */
err push_claim(db_conn *c, int64_t id, int64_t until_ms);
/* At the start: what an ended process had claimed, or put off, is due at once. */
err push_release(db_conn *c);
/* It has left, or never will. */
err push_done(db_conn *c, int64_t id);
err push_later(db_conn *c, int64_t id, int64_t next_at_ms);

#endif
