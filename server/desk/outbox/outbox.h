/* Outgoing messages: one job (desk/job) per message and recipient, in the queue "outbox/<channel>/<account>". The outbox connects
 * the outcome of a job with the delivery state of its message. README.md describes the steps of an answer.
 *
 * A lane is a recipient, so messages to one recipient are sent in order. Answers go before messages for the staff
 * room. A row that is taken is leased. If its request may have been sent and the outcome is unknown (the lease
 * expired), the row is "lost":
 *
 *             sent     retry later        refused              lost
 *  answer     done     again              dead: failed         dead: uncertain; resent only by a person
 *  copy       done     again              dead                 again, marked as a possible repeat
 *  notice     done     again              done                 done
 *  change     done     again              done                 again
 *  topic      done     again              done                 again
 *  personal   done     again              done                 done
 *  card       done     again              done                 done
 *
 * A change is what an operator does to a message that was sent: an edit, a deletion, a pin, a reaction. Its job names the message
 * and not the new state, so several requests of one kind are one job, which does what the message says when it is taken. To repeat a
 * change does no harm. Its outcome is stored with the message (message_change_end).
 *
 * A personal job brings a notice to an operator's own account up to date (desk/notice), a card job the live card of a customer
 * (desk/card): they name it, and the channel reads what it shall say when it takes the job. Such messages have lanes of their own, "aside/", so that an answer to the same recipient
 * never waits behind one; the channel gives them what is left of the recipient's pace.
 *
 * "Again" on the last try counts as refused. Only an answer shows its state on its message. Copies of messages and
 * notices go to the staff room (desk/staff), where a duplicate is acceptable but a lost message is not. */
#ifndef SB_DESK_OUTBOX_OUTBOX_H
#define SB_DESK_OUTBOX_OUTBOX_H

#include "desk/job/job.h"
#include "desk/message/message.h"

enum outbox_purpose {
  OUTBOX_ANSWER,
  OUTBOX_COPY,
  OUTBOX_NOTICE,
  OUTBOX_CHANGE,
  OUTBOX_TOPIC,
  OUTBOX_PERSONAL,
  OUTBOX_CARD
};
extern const struct json_enum outbox_purpose_names;
enum outbox_step { OUTBOX_SENT, OUTBOX_RETRY_LATER, OUTBOX_REFUSE, OUTBOX_LOSE_TRACK };
enum outbox_end { OUTBOX_DONE, OUTBOX_AGAIN, OUTBOX_REPEATED, OUTBOX_FAILED, OUTBOX_UNCERTAIN };
/* The table above. last: the step uses up the last try. */
enum outbox_end outbox_end_of(enum outbox_purpose purpose, enum outbox_step step, bool last);

#define OUTBOX_STAFF_LANE   S("staff")   /* for what is sent to the staff room; the channel knows the chat */
#define OUTBOX_STAFF_TOPICS S("staff/")  /* the start of a lane for the name of one topic of the staff room */
#define OUTBOX_ASIDE        S("aside/")  /* the start of a lane beside a recipient's own: "aside/<recipient>/<what>" */
#define OUTBOX_NOTE_EDITED  S("edited")  /* a copy of a message that its author has changed */
#define OUTBOX_NOTE_DELETED S("deleted") /* the copies of a deleted message are to be deleted */

/* ---- adding, inside the caller's transaction ---- */
err outbox_add(db_conn *c, str channel, str account, str lane, int64_t message_id, int64_t now_ms);
/* The same for a message with a later time, one of an album, or one for the staff room. */
struct outbox_extra {
  int purpose;
  int64_t part, next_at; /* part: index within a copy of several messages; next_at 0: at once */
  str note;              /* for a copy: why it is marked; for a notice: its text. May be absent */
  str reply_to;          /* the room's message that it answers; may be absent */
  str album;             /* photos of one album are taken together; may be absent */
  int64_t thread_id;     /* the room's topic of a notice; 0: none */
  bool repeat;           /* may have arrived before */
  /* ---- for a notice in a private chat; may be absent ---- */
  str buttons; /* from buttons_encode */
  str edits;   /* the message there that it replaces */
};
err outbox_add_extra(db_conn *c, str channel, str account, str lane, int64_t message_id /* 0: of a notice */,
                     const struct outbox_extra *extra, int64_t now_ms);
/* The topic's name must be brought up to date, at due_at. ERR_CONFLICT: that is queued already. */
err outbox_add_topic(db_conn *c, str channel, str account, int64_t conversation_id, int64_t due_at, int64_t now_ms);
/* Whether a lane leads to the staff room. */
bool outbox_is_staff_lane(str lane);
/* Whether it is beside a recipient's own; and whose, or the lane itself. */
bool outbox_is_aside(str lane);
str outbox_recipient(str lane);
/* The notice must be brought up to date, at due_at. Does nothing if that is queued already, or the queue is full. */
struct outbox_personal {
  str channel, account, recipient;
  int64_t conversation_id, operator_id;
  int kind; /* desk/notice */
};
struct outbox_card {
  str channel, account, recipient;
  int64_t customer_id;
};
/* The same for a customer's live card. hurry: a job that waits is due at once. */
err outbox_add_card(db_conn *c, const struct outbox_card *card, int64_t due_at, bool hurry, int64_t now_ms);
err outbox_add_personal(db_conn *c, const struct outbox_personal *to, int64_t due_at, int64_t now_ms);

/* A requested change (message_change_request) of a message; behind what is queued for the lane. Does nothing if one is queued. */
err outbox_add_change(db_conn *c, str channel, str account, str lane, int64_t message_id, int what, int64_t now_ms);
/* An answer that was not sent yet shall not be sent: removes its job or dead letter. ERR_CONFLICT: it is being sent. */
err outbox_withdraw(db_conn *c, int64_t message_id, const struct actor *by, int64_t now_ms);

/* A message is deleted: so are its copies in the staff room. */
err outbox_delete_copies(db_conn *c, int64_t message_id, int64_t now_ms);
/* Whether a queued or failed answer may have arrived: it was uncertain when a person sent it again. */
err outbox_may_have_left(db_conn *c, int64_t message_id, bool *may);

/* ---- for the channel's sender, inside its transactions ---- */
struct outbox_sender {
  str channel, account;
  str holder; /* desk.holder */
};
struct outbox_row {
  struct job job; /* lane, attempts, the last try's error_code; id and fence of the lease */
  int purpose;
  int64_t message_id, part;
  int64_t conversation_id; /* for OUTBOX_TOPIC, OUTBOX_PERSONAL */
  int64_t operator_id;     /* for OUTBOX_PERSONAL, like notice */
  int notice;
  int64_t customer_id; /* for OUTBOX_CARD */
  str note, reply_to;  /* see struct outbox_extra */
  int64_t thread_id;
  str buttons, edits; /* see struct outbox_extra */
  bool repeat;        /* may have arrived before: a copy, or an uncertain answer that a person sends again */
  int what;           /* of a change: enum message_change_what; else -1 */
  int64_t no;         /* of a change that was begun: see struct message_change */
};
/* Call it once when a sender starts: corrects waits that became longer because the clock was set back (job_wait_anew). */
err outbox_start(db_conn *c, const struct outbox_sender *s, int64_t now_ms);
/* When the next job is due; INT64_MAX: never. */
err outbox_next_due(db_conn *c, str channel, str account, int64_t *due_at);
/* When the next lease expires; INT64_MAX: nothing is leased. For a sender that is not allowed to send: it settles lost rows with
 * a take whose limit is 0. */
err outbox_next_lost(db_conn *c, str channel, str account, int64_t *expires_at);
/* Settles lost rows, then leases due ones: at most `limit` heads of lanes, each followed by the rest of its album,
 * which has the same lane. */
err outbox_take(db_conn *c, const struct outbox_sender *s, size_t limit, int64_t now_ms, arena *a,
                struct outbox_row **out, size_t *count);
/* The row is about to be sent: an answer's message becomes `sending`. */
err outbox_begin(db_conn *c, const struct outbox_row *row, int64_t now_ms);
/* The same for a change of `m`. *go false: nothing is to be done any more, or the message never arrived; the row has ended. */
err outbox_begin_change(db_conn *c, struct outbox_row *row, const struct message_row *m, int64_t now_ms, bool *go);
/* Puts back a row that was not begun: it is due again at due_at, and this does not count as a try. */
err outbox_put_back(db_conn *c, const struct outbox_row *row, int64_t due_at, int64_t now_ms);
/* Removes a row that was not begun, without an event: for example a copy when there is no staff room any more. */
err outbox_drop(db_conn *c, const struct outbox_row *row);
struct outbox_outcome {
  enum outbox_step step;
  str external_id;       /* for SENT */
  int64_t next_at;       /* for RETRY_LATER */
  bool counts;           /* RETRY_LATER: whether it uses up a try (a 429 does not) */
  bool asked;            /* RETRY_LATER: the channel asks to wait, which an answer's message then shows */
  str error_code, error; /* the channel's error */
};
/* Ends the lease and updates the message, with message_update. A failed answer from the staff room causes a notice
 * there. ERR_CONFLICT if another holder has the lease, and nothing has changed; but a late SENT settles
 * a row that became uncertain meanwhile, and cancels a resend that still waits. Ok when the row is gone. */
err outbox_finish(db_conn *c, const struct outbox_row *row, const struct outbox_outcome *o, int64_t now_ms, arena *a);
/* A copy of the row that lives in `a`. */
void outbox_row_dup(arena *a, const struct outbox_row *row, struct outbox_row *out);

/* ---- for an account that no longer sends, because another has replaced it ---- */
/* The accounts of the channel, other than this one, with queued or leased rows. */
err outbox_other_accounts(db_conn *c, str channel, str account, arena *a, str **out, size_t *count);
/* Ends queued rows of the account, due or not, of at most `limit` lanes per call: answers fail with this error, copies and
 * notices are removed. Rows with a valid lease stay; those with an expired one are settled as lost. *count: rows ended. */
err outbox_give_up(db_conn *c, const struct outbox_sender *s, str error_code, str error, size_t limit, int64_t now_ms,
                   size_t *count);

/* ---- for a whole lane ---- */
/* The recipient has moved to another account of the channel: what waits for them leaves there. */
err outbox_move_lane(db_conn *c, str channel, str from, str to, str lane);
/* Makes postponed rows due now. */
err outbox_hurry_lane(db_conn *c, str channel, str account, str lane);
/* The number of live rows; and whether any is leased. */
err outbox_count_lane(db_conn *c, str channel, str account, str lane, int64_t *count);
err outbox_sending_lane(db_conn *c, str channel, str account, str lane, bool *sending);
/* Removes all rows that are not leased, without an event, for all accounts of the channel. */
err outbox_drop_lane(db_conn *c, str channel, str lane);
/* Removes rows that have waited for the staff room since before `before_ms`; at most `limit`. Answers are never
 * removed. */
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
/* Newest first, ids below `before` (INT64_MAX: from the newest), at most `limit`. assignee: only those of conversations that are
 * assigned to this operator; 0: all. */
err outbox_dead(db_conn *c, int64_t assignee, int64_t before, size_t limit, arena *a, struct dead_letter **out,
                size_t *count);
/* The kind of a dead letter and its message. */
struct outbox_ref {
  int kind;
  int64_t message_id;
};
/* Inside a transaction: queues a dead letter again with all its tries, with message_update. ERR_NOT_RETRYABLE,
 * ERR_NOT_FOUND. It keeps its id, so it is sent before rows added after it. by: who requested it. */
err outbox_retry(db_conn *c, int64_t id, const struct actor *by, int64_t now_ms, arena *a, struct outbox_ref *of);
err outbox_retry_message(db_conn *c, int64_t message_id, const struct actor *by, int64_t now_ms, arena *a);
/* Deletes a dead letter; its message stays failed. ERR_NOT_FOUND when the job is no dead letter. */
err outbox_dismiss(db_conn *c, int64_t id, const struct actor *by, int64_t now_ms, struct outbox_ref *of);

#endif
