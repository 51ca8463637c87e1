/* Internal to the slice: chooses the indexes to find a condition's conversations. */
#ifndef SB_DESK_CONVERSATION_CONVERSATION_WALK_INTERNAL_H
#define SB_DESK_CONVERSATION_CONVERSATION_WALK_INTERNAL_H

#include "desk/conversation/conversation.h"

/* Which part of the list by spam: all of it, without spam, or spam only. */
enum walk_spam { WALK_WITH_SPAM, WALK_WITHOUT_SPAM, WALK_SPAM_ONLY };
enum { WALK_ANY_STATUS = -1, WALK_ANYBODY = 0, WALK_NOBODY = -1, WALK_BRANCHES_MAX = 16 };

/* The sort key of each order, descending, followed by the id. A partial index contains the second one's rows. */
#define CONVERSATION_KEY_OF_TIME "c.updated_at"
#define CONVERSATION_KEY_OF_WAKE "(-coalesce(c.snoozed_until, 9007199254740991))"
#define CONVERSATION_SLEEPS      "c.status = 'snoozed' AND c.inbound_count > 0"
const char *conversation_key(enum conversation_order order);
int64_t conversation_key_of(enum conversation_order order, const struct conversation_row *row);

struct conversation_walk {
  enum conversation_order order;
  struct walk_branch { /* a part of the list, in its order */
    int status;
    int64_t assignee;
  } branches[WALK_BRANCHES_MAX + 4];
  size_t count;         /* 0: nothing can match */
  enum walk_spam spam;  /* of every branch */
  bool filter;          /* the rows found must be compared with the condition */
  int64_t below, above; /* updated_at of all matches is between these */
};

/* c NULL: all conversations of the order. reader: who "me" is. */
void conversation_walk_plan(struct conversation_walk *w, enum conversation_order order, const struct condition *c,
                            int64_t reader);

struct walk_sql {
  const char *columns; /* of conversation AS c; must include the order's key and c.id */
  const char *behind;  /* a comparison that skips rows already seen; NULL: from the head */
  const char *limit;   /* "$3", or a number */
};
/* Adds a SELECT of the first rows in the list's order; count must not be 0. */
void conversation_walk_sql(const struct conversation_walk *w, struct condition_sql *s, const struct walk_sql *with);
/* A page of the walk after a position: id, key. */
void conversation_page_sql(struct condition_sql *s, const struct conversation_walk *w, int64_t key, int64_t id,
                           size_t limit);

/* ---- conversation_list.c; app/statements_test.c checks its statements ---- */
/* Joins to conversation AS c the tables that the condition's fields need. NULL: none. */
void conversation_join_sql(struct condition_sql *s, const struct condition *c);
/* The conversations in a JSON list of ids for which the condition holds: id, customer_id, in the list's order. */
void conversation_compare_sql(struct condition_sql *s, enum conversation_order order, const struct condition *c,
                              str ids);
void conversation_count_sql(struct condition_sql *s, const struct conversation_count_of *of);

#endif
