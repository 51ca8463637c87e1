/* See tg_group.h: messages in a group. A reply to a copy becomes an answer to the customer whose message was copied;
 * other messages are internal to the staff and are not stored.
 *
 * Staff may reply to a copy before Telegram's response with the copy's id has arrived and is stored. While a copy is
 * being sent, a reply to an unknown message of the bot waits (staff_wait); the transaction that stores the copy's
 * outcome handles it. One copy is sent at a time, so a reply waits for at most one outcome. */
#include "edge/telegram/group/tg_hearing.h"

#include "desk/access/access.h"
#include "desk/outbox/outbox.h"
#include "desk/staff/staff_topic.h"

enum { LATER_MAX = 20 /* messages examined to see whether the answered one is the customer's last */ };

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

static bool topics(struct hearing *h) { return tg_group_has_topics(h->group, h->place.chat_id); }

/* Sends a notice in the writer's language; for a writer under another name Telegram sends none, so in the group's
 * last known language. */
err hearing_notice(struct hearing *h, enum tg_notice what, str words) {
  str language = h->u->group.language;
  if (was_refused(h)) return err_ok;
  err e = language.ptr ? err_ok : staff_room_language(h->c, &h->place, h->a, &language);
  if (err_is(e)) return e;
  str text = tg_notice_text(what, language, words, h->a);
  struct outbox_extra extra = {.purpose = OUTBOX_NOTICE,
                               .note = text,
                               .reply_to = h->u->message.external_id,
                               .thread_id = topics(h) ? h->u->group.thread : 0};
  return job_unless_full(
      outbox_add_extra(h->c, TG_CHANNEL, h->place.account, OUTBOX_STAFF_LANE, 0, &extra, desk_now(h->desk)));
}

/* A refusal by the desk causes a notice to the writer; a database failure fails the update. */
err hearing_refuse(struct hearing *h, err e) {
  bool full = e.code == ERR_QUEUE_FULL; /* which may last: customers' updates must not wait behind this one */
  if ((err_kind_of(e.code) == KIND_OVERLOADED && !full) || e.code == ERR_CONFLICT || e.code == ERR_INTERNAL) return e;
  if (e.code == ERR_CUSTOMER_BLOCKED) return hearing_notice(h, TG_NOTICE_BLOCKED, STR_NONE);
  bool text = e.code == ERR_INVALID_FIELD && e.field && str_eq(str_c(e.field), S("text"));
  return text ? hearing_notice(h, TG_NOTICE_TOO_LONG, STR_NONE)
              : hearing_notice(h, TG_NOTICE_REFUSED, str_c(err_message(&e)));
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

err hearing_answer(struct hearing *h, const struct message_row *answered, const struct actor *by) {
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
  if (!message_is_plain(said->kind)) return hearing_notice(h, TG_NOTICE_UNSUPPORTED, STR_NONE);
  err e = quoted(h, answered, &reply.reply_to);
  if (!err_is(e)) e = conversation_reply_in(h->desk, h->c, &reply, h->a, &m, &repeated);
  if (e.code == ERR_NOT_FOUND) e = err_make(ERR_FORBIDDEN); /* the copy shows that the conversation exists */
  if (err_is(e)) return hearing_refuse(h, e);
  struct staff_note note = {.place = &h->place,
                            .external_id = said->external_id,
                            .message_id = m.id,
                            .kind = STAFF_REPLY,
                            .album = said->album,
                            .language = h->u->group.language,
                            .thread_id = h->u->group.thread};
  return staff_note(h->c, &note, desk_now(h->desk));
}

err hearing_writer(struct hearing *h, struct actor *by, bool *known) {
  const struct tg_group_part *writer = &h->u->group;
  struct operator_row operator;
  struct staff_person who = {.channel = TG_CHANNEL,
                             .external_id = writer->writer,
                             .name = writer->name,
                             .login = arena_printf(h->a, "tg-%.*s", STR_ARG(writer->writer)),
                             .username = writer->username};
  *known = false;
  err e = staff_person(h->desk, h->c, &who, h->a, &operator);
  if (err_is(e)) return hearing_refuse(h, e);
  if (!operator.active) return hearing_notice(h, TG_NOTICE_DEACTIVATED, STR_NONE);
  *by = operator_actor(&operator);
  *known = true;
  return err_ok;
}

static err answer_as(struct hearing *h, int64_t message_id) {
  struct message_row answered;
  struct actor by;
  bool known = false;
  err e = message_get(h->c, message_id, h->a, &answered);
  if (err_is(e)) return hearing_refuse(h, e);
  e = hearing_writer(h, &by, &known);
  return err_is(e) || !known ? e : hearing_answer(h, &answered, &by);
}

/* A reply to an unknown message of the bot: to a copy being sent, or to a message that is not a copy. */
static err wait_or_tell(struct hearing *h) {
  bool sending = false, kept = false;
  str account = h->place.account;
  err e = h->waited ? err_ok : outbox_sending_lane(h->c, TG_CHANNEL, account, OUTBOX_STAFF_LANE, &sending);
  if (!err_is(e) && sending) e = staff_wait(h->c, TG_CHANNEL, account, h->u->raw, desk_now(h->desk), &kept);
  return err_is(e) || kept ? e : hearing_notice(h, TG_NOTICE_UNKNOWN, STR_NONE);
}

static err hear(struct hearing *h) {
  const struct inbound_message *said = &h->u->message;
  const struct tg_group_part *by = &h->u->group;
  int64_t message_id = 0, bot = 0;
  struct staff_topic topic;
  bool in_topic = false;
  err e =
      by->thread && topics(h) ? staff_topic_by_thread(h->c, &h->place, by->thread, h->a, &topic, &in_topic) : err_ok;
  if (err_is(e)) return e;
  if (in_topic) return hear_in_topic(h, &topic);
  if (by->edited || by->by_bot || (!said->reply_to_external_id.ptr && !said->album.ptr)) return err_ok;
  if (said->reply_to_external_id.ptr) e = staff_find(h->c, &h->place, said->reply_to_external_id, &message_id);
  /* Not every part of an album reply names the answered message. */
  if (!err_is(e) && !message_id && said->album.ptr) e = staff_find_album(h->c, &h->place, said->album, &message_id);
  if (err_is(e)) return e;
  if (message_id) return by->by_channel ? hearing_notice(h, TG_NOTICE_CHANNEL, STR_NONE) : answer_as(h, message_id);
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

/* The bot's rights have changed; nothing is said about the group's own switches. */
static void learn_rights(struct hearing *h) {
  struct group_needs needs = tg_group_needs(h->group);
  if (!needs.known) return;
  needs.met[GROUP_NEED_ADMINISTRATOR] = h->u->group.administrator;
  needs.met[GROUP_NEED_MANAGES] = h->u->group.manages_topics;
  tg_group_learn(h->group, h->place.chat_id, &needs);
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
    return tg_group_keep(g, c, &(struct group_choice){.chat_id = u->group.moved_to}, 0, STR_NONE);
  }
  if (u->kind == TG_GROUP_MESSAGE) {
    if (u->group.language.ptr && !u->group.by_bot) e = staff_set_room_language(c, &h.place, u->group.language);
    if (err_is(e)) return e;
    return u->group.topic ? hear_topic_change(&h, again) : hear(&h);
  }
  *again = u->group.member;
  if (u->group.member) tg_group_report(g, u->chat, STR_NONE);
  learn_rights(&h);
  if (!u->group.member) tg_group_report(g, u->chat, S("The bot was removed from the group."));
  return err_ok;
}
