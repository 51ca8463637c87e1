/* What must leave: one row a message and recipient. Rows of one lane leave in order; the states are a table.
 *
 *              claim      sent     retry (later)   refuse    uncertain   retry by a person
 *  queued      sending    -        -               -         -           -
 *  sending     -          (gone)   queued          failed    uncertain   -
 *  failed      -          -        -               -         -           queued
 *  uncertain   -          (gone)   -               -         -           queued
 *
 * `sending` is committed before the request leaves: after a crash such a row may or may not have reached the
 * recipient, so it becomes `uncertain` and a person decides; it is never sent twice unasked.
 *
 * Beside answers to customers it holds what goes to the staff room (desk/staff): copies of messages, and notices. These
 * say nothing of a message's delivery. A copy whose fate is unknown goes again, marked as a possible repeat, since staff
 * may read a thing twice but must not miss it; a notice that fails is forgotten. */
#ifndef SB_DESK_OUTBOX_OUTBOX_H
#define SB_DESK_OUTBOX_OUTBOX_H

#include "desk/message/message.h"

enum outbox_state { OUTBOX_QUEUED, OUTBOX_SENDING, OUTBOX_FAILED, OUTBOX_UNCERTAIN, OUTBOX_GONE };
enum outbox_step {
  OUTBOX_CLAIM,
  OUTBOX_SENT,
  OUTBOX_RETRY_LATER,
  OUTBOX_REFUSE,
  OUTBOX_LOSE_TRACK,
  OUTBOX_RETRY_BY_PERSON
};
/* -1 when the step is not allowed in the state. */
int outbox_next(enum outbox_state state, enum outbox_step step);
/* The wait before try `attempts` + 1: 1 s doubled up to 5 min, a quarter of jitter either way. */
int64_t outbox_backoff_ms(int64_t attempts, const sb_rand *rand);

extern const struct json_enum outbox_state_names; /* as stored; OUTBOX_GONE has none */

enum outbox_purpose { OUTBOX_ANSWER, OUTBOX_COPY, OUTBOX_NOTICE };
extern const struct json_enum outbox_purpose_names;
#define OUTBOX_STAFF_LANE  S("staff")  /* of all that goes to the staff room; the channel knows which chat that is */
#define OUTBOX_NOTE_REPEAT S("repeat") /* a copy that may have arrived before */
#define OUTBOX_NOTE_EDITED S("edited") /* a copy of a message that the customer has changed */

struct outbox_row {
  int64_t id, message_id, attempts, next_at;
  str lane;
  int purpose;
  int64_t part;       /* of a copy that takes more than one message; 0 is the first */
  str note, reply_to; /* see struct outbox_extra; reply_to only when it is claimed */
};

/* Inside a transaction. */
err outbox_add(db_conn *c, str channel, str account, str lane, int64_t message_id, int64_t now_ms);
/* The same for what may leave only later, or goes to the staff room. */
struct outbox_extra {
  int purpose;
  int64_t part, next_at; /* next_at 0: at once */
  str note;              /* of a copy: why it is marked; of a notice: its words. May be absent */
  str reply_to;          /* the room's message that it answers; may be absent */
};
err outbox_add_extra(db_conn *c, str channel, str account, str lane, int64_t message_id /* 0: of a notice */,
                     const struct outbox_extra *extra, int64_t now_ms);
/* ---- for the channel's sender ---- */
/* Queued rows with id above `after`, in order. */
err outbox_queued(db_conn *c, str channel, str account, int64_t after, size_t limit, arena *a, struct outbox_row **out,
                  size_t *count);
/* queued -> sending, an answer's message too, with message_update. *claimed false: somebody else has it or it is gone. */
err outbox_claim(db_conn *c, int64_t id, int64_t now_ms, arena *a, struct outbox_row *out, bool *claimed);
/* queued -> gone, without an event: for copies when there is no staff room any more. */
err outbox_drop(db_conn *c, int64_t id);
err outbox_drop_lane(db_conn *c, str channel, str lane);
/* What waits in a lane for a later time may leave now. */
err outbox_hurry_lane(db_conn *c, str channel, str account, str lane);
/* Queued and on their way in a lane. */
err outbox_count_lane(db_conn *c, str channel, str account, str lane, int64_t *count);
/* Whether anything of a lane is on its way. */
err outbox_sending_lane(db_conn *c, str channel, str account, str lane, bool *sending);
struct outbox_outcome {
  enum outbox_step step; /* SENT, RETRY_LATER, REFUSE or LOSE_TRACK */
  str external_id;       /* of SENT */
  int64_t next_at;       /* of RETRY_LATER */
  bool counts;           /* RETRY_LATER: whether it uses up a try (a 429 does not) */
  str error_code, error; /* the channel's words */
};
/* Applies the outcome to row and message with message_update; RETRY_LATER of the last try becomes REFUSE. An answer from
 * the staff room that is given up is told there. ERR_CONFLICT when the row is not being sent; ok when it is gone. */
err outbox_finish(db_conn *c, int64_t id, const struct outbox_outcome *o, int64_t now_ms, arena *a);
/* At the start: everything `sending` becomes `uncertain`. *count tells how many. */
err outbox_recover(db_conn *c, str channel, str account, int64_t now_ms, arena *a, int64_t *count);

/* ---- for people: the dead letters ---- */
struct dead_letter {
  int64_t id;
  const struct message_row *message;
  str customer_name, error_code, error;
  int64_t attempts, failed_at;
  int purpose;
};
extern const struct json_shape dead_letter_shape;
/* Newest first, ids below `before` (0: from the newest). limit + 1 is read to know whether there is more. */
err outbox_dead(db_conn *c, int64_t before, size_t limit, arena *a, struct dead_letter **out, size_t *count,
                bool *more);
/* Inside a transaction: failed or uncertain -> queued with all its tries, and message_update. ERR_NOT_RETRYABLE,
 * ERR_NOT_FOUND. The row keeps its id, so it leaves before what was queued after it. */
err outbox_retry(db_conn *c, int64_t id, int64_t now_ms, arena *a, int64_t *message_id);
err outbox_retry_message(db_conn *c, int64_t message_id, int64_t now_ms, arena *a);
/* Takes a dead letter off the list; the message stays failed. ERR_NOT_FOUND when it is none. */
err outbox_dismiss(db_conn *c, int64_t id);

#endif
