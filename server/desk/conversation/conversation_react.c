/* A customer's reactions to messages, and votes in polls. */
#include "desk/conversation/conversation_tx.h"

#include "sql.h"

err conversation_reacted(struct desk *d, db_conn *c, const struct inbound_reactions *r, bool *kept) {
  arena *a = db_conn_arena(c);
  struct customer_row customer;
  struct db_rows rows = {0};
  *kept = false;
  err e = customer_find(c, r->channel, r->account, r->customer, a, &customer);
  if (e.code == ERR_NOT_FOUND) return err_ok;
  if (!err_is(e)) e = DB_RUN(c, SQL_CONVERSATION_MESSAGE_OF_CUSTOMER, a, &rows, DB_I(customer.id), DB_S(r->message));
  if (err_is(e) || rows.count == 0) return e;
  int64_t id = db_at(&rows, 0, 0)->i;
  struct message_reactions to = {.by = REACTOR_CUSTOMER,
                                 .emojis = r->emojis,
                                 .count = r->count,
                                 .stated_at = r->stated_at,
                                 .stated_no = r->stated_no};
  bool changed = false;
  *kept = true;
  e = message_react(c, id, &to, a, &changed);
  struct actor by = actor_customer(customer.id);
  return err_is(e) || !changed ? e : message_changed(c, id, &by, desk_now(d), a);
}

err conversation_voted(struct desk *d, db_conn *c, const struct inbound_votes *v, bool *kept) {
  arena *a = db_conn_arena(c);
  int64_t id = 0;
  bool changed = false;
  struct actor by = {.kind = ACTOR_SYSTEM}; /* the channel does not say who voted */
  err e = message_poll_voted(c, &v->poll, v->state, v->stated_no, a, &id, &changed);
  *kept = id != 0;
  return err_is(e) || !changed ? e : message_changed(c, id, &by, desk_now(d), a);
}
