/* The JSON shape of the statistics. */
#include "desk/stats/stats.h"

#include <stddef.h>

#define NUMBER(member) \
  { .name = #member, .type = JSON_INT, .offset = offsetof(struct stats, member) }
static const struct json_field fields[] = {NUMBER(waiting), NUMBER(active), NUMBER(closed), NUMBER(operators_online),
                                           NUMBER(messages_today)};
#undef NUMBER
JSON_SHAPE(stats_shape, "Stats", struct stats, fields, NULL);
