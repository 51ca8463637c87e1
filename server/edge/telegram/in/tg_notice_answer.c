/* See tg_notice_answer.h. */
#include "edge/telegram/in/tg_notice_answer.h"

#include "desk/outbox/outbox.h"
#include "edge/telegram/out/tg_personal.h"
#include "edge/telegram/tg_internal.h"

static err tell(struct desk *d, db_conn *c, str account, const struct tg_update *u, enum tg_answered what, str words) {
  struct outbox_extra notice = {
      .purpose = OUTBOX_NOTICE,
      .note = tg_personal_answered(what, words, u->message.from.language, db_conn_arena(c)),
      .reply_to = u->message.external_id,
  };
  return job_unless_full(outbox_add_extra(c, TG_CHANNEL, account, u->chat, 0, &notice, desk_now(d)));
}

/* A notice that has ended is not known any more. Who is no customer can have replied to nothing else. */
static err ended(struct desk *d, db_conn *c, str account, const struct tg_update *u, bool *ours) {
  struct customer_row customer;
  err e = customer_find(c, TG_CHANNEL, account, u->chat, db_conn_arena(c), &customer);
  if (e.code != ERR_NOT_FOUND) return e;
  *ours = true;
  return tell(d, c, account, u, TG_ANSWERED_GONE, STR_NONE);
}

err tg_notice_answer(struct desk *d, db_conn *c, str account, const struct tg_update *u, bool *ours) {
  arena *a = db_conn_arena(c);
  struct operator_row who;
  struct notice_row notice;
  struct message_row m;
  bool found = false, repeated = false;
  *ours = false;
  err e = notice_operator_of(c, TG_CHANNEL, u->chat, a, &who, &found);
  if (err_is(e) || !found) return e;
  e = notice_of_message(c, who.id, TG_CHANNEL, account, u->message.reply_to_external_id, a, &notice, &found);
  if (err_is(e)) return e;
  if (!found) return ended(d, c, account, u, ours);
  *ours = true;
  if (u->message.kind != MESSAGE_TEXT) return tell(d, c, account, u, TG_ANSWERED_ONLY_TEXT, STR_NONE);
  struct reply reply = {
      .conversation_id = notice.conversation_id,
      .by = operator_actor(&who),
      .kind = MESSAGE_TEXT,
      .text = u->message.text,
      .entities_json = u->message.entities_json.ptr ? u->message.entities_json : S("[]"),
      .client_id = arena_printf(a, "tg:%.*s:%.*s", STR_ARG(u->chat), STR_ARG(u->message.external_id)),
  };
  e = conversation_reply_in(d, c, &reply, a, &m, &repeated);
  if (!err_is(e)) return tell(d, c, account, u, TG_ANSWERED_SENT, STR_NONE);
  bool full = e.code == ERR_QUEUE_FULL; /* which may last: customers' updates must not wait behind this one */
  bool ours_to_mend = err_kind_of(e.code) == KIND_OVERLOADED || e.code == ERR_CONFLICT || e.code == ERR_INTERNAL;
  return ours_to_mend && !full ? e : tell(d, c, account, u, TG_ANSWERED_REFUSED, str_c(err_message(&e)));
}
