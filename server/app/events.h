/* Every event's shape in one place, for the bus, the contract and the tests. */
#ifndef SB_APP_EVENTS_H
#define SB_APP_EVENTS_H

#include "desk/bus/bus.h"

const struct json_shape *event_shape(enum event_type type);
/* struct bus_config.expand. */
bool event_expand(enum event_type type, str stored, buf *out);

#endif
