/* See tg_group.h: messages in a group. A reply to a copy becomes an answer to the customer whose message was copied;
 * other messages are internal to the staff and are not stored.
 *
 * Staff may reply to a copy before Telegram's response with the copy's id has arrived and is stored. While a copy is
 * being sent, a reply to an unknown message of the bot waits (staff_wait); the transaction that stores the copy's
 * outcome handles it. One copy is sent at a time, so a reply waits for at most one outcome. */
#include "edge/telegram/group/tg_group_message_internal.h"

#include "desk/access/access.h"
#include "desk/outbox/outbox.h"
#include "desk/staff/staff_topic.h"
#include "edge/telegram/group/tg_said.h"

static err answer_as(struct group_message_ctx *h, int64_t message_id) {
  struct message_row answered;
  struct actor by;
  bool known = false;
  err e = message_get(h->c, message_id, h->a, &answered);
  if (err_is(e)) return group_message_refuse(h, e);
  e = group_message_writer(h, &by, &known);
  return err_is(e) || !known ? e : group_message_answer(h, &answered, &by);
}

/* A reply to an unknown message of the bot: to a copy being sent, or to a message that is not a copy. */
static err wait_or_tell(struct group_message_ctx *h) {
  bool kept = false;
  err e = group_message_wait(h, &kept);
  return err_is(e) || kept ? e : group_message_notice(h, TG_NOTICE_UNKNOWN, STR_NONE);
}

static err receive(struct group_message_ctx *h) {
  const struct inbound_message *said = &h->u->message;
  const struct tg_group_part *by = &h->u->group;
  int64_t message_id = 0, bot = 0;
  struct staff_topic topic;
  bool in_topic = false;
  err e = by->thread && group_has_topics(h)
              ? staff_topic_by_thread(h->c, &h->place, by->thread, h->a, &topic, &in_topic)
              : err_ok;
  if (err_is(e) || by->by_bot) return e;
  if (by->edited) return group_message_edit(h, in_topic && group_message_stays(h));
  if (in_topic) return group_message_in_topic(h, &topic);
  if (tg_said_is_service(said) || (!said->reply_to_external_id.ptr && !said->album.ptr)) return err_ok;
  if (said->reply_to_external_id.ptr) e = staff_find(h->c, &h->place, said->reply_to_external_id, &message_id);
  /* Not every part of an album reply names the answered message. */
  if (!err_is(e) && !message_id && said->album.ptr) e = staff_find_album(h->c, &h->place, said->album, &message_id);
  if (err_is(e)) return e;
  if (message_id)
    return by->by_channel ? group_message_notice(h, TG_NOTICE_CHANNEL, STR_NONE) : answer_as(h, message_id);
  bool to_us = str_to_i64(h->place.account, &bot) && bot == by->answered_writer;
  return to_us ? wait_or_tell(h) : err_ok;
}

static err receive_waiting(struct tg_group *g, db_conn *c, str account, const struct staff_waiting *w, bool *files) {
  struct tg_update u;
  arena *a = db_conn_arena(c);
  tg_update_parse(w->raw, a, &u);
  struct group_message_ctx h = {
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
  return receive(&h);
}

err tg_group_receive_waiting(struct tg_group *g, db_conn *c, str account, bool *files) {
  struct staff_waiting *list = NULL;
  size_t count = 0;
  *files = false;
  err e = staff_waiting(c, TG_CHANNEL, account, db_conn_arena(c), &list, &count);
  for (size_t i = 0; i < count && !err_is(e); i++) e = receive_waiting(g, c, account, &list[i], files);
  return e;
}

/* ---- changes of groups ---- */

static err note_group(struct group_message_ctx *h) {
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
static void learn_rights(struct group_message_ctx *h) {
  struct group_needs needs = tg_group_needs(h->group);
  if (!needs.known) return;
  needs.met[GROUP_NEED_ADMINISTRATOR] = h->u->group.administrator;
  needs.met[GROUP_NEED_MANAGES] = h->u->group.manages_topics;
  tg_group_learn(h->group, h->place.chat_id, &needs);
}

err tg_group_receive(struct tg_group *g, db_conn *c, str account, const struct tg_update *u, bool *ours, bool *again) {
  struct group_message_ctx h = {
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
    return u->group.topic ? group_topic_change(&h, again) : receive(&h);
  }
  *again = u->group.member;
  if (u->group.member) tg_group_report(g, u->chat, STR_NONE);
  learn_rights(&h);
  if (!u->group.member) tg_group_report_removed(g, u->chat);
  return err_ok;
}
