/* The greeting of the day, for channels that customers open like a window: once a day per person, whichever of two
 * requests comes first. It appears in the customer's history, not in the conversation. */
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

/* The text with {user_name} filled in. Without a name the placeholder is removed, with the comma and space before
 * it. */
str greeting_fill(str text, str name, arena *a);

/* On a reader's connection: whether today's greeting is still due. False too if none is set. */
err greeting_wanted(struct desk *d, db_conn *c, const struct greeting_ask *ask, bool *wanted);
/* Inside a transaction. *given false: another request was first, or none is set. */
err greeting_give(struct desk *d, db_conn *c, const struct greeting_ask *ask, bool *given);
/* The greetings from from_ms on, newest first, at most `limit`. */
err greeting_list(db_conn *c, const struct greeting_ask *ask, int64_t from_ms, size_t limit, arena *a,
                  struct greeting_row **out, size_t *count);
/* Changes the person's external id to `to`, which has no greetings yet. */
err greeting_rename(db_conn *c, str channel, str account, str external_id, str to);

#endif
