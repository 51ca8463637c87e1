/* Five counts for an overview and for older clients. */
#ifndef SB_DESK_STATS_STATS_H
#define SB_DESK_STATS_STATS_H

#include "base/json.h"
#include "desk/actor.h"
#include "desk/desk.h"

struct stats {
  int64_t waiting, active, closed, operators_online, messages_today; /* today begins at midnight UTC */
};
extern const struct json_shape stats_shape;
/* Of the conversations that the actor may read. ERR_FORBIDDEN: none. */
err stats_count(db_conn *c, const struct actor *who, int64_t now_ms, struct stats *out);

#endif
