/* See tg_group.h: messages in a group. A reply to a copy becomes an answer to the customer whose message was copied;
 * other messages are internal to the staff and are not stored.
 *
 * Staff may reply to a copy before Telegram's response with the copy's id has arrived and is stored. While a copy is
 * being sent, a reply to an unknown message of the bot waits (staff_wait); the transaction that stores the copy's
 * outcome handles it. One copy is sent at a time, so a reply waits for at most one outcome. */
#include "desk/access/access.h"
#include "desk/outbox/outbox.h"
#include "edge/telegram/group/tg_copy.h"
#include "edge/telegram/group/tg_group_internal.h"
#include "edge/telegram/tg_internal.h"

enum { LATER_MAX = 20 /* messages examined to see whether the answered one is the customer's last */ };

struct hearing {
  struct tg_group *group;
  struct desk *desk;
  db_conn *c;
  arena *a;
  const struct tg_update *u;
  struct staff_place place;
  bool waited; /* it waited for the outcome of a copy */
};

/* ---- refusals ---- */

/* An album's parts are refused with one notice. */
static bool was_refused(struct hearing *h) {
  struct tg_group *g = h->group;
  str album = h->u->message.album, part = h->u->message.external_id;
  if (!album.ptr) return false;
  pthread_mutex_lock(&g->lock);
  bool refused = str_eq(str_c(g->refused_album), album) && !str_eq(str_c(g->refused_part), part);
  if (!refused) {
    snprintf(g->refused_album, sizeof g->refused_album, "%.*s", STR_ARG(album));
    snprintf(g->refused_part, sizeof g->refused_part, "%.*s", STR_ARG(part));
  }
  pthread_mutex_unlock(&g->lock);
  return refused;
}

/* Sends a notice in the writer's language; for a writer under another name Telegram sends none, so in the group's
 * last known language. */
static err notice(struct hearing *h, enum tg_notice what, str words) {
  str language = h->u->group.language;
  if (was_refused(h)) return err_ok;
  err e = language.ptr ? err_ok : staff_room_language(h->c, &h->place, h->a, &language);
  if (err_is(e)) return e;
  str text = tg_notice_text(what, language, words, h->a);
  struct outbox_extra extra = {.purpose = OUTBOX_NOTICE, .note = text, .reply_to = h->u->message.external_id};
  return job_unless_full(
      outbox_add_extra(h->c, TG_CHANNEL, h->place.account, OUTBOX_STAFF_LANE, 0, &extra, desk_now(h->desk)));
}

/* A refusal by the desk causes a notice to the writer; a database failure fails the update. */
static err tell_refusal(struct hearing *h, err e) {
  bool full = e.code == ERR_QUEUE_FULL; /* which may last: customers' updates must not wait behind this one */
  if ((err_kind_of(e.code) == KIND_OVERLOADED && !full) || e.code == ERR_CONFLICT || e.code == ERR_INTERNAL) return e;
  if (e.code == ERR_CUSTOMER_BLOCKED) return notice(h, TG_NOTICE_BLOCKED, STR_NONE);
  bool text = e.code == ERR_INVALID_FIELD && e.field && str_eq(str_c(e.field), S("text"));
  return text ? notice(h, TG_NOTICE_TOO_LONG, STR_NONE) : notice(h, TG_NOTICE_REFUSED, str_c(err_message(&e)));
}

/* ---- an answer ---- */

/* Quotes the message to the customer only if they have written more since; otherwise the reference is clear. */
static err quoted(struct hearing *h, const struct message_row *answered, int64_t *reply_to) {
  struct message_row *later = NULL;
  size_t count = 0;
  bool more = false;
  *reply_to = 0;
  if (answered->direction != MESSAGE_IN) return err_ok;
  err e = message_page(h->c, answered->conversation_id, 0, answered->id, LATER_MAX, h->a, &later, &count, &more);
  for (size_t i = 0; i < count && !err_is(e); i++) {
    bool same_album = answered->album.ptr && str_eq(answered->album, later[i].album);
    if (later[i].direction == MESSAGE_IN && !same_album) *reply_to = answered->id;
  }
  return e;
}

static err answer(struct hearing *h, const struct message_row *answered, const struct actor *by) {
  const struct inbound_message *said = &h->u->message;
  struct file_row file = said->file_count ? said->files[0] : (struct file_row){0};
  struct reply reply = {
      .conversation_id = answered->conversation_id,
      .by = *by,
      .text = said->text,
      .entities_json = said->entities_json.ptr ? said->entities_json : S("[]"),
      .client_id = arena_printf(h->a, "tg:%.*s:%.*s", STR_ARG(h->u->chat), STR_ARG(said->external_id)),
      .files = said->file_count ? &file : NULL,
      .file_count = said->file_count,
      .kind = said->kind,
      .in_staff_group = true,
      .album = said->album,
      .files_channel = TG_CHANNEL,
      .files_account = h->place.account,
  };
  struct message_row m;
  bool repeated = false;
  err e = quoted(h, answered, &reply.reply_to);
  if (!err_is(e)) e = conversation_reply_in(h->desk, h->c, &reply, h->a, &m, &repeated);
  if (e.code == ERR_NOT_FOUND) e = err_make(ERR_FORBIDDEN); /* the copy shows that the conversation exists */
  if (err_is(e)) return tell_refusal(h, e);
  struct staff_note note = {.place = &h->place,
                            .external_id = said->external_id,
                            .message_id = m.id,
                            .kind = STAFF_REPLY,
                            .album = said->album,
                            .language = h->u->group.language};
  return staff_note(h->c, &note, desk_now(h->desk));
}

static err answer_as(struct hearing *h, int64_t message_id) {
  const struct tg_group_part *by = &h->u->group;
  struct message_row answered;
  struct operator_row operator;
  struct staff_person who = {.channel = TG_CHANNEL,
                             .external_id = by->writer,
                             .name = by->name,
                             .login = arena_printf(h->a, "tg-%.*s", STR_ARG(by->writer))};
  err e = message_get(h->c, message_id, h->a, &answered);
  if (!err_is(e)) e = staff_person(h->desk, h->c, &who, h->a, &operator);
  if (err_is(e)) return tell_refusal(h, e);
  if (!operator.active) return notice(h, TG_NOTICE_DEACTIVATED, STR_NONE);
  struct actor actor = operator_actor(&operator);
  if (!message_is_plain(h->u->message.kind)) return notice(h, TG_NOTICE_UNSUPPORTED, STR_NONE);
  return answer(h, &answered, &actor);
}

/* A reply to an unknown message of the bot: to a copy being sent, or to a message that is not a copy. */
static err wait_or_tell(struct hearing *h) {
  bool sending = false, kept = false;
  str account = h->place.account;
  err e = h->waited ? err_ok : outbox_sending_lane(h->c, TG_CHANNEL, account, OUTBOX_STAFF_LANE, &sending);
  if (!err_is(e) && sending) e = staff_wait(h->c, TG_CHANNEL, account, h->u->raw, desk_now(h->desk), &kept);
  return err_is(e) || kept ? e : notice(h, TG_NOTICE_UNKNOWN, STR_NONE);
}

static err hear(struct hearing *h) {
  const struct inbound_message *said = &h->u->message;
  const struct tg_group_part *by = &h->u->group;
  int64_t message_id = 0, bot = 0;
  if (by->edited || by->by_bot || (!said->reply_to_external_id.ptr && !said->album.ptr)) return err_ok;
  err e = err_ok;
  if (said->reply_to_external_id.ptr) e = staff_find(h->c, &h->place, said->reply_to_external_id, &message_id);
  /* Not every part of an album reply names the answered message. */
  if (!err_is(e) && !message_id && said->album.ptr) e = staff_find_album(h->c, &h->place, said->album, &message_id);
  if (err_is(e)) return e;
  if (message_id) return by->by_channel ? notice(h, TG_NOTICE_CHANNEL, STR_NONE) : answer_as(h, message_id);
  bool to_us = str_to_i64(h->place.account, &bot) && bot == by->answered_writer;
  return to_us ? wait_or_tell(h) : err_ok;
}

static err hear_waiting(struct tg_group *g, db_conn *c, str account, const struct staff_waiting *w, bool *files) {
  struct tg_update u;
  arena *a = db_conn_arena(c);
  tg_update_parse(w->raw, a, &u);
  struct hearing h = {
      .group = g,
      .desk = g->desk,
      .c = c,
      .a = a,
      .u = &u,
      .place = {.channel = TG_CHANNEL, .account = account, .chat_id = u.chat},
      .waited = true,
  };
  err e = staff_waiting_remove(c, w->id);
  bool ours = u.kind == TG_GROUP_MESSAGE && str_eq(tg_group_chat(g, account, a), u.chat);
  if (err_is(e) || !ours) return e; /* the group has changed meanwhile */
  *files = *files || u.message.file_count > 0;
  u.message.from.channel = TG_CHANNEL;
  u.message.from.account = account;
  return hear(&h);
}

err tg_group_receive_waiting(struct tg_group *g, db_conn *c, str account, bool *files) {
  struct staff_waiting *list = NULL;
  size_t count = 0;
  *files = false;
  err e = staff_waiting(c, TG_CHANNEL, account, db_conn_arena(c), &list, &count);
  for (size_t i = 0; i < count && !err_is(e); i++) e = hear_waiting(g, c, account, &list[i], files);
  return e;
}

/* ---- changes of groups ---- */

static err note_group(struct hearing *h) {
  const struct tg_update *u = h->u;
  if (u->kind == TG_GROUP_MEMBER && !u->group.member) return staff_candidate_remove(h->c, &h->place);
  if (u->group.moved_to.ptr) {
    struct staff_place next = h->place;
    next.chat_id = u->group.moved_to;
    err e = staff_candidate_remove(h->c, &h->place);
    return err_is(e) ? e : staff_candidate_set(h->c, &next, u->group.title, desk_now(h->desk));
  }
  return staff_candidate_set(h->c, &h->place, u->group.title, desk_now(h->desk));
}

err tg_group_receive(struct tg_group *g, db_conn *c, str account, const struct tg_update *u, bool *ours, bool *again) {
  struct hearing h = {
      .group = g,
      .desk = g->desk,
      .c = c,
      .a = db_conn_arena(c),
      .u = u,
      .place = {.channel = TG_CHANNEL, .account = account, .chat_id = u->chat},
  };
  *ours = str_eq(tg_group_chat(g, account, h.a), u->chat);
  *again = false;
  err e = note_group(&h);
  if (err_is(e) || !*ours) return e;
  if (u->group.moved_to.ptr) {
    *again = true;
    return tg_group_keep(g, c, u->group.moved_to, 0, STR_NONE);
  }
  if (u->kind == TG_GROUP_MESSAGE) {
    if (u->group.language.ptr && !u->group.by_bot) e = staff_set_room_language(c, &h.place, u->group.language);
    return err_is(e) ? e : hear(&h);
  }
  *again = u->group.member;
  tg_group_report(g, u->chat, u->group.member ? STR_NONE : S("The bot was removed from the group."));
  return err_ok;
}
