/* A customer presses a button under a message of the desk: the press is a message of theirs, because a button is a question
 * and the press is its answer. The press that repeats the last one of the same message is no second answer. */
#include "desk/conversation/conversation_tx.h"

#include "sql.h"

enum { PRESSES_MOST = 10, WITHIN_MS = 60000 };

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
