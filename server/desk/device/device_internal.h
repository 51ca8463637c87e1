/* Shared by the files of this slice only. */
#ifndef SB_DESK_DEVICE_DEVICE_INTERNAL_H
#define SB_DESK_DEVICE_DEVICE_INTERNAL_H

#include "base/json.h"
#include "desk/device/device.h"

struct device_view {
  str platform;
  int64_t created_at, seen_at;
};
struct device_list {
  int64_t last_seen_at; /* 0: unknown */
  struct json_list devices;
};
extern const struct json_shape device_list_shape;

/* Most recently seen first. */
err device_list(db_conn *c, const struct device_owner *owner, arena *a, struct device_list *out);

#endif
