/* Internal to the slice: changes one conversation within a transaction. Lock it, apply commands and add messages (each
 * appends its event, with the conversation's state at that time), then save it once. */
#ifndef SB_DESK_CONVERSATION_CONVERSATION_TX_INTERNAL_H
#define SB_DESK_CONVERSATION_CONVERSATION_TX_INTERNAL_H

#include "desk/bus/bus.h"
#include "desk/conversation/conversation.h"

struct conversation_tx {
  db_conn *c;
  arena *arena;
  int64_t now_ms;
  struct customer_row customer;
  struct customer_row before;  /* the customer before this transaction; id 0: new, or unchanged */
  struct conversation_row row; /* its customer and last_message point into this struct: do not copy it */
  struct conversation_last last;
  str last_album; /* the album of last; absent if none */
  int64_t last_message_id;
  struct conversation_state was; /* and how many messages the customer had sent, when it was locked */
  int64_t was_inbound_count;
  bool was_spam;
  bool changed;               /* must be saved */
  struct actor by;            /* the actor of the events; zeroed: the system */
  int64_t former_assignee_id; /* from whom the current command takes the conversation; 0: nobody */
};

/* Decodes the columns @conversation@: customer and last message are not set, read_count is -1. */
void conversation_from_cells(const struct db_cell *cell, struct conversation_row *out);

/* ERR_NOT_FOUND. */
err tx_lock(struct conversation_tx *w, db_conn *c, int64_t conversation_id, int64_t now_ms, arena *a);
/* The customer's open conversation, else their newest; *found false when there is none. w->customer must be set. */
err tx_lock_of_customer(struct conversation_tx *w, bool *found);
/* The same, but creates one with this status if there is none. */
err tx_open(struct conversation_tx *w, int status);
/* Decides and applies a command, with its system message and chat_status_change. */
err tx_command(struct conversation_tx *w, enum conversation_verb command, const struct actor *by, int64_t target,
               bool force);
/* Adds a system message that changes no status, with new_message. text and external_id may be absent. */
err tx_system_message(struct conversation_tx *w, int action, str text, str external_id);
/* Adds a message that does not move the conversation in the list: the new_message event carries the conversation with
 * its former status, unread count, order and preview. ERR_CONFLICT as message_insert. */
err tx_add_unlisted(struct conversation_tx *w, struct message_new *m, struct message_row *out);
/* Adds a message, with new_message. ERR_CONFLICT as message_insert: nothing was written. */
err tx_message(struct conversation_tx *w, struct message_new *m, struct message_row *out);
/* Moves the operator's mark to the customer's last message, with conversation_read for the operator. Does nothing for
 * another kind of actor. */
err tx_mark_read(struct conversation_tx *w, const struct actor *by, int64_t read_count);
/* Makes the customer's last message unread again for the operator, with conversation_read for the operator. */
err tx_mark_unread(struct conversation_tx *w, int64_t operator_id);
/* ---- conversation_say.c ---- */
/* An automatic message to the customer, through the outbox; it lists nothing. buttons_json may be absent. */
err tx_say(struct conversation_tx *w, str text, str buttons_json);
/* ---- conversation_spam.c ---- */
/* The conversation is spam from now on, or for another reason than before. */
void tx_set_spam(struct conversation_tx *w, enum conversation_spam_reason why);
/* Does the customer's message complete a flood? For a conversation that is spam already: no. */
err tx_is_flood(struct conversation_tx *w, const struct desk *d, const struct message_new *m, bool *is);
/* After tx_set_spam and the message that caused it: the line about it, and no copies that still wait. */
err tx_note_spam(struct conversation_tx *w, const struct desk *d, const struct actor *by, int action);
/* It is spam no more, with a line about it. What was held back for the first contact is copied to the staff room now; a customer's
 * doing moves the conversation up the list. */
err tx_release(struct conversation_tx *w, struct desk *d, const struct actor *by, int action);
/* ---- conversation_screen.c, and its part in conversation_contact.c ---- */
struct tx_screening {
  int line;     /* enum message_action: what happened; -1: nothing */
  bool ask;     /* ask the question of the first contact */
  bool tell;    /* tell the customer that they are blocked */
  bool release; /* nothing holds the customer's messages back any more */
};
/* Before the customer's message m is stored: sets row.spam_at and its reason where it shall be kept out of the lists. */
err tx_screen(struct conversation_tx *w, const struct desk *d, const struct message_new *m, struct tx_screening *s);
/* After it was stored. */
err tx_screened(struct conversation_tx *w, struct desk *d, const struct tx_screening *s);
/* Once after each block. */
err tx_tell_block(struct conversation_tx *w);
err tx_contact_screen(struct conversation_tx *w, struct tx_screening *s);
err tx_contact_ask(struct conversation_tx *w, const struct desk *d);
/* ---- conversation_photo.c ---- */
/* Whether the channel is to be asked for the customer's picture. Then the customer must be locked before their conversation. */
bool tx_photo_due(const struct conversation_tx *w, const struct customer_identity *who);
/* Adds the job, unless the conversation is spam. */
err tx_photo_ask(struct conversation_tx *w);
err tx_save(struct conversation_tx *w);
/* After tx_save: queues what this transaction means for notices to operators and the customer's live card. by: the acting operator, 0 for anybody else. */
err tx_tell(struct desk *d, struct conversation_tx *w, int64_t by);
/* ---- conversation_store.c ---- */
/* Stores the columns that spec/fields.tbl declares, and the last message (0: none). */
err conversation_save(db_conn *c, const struct conversation_row *row, int64_t last_message_id);
/* Complete rows, in the list's order. */
err conversation_read(db_conn *c, const int64_t *ids, size_t count, int64_t for_operator, arena *a,
                      struct conversation_row **out, size_t *found);
/* ---- conversation_event.c ---- */
/* new_message, chat_status_change (m may be NULL) or chat_update (m is ignored). */
err tx_event(struct conversation_tx *w, enum event_type type, const struct message_row *m);

#endif
