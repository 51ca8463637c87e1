/* A customer presses a button under a message of the desk: the press is a message of theirs, because a button is a question
 * and the press is its answer. The press that repeats the last one of the same message is no second answer. */
#include "desk/conversation/conversation_tx_internal.h"

#include "desk/card/card.h"
#include "desk/staff/staff_topic.h"
#include "sql.h"

enum { PRESSES_MOST = 10, WITHIN_MS = 60000, LINES_LOOKED_AT = 20 };

/* Whether the last press of the same message was of the same button, and whether there were too many lately: who presses two
 * buttons in turn answers each time anew. */
static err find_pressed(db_conn *c, const struct inbound_message *m, const struct message_press *press, int64_t now_ms,
                        bool *repeated, bool *too_many) {
  arena *a = db_conn_arena(c);
  struct customer_row customer;
  struct db_rows rows = {0};
  int64_t lately = 0;
  err e = customer_find(c, m->from.channel, m->from.account, m->from.external_id, a, &customer);
  if (e.code == ERR_NOT_FOUND) return err_ok;
  if (!err_is(e))
    e = DB_RUN(c, SQL_CONVERSATION_MESSAGE_OF_CUSTOMER, a, &rows, DB_I(customer.id), DB_S(m->reply_to_external_id));
  if (err_is(e) || rows.count == 0) return e;
  str data = STR_NONE;
  int64_t id = db_at(&rows, 0, 0)->i;
  e = message_last_press(c, id, a, &data);
  *repeated = !err_is(e) && data.ptr && str_eq(data, press->data);
  if (!err_is(e)) e = message_count_presses(c, id, now_ms - WITHIN_MS, PRESSES_MOST, &lately);
  *too_many = lately >= PRESSES_MOST;
  return e;
}

err conversation_pressed(struct desk *d, db_conn *c, const struct inbound_message *m, const struct message_press *press,
                         enum press_outcome *outcome) {
  bool repeated = false, too_many = false;
  err e = m->reply_to_external_id.ptr ? find_pressed(c, m, press, desk_now(d), &repeated, &too_many) : err_ok;
  *outcome = press->stale ? PRESS_STALE : repeated ? PRESS_REPEATED : too_many ? PRESS_TOO_MANY : PRESS_TAKEN;
  return err_is(e) || repeated || too_many ? e : conversation_receive(d, c, m, NULL);
}

/* ---- the buttons of the live card ---- */

/* Lines of what the customer did lately, among the last of the conversation. */
static err count_steps(struct conversation_tx *w, bool *too_many) {
  struct db_rows rows = {0};
  err e = DB_RUN(w->c, SQL_CONVERSATION_STEPS, w->arena, &rows, DB_I(w->row.id), DB_I(w->now_ms - WITHIN_MS),
                 DB_I(LINES_LOOKED_AT));
  *too_many = !err_is(e) && db_at(&rows, 0, 0)->i >= PRESSES_MOST;
  return e;
}

/* The card is gone from this row once another account shows one. */
static err is_card(struct conversation_tx *w, str account, str pressed, bool *is) {
  struct card_row card;
  bool found = false;
  err e = card_get(w->c, w->customer.id, w->arena, &card, &found);
  *is = !err_is(e) && found && pressed.len && str_eq(card.account, account) && str_eq(card.external_id, pressed);
  return e;
}

err conversation_steered(struct desk *d, db_conn *c, str channel, str account, str external_id, str pressed,
                         enum conversation_verb command, enum press_outcome *outcome) {
  struct conversation_tx w = {.c = c, .arena = db_conn_arena(c), .now_ms = desk_now(d)};
  bool found = false, too_many = false;
  *outcome = PRESS_STALE;
  err e = customer_find(c, channel, account, external_id, w.arena, &w.customer);
  if (e.code == ERR_NOT_FOUND) return err_ok;
  if (!err_is(e)) e = tx_lock_of_customer(&w, &found);
  if (err_is(e) || !found || w.row.spam_at || w.customer.banned_at || !w.row.inbound_count) return e;
  e = is_card(&w, account, pressed, &found);
  if (err_is(e) || !found) return e;
  e = count_steps(&w, &too_many);
  *outcome = too_many ? PRESS_TOO_MANY : PRESS_TAKEN;
  bool closes = command == COMMAND_CLOSE, as_is = closes == (w.row.status == CONVERSATION_CLOSED);
  if (err_is(e) || too_many || as_is) return e;
  struct actor by = actor_customer(w.customer.id);
  e = tx_command(&w, closes ? COMMAND_CLOSE : COMMAND_CUSTOMER_WRITES, &by, 0, false);
  if (!closes && !w.row.waiting_since) w.row.waiting_since = w.now_ms;
  if (!err_is(e)) e = tx_save(&w);
  if (!err_is(e)) e = staff_topic_touch(d, c, w.row.id, w.now_ms);
  return err_is(e) ? e : tx_tell(d, &w, 0);
}
