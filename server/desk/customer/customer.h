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

enum { CUSTOMER_COLUMNS = 9 };
/* From the columns id, channel, account, external_id, name, username, language, blocked_at, created_at, in this order. A
 * name in which nothing can be seen, or that could turn round the text beside it (rows from before such names were
 * tidied), is read as customer_name would have it. */
void customer_from_cells(const struct db_cell *cell, arena *a, struct customer_row *out);
/* What a person is called: the tidy name, else the username, else the id. */
str customer_name(str name, str username, str external_id, arena *a);

struct customer_identity { /* as a channel tells it */
  str channel, account, external_id;
  str name, username, language; /* as they are: see customer_name */
};

err customer_get(db_conn *c, int64_t id, arena *a, struct customer_row *out);
/* ERR_NOT_FOUND. */
err customer_find(db_conn *c, str channel, str account, str external_id, arena *a, struct customer_row *out);
/* The row as it is, which stays so until the transaction ends. Before a conversation is locked, never after. */
err customer_lock(db_conn *c, int64_t id, arena *a, struct customer_row *out);
/* Finds or makes; takes over a changed name, username or language. *changed: new or altered. */
err customer_upsert(db_conn *c, const struct customer_identity *who, int64_t now_ms, arena *a, struct customer_row *out,
                    bool *changed);
/* The channel calls the customer otherwise from now on. ERR_CONFLICT: somebody is called so. */
err customer_rename_external(db_conn *c, int64_t id, str external_id, int64_t now_ms);
err customer_set_blocked(db_conn *c, int64_t id, bool blocked, int64_t now_ms, bool *changed);

/* A query finds the customers whose name or username has words that begin like every word of it, and the one whose id
 * it is. customer_search gives the ids of all of them, or of the first `max` and *more: a query of one letter finds every
 * third customer, and whoever asks then goes through its own list with customer_search_among. */
err customer_search(db_conn *c, str query, size_t max, arena *a, int64_t **ids, size_t *count, bool *more);
/* Which of these customers the query finds: found[i] belongs to ids[i]. */
err customer_search_among(db_conn *c, str query, const int64_t *ids, size_t count, arena *a, bool *found);

#endif
