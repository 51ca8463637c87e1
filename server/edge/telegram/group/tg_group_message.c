/* See tg_group_message_internal.h: what a message of the staff group leads to: an answer by its writer, or a notice to them. */
#include "edge/telegram/group/tg_group_message_internal.h"

#include "desk/access/access.h"
#include "desk/message/message_channel.h"
#include "desk/outbox/outbox.h"
#include "edge/telegram/group/tg_said.h"

enum { LATER_MAX = 20 /* messages examined to see whether the answered one is the customer's last */ };

/* ---- refusals ---- */

/* An album's parts are refused with one notice. */
static bool was_refused(struct group_message_ctx *h) {
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

bool group_has_topics(const struct group_message_ctx *h) { return tg_group_has_topics(h->group, h->place.chat_id); }

/* Sends a notice in the writer's language; for a writer under another name Telegram sends none, so in the group's
 * last known language. */
err group_message_notice(struct group_message_ctx *h, enum tg_notice what, str words) {
  str language = h->u->group.language;
  if (was_refused(h)) return err_ok;
  err e = language.ptr ? err_ok : staff_room_language(h->c, &h->place, h->a, &language);
  if (err_is(e)) return e;
  str text = tg_notice_text(what, language, words, h->a);
  struct outbox_extra extra = {.purpose = OUTBOX_NOTICE,
                               .note = text,
                               .reply_to = h->u->message.external_id,
                               .thread_id = group_has_topics(h) ? h->u->group.thread : 0};
  return job_unless_full(
      outbox_add_extra(h->c, TG_CHANNEL, h->place.account, OUTBOX_STAFF_LANE, 0, &extra, desk_now(h->desk)));
}

/* A refusal by the desk causes a notice to the writer; a database failure fails the update. */
err group_message_refuse(struct group_message_ctx *h, err e) {
  bool full = e.code == ERR_QUEUE_FULL; /* which may last: customers' updates must not wait behind this one */
  if ((err_kind_of(e.code) == KIND_OVERLOADED && !full) || e.code == ERR_CONFLICT || e.code == ERR_INTERNAL) return e;
  if (e.code == ERR_CUSTOMER_BLOCKED) return group_message_notice(h, TG_NOTICE_BLOCKED, STR_NONE);
  bool text = e.code == ERR_INVALID_FIELD && e.field && str_eq(str_c(e.field), S("text"));
  return text ? group_message_notice(h, TG_NOTICE_TOO_LONG, STR_NONE)
              : group_message_notice(h, TG_NOTICE_REFUSED, str_c(err_message(&e)));
}

/* ---- an answer ---- */

/* The piece that the writer chose, where the customer's channel can show one. */
static err quoted_piece(struct group_message_ctx *h, const struct message_row *answered, str *quote) {
  struct conversation_row row;
  *quote = answered->id ? tg_said_quote(&h->u->message, answered, h->a) : STR_NONE;
  if (!quote->ptr) return err_ok;
  err e = conversation_get(h->c, answered->conversation_id, 0, h->a, &row);
  if (!err_is(e) && !(channel_facts(row.customer->channel)->can & CHANNEL_CAN_QUOTE)) *quote = STR_NONE;
  return e;
}

/* Without topics a reply only says whose customer is meant: there the message is quoted to the customer only if they have
 * written more since. */
static err quoted(struct group_message_ctx *h, const struct message_row *answered, struct reply *reply) {
  struct message_row *later = NULL;
  size_t count = 0;
  bool more = false;
  err e = quoted_piece(h, answered, &reply->quote);
  if (err_is(e) || answered->direction == MESSAGE_SYSTEM) return e;
  if (reply->quote.ptr || (group_has_topics(h) && h->u->group.thread)) {
    reply->reply_to = answered->id;
    return err_ok;
  }
  if (answered->direction != MESSAGE_IN) return err_ok;
  e = message_page(h->c, answered->conversation_id, 0, answered->id, LATER_MAX, h->a, &later, &count, &more);
  for (size_t i = 0; i < count && !err_is(e); i++) {
    bool same_album = answered->album.ptr && str_eq(answered->album, later[i].album);
    if (later[i].direction == MESSAGE_IN && !same_album) reply->reply_to = answered->id;
  }
  return e;
}

err group_message_answer(struct group_message_ctx *h, const struct message_row *answered, const struct actor *by) {
  const struct inbound_message *said = &h->u->message;
  enum tg_notice why;
  struct reply reply = {
      .conversation_id = answered->conversation_id,
      .by = *by,
      .client_id = arena_printf(h->a, "tg:%.*s:%.*s", STR_ARG(h->u->chat), STR_ARG(said->external_id)),
      .in_staff_group = true,
      .album = said->album,
      .files_channel = TG_CHANNEL,
      .files_account = h->place.account,
  };
  struct message_row m;
  bool repeated = false;
  if (!tg_said_read(said, h->a, &reply, &why)) return group_message_notice(h, why, STR_NONE);
  err e = quoted(h, answered, &reply);
  if (!err_is(e)) e = conversation_reply_in(h->desk, h->c, &reply, h->a, &m, &repeated);
  if (e.code == ERR_NOT_FOUND) e = err_make(ERR_FORBIDDEN); /* the copy shows that the conversation exists */
  if (err_is(e)) return group_message_refuse(h, e);
  struct staff_note note = {.place = &h->place,
                            .external_id = said->external_id,
                            .message_id = m.id,
                            .kind = STAFF_REPLY,
                            .album = said->album,
                            .language = h->u->group.language,
                            .thread_id = h->u->group.thread};
  return staff_note(h->c, &note, desk_now(h->desk));
}

/* ---- an edit ---- */

static err edit_refused(struct group_message_ctx *h, err e) {
  bool ours = err_kind_of(e.code) == KIND_OVERLOADED || e.code == ERR_CONFLICT || e.code == ERR_INTERNAL;
  return ours ? e : group_message_notice(h, TG_NOTICE_EDIT_REFUSED, str_c(err_message(&e)));
}

static err edit_words(struct group_message_ctx *h, const struct message_row *m, const struct actor *by) {
  const struct inbound_message *said = &h->u->message;
  struct message_row out;
  struct message_command command = {.conversation_id = m->conversation_id,
                                    .message_id = m->id,
                                    .by = *by,
                                    .what = CHANGE_EDIT,
                                    .set_text = true,
                                    .text = said->text,
                                    .in_staff_group = true};
  if (said->entities_json.ptr) {
    err e = entities_decode(said->entities_json, h->a, &command.entities, &command.entity_count);
    if (err_is(e)) return e;
  }
  err e = conversation_change_message_in(h->desk, h->c, &command, h->a, &out);
  return err_is(e) ? edit_refused(h, e) : err_ok;
}

err group_message_edit(struct group_message_ctx *h, bool keeps) {
  const struct inbound_message *said = &h->u->message;
  struct message_row m;
  struct actor by;
  int64_t id = 0;
  bool known = false;
  int64_t bot = 0;
  err e = staff_find_any(h->c, &h->place, said->external_id, &id);
  /* The answer itself may wait. Only what answers the bot does; the rest is talk of the group. */
  bool to_us = str_to_i64(h->place.account, &bot) && bot == h->u->group.answered_writer;
  if (!err_is(e) && !id) return to_us ? group_message_wait(h, &known) : err_ok;
  if (!err_is(e)) e = message_get(h->c, id, h->a, &m);
  if (e.code == ERR_NOT_FOUND) return err_ok;
  bool words = !err_is(e) && message_kind_facts(m.kind)->carries & CARRIES_WORDS && m.direction == MESSAGE_OUT;
  if (err_is(e) || !words) return e; /* a live location that moves */
  if (keeps) return group_message_notice(h, TG_NOTICE_EDIT_KEPT, STR_NONE);
  if (tg_said_has_other_file(said, &m)) return group_message_notice(h, TG_NOTICE_EDIT_FILE, STR_NONE);
  e = group_message_writer(h, &by, &known);
  return err_is(e) || !known ? e : edit_words(h, &m, &by);
}

err group_message_wait(struct group_message_ctx *h, bool *kept) {
  bool sending = false;
  str account = h->place.account;
  *kept = false;
  err e = h->waited ? err_ok : outbox_sending_lane(h->c, TG_CHANNEL, account, OUTBOX_STAFF_LANE, &sending);
  return err_is(e) || !sending ? e : staff_wait(h->c, TG_CHANNEL, account, h->u->raw, desk_now(h->desk), kept);
}

err group_message_writer(struct group_message_ctx *h, struct actor *by, bool *known) {
  const struct tg_group_part *writer = &h->u->group;
  struct operator_row operator;
  struct staff_person who = {.channel = TG_CHANNEL,
                             .external_id = writer->writer,
                             .name = writer->name,
                             .login = arena_printf(h->a, "tg-%.*s", STR_ARG(writer->writer)),
                             .username = writer->username};
  *known = false;
  err e = staff_person(h->desk, h->c, &who, h->a, &operator);
  if (err_is(e)) return group_message_refuse(h, e);
  if (!operator.active) return group_message_notice(h, TG_NOTICE_DEACTIVATED, STR_NONE);
  *by = operator_actor(&operator);
  *known = true;
  return err_ok;
}
