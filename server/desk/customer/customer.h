/* Customers: the people who write, each as one channel knows them. No slice below edge/ asks which channel that is. */
#ifndef SB_DESK_CUSTOMER_CUSTOMER_H
#define SB_DESK_CUSTOMER_CUSTOMER_H

#include "base/json.h"
#include "desk/desk.h"

struct customer_row {
  int64_t id;
  str channel, account, external_id, name, username, language; /* username, language may be absent */
  int64_t blocked_at, created_at;
  bool blocked; /* blocked_at != 0, for the shape */
};
extern const struct json_shape customer_shape;

struct customer_identity { /* as a channel tells it */
  str channel, account, external_id;
  str name, username, language; /* name never empty: the caller falls back to the id */
};

err customer_get(db_conn *c, int64_t id, arena *a, struct customer_row *out);
/* ERR_NOT_FOUND. */
err customer_find(db_conn *c, str channel, str account, str external_id, arena *a, struct customer_row *out);
/* Finds or makes; takes over a changed name, username or language. *changed: new or altered. */
err customer_upsert(db_conn *c, const struct customer_identity *who, int64_t now_ms, arena *a, struct customer_row *out,
                    bool *changed);
err customer_set_blocked(db_conn *c, int64_t id, bool blocked, int64_t now_ms, bool *changed);

/* Ids of the newest customers whose name or username has words that begin like every word of the query, and of the one
 * whose id the query is. At most CUSTOMER_SEARCH_MAX + 1, so that a search costs the same whatever it finds. */
enum { CUSTOMER_SEARCH_MAX = 500 };
err customer_search(db_conn *c, str query, arena *a, int64_t **ids, size_t *count);

#endif
