/* See tg_link.h. */
#include "edge/telegram/in/tg_link.h"

#include "desk/link/link.h"
#include "desk/outbox/outbox.h"
#include "edge/telegram/group/tg_copy.h"
#include "edge/telegram/tg_internal.h"

enum { QUEUED_MAX = 3 /* for one chat: whoever sends codes without end gets no more notices */ };

bool tg_link_is(str payload) { return str_starts(payload, S(LINK_PREFIX)); }

err tg_link_receive(struct desk *d, db_conn *c, str account, const struct tg_update *u) {
  static const enum tg_notice notices[] = {[LINK_DONE] = TG_NOTICE_LINKED,
                                           [LINK_UNKNOWN] = TG_NOTICE_LINK_UNKNOWN,
                                           [LINK_TAKEN] = TG_NOTICE_LINK_TAKEN,
                                           [LINK_INACTIVE] = TG_NOTICE_DEACTIVATED};
  const struct customer_identity *from = &u->message.from;
  arena *a = db_conn_arena(c);
  struct link_person who = {TG_CHANNEL, from->external_id, from->username};
  enum link_outcome outcome;
  str name = STR_NONE, code = str_sub(u->payload, sizeof LINK_PREFIX - 1, u->payload.len);
  err e = link_take(d, c, &who, code, a, &outcome, &name);
  int64_t queued = 0;
  if (!err_is(e)) e = outbox_count_lane(c, TG_CHANNEL, account, u->chat, &queued);
  if (err_is(e) || queued >= QUEUED_MAX) return e;
  struct outbox_extra notice = {.purpose = OUTBOX_NOTICE,
                                .note = tg_notice_text(notices[outcome], from->language, name, a)};
  return job_unless_full(outbox_add_extra(c, TG_CHANNEL, account, u->chat, 0, &notice, desk_now(d)));
}
