/* See tg_own_press.h. */
#include "edge/telegram/in/tg_own_press.h"

#include "edge/telegram/in/tg_link.h"
#include "edge/telegram/in/tg_press.h"
#include "edge/telegram/out/tg_card.h"
#include "edge/telegram/out/tg_personal.h"
#include "edge/telegram/tg_internal.h"

static void say(struct tg_own_answer *out, str words, bool alert) {
  str fits = str_utf8_prefix(words, 200);
  snprintf(out->words, sizeof out->words, "%.*s", STR_ARG(fits));
  out->alert = alert;
}

/* The name of who has the conversation now. */
static err name_owner(db_conn *c, int64_t conversation_id, arena *a, str *name) {
  struct conversation_row row;
  struct operator_row owner;
  *name = S("?");
  err e = conversation_get(c, conversation_id, 0, a, &row);
  if (err_is(e) || !row.assignee_id) return e;
  e = operator_get(c, row.assignee_id, a, &owner);
  if (!err_is(e)) *name = owner.name;
  return e;
}

/* "Take" below a notice. The command also brings every notice of the conversation up to date. */
static err take(struct desk *d, db_conn *c, const struct tg_update *u, struct tg_own_answer *out) {
  arena *a = db_conn_arena(c);
  str data = u->press.what.data, language = u->message.from.language, name = STR_NONE;
  struct operator_row who;
  struct conversation_row row;
  struct conversation_command command = {.command = COMMAND_TAKE};
  bool found = false;
  if (!str_to_i64(str_sub(data, sizeof TG_TAKE_PRESS - 1, data.len), &command.conversation_id)) return err_ok;
  err e = notice_operator_of(c, TG_CHANNEL, u->message.from.external_id, a, &who, &found);
  if (err_is(e)) return e;
  if (!found) return say(out, tg_personal_taken(TG_TAKEN_UNLINKED, name, language, a), true), err_ok;
  command.by = operator_actor(&who);
  e = conversation_command_in(d, c, &command, a, &row);
  enum tg_taken what = TG_TAKEN_YOURS;
  if (e.code == ERR_ALREADY_TAKEN) {
    what = TG_TAKEN_OTHERS;
    e = name_owner(c, command.conversation_id, a, &name);
  } else if (e.code == ERR_NOT_FOUND || e.code == ERR_FORBIDDEN) {
    what = TG_TAKEN_GONE;
    e = err_ok;
  }
  if (!err_is(e)) say(out, tg_personal_taken(what, name, language, a), what != TG_TAKEN_YOURS);
  return e;
}

/* A button of a customer's live card: they act, as if they had written. */
static err steer(struct desk *d, db_conn *c, str account, const struct tg_update *u, struct tg_own_answer *out) {
  const struct customer_identity *from = &u->message.from;
  bool closes = str_eq(u->press.what.data, S(TG_CARD_CLOSE)), reopens = str_eq(u->press.what.data, S(TG_CARD_REOPEN));
  enum press_outcome outcome = PRESS_STALE;
  if (!closes && !reopens) return err_ok;
  err e = conversation_steered(d, c, TG_CHANNEL, account, from->external_id, u->message.reply_to_external_id,
                               closes ? COMMAND_CLOSE : COMMAND_REOPEN, &outcome);
  if (!err_is(e)) say(out, tg_card_pressed(outcome, closes, from->language), outcome != PRESS_TAKEN);
  return e;
}

/* A button of the first contact. */
static err meet(struct desk *d, db_conn *c, str account, const struct tg_update *u, struct tg_own_answer *out) {
  const struct customer_identity *from = &u->message.from;
  enum press_outcome outcome = PRESS_STALE;
  bool alert = false;
  err e = conversation_contact_pressed(d, c, TG_CHANNEL, account, from->external_id, u->press.what.data, &outcome);
  str words = tg_press_words(outcome, from->language, &alert);
  if (!err_is(e)) say(out, words, alert);
  return e;
}

err tg_own_press(struct desk *d, db_conn *c, str account, const struct tg_update *u, struct tg_own_answer *out) {
  *out = (struct tg_own_answer){.words = ""};
  if (str_starts(u->press.what.data, S(TG_CARD_PRESS))) return steer(d, c, account, u, out);
  if (str_starts(u->press.what.data, S(CONTACT_PRESS))) return meet(d, c, account, u, out);
  err e = notice_unblocked(c, TG_CHANNEL, u->message.from.external_id, desk_now(d));
  if (err_is(e)) return e;
  if (str_starts(u->press.what.data, S(TG_LINK_PRESS))) return tg_link_press(d, c, account, u);
  if (str_starts(u->press.what.data, S(TG_TAKE_PRESS))) return take(d, c, u, out);
  return err_ok;
}
