/* The staff room: one chat of one channel where the staff reads the messages of customers of every channel and
 * answers by replying there.
 *
 * A copy is queued in the transaction of the message (staff_copy, staff_copy_edit); the room's channel sends the
 * jobs of its lane, OUTBOX_STAFF_LANE, and stores which message of the room is the copy of which of ours
 * (staff_note). A reply there is looked up by the copy it answers (staff_find) and becomes an answer of the operator
 * who wrote it (staff_person). Without a room nothing is queued. */
#ifndef SB_DESK_STAFF_STAFF_H
#define SB_DESK_STAFF_STAFF_H

#include "desk/message/message.h"
#include "desk/operator/operator.h"

struct staff;

struct staff *staff_new(void);
void staff_free(struct staff **s);
/* Sets the room; channel, account and topics at most 63 bytes. topics: its chat, if it has a topic for each conversation; else absent.
 * Any thread. d->staff may be NULL: then does nothing. */
void staff_open(struct desk *d, str channel, str account, str topics);
void staff_close(struct desk *d);

/* Inside a transaction: queues a copy of a customer's message, or of an operator's answer written outside the
 * room. A part of an album waits briefly for the others. */
enum { STAFF_ALBUM_WAIT_MS = 800 };
err staff_copy(struct desk *d, db_conn *c, const struct message_row *m, int64_t now_ms);
/* Queues the change of an edited message's copy. */
err staff_copy_edit(struct desk *d, db_conn *c, int64_t message_id, int64_t now_ms);

/* ---- for the room's channel; each inside a transaction ---- */
struct staff_place {
  str channel, account, chat_id;
};
enum staff_kind { STAFF_COPY, STAFF_REPLY };
struct staff_note {
  const struct staff_place *place;
  str external_id; /* id of the room's message */
  int64_t message_id;
  int kind;
  str album, language; /* for a reply; may be absent */
  int64_t thread_id;   /* the topic it is in; 0: none */
};
/* An existing note is not changed. */
err staff_note(db_conn *c, const struct staff_note *n, int64_t now_ms);
/* Our message of a copy in the room; 0: none. A staff member's own message has none: a reply to a colleague is internal
 * talk. */
err staff_find(db_conn *c, const struct staff_place *place, str external_id, int64_t *message_id);
/* The same for a copy or an answer that was written in the room. */
err staff_find_any(db_conn *c, const struct staff_place *place, str external_id, int64_t *message_id);
/* What of ours stands in the room: the copies of it, "5,6", or the person's own message. */
struct staff_traces {
  str copies; /* absent: none */
  size_t count;
  str reply; /* absent: it was not written there */
  int64_t thread_id;
};
err staff_traces(db_conn *c, const struct staff_place *place, int64_t message_id, arena *a, struct staff_traces *out);
/* The same by album, if an earlier part was noted as a reply. */
err staff_find_album(db_conn *c, const struct staff_place *place, str album, int64_t *message_id);
/* The room's first message for one of ours, in this chat and topic (0: outside topics); absent if there is none. */
err staff_external(db_conn *c, const struct staff_place *place, int64_t thread_id, int64_t message_id, arena *a,
                   str *external_id);
/* The language of the person who wrote an answer in the room; absent if unknown. */
err staff_language(db_conn *c, int64_t message_id, arena *a, str *language);

/* The language of the person who last wrote in the room; absent if unknown. */
err staff_set_room_language(db_conn *c, const struct staff_place *place, str language);
err staff_room_language(db_conn *c, const struct staff_place *place, arena *a, str *language);

/* ---- replies to a copy whose id in the room is still unknown ---- */
enum { STAFF_WAITING_MAX = 100 };
/* Stores the channel's text of a reply. *kept false: STAFF_WAITING_MAX replies are waiting already. */
err staff_wait(db_conn *c, str channel, str account, str raw, int64_t now_ms, bool *kept);
/* All waiting replies, in order of arrival, at most STAFF_WAITING_MAX. */
struct staff_waiting {
  int64_t id;
  str raw;
};
err staff_waiting(db_conn *c, str channel, str account, arena *a, struct staff_waiting **out, size_t *count);
err staff_waiting_remove(db_conn *c, int64_t id);

struct staff_person {
  str channel, external_id, name;
  str login;    /* for a new person */
  str username; /* by which colleagues name them in the channel; may be absent */
};
/* The operator of a person in the room. A new person becomes a new operator without a password: their answers
 * have their name, and a manager may set a password later. A person whose former operator is deactivated is that operator, and
 * becomes no new one by unlinking the account first. */
err staff_person(struct desk *d, db_conn *c, const struct staff_person *who, arena *a, struct operator_row *out);

/* Whether the person's operator is deactivated, also if they unlinked the account before: they do not become a customer either. */
err staff_is_barred(db_conn *c, str channel, str external_id, bool *is);
/* Whether such a person is to be told so now: once in STAFF_TOLD_DAYS. Notes that they are. */
enum { STAFF_TOLD_DAYS = 30 };
err staff_told(db_conn *c, str channel, str external_id, int64_t now_ms, bool *first);

/* The active operators whom the words name: by login or username ("@anna_x" or "anna_x"), else by their name, else by the
 * beginning of their name; letters' case does not matter. At most `max`; more than one: it is not clear who is meant. */
struct staff_colleague {
  int64_t id;
  str name;
};
err staff_colleagues(db_conn *c, str words, arena *a, struct staff_colleague *out, size_t max, size_t *count);

/* ---- available rooms: where the channel is a member ---- */
struct staff_candidate {
  str chat_id, title;
};
extern const struct json_shape staff_candidate_shape;
enum { STAFF_CANDIDATES_MAX = 20 };
err staff_candidate_set(db_conn *c, const struct staff_place *place, str title, int64_t now_ms);
err staff_candidate_remove(db_conn *c, const struct staff_place *place);
/* Newest first. */
err staff_candidates(db_conn *c, str channel, str account, arena *a, struct staff_candidate **out, size_t *count);

#endif
