/* Conversations: the product's core. Customers' messages arrive through conversation_receive, operators' through
 * conversation_reply; the rules (pure, a table) decide what happens to status and assignee; the store commits
 * message, conversation, events and outbox rows in one transaction.
 *
 *             customer writes   operator replies   take/assign   unassign   close    reopen           snooze    wake
 *  waiting    waiting           active (theirs)    active        waiting    closed   -                snoozed   waiting
 *  active     active            active             active        waiting    closed   -                snoozed   active
 *  snoozed    waiting/active    active             active        waiting    closed   waiting/active   snoozed   waiting/active
 *  closed     waiting           active (theirs)    active        -          -        waiting/active   -         closed
 *
 * Snoozing keeps the assignee. It lasts until a time, when the job conversation.wake wakes the conversation, but at
 * most until the customer writes; any other end removes the job.
 *
 * A closed conversation that the customer reopens loses its assignee (it waits for anyone). There is one open
 * conversation per customer: a unique index guarantees it, and the loser of a race gets the winner's conversation. */
#ifndef SB_DESK_CONVERSATION_CONVERSATION_H
#define SB_DESK_CONVERSATION_CONVERSATION_H

#include "desk/access/access.h"
#include "desk/condition/condition.h"
#include "desk/customer/customer.h"
#include "desk/message/message.h"

enum conversation_status { CONVERSATION_WAITING, CONVERSATION_ACTIVE, CONVERSATION_SNOOZED, CONVERSATION_CLOSED };
extern const struct json_enum conversation_status_names; /* alias: new */
/* Why the lists leave a conversation out (README.md): too many messages at once, an operator's mark, the first contact, a block. */
enum conversation_spam_reason { SPAM_FLOOD, SPAM_MARKED, SPAM_UNPROVEN, SPAM_BLOCKED };
extern const struct json_enum conversation_spam_reason_names;

/* ---- rules: pure ---- */
enum conversation_verb {
  COMMAND_CUSTOMER_WRITES,
  COMMAND_REPLY,
  COMMAND_TAKE,
  COMMAND_ASSIGN,
  COMMAND_UNASSIGN,
  COMMAND_CLOSE,
  COMMAND_REOPEN,
  COMMAND_SNOOZE,
  COMMAND_WAKE /* its time is over */
};
struct conversation_state {
  int status;
  int64_t assignee_id;
  int64_t snoozed_until; /* 0: until the customer writes, or not snoozed */
};
struct conversation_decision {
  struct conversation_state next;
  bool changed;
  int system_message; /* enum message_action of the one to write, or -1 */
};
/* actor: the acting operator, 0 for the customer; target: ASSIGN: the assignee, SNOOZE: the time (0: until the
 * customer writes). ERR_ALREADY_TAKEN (TAKE of another operator's without force), ERR_CONVERSATION_CLOSED (UNASSIGN,
 * SNOOZE of a closed one), ERR_CONFLICT (REOPEN of an open one). Closing a closed conversation, or taking one's own:
 * ok, unchanged. */
err conversation_decide(struct conversation_state now, enum conversation_verb command, int64_t actor, int64_t target,
                        bool force, struct conversation_decision *out);

/* ---- rows ---- */
struct conversation_last {
  int64_t id;
  int direction, kind;
  str preview, content;
  int delivery;
  int64_t created_at, retry_at; /* retry_at: see message.h */
};
/* status, assignee_id, inbound_count, created_at and so on: spec/fields.tbl; 0: no value. */
#define ROW_WORD(column)     int column;
#define ROW_OPERATOR(column) int64_t column;
#define ROW_NUMBER(column)   int64_t column;
#define ROW_TIME(column)     int64_t column;
struct conversation_row {
  int64_t id;
#define COLUMN(NOUN, ...)                                                                 COLUMN_OF_##NOUN(__VA_ARGS__)
#define COLUMN_OF_CONVERSATION(id, text, type, presence, access, column, words, sentence) ROW_##type(column)
#include "spec/fields.tbl"
#undef COLUMN_OF_CONVERSATION
  const struct customer_row *customer;
  const struct conversation_last *last_message;
  int64_t read_count;               /* -1 in events */
  int64_t seen_message_id, seen_at; /* by the customer, if the channel reports it; 0: unknown */
};
extern const struct json_shape conversation_shape, conversation_last_shape;
struct conversation_list { /* a page of the list in a response */
  struct json_list data;
  str next_cursor;
  int64_t seq;
};
extern const struct json_shape conversation_list_shape;
struct conversation_counts {
  int64_t waiting, active, mine, spam, capped_at, waiting_unread, mine_unread;
  bool partial;
};
extern const struct json_shape conversation_counts_shape;

/* ---- fields for conditions ---- */
enum conversation_field {
#define FIELD(NOUN, ...)               FIELD_OF_##NOUN(__VA_ARGS__)
#define FIELD_OF_CONVERSATION(id, ...) CONVERSATION_FIELD_##id,
#include "spec/fields.tbl"
#undef FIELD_OF_CONVERSATION
  CONVERSATION_FIELDS
};
/* Tables that the SQL of a field needs besides conversation AS c: customer AS cu, the last message AS m, the reader's read_mark
 * AS r. */
enum { CONVERSATION_NEEDS_CUSTOMER = 1, CONVERSATION_NEEDS_MESSAGE = 2, CONVERSATION_NEEDS_MARK = 4 };
extern const struct condition_noun conversation_noun; /* rows are struct conversation_row */

/* ---- events: see spec/events.tbl ---- */
struct event_new_message {
  const struct message_row *message;
  const struct conversation_row *conversation;
};
struct event_chat_status_change {
  const struct message_row *message; /* NULL: no system message was written */
  const struct conversation_row *conversation;
};
struct event_chat_update {
  const struct conversation_row *conversation;
};
struct event_conversation_read {
  int64_t conversation_id, operator_id, read_count;
};
/* What a channel shows its customer while an operator answers. */
enum activity {
  ACTIVITY_TYPING,
  ACTIVITY_RECORD_VOICE,
  ACTIVITY_RECORD_VIDEO_NOTE,
  ACTIVITY_UPLOAD_PHOTO,
  ACTIVITY_UPLOAD_VIDEO,
  ACTIVITY_UPLOAD_DOCUMENT,
  ACTIVITY_UPLOAD_VOICE,
  ACTIVITY_CHOOSE_STICKER,
  ACTIVITIES
};
extern const struct json_enum activity_names;
struct event_typing {
  int64_t conversation_id, operator_id;
  bool typing;
};
/* struct bus_config.expand for the events of this slice that carry a message. */
bool conversation_event_expand(const struct json_shape *shape, str stored, buf *out);

/* for_operator 0: as in events, without a read_count. ERR_NOT_FOUND. Asks for no permission. */
err conversation_get(db_conn *c, int64_t id, int64_t for_operator, arena *a, struct conversation_row *out);

/* ---- who may see and do what; the owner of a conversation is its assignee ---- */
/* ERR_NOT_FOUND if the actor may not read the conversation, as if it did not exist; ERR_FORBIDDEN if the actor may read
 * it, but lacks the permission. */
err conversation_may(const struct actor *who, enum permission p, int64_t id, int64_t assignee_id);
/* The conversation as a subject, with conversation_may. */
err conversation_subject(db_conn *c, const struct actor *who, enum permission p, int64_t id, struct subject *out);
/* conversation_get for an actor, with conversation_may. */
err conversation_show(db_conn *c, const struct actor *who, enum permission p, int64_t id, arena *a,
                      struct conversation_row *out);
/* What the actor may read, for a condition that all must hold; NULL: all. ERR_FORBIDDEN: nothing. */
err conversation_of_reach(arena *a, const struct actor *who, const struct condition **out);

/* The first customer message that the row's reader has not read; 0 when all are read. */
err conversation_first_unread(db_conn *c, const struct conversation_row *row, int64_t *message_id);

enum conversation_order {
  CONVERSATION_BY_TIME, /* the newest updated_at first, then the highest id */
  CONVERSATION_BY_WAKE, /* only conversations snoozed by an operator, the soonest to wake first, without a time last; a customer
                           who has only pressed start is snoozed too, but is left out */
};
struct conversation_filter {
  enum conversation_order order;
  const struct condition *condition; /* of conversation_noun; NULL: all */
  str query;                         /* by customer; absent or empty: all */
  int64_t before_key, before_id;     /* continue after this position, next_… of another page; 0, 0: from the head */
};
enum { CONVERSATION_NOBODY = -1 };
/* The usual conditions; NULL for all. status: -1 for all; assignee: 0 for anyone, CONVERSATION_NOBODY, else an
 * operator. */
const struct condition *conversation_of_status(arena *a, int status);
const struct condition *conversation_of_assignee(arena *a, int64_t assignee);
const struct condition *conversation_of_spam(arena *a, bool spam);
const struct condition *conversation_of_account(arena *a, str account); /* absent or empty: of all */

struct conversation_page {
  struct conversation_row *rows;
  size_t count;
  bool more; /* continues after next_…; a page may then be shorter than requested: see conversation_list.c */
  int64_t next_key, next_id;
};
/* Only what the actor may read, and no spam unless the condition has the field; the actor is the reader of the read counts and of "me". At most LIMIT_PAGE_MAX.
 * Conditions on status and assignee use an index; any other condition, and all conditions by
 * wake time, are compared row by row, 20,000 rows per page. */
err conversation_page(db_conn *c, const struct conversation_filter *f, size_t limit, const struct actor *who, arena *a,
                      struct conversation_page *out);
/* Counts conversations that the actor may read and for which the condition holds (NULL: all): waiting and active ones of the assignee (as
 * above), mine: the operator's own, spam: all spam, which the others leave out as a page does; each up to CONVERSATION_COUNT_CAP + 1. Conditions on status and assignee use an
 * index; for any other condition the newest 20,000 rows of each count are compared, and `partial` says that there
 * are more. */
enum { CONVERSATION_COUNT_CAP = 999 };
struct conversation_count_of {
  const struct condition *condition;
  int64_t assignee;
};
err conversation_count(db_conn *c, const struct actor *who, const struct conversation_count_of *of,
                       struct conversation_counts *out);

/* ---- incoming, inside the channel's transaction ---- */
struct inbound_message {
  struct customer_identity from;
  str external_id;
  int kind;
  str text, entities_json, album, content, raw; /* raw only for content that is not shown in full */
  str forward_json, media_json;                 /* may be absent; see desk/message */
  str headline;                                 /* may be absent; see struct message_row */
  struct message_details details;
  str reply_to_external_id;
  struct file_row *files; /* pending, with source */
  size_t file_count;
  int64_t sent_at_ms;
  int64_t edited_at_ms; /* for an edit: its time by the channel; 0: unknown */
  int64_t edit_no;      /* orders edits of equal time: the higher is later; 0: unknown */
  bool edited;          /* only an edit of it was received */
  bool moves;           /* changes automatically (a live location): its edits are not copied to the staff room */
  bool (*same)(str content, str one, str other); /* see struct message_state */
};
/* *fresh false: this update was received before, and the caller must not apply it again. */
err inbound_first_time(db_conn *c, str channel, str account, int64_t update_id, int64_t now_ms, bool *fresh);
/* When an account's last update was stored, not before since_ms; 0: none was. */
err inbound_last(db_conn *c, str channel, str account, int64_t since_ms, int64_t *at_ms);
/* Stores the raw text of an update that the desk cannot process. */
err inbound_keep_raw(db_conn *c, str channel, str account, int64_t update_id /* 0: unknown */, str reason, str raw,
                     int64_t now_ms);
/* Raw updates that were kept for this reason since then: the newest first, at most INBOUND_RAW_RECENT_MAX. */
enum { INBOUND_RAW_RECENT_MAX = 100 };
struct inbound_raw {
  int64_t id;
  str raw;
};
err inbound_raw_recent(db_conn *c, str channel, str account, str reason, int64_t since_ms, arena *a,
                       struct inbound_raw **out, size_t *count);
err inbound_raw_forget(db_conn *c, int64_t id);
/* If the message's external_id is known: does nothing or, if only an edit of it was received, adds it to the message's
 * history. *message_id is the id of the message, new or known; may be
 * NULL. */
err conversation_receive(struct desk *d, db_conn *c, const struct inbound_message *m, int64_t *message_id);
/* The customer pressed start, perhaps by a link with a payload (desk/source): answer with the greeting of their language, through the outbox. They have not written
 * yet, so a new conversation is snoozed until they do; an existing one keeps its status, its position in the list
 * and its last message. */
err conversation_started(struct desk *d, db_conn *c, const struct inbound_message *m, str payload);
/* Applies an edit of any kind of message; see message_edit. An edit of a message that is not stored, or that was
 * stored as a system message, is received as a message marked as edited. */
err conversation_edited(struct desk *d, db_conn *c, const struct inbound_message *m);
/* Messages of a channel's customers that are placeholders (MESSAGE_UNSUPPORTED), by id, after one. */
struct conversation_placeholder {
  int64_t id, conversation_id;
  str account, raw;
};
err conversation_placeholders(db_conn *c, str channel, int64_t after, int64_t limit, arena *a,
                              struct conversation_placeholder **out, size_t *count);
/* One that can be read by now becomes what it says, on every screen; nobody is notified. */
err conversation_read_again(struct desk *d, db_conn *c, const struct conversation_placeholder *p,
                            const struct inbound_message *m);
/* Adds a service message (MESSAGE_SERVICE: the channel reports a change of the chat, such as a new title) to the
 * customer's conversation. Status, unread count, position in the list and last message of the conversation do not
 * change. *kept false: the customer has no conversation, and nothing was stored. */
err conversation_noted(struct desk *d, db_conn *c, const struct inbound_message *m, bool *kept);
/* The customer pressed a button. `m` is the press as a message (MESSAGE_PRESS, with details.press) that answers the message with the
 * button; it is received like any other, so it counts as writing. PRESS_REPEATED: the last press of that message was of
 * the same button; nothing is stored. PRESS_STALE: the button is gone; stored unless it repeats the last one. PRESS_TOO_MANY: of
 * that message in a minute; nothing is stored. The others: conversation_contact_pressed. */
enum press_outcome { PRESS_TAKEN, PRESS_REPEATED, PRESS_STALE, PRESS_TOO_MANY, PRESS_PASSED, PRESS_WRONG, PRESS_WAIT };
err conversation_pressed(struct desk *d, db_conn *c, const struct inbound_message *m, const struct message_press *press,
                         enum press_outcome *outcome);
/* The customer closes their conversation, or opens it again, with a button that the channel shows (desk/card): COMMAND_CLOSE or
 * COMMAND_REOPEN, after which it waits for anybody. pressed: the message with the button, which must be the customer's card: a client can
 * send any button's data. *outcome: PRESS_TAKEN, also if it was so already; PRESS_TOO_MANY: nothing was done; PRESS_STALE: it is not
 * their card, they have not written yet or are blocked, or the conversation is spam. */
err conversation_steered(struct desk *d, db_conn *c, str channel, str account, str external_id, str pressed,
                         enum conversation_verb command, enum press_outcome *outcome);
/* The customer pressed a button of the first contact (conversation_contact.c), whose callback begins with CONTACT_PRESS. It is no
 * message. *outcome: PRESS_PASSED, also if they had before; PRESS_WRONG: another question was sent; PRESS_WAIT: for now none is;
 * PRESS_STALE: of an earlier question. */
#define CONTACT_PRESS BUTTON_RESERVED "contact:"
err conversation_contact_pressed(struct desk *d, db_conn *c, str channel, str account, str external_id, str data,
                                 enum press_outcome *outcome);
/* The customer's reactions to a message of theirs or of the desk are now these: message_update. Status, unread count and
 * position in the list do not change. *kept false: the message is not known, and nothing was stored. */
struct inbound_reactions {
  str channel, account, customer, message; /* external ids */
  const str *emojis;
  size_t count;
  int64_t stated_at, stated_no; /* see struct message_reactions */
};
err conversation_reacted(struct desk *d, db_conn *c, const struct inbound_reactions *r, bool *kept);
/* The votes in a poll of the desk: message_update, by a job, once a second at most for each poll: a poll may be passed on to many
 * people. *kept false: the poll is not known, and nothing was stored. */
struct inbound_votes {
  struct message_poll_ref poll;
  str state; /* as message_poll_shape */
  int64_t stated_no;
};
err conversation_voted(struct desk *d, db_conn *c, const struct inbound_votes *v, bool *kept);
enum { CONVERSATION_VOTES_MS = 1000 };
/* The handler of message.votes: see struct job_handler. */
struct job;
err conversation_tell_votes(struct desk *d, db_conn *c, const struct job *j, void *user, int64_t *again_at);
/* The customer can no longer be reached (they blocked the channel), or can be reached again (they returned, or wrote):
 * marks the customer and adds a system message. Does nothing for an unknown customer or without a change. */
err conversation_reachable(struct desk *d, db_conn *c, str channel, str account, str external_id,
                           enum customer_reach reach);
/* The customer has seen the answers up to a message (0: all), on a channel that reports it: moves the mark forward,
 * never back, with chat_update. Does nothing for an unknown customer. */
err conversation_seen_by_customer(struct desk *d, db_conn *c, str channel, str account, str external_id,
                                  int64_t message_id);

/* ---- for a channel that shows its customers the conversation ---- */
/* The customer's open conversation, else the newest. ERR_NOT_FOUND. */
err conversation_of_customer(db_conn *c, int64_t customer_id, int64_t *id);
/* How many answers the customer has not seen, counted to CONVERSATION_COUNT_CAP at most. */
err conversation_unseen(db_conn *c, int64_t id, int64_t *count);
/* The customer in whose conversation a file is used. ERR_NOT_FOUND. */
err conversation_customer_of_file(db_conn *c, int64_t file_id, arena *a, struct customer_row *out);

/* ---- outgoing ---- */
struct reply {
  int64_t conversation_id;
  struct actor by; /* an operator takes the conversation and has read it; another actor changes neither */
  str text;
  struct entity *entities;
  size_t entity_count;
  str client_id; /* unique for each operator; may be absent */
  int64_t reply_to;
  str quote; /* the JSON of struct message_quote: a piece of that message; may be absent */
  struct file_row
      *files; /* accepted; each becomes a message, neighbours of one family an album, the text is the first's caption */
  size_t file_count;
  const int64_t *file_ids; /* files of the desk, sent after those; with them at most LIMIT_FILES_MAX */
  size_t file_id_count;
  const bool
      *covered; /* by position, of LIMIT_FILES_MAX: photos and videos that are covered until touched; NULL: none */
  const str *waveforms; /* by position, of voice messages: the JSON of struct message_voice; NULL: none */
  /* MESSAGE_TEXT: as the content says. Else that of all files, with `details`; or of `details`, one message without files. */
  int kind;
  struct message_details details;
  str headline;     /* of those details; may be absent */
  str buttons_json; /* under the last message; from buttons_encode; may be absent */
  bool silent, protected, spoiler, caption_above;
  int link_preview; /* enum message_link_preview */
  /* ---- for an answer written in the staff room; all zero for others ---- */
  bool in_staff_group;
  /* the channel's album id: messages that share one are sent as one album, although they arrive one by one */
  str album;
  str entities_json;                /* instead of entities; already checked */
  str files_channel, files_account; /* the channel that fetches pending files */
};
/* Stores and queues a reply. *repeated: the client_id was known and *out is the first result. ERR_NOT_FOUND,
 * ERR_FORBIDDEN (conversation_may), ERR_CUSTOMER_BLOCKED, ERR_INVALID_FIELD, ERR_MISSING_FIELD (nothing to send),
 * ERR_UNSUPPORTED_BY_CHANNEL. A long text and files become several messages, see
 * conversation_plan_internal.h; *out is the first. */
err conversation_reply(struct desk *d, struct reply *r, arena *a, struct message_row *out, bool *repeated);
/* The same inside the caller's transaction, which must roll back on ERR_CONFLICT. Other errors of conversation_reply
 * have written nothing. */
err conversation_reply_in(struct desk *d, db_conn *c, struct reply *r, arena *a, struct message_row *out,
                          bool *repeated);

/* What an operator does to a message that exists. */
struct message_command {
  int64_t conversation_id, message_id;
  struct actor by;
  enum message_change_what what;
  /* EDIT: what is not given stays. */
  bool set_text, set_buttons;
  str text;
  struct entity *entities;
  size_t entity_count;
  str buttons_json;    /* from buttons_encode; absent: none */
  bool pinned;         /* PIN */
  str emoji;           /* REACTION; empty: taken back */
  bool in_staff_group; /* made in the staff room, which needs no copy of it */
};
/* An answer that was not sent yet changes at once. One that was sent changes at once in the desk, with its history, and a job of
 * the outbox takes the change to the channel. *out is the message afterwards. ERR_NOT_FOUND, ERR_FORBIDDEN (conversation_may),
 * ERR_NOT_CHANGEABLE, ERR_UNSUPPORTED_BY_CHANNEL, ERR_INVALID_FIELD and ERR_MISSING_FIELD of the text. */
err conversation_change_message(struct desk *d, struct message_command *o, arena *a, struct message_row *out);
/* The same inside the caller's transaction. The errors named above have written nothing. */
err conversation_change_message_in(struct desk *d, db_conn *c, struct message_command *o, arena *a,
                                   struct message_row *out);

/* TAKE, ASSIGN, UNASSIGN, CLOSE, REOPEN, SNOOZE by an operator. *out is the resulting conversation as the actor sees
 * it. ERR_NOT_FOUND, ERR_INVALID_FIELD (target is not an active operator, or not a time within the next year),
 * ERR_FORBIDDEN (without MAY_CONVERSATION_WRITE, or reassigning another operator's without MAY_CONVERSATION_ASSIGN), and
 * the errors of conversation_decide. */
struct conversation_command {
  int64_t conversation_id;
  struct actor by;
  enum conversation_verb command;
  int64_t target; /* ASSIGN: the assignee; SNOOZE: the time, 0: until the customer writes */
  bool force;     /* for TAKE */
};
enum { CONVERSATION_SNOOZE_MAX_DAYS = 366 };
err conversation_command(struct desk *d, const struct conversation_command *o, arena *a, struct conversation_row *out);
/* The same inside the caller's transaction. After an error other than those named above the transaction must roll back. */
err conversation_command_in(struct desk *d, db_conn *c, const struct conversation_command *o, arena *a,
                            struct conversation_row *out);
/* Marks the conversation as spam, or says that it is none: with a line that lists nothing, whose event carries the change, and an audit row. Status,
 * assignee, unread counts and messages stay, so it comes back where it was. While it is spam, lists leave it out and the staff room
 * gets no copies; those that still wait are withdrawn. Nothing happens without a change. A customer who writes more than
 * desk.flood_messages messages within CONVERSATION_FLOOD_MS, by the times at which they wrote, marks their own one. One that is held back
 * for the first contact is let in. ERR_NOT_FOUND, ERR_FORBIDDEN, ERR_CONFLICT (the customer is blocked). */
struct conversation_spam {
  int64_t conversation_id;
  struct actor by;
  bool spam;
  str address; /* of the operator, for the audit log */
};
enum { CONVERSATION_FLOOD_MS = 10000 };
err conversation_spam(struct desk *d, const struct conversation_spam *o, arena *a, struct conversation_row *out);
/* Blocks the customer, or lets them in again, with a line, an audit row and the event that shows it. While they are blocked their
 * conversation is spam; then it comes back where it was, even if it was spam before. Their next message or press of start is answered
 * once with the account's text. Nothing happens without a change. ERR_NOT_FOUND, ERR_FORBIDDEN. */
struct conversation_block {
  int64_t customer_id;
  struct actor by;
  bool blocked;
  str address; /* of the operator, for the audit log */
};
err conversation_block(struct desk *d, const struct conversation_block *o, arena *a, struct customer_row *out);
/* Sets assignee and status, through the same commands, in one transaction. */
struct conversation_change {
  int64_t conversation_id;
  struct actor by;
  bool set_assignee, set_status, set_until;
  int64_t assignee_id; /* 0: unassigned */
  int status;
  int64_t snoozed_until; /* for status snoozed; 0: until the customer writes */
};
err conversation_change(struct desk *d, const struct conversation_change *change, arena *a,
                        struct conversation_row *out);
/* Inside a transaction: the assignee's account becomes part of another operator's (desk/link). The conversation keeps its status and
 * its place in the list; chat_update tells both. */
err conversation_hand_over(struct desk *d, db_conn *c, int64_t id, int64_t to, const struct actor *by);
/* The handler of conversation.wake: see struct job_handler. Shows the conversation as unread to its assignee. */
struct job;
err conversation_wake(struct desk *d, db_conn *c, const struct job *j, void *user, int64_t *again_at);
/* ---- customers' pictures, for the channel that has them. Each is a job (kind PHOTO, subject: the customer) in the account's queue,
 * "photo/<channel>/<account>". It is added when the customer writes, at most once in CONVERSATION_PHOTO_EVERY_MS, but not while they
 * are blocked or their conversation is spam. The former picture stays until the channel has told of another, or of none ---- */
enum {
  CONVERSATION_PHOTO_EVERY_MS = 24 * 3600 * 1000,
  CONVERSATION_PHOTO_WAIT_MOST_MS = 3600 * 1000, /* longest wait before the next try */
};
struct customer_photo {
  struct job job; /* the leased job */
  int64_t customer_id;
  str external_id;
  str key; /* the channel's name of the picture that is stored; absent: none is */
};
str conversation_photo_queue(str channel, str account, arena *a);
/* When the next job is due; INT64_MAX for none. */
err conversation_photo_next_due(db_conn *c, str queue, int64_t now_ms, int64_t *due_at);
/* Leases one job that is due; *any false: there is none, or call again at once. One whose customer must not be asked about is ended. */
err conversation_photo_take(struct desk *d, str queue, arena *a, struct customer_photo *out, bool *any);
/* The picture is at spooled_path, which is consumed, and this is the channel's name of it. Stores it, with chat_update. ERR_CONFLICT
 * without a field, like all of these, if another holder has the lease; ERR_STORE_FULL; ERR_UNSUPPORTED_TYPE (it is no picture). */
err conversation_photo_set(struct desk *d, const struct customer_photo *p, const char *spooled_path, str key);
/* The customer has no picture, with chat_update if there was one. */
err conversation_photo_remove(struct desk *d, const struct customer_photo *p);
/* The picture is the one that is stored, or is not to be had: the job ends. */
err conversation_photo_keep(struct desk *d, const struct customer_photo *p);
/* A try failed: again at f->due_at. When the tries are used up the job ends, without a dead letter: *final. */
err conversation_photo_failed(struct desk *d, const struct customer_photo *p, const struct job_failure *f, bool *final);
/* Inside a transaction: ends the jobs of a queue that nobody serves any more, at most `limit`. */
err conversation_photo_give_up(db_conn *c, str queue, str holder, size_t limit, int64_t now_ms, size_t *count);
/* The operator has seen everything up to message_id (0: all). Moves the mark forward, never back. ERR_NOT_FOUND. */
err conversation_mark_read(struct desk *d, int64_t conversation_id, const struct actor *by, int64_t message_id,
                           int64_t *read_count);

#endif
