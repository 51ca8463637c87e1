/* Sources: what the payload of a link tells of the customer who came by it. */
#ifndef SB_DESK_SOURCE_SOURCE_H
#define SB_DESK_SOURCE_SOURCE_H

#include "base/json.h"
#include "desk/desk.h"

enum {
  SOURCE_PAYLOAD_MAX = 64, /* of A-Za-z0-9_- */
  SOURCES_MAX = 5000,
  SOURCE_IMPORT_MAX = 1000,
};

/* What no source's payload begins with: operators' codes do (desk/link). */
#define SOURCE_RESERVED "link-"

struct source_row {
  int64_t id;
  str payload, name;
  str tag, language; /* may be absent */
};
extern const struct json_shape source_shape;

/* The row with the longest payload that `payload` begins with; *found false when there is none. */
err source_of_payload(db_conn *c, str payload, arena *a, struct source_row *out, bool *found);
/* In order of payload. */
err source_list(db_conn *c, arena *a, struct source_row **out, size_t *count);
/* ERR_CONFLICT with field "payload" if another row has it; ERR_QUEUE_FULL never. ERR_INVALID_FIELD if there would be more than SOURCES_MAX. */
err source_add(db_conn *c, const struct source_row *row, int64_t now_ms, int64_t *id);
/* ERR_NOT_FOUND; ERR_CONFLICT as above. */
err source_change(db_conn *c, const struct source_row *row, int64_t now_ms);
err source_remove(db_conn *c, int64_t id);
/* Adds rows, or replaces those with the same payload. All or none. */
err source_import(db_conn *c, const struct source_row *rows, size_t count, int64_t now_ms);

#endif
