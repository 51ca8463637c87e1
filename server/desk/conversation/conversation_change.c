/* What operators do to messages that exist: edit, delete, pin, react. See conversation_change_message. */
#include "desk/conversation/conversation_tx_internal.h"

#include "base/limits.h"
#include "base/str_bidi.h"
#include "desk/message/message_channel.h"
#include "desk/outbox/outbox.h"
#include "desk/staff/staff.h"
#include "sql.h"

struct changing_ctx {
  struct desk *desk;
  struct message_command *command;
  arena *arena;
  struct message_row *out;
  struct conversation_tx w;
  struct message_row m;
  const struct channel_facts *channel;
};

static err refuse(const char *why) { return err_detail(ERR_NOT_CHANGEABLE, NULL, "%s", why); }

/* Not sent yet, so a change needs no call of the channel; refuses an answer whose arrival is not known. */
static err check_arrival(struct changing_ctx *x, const char *verb, bool *waiting) {
  bool may = x->m.delivery == DELIVERY_UNCERTAIN;
  *waiting = x->m.delivery == DELIVERY_QUEUED || x->m.delivery == DELIVERY_FAILED;
  err e = *waiting ? outbox_may_have_left(x->w.c, x->m.id, &may) : err_ok;
  if (!err_is(e) && may)
    e = err_detail(ERR_NOT_CHANGEABLE, NULL, "It is not known whether this message has arrived, so it cannot be %s.",
                   verb);
  return e;
}

/* The change reaches the channel behind the message itself. */
static err queue(struct changing_ctx *x) {
  const struct customer_row *to = &x->w.customer;
  err e = message_change_request(x->w.c, x->m.id, x->command->what);
  return err_is(e) ? e
                   : outbox_add_change(x->w.c, to->channel, to->account, to->external_id, x->m.id, x->command->what,
                                       x->w.now_ms);
}

/* The customer would never see what follows a deletion, and the desk would keep a text that was not sent. */
static bool is_leaving(const struct changing_ctx *x) {
  int64_t no = 0;
  return x->command->what != CHANGE_DELETE && message_change_waits(&x->m, CHANGE_DELETE, x->arena, &no);
}

/* ---- edit ---- */

static err check_words(struct changing_ctx *x) {
  struct message_command *o = x->command;
  size_t most = x->m.kind == MESSAGE_TEXT ? LIMIT_TEXT_MAX : LIMIT_CAPTION_MAX;
  if (!o->set_text && !o->set_buttons) return err_field(ERR_MISSING_FIELD, "text");
  if (o->set_buttons && o->buttons_json.ptr && x->m.album.ptr)
    return err_detail(ERR_INVALID_FIELD, "buttons", "Several files together carry no buttons.");
  if (o->set_buttons && o->buttons_json.ptr && !(x->channel->can & CHANNEL_CAN_BUTTONS))
    return err_detail(ERR_UNSUPPORTED_BY_CHANNEL, "buttons", "%s cannot carry buttons.", x->channel->title);
  if (!o->set_text) return err_ok;
  if (!str_utf8_valid(o->text) || str_has_nul(o->text)) return err_field(ERR_INVALID_FIELD, "text");
  if (!str_is_visible(o->text)) {
    if (x->m.kind == MESSAGE_TEXT) return err_field(ERR_NOTHING_VISIBLE, "text");
    o->text = S("");
    o->entity_count = 0;
  }
  if (str_utf16_count(o->text) > most)
    return err_detail(ERR_INVALID_FIELD, "text", "The text is longer than %zu characters.", most);
  return entities_check(o->text, o->entities, &o->entity_count);
}

static struct message_words words_of(struct changing_ctx *x) {
  const struct message_command *o = x->command;
  return (struct message_words){
      .text = o->set_text ? o->text : x->m.text,
      .entities_json = o->set_text ? entities_encode(x->arena, o->entities, o->entity_count) : x->m.entities_json,
      .buttons_json = o->set_buttons ? o->buttons_json : x->m.buttons_json,
  };
}

/* The list shows the last message's text. */
static err tell_edit(struct changing_ctx *x) {
  struct conversation_tx *w = &x->w;
  err e = message_quoters_changed(w->c, x->m.id, &x->command->by, w->now_ms, x->arena);
  if (err_is(e) || w->last_message_id != x->m.id) return e;
  w->by = x->command->by;
  e = conversation_get(w->c, w->row.id, 0, x->arena, &w->row);
  return err_is(e) ? e : tx_event(w, EVENT_CHAT_UPDATE, NULL);
}

/* The staff room has a copy of it, unless it was changed there. */
static err copy_edit(struct changing_ctx *x) {
  bool copied = x->m.operator_id && !x->command->in_staff_group && !x->w.row.spam_at;
  return copied ? staff_copy_edit(x->desk, x->w.c, x->m.id, x->w.now_ms) : err_ok;
}

static err edit_sent(struct changing_ctx *x, const struct message_words *words) {
  bool changed = false;
  const struct message_state to = {
      .kind = x->m.kind,
      .text = words->text,
      .entities_json = words->entities_json,
      .buttons_json = words->buttons_json,
      .content = x->m.content,
      .media_json = x->m.media_json,
      .headline = x->m.headline,
      .details_json = message_details_encode(x->arena, &x->m.details),
      .files = (struct file_row *)(uintptr_t)x->m.files.items, /* unchanged, so they are only compared */
      .file_count = x->m.files.count,
      .operator_id = actor_operator_id(&x->command->by),
  };
  err e = message_edit(x->w.c, x->m.id, &to, x->w.now_ms, x->arena, &changed);
  bool retried = x->m.change_json.ptr != NULL; /* the same words again, after a refusal */
  if (!err_is(e) && (changed || retried)) e = queue(x);
  return err_is(e) || !changed ? e : copy_edit(x);
}

static err edit(struct changing_ctx *x) {
  bool words = message_kind_facts(x->m.kind)->carries & CARRIES_WORDS;
  if (x->command->set_text && !words) return refuse("This kind of message has no text.");
  bool waiting = false;
  err e = check_arrival(x, "edited", &waiting);
  if (err_is(e)) return e;
  if (!waiting && !(x->channel->can & CHANNEL_CAN_EDIT))
    return err_detail(ERR_UNSUPPORTED_BY_CHANNEL, NULL, "%s cannot change a message that was sent.", x->channel->title);
  if (!x->m.can || (words && !x->m.can->edit)) return refuse("This message cannot be changed.");
  e = check_words(x);
  if (err_is(e)) return e;
  struct message_words to = words_of(x);
  if (waiting) {
    e = message_rewrite(x->w.c, x->m.id, &to);
    if (!err_is(e)) e = copy_edit(x);
  } else {
    e = edit_sent(x, &to);
  }
  return err_is(e) ? e : tell_edit(x);
}

/* ---- the others ---- */

static err delete (struct changing_ctx *x) {
  if (!x->m.can) return refuse("Only an answer can be deleted.");
  bool waiting = false;
  err e = check_arrival(x, "deleted", &waiting);
  if (err_is(e)) return e;
  if (waiting) {
    e = outbox_withdraw(x->w.c, x->m.id, &x->command->by, x->w.now_ms);
    if (!err_is(e)) e = message_withdraw(x->w.c, x->m.id, x->w.now_ms);
    return err_is(e) ? e : outbox_delete_copies(x->w.c, x->m.id, x->w.now_ms);
  }
  if (!(x->channel->can & CHANNEL_CAN_DELETE))
    return err_detail(ERR_UNSUPPORTED_BY_CHANNEL, NULL, "%s cannot delete a message that was sent.", x->channel->title);
  if (!x->m.can->delete)
    return err_detail(ERR_NOT_CHANGEABLE, NULL, "A message can be deleted for %lld hours after it was sent.",
                      (long long)(x->channel->delete_ms / 3600000));
  return queue(x);
}

static err check_reachable(const struct changing_ctx *x, unsigned ability, const char *what) {
  bool arrived = x->m.external_id.ptr && !x->m.deleted_at && x->m.direction != MESSAGE_SYSTEM;
  if (!(x->channel->can & ability))
    return err_detail(ERR_UNSUPPORTED_BY_CHANNEL, NULL, "%s cannot %s messages.", x->channel->title, what);
  return arrived ? err_ok : refuse("The customer does not have this message.");
}

static err pin(struct changing_ctx *x) {
  err e = check_reachable(x, CHANNEL_CAN_PIN, "pin");
  if (!err_is(e)) e = message_set_pinned(x->w.c, x->m.id, x->command->pinned);
  return err_is(e) ? e : queue(x);
}

static err react(struct changing_ctx *x) {
  bool changed = false;
  str emoji = message_reaction_known(x->command->emoji);
  if (x->command->emoji.len && !emoji.ptr)
    return err_detail(ERR_INVALID_FIELD, "emoji", "This emoji cannot be a reaction.");
  const struct message_reactions to = {.by = REACTOR_OPERATOR, .emojis = &emoji, .count = emoji.ptr ? 1 : 0};
  err e = check_reachable(x, CHANNEL_CAN_REACT, "react to");
  if (!err_is(e)) e = message_react(x->w.c, x->m.id, &to, x->arena, &changed);
  return err_is(e) ? e : queue(x);
}

static err change(db_conn *c, void *arg) {
  struct changing_ctx *x = arg;
  struct message_command *o = x->command;
  static err (*const actions[])(struct changing_ctx *) = {
      [CHANGE_EDIT] = edit, [CHANGE_DELETE] = delete, [CHANGE_PIN] = pin, [CHANGE_REACTION] = react};
  err e = tx_lock(&x->w, c, o->conversation_id, desk_now(x->desk), x->arena);
  if (!err_is(e)) e = conversation_may(&o->by, MAY_CONVERSATION_WRITE, x->w.row.id, x->w.row.assignee_id);
  if (!err_is(e)) e = message_get(c, o->message_id, x->arena, &x->m);
  if (!err_is(e) && x->m.conversation_id != o->conversation_id) e = err_make(ERR_NOT_FOUND);
  if (err_is(e)) return e;
  x->channel = channel_facts(x->w.customer.channel);
  x->m.can = message_can_of(&x->m, x->w.customer.channel, x->w.now_ms);
  e = is_leaving(x) ? refuse("This message is being deleted.") : actions[o->what](x);
  if (!err_is(e)) e = message_changed(c, x->m.id, &o->by, x->w.now_ms, x->arena);
  if (!err_is(e)) e = message_get(c, x->m.id, x->arena, x->out);
  if (!err_is(e)) x->out->can = message_can_of(x->out, x->w.customer.channel, x->w.now_ms);
  return e;
}

err conversation_change_message(struct desk *d, struct message_command *o, arena *a, struct message_row *out) {
  struct changing_ctx *x = arena_new_of(a, struct changing_ctx);
  *x = (struct changing_ctx){.desk = d, .command = o, .arena = a, .out = out};
  return desk_write(d, change, x);
}

err conversation_change_message_in(struct desk *d, db_conn *c, struct message_command *o, arena *a,
                                   struct message_row *out) {
  struct changing_ctx *x = arena_new_of(a, struct changing_ctx);
  *x = (struct changing_ctx){.desk = d, .command = o, .arena = a, .out = out};
  return change(c, x);
}
