/* A customer presses a button under a message of the desk: the press is a message of theirs, because a button is a question
 * and the press is its answer. The press that repeats the last one of the same message is no second answer. */
#include "desk/conversation/conversation_tx.h"

#include "sql.h"

/* The pressed message, 0 if it is not known, and whether its last press was of the same button. */
static err find_pressed(db_conn *c, const struct inbound_message *m, const struct message_press *press,
                        bool *repeated) {
  arena *a = db_conn_arena(c);
  struct customer_row customer;
  struct db_rows rows = {0};
  *repeated = false;
  err e = customer_find(c, m->from.channel, m->from.account, m->from.external_id, a, &customer);
  if (e.code == ERR_NOT_FOUND) return err_ok;
  if (!err_is(e))
    e = DB_RUN(c, SQL_CONVERSATION_MESSAGE_OF_CUSTOMER, a, &rows, DB_I(customer.id), DB_S(m->reply_to_external_id));
  if (err_is(e) || rows.count == 0) return e;
  str data = STR_NONE;
  e = message_last_press(c, db_at(&rows, 0, 0)->i, a, &data);
  *repeated = !err_is(e) && data.ptr && str_eq(data, press->data);
  return e;
}

err conversation_pressed(struct desk *d, db_conn *c, const struct inbound_message *m, const struct message_press *press,
                         enum press_outcome *outcome) {
  bool repeated = false;
  err e = m->reply_to_external_id.ptr ? find_pressed(c, m, press, &repeated) : err_ok;
  *outcome = press->stale ? PRESS_STALE : repeated ? PRESS_REPEATED : PRESS_TAKEN;
  return err_is(e) || repeated ? e : conversation_receive(d, c, m, NULL);
}
