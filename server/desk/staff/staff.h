/* The staff room: one chat of one channel in which the staff reads what is said, whatever channel the customer came by,
 * and answers by replying there.
 *
 * A copy is queued in the transaction that says the thing (staff_copy, staff_copy_edit); the channel that has the room
 * sends what is queued in its lane, OUTBOX_STAFF_LANE, and notes which of the room's messages stands for which of ours
 * (staff_note). A reply there is looked up by what it answers (staff_find) and becomes an answer of the operator whom its
 * writer is (staff_person). Without a room nothing is queued. */
#ifndef SB_DESK_STAFF_STAFF_H
#define SB_DESK_STAFF_STAFF_H

#include "desk/message/message.h"
#include "desk/operator/operator.h"

struct staff;

struct staff *staff_new(void);
void staff_free(struct staff **s);
/* Where copies go from now on; channel and account at most 63 bytes. Any thread. d->staff may be NULL: then nothing. */
void staff_open(struct desk *d, str channel, str account);
void staff_close(struct desk *d);

/* Inside a transaction: queues a copy of what a customer wrote, or of what an operator answered elsewhere than in the
 * room. A part of an album waits a moment for the others. */
enum { STAFF_ALBUM_WAIT_MS = 800 };
err staff_copy(struct desk *d, db_conn *c, const struct message_row *m, int64_t now_ms);
/* The customer has changed a message. */
err staff_copy_edit(struct desk *d, db_conn *c, int64_t message_id, int64_t now_ms);

/* ---- for the channel that has the room; each inside a transaction ---- */
struct staff_place {
  str channel, account, chat_id;
};
enum staff_kind { STAFF_COPY, STAFF_REPLY };
struct staff_note {
  const struct staff_place *place;
  str external_id; /* of the room's message */
  int64_t message_id;
  int kind;
  str album, language; /* of a reply; may be absent */
};
/* One that is noted already is left as it is. */
err staff_note(db_conn *c, const struct staff_note *n, int64_t now_ms);
/* Our message that a copy in the room stands for; 0: none. What staff wrote there is none: replying to a colleague is talk
 * among themselves. */
err staff_find(db_conn *c, const struct staff_place *place, str external_id, int64_t *message_id);
/* The same by the mark of an album, of which an earlier part was noted as a reply. */
err staff_find_album(db_conn *c, const struct staff_place *place, str album, int64_t *message_id);
/* The room's first message for one of ours, in this chat; absent when there is none. */
err staff_external(db_conn *c, const struct staff_place *place, int64_t message_id, arena *a, str *external_id);
/* The language of whoever wrote an answer in the room; absent when unknown. */
err staff_language(db_conn *c, int64_t message_id, arena *a, str *language);

/* The language of whoever wrote in the room last; absent when unknown. */
err staff_room_speaks(db_conn *c, const struct staff_place *place, str language);
err staff_room_language(db_conn *c, const struct staff_place *place, arena *a, str *language);

/* ---- replies to a copy whose id in the room is not known yet ---- */
enum { STAFF_WAITING_MAX = 100 };
/* Keeps the channel's text of a reply. *kept false: STAFF_WAITING_MAX of them wait already. */
err staff_wait(db_conn *c, str channel, str account, str raw, int64_t now_ms, bool *kept);
/* All that wait, in order of arrival, at most STAFF_WAITING_MAX. */
struct staff_waiting {
  int64_t id;
  str raw;
};
err staff_waiting(db_conn *c, str channel, str account, arena *a, struct staff_waiting **out, size_t *count);
err staff_waiting_remove(db_conn *c, int64_t id);

struct staff_person {
  str channel, external_id, name;
  str login; /* for a person who is not known yet */
};
/* The operator whom a person of the room is. One who is not known becomes a new operator without a password: their work
 * has their name, and a manager may give them a password later. */
err staff_person(struct desk *d, db_conn *c, const struct staff_person *who, arena *a, struct operator_row *out);

/* ---- rooms that could be chosen: where the channel is a member ---- */
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
