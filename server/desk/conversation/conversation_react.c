/* A customer's reactions to messages, and votes in polls. */
#include "desk/conversation/conversation_tx_internal.h"

#include "desk/job/job.h"
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
  int64_t id = 0, now_ms = desk_now(d);
  bool changed = false;
  err e = message_poll_voted(c, &v->poll, v->state, v->stated_no, now_ms, a, &id, &changed);
  *kept = id != 0;
  if (err_is(e) || !changed) return e;
  struct job_new n = {.kind = JOB_VOTES,
                      .queue = S(JOB_QUEUE_DESK),
                      .due_at = now_ms + CONVERSATION_VOTES_MS,
                      .subject = SUBJECT_MESSAGE,
                      .subject_id = id,
                      .unique_key = arena_printf(a, "%lld", (long long)id)};
  e = job_add(c, &n, now_ms, NULL);
  return e.code == ERR_CONFLICT ? err_ok : job_unless_full(e); /* it is queued already */
}

err conversation_tell_votes(struct desk *d, db_conn *c, const struct job *j, void *user, int64_t *again_at) {
  (void)user, (void)again_at;
  struct actor by = {.kind = ACTOR_SYSTEM}; /* the channel does not say who voted */
  err e = message_changed(c, j->subject_id, &by, desk_now(d), db_conn_arena(c));
  return e.code == ERR_NOT_FOUND ? err_ok : e;
}
