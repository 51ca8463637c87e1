/* See tg_link.h. */
#include "edge/telegram/in/tg_link.h"

#include "desk/outbox/outbox.h"
#include "desk/setting/setting.h"
#include "edge/telegram/group/tg_copy.h"
#include "edge/telegram/tg_internal.h"

enum { QUEUED_MAX = 3 /* for one chat: whoever sends or presses codes without end gets no more notices */ };

static const enum tg_notice notices[] = {[LINK_DONE] = TG_NOTICE_LINKED,
                                         [LINK_UNKNOWN] = TG_NOTICE_LINK_UNKNOWN,
                                         [LINK_TAKEN] = TG_NOTICE_LINK_TAKEN,
                                         [LINK_KNOWN] = TG_NOTICE_LINK_KNOWN,
                                         [LINK_INACTIVE] = TG_NOTICE_DEACTIVATED};

static struct link_person person_of(str account, const struct tg_update *u) {
  const struct customer_identity *from = &u->message.from;
  return (struct link_person){TG_CHANNEL, account, from->external_id, from->username};
}

static str choice(str code, str language, arena *a) {
  bool russian = setting_is_russian(language);
  struct button list[] = {
      {.text = russian ? S("Привязать") : S("Link"),
       .callback = arena_concat(a, S(TG_LINK_PRESS), code),
       .style = BUTTON_DEFAULT},
      {.text = russian ? S("Отмена") : S("Cancel"), .callback = S(TG_LINK_PRESS "no"), .style = BUTTON_DEFAULT}};
  struct button_row row = {list, JSON_COUNT(list)};
  return buttons_encode(a, &row, 1);
}

err tg_link_receive(struct desk *d, db_conn *c, str account, const struct tg_update *u) {
  arena *a = db_conn_arena(c);
  str language = u->message.from.language, name = STR_NONE;
  str code = str_sub(u->payload, sizeof LINK_PREFIX - 1, u->payload.len);
  struct link_person who = person_of(account, u);
  enum link_outcome outcome;
  int64_t queued = 0;
  err e = link_look(d, c, &who, code, a, &outcome, &name);
  if (!err_is(e)) e = outbox_count_lane(c, TG_CHANNEL, account, u->chat, &queued);
  if (err_is(e) || queued >= QUEUED_MAX) return e;
  bool asks = outcome == LINK_DONE;
  struct outbox_extra notice = {
      .purpose = OUTBOX_NOTICE,
      .note = tg_notice_text(asks ? TG_NOTICE_LINK_ASK : notices[outcome], language, name, a),
      .buttons = asks ? choice(code, language, a) : STR_NONE,
  };
  return job_unless_full(outbox_add_extra(c, TG_CHANNEL, account, u->chat, 0, &notice, desk_now(d)));
}

err tg_link_press(struct desk *d, db_conn *c, str account, const struct tg_update *u) {
  arena *a = db_conn_arena(c);
  str data = u->press.what.data, name = STR_NONE;
  str code = str_sub(data, sizeof TG_LINK_PRESS - 1, data.len);
  struct link_person who = person_of(account, u);
  enum link_outcome outcome = LINK_UNKNOWN;
  int64_t queued = 0;
  bool given_up = str_eq(code, S("no"));
  err e = given_up ? err_ok : link_take(d, c, &who, code, a, &outcome, &name);
  if (!err_is(e)) e = outbox_count_lane(c, TG_CHANNEL, account, u->chat, &queued);
  if (err_is(e) || queued >= QUEUED_MAX) return e;
  struct outbox_extra notice = {
      .purpose = OUTBOX_NOTICE,
      .note = tg_notice_text(given_up ? TG_NOTICE_LINK_GIVEN_UP : notices[outcome], u->message.from.language, name, a),
      .edits = u->message.reply_to_external_id,
  };
  return job_unless_full(outbox_add_extra(c, TG_CHANNEL, account, u->chat, 0, &notice, desk_now(d)));
}
