/* Customers: the people who write, each in one channel. No slice below edge/ depends on which channel it is. */
#ifndef SB_DESK_CUSTOMER_CUSTOMER_H
#define SB_DESK_CUSTOMER_CUSTOMER_H

#include "base/json.h"
#include "desk/desk.h"

struct customer_row {
  int64_t id;
  str channel, account, external_id, name;
  str username, language; /* may be absent. language: as the channel tells it, unless the source has one */
  str told_language;      /* as the channel tells it; may be absent */
  str start_payload, source, source_tag; /* may be absent: see customer_came */
  int64_t blocked_at, deactivated_at, created_at;
  int64_t banned_at, banned_by;       /* since when and by which operator the customer is blocked; 0: they are not */
  bool ban_told;                      /* they have been told */
  int64_t photo_id, photo_asked_at;   /* the file of their picture; when the channel was asked for it. 0: none, never */
  str photo_key;                      /* the channel's name of that picture; may be absent */
  bool blocked, deactivated, premium; /* blocked_at, deactivated_at != 0, for the shape */
};
extern const struct json_shape customer_shape;

/* From the columns @customer@. A name without visible characters, or one that could reverse the text beside it (older rows, stored before
 * names were cleaned), is replaced as by customer_name. */
void customer_from_cells(const struct db_cell *cell, arena *a, struct customer_row *out);
/* The displayed name: the cleaned name, else the username, else the id. */
str customer_name(str name, str username, str external_id, arena *a);

struct customer_identity { /* as reported by a channel */
  str channel, account, external_id;
  str name, username, language; /* unprocessed: see customer_name */
  bool tells_premium, premium;  /* premium: pays the channel for more; known only if it tells */
  bool has_photo;               /* the channel can be asked for the person's picture */
};

err customer_get(db_conn *c, int64_t id, arena *a, struct customer_row *out);
/* ERR_NOT_FOUND unless a conversation of the customer is assigned to the operator. */
err customer_assigned(db_conn *c, int64_t id, int64_t operator_id);
/* ERR_NOT_FOUND. */
err customer_find(db_conn *c, str channel, str account, str external_id, arena *a, struct customer_row *out);
/* Locks and reads the row; it does not change until the transaction ends. Call before a conversation is locked, never
 * after. */
err customer_lock(db_conn *c, int64_t id, arena *a, struct customer_row *out);
/* Finds or creates; stores a changed name, username, language or premium. before: as it was; its id is 0 for a new one. Someone who
 * is new here but wrote to an account that this one replaces, or that replaces it (desk/account), is the same customer, who moves: before->account differs
 * then, and the caller must see to what is stored by the former one. */
err customer_upsert(db_conn *c, const struct customer_identity *who, int64_t now_ms, arena *a, struct customer_row *out,
                    struct customer_row *before);
/* The customer came by a link with this payload. The first one is kept, and with it what the table of sources says (`source`
 * and the rest may be absent); a later one only if the table knew none before. *changed: *row is as stored then. */
struct customer_origin {
  str payload, source, tag, language;
};
err customer_came(db_conn *c, struct customer_row *row, const struct customer_origin *from, int64_t now_ms,
                  bool *changed);
/* Changes the customer's id in the channel. ERR_CONFLICT: the id is taken. */
err customer_rename_external(db_conn *c, int64_t id, str external_id, int64_t now_ms);
/* CUSTOMER_DEACTIVATED: the account is gone; nothing can be sent either. */
enum customer_reach { CUSTOMER_BLOCKED, CUSTOMER_REACHABLE, CUSTOMER_DEACTIVATED };
err customer_set_reach(db_conn *c, int64_t id, enum customer_reach reach, int64_t now_ms, bool *changed);

/* An operator blocks the customer, or lets them in again; the caller sees to the conversation. CUSTOMER_BLOCKED, in contrast, is
 * what the customer does. *changed false: it is so already. */
err customer_ban(db_conn *c, int64_t id, int64_t operator_id, int64_t now_ms, bool *changed);
err customer_unban(db_conn *c, int64_t id, int64_t now_ms, bool *changed);
/* The channel is asked for the customer's picture; and what it is: file_id 0: none. The former file is left to file_collect. */
err customer_photo_asked(db_conn *c, int64_t id, int64_t now_ms);
err customer_set_photo(db_conn *c, int64_t id, int64_t file_id, str key, int64_t now_ms);
/* The customer has been told that they are blocked. */
err customer_ban_told(db_conn *c, int64_t id);

/* A query finds the customers whose name or username contains, for every word of the query, a word with that prefix,
 * and the customer with that id. customer_search returns all ids, or the first `max` and *more: a one-letter query
 * finds every third customer, and the caller then filters its own list with customer_search_among. */
err customer_search(db_conn *c, str query, size_t max, arena *a, int64_t **ids, size_t *count, bool *more);
/* Which of these customers match the query: found[i] is for ids[i]. */
err customer_search_among(db_conn *c, str query, const int64_t *ids, size_t count, arena *a, bool *found);

#endif
