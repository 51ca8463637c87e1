/* What must leave: one job a message and recipient (desk/job), in the queue "outbox/<channel>/<account>". This is the layer
 * between the queue, which knows lanes and leases, and the messages, which show what became of their delivery. README.md
 * tells how an answer goes.
 *
 * A lane is a recipient, so what is for one leaves in order. Answers go before what is for the staff room. A row that is
 * taken is leased; when its request may have left and nobody knows how it ended (the lease ran out), that is "lost":
 *
 *             sent     retry later        refused              lost
 *  answer     done     again              dead: failed         dead: uncertain; never sent again unasked
 *  copy       done     again              dead                 again, marked as a possible repeat
 *  notice     done     again              done                 done
 *
 * "Again" on the last try is a refusal. Only an answer shows on its message. Copies of messages and notices go to the staff
 * room (desk/staff), where people may read a thing twice but must not miss it. */
#ifndef SB_DESK_OUTBOX_OUTBOX_H
#define SB_DESK_OUTBOX_OUTBOX_H

#include "desk/job/job.h"
#include "desk/message/message.h"

enum outbox_purpose { OUTBOX_ANSWER, OUTBOX_COPY, OUTBOX_NOTICE };
extern const struct json_enum outbox_purpose_names;
enum outbox_step { OUTBOX_SENT, OUTBOX_RETRY_LATER, OUTBOX_REFUSE, OUTBOX_LOSE_TRACK };
enum outbox_end { OUTBOX_DONE, OUTBOX_AGAIN, OUTBOX_REPEATED, OUTBOX_FAILED, OUTBOX_UNCERTAIN };
/* The table above. last: of the tries, when the step uses up one. */
enum outbox_end outbox_end_of(enum outbox_purpose purpose, enum outbox_step step, bool last);

#define OUTBOX_STAFF_LANE  S("staff")  /* of all that goes to the staff room; the channel knows which chat that is */
#define OUTBOX_NOTE_EDITED S("edited") /* a copy of a message that the customer has changed */

/* ---- adding, inside the transaction that wants it ---- */
err outbox_add(db_conn *c, str channel, str account, str lane, int64_t message_id, int64_t now_ms);
/* The same for what may leave only later, belongs to an album, or goes to the staff room. */
struct outbox_extra {
  int purpose;
  int64_t part, next_at; /* part: of a copy that takes more than one message, 0 is the first; next_at 0: at once */
  str note;              /* of a copy: why it is marked; of a notice: its words. May be absent */
  str reply_to;          /* the room's message that it answers; may be absent */
  str album;             /* photos of one album are taken together; may be absent */
};
err outbox_add_extra(db_conn *c, str channel, str account, str lane, int64_t message_id /* 0: of a notice */,
                     const struct outbox_extra *extra, int64_t now_ms);

/* ---- for the channel's sender, inside its transactions ---- */
struct outbox_sender {
  str channel, account;
  str holder; /* desk.holder */
};
struct outbox_row {
  struct job job; /* lane, attempts, the last try's error_code; id and fence of the lease */
  int purpose;
  int64_t message_id, part;
  str note, reply_to; /* see struct outbox_extra */
  bool repeat;        /* a copy that may have arrived before */
};
/* Once at the start: ends the leases of earlier runs of this node, and waits that a clock has made which was set back
 * since. Touches nothing that another node has taken. */
err outbox_start(db_conn *c, const struct outbox_sender *s, int64_t now_ms);
/* When there is something to take, INT64_MAX: never. */
err outbox_next_due(db_conn *c, str channel, str account, int64_t *due_at);
/* Settles what was lost, then leases what is due: at most `limit` heads of lanes, each followed by what belongs to its album,
 * which has the same lane. */
err outbox_take(db_conn *c, const struct outbox_sender *s, size_t limit, int64_t now_ms, arena *a,
                struct outbox_row **out, size_t *count);
/* The rows leave now: their messages show it. */
err outbox_begin(db_conn *c, const struct outbox_row *row, int64_t now_ms);
/* Not begun: it waits until due_at, which counts as no try. */
err outbox_put_back(db_conn *c, const struct outbox_row *row, int64_t due_at, int64_t now_ms);
/* Not begun: gone without an event, as copies when there is no staff room any more. */
err outbox_drop(db_conn *c, const struct outbox_row *row);
struct outbox_outcome {
  enum outbox_step step;
  str external_id;       /* of SENT */
  int64_t next_at;       /* of RETRY_LATER */
  bool counts;           /* RETRY_LATER: whether it uses up a try (a 429 does not) */
  str error_code, error; /* the channel's words */
};
/* Ends the lease and shows it on the message, with message_update. An answer from the staff room that is given up is told
 * there. ERR_CONFLICT when the lease is somebody else's by now, and nothing has changed; but a SENT that comes late settles
 * what was called uncertain meanwhile, and takes back what waits to be sent again. Ok when the row is gone. */
err outbox_finish(db_conn *c, const struct outbox_row *row, const struct outbox_outcome *o, int64_t now_ms, arena *a);
/* A copy of the row that lives in `a`. */
void outbox_row_dup(arena *a, const struct outbox_row *row, struct outbox_row *out);

/* ---- of an account that sends no more, as one that another has replaced ---- */
/* The accounts of the channel, other than this one, for which something is queued or on its way. */
err outbox_other_accounts(db_conn *c, str channel, str account, arena *a, str **out, size_t *count);
/* Ends what is queued for the account, due or not, at most `limit` lanes a call: answers fail with these words, copies and
 * notices go. Leases that are alive stay; those that have run out are settled as lost. *count: rows that were ended. */
err outbox_give_up(db_conn *c, const struct outbox_sender *s, str error_code, str error, size_t limit, int64_t now_ms,
                   size_t *count);

/* ---- of a lane as a whole ---- */
/* What waits for a later time may leave now. */
err outbox_hurry_lane(db_conn *c, str channel, str account, str lane);
/* What waits or is on its way; and whether anything is on its way. */
err outbox_count_lane(db_conn *c, str channel, str account, str lane, int64_t *count);
err outbox_sending_lane(db_conn *c, str channel, str account, str lane, bool *sending);
/* Everything that is not on its way goes, without an event, for all accounts of the channel. */
err outbox_drop_lane(db_conn *c, str channel, str lane);
/* What waits for the staff room since before `before_ms` goes; at most `limit`. Answers wait as long as they must. */
err outbox_expire_copies(db_conn *c, int64_t before_ms, size_t limit, int64_t *count);

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
/* Inside a transaction: it waits again with all its tries, with message_update. ERR_NOT_RETRYABLE, ERR_NOT_FOUND. It keeps
 * its id, so it leaves before what was added after it. by: who wants it. */
err outbox_retry(db_conn *c, int64_t id, const struct actor *by, int64_t now_ms, arena *a, int64_t *message_id);
err outbox_retry_message(db_conn *c, int64_t message_id, const struct actor *by, int64_t now_ms, arena *a);
/* Takes a dead letter off the list; the message stays failed. ERR_NOT_FOUND when it is none. */
err outbox_dismiss(db_conn *c, int64_t id, const struct actor *by, int64_t now_ms);

#endif
