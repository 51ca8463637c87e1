/* See tg_notice_answer.h. */
#include "edge/telegram/in/tg_notice_answer.h"

#include "desk/outbox/outbox.h"
#include "edge/telegram/group/tg_copy.h"
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

/* A notice of long ago is not known any more. Who is no customer can have replied to nothing else. */
static err unknown(struct desk *d, db_conn *c, str account, const struct tg_update *u, bool *ours) {
  struct customer_row customer;
  err e = customer_find(c, TG_CHANNEL, account, u->chat, db_conn_arena(c), &customer);
  if (e.code != ERR_NOT_FOUND) return e;
  *ours = true;
  return tell(d, c, account, u, TG_ANSWERED_GONE, STR_NONE);
}

/* Whether the update must be tried again, in contrast to a refusal, of which the operator is told. */
static bool must_repeat(err e) {
  bool full = e.code == ERR_QUEUE_FULL; /* which may last: customers' updates must not wait behind this one */
  return (err_kind_of(e.code) == KIND_OVERLOADED && !full) || e.code == ERR_CONFLICT || e.code == ERR_INTERNAL;
}

/* A private chat's messages are numbered anew for each bot. */
static str client_id_of(str account, const struct tg_update *u, arena *a) {
  return arena_printf(a, "tg:%.*s:%.*s:%.*s", STR_ARG(account), STR_ARG(u->chat), STR_ARG(u->message.external_id));
}

static err answer(struct desk *d, db_conn *c, str account, const struct tg_update *u, const struct operator_row *who,
                  int64_t conversation_id) {
  arena *a = db_conn_arena(c);
  struct message_row m;
  bool repeated = false;
  if (u->message.kind != MESSAGE_TEXT) return tell(d, c, account, u, TG_ANSWERED_ONLY_TEXT, STR_NONE);
  struct reply reply = {
      .conversation_id = conversation_id,
      .by = operator_actor(who),
      .kind = MESSAGE_TEXT,
      .text = u->message.text,
      .entities_json = u->message.entities_json.ptr ? u->message.entities_json : S("[]"),
      .client_id = client_id_of(account, u, a),
  };
  err e = conversation_reply_in(d, c, &reply, a, &m, &repeated);
  if (!err_is(e)) return tell(d, c, account, u, TG_ANSWERED_SENT, STR_NONE);
  return must_repeat(e) ? e : tell(d, c, account, u, TG_ANSWERED_REFUSED, str_c(err_message(&e)));
}

/* A reply, or the edit of one that was no answer before. */
static err reply_to_notice(struct desk *d, db_conn *c, str account, const struct tg_update *u,
                           const struct operator_row *who, bool *ours) {
  const struct notice_place at = {TG_CHANNEL, account, u->chat, u->message.reply_to_external_id};
  int64_t conversation_id = 0;
  bool closed = false, edited = u->kind == TG_EDITED;
  if (!at.external_id.ptr) return err_ok;
  err e = notice_of_message(c, &at, &conversation_id, &closed);
  if (err_is(e)) return e;
  if (!conversation_id && edited) return err_ok;
  if (!conversation_id) return unknown(d, c, account, u, ours);
  *ours = true;
  if (edited && u->message.kind != MESSAGE_TEXT) return err_ok; /* a live location that moves, for example */
  return closed ? tell(d, c, account, u, TG_ANSWERED_GONE, STR_NONE) : answer(d, c, account, u, who, conversation_id);
}

err tg_notice_answer(struct desk *d, db_conn *c, str account, const struct tg_update *u, bool *ours) {
  struct operator_row who;
  bool found = false;
  *ours = false;
  if (!u->message.reply_to_external_id.ptr) return err_ok;
  err e = notice_operator_of(c, TG_CHANNEL, u->chat, db_conn_arena(c), &who, &found);
  return err_is(e) || !found ? e : reply_to_notice(d, c, account, u, &who, ours);
}

static err change(struct desk *d, db_conn *c, str account, const struct tg_update *u, const struct operator_row *who,
                  const struct message_row *m) {
  arena *a = db_conn_arena(c);
  struct message_row out;
  struct message_command command = {.conversation_id = m->conversation_id,
                                    .message_id = m->id,
                                    .by = operator_actor(who),
                                    .what = CHANGE_EDIT,
                                    .set_text = true,
                                    .text = u->message.text};
  err e = u->message.entities_json.ptr
              ? entities_decode(u->message.entities_json, a, &command.entities, &command.entity_count)
              : err_ok;
  if (!err_is(e)) e = conversation_change_message_in(d, c, &command, a, &out);
  if (!err_is(e) || must_repeat(e)) return e;
  struct outbox_extra notice = {
      .purpose = OUTBOX_NOTICE,
      .note = tg_notice_text(TG_NOTICE_EDIT_REFUSED, u->message.from.language, str_c(err_message(&e)), a),
      .reply_to = u->message.external_id,
  };
  return job_unless_full(outbox_add_extra(c, TG_CHANNEL, account, u->chat, 0, &notice, desk_now(d)));
}

err tg_notice_answer_edited(struct desk *d, db_conn *c, str account, const struct tg_update *u, bool *ours) {
  arena *a = db_conn_arena(c);
  struct operator_row who;
  struct message_row m;
  bool found = false;
  *ours = false;
  err e = notice_operator_of(c, TG_CHANNEL, u->chat, a, &who, &found);
  if (err_is(e) || !found) return e;
  e = message_by_client(c, who.id, client_id_of(account, u, a), a, &m);
  if (e.code == ERR_NOT_FOUND) return reply_to_notice(d, c, account, u, &who, ours);
  if (err_is(e)) return e;
  *ours = true;
  return change(d, c, account, u, &who, &m);
}
