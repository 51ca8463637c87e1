/* An operator blocks a customer, or lets them in again. Not to be confused with a customer who blocks the channel
 * (conversation_reachable). The customer's conversation is spam (SPAM_BLOCKED) as long as they are blocked, so that their messages are
 * stored and reported to nobody; whether they are blocked is a fact of the customer. */
#include "desk/conversation/conversation_tx.h"

#include "desk/audit/audit.h"

#include <inttypes.h>

struct blocking_ctx {
  struct desk *desk;
  const struct conversation_block *order;
  arena *arena;
  struct customer_row *out;
};

static err change(struct blocking_ctx *b, struct conversation_tx *w, bool *changed) {
  const struct conversation_block *o = b->order;
  if (o->blocked) return customer_ban(w->c, o->customer_id, o->by.id, w->now_ms, changed);
  return customer_unban(w->c, o->customer_id, w->now_ms, changed);
}

/* The conversation leaves the lists, or comes back to them, whatever else had made it spam. */
static err show(struct blocking_ctx *b, struct conversation_tx *w) {
  const struct conversation_block *o = b->order;
  w->by = o->by;
  if (!o->blocked) return w->row.spam_at ? tx_release(w, b->desk, &o->by, ACTION_UNBANNED) : err_ok;
  tx_set_spam(w, SPAM_BLOCKED);
  return tx_note_spam(w, b->desk, &o->by, ACTION_BANNED);
}

static err note(struct blocking_ctx *b, struct conversation_tx *w) {
  const struct conversation_block *o = b->order;
  return audit_add(w->c, o->by, o->blocked ? AUDIT_CUSTOMER_BLOCKED : AUDIT_CUSTOMER_UNBLOCKED,
                   arena_printf(w->arena, "customer:%" PRId64, o->customer_id), STR_NONE, o->address, w->now_ms);
}

/* Who may: as for the customer's conversation. Somebody without one is nobody's. */
static err check(const struct blocking_ctx *b, const struct conversation_tx *w, bool found) {
  return conversation_may(&b->order->by, MAY_CUSTOMER_BLOCK, w->row.id, found ? w->row.assignee_id : 0);
}

static err block(db_conn *c, void *arg) {
  struct blocking_ctx *b = arg;
  struct conversation_tx w = {.c = c, .arena = b->arena, .now_ms = desk_now(b->desk)};
  bool found = false, changed = false;
  err e = customer_lock(c, b->order->customer_id, w.arena, &w.customer);
  if (!err_is(e)) e = tx_lock_of_customer(&w, &found);
  if (!err_is(e)) e = check(b, &w, found);
  if (!err_is(e)) e = change(b, &w, &changed);
  if (!err_is(e) && changed) e = customer_get(c, b->order->customer_id, w.arena, &w.customer);
  if (!err_is(e) && changed && found) e = show(b, &w);
  if (!err_is(e) && changed) e = note(b, &w);
  if (!err_is(e)) e = tx_save(&w);
  if (!err_is(e) && changed && found) e = tx_tell(b->desk, &w, actor_operator_id(&b->order->by));
  *b->out = w.customer;
  return e;
}

err conversation_block(struct desk *d, const struct conversation_block *o, arena *a, struct customer_row *out) {
  return desk_write(d, block, &(struct blocking_ctx){.desk = d, .order = o, .arena = a, .out = out});
}
