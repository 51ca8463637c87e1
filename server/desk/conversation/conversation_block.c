/* An operator blocks a customer, or lets them in again. Not to be confused with a customer who blocks the channel
 * (conversation_reachable). The customer's conversation is spam (SPAM_BLOCKED) as long as they are blocked, so that their messages are
 * stored and reported to nobody; whether they are blocked is a fact of the customer. Unblocking makes it what it was. */
#include "desk/conversation/conversation_tx_internal.h"

#include "desk/audit/audit.h"
#include "desk/names.h"
#include "sql.h"

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

/* What made the conversation spam before the block; -1: nothing. Unblocking restores it: who has not passed the first contact still
 * has to, and what was marked as spam was not unmarked. */
static err keep_reason(struct conversation_tx *w, int reason) {
  return DB_RUN(w->c, SQL_CONVERSATION_SET_SPAM_BEFORE_BLOCK, w->arena, NULL, DB_I(w->row.id),
                DB_S(names_text(&conversation_spam_reason_names, reason)));
}

static err former_reason(struct conversation_tx *w, int *reason) {
  struct db_rows rows = {0};
  err e = DB_RUN(w->c, SQL_CONVERSATION_SPAM_BEFORE_BLOCK, w->arena, &rows, DB_I(w->row.id));
  str name = !err_is(e) && rows.count ? db_at(&rows, 0, 0)->s : STR_NONE;
  *reason = name.ptr ? names_find(&conversation_spam_reason_names, name) : -1;
  return e;
}

static err hide(struct blocking_ctx *b, struct conversation_tx *w) {
  err e = w->row.spam_reason == SPAM_BLOCKED ? err_ok : keep_reason(w, w->row.spam_reason);
  if (err_is(e)) return e;
  tx_set_spam(w, SPAM_BLOCKED);
  return tx_note_spam(w, b->desk, &b->order->by, ACTION_BANNED);
}

static err show(struct blocking_ctx *b, struct conversation_tx *w) {
  int former = -1;
  if (w->row.spam_reason != SPAM_BLOCKED) return err_ok;
  err e = former_reason(w, &former);
  if (!err_is(e) && former >= 0) e = keep_reason(w, -1);
  if (err_is(e) || former < 0) return err_is(e) ? e : tx_release(w, b->desk, &b->order->by, ACTION_UNBANNED);
  tx_set_spam(w, (enum conversation_spam_reason)former);
  return tx_note_spam(w, b->desk, &b->order->by, ACTION_UNBANNED);
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
  w.by = b->order->by;
  if (!err_is(e) && changed && found) e = b->order->blocked ? hide(b, &w) : show(b, &w);
  if (!err_is(e) && changed) e = note(b, &w);
  if (!err_is(e)) e = tx_save(&w);
  if (!err_is(e) && changed && found) e = tx_tell(b->desk, &w, actor_operator_id(&b->order->by));
  *b->out = w.customer;
  return e;
}

err conversation_block(struct desk *d, const struct conversation_block *o, arena *a, struct customer_row *out) {
  return desk_write(d, block, &(struct blocking_ctx){.desk = d, .order = o, .arena = a, .out = out});
}
