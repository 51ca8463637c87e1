/* Whether a message that has just come is kept out of the lists, and what is said about it: a blocked customer, the first contact, a
 * flood. Judged before the message is stored, because its event must cause no sound then. */
#include "desk/conversation/conversation_tx_internal.h"

#include "desk/account/account.h"

err tx_screen(struct conversation_tx *w, const struct desk *d, const struct message_new *m, struct tx_screening *s) {
  bool flood = false;
  *s = (struct tx_screening){.line = -1};
  if (w->customer.banned_at) {
    if (w->row.spam_reason != SPAM_BLOCKED) tx_set_spam(w, SPAM_BLOCKED);
    s->tell = !w->customer.ban_told;
    return err_ok;
  }
  err e = tx_contact_screen(w, s);
  if (!err_is(e) && !m->edited_at) e = tx_is_flood(w, d, m, &flood);
  if (err_is(e) || !flood) return e;
  tx_set_spam(w, SPAM_FLOOD);
  s->line = ACTION_SPAM;
  return err_ok;
}

err tx_tell_block(struct conversation_tx *w) {
  const struct customer_row *who = &w->customer;
  struct account_contact how;
  if (who->ban_told) return err_ok;
  err e = account_contact(w->c, who->channel, who->account, who->language, w->arena, &how);
  if (!err_is(e)) e = customer_ban_told(w->c, who->id);
  return err_is(e) || !how.block_text.len ? e : tx_say(w, how.block_text, STR_NONE);
}

err tx_screened(struct conversation_tx *w, struct desk *d, const struct tx_screening *s) {
  struct actor by = actor_customer(w->customer.id);
  err e = s->line >= 0 ? tx_note_spam(w, d, &by, s->line) : err_ok;
  if (!err_is(e) && s->release) e = tx_release(w, d, &by, ACTION_PASSED);
  if (!err_is(e) && s->tell) e = tx_tell_block(w);
  return err_is(e) || !s->ask ? e : tx_contact_ask(w, d);
}
