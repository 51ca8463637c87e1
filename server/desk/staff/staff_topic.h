/* Topics of the staff room: one for each conversation, if the room has topics. A row of staff_topic says which thread of
 * the channel a conversation has, and what must be done before a copy can go there:
 *
 *             made        message lost  landed elsewhere  deleted there   answer unknown
 *  missing    -           -             -                 -               -
 *  opening    open        -             -                 -               opening, asked again after STAFF_TOPIC_ASK_MS
 *  open       -           missing       stray             -               -
 *  stray      -           -             -                 missing         -
 *
 * "opening" is committed before the channel is asked. When its answer is lost, the channel's report of the new topic
 * names the thread (staff_topic_find_opening); without one the topic is asked for again, so that at most one empty topic is
 * left behind for each lost answer. A missing topic keeps its former thread: the room may only have its topics
 * switched off.
 *
 * The name of a topic shows the state of the conversation. It is brought up to date by a job of purpose OUTBOX_TOPIC
 * (staff_topic_touch), in a lane of its own, at most once in STAFF_TOPIC_NAME_MS. */
#ifndef SB_DESK_STAFF_STAFF_TOPIC_H
#define SB_DESK_STAFF_STAFF_TOPIC_H

#include "desk/staff/staff.h"

enum { STAFF_TOPIC_ASK_MS = 10000, STAFF_TOPIC_NAME_MS = 60000, STAFF_TOPIC_SETTLE_MS = 1500 };
enum staff_topic_state { STAFF_TOPIC_MISSING, STAFF_TOPIC_OPENING, STAFF_TOPIC_OPEN, STAFF_TOPIC_STRAY };
extern const struct json_enum staff_topic_state_names;

struct staff_topic {
  int64_t conversation_id;
  int64_t thread_id; /* 0: none yet */
  int state;
  str name;                 /* as last set, or asked for; "" before */
  str title;                /* the customer's name in it */
  bool closed;              /* by a person: to be reopened */
  str stray;                /* ids of messages to delete, "5,6"; absent: none */
  int64_t first_message_id; /* whose copy is the first there; 0: none is */
  int64_t remade_for;       /* the message for which it was made again; 0: none */
  int64_t asked_at, named_at;
};

/* Inside a transaction. *found false: the conversation has none, and *out is a missing one. */
err staff_topic_get(db_conn *c, const struct staff_place *place, int64_t conversation_id, arena *a,
                    struct staff_topic *out, bool *found);
err staff_topic_by_thread(db_conn *c, const struct staff_place *place, int64_t thread_id, arena *a,
                          struct staff_topic *out, bool *found);
/* The one that was asked for last under this name. */
err staff_topic_find_opening(db_conn *c, const struct staff_place *place, str name, arena *a, struct staff_topic *out,
                             bool *found);
/* Whether another topic of the room has the same title. */
err staff_topic_is_namesake(db_conn *c, const struct staff_place *place, int64_t conversation_id, str title, bool *is);
err staff_topic_put(db_conn *c, const struct staff_place *place, const struct staff_topic *t);

/* Inside a transaction that has changed the conversation: queues the change of the topic's name, if it has a topic. */
err staff_topic_touch(struct desk *d, db_conn *c, int64_t conversation_id, int64_t now_ms);

#endif
