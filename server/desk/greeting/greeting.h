/* The greeting of the day, for channels that customers open like a window: once a day a person, whoever of two requests
 * comes first. It stands in their history, and not in the conversation. */
#ifndef SB_DESK_GREETING_GREETING_H
#define SB_DESK_GREETING_GREETING_H

#include "base/zone.h"
#include "desk/desk.h"

struct greeting_ask {
  str channel, account, external_id;
  str name;     /* may be absent */
  str language; /* "en", "ru-RU"; absent: unknown */
};
struct greeting_row {
  str text;
  int64_t created_at;
};

/* The text with {user_name} filled in. Without a name the placeholder goes with the comma and the space before it. */
str greeting_fill(str text, str name, arena *a);

/* From a reader's connection: whether today's is still to be given. False too where none is set. */
err greeting_wanted(struct desk *d, db_conn *c, const struct greeting_ask *ask, bool *wanted);
/* Inside a transaction. *given false: somebody else was first, or none is set. */
err greeting_give(struct desk *d, db_conn *c, const struct greeting_ask *ask, bool *given);
/* Those of [from_ms, ∞), newest first, at most `limit`. */
err greeting_list(db_conn *c, const struct greeting_ask *ask, int64_t from_ms, size_t limit, arena *a,
                  struct greeting_row **out, size_t *count);
/* The person is called `to` from now on, who was given none yet. */
err greeting_rename(db_conn *c, str channel, str account, str external_id, str to);

#endif
